//! The light client and the proofs from outside, on synthetic chains, on recorded ones and on arbitrary bytes.

mod arbitrary;
mod bootstrap;
mod conflicts;
mod conformance;
mod differential;
mod headers;
mod local;
mod mainnet;
mod mpt;
mod payload;
mod periods;
mod proofs;
mod rpc_proof;
mod synthetic;
mod update;
mod vectors;
