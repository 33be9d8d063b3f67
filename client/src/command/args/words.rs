//! How a person types the things that the contracts know as numbers and hashes.

use std::fmt;
use std::str::FromStr;

use alloy_primitives::{B256, keccak256};
use contracts_bindings::registry::StoreRef;
use contracts_bindings::{Class, Status};

/// A store: `<portfolio that made it>:<32-byte salt in hex>`.
#[derive(Clone, Copy, Debug)]
pub struct StoreName {
    /// Portfolio that made it.
    pub origin: u64,
    /// Its salt.
    pub salt: B256,
}

impl FromStr for StoreName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (origin, salt) = text.split_once(':').ok_or("a store is <portfolio>:<32-byte salt in hex>")?;
        Ok(Self {
            origin: origin.parse().map_err(|_| "the portfolio is a number")?,
            salt: salt.parse().map_err(|_| "the salt is 32 bytes of hex")?,
        })
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin, self.salt)
    }
}

impl From<StoreName> for StoreRef {
    fn from(StoreName { origin, salt }: StoreName) -> Self {
        Self { origin, salt }
    }
}

/// Seconds: `90`, `90s`, `15m`, `12h` or `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub u64);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is no time: 90, 90s, 15m, 12h, 30d");
        let (digits, unit) = match text.as_bytes().last() {
            Some(b's') => (text.strip_suffix('s'), 1),
            Some(b'm') => (text.strip_suffix('m'), 60),
            Some(b'h') => (text.strip_suffix('h'), 3_600),
            Some(b'd') => (text.strip_suffix('d'), 86_400),
            _ => (Some(text), 1),
        };
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(wrong)?;
        digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What stands for a name on chain: the name itself, hashed, or 32 bytes of hex as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub B256);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a name has at least one character".to_owned());
        }
        match text.strip_prefix("0x") {
            // Half a hash would otherwise be hashed, and name something that nobody meant.
            Some(_) => text.parse().map(Self).map_err(|_| format!("{text} is neither a name nor 32 bytes of hex")),
            None => Ok(Self(keccak256(text))),
        }
    }
}

/// A class as it is typed: `READ`, `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassName(pub Class);

impl FromStr for ClassName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text.to_ascii_uppercase().as_str() {
            "READ" => Class::Read,
            "WRITE" => Class::Write,
            "VALUE" => Class::Value,
            "ROUTING" => Class::Routing,
            "AUTHZ" => Class::Authz,
            "MINT" => Class::Mint,
            "EXPORT" => Class::Export,
            "CREDENTIAL" => Class::Credential,
            _ => return Err(format!("{text} is no class: READ, WRITE, VALUE, ROUTING, AUTHZ, MINT, EXPORT, CREDENTIAL")),
        }))
    }
}

/// A status as it is typed: `Watch`, `default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusName(pub Status);

impl FromStr for StatusName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text.to_ascii_lowercase().as_str() {
            "performing" => Status::Performing,
            "watch" => Status::Watch,
            "default" => Status::Default,
            "closed" => Status::Closed,
            _ => return Err(format!("{text} is no status: Performing, Watch, Default, Closed")),
        }))
    }
}

/// A status in a word.
pub(in crate::command) const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Performing => "Performing",
        Status::Watch => "Watch",
        Status::Default => "Default",
        Status::Closed => "Closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_or_is_seconds() {
        for (text, seconds) in [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)] {
            assert_eq!(text.parse(), Ok(Seconds(seconds)));
        }
        for text in ["", "d", "-1", "1.5h", "1w", "+3", "99999999999999999999", "999999999999999999d", "1 d", "1é"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_hashed_and_a_hash_is_taken_as_it_is() {
        assert_eq!("recovery".parse(), Ok(Name(keccak256("recovery"))));
        let hash = keccak256("recovery").to_string();
        assert_eq!(hash.parse(), Ok(Name(keccak256("recovery"))));
        // Part of a hash, or an address, is a slip.
        assert!(hash[..20].parse::<Name>().is_err());
        assert!("0x00000000000000000000000000000000000000aa".parse::<Name>().is_err());
        assert!("".parse::<Name>().is_err());
    }

    #[test]
    fn a_store_has_its_portfolio_and_its_salt() {
        let salt = B256::repeat_byte(0x5a);
        let store: StoreName = format!("3:{salt}").parse().unwrap();
        assert_eq!((store.origin, store.salt, store.to_string()), (3, salt, format!("3:{salt}")));
        for text in ["3", "3:", "x:0x5a", ":", "3:0x5a"] {
            assert!(text.parse::<StoreName>().is_err(), "{text}");
        }
    }

    #[test]
    fn classes_and_statuses_are_typed_in_any_case_and_nothing_else_is_one() {
        assert_eq!("value".parse(), Ok(ClassName(Class::Value)));
        assert_eq!("DEFAULT".parse(), Ok(StatusName(Status::Default)));
        assert!("NONE".parse::<ClassName>().is_err());
        assert!("defaulted".parse::<StatusName>().is_err());
    }
}
