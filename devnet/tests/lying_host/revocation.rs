//! How long what the chain took back can still be used, and how long it takes until what it gave can be: measured on the devnet's chain, whose slots
//! are one second and whose blocks are final four slots later.

use alloy_primitives::aliases::U40;
use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolCall;
use contracts_bindings::Status;
use contracts_bindings::StoreAccessPolicy::grantCall;
use contracts_bindings::StoreRegistry::{acceptPortfolioCall, offerPortfolioCall, pauseCall};
use contracts_bindings::VaultRegistry::revokeImageCall;
use contracts_bindings::grants::Grant;
use devnet::chain::Account;
use protocol::attested::image_id;
use protocol::constitution::Settings;
use protocol::message::Answer;
use vault::{Local, Step};

use crate::support_host::{Caller, IMAGE, ORDERS, Read, World, honest};
use crate::{read, ready};

/// Makes the block that takes something back.
type Change = fn(&World);

fn send(world: &World, from: &Account, to: alloy_primitives::Address, call: &impl SolCall) {
    world.chain.execute(from, Some(to), call.abi_encode()).unwrap();
}

/// What is taken back, what happens before, how, and the rule of the refusal.
fn changes() -> [(&'static str, Change, Change, &'static str); 4] {
    [
        ("pause", |_| {}, pause, "portfolio.paused"),
        ("revocation of the grant", |_| {}, revoke, "grant.none"),
        ("transfer of the portfolio", offer, accept, "grant.none"),
        ("revocation of the image", |_| {}, revoke_image, "vault.not_live"),
    ]
}

fn pause(world: &World) {
    send(world, &world.chain.accounts().owner, world.chain.contracts().store_registry, &pauseCall { portfolio: 1, refs: vec![] });
}

fn revoke(world: &World) {
    world.revoke("shopify.query.orders");
}

fn offer(world: &World) {
    let accounts = world.chain.accounts();
    let offer = offerPortfolioCall { portfolio: 1, to: accounts.admin.address };
    send(world, &accounts.owner, world.chain.contracts().store_registry, &offer);
}

fn accept(world: &World) {
    let (accounts, contracts) = (world.chain.accounts(), world.chain.contracts());
    let accept = acceptPortfolioCall {
        portfolio: 1,
        policy: contracts.policy,
        guardian: accounts.guardian.address,
        servicer: accounts.operator.address,
    };
    send(world, &accounts.admin, contracts.store_registry, &accept);
}

fn revoke_image(world: &World) {
    let (accounts, registry) = (world.chain.accounts(), world.chain.contracts().vault_registry);
    let image = image_id(&IMAGE.pcr0, &IMAGE.pcr1, &IMAGE.pcr2);
    send(world, &accounts.admin, registry, &revokeImageCall { vault: world.vault_id(), image });
}

fn call(world: &mut World, caller: &Caller) -> Read {
    let sealed = caller.query(world, ORDERS);
    let talk = world.run(sealed.request(), &mut honest);
    read(&talk, &sealed)
}

/// One block more, the clock with it, and a host that shows it.
fn slot(world: &mut World) {
    world.steps(1);
    assert_eq!(world.tick(), Answer::Done);
}

/// A vault that serves, and what is to be taken back, right before the block that does it.
fn before(prepare: Change) -> (World, Caller) {
    let (mut world, caller) = ready();
    prepare(&world);
    slot(&mut world);
    assert_eq!(call(&mut world, &caller).outcome, "upstream");
    (world, caller)
}

#[test]
fn t49_t63_t80_with_an_honest_host_what_is_taken_back_ends_a_slot_after_its_block() {
    for (name, prepare, change, rule) in changes() {
        let (mut world, caller) = before(prepare);
        change(&world);
        let block = world.chain.head();
        world.now = block.timestamp * 1_000;
        assert_eq!(world.tick(), Answer::Done);
        let mut slots = 0;
        // The block's signatures come in the next one.
        let refused = loop {
            let answer = call(&mut world, &caller);
            if answer.outcome == "refused" {
                break answer;
            }
            assert!(slots < 3, "{name} is not heeded");
            slots += 1;
            slot(&mut world);
        };
        println!("{name}: refused {slots} slot after its block, by {}", refused.rule);
        assert_eq!((refused.rule.as_str(), slots), (rule, 1), "{name}");
    }
}

