use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles};
use chain::{Account, AccountProof, HeaderError, MAX_CODE, MAX_SLOTS, ProofError, ProvenState, RlpError, TrieError};
use proptest::prelude::*;

use crate::synthetic::{Block, client_at, connected};

const EMPTY_CODE: [u8; 32] = [
    0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca,
    0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
];
const CODE: &[u8] = b"code of the contract";
const CONTRACT: [u8; 20] = [0xc0; 20];
const OTHER: [u8; 20] = [0x07; 20];
const NOBODY: [u8; 20] = [0xff; 20];

fn word(value: u8) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

/// An account as the state trie holds it.
#[derive(Clone, Copy)]
struct TrieAccount {
    nonce: u64,
    balance: U256,
    storage_root: B256,
    code_hash: B256,
}

impl TrieAccount {
    fn without_code(nonce: u64) -> Self {
        Self { nonce, balance: U256::ZERO, storage_root: EMPTY_ROOT_HASH, code_hash: B256::from(EMPTY_CODE) }
    }

    fn fields(&self) -> Vec<Bytes> {
        let integer = |bytes: &[u8]| Bytes::copy_from_slice(&bytes[bytes.iter().take_while(|byte| **byte == 0).count()..]);
        vec![
            integer(&self.nonce.to_be_bytes()),
            integer(&self.balance.to_be_bytes::<32>()),
            Bytes::copy_from_slice(&self.storage_root.0),
            Bytes::copy_from_slice(&self.code_hash.0),
        ]
    }

    fn rlp(&self) -> Vec<u8> {
        rlp(self.fields())
    }
}

/// A trie by another implementation.
struct Trie(BTreeMap<B256, Vec<u8>>);

impl Trie {
    fn new(entries: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
        Self(entries.into_iter().map(|(key, value)| (keccak256(key), value)).collect())
    }

    fn prove(&self, key: &[u8]) -> (B256, Vec<Bytes>) {
        let target = Nibbles::unpack(keccak256(key));
        let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::from_iter([target]));
        for (key, value) in &self.0 {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        let root = builder.root();
        let nodes = builder.take_proof_nodes().into_nodes_sorted().into_iter().map(|(_, node)| node);
        (root, nodes.enumerate().filter(|(index, node)| *index == 0 || node.len() >= 32).map(|(_, node)| node).collect())
    }
}

fn rlp(value: impl Encodable) -> Vec<u8> {
    alloy_rlp::encode(value)
}

/// A contract with 40 slots (slot n holds n + 1), another account without code, and a hundred more.
struct World {
    storage: Trie,
    accounts: Trie,
}

impl World {
    fn new() -> Self {
        Self::with_contract(TrieAccount::rlp)
    }

    fn with_contract(encode: impl Fn(&TrieAccount) -> Vec<u8>) -> Self {
        Self::with(encode, |slot| rlp(slot + 1))
    }

    fn with(encode: impl Fn(&TrieAccount) -> Vec<u8>, value: impl Fn(u8) -> Vec<u8>) -> Self {
        let storage = Trie::new((0..40).map(|slot| (word(slot).to_vec(), value(slot))));
        let contract =
            TrieAccount { nonce: 1, balance: U256::from(500), storage_root: storage.prove(&[]).0, code_hash: keccak256(CODE) };
        let other = TrieAccount::without_code(9);
        let crowd = (0..100_u8).map(|index| ([index, index].repeat(10), other.rlp()));
        let accounts =
            Trie::new([(CONTRACT.to_vec(), encode(&contract)), (OTHER.to_vec(), other.rlp())].into_iter().chain(crowd));
        Self { storage, accounts }
    }

    fn state(&self) -> ProvenState {
        let execution_state = self.accounts.prove(&[]).0.0;
        let block = Block { execution_state, ..Block::new(64) };
        ProvenState::new(connected(client_at(&block).finalized(), &block))
    }
}

fn slices(nodes: &[Bytes]) -> Vec<&[u8]> {
    nodes.iter().map(AsRef::as_ref).collect()
}

/// Adds the contract with these slots and code, after `change` has had its way with the nodes.
fn add(
    state: &mut ProvenState,
    world: &World,
    slots: &[u8],
    code: Option<&[u8]>,
    change: impl FnOnce(&mut Vec<Bytes>, &mut Vec<Vec<Bytes>>),
) -> Result<(), ProofError> {
    let mut nodes = world.accounts.prove(&CONTRACT).1;
    let mut storage: Vec<Vec<Bytes>> = slots.iter().map(|slot| world.storage.prove(&word(*slot)).1).collect();
    change(&mut nodes, &mut storage);
    let slots = slots.iter().zip(&storage).map(|(slot, nodes)| (word(*slot), slices(nodes))).collect();
    state.add(&AccountProof { address: CONTRACT, nodes: slices(&nodes), slots, code })
}

