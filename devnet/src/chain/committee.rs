//! Sync committees with real keys. One signature by the sum of the secret keys is the aggregate of all their signatures.

use alloy_primitives::{U256, uint as u256};
use anyhow::{Result, anyhow};
use blst::min_pk::{AggregatePublicKey, PublicKey, SecretKey};

use super::ssz::{self, Root};

/// `SYNC_COMMITTEE_SIZE` of the mainnet preset.
pub const SIZE: usize = 512;
const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
/// Order of the group.
const ORDER: U256 = u256!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);

/// 512 members.
pub(super) struct Committee {
    secrets: Vec<U256>,
    ssz: Vec<u8>,
    root: Root,
}

/// `SyncAggregate`.
#[derive(Clone)]
pub(super) struct SyncAggregate {
    pub(super) bits: [u8; SIZE / 8],
    pub(super) signature: [u8; 96],
}

impl Committee {
    pub(super) fn new(seed: &[u8; 32], set: u8) -> Result<Self> {
        let mut secrets = Vec::with_capacity(SIZE);
        let mut keys: Vec<PublicKey> = Vec::with_capacity(SIZE);
        for index in 0..SIZE as u64 {
            let material = ssz::sha256(&[b"sync committee", seed, &[set], &index.to_be_bytes()]);
            let secret = SecretKey::key_gen(&material, &[]).map_err(|e| anyhow!("key generation: {e:?}"))?;
            keys.push(secret.sk_to_pk());
            secrets.push(U256::from_be_bytes(secret.serialize()));
        }
        let sum = AggregatePublicKey::aggregate(&keys.iter().collect::<Vec<_>>(), false)
            .map_err(|e| anyhow!("aggregation: {e:?}"))?
            .to_public_key();
        let key_root = |key: &[u8; 48]| ssz::merkleize(&ssz::chunks(key), 1);
        let compressed: Vec<[u8; 48]> = keys.iter().map(PublicKey::compress).collect();
        let aggregate = sum.compress();
        let leaves: Vec<Root> = compressed.iter().map(key_root).collect();
        let root = ssz::hash(&ssz::merkleize(&leaves, 9), &key_root(&aggregate));
        let mut bytes = compressed.concat();
        bytes.extend(aggregate);
        Ok(Self { secrets, ssz: bytes, root })
    }

    /// `SyncCommittee` in SSZ: 512 keys and their sum.
    pub(super) fn ssz(&self) -> &[u8] {
        &self.ssz
    }

    pub(super) fn root(&self) -> Root {
        self.root
    }

    /// `count` members sign, beginning with the one whose turn it is, so that who is absent changes by slot.
    pub(super) fn sign(&self, signing_root: &Root, count: usize, turn: u64) -> Result<SyncAggregate> {
        let mut bits = [0; SIZE / 8];
        let mut sum = U256::ZERO;
        let turn = usize::try_from(turn % SIZE as u64)?;
        for index in (0..count.min(SIZE)).map(|k| (turn + k) % SIZE) {
            bits[index / 8] |= 1 << (index % 8);
            sum = sum.add_mod(self.secrets[index], ORDER);
        }
        let signature = if sum.is_zero() {
            infinity()
        } else {
            let key = SecretKey::deserialize(&sum.to_be_bytes::<32>()).map_err(|e| anyhow!("sum of keys: {e:?}"))?;
            key.sign(signing_root, DST, &[]).compress()
        };
        Ok(SyncAggregate { bits, signature })
    }
}

impl SyncAggregate {
    /// Nobody signed.
    pub(super) fn nobody() -> Self {
        Self { bits: [0; SIZE / 8], signature: infinity() }
    }

    pub(super) fn ssz(&self) -> Vec<u8> {
        [self.bits.as_slice(), &self.signature].concat()
    }

    pub(super) fn root(&self) -> Root {
        ssz::hash(&ssz::merkleize(&ssz::chunks(&self.bits), 1), &ssz::merkleize(&ssz::chunks(&self.signature), 2))
    }

    pub(super) fn signers(&self) -> u32 {
        self.bits.iter().map(|byte| byte.count_ones()).sum()
    }
}

fn infinity() -> [u8; 96] {
    let mut signature = [0; 96];
    signature[0] = 0xc0;
    signature
}

#[cfg(test)]
mod tests {
    use super::*;
    use blst::BLST_ERROR;
    use blst::min_pk::Signature;

    #[test]
    fn the_sum_of_the_keys_signs_for_all_that_are_named() {
        let committee = Committee::new(&[7; 32], 0).unwrap();
        let aggregate = committee.sign(&[9; 32], 342, 500).unwrap();
        assert_eq!(aggregate.signers(), 342);
        let keys: Vec<PublicKey> = (0..SIZE)
            .filter(|i| aggregate.bits[i / 8] >> (i % 8) & 1 == 1)
            .map(|i| PublicKey::key_validate(&committee.ssz()[48 * i..48 * (i + 1)]).unwrap())
            .collect();
        let signature = Signature::sig_validate(&aggregate.signature, true).unwrap();
        let verified = signature.fast_aggregate_verify(true, &[9; 32], DST, &keys.iter().collect::<Vec<_>>());
        assert_eq!(verified, BLST_ERROR::BLST_SUCCESS);
    }
}
