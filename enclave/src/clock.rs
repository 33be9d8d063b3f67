//! The enclave's time: the security module's at boot, and what passed since.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::nsm::{Nsm, NsmError};

/// Who counts the time after boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticks {
    /// The kernel's monotonic clock. Right where the hypervisor gives the kernel a clock that no load can slow down.
    Kernel,
    /// The security module, asked each time. Right everywhere, and slower.
    Module,
}

/// Unix milliseconds that the host can't set.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    Kernel { at_boot: u64, since: Instant },
    Module { nsm: Arc<dyn Nsm>, latest: Arc<AtomicU64> },
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.0 {
            Source::Kernel { .. } => "Clock(Kernel)",
            Source::Module { .. } => "Clock(Module)",
        })
    }
}

impl Clock {
    /// A clock that shows the module's time.
    ///
    /// # Errors
    /// When the module can't be asked.
    pub fn start(nsm: &Arc<dyn Nsm>, ticks: Ticks) -> Result<Self, NsmError> {
        let now = nsm.now_ms()?;
        Ok(Self(match ticks {
            Ticks::Kernel => Source::Kernel { at_boot: now, since: Instant::now() },
            Ticks::Module => Source::Module { nsm: Arc::clone(nsm), latest: Arc::new(AtomicU64::new(now)) },
        }))
    }

    /// Unix milliseconds. Never goes back.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        match &self.0 {
            Source::Kernel { at_boot, since } => {
                let elapsed = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                at_boot.saturating_add(elapsed)
            }
            Source::Module { nsm, latest } => match nsm.now_ms() {
                Ok(now) => latest.fetch_max(now, Ordering::Relaxed).max(now),
                // Without the time nothing can be judged, and an earlier one would make what is late look early.
                Err(_) => std::process::abort(),
            },
        }
    }
}

#[cfg(test)]
impl Clock {
    /// A clock that shows this time now.
    pub(crate) fn starting_at(now_ms: u64) -> Self {
        Self(Source::Kernel { at_boot: now_ms, since: Instant::now() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says these times, one after the other.
    struct Times(std::sync::Mutex<Vec<u64>>);

    impl Nsm for Times {
        fn attest(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<Vec<u8>, NsmError> {
            Err(NsmError::Failed)
        }

        fn extend_and_lock(&self, _: u16, _: &[u8]) -> Result<(), NsmError> {
            Err(NsmError::Failed)
        }

        fn random(&self) -> Result<[u8; 32], NsmError> {
            Err(NsmError::Failed)
        }

        fn pcrs(&self) -> Result<[[u8; 48]; 3], NsmError> {
            Err(NsmError::Failed)
        }

        fn now_ms(&self) -> Result<u64, NsmError> {
            self.0.lock().unwrap().pop().ok_or(NsmError::Failed)
        }
    }

    #[test]
    fn t36_asks_the_module_each_time_where_the_kernels_clock_is_not_listed() {
        let nsm: Arc<dyn Nsm> = Arc::new(Times(vec![90_000, 12_000, 50_000, 10_000].into()));
        let clock = Clock::start(&nsm, Ticks::Module).unwrap();
        assert_eq!(clock.now_ms(), 50_000);
        assert_eq!(clock.now_ms(), 50_000, "never goes back");
        assert_eq!(clock.now_ms(), 90_000);
    }

    #[test]
    fn asks_the_module_once_where_the_kernels_clock_is_listed() {
        let nsm: Arc<dyn Nsm> = Arc::new(Times(vec![10_000].into()));
        let clock = Clock::start(&nsm, Ticks::Kernel).unwrap();
        assert!((10_000..70_000).contains(&clock.now_ms()));
    }
}
