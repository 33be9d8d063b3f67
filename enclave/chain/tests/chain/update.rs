use chain::{AdvanceError, Advanced, Layout, Message, Network, Slot, SszError};

use crate::synthetic::{
    Block, Client, ELECTRA, FULU, FULU_EPOCH, Hash, NOTHING, Update, client, client_at, committee_root, members, network,
    network_until, network_with, slots,
};

/// The error of this update on a fresh client, whose state must stand.
fn refused(update: &Update) -> AdvanceError {
    refused_bytes(&update.ssz(), update.now())
}

fn refused_bytes(ssz: &[u8], now: u64) -> AdvanceError {
    let mut client = client();
    let error = client.advance(Message::Update(ssz), now).unwrap_err();
    assert_eq!(slots(&client), (32, 32));
    let valid = Update::valid();
    assert!(client.advance(Message::Update(&valid.ssz()), valid.now()).is_ok(), "the old state stands");
    error
}

#[test]
fn a_valid_update_moves_everything() {
    let mut client = client();
    let update = Update::valid();
    let advanced = client.advance(Message::Update(&update.ssz()), update.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: true, attested: true, committee: true });
    assert_eq!(slots(&client), (64, 131));
    assert_eq!(client.finalized().unwrap().root(), update.finalized.root());
    assert_eq!(client.attested().unwrap().root(), update.attested.root());
}

#[test]
fn t34_refuses_341_of_512_signers() {
    let update = Update { signers: 341, ..Update::valid() };
    let error = AdvanceError::TooFewSigners { signers: 341 };
    assert_eq!(refused(&update), error);
    let mut client = client();
    assert_eq!(client.advance(Message::Finality(&update.finality()), update.now()), Err(error));
    assert_eq!(client.advance(Message::Optimistic(&update.optimistic()), update.now()), Err(error));
}

#[test]
fn accepts_342_of_512_signers() {
    let update = Update { signers: 342, ..Update::valid() };
    assert!(client().advance(Message::Update(&update.ssz()), update.now()).is_ok());
    assert!(client().advance(Message::Finality(&update.finality()), update.now()).is_ok());
    assert!(client().advance(Message::Optimistic(&update.optimistic()), update.now()).is_ok());
}

#[test]
fn t34_bits_without_signatures_do_not_count() {
    // 400 bits, signed by 399.
    let mut ssz = Update { signers: 399, ..Update::valid() }.ssz();
    ssz[25_216 - 168 + 49] |= 1 << 7;
    assert_eq!(refused_bytes(&ssz, Update::valid().now()), AdvanceError::Signature);
}

#[test]
fn t34_refuses_signatures_of_something_else() {
    let valid = Update::valid();
    let cases = [
        ("another network", Update { genesis_validators_root: [0xd1; 32], ..valid.clone() }),
        ("the version of another fork", Update { version: FULU, ..valid.clone() }),
        ("another committee", Update { committee: 1, ..valid.clone() }),
    ];
    for (name, update) in cases {
        assert_eq!(refused(&update), AdvanceError::Signature, "{name}");
    }
}

#[test]
fn t34_refuses_the_infinity_signature_and_no_signature() {
    let infinity = [[0xc0].as_slice(), &[0; 95]].concat();
    for signature in [infinity, vec![0; 96], vec![0xff; 96]] {
        let mut ssz = Update::valid().ssz();
        ssz[25_216 - 104..25_216 - 8].copy_from_slice(&signature);
        assert_eq!(refused_bytes(&ssz, Update::valid().now()), AdvanceError::Signature);
    }
}

#[test]
fn t34_no_signers_at_all_is_too_few() {
    let mut ssz = Update::valid().ssz();
    ssz[25_216 - 168..25_216 - 104].fill(0);
    assert_eq!(refused_bytes(&ssz, Update::valid().now()), AdvanceError::TooFewSigners { signers: 0 });
}

