//! How a node has done lately: after failures it is left alone for a while, longer each time.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// After the first failure; doubled with every one that follows.
const FIRST: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST: Duration = Duration::from_mins(1);
/// Times in a row that a node may be too slow before that counts as a failure: a hiccup must not leave its quicker neighbours alone.
const SLOW: u32 = 3;

/// Failures since the last good answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Health {
    failures: u32,
    slow: u32,
    until: Option<Instant>,
}

impl Health {
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub(super) fn failed(&mut self, now: Instant) {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.until = now.checked_add(jittered(doubled));
    }

    /// It had not answered when the others were no longer waited for.
    pub(super) fn was_slow(&mut self, now: Instant) {
        self.slow = self.slow.saturating_add(1);
        if self.slow >= SLOW {
            self.failed(now);
        }
    }

    /// When it is worth asking again, if not now.
    pub(super) fn cools_until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }
}

/// Between half of a time and one and a half, so that hosts that failed together do not come back together.
pub(super) fn jittered(time: Duration) -> Duration {
    // Every RandomState has its own keys: the hash of nothing is as good as a die, and needs no crate.
    let die = RandomState::new().hash_one(()) % 1_000;
    time.mul_f64(0.5 + f64::from(u32::try_from(die).unwrap_or_default()) / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_fails_is_left_alone_longer_each_time_and_a_minute_and_a_half_at_most() {
        let now = Instant::now();
        let mut health = Health::default();
        assert_eq!(health.cools_until(now), None);
        for expected in [1_u64, 2, 4, 8, 16, 32, 60, 60] {
            health.failed(now);
            let pause = health.cools_until(now).unwrap() - now;
            let expected = Duration::from_secs(expected);
            assert!(pause >= expected / 2 && pause <= expected * 3 / 2, "{pause:?} {expected:?}");
            assert_eq!(health.cools_until(now + expected * 2), None);
        }
        health.succeeded();
        assert_eq!(health.cools_until(now), None);
    }

    #[test]
    fn a_node_that_is_slow_is_left_alone_after_the_third_time_in_a_row() {
        let now = Instant::now();
        let mut health = Health::default();
        for _ in 0..2 {
            health.was_slow(now);
            health.was_slow(now);
            assert_eq!(health.cools_until(now), None);
            health.succeeded();
        }
        for _ in 0..3 {
            health.was_slow(now);
        }
        assert!(health.cools_until(now).is_some());
    }
}
