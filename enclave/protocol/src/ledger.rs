//! What the ledger holds: leaves that say nothing, sealed bodies that say everything, and the receipt a caller gets.

mod receipt;
mod records;
mod watched;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::attested::Checkpoint;
use crate::head_conflict::HeadConflict;
use crate::signatures::{Agent, CallerSignature};

pub use self::receipt::{Receipt, ReceiptEntry};
pub use self::records::{Alerted, Kept, Provisioned, RecordRef, Refreshed, Refreshing, Result, Retried, Shown, Taken, Trouble};
pub use self::watched::{Again, Seen, Unchanged, Unread, Watched};

/// The version of leaves, bodies and receipts.
pub const VERSION: u16 = 3;

/// A leaf of the log: public, and silent about who did what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Leaf {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// What kind of entry.
    #[n(1)]
    pub kind: Kind,
    /// Unix minutes.
    #[n(2)]
    pub minute: u64,
    /// [`commitment`] of the body.
    #[n(3)]
    pub commitment: ByteArray<32>,
}

/// SHA-256(salt || body).
#[must_use]
pub fn commitment(salt: &[u8; 32], body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(body).finalize().into()
}

/// What an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// A boot that came to serve.
    #[n(0)]
    Boot,
    /// A record made.
    #[n(1)]
    Provision,
    /// About to use a credential.
    #[n(2)]
    Intent,
    /// What came of an intent.
    #[n(3)]
    Outcome,
    /// A call refused after its caller was authenticated.
    #[n(4)]
    Refusal,
    /// Two signed heads that no one chain can have both of.
    #[n(5)]
    HeadConflict,
    /// A record taken in that no probe confirmed: an app, or a connection that has to be refreshed before it can be probed.
    #[n(6)]
    Taken,
    /// About to spend a refresh token.
    #[n(7)]
    Refreshing,
    /// What came of it.
    #[n(8)]
    Refreshed,
    /// A call is made once more after a refresh, because the platform refused the access token.
    #[n(9)]
    Retried,
    /// Where a store's money goes, as its platform says: for the first time, or otherwise than before, or not any more.
    #[n(10)]
    Watched,
    /// Stores of which their platforms say the same as before.
    #[n(11)]
    Unchanged,
    /// A connection needs its owner, who is told once.
    #[n(12)]
    Alerted,
    /// An access token that no call was made with is about to be shown to its platform.
    #[n(13)]
    Shown,
}

/// An entry as the host stores it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SealedEntry {
    /// Canonical CBOR of a [`Leaf`].
    #[n(0)]
    pub leaf: ByteVec,
    /// nonce (12) || AES-256-GCM of a [`Salted`] body.
    #[n(1)]
    pub sealed: ByteVec,
}

/// A body and the salt of its commitment: the plaintext of [`SealedEntry::sealed`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Salted {
    /// Random.
    #[n(0)]
    pub salt: ByteArray<32>,
    /// Canonical CBOR of a [`Body`].
    #[n(1)]
    pub body: ByteVec,
}

