//! SDK and the pst-vault command: verify, seal, sign, call, provision.
