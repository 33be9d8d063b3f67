//! A lost generation is made anew from the one before it, nobody hears what came of that, and the host finds the lost one again.

use protocol::http::Response;
use protocol::message::{Need, Supply};
use vault::{Egressed, Input, Local, Step};

use super::Stage;
use super::cases::{Case, GRACED, NEVER};
use super::lost::{called_with, connection, renewed, told};
use super::provider::Rule;
use crate::read;
use crate::support_host::{SALT, honest};

/// How it ends that the one before was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// With the process, before anything was sent.
    Unsent,
    /// With the process, after its provider acted.
    Process,
    /// Without an answer.
    Silence,
    /// With a gateway's answer in place of the provider's.
    Gateway,
}

/// Has the one before handed in by a call, with a host that says that it lost the newest, and serves it again from then on.
fn unheard(case: Case, lost: Lost) -> Stage {
    let (mut stage, id) = renewed(case);
    let sealed = stage.call(SALT);
    let mut talk = stage.world.talk(sealed.request());
    let mut withheld = |need: &Need, supply: Supply| match need {
        Need::Record { id: of, generation: 3 } if **of == id => Supply::Record(None),
        _ => supply,
    };
    while !talk.sends() {
        stage.world.advance(&mut talk, &mut withheld);
    }
    let Some(Step::Local(Local::Egress(egress))) = talk.step.take() else { panic!("{:?}", talk.events) };
    if lost != Lost::Unsent {
        let now = stage.world.now;
        let _ = stage.provider().answer(&egress.request, now);
    }
    let answer = match lost {
        Lost::Unsent | Lost::Process => {
            drop(talk);
            stage.restart();
            return stage;
        }
        Lost::Silence => Egressed::Unknown,
        Lost::Gateway => Egressed::Response(Response { status: 502, headers: Vec::new(), body: Vec::new() }),
    };
    stage.world.resume(&mut talk, Input::Egressed(answer));
    stage.world.finish(&mut talk, &mut honest);
    assert_eq!(read(&talk, &sealed).rule, "refresh.later", "{case:?} {lost:?}");
    stage
}

#[test]
fn t15_of_a_token_of_the_one_before_of_which_nobody_heard_its_provider_is_asked_before_the_newest_is_used_that_is_found_again() {
    for (case, lost) in [NEVER, GRACED]
        .into_iter()
        .flat_map(|case| [Lost::Unsent, Lost::Process, Lost::Silence, Lost::Gateway].map(|lost| (case, lost)))
    {
        let mut stage = unheard(case, lost);
        let (asked, issued) = (stage.asked(), stage.issued());
        if case.rule == Rule::Graced && matches!(lost, Lost::Silence | Lost::Gateway) {
            let sealed = stage.call(SALT);
            let talk = stage.world.run(sealed.request(), &mut honest);
            assert_eq!((read(&talk, &sealed).rule.as_str(), talk.egresses()), ("refresh.later", 0), "{lost:?}: not yet");
        }
        stage.world.now += 31_000;
        stage.world.catch_up();
        assert_eq!(stage.called(SALT).outcome, "upstream", "{case:?} {lost:?}");
        // Of a token that stays, the newest is as good as it was.
        let again = usize::from(case.rule == Rule::Graced);
        assert_eq!((stage.asked(), stage.issued()), (asked + again, issued + again), "{case:?} {lost:?}");
        for _ in 0..2 {
            stage.expire();
            assert_eq!(stage.keep_up(), 1, "{case:?} {lost:?}");
            stage.world.catch_up();
            assert_eq!(stage.called(SALT).outcome, "upstream", "{case:?} {lost:?}");
        }
        assert_eq!((stage.double_uses(), stage.alerts(), told(&stage)), (0, 0, 0), "{case:?} {lost:?}");
    }
}

#[test]
fn t15_with_the_one_before_gone_or_out_of_its_grace_the_newest_is_refreshed_and_nobody_waits_for_ever() {
    let mut stage = unheard(GRACED, Lost::Unsent);
    let id = connection(&stage);
    let second = stage.world.records[&(id, 2)].clone();
    // The provider takes one request in a second.
    stage.world.now += 1_000;
    let asked = stage.asked();
    let (_, said, needs) = called_with(&mut stage, id, &mut |generation, truth| truth.filter(|_| generation != 2));
    assert_eq!((said.unwrap().outcome.as_str(), stage.asked(), needs[0]), ("upstream", asked + 1, 2));
    assert_eq!(stage.world.generations(&id), [4]);
    // Whatever a host kept of it, it is not asked for any more.
    let (_, said, needs) =
        called_with(&mut stage, id, &mut |generation, truth| if generation == 2 { Some(second.clone()) } else { truth });
    assert_eq!((said.unwrap().outcome.as_str(), needs.contains(&2)), ("upstream", false));
    assert_eq!((stage.double_uses(), stage.alerts(), told(&stage)), (0, 0, 0));

    let mut stage = unheard(GRACED, Lost::Unsent);
    for _ in 0..7 {
        stage.world.now += 5 * 86_400_000;
        stage.world.catch_up();
    }
    stage.provider().no_grace();
    let asked = stage.asked();
    stage.upkeep();
    assert_eq!((stage.asked(), stage.world.generations(&id)), (asked + 1, vec![3, 4]));
    assert_eq!((stage.double_uses(), stage.alerts(), told(&stage)), (0, 0, 0));
}

#[test]
fn t15_a_call_that_comes_too_late_does_not_end_the_one_before_whose_answer_is_lost() {
    let (mut stage, id) = renewed(GRACED);
    // It has the newest in its hands, and writes its intent while the one before is on its way.
    let sealed = stage.call(SALT);
    let mut late = stage.world.talk(sealed.request());
    while !matches!(late.needs(), Some(Need::Record { id: of, generation: 3 }) if **of == id) {
        stage.world.advance(&mut late, &mut honest);
    }
    stage.world.advance(&mut late, &mut honest);
    stage.world.records.remove(&(id, 3)).unwrap();
    let request = stage.call(SALT).request();
    let mut talk = stage.world.talk(request);
    while !talk.sends() {
        stage.world.advance(&mut talk, &mut honest);
    }
    stage.world.finish(&mut late, &mut honest);
    assert_eq!((read(&late, &sealed).rule.as_str(), late.egresses()), ("refresh.later", 0));
    drop(talk);
    stage.restart();
    stage.world.now += 1_000;
    let asked = stage.asked();
    assert_eq!((stage.called(SALT).outcome.as_str(), stage.asked()), ("upstream", asked + 1));
    assert_eq!((stage.double_uses(), stage.alerts(), told(&stage)), (0, 0, 0));
}
