//! The store of sealed records and of the ledger, in one redb file.
//!
//! A [`Batch`] is checked against the ledger's size and the records' generations, and written, in one write transaction: that
//! transaction is the compare-and-swap. What was acknowledged is on disk.

mod tiles;

use std::fmt;
use std::path::Path;

use minicbor::bytes::ByteVec;
use protocol::ledger::SealedEntry;
use protocol::message::{Batch, RecordEnd, RecordPut};
use protocol::{cbor, limits, tlog};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction};
use sha2::{Digest, Sha256};

pub(crate) use tiles::Tile;

/// (record id, generation) -> sealed bytes.
const RECORDS: TableDefinition<'_, (&[u8; 32], u64), &[u8]> = TableDefinition::new("records");
/// Index -> (leaf, sealed body).
const ENTRIES: TableDefinition<'_, u64, (&[u8], &[u8])> = TableDefinition::new("entries");
/// (tile level, index) -> root of the complete subtree of 256^level leaves.
const HASHES: TableDefinition<'_, (u8, u64), &[u8; 32]> = TableDefinition::new("hashes");
/// [`CHECKPOINT`], [`LAST_BATCH`].
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The signed checkpoint of the ledger as it is.
const CHECKPOINT: &str = "checkpoint";
/// SHA-256 of the last batch, to know it again.
const LAST_BATCH: &str = "last-batch";
/// Generations of a record that are kept, at most: the current one, and the one before it until the enclave says that it is over.
const GENERATIONS: u64 = 2;
/// Bytes of entries in one answer: well below a frame.
const ANSWER: usize = limits::HOST_FRAME / 2;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The batch does not start where the ledger ends.
    #[error("ledger holds {size} entries, the batch starts at {expected}")]
    LedgerConflict {
        /// Entries there are.
        size: u64,
        /// Entries the batch expects.
        expected: u64,
    },
    /// A record's generation is not newer than what is stored.
    #[error("a record is at generation {current}, the batch brings {generation}")]
    RecordConflict {
        /// Newest generation there is.
        current: u64,
        /// Generation the batch brings.
        generation: u64,
    },
    /// A batch over the protocol's limits.
    #[error("batch is over the limits")]
    Limits,
    /// The file can't be opened: another process has it, or it is damaged.
    #[error("store can't be opened: {0}")]
    Open(#[from] redb::DatabaseError),
    /// The directory can't be made.
    #[error("data directory: {0}")]
    Directory(#[from] std::io::Error),
    /// The disk or the file failed.
    #[error("store failed: {0}")]
    Disk(#[from] redb::Error),
}

macro_rules! disk {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Disk(error.into())
            }
        }
    )*};
}
disk!(redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError, redb::SetDurabilityError);

/// How a batch came to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Written now.
    Now,
    /// It was the last batch already.
    Before,
}

