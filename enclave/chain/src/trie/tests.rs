use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes};
use alloy_trie::proof::{ProofRetainer, verify_proof};
use alloy_trie::{HashBuilder, Nibbles};
use proptest::prelude::*;

use super::*;

#[path = "../../tests/chain/vectors.rs"]
mod vectors;

type Map = BTreeMap<[u8; 32], Vec<u8>>;

/// Root of the map's trie and the nodes on the way to `key`, by another implementation. Nodes that stand in their parent
/// are not listed on their own, as `eth_getProof` does it.
fn oracle(map: &Map, key: [u8; 32]) -> ([u8; 32], Vec<Bytes>) {
    let target = Nibbles::unpack(B256::from(key));
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::from_iter([target]));
    for (key, value) in map {
        builder.add_leaf(Nibbles::unpack(B256::from(*key)), value);
    }
    let root = builder.root();
    let nodes = builder.take_proof_nodes().into_nodes_sorted().into_iter().map(|(_, node)| node);
    let listed = nodes.enumerate().filter(|(index, node)| *index == 0 || node.len() >= 32).map(|(_, node)| node);
    (root.0, listed.collect())
}

fn slices(nodes: &[Bytes]) -> Vec<&[u8]> {
    nodes.iter().map(AsRef::as_ref).collect()
}

/// Keys that share their beginning, so that extensions and nodes inside nodes occur.
fn keys() -> impl Strategy<Value = [u8; 32]> {
    prop_oneof![
        any::<[u8; 32]>(),
        any::<u8>().prop_map(|last| {
            let mut key = [0x11; 32];
            key[31] = last;
            key
        }),
        any::<[u8; 2]>().prop_map(|[middle, last]| {
            let mut key = [0x11; 32];
            key[15] = middle;
            key[31] = last;
            key
        }),
    ]
}

fn maps() -> impl Strategy<Value = Map> {
    prop::collection::btree_map(keys(), prop::collection::vec(any::<u8>(), 1..40), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn agrees_with_alloy_on_presence_and_absence(map in maps(), other in keys()) {
        for key in map.keys().copied().take(6).chain([other]) {
            let (root, nodes) = oracle(&map, key);
            let expected = map.get(&key);
            prop_assert_eq!(prove(&root, &key, &slices(&nodes)), Ok(expected.map(Vec::as_slice)));
            prop_assert!(verify_proof(B256::from(root), Nibbles::unpack(B256::from(key)), expected.cloned(), &nodes).is_ok());
        }
    }

    #[test]
    fn t33_a_truncated_proof_proves_nothing(map in maps(), other in keys()) {
        for key in map.keys().copied().take(3).chain([other]) {
            let (root, nodes) = oracle(&map, key);
            if root == EMPTY_ROOT {
                continue;
            }
            for length in 0..nodes.len() {
                prop_assert_eq!(prove(&root, &key, &slices(&nodes[..length])), Err(TrieError::Truncated));
            }
        }
    }

    #[test]
    fn t33_a_changed_proof_never_proves_something_else(
        map in maps(), other in keys(), node: prop::sample::Index, byte: prop::sample::Index, flip in 1..=255_u8,
    ) {
        for key in map.keys().copied().take(3).chain([other]) {
            let (root, nodes) = oracle(&map, key);
            let mut changed: Vec<Vec<u8>> = nodes.iter().map(|node| node.to_vec()).collect();
            if changed.is_empty() || root == EMPTY_ROOT {
                continue;
            }
            let node = node.index(changed.len());
            let byte = byte.index(changed[node].len());
            changed[node][byte] ^= flip;
            let changed: Vec<&[u8]> = changed.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(prove(&root, &key, &changed), Err(TrieError::Hash));
        }
    }

    #[test]
    fn arbitrary_nodes_never_panic(nodes: Vec<Vec<u8>>, key: [u8; 32]) {
        let nodes: Vec<&[u8]> = nodes.iter().map(Vec::as_slice).collect();
        let root = nodes.first().map_or([0; 32], |node| keccak(node));
        let _ = prove(&root, &key, &nodes);
    }

    /// The same with a list in every place where one may stand, so that the reader goes deep.
    #[test]
    fn arbitrary_lists_never_panic(items in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..34), 0..20), key: [u8; 32]) {
        let strings: Vec<Bytes> = items.into_iter().map(Bytes::from).collect();
        let node = alloy_rlp::encode(strings);
        let _ = prove(&keccak(&node), &key, &[&node]);
    }
}

fn list(items: &[&[u8]]) -> Vec<u8> {
    let items: Vec<Bytes> = items.iter().map(|item| Bytes::copy_from_slice(item)).collect();
    alloy_rlp::encode(items)
}

/// A leaf under the whole of a 32-byte key.
fn leaf(key: &[u8; 32], value: &[u8]) -> Vec<u8> {
    list(&[&[&[0x20], key.as_slice()].concat(), value])
}

#[test]
fn an_empty_trie_needs_no_node() {
    assert_eq!(keccak(&[0x80]), EMPTY_ROOT);
    assert_eq!(prove(&EMPTY_ROOT, &[1; 32], &[]), Ok(None));
    assert_eq!(prove(&EMPTY_ROOT, &[1; 32], &[&[0x80]]), Ok(None));
    assert_eq!(prove(&EMPTY_ROOT, &[1; 32], &[&[0x80], &[0x80]]), Err(TrieError::Extra));
    assert_eq!(prove(&EMPTY_ROOT, &[1; 32], &[&[0xc0]]), Err(TrieError::Hash));
}

