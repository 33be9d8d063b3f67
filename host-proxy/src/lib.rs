//! The untrusted relay: HTTP API, chain data, record and ledger store, egress.
