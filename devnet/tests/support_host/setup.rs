//! From nothing to a vault that serves a store.

use std::collections::HashMap;

use alloy_primitives::aliases::U40;
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use contracts_bindings::Status;
use contracts_bindings::StoreAccessPolicy::{grantCall, revokeCall};
use contracts_bindings::StoreRegistry::{
    acceptStoresCall, createPortfolioCall, offerStoresCall, pauseCall, proposeUnlockCall, setStatusCall, unpauseCall,
};
use contracts_bindings::VaultRegistry::{P256Key, P256Sig, advanceCall, claimWriterCall, createVaultCall, revokeImageCall};
use contracts_bindings::grants::{Constraint, Grant};
use contracts_bindings::registry::StoreRef;
use devnet::chain::{Account, Config, Devnet};
use protocol::attested::{Setup, UserData};
use protocol::cbor;
use protocol::constitution::Settings;
use protocol::custody::{MemberKey, ShareContext, open_as_member, seal_share};
use protocol::message::{Answer, HostRequest, Phase};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use vault::Vault;

use super::{Caller, IMAGE, Lie, World, honest, image, shop};

/// When the chain begins.
const NOW: u64 = 1_800_000_000;
/// The first store.
pub(crate) const SALT: B256 = B256::repeat_byte(0x5a);
/// The second store.
pub(crate) const SALT_2: B256 = B256::repeat_byte(0x5b);
/// The platform's host.
pub(crate) const SHOP: &str = "demo-shop.myshopify.com";
/// A call that may be made without a limit.
pub(crate) const ORDERS: &str = "{ orders { edges { node { id } } } }";
/// A call that may be made once.
pub(crate) const ONE_EVER: &str = "{ products { edges { node { id } } } }";
/// A call that may be made once in each second.
pub(crate) const ONE_A_SECOND: &str = "{ customers { edges { node { id } } } }";

fn key(xy: &[u8; 64]) -> P256Key {
    P256Key { x: B256::from_slice(&xy[..32]), y: B256::from_slice(&xy[32..]) }
}

fn signature(rs: &[u8; 64]) -> P256Sig {
    P256Sig { r: B256::from_slice(&rs[..32]), s: B256::from_slice(&rs[32..]) }
}

impl World {
    /// A chain and a vault that has its constitution.
    pub(crate) fn configured() -> Self {
        Self::on(&Devnet::new(Config::new(NOW), NOW).unwrap(), [0x4d; 32])
    }

    /// A vault on a chain that is there, for a custody member.
    pub(crate) fn on(chain: &Devnet, member: [u8; 32]) -> Self {
        let accounts = chain.accounts();
        let public = MemberKey::from_secret(&member).unwrap().public();
        let constitution = chain.constitution(&public, accounts.admin.address, accounts.signer.address);
        let mut world = Self {
            chain: chain.clone(),
            vault: Vault::new(&IMAGE, &mut ChaCha20Rng::from_seed([9; 32])),
            constitution,
            settings: Settings::widest(),
            member,
            shares: Vec::new(),
            records: HashMap::new(),
            entries: Vec::new(),
            now: chain.head().timestamp * 1_000,
            draws: 0,
            attested: None,
            sent: Vec::new(),
            platform: shop,
            provider: None,
            renewed: 0,
            home: 1,
        };
        world.boot();
        world
    }

    /// Another enclave in front of the same storage and chain.
    pub(crate) fn fork(&self, draws: u64) -> Self {
        let mut fork = Self::on(&self.chain, self.member);
        fork.draws = draws;
        fork.shares.clone_from(&self.shares);
        fork.records.clone_from(&self.records);
        fork.entries.clone_from(&self.entries);
        fork.now = self.now;
        fork.boot();
        fork
    }

    /// A new process: nothing is left but what the host stored.
    pub(crate) fn boot(&mut self) {
        let mut rng = self.rng();
        self.vault = Vault::new(&IMAGE, &mut rng);
        let request = HostRequest::Configure { constitution: self.constitution.to_bytes(), settings: self.settings.to_bytes() };
        assert_eq!(self.ask(request, &mut honest), Answer::Done);
        assert_eq!(self.phase(), Phase::WaitingForCheckpoint);
    }

    /// Makes a root key and keeps its shares.
    pub(crate) fn make_root(&mut self) {
        let Answer::Genesis(output) = self.ask(HostRequest::Genesis, &mut honest) else { panic!("no genesis") };
        self.shares = output.shares;
    }

    /// Makes the root key and puts its commitment on chain.
    pub(crate) fn genesis(&mut self) {
        self.make_root();
        let Some((UserData::Genesis(genesis), _)) = &self.attested else { panic!("nothing attested") };
        let accounts = self.chain.accounts();
        let call = createVaultCall {
            constitution: self.constitution.digest(),
            vaultKey: key(&genesis.vault_key),
            rootCommitment: B256::from(*genesis.root_commitment),
            image: image(),
            guardian: accounts.guardian.address,
            delay: U40::from(604_800),
            sig: signature(&genesis.create_signature),
        };
        self.transact(&accounts.admin, self.chain.contracts().vault_registry, &call);
    }

