//! Answers of the wrong kind, and how many are asked for.

use crate::support_host::{Event, ORDERS, Talk, honest, kind_of};
use crate::{cold, problem, ready, until};
use minicbor::bytes::ByteVec;
use protocol::ledger::Kind;
use protocol::message::{Answer, HostRequest, Need, Problem, Supply};
use vault::{Egressed, Input};

/// One of each.
fn supplies() -> Vec<Supply> {
    vec![
        Supply::Bootstrap(vec![1].into()),
        Supply::Updates(Vec::new()),
        Supply::Heads { finality: Vec::new(), optimistic: Vec::new() },
        Supply::State(Vec::new()),
        Supply::Record(None),
        Supply::Ledger(Vec::new()),
        Supply::Committed,
        Supply::Unavailable,
        Supply::Headers(Vec::new()),
    ]
}

fn same_kind(a: &Supply, b: &Supply) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

#[test]
fn the_wrong_kind_of_supply_ends_the_conversation() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let mut point = 0;
    let mut over = false;
    while !over {
        for wrong in supplies() {
            let sealed = caller.query(&mut world, ORDERS);
            let (mut at, mut lied) = (0, None);
            let talk = world.run(sealed.request(), &mut |need, truth| {
                at += 1;
                if at - 1 != point || same_kind(&truth, &wrong) {
                    return truth;
                }
                lied = Some(need.clone());
                wrong.clone()
            });
            over = at <= point;
            talk.check_order();
            let Some(need) = lied else { continue };
            assert_eq!(problem(&talk), Some(Problem::Supply), "{need:?} {wrong:?}");
            if let Need::Commit(batch) = &need
                && kind_of(batch) == Kind::Intent
            {
                assert_eq!(talk.egresses(), 0);
            }
        }
        world.honest_call(&caller);
        point += 1;
    }
    assert!(point > 3, "{point}");
}

#[test]
fn the_wrong_kind_of_input_ends_the_conversation() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let inputs: [fn() -> Input; 5] = [
        || Input::Again,
        || Input::Document(None),
        || Input::Document(Some(vec![1])),
        || Input::Measured(true),
        || Input::Egressed(Egressed::Unknown),
    ];
    for input in inputs {
        for kind in [Kind::Intent, Kind::Outcome] {
            let sealed = caller.query(&mut world, ORDERS);
            let mut talk = world.talk(sealed.request());
            until(&mut world, &mut talk, kind);
            world.resume(&mut talk, input());
            assert_eq!(problem(&talk), Some(Problem::Malformed));
            // What is over stays over.
            world.resume(&mut talk, Input::Again);
            assert_eq!(problem(&talk), Some(Problem::Malformed));
        }
        world.honest_call(&caller);
    }
}

#[test]
fn a_tick_that_is_lied_to_costs_no_call() {
    let (mut world, caller) = ready();
    for wrong in supplies() {
        world.steps(1);
        let _ = world.ask(HostRequest::Tick, &mut |_, truth| if same_kind(&truth, &wrong) { truth } else { wrong.clone() });
        world.honest_call(&caller);
    }
    let garbage = || vec![ByteVec::from(vec![7; 1_000]); 1_000];
    let answer = world.ask(HostRequest::Tick, &mut |need, truth| match need {
        Need::Heads => Supply::Heads { finality: garbage(), optimistic: garbage() },
        _ => truth,
    });
    assert_eq!(answer, Answer::Done);
    world.honest_call(&caller);
}

#[test]
fn round_trips_of_a_call() {
    let (mut world, caller) = ready();
    let names = |talk: &Talk| -> Vec<String> {
        let name = |event: &Event| match event {
            Event::Asked(name) => Some((*name).to_owned()),
            Event::Commit(_, kind) => Some(format!("Commit({kind:?})")),
            Event::Egress => Some("Egress".to_owned()),
            Event::Acknowledged(_) => None,
        };
        talk.events.iter().filter_map(name).collect()
    };
    cold(&mut world);
    let cold = names(&world.honest_call(&caller));
    let warm = names(&world.honest_call(&caller));
    world.steps(8);
    let tick = names(&world.run(HostRequest::Tick, &mut honest));
    let after_tick = names(&world.honest_call(&caller));
    println!(
        "cold call:        {cold:?}\nwarm call:        {warm:?}\ntick:             {tick:?}\ncall after tick:  {after_tick:?}"
    );
    assert_eq!(warm, ["Record", "Record", "Commit(Intent)", "Egress", "Commit(Outcome)"]);
    assert_eq!(after_tick, warm);
    assert!(cold.len() > warm.len());
}
