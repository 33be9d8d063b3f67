//! Answers of a registry that are not the one ABI encoding of a decision and a subject.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolCall;
use contracts_bindings::StoreRegistry::{authorizeCall, authorizeReturn};
use contracts_bindings::registry::{Decision, Limit, Subject};
use contracts_bindings::{rule, store_id};
use policy::{Identity, ProveError, RunError, decide};
use revm::bytecode::opcode as op;

use crate::support::state::State;
use crate::support::world::{CHAIN_ID, IMAGE, SALT};
use crate::support::{LIFE, Pair, orders};

const REGISTRY: Address = Address::repeat_byte(0xaa);

/// Runtime code that returns these bytes.
fn returning(data: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(data.len()).unwrap().to_be_bytes();
    let mut code = vec![
        op::PUSH2,
        high,
        low,
        op::PUSH1,
        14,
        op::PUSH0,
        op::CODECOPY,
        op::PUSH2,
        high,
        low,
        op::PUSH0,
        op::RETURN,
        op::INVALID,
        op::INVALID,
    ];
    code.extend(data);
    code
}

fn identity(code: &[u8]) -> Identity {
    Identity {
        chain_id: CHAIN_ID,
        registry: REGISTRY,
        registry_code_hash: keccak256(code),
        vault_id: B256::repeat_byte(1),
        image: IMAGE,
        enclave: [0x0e; 32],
    }
}

fn answer(limits: usize) -> authorizeReturn {
    let limit = Limit { bucket: B256::repeat_byte(2), cost: 1, capacity: 9, period: 60 };
    authorizeReturn {
        decision: Decision { allowed: true, rule: rule("granted").unwrap(), projection: B256::ZERO, limits: vec![limit; limits] },
        subject: Subject { store: store_id(CHAIN_ID, REGISTRY, 1, SALT), portfolio: 1, tenure: 1, ..Subject::default() },
    }
}

fn encoded(answer: &authorizeReturn) -> Vec<u8> {
    authorizeCall::abi_encode_returns(answer)
}

/// Permit, or the error or rule that says why not.
fn ask(data: &[u8]) -> Result<(), ProveError> {
    ask_code(returning(data))
}

fn ask_code(code: Vec<u8>) -> Result<(), ProveError> {
    let identity = identity(&code);
    let state = State::default().with_code(REGISTRY, code, &[]);
    let mut pair = Pair::new(state.clone(), state);
    let call = pair.call(&identity);
    let proven = pair.prove(call, &[orders()], &identity)?;
    let permit = decide(*proven, LIFE, pair.now * 1_000).unwrap();
    assert_eq!(permit.store(), store_id(CHAIN_ID, REGISTRY, 1, SALT));
    Ok(())
}

/// Places in the encoding, in words: offset of the decision, 5 words of the subject and more, then the decision.
const ALLOWED: usize = 7;

#[test]
fn takes_the_one_encoding() {
    let data = encoded(&answer(1));
    assert_eq!(data[ALLOWED * 32 + 31], 1);
    assert_eq!(ask(&data), Ok(()));
    assert_eq!(ask(&encoded(&answer(4))), Ok(()));
}

#[test]
fn t41_refuses_a_dirty_bool() {
    for (byte, value) in [(31, 2), (31, 0xff), (30, 1), (0, 0x80)] {
        let mut data = encoded(&answer(0));
        data[ALLOWED * 32 + byte] = value;
        assert_eq!(ask(&data), Err(ProveError::Output));
    }
}

#[test]
fn t41_refuses_a_dirty_bit_anywhere_it_can_be() {
    // Owner, tenure, status, time of the status: each narrower than its word.
    for word in [3, 4, 5, 6] {
        let mut data = encoded(&answer(0));
        data[word * 32] = 1;
        assert_eq!(ask(&data), Err(ProveError::Output), "word {word}");
    }
}

#[test]
fn t41_refuses_a_status_that_is_none() {
    let mut other = answer(0);
    other.subject.status = 4;
    assert_eq!(ask(&encoded(&other)), Err(ProveError::Output));
}

#[test]
fn t41_refuses_short_data() {
    let data = encoded(&answer(1));
    for length in [1, 31, 32, 7 * 32, data.len() - 32, data.len() - 1] {
        assert_eq!(ask(&data[..length]), Err(ProveError::Output), "{length} bytes");
    }
}

#[test]
fn t41_refuses_empty_data() {
    assert_eq!(ask_code(vec![op::STOP]), Err(ProveError::Output));
}

#[test]
fn t41_refuses_trailing_words() {
    for trailing in [1, 32] {
        let mut data = encoded(&answer(1));
        data.resize(data.len() + trailing, 0);
        assert_eq!(ask(&data), Err(ProveError::Output));
    }
}

#[test]
fn t41_refuses_an_offset_that_points_elsewhere() {
    let mut data = encoded(&answer(0));
    // The decision one word later, with a gap before it.
    data[30..32].copy_from_slice(&[1, 0]);
    let decision = data.split_off(ALLOWED * 32);
    data.extend([0; 32]);
    data.extend(decision);
    assert_eq!(ask(&data), Err(ProveError::Output));
}

#[test]
fn t41_refuses_a_revert_and_a_halt() {
    let revert = vec![op::PUSH0, op::PUSH0, op::REVERT];
    assert_eq!(ask_code(revert), Err(ProveError::Run(RunError::Reverted)));
    assert_eq!(ask_code(vec![op::INVALID]), Err(ProveError::Run(RunError::Halted)));
}

#[test]
fn refuses_five_limits() {
    assert_eq!(ask(&encoded(&answer(5))), Err(ProveError::TooManyLimits));
}

#[test]
fn refuses_an_answer_about_another_store() {
    let mut other = answer(0);
    other.subject.store = B256::repeat_byte(3);
    assert_eq!(ask(&encoded(&other)), Err(ProveError::Store));
}

#[test]
fn t38_a_forbidden_opcode_is_a_rule_of_its_own() {
    let error = ask_code(vec![op::ORIGIN, op::STOP]).unwrap_err();
    assert_eq!(error, ProveError::Run(RunError::NotDeterministic { opcode: op::ORIGIN }));
    assert_eq!(error.rule(), "policy_not_deterministic");
}
