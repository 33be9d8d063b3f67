//! Bad input against the real processes: each gets its named refusal or error, costs one conversation, changes nothing.

mod calls;
mod chain;
mod frames;
mod platform;
mod provisioning;
#[path = "../raw/mod.rs"]
mod raw;
mod records;
mod shares;

use devnet::chain::Faults;
use devnet::storefront::{Behaviour, DEMO_SHOP};
use devnet::world::World;
use protocol::constitution::Settings;
use protocol::message::Problem;
use raw::{PROGRAM, Vault, Watch, directory, outlived_by_nobody, secret, status};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

struct Shared {
    world: World,
    _watch: Watch,
}

/// A vault that serves one store.
static SERVING: OnceCell<Mutex<Shared>> = OnceCell::const_new();
/// The same with narrow bounds, whose chain is tampered with.
static CHAIN: OnceCell<Mutex<Shared>> = OnceCell::const_new();
/// A vault that waits for its share.
static WAITING: OnceCell<Mutex<Shared>> = OnceCell::const_new();

/// Seconds that the attested head of [`CHAIN`] may be old.
const NARROW: u64 = 8;

async fn serving() -> MutexGuard<'static, Shared> {
    let shared = SERVING
        .get_or_init(|| async {
            let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
            world.start_enclave(&[]).await.unwrap();
            world.start_host(&[]).await.unwrap();
            let watch = outlived_by_nobody(&world);
            world.genesis().await.unwrap();
            world.unlock().await.unwrap();
            raw::furnish(&world).await;
            Mutex::new(Shared { world, _watch: watch })
        })
        .await
        .lock()
        .await;
    shared.world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
    shared.world.storefront.forget();
    shared
}

async fn chain() -> MutexGuard<'static, Shared> {
    let shared = CHAIN
        .get_or_init(|| async {
            let dir = directory();
            let mut world = World::new(&dir, PROGRAM.as_ref()).await.unwrap();
            let settings = Settings { attested_age: NARROW, ..Settings::widest() };
            std::fs::write(dir.join("settings.cbor"), settings.to_bytes()).unwrap();
            world.start_enclave(&[]).await.unwrap();
            world.start_host(&["--settings", dir.join("settings.cbor").to_str().unwrap()]).await.unwrap();
            let watch = outlived_by_nobody(&world);
            world.genesis().await.unwrap();
            // Code is kept from head to head, so a wrong one can be told only to a vault that has seen none.
            world.chain.faults(|faults| faults.wrong_code = true);
            world.checkpoint().await.unwrap();
            let unlock = ["unlock", "--member", "member.key", "--share", "shares/share-0.hex", "--wait", "6"];
            let said = world.vault(&unlock).await.unwrap();
            assert_ne!(said.code, 0, "served over wrong code: {}", said.out);
            assert_eq!(status(&world).await.problem, Some(Problem::Supply));
            world.chain.faults(|faults| faults.wrong_code = false);
            Vault::new(&world).wait_for("serving").await;
            raw::furnish(&world).await;
            Mutex::new(Shared { world, _watch: watch })
        })
        .await
        .lock()
        .await;
    sound(&shared.world);
    shared.world.storefront.forget();
    shared
}

async fn waiting() -> MutexGuard<'static, Shared> {
    WAITING
        .get_or_init(|| async {
            let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
            world.start_enclave(&[]).await.unwrap();
            world.start_host(&[]).await.unwrap();
            let watch = outlived_by_nobody(&world);
            world.genesis().await.unwrap();
            world.checkpoint().await.unwrap();
            Mutex::new(Shared { world, _watch: watch })
        })
        .await
        .lock()
        .await
}

fn sound(world: &World) {
    world.chain.faults(|faults| *faults = Faults { clock_offset: faults.clock_offset, ..Faults::default() });
}

/// The next good call works, and no more than its two entries came to the ledger since it held `size`.
async fn good(world: &World, size: Option<u64>) {
    let vault = Vault::new(world);
    let told = vault.call(vault.orders(secret(world, "caller")).await).await.unwrap();
    assert_eq!((told.outcome.as_str(), told.status), ("upstream", 200), "{told:?}");
    if let Some(size) = size {
        assert_eq!(status(world).await.ledger_size, Some(size + 2));
    }
}

async fn size(world: &World) -> u64 {
    status(world).await.ledger_size.unwrap()
}
