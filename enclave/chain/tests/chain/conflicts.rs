//! What is signed and can't be on one chain freezes the client; what a chain may leave behind does not.
use chain::{AdvanceError, Advanced, Conflict, Disputed, Message, Slot};

use crate::synthetic::{Block, Client, NOTHING, Update, client, client_at, members, slots};

const PERIOD: u64 = 8_192;

fn finalize(client: &mut Client, attested: u64, finalized: Block) -> Result<Advanced, AdvanceError> {
    let update = Update::at(Block::new(attested), finalized);
    client.advance(Message::Finality(&update.finality()), update.now())
}

/// An update whose state calls the block final as the checkpoint of this epoch.
fn of_epoch(epoch: u64, attested: u64, finalized: Block) -> Update {
    let update = Update::at(Block::new(attested), finalized);
    let attested = Block { epoch, ..update.attested.clone() };
    Update { committee_branch: attested.committee_branch(23), finality_branch: attested.finality_branch(), attested, ..update }
}

fn other(slot: u64) -> Block {
    Block { execution_state: [1; 32], ..Block::new(slot) }
}

fn frozen(client: &mut Client) -> Conflict {
    assert!(client.finalized().is_none() && client.attested().is_none());
    let later = Update::at(Block::new(400), Block::new(320));
    assert_eq!(client.advance(Message::Finality(&later.finality()), later.now()), Err(AdvanceError::Frozen));
    client.conflict().unwrap().clone()
}

#[test]
fn t39_two_checkpoints_of_one_epoch_freeze_the_client() {
    // Epoch 2 begins at slot 64: its checkpoint is the block there, or the last one before it.
    for (first, second) in [(64, 63), (63, 64), (64, 40), (40, 64)] {
        let mut client = client();
        finalize(&mut client, 131, Block::new(first)).unwrap();
        let error = finalize(&mut client, 140, Block::new(second)).unwrap_err();
        assert_eq!(error, AdvanceError::Conflict { slot: Slot(second) });
        let conflict = frozen(&mut client);
        assert_eq!(conflict.about, Disputed::Finality);
        assert_eq!((conflict.ours.slot, conflict.theirs.slot), (Slot(first), Slot(second)));
        assert_eq!((conflict.ours.root, conflict.theirs.root), (Block::new(first).root(), Block::new(second).root()));
        assert!(conflict.ours.signed.is_some() && conflict.theirs.signed.is_some());
    }
}

#[test]
fn t39_a_node_that_is_epochs_behind_on_another_history_freezes_the_client() {
    for behind in [other(64), Block::new(60)] {
        let mut client = client();
        for epoch in [2, 3, 4, 5] {
            finalize(&mut client, 32 * (epoch + 2), Block::new(32 * epoch)).unwrap();
        }
        let error = finalize(&mut client, 230, behind.clone()).unwrap_err();
        assert_eq!(error, AdvanceError::Conflict { slot: Slot(behind.slot) });
        let Conflict { ours, theirs, .. } = frozen(&mut client);
        assert_eq!((ours.root, theirs.root), (Block::new(64).root(), behind.root()));
    }
}

#[test]
fn t39_blocks_in_another_order_than_their_epochs_freeze_the_client() {
    for (epoch, slot) in [(1, 70), (3, 60)] {
        let mut client = client();
        finalize(&mut client, 131, Block::new(64)).unwrap();
        let update = of_epoch(epoch, 140, Block::new(slot));
        let error = client.advance(Message::Update(&update.ssz()), update.now()).unwrap_err();
        assert_eq!(error, AdvanceError::Conflict { slot: Slot(slot) });
        assert_eq!(frozen(&mut client).about, Disputed::Finality);
    }
}

#[test]
fn t39_another_block_at_the_checkpoints_slot_freezes_the_client() {
    let mut client = client();
    assert_eq!(finalize(&mut client, 131, other(32)), Err(AdvanceError::Conflict { slot: Slot(32) }));
    assert_eq!(frozen(&mut client).ours.signed, None);
}

#[test]
fn t39_two_next_committees_with_finality_in_their_period_freeze_the_client() {
    let mut client = client();
    let ours = Update::valid();
    client.advance(Message::Update(&ours.ssz()), ours.now()).unwrap();
    let theirs = Update::at(Block { next: members(2).root(), ..Block::new(200) }, Block::new(128));
    // Unsigned, it freezes nothing.
    let unsigned = Update { committee: 2, ..theirs.clone() };
    assert_eq!(client.advance(Message::Update(&unsigned.ssz()), unsigned.now()), Err(AdvanceError::Signature));
    let error = client.advance(Message::Update(&theirs.ssz()), theirs.now()).unwrap_err();
    assert_eq!(error, AdvanceError::Conflict { slot: Slot(200) });
    let conflict = frozen(&mut client);
    assert_eq!((conflict.about, conflict.ours.slot, conflict.theirs.slot), (Disputed::NextCommittee, Slot(131), Slot(200)));
    assert_eq!((conflict.ours.root, conflict.theirs.root), (members(1).root(), members(2).root()));
    assert_eq!(conflict.ours.signed.as_deref(), Some(ours.ssz().as_slice()));
    assert_eq!(conflict.theirs.signed.as_deref(), Some(theirs.ssz().as_slice()));
}

