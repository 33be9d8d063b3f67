use alloy_primitives::Bytes;

use super::*;

mod differential;

fn prove<'a>(root: &[u8; 32], key: &[u8; 32], nodes: &[&'a [u8]]) -> Result<Option<&'a [u8]>, TrieError> {
    super::prove(root, key, nodes, &mut Checked::for_proofs(1))
}

fn list(items: &[&[u8]]) -> Vec<u8> {
    let items: Vec<Bytes> = items.iter().map(|item| Bytes::copy_from_slice(item)).collect();
    alloy_rlp::encode(items)
}

/// A branch with these children and this value.
fn branch(children: &[(usize, &[u8])], value: &[u8]) -> Vec<u8> {
    let mut items = vec![b"".as_slice(); 17];
    for (index, child) in children {
        items[*index] = child;
    }
    items[16] = value;
    list(&items)
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
        // A reference that is no hash.
        list(&[&[0x00, 0x11], &[9; 31]]),
        list(&[&[0x00, 0x11], &[9; 33]]),
        // Branches that hold a value, one child, nothing.
        branch(&[(1, &[9; 32]), (2, &[9; 32])], b"v"),
        branch(&[(1, &[9; 32])], b""),
        branch(&[], b""),
        // A branch with a reference that is no hash, in a place where the key does not go.
        branch(&[(2, &[9; 32]), (3, &[9; 31])], b""),
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
fn an_extension_leads_to_a_branch() {
    let key = [0x11; 32];
    let leaf = list(&[&[[0x31].as_slice(), &key[1..]].concat(), b"value"]);
    let extension = list(&[&[0x11], &keccak(&leaf)]);
    assert_eq!(prove(&keccak(&extension), &key, &[&extension, &leaf]), Err(TrieError::Node));
    let inner = list(&[&[0x11], &[9; 32]]);
    let outer = list(&[&[0x11], &keccak(&inner)]);
    assert_eq!(prove(&keccak(&outer), &key, &[&outer, &inner]), Err(TrieError::Node));
}

#[test]
fn a_node_is_no_longer_than_a_full_branch() {
    let full = branch(&(0..16).map(|index| (index, [9; 32].as_slice())).collect::<Vec<_>>(), b"");
    assert_eq!(full.len(), MAX_NODE);
    assert_eq!(prove(&keccak(&full), &[0x11; 32], &[&full]), Err(TrieError::Truncated));
    let longer = leaf(&[0x11; 32], &[1; 500]);
    assert_eq!(prove(&keccak(&longer), &[0x11; 32], &[&longer]), Err(TrieError::Length));
    assert_eq!(prove_in_trie(&keccak(&longer), &[0x11; 32], &[&longer]), Ok(Some([1; 500].as_slice())));
}

/// Keys of several lengths: what `prove_in_trie` reads and `prove` does not.
#[test]
fn a_branch_holds_the_value_of_a_key_that_ends_there() {
    // "a" holds "one", "ab" holds "two".
    let below = vec![0xc5, 0x32, 0x83, b't', b'w', b'o'];
    let mut payload: Vec<u8> = (0..16).flat_map(|index| if index == 6 { below.clone() } else { vec![0x80] }).collect();
    payload.extend([0x83, b'o', b'n', b'e']);
    let branch = [[0xc0 + u8::try_from(payload.len()).unwrap()].as_slice(), &payload].concat();
    let root_node = [[0xc0 + 3 + u8::try_from(branch.len()).unwrap(), 0x82, 0x00, 0x61].as_slice(), &branch].concat();
    assert!(branch.len() < 32);
    let root = keccak(&root_node);
    for nodes in [vec![root_node.as_slice()], vec![&root_node, &branch]] {
        assert_eq!(prove_in_trie(&root, b"a", &nodes), Ok(Some(b"one".as_slice())));
        assert_eq!(prove_in_trie(&root, b"ab", &nodes), Ok(Some(b"two".as_slice())));
        assert_eq!(prove_in_trie(&root, b"ac", &nodes), Ok(None));
        assert_eq!(prove_in_trie(&root, b"abc", &nodes), Ok(None));
        assert_eq!(prove_in_trie(&root, b"", &nodes), Err(TrieError::Node));
    }
    assert_eq!(prove_in_trie(&root, b"ab", &[&root_node, &branch, &below]), Ok(Some(b"two".as_slice())));
    assert_eq!(prove_in_trie(&root, b"ab", &[&root_node, &below, &branch]), Err(TrieError::Extra));
    assert_eq!(prove_in_trie(&root, b"ab", &[&root_node, &branch, &branch]), Err(TrieError::Extra));
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
