//! Records, with a test in the host's place.

use crate::raw::{self, Vault, dial, run, say, secret};
use devnet::world::World;
use protocol::limits;
use protocol::message::{Answer, HostRequest, Need, Problem, Reply, Supply};
use std::time::Duration;

use crate::{good, serving, size};

/// Makes a call and supplies `record` for every record, and nothing else.
async fn with_record(world: &World, record: &[u8]) -> Problem {
    let vault = Vault::new(world);
    for _ in 0..40 {
        let message = vault.orders(secret(world, "caller")).await.seal().message;
        let mut stream = dial(world).await;
        let mut said = say(&mut stream, HostRequest::Call { message }).await;
        while let Some(Reply::Need(Need::Record { .. })) = said {
            let supply = if record.is_empty() { Supply::Record(None) } else { Supply::Record(Some(raw::bytes(record))) };
            match say(&mut stream, supply).await {
                Some(Reply::Answer(Answer::Problem(problem))) => return problem,
                other => said = other,
            }
        }
        // A new head whose state was not asked for yet.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no record was asked for");
}

#[test]
fn t15_a_record_that_is_withheld_or_another_ends_the_conversation() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let before = size(world).await;
        for record in [[].as_slice(), &[0; 16], &[0x5a; 300], &vec![1; limits::RECORD + 1]] {
            assert_eq!(with_record(world, record).await, Problem::Supply);
        }
        assert!(world.storefront.journal().is_empty());
        good(world, Some(before)).await;
    });
}
