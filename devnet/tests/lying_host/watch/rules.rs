//! What is looked at, when, and what is said of it.

use alloy_primitives::B256;
use protocol::http::Request;
use protocol::ledger::{Kind, Unread};
use protocol::message::{Answer, HostRequest, Supply};
use protocol::provision::What;
use serde_json::json;

use super::{BANK, DAY, HOUR, OTHER_BANK, Says, Stage, is_look};
use crate::support_host::{Caller, Event, HandedOver, ORDERS, SALT_2, SHOP, Talk, honest};

#[test]
fn once_a_day_however_often_the_host_asks() {
    let mut stage = Stage::new();
    for _ in 0..20 {
        stage.watch();
    }
    assert_eq!(stage.looks(), 0, "a store that was just bound is not looked at");
    for _ in 0..17 {
        stage.pass(3 * HOUR);
        for _ in 0..20 {
            stage.watch();
        }
    }
    let looks = stage.platform().looks.clone();
    assert!((2..=3).contains(&looks.len()), "{looks:?}");
    assert!(looks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= DAY), "{looks:?}");
    // One entry for the first, and one for each day without news.
    assert_eq!(stage.seen(), [vec!["first"], vec!["1 unchanged"; looks.len() - 1]].concat());
}

#[test]
fn a_change_is_told_once_and_what_it_became_is_what_is_compared_from_then_on() {
    let mut stage = Stage::looked();
    assert_eq!(stage.tally(), (1, 0, 0));
    let first = stage.row();
    assert!(first["digest"].is_string() && first["changed_at"].is_null() && first["unread"].is_null(), "{first}");
    stage.says(Says::Goes(OTHER_BANK));
    stage.day();
    assert_eq!(stage.seen(), ["first", "changed"]);
    assert_eq!(stage.tally(), (1, 1, 0));
    let changed = stage.row();
    assert_ne!(changed["digest"], first["digest"]);
    assert!(changed["changed_at"].as_u64() > first["since"].as_u64(), "{changed}");
    // The same again is no news.
    stage.day();
    stage.settle();
    assert_eq!(stage.seen(), ["first", "changed", "1 unchanged"]);
    let still = stage.row();
    assert_eq!((&still["digest"], &still["changed_at"]), (&changed["digest"], &changed["changed_at"]));
    assert!(still["read_at"].as_u64() > changed["read_at"].as_u64(), "{still}");
    // Back again is another change, and after a week nobody is told of it any more.
    stage.says(Says::Goes(BANK));
    stage.day();
    assert_eq!(stage.seen(), ["first", "changed", "1 unchanged", "changed"]);
    assert_eq!(stage.row()["digest"], first["digest"]);
    for _ in 0..8 {
        stage.day();
    }
    assert_eq!(stage.tally(), (1, 0, 0));
}

#[test]
fn a_restart_keeps_what_is_compared() {
    let mut stage = Stage::looked();
    stage.restart();
    for _ in 0..5 {
        stage.watch();
    }
    assert_eq!(stage.looks(), 1, "the day is the ledger's");
    stage.day();
    assert_eq!(stage.looks(), 2);
    // Found unchanged, not written down, and forgotten: it is asked once more.
    stage.restart();
    stage.watch();
    assert_eq!((stage.looks(), stage.seen().len()), (3, 1));
    stage.says(Says::Goes(OTHER_BANK));
    stage.restart();
    stage.watch();
    assert_eq!(stage.seen(), ["first", "changed"]);
    stage.restart();
    stage.day();
    stage.settle();
    assert_eq!(stage.seen(), ["first", "changed", "1 unchanged"]);
}

/// A change that a conversation was about to see, ended after so many steps; whether it was over by then.
fn interrupted(steps: usize) -> (Stage, bool) {
    let mut stage = Stage::looked();
    stage.says(Says::Goes(OTHER_BANK));
    stage.pass(DAY + HOUR);
    let mut talk = stage.world.talk(HostRequest::Watch);
    for _ in 0..steps {
        if talk.done().is_none() {
            stage.world.advance(&mut talk, &mut honest);
        }
    }
    let over = talk.done().is_some();
    (stage, over)
}

