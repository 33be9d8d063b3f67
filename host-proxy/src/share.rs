//! Proofs as they go to the enclave: a trie node that several slots have in common once, and no more than a frame holds.

use std::collections::HashSet;

use protocol::limits;
use protocol::message::AccountProof;

/// Bytes beside the proofs.
const ROOM: usize = 64 << 10;
/// CBOR items beside the proofs.
const ITEMS: usize = 1 << 10;
/// Bytes that an account, a slot or a node takes beside what is in it, at most.
const HEAD: usize = 40;

/// Leaves out of each slot's proof the nodes that an earlier one of the account has, and the last slots if all are too many for a frame.
pub fn share(proofs: &mut [AccountProof]) {
    let mut left = Left { bytes: limits::HOST_FRAME - ROOM, items: limits::CBOR_ITEMS - ITEMS };
    for proof in proofs.iter() {
        let nodes: usize = proof.nodes.iter().map(|node| node.len() + HEAD).sum();
        left.takes(nodes + HEAD + proof.code.as_ref().map_or(0, |code| code.len()), proof.nodes.len() + 5);
    }
    for proof in proofs {
        let mut seen: HashSet<Vec<u8>> = HashSet::new();
        let mut fitting = 0;
        for slot in &mut proof.slots {
            slot.nodes.retain(|node| seen.insert(node.to_vec()));
            let nodes: usize = slot.nodes.iter().map(|node| node.len() + HEAD).sum();
            if !left.takes(nodes + HEAD, slot.nodes.len() + 3) {
                break;
            }
            fitting += 1;
        }
        if fitting < proof.slots.len() {
            tracing::debug!(fitting, of = proof.slots.len(), "more slots than a frame holds");
            proof.slots.truncate(fitting);
        }
    }
}

/// What is left of a frame.
struct Left {
    bytes: usize,
    items: usize,
}

impl Left {
    /// Whether it fits.
    fn takes(&mut self, bytes: usize, items: usize) -> bool {
        let left = self.bytes.checked_sub(bytes).zip(self.items.checked_sub(items));
        if let Some((bytes, items)) = left {
            (self.bytes, self.items) = (bytes, items);
        } else {
            (self.bytes, self.items) = (0, 0);
        }
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use minicbor::bytes::ByteVec;
    use protocol::frame;
    use protocol::message::{SlotProof, Supply};

    use super::*;

    fn slot(number: u32, nodes: &[&[u8]]) -> SlotProof {
        let mut slot = [0; 32];
        slot[..4].copy_from_slice(&number.to_be_bytes());
        SlotProof { slot: slot.into(), nodes: nodes.iter().map(|node| ByteVec::from(node.to_vec())).collect() }
    }

    fn account(slots: Vec<SlotProof>) -> AccountProof {
        AccountProof { address: [1; 20].into(), nodes: vec![ByteVec::from(vec![1; 532])], slots, code: None }
    }

    #[test]
    fn a_node_goes_once_for_each_account() {
        let slots = || vec![slot(0, &[b"root", b"left"]), slot(1, &[b"root", b"right"]), slot(2, &[b"root", b"left"])];
        let mut proofs = vec![account(slots()), account(slots())];
        share(&mut proofs);
        let expected = vec![slot(0, &[b"root", b"left"]), slot(1, &[b"right"]), slot(2, &[])];
        assert_eq!(proofs, vec![account(expected.clone()), account(expected)]);
    }

    #[test]
    fn what_does_not_fit_a_frame_is_left_out_and_the_rest_can_be_read() {
        // Too many bytes, and too many items.
        for (count, length) in [(9_000, 532), (60_000, 40)] {
            let node = |number: u32| [number.to_be_bytes().as_slice(), &vec![7; length]].concat();
            let slots = (0..count).map(|number| slot(number, &[&node(number)])).collect();
            let mut proofs = vec![account(slots), account(vec![slot(0, &[b"root"])])];
            share(&mut proofs);
            assert!(proofs[0].slots.len() > 5_000 && proofs[0].slots.len() < usize::try_from(count).unwrap());
            assert!(proofs[1].slots.is_empty() && !proofs[1].nodes.is_empty());
            let message = frame::encode_message(Supply::State(proofs.clone()), limits::HOST_FRAME).unwrap();
            let read: Supply = frame::decode_message(&message[4..], limits::HOST_FRAME).unwrap();
            assert_eq!(read, Supply::State(proofs));
        }
    }
}
