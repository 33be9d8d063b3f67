//! What an answer of a platform has to say to be one of a kind.

use protocol::http::Response;

use crate::json::{Json, Pointer};

/// The status, if any is named, and the value at the pointer, if one is named.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) status: Vec<u16>,
    pub(crate) pointer: Option<Pointer>,
    /// One of these is the value.
    pub(crate) is: Vec<String>,
    /// Or one of these is in it, without regard to case.
    pub(crate) contains: Vec<String>,
}

impl Case {
    pub(crate) fn holds(&self, response: &Response, body: Option<&Json>) -> bool {
        if !self.status.is_empty() && !self.status.contains(&response.status) {
            return false;
        }
        let Some(pointer) = &self.pointer else { return true };
        body.is_some_and(|body| pointer.of(body).into_iter().any(|value| self.fits(value)))
    }

    fn fits(&self, value: &Json) -> bool {
        let Some(text) = text(value) else { return false };
        if self.is.is_empty() && self.contains.is_empty() {
            return true;
        }
        let lower = text.to_ascii_lowercase();
        self.is.contains(&text) || self.contains.iter().any(|part| lower.contains(part.as_str()))
    }
}

/// A scalar as text.
pub(crate) fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) | Json::Number(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
