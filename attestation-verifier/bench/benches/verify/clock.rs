//! A wall clock that can be set: the other verifier has no argument for the time, and its documents live three hours.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

static AHEAD: AtomicI64 = AtomicI64::new(0);

/// The program's own in the place of libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> libc::c_int {
    // SAFETY: the arguments are the caller's, who promised what the system call needs.
    let failed = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    if failed == 0 && clock == libc::CLOCK_REALTIME {
        // SAFETY: the system call has just written to it.
        unsafe { (*time).tv_sec += AHEAD.load(Ordering::Relaxed) };
    }
    if failed == 0 { 0 } else { -1 }
}

/// From now on it is this second.
pub(crate) fn set(unix_seconds: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    AHEAD.fetch_add(unix_seconds.cast_signed() - now.cast_signed(), Ordering::Relaxed);
    let set = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    assert!(set.abs_diff(unix_seconds) <= 1, "the clock is set");
}
