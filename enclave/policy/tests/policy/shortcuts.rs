//! What is kept from run to run changes nothing: hashes that are remembered, frames that are used again.

use alloy_primitives::{Address, Bytes, U256, keccak256};
use policy::{Machine, RunError, ViewCall, Viewed, view};
use revm::bytecode::opcode as op;
use revm::context::result::ExecutionResult;
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::database::InMemoryDB;
use revm::primitives::TxKind;
use revm::primitives::hardfork::SpecId;
use revm::state::{AccountInfo, Bytecode};
use revm::{Context, ExecuteEvm, MainBuilder, MainContext};

use crate::support::Pair;
use crate::support::state::State;
use crate::support::world::CHAIN_ID;

const TARGET: Address = Address::repeat_byte(0xaa);
const INNER: Address = Address::repeat_byte(0xbb);
const GAS: u64 = 1_000_000;

/// A pair whose attested head knows the code.
fn proven(code: &[u8], inner: &[u8]) -> Pair {
    let state = State::default().with_code(TARGET, code.to_vec(), &[]).with_code(INNER, inner.to_vec(), &[]);
    let mut pair = Pair::new(state.clone(), state);
    let machine = Machine::default();
    while let Viewed::Missing(wanted) = run(&pair, GAS, &machine) {
        pair.supply(&policy::Wanted::default(), &wanted, |_, _| false);
    }
    pair
}

fn run(pair: &Pair, gas: u64, machine: &Machine) -> Viewed {
    let call = ViewCall { from: Address::ZERO, to: TARGET, data: Bytes::new(), gas, chain_id: CHAIN_ID };
    view(&pair.attested, &call, None, machine)
}

/// What revm gives by itself: the output, or nothing.
fn bare(code: &[u8], gas: u64) -> Option<Bytes> {
    let mut db = InMemoryDB::default();
    db.insert_account_info(
        TARGET,
        AccountInfo { nonce: 1, ..AccountInfo::from_bytecode(Bytecode::new_raw(code.to_vec().into())) },
    );
    let mut config = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(CHAIN_ID);
    config.disable_nonce_check = true;
    config.disable_fee_charge = true;
    let transaction =
        TxEnv { caller: Address::ZERO, kind: TxKind::Call(TARGET), gas_limit: gas, chain_id: Some(CHAIN_ID), ..TxEnv::default() };
    let mut evm = Context::mainnet().with_ref_db(&db).with_block(BlockEnv::default()).with_cfg(config).build_mainnet();
    match evm.transact_one(transaction) {
        Ok(ExecutionResult::Success { output, .. }) => Some(output.into_data()),
        _ => None,
    }
}

fn push(code: &mut Vec<u8>, value: U256) {
    code.push(op::PUSH32);
    code.extend(value.to_be_bytes::<32>());
}

/// Fills so much memory, hashes a part, and returns the hash, the gas that is left and the size of the memory.
fn hashing(filled: u64, offset: U256, length: U256) -> Vec<u8> {
    let mut code = Vec::new();
    for word in 0..filled {
        push(&mut code, U256::from_be_bytes(keccak256([u8::try_from(word).unwrap()]).0));
        push(&mut code, U256::from(32 * word));
        code.push(op::MSTORE);
    }
    push(&mut code, length);
    push(&mut code, offset);
    code.extend([op::KECCAK256, op::GAS, op::MSIZE]);
    for word in 0..3_u64 {
        push(&mut code, U256::from(32 * word));
        code.push(op::MSTORE);
    }
    code.extend([op::PUSH1, 96, op::PUSH0, op::RETURN]);
    code
}

#[test]
fn a_remembered_hash_has_the_value_the_gas_and_the_memory_that_revm_gives_it() {
    let machine = Machine::default();
    let edge = U256::from(usize::MAX);
    let mut succeeded = 0;
    for filled in [0, 1, 3, 8] {
        for offset in [U256::ZERO, U256::from(1), U256::from(32), U256::from(256), edge, U256::MAX] {
            for length in [0, 1, 31, 32, 33, 64, 160, 192, 193, 256, 300].map(U256::from).into_iter().chain([edge, U256::MAX]) {
                let code = hashing(filled, offset, length);
                let expected = bare(&code, GAS);
                let pair = proven(&code, &[]);
                // Looked up, and found.
                for _ in 0..2 {
                    match (run(&pair, GAS, &machine), &expected) {
                        (Viewed::Output { data, .. }, Some(expected)) => {
                            assert_eq!(data, *expected, "{filled} {offset} {length}");
                        }
                        (Viewed::Error(RunError::Halted), None) => {}
                        (other, expected) => panic!("{filled} {offset} {length}: {other:?}, {expected:?}"),
                    }
                }
                succeeded += usize::from(expected.is_some());
            }
        }
    }
    assert!(succeeded > 100, "{succeeded}");
}

