//! The light-client objects of Electra and Fulu (consensus-specs altair, electra `light-client/sync-protocol.md`).
use crate::committee::{CommitteeBytes, SyncAggregate};
use crate::header::Header;
use crate::merkle::Node;
use crate::ssz::{Reader, SszError, first_offset};
use crate::{Message, Preset, Slot};

/// `LightClientBootstrap`.
pub(crate) struct Bootstrap<'a> {
    pub(crate) header: Header,
    pub(crate) committee: CommitteeBytes<'a>,
    pub(crate) committee_branch: [Node; 6],
}

/// What `LightClientUpdate`, `LightClientFinalityUpdate` and `LightClientOptimisticUpdate` have in common, and what the
/// longer ones add.
pub(crate) struct SignedHeader<'a> {
    pub(crate) attested: Header,
    pub(crate) finality: Option<Finality>,
    pub(crate) next: Option<NextCommittee<'a>>,
    pub(crate) aggregate: SyncAggregate<'a>,
    pub(crate) signature_slot: Slot,
}

/// The header that the attested state calls finalized.
pub(crate) struct Finality {
    pub(crate) header: Header,
    pub(crate) branch: [Node; 7],
}

/// The next sync committee of the attested state.
pub(crate) struct NextCommittee<'a> {
    pub(crate) committee: CommitteeBytes<'a>,
    pub(crate) branch: [Node; 6],
}

/// `SyncCommittee`.
const fn committee<P: Preset>() -> usize {
    P::COMMITTEE_SIZE.saturating_add(1).saturating_mul(48)
}

/// `SyncAggregate` and `signature_slot`.
const fn signature<P: Preset>() -> usize {
    P::COMMITTEE_SIZE.div_ceil(8).saturating_add(96 + 8)
}

/// Slot of the first header of an object. It stands at the same place in every layout from Capella to Fulu, so a layout
/// that is not read here can be named before its bytes are called malformed.
pub(crate) fn leading_slot(bytes: &[u8]) -> Result<Slot, SszError> {
    let offset = Reader::new(bytes).offset()?;
    let (_, header) = bytes.split_at_checked(offset).ok_or(SszError::Offset)?;
    Reader::new(header).u64().map(Slot)
}

impl<'a> Bootstrap<'a> {
    pub(crate) fn read<P: Preset>(bytes: &'a [u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        first_offset(reader.offset()?, committee::<P>().saturating_add(4 + 6 * 32))?;
        let committee = CommitteeBytes::read::<P>(&mut reader)?;
        let committee_branch = reader.branch()?;
        let header = Header::read(reader.rest())?;
        Ok(Self { header, committee, committee_branch })
    }
}

impl<'a> SignedHeader<'a> {
    pub(crate) fn read<P: Preset>(message: Message<'a>) -> Result<Self, SszError> {
        match message {
            Message::Update(ssz) => Self::update::<P>(ssz),
            Message::Finality(ssz) => Self::finality::<P>(ssz),
            Message::Optimistic(ssz) => Self::optimistic::<P>(ssz),
        }
    }

    /// Reads a `LightClientUpdate`.
    fn update<P: Preset>(bytes: &'a [u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let first = reader.offset()?;
        first_offset(first, committee::<P>().saturating_add(signature::<P>()).saturating_add(2 * 4 + (6 + 7) * 32))?;
        let committee = CommitteeBytes::read::<P>(&mut reader)?;
        let committee_branch = reader.branch()?;
        let second = reader.offset()?;
        let finality_branch = reader.branch()?;
        let aggregate = SyncAggregate::read::<P>(&mut reader)?;
        let signature_slot = Slot(reader.u64()?);
        let (attested, finalized) = reader.split(first, second)?;
        Ok(Self {
            attested: Header::read(attested)?,
            finality: Some(Finality { header: Header::read(finalized)?, branch: finality_branch }),
            next: Some(NextCommittee { committee, branch: committee_branch }),
            aggregate,
            signature_slot,
        })
    }

    /// Reads a `LightClientFinalityUpdate`.
    fn finality<P: Preset>(bytes: &'a [u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let first = reader.offset()?;
        first_offset(first, signature::<P>().saturating_add(2 * 4 + 7 * 32))?;
        let second = reader.offset()?;
        let branch = reader.branch()?;
        let aggregate = SyncAggregate::read::<P>(&mut reader)?;
        let signature_slot = Slot(reader.u64()?);
        let (attested, finalized) = reader.split(first, second)?;
        Ok(Self {
            attested: Header::read(attested)?,
            finality: Some(Finality { header: Header::read(finalized)?, branch }),
            next: None,
            aggregate,
            signature_slot,
        })
    }

    /// Reads a `LightClientOptimisticUpdate`.
    fn optimistic<P: Preset>(bytes: &'a [u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        first_offset(reader.offset()?, signature::<P>().saturating_add(4))?;
        let aggregate = SyncAggregate::read::<P>(&mut reader)?;
        let signature_slot = Slot(reader.u64()?);
        let attested = Header::read(reader.rest())?;
        Ok(Self { attested, finality: None, next: None, aggregate, signature_slot })
    }
}
