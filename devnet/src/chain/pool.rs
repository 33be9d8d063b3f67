//! Transactions, from the pool into a block.

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use anyhow::{Result, bail, ensure};

use super::node::{Included, Node};
use super::transaction::{self, Account};
use super::world::{View, World};
use super::{Receipt, evm};

impl Node {
    /// Runs what is in the pool on a block's state, as far as its gas goes. What can't run is dropped.
    pub(super) fn run_pool(&mut self, header: &Header, world: &mut World) -> Vec<Included> {
        let mut included: Vec<Included> = Vec::new();
        let mut gas = 0;
        let mut later = Vec::new();
        for sent in std::mem::take(&mut self.pool) {
            if !later.is_empty() || gas + sent.gas_limit > header.gas_limit {
                later.push(sent);
                continue;
            }
            let hashes = |number| self.hash_of(number);
            let view = View { world, hashes: &hashes };
            let ran = match evm::transact(view, header, self.config.chain_id, &sent) {
                Ok(ran) => ran,
                Err(error) => {
                    tracing::warn!(transaction = %sent.hash, %error, "dropped");
                    continue;
                }
            };
            gas += ran.gas_used;
            let receipt = Receipt {
                transaction: sent.hash,
                success: ran.success,
                gas_used: ran.gas_used,
                created: ran.created,
                output: ran.output,
                logs: ran.logs,
                block: header.number,
            };
            world.commit(ran.changes);
            included.push(Included { sent, receipt, cumulative_gas: gas });
        }
        self.pool = later;
        included
    }

    /// The nonce of an account's next transaction, those in the pool counted.
    pub(super) fn next_nonce(&self, address: Address) -> u64 {
        let waiting = self.pool.iter().filter(|sent| sent.from == address).count() as u64;
        self.world().nonce(address) + waiting
    }

    pub(super) fn transact(&mut self, from: &Account, to: Option<Address>, data: Bytes) -> Result<B256> {
        let nonce = self.next_nonce(from.address);
        let raw = from.transaction(self.config.chain_id, nonce, to, U256::ZERO, data)?;
        self.send(&raw)
    }

    pub(super) fn send(&mut self, raw: &[u8]) -> Result<B256> {
        let sent = transaction::decode(raw, self.config.chain_id)?;
        let hash = sent.hash;
        if self.placed.contains_key(&hash) || self.pool.iter().any(|other| other.hash == hash) {
            bail!("already known");
        }
        let next = self.next_nonce(sent.from);
        ensure!(sent.nonce >= next, "nonce too low: next nonce {next}, tx nonce {}", sent.nonce);
        ensure!(sent.nonce == next, "nonce too high: next nonce {next}, tx nonce {}", sent.nonce);
        ensure!(sent.gas_limit <= evm::TRANSACTION_GAS, "gas limit above 2^24 (EIP-7825)");
        ensure!(sent.gas_price >= u128::from(evm::BASE_FEE), "max fee per gas less than block base fee");
        let cost = U256::from(sent.gas_limit) * U256::from(sent.gas_price) + sent.value;
        ensure!(cost <= self.world().balance(sent.from), "insufficient funds for gas * price + value");
        self.pool.push(sent);
        Ok(hash)
    }

    pub(super) fn receipt(&self, transaction: B256) -> Option<Receipt> {
        let (block, place) = self.placed.get(&transaction)?;
        Some(self.blocks[*block].transactions[*place].receipt.clone())
    }
}