    /// Sends a transaction and waits for finality.
    pub(crate) fn transact(&mut self, from: &Account, to: Address, call: &impl SolCall) {
        self.chain.execute(from, Some(to), call.abi_encode()).unwrap();
        self.steps(7);
    }

    pub(crate) fn checkpoint(&mut self) {
        let signed = self.chain.signed_checkpoint(&self.chain.accounts().signer, self.vault_id()).unwrap();
        assert_eq!(self.ask(HostRequest::Checkpoint { signed: cbor::encode(&signed) }, &mut honest), Answer::Done);
    }

    /// The setup document's content and the setup key.
    pub(crate) fn setup(&mut self) -> (Setup, Vec<u8>) {
        match self.attest() {
            (UserData::Setup(setup), key) => (setup, key),
            other => panic!("{other:?}"),
        }
    }

    /// The operator's share, sealed to a boot.
    pub(crate) fn share(&mut self, (setup, key): &(Setup, Vec<u8>)) -> Vec<u8> {
        let member = self.member();
        let sealed = self.shares[0].clone();
        let share = open_as_member(&member, &sealed, &self.vault_id()).unwrap();
        let context = ShareContext {
            vault_id: self.vault_id(),
            settings: B256::from(*setup.settings),
            image: image(),
            epoch: setup.custody_epoch,
            index: sealed.index,
            boot_id: *setup.boot_id,
        };
        let mut rng = self.rng();
        cbor::encode(&seal_share(key, &member, &context, &share, &mut rng).unwrap())
    }

    pub(crate) fn unlock(&mut self) {
        let setup = self.setup();
        let share = self.share(&setup);
        assert_eq!(self.ask(HostRequest::Unlock { share }, &mut honest), Answer::Done);
    }

    /// From a fresh boot to where the ledger is read, which `lie` shapes.
    pub(crate) fn open(&mut self, lie: Lie<'_>) -> Answer {
        self.checkpoint();
        self.unlock();
        self.ask(HostRequest::Tick, lie)
    }

    /// A vault that serves, with no store.
    pub(crate) fn serving() -> Self {
        let mut world = Self::configured();
        world.genesis();
        assert_eq!(world.open(&mut honest), Answer::Done);
        assert_eq!(world.phase(), Phase::Serving);
        world
    }

    /// A portfolio with what its owner granted.
    pub(crate) fn granted() -> Self {
        let mut world = Self::serving();
        world.portfolio(1);
        assert_eq!(world.tick(), Answer::Done);
        world
    }

    /// Makes the next portfolio, which is this one, with the same grants.
    fn portfolio(&mut self, portfolio: u64) {
        let accounts = self.chain.accounts();
        let contracts = self.chain.contracts();
        let create = createPortfolioCall {
            vault: self.vault_id(),
            policy: contracts.policy,
            guardian: accounts.guardian.address,
            servicer: accounts.operator.address,
            delay: U40::ZERO,
        };
        self.transact(&accounts.owner, contracts.store_registry, &create);
        let grant = |subject: &Account, what: &str, capacity: u128, period: u32| Grant {
            subject: subject.address.into_word(),
            store: B256::ZERO,
            what: keccak256(what),
            from: U40::from(NOW - 60),
            until: U40::from(NOW + 86_400),
            statuses: Status::Performing.bit() | Status::Watch.bit(),
            capacity,
            period,
            spend: B256::ZERO,
            projection: B256::ZERO,
            allowAgents: false,
            r#where: Vec::new(),
        };
        let grants = vec![
            grant(&accounts.operator, "vault.provision", 0, 0),
            grant(&accounts.caller, "shopify.query.orders", 0, 0),
            grant(&accounts.caller, "shopify.query.products", 1, 0),
            grant(&accounts.caller, "shopify.query.customers", 1, 1),
            grant(&accounts.caller, "amazon-sp.sellers.account", 0, 0),
            grant(&accounts.caller, "payoneer.accounts.balances", 0, 0),
            grant(&accounts.caller, "mercado-libre.users.me", 0, 0),
            grant(&accounts.caller, "lazada.seller.get", 0, 0),
            grant(&accounts.caller, "tiktok-shop.seller.shops", 0, 0),
            grant(&accounts.caller, "shopee.shop.info", 0, 0),
        ];
        self.transact(&accounts.owner, contracts.policy, &grantCall { portfolio, grants });
    }

    /// Gives a store a home in another portfolio of the same owner's. What is handed over from now on is of a store there.
    pub(crate) fn move_store(&mut self, salt: B256) {
        self.portfolio(2);
        let (owner, registry) = (self.chain.accounts().owner, self.chain.contracts().store_registry);
        let refs = vec![StoreRef { origin: 1, salt }];
        self.transact(&owner, registry, &offerStoresCall { refs: refs.clone(), to: 2 });
        self.transact(&owner, registry, &acceptStoresCall { to: 2, refs });
        self.home = 2;
        assert_eq!(self.tick(), Answer::Done);
    }

