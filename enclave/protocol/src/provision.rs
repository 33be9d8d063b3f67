//! Bringing a secret into the vault: what the store's owner signs, and the body that carries it.
//!
//! The body of `POST https://vault.internal/v1/provision` is canonical CBOR
//! `[version, ABI of Provision, signature (65), secret salt (32), secret]`. The owner signs [`Provision`] in the same domain as a call
//! ([`crate::call::domain`]); the secret is bound by `secretHash` = SHA-256("pst-vault/secret/v1" || salt || secret).

use core::fmt;

use alloy_primitives::B256;
use alloy_sol_types::{Eip712Domain, SolStruct, SolValue, sol};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::cbor::{self, CborError};
use crate::limits;

/// The version of [`ProvisionRequest`].
pub const VERSION: u16 = 1;
/// The inner request's host.
pub const HOST: &str = "vault.internal";
/// The inner request's path.
pub const PATH: &str = "/v1/provision";
const SECRET: &[u8] = b"pst-vault/secret/v1";

sol! {
    /// What the owner of a store signs when it hands over a credential.
    #[derive(Debug, PartialEq, Eq)]
    struct Provision {
        address owner;
        uint64 portfolio;
        bytes32 store;
        address policy;
        bytes32 policyCodeHash;
        string preset;
        string host;
        string account;
        uint64 generation;
        bytes32 secretHash;
        uint64 expiresAt;
        bytes32 enclave;
    }
}

/// The EIP-712 digest that the owner signs.
#[must_use]
pub fn digest(provision: &Provision, domain: &Eip712Domain) -> B256 {
    provision.eip712_signing_hash(domain)
}

/// SHA-256("pst-vault/secret/v1" || salt || secret).
#[must_use]
pub fn secret_hash(salt: &[u8; 32], secret: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(SECRET).chain_update(salt).chain_update(secret).finalize().into()
}

/// Why a provision request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProvisionError {
    /// Not canonical CBOR of this type.
    #[error("provision request is not canonical: {0}")]
    Cbor(#[from] CborError),
    /// A version this code does not read.
    #[error("provision request has an unknown version")]
    Version,
    /// Not the ABI of a [`Provision`], in its one form.
    #[error("provision is not strict abi")]
    Abi,
    /// The secret is empty or longer than [`limits::SECRET`].
    #[error("secret is empty or too long")]
    Secret,
    /// The secret is not the one that was signed.
    #[error("secret does not match its hash")]
    SecretHash,
}

/// The body of a provision request. Its secret is erased when dropped.
#[derive(Encode, Decode)]
pub struct ProvisionRequest {
    #[n(0)]
    version: u16,
    #[n(1)]
    provision: ByteVec,
    #[n(2)]
    signature: ByteArray<65>,
    #[n(3)]
    secret_salt: ByteArray<32>,
    #[n(4)]
    secret: ByteVec,
}

impl ProvisionRequest {
    /// A request from what the owner signed.
    #[must_use]
    pub fn new(provision: &Provision, signature: [u8; 65], secret_salt: [u8; 32], secret: &[u8]) -> Self {
        Self {
            version: VERSION,
            provision: provision.abi_encode().into(),
            signature: signature.into(),
            secret_salt: secret_salt.into(),
            secret: secret.to_vec().into(),
        }
    }

    /// Canonical CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // As large as it gets from the start: growing would leave copies of the secret behind.
        let fixed = 256_usize.saturating_add(self.provision.len()).saturating_add(self.secret.len());
        let mut out = Zeroizing::new(Vec::with_capacity(fixed));
        match minicbor::encode(self, &mut *out) {
            Ok(()) => out,
            Err(_) => Zeroizing::new(Vec::new()),
        }
    }

    /// Reads a request: version, strict ABI, and that the secret is the one the owner signed. Who signed is for `vault` to check.
    ///
    /// # Errors
    /// [`ProvisionError`] names the rule.
    pub fn read(bytes: &[u8]) -> Result<(Self, Provision), ProvisionError> {
        let request: Self = cbor::decode(bytes, limits::PROVISION)?;
        if request.version != VERSION {
            return Err(ProvisionError::Version);
        }
        if request.secret.is_empty() || request.secret.len() > limits::SECRET {
            return Err(ProvisionError::Secret);
        }
        let provision = Provision::abi_decode_validate(&request.provision).map_err(|_| ProvisionError::Abi)?;
        if provision.abi_encode() != *request.provision {
            return Err(ProvisionError::Abi);
        }
        if provision.secretHash != secret_hash(&request.secret_salt, &request.secret) {
            return Err(ProvisionError::SecretHash);
        }
        Ok((request, provision))
    }

    /// ABI of the [`Provision`].
    #[must_use]
    pub fn provision_abi(&self) -> &[u8] {
        &self.provision
    }

    /// The owner's signature, r || s || v.
    #[must_use]
    pub fn signature(&self) -> &[u8; 65] {
        &self.signature
    }

    /// Lends the secret.
    pub fn with_secret<R>(&self, use_it: impl FnOnce(&[u8]) -> R) -> R {
        use_it(&self.secret)
    }
}

impl Drop for ProvisionRequest {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl fmt::Debug for ProvisionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProvisionRequest(..)")
    }
}
