//! Restarts of the real processes: what was durable stays, what is older than the anchor is refused, a long sleep needs a fresh checkpoint.

mod raw;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use devnet::storefront::{Behaviour, DEMO_SHOP};
use devnet::world::World;
use protocol::message::Problem;
use raw::{LONG, PROGRAM, Told, Vault, Watch, directory, outlived_by_nobody, run, secret, status};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

struct Shared {
    world: World,
    watch: Watch,
}

static WORLD: OnceCell<Mutex<Shared>> = OnceCell::const_new();

async fn world() -> MutexGuard<'static, Shared> {
    let shared = WORLD
        .get_or_init(|| async {
            let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
            let watch = start(&mut world).await;
            world.genesis().await.unwrap();
            world.unlock().await.unwrap();
            raw::furnish(&world).await;
            Mutex::new(Shared { world, watch })
        })
        .await
        .lock()
        .await;
    shared.world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
    shared.world.storefront.forget();
    shared
}

async fn start(world: &mut World) -> Watch {
    world.start_enclave(&[]).await.unwrap();
    world.start_host(&[]).await.unwrap();
    outlived_by_nobody(world)
}

impl Shared {
    fn stop(&mut self) {
        self.world.kill_host();
        self.world.kill_enclave();
    }

    /// Both processes again, and the operator's commands.
    async fn restart(&mut self) {
        self.stop();
        self.watch = start(&mut self.world).await;
        self.world.unlock().await.unwrap();
    }
}

