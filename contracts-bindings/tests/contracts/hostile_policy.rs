//! T37, T38, T41: a policy is anybody's code. Whatever it does, the caller gets a rule.

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolValue;
use contracts_bindings::registry::{Decision, Limit};

use crate::world::World;

/// Code that returns `data` to every call.
fn returning(data: &[u8]) -> Vec<u8> {
    // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&[0x61, length[0], length[1], 0x80, 0x60, 10, 0x5f, 0x39, 0x5f, 0xf3], data].concat()
}

fn answer(code: Vec<u8>) -> (World, Decision) {
    let mut world = World::new();
    world.chain.put_code(world.policy, code);
    let decision = world.authorize(world.request());
    (world, decision)
}

#[track_caller]
fn refused(code: Vec<u8>) -> String {
    let (_, decision) = answer(code);
    assert!(!decision.allowed);
    contracts_bindings::rule_text(decision.rule).unwrap()
}

fn limit(bucket: u8) -> Limit {
    Limit { bucket: B256::repeat_byte(bucket), cost: 1, capacity: 2, period: 3 }
}

fn valid(limits: u8) -> Decision {
    Decision {
        allowed: true,
        rule: B256::repeat_byte(b'r'),
        projection: B256::repeat_byte(b'p'),
        limits: (0..limits).map(limit).collect(),
    }
}

/// The encoding with word `index` replaced.
fn with_word(decision: &Decision, index: usize, value: U256) -> Vec<u8> {
    let mut data = decision.abi_encode();
    data[32 * index..32 * index + 32].copy_from_slice(&value.to_be_bytes::<32>());
    data
}

#[test]
fn passes_on_a_decision_with_up_to_four_limits() {
    for count in 0..=4 {
        let (_, decision) = answer(returning(&valid(count).abi_encode()));
        assert_eq!(decision, valid(count));
    }
    let refusal = Decision { allowed: false, ..valid(0) };
    assert_eq!(answer(returning(&refusal.abi_encode())).1, refusal);
}

#[test]
fn t41_a_revert_is_a_refusal() {
    assert_eq!(refused(vec![0x5f, 0x5f, 0xfd]), "policy.reverted");
    // A revert whose data is an allowing decision.
    let mut reverting = returning(&valid(0).abi_encode());
    reverting[9] = 0xfd;
    assert_eq!(refused(reverting), "policy.reverted");
}

#[test]
fn t41_no_code_or_a_short_answer_is_a_refusal() {
    assert_eq!(refused(vec![]), "policy.reverted");
    assert_eq!(refused(vec![0x00]), "policy.reverted");
    let data = valid(0).abi_encode();
    for length in [0, 1, 31, 32, 64, data.len() - 1] {
        assert_eq!(refused(returning(&data[..length])), "policy.reverted", "{length}");
    }
}

#[test]
fn t38_an_endless_loop_is_a_refusal() {
    assert_eq!(refused(vec![0x5b, 0x5f, 0x56]), "policy.reverted");
}

#[test]
fn t38_writing_state_is_a_refusal() {
    assert_eq!(refused(vec![0x60, 1, 0x5f, 0x55, 0x00]), "policy.reverted");
}

#[test]
fn t38_a_megabyte_is_a_refusal() {
    // PUSH3 2^20, PUSH0, RETURN
    assert_eq!(refused(vec![0x62, 0x10, 0, 0, 0x5f, 0xf3]), "policy.malformed");
}

#[test]
fn refuses_five_limits() {
    assert_eq!(refused(returning(&valid(5).abi_encode())), "policy.malformed");
}

#[test]
fn t41_refuses_what_is_not_the_canonical_encoding() {
    let decision = valid(2);
    let over_u128 = U256::from(1) << 128;
    let cases = [
        ("offset of the decision", with_word(&decision, 0, U256::from(64))),
        ("dirty bool", with_word(&decision, 1, U256::from(2))),
        ("high bit of the bool", with_word(&decision, 1, U256::from(1) << 255)),
        ("offset of the limits", with_word(&decision, 4, U256::from(160))),
        ("fewer limits than data", with_word(&decision, 5, U256::from(1))),
        ("more limits than data", with_word(&decision, 5, U256::from(3))),
        ("endless limits", with_word(&decision, 5, U256::MAX)),
        ("dirty cost", with_word(&decision, 7, over_u128)),
        ("dirty capacity", with_word(&decision, 8, over_u128)),
        ("dirty period", with_word(&decision, 9, U256::from(1) << 32)),
        ("dirty cost of the second", with_word(&decision, 11, over_u128)),
        ("trailing byte", [decision.abi_encode(), vec![0]].concat()),
        ("trailing word", [decision.abi_encode(), vec![0; 32]].concat()),
        ("missing byte", decision.abi_encode()[..decision.abi_encode().len() - 1].to_vec()),
    ];
    for (what, data) in cases {
        let (_, answered) = answer(returning(&data));
        assert!(!answered.allowed, "{what}");
        assert_eq!(contracts_bindings::rule_text(answered.rule).unwrap(), "policy.malformed", "{what}");
    }
}
