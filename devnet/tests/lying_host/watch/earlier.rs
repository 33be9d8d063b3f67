//! What an earlier image wrote of stores that this one does not watch.

use protocol::ledger::{self, Again, Body, Head, Seen, Unchanged, Unread, Watched};
use protocol::message::{Answer, HostRequest, Problem};

use super::platforms::Stage;
use super::{DAY, HOUR};
use crate::support_host::honest;

/// A vault with a store of Lazada, which this image watches nothing of, and the record id of its binding.
fn lazada() -> (Stage, [u8; 32]) {
    let mut stage = Stage::new();
    let of = *devnet::platforms::all().iter().find(|of| of.preset == "lazada").unwrap();
    stage.provision(of);
    let bodies = stage.world.bodies();
    let binding = bodies.iter().rev().find_map(|body| match body {
        Body::Provision(made) => made.records.iter().find(|record| record.id != made.connection).map(|record| *record.id),
        _ => None,
    });
    (stage, binding.unwrap())
}

impl Stage {
    fn wrote(&mut self, binding: [u8; 32], seen: Seen) -> u64 {
        let head =
            Head { slot: 0, root: [0; 32].into(), block_number: 0, block_hash: [0; 32].into(), state_root: [0; 32].into() };
        let watched = Watched {
            version: ledger::VERSION,
            boot_id: [3; 16].into(),
            time: self.world.now,
            store: [4; 32].into(),
            binding: binding.into(),
            operation: "lazada.asked-by-an-earlier-image".to_owned(),
            asked: [5; 32].into(),
            head,
            seen,
        };
        let index = u64::try_from(self.world.entries.len()).unwrap();
        self.world.write_as_an_earlier_image(&Body::Watched(Box::new(watched)));
        index
    }

    fn reopened(&mut self) -> Answer {
        self.world.boot();
        self.world.open(&mut honest)
    }
}

#[test]
fn a_ledger_that_tells_of_a_store_whose_preset_is_no_longer_watched_is_read() {
    let (mut stage, binding) = lazada();
    let first = stage.wrote(binding, Seen::First { digest: [1; 32].into() });
    let again = Again { entry: first, ago: 60 };
    let unchanged = Unchanged { version: ledger::VERSION, boot_id: [3; 16].into(), time: stage.world.now, stores: vec![again] };
    stage.world.write_as_an_earlier_image(&Body::Unchanged(unchanged));
    stage.wrote(binding, Seen::Changed { digest: [2; 32].into(), before: first });
    stage.wrote(binding, Seen::Unread { why: Unread::Refused });
    assert_eq!(stage.reopened(), Answer::Done);
    // That its money goes elsewhere is told still, and that there are no facts any more is nobody's trouble.
    let told = stage.world.status().connections.unwrap();
    assert_eq!((told.watched, told.rerouted, told.unread), (0, 1, 0));
    stage.world.now += DAY + HOUR;
    stage.world.catch_up();
    let talk = stage.world.run(HostRequest::Watch, &mut honest);
    assert_eq!((talk.egresses(), talk.done()), (0, Some(&Answer::Kept { due: 0 })));
}

#[test]
fn what_does_not_follow_from_the_entries_before_it_is_refused_whoever_wrote_it() {
    let (mut stage, binding) = lazada();
    let sound = stage.world.entries.clone();
    let changed = Seen::Changed { digest: [2; 32].into(), before: 1 };
    for (of, seen) in [([9; 32], Seen::First { digest: [1; 32].into() }), (binding, changed)] {
        stage.wrote(of, seen);
        assert_eq!(stage.reopened(), Answer::Problem(Problem::Ledger));
        stage.world.entries.clone_from(&sound);
    }
    assert_eq!(stage.reopened(), Answer::Done);
}
