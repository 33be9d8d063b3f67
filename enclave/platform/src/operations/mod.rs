//! What a platform's requests are: a table per preset, as data. What is not in it has no name, and what has no name is not sent.

mod answer;
mod ask;
mod build;
mod conflict;
mod endpoint;
mod file;
mod link;
mod naming;
mod parameter;
mod presets;
mod reading;
mod selector;
mod show;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod token;

pub use answer::AnswerError;
pub use link::{Link, Links, NamedBy, file};
pub use naming::Named;
pub use parameter::Encoding;
pub(crate) use presets::of;
pub use presets::tables;
pub use table::{Evidence, Known, Repeat, Scope, Table, TableError, View, Watch};
pub use token::own_token_answer;
