//! What a caller signs, and the inner request that carries it.
//!
//! The inner request *is* the platform call: method, URL, headers, body. Beside it stand headers of ours:
//!
//! ```text
//! pst-vault-caller               0x and 40 lower-case hex digits
//! pst-vault-store                <origin, decimal>:<salt, 0x and 64 hex digits>
//! pst-vault-role                 0x and 64 hex digits; absent = 0
//! pst-vault-recipient            0x and 64 hex digits; absent = 0
//! pst-vault-evidence             base64 with padding; absent = empty
//! pst-vault-issued-at            unix seconds, decimal
//! pst-vault-expires-at           unix seconds, decimal
//! pst-vault-nonce                0x and 64 hex digits
//! pst-vault-min-finalized-slot   decimal; absent = 0
//! pst-vault-retries              decimal, 1 to 3; absent = 0: how often the vault may ask a busy platform again, if asking twice is asking once
//! pst-vault-signature            0x and 130 hex digits: r || s || v, of the caller's key
//! pst-vault-contract-signature   0x and 2 to 8192 hex digits, in its place: for the caller's `isValidSignature` (EIP-1271)
//! pst-vault-agent                0x and 130 hex digits: curve (1 secp256k1, 2 P-256) || x || y; absent = the caller signs itself
//! pst-vault-agent-signature      0x and 128 hex digits: r || s, of the agent's key
//! pst-vault-delegation           <portfolio, decimal>:<scope, 0x and 64 hex digits>:<from>:<until, unix seconds, decimal>
//! ```
//! With an agent, the agent signs the call and the caller the [`crate::signatures::Delegation`].
//!
//! Each value has one form: no leading zeros, no upper case, and a value that equals its default is absent. All headers, ours and
//! those for the platform, stand in strictly ascending order of their names.
//!
//! The signature is over the EIP-712 signing hash of [`Call`] in the domain {"PST Vault", "1", chain id, store registry, salt = vault id}:
//! `headersHash` = keccak256 of the `name:value\n` lines of the headers for the platform and of `pst-vault-retries`, `bodyHash` = keccak256(body), `evidenceHash`
//! = keccak256(evidence), `enclave` = SHA-256 of the OHTTP key configuration, `enc` = keccak256 of this request's encapsulated key. So
//! a signed call opens at one enclave, in one boot, in one encapsulation.
//!
//! Out of scope: whose signature it is and whether the time is right, which `policy` checks.

use std::sync::LazyLock;

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::canonical::{self, RETRIES};
pub use crate::canonical::{HeaderError, UPSTREAM_HEADERS, UrlError, check_host, check_url};
use crate::http::{Request, VAULT_PREFIX};
use crate::limits;
pub use crate::retries::{MOST_RETRIES, retries};
use crate::signatures::{self, Agent, CallerSignature};

sol! {
    /// What a caller signs: one request, to one enclave, in one boot.
    #[derive(Debug, PartialEq, Eq)]
    struct Call {
        address caller;
        uint64 origin;
        bytes32 salt;
        bytes32 role;
        string method;
        string url;
        bytes32 headersHash;
        bytes32 bodyHash;
        bytes32 recipient;
        bytes32 evidenceHash;
        uint64 issuedAt;
        uint64 expiresAt;
        bytes32 nonce;
        uint64 minFinalizedSlot;
        bytes32 enclave;
        bytes32 enc;
    }
}

const CALLER: &str = "pst-vault-caller";
const STORE: &str = "pst-vault-store";
const ROLE: &str = "pst-vault-role";
const RECIPIENT: &str = "pst-vault-recipient";
const EVIDENCE: &str = "pst-vault-evidence";
const ISSUED_AT: &str = "pst-vault-issued-at";
const EXPIRES_AT: &str = "pst-vault-expires-at";
const NONCE: &str = "pst-vault-nonce";
const MIN_FINALIZED_SLOT: &str = "pst-vault-min-finalized-slot";
pub(crate) const SIGNATURE: &str = "pst-vault-signature";
pub(crate) const CONTRACT_SIGNATURE: &str = "pst-vault-contract-signature";
pub(crate) const AGENT: &str = "pst-vault-agent";
pub(crate) const AGENT_SIGNATURE: &str = "pst-vault-agent-signature";
pub(crate) const DELEGATION: &str = "pst-vault-delegation";
const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

