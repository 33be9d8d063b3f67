//! Bad input against the real processes: each gets its named refusal or error, costs one conversation, changes nothing.

mod raw;

use std::time::{Duration, Instant};

use alloy_primitives::{B256, keccak256};
use client::Answered;
use client::keys::AccountKey;
use client::provision::StoreToken;
use devnet::chain::{Account, Faults, ProofFault};
use devnet::storefront::{Behaviour, DEMO_SHOP, DEMO_TOKEN};
use devnet::world::{SALT, World};
use protocol::cbor;
use protocol::constitution::Settings;
use protocol::custody::{MemberKey, seal_share};
use protocol::frame::encode_message;
use protocol::limits;
use protocol::message::{Answer, HostRequest, Need, Problem, Reply, Supply};
use protocol::ohttp::ServerKey;
use raw::{Forged, PROGRAM, Told, Vault, Watch, dial, directory, framed, outlived_by_nobody, rng, run, say, secret, status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
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

// Frames.

#[test]
fn t9_refuses_frames_that_are_not_a_message() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let (before, pid) = (size(world).await, world.enclave_pid());
        let frame = encode_message(HostRequest::Status, limits::HOST_FRAME).unwrap();
        let body = &frame[4..];
        let another = |version: u8| {
            let mut body = body.to_vec();
            body[1] = version;
            framed(&body)
        };
        let malformed = [
            ("4 GiB prefix", [&[0xff; 4], body].concat()),
            ("one byte over the limit", u32::try_from(limits::HOST_FRAME + 1).unwrap().to_be_bytes().to_vec()),
            ("empty", vec![0; 4]),
            ("trailing byte", framed(&[body, &[0]].concat())),
            ("nested arrays", framed(&vec![0x81; 1 << 20])),
            ("array of 2^64 items", framed(&[0x82, 1, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
            ("byte string of 2^63 bytes", framed(&[0x82, 1, 0x82, 6, 0x81, 0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0])),
            ("a million items", framed(&[&[0x9a, 0, 0x0f, 0xff, 0xff], vec![0; 1 << 20].as_slice()].concat())),
            ("indefinite array", framed(&[&[0x9f], &body[1..], &[0xff]].concat())),
            ("version 2", another(2)),
            ("version 0", another(0)),
            ("no such request", framed(&[0x82, 1, 0x82, 0x18, 99, 0x80])),
            ("text", framed(b"GET / HTTP/1.1\r\n\r\n")),
        ];
        for (name, bytes) in malformed {
            assert_eq!(raw::raw(world, &bytes).await, Some(Reply::Answer(Answer::Problem(Problem::Malformed))), "{name}");
        }
        for (name, bytes) in [("truncated", framed(body)[..frame.len() - 1].to_vec()), ("half a header", vec![0, 0])] {
            assert_eq!(raw::raw(world, &bytes).await, None, "{name}");
        }
        assert_eq!(world.enclave_pid(), pid);
        good(world, Some(before)).await;
    });
}

#[test]
fn t9_half_open_connections_hold_up_nobody() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let before = size(world).await;
        let silent = UnixStream::connect(world.socket()).await.unwrap();
        let mut half = dial(world).await;
        half.write_all(&[0, 0]).await.unwrap();
        let mut announced = dial(world).await;
        announced.write_all(&framed(&[0; 4096])[..100]).await.unwrap();
        good(world, Some(before)).await;
        drop((silent, half, announced));
    });
}

#[test]
fn t9_three_hundred_connections_at_once() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let (before, pid) = (size(world).await, world.enclave_pid());
        let mut open = Vec::new();
        for _ in 0..300 {
            // The backlog may be full: that is one way to be refused.
            if let Ok(stream) = UnixStream::connect(world.socket()).await {
                open.push(stream);
            }
        }
        assert!(open.len() > 200);
        // They take every place until their time is over; the call comes through while they are still held open.
        let told = Vault::new(world).until_answered(secret(world, "caller")).await;
        assert_eq!((told.outcome.as_str(), world.enclave_pid()), ("upstream", pid));
        drop(open);
        good(world, Some(before + 2)).await;
    });
}

