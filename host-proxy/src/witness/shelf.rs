//! The kept proofs, in a redb file of their own: losing it costs one finality, so it shares nothing with the vault's records.
//!
//! Trie nodes and code are kept once, by their SHA-256, however many blocks they are part of: from one block to the next most of a
//! proof stays the same.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use alloy_primitives::B256;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use protocol::message::{AccountProof, AccountQuery, SlotProof};
use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition};
use sha2::{Digest, Sha256};

use super::registry::Registry;
use crate::feed::Block;
use crate::store::StoreError;

/// Block number -> block hash.
const BLOCKS: TableDefinition<'_, u64, &[u8; 32]> = TableDefinition::new("blocks");
/// (block number, account) -> CBOR of [`Kept`].
const PROOFS: TableDefinition<'_, (u64, &[u8; 20]), &[u8]> = TableDefinition::new("proofs");
/// SHA-256 -> trie node or code.
const BLOBS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("blobs");
/// SHA-256 -> the newest block that a blob is part of.
const USED: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("used");
/// [`REGISTRY`].
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// CBOR of a [`Registry`].
const REGISTRY: &str = "registry";
/// Bytes of all blobs. Over it, the oldest blocks go first.
const BYTES: u64 = 1 << 30;
/// Bytes of one account's proofs and code at one block; more is not kept.
const ACCOUNT: usize = 16 << 20;

/// A proof, by the SHA-256 of its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct Kept {
    #[n(0)]
    nodes: Vec<ByteArray<32>>,
    #[n(1)]
    slots: BTreeMap<ByteArray<32>, Vec<ByteArray<32>>>,
    #[n(2)]
    code: Option<ByteArray<32>>,
}

/// The file.
pub(super) struct Shelf {
    database: Database,
    bytes: u64,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf")
    }
}

