//! Chain data from nodes: several of each kind, none of them trusted, one good one enough.

mod beacon;
mod execution;
mod header;
mod health;
mod nodes;
mod proof;

pub(crate) use beacon::Beacon;
pub(crate) use execution::{Block, Execution};
pub(crate) use nodes::{FetchError, Nodes};

#[cfg(test)]
mod tests;
