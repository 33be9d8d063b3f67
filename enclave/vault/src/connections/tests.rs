use protocol::ledger::{Head, RecordRef, VERSION};

use super::*;

const LIFE: u64 = 3_600_000;
const APP: [u8; 32] = [0xa9; 32];

fn id(number: u32) -> [u8; 32] {
    // Spread as record ids are.
    let [a, b, c, d] = number.wrapping_mul(2_654_435_761).to_be_bytes();
    let mut id = [0; 32];
    id[..4].copy_from_slice(&[a, b, c, d]);
    id
}

fn kept(number: u32) -> Kept {
    Kept {
        connection: id(number).into(),
        preset: "amazon-sp".to_owned(),
        host: "host".to_owned(),
        selector: Vec::new(),
        app: Some(APP.into()),
        refreshes: true,
        access_expires_at: Some(LIFE),
        refresh_expires_at: None,
    }
}

fn refreshing(id: [u8; 32], time: u64) -> Refreshing {
    let head = Head { slot: 0, root: [0; 32].into(), block_number: 0, block_hash: [0; 32].into(), state_root: [0; 32].into() };
    Refreshing {
        version: VERSION,
        boot_id: [0; 16].into(),
        time,
        connection: id.into(),
        generation: 1,
        store: [0; 32].into(),
        head,
        spent: [0; 32].into(),
    }
}

fn refreshed(id: [u8; 32], time: u64, refreshing: u64, result: Ended) -> Refreshed {
    Refreshed { version: VERSION, boot_id: [0; 16].into(), time, connection: id.into(), refreshing, result }
}

fn renewed(id: [u8; 32], time: u64) -> Ended {
    let record = RecordRef { id: id.into(), generation: 2, sealed: [0; 32].into() };
    Ended::Renewed { record, access_expires_at: time + LIFE * 1_000, refresh_expires_at: None, rotated: false }
}

#[test]
fn ten_thousand_due_at_once_keep_to_the_providers_rate() {
    // Each pick looks at all of them: a few hundred requests show the rate as well as all would.
    const REQUESTS: usize = 250;
    let mut connections = Connections::default();
    for number in 0..10_000 {
        connections.make(&kept(number), Some((1, B256::ZERO)), 0);
    }
    let (mut now, mut index, mut asked) = (LIFE, 0, Vec::new());
    while asked.len() < REQUESTS {
        // A host that asks twice as often as the provider takes.
        for _ in 0..10 {
            let Some(id) = connections.due(now, |_| true) else { break };
            if connections.pace.take(APP, 5, 1, now).is_ok() {
                connections.refreshing(index, &refreshing(id, now), true).unwrap();
                connections.refreshed(&refreshed(id, now, index, renewed(id, now))).unwrap();
                asked.push(now);
                index += 1;
            }
        }
        now += 500;
    }
    assert!(asked.windows(6).all(|six| six[5] - six[0] >= 1_000), "never more than five in a second");
    assert!(asked[REQUESTS - 1] - asked[0] < 51_000, "and none of its places is left empty");
    assert_eq!(connections.count_due(now), 9_750);
}

#[test]
fn what_was_taken_in_together_is_due_apart_and_before_it_expires() {
    let mut connections = Connections::default();
    let mut due: Vec<u64> = (0..1_000)
        .map(|number| {
            connections.make(&kept(number), None, 0);
            connections.of(&id(number)).unwrap().due_at(&id(number)).unwrap()
        })
        .collect();
    due.sort_unstable();
    assert!(due[0] >= LIFE / 2 && due[999] <= LIFE / 4 * 3);
    let most = due.iter().map(|start| due.iter().filter(|at| (*start..start + LIFE / 40).contains(*at)).count()).max();
    assert!(most.unwrap() < 150, "{most:?} of 1,000 in a tenth of the spread");
}

#[test]
fn what_a_process_left_open_is_uncertain_in_the_next() {
    let mut connections = Connections::default();
    connections.make(&kept(1), None, 0);
    connections.refreshing(7, &refreshing(id(1), 5), false).unwrap();
    assert!(connections.check_refreshing(&refreshing(id(1), 6)).is_err(), "one at a time");
    connections.booted();
    assert_eq!(connections.of(&id(1)).unwrap().phase, Phase::Uncertain { index: 7, since: 5 });
    // It counts as one of the provider's, and ends with what is decided about it.
    assert_eq!(connections.pace.take(APP, 1, 1, 500), Err(1_005));
    let unspent = Ended::Unspent { retry_at: 9 };
    assert!(connections.check_refreshed(&refreshed(id(1), 8, 7, unspent)).is_err());
    connections.refreshed(&refreshed(id(1), 8, 7, Ended::Reauthorize)).unwrap();
    assert_eq!(connections.of(&id(1)).unwrap().due_at(&id(1)), None);
    assert!(connections.check_refreshing(&refreshing(id(1), 9)).is_err(), "latched");
}

#[test]
fn an_attempt_that_spent_nothing_leaves_an_uncertain_token_uncertain() {
    let mut connections = Connections::default();
    connections.make(&kept(1), None, 0);
    connections.refreshing(7, &refreshing(id(1), 5), false).unwrap();
    connections.booted();
    connections.refreshing(9, &refreshing(id(1), 20), false).unwrap();
    connections.refreshed(&refreshed(id(1), 21, 9, Ended::Unspent { retry_at: 50 })).unwrap();
    let connection = connections.of(&id(1)).unwrap();
    assert_eq!((connection.phase, connection.retry_at), (Phase::Uncertain { index: 9, since: 5 }, 50));
}
