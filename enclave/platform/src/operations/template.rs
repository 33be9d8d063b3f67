//! Path templates: `/orders/v0/orders/{order}`, `/v1/accounts/acct_{account}`, `/admin/api/{version:quarter}/shop.json`, `/v1/payouts/**`.

use core::fmt;

/// A path, segment by segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    segments: Vec<Segment>,
    /// Whether it ends in `/**`: one segment or more.
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Variable { name: String, prefix: String, kind: Kind },
}

/// What a variable may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One segment without a byte that some server reads as an end.
    Text,
    /// Decimal digits.
    Digits,
    /// `2026-10`: a year and the first month of a quarter.
    Quarter,
}

impl Template {
    /// `None` if it is not a template: no leading slash, an empty or dot segment, a brace without its other, the same name twice.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, open) = text.strip_suffix("/**").map_or((text, false), |text| (text, true));
        let segments: Option<Vec<Segment>> = text.strip_prefix('/')?.split('/').map(Segment::parse).collect();
        let template = Self { segments: segments?, open };
        let mut names: Vec<&str> = template.names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        (names.len() == count).then_some(template)
    }

    /// The names of its variables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Variable { name, .. } => Some(name.as_str()),
        })
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// The values of the variables (with their prefixes), if the decoded path is of this form.
    pub(super) fn read<'a>(&self, path: &'a [String]) -> Option<Vec<(&str, &'a str)>> {
        let fits = if self.open { path.len() > self.segments.len() } else { path.len() == self.segments.len() };
        if !fits || !path.iter().all(|segment| is_plain(segment)) {
            return None;
        }
        let mut values = Vec::new();
        for (segment, text) in self.segments.iter().zip(path) {
            if !segment.is(text) {
                return None;
            }
            if let Segment::Variable { name, .. } = segment {
                values.push((name.as_str(), text.as_str()));
            }
        }
        Some(values)
    }

    /// Whether some path is of both forms. It may say so of forms that share none, and never the other way.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let reaches = |open: &Self, closed: &Self| closed.open || closed.segments.len() > open.segments.len();
        let lengths = match (self.open, other.open) {
            (false, false) => self.segments.len() == other.segments.len(),
            (true, _) if !other.open => reaches(self, other),
            (_, true) if !self.open => reaches(other, self),
            _ => true,
        };
        lengths && self.segments.iter().zip(&other.segments).all(|(one, another)| one.overlaps(another))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => write!(f, "/{literal}")?,
                Segment::Variable { name, prefix, kind } => match kind {
                    Kind::Text => write!(f, "/{prefix}{{{name}}}")?,
                    Kind::Digits => write!(f, "/{prefix}{{{name}:digits}}")?,
                    Kind::Quarter => write!(f, "/{prefix}{{{name}:quarter}}")?,
                },
            }
        }
        if self.open { f.write_str("/**") } else { Ok(()) }
    }
}

/// A segment that no server reads as more or less than one.
fn is_plain(segment: &str) -> bool {
    !segment.is_empty()
        && !segment.bytes().all(|byte| byte == b'.')
        && !segment.chars().any(|c| matches!(c, '/' | '\\' | ';' | '?' | '#' | '%') || c.is_control())
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        let Some((prefix, rest)) = text.split_once('{') else {
            let literal = is_plain(text) && !text.contains(['}', '*']);
            return literal.then(|| Self::Literal(text.to_owned()));
        };
        let inner = rest.strip_suffix('}')?;
        let (name, kind) = match inner.split_once(':') {
            None => (inner, Kind::Text),
            Some((name, "digits")) => (name, Kind::Digits),
            Some((name, "quarter")) => (name, Kind::Quarter),
            Some(_) => return None,
        };
        let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        // A prefix of digits could not be told from the digits of a variable.
        let prefixed = prefix.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'));
        (named && prefixed).then(|| Self::Variable { name: name.to_owned(), prefix: prefix.to_owned(), kind })
    }

    fn is(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == text,
            Self::Variable { prefix, kind, .. } => text.strip_prefix(prefix.as_str()).is_some_and(|rest| kind.is(rest)),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(one), Self::Literal(another)) => one == another,
            (Self::Literal(literal), variable @ Self::Variable { .. })
            | (variable @ Self::Variable { .. }, Self::Literal(literal)) => variable.is(literal),
            (Self::Variable { prefix: one, kind, .. }, Self::Variable { prefix: another, kind: other, .. }) => {
                let compatible = one.starts_with(another.as_str()) || another.starts_with(one.as_str());
                // Digits and quarters begin with a digit, prefixes with a letter.
                let apart = (one.is_empty() && *kind != Kind::Text && !another.is_empty())
                    || (another.is_empty() && *other != Kind::Text && !one.is_empty())
                    || (one == another && *kind != Kind::Text && *other != Kind::Text && kind != other);
                compatible && !apart
            }
        }
    }
}

