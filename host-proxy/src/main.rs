//! pst-vault-host
fn main() {}
