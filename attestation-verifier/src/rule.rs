//! The numbers of the rules.

use core::fmt;

/// A rule's number in `SPEC.md`, for example `C10`. Numbers are stable: a rule that goes takes its number with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule(pub(crate) &'static str);

impl Rule {
    /// The number as text: letters for the step, then digits.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}
