//! What is read below a head: an execution header, an account, and proofs of Merkle-Patricia tries whose hashes fit whatever was written.
#![no_main]

use chain::{Account, ExecutionHeader, prove_in_trie};
use libfuzzer_sys::fuzz_target;
use sha3::{Digest, Keccak256};

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 3 {
        0 => drop(ExecutionHeader::decode(bytes)),
        1 => drop(Account::decode(bytes)),
        _ => trie(bytes),
    }
});

/// Length of the key and the key, then length and bytes of each node from the root down. Where a node has 32 bytes 0x77, the hash
/// of the node below is put in.
fn trie(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first() else { return };
    let (key, mut rest) = rest.split_at(usize::from(*length).min(rest.len()).min(40));
    let mut nodes: Vec<Vec<u8>> = vec![];
    while let [high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len()).min(2_000);
        let (node, after) = after.split_at(length);
        nodes.push(node.to_vec());
        rest = after;
    }
    let mut below = [0; 32];
    for node in nodes.iter_mut().rev() {
        while let Some(at) = node.windows(32).position(|window| window == [0x77; 32]) {
            if below == [0x77; 32] {
                break;
            }
            node[at..at + 32].copy_from_slice(&below);
        }
        below = Keccak256::digest(&node).into();
    }
    let slices: Vec<&[u8]> = nodes.iter().map(Vec::as_slice).collect();
    let proven = prove_in_trie(&below, key, &slices);
    if let (Ok(_), Some((_, shorter))) = (proven, slices.split_last()) {
        // The last node of a proof was needed, unless it stands in its parent.
        let last_is_inline = slices.last().is_some_and(|node| node.len() < 32);
        assert!(last_is_inline || prove_in_trie(&below, key, shorter).is_err());
    }
    let mut longer = slices.clone();
    longer.push(&[0xc0]);
    assert!(prove_in_trie(&below, key, &longer).is_err(), "nothing reads a node behind the end");
}
