//! Where the fields of an object lie in SSZ (consensus-specs `*/light-client/sync-protocol.md`).

use crate::preset::Preset;
use crate::{Kind, MAX_SSZ};

/// Bytes of a `BeaconBlockHeader`.
pub(crate) const BEACON: usize = 112;
/// Nodes of the branch to the execution payload, before Gloas.
pub(crate) const PAYLOAD_BRANCH: usize = 4;
/// Nodes of the branch to the bid's parent block hash.
pub(crate) const BID_BRANCH: usize = 11;
const OFFSET: usize = 4;
const SIGNATURE: usize = 96;
const SLOT: usize = 8;

/// What differs from fork to fork.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Bytes of a `LightClientHeader` if they are always the same; otherwise it stands behind an offset.
    pub(crate) header: Option<usize>,
    /// Nodes of the branch to a sync committee.
    pub(crate) committee_branch: usize,
    /// Nodes of the branch to the finalized root.
    pub(crate) finality_branch: usize,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The first `LightClientHeader`.
    Header,
    /// A `SyncCommittee`.
    Committee,
    /// Its branch.
    CommitteeBranch,
    /// The second `LightClientHeader`.
    Finalized,
    /// Its branch.
    FinalityBranch,
    /// `sync_committee_bits`.
    Bits,
    /// `sync_committee_signature`.
    Signature,
    /// `signature_slot`.
    SignatureSlot,
}

impl Shape {
    pub(crate) const ALTAIR: Self = Self { header: Some(BEACON), committee_branch: 5, finality_branch: 6 };
    pub(crate) const CAPELLA: Self = Self { header: None, committee_branch: 5, finality_branch: 6 };
    pub(crate) const ELECTRA: Self = Self { header: None, committee_branch: 6, finality_branch: 7 };
    pub(crate) const GLOAS: Self = Self { header: Some(BEACON + 32 + BID_BRANCH * 32), committee_branch: 11, finality_branch: 9 };
    const ALL: [Self; 4] = [Self::ALTAIR, Self::CAPELLA, Self::ELECTRA, Self::GLOAS];

    const fn width(self, field: Field, preset: Preset) -> usize {
        match field {
            Field::Header | Field::Finalized => match self.header {
                Some(bytes) => bytes,
                None => OFFSET,
            },
            Field::Committee => preset.committee(),
            Field::CommitteeBranch => self.committee_branch * 32,
            Field::FinalityBranch => self.finality_branch * 32,
            Field::Bits => preset.bits(),
            Field::Signature => SIGNATURE,
            Field::SignatureSlot => SLOT,
        }
    }

    /// Bytes before the first variable part; all of them if no part is variable.
    fn fixed(self, kind: Kind, preset: Preset) -> usize {
        kind.fields().iter().map(|field| self.width(*field, preset)).sum()
    }

    /// The bytes of a field's fixed part.
    pub(crate) fn part(self, kind: Kind, preset: Preset, field: Field, ssz: &[u8]) -> Option<&[u8]> {
        let before = kind.fields().iter().take_while(|other| **other != field);
        let start: usize = before.map(|other| self.width(*other, preset)).sum();
        kind.fields().contains(&field).then_some(())?;
        ssz.get(start..start + self.width(field, preset))
    }

    /// The one shape and preset that bytes can have: by their number, or by their first offset.
    pub(crate) fn of(kind: Kind, ssz: &[u8]) -> Option<(Self, Preset)> {
        if ssz.len() > MAX_SSZ {
            return None;
        }
        let first = u32::from_le_bytes(*ssz.first_chunk()?);
        let every = || Self::ALL.into_iter().flat_map(|shape| Preset::ALL.map(|preset| (shape, preset)));
        let inline = every().find(|(shape, preset)| shape.header.is_some() && shape.fixed(kind, *preset) == ssz.len());
        inline.or_else(|| {
            every().find(|(shape, preset)| {
                let fixed = shape.fixed(kind, *preset);
                shape.header.is_none() && usize::try_from(first) == Ok(fixed) && ssz.len() >= fixed + BEACON
            })
        })
    }
}

impl Kind {
    /// Its fields, in order.
    pub(crate) const fn fields(self) -> &'static [Field] {
        use Field::{Bits, Committee, CommitteeBranch, FinalityBranch, Finalized, Header, Signature, SignatureSlot};
        match self {
            Self::Bootstrap => &[Header, Committee, CommitteeBranch],
            Self::Update => &[Header, Committee, CommitteeBranch, Finalized, FinalityBranch, Bits, Signature, SignatureSlot],
            Self::FinalityUpdate => &[Header, Finalized, FinalityBranch, Bits, Signature, SignatureSlot],
            Self::OptimisticUpdate => &[Header, Bits, Signature, SignatureSlot],
        }
    }
}