#[test]
fn t9_refuses_another_port_in_the_handshake() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let before = size(world).await;
        let long = [b'C'; 4096];
        for line in [b"CONNECT 5001\n".as_slice(), b"CONNECT  5000\n", b"CONNECT 05000\n", b"GET / HTTP/1.1\n", b"\n", &long] {
            let mut stream = UnixStream::connect(world.socket()).await.unwrap();
            let _ = stream.write_all(line).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert!(answer.is_empty(), "{:?}", String::from_utf8_lossy(line));
        }
        good(world, Some(before)).await;
    });
}

#[test]
fn t10_malformed_conversations_end_alone() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let (before, pid) = (size(world).await, world.enclave_pid());
        let frame = encode_message(HostRequest::Call { message: vec![0x5a; 512] }, limits::HOST_FRAME).unwrap();
        for index in 0..frame.len() {
            let mut bytes = frame.clone();
            bytes[index] ^= 0x80 | u8::try_from(index % 128).unwrap();
            let answer = raw::raw(world, &bytes).await;
            assert!(matches!(answer, None | Some(Reply::Answer(Answer::Problem(_)))), "byte {index}: {answer:?}");
        }
        // An answer that fits no question, in the middle of a tick.
        for supply in [Supply::Committed, Supply::Record(None), Supply::Ledger(Vec::new()), Supply::State(Vec::new())] {
            let mut stream = dial(world).await;
            if let Some(Reply::Need(_)) = say(&mut stream, HostRequest::Tick).await {
                let _ = say(&mut stream, supply).await;
            }
        }
        assert_eq!((world.enclave_pid(), size(world).await), (pid, before));
        good(world, Some(before)).await;
    });
}

// Encapsulated requests.

#[test]
fn t61_refuses_another_ohttp_key() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let before = size(world).await;
        let key = vault.key().await.unwrap();
        // The key id is a byte of a hash, so another key may bear the same one: then the request does not open.
        let mut problems = Vec::new();
        for _ in 0..2 {
            let other = *ServerKey::generate(&mut rng()).config();
            let mut forged = vault.orders(secret(world, "caller")).await;
            forged.sealed_to = other;
            problems.push((other.key_id() == key.key_id(), vault.call(forged).await.unwrap_err().to_string()));
        }
        let mut same_id = key.encode();
        same_id[3..68].copy_from_slice(ServerKey::generate(&mut rng()).config().public_key());
        let mut forged = vault.orders(secret(world, "caller")).await;
        forged.sealed_to = protocol::ohttp::KeyConfig::decode(&same_id).unwrap();
        problems.push((true, vault.call(forged).await.unwrap_err().to_string()));
        for (same_id, problem) in problems {
            let wanted = if same_id { "request does not open under this key" } else { "unknown key configuration" };
            assert!(problem.contains("400") && problem.contains(wanted), "{problem}");
        }
        good(world, Some(before)).await;
    });
}

#[test]
fn t61_refuses_malformed_ohttp() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let before = size(world).await;
        let message = vault.orders(secret(world, "caller")).await.seal().message;
        let mut flipped = message.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let mut suite = message.clone();
        suite[6] = 3;
        let mut off_curve = message.clone();
        off_curve[20] ^= 1;
        for (name, bytes) in [
            ("flipped", flipped),
            ("suite", suite),
            ("no point", off_curve),
            ("truncated", message[..60].to_vec()),
            ("empty", Vec::new()),
            ("too large", vec![0; limits::OHTTP_REQUEST + 1]),
        ] {
            let refused = vault.connection.post("/v1/request", "message/ohttp-req", bytes).await.unwrap_err().to_string();
            assert!(refused.contains("the host answers 4"), "{name}: {refused}");
        }
        let refused = vault.connection.post("/v1/request", "application/json", message).await.unwrap_err().to_string();
        assert!(refused.contains("415"), "{refused}");
        good(world, Some(before)).await;
    });
}

/// Makes the caller's call wrong, and says what the vault answers. Nothing may reach the platform.
async fn forged(change: impl FnOnce(&mut Forged)) -> Told {
    let shared = serving().await;
    let (world, vault) = (&shared.world, Vault::new(&shared.world));
    let before = size(world).await;
    let mut call = vault.orders(secret(world, "caller")).await;
    change(&mut call);
    let told = vault.call(call).await.unwrap();
    assert!(world.storefront.journal().is_empty());
    let entries = u64::from(told.receipt);
    assert_eq!(size(world).await, before + entries, "a refusal with a receipt is one entry, another is none");
    good(world, Some(before + entries)).await;
    told
}

