//! The enclave's time: the security module's at boot, and what a monotonic clock counted since.

use std::time::Instant;

/// Unix milliseconds that the host can't set.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    at_boot: u64,
    since: Instant,
}

impl Clock {
    /// A clock that shows `now_ms` now.
    #[must_use]
    pub fn starting_at(now_ms: u64) -> Self {
        Self { at_boot: now_ms, since: Instant::now() }
    }

    /// Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.at_boot.saturating_add(elapsed)
    }
}