/// Records and ledger of one vault.
pub struct Store {
    database: Database,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens or makes the store in `directory`.
    ///
    /// # Errors
    /// [`StoreError::Open`] if another process has it open.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)?;
        let database = Database::create(directory.join("vault.redb"))?;
        let transaction = database.begin_write()?;
        {
            transaction.open_table(RECORDS)?;
            transaction.open_table(ENTRIES)?;
            transaction.open_table(HASHES)?;
            transaction.open_table(META)?;
        }
        transaction.commit()?;
        Ok(Self { database })
    }

    /// Writes a batch whole and durably, or not at all.
    ///
    /// # Errors
    /// [`StoreError::LedgerConflict`] and [`StoreError::RecordConflict`] if something else was written meanwhile.
    pub fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        let Batch { size, entries, checkpoint, records, ended } = batch;
        let within = entries.len() <= limits::LEDGER_ENTRIES
            && entries.iter().all(|e| e.leaf.len() <= tiles::LEAF && e.sealed.len() <= limits::LEDGER_BODY)
            && records.iter().all(|r| r.sealed.len() <= limits::RECORD)
            && records.iter().all(|r| ended.iter().all(|e| (e.id, e.generation) != (r.id, r.generation)));
        if !within {
            return Err(StoreError::Limits);
        }
        let digest: [u8; 32] = Sha256::digest(cbor::encode(batch)).into();
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        let current = {
            let meta = transaction.open_table(META)?;
            if meta.get(LAST_BATCH)?.is_some_and(|last| last.value() == digest) {
                return Ok(Committed::Before);
            }
            transaction.open_table(ENTRIES)?.len()?
        };
        if current != *size {
            return Err(StoreError::LedgerConflict { size: current, expected: *size });
        }
        append(&transaction, current, entries)?;
        end(&transaction, ended)?;
        put(&transaction, records)?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert(LAST_BATCH, digest.as_slice())?;
            // A batch of records alone leaves the ledger, and so its checkpoint, as they were.
            if !checkpoint.is_empty() {
                meta.insert(CHECKPOINT, checkpoint.as_bytes())?;
            }
        }
        transaction.commit()?;
        Ok(Committed::Now)
    }

    /// One generation of a record.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn record(&self, id: &[u8; 32], generation: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let records = self.database.begin_read()?.open_table(RECORDS)?;
        Ok(records.get((id, generation))?.map(|sealed| sealed.value().to_vec()))
    }

    /// Entries from `from` on, as many as fit into one answer.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn entries(&self, from: u64) -> Result<Vec<SealedEntry>, StoreError> {
        let table = self.database.begin_read()?.open_table(ENTRIES)?;
        let mut entries = Vec::new();
        let mut bytes = 0;
        for entry in table.range(from..)?.take(limits::LEDGER_ENTRIES) {
            let (_, value) = entry?;
            let (leaf, sealed) = value.value();
            bytes += leaf.len() + sealed.len();
            if bytes > ANSWER {
                break;
            }
            entries.push(SealedEntry { leaf: ByteVec::from(leaf.to_vec()), sealed: ByteVec::from(sealed.to_vec()) });
        }
        Ok(entries)
    }

    /// Entries in the ledger.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn size(&self) -> Result<u64, StoreError> {
        Ok(self.database.begin_read()?.open_table(ENTRIES)?.len()?)
    }

    /// The signed checkpoint of the ledger as it is, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let meta = self.database.begin_read()?.open_table(META)?;
        Ok(meta.get(CHECKPOINT)?.map(|text| text.value().to_vec()))
    }

    /// The bytes of a tile, or nothing if the ledger does not reach that far.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub(crate) fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, StoreError> {
        let transaction = self.database.begin_read()?;
        tiles::read(tile, &transaction.open_table(HASHES)?, &transaction.open_table(ENTRIES)?)
    }
}

fn append(transaction: &WriteTransaction, size: u64, entries: &[SealedEntry]) -> Result<(), StoreError> {
    let mut table = transaction.open_table(ENTRIES)?;
    let mut hashes = transaction.open_table(HASHES)?;
    for (index, entry) in (size..).zip(entries) {
        table.insert(index, (entry.leaf.as_slice(), entry.sealed.as_slice()))?;
        tiles::grow(&mut hashes, index, &tlog::leaf_hash(&entry.leaf))?;
    }
    Ok(())
}

fn end(transaction: &WriteTransaction, ended: &[RecordEnd]) -> Result<(), StoreError> {
    let mut table = transaction.open_table(RECORDS)?;
    for RecordEnd { id, generation } in ended {
        table.remove((&**id, *generation))?;
    }
    Ok(())
}

fn put(transaction: &WriteTransaction, records: &[RecordPut]) -> Result<(), StoreError> {
    let mut table = transaction.open_table(RECORDS)?;
    for RecordPut { id, generation, sealed } in records {
        let newest = {
            let newest = table.range((&**id, 0)..=(&**id, u64::MAX))?.next_back().transpose()?;
            newest.map(|(key, value)| (key.value().1, value.value() == sealed.as_slice()))
        };
        match newest {
            // The same again, in another batch: a writer that lost its acknowledgement and read the ledger anew.
            Some((current, true)) if current == *generation => continue,
            Some((current, _)) if current >= *generation => {
                return Err(StoreError::RecordConflict { current, generation: *generation });
            }
            // A gap is the ledger's business: refusing a newer generation because an older one is lost would lose that too.
            _ => {}
        }
        table.insert((&**id, *generation), sealed.as_slice())?;
        let kept: Vec<u64> = table
            .range((&**id, 0)..=(&**id, u64::MAX))?
            .map(|entry| entry.map(|(key, _)| key.value().1))
            .collect::<Result<_, _>>()?;
        let surplus = kept.len().saturating_sub(usize::try_from(GENERATIONS).unwrap_or(usize::MAX));
        for generation in kept.into_iter().take(surplus) {
            table.remove((&**id, generation))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
