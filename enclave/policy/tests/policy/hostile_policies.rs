//! A policy is anybody's code. Behind the real registry, whatever it does, a call is decided or refused with a rule, and within bounds.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use contracts_bindings::StoreRegistry;
use contracts_bindings::registry::{Decision, Limit};
use policy::{ProveError, RunError};
use revm::bytecode::opcode as op;

use crate::support::account::{IMPLEMENTATION, proxy};
use crate::support::world::World;
use crate::support::{Pair, orders};

const OTHER: Address = Address::repeat_byte(0xbb);

/// Runtime code that does `first`, then returns `data`.
fn then_returning(first: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    let at = u16::try_from(first.len() + 15).unwrap().to_be_bytes();
    let mut code = first.to_vec();
    code.extend([op::PUSH2, length[0], length[1], op::PUSH2, at[0], at[1], op::PUSH0, op::CODECOPY]);
    code.extend([op::PUSH2, length[0], length[1], op::PUSH0, op::RETURN, op::INVALID, op::INVALID]);
    code.truncate(first.len() + 15);
    code.extend(data);
    code
}

fn decision(limits: usize) -> Decision {
    let limit = Limit { bucket: B256::repeat_byte(2), cost: 1, capacity: 9, period: 60 };
    Decision {
        allowed: true,
        rule: contracts_bindings::rule("granted").unwrap(),
        projection: B256::ZERO,
        limits: vec![limit; limits],
    }
}

pub(crate) fn allowing(first: &[u8]) -> Vec<u8> {
    then_returning(first, &decision(1).abi_encode())
}

/// What comes of a policy with this code: allowed, refused with a rule, or no answer with one.
fn outcome(code: Vec<u8>) -> Result<(), String> {
    outcome_in(World::granted(), code)
}

fn outcome_in(mut world: World, code: Vec<u8>) -> Result<(), String> {
    world.put_code(world.policy, code, &[]);
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let call = pair.call(&identity);
    match pair.prove(call, &[orders()], &identity) {
        Err(error) => Err(error.rule().to_owned()),
        Ok(proven) => policy::decide(*proven, crate::support::LIFE, pair.now * 1_000).map(|_| ()).map_err(|refused| refused.rule),
    }
}

fn refused(rule: &str) -> Result<(), String> {
    Err(rule.to_owned())
}

#[test]
fn a_policy_in_a_few_instructions_is_obeyed() {
    assert_eq!(outcome(allowing(&[])), Ok(()));
    let no = Decision { allowed: false, rule: contracts_bindings::rule("office.closed").unwrap(), ..decision(0) };
    assert_eq!(outcome(then_returning(&[], &no.abi_encode())), refused("office.closed"));
}

#[test]
fn t38_a_policy_that_loops_is_refused() {
    assert_eq!(outcome(vec![op::JUMPDEST, op::PUSH0, op::JUMP]), refused("policy.reverted"));
}

#[test]
fn t38_a_policy_that_calls_itself_is_refused() {
    let call = [vec![op::PUSH0; 4], vec![op::ADDRESS, op::GAS, op::STATICCALL, op::POP]].concat();
    assert_eq!(outcome(allowing(&call)), refused("evm.depth"));
}

#[test]
fn t38_a_policy_that_calls_the_registry_back_is_refused() {
    // authorize(request, ...) starts with the same word as the registry's own: whatever it is asked, it asks again.
    let world = World::granted();
    let mut call = vec![op::CALLDATASIZE, op::PUSH0, op::PUSH0, op::CALLDATACOPY, op::PUSH4];
    call.extend(StoreRegistry::authorizeCall::SELECTOR);
    call.extend([op::PUSH1, 0xe0, op::SHL, op::PUSH0, op::MSTORE]);
    call.extend([op::PUSH0, op::PUSH0, op::CALLDATASIZE, op::PUSH0, op::PUSH20]);
    call.extend(world.registry);
    call.extend([op::GAS, op::STATICCALL, op::POP]);
    // The inner authorize reverts for what it is given, or for its gas; the outer answer stands.
    assert_eq!(outcome_in(world, allowing(&call)), Ok(()));
}

#[test]
fn t38_a_policy_that_allocates_is_refused() {
    for shift in [21, 24, 32, 255] {
        let bomb = [op::PUSH0, op::PUSH1, 1, op::PUSH1, shift, op::SHL, op::MSTORE];
        assert_eq!(outcome(allowing(&bomb)), refused("policy.reverted"), "2^{shift} bytes");
    }
    // A megabyte of answer.
    assert_eq!(outcome(vec![op::PUSH3, 8, 0, 0, op::PUSH0, op::RETURN]), refused("policy.malformed"));
}

