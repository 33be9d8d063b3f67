//! What of an answer's body is handed back: without credentials that the platform just made, and no more than a view shows.

use alloy_primitives::B256;
use contracts_bindings::Class;
use policy::Operation;
use protocol::http::Response;

use super::build::normal;
use super::table::{Table, View, Watch};
use crate::json::{Json, Pointer};

/// What stands for a value that is not handed back.
const ABSORBED: &str = "[absorbed]";
/// Bytes of an answer that is looked into for where money goes, at most: no platform's is a tenth of it.
const LOOKED_AT: usize = 256 << 10;
/// Headers that say nothing of the body beyond its type and the platform's patience.
const BESIDE_A_VIEW: [&str; 5] = ["cache-control", "content-type", "date", "retry-after", "x-request-id"];

/// Why an answer is not handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// A view can be made of JSON only.
    #[error("answer is not json, so no view of it can be made")]
    View,
    /// It says that it is JSON and is none that is read in one way, so a credential could hide in it.
    #[error("answer is not the json that it says it is")]
    Json,
}

impl AnswerError {
    /// Fit for a refusal: short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::View => "response.view",
            Self::Json => "response.json",
        }
    }
}

impl Table {
    /// What of an answer to these operations is handed back under this projection, zero being all of it.
    ///
    /// # Errors
    /// See [`AnswerError`].
    pub fn answer(&self, operations: &[Operation], projection: B256, response: Response) -> Result<Response, AnswerError> {
        let response = self.absorb(operations, response)?;
        if projection.is_zero() {
            return Ok(response);
        }
        let names: Vec<&str> = operations.iter().map(|operation| operation.name.as_str()).collect();
        self.view(projection, &names).ok_or(AnswerError::View)?.apply(response)
    }
}

impl View {
    /// The answer with what the view keeps and nothing else. What failed upstream is a status without a body.
    ///
    /// # Errors
    /// [`AnswerError::View`].
    pub fn apply(&self, mut response: Response) -> Result<Response, AnswerError> {
        response.headers.retain(|(name, _)| BESIDE_A_VIEW.contains(&name.as_str()));
        if !(200..300).contains(&response.status) {
            response.body.clear();
            return Ok(response);
        }
        let body = Json::parse(&response.body).map_err(|_| AnswerError::View)?;
        response.body = Pointer::keep(&self.keep, &body).text().into_bytes();
        Ok(response)
    }
}

impl Watch {
    /// What of the answer says where the money goes, as one text that changes if and only if that does: in which order a list comes, or
    /// an object's members, is nothing, and neither is a member that is null. `None` if it says nothing, is longer than 256 kB, or says
    /// that it is not all that was asked for.
    #[must_use]
    pub fn facts(&self, response: &Response) -> Option<String> {
        if response.status != 200 || response.body.len() > LOOKED_AT {
            return None;
        }
        let body = Json::parse(&response.body).ok()?;
        let mut named = self.keep.iter().flat_map(|pointer| pointer.of(&body)).filter(|value| !is_empty(value));
        let first = named.next().filter(|_| !has_failed(&body))?;
        if !self.newest {
            return Some(ordered(Pointer::keep(&self.keep, &body)).text());
        }
        let scalar = |value: &&Json| !matches!(value, Json::Object(_) | Json::Array(_));
        Some(first).filter(scalar).map(Json::text)
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => false,
    }
}

/// Whether a platform says in a 200 that it did not do all of it: GraphQL's `errors`, and a `code` that is not 0.
fn has_failed(body: &Json) -> bool {
    let errors = match body.member("errors") {
        None | Some(Json::Null) => false,
        Some(Json::Array(errors)) => !errors.is_empty(),
        Some(_) => true,
    };
    errors || matches!(body.member("code"), Some(Json::Number(code)) if code != "0")
}

/// The same whatever order it came in.
fn ordered(value: Json) -> Json {
    match value {
        Json::Object(mut members) => {
            members.retain(|(_, value)| *value != Json::Null);
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            Json::Object(members.into_iter().map(|(name, value)| (name, ordered(value))).collect())
        }
        Json::Array(items) => {
            let mut items: Vec<Json> = items.into_iter().map(ordered).collect();
            items.sort_by_cached_key(Json::text);
            Json::Array(items)
        }
        other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => other,
    }
}

impl Table {
    /// The answer without the values of the members that hold a credential. One that only a matured unlock lets through is the
    /// caller's: a MINT hands out what it made.
    ///
    /// # Errors
    /// [`AnswerError::Json`].
    pub fn absorb(&self, operations: &[Operation], mut response: Response) -> Result<Response, AnswerError> {
        if self.minted.is_empty() || operations.iter().any(|operation| operation.class == Class::Mint) {
            return Ok(response);
        }
        let body = match Json::parse(&response.body) {
            Ok(body) => body,
            Err(_) if response.body.is_empty() || !is_json(&response) => return Ok(response),
            Err(_) => return Err(AnswerError::Json),
        };
        let mut absorbed = false;
        let body = self.without(body, false, &mut absorbed);
        if absorbed {
            response.body = body.text().into_bytes();
        }
        Ok(response)
    }

    /// `named`: inside a member that holds a credential, where `value` is it.
    fn without(&self, value: Json, named: bool, absorbed: &mut bool) -> Json {
        match value {
            Json::Object(members) => {
                let member = |(name, value): (String, Json)| {
                    let plain = normal(&name);
                    let holds = self.minted.contains(&plain);
                    let value = match value {
                        Json::String(_) | Json::Number(_) if holds || (named && plain == "value") => {
                            *absorbed = true;
                            Json::String(ABSORBED.to_owned())
                        }
                        other => self.without(other, holds, absorbed),
                    };
                    (name, value)
                };
                Json::Object(members.into_iter().map(member).collect())
            }
            Json::Array(items) => Json::Array(items.into_iter().map(|item| self.without(item, named, absorbed)).collect()),
            Json::String(_) | Json::Number(_) if named => {
                *absorbed = true;
                Json::String(ABSORBED.to_owned())
            }
            other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => other,
        }
    }
}

/// By its type, or by its looks if it has none.
fn is_json(response: &Response) -> bool {
    match response.header("content-type") {
        Some(value) => value.to_ascii_lowercase().windows(4).any(|part| part == b"json"),
        None => matches!(response.body.trim_ascii_start().first(), Some(b'{' | b'[')),
    }
}
