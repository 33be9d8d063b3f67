//! The only code of the measured image that does I/O: boot, vsock, NSM, egress TLS.
//!
//! [`run`] asks the security module what is measured, refuses to go on in debug mode, mixes its entropy with the kernel's, and serves
//! conversations until the process ends. A peer that stalls, floods, lies or hangs up costs one conversation.
//!
//! Out of scope: what a conversation means (`vault`).
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod boot;
mod clock;
mod driver;
mod egress;
mod entropy;
pub mod init;
pub mod nsm;
mod nsm_device;
mod observer;
mod server;
mod transport;

pub use boot::{BootError, Config, run};
pub use clock::{Clock, Ticks};
pub use nsm_device::NsmDevice;
pub use observer::{Observer, Point, Silent};
pub use transport::Listen;
