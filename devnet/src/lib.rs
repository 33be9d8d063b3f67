//! The only home of fakes: software NSM, a local chain, a mock storefront, and the demo.

pub mod chain;
pub mod storefront;
