//! Who may change what in the registry.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use contracts_bindings::{Status, StoreAccessPolicy, StoreRegistry, registry::StoreRef};

use crate::chain::TRANSACTION_GAS;
use crate::world::{DAY, FOREVER, GUARDIAN, OWNER, SALT, SERVICER, STRANGER, World, create_portfolio};

#[test]
fn a_portfolio_is_its_creators_and_counted_from_one() {
    let mut world = World::bare();
    assert_eq!(world.portfolio, 1);
    let ran = world.chain.send(STRANGER, world.registry, &create_portfolio(world.vault, world.policy)).unwrap();
    assert_eq!(StoreRegistry::createPortfolioCall::abi_decode_returns_validate(&ran.output).unwrap(), 2);
    let created: StoreRegistry::PortfolioCreated = ran.event();
    assert_eq!((created.portfolio, created.owner, created.vault), (2, STRANGER, world.vault));
    let policy: StoreRegistry::PolicyProposed = ran.event();
    assert_eq!(policy.interfaceId, StoreAccessPolicy::authorizeCall::SELECTOR);
    let tenure: StoreRegistry::TenureStarted = ran.event();
    assert_eq!((tenure.owner, tenure.tenure, tenure.policy), (STRANGER, 1, world.policy));
}

#[test]
fn refuses_a_portfolio_whose_policy_is_none() {
    let mut world = World::bare();
    let always_one = Address::repeat_byte(0x11);
    world.chain.put_code(always_one, hex::decode("60015f5260205ff3").unwrap());
    for policy in [Address::ZERO, STRANGER, world.registry, world.vaults, always_one] {
        let refused = world.chain.send(OWNER, world.registry, &create_portfolio(world.vault, policy)).err().unwrap();
        refused.is(StoreRegistry::PolicyInvalid { policy });
    }
}

#[test]
fn refuses_a_portfolio_without_a_vault_or_with_an_endless_delay() {
    let mut world = World::bare();
    let refused = world.chain.send(OWNER, world.registry, &create_portfolio(B256::ZERO, world.policy)).err().unwrap();
    refused.is(StoreRegistry::VaultInvalid {});
    let delay = (365 * DAY + 1).try_into().unwrap();
    let call = StoreRegistry::createPortfolioCall { delay, ..create_portfolio(world.vault, world.policy) };
    let refused = world.chain.send(OWNER, world.registry, &call).err().unwrap();
    refused.is(StoreRegistry::DelayOutOfRange { delay });
}

#[test]
fn only_owner_and_guardian_pause_and_only_the_owner_ends_it() {
    let mut world = World::bare();
    let portfolio = world.portfolio;
    let pause = StoreRegistry::pauseCall { portfolio, refs: vec![] };
    let unpause = StoreRegistry::unpauseCall { portfolio, refs: vec![] };
    for stranger in [STRANGER, SERVICER] {
        let refused = world.chain.send(stranger, world.registry, &pause).err().unwrap();
        refused.is(StoreRegistry::NotOwnerOrGuardian { portfolio });
    }
    for stranger in [STRANGER, SERVICER, GUARDIAN] {
        let refused = world.chain.send(stranger, world.registry, &unpause).err().unwrap();
        refused.is(StoreRegistry::NotOwner { portfolio });
    }
    let paused: StoreRegistry::Paused = world.chain.send(GUARDIAN, world.registry, &pause).unwrap().event();
    assert_eq!((paused.portfolio, paused.store, paused.by), (portfolio, B256::ZERO, GUARDIAN));
    assert_eq!(paused.until.to::<u64>(), FOREVER);
}

#[test]
fn pauses_stores_of_the_named_portfolio_only() {
    let mut world = World::bare();
    let foreign = world.chain.must(STRANGER, world.registry, &create_portfolio(world.vault, world.policy));
    let pause = |portfolio, origin, salt| StoreRegistry::pauseCall { portfolio, refs: vec![StoreRef { origin, salt }] };
    let refused = world.chain.send(OWNER, world.registry, &pause(world.portfolio, foreign, SALT)).err().unwrap();
    let store = contracts_bindings::store_id(crate::chain::CHAIN_ID, world.registry, foreign, SALT);
    refused.is(StoreRegistry::NotInPortfolio { store, portfolio: world.portfolio });
    let refused = world.chain.send(OWNER, world.registry, &pause(world.portfolio, world.portfolio, B256::ZERO)).err().unwrap();
    refused.is(StoreRegistry::StoreInvalid {});
    let refused = world.chain.send(OWNER, world.registry, &pause(7, 7, SALT)).err().unwrap();
    refused.is(StoreRegistry::PortfolioUnknown { portfolio: 7 });
}

#[test]
fn only_the_servicer_of_every_store_named_sets_its_status() {
    let mut world = World::bare();
    let foreign = StoreRegistry::createPortfolioCall { servicer: STRANGER, ..create_portfolio(world.vault, world.policy) };
    let foreign = world.chain.must(STRANGER, world.registry, &foreign);
    let set = |refs| StoreRegistry::setStatusCall { refs, status: Status::Watch.number(), reason: B256::ZERO };
    for stranger in [STRANGER, OWNER, GUARDIAN] {
        let refused = world.chain.send(stranger, world.registry, &set(vec![world.store()])).err().unwrap();
        refused.is(StoreRegistry::NotServicer { portfolio: world.portfolio });
    }
    let mixed = set(vec![world.store(), StoreRef { origin: foreign, salt: SALT }]);
    let refused = world.chain.send(SERVICER, world.registry, &mixed).err().unwrap();
    refused.is(StoreRegistry::NotServicer { portfolio: foreign });
    let whole = set(vec![StoreRef { origin: world.portfolio, salt: B256::ZERO }]);
    world.chain.send(SERVICER, world.registry, &whole).err().unwrap().is(StoreRegistry::StoreInvalid {});
}

#[test]
fn the_status_of_600_stores_fits_one_transaction() {
    let mut world = World::bare();
    let refs = (1..=600u64).map(|n| StoreRef { origin: world.portfolio, salt: U256::from(n).into() }).collect();
    let call = StoreRegistry::setStatusCall { refs, status: Status::Default.number(), reason: B256::repeat_byte(1) };
    let ran = world.chain.send(SERVICER, world.registry, &call).unwrap();
    println!("setStatus of 600 stores: {} gas of {TRANSACTION_GAS}", ran.gas);
    assert_eq!(ran.logs.len(), 600);
}

#[test]
fn only_its_holder_opens_the_breaker() {
    let mut world = World::bare();
    for stranger in [STRANGER, OWNER, GUARDIAN, SERVICER] {
        for open in [true, false] {
            let call = StoreRegistry::setBreakerCall { open };
            world.chain.send(stranger, world.registry, &call).err().unwrap().is(StoreRegistry::NotBreaker {});
        }
    }
}

#[test]
fn agent_zero_is_the_caller_and_not_revoked() {
    let mut world = World::bare();
    let call = StoreRegistry::revokeAgentCall { agent: B256::ZERO };
    world.chain.send(OWNER, world.registry, &call).err().unwrap().is(StoreRegistry::AgentInvalid {});
}
