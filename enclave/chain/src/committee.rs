//! Sync committees and their BLS signatures (consensus-specs altair `beacon-chain.md`, ciphersuite of RFC 9380 §8.8.2 with POP).
use blst::BLST_ERROR;
use blst::min_pk::{AggregatePublicKey, PublicKey, Signature};

use crate::Preset;
use crate::merkle::{self, Node};
use crate::ssz::{Reader, SszError};

const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const COMPRESSED: usize = 48;

/// `SyncCommittee` as the host sent it.
pub(crate) struct CommitteeBytes<'a> {
    keys: &'a [[u8; COMPRESSED]],
    aggregate: &'a [u8; COMPRESSED],
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
}

fn key_root(key: &[u8; COMPRESSED]) -> Node {
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
        Ok(Self { bits: reader.array::<1>(P::COMMITTEE_SIZE.div_ceil(8))?.as_flattened(), signature: reader.take()? })
    }

    /// How many members signed, by the bits.
    pub(crate) fn signers(&self) -> u32 {
        self.bits.iter().map(|byte| byte.count_ones()).sum()
    }

    /// Whether each member signed, in the order of the committee.
    fn signed(&self) -> impl Iterator<Item = bool> {
        self.bits.iter().flat_map(|byte| [1, 2, 4, 8, 16, 32, 64, 128].map(|mask| byte & mask != 0))
    }
}

/// A committee whose keys are all valid, uncompressed once and kept.
pub(crate) struct Committee {
    root: Node,
    keys: Box<[PublicKey]>,
}

/// A member's key is no point of the subgroup or is infinity, or the aggregate key is not the keys' sum.
#[derive(Debug)]
pub(crate) struct InvalidKeys;

impl Committee {
    /// Checks all keys: on the curve, in the subgroup, not infinity, adding up to the aggregate key. `root` is that of the bytes.
    pub(crate) fn validate(bytes: &CommitteeBytes<'_>, root: Node) -> Result<Self, InvalidKeys> {
        let keys: Box<[PublicKey]> =
            bytes.keys.iter().map(|key| PublicKey::key_validate(key)).collect::<Result<_, _>>().map_err(|_| InvalidKeys)?;
        let all: Vec<&PublicKey> = keys.iter().collect();
        let sum = AggregatePublicKey::aggregate(&all, false).map_err(|_| InvalidKeys)?;
        if sum.to_public_key().compress() != *bytes.aggregate {
            return Err(InvalidKeys);
        }
        Ok(Self { root, keys })
    }

    /// `hash_tree_root`, which names the committee.
    pub(crate) const fn root(&self) -> &Node {
        &self.root
    }

    /// Whether the members named by the bits signed `signing_root` (consensus-specs `FastAggregateVerify`).
    pub(crate) fn signed(&self, aggregate: &SyncAggregate<'_>, signing_root: &Node) -> bool {
        let present: Vec<&PublicKey> =
            self.keys.iter().zip(aggregate.signed()).filter_map(|(key, signed)| signed.then_some(key)).collect();
        let (Ok(sum), Ok(signature)) =
            (AggregatePublicKey::aggregate(&present, false), Signature::sig_validate(aggregate.signature, true))
        else {
            return false;
        };
        signature.fast_aggregate_verify_pre_aggregated(false, signing_root, DST, &sum.to_public_key()) == BLST_ERROR::BLST_SUCCESS
    }
}
