use chain::{AdvanceError, Advanced, Message, Wants};

use crate::synthetic::{Block, NOTHING, Update, client, client_at, members, slots, time};

const PERIOD: u64 = 8_192;

/// A block of the period after the first: committee 1 signs, `next` comes after it.
fn second(slot: u64, next: usize) -> Block {
    Block { current: members(1).root(), next: members(next).root(), ..Block::new(PERIOD + slot) }
}

fn signed_by(committee: usize, update: Update) -> Update {
    Update { committee, ..update }
}

#[test]
fn finality_in_the_next_period_rotates_the_committees() {
    let mut client = client();
    let first = Update::valid();
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    let update = signed_by(1, Update::at(second(200, 2), second(128, 2)));
    let advanced = client.advance(Message::Update(&update.ssz()), update.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: true, attested: true, committee: true });
    // Now period 1: its own committee signs, the old one does not.
    let later = Update::at(second(300, 2), second(224, 2));
    assert_eq!(client.advance(Message::Finality(&later.finality()), later.now()), Err(AdvanceError::Signature));
    let later = signed_by(1, later);
    assert!(client.advance(Message::Finality(&later.finality()), later.now()).is_ok());
    let third = Block { current: members(2).root(), next: members(0).root(), ..Block::new(2 * PERIOD + 200) };
    let third = signed_by(2, Update::at(third.clone(), Block { slot: 2 * PERIOD + 128, ..third }));
    assert!(client.advance(Message::Update(&third.ssz()), third.now()).is_ok());
}

#[test]
fn a_finality_update_rotates_too_and_leaves_the_next_committee_unknown() {
    let mut client = client();
    let first = Update::valid();
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    let update = signed_by(1, Update::at(second(200, 2), second(128, 2)));
    let advanced = client.advance(Message::Finality(&update.finality()), update.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: true, attested: true, committee: false });
    assert_eq!(client.wants(update.now()), Wants::Updates { period: 1, count: 1 });
    // The update with the same finality still supplies the committee.
    let advanced = client.advance(Message::Update(&update.ssz()), update.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: false, attested: false, committee: true });
    assert_eq!(client.wants(update.now()), Wants::Heads);
}

#[test]
fn finality_in_the_previous_period_does_not_rotate() {
    let mut client = client();
    let first = Update::valid();
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    // Attested and signed in period 1, finalized in period 0.
    let update = signed_by(1, Update::at(second(40, 2), Block::new(PERIOD - 32)));
    let advanced = client.advance(Message::Update(&update.ssz()), update.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: true, attested: true, committee: false });
    assert_eq!(slots(&client), (PERIOD - 32, PERIOD + 40));
    // Still period 0: the committee of period 2 is not taken, and period 2 can't be signed.
    let third = Block { current: members(2).root(), ..Block::new(2 * PERIOD + 200) };
    let third = signed_by(2, Update::at(third.clone(), Block { slot: 2 * PERIOD + 128, ..third }));
    assert_eq!(client.advance(Message::Update(&third.ssz()), third.now()), Err(AdvanceError::UnknownPeriod { period: 2 }));
}

#[test]
fn a_committee_without_finality_in_its_own_period_is_not_taken() {
    // A client of period 1 that does not know the next committee; finality is still in period 0.
    let start = Block { current: members(0).root(), ..Block::new(PERIOD + 1) };
    let mut client = client_at(&start);
    let update = Update::at(Block { slot: PERIOD + 40, ..start.clone() }, Block::new(PERIOD - 32));
    let advanced = client.advance(Message::Update(&update.ssz()), update.now()).unwrap();
    assert_eq!(advanced, Advanced { finalized: false, attested: true, committee: false });
    assert_eq!(slots(&client), (PERIOD + 1, PERIOD + 40));
    assert_eq!(client.wants(update.now()), Wants::Updates { period: 1, count: 1 });
    assert_eq!(client.advance(Message::Update(&update.ssz()), update.now()), Ok(NOTHING));
}

#[test]
fn t34_refuses_a_period_skip() {
    let update = signed_by(1, Update::at(second(200, 2), second(128, 2)));
    // The next committee is not known yet.
    assert_eq!(client().advance(Message::Update(&update.ssz()), update.now()), Err(AdvanceError::UnknownPeriod { period: 1 }));
    assert_eq!(
        client().advance(Message::Optimistic(&update.optimistic()), update.now()),
        Err(AdvanceError::UnknownPeriod { period: 1 })
    );
    // It is known, but two periods are skipped; and a period before the client's.
    let mut client = client();
    let first = Update::valid();
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    let skip = signed_by(1, Update::at(Block::new(2 * PERIOD + 200), Block::new(2 * PERIOD + 128)));
    assert_eq!(client.advance(Message::Update(&skip.ssz()), skip.now()), Err(AdvanceError::UnknownPeriod { period: 2 }));
    client.advance(Message::Update(&update.ssz()), update.now()).unwrap();
    let back = Update::at(Block::new(300), Block::new(224));
    assert_eq!(client.advance(Message::Update(&back.ssz()), update.now()), Err(AdvanceError::UnknownPeriod { period: 0 }));
}

#[test]
fn an_optimistic_update_of_the_next_period_needs_its_committee() {
    let mut client = client();
    let first = Update::valid();
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    let update = Update::at(second(3, 2), Block::new(PERIOD - 64));
    assert_eq!(client.advance(Message::Optimistic(&update.optimistic()), update.now()), Err(AdvanceError::Signature));
    let update = signed_by(1, update);
    assert!(client.advance(Message::Optimistic(&update.optimistic()), update.now()).is_ok());
    assert_eq!(slots(&client), (64, PERIOD + 3));
    // The last block of a period is signed by the committee of the next one.
    let mut client = crate::synthetic::client();
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    let last = Update::at(Block::new(PERIOD - 1), Block::new(128));
    assert_eq!(client.advance(Message::Optimistic(&last.optimistic()), last.now()), Err(AdvanceError::Signature));
    assert!(client.advance(Message::Optimistic(&signed_by(1, last.clone()).optimistic()), last.now()).is_ok());
}

#[test]
fn one_committee_may_serve_for_ever() {
    let block = |slot| Block { next: members(0).root(), ..Block::new(slot) };
    let mut client = client_at(&block(32));
    for period in 0..4 {
        let start = period * PERIOD;
        let update = Update::at(block(start + 200), block(start + 128));
        let advanced = client.advance(Message::Update(&update.ssz()), update.now()).unwrap();
        assert_eq!(advanced, Advanced { finalized: true, attested: true, committee: true });
    }
}

#[test]
fn wants_updates_until_the_next_committee_is_known() {
    let mut client = client();
    assert_eq!(client.wants(0), Wants::Updates { period: 0, count: 1 });
    assert_eq!(client.wants(time(100)), Wants::Updates { period: 0, count: 1 });
    assert_eq!(client.wants(time(3 * PERIOD)), Wants::Updates { period: 0, count: 4 });
    assert_eq!(client.wants(time(1_000 * PERIOD)), Wants::Updates { period: 0, count: 128 });
    let first = Update::valid();
    client.advance(Message::Update(&first.ssz()), first.now()).unwrap();
    assert_eq!(client.wants(time(200)), Wants::Heads);
    assert_eq!(client.wants(time(PERIOD + 20)), Wants::Heads);
    assert_eq!(client.wants(time(2 * PERIOD)), Wants::Updates { period: 1, count: 2 });
}
