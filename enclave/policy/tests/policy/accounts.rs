//! Contract accounts as callers (EIP-1271), at both heads.

use alloy_primitives::{Address, B256, U256};
use policy::{AccountError, AuthenticateError, Confirming, Identity, ProveError, ReplayCache, RunError, confirm, decide};
use protocol::signatures::CallerSignature;
use revm::bytecode::opcode as op;

use crate::support::account::{
    IMPLEMENTATION, account_fields, answering, claimed, confirmed, digest, owner_word, proxy, signed_for_account, wallet,
    with_signatures,
};
use crate::support::call::{address_of, authenticated_error, fields, sign, signed};
use crate::support::world::{World, read_grant};
use crate::support::{ACCOUNT, LIFE, Pair, orders};

const OWNER: [u8; 32] = [0x61; 32];
const OTHER: [u8; 32] = [0x62; 32];

/// READ is granted to the account, which has this code and owner.
fn world(code: Vec<u8>, owner: &[u8; 32]) -> World {
    let mut world = World::new();
    world.grant(contracts_bindings::grants::Grant { subject: ACCOUNT.into_word(), ..read_grant() });
    world.put_code(ACCOUNT, code, &[(B256::ZERO, owner_word(address_of(owner)))]);
    world
}

fn pair(code: Vec<u8>, owner: &[u8; 32]) -> (Identity, Pair) {
    let world = world(code, owner);
    (world.identity(), Pair::new(world.state(), world.state()))
}

fn error(code: Vec<u8>) -> AccountError {
    let (identity, mut pair) = pair(code, &OWNER);
    let incoming = signed_for_account(&identity, &account_fields(pair.now), &OWNER);
    confirmed(&mut pair, &identity, incoming).unwrap_err()
}

#[test]
fn a_contract_calls_with_what_its_owner_signed() {
    let (identity, mut pair) = pair(wallet(), &OWNER);
    let incoming = signed_for_account(&identity, &account_fields(pair.now), &OWNER);
    let call = confirmed(&mut pair, &identity, incoming).unwrap();
    assert_eq!(call.caller(), ACCOUNT);
    let signature = sign(&OWNER, &digest(&identity, &account_fields(pair.now)));
    assert_eq!(call.signed().signature, CallerSignature::Contract(signature.to_vec().into()));
    let permit = pair.decide(call, &[orders()], &identity).unwrap();
    // Its code is among what the decision rests on.
    assert!(permit.called().iter().any(|(address, _)| *address == ACCOUNT));
    assert!(permit.touched().accounts[&ACCOUNT].slots.contains(&B256::ZERO));
}

#[test]
fn t37_a_proxied_account_is_asked_through_its_implementation() {
    let implementation = Address::repeat_byte(0xbc);
    let mut world = world(proxy(), &OWNER);
    world.put_code(implementation, wallet(), &[]);
    let (identity, without) = (world.identity(), world.state());
    world.put_code(
        ACCOUNT,
        proxy(),
        &[(B256::ZERO, owner_word(address_of(&OWNER))), (IMPLEMENTATION, owner_word(implementation))],
    );
    let mut pair = Pair::new(world.state(), world.state());
    let incoming = || signed_for_account(&identity, &account_fields(pair.now), &OWNER);
    let (first, second) = (incoming(), incoming());
    let call = confirmed(&mut pair, &identity, first).unwrap();
    let permit = pair.decide(call, &[orders()], &identity).unwrap();
    // The implementation is part of what is proven, and its slot.
    assert!(permit.called().iter().any(|(address, _)| *address == implementation));
    assert!(permit.touched().accounts[&ACCOUNT].slots.contains(&IMPLEMENTATION));
    // An upgrade at the newest head counts at once.
    let mut upgraded = Pair::new(world.state(), without);
    assert_eq!(confirmed(&mut upgraded, &identity, second).unwrap_err(), AccountError::NotAccepted);
}

