//! Code that reads what can't be proven, takes too much, or is not there.

use alloy_primitives::{Address, B256, Bytes, keccak256};
use chain::Layout;
use contracts_bindings::AUTHORIZE_GAS;
use policy::{Bounds, EvmFork, Machine, RunError, ViewCall, Viewed, view};
use revm::bytecode::opcode as op;

use crate::support::Pair;
use crate::support::state::State;
use crate::support::world::CHAIN_ID;

const TARGET: Address = Address::repeat_byte(0xaa);
const INNER: Address = Address::repeat_byte(0xbb);

fn call(to: Address) -> ViewCall {
    ViewCall { from: Address::ZERO, to, data: Bytes::new(), gas: AUTHORIZE_GAS, chain_id: CHAIN_ID }
}

fn run_in(layout: Layout, state: State, bounds: &Bounds, pin: Option<B256>) -> Viewed {
    let mut pair = Pair::in_layout(layout, state.clone(), state);
    let machine = Machine::new(*bounds);
    for _ in 0..1_000 {
        match view(&pair.attested, &call(TARGET), pin, &machine) {
            Viewed::Missing(wanted) => {
                assert!(!wanted.is_empty());
                pair.supply(&policy::Wanted::default(), &wanted, |_, _| false);
            }
            ended => return ended,
        }
    }
    panic!("asks for ever");
}

fn run(state: State) -> Viewed {
    run_in(Layout::Fulu, state, &Bounds::widest(), None)
}

fn run_code(code: Vec<u8>) -> Viewed {
    run(State::default().with_code(TARGET, code, &[]))
}

/// Calls `to` without data, forgets how it went, and stops.
fn caught_call(to: Address) -> Vec<u8> {
    let mut code = vec![op::PUSH0, op::PUSH0, op::PUSH0, op::PUSH0, op::PUSH20];
    code.extend(to);
    code.extend([op::GAS, op::STATICCALL, op::POP, op::STOP]);
    code
}

/// Returns the top of the stack as a word.
fn returned(mut code: Vec<u8>) -> Vec<u8> {
    code.extend([op::PUSH0, op::MSTORE, op::PUSH1, 32, op::PUSH0, op::RETURN]);
    code
}

fn word(viewed: Viewed) -> u64 {
    let Viewed::Output { data, .. } = viewed else { panic!("{viewed:?}") };
    u64::from_be_bytes(data[24..32].try_into().unwrap())
}

const FORBIDDEN: [(u8, bool); 9] = [
    (op::BLOCKHASH, true),
    (op::COINBASE, false),
    (op::DIFFICULTY, false),
    (op::BASEFEE, false),
    (op::BLOBHASH, true),
    (op::BLOBBASEFEE, false),
    (op::GASPRICE, false),
    (op::ORIGIN, false),
    (op::GASLIMIT, false),
];

#[test]
fn t38_each_forbidden_opcode_ends_the_run() {
    for (opcode, takes_word) in FORBIDDEN {
        let code = if takes_word { vec![op::PUSH0, opcode] } else { vec![opcode] };
        assert_eq!(run_code(returned(code)), Viewed::Error(RunError::NotDeterministic { opcode }));
    }
}

#[test]
fn t38_a_contract_cannot_catch_a_forbidden_opcode() {
    for (opcode, takes_word) in FORBIDDEN {
        let code = if takes_word { vec![op::PUSH0, opcode] } else { vec![opcode] };
        let state = State::default().with_code(TARGET, caught_call(INNER), &[]).with_code(INNER, code, &[]);
        assert_eq!(run(state), Viewed::Error(RunError::NotDeterministic { opcode }));
    }
}

#[test]
fn t38_time_and_number_are_the_verified_heads() {
    assert_eq!(word(run_code(returned(vec![op::TIMESTAMP]))), 1_800_000_000 + 12 * 1_080);
    assert_eq!(word(run_code(returned(vec![op::NUMBER]))), 1_180);
    assert_eq!(word(run_code(returned(vec![op::CHAINID]))), CHAIN_ID);
    assert_eq!(word(run_code(returned(vec![op::CALLER]))), 0);
}

#[test]
fn t38_a_gas_bomb_is_halted() {
    assert_eq!(run_code(vec![op::JUMPDEST, op::PUSH0, op::JUMP]), Viewed::Error(RunError::Halted));
}

