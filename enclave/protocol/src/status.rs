//! What the enclave says of itself: its phase, its heads, its anchor.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::head_conflict::ConflictStatus;
use crate::message::{AccountQuery, Problem};

/// The phase, fit for the host to read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Status {
    /// Which phase.
    #[n(0)]
    pub phase: Phase,
    /// Vault id, once configured.
    #[n(1)]
    pub vault_id: Option<ByteArray<32>>,
    /// Finalized slot and its execution block number.
    #[n(2)]
    pub finalized: Option<HeadStatus>,
    /// Attested slot and its execution block number.
    #[n(3)]
    pub attested: Option<HeadStatus>,
    /// Ledger size, once serving.
    #[n(4)]
    pub ledger_size: Option<u64>,
    /// Ledger size of the newest anchor that the enclave has itself proven.
    #[n(5)]
    pub anchored_size: Option<u64>,
    /// The last thing that went wrong in the background, if it still stands.
    #[n(6)]
    pub problem: Option<Problem>,
    /// Accounts and slots the vault read last, so that the host can keep proofs of them.
    #[n(7)]
    pub touched: Vec<AccountQuery>,
    /// Seconds, by the enclave's time, until a fork begins that this image does not know or whose EVM it does not know, if one is
    /// scheduled. From then on it decides nothing.
    #[n(8)]
    pub schedule_left: Option<u64>,
    /// The conflict that froze this vault.
    #[n(9)]
    pub conflict: Option<ConflictStatus>,
    /// The forks that this image knows of its network.
    #[n(10)]
    pub schedule: Option<Schedule>,
    /// Connections and logins, once serving.
    #[n(11)]
    pub connections: Option<ConnectionsStatus>,
}

/// How many connections and logins there are, and how many need somebody. Which they are is for callers with a grant for `vault.list`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ConnectionsStatus {
    /// All but the revoked ones.
    #[n(0)]
    pub connections: u64,
    /// Whose merchant has to authorise anew, or whose record the host does not serve.
    #[n(1)]
    pub reauthorize: u64,
    /// Logins that were released and not rotated since.
    #[n(2)]
    pub tainted: u64,
    /// Revoked ones.
    #[n(3)]
    pub revoked: u64,
    /// Stores whose platform says where their money goes.
    #[n(4)]
    pub watched: u64,
    /// Of these, those of which it said something else within the last seven days.
    #[n(5)]
    pub rerouted: u64,
    /// Stores of which it could not be asked, several times in a row.
    #[n(6)]
    pub unread: u64,
    /// That no refresh has brought tokens for so long that their owners were told.
    #[n(7)]
    pub failing: u64,
}

/// A network's clock and the forks that an image knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Schedule {
    /// Unix seconds of slot 0.
    #[n(0)]
    pub genesis_time: u64,
    /// Seconds in an epoch.
    #[n(1)]
    pub seconds_per_epoch: u64,
    /// In order.
    #[n(2)]
    pub forks: Vec<ScheduledFork>,
    /// The enclave's time, in unix seconds.
    #[n(3)]
    pub time: u64,
}

/// A fork and when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ScheduledFork {
    /// consensus-specs `current_version`.
    #[n(0)]
    pub version: ByteArray<4>,
    /// Its first epoch.
    #[n(1)]
    pub epoch: u64,
}

/// Where a vault is on its way to serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Phase {
    /// Waiting for constitution and settings.
    #[n(0)]
    WaitingForConstitution,
    /// Waiting for a checkpoint.
    #[n(1)]
    WaitingForCheckpoint,
    /// Waiting for shares.
    #[n(2)]
    WaitingForShares,
    /// Following the chain up to a fresh head, checking the root commitment, reading the ledger.
    #[n(3)]
    Syncing,
    /// Serving calls.
    #[n(4)]
    Serving,
}

/// One head, as the status shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HeadStatus {
    /// Beacon slot.
    #[n(0)]
    pub slot: u64,
    /// Execution block number.
    #[n(1)]
    pub block_number: u64,
    /// Seconds since the slot began, by the enclave's time.
    #[n(2)]
    pub age: u64,
    /// Execution block hash.
    #[n(3)]
    pub block_hash: ByteArray<32>,
}

/// What `VaultRegistry.claimWriter` and `advance` take.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AnchorStatement {
    /// The writer epoch that the claim starts: the chain's plus one.
    #[n(0)]
    pub epoch: u64,
    /// Writer public key, x || y.
    #[n(1)]
    pub writer: ByteArray<64>,
    /// Ledger size when the claim was signed.
    #[n(2)]
    pub claim_size: u64,
    /// Ledger root when the claim was signed.
    #[n(3)]
    pub claim_root: ByteArray<32>,
    /// The vault key's signature over the claim, r || s, low s.
    #[n(4)]
    pub claim_signature: ByteArray<64>,
    /// Ledger size.
    #[n(5)]
    pub size: u64,
    /// Ledger root.
    #[n(6)]
    pub root: ByteArray<32>,
    /// The writer key's signature over the anchor, r || s, low s.
    #[n(7)]
    pub signature: ByteArray<64>,
}
