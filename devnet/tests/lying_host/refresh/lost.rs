//! A host that loses the newest generation of a connection, or says so: the one before it is refreshed in its place where its token still
//! works, and nowhere else.

use protocol::ledger::{Body, Kind, Trouble};
use protocol::message::{HostRequest, Need, Problem, Supply};

use super::cases::{ALWAYS, CASES, Case, GRACED, NEVER, NOT_PRESENT};
use super::provider::{FIRST, Provider, Rule};
use super::sweep::{count_of, end, points};
use super::{CONNECTION, Stage};
use crate::support_host::{Event, Read, SALT, Talk, honest};
use crate::{problem, read, until};

/// A store whose tokens were refreshed just now and not used yet: generation 3, made from 2.
pub(super) fn renewed(case: Case) -> (Stage, [u8; 32]) {
    let mut stage = Stage::new(case);
    assert_eq!(stage.called(SALT).outcome, "upstream", "{case:?}");
    stage.expire();
    assert_eq!(stage.keep_up(), 1, "{case:?}");
    stage.world.catch_up();
    let id = connection(&stage);
    assert_eq!(stage.world.generations(&id), [2, 3], "{case:?}");
    (stage, id)
}

/// The connection that was refreshed last.
pub(super) fn connection(stage: &Stage) -> [u8; 32] {
    let of = |body: &Body| if let Body::Refreshing(refreshing) = body { Some(*refreshing.connection) } else { None };
    stage.world.bodies().iter().rev().find_map(of).unwrap()
}

/// How often an owner was told that a record is lost.
pub(super) fn told(stage: &Stage) -> usize {
    let missing = |body: &&Body| matches!(body, Body::Alerted(alerted) if matches!(alerted.trouble, Trouble::Missing { .. }));
    stage.world.bodies().iter().filter(missing).count()
}

/// How many connections need somebody, as the status says it.
fn needing(stage: &mut Stage) -> u64 {
    stage.world.status().connections.unwrap().reauthorize
}

/// A call, with a host that says this of the generations of a record that it is asked for. Says which it was asked for, too.
pub(super) fn called_with(
    stage: &mut Stage,
    id: [u8; 32],
    lie: &mut dyn FnMut(u64, Option<Vec<u8>>) -> Option<Vec<u8>>,
) -> (Talk, Result<Read, Problem>, Vec<u64>) {
    let sealed = stage.call(SALT);
    let mut asked = Vec::new();
    let talk = stage.world.run(sealed.request(), &mut |need, supply| match (need, supply) {
        (Need::Record { id: of, generation }, Supply::Record(truth)) if **of == id => {
            asked.push(*generation);
            Supply::Record(lie(*generation, truth.map(|sealed| sealed.to_vec())).map(Into::into))
        }
        (_, supply) => supply,
    });
    talk.check_order();
    let said = problem(&talk).map_or_else(|| Ok(read(&talk, &sealed)), Err);
    (talk, said, asked)
}

fn refusal(read: &Read) -> &str {
    read.refusal.as_str()
}

#[test]
fn t15_a_lost_generation_is_made_anew_from_the_one_before_whose_token_still_works_and_else_its_owner_is_told_once() {
    for case in CASES {
        let (mut stage, id) = renewed(case);
        let lost = stage.world.records.remove(&(id, 3)).unwrap();
        let asked = stage.asked();
        let read = stage.called(SALT);
        if matches!(case.rule, Rule::Stays | Rule::Absolute | Rule::Graced) {
            assert_eq!((read.outcome.as_str(), stage.asked()), ("upstream", asked + 1), "{case:?}: {read:?}");
            assert_eq!((stage.world.generations(&id), told(&stage)), (vec![4], 0), "{case:?}");
            stage.restart();
            assert_eq!(stage.called(SALT).outcome, "upstream", "{case:?}");
        } else {
            assert_eq!((refusal(&read), needing(&mut stage)), ("reauthorization_required", 1), "{case:?}: {read:?}");
            assert_eq!(refusal(&stage.called(SALT)), "reauthorization_required", "{case:?}");
            stage.restart();
            stage.expire();
            assert_eq!(refusal(&stage.called(SALT)), "reauthorization_required", "{case:?}");
            stage.keep_up();
            assert_eq!((stage.asked(), told(&stage)), (asked, 1), "{case:?}: and nobody was asked for a token");
            // Nothing was latched: it is found again.
            stage.world.records.insert((id, 3), lost);
            stage.world.catch_up();
            assert_eq!((stage.called(SALT).outcome.as_str(), needing(&mut stage)), ("upstream", 0), "{case:?}");
        }
        assert_eq!((stage.double_uses(), stage.alerts()), (0, 0), "{case:?}");
    }
}