#[test]
fn t38_a_memory_bomb_is_halted() {
    let bomb = |shift: u8| vec![op::PUSH0, op::PUSH1, 1, op::PUSH1, shift, op::SHL, op::MSTORE, op::STOP];
    for shift in [24, 32, 63, 255] {
        assert_eq!(run_code(bomb(shift)), Viewed::Error(RunError::Halted));
    }
    let state = || State::default().with_code(TARGET, bomb(12), &[]);
    assert!(matches!(run(state()), Viewed::Output { .. }));
    let narrow = Bounds::new(AUTHORIZE_GAS, 1_024, 32, 512, 64);
    assert_eq!(run_in(Layout::Fulu, state(), &narrow, None), Viewed::Error(RunError::Halted));
}

#[test]
fn t38_calls_deeper_than_the_bound_end_the_run() {
    assert_eq!(run_code(caught_call(TARGET)), Viewed::Error(RunError::Depth));
}

#[test]
fn t38_more_slots_than_the_bound_end_the_run() {
    // i = 0; loop { sload(i); i += 1 }
    let code = vec![op::PUSH0, op::JUMPDEST, op::DUP1, op::SLOAD, op::POP, op::PUSH1, 1, op::ADD, op::PUSH1, 1, op::JUMP];
    assert_eq!(run_code(code.clone()), Viewed::Error(RunError::Slots));
    // Also where each slot has to be proven first.
    let state = State::default().with_code(TARGET, code, &[(1_000_000, 1)]);
    assert_eq!(run(state), Viewed::Error(RunError::Slots));
}

#[test]
fn t38_more_accounts_than_the_bound_end_the_run() {
    // i = 2^16; loop { balance(i); i += 1 }
    let code =
        vec![op::PUSH3, 1, 0, 0, op::JUMPDEST, op::DUP1, op::BALANCE, op::POP, op::PUSH1, 1, op::ADD, op::PUSH1, 4, op::JUMP];
    assert_eq!(run_code(code), Viewed::Error(RunError::Accounts));
}

#[test]
fn t38_more_gas_than_the_bound_is_refused() {
    let state = State::default().with_code(TARGET, vec![op::STOP], &[]);
    let pair = Pair::new(state.clone(), state);
    let call = ViewCall { gas: AUTHORIZE_GAS + 1, ..call(TARGET) };
    assert_eq!(view(&pair.attested, &call, None, &Machine::default()), Viewed::Error(RunError::Gas));
}

#[test]
fn a_view_that_changes_state_is_none() {
    let codes = [
        (op::SSTORE, vec![op::PUSH1, 1, op::PUSH0]),
        (op::TSTORE, vec![op::PUSH1, 1, op::PUSH0]),
        (op::LOG0, vec![op::PUSH0, op::PUSH0]),
        (op::CREATE, vec![op::PUSH0, op::PUSH0, op::PUSH0]),
        (op::CREATE2, vec![op::PUSH0, op::PUSH0, op::PUSH0, op::PUSH0]),
        (op::SELFDESTRUCT, vec![op::PUSH0]),
    ];
    for (opcode, mut code) in codes {
        code.push(opcode);
        assert_eq!(run_code(code.clone()), Viewed::Error(RunError::NotAView { opcode }));
        // In a static call it fails as on any node, which the caller may catch.
        let state = State::default().with_code(TARGET, caught_call(INNER), &[]).with_code(INNER, code, &[]);
        assert!(matches!(run(state), Viewed::Output { .. }));
    }
}

#[test]
fn a_call_to_no_code_is_no_success() {
    assert_eq!(run(State::default()), Viewed::Error(RunError::NoCode));
    assert_eq!(run(State::default().with_code(TARGET, Vec::new(), &[])), Viewed::Error(RunError::NoCode));
}

#[test]
fn t37_code_that_is_not_the_pinned_one_does_not_run() {
    let state = || State::default().with_code(TARGET, vec![op::STOP], &[]);
    let pinned = |code: &[u8]| run_in(Layout::Fulu, state(), &Bounds::widest(), Some(keccak256(code)));
    assert!(matches!(pinned(&[op::STOP]), Viewed::Output { .. }));
    assert_eq!(pinned(&[op::STOP, op::STOP]), Viewed::Error(RunError::CodeHash));
}

