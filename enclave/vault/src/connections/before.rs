//! The generation before a connection's current one, until a call with the current one was answered 2xx. What some platforms say in a 200,
//! that they refuse, is not looked at: theirs is over sooner than it has to be.
//!
//! It is of use if the host loses the current one: its refresh token is handed in once more, if that is not the spent token of another.

use platform::Grace;
use sha2::{Digest, Sha256};

/// Milliseconds of a provider's grace that are left, at least, for a request to arrive.
const MARGIN: u64 = 120_000;
/// Milliseconds between two uses of it: a host that loses each next generation has the provider asked no oftener.
pub(super) const AGAIN: u64 = 300_000;

/// A generation that the next one was made from. `Copy`, and a few words: each connection has one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) generation: u64,
    /// SHA-256 of its sealed bytes.
    pub(super) sealed: [u8; 32],
    /// The refresh that made its successor brought another refresh token than this one's.
    pub(crate) rotated: bool,
    /// Unix milliseconds at which its refresh token was handed in, or could have been, for the first time.
    pub(super) since: u64,
    /// Something of its successor's may have been shown to the platform.
    pub(super) succeeded: bool,
    /// The ledger says that something of its successor's is used, and said it while this one's token was on its way: it is not before that
    /// is over.
    pub(super) held_back: bool,
    /// Unix milliseconds before which it is not used.
    pub(crate) rests_until: u64,
}

impl Before {
    /// Whether these are its bytes.
    pub(crate) fn is(&self, sealed: &[u8]) -> bool {
        self.sealed == <[u8; 32]>::from(Sha256::digest(sealed))
    }

    /// Whether the ledger lets it be handed in: its refresh token is its successor's too, or nothing of its successor's was used.
    pub(crate) const fn may(&self) -> bool {
        !self.rotated || !self.succeeded
    }

    /// Its token is on its way no more.
    pub(super) const fn over(self) -> Self {
        Self { succeeded: self.succeeded || self.held_back, held_back: false, ..self }
    }

    /// Whether its provider still takes its refresh token: it never changed, or the provider's grace for the one before has not passed.
    pub(crate) fn taken(&self, grace: Option<Grace>, now: u64) -> bool {
        let graced = |Grace { seconds, until_successor_used: _ }| {
            let over = self.since.saturating_add(seconds.saturating_mul(1_000));
            // Any grace counts only while the successor is unused: what is said of no longer one is not relied on.
            !self.succeeded && now.saturating_add(MARGIN) < over
        };
        !self.rotated || grace.is_some_and(graced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Before = Before {
        generation: 1,
        sealed: [0; 32],
        rotated: true,
        since: 1_000_000,
        succeeded: false,
        held_back: false,
        rests_until: 0,
    };
    const GRACE: Grace = Grace { seconds: 3_600, until_successor_used: true };

    #[test]
    fn a_token_that_stayed_is_taken_whatever_became_of_its_successor() {
        let stayed = Before { rotated: false, succeeded: true, ..BEFORE };
        assert!(stayed.may() && stayed.taken(None, u64::MAX) && stayed.taken(Some(GRACE), u64::MAX));
    }

    #[test]
    fn t11_a_token_that_was_replaced_is_handed_in_within_a_grace_alone_and_never_after_its_successor_was_used() {
        let over = BEFORE.since + 3_600_000 - MARGIN;
        assert!(BEFORE.may() && BEFORE.taken(Some(GRACE), over - 1));
        assert!(!BEFORE.taken(Some(GRACE), over) && !BEFORE.taken(Some(GRACE), u64::MAX));
        assert!(!BEFORE.taken(None, BEFORE.since));
        for until_successor_used in [true, false] {
            let used = Before { succeeded: true, ..BEFORE };
            assert!(!used.may() && !used.taken(Some(Grace { until_successor_used, ..GRACE }), used.since));
        }
    }
}
