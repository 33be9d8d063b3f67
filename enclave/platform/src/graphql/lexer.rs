//! Tokens of a GraphQL document (October 2021, §2.1), less the literals that lexers in the field end at different places.

use super::GraphqlError;

const LENGTH: usize = 64 << 10;
const TOKENS: usize = 16 << 10;

/// A lexical token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// One of `! $ ( ) : = @ [ ] { }`.
    Punctuator(char),
    /// `...`
    Spread,
    /// A name or keyword.
    Name(&'a str),
    /// A string, block string or number, as written.
    Literal(&'a str),
    /// The end.
    End,
}

/// Reads tokens off the front.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    rest: &'a str,
    left: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(document: &'a str) -> Result<Self, GraphqlError> {
        if document.len() > LENGTH {
            return Err(GraphqlError::Length);
        }
        let mut characters = document.chars().peekable();
        while let Some(character) = characters.next() {
            let allowed = match character {
                '\t' | '\n' => true,
                '\r' => characters.peek() == Some(&'\n'),
                '\u{feff}' | '\u{2028}' | '\u{2029}' => false,
                other => !other.is_control(),
            };
            if !allowed {
                return Err(GraphqlError::Character);
            }
        }
        Ok(Self { rest: document, left: TOKENS })
    }

    pub(crate) fn next(&mut self) -> Result<Token<'a>, GraphqlError> {
        self.skip_ignored();
        let Some(first) = self.rest.chars().next() else { return Ok(Token::End) };
        self.left = self.left.checked_sub(1).ok_or(GraphqlError::Tokens)?;
        match first {
            '!' | '$' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '}' => {
                self.take_while(|_, index| index == 0);
                Ok(Token::Punctuator(first))
            }
            '.' => self.skip("...").then_some(Token::Spread).ok_or(GraphqlError::Character),
            'A'..='Z' | 'a'..='z' | '_' => Ok(Token::Name(self.take_while(|c, _| c.is_ascii_alphanumeric() || c == '_'))),
            '-' | '0'..='9' => {
                let number = self.take_while(|c, _| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-'));
                is_number(number).then_some(Token::Literal(number)).ok_or(GraphqlError::Literal)
            }
            '"' => self.string(),
            _ => Err(GraphqlError::Character),
        }
    }

    /// White space, line ends, commas, comments.
    fn skip_ignored(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            if !self.rest.starts_with('#') {
                return;
            }
            self.take_while(|c, _| c != '\n');
        }
    }

    fn string(&mut self) -> Result<Token<'a>, GraphqlError> {
        let start = self.rest;
        // Where a literal begins and ends in a run of quotes is what lexers disagree about.
        let closed = if self.skip("\"\"\"") { !self.rest.starts_with('"') && self.block_string() } else { self.quoted_string() };
        if !closed || self.rest.starts_with('"') {
            return Err(GraphqlError::Literal);
        }
        let length = start.len().saturating_sub(self.rest.len());
        start.split_at_checked(length).map(|(text, _)| Token::Literal(text)).ok_or(GraphqlError::Literal)
    }

    /// Without backslashes, and with no more than two quotes together.
    fn block_string(&mut self) -> bool {
        loop {
            self.take_while(|c, _| !matches!(c, '"' | '\\'));
            match self.take_while(|c, _| c == '"').len() {
                1 | 2 => {}
                3 => return true,
                _ => return false,
            }
        }
    }

    fn quoted_string(&mut self) -> bool {
        if !self.skip("\"") {
            return false;
        }
        loop {
            self.take_while(|c, _| !matches!(c, '"' | '\\' | '\n'));
            if self.skip("\"") {
                return true;
            }
            if !self.escape() {
                return false;
            }
        }
    }

    /// `\n` and the like, `\uXXXX`; surrogates in pairs only.
    fn escape(&mut self) -> bool {
        if ["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"].iter().any(|escape| self.skip(escape)) {
            return true;
        }
        match self.unicode() {
            Some(0xd800..=0xdbff) => matches!(self.unicode(), Some(0xdc00..=0xdfff)),
            Some(0xdc00..=0xdfff) | None => false,
            Some(_) => true,
        }
    }

    fn unicode(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.strip_prefix("\\u")?.split_at_checked(4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = rest;
        u16::from_str_radix(digits, 16).ok()
    }

    fn skip(&mut self, prefix: &str) -> bool {
        self.rest.strip_prefix(prefix).map(|rest| self.rest = rest).is_some()
    }

    /// Takes characters as long as `wanted` of the character and its byte offset.
    fn take_while(&mut self, wanted: impl Fn(char, usize) -> bool) -> &'a str {
        let end = self.rest.char_indices().find(|(index, c)| !wanted(*c, *index)).map_or(self.rest.len(), |(index, _)| index);
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

/// `-`? integer fraction? exponent?, as §2.9.1 and §2.9.2 have it.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (integer, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(integer, fraction)| (integer, Some(fraction)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(integer)
        && (integer == "0" || !integer.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
