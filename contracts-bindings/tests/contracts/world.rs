//! The valid case that every test changes one thing of: a vault, a portfolio and one grant.

use alloy_primitives::{Address, B256, address, keccak256, uint};
use alloy_sol_types::{Eip712Domain, SolStruct, SolValue};
use contracts_bindings::{
    AUTHORIZE_GAS, Class, StoreAccessPolicy, StoreRegistry, VaultRegistry,
    VaultRegistry::{P256Key, P256Sig},
    grants::Grant,
    registry::{Decision, Param, Request, StoreRef, Subject},
    rule_text,
};
use p256::ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner};
use protocol::anchor::CreateVault;

use crate::chain::{CHAIN_ID, Chain, Failed};

pub(crate) const ADMIN: Address = address!("0xad00000000000000000000000000000000000001");
pub(crate) const VAULT_GUARDIAN: Address = address!("0xad00000000000000000000000000000000000002");
pub(crate) const BREAKER: Address = address!("0xad00000000000000000000000000000000000003");
pub(crate) const OWNER: Address = address!("0x0300000000000000000000000000000000000001");
pub(crate) const GUARDIAN: Address = address!("0x0300000000000000000000000000000000000002");
pub(crate) const SERVICER: Address = address!("0x0300000000000000000000000000000000000003");
pub(crate) const CALLER: Address = address!("0xca00000000000000000000000000000000000001");
pub(crate) const STRANGER: Address = address!("0xff00000000000000000000000000000000000001");

pub(crate) const CONSTITUTION: B256 = B256::repeat_byte(0xc0);
pub(crate) const COMMITMENT: B256 = B256::repeat_byte(0x70);
pub(crate) const IMAGE: B256 = B256::repeat_byte(0x1a);
pub(crate) const SALT: B256 = B256::repeat_byte(0x5a);
pub(crate) const DAY: u64 = 86_400;
/// As `until`: no end.
pub(crate) const FOREVER: u64 = (1 << 40) - 1;

pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) vaults: Address,
    pub(crate) registry: Address,
    pub(crate) policy: Address,
    pub(crate) vault: B256,
    pub(crate) portfolio: u64,
}

/// P-256 keys are named by a byte.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn public(key: &SigningKey) -> P256Key {
    let point = key.verifying_key().to_sec1_point(false);
    P256Key { x: B256::from_slice(point.x().unwrap()), y: B256::from_slice(point.y().unwrap()) }
}

/// The low-s signature of a digest.
pub(crate) fn sign(key: &SigningKey, digest: B256) -> P256Sig {
    let signature: Signature = key.sign_prehash(digest.as_slice()).unwrap();
    let bytes = signature.normalize_s().to_bytes();
    P256Sig { r: B256::from_slice(&bytes[..32]), s: B256::from_slice(&bytes[32..]) }
}

/// The other s that verifies: n - s.
pub(crate) fn malleated(signature: &P256Sig) -> P256Sig {
    const ORDER: alloy_primitives::U256 = uint!(0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551_U256);
    let s = ORDER - alloy_primitives::U256::from_be_bytes(signature.s.0);
    P256Sig { r: signature.r, s: s.into() }
}

pub(crate) fn domain(vaults: Address) -> Eip712Domain {
    protocol::anchor::domain(CHAIN_ID, vaults)
}

pub(crate) fn vault_id(admin: Address) -> B256 {
    keccak256((admin, CONSTITUTION).abi_encode())
}

pub(crate) fn create_vault(vaults: Address) -> VaultRegistry::createVaultCall {
    let what = CreateVault { vault: vault_id(ADMIN), constitution: CONSTITUTION, rootCommitment: COMMITMENT };
    VaultRegistry::createVaultCall {
        constitution: CONSTITUTION,
        vaultKey: public(&key(1)),
        rootCommitment: COMMITMENT,
        image: IMAGE,
        guardian: VAULT_GUARDIAN,
        delay: (7 * DAY).try_into().unwrap(),
        sig: sign(&key(1), what.eip712_signing_hash(&domain(vaults))),
    }
}

pub(crate) fn subject(address: Address) -> B256 {
    address.into_word()
}

pub(crate) fn class(class: Class) -> B256 {
    B256::with_last_byte(class.number())
}

