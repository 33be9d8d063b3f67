use alloy_primitives::B256;
use minicbor::bytes::ByteVec;
use protocol::message::{AccountProof, AccountQuery, SlotProof};
use tempfile::TempDir;

use super::registry::Registry;
use super::shelf::Shelf;
use crate::feed::Block;

fn shelf() -> (TempDir, Shelf) {
    let directory = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(directory.path()).unwrap();
    (directory, shelf)
}

fn block(number: u64) -> Block {
    let mut hash = B256::repeat_byte(0xb1);
    hash.0[..8].copy_from_slice(&number.to_be_bytes());
    Block { hash, number, state_root: B256::ZERO }
}

/// A proof of one slot whose first node is the block's own, and whose others are every block's.
fn proof(block: &Block, address: u8, slot: u8) -> AccountProof {
    let shared = ByteVec::from(vec![address; 500]);
    AccountProof {
        address: [address; 20].into(),
        nodes: vec![ByteVec::from(block.hash.0.to_vec()), shared.clone()],
        slots: vec![SlotProof { slot: [slot; 32].into(), nodes: vec![shared, ByteVec::from(vec![slot])] }],
        code: None,
    }
}

fn query(address: u8, slots: &[u8], code: bool) -> AccountQuery {
    AccountQuery { address: [address; 20].into(), slots: slots.iter().map(|slot| [*slot; 32].into()).collect(), code }
}

fn find(shelf: &Shelf, block: &Block, query: AccountQuery) -> Option<AccountProof> {
    shelf.find(block.number, block.hash, &[query]).unwrap().remove(0)
}

#[test]
fn gives_back_what_was_put_and_nothing_that_lacks_a_part() {
    let (_directory, shelf) = shelf();
    let block = block(7);
    let one = proof(&block, 1, 1);
    shelf.put(&block, &[one.clone(), proof(&block, 2, 1)]).unwrap();
    assert_eq!(find(&shelf, &block, query(1, &[1], false)), Some(one.clone()));
    assert_eq!(find(&shelf, &block, query(1, &[], false)), Some(AccountProof { slots: vec![], ..one.clone() }));
    assert_eq!(find(&shelf, &block, query(1, &[1, 2], false)), None);
    assert_eq!(find(&shelf, &block, query(1, &[1], true)), None);
    assert_eq!(find(&shelf, &block, query(3, &[], false)), None);
    // More about the same account comes to what is there.
    let more = AccountProof { code: Some(ByteVec::from(vec![0xc0; 9])), ..proof(&block, 1, 2) };
    shelf.put(&block, std::slice::from_ref(&more)).unwrap();
    let both = find(&shelf, &block, query(1, &[2, 1], true)).unwrap();
    assert_eq!((both.slots[0].clone(), both.slots[1].clone()), (more.slots[0].clone(), one.slots[0].clone()));
    assert_eq!(both.code, more.code);
}

#[test]
fn another_block_of_the_same_number_replaces_it() {
    let (_directory, shelf) = shelf();
    let (old, new) = (block(7), Block { hash: B256::repeat_byte(9), ..block(7) });
    shelf.put(&old, &[proof(&old, 1, 1), proof(&old, 2, 1)]).unwrap();
    assert_eq!(find(&shelf, &new, query(1, &[1], false)), None);
    shelf.put(&new, &[proof(&new, 1, 1)]).unwrap();
    assert_eq!(find(&shelf, &new, query(1, &[1], false)), Some(proof(&new, 1, 1)));
    assert_eq!(find(&shelf, &new, query(2, &[1], false)), None);
    assert_eq!(find(&shelf, &old, query(1, &[1], false)), None);
}

#[test]
fn a_sweep_lets_go_of_old_blocks_and_of_nothing_that_newer_ones_share() {
    let (_directory, shelf) = shelf();
    for number in [1, 86, 87, 88, 300, 600] {
        shelf.put(&block(number), &[proof(&block(number), 1, 1)]).unwrap();
    }
    shelf.sweep(600 - 512).unwrap();
    for number in [1, 86, 87] {
        assert_eq!(find(&shelf, &block(number), query(1, &[1], false)), None, "{number}");
    }
    for number in [88, 300, 600] {
        assert_eq!(find(&shelf, &block(number), query(1, &[1], false)), Some(proof(&block(number), 1, 1)), "{number}");
    }
}

#[test]
fn a_file_that_is_too_large_loses_its_older_half() {
    let directory = tempfile::tempdir().unwrap();
    let shelf = Shelf::bounded(directory.path(), 2_000).unwrap();
    for number in 1..=100 {
        // 532 bytes that are all the same, and 32 of its own.
        shelf.put(&block(number), &[proof(&block(number), 1, 1)]).unwrap();
    }
    shelf.sweep(1).unwrap();
    assert_eq!(find(&shelf, &block(100), query(1, &[1], false)), Some(proof(&block(100), 1, 1)));
    assert_eq!(find(&shelf, &block(10), query(1, &[1], false)), None);
    let huge = AccountProof { code: Some(ByteVec::from(vec![1; 17 << 20])), ..proof(&block(101), 1, 1) };
    shelf.put(&block(101), &[huge]).unwrap();
    assert_eq!(find(&shelf, &block(101), query(1, &[1], false)), None);
}

#[test]
fn everything_is_there_after_a_restart() {
    let (directory, shelf) = shelf();
    let mut registry = Registry::default();
    registry.ask(&[query(1, &[1, 2], true)]);
    let saved = registry.changed().unwrap();
    shelf.save(&saved).unwrap();
    shelf.put(&block(5), &[proof(&block(5), 1, 1)]).unwrap();
    drop(shelf);
    let shelf = Shelf::open(directory.path()).unwrap();
    assert_eq!(shelf.registry().unwrap(), saved);
    assert!(find(&shelf, &block(5), query(1, &[1], false)).is_some());
}
