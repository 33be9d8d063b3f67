//! The enums of `Interfaces.sol`. The ABI has none, so the generated structs carry them as `u8`.

use core::fmt;

/// What kind of thing an operation does. An operation has exactly one; the number is its place in the Solidity enum.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Class {
    /// An unfilled field. Refused by the registry.
    None = 0,
    /// Reads.
    Read = 1,
    /// Writes that move no money and no access.
    Write = 2,
    /// Moves money or goods.
    Value = 3,
    /// Changes where the money goes.
    Routing = 4,
    /// Changes who may use the store at the platform.
    Authz = 5,
    /// Makes a new credential.
    Mint = 6,
    /// Takes a credential out of the vault.
    Export = 7,
    /// Brings a credential in, replaces or erases it.
    Credential = 8,
}

/// A store's standing.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Status {
    /// As agreed.
    Performing = 0,
    /// Under observation.
    Watch = 1,
    /// In default.
    Default = 2,
    /// Over: everything is refused.
    Closed = 3,
}

/// No [`Class`] has this number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownClass(pub u8);

/// No [`Status`] has this number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownStatus(pub u8);

impl fmt::Display for UnknownClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no class has number {}", self.0)
    }
}

impl fmt::Display for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no status has number {}", self.0)
    }
}

impl core::error::Error for UnknownClass {}
impl core::error::Error for UnknownStatus {}

impl TryFrom<u8> for Class {
    type Error = UnknownClass;

    fn try_from(number: u8) -> Result<Self, UnknownClass> {
        Ok(match number {
            0 => Self::None,
            1 => Self::Read,
            2 => Self::Write,
            3 => Self::Value,
            4 => Self::Routing,
            5 => Self::Authz,
            6 => Self::Mint,
            7 => Self::Export,
            8 => Self::Credential,
            other => return Err(UnknownClass(other)),
        })
    }
}

impl TryFrom<u8> for Status {
    type Error = UnknownStatus;

    fn try_from(number: u8) -> Result<Self, UnknownStatus> {
        Ok(match number {
            0 => Self::Performing,
            1 => Self::Watch,
            2 => Self::Default,
            3 => Self::Closed,
            other => return Err(UnknownStatus(other)),
        })
    }
}

impl Class {
    /// The class's number in the contracts.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Read => 1,
            Self::Write => 2,
            Self::Value => 3,
            Self::Routing => 4,
            Self::Authz => 5,
            Self::Mint => 6,
            Self::Export => 7,
            Self::Credential => 8,
        }
    }
}

impl From<Class> for u8 {
    fn from(class: Class) -> Self {
        class.number()
    }
}

impl Status {
    /// The status's number in the contracts.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Performing => 0,
            Self::Watch => 1,
            Self::Default => 2,
            Self::Closed => 3,
        }
    }

    /// The status's bit in a grant's `statuses`.
    #[must_use]
    pub const fn bit(self) -> u8 {
        match self {
            Self::Performing => 1,
            Self::Watch => 2,
            Self::Default => 4,
            Self::Closed => 8,
        }
    }
}

impl From<Status> for u8 {
    fn from(status: Status) -> Self {
        status.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_its_number_and_nothing_else_is_a_class() {
        for number in 0..=u8::MAX {
            match Class::try_from(number) {
                Ok(class) => assert_eq!(class.number(), number),
                Err(unknown) => assert!(number > 8 && unknown == UnknownClass(number)),
            }
        }
    }

    #[test]
    fn a_status_is_its_number_and_nothing_else_is_a_status() {
        for number in 0..=u8::MAX {
            match Status::try_from(number) {
                Ok(status) => {
                    assert_eq!((status.number(), status.bit()), (number, 1 << number));
                }
                Err(unknown) => assert!(number > 3 && unknown == UnknownStatus(number)),
            }
        }
    }
}