#[test]
fn t66_an_owners_own_signature_is_not_his_accounts() {
    let (identity, mut pair) = pair(wallet(), &OWNER);
    let now = pair.now;
    // The owner's key signed the account's call: that is no signature of the account's key, for it has none.
    let by_key = |digest| CallerSignature::Key(sign(&OWNER, &digest).into());
    let passed_off = with_signatures(&account_fields(now), &by_key(digest(&identity, &account_fields(now))), None);
    assert_eq!(authenticated_error(&identity, passed_off, now), AuthenticateError::WrongSigner);
    // What the owner signed for himself, or for another account of his, is another call.
    for caller in [address_of(&OWNER), Address::repeat_byte(0xbd)] {
        let own = protocol::call::CallFields { caller, ..fields(now) };
        let signature = sign(&OWNER, &digest(&identity, &own)).to_vec();
        let passed_off = with_signatures(&account_fields(now), &CallerSignature::Contract(signature.into()), None);
        assert_eq!(confirmed(&mut pair, &identity, passed_off).unwrap_err(), AccountError::NotAccepted);
    }
}

#[test]
fn t66_an_account_signs_for_one_enclave_and_one_envelope() {
    let (identity, mut pair) = pair(wallet(), &OWNER);
    let mut sealed_again = signed_for_account(&identity, &account_fields(pair.now), &OWNER);
    sealed_again.enc[1] ^= 1;
    assert_eq!(confirmed(&mut pair, &identity, sealed_again).unwrap_err(), AccountError::NotAccepted);
    let other = Identity { enclave: [0x0f; 32], ..identity.clone() };
    let elsewhere = signed_for_account(&other, &account_fields(pair.now), &OWNER);
    assert_eq!(confirmed(&mut pair, &identity, elsewhere).unwrap_err(), AccountError::NotAccepted);
}

#[test]
fn t49_an_owner_who_is_none_at_either_head_signs_nothing() {
    let (now_owner, was_owner) = (world(wallet(), &OTHER), world(wallet(), &OWNER));
    let identity = now_owner.identity();
    for (finalized, attested) in [(&was_owner, &now_owner), (&now_owner, &was_owner)] {
        let mut pair = Pair::new(finalized.state(), attested.state());
        let incoming = signed_for_account(&identity, &account_fields(pair.now), &OWNER);
        assert_eq!(confirmed(&mut pair, &identity, incoming).unwrap_err(), AccountError::NotAccepted);
    }
}

#[test]
fn t49_a_decision_asks_the_account_at_its_own_heads() {
    let (identity, mut before) = pair(wallet(), &OWNER);
    let incoming = signed_for_account(&identity, &account_fields(before.now), &OWNER);
    let call = confirmed(&mut before, &identity, incoming).unwrap();
    // Confirmed under the old owner, decided under the new one.
    let mut after = Pair::new(world(wallet(), &OWNER).state(), world(wallet(), &OTHER).state());
    let error = after.prove(call, &[orders()], &identity).unwrap_err();
    assert_eq!(error, ProveError::Account(AccountError::NotAccepted));
    assert_eq!(error.rule(), "account.signature");
}

#[test]
fn t48_a_contracts_call_is_taken_once_and_in_its_window() {
    let (identity, mut pair) = pair(wallet(), &OWNER);
    let now = pair.now;
    let mut seen = ReplayCache::new(10);
    let mut ask = |pair: &mut Pair, now_ms| {
        let mut claim = claimed(&identity, signed_for_account(&identity, &account_fields(now), &OWNER), now);
        loop {
            match confirm(claim, &identity, &pair.finalized, &pair.attested, &pair.machine) {
                Confirming::Confirmed(confirmed) => return confirmed.take(now_ms, &mut seen).map(|_| ()),
                Confirming::Refused(error) => panic!("{error:?}"),
                Confirming::Missing { claimed, finalized, attested } => {
                    claim = claimed;
                    pair.supply(&finalized.all(), &attested.all(), |_, _| false);
                }
            }
        }
    };
    assert_eq!(ask(&mut pair, now * 1_000), Ok(()));
    assert_eq!(ask(&mut pair, now * 1_000), Err(AuthenticateError::Replayed));
    // A host may take its time to prove the account's state.
    assert_eq!(ask(&mut pair, (now + 60) * 1_000), Err(AuthenticateError::Expired));
}

