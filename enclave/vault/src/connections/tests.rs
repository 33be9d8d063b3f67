use protocol::ledger::{Head, RecordRef, VERSION};

use super::*;

const LIFE: u64 = 3_600_000;
const APP: [u8; 32] = [0xa9; 32];
const CURRENT: (u64, [u8; 32]) = (1, [0; 32]);

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

fn ten_thousand() -> Connections {
    let mut connections = Connections::default();
    for number in 0..10_000 {
        connections.make(&kept(number), Some((1, B256::ZERO)), 0);
    }
    connections
}

/// Refreshes all of them, by a host that asks so often each half second. Says when each request was sent, and for whom.
fn all_refreshed(asks: usize) -> Vec<(u64, [u8; 32])> {
    let (mut connections, mut now, mut index, mut sent) = (ten_thousand(), LIFE, 0, Vec::new());
    assert_eq!(connections.count_due(now), 10_000);
    while sent.len() < 10_000 {
        assert!(now < 2 * LIFE, "{} in an hour", sent.len());
        for _ in 0..asks {
            let Some(id) = connections.due(now, |_| true) else { continue };
            match connections.pace.take(APP, 5, 1, now) {
                Ok(()) => {
                    connections.refreshing(index, &refreshing(id, now), true).unwrap();
                    connections.refreshed(&refreshed(id, now, index, renewed(id, now)), CURRENT).unwrap();
                    sent.push((now, id));
                    index += 1;
                }
                Err(until) => connections.rest(id, until),
            }
        }
        now += 500;
    }
    sent
}

#[test]
fn t63_ten_thousand_due_at_once_keep_to_the_providers_rate_however_often_the_host_asks() {
    for asks in [3, 40] {
        let sent = all_refreshed(asks);
        let ids: std::collections::HashSet<_> = sent.iter().map(|(_, id)| id).collect();
        assert_eq!((sent.len(), ids.len()), (10_000, 10_000), "each once");
        assert!(sent.windows(6).all(|six| six[5].0 - six[0].0 >= 1_000), "never more than five in a second");
        assert!(sent[9_999].0 - sent[0].0 <= 2_000_000, "and none of its places is left empty");
    }
}

#[test]
fn a_token_that_no_call_was_made_with_is_let_go_and_its_refresh_token_kept_up() {
    const DAY: u64 = 86_400_000;
    let mut connections = Connections::default();
    connections.make(&kept(1), None, 0);
    connections.bind(&id(1), Some([7; 32]), (1, B256::ZERO));
    let renew = |connections: &mut Connections, time: u64, refresh_expires_at: Option<u64>| {
        connections.refreshing(0, &refreshing(id(1), time), true).unwrap();
        let record = RecordRef { id: id(1).into(), generation: 2, sealed: [0; 32].into() };
        let result = Ended::Renewed { record, access_expires_at: time + LIFE, refresh_expires_at, rotated: true };
        connections.refreshed(&refreshed(id(1), time, 0, result), CURRENT).unwrap();
    };
    let due = |connections: &Connections| connections.of(&id(1)).unwrap().due_at(&id(1)).unwrap();
    // Nobody says how long the refresh token lives: it is refreshed after two to three weeks.
    renew(&mut connections, 1_000, None);
    assert!((14 * DAY..22 * DAY).contains(&due(&connections)));
    // A call brings its access token back into the calendar, and the next one goes out of it again.
    connections.used(&[7; 32]);
    assert!((LIFE / 2..LIFE).contains(&due(&connections)));
    renew(&mut connections, LIFE / 2, Some(LIFE / 2 + 30 * DAY));
    assert!((15 * DAY..23 * DAY).contains(&due(&connections)), "well before thirty days of neglect");
}

#[test]
fn a_refresh_token_of_an_hour_is_kept_up_before_it_dies_and_not_over_and_over() {
    let mut connections = Connections::default();
    connections.make(&kept(1), None, 0);
    for life in [40 * 60_000, LIFE, 3 * LIFE] {
        connections.refreshing(0, &refreshing(id(1), 1), true).unwrap();
        let record = RecordRef { id: id(1).into(), generation: 2, sealed: [0; 32].into() };
        let result = Ended::Renewed { record, access_expires_at: LIFE, refresh_expires_at: Some(1 + life), rotated: true };
        connections.refreshed(&refreshed(id(1), 1, 0, result), CURRENT).unwrap();
        let due = connections.of(&id(1)).unwrap().due_at(&id(1)).unwrap();
        assert!((life / 2..=life / 4 * 3 + 1).contains(&due), "{due} of {life}");
    }
}

#[test]
fn of_many_stores_each_is_looked_at_in_its_turn() {
    let mut connections = Connections::default();
    connections.make(&kept(1), None, 0);
    for store in 0..40 {
        connections.bind(&id(1), None, (store, B256::ZERO));
    }
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let looked: Vec<u64> = connections.of(&id(1)).unwrap().next_stores().map(|(origin, _)| *origin).collect();
        assert_eq!(looked.len(), STORES);
        seen.extend(looked);
        connections.looked(&id(1));
    }
    assert_eq!(seen.len(), 40);
}

#[test]
fn a_refresh_token_whose_life_no_refresh_lengthens_is_tried_a_dozen_times_and_not_for_ever() {
    let mut connections = Connections::default();
    let over = 180 * 86_400_000;
    connections.make(&Kept { refresh_expires_at: Some(over), access_expires_at: Some(LIFE), ..kept(1) }, None, 0);
    let mut tries = 0;
    while let at = connections.of(&id(1)).unwrap().due_at(&id(1)).unwrap()
        && at < over
    {
        connections.refreshing(0, &refreshing(id(1), at), true).unwrap();
        let record = RecordRef { id: id(1).into(), generation: 2, sealed: [0; 32].into() };
        let result = Ended::Renewed { record, access_expires_at: over, refresh_expires_at: None, rotated: false };
        connections.refreshed(&refreshed(id(1), at, 0, result), CURRENT).unwrap();
        tries += 1;
    }
    assert!((5..25).contains(&tries), "{tries}");
}

