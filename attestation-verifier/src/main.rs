//! attestation-verifier
fn main() {}
