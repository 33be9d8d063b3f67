//! What the vault key and the writer key sign for `VaultRegistry`.
//!
//! Each digest is the EIP-712 signing hash of one struct in the domain {"PST Vault Registry", "1", chain id, registry}, exactly as
//! the contract computes it. The P-256 signature is over the 32-byte digest itself (it is not hashed again), r || s, low s.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain, sol};
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};

sol! {
    /// The vault key's consent to a new vault.
    #[derive(Debug, PartialEq, Eq)]
    struct CreateVault {
        bytes32 vault;
        bytes32 constitution;
        bytes32 rootCommitment;
    }

    /// The vault key hands the ledger to a writer key, from the state (size, root) on.
    #[derive(Debug, PartialEq, Eq)]
    struct ClaimWriter {
        bytes32 vault;
        uint64 epoch;
        bytes32 x;
        bytes32 y;
        uint64 size;
        bytes32 root;
    }

    /// The writer key states the ledger's size and root.
    #[derive(Debug, PartialEq, Eq)]
    struct Anchor {
        bytes32 vault;
        uint64 epoch;
        uint64 size;
        bytes32 root;
    }
}

/// {"PST Vault Registry", "1", chain id, registry}.
#[must_use]
pub const fn domain(chain_id: u64, registry: Address) -> Eip712Domain {
    eip712_domain! {
        name: "PST Vault Registry", version: "1", chain_id: chain_id, verifying_contract: registry,
    }
}

/// What the vault key signs for `createVault`.
#[must_use]
pub fn create_vault_digest(chain_id: u64, registry: Address, vault: B256, constitution: B256, root_commitment: B256) -> B256 {
    CreateVault { vault, constitution, rootCommitment: root_commitment }.eip712_signing_hash(&domain(chain_id, registry))
}

/// What the vault key signs for `claimWriter`: `epoch` is the chain's plus one, `writer` is x || y.
#[must_use]
pub fn claim_writer_digest(
    chain_id: u64,
    registry: Address,
    vault: B256,
    epoch: u64,
    writer: &[u8; 64],
    size: u64,
    root: B256,
) -> B256 {
    let (x, y) = writer.split_at(32);
    ClaimWriter { vault, epoch, x: B256::from_slice(x), y: B256::from_slice(y), size, root }
        .eip712_signing_hash(&domain(chain_id, registry))
}

/// What the writer key signs for `advance`.
#[must_use]
pub fn anchor_digest(chain_id: u64, registry: Address, vault: B256, epoch: u64, size: u64, root: B256) -> B256 {
    Anchor { vault, epoch, size, root }.eip712_signing_hash(&domain(chain_id, registry))
}

/// Why a P-256 signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not a point on the curve.
    #[error("public key is not on the curve")]
    Key,
    /// r or s is zero or not below the group order.
    #[error("r or s is out of range")]
    Range,
    /// The other of the two signatures that the curve allows.
    #[error("s is high")]
    HighS,
    /// Another key's, or over another digest.
    #[error("signature does not verify")]
    Mismatch,
}

/// x || y of a key, as the chain wants it.
#[must_use]
pub fn public_key(key: &SigningKey) -> [u8; 64] {
    let mut xy = [0; 64];
    let point = key.verifying_key().to_sec1_point(false);
    if let Some(coordinates) = point.as_bytes().get(1..).filter(|coordinates| coordinates.len() == xy.len()) {
        xy.copy_from_slice(coordinates);
    }
    xy
}

/// Reads x || y.
pub(crate) fn verifying_key(xy: &[u8; 64]) -> Option<VerifyingKey> {
    VerifyingKey::from_sec1_bytes(&[[4_u8].as_slice(), xy].concat()).ok()
}

/// Signs a digest (RFC 6979, so the same digest gives the same signature): r || s, low s.
///
/// # Errors
/// Never for a 32-byte digest: the library's signature says it may.
pub fn sign(key: &SigningKey, digest: &B256) -> Result<[u8; 64], SignatureError> {
    let signature: Signature = key.sign_prehash(digest.as_slice()).map_err(|_| SignatureError::Mismatch)?;
    Ok(signature.normalize_s().to_bytes().into())
}

/// Checks a signature as the contract does.
///
/// # Errors
/// [`SignatureError`] names the rule.
pub fn verify(key: &[u8; 64], digest: &B256, signature: &[u8; 64]) -> Result<(), SignatureError> {
    let key = verifying_key(key).ok_or(SignatureError::Key)?;
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError::Range)?;
    if signature.normalize_s() != signature {
        return Err(SignatureError::HighS);
    }
    key.verify_prehash(digest.as_slice(), &signature).map_err(|_| SignatureError::Mismatch)
}
