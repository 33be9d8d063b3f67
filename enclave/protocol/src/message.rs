//! The conversations between host and enclave.
//!
//! One connection carries one conversation: the host sends a [`HostRequest`], the enclave replies with a [`Reply`] that is either
//! its answer or what it needs; the host supplies that on the same connection and the enclave goes on.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::ledger::SealedEntry;
pub use crate::status::{AnchorStatement, ConnectionsStatus, HeadStatus, Phase, Schedule, ScheduledFork, Status};

/// The version of the host-enclave conversation.
pub const VERSION: u16 = 1;

/// A message with the version it was written in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Versioned<T> {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The message.
    #[n(1)]
    pub message: T,
}

/// What the host asks on a fresh connection.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum HostRequest {
    /// Once per boot, before anything else: canonical constitution and settings.
    #[n(0)]
    Configure {
        /// Canonical CBOR of a [`crate::constitution::Constitution`].
        #[cbor(n(0), with = "minicbor::bytes")]
        constitution: Vec<u8>,
        /// Canonical CBOR of [`crate::constitution::Settings`].
        #[cbor(n(1), with = "minicbor::bytes")]
        settings: Vec<u8>,
    },
    /// A weak-subjectivity checkpoint: canonical CBOR of a [`crate::attested::SignedCheckpoint`].
    #[n(1)]
    Checkpoint {
        /// The signed checkpoint.
        #[cbor(n(0), with = "minicbor::bytes")]
        signed: Vec<u8>,
    },
    /// An attestation document with the asker's nonce.
    #[n(2)]
    Attest {
        /// At most [`crate::limits::NONCE`] bytes.
        #[cbor(n(0), with = "minicbor::bytes")]
        nonce: Vec<u8>,
    },
    /// Make a root key. Only in the setup phase.
    #[n(3)]
    Genesis,
    /// A member's share: canonical CBOR of a [`crate::custody::ShareMessage`].
    #[n(4)]
    Unlock {
        /// The share message.
        #[cbor(n(0), with = "minicbor::bytes")]
        share: Vec<u8>,
    },
    /// Go on with whatever is due. Carries no authority.
    #[n(5)]
    Tick,
    /// An encapsulated request (`message/ohttp-req`).
    #[n(6)]
    Call {
        /// The encapsulated request.
        #[cbor(n(0), with = "minicbor::bytes")]
        message: Vec<u8>,
    },
    /// The phase, in words and numbers.
    #[n(7)]
    Status,
    /// The newest writer claim and anchor, signed, for whoever pays the gas.
    #[n(8)]
    Anchor,
    /// Go on with the connection whose tokens have been due to be refreshed the longest, if there is one. Carries no authority.
    #[n(9)]
    Upkeep,
    /// Look where the money of the store goes whose turn it is, if there is one. Carries no authority.
    #[n(10)]
    Watch,
}