#[test]
fn t48_refuses_a_replayed_message() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let before = size(world).await;
        let sealed = vault.orders(secret(world, "caller")).await.seal();
        assert_eq!(vault.post(&sealed).await.unwrap().outcome, "upstream");
        for _ in 0..2 {
            vault.post(&sealed).await.unwrap().is("refused", "unauthenticated", "call.replayed");
        }
        assert_eq!(world.storefront.journal().len(), 1);
        good(world, Some(before + 2)).await;
    });
}

#[test]
fn t48_refuses_the_same_nonce_in_another_call() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let first = vault.orders(secret(world, "caller")).await;
        let nonce = first.fields.nonce;
        assert_eq!(vault.call(first).await.unwrap().outcome, "upstream");
        let mut second = vault.orders(secret(world, "caller")).await;
        second.fields.nonce = nonce;
        vault.call(second).await.unwrap().is("refused", "unauthenticated", "call.replayed");
        assert_eq!(world.storefront.journal().len(), 1);
    });
}

#[test]
fn t48_refuses_an_expired_call() {
    run(forged(|call| {
        call.fields.issued_at -= 121;
        call.fields.expires_at = call.fields.issued_at + 120;
    }))
    .is("refused", "unauthenticated", "call.expired");
}

#[test]
fn t48_refuses_a_call_of_the_future() {
    run(forged(|call| {
        call.fields.issued_at += 60;
        call.fields.expires_at += 60;
    }))
    .is("refused", "unauthenticated", "call.not_yet");
}

#[test]
fn t48_refuses_a_window_that_is_too_wide() {
    run(forged(|call| call.fields.expires_at = call.fields.issued_at + limits::CALL_WINDOW + 1)).is(
        "refused",
        "unauthenticated",
        "call.window",
    );
}

