//! Sync committees whose secret keys are known.

use std::sync::OnceLock;

use blst::min_pk::{AggregatePublicKey, PublicKey, SecretKey};
use sha2::{Digest, Sha256};

use super::Hash;
use super::merkle::{leaf, pair, root};

/// A sync committee with its secret keys.
pub(crate) struct Members {
    secrets: Vec<[u8; 32]>,
    keys: Vec<[u8; 48]>,
    aggregate: [u8; 48],
}

/// The committee of this number; each is made once.
pub(crate) fn members(number: usize) -> &'static Members {
    static MEMBERS: [OnceLock<Members>; 3] = [const { OnceLock::new() }; 3];
    MEMBERS[number].get_or_init(|| Members::new(u8::try_from(number).unwrap()))
}

impl Members {
    fn new(seed: u8) -> Self {
        let secrets: Vec<SecretKey> = (0..512_u32)
            .map(|index| SecretKey::key_gen(&Sha256::digest([&[seed], index.to_le_bytes().as_slice()].concat()), &[]))
            .map(Result::unwrap)
            .collect();
        let keys: Vec<PublicKey> = secrets.iter().map(SecretKey::sk_to_pk).collect();
        let aggregate = AggregatePublicKey::aggregate(&keys.iter().collect::<Vec<_>>(), false).unwrap();
        Self {
            secrets: secrets.iter().map(SecretKey::serialize).collect(),
            keys: keys.iter().map(PublicKey::compress).collect(),
            aggregate: aggregate.to_public_key().compress(),
        }
    }

    pub(crate) fn ssz(&self) -> Vec<u8> {
        [self.keys.concat(), self.aggregate.to_vec()].concat()
    }

    pub(crate) fn root(&self) -> Hash {
        committee_root(&self.ssz())
    }

    /// The first `count` members' aggregate: one signature by the sum of their keys.
    pub(super) fn sign(&self, count: usize, message: &Hash) -> [u8; 96] {
        let sum = self.secrets[..count].iter().fold([0; 32], |sum, secret| add(&sum, secret));
        let dst = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
        SecretKey::deserialize(&sum).unwrap().sign(message, dst, &[]).compress()
    }
}

/// `hash_tree_root` of an encoded committee.
pub(crate) fn committee_root(ssz: &[u8]) -> Hash {
    let key_root = |key: &[u8]| pair(&leaf(&key[..32]), &leaf(&key[32..]));
    let (keys, aggregate) = ssz.split_at(512 * 48);
    pair(&root(keys.chunks(48).map(key_root).collect()), &key_root(aggregate))
}

/// Sum modulo the order of the curve; both are below it.
fn add(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let order = hex::decode("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001").unwrap();
    let mut sum = [0; 32];
    let mut carry = 0_u16;
    for index in (0..32).rev() {
        let digit = u16::from(a[index]) + u16::from(b[index]) + carry;
        sum[index] = digit.to_le_bytes()[0];
        carry = digit >> 8;
    }
    if sum.as_slice() >= order.as_slice() {
        let mut borrow = 0_i16;
        for index in (0..32).rev() {
            let digit = i16::from(sum[index]) - i16::from(order[index]) - borrow;
            sum[index] = digit.to_le_bytes()[0];
            borrow = i16::from(digit < 0);
        }
    }
    sum
}