#[test]
fn the_fork_version_is_that_of_the_slot_before_the_signature() {
    let first_fulu = FULU_EPOCH * 32;
    // Attested in Electra, signed in the first slot of Fulu: still Electra's version.
    let update = Update::at(Block::new(first_fulu - 1), Block::new(64));
    assert_eq!((update.signature_slot, update.version), (first_fulu, ELECTRA));
    assert!(client().advance(Message::Update(&update.ssz()), update.now()).is_ok());
    assert_eq!(refused(&Update { version: FULU, ..update.clone() }), AdvanceError::Signature);
    // One slot later, Fulu's.
    let later = Update { signature_slot: first_fulu + 1, version: FULU, ..update };
    assert!(client().advance(Message::Update(&later.ssz()), later.now()).is_ok());
    assert_eq!(refused(&Update { version: ELECTRA, ..later }), AdvanceError::Signature);
}

#[test]
fn slots_are_in_order() {
    let valid = Update::valid();
    let cases = [
        (Update { signature_slot: 131, ..valid.clone() }, AdvanceError::SignatureNotAfterAttested),
        (Update { signature_slot: 0, ..valid.clone() }, AdvanceError::SignatureNotAfterAttested),
        (Update::at(Block::new(131), Block::new(132)), AdvanceError::FinalizedAfterAttested),
    ];
    for (update, expected) in cases {
        let now = valid.now();
        assert_eq!(refused_bytes(&update.ssz(), now), expected);
    }
}

#[test]
fn t34_refuses_a_signature_from_the_future() {
    let update = Update::valid();
    let begins = crate::synthetic::time(update.signature_slot);
    assert_eq!(refused_bytes(&update.ssz(), begins - 1), AdvanceError::SignatureFromFuture { slot: Slot(update.signature_slot) });
    assert_eq!(refused_bytes(&update.ssz(), crate::synthetic::GENESIS - 1), AdvanceError::BeforeGenesis);
    assert!(client().advance(Message::Update(&update.ssz()), begins).is_ok());
}

#[test]
fn every_branch_must_hold() {
    let valid = Update::valid();
    let flip = |branch: &[Hash], node: usize| {
        let mut branch = branch.to_vec();
        branch[node][31] ^= 1;
        branch
    };
    for node in 0..7 {
        let update = Update { finality_branch: flip(&valid.finality_branch, node), ..valid.clone() };
        assert_eq!(refused(&update), AdvanceError::FinalityBranch);
    }
    for node in 0..6 {
        let update = Update { committee_branch: flip(&valid.committee_branch, node), ..valid.clone() };
        assert_eq!(refused(&update), AdvanceError::CommitteeBranch);
    }
    // The finalized header of another chain.
    let update = Update { finalized: Block { execution_state: [1; 32], ..Block::new(64) }, ..valid.clone() };
    assert_eq!(refused(&update), AdvanceError::FinalityBranch);
    let attested = valid.attested.header().len();
    for (byte, expected) in [
        (25_216 + 244 + 52, AdvanceError::AttestedExecutionBranch),
        (25_216 + 120, AdvanceError::AttestedExecutionBranch),
        (25_216 + attested + 244 + 52, AdvanceError::FinalizedExecutionBranch),
        (25_216 + attested + 120, AdvanceError::FinalizedExecutionBranch),
    ] {
        let mut ssz = valid.ssz();
        ssz[byte] ^= 1;
        assert_eq!(refused_bytes(&ssz, valid.now()), expected, "{byte}");
    }
}

#[test]
fn t34_refuses_a_swapped_next_committee() {
    let valid = Update::valid();
    // Another committee under this header's branch, and under the branch of another header in which it is right.
    let swapped = Update { next: members(2).ssz(), ..valid.clone() };
    assert_eq!(refused(&swapped), AdvanceError::CommitteeBranch);
    let other = Block { next: members(2).root(), ..valid.attested.clone() };
    let grafted = Update { committee_branch: other.committee_branch(23), ..swapped };
    assert_eq!(refused(&grafted), AdvanceError::CommitteeBranch);
    // The current committee passed off as the next one.
    let current = Update { next: members(0).ssz(), committee_branch: valid.attested.committee_branch(22), ..valid };
    assert_eq!(refused(&current), AdvanceError::CommitteeBranch);
}

