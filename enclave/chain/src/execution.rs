//! Execution block headers: what a block hash commits to, read strictly from RLP (yellow paper section 4.4.3, EIP-1559, EIP-4895).
use crate::rlp::{self, Items, RlpError};
use crate::trie::keccak;

/// Bytes of an encoded header, at most. Those of today have about 650.
pub const MAX_HEADER: usize = 2_048;
/// Bytes of `extra_data`, at most (yellow paper section 4.4.4).
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
    /// It is no header.
    #[error("execution header is malformed: {0}")]
    Malformed(#[from] RlpError),
}

/// What is used of a block's header. That the block is one of the chain is for [`crate::BeaconHead::connect`] to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExecutionHeader {
    /// Field 3: root of the state after the block.
    pub state_root: [u8; 32],
    /// Field 8.
    pub number: u64,
    /// Field 9.
    pub gas_limit: u64,
    /// Field 11, in unix seconds.
    pub timestamp: u64,
    /// Field 13, `mixHash`: the beacon chain's `prev_randao` (EIP-4399).
    pub prev_randao: [u8; 32],
    /// Field 15, in wei, big-endian.
    pub base_fee: [u8; 32],
}

impl ExecutionHeader {
    /// Reads a header of Shanghai or later, which has at least 17 fields. Of what later forks append nothing is kept, but it has
    /// to be RLP.
    ///
    /// # Errors
    /// When it is too long, or any field up to the 17th is not the one encoding of what it is.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() > MAX_HEADER {
            return Err(HeaderError::TooLong);
        }
        let mut fields = rlp::list(bytes)?;
        let _parent_hash = fields.next()?.hash()?;
        let _uncles_hash = fields.next()?.hash()?;
        fixed::<20>(&mut fields)?; // fee recipient
        let state_root = fields.next()?.hash()?;
        let _transactions_root = fields.next()?.hash()?;
        let _receipts_root = fields.next()?.hash()?;
        fixed::<256>(&mut fields)?; // logs bloom
        let _difficulty: [u8; 32] = fields.next()?.integer()?;
        let number = integer(&mut fields)?;
        let gas_limit = integer(&mut fields)?;
        let _gas_used = integer(&mut fields)?;
        let timestamp = integer(&mut fields)?;
        if fields.next()?.string()?.len() > MAX_EXTRA_DATA {
            return Err(RlpError::Length.into());
        }
        let prev_randao = fields.next()?.hash()?;
        fixed::<8>(&mut fields)?; // nonce
        let base_fee = fields.next()?.integer()?;
        let _withdrawals_root = fields.next()?.hash()?;
        while !fields.is_empty() {
            let _later_forks = fields.next()?;
        }
        Ok(Self { state_root, number, gas_limit, timestamp, prev_randao, base_fee })
    }

    /// Reads the header whose Keccak-256 is `block_hash`.
    pub(crate) fn of_block(block_hash: &[u8; 32], bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() > MAX_HEADER {
            return Err(HeaderError::TooLong);
        }
        if keccak(bytes) != *block_hash {
            return Err(HeaderError::Hash);
        }
        Self::decode(bytes)
    }
}

fn fixed<const N: usize>(fields: &mut Items<'_>) -> Result<(), RlpError> {
    if fields.next()?.string()?.len() == N { Ok(()) } else { Err(RlpError::Length) }
}

fn integer(fields: &mut Items<'_>) -> Result<u64, RlpError> {
    fields.next()?.integer().map(u64::from_be_bytes)
}
