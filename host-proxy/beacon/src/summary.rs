//! What an object claims, read from its SSZ without knowing its fork.

use crate::Kind;
use crate::preset::Preset;
use crate::shape::{BEACON, Field, Shape};

/// Bytes that no fork and no preset gives an object of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no object of this kind has this shape")]
pub struct UnknownShape;

/// Claims of an object, for choosing what to hand on. None of them is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The preset whose sizes it has.
    pub preset: Preset,
    /// Slot of the attested header; of the bootstrap's header.
    pub slot: u64,
    /// Slot of the finalized header, if the object has one and proves it.
    pub finalized_slot: Option<u64>,
    /// Whether it brings the next committee.
    pub next_committee: bool,
    /// Bits that are set. 0 in a bootstrap.
    pub signers: usize,
    /// When it was signed. 0 in a bootstrap.
    pub signature_slot: u64,
}

impl Summary {
    /// Reads the claims of an object.
    ///
    /// # Errors
    /// [`UnknownShape`].
    pub fn of(kind: Kind, ssz: &[u8]) -> Result<Self, UnknownShape> {
        let (shape, preset) = Shape::of(kind, ssz).ok_or(UnknownShape)?;
        let part = |field| shape.part(kind, preset, field, ssz);
        let slot = |field| -> Option<u64> { beacon_slot(shape, part(field)?, ssz) };
        let proven = |field| part(field).is_some_and(|branch| branch.iter().any(|byte| *byte != 0));
        let finalized_slot = if proven(Field::FinalityBranch) { Some(slot(Field::Finalized).ok_or(UnknownShape)?) } else { None };
        Ok(Self {
            preset,
            slot: slot(Field::Header).ok_or(UnknownShape)?,
            finalized_slot,
            next_committee: kind == Kind::Update && proven(Field::CommitteeBranch),
            signers: part(Field::Bits).into_iter().flatten().map(|byte| byte.count_ones() as usize).sum(),
            signature_slot: part(Field::SignatureSlot).and_then(number).unwrap_or_default(),
        })
    }

    /// Whether at least two thirds of the committee are said to have signed.
    #[must_use]
    pub const fn supermajority(&self) -> bool {
        self.signers * 3 >= self.preset.members() * 2
    }
}

/// The slot of a `LightClientHeader`, whose fixed part this is.
fn beacon_slot(shape: Shape, part: &[u8], ssz: &[u8]) -> Option<u64> {
    let header = match shape.header {
        Some(_) => part,
        None => ssz.get(usize::try_from(u32::from_le_bytes(*part.first_chunk()?)).ok()?..)?,
    };
    number(header.get(..BEACON)?)
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}
