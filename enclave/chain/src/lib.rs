//! Ethereum light client and state proofs: untrusted bytes in, verified heads and proven state out.
