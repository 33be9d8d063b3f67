//! The reader against objects of real chains and of the executable specification, and each rule broken once.

#[path = "beacon_api/refusals.rs"]
mod refusals;
#[path = "beacon_api/render.rs"]
mod render;
#[path = "beacon_api/vectors.rs"]
mod vectors;
