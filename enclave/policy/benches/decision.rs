//! What a decision costs, beside what it can't do without: `cargo bench -p policy`.
//!
//! All measurements are interleaved in one run, and each shows its median, so that ratios hold on a machine that does other things too.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::result_large_err, reason = "a refusal is an ordinary answer")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_sol_types::SolCall;
use chain::ProvenState;
use contracts_bindings::{AUTHORIZE_GAS, StoreRegistry};
use policy::{
    Authentication, Identity, Machine, Permit, Proving, ReplayCache, Unverified, ViewCall, Viewed, authenticate, decide, prove,
    view,
};
use protocol::signatures::CallerSignature;
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::database::InMemoryDB;
use revm::primitives::hardfork::SpecId;
use revm::{Context, ExecuteEvm, MainBuilder, MainContext};

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/policy/support/mod.rs"]
mod support;

use support::account::{IMPLEMENTATION, proxy};
use support::call::{fields, signed};
use support::state::{Proof, State};
use support::world::{CHAIN_ID, World};
use support::{LIFE, Pair, orders};

const ROUNDS: u64 = 400;
const PROXY: Address = Address::repeat_byte(0xaa);
const IMPLEMENTATION_AT: Address = Address::repeat_byte(0xbb);

/// One thing that is measured.
struct Measured {
    name: &'static str,
    times: Vec<Duration>,
}

impl Measured {
    const fn new(name: &'static str) -> Self {
        Self { name, times: Vec::new() }
    }

    fn once<T>(&mut self, run: impl FnOnce() -> T) {
        let start = Instant::now();
        let result = run();
        self.times.push(start.elapsed());
        drop(black_box(result));
    }

    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e6
    }

    fn print(&self, floor: f64) {
        println!("{:<58} {:>8.1} us  {:>6.2} x", self.name, self.median(), self.median() / floor);
    }
}

fn main() {
    warm();
    cold();
}

fn permit(identity: &Identity, pair: &Pair, nonce: u64, seen: &mut ReplayCache) -> Permit {
    let mut fields = fields(pair.now);
    fields.nonce = B256::from(U256::from(nonce));
    let incoming = Unverified::new(signed(identity, &fields));
    decided(incoming, identity, pair, seen)
}

fn decided(incoming: Unverified<policy::Incoming>, identity: &Identity, pair: &Pair, seen: &mut ReplayCache) -> Permit {
    let now_ms = pair.now * 1_000;
    let Ok(Authentication::Authenticated(call)) = authenticate(incoming, identity, now_ms, seen) else { panic!("not taken") };
    let proving = prove(call, vec![orders()], identity, &pair.finalized, &pair.attested, &pair.machine, now_ms);
    let Proving::Proven(proven) = proving else { panic!("not proven") };
    decide(*proven, LIFE, now_ms).unwrap()
}

/// Everything is proven already: what a call costs between two heads.
fn warm() {
    let world = World::granted();
    let identity = world.identity();
    let mut pair = Pair::new(world.state(), world.state());
    assert!(pair.read_orders(&identity).is_ok());
    let mut seen = ReplayCache::new(100_000);
    let first = permit(&identity, &pair, u64::MAX, &mut seen);
    let data: Bytes =
        [StoreRegistry::authorizeCall::SELECTOR.as_slice(), &first.evidence().evaluations[0].request].concat().into();
    let db = &world.db;
    let signature = first.authenticated().signed().signature;
    let CallerSignature::Key(signature) = signature else { panic!("a key signed") };
    let digest = first.authenticated().digest();

    let mut bare = Measured::new("floor: authorize in bare revm, twice");
    let mut recovery = Measured::new("floor: signature recovery");
    let mut taken = Measured::new("authenticate");
    let mut judged = Measured::new("prove at both heads and decide");
    let mut whole = Measured::new("warm decision at both heads, signature recovery included");
    for round in 0..ROUNDS {
        bare.once(|| {
            authorize(db, identity.registry, &data);
            authorize(db, identity.registry, &data)
        });
        recovery.once(|| policy::signer(&digest, signature.as_slice()));
        let incoming = |nonce: u64| {
            let mut fields = fields(pair.now);
            fields.nonce = B256::from(U256::from(nonce));
            Unverified::new(signed(&identity, &fields))
        };
        let (one, two) = (incoming(3 * round), incoming(3 * round + 1));
        let now_ms = pair.now * 1_000;
        let mut call = None;
        taken.once(|| call = authenticate(one, &identity, now_ms, &mut seen).ok());
        let Some(Authentication::Authenticated(call)) = call else { panic!("not taken") };
        judged.once(|| {
            let proving = prove(call, vec![orders()], &identity, &pair.finalized, &pair.attested, &pair.machine, now_ms);
            let Proving::Proven(proven) = proving else { panic!("not proven") };
            decide(*proven, LIFE, now_ms).unwrap()
        });
        whole.once(|| decided(two, &identity, &pair, &mut seen));
    }
    let floor = bare.median() + recovery.median();
    println!("warm, reference policy ({} slots read), ratio to both floors together; target 150 us", slots(&first));
    for measured in [&bare, &recovery, &taken, &judged, &whole] {
        measured.print(floor);
    }
}

