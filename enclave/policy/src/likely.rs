//! What a decision will read next, told from where the contracts keep it.
//!
//! A run finds what it lacks link by link: the portfolio names the policy, its storage names the implementation, and so on, each a round trip.
//! The registry's code is pinned, and most policies are the reference policy, so most of a decision's slots are known before anything ran.
//! These are guesses and nothing more: they are asked for beside what a run lacks, no answer rests on them, and what was guessed wrong is
//! a few proofs too many, once.

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256};
use alloy_sol_types::SolValue;
use chain::{Account, ProvenState};
use contracts_bindings::{Class, store_id};

use crate::authenticate::Authenticated;
use crate::identity::Identity;
use crate::layout::{self, after, entry, field, policy, registry, slot, vaults};
use crate::operation::Operation;
use crate::wanted::Wanted;

/// Constraints of one grant that are guessed at.
const CONSTRAINTS: u64 = 8;

/// What is not proven of what the registry, and the reference policy behind it, will read for a call.
pub(crate) fn of_call(state: &ProvenState, call: &Authenticated, operations: &[Operation], identity: &Identity) -> Wanted {
    let mut guess = Guess { state, call, operations, identity, likely: Wanted::default() };
    guess.registry();
    guess.likely
}

/// What is not proven of what a proxy or a Safe will read to say whether it signed.
pub(crate) fn of_account(state: &ProvenState, account: Address) -> Wanted {
    let mut likely = Wanted::default();
    for pointer in [slot(0), layout::IMPLEMENTATION, layout::SAFE_HANDLER] {
        if let Some(to) = read(state, &mut likely, account, pointer).and_then(|value| address(&value)) {
            code(state, &mut likely, to);
        }
    }
    read(state, &mut likely, account, slot(layout::SAFE_THRESHOLD));
    likely
}

struct Guess<'s> {
    state: &'s ProvenState,
    call: &'s Authenticated,
    operations: &'s [Operation],
    identity: &'s Identity,
    likely: Wanted,
}

/// Whose grants are looked for.
struct Holding {
    portfolio: u64,
    store: B256,
    /// The portfolio's.
    tenure: u32,
    /// The store's.
    store_tenure: u32,
}