fn keep(_: &mut Vec<Bytes>, _: &mut Vec<Vec<Bytes>>) {}

#[test]
fn proves_account_slots_and_code() {
    let world = World::new();
    let mut state = world.state();
    assert_eq!((state.account(CONTRACT), state.slot(CONTRACT, word(3))), (None, None));
    add(&mut state, &world, &[3, 200], Some(CODE), keep).unwrap();
    let Some(Account::Present { nonce, balance, code_hash, .. }) = state.account(CONTRACT) else { panic!("absent") };
    assert_eq!((nonce, balance, code_hash), (1, U256::from(500).to_be_bytes(), keccak256(CODE).0));
    assert_eq!(state.slot(CONTRACT, word(3)), Some(word(4)));
    assert_eq!(state.slot(CONTRACT, word(200)), Some([0; 32]), "proven to be absent");
    assert_eq!(state.slot(CONTRACT, word(4)), None, "never zero because it was not asked for");
    assert_eq!(state.code(&code_hash).as_deref(), Some(CODE));
    assert_eq!(state.code(&EMPTY_CODE).as_deref(), Some([].as_slice()));
    assert_eq!(state.code(&[1; 32]), None);
    // A second proof adds to the first.
    add(&mut state, &world, &[4], None, keep).unwrap();
    assert_eq!((state.slot(CONTRACT, word(3)), state.slot(CONTRACT, word(4))), (Some(word(4)), Some(word(5))));
}

#[test]
fn an_account_without_storage_has_zero_in_every_slot() {
    let world = World::new();
    let mut state = world.state();
    for (address, expected) in [(OTHER, true), (NOBODY, false)] {
        let nodes = world.accounts.prove(&address).1;
        let proof = AccountProof { address, nodes: slices(&nodes), slots: vec![(word(1), vec![])], code: Some(b"") };
        state.add(&proof).unwrap();
        assert_eq!(matches!(state.account(address), Some(Account::Present { .. })), expected);
        assert_eq!(state.slot(address, word(77)), Some([0; 32]));
    }
    assert_eq!(state.account(NOBODY), Some(Account::Absent), "absent is not the same as empty");
}

#[test]
fn only_code_is_kept_at_the_next_head() {
    let world = World::new();
    let mut state = world.state();
    add(&mut state, &world, &[3], Some(CODE), keep).unwrap();
    let next = state.next(state.head().clone());
    assert_eq!((next.account(CONTRACT), next.slot(CONTRACT, word(3))), (None, None));
    assert_eq!(next.code(&keccak256(CODE).0).as_deref(), Some(CODE));
}

#[test]
fn t33_refuses_a_truncated_proof() {
    let world = World::new();
    let mut state = world.state();
    let error = add(&mut state, &world, &[3], None, |nodes, _| drop(nodes.pop()));
    assert_eq!(error, Err(ProofError::Account(TrieError::Truncated)));
    let error = add(&mut state, &world, &[3], None, |nodes, _| nodes.clear());
    assert_eq!(error, Err(ProofError::Account(TrieError::Truncated)));
    for slot in [3, 200] {
        let error = add(&mut state, &world, &[slot], None, |_, storage| drop(storage[0].pop()));
        assert_eq!(error, Err(ProofError::Storage(TrieError::Truncated)));
        let error = add(&mut state, &world, &[slot], None, |_, storage| storage[0].clear());
        assert_eq!(error, Err(ProofError::Storage(TrieError::Truncated)));
    }
    assert_eq!(state.account(CONTRACT), None, "nothing is kept of a proof that fails");
}

#[test]
fn t33_refuses_a_missing_or_reordered_node() {
    let world = World::new();
    let mut state = world.state();
    let error = add(&mut state, &world, &[], None, |nodes, _| drop(nodes.remove(0)));
    assert_eq!(error, Err(ProofError::Account(TrieError::Hash)));
    let error = add(&mut state, &world, &[], None, |nodes, _| nodes.reverse());
    assert_eq!(error, Err(ProofError::Account(TrieError::Hash)));
    let error = add(&mut state, &world, &[], None, |nodes, _| nodes.push(nodes[0].clone()));
    assert_eq!(error, Err(ProofError::Account(TrieError::Extra)));
}

