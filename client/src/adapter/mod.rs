//! A loopback proxy for programs that were written for a platform: their HTTPS requests become calls through the vault, signed by the
//! caller's key. They need no change but the usual two settings: which proxy, and which certificates are trusted.
//!
//! ```text
//! SDK -CONNECT, password-> proxy -TLS, certificate of this run's own authority-> plain request -> tidy -> Connection::call -> vault
//! ```
//! Where an SDK asks for a token, the vault answers a placeholder; where it puts it, it is taken away again. The certificate authority
//! lives in memory, for this run, and its key is written nowhere. What may be called is for the vault to say, not for this.

mod forward;
mod proxy;
mod tidy;
mod tls;

pub use forward::{Adapter, Served};