#[test]
fn wherever_a_conversation_or_a_process_ends_no_change_is_lost_and_each_is_told_once() {
    let (mut steps, mut over) = (0, false);
    while !over {
        for ends in ["conversation", "process"] {
            let (mut stage, last) = interrupted(steps);
            over = last;
            if ends == "process" {
                stage.restart();
            }
            stage.pass(2 * HOUR);
            stage.watch();
            assert_eq!(stage.seen(), ["first", "changed"], "the {ends} ended after {steps} steps");
            assert!(stage.looks() <= 3, "the {ends} ended after {steps} steps: {} looks", stage.looks());
            if ends == "conversation" {
                stage.restart();
                stage.pass(2 * HOUR);
                stage.watch();
                assert_eq!(stage.seen(), ["first", "changed"], "the {ends} ended after {steps} steps");
            }
        }
        steps += 1;
    }
    // Two records, proofs, the platform and the entry at least.
    assert!(steps > 5, "{steps}");
}

#[test]
fn old_heads_and_frozen_ones_are_no_leave() {
    let mut stage = Stage::looked();
    // The clock alone goes on.
    stage.world.now += 2 * DAY;
    for _ in 0..5 {
        assert_eq!(stage.world.ask(HostRequest::Watch, &mut honest), Answer::Kept { due: 0 });
    }
    assert_eq!(stage.looks(), 1);
    stage.world.catch_up();
    stage.watch();
    assert_eq!(stage.looks(), 2);
}

#[test]
fn what_fails_is_tried_again_and_less_and_less_often() {
    for (says, why) in [
        (Says::Fails(503, None), Unread::Later),
        (Says::Fails(403, None), Unread::Refused),
        (Says::Nothing, Unread::Answer),
        (Says::Half, Unread::Answer),
        (Says::Mute, Unread::Unreachable),
    ] {
        let mut stage = Stage::looked();
        stage.says(says.clone());
        stage.pass(DAY + HOUR);
        let began = stage.world.now;
        for hours in [1, 1, 1, 2, 4, 6, 6, 6, 6] {
            for _ in 0..3 {
                stage.watch();
            }
            stage.pass(hours * HOUR);
        }
        let at: Vec<u64> = stage.platform().looks.iter().skip(1).map(|(at, _)| (at - began) / HOUR).collect();
        assert_eq!(at, [0, 1, 5, 21], "{says:?}");
        // Said once, and no more.
        assert_eq!(stage.seen(), ["first", why.name()], "{says:?}");
        assert_eq!(stage.tally(), (1, 0, 1));
        let row = stage.row();
        assert_eq!((&row["unread"], row["digest"].is_string()), (&json!(why.name()), true), "{row}");
        // And over, without an alert, once it says the same as before.
        stage.says(Says::Goes(BANK));
        stage.day();
        stage.settle();
        assert_eq!(stage.seen(), ["first", why.name(), "1 unchanged"], "{says:?}");
        assert_eq!(stage.tally(), (1, 0, 0));
    }
}

#[test]
fn a_platform_that_says_when_to_come_back_is_heeded() {
    let mut stage = Stage::looked();
    stage.says(Says::Fails(429, Some(("retry-after", "20000"))));
    stage.pass(DAY + HOUR);
    stage.watch();
    let failed = stage.world.now;
    stage.says(Says::Goes(BANK));
    for _ in 0..8 {
        stage.pass(HOUR);
        stage.watch();
    }
    let last = stage.platform().looks.last().unwrap().0;
    assert!(last >= failed + 20_000_000 && stage.looks() == 3, "{:?}", stage.platform().looks);
}

#[test]
fn t70_a_look_is_the_image_s_request_whatever_callers_say_and_none_if_a_record_is_another_or_withheld() {
    let mut stage = Stage::looked();
    let first = stage.world.sent.iter().find(|request| is_look(request)).unwrap().clone();
    // Callers make other calls of the same store, and the host answers needs with what it has of other things.
    stage.pass(DAY + HOUR);
    stage.caller = Caller::of(&mut stage.world);
    let sealed = stage.caller.query(&mut stage.world, ORDERS);
    let talk = stage.world.run(sealed.request(), &mut honest);
    assert_eq!(sealed.read(talk.done().unwrap()).outcome, "upstream");
    let records = stage.world.records.clone();
    let mut others = records.values().cycle();
    let lied = stage.world.run(HostRequest::Watch, &mut |_, supply| match supply {
        Supply::Record(Some(right)) => {
            let wrong = others.find(|other| other.as_slice() != right.as_slice()).unwrap();
            Supply::Record(Some(wrong.clone().into()))
        }
        supply => supply,
    });
    assert_eq!(lied.egresses(), 0, "a record that is not the ledger's");
    stage.pass(2 * HOUR);
    let withheld = stage.world.run(HostRequest::Watch, &mut |_, supply| match supply {
        Supply::Record(_) => Supply::Record(None),
        supply => supply,
    });
    assert!(withheld.events.contains(&Event::Asked("Record")), "{:?}", withheld.events);
    assert_eq!(withheld.egresses(), 0, "a record that is withheld");
    stage.pass(2 * HOUR);
    stage.watch();
    let again: Vec<&Request> = stage.world.sent.iter().filter(|request| is_look(request)).collect();
    assert_eq!(again.len(), 2);
    let plain =
        |request: &Request| (request.method.clone(), request.authority.clone(), request.path.clone(), request.body.clone());
    assert_eq!(plain(again[1]), plain(&first));
    assert_eq!(plain(&first).1, SHOP);
}