#[test]
fn t15_the_calendar_finds_a_lost_generation_too_and_holds_up_nobody() {
    for (case, works) in [(NEVER, true), (ALWAYS, false), (GRACED, false)] {
        let (mut stage, id) = renewed(case);
        // Used, by a call that did not work.
        stage.provider().broken = true;
        assert_eq!(stage.called(SALT).status, 500);
        stage.provider().broken = false;
        assert_eq!(stage.world.generations(&id), [2, 3], "{case:?}");
        stage.world.records.remove(&(id, 3)).unwrap();
        stage.expire();
        assert_eq!((stage.keep_up(), told(&stage)), (usize::from(works), usize::from(!works)), "{case:?}");
        assert_eq!((stage.world.generations(&id), stage.double_uses()), (if works { vec![2, 4] } else { vec![2] }, 0));
    }
}

#[test]
fn t12_the_generation_before_is_gone_once_a_call_with_the_newest_was_answered_2xx() {
    let (mut stage, id) = renewed(NEVER);
    let old = stage.world.records[&(id, 2)].clone();
    stage.provider().broken = true;
    assert_eq!(stage.called(SALT).status, 500);
    assert_eq!(stage.world.generations(&id), [2, 3], "not yet");
    stage.provider().broken = false;
    assert_eq!(stage.called(SALT).outcome, "upstream");
    assert_eq!(stage.world.generations(&id), [3], "answered 2xx");
    // A host that kept it is not asked for it, by this process or by the next.
    for restart in [false, true] {
        if restart {
            stage.restart();
        }
        let asked = stage.asked();
        let (talk, said, needs) = called_with(&mut stage, id, &mut |generation, _| (generation == 2).then(|| old.clone()));
        assert_eq!((refusal(&said.unwrap()), needs.contains(&2), talk.egresses()), ("reauthorization_required", false, 0));
        assert_eq!((stage.asked(), told(&stage)), (asked, 1));
    }
    assert_eq!(stage.called(SALT).outcome, "upstream");
}

#[test]
fn t16_of_the_generation_before_nothing_but_its_very_bytes_is_taken() {
    let (mut stage, id) = renewed(NEVER);
    let [second, third] = [2, 3].map(|generation| stage.world.records[&(id, generation)].clone());
    let another = stage.world.records.iter().find(|((of, _), _)| *of != id).map(|(_, sealed)| sealed.clone()).unwrap();
    let cut = second[..second.len() - 1].to_vec();
    let mut altered = second.clone();
    altered[40] ^= 1;
    let asked = stage.asked();
    for lie in [Some(cut), Some(altered), Some(third), Some(another), Some(Vec::new()), None] {
        let (talk, said, needs) =
            called_with(&mut stage, id, &mut |generation, _| if generation == 2 { lie.clone() } else { None });
        assert_eq!((refusal(&said.unwrap()), talk.egresses()), ("reauthorization_required", 0), "{lie:?}");
        assert_eq!(needs, [3, 3, 2]);
    }
    assert_eq!((stage.asked(), told(&stage)), (asked, 1), "told once");
    // Altered bytes of the newest are lost ones, and the one before is still good.
    let (_, said, _) =
        called_with(&mut stage, id, &mut |generation, truth| if generation == 3 { Some(vec![7; 90]) } else { truth });
    assert_eq!((said.unwrap().outcome.as_str(), stage.asked(), needing(&mut stage)), ("upstream", asked + 1, 0));
}

