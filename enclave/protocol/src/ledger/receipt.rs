//! The proof that a caller gets.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::Salted;

/// What a caller gets as proof: its own entries, each under a checkpoint that includes it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// [`super::VERSION`].
    #[n(0)]
    pub version: u16,
    /// The intent and the outcome; the provision; or the refusal.
    #[n(1)]
    pub entries: Vec<ReceiptEntry>,
}

/// One entry with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReceiptEntry {
    /// Its index.
    #[n(0)]
    pub index: u64,
    /// Canonical CBOR of its [`super::Leaf`].
    #[n(1)]
    pub leaf: ByteVec,
    /// Salt and body.
    #[n(2)]
    pub salted: Salted,
    /// RFC 6962 inclusion path, leaf to root.
    #[n(3)]
    pub path: Vec<ByteArray<32>>,
    /// Signed checkpoint of the tree that the path leads to.
    #[n(4)]
    pub checkpoint: String,
}