#[test]
fn t48_refuses_a_signature_for_another_vault() {
    run(forged(|call| call.vault_id = B256::repeat_byte(7))).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn t48_refuses_a_signature_for_another_chain() {
    run(forged(|call| call.chain_id = 1)).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn t48_refuses_a_signature_for_another_registry() {
    run(forged(|call| call.registry = [7; 20].into())).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn t66_refuses_a_resealed_call() {
    run(forged(|call| call.signed_enc = Some(*ServerKey::generate(&mut rng()).config().public_key()))).is(
        "refused",
        "unauthenticated",
        "call.signature",
    );
}

#[test]
fn t66_refuses_a_call_signed_for_another_enclave() {
    run(forged(|call| call.signed_key = Some(ServerKey::generate(&mut rng()).config().digest()))).is(
        "refused",
        "unauthenticated",
        "call.signature",
    );
}

#[test]
fn refuses_a_header_that_the_caller_may_not_set() {
    for name in ["authorization", "cookie", "x-forwarded-host", "pst-vault-unknown"] {
        let told = run(forged(|call| call.late.push((name.to_owned(), b"x".to_vec()))));
        told.is("refused", "malformed", "call.form");
    }
}

#[test]
fn refuses_a_header_that_nobody_signed() {
    run(forged(|call| call.late.push(("prefer".to_owned(), b"x".to_vec())))).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn refuses_an_unknown_operation() {
    let url = format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json");
    let unknown = raw::post(&url, r#"{"query":"{ everything { id } }"}"#);
    let told = run(forged(|call| call.request = unknown));
    told.is("refused", "unknown_operation", "name.unknown");
    assert!(told.receipt);
}

#[test]
fn refuses_a_container_of_operations() {
    let url = format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json");
    let told = run(forged(|call| call.request = raw::post(&url, r#"{"query":"{ node(id: \"gid://1\") { id } }"}"#)));
    told.is("refused", "unknown_operation", "name.container");
}

#[test]
fn refuses_an_unknown_path() {
    let request = raw::request("GET", &format!("https://{DEMO_SHOP}/admin/api/2026-10/orders.json"), &[], "");
    run(forged(|call| call.request = request)).is("refused", "unknown_operation", "name.path");
}

#[test]
fn refuses_an_unknown_host() {
    let request = raw::post("https://example.com/admin/api/2026-10/graphql.json", raw::ORDERS);
    run(forged(|call| call.request = request)).is("refused", "unknown_operation", "host.unknown");
}

#[test]
fn refuses_another_stores_host() {
    let request = raw::post("https://other-shop.myshopify.com/admin/api/2026-10/graphql.json", raw::ORDERS);
    run(forged(|call| call.request = request)).is("refused", "not_permitted", "store.host");
}

// Records, with a test in the host's place.

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

// The platform.

/// Calls while the platform misbehaves.
async fn platform(world: &World, behaviour: Behaviour, caller: &str) -> Told {
    world.storefront.behave(DEMO_SHOP, behaviour);
    let vault = Vault::new(world);
    let told = vault.call(vault.orders(secret(world, caller)).await).await.unwrap();
    world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
    told
}

/// What the vault answers when the platform misbehaves, and how many requests reached the platform.
fn misbehaving(behaviour: Behaviour) -> (Told, usize) {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let before = size(world).await;
        let told = platform(world, behaviour, "caller").await;
        let reached = world.storefront.journal().len();
        assert!(told.receipt, "{told:?}");
        good(world, Some(before + 2)).await;
        (told, reached)
    })
}

#[test]
fn t42_a_redirect_off_the_stores_host_is_not_followed() {
    for to in [
        "https://example.com/",
        "https://demo-shop.myshopify.com.example.com/",
        "//example.com/",
        "http://demo-shop.myshopify.com/",
    ] {
        let (told, reached) = misbehaving(Behaviour::Redirect { to: to.to_owned() });
        told.is("failed", "upstream_error", "response.refused");
        assert_eq!(reached, 1, "{to}");
    }
}

#[test]
fn a_response_over_the_limit_is_not_handed_back() {
    let (told, reached) = misbehaving(Behaviour::Huge { bytes: limits::UPSTREAM_BODY + 1 });
    told.is("failed", "upstream_error", "outcome_unknown");
    assert_eq!(reached, 1);
}

#[test]
fn a_compressed_response_is_not_handed_back() {
    let (told, reached) = misbehaving(Behaviour::Gzip);
    told.is("failed", "upstream_error", "response.refused");
    assert_eq!(reached, 1);
}

#[test]
fn a_platform_that_is_down() {
    let (told, reached) = misbehaving(Behaviour::Down);
    told.is("failed", "upstream_error", "platform.unreachable");
    assert_eq!(reached, 0);
}

#[test]
fn a_platform_with_a_bad_certificate_gets_no_request() {
    let (told, reached) = misbehaving(Behaviour::BadCertificate);
    told.is("failed", "upstream_error", "platform.unreachable");
    assert_eq!(reached, 0);
}

#[test]
fn a_platform_that_hangs_up_leaves_the_outcome_unknown() {
    let (told, reached) = misbehaving(Behaviour::HangUp);
    told.is("failed", "upstream_error", "outcome_unknown");
    assert_eq!(reached, 1);
}

#[test]
fn a_slow_platform_is_waited_for_half_a_minute_at_most() {
    let since = Instant::now();
    let (told, reached) = misbehaving(Behaviour::Slow { millis: 60_000 });
    told.is("failed", "upstream_error", "outcome_unknown");
    assert_eq!(reached, 1);
    assert!(since.elapsed() < Duration::from_mins(3));
}

#[test]
fn a_platform_that_refuses_the_token() {
    let (told, _) = misbehaving(Behaviour::Status { code: 401 });
    told.is("failed", "reauthorization_required", "");
}

#[test]
fn a_limit_is_spent_by_what_may_have_arrived_and_by_nothing_else() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        // The guardian has two calls for ever.
        for behaviour in [Behaviour::Down, Behaviour::BadCertificate, Behaviour::Down] {
            platform(world, behaviour, "guardian").await.is("failed", "upstream_error", "platform.unreachable");
        }
        platform(world, Behaviour::HangUp, "guardian").await.is("failed", "upstream_error", "outcome_unknown");
        assert_eq!(platform(world, Behaviour::Normal, "guardian").await.outcome, "upstream");
        platform(world, Behaviour::Normal, "guardian").await.is("refused", "budget_exhausted", "");
        assert_eq!(world.storefront.journal().len(), 2);
        good(world, None).await;
    });
}

// Provisioning.

struct Provisioning {
    owner: &'static str,
    salt: B256,
    account: &'static str,
    token: &'static str,
    behaviour: Behaviour,
}

const HONEST: Provisioning = Provisioning {
    owner: "owner",
    salt: B256::repeat_byte(0x77),
    account: DEMO_SHOP,
    token: DEMO_TOKEN,
    behaviour: Behaviour::Normal,
};

/// Provisions another store in a wrong way, and sees that there is none then.
fn provisioned(wrong: Provisioning) -> (String, String, String) {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let vault = Vault::new(world);
        let Provisioning { owner, salt, account, token, behaviour } = wrong;
        let policy = world.chain.contracts().policy;
        let token = StoreToken {
            what: protocol::provision::What::Store,
            portfolio: 1,
            salt,
            policy,
            policy_code_hash: keccak256(world.chain.code(policy)),
            preset: "shopify-admin".to_owned(),
            host: DEMO_SHOP.to_owned(),
            account: account.to_owned(),
            app: String::new(),
            connection: None,
            selector: String::new(),
            fields: protocol::provision::fields(&[("access_token", true, token.as_bytes())]),
        };
        world.storefront.behave(DEMO_SHOP, behaviour);
        let serving = vault.connection.verify_serving().await.unwrap();
        let keys = [owner, "operator"].map(|name| AccountKey::from_bytes(&secret(world, name)).unwrap());
        let Answered { outcome, response, .. } = vault.connection.provision(&serving, &keys[0], &keys[1], &token).await.unwrap();
        world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
        let problem: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        let member = |name: &str| problem.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        if salt != SALT {
            let mut call = vault.orders(secret(world, "caller")).await;
            call.fields.salt = salt;
            vault.call(call).await.unwrap().is("refused", "not_permitted", "store.not_provisioned");
        }
        good(world, None).await;
        (outcome, member("title"), member("rule"))
    })
}

#[track_caller]
fn refused(told: (String, String, String), outcome: &str, refusal: &str, rule: &str) {
    assert_eq!((told.0.as_str(), told.1.as_str(), told.2.as_str()), (outcome, refusal, rule));
}

#[test]
fn t70_refuses_a_token_of_another_account() {
    let told = provisioned(Provisioning { account: "other-shop.myshopify.com", ..HONEST });
    refused(told, "refused", "not_permitted", "provision.other_account");
}

#[test]
fn t70_refuses_a_platform_that_says_it_is_another() {
    let domain = "other-shop.myshopify.com".to_owned();
    let told = provisioned(Provisioning { behaviour: Behaviour::Impostor { domain }, ..HONEST });
    refused(told, "refused", "not_permitted", "provision.other_account");
}

#[test]
fn refuses_a_provision_that_the_owner_did_not_sign() {
    refused(provisioned(Provisioning { owner: "caller", ..HONEST }), "refused", "not_permitted", "provision.owner");
}

#[test]
fn refuses_a_store_that_is_provisioned_already() {
    refused(provisioned(Provisioning { salt: SALT, ..HONEST }), "refused", "not_permitted", "store.provisioned");
}

#[test]
fn refuses_a_token_that_is_too_short_to_be_redacted() {
    refused(provisioned(Provisioning { token: "shpat_1", ..HONEST }), "refused", "not_permitted", "provision.fields");
}

#[test]
fn refuses_a_token_that_the_platform_does_not_know() {
    let told = provisioned(Provisioning { token: "shpat_of_nobody_0123456789", ..HONEST });
    refused(told, "failed", "reauthorization_required", "");
}

#[test]
fn refuses_to_provision_while_the_platform_is_down() {
    let told = provisioned(Provisioning { behaviour: Behaviour::Down, ..HONEST });
    refused(told, "failed", "upstream_error", "platform.unreachable");
}

// Shares and constitutions.

/// Gives a share that is not right, and sees that the vault goes on waiting.
async fn share_refused(world: &World, share: &protocol::custody::ShareMessage) {
    let vault = Vault::new(world);
    let problem = vault.give_share(share).await.unwrap_err().to_string();
    assert!(problem.contains("422") && problem.contains("share refused"), "{problem}");
    assert_eq!(vault.phase().await, "waiting_for_shares");
}

#[test]
fn t7_t29_t31_t62_refuses_a_foreign_constitution_and_every_foreign_share_and_then_opens() {
    run(async {
        let shared = waiting().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        vault.wait_for("waiting_for_shares").await;
        share_refused(world, &vault.share(world, |context| context.boot_id = [7; 16]).await).await;
        share_refused(world, &vault.share(world, |context| context.epoch = 2).await).await;
        share_refused(world, &vault.share(world, |context| context.index = 1).await).await;
        share_refused(world, &vault.share(world, |context| context.vault_id = B256::repeat_byte(7)).await).await;
        share_refused(world, &vault.share(world, |context| context.image = B256::repeat_byte(7)).await).await;
        share_refused(world, &vault.share(world, |context| context.settings = B256::repeat_byte(7)).await).await;
        // The right context under a wrong name.
        let mut renamed = vault.share(world, |_| {}).await;
        renamed.epoch = 2;
        share_refused(world, &renamed).await;
        let mut flipped = vault.share(world, |_| {}).await;
        flipped.ciphertext[0] ^= 1;
        share_refused(world, &flipped).await;
        let (context, key) = vault.share_context().await;
        let stranger = MemberKey::generate(&mut rng());
        share_refused(world, &seal_share(&key, &stranger, &context, &[7; 32], &mut rng()).unwrap()).await;
        let refused = vault.connection.post("/v1/unlock", "application/cbor", vec![0x81; 512]).await.unwrap_err();
        assert!(refused.to_string().contains("the host answers 4"), "{refused}");

        // The member's own signature over another key: the chain tells that it is not the vault's, and the member may try again.
        let member = client::keys::load_member(&world.dir.join("member.key")).unwrap();
        vault.give_share(&seal_share(&key, &member, &context, &[7; 32], &mut rng()).unwrap()).await.unwrap();
        // As long as the vault itself is not final on chain, the same problem stands while the vault goes on.
        let since = Instant::now();
        while vault.phase().await != "waiting_for_shares" {
            assert!(since.elapsed() < Duration::from_mins(1));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(status(world).await.problem, Some(Problem::RootCommitment), "the reason stands until the next share");

        foreign(world).await;

        let right = vault.share(world, |_| {}).await;
        vault.give_share(&right).await.unwrap();
        vault.wait_for("serving").await;
        let again = vault.give_share(&right).await.unwrap_err().to_string();
        assert!(again.contains("not possible in this phase"), "{again}");
    });
}

/// T7, T62: the same image with a constitution of somebody else's, in front of this vault's clients and members.
async fn foreign(world: &World) {
    let dir = directory();
    let mut other = World::around(&dir, PROGRAM.as_ref(), world.chain.clone(), 0).await.unwrap();
    let accounts = world.chain.accounts();
    let member = client::keys::load_member(&world.dir.join("member.key")).unwrap();
    let constitution = world.chain.constitution(&member.public(), accounts.operator.address, accounts.signer.address);
    std::fs::write(dir.join("constitution.cbor"), constitution.to_bytes()).unwrap();
    other.start_enclave(&[]).await.unwrap();
    other.start_host(&[]).await.unwrap();
    let _watch = outlived_by_nobody(&other);
    let since = Instant::now();
    // The file names the real vault.
    loop {
        let said = other.vault(&["verify"]).await.unwrap();
        assert_eq!(said.code, 1, "{}", said.out);
        if said.error.contains("the enclave is not this vault") {
            assert!(said.error.contains("16"), "the register of the constitution: {}", said.error);
            break;
        }
        assert!(since.elapsed() < Duration::from_mins(1), "{}", said.error);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // A member who does not look: his share is sealed for the vault that he means, and does not open in another.
    let theirs = Vault::new(&other);
    let (setup, key) = theirs.setup().await;
    assert_ne!(B256::from(*setup.vault_id), world.vault_id());
    let (mut context, _) = Vault::new(world).share_context().await;
    context.boot_id = *setup.boot_id;
    context.settings = B256::from(*setup.settings);
    let message = seal_share(&key, &member, &context, &[7; 32], &mut rng()).unwrap();
    let problem = theirs.give_share(&message).await.unwrap_err().to_string();
    assert!(problem.contains("share refused"), "{problem}");
    drop(other);
    std::fs::remove_dir_all(dir).unwrap();
}

// The chain.

/// Calls until the answer is this refusal. Nothing may reach the platform from the moment that it is.
async fn until_refused(world: &World, refusal: &str) {
    let vault = Vault::new(world);
    let since = Instant::now();
    loop {
        let told = vault.call(vault.orders(secret(world, "caller")).await).await;
        match told {
            Ok(told) if told.refusal == refusal => break,
            other => assert!(since.elapsed() < Duration::from_mins(1), "not {refusal}: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    world.storefront.forget();
    vault.call(vault.orders(secret(world, "caller")).await).await.unwrap().is("refused", refusal, "");
    assert!(world.storefront.journal().is_empty());
}

async fn recovers(world: &World) {
    sound(world);
    Vault::new(world).until_answered(secret(world, "caller")).await;
}

#[test]
fn t34_heads_of_341_signers_move_nothing() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        world.chain.faults(|faults| faults.participants = 341);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let frozen = status(world).await.attested.unwrap();
        let made = world.chain.head().slot;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(status(world).await.attested.unwrap().slot, frozen.slot);
        assert!(world.chain.head().slot > made);
        until_refused(world, "stale_chain").await;
        recovers(world).await;
        assert!(status(world).await.attested.unwrap().slot > frozen.slot);
    });
}

#[test]
fn t36_refuses_over_a_head_older_than_its_bound() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        world.chain.faults(|faults| faults.frozen = true);
        until_refused(world, "stale_chain").await;
        assert!(status(world).await.attested.unwrap().age > NARROW);
        recovers(world).await;
    });
}

