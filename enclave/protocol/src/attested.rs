//! What the enclave puts in `user_data` of its attestation documents, and the checkpoint it starts from.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolStruct, eip712_domain, sol};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// The version of `user_data`.
pub const VERSION: u16 = 1;

/// `user_data` of a document, by phase. At most 512 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum UserData {
    /// Before the root key is there; the document's public key is the setup key (SEC1, 65 bytes).
    #[n(0)]
    Setup(#[n(0)] Setup),
    /// Root key made, not yet on chain; the document's public key is the setup key.
    #[n(1)]
    Genesis(#[n(0)] Genesis),
    /// Serving; the document's public key is the OHTTP key configuration.
    #[n(2)]
    Serving(#[n(0)] Serving),
}

/// [`UserData`] before the root key is there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Setup {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Vault id.
    #[n(1)]
    pub vault_id: ByteArray<32>,
    /// Digest of the settings.
    #[n(2)]
    pub settings: ByteArray<32>,
    /// The checkpoint that was accepted, if one was.
    #[n(3)]
    pub checkpoint: Option<Checkpoint>,
    /// Custody epoch: 1, until shares are dealt anew.
    #[n(4)]
    pub custody_epoch: u64,
    /// Random, per boot.
    #[n(5)]
    pub boot_id: ByteArray<16>,
}

/// [`UserData`] of the document that genesis returns.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Genesis {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Vault id.
    #[n(1)]
    pub vault_id: ByteArray<32>,
    /// What goes on chain; see [`crate::custody::root_commitment`].
    #[n(2)]
    pub root_commitment: ByteArray<32>,
    /// The vault key, x || y.
    #[n(3)]
    pub vault_key: ByteArray<64>,
    /// SHA-256 over the sealed shares, in order: the operators get what the enclave made.
    #[n(4)]
    pub shares: ByteArray<32>,
    /// The vault key's signature for `createVault`, r || s, low s.
    #[n(5)]
    pub create_signature: ByteArray<64>,
}

/// [`UserData`] while serving.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Serving {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Vault id.
    #[n(1)]
    pub vault_id: ByteArray<32>,
    /// The commitment that the chain holds and the root key was compared with.
    #[n(2)]
    pub root_commitment: ByteArray<32>,
    /// Random, per boot.
    #[n(3)]
    pub boot_id: ByteArray<16>,
    /// The per-boot key that signs checkpoints, x || y.
    #[n(4)]
    pub writer_key: ByteArray<64>,
    /// Ledger size.
    #[n(5)]
    pub ledger_size: u64,
    /// Ledger root.
    #[n(6)]
    pub ledger_root: ByteArray<32>,
    /// Finalized head.
    #[n(7)]
    pub finalized: Checkpoint,
    /// The checkpoint that this boot started from.
    #[n(8)]
    pub checkpoint: Checkpoint,
}

/// A beacon block: slot and root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Checkpoint {
    /// Slot.
    #[n(0)]
    pub slot: u64,
    /// Beacon block root.
    #[n(1)]
    pub root: ByteArray<32>,
}

/// A checkpoint with the signatures of the constitution's checkpoint signers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedCheckpoint {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The checkpoint.
    #[n(1)]
    pub checkpoint: Checkpoint,
    /// Signatures (65 bytes, r || s || v with v 27 or 28) over [`checkpoint_digest`], ascending by signer.
    #[n(2)]
    pub signatures: Vec<ByteVec>,
}

sol! {
    /// What a checkpoint signer signs.
    struct VaultCheckpoint {
        uint64 slot;
        bytes32 root;
    }
}

/// The EIP-712 digest that a checkpoint signer signs: `VaultCheckpoint{uint64 slot; bytes32 root}` in the domain
/// {"PST Vault", "1", chain id, store registry, salt = vault id}.
#[must_use]
pub fn checkpoint_digest(chain_id: u64, registry: Address, vault_id: B256, checkpoint: &Checkpoint) -> B256 {
    let domain = eip712_domain! {
        name: "PST Vault", version: "1", chain_id: chain_id, verifying_contract: registry, salt: vault_id,
    };
    VaultCheckpoint { slot: checkpoint.slot, root: B256::from(*checkpoint.root) }.eip712_signing_hash(&domain)
}

/// keccak256(PCR0 || PCR1 || PCR2): how an image is named on chain.
#[must_use]
pub fn image_id(pcr0: &[u8; 48], pcr1: &[u8; 48], pcr2: &[u8; 48]) -> B256 {
    keccak256([pcr0.as_slice(), pcr1, pcr2].concat())
}
