//! The contracts of the first blocks, and the constitution of a vault on this chain.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_sol_types::SolValue;
use anyhow::{Context, Result, ensure};
use contracts_bindings::{StoreAccessPolicy, StoreRegistry, VaultRegistry};
use minicbor::bytes::{ByteArray, ByteVec};
use protocol::attested::{self, Checkpoint, SignedCheckpoint};
use protocol::constitution::{self, CheckpointSigners, Constitution, Contract, Custody, Fork, NetworkSpec};

use super::node::Node;
use super::{Account, Config, Devnet};

/// `Fulu` in [`Fork::layout`].
const FULU: u8 = 5;

/// The contracts that are deployed in the second block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contracts {
    /// `VaultRegistry`.
    pub vault_registry: Address,
    /// `StoreRegistry`.
    pub store_registry: Address,
    /// `StoreAccessPolicy`.
    pub policy: Address,
}

impl Contracts {
    pub(super) const fn none() -> Self {
        Self { vault_registry: Address::ZERO, store_registry: Address::ZERO, policy: Address::ZERO }
    }
}

impl Node {
    /// Puts the creations in the pool.
    pub(super) fn deploy(&mut self) -> Result<()> {
        let deployer = self.accounts.deployer.clone();
        let address = |nonce| deployer.address.create(nonce);
        self.contracts = Contracts { vault_registry: address(0), store_registry: address(1), policy: address(2) };
        let creation = |code: &Bytes, argument: Address| Bytes::from([code.as_ref(), &argument.abi_encode()].concat());
        let creations = [
            VaultRegistry::BYTECODE.clone(),
            creation(&StoreRegistry::BYTECODE, self.contracts.vault_registry),
            creation(&StoreAccessPolicy::BYTECODE, self.contracts.store_registry),
        ];
        for code in creations {
            self.transact(&deployer, None, code)?;
        }
        Ok(())
    }

    /// Checks that they are there.
    pub(super) fn deployed(&self) -> Result<()> {
        let Contracts { vault_registry, store_registry, policy } = self.contracts;
        for (name, address) in
            [("VaultRegistry", vault_registry), ("StoreRegistry", store_registry), ("StoreAccessPolicy", policy)]
        {
            ensure!(!self.world().code(address).is_empty(), "{name} could not be deployed");
        }
        Ok(())
    }
}

impl Config {
    /// The chain as a constitution describes it.
    #[must_use]
    pub fn network(&self) -> NetworkSpec {
        NetworkSpec::Custom {
            chain_id: self.chain_id,
            genesis_validators_root: self.genesis_validators_root,
            genesis_time: self.genesis_time,
            seconds_per_slot: self.seconds_per_slot,
            forks: vec![Fork { layout: FULU, version: self.fork_version, epoch: 0 }],
            preset: 0,
        }
    }
}

impl Devnet {
    /// The constitution of a vault on this chain: custody 1 of 1, checkpoint signers 1 of 1.
    #[must_use]
    pub fn constitution(&self, custody_member: &[u8; 65], admin: Address, signer: Address) -> Constitution {
        let contract = |address: Address| Contract { address: address.into(), code_hash: keccak256(self.code(address)).into() };
        let contracts = self.contracts();
        Constitution {
            version: constitution::VERSION,
            network: self.config().network(),
            store_registry: contract(contracts.store_registry),
            vault_registry: contract(contracts.vault_registry),
            admin: admin.into(),
            custody: Custody::Quorum { threshold: 1, members: vec![ByteVec::from(custody_member.to_vec())] },
            checkpoint_signers: CheckpointSigners { threshold: 1, signers: vec![ByteVec::from(signer.to_vec())] },
        }
    }

    /// The newest finalized block as a checkpoint, signed for a vault.
    ///
    /// # Errors
    /// The account can't sign.
    pub fn signed_checkpoint(&self, signer: &Account, vault_id: B256) -> Result<SignedCheckpoint> {
        let finalized = self.finalized();
        let checkpoint = Checkpoint { slot: finalized.slot, root: ByteArray::from(finalized.root.0) };
        let registry = self.contracts().store_registry;
        let digest = attested::checkpoint_digest(self.config().chain_id, registry, vault_id, &checkpoint);
        let signature = signer.sign(digest).context("checkpoint")?;
        let signatures = vec![ByteVec::from(signature.to_vec())];
        Ok(SignedCheckpoint { version: attested::VERSION, checkpoint, signatures })
    }
}
