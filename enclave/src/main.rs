//! pst-vault-enclave
fn main() {}
