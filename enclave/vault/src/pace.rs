//! How often token endpoints are asked, so that no provider is asked more often than it takes.

use std::collections::{HashMap, VecDeque};

/// Requests of one window that are remembered, at most: no provider's bucket is larger.
const MOST: usize = 4_096;
/// Milliseconds that a request is remembered for which the window is not known: no provider's is longer.
const LONGEST: u64 = 3_600_000;

/// One provider's window.
#[derive(Debug, Default)]
struct Window {
    /// Unix milliseconds of the requests in it, oldest first.
    at: VecDeque<u64>,
    /// Unix milliseconds from which on it takes another.
    full_until: u64,
}

/// Requests lately, by whom they are counted for.
#[derive(Debug, Default)]
pub(crate) struct Pace(HashMap<[u8; 32], Window>);

impl Pace {
    /// Whether another request is known to be one too many.
    pub(crate) fn full(&self, key: &[u8; 32], now: u64) -> bool {
        self.0.get(key).is_some_and(|window| now < window.full_until)
    }

    /// Takes a place: at most `requests` in any `seconds`. `Err` says from when on there is another.
    pub(crate) fn take(&mut self, key: [u8; 32], requests: u32, seconds: u32, now: u64) -> Result<(), u64> {
        let window = self.0.entry(key).or_default();
        let length = u64::from(seconds).saturating_mul(1_000);
        while window.at.front().is_some_and(|at| at.saturating_add(length) <= now) {
            window.at.pop_front();
        }
        let most = usize::try_from(requests).unwrap_or(MOST).clamp(1, MOST);
        let full = |window: &Window| {
            let oldest = window.at.len().checked_sub(most).and_then(|at| window.at.get(at));
            oldest.map(|oldest| oldest.saturating_add(length))
        };
        if let Some(until) = full(window) {
            window.full_until = until;
            return Err(until);
        }
        window.at.push_back(now);
        if let Some(until) = full(window) {
            window.full_until = window.full_until.max(until);
        }
        Ok(())
    }

    /// Takes no more until then: the provider said so.
    pub(crate) fn hold(&mut self, key: [u8; 32], until: u64) {
        let window = self.0.entry(key).or_default();
        window.full_until = window.full_until.max(until);
    }

    /// Counts a request that the ledger remembers.
    pub(crate) fn count(&mut self, key: [u8; 32], at: u64) {
        let window = self.0.entry(key).or_default();
        window.at.push_back(at);
        while window.at.len() > MOST || window.at.front().is_some_and(|first| first.saturating_add(LONGEST) < at) {
            window.at.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_holds_more_than_the_bucket() {
        let mut pace = Pace::default();
        let mut taken = Vec::new();
        for now in (0..60_000).step_by(7) {
            match pace.take([1; 32], 5, 10, now) {
                Ok(()) => taken.push(now),
                Err(until) => assert!(until > now && pace.full(&[1; 32], now) && !pace.full(&[1; 32], until)),
            }
        }
        assert!(taken.iter().all(|start| taken.iter().filter(|at| (*start..start + 10_000).contains(*at)).count() <= 5));
        assert_eq!(taken.len(), 30, "and every place is used");
    }

    #[test]
    fn no_presets_bucket_is_larger_or_longer_than_what_is_remembered() {
        for grant in platform::Preset::all().flat_map(platform::Preset::grants) {
            let bucket = grant.bucket();
            assert!(bucket.requests as usize <= MOST && u64::from(bucket.seconds) * 1_000 <= LONGEST);
        }
    }

    #[test]
    fn others_have_their_own_and_the_ledger_counts_after_a_restart() {
        let mut pace = Pace::default();
        pace.count([1; 32], 1_000);
        assert_eq!(pace.take([1; 32], 1, 10, 2_000), Err(11_000));
        assert_eq!(pace.take([2; 32], 1, 10, 2_000), Ok(()));
        assert_eq!(pace.take([1; 32], 1, 10, 11_000), Ok(()));
    }
}