impl Kind {
    fn is(self, text: &str) -> bool {
        match self {
            Self::Text => !text.is_empty(),
            Self::Digits => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Quarter => text.split_once('-').is_some_and(|(year, month)| {
                year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) && ["01", "04", "07", "10"].contains(&month)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let path: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
        let template = Template::parse(template).unwrap();
        let values = template.read(&path)?;
        Some(values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn reads_variables_of_each_kind() {
        assert_eq!(read("/a/b", "/a/b"), Some(vec![]));
        assert_eq!(read("/a/{x}/c", "/a/é 1/c"), Some(vec![("x".to_owned(), "é 1".to_owned())]));
        assert_eq!(read("/a/acct_{x}", "/a/acct_1"), Some(vec![("x".to_owned(), "acct_1".to_owned())]));
        for (template, no) in [
            ("/a/b", "/a"),
            ("/a/b", "/a/b/c"),
            ("/a/b", "/A/b"),
            ("/a/{x}", "/a/"),
            ("/a/{x}", "/a/.."),
            ("/a/{x}", "/a/b;c"),
            ("/a/{x}", "/a/b\\c"),
            ("/a/{x}", "/a/b%c"),
            ("/a/acct_{x}", "/a/acct_"),
            ("/a/acct_{x}", "/a/1"),
            ("/a/{x:digits}", "/a/1x"),
            ("/a/{x:digits}", "/a/٣"),
            ("/a/{x:quarter}", "/a/2026-11"),
            ("/a/{x:quarter}", "/a/unstable"),
            ("/a/**", "/a"),
            ("/a/**", "/a/b/.."),
        ] {
            assert_eq!(read(template, no), None, "{template} {no}");
        }
        assert_eq!(read("/a/**", "/a/b/c"), Some(vec![]));
    }

    #[test]
    fn refuses_what_is_no_template() {
        for text in [
            "", "a", "/", "/a//b", "/a/", "/a/..", "/{", "/{x", "/{X}", "/{}", "/{x:hex}", "/{x}/{x}", "/{x}y", "/*", "/**/a",
            "/1{x}",
        ] {
            assert_eq!(Template::parse(text), None, "{text}");
        }
    }

    #[test]
    fn knows_which_forms_share_a_path() {
        for (one, another, shared) in [
            ("/a/b", "/a/b", true),
            ("/a/b", "/a/c", false),
            ("/a/{x}", "/a/b", true),
            ("/a/{x:digits}", "/a/b", false),
            ("/a/{x:digits}", "/a/7", true),
            ("/a/{x:digits}", "/a/{y:quarter}", false),
            ("/a/{x:digits}", "/a/acct_{y}", false),
            ("/a/{x}", "/a/acct_{y}", true),
            ("/a/py_{x}", "/a/acct_{y}", false),
            ("/a/{x}", "/a/{x}/c", false),
            ("/a/**", "/a", false),
            ("/a/**", "/a/b/c", true),
            ("/a/**", "/a/{x}", true),
            ("/a/**", "/b/**", false),
            ("/a/**", "/a/b/**", true),
        ] {
            let (one, another) = (Template::parse(one).unwrap(), Template::parse(another).unwrap());
            assert_eq!((one.overlaps(&another), another.overlaps(&one)), (shared, shared), "{one:?} {another:?}");
        }
    }
}