#[test]
fn t38_a_policy_that_changes_state_is_refused() {
    for code in [
        vec![op::PUSH0, op::SELFDESTRUCT],
        vec![op::PUSH1, 1, op::PUSH0, op::SSTORE],
        vec![op::PUSH1, 1, op::PUSH0, op::TSTORE],
        vec![op::PUSH0, op::PUSH0, op::PUSH0, op::CREATE],
        vec![op::PUSH0, op::PUSH0, op::LOG0],
    ] {
        assert_eq!(outcome(allowing(&code)), refused("policy.reverted"));
    }
}

#[test]
fn t38_a_policy_that_reads_what_nobody_can_repeat_is_refused() {
    for code in [
        vec![op::PUSH0, op::BLOCKHASH],
        vec![op::COINBASE],
        vec![op::DIFFICULTY],
        vec![op::BASEFEE],
        vec![op::PUSH0, op::BLOBHASH],
        vec![op::BLOBBASEFEE],
        vec![op::GASPRICE],
        vec![op::ORIGIN],
        vec![op::GASLIMIT],
    ] {
        assert_eq!(outcome(allowing(&code)), refused("policy_not_deterministic"));
    }
}

#[test]
fn t38_a_policy_that_reads_too_much_is_refused() {
    // for i in 0..count { sload(i) }, or the balance of address 65,536 + i.
    let read = |count: u8, offset: u8, opcode: u8| {
        let mut code =
            vec![op::PUSH0, op::JUMPDEST, op::DUP1, op::PUSH1, offset, op::PUSH1, 16, op::SHL, op::ADD, opcode, op::POP];
        code.extend([op::PUSH1, 1, op::ADD, op::DUP1, op::PUSH1, count, op::GT, op::PUSH1, 1, op::JUMPI]);
        allowing(&code)
    };
    assert_eq!(outcome(read(40, 0, op::SLOAD)), Ok(()));
    assert_eq!(outcome(read(65, 0, op::SLOAD)), refused("evm.slots"));
    assert_eq!(outcome(read(8, 1, op::BALANCE)), Ok(()));
    assert_eq!(outcome(read(20, 1, op::BALANCE)), refused("evm.accounts"));
}

#[test]
fn a_policy_may_read_other_contracts() {
    let mut call = vec![op::PUSH1, 32, op::PUSH0, op::PUSH0, op::PUSH0, op::PUSH20];
    call.extend(OTHER);
    call.extend([op::GAS, op::STATICCALL, op::POP, op::PUSH20]);
    call.extend(OTHER);
    call.extend([op::EXTCODEHASH, op::POP, op::PUSH20]);
    call.extend(OTHER);
    call.extend([op::BALANCE, op::POP]);
    let mut world = World::granted();
    world.put_code(
        OTHER,
        vec![op::PUSH1, 3, op::SLOAD, op::PUSH0, op::MSTORE, op::PUSH1, 32, op::PUSH0, op::RETURN],
        &[(B256::with_last_byte(3), U256::from(9))],
    );
    world.put_code(world.policy, allowing(&call), &[]);
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let permit = pair.read_orders(&identity).unwrap();
    // What it read is proven and named.
    assert!(permit.touched().accounts[&OTHER].slots.contains(&B256::with_last_byte(3)));
    assert!(permit.called().iter().any(|(address, _)| *address == OTHER));
}

#[test]
fn t41_a_policy_that_returns_dirty_data_is_refused() {
    let good = decision(1).abi_encode();
    assert_eq!(outcome(then_returning(&[], &good)), Ok(()));
    // Offset, allowed, projection's neighbour (the offset of the limits), the limits' number, a limit's narrow fields.
    for word in [0, 1, 4, 5, 7, 8, 9] {
        let mut dirty = good.clone();
        dirty[word * 32] ^= 0x80;
        assert_eq!(outcome(then_returning(&[], &dirty)), refused("policy.malformed"), "word {word}");
    }
    let mut two = good.clone();
    two[63] = 2;
    assert_eq!(outcome(then_returning(&[], &two)), refused("policy.malformed"));
    assert_eq!(outcome(then_returning(&[], &[good.clone(), vec![0; 32]].concat())), refused("policy.malformed"));
    assert_eq!(outcome(then_returning(&[], &good[..good.len() - 1])), refused("policy.malformed"));
    for length in [0, 1, 32, 191] {
        assert_eq!(outcome(then_returning(&[], &good[..length])), refused("policy.reverted"), "{length} bytes");
    }
    assert_eq!(outcome(Vec::new()), refused("policy.reverted"));
    // A rule that is no text goes nowhere.
    let unnamed = Decision { allowed: false, rule: B256::repeat_byte(0xff), ..decision(0) };
    assert_eq!(outcome(then_returning(&[], &unnamed.abi_encode())), refused("rule.unnamed"));
}