/// Every store, READ, while performing, without end or limit.
pub(crate) fn grant() -> Grant {
    Grant {
        subject: subject(CALLER),
        store: B256::ZERO,
        what: class(Class::Read),
        from: 0.try_into().unwrap(),
        until: FOREVER.try_into().unwrap(),
        statuses: 1,
        capacity: 0,
        period: 0,
        spend: B256::ZERO,
        projection: B256::ZERO,
        allowAgents: false,
        r#where: vec![],
    }
}

impl World {
    /// No grant yet.
    pub(crate) fn bare() -> Self {
        let mut chain = Chain::new();
        let vaults = chain.deploy(ADMIN, &VaultRegistry::BYTECODE, &[]);
        let registry = chain.deploy(BREAKER, &StoreRegistry::BYTECODE, &vaults.abi_encode());
        let policy = chain.deploy(STRANGER, &StoreAccessPolicy::BYTECODE, &registry.abi_encode());
        let vault = chain.must(ADMIN, vaults, &create_vault(vaults));
        let portfolio = chain.must(OWNER, registry, &create_portfolio(vault, policy));
        Self { chain, vaults, registry, policy, vault, portfolio }
    }

    /// With the one grant of [`grant`].
    pub(crate) fn new() -> Self {
        let mut world = Self::bare();
        world.grant(grant());
        world
    }

    #[track_caller]
    pub(crate) fn grant(&mut self, grant: Grant) -> B256 {
        self.try_grant(OWNER, grant).unwrap()
    }

    pub(crate) fn try_grant(&mut self, from: Address, grant: Grant) -> Result<B256, Failed> {
        let call = StoreAccessPolicy::grantCall { portfolio: self.portfolio, grants: vec![grant] };
        let ran = self.chain.send(from, self.policy, &call)?;
        let ids = <StoreAccessPolicy::grantCall as alloy_sol_types::SolCall>::abi_decode_returns_validate(&ran.output).unwrap();
        Ok(ids[0])
    }

    pub(crate) fn store(&self) -> StoreRef {
        StoreRef { origin: self.portfolio, salt: SALT }
    }

    /// Allowed in [`World::new`].
    pub(crate) fn request(&self) -> Request {
        Request {
            vault: self.vault,
            image: IMAGE,
            r#ref: self.store(),
            caller: CALLER,
            agent: B256::ZERO,
            role: B256::ZERO,
            operation: keccak256("shopify.query.orders"),
            class: Class::Read.number(),
            requestHash: B256::repeat_byte(1),
            recipient: B256::ZERO,
            time: self.chain.now,
            params: vec![],
            evidence: vec![].into(),
        }
    }

    /// Runs `authorize` as the enclave does.
    pub(crate) fn try_authorize(&mut self, request: Request) -> Result<(Decision, Subject), Failed> {
        let call = StoreRegistry::authorizeCall { request };
        let ran = self.chain.call(Address::ZERO, self.registry, &call, AUTHORIZE_GAS)?;
        let returned =
            <StoreRegistry::authorizeCall as alloy_sol_types::SolCall>::abi_decode_returns_validate(&ran.output).unwrap();
        Ok((returned.decision, returned.subject))
    }

    #[track_caller]
    pub(crate) fn authorize(&mut self, request: Request) -> Decision {
        self.try_authorize(request).unwrap().0
    }

    /// The rule of the refusal.
    #[track_caller]
    pub(crate) fn refusal(&mut self, request: Request) -> String {
        let decision = self.authorize(request);
        assert!(!decision.allowed);
        assert_eq!((decision.projection, decision.limits.len()), (B256::ZERO, 0));
        rule_text(decision.rule).unwrap()
    }
}

pub(crate) fn create_portfolio(vault: B256, policy: Address) -> StoreRegistry::createPortfolioCall {
    StoreRegistry::createPortfolioCall {
        vault,
        policy,
        guardian: GUARDIAN,
        servicer: SERVICER,
        delay: (2 * DAY).try_into().unwrap(),
    }
}

pub(crate) fn param(name: &str, value: u64) -> Param {
    Param { name: keccak256(name), value: B256::left_padding_from(&value.to_be_bytes()) }
}