#[test]
fn t33_refuses_a_proof_of_another_account_or_slot() {
    let world = World::new();
    let mut state = world.state();
    let other = world.accounts.prove(&OTHER).1;
    let error = add(&mut state, &world, &[], None, |nodes, _| *nodes = other);
    assert!(matches!(error, Err(ProofError::Account(_))), "{error:?}");
    let other = world.storage.prove(&word(5)).1;
    let error = add(&mut state, &world, &[3], None, |_, storage| storage[0] = other);
    assert!(matches!(error, Err(ProofError::Storage(_))), "{error:?}");
    // The storage of another account.
    let elsewhere = Trie::new((0..40).map(|slot| (word(slot).to_vec(), rlp(99_u8)))).prove(&word(3)).1;
    let error = add(&mut state, &world, &[3], None, |_, storage| storage[0] = elsewhere);
    assert_eq!(error, Err(ProofError::Storage(TrieError::Hash)));
}

#[test]
fn t33_refuses_a_proof_of_another_block() {
    let world = World::new();
    let later = World::with_contract(|account| TrieAccount { nonce: 2, ..*account }.rlp());
    let error = add(&mut later.state(), &world, &[3], None, keep);
    assert_eq!(error, Err(ProofError::Account(TrieError::Hash)));
}

#[test]
fn t33_refuses_a_grafted_proof() {
    let world = World::new();
    // The same accounts, but in every one of them something is different: no node is the same, all are where they would be.
    let other = World::with_contract(|account| TrieAccount { nonce: 2, ..*account }.rlp());
    let graft = other.accounts.prove(&CONTRACT).1;
    for kept in 0..graft.len() {
        let mut state = world.state();
        let error = add(&mut state, &world, &[3], None, |nodes, _| {
            nodes.truncate(kept);
            nodes.extend(graft[kept..].iter().cloned());
        });
        assert_eq!(error, Err(ProofError::Account(TrieError::Hash)), "{kept}");
        assert_eq!(state.account(CONTRACT), None);
    }
    // The storage of a contract with other values, below this one's root.
    let graft = World::with(TrieAccount::rlp, |slot| rlp(slot + 2)).storage.prove(&word(3)).1;
    for kept in 0..graft.len() {
        let error = add(&mut world.state(), &world, &[3], None, |_, storage| {
            storage[0].truncate(kept);
            storage[0].extend(graft[kept..].iter().cloned());
        });
        assert_eq!(error, Err(ProofError::Storage(TrieError::Hash)), "{kept}");
    }
}

#[test]
fn t33_one_bad_proof_of_many_that_share_nodes_refuses_all() {
    let world = World::new();
    let slots: Vec<u8> = (0..60).collect();
    let mut state = world.state();
    add(&mut state, &world, &slots, None, keep).unwrap();
    for slot in &slots {
        let expected = if *slot < 40 { word(slot + 1) } else { [0; 32] };
        assert_eq!(state.slot(CONTRACT, word(*slot)), Some(expected));
    }
    for bad in [0, 30, 59] {
        let mut state = world.state();
        let error = add(&mut state, &world, &slots, None, |_, storage| {
            let last = storage[bad].pop().unwrap();
            storage[bad].push(last.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>().into());
        });
        // Where another proof brought the node that is changed here, what is left over is the changed one.
        assert!(matches!(error, Err(ProofError::Storage(TrieError::Hash | TrieError::Extra))), "{bad}");
        assert_eq!((state.account(CONTRACT), state.slot(CONTRACT, word(1))), (None, None));
    }
}

/// Leaves out of each slot's proof the nodes that an earlier one has.
fn share(storage: &mut [Vec<Bytes>]) {
    let mut seen = BTreeSet::new();
    for nodes in storage {
        nodes.retain(|node| seen.insert(node.clone()));
    }
}

#[test]
fn nodes_that_an_earlier_slot_brought_may_be_left_out() {
    let world = World::new();
    let slots: Vec<u8> = (0..60).collect();
    let (mut all, mut shared) = (0, 0);
    let mut state = world.state();
    let added = add(&mut state, &world, &slots, None, |_, storage| {
        all = storage.iter().map(Vec::len).sum();
        share(storage);
        shared = storage.iter().map(Vec::len).sum();
    });
    assert_eq!(added, Ok(()));
    assert!(shared < all, "{shared} of {all}");
    for slot in &slots {
        let expected = if *slot < 40 { word(slot + 1) } else { [0; 32] };
        assert_eq!(state.slot(CONTRACT, word(*slot)), Some(expected));
    }
}