#[test]
fn t33_no_nodes_prove_nothing_about_a_trie_that_is_not_empty() {
    assert_eq!(prove(&[1; 32], &[1; 32], &[]), Err(TrieError::Truncated));
    assert_eq!(prove(&[1; 32], &[1; 32], &[&[0x80]]), Err(TrieError::Hash));
}

#[test]
fn t33_a_value_that_looks_like_a_hash_is_no_reference() {
    let target = leaf(&[2; 32], b"forged");
    let node = leaf(&[1; 32], &keccak(&target));
    let root = keccak(&node);
    assert_eq!(prove(&root, &[1; 32], &[&node, &target]), Err(TrieError::Extra));
    assert_eq!(prove(&root, &[2; 32], &[&node, &target]), Err(TrieError::Extra));
    assert_eq!(prove(&root, &[2; 32], &[&node]), Ok(None));
}

#[test]
fn refuses_nodes_that_no_trie_has() {
    let key = [0x11; 32];
    let long = [[0x20].as_slice(), &key, &[0x11]].concat();
    let cases = [
        // A path too short and one too long for a leaf here.
        list(&[&[0x20, 0x11], b"value"]),
        list(&[&long, b"value"]),
        // No value, no flag, unknown flags, padding that is not zero.
        list(&[&[[0x20].as_slice(), &key].concat(), b""]),
        list(&[b"", b"value"]),
        list(&[&[[0x40].as_slice(), &key].concat(), b"value"]),
        list(&[&[[0x21].as_slice(), &key].concat(), b"value"]),
        // An extension to nothing, of no nibble, and beyond the key.
        list(&[&[0x00, 0x11], b""]),
        list(&[&[0x00], &[9; 32]]),
        list(&[&[[0x00].as_slice(), &key].concat(), &[9; 32]]),
        // A reference that is no hash, and a branch that holds a value.
        list(&[&[0x00, 0x11], &[9; 31]]),
        list(&[vec![b"".as_slice(); 16], vec![b"v".as_slice()]].concat()),
    ];
    for node in cases {
        assert_eq!(prove(&keccak(&node), &key, &[&node]), Err(TrieError::Node), "{}", hex::encode(&node));
    }
    for count in [0, 1, 3, 16, 18] {
        let node = list(&vec![b"".as_slice(); count]);
        assert!(matches!(prove(&keccak(&node), &key, &[&node]), Err(TrieError::Rlp(_))), "{count}");
    }
    let mut trailing = leaf(&key, b"value");
    trailing.push(0);
    assert_eq!(prove(&keccak(&trailing), &key, &[&trailing]), Err(TrieError::Rlp(RlpError::Trailing)));
}

#[test]
fn a_list_of_32_bytes_or_more_is_no_inline_node() {
    // Extension over 63 nibbles, its child a list of 32 bytes instead of a hash.
    let inner = alloy_rlp::encode(vec![Bytes::from(vec![0x31; 31])]);
    let path = alloy_rlp::encode(Bytes::from(vec![0x11; 32]));
    let payload = [path, inner].concat();
    let node = [[0xf8, u8::try_from(payload.len()).unwrap()].as_slice(), &payload].concat();
    assert_eq!(prove(&keccak(&node), &[0x11; 32], &[&node]), Err(TrieError::Node));
}

/// Cases on raw keys of several lengths, with inline nodes listed on their own: here those are left out, as
/// `eth_getProof` leaves them out.
#[test]
fn agrees_with_the_merkle_trie_cases() {
    let Some(cases) = vectors::json("mpt/op_merkletrie_cases.json") else { return };
    let mut checked = 0;
    for case in cases["cases"].as_array().unwrap() {
        let nodes: Vec<Vec<u8>> = case["proof"].as_array().unwrap().iter().map(vectors::bytes).collect();
        let stands_in = |node: &[u8], parent: &[u8]| {
            node.len() < 32 && node.len() < parent.len() && parent.windows(node.len()).any(|part| part == node)
        };
        let listed: Vec<&[u8]> = nodes
            .iter()
            .enumerate()
            .filter(|(index, node)| *index == 0 || !stands_in(node, &nodes[index - 1]))
            .map(|(_, node)| node.as_slice())
            .collect();
        let root: [u8; 32] = vectors::bytes(&case["root"]).try_into().unwrap();
        let found = prove(&root, &vectors::bytes(&case["raw_key"]), &listed);
        if case["expect"] == "accept" {
            assert_eq!(found, Ok(Some(vectors::bytes(&case["value"]).as_slice())), "{}", case["name"]);
        } else {
            assert!(!matches!(found, Ok(Some(_))), "{}", case["name"]);
        }
        checked += 1;
    }
    assert_eq!(checked, 11);
}

#[test]
fn proves_every_account_of_the_secure_trie_case() {
    let Some(case) = vectors::json("mpt/hex_encoded_securetrie_test.json") else { return };
    let case = &case["test1"];
    let map: Map = case["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (keccak(&vectors::bytes(&entry[0])), vectors::bytes(&entry[1])))
        .collect();
    for (key, value) in &map {
        let (root, nodes) = oracle(&map, *key);
        assert_eq!(root.as_slice(), vectors::bytes(&case["result"]));
        assert_eq!(prove(&root, key, &slices(&nodes)), Ok(Some(value.as_slice())));
    }
}