/// Everything about one entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Body {
    /// See [`Kind::Boot`].
    #[n(0)]
    Boot(#[n(0)] Boot),
    /// See [`Kind::Provision`].
    #[n(1)]
    Provision(#[n(0)] Provisioned),
    /// See [`Kind::Intent`].
    #[n(2)]
    Intent(#[n(0)] Intent),
    /// See [`Kind::Outcome`].
    #[n(3)]
    Outcome(#[n(0)] Outcome),
    /// See [`Kind::Refusal`].
    #[n(4)]
    Refusal(#[n(0)] Refused),
    /// See [`Kind::HeadConflict`].
    #[n(5)]
    HeadConflict(#[n(0)] HeadConflict),
    /// See [`Kind::Taken`].
    #[n(6)]
    Taken(#[n(0)] Box<Taken>),
    /// See [`Kind::Refreshing`].
    #[n(7)]
    Refreshing(#[n(0)] Refreshing),
    /// See [`Kind::Refreshed`].
    #[n(8)]
    Refreshed(#[n(0)] Refreshed),
    /// See [`Kind::Retried`].
    #[n(9)]
    Retried(#[n(0)] Retried),
    /// See [`Kind::Watched`].
    #[n(10)]
    Watched(#[n(0)] Box<Watched>),
    /// See [`Kind::Unchanged`].
    #[n(11)]
    Unchanged(#[n(0)] Unchanged),
    /// See [`Kind::Alerted`].
    #[n(12)]
    Alerted(#[n(0)] Alerted),
    /// See [`Kind::Shown`].
    #[n(13)]
    Shown(#[n(0)] Shown),
}

impl Body {
    /// The kind that its leaf must name.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Boot(_) => Kind::Boot,
            Self::Provision(_) => Kind::Provision,
            Self::Intent(_) => Kind::Intent,
            Self::Outcome(_) => Kind::Outcome,
            Self::Refusal(_) => Kind::Refusal,
            Self::HeadConflict(_) => Kind::HeadConflict,
            Self::Taken(_) => Kind::Taken,
            Self::Refreshing(_) => Kind::Refreshing,
            Self::Refreshed(_) => Kind::Refreshed,
            Self::Retried(_) => Kind::Retried,
            Self::Watched(_) => Kind::Watched,
            Self::Unchanged(_) => Kind::Unchanged,
            Self::Alerted(_) => Kind::Alerted,
            Self::Shown(_) => Kind::Shown,
        }
    }
}

/// A boot that came to serve, with the attestation of its writer key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Boot {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// keccak256(PCR0 || PCR1 || PCR2).
    #[n(3)]
    pub image: ByteArray<32>,
    /// The checkpoint it started from.
    #[n(4)]
    pub checkpoint: Checkpoint,
    /// The serving attestation document, whose `user_data` names the writer key.
    #[n(5)]
    pub document: ByteVec,
    /// Digest of the settings.
    #[n(6)]
    pub settings: ByteArray<32>,
}

/// One head that a decision was made at.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// Beacon slot.
    #[n(0)]
    pub slot: u64,
    /// Beacon block root.
    #[n(1)]
    pub root: ByteArray<32>,
    /// Execution block number.
    #[n(2)]
    pub block_number: u64,
    /// Execution block hash.
    #[n(3)]
    pub block_hash: ByteArray<32>,
    /// Execution state root.
    #[n(4)]
    pub state_root: ByteArray<32>,
}

/// One evaluation of `StoreRegistry.authorize`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Evaluation {
    /// The name whose hash is `Request.operation`.
    #[n(0)]
    pub operation: String,
    /// ABI of the `Request`, as the contract got it.
    #[n(1)]
    pub request: ByteVec,
    /// ABI of what the contract returned at the finalized head: (Decision, Subject).
    #[n(2)]
    pub finalized: ByteVec,
    /// The same at the attested head.
    #[n(3)]
    pub attested: ByteVec,
}

/// A decision with all that is needed to run it again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Evidence {
    /// One per operation of the call.
    #[n(0)]
    pub evaluations: Vec<Evaluation>,
    /// The finalized head.
    #[n(1)]
    pub finalized: Head,
    /// The attested head.
    #[n(2)]
    pub attested: Head,
    /// Code that ran: address (20) || code hash (32), ascending.
    #[n(3)]
    pub code: Vec<ByteArray<52>>,
}

/// What was signed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedCallEntry {
    /// EIP-712 signing hash.
    #[n(0)]
    pub digest: ByteArray<32>,
    /// ABI of the `Call`.
    #[n(1)]
    pub call: ByteVec,
    /// The caller's: of the call, or of the delegation if there is an agent.
    #[n(2)]
    pub signature: CallerSignature,
    /// The agent that signed the call in the caller's name.
    #[n(3)]
    pub agent: Option<Agent>,
}

/// One limit reserved.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reservation {
    /// keccak256(portfolio, tenure, bucket): the vault's own name of the bucket.
    #[n(0)]
    pub bucket: ByteArray<32>,
    /// Which window of the period; 0 if the period is 0.
    #[n(1)]
    pub window: u64,
    /// Units, big-endian u128.
    #[n(2)]
    pub cost: ByteArray<16>,
}

/// About to use a credential.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Intent {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Store id.
    #[n(3)]
    pub store: ByteArray<32>,
    /// What the caller signed.
    #[n(4)]
    pub call: SignedCallEntry,
    /// Why it may.
    #[n(5)]
    pub evidence: Evidence,
    /// Limits reserved.
    #[n(6)]
    pub budget: Vec<Reservation>,
    /// Of a call the store's binding; of what is handed over, of a release and of a revocation the connection; zero for none.
    #[n(7)]
    pub record: ByteArray<32>,
    /// Generation of the connection that will be used first; 0 for a credential that is in no record yet, and if none is used.
    #[n(8)]
    pub generation: u64,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Ending {
    /// The platform answered with this status.
    #[n(0)]
    Upstream {
        /// HTTP status.
        #[n(0)]
        status: u16,
    },
    /// It is not known whether the platform acted.
    #[n(1)]
    Unknown,
    /// The platform was certainly not reached with the credential; the budget is given back.
    #[n(2)]
    Failed,
    /// The vault did it itself, and no platform was asked: a code or a login released, a connection revoked or listed.
    #[n(3)]
    Done,
}

/// What came of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Outcome {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Index of the intent.
    #[n(3)]
    pub intent: u64,
    /// How it ended.
    #[n(4)]
    pub ending: Ending,
    /// SHA-256 of the response body as it was handed back; zero if there was none.
    #[n(5)]
    pub response: ByteArray<32>,
}

/// A call refused.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refused {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Store id.
    #[n(3)]
    pub store: ByteArray<32>,
    /// What the caller signed.
    #[n(4)]
    pub call: SignedCallEntry,
    /// The refusal, as the caller saw it.
    #[n(5)]
    pub refusal: String,
    /// The rule, as the caller saw it.
    #[n(6)]
    pub rule: String,
    /// Why not, if the contract was asked.
    #[n(7)]
    pub evidence: Option<Evidence>,
}
