//! The one request of a preset's watch: written in the image, and filled in from a store's binding alone.

use alloy_primitives::keccak256;
use credential::Binding;
use protocol::http::Request;

use super::build::{pointers, wrong};
use super::file::{AskRow, WatchRow};
use super::table::{Asking, TableError, Watch};

/// The binding's account, in an [`Ask`].
const ACCOUNT: &str = "account";

/// A request that is the same each time.
#[derive(Debug)]
pub(super) struct Ask {
    method: String,
    /// If it is not the binding's.
    host: Option<String>,
    /// Texts, and the names between them.
    path: Vec<Piece>,
    body: String,
    /// The path as written.
    written: String,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    /// A value of the binding.
    Of(String),
}

/// Reads the file's row.
pub(super) fn watch(row: WatchRow) -> Result<Watch, TableError> {
    let WatchRow { operation, keep, newest, ask, unasked } = row;
    let keep = pointers(&operation, &keep)?;
    let asking = match (ask, unasked) {
        (Some(row), None) => {
            Asking::Vault(Ask::of(row).ok_or_else(|| wrong(&operation, "what is asked is no path with names in it"))?)
        }
        (None, Some(why)) => Asking::Callers(why),
        _ => return Err(wrong(&operation, "either how the vault asks or why it does not")),
    };
    Ok(Watch { operation, keep, newest, asking })
}

impl Ask {
    fn of(AskRow { method, host, path: written, body }: AskRow) -> Option<Self> {
        let mut path = Vec::new();
        let mut rest = written.strip_prefix('/').map(|_| written.as_str())?;
        while let Some((text, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}')?;
            path.push(Piece::Text(text.to_owned()));
            path.push(Piece::Of(name.to_owned()));
            rest = behind;
        }
        path.push(Piece::Text(rest.to_owned()));
        let method = method.unwrap_or_else(|| "GET".to_owned());
        Some(Self { method, host, path, body: body.unwrap_or_default(), written })
    }

    /// The target for a store. `None` if its binding lacks a value, or has one that is more than one plain word.
    fn target(&self, binding: &Binding) -> Option<String> {
        let plain = |value: &&str| {
            !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let mut target = String::new();
        for piece in &self.path {
            target.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Of(name) if name == ACCOUNT => Some(binding.account.as_str()).filter(plain)?,
                Piece::Of(name) => {
                    let value = binding.selector.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
                    value.filter(plain)?
                }
            });
        }
        Some(target)
    }
}

impl Watch {
    /// What the vault asks for a store. `None` if it does not, or if the binding does not say all that it takes.
    pub(crate) fn request(&self, binding: &Binding) -> Option<Request> {
        let Asking::Vault(ask) = &self.asking else { return None };
        let mut headers = vec![("accept".to_owned(), b"application/json".to_vec())];
        if !ask.body.is_empty() {
            headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        }
        Some(Request {
            method: ask.method.clone(),
            scheme: "https".to_owned(),
            authority: ask.host.clone().unwrap_or_else(|| binding.host.clone()),
            path: ask.target(binding)?,
            headers,
            body: ask.body.clone().into_bytes(),
        })
    }

    /// keccak256 of the question and of what is looked at in the answer.
    #[must_use]
    pub fn asked(&self) -> [u8; 32] {
        let (method, host, path, body) = match &self.asking {
            Asking::Vault(Ask { method, host, written, body, .. }) => {
                (method.as_str(), host.as_deref().unwrap_or_default(), written.as_str(), body.as_str())
            }
            Asking::Callers(_) => ("", "", "", ""),
        };
        let mut text = [&self.operation, method, host, path, body].join("\n");
        for pointer in &self.keep {
            text.push('\n');
            text.push_str(&pointer.to_string());
        }
        if self.newest {
            text.push_str("\nnewest");
        }
        keccak256(text).0
    }
}
