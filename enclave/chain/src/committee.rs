//! Sync committees and their BLS signatures (consensus-specs altair `beacon-chain.md`, ciphersuite of RFC 9380 §8.8.2 with POP).
use alloc::boxed::Box;
use alloc::vec::Vec;

use blst::BLST_ERROR;
use blst::min_pk::{AggregatePublicKey, PublicKey, Signature};

use crate::Preset;
use crate::header::is_zero;
use crate::merkle::{self, Node};
use crate::ssz::{Reader, SszError};

const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const COMPRESSED: usize = 48;
/// The bit of a compressed point that says which of the two points with this x it is.
const SIGN: u8 = 0x20;

type Key = [u8; COMPRESSED];

/// Bytes of a `SyncCommittee`.
pub(crate) const fn size<P: Preset>() -> usize {
    P::COMMITTEE_SIZE.saturating_add(1).saturating_mul(COMPRESSED)
}

/// `SyncCommittee` as the host sent it.
pub(crate) struct CommitteeBytes<'a> {
    keys: &'a [Key],
    aggregate: &'a Key,
}

impl<'a> CommitteeBytes<'a> {
    pub(crate) fn read<P: Preset>(reader: &mut Reader<'a>) -> Result<Self, SszError> {
        Ok(Self { keys: reader.array(P::COMMITTEE_SIZE)?, aggregate: reader.take()? })
    }

    /// `hash_tree_root` of the committee.
    pub(crate) fn root<P: Preset>(&self) -> Node {
        let keys = self.keys.iter().map(key_root).collect();
        merkle::pair(&merkle::root(keys, P::COMMITTEE_DEPTH), &key_root(self.aggregate))
    }

    /// Whether it is the default value.
    pub(crate) fn is_zero(&self) -> bool {
        is_zero(self.aggregate) && is_zero(self.keys.as_flattened())
    }
}

fn key_root(key: &Key) -> Node {
    let (first, second) = key.split_at(32);
    merkle::pair(&merkle::padded(first), &merkle::padded(second))
}

/// `SyncAggregate` as the host sent it.
pub(crate) struct SyncAggregate<'a> {
    bits: &'a [u8],
    signature: &'a [u8; 96],
}

impl<'a> SyncAggregate<'a> {
    pub(crate) fn read<P: Preset>(reader: &mut Reader<'a>) -> Result<Self, SszError> {
        Ok(Self { bits: reader.slice(P::COMMITTEE_SIZE.div_ceil(8))?, signature: reader.take()? })
    }

    /// How many members signed, by the bits.
    pub(crate) fn signers(&self) -> u32 {
        self.bits.iter().map(|byte| byte.count_ones()).sum()
    }

    /// `hash_tree_root`.
    pub(crate) fn root(&self) -> Node {
        let chunks = |bytes: &[u8]| -> Vec<Node> { bytes.chunks(32).map(merkle::padded).collect() };
        merkle::pair(&merkle::vector(&chunks(self.bits)), &merkle::vector(&chunks(self.signature)))
    }

    /// Those of `members` who did not sign; there are as many members as bits.
    fn absent<'m, T>(&self, members: &'m [T]) -> impl Iterator<Item = &'m T> {
        let bits = self.bits.iter().flat_map(|byte| [1, 2, 4, 8, 16, 32, 64, 128].map(|mask| byte & mask != 0));
        members.iter().zip(bits).filter_map(|(member, signed)| (!signed).then_some(member))
    }
}

/// A committee whose root the chain has said.
#[derive(Clone)]
pub(crate) struct Committee {
    root: Node,
    aggregate: Key,
    members: Members,
}

#[derive(Clone)]
enum Members {
    /// As they came. `used` once, as while catching up: then only the keys that matter were looked at.
    Bytes { keys: Box<[Key]>, used: bool },
    /// All checked, and kept for as long as the committee.
    Validated { keys: Box<[PublicKey]>, aggregate: PublicKey },
}

/// A member's key is no point of the subgroup or is infinity, or the aggregate key is not the keys' sum.
#[derive(Debug)]
pub(crate) struct InvalidKeys;

impl Committee {
    /// The committee of these bytes, of which `root` is the root.
    pub(crate) fn new(bytes: &CommitteeBytes<'_>, root: Node) -> Self {
        let members = Members::Bytes { keys: Box::from(bytes.keys), used: false };
        Self { root, aggregate: *bytes.aggregate, members }
    }

    /// `hash_tree_root`, which names the committee.
    pub(crate) const fn root(&self) -> &Node {
        &self.root
    }

    /// Whether the members named by the bits signed `signing_root` (consensus-specs `FastAggregateVerify`).
    ///
    /// The signers' sum is the aggregate key less the absent ones: at most a third of the members, and on most days few. The first
    /// signature of a committee, the only one while catching up, looks at no other key; the second one is reason to check them all,
    /// once, and keep them.
    ///
    /// # Errors
    /// When a key that was looked at is invalid, or the aggregate key is not the sum of all.
    pub(crate) fn signed(&mut self, aggregate: &SyncAggregate<'_>, signing_root: &Node) -> Result<bool, InvalidKeys> {
        let Ok(signature) = Signature::sig_validate(aggregate.signature, true) else { return Ok(false) };
        let present = self.present(aggregate)?;
        let verified = signature.fast_aggregate_verify_pre_aggregated(false, signing_root, DST, &present);
        Ok(verified == BLST_ERROR::BLST_SUCCESS)
    }

    /// Sum of the keys of those who signed.
    fn present(&mut self, aggregate: &SyncAggregate<'_>) -> Result<PublicKey, InvalidKeys> {
        if let Members::Bytes { keys, used } = &mut self.members {
            if !*used {
                *used = true;
                let absent = aggregate.absent(keys).map(validated).collect::<Result<Vec<_>, _>>()?;
                return less(&validated(&self.aggregate)?, &absent.iter().collect::<Vec<_>>());
            }
            self.members = Self::validate(keys, &self.aggregate)?;
        }
        match &self.members {
            Members::Validated { keys, aggregate: all } => less(all, &aggregate.absent(keys).collect::<Vec<_>>()),
            Members::Bytes { .. } => Err(InvalidKeys),
        }
    }

    /// Checks all keys: on the curve, in the subgroup, not infinity, adding up to the aggregate key.
    fn validate(keys: &[Key], aggregate: &Key) -> Result<Members, InvalidKeys> {
        let keys = keys.iter().map(validated).collect::<Result<Box<[PublicKey]>, _>>()?;
        let sum = sum(&keys.iter().collect::<Vec<_>>())?;
        if sum.compress() == *aggregate { Ok(Members::Validated { keys, aggregate: sum }) } else { Err(InvalidKeys) }
    }
}

fn validated(key: &Key) -> Result<PublicKey, InvalidKeys> {
    PublicKey::key_validate(key).map_err(|_| InvalidKeys)
}

fn sum(keys: &[&PublicKey]) -> Result<PublicKey, InvalidKeys> {
    AggregatePublicKey::aggregate(keys, false).map(|sum| sum.to_public_key()).map_err(|_| InvalidKeys)
}

/// `all` less the keys of `absent`. The negative of a point differs from it in the sign alone.
fn less(all: &PublicKey, absent: &[&PublicKey]) -> Result<PublicKey, InvalidKeys> {
    if absent.is_empty() {
        return Ok(*all);
    }
    let mut negative = sum(absent)?.compress();
    if let Some(first) = negative.first_mut() {
        *first ^= SIGN;
    }
    let negative = PublicKey::uncompress(&negative).map_err(|_| InvalidKeys)?;
    sum(&[all, &negative])
}
