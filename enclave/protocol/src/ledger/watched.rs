//! Entries about where stores' money goes, as their platforms say.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::Head;

/// The platform was asked where a store's money goes, and what it said is new: its first word, another one, or none. The same word again
/// is an [`Unchanged`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Watched {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds at which it was asked.
    #[n(2)]
    pub time: u64,
    /// Store id.
    #[n(3)]
    pub store: ByteArray<32>,
    /// Record id of its binding.
    #[n(4)]
    pub binding: ByteArray<32>,
    /// The operation, as the preset calls it.
    #[n(5)]
    pub operation: String,
    /// keccak256 of what is asked and of what is looked at in the answer: facts are compared under one such only.
    #[n(6)]
    pub asked: ByteArray<32>,
    /// The proven head at which the image was live and the store neither closed nor paused.
    #[n(7)]
    pub head: Head,
    /// What came of it.
    #[n(8)]
    pub seen: Seen,
}

/// What a look brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Seen {
    /// The first facts under this `asked`.
    #[n(0)]
    First {
        /// HMAC of store, `asked` and the facts under a key of the vault: the same for the same facts, and nothing to anybody else.
        #[n(0)]
        digest: ByteArray<32>,
    },
    /// Other facts than before. The one alert: from here on these are the facts that later ones are compared with.
    #[n(1)]
    Changed {
        /// As of [`Seen::First`].
        #[n(0)]
        digest: ByteArray<32>,
        /// Index of the entry that has the facts before.
        #[n(1)]
        before: u64,
    },
    /// No facts, several times in a row. Said once, until there are facts again.
    #[n(2)]
    Unread {
        /// The last reason.
        #[n(0)]
        why: Unread,
    },
}

/// Why there are no facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Unread {
    /// The platform was not reached, or gave no answer.
    #[n(0)]
    Unreachable,
    /// It refused the credential, or what the credential may.
    #[n(1)]
    Refused,
    /// It said to come back later.
    #[n(2)]
    Later,
    /// It answered, and the answer says nothing of where money goes.
    #[n(3)]
    Answer,
}

impl Unread {
    /// A word for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Later => "later",
            Self::Answer => "answer",
        }
    }
}

/// Stores whose platforms said the same as before: one entry for many.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Unchanged {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// Ascending by entry, at most [`Unchanged::MOST`].
    #[n(3)]
    pub stores: Vec<Again>,
}

/// One store, named by the entry that has its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Again {
    /// Index of the [`Watched`] whose facts were seen again.
    #[n(0)]
    pub entry: u64,
    /// Seconds before [`Unchanged::time`] at which they were.
    #[n(1)]
    pub ago: u64,
}

impl Unchanged {
    /// Stores of one entry: what fits its body many times.
    pub const MOST: usize = 512;
}
