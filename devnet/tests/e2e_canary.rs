//! A random token is provisioned and used, and every byte that the host saw or stored is searched for it.

mod tap;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use devnet::storefront::{Behaviour, DEMO_SHOP, Storefront};
use devnet::world::World;
use protocol::tlog::{TILE_WIDTH, tile_path};
use serde_json::Value;
use tap::Recorder;

const PREFIX: &str = "shpat_";
const ORDERS: &str = r#"{"query":"{ orders { edges { node { id name } } } }"}"#;
const ROUTING: &str = r#"{"query":"mutation { shopifyPaymentsPayoutAlternateCurrencyCreate(currency: USD) { success } }"}"#;
const API: &str = "https://demo-shop.myshopify.com/admin/api/2026-10";

/// As a platform makes them.
fn random_token() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut random = [0; 40];
    getrandom::fill(&mut random).unwrap();
    let letters = random.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    PREFIX.chars().chain(letters).collect()
}

/// What the token may look like, each with a name.
struct Forms(Vec<(String, Vec<u8>)>);

impl Forms {
    fn of(token: &str) -> Self {
        let mut forms = Vec::new();
        let mut form = |name: &str, bytes: Vec<u8>| forms.push((name.to_owned(), bytes));
        let each = |form: fn(u8) -> String| token.bytes().map(form).collect::<String>().into_bytes();
        form("raw", token.into());
        form("raw without prefix", token.trim_start_matches(PREFIX).into());
        form("reversed", token.bytes().rev().collect());
        form("hex", hex::encode(token).into());
        form("hex upper", hex::encode_upper(token).into());
        form("percent", each(|byte| format!("%{byte:02X}")));
        form("percent lower", each(|byte| format!("%{byte:02x}")));
        form("json escapes", each(|byte| format!("\\u{byte:04x}")));
        form("utf-16le", token.encode_utf16().flat_map(u16::to_le_bytes).collect());
        form("utf-16be", token.encode_utf16().flat_map(u16::to_be_bytes).collect());
        // A debug-printed byte slice.
        form("decimal list", token.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ").into());
        for shift in 0..3 {
            // What stands before the token shifts its bits; the characters at either end are its neighbours' too.
            let shifted = [&vec![b'x'; shift][..], token.as_bytes()].concat();
            for (name, text) in [("base64", STANDARD_NO_PAD.encode(&shifted)), ("base64url", URL_SAFE_NO_PAD.encode(&shifted))] {
                let skip = (shift * 8).div_ceil(6);
                let end = shifted.len() * 8 / 6;
                form(&format!("{name} at {shift}"), text[skip..end].into());
            }
        }
        Self(forms)
    }

    /// The forms that are in there.
    fn find(&self, bytes: &[u8]) -> Vec<&str> {
        self.0.iter().filter(|(_, form)| contains(bytes, form)).map(|(name, _)| name.as_str()).collect()
    }

    fn absent(&self, place: &str, bytes: &[u8]) {
        let found = self.find(bytes);
        assert!(found.is_empty(), "{place} holds the token as {found:?}");
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    let candidates = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    candidates.into_iter().any(|(at, _)| bytes[at + 1..].starts_with(rest))
}

/// Every file below a directory.
fn files(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn the_search_finds_every_form_wherever_it_stands() {
    let token = random_token();
    let forms = Forms::of(&token);
    assert_eq!(forms.0.len(), 17);
    for (name, form) in &forms.0 {
        let noise = [&b"\x00\xffshpat_"[..], form, b"tail"].concat();
        assert!(forms.find(&noise).contains(&name.as_str()), "{name}");
    }
    for neighbours in 0..7 {
        let text = format!("{}{token}{}", "n".repeat(neighbours), "m".repeat(neighbours * 2));
        assert!(
            forms.find(STANDARD_NO_PAD.encode(&text).as_bytes()).iter().any(|form| form.starts_with("base64")),
            "{neighbours}"
        );
        assert!(
            forms.find(URL_SAFE_NO_PAD.encode(&text).as_bytes()).iter().any(|form| form.starts_with("base64")),
            "{neighbours}"
        );
    }
    forms.absent("another token", random_token().as_bytes());
    forms.absent("nothing", b"");
}

/// What the host would see if the enclave did not seal or not redact: the same search finds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_search_finds_the_token_in_what_is_neither_sealed_nor_redacted() {
    let token = random_token();
    let forms = Forms::of(&token);
    let directory = tempfile::tempdir().unwrap();
    let storefront = Storefront::new(directory.path()).unwrap();
    storefront.set_token(DEMO_SHOP, &token);
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let served = storefront.serve(any, any).await.unwrap();
    let recorder = Recorder::default();
    let url = served.admin_url.trim_start_matches("http://").parse().unwrap();
    let plain = recorder.tcp(["to", "from"], url).await.unwrap();
    // The token in the clear through a tap, as a host would see an unsealed request.
    let body = serde_json::json!({ "token": token }).to_string();
    let request = reqwest::Client::new().put(format!("http://{plain}/shops/other.myshopify.com"));
    request.header("content-type", "application/json").body(body).send().await.unwrap();
    let flows = recorder.flows();
    let seen = flows.iter().find(|(name, _)| *name == "to").unwrap();
    assert_eq!(forms.find(&seen.1), ["raw", "raw without prefix"]);

    let root = reqwest::Certificate::from_pem(storefront.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([root]).resolve(DEMO_SHOP, served.https).build().unwrap();
    let url = format!("https://{DEMO_SHOP}:{}/admin/api/2026-10/shop.json", served.https.port());
    let answer = client.get(url).header("x-shopify-access-token", &token).send().await.unwrap().bytes().await.unwrap();
    let found = forms.find(&answer);
    for form in ["raw", "hex", "hex upper", "percent", "percent lower", "json escapes", "base64 at 0", "base64url at 0"] {
        assert!(found.contains(&form), "the unredacted answer holds no {form}: {found:?}");
    }
    assert!(found.contains(&"base64 at 1") && found.contains(&"base64 at 2"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t52_no_byte_that_the_host_sees_or_stores_holds_the_token() {
    let token = random_token();
    let forms = Forms::of(&token);
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(directory.path(), Path::new(env!("CARGO_BIN_EXE_devnet"))).await.unwrap();
    world.storefront.set_token(DEMO_SHOP, &token);
    world.token_file(&token).unwrap();
    let recorder = Recorder::default();
    tapped(&mut world, &recorder).await;

    let mut said = Vec::new();
    start(&mut world).await;
    world.genesis().await.unwrap();
    world.unlock().await.unwrap();
    world.portfolio().await.unwrap();
    world.grant("operator", &["--operation", "vault.provision"]).await.unwrap();
    let caller = ["--operation", "shopify.query.orders", "--operation", "shopify.rest.shop", "--class", "ROUTING"];
    world.grant("caller", &caller).await.unwrap();

    // Refused with the token in hand: the platform names another account.
    world.storefront.behave(DEMO_SHOP, Behaviour::Impostor { domain: "other-shop.myshopify.com".to_owned() });
    let refused = world.try_add_store(&World::store(), "refused.receipt").await.unwrap();
    assert!(refused.code == 3 && refused.out.contains("provision.other_account"), "{}{}", refused.out, refused.error);
    said.push(refused);
    world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
    let added = world.try_add_store(&World::store(), "store.receipt").await.unwrap();
    assert_eq!(added.code, 0, "{}{}", added.out, added.error);
    said.push(added);

    said.extend(calls(&world).await);
    // A boot that reads everything back.
    world.kill_enclave();
    world.kill_host();
    start(&mut world).await;
    world.unlock().await.unwrap();
    said.extend(calls(&world).await);
    assert!(world.storefront.journal().len() >= 6, "the token was not used");
    assert_eq!(world.storefront.refused(), 0, "another token was used");

    let mut places: Vec<(String, Vec<u8>)> = said
        .into_iter()
        .flat_map(|said| [("answer".to_owned(), said.out.into_bytes()), ("error".to_owned(), said.error.into_bytes())])
        .collect();
    places.extend(served(&world).await);
    world.kill_enclave();
    world.kill_host();
    files(&world.dir.join("data"), &mut places);
    for name in ["host.log", "enclave.log", "orders.receipt", "store.receipt", "refused.receipt"] {
        places.push((name.to_owned(), fs::read(world.dir.join(name)).unwrap()));
    }
    let receipts: Vec<_> = places
        .iter()
        .filter(|(name, _)| name.ends_with(".receipt"))
        .map(|(name, text)| (format!("{name}, decoded"), hex::decode(text.trim_ascii()).unwrap()))
        .collect();
    places.extend(receipts);
    let flows = recorder.flows();
    for name in
        ["to enclave", "from enclave", "to relay", "from relay", "to host", "from host", "to storefront", "from storefront"]
    {
        assert!(flows.iter().any(|(flow, bytes)| *flow == name && !bytes.is_empty()), "nothing was seen {name}");
    }
    places.extend(flows.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
    for (place, bytes) in &places {
        forms.absent(place, bytes);
    }
    let bytes: usize = places.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} places, {bytes} bytes, {} forms: absent", places.len(), forms.0.len());
}

/// Puts a tap on every connection of the host but the one to its chain nodes.
async fn tapped(world: &mut World, recorder: &Recorder) {
    let tap = world.dir.join("tap.sock");
    recorder.unix(["to enclave", "from enclave"], &tap, world.socket()).unwrap();
    // The host's relay listens beside the socket that it connects to; the enclave dials beside its own.
    let (relay, dialled) = (world.dir.join("tap.sock_5001"), world.dir.join("enclave.sock_5001"));
    recorder.unix(["to relay", "from relay"], &dialled, relay).unwrap();
    world.through = Some(tap);
    let host = world.url().trim_start_matches("http://").parse().unwrap();
    let callers = recorder.tcp(["to host", "from host"], host).await.unwrap();
    tap::call_through(&world.dir, callers).unwrap();
    let platform = recorder.tcp(["to storefront", "from storefront"], world.storefront_address()).await.unwrap();
    world.storefront_through = Some(platform);
}

async fn start(world: &mut World) {
    world.start_enclave(&[]).await.unwrap();
    world.start_host(&["--log", "trace"]).await.unwrap();
}

/// One answered, one that echoes the token in many forms, one refused.
async fn calls(world: &World) -> Vec<devnet::world::Said> {
    let (store, graphql, shop) = (World::store(), format!("{API}/graphql.json"), format!("{API}/shop.json"));
    let base = ["call", "--include", "--key", "caller.key", "--store", &store];
    let json = ["-H", "content-type: application/json"];
    let orders =
        world.vault_ok(&[&base[..], &json, &["--receipt", "orders.receipt", "-d", ORDERS, &graphql]].concat()).await.unwrap();
    assert!(orders.out.contains("gid://shopify/Order/1001"), "{}", orders.out);
    let echo = world.vault_ok(&[&base[..], &[&shop]].concat()).await.unwrap();
    assert!(echo.out.contains("[redacted]"), "nothing was echoed: {}", echo.out);
    let refused = world.vault(&[&base[..], &json, &["-d", ROUTING, &graphql]].concat()).await.unwrap();
    assert!(refused.code == 3 && refused.out.contains("closed.routing"), "{}{}", refused.out, refused.error);
    vec![orders, echo, refused]
}

/// What the host tells anyone who asks.
async fn served(world: &World) -> Vec<(String, Vec<u8>)> {
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", world.url())).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    };
    let status: Value = serde_json::from_slice(&get("/v1/status").await).unwrap();
    let mut found = vec![("/v1/status".to_owned(), status.to_string().into_bytes())];
    let checkpoint = get("/v1/ledger/checkpoint").await;
    let size: u64 = String::from_utf8_lossy(&checkpoint).lines().nth(1).unwrap().parse().unwrap();
    assert!(size > 0 && size < TILE_WIDTH);
    let tile = format!("/v1/ledger/{}", tile_path(0, 0, Some(u8::try_from(size).unwrap())));
    for path in ["/metrics", "/readyz", "/healthz", &tile] {
        found.push((path.to_owned(), get(path).await));
    }
    found.push(("/v1/ledger/checkpoint".to_owned(), checkpoint));
    found
}