#[test]
fn t33_a_node_that_no_earlier_slot_brought_may_not_be_left_out() {
    let world = World::new();
    let slots: Vec<u8> = (0..20).collect();
    let mut lists = Vec::new();
    add(&mut world.state(), &world, &slots, None, |_, storage| {
        share(storage);
        lists = storage.clone();
    })
    .unwrap();
    for (slot, place) in lists.iter().enumerate().flat_map(|(slot, list)| (0..list.len()).map(move |place| (slot, place))) {
        let error = add(&mut world.state(), &world, &slots, None, |_, storage| {
            share(storage);
            storage[slot].remove(place);
        });
        assert!(matches!(error, Err(ProofError::Storage(_))), "{slot} {place}");
    }
}

#[test]
fn t36_slots_hold_at_the_next_head_for_the_same_storage_root_alone() {
    let then = World::new();
    let mut state = then.state();
    add(&mut state, &then, &[3, 50], None, keep).unwrap();
    let next = |world: &World| {
        let block = Block { execution_state: world.accounts.prove(&[]).0.0, ..Block::new(96) };
        state.next(connected(client_at(&block).finalized(), &block))
    };
    // The account changed, its storage did not.
    let same = World::with_contract(|account| TrieAccount { nonce: 2, ..*account }.rlp());
    let mut after = next(&same);
    assert_eq!(after.slot(CONTRACT, word(3)), None, "nothing is proven at this head");
    add(&mut after, &same, &[], None, keep).unwrap();
    assert_eq!(after.slot(CONTRACT, word(3)), Some(word(4)));
    assert_eq!(after.slot(CONTRACT, word(50)), Some([0; 32]));
    assert_eq!(after.slot(CONTRACT, word(4)), None, "it was not proven before");
    // What is proven more at this head is not known at the one before.
    add(&mut after, &same, &[4], None, keep).unwrap();
    assert_eq!((after.slot(CONTRACT, word(4)), state.slot(CONTRACT, word(4))), (Some(word(5)), None));
    // One slot changed.
    let changed = World::with(TrieAccount::rlp, |slot| rlp(if slot == 9 { 99 } else { slot + 1 }));
    let mut after = next(&changed);
    add(&mut after, &changed, &[], None, keep).unwrap();
    assert_eq!(after.slot(CONTRACT, word(3)), None);
}

#[test]
fn refuses_more_slots_and_longer_code_than_the_bounds() {
    let world = World::new();
    let mut state = world.state();
    let nodes = world.accounts.prove(&CONTRACT).1;
    let slots = vec![(word(1), vec![]); MAX_SLOTS + 1];
    let proof = AccountProof { address: CONTRACT, nodes: slices(&nodes), slots, code: None };
    assert_eq!(state.add(&proof), Err(ProofError::TooLarge));
    let code = vec![0; MAX_CODE + 1];
    assert_eq!(add(&mut state, &world, &[], Some(&code), keep), Err(ProofError::TooLarge));
}

/// A header and proofs that were right once: a node that is behind, or one that shows the past.
#[test]
fn t36_a_stale_header_and_its_proofs_show_nothing_at_a_newer_head() {
    let (then, now) = (World::new(), World::with_contract(|account| TrieAccount { nonce: 2, ..*account }.rlp()));
    let block = |world: &World, slot| Block { execution_state: world.accounts.prove(&[]).0.0, ..Block::new(slot) };
    let (old, new) = (block(&then, 64), block(&now, 96));
    let client = client_at(&new);
    let head = client.finalized().unwrap();
    assert_eq!(head.connect(&old.execution_header()).unwrap_err(), HeaderError::Hash);
    let mut state = ProvenState::new(head.connect(&new.execution_header()).unwrap());
    assert_eq!(add(&mut state, &then, &[3], None, keep), Err(ProofError::Account(TrieError::Hash)));
    assert_eq!(add(&mut state, &now, &[3], None, keep), Ok(()));
}

