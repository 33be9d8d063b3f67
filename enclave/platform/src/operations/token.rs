//! A preset's own token endpoint: an SDK that asks for a token gets a placeholder from the vault, and nothing is sent.

use protocol::http::{Request, Response};

use super::naming::Named;
use super::reading::Reading;
use super::selector::Selector;
use super::table::Table;
use super::template::Template;
use crate::preset::Preset;

/// Where a platform gives out tokens.
#[derive(Debug)]
pub(super) struct TokenEndpoint {
    pub(super) methods: Vec<String>,
    /// None: the store's own.
    pub(super) hosts: Vec<String>,
    pub(super) path: Template,
    /// The body of the placeholder.
    pub(super) answer: String,
}

impl TokenEndpoint {
    fn is(&self, reading: &Reading<'_>) -> bool {
        (self.hosts.is_empty() || self.hosts.iter().any(|host| host == reading.host))
            && self.methods.iter().any(|method| method == reading.method)
            && self.path.read(&reading.path).is_some()
    }

    pub(super) fn shares(&self, selector: &Selector) -> bool {
        let hosts =
            self.hosts.is_empty() || selector.hosts.is_empty() || self.hosts.iter().any(|host| selector.hosts.contains(host));
        let methods = self.methods.iter().any(|method| selector.methods.contains(method));
        hosts && methods && selector.paths.iter().any(|path| path.overlaps(&self.path))
    }
}

/// The vault's own answer to an SDK that asks its platform for a token, on the platform's login host or the store's own. `None` for every
/// other request.
#[must_use]
pub fn own_token_answer(request: &Request) -> Option<Response> {
    let of_store = Preset::of_host(&request.authority).and_then(Preset::table);
    let of_login = super::presets::all().filter(|table| table.has_token_host(&request.authority));
    of_store.into_iter().chain(of_login).find_map(|table| match table.name(request, &request.authority) {
        Ok(Named::OwnTokenEndpoint(answer)) => Some(answer),
        Ok(Named::Operations(_)) | Err(_) => None,
    })
}

impl Table {
    /// Whether one of the preset's token endpoints has this host to itself.
    #[must_use]
    pub fn has_token_host(&self, host: &str) -> bool {
        self.tokens.iter().any(|token| token.hosts.iter().any(|other| other == host))
    }

    pub(super) fn placeholder_of(&self, reading: &Reading<'_>) -> Option<Response> {
        let token = self.tokens.iter().find(|token| token.is(reading))?;
        Some(Response {
            status: 200,
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: token.answer.clone().into_bytes(),
        })
    }
}
