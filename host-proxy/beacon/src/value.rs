//! Leaves and objects of the API's JSON: every name present and known, hex of the right length, numbers in shortest decimal.

use serde_json::{Map, Value};

use crate::json::JsonError;

/// The fields of a JSON object that has exactly these names.
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value, name: &'static str, names: &[&'static str]) -> Result<Self, JsonError> {
        let map = value.as_object().ok_or(JsonError::Field(name))?;
        if let Some(missing) = names.iter().find(|name| !map.contains_key(**name)) {
            return Err(JsonError::Field(missing));
        }
        if map.len() > names.len() {
            return Err(JsonError::UnknownField { inside: name });
        }
        Ok(Self(map))
    }

    pub(crate) fn value(&self, name: &'static str) -> Result<&'a Value, JsonError> {
        self.0.get(name).ok_or(JsonError::Field(name))
    }

    fn text(&self, name: &'static str) -> Result<&'a str, JsonError> {
        self.value(name)?.as_str().ok_or(JsonError::Field(name))
    }

    /// `0x` and exactly `length` bytes.
    pub(crate) fn bytes(&self, name: &'static str, length: usize) -> Result<Vec<u8>, JsonError> {
        exactly(self.value(name)?, length).ok_or(JsonError::Field(name))
    }

    /// `0x` and at most `most` bytes.
    pub(crate) fn bytes_up_to(&self, name: &'static str, most: usize) -> Result<Vec<u8>, JsonError> {
        let bytes = bytes(self.text(name)?, most).ok_or(JsonError::Field(name))?;
        Ok(bytes)
    }

    /// `uint64`, little-endian.
    pub(crate) fn uint64(&self, name: &'static str) -> Result<[u8; 8], JsonError> {
        let digits = decimal(self.text(name)?).ok_or(JsonError::Field(name))?;
        digits.parse::<u64>().map(u64::to_le_bytes).map_err(|_| JsonError::Field(name))
    }

    /// `uint256`, little-endian.
    pub(crate) fn uint256(&self, name: &'static str) -> Result<[u8; 32], JsonError> {
        let digits = decimal(self.text(name)?).filter(|digits| digits.len() <= 78).ok_or(JsonError::Field(name))?;
        let mut number = [0_u8; 32];
        for digit in digits.bytes() {
            let mut carry = u16::from(digit - b'0');
            for byte in &mut number {
                let [low, high] = (u16::from(*byte) * 10 + carry).to_le_bytes();
                (*byte, carry) = (low, u16::from(high));
            }
            if carry != 0 {
                return Err(JsonError::Field(name));
            }
        }
        Ok(number)
    }

    /// A list of exactly `count` byte strings of `length`, joined.
    pub(crate) fn list(&self, name: &'static str, count: usize, length: usize) -> Result<Vec<u8>, JsonError> {
        let items = self.items(name)?;
        if items.len() != count {
            return Err(JsonError::Field(name));
        }
        let items: Option<Vec<Vec<u8>>> = items.iter().map(|item| exactly(item, length)).collect();
        items.map(|items| items.concat()).ok_or(JsonError::Field(name))
    }

    pub(crate) fn items(&self, name: &'static str) -> Result<&'a [Value], JsonError> {
        self.value(name)?.as_array().map(Vec::as_slice).ok_or(JsonError::Field(name))
    }
}

fn exactly(value: &Value, length: usize) -> Option<Vec<u8>> {
    bytes(value.as_str()?, length).filter(|bytes| bytes.len() == length)
}

fn bytes(text: &str, most: usize) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() <= 2 * most)?;
    hex::decode(digits).ok()
}

/// Digits without a leading zero.
fn decimal(text: &str) -> Option<&str> {
    let shortest = text == "0" || !text.starts_with('0');
    (shortest && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}
