//! The only home of fakes: software NSM, a local chain, a mock storefront, mock platforms, and the demo.

pub mod bench;
pub mod chain;
pub mod demo;
pub mod interop;
pub mod nsm;
pub mod platforms;
pub mod processes;
pub mod qemu;
pub mod storefront;
mod tls;
pub mod world;
