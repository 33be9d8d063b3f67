//! What a command prints: lines for people, one JSON object for programs.

use serde_json::Value;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The vault or the platform said no.
    Refused,
}

/// Where lines go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) json: bool,
    pub(super) devnet: bool,
}

impl Output {
    /// A line for people.
    #[expect(clippy::print_stdout, reason = "the command's output")]
    pub(super) fn line(self, text: &str) {
        if !self.json {
            println!("{}{text}", if self.devnet { "DEVNET " } else { "" });
        }
    }

    /// The object for programs.
    #[expect(clippy::print_stdout, reason = "the command's output")]
    pub(super) fn object(self, mut value: Value) {
        if self.json {
            if let (Some(object), true) = (value.as_object_mut(), self.devnet) {
                object.insert("devnet".to_owned(), Value::Bool(true));
            }
            println!("{value}");
        }
    }
}
