//! pst-vault
fn main() {}