async fn call(world: &World, caller: &str) -> Told {
    let vault = Vault::new(world);
    vault.call(vault.orders(secret(world, caller)).await).await.unwrap()
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Gives checkpoint and share to a vault that must not open. It may not serve, and says why.
async fn does_not_open(shared: &mut Shared, why: Problem) {
    let world = &shared.world;
    world.checkpoint().await.unwrap();
    let said = world.vault(&["unlock", "--member", "member.key", "--share", "shares/share-0.hex", "--wait", "20"]).await.unwrap();
    assert_ne!(said.code, 0, "opened: {}", said.out);
    let vault = Vault::new(world);
    let since = Instant::now();
    while status(world).await.problem != Some(why) {
        assert!(since.elapsed() < Duration::from_secs(30), "{:?}", status(world).await.problem);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(vault.key().await.is_err(), "there is no key to seal a call to");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let now = status(world).await;
    assert_eq!((now.problem, now.ledger_size), (Some(why), None), "no root key stays, and the reason stands");
}

#[test]
fn t18_a_limit_spent_before_a_restart_stays_spent() {
    run(async {
        let mut shared = world().await;
        // The guardian has two calls for ever. One of them is of nobody knows what outcome.
        shared.world.storefront.behave(DEMO_SHOP, Behaviour::HangUp);
        call(&shared.world, "guardian").await.is("failed", "upstream_error", "outcome_unknown");
        shared.world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
        assert_eq!(call(&shared.world, "guardian").await.outcome, "upstream");
        call(&shared.world, "guardian").await.is("refused", "budget_exhausted", "");
        shared.restart().await;
        call(&shared.world, "guardian").await.is("refused", "budget_exhausted", "");
        assert_eq!(call(&shared.world, "caller").await.outcome, "upstream");
        assert_eq!(shared.world.storefront.journal().len(), 3);
    });
}

#[test]
fn t12_t18_yesterdays_store_with_its_unspent_limit_is_refused() {
    run(async {
        let mut shared = world().await;
        let caller = shared.world.address("operator").unwrap();
        let grant = ["--json", "grant", "add", "--key", "owner.key", "--portfolio", "1", "--caller", &caller, "--operation"];
        let grant = [grant.as_slice(), &["shopify.query.orders", "--seconds", LONG, "--capacity", "1", "--wait"]].concat();
        shared.world.vault_ok(&grant).await.unwrap();
        let (data, yesterday, today) =
            (shared.world.dir.join("data"), shared.world.dir.join("yesterday"), shared.world.dir.join("today"));
        shared.stop();
        copy(&data, &yesterday);
        shared.restart().await;
        Vault::new(&shared.world).until_answered(secret(&shared.world, "operator")).await;
        call(&shared.world, "operator").await.is("refused", "budget_exhausted", "");
        shared.world.vault_ok(&["anchor", "--key", "operator.key"]).await.unwrap();
        let anchored = shared.world.chain.head().slot;
        while shared.world.chain.finalized().slot <= anchored {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        shared.stop();
        copy(&data, &today);
        shared.world.storefront.forget();

        copy(&yesterday, &data);
        shared.watch = start(&mut shared.world).await;
        does_not_open(&mut shared, Problem::Ledger).await;

        // No store at all is the oldest one.
        shared.stop();
        fs::remove_dir_all(&data).unwrap();
        shared.watch = start(&mut shared.world).await;
        does_not_open(&mut shared, Problem::Ledger).await;
        assert!(shared.world.storefront.journal().is_empty());

        shared.stop();
        copy(&today, &data);
        shared.restart().await;
        call(&shared.world, "operator").await.is("refused", "budget_exhausted", "");
        assert_eq!(call(&shared.world, "caller").await.outcome, "upstream");
    });
}

#[test]
fn t16_a_damaged_store_is_not_served_from() {
    run(async {
        let mut shared = world().await;
        let (data, whole) = (shared.world.dir.join("data"), shared.world.dir.join("whole"));
        shared.stop();
        copy(&data, &whole);
        let files: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
        for keep in [2, 100] {
            copy(&whole, &data);
            for file in &files {
                let size = fs::metadata(file).unwrap().len();
                fs::File::options().write(true).open(file).unwrap().set_len(size / keep).unwrap();
            }
            shared.world.start_enclave(&[]).await.unwrap();
            let _ = tokio::time::timeout(Duration::from_secs(3), shared.world.start_host(&[])).await;
            let (since, health) = (Instant::now(), format!("{}/healthz", shared.world.url()));
            while !shared.world.host_ended() {
                if reqwest::get(&health).await.is_ok() {
                    does_not_open(&mut shared, Problem::Ledger).await;
                    break;
                }
                assert!(since.elapsed() < Duration::from_mins(1), "the host neither starts nor ends");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            shared.stop();
        }
        assert!(shared.world.storefront.journal().is_empty());
        copy(&whole, &data);
        shared.restart().await;
        assert_eq!(call(&shared.world, "caller").await.outcome, "upstream");
    });
}

#[test]
fn sixty_days_later_a_fresh_checkpoint_works_and_the_old_one_is_refused() {
    const DAYS: i64 = 60 * 86_400;
    run(async {
        let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
        let first = start(&mut world).await;
        world.genesis().await.unwrap();
        let beacon = world.beacon_url().to_owned();
        world.vault_ok(&["checkpoint", "--key", "signer.key", "--beacon", &beacon, "--out", "old.checkpoint"]).await.unwrap();
        world.vault_ok(&["unlock", "--member", "member.key", "--share", "shares/share-0.hex"]).await.unwrap();
        raw::furnish(&world).await;
        let size = status(&world).await.ledger_size.unwrap();
        world.kill_enclave();
        world.kill_host();

        world.clock = DAYS;
        world.chain.faults(|faults| faults.clock_offset = DAYS);
        let old = fs::read(world.dir.join("old.checkpoint")).unwrap();
        let since = Instant::now();
        let there = world.chain.head().slot + u64::try_from(DAYS).unwrap() - 60;
        while world.chain.finalized().slot < there {
            assert!(since.elapsed() < Duration::from_mins(5), "the chain does not come to its day");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let second = start(&mut world).await;
        drop(first);
        let vault = Vault::new(&world);
        vault.wait_for("waiting_for_checkpoint").await;
        let refused = vault.connection.post("/v1/checkpoint", "application/cbor", old.clone()).await.unwrap_err().to_string();
        assert!(refused.contains("422") && refused.contains("checkpoint refused"), "{refused}");
        assert_eq!(vault.phase().await, "waiting_for_checkpoint");

        let fresh = world.chain.signed_checkpoint(&world.chain.accounts().signer, world.vault_id()).unwrap();
        vault.connection.give_checkpoint(&fresh).await.unwrap();
        vault.give_share(&vault.share(&world, |_| {}).await).await.unwrap();
        vault.wait_for("serving").await;
        let told = vault.until_answered(secret(&world, "caller")).await;
        assert_eq!(told.outcome, "upstream");
        assert!(status(&world).await.ledger_size.unwrap() > size, "the ledger goes on where it was");
        let late = vault.connection.post("/v1/checkpoint", "application/cbor", old).await.unwrap_err().to_string();
        assert!(late.contains("phase"), "{late}");
        drop((second, vault));
        let dir = world.dir.clone();
        drop(world);
        fs::remove_dir_all(dir).unwrap();
    });
}
