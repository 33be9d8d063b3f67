//! How the root key R leaves and enters an enclave: sealed to custody members at genesis, sealed back by them at every boot.
//!
//! ```text
//! root commitment  HKDF-SHA256(ikm = R, salt = vault id, info = "pst-vault/root-commitment/v1"), 32 bytes
//! genesis share    HPKE base mode to the member's key; aad = threshold (1)
//!                  info = "pst-vault/genesis-share/v1" || vault id (32) || epoch (8, big-endian) || index (1)
//!                  CBOR [version, index, epoch, threshold, enc, ciphertext]
//! share            HPKE auth mode, the member's key to the boot's setup key; empty aad
//!                  info = "pst-vault/share/v1" || vault id (32) || settings digest (32) || image id (32) || epoch (8) || index (1) || boot id (16)
//!                  CBOR [version, index, epoch, enc, ciphertext]
//! ```
//! Suite: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. `info` parts have fixed lengths, so no two contexts share one. With
//! one member of one, the share is R.
//!
//! Out of scope: comparing R with its commitment on chain, which `vault` does after every unlock.

use core::fmt;

use alloy_primitives::B256;
use hkdf::Hkdf;
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender_with_rng};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cbor;
use crate::suite::{self, Aead, Kdf, Kem, POINT, PrivateKey};

/// The version of sealed shares, share messages and genesis outputs.
pub const VERSION: u16 = 1;
const COMMITMENT: &[u8] = b"pst-vault/root-commitment/v1";
const GENESIS_SHARE: &[u8] = b"pst-vault/genesis-share/v1";
const SHARE: &[u8] = b"pst-vault/share/v1";

/// What stands on chain for a root key.
#[must_use]
pub fn root_commitment(root: &[u8; 32], vault_id: &B256) -> [u8; 32] {
    let mut commitment = [0; 32];
    // 32 bytes are within what HKDF-SHA256 can give, so the result is always filled.
    let _ = Hkdf::<Sha256>::new(Some(vault_id.as_slice()), root).expand(COMMITMENT, &mut commitment);
    commitment
}

/// Why a share is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// A version this code does not read.
    #[error("share has an unknown version")]
    Version,
    /// Of another custody epoch.
    #[error("share is of another custody epoch")]
    Epoch,
    /// Of another member.
    #[error("share is of another index")]
    Index,
    /// A member's, setup or encapsulated key is not a key.
    #[error("key is not a valid P-256 key")]
    Key,
    /// Sealed by another member, or for another vault, image, settings, boot or key; or damaged.
    #[error("share does not open")]
    Open,
    /// What it holds is not 32 bytes.
    #[error("share has the wrong length")]
    Length,
    /// The library refused to seal.
    #[error("share can't be sealed")]
    Seal,
}

/// A share as genesis hands it to a member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SealedShare {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The member's place in the constitution, from 0.
    #[n(1)]
    pub index: u8,
    /// Custody epoch.
    #[n(2)]
    pub epoch: u64,
    /// Shares needed.
    #[n(3)]
    pub threshold: u8,
    /// Encapsulated key.
    #[n(4)]
    pub enc: ByteVec,
    /// Ciphertext.
    #[n(5)]
    pub ciphertext: ByteVec,
}

/// What genesis returns. The document's `user_data` names [`shares_digest`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GenesisOutput {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The attestation document.
    #[n(1)]
    pub document: ByteVec,
    /// One for each member, in order.
    #[n(2)]
    pub shares: Vec<SealedShare>,
}

/// SHA-256 over the canonical CBOR of the shares, in order.
#[must_use]
pub fn shares_digest(shares: &[SealedShare]) -> [u8; 32] {
    shares.iter().fold(Sha256::new(), |hash, share| hash.chain_update(cbor::encode(share))).finalize().into()
}

/// A member's share on its way into an enclave.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ShareMessage {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The member's place in the constitution, from 0.
    #[n(1)]
    pub index: u8,
    /// Custody epoch.
    #[n(2)]
    pub epoch: u64,
    /// Encapsulated key.
    #[n(3)]
    pub enc: ByteVec,
    /// Ciphertext.
    #[n(4)]
    pub ciphertext: ByteVec,
}

/// What a share is sealed for: one boot of one image with these settings, holding this vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareContext {
    /// Vault id.
    pub vault_id: B256,
    /// Digest of the settings.
    pub settings: B256,
    /// keccak256(PCR0 || PCR1 || PCR2).
    pub image: B256,
    /// Custody epoch.
    pub epoch: u64,
    /// The member's place in the constitution, from 0.
    pub index: u8,
    /// The boot's random id.
    pub boot_id: [u8; 16],
}

impl ShareContext {
    fn info(&self) -> Vec<u8> {
        let Self { vault_id, settings, image, epoch, index, boot_id } = self;
        [SHARE, vault_id.as_slice(), settings.as_slice(), image.as_slice(), &epoch.to_be_bytes(), &[*index], boot_id].concat()
    }
}

fn genesis_info(vault_id: &B256, epoch: u64, index: u8) -> Vec<u8> {
    [GENESIS_SHARE, vault_id.as_slice(), &epoch.to_be_bytes(), &[index]].concat()
}

/// A custody member's key. Its scalar is erased when dropped.
pub struct MemberKey(PrivateKey);

impl fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberKey(..)")
    }
}

