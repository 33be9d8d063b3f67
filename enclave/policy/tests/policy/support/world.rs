//! The real contracts, deployed by their creation code: a vault, a portfolio, and whatever a test grants.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use contracts_bindings::VaultRegistry::{P256Key, P256Sig};
use contracts_bindings::grants::Grant;
use contracts_bindings::registry::StoreRef;
use contracts_bindings::{Class, StoreAccessPolicy, StoreRegistry, VaultRegistry, runtime_code_hash};
use p256::ecdsa::SigningKey;
use policy::Identity;
use protocol::anchor::{create_vault_digest, public_key, sign};
use revm::context::result::{ExecutionResult, Output};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::database::InMemoryDB;
use revm::primitives::hardfork::SpecId;
use revm::state::{AccountInfo, Bytecode};
use revm::{Context, ExecuteCommitEvm, MainBuilder, MainContext};

use super::beacon::GENESIS;
use super::call::caller;
use super::state::State;

pub(crate) const CHAIN_ID: u64 = 7_777;
pub(crate) const IMAGE: B256 = B256::repeat_byte(0x1a);
pub(crate) const SALT: B256 = B256::repeat_byte(0x5a);
const ADMIN: Address = Address::repeat_byte(0xad);
pub(crate) const OWNER: Address = Address::repeat_byte(0x03);
const FOREVER: u64 = (1 << 40) - 1;

pub(crate) struct World {
    pub(crate) db: InMemoryDB,
    pub(crate) vaults: Address,
    pub(crate) registry: Address,
    pub(crate) policy: Address,
    pub(crate) vault: B256,
    pub(crate) portfolio: u64,
}

impl World {
    /// Nothing granted yet.
    pub(crate) fn new() -> Self {
        let mut db = InMemoryDB::default();
        let vaults = deploy(&mut db, &VaultRegistry::BYTECODE, &[]);
        let registry = deploy(&mut db, &StoreRegistry::BYTECODE, &vaults.abi_encode());
        let policy = deploy(&mut db, &StoreAccessPolicy::BYTECODE, &registry.abi_encode());
        let vault = must(&mut db, ADMIN, vaults, &create_vault(vaults));
        let delay = 172_800.try_into().unwrap();
        let create = StoreRegistry::createPortfolioCall { vault, policy, guardian: OWNER, servicer: OWNER, delay };
        let portfolio = must(&mut db, OWNER, registry, &create);
        Self { db, vaults, registry, policy, vault, portfolio }
    }

    /// READ of every store is granted to the caller.
    pub(crate) fn granted() -> Self {
        let mut world = Self::new();
        world.grant(read_grant());
        world
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity {
            chain_id: CHAIN_ID,
            registry: self.registry,
            registry_code_hash: runtime_code_hash(&StoreRegistry::DEPLOYED_BYTECODE),
            vault_id: self.vault,
            image: IMAGE,
            enclave: [0x0e; 32],
        }
    }

    pub(crate) fn state(&self) -> State {
        State::of(&self.db)
    }

    pub(crate) fn grant(&mut self, grant: Grant) -> B256 {
        let call = StoreAccessPolicy::grantCall { portfolio: self.portfolio, grants: vec![grant] };
        must(&mut self.db, OWNER, self.policy, &call)[0]
    }

    pub(crate) fn revoke(&mut self, id: B256) {
        let call = StoreAccessPolicy::revokeCall { portfolio: self.portfolio, ids: vec![id] };
        must(&mut self.db, OWNER, self.policy, &call);
    }

    /// A transaction that must succeed.
    pub(crate) fn must<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> C::Return {
        let output = self.may(from, to, call).expect("succeeds");
        C::abi_decode_returns_validate(output.data()).unwrap()
    }

    /// A transaction that may revert.
    pub(crate) fn may<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Option<Output> {
        transact(&mut self.db, from, TxKind::Call(to), call.abi_encode().into())
    }

