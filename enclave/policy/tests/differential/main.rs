//! The same requests, at the same state, decided by this crate over proofs and by another team's node: the same answers, byte for byte.
//!
//! `POLICY_DIFFERENTIAL=10000 cargo test -p policy --test differential -- --nocapture` compares so many; without it, a few hundred.

#![expect(clippy::result_large_err, reason = "a refusal is an ordinary answer")]

mod agents;
mod node;
mod random;

#[expect(dead_code, reason = "the other tests use the rest")]
#[path = "../policy/support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use chain::{Layout, ProvenState};
use contracts_bindings::registry::{Request, StoreRef};
use contracts_bindings::{AUTHORIZE_GAS, StoreRegistry, rule_text};
use policy::{
    AccountError, Authenticated, Authentication, Confirming, Identity, Incoming, Machine, Operation, ProveError, Proving,
    ReplayCache, RunError, SIGNATURE_GAS, Unverified, authenticate, confirm, decide, prove,
};
use protocol::call::{Call, CallFields};
use protocol::signatures::{Agent, CallerSignature};
use revm::state::Bytecode;

use node::Node;
use random::{KEYS, Kind, ROLES, Random, SALTS};
use support::account::{digest, with_signatures};
use support::beacon::{Block, GENESIS, heads};
use support::call::{address_of, sign};
use support::world::{IMAGE, World};
use support::{ACCOUNT, LIFE};

/// Requests to one state.
const REQUESTS: u64 = 10;
const FEW: u64 = 300;

sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// One state, at both.
struct Place {
    state: ProvenState,
    machine: Machine,
    identity: Identity,
    block: u64,
    now: u64,
    kind: Kind,
}

/// What came of the comparisons.
type Counts = BTreeMap<String, u64>;

#[test]
#[expect(clippy::print_stdout, reason = "what was compared is part of the result")]
fn decides_as_eth_call_on_another_node_does() {
    let count: u64 = std::env::var("POLICY_DIFFERENTIAL").map_or(FEW, |text| text.parse().unwrap());
    let Some(mut node) = Node::start(GENESIS - 100_000) else { return };
    // Slot numbers of the beacon chain here are block numbers less 100, and blocks have their slot's time.
    node.mine(200, GENESIS - 90_000);
    let mut counts = Counts::new();
    for number in 0..count.div_ceil(REQUESTS) {
        let mut random = Random(number);
        let snapshot = node.snapshot();
        let mut place = place(&mut node, &mut random);
        for _ in 0..REQUESTS {
            let what = compared(&mut node, &mut place, &mut random);
            *counts.entry(format!("{:?}: {what}", place.kind)).or_default() += 1;
        }
        node.revert(snapshot);
    }
    let total: u64 = counts.values().sum();
    println!("{total} compared");
    for (what, count) in &counts {
        println!("{count:>7}  {what}");
    }
    // A comparison that compares nothing would pass too.
    for needed in ["allowed", "no account", "grant.none", "policy.reverted", "store.paused", "an account allowed"] {
        assert!(counts.keys().any(|what| what.contains(needed)), "no case was {needed}");
    }
    for kind in [Kind::Reference, Kind::Proxied, Kind::Hostile] {
        assert!(counts.keys().any(|what| what.starts_with(&format!("{kind:?}: allowed"))), "no {kind:?} policy allowed anything");
    }
}

/// A world at random, in the node and under a verified head.
fn place(node: &mut Node, random: &mut Random) -> Place {
    let slot = node.newest().0 + 1 - 100;
    let time = GENESIS + 12 * slot;
    let (world, kind) = random::world(random, time);
    node.put(&accounts(&world));
    node.mine(1, time);
    let (block, mined_at, state_root) = node.newest();
    assert_eq!((block, mined_at), (slot + 100, time));
    let head = Block { slot, state_root: state_root.0 };
    let (head, _) = heads(Layout::Fulu, head, head);
    Place { state: ProvenState::new(head), machine: Machine::default(), identity: world.identity(), block, now: time + 12, kind }
}