/// A client whose current committee is these bytes.
fn client_of(committee: &[u8]) -> Client {
    let block = Block { current: committee_root(committee), ..Block::new(32) };
    Client::bootstrap(network(), block.checkpoint(), &block.bootstrap(committee)).unwrap()
}

/// Period 0, with this as the state's current committee.
fn heads_of(committee: &[u8], attested: u64) -> Update {
    let block = |slot| Block { current: committee_root(committee), ..Block::new(slot) };
    Update::at(block(attested), block(64))
}

#[test]
fn t34_refuses_a_committee_with_an_aggregate_key_that_is_no_key() {
    for key in [[[0xc0].as_slice(), &[0; 47]].concat(), vec![0xff; 48], vec![0; 48]] {
        let mut committee = members(0).ssz();
        committee[24_576..].copy_from_slice(&key);
        let update = heads_of(&committee, 131);
        let error = client_of(&committee).advance(Message::Finality(&update.finality()), update.now()).unwrap_err();
        assert_eq!(error, AdvanceError::CommitteeKeys);
    }
}

#[test]
fn t34_an_absent_member_with_an_invalid_key_is_refused_at_once() {
    let mut committee = members(0).ssz();
    committee[511 * 48..512 * 48].copy_from_slice(&[[0xc0].as_slice(), &[0; 47]].concat());
    let update = Update { signers: 500, ..heads_of(&committee, 131) };
    let error = client_of(&committee).advance(Message::Finality(&update.finality()), update.now()).unwrap_err();
    assert_eq!(error, AdvanceError::CommitteeKeys);
}

#[test]
fn t34_every_key_of_a_committee_is_checked_by_its_second_signature() {
    let mut infinity = members(0).ssz();
    infinity[..48].copy_from_slice(&[[0xc0].as_slice(), &[0; 47]].concat());
    let mut swapped = members(0).ssz();
    let other = members(1).ssz();
    swapped[..48].copy_from_slice(&other[..48]);
    for committee in [infinity, swapped] {
        let mut client = client_of(&committee);
        let (first, second) = (heads_of(&committee, 131), heads_of(&committee, 140));
        client.advance(Message::Finality(&first.finality()), first.now()).unwrap();
        let error = client.advance(Message::Finality(&second.finality()), second.now()).unwrap_err();
        assert_eq!(error, AdvanceError::CommitteeKeys);
        assert_eq!(slots(&client), (64, 131));
    }
}

#[test]
fn a_signature_counts_the_same_before_and_after_the_keys_are_kept() {
    for signers in [342, 400, 511, 512] {
        let mut client = client();
        for attested in [131, 140, 150] {
            let update = Update { signers, ..Update::at(Block::new(attested), Block::new(64)) };
            let wrong = Update { signers: signers - 1, ..update.clone() };
            let mut forged = update.optimistic();
            forged[4..172].copy_from_slice(&wrong.optimistic()[4..172]);
            forged[4 + (signers - 1) / 8] |= 1 << ((signers - 1) % 8);
            assert_eq!(client.advance(Message::Optimistic(&forged), update.now()), Err(AdvanceError::Signature));
            assert!(client.advance(Message::Optimistic(&update.optimistic()), update.now()).is_ok());
        }
    }
}

#[test]
fn refuses_branches_of_deneb_depth() {
    let valid = Update::valid();
    // 5 and 6 nodes: what a server sends that forgot the fork. Offsets as that layout has them.
    let mut deneb = valid.ssz();
    deneb.drain(4 + 24_624 + 192 + 4..4 + 24_624 + 192 + 4 + 32);
    deneb.drain(4 + 24_624..4 + 24_624 + 32);
    deneb[..4].copy_from_slice(&25_152_u32.to_le_bytes());
    assert_eq!(refused_bytes(&deneb, valid.now()), AdvanceError::Malformed(SszError::Offset));
}

