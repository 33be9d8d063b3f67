//! What a decision costs, beside what it can't do without: `cargo bench -p policy`.
//!
//! All measurements are interleaved in one run, and each shows its median, so that ratios hold on a machine that does other things too.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::result_large_err, reason = "a refusal is an ordinary answer")]

use std::collections::{BTreeMap, HashSet};
use std::hint::black_box;
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy_sol_types::SolCall;
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{HashBuilder, Nibbles};
use chain::{AccountProof, ProvenState};
use contracts_bindings::{AUTHORIZE_GAS, StoreRegistry};
use minicbor::bytes::ByteVec;
use policy::{
    Authentication, Identity, Machine, Permit, Proving, ReplayCache, Unverified, ViewCall, Viewed, authenticate, decide, prove,
    view,
};
use protocol::message::{self, SlotProof, Supply};
use protocol::signatures::CallerSignature;
use protocol::{frame, limits};
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
        self.share(2)
    }

    /// Microseconds that one of so many rounds took no longer than.
    fn share(&self, of: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        times[times.len() / of].as_secs_f64() * 1e6
    }

    /// The fastest tenth is what the machine gives when it does nothing else.
    fn print(&self, floor: f64) {
        let (median, tenth) = (self.median(), self.share(10));
        println!("{:<58} {median:>8.1} us  {:>6.2} x   fastest tenth {tenth:>8.1} us", self.name, median / floor);
    }
}

fn main() {
    // One part alone, for a profiler: `cargo bench -p policy -- warm`.
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| only.is_empty() || only.iter().any(|name| name == part);
    if wanted("warm") {
        warm();
    }
    if wanted("cold") {
        cold();
    }
    if wanted("heads") {
        heads();
    }
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

/// Leaves of one contract's storage trie: the slots of as many stores as one portfolio may have.
const LEAVES: u64 = 15_000;

/// What a new head costs: one message with the proofs of all that active stores read, two slots each, in two contracts.
fn heads() {
    const CONTRACTS: [Address; 2] = [Address::repeat_byte(0xc1), Address::repeat_byte(0xc2)];
    let slots: Vec<_> = (0..LEAVES).map(|number| (B256::from(U256::from(number)), U256::MAX >> 8)).collect();
    let mut world = World::granted();
    for contract in CONTRACTS {
        world.put_code(contract, vec![revm::bytecode::opcode::STOP], &slots);
    }
    let state = world.state();
    let pair = Pair::new(state.clone(), state.clone());
    println!("a new head, {LEAVES} slots in each of two contracts; a frame holds {} kB", limits::HOST_FRAME >> 10);
    for stores in [1, 100, 10_000] {
        let asked: Vec<B256> = slots.iter().take(stores).map(|(slot, _)| *slot).collect();
        let lists = Storage::new(&slots).proofs(&asked);
        let full: usize = 2 * lists.iter().flatten().map(|node| node.len()).sum::<usize>();
        let mut seen = HashSet::new();
        let lists: Vec<Vec<Bytes>> =
            lists.into_iter().map(|nodes| nodes.into_iter().filter(|node| seen.insert(node.clone())).collect()).collect();
        let mut wanted = policy::Wanted::default();
        for contract in CONTRACTS {
            wanted.accounts.insert(contract, policy::WantedAccount::default());
        }
        let accounts = state.proofs(&wanted);
        let claim = |account| {
            let slots = asked.iter().zip(&lists).map(|(slot, list)| (slot.0, list.iter().map(AsRef::as_ref).collect()));
            AccountProof { slots: slots.collect(), ..Proof::claim(account) }
        };
        let claims: Vec<AccountProof<'_>> = accounts.iter().map(claim).collect();
        // Many together, as the clock of the thread's time is coarse; its time, as it takes long enough to be interrupted.
        let rounds = u32::try_from((20_000 / stores).clamp(5, 5_000)).unwrap();
        let since = cpu();
        for _ in 0..rounds {
            let mut state = ProvenState::new(pair.attested.head().clone());
            for claim in &claims {
                state.add(claim).unwrap();
            }
            drop(black_box(state));
        }
        let each = cpu().saturating_sub(since) / rounds;
        let message = frame::encode_message(supply(&claims), limits::HOST_FRAME).expect("one frame");
        println!(
            "{stores:>6} active stores, {:>6} slots: 1 message of {:>6} kB ({:>6} kB if no node were left out), checked in {:>9.1} us of CPU",
            2 * stores,
            message.len() >> 10,
            full >> 10,
            each.as_secs_f64() * 1e6,
        );
    }
}

/// What this thread ran so far (Linux).
fn cpu() -> Duration {
    let ran = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(ran.split(' ').next().unwrap().parse().unwrap())
}

/// As the host sends it.
fn supply(claims: &[AccountProof<'_>]) -> Supply {
    let nodes = |nodes: &[&[u8]]| nodes.iter().map(|node| ByteVec::from(node.to_vec())).collect::<Vec<_>>();
    let proof = |claim: &AccountProof<'_>| message::AccountProof {
        address: claim.address.into(),
        nodes: nodes(&claim.nodes),
        slots: claim.slots.iter().map(|(slot, list)| SlotProof { slot: (*slot).into(), nodes: nodes(list) }).collect(),
        code: None,
    };
    Supply::State(claims.iter().map(proof).collect())
}

/// A storage trie, and proofs of many slots at once.
struct Storage(BTreeMap<B256, Vec<u8>>);

impl Storage {
    fn new(slots: &[(B256, U256)]) -> Self {
        Self(slots.iter().map(|(slot, value)| (keccak256(slot), alloy_rlp::encode(value))).collect())
    }

    fn proofs(&self, slots: &[B256]) -> Vec<Vec<Bytes>> {
        let targets: Vec<Nibbles> = slots.iter().map(|slot| Nibbles::unpack(keccak256(slot))).collect();
        let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(targets.clone()));
        for (key, value) in &self.0 {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        builder.root();
        let nodes = builder.take_proof_nodes();
        let list = |target| nodes.matching_nodes_sorted(target).into_iter().map(|(_, node)| node).collect();
        targets.iter().map(list).collect()
    }
}
