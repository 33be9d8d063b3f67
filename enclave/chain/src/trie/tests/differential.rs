//! The same tries and proofs, sound and changed, judged by another implementation (alloy-trie).
use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes};
use alloy_trie::proof::{ProofRetainer, ProofVerificationError, verify_proof};
use alloy_trie::{HashBuilder, Nibbles};
use proptest::prelude::*;

use super::{RlpError, TrieError, keccak, prove, prove_in_trie};
use crate::trie::{Checked, EMPTY_ROOT, Keys, Walk};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// Root of the map's trie and all nodes on the way to `key`.
fn oracle(map: &Map, key: &[u8]) -> ([u8; 32], Vec<Vec<u8>>) {
    let target = Nibbles::unpack(key);
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::from_iter([target]));
    for (key, value) in map {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    (root.0, builder.take_proof_nodes().into_nodes_sorted().into_iter().map(|(_, node)| node.to_vec()).collect())
}

/// Without the nodes that stand in their parent.
fn hashed(nodes: &[Vec<u8>]) -> Vec<Vec<u8>> {
    nodes.iter().enumerate().filter(|(index, node)| *index == 0 || node.len() >= 32).map(|(_, node)| node.clone()).collect()
}

fn slices(nodes: &[Vec<u8>]) -> Vec<&[u8]> {
    nodes.iter().map(Vec::as_slice).collect()
}

/// Alloy takes nothing for proven.
#[derive(Debug, PartialEq)]
struct Refused;

/// What alloy takes for proven: a value or absence.
fn by_alloy(root: [u8; 32], key: &[u8], nodes: &[Vec<u8>]) -> Result<Option<Vec<u8>>, Refused> {
    // It takes no root node of less than 32 bytes, which a hash names as it names any other. No state has one.
    if nodes.first().is_some_and(|node| node.len() < 32 && keccak(node) == root) {
        return prove_in_trie(&root, key, &slices(nodes)).map(|value| value.map(<[u8]>::to_vec)).map_err(|_| Refused);
    }
    let nodes: Vec<Bytes> = nodes.iter().map(|node| Bytes::copy_from_slice(node)).collect();
    let verify = |value| verify_proof(B256::from(root), Nibbles::unpack(key), value, &nodes);
    match verify(None) {
        Ok(()) => Ok(None),
        Err(ProofVerificationError::ValueMismatch { got: Some(value), .. }) => {
            verify(Some(value.to_vec())).map(|()| Some(value.to_vec())).map_err(|_| Refused)
        }
        Err(_) => Err(Refused),
    }
}

fn holds_a_node(node: &[u8]) -> bool {
    let mut items = crate::rlp::list(node).unwrap();
    std::iter::from_fn(|| items.next().ok()).any(|item| item.string().is_err())
}

