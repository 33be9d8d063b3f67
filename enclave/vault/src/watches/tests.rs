use std::collections::HashSet;

use protocol::ledger::Kept;

use super::*;

const APP: [u8; 32] = [0xa9; 32];
const LIFE: u64 = 10 * DAY;
/// What a host pauses for, of which the one is due and the other is not.
const AGAIN: u64 = 50;
const TICK: u64 = 4_000;

fn id(number: u32, kind: u8) -> [u8; 32] {
    let mut id = [kind; 32];
    id[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
    id
}

#[derive(Default)]
struct Stage {
    connections: Connections,
    watches: Watches,
}

impl Stage {
    /// A store with a connection of its own, bound at 0, whose access token is good until then.
    fn bind(&mut self, number: u32, app: [u8; 32], expires: u64) -> [u8; 32] {
        let (connection, binding, named) = (id(number, 1), id(number, 2), (1, B256::from(id(number, 3))));
        let kept = Kept {
            connection: connection.into(),
            preset: "amazon-sp".to_owned(),
            host: "host".to_owned(),
            selector: Vec::new(),
            app: Some(app.into()),
            refreshes: true,
            access_expires_at: Some(expires),
            refresh_expires_at: None,
        };
        self.connections.make(&kept, Some(named), 0);
        self.watches.bind(binding, connection, self.connections.of(&connection).unwrap(), named, 0);
        binding
    }

    /// One ask of the host: the store that was looked at, and when it asks again.
    fn ask(&mut self, now: u64) -> (Option<[u8; 32]>, u64) {
        match self.watches.next(now, &self.connections, |_| true) {
            Turn::Of(binding) => {
                let connection = self.watches.of(&binding).unwrap().connection;
                let (key, requests, seconds) =
                    bucket(Preset::of_id("amazon-sp").unwrap(), &connection, self.connections.of(&connection).unwrap());
                assert_eq!(self.watches.pace.take(key, requests, seconds, now), Ok(()));
                self.watches.read(&binding, now);
                (Some(binding), now + AGAIN)
            }
            Turn::Soon => (None, now + AGAIN),
            Turn::Nobody => (None, now + TICK),
        }
    }

    /// What is looked at in this time, and when.
    fn asked(&mut self, from: u64, to: u64) -> Vec<(u64, [u8; 32])> {
        let (mut now, mut looks) = (from, Vec::new());
        while now < to {
            let (look, next) = self.ask(now);
            looks.extend(look.map(|binding| (now, binding)));
            now = next;
        }
        looks
    }
}

#[test]
fn stores_of_one_app_are_looked_at_one_a_second_by_a_host_that_pauses_when_none_is_due() {
    let mut stage = Stage::default();
    for number in 0..200 {
        stage.bind(number, APP, LIFE);
    }
    let looks = stage.asked(DAY, DAY + 220_000);
    let stores: HashSet<_> = looks.iter().map(|(_, binding)| binding).collect();
    assert_eq!((looks.len(), stores.len()), (200, 200));
    assert!(looks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 1_000));
}

#[test]
fn neither_a_full_app_nor_idle_stores_hold_up_others() {
    let mut stage = Stage::default();
    for number in 0..1_000 {
        stage.bind(number, APP, if number < 500 { LIFE } else { 0 });
    }
    let others: HashSet<_> = (1_000..1_010).map(|number| stage.bind(number, id(number, 9), LIFE)).collect();
    let looks = stage.asked(DAY, DAY + 2_000);
    let seen: HashSet<_> = looks.iter().map(|(_, binding)| *binding).collect();
    assert!(others.is_subset(&seen), "{} of {}", seen.intersection(&others).count(), others.len());
    assert_eq!(looks.len(), 12, "and two of the full app");
    // Idle ones do not come up again by themselves, and do once there is a token.
    assert_eq!(stage.asked(DAY + 2_000, DAY + 700_000).len(), 498);
    assert_eq!(stage.watches.first(10 * DAY, 10 * DAY, |of| *of == id(700, 2)), None);
    stage.connections.make(&Kept { access_expires_at: Some(LIFE), ..kept_of(&stage, 700) }, None, DAY);
    stage.watches.renewed(&id(700, 1));
    assert_eq!(stage.asked(DAY + 700_000, DAY + 705_000).iter().map(|(_, of)| *of).collect::<Vec<_>>(), [id(700, 2)]);
}

fn kept_of(stage: &Stage, number: u32) -> Kept {
    let of = stage.connections.of(&id(number, 1)).unwrap();
    Kept {
        connection: id(number, 1).into(),
        preset: of.preset.clone(),
        host: of.host.clone(),
        selector: Vec::new(),
        app: of.app.map(Into::into),
        refreshes: true,
        access_expires_at: None,
        refresh_expires_at: None,
    }
}

#[test]
fn a_connection_that_is_told_to_wait_holds_up_no_other_of_its_app() {
    let mut stage = Stage::default();
    let (one, other) = (stage.bind(1, APP, LIFE), stage.bind(2, APP, LIFE));
    stage.watches.pace.hold(id(1, 1), DAY + 60_000);
    assert_eq!(stage.asked(DAY, DAY + 59_000).iter().map(|(_, of)| *of).collect::<Vec<_>>(), [other]);
    assert_eq!(stage.asked(DAY + 59_000, DAY + 70_000).iter().map(|(_, of)| *of).collect::<Vec<_>>(), [one]);
}

#[test]
fn a_binding_that_names_another_connection_is_looked_at_by_that_one_and_keeps_its_facts() {
    let mut stage = Stage::default();
    let binding = stage.bind(1, APP, LIFE);
    stage.bind(2, APP, LIFE);
    stage.watches.read(&binding, DAY);
    let other = stage.connections.of(&id(2, 1)).unwrap();
    stage.watches.bind(binding, id(2, 1), other, (1, B256::from(id(1, 3))), 2 * DAY);
    assert_eq!(stage.watches.of(&binding).unwrap().connection, id(2, 1));
    assert_eq!((stage.watches.of_connection(&id(1, 1)).count(), stage.watches.of_connection(&id(2, 1)).count()), (0, 2));
}
