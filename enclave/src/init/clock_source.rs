//! What counts time, held against the measured list.
//!
//! The list names the kernel's clocks that a hypervisor keeps right. One that counts ticks falls behind on a machine that is starved of
//! processor time, and a clock that is behind makes a stale head look fresh. So a kernel that chose any other is not believed: its time
//! is asked of the security module, which the host can't slow down. The image is the same and just as safe; it is slower.

use std::io;
use std::path::Path;

use crate::clock::Ticks;

/// The kernel's choice.
pub(super) const CURRENT: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
/// The measured list: one name a line.
pub(super) const LISTED: &str = "/data/clocksources";

/// Who may count time here.
///
/// # Errors
/// When the list is missing or names nothing, or the kernel does not say.
pub(super) fn ticks(current: &Path, listed: &Path) -> io::Result<Ticks> {
    let listed = std::fs::read_to_string(listed)?;
    let current = std::fs::read_to_string(current)?;
    if listed.trim_ascii().is_empty() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let found = listed.lines().any(|name| !name.is_empty() && name == current.trim_ascii());
    Ok(if found { Ticks::Kernel } else { Ticks::Module })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t36_a_clock_that_is_not_listed_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (current, listed) = (folder.path().join("current"), folder.path().join("listed"));
        std::fs::write(&listed, "kvm-clock\ntsc\n").unwrap();
        for (name, expected) in [
            ("kvm-clock\n", Ticks::Kernel),
            ("tsc\n", Ticks::Kernel),
            ("tsc-early\n", Ticks::Module),
            ("refined-jiffies\n", Ticks::Module),
            ("\n", Ticks::Module),
        ] {
            std::fs::write(&current, name).unwrap();
            assert_eq!(ticks(&current, &listed).unwrap(), expected, "{name:?}");
        }
    }

    #[test]
    fn refuses_to_go_on_without_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let (current, listed) = (folder.path().join("current"), folder.path().join("listed"));
        std::fs::write(&current, "kvm-clock\n").unwrap();
        ticks(&current, &listed).unwrap_err();
        std::fs::write(&listed, "\n").unwrap();
        ticks(&current, &listed).unwrap_err();
    }
}