/// Both say the same, or ours refuses for one of the reasons for which it is the stricter one.
fn compare<'a>(
    ours: impl Fn(&[&'a [u8]]) -> Result<Option<&'a [u8]>, TrieError>,
    root: [u8; 32],
    key: &[u8],
    nodes: &'a [Vec<u8>],
) {
    // Asked only where ours did not refuse the node itself: alloy panics on a path that is longer than 32 bytes.
    let theirs = || std::panic::catch_unwind(|| by_alloy(root, key, nodes)).unwrap_or(Err(Refused));
    let nodes = slices(nodes);
    match ours(&nodes) {
        // Alloy knows no value in a branch, where a key ends that is shorter than others. And it reads what stands in the last node
        // below the place where the key has left it.
        Ok(value) if theirs() == Err(Refused) => {
            let walk = Walk { keys: Keys::Hashes, nodes: &nodes, checked: &mut Checked::for_proofs(1) };
            let has_value = walk.prove(&root, key) == Err(TrieError::Node);
            assert!(has_value || value.is_none() && nodes.last().is_some_and(|node| holds_a_node(node)));
        }
        Ok(value) => assert_eq!(theirs().as_ref().map(Option::as_deref), Ok(value)),
        // Nodes that no trie of such keys has, or that are no canonical RLP in a member that the key does not need.
        Err(TrieError::Node | TrieError::Rlp(_) | TrieError::Length) => {}
        // Alloy walks on below an extension that has led elsewhere; ours has its answer there and takes no node behind it.
        Err(TrieError::Extra) if theirs() == Ok(None) => {
            assert!((0..nodes.len()).any(|length| ours(&nodes[..length]) == Ok(None)));
        }
        Err(error @ (TrieError::Truncated | TrieError::Hash | TrieError::Extra)) => assert_eq!(theirs(), Err(Refused), "{error}"),
    }
}

/// What a host may do to a proof.
#[derive(Clone, Debug)]
enum Change {
    Truncate(prop::sample::Index),
    Remove(prop::sample::Index),
    Repeat(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    /// A node of the proof of another key.
    Graft(prop::sample::Index),
    Append(Vec<u8>),
    /// Other bytes in one node, and in the nodes above it the hashes that fit.
    Byte(prop::sample::Index, prop::sample::Index, u8),
    Cut(prop::sample::Index, prop::sample::Index),
    Insert(prop::sample::Index, prop::sample::Index, u8),
    /// Another list in a node's place, with the hashes above it that fit.
    List(prop::sample::Index, Vec<Vec<u8>>),
}

fn changes() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        index().prop_map(Change::Truncate),
        index().prop_map(Change::Remove),
        index().prop_map(Change::Repeat),
        (index(), index()).prop_map(|(a, b)| Change::Swap(a, b)),
        index().prop_map(Change::Graft),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Change::Append),
        (index(), index(), any::<u8>()).prop_map(|(a, b, c)| Change::Byte(a, b, c)),
        (index(), index()).prop_map(|(a, b)| Change::Cut(a, b)),
        (index(), index(), any::<u8>()).prop_map(|(a, b, c)| Change::Insert(a, b, c)),
        (index(), prop::collection::vec(prop_oneof![prop::collection::vec(any::<u8>(), 0..36), Just(vec![])], 0..18))
            .prop_map(|(a, items)| Change::List(a, items)),
    ]
}

/// Applies a change to a proof that has nodes; the root that fits is the result.
fn apply(change: Change, nodes: &mut Vec<Vec<u8>>, other: &[Vec<u8>]) -> [u8; 32] {
    let root = keccak(&nodes[0]);
    let rewritten = match &change {
        Change::Byte(node, ..) | Change::Cut(node, _) | Change::Insert(node, ..) | Change::List(node, _) => {
            Some(node.index(nodes.len()))
        }
        _ => None,
    };
    let before = rewritten.map(|index| keccak(&nodes[index]));
    match change {
        Change::Truncate(length) => nodes.truncate(length.index(nodes.len())),
        Change::Remove(index) => drop(nodes.remove(index.index(nodes.len()))),
        Change::Repeat(index) => {
            let index = index.index(nodes.len());
            nodes.insert(index, nodes[index].clone());
        }
        Change::Swap(a, b) => {
            let length = nodes.len();
            nodes.swap(a.index(length), b.index(length));
        }
        Change::Graft(at) if !other.is_empty() => {
            let at = at.index(nodes.len());
            nodes.truncate(at);
            nodes.extend(other.iter().skip(at).cloned());
        }
        Change::Graft(_) => {}
        Change::Append(node) => nodes.push(node),
        Change::Byte(node, at, value) => {
            let node = node.get_mut(nodes.as_mut_slice());
            let length = node.len();
            node[at.index(length)] = value;
        }
        Change::Cut(node, at) => {
            let node = node.get_mut(nodes.as_mut_slice());
            node.truncate(at.index(node.len()));
        }
        Change::Insert(node, at, value) => {
            let node = node.get_mut(nodes.as_mut_slice());
            node.insert(at.index(node.len()), value);
        }
        Change::List(node, items) => {
            let items: Vec<Bytes> = items.into_iter().map(Bytes::from).collect();
            *node.get_mut(nodes.as_mut_slice()) = alloy_rlp::encode(items);
        }
    }
    let (Some(mut index), Some(mut old)) = (rewritten, before) else { return root };
    while index > 0 {
        let new = keccak(&nodes[index]);
        index -= 1;
        let parent = &mut nodes[index];
        let parent_before = keccak(parent);
        let Some(at) = parent.windows(32).position(|window| window == old) else { return root };
        parent[at..at + 32].copy_from_slice(&new);
        old = parent_before;
    }
    keccak(&nodes[0])
}

