//! What the first process of an enclave does before it serves, and how it ends.
//!
//! The kernel starts `/init` with nothing mounted and, if it ends, panics. So: mount what is needed, take the console, leave no core
//! dumps, see that the kernel draws on the security module's randomness, look at what counts time, and tell the parent that the
//! enclave is up. Whatever fails ends the enclave: a machine that is not the expected one makes no key.
//!
//! Nothing here reads the kernel's command line, because the host can add to it where an emulator plays the hypervisor.

mod clock_source;
mod heartbeat;
mod roots;

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::prctl::set_dumpable;
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};
use rustls::RootCertStore;

use crate::clock::Ticks;
pub use heartbeat::heartbeat;

const CONSOLE: &str = "/dev/console";
/// The kernel's choice among its sources of randomness, and what it has to be.
const RANDOMNESS: &str = "/sys/class/misc/hw_random/rng_current";
const MODULE_RANDOMNESS: &str = "nsm-hwrng";
/// All that a panic says: its own message could hold what nobody may read.
const PANIC: &[u8] = b"enclave stops: a panic\n";

/// Why the enclave ends before it serves.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file system can't be mounted.
    #[error("mounting {0}: {1}")]
    Mount(&'static str, #[source] Errno),
    /// There is no console.
    #[error("console: {0}")]
    Console(#[source] io::Error),
    /// Core dumps can't be turned off.
    #[error("core dumps: {0}")]
    CoreDumps(#[source] Errno),
    /// The kernel's randomness is not the security module's.
    #[error("the kernel's source of randomness is not {MODULE_RANDOMNESS}")]
    Randomness,
    /// The list of clock sources, or the kernel's choice, can't be read.
    #[error("clock source: {0}")]
    ClockSource(#[source] io::Error),
    /// The list of certificates can't be read.
    #[error("roots of certificates: {0}")]
    Roots(#[source] io::Error),
    /// The parent did not answer the heartbeat.
    #[error("heartbeat: {0}")]
    Heartbeat(#[source] io::Error),
}

/// Whether this is the first process.
#[must_use]
pub fn is_first() -> bool {
    std::process::id() == 1
}

/// Makes the machine ready, and says what may count time.
///
/// # Errors
/// See [`InitError`].
pub fn prepare() -> Result<Ticks, InitError> {
    std::panic::set_hook(Box::new(|_| {
        let _ = io::stderr().write_all(PANIC);
        end();
    }));
    let closed = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    attach("/dev", "devtmpfs", closed)?;
    console().map_err(InitError::Console)?;
    attach("/proc", "proc", closed | MsFlags::MS_NODEV)?;
    attach("/sys", "sysfs", closed | MsFlags::MS_NODEV | MsFlags::MS_RDONLY)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).and_then(|()| set_dumpable(false)).map_err(InitError::CoreDumps)?;
    randomness(Path::new(RANDOMNESS))?;
    clock_source::ticks(Path::new(clock_source::CURRENT), Path::new(clock_source::LISTED)).map_err(InitError::ClockSource)
}

/// The certificates that platforms are judged by, from the image's second ramdisk.
///
/// # Errors
/// [`InitError::Roots`].
pub fn roots() -> Result<RootCertStore, InitError> {
    roots::read(Path::new(roots::LISTED)).map_err(InitError::Roots)
}

/// Ends the enclave: a reset, which is how a machine without power management goes off. The hypervisor does not start it again.
pub fn end() -> ! {
    let _ = reboot(RebootMode::RB_AUTOBOOT);
    // The kernel panics when its first process ends, and the measured command line makes that a reset.
    std::process::abort()
}

fn attach(target: &'static str, kind: &'static str, flags: MsFlags) -> Result<(), InitError> {
    match mount(Some(kind), target, Some(kind), flags, None::<&str>) {
        // The kernel may have done it.
        Ok(()) | Err(Errno::EBUSY) => Ok(()),
        Err(error) => Err(InitError::Mount(target, error)),
    }
}

fn console() -> io::Result<()> {
    let console = OpenOptions::new().read(true).write(true).open(CONSOLE)?;
    dup2_stdin(&console)?;
    dup2_stdout(&console)?;
    dup2_stderr(&console)?;
    Ok(())
}

fn randomness(current: &Path) -> Result<(), InitError> {
    let found = std::fs::read_to_string(current).map_err(|_| InitError::Randomness)?;
    if found.trim_ascii() == MODULE_RANDOMNESS { Ok(()) } else { Err(InitError::Randomness) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_any_other_source_of_randomness() {
        let folder = tempfile::tempdir().unwrap();
        let current = folder.path().join("rng_current");
        assert!(matches!(randomness(&current), Err(InitError::Randomness)), "there is none");
        for other in ["", "none\n", "virtio_rng.0\n", "nsm-hwrng2\n", "not nsm-hwrng\n"] {
            std::fs::write(&current, other).unwrap();
            assert!(matches!(randomness(&current), Err(InitError::Randomness)), "{other:?}");
        }
        std::fs::write(&current, "nsm-hwrng\n").unwrap();
        randomness(&current).unwrap();
    }

    #[test]
    fn a_test_is_not_the_first_process() {
        assert!(!is_first());
    }
}