impl Shelf {
    pub(super) fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::bounded(directory, BYTES)
    }

    pub(super) fn bounded(directory: &Path, bytes: u64) -> Result<Self, StoreError> {
        let database = Database::create(directory.join("witness.redb"))?;
        let transaction = database.begin_write()?;
        {
            transaction.open_table(BLOCKS)?;
            transaction.open_table(PROOFS)?;
            transaction.open_table(BLOBS)?;
            transaction.open_table(USED)?;
            transaction.open_table(META)?;
        }
        transaction.commit()?;
        Ok(Self { database, bytes })
    }

    /// The registry as it was saved; an empty one if there is none that can be read.
    pub(super) fn registry(&self) -> Result<Registry, StoreError> {
        let meta = self.database.begin_read()?.open_table(META)?;
        let saved = meta.get(REGISTRY)?;
        Ok(saved.and_then(|bytes| minicbor::decode(bytes.value()).ok()).unwrap_or_default())
    }

    pub(super) fn save(&self, registry: &Registry) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        // Writing to a vector can't fail.
        let bytes = minicbor::to_vec(registry).unwrap_or_default();
        transaction.open_table(META)?.insert(REGISTRY, bytes.as_slice())?;
        Ok(transaction.commit()?)
    }

    /// Adds proofs at a block to those that are kept there.
    pub(super) fn put(&self, block: &Block, proofs: &[AccountProof]) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        {
            let mut blocks = transaction.open_table(BLOCKS)?;
            let mut kept = transaction.open_table(PROOFS)?;
            let mut blobs = transaction.open_table(BLOBS)?;
            let mut used = transaction.open_table(USED)?;
            let same = blocks.get(block.number)?.is_none_or(|hash| *hash.value() == block.hash.0);
            if !same {
                kept.retain_in((block.number, &[0; 20])..=(block.number, &[0xff; 20]), |_, _| false)?;
            }
            blocks.insert(block.number, &block.hash.0)?;
            for proof in proofs.iter().filter(|proof| size(proof) <= ACCOUNT) {
                let key = (block.number, &*proof.address);
                let mut account: Kept = match kept.get(key)? {
                    Some(bytes) => minicbor::decode(bytes.value()).unwrap_or_default(),
                    None => Kept::default(),
                };
                let mut keep = |blob: &[u8]| -> Result<ByteArray<32>, StoreError> {
                    let hash: [u8; 32] = Sha256::digest(blob).into();
                    let newest = used.get(&hash)?.map(|newest| newest.value());
                    if newest.is_none() {
                        blobs.insert(&hash, blob)?;
                    }
                    if newest.is_none_or(|newest| newest < block.number) {
                        used.insert(&hash, block.number)?;
                    }
                    Ok(hash.into())
                };
                account.nodes = proof.nodes.iter().map(|node| keep(node)).collect::<Result<_, _>>()?;
                for SlotProof { slot, nodes } in &proof.slots {
                    account.slots.insert(*slot, nodes.iter().map(|node| keep(node)).collect::<Result<_, _>>()?);
                }
                if let Some(code) = &proof.code {
                    account.code = Some(keep(code)?);
                }
                kept.insert(key, minicbor::to_vec(&account).unwrap_or_default().as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// The kept proofs of accounts at a block; of each that lacks nothing.
    pub(super) fn find(
        &self,
        number: u64,
        hash: B256,
        queries: &[AccountQuery],
    ) -> Result<Vec<Option<AccountProof>>, StoreError> {
        let transaction = self.database.begin_read()?;
        if transaction.open_table(BLOCKS)?.get(number)?.is_none_or(|kept| *kept.value() != hash.0) {
            return Ok(vec![None; queries.len()]);
        }
        let proofs = transaction.open_table(PROOFS)?;
        let blobs = transaction.open_table(BLOBS)?;
        let mut found = Vec::with_capacity(queries.len());
        for query in queries {
            found.push(match proofs.get((number, &*query.address))? {
                Some(bytes) => whole(&blobs, query, &minicbor::decode(bytes.value()).unwrap_or_default())?,
                None => None,
            });
        }
        Ok(found)
    }

    /// Lets go of blocks before `oldest`, and of more if the rest is too large.
    pub(super) fn sweep(&self, mut oldest: u64) -> Result<(), StoreError> {
        loop {
            let transaction = self.database.begin_write()?;
            let (newest, bytes) = {
                let mut blocks = transaction.open_table(BLOCKS)?;
                blocks.retain_in(..oldest, |_, _| false)?;
                transaction.open_table(PROOFS)?.retain_in(..(oldest, &[0; 20]), |_, _| false)?;
                let mut blobs = transaction.open_table(BLOBS)?;
                let mut used = transaction.open_table(USED)?;
                let mut old: Vec<[u8; 32]> = Vec::new();
                for entry in used.iter()? {
                    let (hash, newest) = entry?;
                    if newest.value() < oldest {
                        old.push(*hash.value());
                    }
                }
                for hash in old {
                    blobs.remove(&hash)?;
                    used.remove(&hash)?;
                }
                let mut bytes = 0_u64;
                for entry in blobs.iter()? {
                    bytes = bytes.saturating_add(entry?.1.value().len() as u64);
                }
                let newest = blocks.last()?.map_or(oldest, |(newest, _)| newest.value());
                (newest, bytes)
            };
            transaction.commit()?;
            if bytes <= self.bytes || newest <= oldest {
                return Ok(());
            }
            tracing::warn!(bytes, "the witness is too large: its older half goes");
            oldest = oldest.saturating_add((newest - oldest).div_ceil(2));
        }
    }
}

/// The proof of what is asked, if all of it is kept.
fn whole(
    blobs: &ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    query: &AccountQuery,
    kept: &Kept,
) -> Result<Option<AccountProof>, StoreError> {
    let blob = |hash: &ByteArray<32>| -> Result<Option<ByteVec>, StoreError> {
        Ok(blobs.get(&**hash)?.map(|bytes| ByteVec::from(bytes.value().to_vec())))
    };
    let list = |hashes: &[ByteArray<32>]| hashes.iter().map(&blob).collect::<Result<Option<Vec<_>>, _>>();
    let Some(nodes) = list(&kept.nodes)? else { return Ok(None) };
    let mut slots = Vec::with_capacity(query.slots.len());
    for slot in &query.slots {
        let Some(hashes) = kept.slots.get(slot) else { return Ok(None) };
        let Some(nodes) = list(hashes)? else { return Ok(None) };
        slots.push(SlotProof { slot: *slot, nodes });
    }
    let code = match (query.code, &kept.code) {
        (false, _) => None,
        (true, None) => return Ok(None),
        (true, Some(hash)) => match blob(hash)? {
            Some(code) => Some(code),
            None => return Ok(None),
        },
    };
    Ok(Some(AccountProof { address: query.address, nodes, slots, code }))
}

fn size(proof: &AccountProof) -> usize {
    let nodes = |nodes: &[ByteVec]| nodes.iter().map(|node| node.len()).sum::<usize>();
    let slots: usize = proof.slots.iter().map(|slot| nodes(&slot.nodes)).sum();
    nodes(&proof.nodes) + slots + proof.code.as_ref().map_or(0, |code| code.len())
}