/// Keys of 32 bytes that share their beginning, so that extensions and nodes inside nodes occur.
fn long_keys() -> impl Strategy<Value = Vec<u8>> {
    let near = |places: Vec<usize>, bytes: Vec<u8>| {
        let mut key = vec![0x11; 32];
        places.into_iter().zip(bytes).for_each(|(place, byte)| key[place] = byte);
        key
    };
    prop_oneof![
        prop::collection::vec(any::<u8>(), 32),
        any::<u8>().prop_map(move |last| near(vec![31], vec![last])),
        any::<[u8; 2]>().prop_map(move |bytes| near(vec![15, 31], bytes.to_vec())),
    ]
}

fn long_maps() -> impl Strategy<Value = Map> {
    prop::collection::btree_map(long_keys(), prop::collection::vec(any::<u8>(), 1..40), 0..40)
}

/// Keys of two bytes: dense, so that most nodes stand in their parents.
fn short_maps() -> impl Strategy<Value = Map> {
    let keys = prop::collection::vec(prop_oneof![Just(0x11), any::<u8>(), 0..4_u8], 2);
    prop::collection::btree_map(keys, prop::collection::vec(any::<u8>(), 1..12), 0..40)
}

fn array(key: &[u8]) -> [u8; 32] {
    key.try_into().unwrap()
}

