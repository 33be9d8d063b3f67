//! The untrusted relay beside the enclave: HTTP API, chain data, record and ledger store, egress.
//!
//! ```text
//! caller --HTTP--> api --conversation--> link --frames--> enclave
//!                                          |  Need          |
//!               feed (beacon, execution) + witness + store |  CONNECT
//!                                                         relay --TCP--> platform
//! ```
//!
//! Nothing here is trusted: the enclave checks every byte, so what this crate owes is availability. It holds no secret, it logs
//! no body, and no peer of it (caller, enclave, node, platform) can cost it more than one bounded connection.
//!
//! Out of scope: every decision. `enclave` makes them; `pst-vault verify` checks them.

mod api;
mod background;
mod config;
mod feed;
mod forks;
mod hooks;
mod link;
mod metrics;
mod relay;
mod server;
mod share;
mod status;
mod store;
mod supply;
mod transport;
mod witness;

pub use config::{Config, EnclaveAddress, Mapping};
pub use hooks::{Hooks, points};
pub use server::{RunError, Server, run};
pub use share::share;
pub use store::{Committed, Store, StoreError};
pub use supply::Supplier;