#[test]
fn t52_the_host_sees_nothing_of_where_money_goes() {
    let mut stage = Stage::new();
    // All that the host hears but the request to the platform itself, which carries the token and goes out below TLS.
    let mut heard: Vec<u8> = Vec::new();
    let mut listen = |talk: &Talk| heard.extend_from_slice(format!("{:?}", (&talk.events, talk.done())).as_bytes());
    for says in [Says::Goes(BANK), Says::Goes(OTHER_BANK), Says::Nothing, Says::Fails(403, None), Says::Goes(OTHER_BANK)] {
        stage.says(says);
        stage.pass(DAY + HOUR);
        for _ in 0..4 {
            let talk = stage.watch();
            listen(&talk);
            stage.pass(HOUR);
        }
    }
    heard.extend_from_slice(format!("{:?}", stage.world.status()).as_bytes());
    let stored = stage.world.entries.iter().flat_map(|entry| [entry.leaf.to_vec(), entry.sealed.to_vec()]);
    let kept: Vec<u8> = stored.chain(stage.world.records.values().cloned()).flatten().collect();
    // What an entry says to whoever opens it is a digest under a key of the vault.
    let opened = format!("{:?}", stage.world.bodies()).into_bytes();
    let row = stage.row().to_string().into_bytes();
    assert!(stage.looks() >= 5 && stage.seen().contains(&"changed".to_owned()), "{:?}", stage.seen());
    for secret in [BANK, OTHER_BANK, "98317742", "55500011", "shpat_"] {
        let shapes = [secret.as_bytes().to_vec(), format!("{:?}", secret.as_bytes()).into_bytes()];
        for (place, bytes) in [("heard", &heard), ("kept", &kept), ("opened", &opened), ("row", &row)] {
            for shape in &shapes {
                let shape = if shape.starts_with(b"[") { &shape[1..shape.len() - 1] } else { shape };
                assert!(!bytes.windows(shape.len()).any(|part| part == shape), "{secret} in what is {place}");
            }
        }
    }
}

#[test]
fn stores_of_one_bucket_are_looked_at_one_a_second_and_written_down_together() {
    let mut stage = Stage::new();
    stage.caller = Caller::of(&mut stage.world);
    let handed = HandedOver {
        what: What::Store,
        salt: SALT_2,
        preset: "shopify-admin",
        host: SHOP,
        account: SHOP,
        app: "",
        connection: B256::repeat_byte(0x31),
        selector: "",
        fields: &[("access_token", true, b"shpat_00000000000000000000000000000002")],
    };
    let sealed = stage.caller.hand(&mut stage.world, &handed);
    let talk = stage.world.run(sealed.request(), &mut honest);
    let read = sealed.read(talk.done().unwrap());
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
    stage.pass(HOUR);
    for _ in 0..3 {
        stage.watch();
        stage.world.now += 1_000;
    }
    assert_eq!((stage.looks(), stage.seen()), (2, vec!["first".to_owned(); 2]));
    stage.pass(DAY + HOUR);
    for _ in 0..3 {
        stage.watch();
        stage.world.now += 1_000;
    }
    stage.settle();
    assert_eq!((stage.looks(), stage.seen().last().unwrap().as_str()), (4, "2 unchanged"));
}

#[test]
fn t11_many_conversations_at_once_look_at_a_store_once() {
    let mut stage = Stage::looked();
    stage.pass(DAY + HOUR);
    let mut talks: Vec<Talk> = (0..6).map(|_| stage.world.talk(HostRequest::Watch)).collect();
    while talks.iter().any(|talk| talk.done().is_none()) {
        for talk in &mut talks {
            if talk.done().is_none() {
                stage.world.advance(talk, &mut honest);
            }
        }
    }
    assert_eq!(stage.looks(), 2);
    let watched = stage.world.entries.len();
    stage.watch();
    assert_eq!(stage.world.entries.len(), watched);
    assert!(!stage.world.bodies().iter().any(|body| body.kind() == Kind::Refreshing));
}
