//! Entries about records: taken in, bound, refreshed.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::{Ending, Evidence, Head, Reservation, SignedCallEntry};

/// A store's records made, or a connection's next generation that a new authorisation is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Provisioned {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Index of the intent whose probe confirmed the account.
    #[n(3)]
    pub intent: u64,
    /// Store id.
    #[n(4)]
    pub store: ByteArray<32>,
    /// ABI of the `Provision` that the owner signed.
    #[n(5)]
    pub provision: ByteVec,
    /// The owner's signature, r || s || v.
    #[n(6)]
    pub signature: ByteArray<65>,
    /// Records made; and the connection's next generation, if its owner first said that it was of another account.
    #[n(7)]
    pub records: Vec<RecordRef>,
    /// Record id of the connection that the store is bound to.
    #[n(8)]
    pub connection: ByteArray<32>,
    /// Portfolio that the store was made in.
    #[n(9)]
    pub origin: u64,
    /// The store's salt.
    #[n(10)]
    pub salt: ByteArray<32>,
    /// The connection, if it was made with the store or is authorised anew.
    #[n(11)]
    pub kept: Option<Kept>,
    /// Record id under which the new authorisation was taken in before its probe, if it was: that record is over.
    #[n(12)]
    pub replaces: Option<ByteArray<32>>,
}

/// A record at a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RecordRef {
    /// Record id.
    #[n(0)]
    pub id: ByteArray<32>,
    /// Generation.
    #[n(1)]
    pub generation: u64,
    /// SHA-256 of the sealed bytes: a record that was sealed in another history of the same keys is not this one.
    #[n(2)]
    pub sealed: ByteArray<32>,
}

/// What upkeep has to know of a connection, without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Kept {
    /// Record id.
    #[n(0)]
    pub connection: ByteArray<32>,
    /// Its preset.
    #[n(1)]
    pub preset: String,
    /// The host that a token endpoint at the store's own host is at.
    #[n(2)]
    pub host: String,
    /// Names and values that a token request may name, as the owner signed them.
    #[n(3)]
    pub selector: Vec<(String, String)>,
    /// Record id of its app.
    #[n(4)]
    pub app: Option<ByteArray<32>>,
    /// Whether its access token is got from a token endpoint.
    #[n(5)]
    pub refreshes: bool,
    /// Unix milliseconds; 0 for an access token that is still to be got.
    #[n(6)]
    pub access_expires_at: Option<u64>,
    /// Unix milliseconds.
    #[n(7)]
    pub refresh_expires_at: Option<u64>,
}

/// A record taken in that no probe confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Taken {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Id of the store, or of the portfolio, that it was handed over under.
    #[n(3)]
    pub store: ByteArray<32>,
    /// What the caller signed.
    #[n(4)]
    pub call: SignedCallEntry,
    /// Why it may.
    #[n(5)]
    pub evidence: Evidence,
    /// Limits reserved; none if an intent of the same call follows.
    #[n(6)]
    pub budget: Vec<Reservation>,
    /// ABI of the `Provision` that the owner signed.
    #[n(7)]
    pub provision: ByteVec,
    /// The owner's signature, r || s || v.
    #[n(8)]
    pub signature: ByteArray<65>,
    /// The record made.
    #[n(9)]
    pub record: RecordRef,
    /// The connection; none for an app.
    #[n(10)]
    pub kept: Option<Kept>,
}

/// About to spend a refresh token, or to log in for an access token: durable before the token endpoint is asked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refreshing {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Record id of the connection.
    #[n(3)]
    pub connection: ByteArray<32>,
    /// The generation whose token is spent: the current one; or the one before it, if the host has lost the current one and the
    /// provider still takes that.
    #[n(4)]
    pub generation: u64,
    /// Id of the store that it is kept up for.
    #[n(5)]
    pub store: ByteArray<32>,
    /// The proven head at which the image was live and the store not closed.
    #[n(6)]
    pub head: Head,
    /// SHA-256("pst-vault/spent/v1" || what is handed in); of nothing, if the grant hands in the app's credentials alone.
    #[n(7)]
    pub spent: ByteArray<32>,
}

/// What came of a [`Refreshing`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refreshed {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Record id of the connection.
    #[n(3)]
    pub connection: ByteArray<32>,
    /// Index of the [`Refreshing`].
    #[n(4)]
    pub refreshing: u64,
    /// What came of it.
    #[n(5)]
    pub result: Result,
}

/// How a refresh ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Result {
    /// New tokens, sealed as the next generation, which is durable with this entry.
    #[n(0)]
    Renewed {
        /// The next generation.
        #[n(0)]
        record: RecordRef,
        /// Unix milliseconds.
        #[n(1)]
        access_expires_at: u64,
        /// Unix milliseconds.
        #[n(2)]
        refresh_expires_at: Option<u64>,
        /// Whether there was another refresh token in it than the one that was handed in.
        #[n(3)]
        rotated: bool,
    },
    /// Nothing was spent: not sent, refused by the provider's rate limit, or the app's credentials were refused.
    #[n(1)]
    Unspent {
        /// Unix milliseconds before which it is not tried again.
        #[n(0)]
        retry_at: u64,
    },
    /// It is not known whether the token was spent: the provider is asked again.
    #[n(2)]
    Uncertain {
        /// Unix milliseconds before which it is not tried again.
        #[n(0)]
        retry_at: u64,
    },
    /// The provider takes the token no more: the merchant has to authorise anew. The one alert.
    #[n(3)]
    Reauthorize,
}

/// A call is made once more, with the connection's next generation. Its intent stays open, and its budget counts once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Retried {
    /// [`super::VERSION`].
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
    /// How the first attempt ended: the platform refused its access token.
    #[n(4)]
    pub ending: Ending,
    /// Generation of the connection that is used now.
    #[n(5)]
    pub generation: u64,
}

/// A connection needs its owner: the one alert, until what is wrong has passed. The refresh token may be good still.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Alerted {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Record id of the connection.
    #[n(3)]
    pub connection: ByteArray<32>,
    /// What is wrong.
    #[n(4)]
    pub trouble: Trouble,
}

/// What an owner is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Trouble {
    /// The host does not serve the current generation, and there is none before it that could be refreshed.
    #[n(0)]
    Missing {
        /// The current generation.
        #[n(0)]
        generation: u64,
    },
    /// No refresh has brought tokens for long, and no answer said why. It is tried again, ever more seldom.
    #[n(1)]
    Failing {
        /// Unix milliseconds of the first of the attempts.
        #[n(0)]
        since: u64,
    },
}

/// The vault is about to ask a platform something by itself with a connection's current access token. Written before, where the provider
/// takes the refresh token before the current one for as long as nothing of the current generation was used.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Shown {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Record id of the connection.
    #[n(3)]
    pub connection: ByteArray<32>,
    /// The current generation.
    #[n(4)]
    pub generation: u64,
}
