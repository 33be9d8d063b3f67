//! Execution block headers: what a block hash commits to, read strictly from RLP (yellow paper section 4.4.3, EIP-1559, EIP-4895,
//! EIP-4844, EIP-4788, EIP-7685).
use crate::rlp::{self, Item, Items, RlpError};
use crate::trie::keccak;

/// Bytes of an encoded header, at most. Those of today have about 650.
pub const MAX_HEADER: usize = 2_048;
/// Bytes of `extra_data`, at most.
const MAX_EXTRA_DATA: usize = 32;

/// Why an execution header was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The beacon head is older than the layout that names an execution block.
    #[error("the head names no execution block")]
    NoExecution,
    /// More than [`MAX_HEADER`] bytes.
    #[error("execution header is too long")]
    TooLong,
    /// It is not the header of the block that the head names.
    #[error("execution header does not have the head's block hash")]
    Hash,
    /// It has the hash and is no header.
    #[error("execution header is malformed: {0}")]
    Malformed(#[from] RlpError),
}

/// What is kept of a header whose hash is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Execution {
    pub(crate) block_hash: [u8; 32],
    pub(crate) state_root: [u8; 32],
    pub(crate) number: u64,
    pub(crate) gas_limit: u64,
    pub(crate) timestamp: u64,
    pub(crate) prev_randao: [u8; 32],
    /// Big-endian.
    pub(crate) base_fee: [u8; 32],
}

impl Execution {
    /// Reads the header whose Keccak-256 is `block_hash`. Fields that later forks append are not looked at: the hash covers them.
    pub(crate) fn read(block_hash: [u8; 32], bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() > MAX_HEADER {
            return Err(HeaderError::TooLong);
        }
        if keccak(bytes) != block_hash {
            return Err(HeaderError::Hash);
        }
        let mut fields = rlp::list(bytes)?;
        let _parent_hash = fields.next()?.hash()?;
        let _uncles_hash = fields.next()?.hash()?;
        string::<20>(&mut fields)?;
        let state_root = fields.next()?.hash()?;
        let _transactions_root = fields.next()?.hash()?;
        let _receipts_root = fields.next()?.hash()?;
        string::<256>(&mut fields)?;
        let _difficulty: [u8; 32] = fields.next()?.integer()?;
        let number = number(&mut fields)?;
        let gas_limit = self::number(&mut fields)?;
        let _gas_used = self::number(&mut fields)?;
        let timestamp = self::number(&mut fields)?;
        if fields.next()?.string()?.len() > MAX_EXTRA_DATA {
            return Err(RlpError::Length.into());
        }
        let prev_randao = fields.next()?.hash()?;
        string::<8>(&mut fields)?;
        let base_fee = fields.next()?.integer()?;
        let _withdrawals_root = fields.next()?.hash()?;
        while !fields.is_empty() {
            let _: Item<'_> = fields.next()?;
        }
        Ok(Self { block_hash, state_root, number, gas_limit, timestamp, prev_randao, base_fee })
    }
}

fn string<const N: usize>(fields: &mut Items<'_>) -> Result<(), RlpError> {
    if fields.next()?.string()?.len() == N { Ok(()) } else { Err(RlpError::Length) }
}

fn number(fields: &mut Items<'_>) -> Result<u64, RlpError> {
    fields.next()?.integer().map(u64::from_be_bytes)
}
