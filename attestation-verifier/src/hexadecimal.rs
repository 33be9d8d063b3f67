//! Bytes as they are typed and printed: hex.

/// A value in hex, at least one byte and at most as long as a document's fields.
///
/// An empty value is refused: it is what an unset variable of a shell gives, and a document's empty field would be equal to it.
pub(crate) fn field(text: &str) -> Result<Vec<u8>, String> {
    const MAX_FIELD: usize = 1024;
    let bytes = decode(text)?;
    match bytes.len() {
        0 => Err("the value is empty: is a variable not set?".to_owned()),
        length if length > MAX_FIELD => Err("longer than 1,024 bytes, which is more than a document carries".to_owned()),
        _ => Ok(bytes),
    }
}

/// A register's 48 bytes.
pub(crate) fn register(text: &str) -> Result<[u8; 48], String> {
    let bytes = decode(text)?;
    let length = bytes.len();
    bytes.try_into().map_err(|_| format!("{length} bytes, and a register has 48 (96 hex digits)"))
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    if text.starts_with("0x") || text.starts_with("0X") {
        return Err("hex without 0x, please".to_owned());
    }
    hex::decode(text).map_err(|_| "not hex: an even number of the digits 0 to 9 and a to f".to_owned())
}