#[test]
fn t37_refuses_the_code_that_an_account_had_before() {
    let changed = |account: &TrieAccount| TrieAccount { code_hash: keccak256(b"new code"), ..*account }.rlp();
    let world = World::with_contract(changed);
    let mut state = world.state();
    assert_eq!(add(&mut state, &world, &[], Some(CODE), keep), Err(ProofError::CodeHash));
    add(&mut state, &world, &[], Some(b"new code"), keep).unwrap();
    assert_eq!(state.code(&keccak256(CODE).0), None);
    // The old leaf in the new proof.
    let old = World::new().accounts.prove(&CONTRACT).1;
    let error =
        add(&mut world.state(), &world, &[], Some(CODE), |nodes, _| *nodes.last_mut().unwrap() = old.last().unwrap().clone());
    assert_eq!(error, Err(ProofError::Account(TrieError::Hash)));
}

/// A node that has pruned the head answers with nothing, or with proofs of a block that it still has.
#[test]
fn t76_a_head_without_proofs_is_missing_and_never_zero() {
    let world = World::new();
    let mut state = world.state();
    let nothing = AccountProof { address: CONTRACT, nodes: vec![], slots: vec![(word(3), vec![])], code: None };
    assert_eq!(state.add(&nothing), Err(ProofError::Account(TrieError::Truncated)));
    let later = World::with_contract(|account| TrieAccount { nonce: 2, ..*account }.rlp());
    assert_eq!(add(&mut state, &later, &[3], None, keep), Err(ProofError::Account(TrieError::Hash)));
    assert_eq!((state.account(CONTRACT), state.slot(CONTRACT, word(3))), (None, None));
}

#[test]
fn t33_refuses_code_that_is_not_the_accounts() {
    let world = World::new();
    let mut state = world.state();
    for code in [b"other code".as_slice(), b""] {
        assert_eq!(add(&mut state, &world, &[3], Some(code), keep), Err(ProofError::CodeHash));
    }
    assert_eq!(state.account(CONTRACT), None);
    let nodes = world.accounts.prove(&NOBODY).1;
    let proof = AccountProof { address: NOBODY, nodes: slices(&nodes), slots: vec![], code: Some(CODE) };
    assert_eq!(state.add(&proof), Err(ProofError::CodeHash));
}

#[test]
fn t33_a_slot_holds_a_minimal_integer_and_never_zero() {
    let cases = [
        (vec![0x80], RlpError::NotCanonical),
        (vec![0x82, 0x00, 0x01], RlpError::Integer),
        (rlp(Bytes::from(vec![1; 33])), RlpError::Integer),
        (vec![0x81, 0x05], RlpError::NotCanonical),
        (vec![0x05, 0x05], RlpError::Trailing),
        (vec![0xc1, 0x05], RlpError::Kind),
    ];
    for (value, expected) in cases {
        let world = World::with(TrieAccount::rlp, |_| value.clone());
        let error = add(&mut world.state(), &world, &[3], None, keep);
        assert_eq!(error, Err(ProofError::StorageValue(expected)), "{value:02x?}");
    }
}

#[test]
fn refuses_accounts_that_are_none() {
    type Change = fn(&mut Vec<Bytes>);
    let cases: [(Change, RlpError); 6] = [
        (|fields| fields.truncate(3), RlpError::Short),
        (|fields| fields.push(Bytes::new()), RlpError::Trailing),
        (|fields| fields[0] = Bytes::from(vec![0, 1]), RlpError::Integer),
        (|fields| fields[0] = Bytes::from(vec![1; 9]), RlpError::Integer),
        (|fields| fields[2] = Bytes::from(vec![1; 31]), RlpError::Length),
        (|fields| fields[3] = Bytes::new(), RlpError::Length),
    ];
    for (change, expected) in cases {
        let world = World::with_contract(|account| {
            let mut fields = account.fields();
            change(&mut fields);
            rlp(fields)
        });
        let error = add(&mut world.state(), &world, &[], None, keep);
        assert_eq!(error, Err(ProofError::AccountValue(expected)));
    }
    let world = World::new();
    assert_eq!(add(&mut world.state(), &world, &[3], Some(CODE), keep), Ok(()));
}

#[test]
fn arbitrary_nodes_never_panic() {
    let world = World::new();
    let state = world.state();
    proptest!(|(nodes: Vec<Vec<u8>>, storage: Vec<Vec<u8>>, address: [u8; 20], slot: [u8; 32], code: Option<Vec<u8>>)| {
        let nodes = nodes.iter().map(Vec::as_slice).collect();
        let slots = vec![(slot, storage.iter().map(Vec::as_slice).collect())];
        let proof = AccountProof { address, nodes, slots, code: code.as_deref() };
        prop_assert!(state.clone().add(&proof).is_err());
    });
}