#[test]
fn t75_a_fork_beyond_the_schedule_is_refused() {
    let start = Block::new(32);
    let network = network_until(vec![(Layout::Electra, ELECTRA, 0)], Some(4));
    let ssz = start.bootstrap(&members(0).ssz());
    let mut client = Client::bootstrap(network.clone(), start.checkpoint_on(&network), &ssz).unwrap();
    let update = Update::at(Block::new(131), Block::new(64));
    let error = client.advance(Message::Update(&update.ssz()), update.now()).unwrap_err();
    assert_eq!(error, AdvanceError::UnsupportedFork { slot: Slot(131) });
    // The last block before it, signed in its first slot, is still of a known fork; signed a slot later it is not.
    let last = Update { version: ELECTRA, ..Update::at(Block::new(127), Block::new(64)) };
    let late = Update { signature_slot: 129, ..last.clone() };
    let error = client.advance(Message::Update(&late.ssz()), late.now()).unwrap_err();
    assert_eq!(error, AdvanceError::UnsupportedFork { slot: Slot(129) });
    assert!(client.advance(Message::Update(&last.ssz()), last.now()).is_ok());
}

#[test]
fn t75_a_fork_that_the_schedule_does_not_know_signs_nothing() {
    // The chain has forked, the schedule has not: the version in the signature is another.
    let update = Update { version: [7, 0, 0, 0xd0], ..Update::valid() };
    assert_eq!(refused(&update), AdvanceError::Signature);
}

#[test]
fn the_slot_chooses_the_layout_and_not_the_bytes() {
    let start = Block::new(32);
    let update = Update::valid();
    for layout in [Layout::Fulu, Layout::Gloas] {
        // The objects that follow are of Electra; the schedule says otherwise.
        let network: Network = network_with(vec![(Layout::Electra, ELECTRA, 0), (layout, FULU, 3)]);
        let ssz = start.bootstrap(&members(0).ssz());
        let mut client = Client::bootstrap(network.clone(), start.checkpoint_on(&network), &ssz).unwrap();
        let error = client.advance(Message::Update(&update.ssz()), update.now()).unwrap_err();
        match layout {
            Layout::Fulu => assert_eq!(error, AdvanceError::Signature),
            _ => assert!(matches!(error, AdvanceError::Malformed(_)), "{error}"),
        }
    }
}

#[test]
fn refuses_trailing_bytes_and_overlapping_offsets() {
    let valid = Update { finalized: Block { extra_data: vec![1; 32], ..Block::new(64) }, ..Update::valid() };
    let trailing = [valid.ssz(), vec![0]].concat();
    assert_eq!(refused_bytes(&trailing, valid.now()), AdvanceError::Malformed(SszError::ExtraData));
    let second = 4 + 24_624 + 192;
    for (value, expected) in [
        (25_216_u32 - 1, SszError::Offset),
        (25_216, SszError::ExtraData),
        (25_216 + 828, SszError::Offset),
        (u32::MAX, SszError::Offset),
    ] {
        let mut ssz = Update::valid().ssz();
        ssz[second..second + 4].copy_from_slice(&value.to_le_bytes());
        assert_eq!(refused_bytes(&ssz, valid.now()), AdvanceError::Malformed(expected), "{value}");
    }
}

#[test]
fn t36_an_older_head_never_replaces_a_newer_one() {
    let (old, new) = (Update::valid(), Update::at(Block::new(200), Block::new(128)));
    let mut client = client();
    client.advance(Message::Update(&new.ssz()), new.now()).unwrap();
    // Newer than what is final, and older than what is attested: it holds, and moves nothing.
    for known in [Message::Update(&old.ssz()), Message::Finality(&old.finality()), Message::Optimistic(&old.optimistic())] {
        assert_eq!(client.advance(known, new.now()), Ok(NOTHING));
    }
    assert_eq!(client.advance(Message::Update(&new.ssz()), new.now()), Ok(NOTHING));
    // What moves nothing must hold all the same.
    let forged = Update { version: ELECTRA, ..new.clone() };
    assert_eq!(client.advance(Message::Update(&forged.ssz()), new.now()), Err(AdvanceError::Signature));
    // Older than what is final, it is not even looked at.
    let older = Update::at(Block::new(127), Block::new(64));
    for older in [Message::Update(&older.ssz()), Message::Finality(&older.finality()), Message::Optimistic(&older.optimistic())] {
        assert_eq!(client.advance(older, new.now()), Err(AdvanceError::NotNewer));
    }
    assert_eq!(slots(&client), (128, 200));
    // A newer attested block that still names the older finalized one moves only the attested head.
    let mixed = Update::at(Block::new(210), Block::new(64));
    let advanced = client.advance(Message::Finality(&mixed.finality()), mixed.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: false, attested: true, committee: false });
    assert_eq!(slots(&client), (128, 210));
}

