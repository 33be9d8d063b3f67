//! Rust view of the contracts: ABI types, bytecode and code hashes.