/// What the enclave says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::large_enum_variant, reason = "one lives per conversation, and not for long")]
pub enum Reply {
    /// It can't go on without this.
    #[n(0)]
    Need(#[n(0)] Need),
    /// It is done; the connection closes.
    #[n(1)]
    Answer(#[n(0)] Answer),
}

/// What the enclave lacks. Whatever the host supplies is checked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Need {
    /// `LightClientBootstrap` of this block root.
    #[n(0)]
    Bootstrap {
        /// Beacon block root.
        #[n(0)]
        root: ByteArray<32>,
    },
    /// `LightClientUpdate`s of `count` periods from `period` on.
    #[n(1)]
    Updates {
        /// First sync-committee period.
        #[n(0)]
        period: u64,
        /// At most [`crate::limits::UPDATES`].
        #[n(1)]
        count: u64,
    },
    /// The newest `LightClientFinalityUpdate` and `LightClientOptimisticUpdate`.
    #[n(2)]
    Heads,
    /// Proofs of accounts, code and slots at one block.
    #[n(3)]
    State {
        /// Execution block number.
        #[n(0)]
        block_number: u64,
        /// Execution block hash.
        #[n(1)]
        block_hash: ByteArray<32>,
        /// What to prove.
        #[n(2)]
        accounts: Vec<AccountQuery>,
    },
    /// A sealed record, at one generation.
    #[n(4)]
    Record {
        /// Record id.
        #[n(0)]
        id: ByteArray<32>,
        /// Generation: the current one, or the one before it while that is kept.
        #[n(1)]
        generation: u64,
    },
    /// Ledger entries from `from` on, at most [`crate::limits::LEDGER_ENTRIES`].
    #[n(5)]
    Ledger {
        /// Index of the first.
        #[n(0)]
        from: u64,
    },
    /// Store this durably, all or nothing, then say so.
    #[n(6)]
    Commit(#[n(0)] Batch),
    /// The RLP headers of execution blocks, at most [`crate::limits::EXECUTION_HEADERS`].
    #[n(7)]
    Headers {
        /// Execution block hashes.
        #[n(0)]
        hashes: Vec<ByteArray<32>>,
    },
}

/// One account to prove.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AccountQuery {
    /// The account.
    #[n(0)]
    pub address: ByteArray<20>,
    /// Storage slots.
    #[n(1)]
    pub slots: Vec<ByteArray<32>>,
    /// Whether its code is wanted too.
    #[n(2)]
    pub code: bool,
}

/// What must become durable together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Batch {
    /// The ledger's size before this batch. The host refuses any other (compare and swap); the same batch again is fine.
    #[n(0)]
    pub size: u64,
    /// New entries, in order.
    #[n(1)]
    pub entries: Vec<SealedEntry>,
    /// The signed checkpoint (C2SP signed note) of the ledger with these entries.
    #[n(2)]
    pub checkpoint: String,
    /// New record generations.
    #[n(3)]
    pub records: Vec<RecordPut>,
    /// Record generations that nobody needs any more from this batch on: the host deletes them with it.
    #[n(4)]
    pub ended: Vec<RecordEnd>,
}

/// One record generation that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RecordEnd {
    /// Record id.
    #[n(0)]
    pub id: ByteArray<32>,
    /// Generation.
    #[n(1)]
    pub generation: u64,
}

/// One record generation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RecordPut {
    /// Record id.
    #[n(0)]
    pub id: ByteArray<32>,
    /// Generation, from 1 on. The host keeps it, and the one before it, until a batch says that they are over; never more than the newest two.
    #[n(1)]
    pub generation: u64,
    /// Ciphertext.
    #[n(2)]
    pub sealed: ByteVec,
}

