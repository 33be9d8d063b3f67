//! The light-client objects of every fork (consensus-specs altair, capella, electra, gloas `light-client/sync-protocol.md`).
use crate::committee::{self, CommitteeBytes, SyncAggregate};
use crate::header::{Header, is_zero};
use crate::layout::HeaderLayout;
use crate::merkle::Node;
use crate::ssz::{Reader, SszError};
use crate::{Layout, Message, Preset, Slot};

/// `LightClientBootstrap`.
pub(crate) struct Bootstrap<'a> {
    pub(crate) header: Header<'a>,
    pub(crate) committee: CommitteeBytes<'a>,
    pub(crate) committee_branch: &'a [Node],
}

/// What `LightClientUpdate`, `LightClientFinalityUpdate` and `LightClientOptimisticUpdate` have in common, and what the
/// longer ones add.
pub(crate) struct SignedHeader<'a> {
    pub(crate) attested: Header<'a>,
    pub(crate) finality: Option<Finality<'a>>,
    pub(crate) next: Option<NextCommittee<'a>>,
    pub(crate) aggregate: SyncAggregate<'a>,
    pub(crate) signature_slot: Slot,
}

/// The header that the attested state calls finalized.
pub(crate) struct Finality<'a> {
    pub(crate) header: Header<'a>,
    /// Whether the header is the default value.
    pub(crate) absent: bool,
    pub(crate) branch: &'a [Node],
}

impl Finality<'_> {
    /// Whether the update says nothing of finality: consensus-specs, not `is_finality_update`.
    pub(crate) fn is_none(&self) -> bool {
        self.absent && is_zero(self.branch.as_flattened())
    }
}

/// The next sync committee of the attested state.
pub(crate) struct NextCommittee<'a> {
    pub(crate) committee: CommitteeBytes<'a>,
    pub(crate) branch: &'a [Node],
}

impl NextCommittee<'_> {
    /// Whether the update brings no committee: consensus-specs, not `is_sync_committee_update`.
    pub(crate) fn is_none(&self) -> bool {
        is_zero(self.branch.as_flattened()) && self.committee.is_zero()
    }
}

/// Which object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bootstrap,
    Update,
    Finality,
    Optimistic,
}

impl Kind {
    /// Bytes of an object whose headers have `header` bytes each.
    const fn size<P: Preset>(self, header: usize, layout: Layout) -> usize {
        let committee = committee::size::<P>().saturating_add(layout.next_committee().depth.saturating_mul(32));
        let finality = header.saturating_add(layout.finalized_root().depth.saturating_mul(32));
        let signature = P::COMMITTEE_SIZE.div_ceil(8).saturating_add(96 + 8);
        header.saturating_add(match self {
            Self::Bootstrap => committee,
            Self::Update => committee.saturating_add(finality).saturating_add(signature),
            Self::Finality => finality.saturating_add(signature),
            Self::Optimistic => signature,
        })
    }

    /// The slot that chooses the layout: that of the first header. A layout whose headers have a fixed size has it in front, and objects
    /// of one length; every other begins with the header's offset. Both are looked at, and the layout of the slot that is found is
    /// then read strictly.
    pub(crate) fn slot<P: Preset>(self, bytes: &[u8]) -> Result<Slot, SszError> {
        let fixed = [Layout::Altair, Layout::Gloas]
            .into_iter()
            .any(|layout| layout.header().size().is_some_and(|header| self.size::<P>(header, layout) == bytes.len()));
        let header = if fixed {
            bytes
        } else {
            let offset = Reader::new(bytes).offset()?;
            bytes.split_at_checked(offset).ok_or(SszError::Offset)?.1
        };
        Reader::new(header).u64().map(Slot)
    }
}

impl<'a> Message<'a> {
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Update(_) => Kind::Update,
            Self::Finality(_) => Kind::Finality,
            Self::Optimistic(_) => Kind::Optimistic,
        }
    }

    pub(crate) const fn ssz(self) -> &'a [u8] {
        let (Self::Update(ssz) | Self::Finality(ssz) | Self::Optimistic(ssz)) = self;
        ssz
    }
}

/// Where a header stands: in its place, or behind the fixed part.
enum Part<'a> {
    Here(&'a [u8]),
    At(usize),
}

impl<'a> Part<'a> {
    fn read(reader: &mut Reader<'a>, layout: HeaderLayout) -> Result<Self, SszError> {
        match layout.size() {
            Some(size) => reader.slice(size).map(Self::Here),
            None => reader.offset().map(Self::At),
        }
    }

    /// The only header of an object, of which `reader` has read the fixed part.
    fn one(self, reader: Reader<'a>) -> Result<&'a [u8], SszError> {
        match self {
            Self::Here(bytes) => reader.finish().map(|()| bytes),
            Self::At(offset) => reader.variable(offset),
        }
    }

    /// Both headers of an object, of which `reader` has read the fixed part.
    fn two(first: Self, second: Self, reader: Reader<'a>) -> Result<(&'a [u8], &'a [u8]), SszError> {
        match (first, second) {
            (Self::Here(first), Self::Here(second)) => reader.finish().map(|()| (first, second)),
            (Self::At(first), Self::At(second)) => reader.two_variables(first, second),
            (Self::Here(_), Self::At(_)) | (Self::At(_), Self::Here(_)) => Err(SszError::Offset),
        }
    }
}

impl<'a> Bootstrap<'a> {
    pub(crate) fn read<P: Preset>(bytes: &'a [u8], layout: Layout) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let header = Part::read(&mut reader, layout.header())?;
        let committee = CommitteeBytes::read::<P>(&mut reader)?;
        let committee_branch = reader.array(layout.current_committee().depth)?;
        let header = Header::read(header.one(reader)?, layout.header())?;
        Ok(Self { header, committee, committee_branch })
    }
}

impl<'a> SignedHeader<'a> {
    pub(crate) fn read<P: Preset>(message: Message<'a>, layout: Layout) -> Result<Self, SszError> {
        let mut reader = Reader::new(message.ssz());
        let attested = Part::read(&mut reader, layout.header())?;
        let next = match message {
            Message::Update(_) => Some(NextCommittee {
                committee: CommitteeBytes::read::<P>(&mut reader)?,
                branch: reader.array(layout.next_committee().depth)?,
            }),
            Message::Finality(_) | Message::Optimistic(_) => None,
        };
        let finality = match message {
            Message::Update(_) | Message::Finality(_) => {
                Some((Part::read(&mut reader, layout.header())?, reader.array(layout.finalized_root().depth)?))
            }
            Message::Optimistic(_) => None,
        };
        let aggregate = SyncAggregate::read::<P>(&mut reader)?;
        let signature_slot = Slot(reader.u64()?);
        let (attested, finality) = match finality {
            Some((finalized, branch)) => {
                let (attested, finalized) = Part::two(attested, finalized, reader)?;
                let header = Header::read(finalized, layout.header())?;
                let absent = Header::is_absent(finalized, layout.header());
                (attested, Some(Finality { header, absent, branch }))
            }
            None => (attested.one(reader)?, None),
        };
        Ok(Self { attested: Header::read(attested, layout.header())?, finality, next, aggregate, signature_slot })
    }
}