#[test]
fn t12_a_generation_that_is_withheld_and_served_later_brings_no_second_history() {
    for case in [NEVER, GRACED] {
        let (mut stage, id) = renewed(case);
        let third = stage.world.records[&(id, 3)].clone();
        let asked = stage.asked();
        // The second time that it is asked for, it is there: nothing is refreshed.
        let mut times = 0;
        let (_, said, _) = called_with(&mut stage, id, &mut |_, truth| {
            times += 1;
            truth.filter(|_| times > 1)
        });
        assert_eq!((said.unwrap().outcome.as_str(), stage.asked()), ("upstream", asked), "{case:?}");
        // Withheld until its successor is made; then it is nothing any more.
        let (mut stage, id, asked) = {
            let (stage, id) = renewed(case);
            let asked = stage.asked();
            (stage, id, asked)
        };
        let (_, said, _) = called_with(&mut stage, id, &mut |generation, truth| truth.filter(|_| generation != 3));
        assert_eq!((said.unwrap().outcome.as_str(), stage.asked()), ("upstream", asked + 1), "{case:?}");
        let (talk, said, needs) = called_with(&mut stage, id, &mut |_, _| Some(third.clone()));
        assert_eq!((refusal(&said.unwrap()), needs.last(), talk.egresses()), ("reauthorization_required", Some(&4), 0));
        assert_eq!((stage.called(SALT).outcome.as_str(), stage.asked()), ("upstream", asked + 1), "{case:?}");
        assert_eq!((stage.double_uses(), stage.alerts(), stage.world.generations(&id)), (0, 0, vec![4]), "{case:?}");
    }
}

#[test]
fn t63_a_host_that_says_so_at_every_call_has_the_provider_asked_no_oftener_than_every_five_minutes() {
    let (mut stage, id) = renewed(NEVER);
    let (asked, from) = (stage.asked(), stage.world.now);
    for _ in 0..40 {
        // Whichever is the newest is lost, before it is used.
        let (talk, _, _) = called_with(&mut stage, id, &mut |generation, truth| truth.filter(|_| generation == 2));
        assert!(talk.egresses() <= 2);
        stage.world.now += 20_000;
        stage.world.catch_up();
    }
    let most = usize::try_from((stage.world.now - from) / 300_000).unwrap() + 1;
    assert!((2..=most).contains(&(stage.asked() - asked)), "{} times, {most} at most", stage.asked() - asked);
    assert_eq!((stage.double_uses(), told(&stage)), (0, 0));
}

#[test]
fn t11_a_graced_token_is_not_handed_in_once_its_successor_may_have_been_used() {
    // The platform saw the successor, and its answer never became an outcome.
    let (mut stage, id) = renewed(GRACED);
    let sealed = stage.call(SALT);
    let mut talk = stage.world.talk(sealed.request());
    until(&mut stage.world, &mut talk, Kind::Outcome);
    drop(talk);
    stage.restart();
    stage.world.records.remove(&(id, 3)).unwrap();
    let asked = stage.asked();
    assert_eq!((refusal(&stage.called(SALT)), stage.asked(), told(&stage)), ("reauthorization_required", asked, 1));
}

#[test]
fn t11_a_look_of_the_vaults_own_is_a_use_too_and_is_written_down_before_it() {
    for (case, shows) in [(GRACED, true), (NOT_PRESENT, false)] {
        let (mut stage, id) = renewed(case);
        let mut talk = stage.world.talk(HostRequest::Watch);
        while !talk.sends() {
            assert!(talk.done().is_none(), "{case:?} is not looked at: {:?}", talk.events);
            stage.world.advance(&mut talk, &mut honest);
        }
        assert_eq!(talk.events.contains(&Event::Acknowledged(Kind::Shown)), shows, "{case:?}");
        // The platform saw the newest, and nobody lived to say so.
        drop(talk);
        stage.restart();
        stage.world.records.remove(&(id, 3)).unwrap();
        let (asked, read) = (stage.asked(), stage.called(SALT));
        let expected = if shows { ("failed", asked) } else { ("upstream", asked + 1) };
        let outcome = if read.refusal == "reauthorization_required" { "failed" } else { read.outcome.as_str() };
        assert_eq!((outcome, stage.asked()), expected, "{case:?}: {read:?}");
    }
}

#[test]
fn t11_a_probe_is_a_use_too() {
    let mut stage = Stage::with_app(GRACED);
    stage.case.account = "other-shop.myshopify.com";
    assert_eq!(stage.store(SALT, CONNECTION, Some(FIRST)).1.rule, "provision.other_account");
    let id = connection(&stage);
    assert_eq!(stage.world.generations(&id), [1, 2], "it did not work");
    stage.world.records.remove(&(id, 2)).unwrap();
    stage.expire();
    stage.case.account = GRACED.account;
    let asked = stage.asked();
    let read = stage.store(SALT, CONNECTION, None).1;
    assert_eq!((refusal(&read), stage.asked(), told(&stage)), ("reauthorization_required", asked, 1), "{read:?}");
}