/// What the host supplies for a [`Need`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Supply {
    /// For [`Need::Bootstrap`]: SSZ.
    #[n(0)]
    Bootstrap(#[n(0)] ByteVec),
    /// For [`Need::Updates`]: SSZ, by period; of a period perhaps several, from nodes that differ. May be fewer than asked.
    #[n(1)]
    Updates(#[n(0)] Vec<ByteVec>),
    /// For [`Need::Heads`]: SSZ, at most [`crate::limits::HEADS`] of each kind, as nodes may differ.
    #[n(2)]
    Heads {
        /// `LightClientFinalityUpdate`s.
        #[n(0)]
        finality: Vec<ByteVec>,
        /// `LightClientOptimisticUpdate`s.
        #[n(1)]
        optimistic: Vec<ByteVec>,
    },
    /// For [`Need::State`].
    #[n(3)]
    State(#[n(0)] Vec<AccountProof>),
    /// For [`Need::Record`]: the sealed bytes, or that there are none.
    #[n(4)]
    Record(#[n(0)] Option<ByteVec>),
    /// For [`Need::Ledger`]: the entries, empty at the end.
    #[n(5)]
    Ledger(#[n(0)] Vec<SealedEntry>),
    /// For [`Need::Commit`]: it is durable.
    #[n(6)]
    Committed,
    /// The host can't supply it now.
    #[n(7)]
    Unavailable,
    /// For [`Need::Headers`]: RLP, one per hash, in order.
    #[n(8)]
    Headers(#[n(0)] Vec<ByteVec>),
    /// For [`Need::State`]: no chain node proves this at this block. The host proves it at every block to come.
    #[n(9)]
    Unproven,
}

/// EIP-1186 proof nodes of one account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AccountProof {
    /// The account.
    #[n(0)]
    pub address: ByteArray<20>,
    /// Trie nodes from the state root down.
    #[n(1)]
    pub nodes: Vec<ByteVec>,
    /// Slots with their trie nodes from the storage root down. A node that stands in an earlier slot's list may be left out; so may be the
    /// last slots, where they are too many for a frame.
    #[n(2)]
    pub slots: Vec<SlotProof>,
    /// Runtime code.
    #[n(3)]
    pub code: Option<ByteVec>,
}

/// EIP-1186 proof nodes of one slot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SlotProof {
    /// The slot.
    #[n(0)]
    pub slot: ByteArray<32>,
    /// Trie nodes from the storage root down.
    #[n(1)]
    pub nodes: Vec<ByteVec>,
}

/// The end of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// Done; nothing to say.
    #[n(0)]
    Done,
    /// An attestation document.
    #[n(1)]
    Document(#[n(0)] ByteVec),
    /// Genesis output.
    #[n(2)]
    Genesis(#[n(0)] crate::custody::GenesisOutput),
    /// An encapsulated response (`message/ohttp-res`).
    #[n(3)]
    Response(#[n(0)] ByteVec),
    /// The phase.
    #[n(4)]
    Status(#[n(0)] Status),
    /// The newest claim and anchor.
    #[n(5)]
    Anchor(#[n(0)] AnchorStatement),
    /// It could not be done.
    #[n(6)]
    Problem(#[n(0)] Problem),
    /// One connection was kept up, or none was due.
    #[n(7)]
    Kept {
        /// Connections that are due now.
        #[n(0)]
        due: u64,
    },
}

/// Why a conversation ended without its answer. Coarse: the host reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, thiserror::Error)]
#[cbor(index_only)]
pub enum Problem {
    /// The message could not be read.
    #[n(0)]
    #[error("malformed message")]
    Malformed,
    /// Not possible in this phase.
    #[n(1)]
    #[error("not possible in this phase")]
    Phase,
    /// Too much at once.
    #[n(2)]
    #[error("busy")]
    Busy,
    /// The OHTTP key is not this boot's.
    #[n(3)]
    #[error("unknown key configuration: fetch and verify the attestation again")]
    UnknownKey,
    /// The encapsulated request does not open.
    #[n(4)]
    #[error("request does not open under this key")]
    Sealed,
    /// The constitution or the settings are refused.
    #[n(5)]
    #[error("constitution or settings refused")]
    Constitution,
    /// The checkpoint is not signed by enough of the constitution's signers, or is older than 14 days.
    #[n(6)]
    #[error("checkpoint refused: it must be at most 14 days old and signed by the constitution's signers")]
    Checkpoint,
    /// The share does not open or does not belong to this vault, boot or epoch.
    #[n(7)]
    #[error("share refused")]
    Share,
    /// The chain says another root commitment, or none.
    #[n(8)]
    #[error("the chain has no final root commitment that matches")]
    RootCommitment,
    /// The host supplied something that does not verify, or nothing.
    #[n(9)]
    #[error("the host's answer does not verify")]
    Supply,
    /// The ledger does not extend the anchor, or its entries are not this vault's.
    #[n(10)]
    #[error("ledger refused: it does not open, or does not extend the anchor")]
    Ledger,
    /// The head is older than its bound.
    #[n(11)]
    #[error("chain head is stale")]
    StaleChain,
    /// The security module did not answer.
    #[n(12)]
    #[error("security module failed")]
    Nsm,
    /// No chain node proves, at the finalized block, state that the vault reads.
    #[n(13)]
    #[error("no chain node proves the vault's state at the finalized block: wait for the next finality")]
    Unproven,
    /// Two heads are signed that no one chain can have both of.
    #[n(14)]
    #[error("two conflicting finalized heads are signed: nothing is decided until a restart with a checkpoint after both")]
    HeadConflict,
}