#[test]
fn t41_a_revert_is_no_output() {
    assert_eq!(run_code(vec![op::PUSH0, op::PUSH0, op::REVERT]), Viewed::Error(RunError::Reverted));
    assert_eq!(run_code(vec![op::INVALID]), Viewed::Error(RunError::Halted));
}

#[test]
fn t33_a_missing_slot_discards_a_run_that_would_have_ended() {
    // return sload(0): with a zero in place of what is missing this would be an answer.
    let code = returned(vec![op::PUSH0, op::SLOAD]);
    let state = State::default().with_code(TARGET, code, &[(0, 7)]);
    let mut pair = Pair::new(state.clone(), state.clone());
    let mut rounds = 0;
    let value = loop {
        match view(&pair.attested, &call(TARGET), None, &Machine::default()) {
            Viewed::Missing(wanted) => pair.supply(&policy::Wanted::default(), &wanted, |_, _| false),
            ended => break word(ended),
        }
        rounds += 1;
    };
    // Account and code at once, then the slot.
    assert_eq!((value, rounds), (7, 2));
}

#[test]
fn t33_a_missing_slot_hides_what_a_run_with_zero_would_have_done() {
    // if sload(0) == 0 { coinbase } else { stop }
    let code = vec![op::PUSH0, op::SLOAD, op::PUSH1, 6, op::JUMPI, op::COINBASE, op::JUMPDEST, op::STOP];
    assert!(matches!(run(State::default().with_code(TARGET, code, &[(0, 7)])), Viewed::Output { .. }));
}

#[test]
fn code_that_ran_and_state_that_was_read_are_listed() {
    let state =
        State::default().with_code(TARGET, caught_call(INNER), &[]).with_code(INNER, vec![op::PUSH0, op::SLOAD], &[(9, 9)]);
    let Viewed::Output { touched, called, .. } = run(state) else { panic!("no output") };
    assert_eq!(called, [(TARGET, keccak256(caught_call(INNER))), (INNER, keccak256([op::PUSH0, op::SLOAD]))]);
    assert!(touched.accounts[&INNER].code && touched.accounts[&INNER].slots.contains(&B256::ZERO));
    assert!(touched.accounts.contains_key(&Address::ZERO));
}

#[test]
fn p256verify_is_there_from_fulu_on() {
    // Under Osaka the call without input costs its gas; before, 0x100 is an account without code.
    let code = returned(vec![
        op::GAS,
        op::PUSH0,
        op::PUSH0,
        op::PUSH0,
        op::PUSH0,
        op::PUSH2,
        1,
        0,
        op::GAS,
        op::STATICCALL,
        op::POP,
        op::GAS,
        op::SWAP1,
        op::SUB,
    ]);
    let state = || State::default().with_code(TARGET, code.clone(), &[]);
    let gas = |layout| word(run_in(layout, state(), &Bounds::widest(), None));
    assert!(gas(Layout::Fulu) > 6_900);
    assert!(gas(Layout::Electra) < 6_900);
}

#[test]
fn a_delegation_designator_runs_its_delegate() {
    let designator = [[0xef, 0x01, 0x00].as_slice(), INNER.as_slice()].concat();
    let inner = returned(vec![op::PUSH1, 5]);
    let state = State::default().with_code(TARGET, designator, &[]).with_code(INNER, inner.clone(), &[]);
    let viewed = run(state);
    let Viewed::Output { called, .. } = &viewed else { panic!("{viewed:?}") };
    assert_eq!(*called, [(TARGET, keccak256(inner))]);
    assert_eq!(word(viewed), 5);
    let malformed = State::default().with_code(TARGET, vec![0xef, 0x01, 0x00], &[]);
    assert_eq!(run(malformed), Viewed::Error(RunError::Code));
}

#[test]
fn t75_a_fork_whose_evm_is_not_final_is_decided_by_no_rules() {
    let known = |layout| EvmFork::of(layout).is_some();
    assert!(known(Layout::Electra) && known(Layout::Fulu));
    // Nothing stands in for the rules of a fork to come, and none that is over can have a young head.
    for layout in [Layout::Altair, Layout::Bellatrix, Layout::Capella, Layout::Deneb, Layout::Gloas] {
        assert!(!known(layout), "{layout:?}");
    }
}
