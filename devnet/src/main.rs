//! devnet
fn main() {}