    /// Grants an operation for thirty days, without a limit.
    pub(crate) fn grant(&mut self, subject: &Account, what: &str) {
        self.grant_where(subject, what, Vec::new());
    }

    /// The same, as long as parameters are what is said.
    pub(crate) fn grant_where(&mut self, subject: &Account, what: &str, conditions: Vec<Constraint>) {
        self.grant_unseen(subject, what, conditions);
        assert_eq!(self.tick(), Answer::Done);
    }

    /// The same, and the vault is not told of the block yet.
    pub(crate) fn grant_unseen(&mut self, subject: &Account, what: &str, conditions: Vec<Constraint>) {
        let grant = Grant {
            subject: subject.address.into_word(),
            store: B256::ZERO,
            what: keccak256(what),
            from: U40::from(NOW - 60),
            until: U40::from(NOW + 30 * 86_400),
            statuses: Status::Performing.bit() | Status::Watch.bit(),
            capacity: 0,
            period: 0,
            spend: B256::ZERO,
            projection: B256::ZERO,
            allowAgents: false,
            r#where: conditions,
        };
        let (owner, policy) = (self.chain.accounts().owner, self.chain.contracts().policy);
        self.transact(&owner, policy, &grantCall { portfolio: 1, grants: vec![grant] });
    }

    /// Opens closed operations of a store: proposed, and two days later.
    pub(crate) fn unlock_operations(&mut self, salt: B256, operations: &[&str]) {
        let (owner, registry) = (self.chain.accounts().owner, self.chain.contracts().store_registry);
        let until = U40::from(self.now / 1_000 + 20 * 86_400);
        for operation in operations {
            let operation = keccak256(operation);
            let call = proposeUnlockCall { portfolio: 1, r#ref: StoreRef { origin: 1, salt }, operation, until };
            self.transact(&owner, registry, &call);
        }
        self.now += (2 * 86_400 + 600) * 1_000;
        self.catch_up();
    }

    /// A vault with one store.
    pub(crate) fn ready() -> Self {
        let mut world = Self::granted();
        let caller = Caller::of(&mut world);
        let read = world.provision(&caller, SALT, SHOP, &mut honest).1;
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
        world.sent.clear();
        world
    }

    /// Pauses the portfolio, or ends the pause. In the next block.
    pub(crate) fn pause(&mut self, paused: bool) {
        let (owner, registry) = (self.chain.accounts().owner, self.chain.contracts().store_registry);
        let data = if paused {
            pauseCall { portfolio: 1, refs: Vec::new() }.abi_encode()
        } else {
            unpauseCall { portfolio: 1, refs: Vec::new() }.abi_encode()
        };
        self.chain.execute(&owner, Some(registry), data).unwrap();
    }

    /// Takes the caller's grant for an operation back. In the next block.
    pub(crate) fn revoke(&self, operation: &str) {
        let (accounts, policy) = (self.chain.accounts(), self.chain.contracts().policy);
        let key = (1_u64, 1_u32, accounts.caller.address.into_word(), B256::ZERO, keccak256(operation));
        let call = revokeCall { portfolio: 1, ids: vec![keccak256(key.abi_encode())] };
        self.chain.execute(&accounts.owner, Some(policy), call.abi_encode()).unwrap();
    }

    /// Closes a store, and waits for finality.
    pub(crate) fn close(&mut self, salt: B256) {
        let (servicer, registry) = (self.chain.accounts().operator, self.chain.contracts().store_registry);
        let refs = vec![StoreRef { origin: 1, salt }];
        // The only way is by way of default.
        for status in [Status::Default, Status::Closed] {
            let call = setStatusCall { refs: refs.clone(), status: status as u8, reason: B256::ZERO };
            self.transact(&servicer, registry, &call);
        }
    }

    /// Takes the image back, and waits for finality.
    pub(crate) fn revoke_image(&mut self) {
        let (admin, registry) = (self.chain.accounts().admin, self.chain.contracts().vault_registry);
        let call = revokeImageCall { vault: self.vault_id(), image: image() };
        self.transact(&admin, registry, &call);
    }

    /// Puts the ledger's size and root on chain. Returns the size.
    pub(crate) fn anchor(&mut self) -> u64 {
        let Answer::Anchor(statement) = self.ask(HostRequest::Anchor, &mut honest) else { panic!("no statement") };
        let (payer, registry) = (self.chain.accounts().operator, self.chain.contracts().vault_registry);
        let claim = claimWriterCall {
            vault: self.vault_id(),
            writer: key(&statement.writer),
            size: statement.claim_size,
            root: B256::from(*statement.claim_root),
            sig: signature(&statement.claim_signature),
        };
        self.transact(&payer, registry, &claim);
        if statement.size > statement.claim_size {
            let advance = advanceCall {
                vault: self.vault_id(),
                size: statement.size,
                root: B256::from(*statement.root),
                sig: signature(&statement.signature),
            };
            self.transact(&payer, registry, &advance);
        }
        statement.size
    }
}