#[test]
fn t36_t49_t63_t80_a_host_that_withholds_everything_gains_the_age_of_a_head_and_the_life_of_a_permit() {
    let bound = (Settings::ATTESTED_AGE + Settings::PERMIT_LIFE) * 1_000;
    for (name, prepare, change, _) in changes() {
        let (mut world, caller) = before(prepare);
        change(&world);
        let block = world.chain.head();
        world.now = block.timestamp * 1_000;
        // The newest head that does not have it. From here on the host shows none.
        assert_eq!(world.tick(), Answer::Done);
        let attested = world.status().attested.unwrap();
        assert_eq!(attested.block_number, block.number - 1);
        let head = world.chain.config().time_of(attested.slot) * 1_000;
        for seconds in [20, 60, 100, 119] {
            world.now = head + seconds * 1_000;
            assert_eq!(call(&mut world, &caller).outcome, "upstream", "{name}, {seconds} s after the head");
        }
        // The last permit that there is, held up for as long as it lives.
        world.now = head + Settings::ATTESTED_AGE * 1_000 + 999;
        let sealed = caller.query(&mut world, ORDERS);
        let mut talk = world.talk(sealed.request());
        while !talk.sends() {
            assert!(talk.done().is_none(), "{name}");
            world.advance(&mut talk, &mut honest);
        }
        let Some(Step::Local(Local::Egress(egress))) = &talk.step else { panic!("it sends") };
        let send_before = egress.send_before;
        world.now += 1;
        let refused = call(&mut world, &caller);
        let refused_at = world.now - world.chain.head().timestamp * 1_000;
        let sent = world.sent.len();
        world.now = send_before - 1;
        world.finish(&mut talk, &mut honest);
        assert_eq!(world.sent.len(), sent + 1);
        let last = send_before - block.timestamp * 1_000;
        println!("{name}, withheld: last use before {last} ms after its block, first call refused after {refused_at} ms");
        assert_eq!(refused.refusal, "stale_chain", "{name}");
        assert!(refused_at < last && last <= bound, "{name}: {refused_at} and {last} of {bound} ms");
        // The bound says what it is, to a slot.
        assert!(last + 2_000 > bound, "{name}: {last} of {bound} ms");
        // As soon as it shows a head again, the chain's word counts.
        world.catch_up();
        assert_eq!(call(&mut world, &caller).outcome, "refused");
    }
}

#[test]
fn a_grant_is_heeded_once_it_is_final() {
    let (mut world, caller) = ready();
    revoke(&world);
    world.steps(7);
    assert_eq!(world.tick(), Answer::Done);
    assert_eq!(call(&mut world, &caller).rule, "grant.none");
    let (accounts, contracts) = (world.chain.accounts(), world.chain.contracts());
    let seconds = world.now / 1_000;
    let given = Grant {
        subject: accounts.caller.address.into_word(),
        store: B256::ZERO,
        what: keccak256("shopify.query.orders"),
        from: U40::from(seconds - 60),
        until: U40::from(seconds + 3_600),
        statuses: Status::Performing.bit(),
        capacity: 0,
        period: 0,
        spend: B256::ZERO,
        projection: B256::ZERO,
        allowAgents: false,
        r#where: Vec::new(),
    };
    send(&world, &accounts.owner, contracts.policy, &grantCall { portfolio: 1, grants: vec![given] });
    let block = world.chain.head();
    let mut slots = 0;
    loop {
        let finalized = world.status().finalized.unwrap().block_number;
        let answer = call(&mut world, &caller);
        if answer.outcome == "upstream" {
            assert!(finalized >= block.number, "allowed at block {finalized}, before {} is final", block.number);
            break;
        }
        assert_eq!(answer.rule, "grant.none");
        assert!(finalized < block.number, "refused although it is final");
        slots += 1;
        assert!(slots < 20);
        slot(&mut world);
    }
    println!("grant: allowed {slots} slots after its block, when it is final");
    assert_eq!(slots, world.chain.config().finality + 1);
}
