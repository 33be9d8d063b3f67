//! Signatures of certificates that were checked before.

use core::fmt;
use core::num::NonZeroUsize;
use std::collections::VecDeque;

use sha2::{Digest, Sha256};

/// Which signatures of certificates have verified: one document costs five, and the certificates above its leaf live for days.
///
/// A value that its owner keeps, bounded, forgetting first what was used longest ago. What is known is that a key signed
/// a certificate's exact bytes, and nothing else: the anchor, the time, and every other rule are checked at each use, so that a
/// verdict is the same with a cache and without. Only chains that are authentic as a whole are remembered.
#[derive(Clone)]
pub struct ChainCache {
    capacity: NonZeroUsize,
    /// The last used stand at the end.
    known: VecDeque<Link>,
}

/// SHA-256 of the issuer's key, what was signed, and the signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link([u8; 32]);

impl Link {
    /// The key's length is fixed and `signed` is DER, which says where it ends: different parts never give the same bytes.
    pub(crate) fn new(issuer: &[u8; 97], signed: &[u8], signature: &[u8]) -> Self {
        Self(Sha256::new().chain_update(issuer).chain_update(signed).chain_update(signature).finalize().into())
    }
}

impl ChainCache {
    /// A cache of at most `capacity` certificates. A chain has four below the root, of which documents of one region share one to three.
    #[must_use]
    pub const fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity, known: VecDeque::new() }
    }

    /// How many certificates it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn knows(&self, link: &Link) -> bool {
        self.known.contains(link)
    }

    pub(crate) fn learn(&mut self, links: Vec<Link>) {
        self.known.retain(|known| !links.contains(known));
        self.known.extend(links);
        let excess = self.known.len().saturating_sub(self.capacity.get());
        self.known.drain(..excess);
    }
}

impl fmt::Debug for ChainCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ChainCache({} of {})", self.known.len(), self.capacity)
    }
}