#[test]
fn t34_refuses_a_next_committee_other_than_the_known_one_and_stays() {
    // Finality is still in the period before: the attested state may be one that its chain has left, so nothing is proven of it.
    let start = Block::new(PERIOD + 1);
    let mut client = client_at(&start);
    let first = Update::at(Block::new(PERIOD + 140), Block::new(PERIOD + 64));
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    let theirs = Update::at(Block { next: members(2).root(), ..Block::new(PERIOD + 150) }, Block::new(PERIOD - 32));
    assert_eq!(client.advance(Message::Update(&theirs.ssz()), theirs.now()), Err(AdvanceError::CommitteeDiffers));
    assert_eq!(slots(&client), (PERIOD + 64, PERIOD + 140));
}

#[test]
fn one_block_may_be_the_checkpoint_of_several_epochs() {
    // Epochs without a block: the last one before them is the checkpoint of each.
    let mut client = client();
    finalize(&mut client, 131, Block::new(64)).unwrap();
    let again = of_epoch(3, 170, Block::new(64));
    client.advance(Message::Finality(&again.finality()), again.now()).unwrap();
    assert_eq!(slots(&client), (64, 170));
    finalize(&mut client, 200, Block::new(128)).unwrap();
    assert_eq!(slots(&client), (128, 200));
    // And another block is that of none of them.
    let theirs = of_epoch(3, 210, Block::new(96));
    let error = client.advance(Message::Finality(&theirs.finality()), theirs.now()).unwrap_err();
    assert_eq!(error, AdvanceError::Conflict { slot: Slot(96) });
    let Conflict { ours, .. } = frozen(&mut client);
    assert_eq!((ours.slot, ours.signed.as_deref()), (Slot(64), Some(again.finality().as_slice())));
}

#[test]
fn a_checkpoint_in_the_middle_of_an_epoch_contradicts_no_later_block_of_it() {
    let mut client = client_at(&Block::new(40));
    finalize(&mut client, 131, Block::new(64)).unwrap();
    assert_eq!(slots(&client), (64, 131));
}

#[test]
fn t39_an_attested_block_that_is_left_behind_is_no_conflict() {
    let mut client = client();
    finalize(&mut client, 131, Block::new(64)).unwrap();
    for attested in [Block::new(140), other(140), other(150)] {
        let update = Update::at(attested, Block::new(64));
        client.advance(Message::Optimistic(&update.optimistic()), update.now()).unwrap();
        assert_eq!(client.advance(Message::Finality(&update.finality()), update.now()), Ok(NOTHING));
    }
    assert_eq!(slots(&client), (64, 150));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut client = client();
    for epoch in 2..40 {
        finalize(&mut client, 32 * (epoch + 2), Block::new(32 * epoch)).unwrap();
    }
    // 32 checkpoints: from epoch 8 on.
    assert_eq!(finalize(&mut client, 1_400, other(32 * 7)), Ok(Advanced { attested: true, ..NOTHING }));
    // It is remembered itself, in the place of the oldest.
    assert_eq!(finalize(&mut client, 1_410, Block::new(32 * 7)), Err(AdvanceError::Conflict { slot: Slot(32 * 7) }));
}

/// `LightClientHeader` of Electra without a value.
fn default_header() -> Vec<u8> {
    let mut header = vec![0; 244 + 584];
    header[112..116].copy_from_slice(&244_u32.to_le_bytes());
    header[244 + 436..244 + 440].copy_from_slice(&584_u32.to_le_bytes());
    header
}

/// The update with the default value in the place of the finalized header.
fn of_genesis(update: &Update) -> Vec<u8> {
    let mut ssz = update.finality();
    ssz.truncate(ssz.len() - update.finalized.header().len());
    [ssz, default_header()].concat()
}

/// An update whose state has only genesis final: the checkpoint of epoch 0 with a zero root.
fn before_finality() -> Update {
    let attested = Block::new(131);
    Update {
        committee_branch: attested.committee_branch(23),
        finality_branch: attested.finality_branch(),
        attested,
        ..Update::valid()
    }
}

#[test]
fn finality_at_slot_0_moves_the_attested_head_only() {
    let update = before_finality();
    for branch in [update.finality_branch.clone(), vec![[0; 32]; 7]] {
        // Genesis, by a branch to the zero root; and no finality at all.
        let update = Update { finality_branch: branch, ..update.clone() };
        let mut client = client();
        let advanced = client.advance(Message::Finality(&of_genesis(&update)), update.now());
        assert_eq!(advanced, Ok(Advanced { attested: true, ..NOTHING }));
        assert_eq!(slots(&client), (32, 131));
    }
}

#[test]
fn finality_at_slot_0_is_the_zero_root_and_nothing_else() {
    // The state has a block final, or has the zero root elsewhere; and the block at slot 0 is not said by its root.
    let other_branch = Update {
        finality_branch: Block { current: members(2).root(), ..Block::new(131) }.finality_branch(),
        ..before_finality()
    };
    let named = Update::at(Block::new(131), Block::new(0));
    for (ssz, now) in [
        (of_genesis(&Update::valid()), Update::valid().now()),
        (of_genesis(&other_branch), other_branch.now()),
        (named.finality(), named.now()),
    ] {
        let mut client = client();
        assert_eq!(client.advance(Message::Finality(&ssz), now), Err(AdvanceError::FinalityBranch));
        assert_eq!(slots(&client), (32, 32));
    }
}

#[test]
fn the_epoch_of_a_checkpoint_is_a_number() {
    let update = Update::valid();
    let mut attested = update.attested.clone();
    attested.epoch_tail = 1;
    let update = Update {
        committee_branch: attested.committee_branch(23),
        finality_branch: attested.finality_branch(),
        attested,
        ..update
    };
    assert_eq!(client().advance(Message::Finality(&update.finality()), update.now()), Err(AdvanceError::FinalityBranch));
}