fn accounts(world: &World) -> Vec<node::Account> {
    let cache = &world.db.cache;
    let with_code = cache.accounts.iter().filter_map(|(address, account)| {
        let code = cache.contracts.get(&account.info.code_hash).map(Bytecode::original_bytes).filter(|code| !code.is_empty())?;
        // This node would keep a zero that was put as a leaf of its own, which no chain has.
        let storage = account.storage.iter().filter(|(_, value)| !value.is_zero());
        let storage = storage.map(|(slot, value)| (B256::from(*slot), B256::from(*value))).collect();
        Some((*address, code, storage))
    });
    with_code.collect()
}

/// One request at random, asked of both. Says what it came to.
fn compared(node: &mut Node, place: &mut Place, random: &mut Random) -> String {
    let by_account = random.one_in(3);
    let key = if random.one_in(3) { random.of(&KEYS) } else { KEYS[0] };
    let fields = CallFields {
        caller: if by_account { ACCOUNT } else { address_of(&key) },
        origin: if random.one_in(10) { 2 } else { 1 },
        salt: random.of(&SALTS),
        role: if random.one_in(4) { random.of(&ROLES) } else { B256::ZERO },
        recipient: B256::ZERO,
        evidence: if random.one_in(5) {
            let length = 1 + random.below(300);
            random.bytes(length)
        } else {
            Vec::new()
        },
        issued_at: place.now,
        expires_at: place.now + 60,
        nonce: B256::from(U256::from(random.next())),
        min_finalized_slot: 0,
    };
    let signed = digest(&place.identity, &fields);
    let agent = random.one_in(3).then(|| {
        let curve = random.of(&agents::CURVES);
        agents::agent(&place.identity, fields.caller, &signed, curve, place.now)
    });
    let (agent, to_sign) = agent.map_or((None, signed), |(agent, delegation)| (Some(agent), delegation));
    let signature = sign(&key, &to_sign);
    let signature =
        if by_account { CallerSignature::Contract(signature.to_vec().into()) } else { CallerSignature::Key(signature.into()) };
    let incoming = with_signatures(&fields, &signature, agent.as_ref());
    let who = if by_account { "an account " } else { "" };
    let Some(authenticated) = taken(node, place, incoming, to_sign, &signature) else { return "no account".to_owned() };
    let operation = random::operation(random);
    format!("{who}{}", judged(node, place, authenticated, &operation, &fields, agent.as_ref()))
}

/// Authenticates; a contract is asked here and there, and both must say the same.
fn taken(
    node: &mut Node,
    place: &mut Place,
    incoming: Incoming,
    to_sign: B256,
    signature: &CallerSignature,
) -> Option<Authenticated> {
    let mut seen = ReplayCache::new(10);
    let mut claim = match authenticate(Unverified::new(incoming), &place.identity, place.now * 1_000, &mut seen).unwrap() {
        Authentication::Authenticated(authenticated) => return Some(authenticated),
        Authentication::Claimed(claimed) => claimed,
    };
    let said = loop {
        match confirm(claim, &place.identity, &place.state, &place.state, &place.machine) {
            Confirming::Confirmed(confirmed) => break Ok(confirmed.take(place.now * 1_000, &mut seen).unwrap()),
            Confirming::Refused(error) => break Err(error),
            Confirming::Missing { claimed, finalized, .. } => {
                claim = claimed;
                node.supply(&mut place.state, place.block, &finalized.all());
            }
        }
    };
    let CallerSignature::Contract(bytes) = signature else { panic!("a contract is the caller") };
    let data = isValidSignatureCall { hash: to_sign, signature: Bytes::copy_from_slice(bytes) }.abi_encode();
    let answer = node.call(place.block, ACCOUNT, &data, SIGNATURE_GAS);
    let mut magic = [0; 32];
    magic[..4].copy_from_slice(&isValidSignatureCall::SELECTOR);
    match &said {
        Ok(_) => assert_eq!(answer, Some(Bytes::from(magic))),
        Err(AccountError::NotAccepted) => assert!(answer.is_some_and(|answer| answer != Bytes::from(magic))),
        Err(AccountError::Run(RunError::Reverted | RunError::Halted)) => assert_eq!(answer, None),
        Err(error) => panic!("{error:?}"),
    }
    said.ok()
}

