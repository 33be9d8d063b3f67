//! Every rule of SPEC.md: one valid document, one thing changed, and the error that has to come of it.

#[path = "../kit/mod.rs"]
mod kit;
#[path = "../kit/webpki.rs"]
mod second_opinion;

mod accepted;
mod case;
mod certificate;
mod chain;
mod consistency;
mod envelope;
mod hostile;
mod payload;
mod policy;
mod signature;
mod specification;
mod time;