#[test]
fn t36_refuses_over_a_node_that_serves_the_past() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        let before = status(world).await.attested.unwrap().slot;
        world.chain.faults(|faults| faults.stale_slots = 30);
        until_refused(world, "stale_chain").await;
        assert!(status(world).await.attested.unwrap().slot >= before, "a head never goes back");
        recovers(world).await;
    });
}

/// Calls for a while over a node that does this. The conversation ends, and nothing is sent.
async fn lied_to(world: &World, change: impl FnOnce(&mut Faults)) {
    let vault = Vault::new(world);
    let key = secret(world, "caller");
    world.chain.faults(change);
    // What was proven before stays proven; a new head has nothing yet.
    let mut supply = 0;
    let since = Instant::now();
    while supply < 5 {
        churn(world, &world.chain.accounts().deployer);
        match vault.call(vault.orders(key).await).await {
            Err(error) => {
                assert!(error.to_string().contains("503"), "{error}");
                assert!(error.to_string().contains("the host's answer does not verify"), "{error}");
                supply += 1;
                world.storefront.forget();
            }
            Ok(told) => {
                assert!(supply == 0, "answered over lies: {told:?}");
                assert!(since.elapsed() < Duration::from_secs(30), "{told:?}");
            }
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(world.storefront.journal().is_empty());
    recovers(world).await;
}

/// Something changes in every block, so that no two have the same state.
fn churn(world: &World, account: &Account) {
    let _ = world.chain.transact(account, Some(account.address), Vec::new());
}

#[test]
fn t33_another_storage_value_ends_the_conversation() {
    run(async {
        let shared = chain().await;
        lied_to(&shared.world, |faults| faults.proof = ProofFault::StorageValue).await;
    });
}

#[test]
fn t33_a_truncated_proof_ends_the_conversation() {
    run(async {
        let shared = chain().await;
        lied_to(&shared.world, |faults| faults.proof = ProofFault::Truncated).await;
    });
}

#[test]
fn t33_a_proof_of_another_block_ends_the_conversation() {
    run(async {
        let shared = chain().await;
        lied_to(&shared.world, |faults| faults.proof = ProofFault::WrongBlock).await;
    });
}

#[test]
fn t36_heads_without_an_execution_node_grow_stale() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        // New heads need their execution headers. Calls at the last head with one go on until it is too old.
        world.chain.faults(|faults| faults.execution_down = true);
        until_refused(world, "stale_chain").await;
        recovers(world).await;
    });
}

#[test]
fn refuses_a_checkpoint_that_nobody_signed() {
    run(async {
        let shared = waiting().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let accounts = world.chain.accounts();
        let stranger = world.chain.signed_checkpoint(&accounts.caller, world.vault_id()).unwrap();
        let other_vault = world.chain.signed_checkpoint(&accounts.signer, B256::repeat_byte(7)).unwrap();
        for signed in [cbor::encode(&stranger), cbor::encode(&other_vault), vec![0x80]] {
            let error = vault.connection.post("/v1/checkpoint", "application/cbor", signed).await.unwrap_err().to_string();
            assert!(error.contains("checkpoint refused") || error.contains("phase"), "{error}");
        }
    });
}