#[test]
fn an_optimistic_update_moves_the_attested_head_only() {
    let mut client = client();
    let update = Update::valid();
    let advanced = client.advance(Message::Optimistic(&update.optimistic()), update.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: false, attested: true, committee: false });
    assert_eq!(slots(&client), (32, 131));
}

#[test]
fn t39_what_is_final_replaces_what_was_attested_at_the_same_slot() {
    let mut client = client();
    let reorged = Update::at(Block { execution_state: [1; 32], ..Block::new(96) }, Block::new(64));
    client.advance(Message::Optimistic(&reorged.optimistic()), reorged.now()).unwrap();
    let update = Update::at(Block::new(160), Block::new(96));
    client.advance(Message::Finality(&update.finality()), update.now()).unwrap();
    assert_eq!(slots(&client), (96, 160));
    let mut client = client_at(&Block::new(32));
    client.advance(Message::Optimistic(&Update::at(Block::new(90), Block::new(64)).optimistic()), update.now()).unwrap();
    client.advance(Message::Finality(&update.finality()), update.now()).unwrap();
    assert_eq!(slots(&client), (96, 160));
}

#[test]
fn t39_two_finalized_blocks_at_one_slot_freeze_the_client_with_both_kept() {
    let mut client = client();
    let (ours, other) = (Update::valid(), Block { execution_state: [1; 32], ..Block::new(64) });
    client.advance(Message::Update(&ours.ssz()), ours.now()).unwrap();
    // Unsigned, it freezes nothing.
    let theirs = Update::at(Block::new(140), other.clone());
    let unsigned = Update { committee: 2, ..theirs.clone() };
    assert_eq!(client.advance(Message::Finality(&unsigned.finality()), theirs.now()), Err(AdvanceError::Signature));
    assert!(client.finalized().is_some());

    let error = client.advance(Message::Finality(&theirs.finality()), theirs.now()).unwrap_err();
    assert_eq!(error, AdvanceError::Conflict { slot: Slot(64) });
    let conflict = client.conflict().unwrap();
    assert_eq!((conflict.ours.root, conflict.theirs.root), (ours.finalized.root(), other.root()));
    // Both signed messages are kept.
    assert_eq!(conflict.ours.signed.as_deref(), Some(ours.ssz().as_slice()));
    assert_eq!(conflict.theirs.signed.as_deref(), Some(theirs.finality().as_slice()));
    assert!(client.finalized().is_none() && client.attested().is_none());
    let later = Update::at(Block::new(200), Block::new(128));
    assert_eq!(client.advance(Message::Update(&later.ssz()), later.now()), Err(AdvanceError::Frozen));
    assert_eq!(client.advance(Message::Finality(&later.finality()), later.now()), Err(AdvanceError::Frozen));
    assert_eq!(client.advance(Message::Optimistic(&later.optimistic()), later.now()), Err(AdvanceError::Frozen));
}

#[test]
fn t39_a_conflict_freezes_also_when_the_next_committee_differs() {
    let mut client = client();
    let (ours, other) = (Update::valid(), Block { execution_state: [1; 32], ..Block::new(64) });
    client.advance(Message::Update(&ours.ssz()), ours.now()).unwrap();
    let theirs = Update::at(Block { next: members(2).root(), ..Block::new(140) }, other);
    assert!(matches!(client.advance(Message::Update(&theirs.ssz()), theirs.now()), Err(AdvanceError::Conflict { .. })));
    assert!(client.conflict().is_some());
}
