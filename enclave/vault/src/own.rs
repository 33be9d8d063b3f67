//! The vault's own operations, as policies grant them. What each takes is in `contracts-bindings/contracts/vault-operations.json`.

/// Takes a credential in.
pub(crate) const PROVISION_OPERATION: &str = "vault.provision";
/// Puts a new authorisation in the place of one that is there.
pub(crate) const ROTATE_OPERATION: &str = "vault.rotate";
/// Takes a store off its connection or its login.
pub(crate) const REVOKE_OPERATION: &str = "vault.revoke";
/// Lists connections, and when what of them expires.
pub(crate) const LIST_OPERATION: &str = "vault.list";
/// Releases a one-time code of a login.
pub(crate) const OTP_OPERATION: &str = "vault.otp";
/// Releases a login's user name and password.
pub(crate) const EXPORT_OPERATION: &str = "vault.export";