#[test]
fn a_remembered_hash_runs_out_of_gas_where_revms_does() {
    let machine = Machine::default();
    let code = hashing(2, U256::ZERO, U256::from(64));
    let pair = proven(&code, &[]);
    let (mut failed, mut succeeded) = (0, 0);
    for gas in 21_000..21_160 {
        let expected = bare(&code, gas);
        for _ in 0..2 {
            let data = match run(&pair, gas, &machine) {
                Viewed::Output { data, .. } => Some(data),
                _ => None,
            };
            assert_eq!(data, expected, "{gas}");
        }
        if expected.is_some() { succeeded += 1 } else { failed += 1 }
    }
    assert!(failed > 20 && succeeded > 20, "{failed} {succeeded}");
    // Too little on the stack is not for the memory to answer.
    for code in [vec![op::KECCAK256], vec![op::PUSH0, op::KECCAK256]] {
        assert_eq!(bare(&code, GAS), None);
        assert_eq!(run(&proven(&code, &[]), GAS, &machine), Viewed::Error(RunError::Halted));
    }
}

/// Calls the other contract with 64 bytes of memory and goes on whatever it answers.
fn calling(after: &[u8]) -> Vec<u8> {
    let mut code = vec![op::PUSH1, 32, op::PUSH0, op::PUSH1, 64, op::PUSH0, op::PUSH20];
    code.extend(INNER);
    code.extend([op::GAS, op::STATICCALL]);
    code.extend(after);
    code
}

/// What a run can see of where it runs: memory, its size, the stack, return data, gas.
fn looking() -> Vec<u8> {
    let mut code = vec![op::MSIZE, op::RETURNDATASIZE, op::GAS, op::PUSH2, 0x40, 0, op::MLOAD, op::PUSH0, op::MLOAD];
    for word in 0..5 {
        code.extend([op::PUSH1, 32 * word, op::MSTORE]);
    }
    code.extend([op::PUSH1, 160, op::PUSH0, op::RETURN]);
    code
}

#[test]
fn t38_nothing_of_one_run_is_there_in_the_next() {
    let spread: Vec<u8> = (0..30_u8).flat_map(|at| [op::PUSH1, 0xff, op::PUSH2, 8 * at, 0, op::MSTORE]).collect();
    let then = |mut code: Vec<u8>, end: &[u8]| {
        code.extend(end);
        code
    };
    let mut forever = vec![op::JUMPDEST];
    forever.extend([op::PUSH1, 1, op::PUSH0, op::JUMP]);
    let itself = {
        let mut code = vec![op::PUSH0, op::PUSH0, op::PUSH2, 0x10, 0, op::PUSH0, op::PUSH20];
        code.extend(TARGET);
        code.extend([op::GAS, op::STATICCALL, op::PUSH2, 0x10, 0, op::PUSH0, op::REVERT]);
        code
    };
    let runs: Vec<(Vec<u8>, Vec<u8>)> = vec![
        (looking(), vec![]),
        (then(spread.clone(), &[op::PUSH2, 0x10, 0, op::PUSH0, op::RETURN]), vec![]),
        (then(spread.clone(), &[op::PUSH2, 0x10, 0, op::PUSH0, op::REVERT]), vec![]),
        (calling(&looking()), then(spread.clone(), &[op::PUSH2, 0x10, 0, op::PUSH0, op::REVERT])),
        (calling(&looking()), looking()),
        (calling(&looking()), vec![op::ORIGIN]),
        (calling(&[op::INVALID]), then(spread, &[op::INVALID])),
        (forever, vec![]),
        (itself, vec![]),
        (calling(&[]), looking()),
        // 4 MB of memory.
        (vec![op::PUSH1, 1, op::PUSH3, 0x3f, 0, 0, op::MSTORE, op::STOP], vec![]),
        (looking(), vec![]),
    ];
    let pairs: Vec<Pair> = runs.iter().map(|(code, inner)| proven(code, inner)).collect();
    // Each in a thread of its own, where nothing ran before.
    let alone: Vec<Viewed> = pairs
        .iter()
        .map(|pair| std::thread::scope(|scope| scope.spawn(|| run(pair, GAS, &Machine::default())).join().unwrap()))
        .collect();
    assert!(alone.iter().any(|viewed| matches!(viewed, Viewed::Error(RunError::Halted))), "{alone:?}");
    assert!(alone.iter().any(|viewed| matches!(viewed, Viewed::Error(RunError::NotDeterministic { .. }))), "{alone:?}");
    let machine = Machine::default();
    for before in &pairs {
        for (pair, alone) in pairs.iter().zip(&alone) {
            let _ = run(before, GAS, &machine);
            assert_eq!(run(pair, GAS, &machine), *alone);
        }
    }
}