    /// Puts a contract at an address, with its storage.
    pub(crate) fn put_code(&mut self, address: Address, code: Vec<u8>, storage: &[(B256, U256)]) {
        let info = AccountInfo { nonce: 1, ..AccountInfo::from_bytecode(Bytecode::new_raw(code.into())) };
        self.db.insert_account_info(address, info);
        for (slot, value) in storage {
            self.db.insert_account_storage(address, U256::from_be_bytes(slot.0), *value).unwrap();
        }
    }

    pub(crate) fn pause_store(&mut self) {
        let refs = vec![StoreRef { origin: self.portfolio, salt: SALT }];
        let call = StoreRegistry::pauseCall { portfolio: self.portfolio, refs };
        must(&mut self.db, OWNER, self.registry, &call);
    }

    pub(crate) fn revoke_image(&mut self) {
        must(&mut self.db, ADMIN, self.vaults, &VaultRegistry::revokeImageCall { vault: self.vault, image: IMAGE });
    }
}

pub(crate) fn class_word(class: Class) -> B256 {
    B256::with_last_byte(class.number())
}

/// Every store, READ, while performing, without end or limit.
pub(crate) fn read_grant() -> Grant {
    Grant {
        subject: caller().into_word(),
        store: B256::ZERO,
        what: class_word(Class::Read),
        from: 0.try_into().unwrap(),
        until: FOREVER.try_into().unwrap(),
        statuses: 1,
        capacity: 0,
        period: 0,
        spend: B256::ZERO,
        projection: B256::ZERO,
        allowAgents: false,
        r#where: Vec::new(),
    }
}

fn create_vault(vaults: Address) -> VaultRegistry::createVaultCall {
    let key = SigningKey::from_slice(&[1; 32]).unwrap();
    let (constitution, commitment) = (B256::repeat_byte(0xc0), B256::repeat_byte(0x70));
    let vault = keccak256((ADMIN, constitution).abi_encode());
    let digest = create_vault_digest(CHAIN_ID, vaults, vault, constitution, commitment);
    let halves = |bytes: [u8; 64]| (B256::from_slice(&bytes[..32]), B256::from_slice(&bytes[32..]));
    let (x, y) = halves(public_key(&key));
    let (r, s) = halves(sign(&key, &digest).unwrap());
    VaultRegistry::createVaultCall {
        constitution,
        vaultKey: P256Key { x, y },
        rootCommitment: commitment,
        image: IMAGE,
        guardian: ADMIN,
        delay: 604_800.try_into().unwrap(),
        sig: P256Sig { r, s },
    }
}

fn deploy(db: &mut InMemoryDB, creation: &[u8], arguments: &[u8]) -> Address {
    let Output::Create(_, Some(address)) = run(db, ADMIN, TxKind::Create, [creation, arguments].concat().into()) else {
        panic!("not created");
    };
    address
}

fn must<C: SolCall>(db: &mut InMemoryDB, from: Address, to: Address, call: &C) -> C::Return {
    let output = run(db, from, TxKind::Call(to), call.abi_encode().into());
    C::abi_decode_returns_validate(output.data()).unwrap()
}

fn run(db: &mut InMemoryDB, from: Address, kind: TxKind, data: Bytes) -> Output {
    transact(db, from, kind, data).expect("succeeds")
}

fn transact(db: &mut InMemoryDB, from: Address, kind: TxKind, data: Bytes) -> Option<Output> {
    let mut config = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(CHAIN_ID);
    config.disable_nonce_check = true;
    config.disable_balance_check = true;
    config.disable_base_fee = true;
    config.disable_fee_charge = true;
    let block = BlockEnv { number: U256::from(1), timestamp: U256::from(GENESIS), gas_limit: 60_000_000, ..BlockEnv::default() };
    let transaction = TxEnv { caller: from, kind, data, gas_limit: 1 << 24, chain_id: Some(CHAIN_ID), ..TxEnv::default() };
    let mut evm = Context::mainnet().with_db(db).with_block(block).with_cfg(config).build_mainnet();
    match evm.transact_commit(transaction).unwrap() {
        ExecutionResult::Success { output, .. } => Some(output),
        ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => None,
    }
}