fn slots(permit: &Permit) -> usize {
    permit.touched().accounts.values().map(|account| account.slots.len()).sum()
}

fn authorize(db: &InMemoryDB, to: Address, data: &Bytes) -> Bytes {
    let mut config = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(CHAIN_ID);
    config.disable_nonce_check = true;
    config.disable_balance_check = true;
    config.disable_base_fee = true;
    config.disable_fee_charge = true;
    let block = BlockEnv { number: U256::from(1_180), timestamp: U256::from(1_800_012_960_u64), ..BlockEnv::default() };
    let transaction = TxEnv {
        caller: Address::ZERO,
        kind: TxKind::Call(to),
        data: data.clone(),
        gas_limit: AUTHORIZE_GAS,
        chain_id: Some(CHAIN_ID),
        ..TxEnv::default()
    };
    let mut evm = Context::mainnet().with_ref_db(db).with_block(block).with_cfg(config).build_mainnet();
    evm.transact_one(transaction).unwrap().into_output().unwrap()
}

/// Nothing is proven and no code analysed: two accounts with their code, three slots, at one head.
fn cold() {
    use revm::bytecode::opcode as op;
    // sload(1) + sload(2), with a body of the size of a real policy behind it.
    let mut implementation = vec![op::PUSH1, 1, op::SLOAD, op::PUSH1, 2, op::SLOAD, op::ADD, op::PUSH0, op::MSTORE];
    implementation.extend([op::PUSH1, 32, op::PUSH0, op::RETURN]);
    implementation.extend(StoreRegistry::DEPLOYED_BYTECODE.iter());
    let implementation_word = U256::from_be_bytes(IMPLEMENTATION_AT.into_word().0);
    let mut world = World::granted();
    world.put_code(IMPLEMENTATION_AT, implementation, &[]);
    world.put_code(
        PROXY,
        proxy(),
        &[
            (IMPLEMENTATION, implementation_word),
            (B256::with_last_byte(1), U256::from(40)),
            (B256::with_last_byte(2), U256::from(2)),
        ],
    );
    // Other accounts and slots, so that paths have a length.
    for number in 0..2_000_u16 {
        let address = Address::left_padding_from(&(0x1_0000 + u32::from(number)).to_be_bytes());
        world.put_code(address, vec![op::STOP], &[]);
    }
    let more: Vec<_> = (0..2_000_u64).map(|slot| (B256::from(U256::from(1_000 + slot)), U256::from(slot + 1))).collect();
    world.put_code(PROXY, proxy(), &more);
    let state: State = world.state();
    let mut pair = Pair::new(state.clone(), state);
    let call = ViewCall { from: Address::ZERO, to: PROXY, data: Bytes::new(), gas: AUTHORIZE_GAS, chain_id: CHAIN_ID };
    let (touched, _) = loop {
        match view(&pair.attested, &call, None, &pair.machine) {
            Viewed::Missing(wanted) => pair.supply(&policy::Wanted::default(), &wanted, |_, _| false),
            Viewed::Output { data, touched, .. } => break (touched, data),
            Viewed::Error(error) => panic!("{error:?}"),
        }
    };
    let proofs = pair.attested_state.proofs(&touched);
    let head = pair.attested.head().clone();
    let checked = |proofs: &[Proof]| {
        let mut state = ProvenState::new(head.clone());
        for proof in proofs {
            state.add(&proof.claim()).unwrap();
        }
        state
    };
    let mut floor = Measured::new("floor: proof checks, code hashes included");
    let mut whole = Measured::new("cold decision through a proxy: proofs, analysis, run");
    for _ in 0..ROUNDS {
        floor.once(|| checked(&proofs));
        whole.once(|| {
            let state = checked(&proofs);
            let viewed = view(&state, &call, None, &Machine::default());
            assert!(matches!(viewed, Viewed::Output { .. }));
        });
    }
    let accounts = touched.accounts.values();
    println!(
        "cold, {} accounts with code, {} slots, {} trie nodes; target 400 us",
        accounts.clone().filter(|account| account.code).count(),
        accounts.map(|account| account.slots.len()).sum::<usize>(),
        proofs.iter().map(nodes).sum::<usize>(),
    );
    for measured in [&floor, &whole] {
        measured.print(floor.median());
    }
}

fn nodes(proof: &Proof) -> usize {
    let claim = proof.claim();
    claim.nodes.len() + claim.slots.iter().map(|(_, nodes)| nodes.len()).sum::<usize>()
}
