//! How many refusals are written to the ledger. Whoever can sign is refused with a proof, and anybody can sign, so what that may cost is bounded.

use std::collections::HashMap;

use alloy_primitives::Address;

/// Seconds that a quota is for.
const WINDOW: u64 = 300;
/// Refusals of callers for whom nothing was carried out yet, all of them together.
const STRANGERS: usize = 64;
/// Refusals of one caller for whom something was.
const EACH: usize = 256;

/// A caller, for the portfolio that he names.
pub(crate) type Known = (u64, Address);

/// Refusals written in this window.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    window: u64,
    strangers: usize,
    known: HashMap<Known, usize>,
}

impl Quota {
    /// Whether a refusal may be written, to a stranger (`None`) or to somebody known. It is counted.
    pub(crate) fn takes(&mut self, who: Option<Known>, seconds: u64) -> bool {
        let window = seconds.checked_div(WINDOW).unwrap_or(0);
        if window > self.window {
            *self = Self { window, ..Self::default() };
        }
        let (written, most) = match who {
            None => (&mut self.strangers, STRANGERS),
            Some(known) => (self.known.entry(known).or_default(), EACH),
        };
        let takes = *written < most;
        *written = written.saturating_add(usize::from(takes));
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Known = (1, Address::repeat_byte(1));
    const B: Known = (1, Address::repeat_byte(2));

    fn taken(quota: &mut Quota, who: Option<Known>, seconds: u64) -> usize {
        (0..10_000).take_while(|_| quota.takes(who, seconds)).count()
    }

    #[test]
    fn t51_a_quota_is_counted_and_anew_in_each_window() {
        let mut quota = Quota::default();
        assert_eq!(taken(&mut quota, None, 299), STRANGERS);
        assert_eq!(taken(&mut quota, Some(A), 299), EACH);
        assert_eq!(taken(&mut quota, Some(B), 299), EACH, "nobody takes another's");
        assert_eq!(taken(&mut quota, None, 300), STRANGERS);
        assert_eq!(taken(&mut quota, Some(A), 300), EACH);
        // A clock that goes back gives none back.
        assert_eq!(taken(&mut quota, None, 1), 0);
    }
}