/// The domain of everything that callers, owners and checkpoint signers sign.
#[must_use]
pub const fn domain(chain_id: u64, registry: Address, vault_id: B256) -> Eip712Domain {
    eip712_domain! {
        name: "PST Vault", version: "1", chain_id: chain_id, verifying_contract: registry, salt: vault_id,
    }
}

/// `typeHash` of [`Call`] (EIP-712 `encodeType`), which is the same for every call and takes three rounds of Keccak.
static TYPE_HASH: LazyLock<B256> = LazyLock::new(|| keccak256(Call::eip712_encode_type().as_bytes()));

/// The EIP-712 digest that the caller signs.
#[must_use]
pub fn digest(call: &Call, domain: &Eip712Domain) -> B256 {
    let message = keccak256([TYPE_HASH.as_slice(), &call.eip712_encode_data()].concat());
    keccak256([b"\x19\x01".as_slice(), domain.separator().as_slice(), message.as_slice()].concat())
}

/// A header of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `pst-vault-caller`.
    Caller,
    /// `pst-vault-store`.
    Store,
    /// `pst-vault-role`.
    Role,
    /// `pst-vault-recipient`.
    Recipient,
    /// `pst-vault-evidence`.
    Evidence,
    /// `pst-vault-issued-at`.
    IssuedAt,
    /// `pst-vault-expires-at`.
    ExpiresAt,
    /// `pst-vault-nonce`.
    Nonce,
    /// `pst-vault-min-finalized-slot`.
    MinFinalizedSlot,
    /// `pst-vault-retries`.
    Retries,
    /// `pst-vault-signature`.
    Signature,
    /// `pst-vault-contract-signature`.
    ContractSignature,
    /// `pst-vault-agent`.
    Agent,
    /// `pst-vault-agent-signature`.
    AgentSignature,
    /// `pst-vault-delegation`.
    Delegation,
}

impl Field {
    /// Every header of ours that a request can carry.
    pub const ALL: [Self; 15] = [
        Self::Caller,
        Self::Store,
        Self::Role,
        Self::Recipient,
        Self::Evidence,
        Self::IssuedAt,
        Self::ExpiresAt,
        Self::Nonce,
        Self::MinFinalizedSlot,
        Self::Retries,
        Self::Signature,
        Self::ContractSignature,
        Self::Agent,
        Self::AgentSignature,
        Self::Delegation,
    ];

    /// The header's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => CALLER,
            Self::Store => STORE,
            Self::Role => ROLE,
            Self::Recipient => RECIPIENT,
            Self::Evidence => EVIDENCE,
            Self::IssuedAt => ISSUED_AT,
            Self::ExpiresAt => EXPIRES_AT,
            Self::Nonce => NONCE,
            Self::MinFinalizedSlot => MIN_FINALIZED_SLOT,
            Self::Retries => RETRIES,
            Self::Signature => SIGNATURE,
            Self::ContractSignature => CONTRACT_SIGNATURE,
            Self::Agent => AGENT,
            Self::AgentSignature => AGENT_SIGNATURE,
            Self::Delegation => DELEGATION,
        }
    }
}

/// Why an inner request is not a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Not one of DELETE, GET, HEAD, PATCH, POST, PUT.
    #[error("method is not one that can be signed")]
    Method,
    /// The URL is not in its one form.
    #[error("url: {0}")]
    Url(#[from] UrlError),
    /// The headers are not in their one form.
    #[error("headers: {0}")]
    Headers(#[from] HeaderError),
    /// A header of ours that this version does not know.
    #[error("unknown pst-vault header")]
    UnknownField,
    /// A header of ours is missing.
    #[error("missing header {}", .0.name())]
    Missing(Field),
    /// A header of ours is not in its one form.
    #[error("malformed header {}", .0.name())]
    Malformed(Field),
}

/// A call as it came in. Nobody has checked who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedCall {
    /// What must have been signed.
    pub call: Call,
    /// What `evidenceHash` is the hash of.
    pub evidence: Vec<u8>,
    /// The caller's, as it came: of the call, or of the agent's delegation.
    pub signature: CallerSignature,
    /// Who signs in the caller's name, if not the caller itself.
    pub agent: Option<Agent>,
}