#[test]
fn the_calendar_says_what_a_look_at_each_would() {
    let (mut connections, mut state, mut open) = (Connections::default(), 1_u64, HashMap::new());
    for index in 0..20_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let number = u32::try_from(state >> 33).unwrap() % 40;
        let (id, time) = (id(number), index * LIFE / 100);
        match (state >> 20) % 6 {
            0 if connections.of(&id).is_none() => {
                connections.make(&kept(number), None, time);
                connections.bind(&id, Some([u8::try_from(number).unwrap(); 32]), (1, B256::ZERO));
            }
            1 => connections.used(&[u8::try_from(number).unwrap(); 32]),
            2 => connections.rest(id, time + LIFE),
            3 if connections.refreshing(index, &refreshing(id, time), true).is_ok() => {
                open.insert(number, index);
            }
            4 | 5 => {
                let results = [renewed(id, time), Ended::Unspent { retry_at: time + 9 }, Ended::Uncertain { retry_at: time + 9 }];
                if let Some(index) = open.remove(&number) {
                    connections.refreshed(&refreshed(id, time, index, results[(state % 3) as usize]), CURRENT).unwrap();
                }
            }
            _ => {}
        }
        let at = |number: u32| {
            let id = self::id(number);
            let connection = connections.of(&id)?;
            Some((connection.due_at(&id)?.max(connection.rests_until), id)).filter(|(at, _)| *at <= time)
        };
        let due: Vec<_> = (0..40).filter_map(at).collect();
        assert_eq!(connections.count_due(time), due.len() as u64);
        assert_eq!(connections.due(time, |_| true), due.iter().min().map(|(_, id)| *id));
    }
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
    assert_eq!(connections.of(&id(1)).unwrap().phase, Phase::Uncertain { index: 7, since: 5, older: false });
    // It counts as one of the provider's, and ends with what the provider says when it is asked again.
    assert_eq!(connections.pace.take(APP, 1, 1, 500), Err(1_005));
    assert_eq!(connections.due(1_005, |_| true), Some(id(1)));
    assert!(connections.check_refreshed(&refreshed(id(1), 8, 7, Ended::Reauthorize)).is_err(), "nothing is decided unasked");
    connections.refreshing(9, &refreshing(id(1), 8), false).unwrap();
    connections.refreshed(&refreshed(id(1), 8, 9, Ended::Reauthorize), CURRENT).unwrap();
    assert_eq!((connections.of(&id(1)).unwrap().due_at(&id(1)), connections.count_due(u64::MAX)), (None, 0));
    assert!(connections.check_refreshing(&refreshing(id(1), 9)).is_err(), "latched");
}

#[test]
fn an_attempt_that_spent_nothing_leaves_an_uncertain_token_uncertain() {
    let mut connections = Connections::default();
    connections.make(&kept(1), None, 0);
    connections.refreshing(7, &refreshing(id(1), 5), false).unwrap();
    connections.booted();
    connections.refreshing(9, &refreshing(id(1), 20), false).unwrap();
    connections.refreshed(&refreshed(id(1), 21, 9, Ended::Unspent { retry_at: 50 }), CURRENT).unwrap();
    let connection = connections.of(&id(1)).unwrap();
    assert_eq!((connection.phase, connection.retry_at), (Phase::Uncertain { index: 9, since: 5, older: false }, 50));
}

#[test]
fn what_is_held_back_for_the_one_before_ends_it_only_once_that_is_on_its_way_no_more() {
    let begin = |used: bool| {
        let mut connections = Connections::default();
        connections.make(&kept(1), None, 0);
        connections.bind(&id(1), Some([7; 32]), (1, B256::ZERO));
        connections.refreshing(1, &refreshing(id(1), 1), false).unwrap();
        let record = RecordRef { id: id(1).into(), generation: 2, sealed: [0; 32].into() };
        let result = Ended::Renewed { record, access_expires_at: LIFE, refresh_expires_at: None, rotated: true };
        connections.refreshed(&refreshed(id(1), 1, 1, result), CURRENT).unwrap();
        // Of generation 1, which is the one before now.
        connections.refreshing(3, &refreshing(id(1), 3), false).unwrap();
        if used {
            connections.used(&[7; 32]);
        }
        connections
    };
    let now = |connections: &Connections| {
        let connection = connections.of(&id(1)).unwrap();
        (connection.falls_back(), connection.before.unwrap().may())
    };
    let unspent = |index| refreshed(id(1), 9, index, Ended::Unspent { retry_at: 9 });
    for used in [false, true] {
        let mut connections = begin(used);
        assert_eq!(now(&connections), (true, true));
        connections.refreshed(&unspent(3), CURRENT).unwrap();
        assert_eq!(now(&connections), (false, !used), "what was held back goes on");
        let mut connections = begin(used);
        connections.booted();
        assert_eq!(now(&connections), (true, true));
        connections.refreshing(5, &refreshing(id(1), 5), false).unwrap();
        connections.refreshed(&unspent(5), CURRENT).unwrap();
        assert_eq!(now(&connections), (true, true), "uncertain still");
        // The newest is handed in: its turn is its own.
        connections.refreshing(7, &Refreshing { generation: 2, ..refreshing(id(1), 7) }, false).unwrap();
        assert_eq!(now(&connections), (false, false));
        connections.refreshed(&unspent(7), CURRENT).unwrap();
        assert_eq!(connections.of(&id(1)).unwrap().phase, Phase::Active);
    }
}
