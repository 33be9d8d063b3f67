//! Messages between host, enclave and client: bytes, limits, versions.
