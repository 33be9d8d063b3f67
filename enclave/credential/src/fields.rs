//! Named values of a record: what a template refers to by name, each either public or secret.
//!
//! ```text
//! count (u8) || for each, by name: kind (1 public, 2 secret) || length of name (u8) || name || length of value (u16) || value
//! ```

use core::fmt;
use core::str;

use zeroize::Zeroizing;

use crate::secret::Secret;

const PUBLIC: u8 = 1;
const SECRET: u8 = 2;

/// One value.
pub enum Field {
    /// May be shown: an id, a region.
    Public(String),
    /// May not.
    Secret(Secret),
}

impl Field {
    fn with_bytes<R>(&self, use_it: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            Self::Public(value) => use_it(value.as_bytes()),
            Self::Secret(secret) => secret.with_secret(use_it),
        }
    }

    fn length(&self) -> usize {
        self.with_bytes(<[u8]>::len)
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Field(..)")
    }
}

/// Why values are no record's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// More than any platform asks for.
    #[error("more than {} fields", Fields::MAX)]
    TooMany,
    /// A name is empty, too long, or has other characters than `a-z`, `0-9` and `_`.
    #[error("name of a field is not 1 to {} of a-z, 0-9 and _", Fields::NAME)]
    Name,
    /// Two values have one name.
    #[error("two fields have one name")]
    Twice,
    /// A public value is empty, too long, or has control characters.
    #[error("public value is not 1 to {} bytes of text", Secret::MAX)]
    Value,
}

/// Named values, sorted by name, each name once. No `Clone`, and `Debug` shows the names only.
pub struct Fields(Vec<(String, Field)>);

impl Fields {
    /// Values, at most.
    pub const MAX: usize = 32;
    /// Bytes of a name, at most.
    pub const NAME: usize = 32;