/// What a caller says beside the request itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFields {
    /// Who signs.
    pub caller: Address,
    /// Portfolio that made the store.
    pub origin: u64,
    /// The store's salt; zero = the whole portfolio.
    pub salt: B256,
    /// Role claimed; zero = none.
    pub role: B256,
    /// keccak256 of the HPKE key that the answer is sealed to; zero = this request's own.
    pub recipient: B256,
    /// For the policy, at most [`limits::EVIDENCE`] bytes.
    pub evidence: Vec<u8>,
    /// Unix seconds.
    pub issued_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
    /// Random: a caller uses one once.
    pub nonce: B256,
    /// The decision may not rest on a finalized head older than this slot.
    pub min_finalized_slot: u64,
}

impl CallFields {
    /// Writes these fields into the request's headers, in place of any that are there, and sorts all headers. A signature that is there is removed;
    /// `pst-vault-retries` is the request's own and stays.
    pub fn write(&self, request: &mut Request) {
        let Self { caller, origin, salt, role, recipient, evidence, issued_at, expires_at, nonce, min_finalized_slot } = self;
        request.headers.retain(|(name, _)| !name.starts_with(VAULT_PREFIX) || name == RETRIES);
        let mut put = |field: Field, value: String| {
            request.headers.push((field.name().to_owned(), value.into_bytes()));
        };
        put(Field::Caller, prefixed(caller.as_slice()));
        put(Field::Store, format!("{origin}:{}", prefixed(salt.as_slice())));
        if !role.is_zero() {
            put(Field::Role, prefixed(role.as_slice()));
        }
        if !recipient.is_zero() {
            put(Field::Recipient, prefixed(recipient.as_slice()));
        }
        if !evidence.is_empty() {
            put(Field::Evidence, STANDARD.encode(evidence));
        }
        put(Field::IssuedAt, issued_at.to_string());
        put(Field::ExpiresAt, expires_at.to_string());
        put(Field::Nonce, prefixed(nonce.as_slice()));
        if *min_finalized_slot != 0 {
            put(Field::MinFinalizedSlot, min_finalized_slot.to_string());
        }
        request.headers.sort_by(|(a, _), (b, _)| a.cmp(b));
    }

    fn read(request: &Request) -> Result<Self, CallError> {
        let known = |name: &str| Field::ALL.iter().any(|field| field.name() == name);
        if request.headers.iter().any(|(name, _)| name.starts_with(VAULT_PREFIX) && !known(name)) {
            return Err(CallError::UnknownField);
        }
        let store = required(request, Field::Store)?;
        let malformed = CallError::Malformed(Field::Store);
        let (origin, salt) = store.split_once(':').ok_or(malformed)?;
        Ok(Self {
            caller: fixed::<20>(required(request, Field::Caller)?, Field::Caller)?.into(),
            origin: decimal(origin).ok_or(malformed)?,
            salt: fixed::<32>(salt, Field::Store)?.into(),
            role: word(request, Field::Role)?,
            recipient: word(request, Field::Recipient)?,
            evidence: evidence(request)?,
            issued_at: number(request, Field::IssuedAt)?,
            expires_at: number(request, Field::ExpiresAt)?,
            nonce: fixed::<32>(required(request, Field::Nonce)?, Field::Nonce)?.into(),
            min_finalized_slot: match optional(request, Field::MinFinalizedSlot)? {
                None => 0,
                Some(text) => decimal(text).filter(|slot| *slot != 0).ok_or(CallError::Malformed(Field::MinFinalizedSlot))?,
            },
        })
    }
}

