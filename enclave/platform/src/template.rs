//! Texts with named values in them, resolved when the preset is read: at run time there is nothing left to misspell.
//!
//! `{name}` is a field of the app, the connection or the selector; `{name?}` is one that may be absent. Built in are `{host}`,
//! `{method}`, `{path}`, `{signature}`, `{time.s}`, `{time.ms}`, `{time.compact}` (`yyMMddTHHmmssZ`), `{uuid}` and `{random.N}`.

use core::fmt;

use zeroize::Zeroizing;

use crate::materials::Context;

/// Which record a field is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    App,
    Connection,
    Selector,
}

/// A field of a preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldRef {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) secret: bool,
}

/// What a template may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    Field(FieldRef),
    Host,
    Method,
    Path,
    Signature,
    Seconds,
    Millis,
    Compact,
    Uuid,
    /// That many letters and digits.
    Random(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Value { variable: Variable, optional: bool },
}

/// A text with values in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

/// Why a text is no template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TemplateError {
    #[error("a brace without its other")]
    Brace,
    #[error("a variable that the preset does not declare")]
    Unknown,
}

/// A value that the records do not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Absent(pub(crate) FieldRef);

impl Template {
    /// Reads a template; `resolve` knows the preset's fields.
    pub(crate) fn parse(text: &str, resolve: impl Fn(&str) -> Option<FieldRef>) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            push_text(&mut parts, before)?;
            let (name, after) = behind.split_once('}').ok_or(TemplateError::Brace)?;
            let (name, optional) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
            let variable = match builtin(name) {
                Some(_) if optional => return Err(TemplateError::Unknown),
                Some(variable) => variable,
                None => Variable::Field(resolve(name).ok_or(TemplateError::Unknown)?),
            };
            parts.push(Part::Value { variable, optional });
            rest = after;
        }
        push_text(&mut parts, rest)?;
        Ok(Self(parts))
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = (&Variable, bool)> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value { variable, optional } => Some((variable, *optional)),
        })
    }

    /// The fields that it names, and whether each may be absent.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&FieldRef, bool)> {
        self.variables().filter_map(|(variable, optional)| match variable {
            Variable::Field(field) => Some((field, optional)),
            _ => None,
        })
    }

    /// Whether it is one value and nothing else.
    pub(crate) fn is_single(&self) -> bool {
        matches!(self.0.as_slice(), [Part::Value { .. }])
    }

    pub(crate) fn names_secret(&self) -> bool {
        self.fields().any(|(field, _)| field.secret)
    }

    pub(crate) fn names_signature(&self) -> bool {
        self.variables().any(|(variable, _)| *variable == Variable::Signature)
    }

    /// The text with its values; one that may be absent is then empty.
    pub(crate) fn render(&self, context: &Context<'_>) -> Result<Zeroizing<Vec<u8>>, Absent> {
        // Reserved first: a buffer that grows leaves its old copy behind.
        let mut length = 0_usize;
        self.each(context, &mut |bytes| length = length.saturating_add(bytes.len()))?;
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        self.each(context, &mut |bytes| out.extend_from_slice(bytes))?;
        Ok(out)
    }

    /// As [`Template::render`]; `None` if a value that may be absent is.
    pub(crate) fn render_whole(&self, context: &Context<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, Absent> {
        let lacking = self.fields().any(|(field, optional)| optional && !context.has(field));
        if lacking { Ok(None) } else { self.render(context).map(Some) }
    }

    fn each(&self, context: &Context<'_>, take: &mut dyn FnMut(&[u8])) -> Result<(), Absent> {
        for part in &self.0 {
            match part {
                Part::Text(text) => take(text.as_bytes()),
                Part::Value { variable: Variable::Field(field), optional } => {
                    if !context.lend(field, take) && !optional {
                        return Err(Absent(field.clone()));
                    }
                }
                Part::Value { variable, .. } => context.lend_builtin(variable, take),
            }
        }
        Ok(())
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Value { variable, optional } => write!(f, "{{{variable}{}}}", if *optional { "?" } else { "" })?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(&field.name),
            Self::Host => f.write_str("host"),
            Self::Method => f.write_str("method"),
            Self::Path => f.write_str("path"),
            Self::Signature => f.write_str("signature"),
            Self::Seconds => f.write_str("time.s"),
            Self::Millis => f.write_str("time.ms"),
            Self::Compact => f.write_str("time.compact"),
            Self::Uuid => f.write_str("uuid"),
            Self::Random(length) => write!(f, "random.{length}"),
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) -> Result<(), TemplateError> {
    if text.contains('}') {
        return Err(TemplateError::Brace);
    }
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
    Ok(())
}

fn builtin(name: &str) -> Option<Variable> {
    Some(match name {
        "host" => Variable::Host,
        "method" => Variable::Method,
        "path" => Variable::Path,
        "signature" => Variable::Signature,
        "time.s" => Variable::Seconds,
        "time.ms" => Variable::Millis,
        "time.compact" => Variable::Compact,
        "uuid" => Variable::Uuid,
        _ => {
            let length: usize = name.strip_prefix("random.")?.parse().ok()?;
            return (1..=32).contains(&length).then_some(Variable::Random(length));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Template, TemplateError> {
        Template::parse(text, |name| {
            (name == "token").then(|| FieldRef { scope: Scope::Connection, name: name.to_owned(), secret: true })
        })
    }

    #[test]
    fn refuses_what_the_preset_does_not_declare() {
        assert!(parse("Bearer {token}").unwrap().names_secret());
        assert!(parse("{token?}-{host}").is_ok());
        for text in ["{tokens}", "{}", "{host?}", "{random.0}", "{random.33}", "{random.x}", "{TOKEN}"] {
            assert_eq!(parse(text), Err(TemplateError::Unknown), "{text}");
        }
        for text in ["{token", "token}", "}{", "{host}}"] {
            assert_eq!(parse(text), Err(TemplateError::Brace), "{text}");
        }
    }
}
