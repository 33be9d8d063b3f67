//! A condition on a parameter of a call, as a person types it.

use std::str::FromStr;

use alloy_primitives::{B256, U256, keccak256};
use contracts_bindings::grants::Constraint;

/// `IStoreAccessPolicyAdmin.Test`.
const EQUAL: u8 = 0;
const ONE_OF: u8 = 1;
const AT_MOST: u8 = 2;
const AT_LEAST: u8 = 3;
/// A count stands on chain in millionths.
const DECIMALS: usize = 6;

/// `amount<=250.5`, `amount>=1`, `currency=code:USD,code:EUR`, `order=text:42`, `note=0x` and 32 bytes of hex.
///
/// What encoding a parameter has is fixed with its name in `Operations.sol`: `code:` is short ASCII as it is, `text:` is hashed, and a plain number is a
/// count in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(pub Constraint);

impl FromStr for Condition {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let wrong = || format!("{typed} is no condition: amount<=250.5, amount>=1, currency=code:USD,code:EUR, order=text:42");
        let plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        };
        let split = |mark: &str| typed.split_once(mark).filter(|(name, _)| plain(name));
        let (name, test, values) = if let Some((name, value)) = split("<=") {
            (name, AT_MOST, vec![count(value).ok_or_else(wrong)?])
        } else if let Some((name, value)) = split(">=") {
            (name, AT_LEAST, vec![count(value).ok_or_else(wrong)?])
        } else {
            let (name, list) = split("=").ok_or_else(wrong)?;
            let values = list.split(',').map(value).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
            (name, if values.len() == 1 { EQUAL } else { ONE_OF }, values)
        };
        Ok(Self(Constraint { param: keccak256(name), test, values }))
    }
}

fn value(text: &str) -> Option<B256> {
    if let Some(code) = text.strip_prefix("code:") {
        return (!code.is_empty() && code.len() <= 32 && code.is_ascii()).then(|| B256::right_padding_from(code.as_bytes()));
    }
    match text.strip_prefix("text:") {
        Some(hashed) => Some(keccak256(hashed)),
        None if text.starts_with("0x") => text.parse().ok(),
        None => count(text),
    }
}

/// A decimal with at most six places, in millionths.
fn count(text: &str) -> Option<B256> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 60 || part.len() > DECIMALS || !digits(whole) || !digits(part) || text.ends_with('.') {
        return None;
    }
    let number: U256 = format!("{whole}{part:0<DECIMALS$}").parse().ok()?;
    Some(B256::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Constraint {
        text.parse::<Condition>().unwrap().0
    }

    #[test]
    fn a_count_is_in_millionths() {
        for (text, millionths) in
            [("amount<=250.5", 250_500_000_u64), ("amount<=0", 0), ("amount<=0.000001", 1), ("amount<=7", 7_000_000)]
        {
            let constraint = read(text);
            assert_eq!((constraint.param, constraint.test), (keccak256("amount"), AT_MOST));
            assert_eq!(constraint.values, [B256::from(U256::from(millionths))]);
        }
        assert_eq!(read("amount>=1").test, AT_LEAST);
    }

    #[test]
    fn a_code_is_itself_and_a_text_is_hashed() {
        let constraint = read("currency=code:USD,code:EUR");
        assert_eq!((constraint.param, constraint.test), (keccak256("currency"), ONE_OF));
        assert_eq!(constraint.values, [B256::right_padding_from(b"USD"), B256::right_padding_from(b"EUR")]);
        let constraint = read("order=text:42");
        assert_eq!((constraint.test, constraint.values), (EQUAL, vec![keccak256("42")]));
        let word = B256::repeat_byte(7);
        assert_eq!(read(&format!("note={word}")).values, [word]);
    }

    #[test]
    fn what_is_unclear_is_refused() {
        for text in [
            "",
            "amount",
            "=1",
            "<=1",
            "amount<=",
            "amount<=1.",
            "amount<=.5",
            "amount<=1.0000001",
            "amount<=-1",
            "amount<=1e3",
            "amount<=code:USD",
            "currency=",
            "currency=USD",
            "currency=code:",
            "currency=code:USD,",
            "note=0x01",
            "amount<1",
        ] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }
}