impl Guess<'_> {
    fn read(&mut self, account: Address, slot: B256) -> Option<[u8; 32]> {
        read(self.state, &mut self.likely, account, slot)
    }

    fn registry(&mut self) {
        let Identity { chain_id, registry: at, vault_id, image, .. } = *self.identity;
        let (origin, salt) = (self.call.origin(), self.call.salt());
        self.read(at, slot(registry::BREAKER));
        if let Some(agent) = self.call.agent() {
            let revoked = entry(entry(slot(registry::REVOKED), self.call.caller().into_word()), agent.key.id());
            self.read(at, revoked);
        }
        let vaults = self.read(at, slot(registry::VAULT_REGISTRY));
        if let Some(vaults) = vaults.and_then(|value| address(&value)) {
            code(self.state, &mut self.likely, vaults);
            self.read(vaults, entry(entry(slot(vaults::LIVE_FROM), vault_id), image));
        }
        let store = store_id(chain_id, at, origin, salt);
        // The portfolio in which it was made, while it is not known whether it moved.
        let (mut portfolio, mut lead) = (origin, 0);
        if !salt.is_zero()
            && let Some(value) = self.read(at, entry(slot(registry::STORES), store))
        {
            if field(&value, registry::LOOSENS) != [0] {
                self.read(at, entry(slot(registry::LOOSENINGS), store));
            }
            let home = u64::from_be_bytes(field(&value, registry::HOME));
            portfolio = if home == 0 { origin } else { home };
            lead = u32::from_be_bytes(field(&value, registry::LEAD));
        }
        let first = entry(slot(registry::PORTFOLIOS), slot(portfolio));
        let [owner, named, _] = [0, 1, registry::VAULT].map(|number| self.read(at, after(first, number)));
        let (Some(owner), Some(named)) = (owner, named) else { return };
        let tenure = u32::from_be_bytes(field(&owner, registry::TENURE));
        let holding = Holding { portfolio, store, tenure, store_tenure: tenure.saturating_add(lead) };
        for operation in self.operations.iter().filter(|operation| closed(operation.class)) {
            let key = keccak256((store, holding.store_tenure, operation.id()).abi_encode());
            self.read(at, entry(slot(registry::UNLOCKS), key));
        }
        self.policy(address(&named), &holding);
        if field(&named, registry::POLICY_CHANGES) != [0] {
            let next = self.read(at, after(first, registry::NEXT_POLICY));
            self.policy(next.and_then(|value| address(&value)), &holding);
        }
    }

    /// A policy's code, its implementation if it is a proxy, and what it would read if it were the reference policy.
    fn policy(&mut self, policy: Option<Address>, holding: &Holding) {
        let Some(at) = policy else { return };
        code(self.state, &mut self.likely, at);
        if let Some(implementation) = self.read(at, layout::IMPLEMENTATION).and_then(|value| address(&value)) {
            code(self.state, &mut self.likely, implementation);
        }
        self.read(at, slot(policy::REGISTRY));
        let (portfolio, role) = (slot(holding.portfolio), self.call.call().role);
        let caller = self.call.caller().into_word();
        let role = (!role.is_zero()).then_some(role);
        for subject in [Some(caller), Some(B256::ZERO), role].into_iter().flatten() {
            let key = keccak256((holding.tenure, subject).abi_encode());
            self.read(at, entry(entry(slot(policy::DENIALS), portfolio), key));
        }
        if let Some(role) = role {
            let key = keccak256((holding.tenure, role, self.call.caller()).abi_encode());
            self.read(at, entry(entry(slot(policy::MEMBERS), portfolio), key));
        }
        if !self.call.evidence().is_empty() {
            self.read(at, entry(entry(slot(policy::ROOTS), portfolio), slot(holding.tenure.into())));
        }
        let operations = self.operations;
        for subject in [Some(caller), role].into_iter().flatten() {
            for operation in operations {
                self.grants(at, holding, subject, operation);
            }
        }
    }

    /// The narrowest first, as the policy looks for them.
    fn grants(&mut self, at: Address, holding: &Holding, subject: B256, operation: &Operation) {
        let Holding { portfolio, store, tenure, store_tenure } = *holding;
        let class = (operation.class != Class::Export).then(|| slot(operation.class.number().into()));
        for what in [Some(operation.id()), class].into_iter().flatten() {
            for (tenure, store) in [(store_tenure, store), (tenure, B256::ZERO)] {
                let id = keccak256((portfolio, tenure, subject, store, what).abi_encode());
                let first = entry(entry(slot(policy::GRANTS), slot(portfolio)), id);
                let more = |value: [u8; 32]| field::<1>(&value, policy::FLAGS).iter().any(|flags| flags & policy::MORE != 0);
                if self.read(at, first).is_some_and(more) {
                    self.conditions(at, first);
                }
            }
        }
    }

    /// What else a grant says.
    fn conditions(&mut self, at: Address, grant: B256) {
        self.read(at, after(grant, 1));
        self.read(at, after(grant, 2));
        let place = after(grant, policy::WHERE);
        let Some(count) = self.read(at, place) else { return };
        let first = keccak256(place);
        let count = u64::try_from(U256::from_be_bytes(count)).unwrap_or(u64::MAX).min(CONSTRAINTS);
        for word in 0..count.saturating_mul(policy::CONSTRAINT) {
            self.read(at, after(first, word));
        }
    }
}

/// Classes that the registry keeps closed.
const fn closed(class: Class) -> bool {
    matches!(class, Class::Routing | Class::Mint | Class::Authz | Class::Export)
}

/// A slot's value, or notes that it is not proven.
fn read(state: &ProvenState, likely: &mut Wanted, account: Address, slot: B256) -> Option<[u8; 32]> {
    let value = state.slot(account.into_array(), slot.0);
    if value.is_none() {
        likely.slot(account, slot);
    }
    value
}

/// Notes an account and its code, if they are not proven.
fn code(state: &ProvenState, likely: &mut Wanted, account: Address) {
    let lacks = match state.account(account.into_array()) {
        None => true,
        Some(Account::Absent) => false,
        Some(Account::Present { code_hash, .. }) => code_hash != KECCAK256_EMPTY.0 && state.code(&code_hash).is_none(),
    };
    if lacks {
        likely.account(account, true);
    }
}

/// The address in a slot's low bytes, if it could be one.
fn address(value: &[u8; 32]) -> Option<Address> {
    let address = Address::from(field(value, 0));
    // The first 65,536 are no contracts.
    (!address.starts_with(&[0; 18])).then_some(address)
}
