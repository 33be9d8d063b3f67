//! Bringing a secret into the vault: what its owner signs, and the body that carries it.
//!
//! The body of `POST https://vault.internal/v1/provision` is canonical CBOR
//! `[version, ABI of Provision, signature (65), secret salt (32), fields]`. The owner signs [`Provision`] in the same domain as a call
//! ([`crate::call::domain`]); the fields are bound by `secretHash` = SHA-256("pst-vault/secret/v1" || salt || fields), which is zero
//! if there are none. What is made follows from [`What`]:
//!
//! | kind | under | made | fields |
//! |---|---|---|---|
//! | `app` | the portfolio (salt 0) | an app, by owner, preset and the app's own id | the app's |
//! | `store` | the store | a connection of that name and the store's binding | the connection's |
//! | `store` | the store | a binding to a connection that is there | none |
//! | `login` | the store | a merchant's login of that name, and the store's binding to it | the login's |
//! | `login` | the store | a binding to a login that is there | none |
//!
//! `POST https://vault.internal/v1/rotate` takes the same: a new authorisation in the place of the one that is there, with its next
//! generation. What it is bound to stays.

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
pub const VERSION: u16 = 2;
/// The inner request's host.
pub const HOST: &str = "vault.internal";
/// The inner request's path.
pub const PATH: &str = "/v1/provision";
/// The inner request's path for a new authorisation in the place of one that is there.
pub const ROTATE: &str = "/v1/rotate";
const SECRET: &[u8] = b"pst-vault/secret/v1";

sol! {
    /// What an owner signs when it hands over a credential. `app` is the platform's id of the app, empty for none; `connection` names
    /// the connection among its owner's; `selector` tells this store apart from others of the connection, in the form of
    /// [`Selector`].
    #[derive(Debug, PartialEq, Eq)]
    struct Provision {
        address owner;
        uint64 portfolio;
        bytes32 store;
        address policy;
        bytes32 policyCodeHash;
        string kind;
        string preset;
        string host;
        string account;
        string app;
        bytes32 connection;
        string selector;
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

/// What is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A developer app.
    App,
    /// A store, with a connection of its own or one that is there.
    Store,
    /// A merchant's login for a store.
    Login,
}

impl What {
    /// As a [`Provision`] names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Store => "store",
            Self::Login => "login",
        }
    }
}

/// Names and values in the one form `name=value&name=value`: ascending, each name once, names of `a-z0-9_`, values of visible ASCII
/// without `&`, none empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(Vec<(String, String)>);

impl Selector {
    /// Reads that form; nothing at all is a selector without a name.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts: Vec<(String, String)> = Vec::new();
        for part in text.split('&').filter(|_| !text.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let named = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            if name.is_empty() || !named || value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return None;
            }
            if parts.last().is_some_and(|(last, _)| last.as_str() >= name) {
                return None;
            }
            parts.push((name.to_owned(), value.to_owned()));
        }
        Some(Self(parts))
    }

    /// Names and values.
    #[must_use]
    pub fn into_parts(self) -> Vec<(String, String)> {
        self.0
    }
}

/// The fields of a record as they are handed over: for each, ascending by name, `(name, whether it is a secret, value)`.
///
/// ```text
/// count (u8) || for each: kind (1 public, 2 secret) || length of name (u8) || name || length of value (u16) || value
/// ```
/// `None` if there are too many or a length has no number. Which names and values are good is for the vault to say.
#[must_use]
pub fn fields(values: &[(&str, bool, &[u8])]) -> Option<Zeroizing<Vec<u8>>> {
    let mut values = values.to_vec();
    values.sort_by_key(|(name, _, _)| *name);
    let length = values
        .iter()
        .fold(1_usize, |sum, (name, _, value)| sum.saturating_add(name.len()).saturating_add(value.len()).saturating_add(4));
    // As large as it gets from the start: growing would leave copies of the secrets behind.
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    out.push(u8::try_from(values.len()).ok()?);
    for (name, secret, value) in values {
        out.push(if secret { 2 } else { 1 });
        out.push(u8::try_from(name.len()).ok()?);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&u16::try_from(value.len()).ok()?.to_be_bytes());
        out.extend_from_slice(value);
    }
    Some(out)
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
    /// A kind that is none of [`What`].
    #[error("provision of an unknown kind")]
    Kind,
    /// The fields are longer than [`limits::SECRET`], or there are none and a hash is signed.
    #[error("fields are missing or too long")]
    Secret,
    /// The fields are not the ones that were signed.
    #[error("fields do not match their hash")]
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
    pub fn new(provision: &Provision, signature: [u8; 65], secret_salt: [u8; 32], fields: &[u8]) -> Self {
        Self {
            version: VERSION,
            provision: provision.abi_encode().into(),
            signature: signature.into(),
            secret_salt: secret_salt.into(),
            secret: fields.to_vec().into(),
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

    /// Reads a request: version, strict ABI, kind, and that the fields are the ones the owner signed. Who signed is for `vault` to check.
    ///
    /// # Errors
    /// [`ProvisionError`] names the rule.
    pub fn read(bytes: &[u8]) -> Result<(Self, Provision, What), ProvisionError> {
        let request: Self = cbor::decode(bytes, limits::PROVISION)?;
        if request.version != VERSION {
            return Err(ProvisionError::Version);
        }
        if request.secret.len() > limits::SECRET {
            return Err(ProvisionError::Secret);
        }
        let provision = Provision::abi_decode_validate(&request.provision).map_err(|_| ProvisionError::Abi)?;
        if provision.abi_encode() != *request.provision {
            return Err(ProvisionError::Abi);
        }
        let what = match provision.kind.as_str() {
            "app" => What::App,
            "store" => What::Store,
            "login" => What::Login,
            _ => return Err(ProvisionError::Kind),
        };
        if request.secret.is_empty() != provision.secretHash.is_zero() {
            return Err(ProvisionError::Secret);
        }
        if !request.secret.is_empty() && provision.secretHash != secret_hash(&request.secret_salt, &request.secret) {
            return Err(ProvisionError::SecretHash);
        }
        Ok((request, provision, what))
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

    /// Lends the fields; no bytes if there are none.
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
