//! CPU times, printed by hand: `cargo test -p policy --release -- --ignored --nocapture speed`.

use std::fs;
use std::time::Duration;

use alloy_primitives::{B256, U256};
use policy::{Machine, Proving, ReplayCache, Unverified, authenticate, decide, prove};

use crate::support::call::{authenticated, fields, signed};
use crate::support::world::World;
use crate::support::{LIFE, Pair, orders};

const ROUNDS: u32 = 500;

/// Time this thread was on a CPU: what others do on the machine does not count.
fn on_cpu() -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(statistics.split(' ').next().unwrap().parse().unwrap())
}

#[test]
#[ignore = "prints times, checks none"]
#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn speed_of_a_warm_decision() {
    let world = World::granted();
    let identity = world.identity();
    let mut pair = Pair::new(world.state(), world.state());
    assert!(pair.read_orders(&identity).is_ok());

    let calls: Vec<_> = (0..ROUNDS)
        .map(|number| {
            let mut fields = fields(pair.now);
            fields.nonce = B256::from(U256::from(number));
            fields
        })
        .collect();

    let incoming: Vec<_> = calls.iter().map(|fields| Unverified::new(signed(&identity, fields))).collect();
    let mut cache = ReplayCache::new(10_000);
    let start = on_cpu();
    for incoming in incoming {
        assert!(authenticate(incoming, &identity, pair.now * 1_000, &mut cache).is_ok());
    }
    println!("authenticate: {:?}", on_cpu().saturating_sub(start) / ROUNDS);

    let machine = Machine::default();
    let calls: Vec<_> = calls.iter().map(|fields| authenticated(&identity, fields, pair.now)).collect();
    let start = on_cpu();
    for call in calls {
        let now_ms = pair.now * 1_000;
        let Proving::Proven(proven) = prove(call, vec![orders()], &identity, &pair.finalized, &pair.attested, &machine, now_ms)
        else {
            panic!("not proven");
        };
        assert!(decide(*proven, LIFE, now_ms).is_ok());
    }
    println!("prove at two heads and decide: {:?}", on_cpu().saturating_sub(start) / ROUNDS);
}
