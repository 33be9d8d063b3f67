//! RFC 8259, less what parsers read differently.

use std::collections::BTreeSet;

use super::{Json, JsonError};

/// Arrays and objects inside each other, at most.
const DEPTH: usize = 64;

pub(super) fn parse(bytes: &[u8]) -> Result<Json, JsonError> {
    let text = core::str::from_utf8(bytes).map_err(|_| JsonError)?;
    let mut parser = Parser { rest: text };
    let value = parser.value(DEPTH)?;
    parser.space();
    if parser.rest.is_empty() { Ok(value) } else { Err(JsonError) }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn skip(&mut self, prefix: &str) -> bool {
        self.rest.strip_prefix(prefix).map(|rest| self.rest = rest).is_some()
    }

    fn expect(&mut self, prefix: &str) -> Result<(), JsonError> {
        self.skip(prefix).then_some(()).ok_or(JsonError)
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.space();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(depth.checked_sub(1).ok_or(JsonError)?),
            Some(b'[') => self.array(depth.checked_sub(1).ok_or(JsonError)?),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.expect("true").map(|()| Json::Bool(true)),
            Some(b'f') => self.expect("false").map(|()| Json::Bool(false)),
            Some(b'n') => self.expect("null").map(|()| Json::Null),
            _ => Err(JsonError),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.expect("[")?;
        let mut items = Vec::new();
        self.space();
        if self.skip("]") {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            if self.skip("]") {
                return Ok(Json::Array(items));
            }
            self.expect(",")?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.expect("{")?;
        let mut members = Vec::new();
        self.space();
        if self.skip("}") {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.expect(":")?;
            members.push((name, self.value(depth)?));
            self.space();
            if self.skip("}") {
                break;
            }
            self.expect(",")?;
        }
        let names: BTreeSet<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        if names.len() == members.len() { Ok(Json::Object(members)) } else { Err(JsonError) }
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.rest.bytes().take_while(is_part).count();
        let (text, rest) = self.rest.split_at_checked(length).ok_or(JsonError)?;
        // What overflows is infinite to some and an error to others.
        let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
        if !is_number(text) || !finite {
            return Err(JsonError);
        }
        self.rest = rest;
        Ok(Json::Number(text.to_owned()))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.expect("\"")?;
        let mut out = String::new();
        loop {
            let end = self.rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\x1f')).ok_or(JsonError)?;
            let (plain, rest) = self.rest.split_at_checked(end).ok_or(JsonError)?;
            out.push_str(plain);
            self.rest = rest;
            if self.skip("\"") {
                return Ok(out);
            }
            self.expect("\\")?;
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let (escape, rest) = self.rest.split_at_checked(1).ok_or(JsonError)?;
        self.rest = rest;
        Ok(match escape {
            "\"" => '"',
            "\\" => '\\',
            "/" => '/',
            "b" => '\u{8}',
            "f" => '\u{c}',
            "n" => '\n',
            "r" => '\r',
            "t" => '\t',
            "u" => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(u32::from(first)).ok_or(JsonError);
                }
                self.expect("\\u")?;
                let pair = [first, self.unit()?];
                return char::decode_utf16(pair).next().and_then(Result::ok).ok_or(JsonError);
            }
            _ => return Err(JsonError),
        })
    }

    fn unit(&mut self) -> Result<u16, JsonError> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or(JsonError)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(JsonError);
        }
        self.rest = rest;
        u16::from_str_radix(digits, 16).map_err(|_| JsonError)
    }
}

/// `-`? integer fraction? exponent?
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, exponent)| (m, Some(exponent)));
    let (integer, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(i, fraction)| (i, Some(fraction)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(integer)
        && (integer == "0" || !integer.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