/// Asks the registry here and there. The answers must be the same bytes, or both must be none.
fn judged(
    node: &mut Node,
    place: &mut Place,
    mut call: Authenticated,
    operation: &Operation,
    fields: &CallFields,
    agent: Option<&Agent>,
) -> String {
    let data = StoreRegistry::authorizeCall { request: request(place, call.call(), operation, fields, agent) }.abi_encode();
    let proven = loop {
        let (state, now_ms) = (&place.state, place.now * 1_000);
        match prove(call, vec![operation.clone()], &place.identity, state, state, &place.machine, now_ms) {
            Proving::Proven(proven) => break Ok(proven),
            Proving::Failed { error, .. } => break Err(error),
            Proving::Missing { authenticated, finalized, .. } => {
                call = authenticated;
                node.supply(&mut place.state, place.block, &finalized.all());
            }
        }
    };
    let answer = node.call(place.block, place.identity.registry, &data, AUTHORIZE_GAS);
    let proven = match proven {
        Ok(proven) => proven,
        Err(ProveError::Run(RunError::Reverted | RunError::Halted)) => {
            assert_eq!(answer, None);
            return "no answer".to_owned();
        }
        // Code at random may read what is refused here, and a node answers that.
        Err(error) => return format!("not compared: {}", error.rule()),
    };
    let there = StoreRegistry::authorizeCall::abi_decode_returns_validate(&answer.unwrap()).unwrap();
    let rule = rule_text(there.decision.rule).unwrap_or_else(|| "rule.unnamed".to_owned());
    match decide(*proven, LIFE, place.now * 1_000) {
        Ok(permit) => {
            assert!(there.decision.allowed);
            assert_eq!(*permit.subject(), there.subject);
            same(&permit.evidence(), &data, &there);
            "allowed".to_owned()
        }
        Err(refused) => {
            same(&refused.evidence, &data, &there);
            if refused.rule.starts_with("delegation.") {
                assert!(there.decision.allowed);
                return refused.rule;
            }
            assert!(!there.decision.allowed);
            assert_eq!(refused.rule, rule);
            refused.rule
        }
    }
}

/// What goes into the receipt is what the node was asked, and what it answered.
fn same(evidence: &protocol::ledger::Evidence, data: &[u8], there: &StoreRegistry::authorizeReturn) {
    let [evaluation] = evidence.evaluations.as_slice() else { panic!("one operation") };
    assert_eq!(evaluation.request.as_slice(), &data[4..]);
    let there = StoreRegistry::authorizeCall::abi_encode_returns(there);
    assert_eq!((evaluation.finalized.as_slice(), evaluation.attested.as_slice()), (there.as_slice(), there.as_slice()));
}

/// The request as the interface says it, written a second time.
fn request(place: &Place, call: &Call, operation: &Operation, fields: &CallFields, agent: Option<&Agent>) -> Request {
    Request {
        vault: place.identity.vault_id,
        image: IMAGE,
        r#ref: StoreRef { origin: fields.origin, salt: fields.salt },
        caller: fields.caller,
        agent: agent.map_or(B256::ZERO, |agent| keccak256(agent.key.to_bytes())),
        role: fields.role,
        operation: keccak256(&operation.name),
        class: operation.class.number(),
        requestHash: keccak256((call.method.clone(), call.url.clone(), call.headersHash, call.bodyHash).abi_encode_params()),
        recipient: B256::ZERO,
        time: place.now,
        params: operation.params.clone(),
        evidence: fields.evidence.clone().into(),
    }
}