proptest! {
    #[test]
    fn agrees_with_alloy_on_presence_and_absence(map in long_maps(), other in long_keys()) {
        for key in map.keys().take(4).chain([&other]) {
            let (root, nodes) = oracle(&map, key);
            let listed = hashed(&nodes);
            let expected = map.get(key);
            prop_assert_eq!(prove(&root, &array(key), &slices(&listed)), Ok(expected.map(Vec::as_slice)));
            prop_assert_eq!(by_alloy(root, key, &listed), Ok(expected.cloned()));
            // With the nodes that stand in their parents listed too.
            prop_assert_eq!(prove(&root, &array(key), &slices(&nodes)), Ok(expected.map(Vec::as_slice)));
        }
    }

    #[test]
    fn agrees_with_alloy_on_dense_tries(map in short_maps(), other in prop::collection::vec(any::<u8>(), 2)) {
        for key in map.keys().take(4).chain([&other]) {
            let (root, nodes) = oracle(&map, key);
            let expected = map.get(key);
            prop_assert_eq!(prove_in_trie(&root, key, &slices(&nodes)), Ok(expected.map(Vec::as_slice)));
            let listed = hashed(&nodes);
            prop_assert_eq!(prove_in_trie(&root, key, &slices(&listed)), Ok(expected.map(Vec::as_slice)));
            prop_assert_eq!(by_alloy(root, key, &listed), Ok(expected.cloned()));
        }
    }

    #[test]
    fn agrees_with_alloy_on_changed_proofs_or_is_stricter(
        map in long_maps(), mut keys in prop::collection::vec(long_keys(), 2), present: bool, change in changes(),
    ) {
        if let (true, Some(key)) = (present, map.keys().next()) {
            keys[0].clone_from(key);
        }
        let (root, nodes) = oracle(&map, &keys[0]);
        let (mut nodes, other) = (hashed(&nodes), hashed(&oracle(&map, &keys[1]).1));
        prop_assume!(root != EMPTY_ROOT);
        let root = apply(change, &mut nodes, &other);
        compare(|nodes| prove(&root, &array(&keys[0]), nodes), root, &keys[0], &nodes);
        compare(|nodes| prove_in_trie(&root, &keys[0], nodes), root, &keys[0], &nodes);
        if let Ok(value) = prove(&root, &array(&keys[0]), &slices(&nodes)) {
            prop_assert_eq!(prove_in_trie(&root, &keys[0], &slices(&nodes)), Ok(value), "what is stricter says the same");
        }
    }

    #[test]
    fn agrees_with_alloy_on_changed_dense_proofs_or_is_stricter(
        map in short_maps(), key in prop::collection::vec(0x0f..0x13_u8, 0..4), other in prop::collection::vec(any::<u8>(), 2), change in changes(),
    ) {
        let (root, nodes) = oracle(&map, &key);
        let (mut nodes, other) = (hashed(&nodes), hashed(&oracle(&map, &other).1));
        prop_assume!(root != EMPTY_ROOT);
        let root = apply(change, &mut nodes, &other);
        compare(|nodes| prove_in_trie(&root, &key, nodes), root, &key, &nodes);
    }

    #[test]
    fn t33_a_truncated_proof_proves_nothing(map in long_maps(), other in long_keys()) {
        for key in map.keys().take(3).chain([&other]) {
            let (root, nodes) = oracle(&map, key);
            let nodes = hashed(&nodes);
            if root == EMPTY_ROOT {
                continue;
            }
            for length in 0..nodes.len() {
                prop_assert_eq!(prove(&root, &array(key), &slices(&nodes[..length])), Err(TrieError::Truncated));
            }
        }
    }

    #[test]
    fn t33_a_changed_proof_never_proves_something_else(
        map in long_maps(), other in long_keys(), node: prop::sample::Index, byte: prop::sample::Index, flip in 1..=255_u8,
    ) {
        for key in map.keys().take(3).chain([&other]) {
            let (root, nodes) = oracle(&map, key);
            let mut nodes = hashed(&nodes);
            if root == EMPTY_ROOT {
                continue;
            }
            let changed = node.get_mut(nodes.as_mut_slice());
            let length = changed.len();
            changed[byte.index(length)] ^= flip;
            prop_assert_eq!(prove(&root, &array(key), &slices(&nodes)), Err(TrieError::Hash));
        }
    }

    /// Many keys of one trie together give what each gives alone, and no node is taken on the word of another proof: where nodes are missing
    /// that another proof brought, the answer is the true one.
    #[test]
    fn shared_nodes_change_no_answer(map in long_maps(), more in prop::collection::vec(long_keys(), 1..4), place: prop::sample::Index, change in changes()) {
        prop_assume!(!map.is_empty());
        let keys: Vec<&Vec<u8>> = map.keys().take(6).chain(&more).collect();
        let root = oracle(&map, keys[0]).0;
        let truth: Vec<_> = keys.iter().map(|key| map.get(*key).cloned()).collect();
        let mut proofs: Vec<Vec<Vec<u8>>> = keys.iter().map(|key| hashed(&oracle(&map, key).1)).collect();
        let changed = place.index(proofs.len());
        let other = proofs[0].clone();
        apply(change, &mut proofs[changed], &other);
        let mut checked = Checked::for_proofs(keys.len());
        for ((key, nodes), truth) in keys.into_iter().zip(&proofs).zip(truth) {
            let nodes = slices(nodes);
            let alone = prove(&root, &array(key), &nodes);
            match crate::trie::prove(&root, &array(key), &nodes, &mut checked) {
                Ok(value) => prop_assert_eq!(value.map(<[u8]>::to_vec), truth),
                Err(_) => prop_assert!(alone.is_err()),
            }
        }
    }

    #[test]
    fn arbitrary_nodes_never_panic(nodes: Vec<Vec<u8>>, key: [u8; 32]) {
        let nodes: Vec<&[u8]> = nodes.iter().map(Vec::as_slice).collect();
        let root = nodes.first().map_or([0; 32], |node| keccak(node));
        let _ = prove(&root, &key, &nodes);
        let _ = prove_in_trie(&root, &key, &nodes);
    }

    /// The same with a list in every place where one may stand, so that the reader goes deep.
    #[test]
    fn arbitrary_lists_never_panic(items in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..34), 0..20), key: [u8; 32]) {
        let strings: Vec<Bytes> = items.into_iter().map(Bytes::from).collect();
        let node = alloy_rlp::encode(strings);
        let _ = prove(&keccak(&node), &key, &[&node]);
        let _ = prove_in_trie(&keccak(&node), &key[..1], &[&node]);
    }
}

#[test]
fn an_error_of_rlp_is_named() {
    let cut = [0xf8, 0x40];
    assert_eq!(prove(&keccak(&cut), &[0; 32], &[&cut]), Err(TrieError::Rlp(RlpError::Short)));
}