/// The call that a client is about to sign. The request has no signature yet, or an old one that does not count.
///
/// # Errors
/// [`CallError`] names the rule that the enclave would refuse it for.
pub fn unsigned(request: &Request, enc: &[u8; 65], key_config_digest: [u8; 32]) -> Result<Call, CallError> {
    build(request, enc, key_config_digest).map(|(call, _)| call)
}

/// The call in an inner request: its headers parsed, URL and headers in their one form, every field filled.
///
/// # Errors
/// [`CallError`] names the rule.
pub fn read(request: &Request, enc: &[u8; 65], key_config_digest: [u8; 32]) -> Result<UnverifiedCall, CallError> {
    let (call, evidence) = build(request, enc, key_config_digest)?;
    Ok(UnverifiedCall { call, evidence, signature: signatures::caller(request)?, agent: signatures::agent(request)? })
}

/// Puts the signature of the caller's key into the request, in its place.
pub fn set_signature(request: &mut Request, signature: &[u8; 65]) {
    signatures::set(request, &CallerSignature::Key((*signature).into()), None);
}

fn build(request: &Request, enc: &[u8; 65], enclave: [u8; 32]) -> Result<(Call, Vec<u8>), CallError> {
    if !METHODS.contains(&request.method.as_str()) {
        return Err(CallError::Method);
    }
    let url = check_url(request)?;
    let headers_hash = canonical::headers(request)?;
    retries(request)?;
    let CallFields { caller, origin, salt, role, recipient, evidence, issued_at, expires_at, nonce, min_finalized_slot } =
        CallFields::read(request)?;
    let call = Call {
        caller,
        origin,
        salt,
        role,
        method: request.method.clone(),
        url,
        headersHash: headers_hash,
        bodyHash: keccak256(&request.body),
        recipient,
        evidenceHash: keccak256(&evidence),
        issuedAt: issued_at,
        expiresAt: expires_at,
        nonce,
        minFinalizedSlot: min_finalized_slot,
        enclave: enclave.into(),
        enc: keccak256(enc),
    };
    Ok((call, evidence))
}

pub(crate) fn prefixed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

pub(crate) fn optional(request: &Request, field: Field) -> Result<Option<&str>, CallError> {
    let Some(value) = request.header(field.name()) else { return Ok(None) };
    core::str::from_utf8(value).map(Some).map_err(|_| CallError::Malformed(field))
}

pub(crate) fn required(request: &Request, field: Field) -> Result<&str, CallError> {
    optional(request, field)?.ok_or(CallError::Missing(field))
}

/// `0x` and lower-case hex of exactly `N` bytes.
pub(crate) fn fixed<const N: usize>(text: &str, field: Field) -> Result<[u8; N], CallError> {
    let malformed = CallError::Malformed(field);
    let digits = text.strip_prefix("0x").ok_or(malformed)?;
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(malformed);
    }
    let mut out = [0; N];
    hex::decode_to_slice(digits, &mut out).map_err(|_| malformed)?;
    Ok(out)
}

/// A word whose default, zero, is absent.
fn word(request: &Request, field: Field) -> Result<B256, CallError> {
    let Some(text) = optional(request, field)? else { return Ok(B256::ZERO) };
    let word = B256::from(fixed::<32>(text, field)?);
    if word.is_zero() { Err(CallError::Malformed(field)) } else { Ok(word) }
}

fn evidence(request: &Request) -> Result<Vec<u8>, CallError> {
    let Some(text) = optional(request, Field::Evidence)? else { return Ok(Vec::new()) };
    let malformed = CallError::Malformed(Field::Evidence);
    let evidence = STANDARD.decode(text).map_err(|_| malformed)?;
    if evidence.is_empty() || evidence.len() > limits::EVIDENCE { Err(malformed) } else { Ok(evidence) }
}

fn number(request: &Request, field: Field) -> Result<u64, CallError> {
    decimal(required(request, field)?).ok_or(CallError::Malformed(field))
}

/// A decimal number in its only form.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