    /// Fields of these values, in any order.
    ///
    /// # Errors
    /// See [`FieldsError`].
    pub fn new(mut values: Vec<(String, Field)>) -> Result<Self, FieldsError> {
        if values.len() > Self::MAX {
            return Err(FieldsError::TooMany);
        }
        for (name, field) in &values {
            let fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty() || name.len() > Self::NAME || !name.bytes().all(fit) {
                return Err(FieldsError::Name);
            }
            if let Field::Public(value) = field
                && (value.is_empty() || value.len() > Secret::MAX || value.chars().any(char::is_control))
            {
                return Err(FieldsError::Value);
            }
        }
        // By name alone: no value is compared, and a stable sort moves boxes, not secrets.
        values.sort_by(|(one, _), (other, _)| one.cmp(other));
        if values.iter().zip(values.iter().skip(1)).any(|((one, _), (other, _))| one == other) {
            return Err(FieldsError::Twice);
        }
        Ok(Self(values))
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, field)| field)
    }

    /// A value that may be shown.
    #[must_use]
    pub fn public(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            Field::Public(value) => Some(value),
            Field::Secret(_) => None,
        }
    }

    /// A value that may not. Comparing and lending are the secret's.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        match self.field(name)? {
            Field::Secret(secret) => Some(secret),
            Field::Public(_) => None,
        }
    }

    /// Lends a value of either kind.
    pub fn with_secret<R>(&self, name: &str, use_it: impl FnOnce(&[u8]) -> R) -> Option<R> {
        self.field(name).map(|field| field.with_bytes(use_it))
    }

    /// Every name, ascending.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Each secret, by name.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().filter_map(|(name, field)| match field {
            Field::Secret(secret) => Some((name.as_str(), secret)),
            Field::Public(_) => None,
        })
    }

    /// These fields with others put in their places, or added.
    ///
    /// # Errors
    /// See [`FieldsError`].
    pub fn with(self, others: Vec<(String, Field)>) -> Result<Self, FieldsError> {
        let mut values = self.0;
        values.retain(|(name, _)| others.iter().all(|(other, _)| other != name));
        values.extend(others);
        Self::new(values)
    }

    /// Bytes that [`Fields::write`] appends.
    pub fn written(&self) -> usize {
        let fields = self.0.iter().map(|(name, field)| name.len().saturating_add(field.length()).saturating_add(4));
        fields.fold(1, usize::saturating_add)
    }

    /// Appends the encoding. The buffer is made with room for [`Fields::written`], so that it does not grow and leave copies behind.
    /// `None`, if a length has no number, which the constructor rules out.
    pub fn write(&self, out: &mut Zeroizing<Vec<u8>>) -> Option<()> {
        out.push(u8::try_from(self.0.len()).ok()?);
        for (name, field) in &self.0 {
            out.push(match field {
                Field::Public(_) => PUBLIC,
                Field::Secret(_) => SECRET,
            });
            out.push(u8::try_from(name.len()).ok()?);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&u16::try_from(field.length()).ok()?.to_be_bytes());
            field.with_bytes(|value| out.extend_from_slice(value));
        }
        Some(())
    }

    /// Reads what [`Fields::write`] wrote, and what follows it. `None` for any other form.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (count, mut rest) = bytes.split_first()?;
        let mut values = Vec::new();
        for _ in 0..*count {
            let (kind, after) = rest.split_first()?;
            let (length, after) = after.split_first()?;
            let (name, after) = after.split_at_checked(usize::from(*length))?;
            let (length, after) = after.split_first_chunk::<2>()?;
            let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            let field = match *kind {
                PUBLIC => Field::Public(str::from_utf8(value).ok()?.to_owned()),
                SECRET => Field::Secret(Secret::new(value).ok()?),
                _ => return None,
            };
            let name = str::from_utf8(name).ok()?.to_owned();
            // One form only: ascending, each name once.
            if values.last().is_some_and(|(last, _): &(String, Field)| *last >= name) {
                return None;
            }
            values.push((name, field));
            rest = after;
        }
        Some((Self::new(values).ok()?, rest))
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(name: &str, value: &str) -> (String, Field) {
        (name.to_owned(), Field::Public(value.to_owned()))
    }

    fn secret(name: &str, value: &[u8]) -> (String, Field) {
        (name.to_owned(), Field::Secret(Secret::new(value).unwrap()))
    }

    fn bytes(fields: &Fields) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::new());
        fields.write(&mut out).unwrap();
        out
    }

    #[test]
    fn fields_come_back_sorted() {
        let fields = Fields::new(vec![secret("refresh_token", b"Atzr|0123"), public("client_id", "amzn1.app")]).unwrap();
        assert_eq!(fields.names().collect::<Vec<_>>(), ["client_id", "refresh_token"]);
        let encoded = bytes(&fields);
        assert_eq!(encoded.len(), fields.written());
        let (back, rest) = Fields::read(&encoded).unwrap();
        assert!(rest.is_empty());
        assert_eq!(back.public("client_id"), Some("amzn1.app"));
        assert_eq!(back.with_secret("refresh_token", <[u8]>::to_vec), Some(b"Atzr|0123".to_vec()));
        assert_eq!(back.with_secret("client_id", <[u8]>::to_vec), Some(b"amzn1.app".to_vec()));
        assert!(back.public("refresh_token").is_none() && back.secret("client_id").is_none());
        assert!(back.with_secret("other", |_| ()).is_none());
    }

    #[test]
    fn refuses_what_are_no_fields() {
        let refused = |values| Fields::new(values).unwrap_err();
        assert_eq!(refused((0..33).map(|n| public(&format!("n{n}"), "v")).collect()), FieldsError::TooMany);
        for name in ["", "Name", "na-me", "n\u{e9}", &"n".repeat(33)] {
            assert_eq!(refused(vec![public(name, "v")]), FieldsError::Name);
        }
        assert_eq!(refused(vec![public("a", "v"), secret("a", b"12345678")]), FieldsError::Twice);
        for value in ["", "a\nb", "a\u{7f}", &"v".repeat(4097)] {
            assert_eq!(refused(vec![public("a", value)]), FieldsError::Value);
        }
        assert!(Fields::new((0..32).map(|n| public(&format!("n{n}"), "v")).collect()).is_ok());
    }

    #[test]
    fn with_puts_others_in_place() {
        let fields = Fields::new(vec![secret("access_token", b"old-token"), public("id", "1")]).unwrap();
        let fields = fields.with(vec![secret("access_token", b"new-token"), secret("refresh_token", b"12345678")]).unwrap();
        assert_eq!(fields.with_secret("access_token", <[u8]>::to_vec), Some(b"new-token".to_vec()));
        assert_eq!(fields.names().collect::<Vec<_>>(), ["access_token", "id", "refresh_token"]);
    }

    #[test]
    fn t16_refuses_any_other_encoding() {
        let encoded = bytes(&Fields::new(vec![public("a", "1"), secret("b", b"12345678")]).unwrap());
        for at in 0..encoded.len() {
            assert!(Fields::read(&encoded[..at]).is_none(), "{at}");
        }
        let unsorted = [&[2][..], &[1, 1, b'b', 0, 1, b'1'], &[1, 1, b'a', 0, 1, b'1']].concat();
        assert!(Fields::read(&unsorted).is_none());
        let twice = [&[2][..], &[1, 1, b'a', 0, 1, b'1'], &[1, 1, b'a', 0, 1, b'1']].concat();
        assert!(Fields::read(&twice).is_none());
        assert!(Fields::read(&[1, 3, 1, b'a', 0, 1, b'1']).is_none(), "unknown kind");
        assert!(Fields::read(&[1, 2, 1, b'a', 0, 1, b'1']).is_none(), "secret too short");
        assert!(Fields::read(&[1, 1, 1, b'A', 0, 1, b'1']).is_none(), "name");
    }

    #[test]
    fn t52_debug_shows_names_only() {
        let fields = Fields::new(vec![secret("access_token", b"shpat_0123"), public("id", "value")]).unwrap();
        assert_eq!(format!("{fields:?}"), r#"["access_token", "id"]"#);
    }
}