#[test]
fn t30_a_claim_that_nobody_confirmed_takes_no_place() {
    let (identity, pair) = pair(wallet(), &OWNER);
    let mut seen = ReplayCache::new(1);
    for _ in 0..3 {
        let incoming = signed_for_account(&identity, &account_fields(pair.now), &OTHER);
        let claim = policy::authenticate(policy::Unverified::new(incoming), &identity, pair.now * 1_000, &mut seen);
        assert!(matches!(claim, Ok(policy::Authentication::Claimed(_))));
    }
    assert!(seen.is_empty());
}

#[test]
fn t41_only_the_magic_value_alone_in_its_word_is_yes() {
    let magic = [0x16, 0x26, 0xba, 0x7e];
    let word = |last: u8| [magic.as_slice(), &[0; 27], &[last]].concat();
    let (identity, mut pair) = pair(answering(&word(0)), &OWNER);
    let incoming = signed_for_account(&identity, &account_fields(pair.now), &OTHER);
    assert!(confirmed(&mut pair, &identity, incoming).is_ok(), "this contract accepts anything");
    let right_aligned = [[0; 28].as_slice(), &magic].concat();
    let one = U256::from(1).to_be_bytes_vec();
    for answer in
        [magic.to_vec(), word(1), right_aligned, one, vec![0; 32], vec![0xff; 32], [word(0), vec![0; 32]].concat(), Vec::new()]
    {
        assert_eq!(error(answering(&answer)), AccountError::NotAccepted, "{answer:?}");
    }
}

#[test]
fn t38_a_hostile_account_is_bounded_as_a_policy_is() {
    let run = AccountError::Run;
    assert_eq!(error(vec![op::JUMPDEST, op::PUSH0, op::JUMP]), run(RunError::Halted));
    assert_eq!(error(vec![op::PUSH0, op::PUSH0, op::REVERT]), run(RunError::Reverted));
    assert_eq!(error(vec![op::ORIGIN, op::STOP]), run(RunError::NotDeterministic { opcode: op::ORIGIN }));
    assert_eq!(error(vec![op::PUSH0, op::SELFDESTRUCT]), run(RunError::NotAView { opcode: op::SELFDESTRUCT }));
    // Calls itself for ever.
    let recursion = [vec![op::PUSH0; 4], vec![op::ADDRESS, op::GAS, op::STATICCALL]].concat();
    assert_eq!(error(recursion), run(RunError::Depth));
    let slots = vec![op::PUSH0, op::JUMPDEST, op::DUP1, op::SLOAD, op::POP, op::PUSH1, 1, op::ADD, op::PUSH1, 1, op::JUMP];
    assert_eq!(error(slots), run(RunError::Slots));
    assert_eq!(error(Vec::new()), run(RunError::NoCode));
}

#[test]
fn a_key_still_signs_for_an_account_with_a_delegation_designator() {
    // EIP-7702: the key stays the account's, and its contract may accept as well.
    let mut world = World::new();
    world.grant(read_grant());
    let delegate = Address::repeat_byte(0xbc);
    world.put_code(delegate, wallet(), &[]);
    let designator = [[0xef, 0x01, 0x00].as_slice(), delegate.as_slice()].concat();
    world.put_code(fields(0).caller, designator, &[(B256::ZERO, owner_word(address_of(&OWNER)))]);
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let call = pair.call(&identity);
    let proven = pair.prove(call, &[orders()], &identity).unwrap();
    assert!(decide(*proven, LIFE, pair.now * 1_000).is_ok());
    let _ = signed(&identity, &fields(pair.now));
    let incoming = signed_for_account(&identity, &fields(pair.now), &OWNER);
    assert!(confirmed(&mut pair, &identity, incoming).is_ok());
}
