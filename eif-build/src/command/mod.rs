//! What is said about images.

pub(crate) mod describe;
pub(crate) mod diff;
pub(crate) mod provenance;
pub(crate) mod release;
mod show;
pub(crate) mod verify;