impl MemberKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Kem::gen_keypair_with_rng(rng).0)
    }

    /// A key that was written down: a big-endian scalar, not zero, below the group order.
    ///
    /// # Errors
    /// It is not such a scalar.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, ShareError> {
        PrivateKey::from_bytes(secret).map(Self).map_err(|_| ShareError::Key)
    }

    /// The scalar, to write it down.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<[u8; 32]> {
        let mut secret = Zeroizing::new([0; 32]);
        self.0.write_exact(secret.as_mut_slice());
        secret
    }

    /// Uncompressed SEC1, as the constitution names it.
    #[must_use]
    pub fn public(&self) -> [u8; POINT] {
        suite::sec1(&Kem::sk_to_pk(&self.0))
    }
}

/// Seals a share to a member at genesis. `member` is uncompressed SEC1.
///
/// # Errors
/// `member` is not a key.
pub fn seal_to_member(
    member: &[u8],
    vault_id: &B256,
    epoch: u64,
    index: u8,
    threshold: u8,
    share: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> Result<SealedShare, ShareError> {
    let member = suite::public_key(member).ok_or(ShareError::Key)?;
    let info = genesis_info(vault_id, epoch, index);
    let (enc, mut context) =
        setup_sender_with_rng::<Aead, Kdf, Kem>(&OpModeS::Base, &member, &info, rng).map_err(|_| ShareError::Seal)?;
    let ciphertext = context.seal(share, &[threshold]).map_err(|_| ShareError::Seal)?;
    let enc = suite::sec1(&enc).to_vec();
    Ok(SealedShare { version: VERSION, index, epoch, threshold, enc: enc.into(), ciphertext: ciphertext.into() })
}

/// Opens a share that genesis sealed to this member.
///
/// # Errors
/// [`ShareError`] names the rule.
pub fn open_as_member(member: &MemberKey, sealed: &SealedShare, vault_id: &B256) -> Result<Zeroizing<[u8; 32]>, ShareError> {
    let SealedShare { version, index, epoch, threshold, enc, ciphertext } = sealed;
    if *version != VERSION {
        return Err(ShareError::Version);
    }
    let enc = suite::encapped_key(enc).ok_or(ShareError::Key)?;
    let info = genesis_info(vault_id, *epoch, *index);
    let mut context = setup_receiver::<Aead, Kdf, Kem>(&OpModeR::Base, &member.0, &enc, &info).map_err(|_| ShareError::Open)?;
    share_of(context.open(ciphertext, &[*threshold]))
}

/// Seals a member's share to a boot's setup key (uncompressed SEC1, from a verified attestation document).
///
/// # Errors
/// `setup_key` is not a key.
pub fn seal_share(
    setup_key: &[u8],
    member: &MemberKey,
    context: &ShareContext,
    share: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> Result<ShareMessage, ShareError> {
    let setup_key = suite::public_key(setup_key).ok_or(ShareError::Key)?;
    let mode = OpModeS::Auth((member.0.clone(), Kem::sk_to_pk(&member.0)));
    let (enc, mut sender) =
        setup_sender_with_rng::<Aead, Kdf, Kem>(&mode, &setup_key, &context.info(), rng).map_err(|_| ShareError::Seal)?;
    let ciphertext = sender.seal(share, b"").map_err(|_| ShareError::Seal)?;
    Ok(ShareMessage {
        version: VERSION,
        index: context.index,
        epoch: context.epoch,
        enc: suite::sec1(&enc).to_vec().into(),
        ciphertext: ciphertext.into(),
    })
}

/// The key of one boot that members seal their shares to. Its scalar is erased when dropped.
pub struct SetupKey(PrivateKey);

impl fmt::Debug for SetupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupKey(..)")
    }
}

impl SetupKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Kem::gen_keypair_with_rng(rng).0)
    }

    /// Uncompressed SEC1.
    #[must_use]
    pub fn public(&self) -> [u8; POINT] {
        suite::sec1(&Kem::sk_to_pk(&self.0))
    }

    /// Opens the share that the member with key `member` (uncompressed SEC1, from the constitution) sealed for this context.
    ///
    /// # Errors
    /// [`ShareError`] names the rule.
    pub fn open_share(
        &self,
        message: &ShareMessage,
        context: &ShareContext,
        member: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, ShareError> {
        let ShareMessage { version, index, epoch, enc, ciphertext } = message;
        if *version != VERSION {
            return Err(ShareError::Version);
        }
        if *epoch != context.epoch {
            return Err(ShareError::Epoch);
        }
        if *index != context.index {
            return Err(ShareError::Index);
        }
        let member = suite::public_key(member).ok_or(ShareError::Key)?;
        let enc = suite::encapped_key(enc).ok_or(ShareError::Key)?;
        let mut receiver = setup_receiver::<Aead, Kdf, Kem>(&OpModeR::Auth(member), &self.0, &enc, &context.info())
            .map_err(|_| ShareError::Open)?;
        share_of(receiver.open(ciphertext, b""))
    }
}

fn share_of(opened: Result<Vec<u8>, hpke::HpkeError>) -> Result<Zeroizing<[u8; 32]>, ShareError> {
    let opened = Zeroizing::new(opened.map_err(|_| ShareError::Open)?);
    let mut share = Zeroizing::new([0; 32]);
    if opened.len() != share.len() {
        return Err(ShareError::Length);
    }
    share.copy_from_slice(&opened);
    Ok(share)
}
