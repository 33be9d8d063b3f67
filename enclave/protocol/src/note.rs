//! Signed checkpoints of the ledger: C2SP tlog-checkpoint inside C2SP signed-note, signed by the boot's writer key.
//!
//! ```text
//! pst-vault/<vault id, 64 hex digits>
//! <size>
//! <base64 of the root>
//!
//! — pst-vault/<vault id> <base64 of key id (4) || signature>
//! ```
//! The signature is of type 0x02: ECDSA P-256, ASN.1 DER, over SHA-256 of the text up to and with the newline before the empty
//! line; key id = SHA-256(DER `SubjectPublicKeyInfo`)\[..4\]. It is deterministic (RFC 6979) and has a low s.

use alloy_primitives::B256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};

use crate::anchor;

/// A note is no longer than this: witnesses may have added their signatures.
pub const MAX: usize = 4 << 10;
const ORIGIN: &str = "pst-vault/";
/// DER of a P-256 `SubjectPublicKeyInfo` up to the point's coordinates.
const SPKI: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// A ledger's size and root, as a writer signed them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: [u8; 32],
}

/// What a note says about itself. Nothing of it has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnverifiedCheckpoint {
    /// The vault it names.
    pub vault_id: B256,
    /// The size and root it names.
    pub checkpoint: Checkpoint,
}

/// Why a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`MAX`].
    #[error("note is too long")]
    Size,
    /// Not a checkpoint in a signed note.
    #[error("note is not a signed checkpoint")]
    Syntax,
    /// Of another vault.
    #[error("note is of another log")]
    Origin,
    /// The writer key is not a point on the curve.
    #[error("writer key is not on the curve")]
    Key,
    /// No signature of this writer key, or more than one.
    #[error("note is not signed by this writer key")]
    Unsigned,
    /// Not a DER signature with r and s in range and s low.
    #[error("signature is malformed or has a high s")]
    Signature,
    /// The signature is of another text.
    #[error("signature does not verify")]
    Mismatch,
}

fn text(vault_id: &B256, size: u64, root: &[u8; 32]) -> String {
    format!("{ORIGIN}{}\n{size}\n{}\n", hex::encode(vault_id), STANDARD.encode(root))
}

/// First four bytes of SHA-256 of the key's DER `SubjectPublicKeyInfo`.
#[must_use]
pub fn key_id(writer_key: &[u8; 64]) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::new().chain_update(SPKI).chain_update(writer_key).finalize().into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

/// The signed note of a checkpoint.
#[must_use]
pub fn sign(vault_id: &B256, size: u64, root: &[u8; 32], key: &SigningKey) -> String {
    let text = text(vault_id, size, root);
    let signature: Signature = key.sign(text.as_bytes());
    let mut signed = key_id(&anchor::public_key(key)).to_vec();
    signed.extend_from_slice(signature.normalize_s().to_der().as_bytes());
    format!("{text}\n— {ORIGIN}{} {}\n", hex::encode(vault_id), STANDARD.encode(signed))
}

/// The checkpoint of `vault_id` that `writer_key` (x || y) signed.
///
/// Signatures of others, which witnesses may have added, must be well-formed and are otherwise passed over.
///
/// # Errors
/// [`NoteError`] names the rule.
pub fn verify(note: &str, vault_id: &B256, writer_key: &[u8; 64]) -> Result<Checkpoint, NoteError> {
    let Parsed { text, unverified, signatures } = parse(note)?;
    if unverified.vault_id != *vault_id {
        return Err(NoteError::Origin);
    }
    let key = anchor::verifying_key(writer_key).ok_or(NoteError::Key)?;
    let name = format!("{ORIGIN}{}", hex::encode(vault_id));
    let id = key_id(writer_key);
    let mut ours = signatures.iter().filter(|line| line.name == name && line.id == id);
    let (Some(line), None) = (ours.next(), ours.next()) else { return Err(NoteError::Unsigned) };
    let signature = Signature::from_der(&line.signature).map_err(|_| NoteError::Signature)?;
    if signature.normalize_s() != signature {
        return Err(NoteError::Signature);
    }
    key.verify(text.as_bytes(), &signature).map_err(|_| NoteError::Mismatch)?;
    Ok(unverified.checkpoint)
}

/// What a note says, without any check of who signed it.
///
/// # Errors
/// It is too long or not a checkpoint of a vault.
pub fn parse_unverified(note: &str) -> Result<UnverifiedCheckpoint, NoteError> {
    Ok(parse(note)?.unverified)
}

struct Parsed<'a> {
    text: &'a str,
    unverified: UnverifiedCheckpoint,
    signatures: Vec<Line<'a>>,
}

struct Line<'a> {
    name: &'a str,
    id: [u8; 4],
    signature: Vec<u8>,
}

fn parse(note: &str) -> Result<Parsed<'_>, NoteError> {
    if note.len() > MAX {
        return Err(NoteError::Size);
    }
    let (body, signatures) = note.split_once("\n\n").ok_or(NoteError::Syntax)?;
    let text = note.get(..body.len().saturating_add(1)).ok_or(NoteError::Syntax)?;
    let mut lines = body.split('\n');
    let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
        return Err(NoteError::Syntax);
    };
    let vault_id = origin.strip_prefix(ORIGIN).and_then(lower_hex).ok_or(NoteError::Syntax)?;
    let size = decimal(size).ok_or(NoteError::Syntax)?;
    let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(NoteError::Syntax)?;
    let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Syntax)?;
    let signatures = signatures.split('\n').map(line).collect::<Option<Vec<_>>>().ok_or(NoteError::Syntax)?;
    let unverified = UnverifiedCheckpoint { vault_id, checkpoint: Checkpoint { size, root } };
    Ok(Parsed { text, unverified, signatures })
}

fn line(line: &str) -> Option<Line<'_>> {
    let (name, signed) = line.strip_prefix("— ")?.split_once(' ')?;
    let signed = STANDARD.decode(signed).ok()?;
    let (id, signature) = signed.split_first_chunk::<4>()?;
    let plain = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
    (plain && !signature.is_empty()).then(|| Line { name, id: *id, signature: signature.to_vec() })
}

fn lower_hex(text: &str) -> Option<B256> {
    let plain = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if plain { hex::decode(text).ok().map(|bytes| B256::from_slice(&bytes)) } else { None }
}

/// A decimal number in its only form.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}