#[test]
fn t37_an_upgrade_behind_a_proxy_counts_at_the_newest_head_and_is_named() {
    let no = Decision { allowed: false, rule: contracts_bindings::rule("upgraded").unwrap(), ..decision(0) };
    let (before, after) = (allowing(&[]), then_returning(&[], &no.abi_encode()));
    let mut world = World::granted();
    let (old, new) = (Address::repeat_byte(0xb1), Address::repeat_byte(0xb2));
    world.put_code(old, before.clone(), &[]);
    world.put_code(new, after.clone(), &[]);
    let mut at = |implementation: Address| {
        let implementation = U256::from_be_bytes(implementation.into_word().0);
        world.put_code(world.policy, proxy(), &[(IMPLEMENTATION, implementation)]);
        world.state()
    };
    let (old_state, new_state) = (at(old), at(new));
    let identity = world.identity();
    let permit = Pair::new(old_state.clone(), old_state.clone()).read_orders(&identity).unwrap();
    // The implementation's slot and code are part of what is proven: the receipt names the code that ran.
    assert!(permit.touched().accounts[&world.policy].slots.contains(&IMPLEMENTATION));
    assert!(permit.called().contains(&(old, keccak256(&before))));
    let refused = Pair::new(old_state, new_state).read_orders(&identity).unwrap_err();
    assert_eq!(refused.rule, "upgraded");
    let named = |address: Address, code: &[u8]| {
        let entry = [address.as_slice(), keccak256(code).as_slice()].concat();
        refused.evidence.code.iter().any(|named| named.as_slice() == entry)
    };
    assert!(named(old, &before) && named(new, &after));
}

#[test]
fn t38_what_all_operations_of_a_call_take_together_is_bounded() {
    // Every run burns POLICY_GAS: ten operations at two heads are as much as a call may take.
    let mut world = World::granted();
    world.put_code(world.policy, vec![op::JUMPDEST, op::PUSH0, op::JUMP], &[]);
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let call = pair.call(&identity);
    assert!(pair.prove(call, &vec![orders(); 2], &identity).is_ok());
    let call = pair.call(&identity);
    assert_eq!(pair.prove(call, &vec![orders(); 16], &identity).unwrap_err(), ProveError::Work);
    assert_eq!(ProveError::Run(RunError::Depth).rule(), "evm.depth");
}

#[test]
fn t50_a_store_that_is_not_there_is_refused_as_one_that_is() {
    // Nobody granted anything: the same rule, the same state asked for, the same number of round trips, whatever the store.
    let world = World::new();
    let identity = world.identity();
    let ask = |salt: u8| {
        let mut pair = Pair::new(world.state(), world.state());
        let mut fields = crate::support::call::fields(pair.now);
        fields.salt = B256::repeat_byte(salt);
        let call = crate::support::call::authenticated(&identity, &fields, pair.now);
        let proven = pair.prove(call, &[orders()], &identity).unwrap();
        let read: Vec<usize> = proven.touched().accounts.values().map(|account| account.slots.len()).collect();
        (policy::decide(*proven, crate::support::LIFE, pair.now * 1_000).unwrap_err().rule, read, pair.rounds)
    };
    assert_eq!(ask(0x5a), ask(0x5b));
}

#[test]
fn t51_a_permit_carries_every_limit_of_both_heads() {
    let limited = |limits: usize, bucket: u8| {
        let mut decision = decision(limits);
        for limit in &mut decision.limits {
            limit.bucket = B256::repeat_byte(bucket);
        }
        let mut world = World::granted();
        world.put_code(world.policy, then_returning(&[], &decision.abi_encode()), &[]);
        world
    };
    let (finalized, attested) = (limited(2, 1), limited(4, 2));
    let mut pair = Pair::new(finalized.state(), attested.state());
    let permit = pair.read_orders(&finalized.identity()).unwrap();
    assert_eq!(permit.limits().len(), 6);
}