#[test]
fn t11_nothing_of_the_newest_is_used_while_the_one_before_is_handed_in() {
    let (mut stage, id) = renewed(GRACED);
    // One call has the newest in its hands, and has written nothing yet.
    let sealed = stage.call(SALT);
    let mut first = stage.world.talk(sealed.request());
    let mut seen = 0;
    while seen < 2 {
        stage.world.advance(&mut first, &mut honest);
        seen += usize::from(matches!(first.needs(), Some(Need::Record { id: of, generation: 3 }) if **of == id));
        seen += usize::from(seen == 1 && matches!(first.needs(), Some(Need::Record { id: of, .. }) if **of != id));
    }
    // Of another it is withheld, until that stands before handing in the one before.
    let other = stage.call(SALT);
    let mut second = stage.world.talk(other.request());
    let mut withheld = |need: &Need, supply: Supply| match need {
        Need::Record { generation: 3, .. } => Supply::Record(None),
        _ => supply,
    };
    while !second.sends() {
        stage.world.advance(&mut second, &mut withheld);
    }
    stage.world.finish(&mut first, &mut honest);
    let refused = read(&first, &sealed);
    assert_eq!((refused.rule.as_str(), first.egresses()), ("refresh.later", 0), "{refused:?}");
    stage.world.finish(&mut second, &mut withheld);
    assert_eq!((read(&second, &other).outcome.as_str(), stage.called(SALT).outcome.as_str()), ("upstream", "upstream"));
    assert_eq!((stage.double_uses(), told(&stage)), (0, 0));
}

#[test]
fn a_provider_that_takes_the_graced_token_no_more_costs_nothing_but_the_alert() {
    let (mut stage, id) = renewed(GRACED);
    stage.provider().no_grace();
    let lost = stage.world.records.remove(&(id, 3)).unwrap();
    let asked = stage.asked();
    assert_eq!((refusal(&stage.called(SALT)), stage.asked()), ("reauthorization_required", asked + 1));
    assert_eq!(refusal(&stage.called(SALT)), "reauthorization_required");
    stage.restart();
    stage.keep_up();
    assert_eq!(
        (stage.asked(), stage.alerts(), told(&stage), needing(&mut stage)),
        (asked + 1, 1, 0, 1),
        "told by that, and once"
    );
    // Its successor was never refused: whenever the host has it again, it is good.
    stage.world.records.insert((id, 3), lost);
    stage.world.catch_up();
    assert_eq!((stage.called(SALT).outcome.as_str(), needing(&mut stage)), ("upstream", 0));
}

#[test]
fn t47_no_store_is_lost_at_any_point_at_which_a_process_ends_that_makes_a_lost_generation_anew() {
    let mut counted = 0;
    for case in [NEVER, GRACED] {
        let (mut stage, id) = renewed(case);
        let lost = stage.world.records.remove(&(id, 3)).unwrap();
        let (records, entries) = (stage.world.records.clone(), stage.world.entries.clone());
        let (provider, now): (Provider, u64) = (stage.provider().clone(), stage.world.now);
        let restore = |stage: &mut Stage| {
            stage.world.records.clone_from(&records);
            stage.world.entries.clone_from(&entries);
            *stage.provider() = provider.clone();
            stage.world.now = now;
            stage.restart();
            let request = stage.call(SALT).request();
            stage.world.talk(request)
        };
        let mut talk = restore(&mut stage);
        let points = points(&mut stage, &mut talk);
        let founds = if case.rule == Rule::Graced { &[false, true][..] } else { &[false] };
        for (point, found) in points.into_iter().flat_map(|point| founds.iter().map(move |found| (point, *found))) {
            let talk = restore(&mut stage);
            let since = count_of(&stage);
            end(&mut stage, talk, point, since);
            if found && stage.world.renewed == since.1 {
                stage.world.records.insert((id, 3), lost.clone());
            }
            let mut served = |after: u64| {
                stage.world.now = now + after;
                stage.upkeep();
                stage.called(SALT).outcome == "upstream"
            };
            assert!(served(31_000) || served(95_000), "{case:?} {point:?}, found {found}: lost");
            assert_eq!((stage.double_uses(), stage.alerts(), told(&stage)), (0, 0, 0), "{case:?} {point:?} {found}");
            counted += 1;
        }
    }
    assert!(counted >= 60, "{counted}");
}
