use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::routing::get;
use beacon_api::{MAX_JSON, MAX_SSZ};
use serde_json::{Value, json};

use super::super::beacon::Heads;
use super::*;

const BASE: &str = "/eth/v1/beacon/light_client";

/// A header of Altair's layout: a slot, and a byte that is the node's own.
fn header(slot: u64, own: u8) -> Vec<u8> {
    [&slot.to_le_bytes()[..], &[own; 104]].concat()
}

/// `sync_aggregate` and `signature_slot`.
fn signed(signers: usize, slot: u64) -> Vec<u8> {
    let bits: Vec<u8> = (0..64).map(|byte| (0..8).filter(|bit| byte * 8 + bit < signers).map(|bit| 1 << bit).sum()).collect();
    [&bits[..], &[3; 96], &(slot + 1).to_le_bytes()].concat()
}

fn optimistic(slot: u64, signers: usize, own: u8) -> Vec<u8> {
    [header(slot, own), signed(signers, slot)].concat()
}

fn finality(slot: u64, finalized: u64, signers: usize, own: u8) -> Vec<u8> {
    let branch = vec![u8::from(finalized > 0); 192];
    [header(slot, own), header(finalized, own), branch, signed(signers, slot)].concat()
}

fn update(slot: u64, signers: usize, own: u8) -> Vec<u8> {
    [header(slot, own), vec![own; 513 * 48 + 160], header(slot - 64, own), vec![own; 192], signed(signers, slot)].concat()
}

fn bootstrap(own: u8) -> Vec<u8> {
    [header(64, own), vec![own; 513 * 48 + 160]].concat()
}

fn framed(updates: &[Vec<u8>]) -> Vec<u8> {
    let frame = |update: &Vec<u8>| [&(update.len() as u64 + 4).to_le_bytes()[..], b"fork", update].concat();
    updates.iter().flat_map(frame).collect()
}

/// A node that serves these and asks nothing about how it was asked.
fn node(slot: u64, signers: usize, own: u8) -> Router {
    Router::new()
        .route(&format!("{BASE}/finality_update"), get(async move || (SSZ, finality(slot, slot - 64, signers, own))))
        .route(&format!("{BASE}/optimistic_update"), get(async move || (SSZ, optimistic(slot, signers, own))))
        .route(&format!("{BASE}/bootstrap/{{root}}"), get(async move || (SSZ, bootstrap(own))))
}

fn beacon(urls: Vec<Url>) -> Beacon {
    Beacon::new(urls, PATIENT).unwrap()
}

fn heads(slots: &[(u64, u8)]) -> Heads {
    Heads {
        finality: slots.iter().map(|(slot, own)| finality(*slot, slot - 64, 512, *own)).collect(),
        optimistic: slots.iter().map(|(slot, own)| optimistic(*slot, 512, *own)).collect(),
    }
}

#[tokio::test]
async fn asks_for_ssz_first_and_for_json_second() {
    let look = async |headers: HeaderMap, RawQuery(query): RawQuery| {
        assert_eq!(headers["accept"], "application/octet-stream;q=1.0, application/json;q=0.9");
        assert_eq!(query.as_deref(), Some("start_period=7&count=2"));
        (SSZ, framed(&[update(7 * 8_192 + 100, 512, 1), update(8 * 8_192 + 100, 512, 1)]))
    };
    let beacon = beacon(vec![serve(Router::new().route(&format!("{BASE}/updates"), get(look))).await]);
    let updates = beacon.updates(7, 2).await.unwrap();
    assert_eq!(updates, [update(7 * 8_192 + 100, 512, 1), update(8 * 8_192 + 100, 512, 1)]);
}

fn hex(bytes: &[u8]) -> Value {
    json!(format!("0x{}", hex::encode(bytes)))
}

#[tokio::test]
async fn t76_a_node_that_answers_in_json_alone_serves() {
    let object = optimistic(100, 512, 7);
    let root = hex(&[7; 32]);
    let beacon_header = json!({
        "slot": "100", "proposer_index": u64::from_le_bytes([7; 8]).to_string(),
        "parent_root": root, "state_root": root, "body_root": root,
    });
    let answer = json!({"version": "altair", "data": {
        "attested_header": {"beacon": beacon_header},
        "sync_aggregate": {"sync_committee_bits": hex(&object[112..176]), "sync_committee_signature": hex(&[3; 96])},
        "signature_slot": "101",
    }});
    let router = Router::new().route(&format!("{BASE}/optimistic_update"), get(async move || axum::Json(answer)));
    let heads = beacon(vec![serve(router).await]).heads().await.unwrap();
    assert_eq!(heads, Heads { finality: vec![], optimistic: vec![object] });
}

#[tokio::test]
async fn hands_on_what_every_node_says_newest_first_and_the_same_once() {
    let urls = vec![
        serve(node(900, 512, 1)).await,
        serve(node(1_000, 512, 2)).await,
        serve(node(1_000, 512, 2)).await,
        serve(node(1_000, 512, 3)).await,
    ];
    assert_eq!(beacon(urls).heads().await.unwrap(), heads(&[(1_000, 3), (1_000, 2), (900, 1)]));
}

#[tokio::test]
async fn t76_a_node_that_is_gone_or_floods_or_stalls_or_talks_nonsense_stops_no_other() {
    let json = ("content-type", "application/json");
    let urls = vec![
        nowhere(),
        always(StatusCode::BAD_GATEWAY).await,
        always((SSZ, vec![0; MAX_SSZ + 1])).await,
        always(([json], vec![b' '; MAX_JSON + 1])).await,
        endless("application/octet-stream").await,
        silent().await,
        always(([("content-type", "text/html")], "busy")).await,
        serve(node(1_000, 512, 1)).await,
    ];
    let beacon = beacon(urls);
    let since = Instant::now();
    assert_eq!(beacon.heads().await.unwrap(), heads(&[(1_000, 1)]));
    assert!(since.elapsed() < PATIENT, "{:?}", since.elapsed());
    assert_eq!(beacon.bootstrap(&[1; 32]).await.unwrap(), bootstrap(1));
}

/// The same node, so many milliseconds slower.
fn delayed(router: Router, delay: &Arc<AtomicUsize>) -> Router {
    let delay = Arc::clone(delay);
    router.layer(axum::middleware::from_fn(move |request: Request, next: axum::middleware::Next| {
        let delay = Duration::from_millis(delay.load(Ordering::Relaxed) as u64);
        async move {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
    }))
}

#[tokio::test]
async fn t36_a_quick_node_with_old_heads_does_not_crowd_out_a_slow_one() {
    let slow = delayed(node(1_000, 512, 2), &Arc::new(AtomicUsize::new(1_200)));
    let urls = vec![serve(node(500, 512, 1)).await, serve(slow).await];
    let beacon = beacon(urls);
    // And it is asked again: slowness within the bound is no failure.
    for _ in 0..2 {
        assert_eq!(beacon.heads().await.unwrap(), heads(&[(1_000, 2), (500, 1)]));
    }
}

#[tokio::test]
async fn a_node_is_not_waited_for_for_ever_nor_left_alone_for_one_hiccup() {
    let slow = Arc::new(AtomicUsize::new(6_000));
    let urls = vec![serve(node(500, 512, 1)).await, serve(delayed(node(1_000, 512, 2), &slow)).await];
    let beacon = beacon(urls);
    let since = Instant::now();
    assert_eq!(beacon.heads().await.unwrap(), heads(&[(500, 1)]));
    assert!(since.elapsed() < Duration::from_millis(5_900), "{:?}", since.elapsed());
    slow.store(0, Ordering::Relaxed);
    assert_eq!(beacon.heads().await.unwrap(), heads(&[(1_000, 2), (500, 1)]));
}

#[tokio::test]
async fn reads_the_fork_schedules_of_all_nodes() {
    let fork = |version: &str, epoch: &str| json!({"previous_version": "0x00000000", "current_version": version, "epoch": epoch});
    let schedule = async |data: Value| {
        let answer = json!({ "data": data });
        serve(Router::new().route("/eth/v1/config/fork_schedule", get(async move || axum::Json(answer)))).await
    };
    let far = fork("0x07000000", "18446744073709551615");
    let urls = vec![
        schedule(json!([fork("0x06000000", "411392"), far])).await,
        schedule(json!([fork("0x07000000", "500000")])).await,
        schedule(json!([fork("0x070000", "500000")])).await,
        serve(node(1_000, 512, 1)).await,
    ];
    let named = |version: u8, epoch| protocol::message::ScheduledFork { version: [version, 0, 0, 0].into(), epoch };
    assert_eq!(beacon(urls).schedules().await.unwrap(), [vec![named(6, 411_392)], vec![named(7, 500_000)]]);
}

#[tokio::test]
async fn a_node_that_failed_is_not_waited_for_again_at_once() {
    let (down, calls) = counted(Router::new().fallback(async || StatusCode::INTERNAL_SERVER_ERROR)).await;
    let beacon = beacon(vec![down, serve(node(1_000, 512, 1)).await]);
    for _ in 0..5 {
        assert_eq!(beacon.heads().await.unwrap(), heads(&[(1_000, 1)]));
    }
    // Both kinds of head were asked for before either had failed.
    assert!(calls.load(Ordering::Relaxed) <= 3, "{calls:?}");
}

#[tokio::test]
async fn skips_what_fewer_than_two_thirds_signed_and_what_finalizes_nothing() {
    let few = serve(node(2_000, 341, 1)).await;
    let enough = serve(node(1_000, 342, 2)).await;
    let served = beacon(vec![few.clone(), enough]).heads().await.unwrap();
    assert_eq!(served.optimistic, vec![optimistic(1_000, 342, 2)]);
    assert_eq!(served.finality, vec![finality(1_000, 936, 342, 2)]);
    // Alone it is no failure: there is just nothing new.
    assert_eq!(beacon(vec![few]).heads().await.unwrap(), heads(&[]));
    let not_final = Router::new().route(&format!("{BASE}/finality_update"), get(async || (SSZ, finality(500, 0, 512, 1))));
    assert_eq!(beacon(vec![serve(not_final).await]).heads().await.unwrap(), heads(&[]));
}

fn updates(list: Vec<Vec<u8>>) -> Router {
    Router::new().route(&format!("{BASE}/updates"), get(async move || (SSZ, framed(&list))))
}

#[tokio::test]
async fn hands_on_updates_of_all_nodes_by_period() {
    let at = |period: u64| period * 8_192 + 9;
    // One has too few signers for a period, one repeats itself and answers for others than asked.
    let one = updates(vec![update(at(5), 512, 1), update(at(6), 100, 1), update(at(7), 512, 1)]);
    let other = updates(vec![update(at(5), 512, 1), update(at(6), 512, 2), update(at(6), 512, 3), update(at(900), 512, 2)]);
    let beacon = beacon(vec![serve(one).await, serve(other).await]);
    let expected = [update(at(5), 512, 1), update(at(6), 512, 2), update(at(7), 512, 1)];
    assert_eq!(beacon.updates(5, 4).await.unwrap(), expected);
    // More than was asked for is no answer.
    let more = beacon.updates(5, 1).await;
    assert!(matches!(more, Err(FetchError::TooLarge | FetchError::Format)), "{more:?}");
}

#[tokio::test]
async fn asks_for_128_updates_at_most_and_fits_two_nodes_answers_in_a_frame() {
    let look = |own: u8| {
        let list: Vec<_> = (0..128).map(|period| update(period * 8_192 + 100, 512, own)).collect();
        Router::new().route(
            &format!("{BASE}/updates"),
            get(async move |RawQuery(query): RawQuery| {
                assert_eq!(query.as_deref(), Some("start_period=0&count=128"));
                (SSZ, framed(&list))
            }),
        )
    };
    let beacon = beacon(vec![serve(look(1)).await, serve(look(2)).await]);
    let updates = beacon.updates(0, u64::MAX).await.unwrap();
    assert!(updates.iter().map(Vec::len).sum::<usize>() < protocol::limits::HOST_FRAME);
    // Whole periods, of each both.
    assert!(updates.len() > 128 && updates.len() % 2 == 0, "{}", updates.len());
    assert_eq!(updates[..2], [update(100, 512, 1), update(100, 512, 2)]);
}

#[tokio::test]
async fn a_bootstrap_that_did_not_do_is_asked_of_another_node() {
    let urls = vec![serve(node(100, 512, 1)).await, serve(node(100, 512, 2)).await];
    let beacon = beacon(urls);
    for own in [1, 2, 1, 2] {
        assert_eq!(beacon.bootstrap(&[9; 32]).await.unwrap(), bootstrap(own));
    }
    assert_eq!(beacon.bootstrap(&[8; 32]).await.unwrap(), bootstrap(1));
}

#[tokio::test]
async fn tries_again_after_a_while() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let flaky = Router::new().fallback(async move || {
        let first = counter.fetch_add(1, Ordering::Relaxed) == 0;
        if first { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { (SSZ, bootstrap(1)).into_response() }
    });
    assert_eq!(beacon(vec![serve(flaky).await]).bootstrap(&[1; 32]).await.unwrap(), bootstrap(1));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn names_why_no_node_answered() {
    let fetch = async |url: Url| Beacon::new(vec![url], Duration::from_millis(300)).unwrap().bootstrap(&[1; 32]).await;
    assert_eq!(fetch(serve(Router::new()).await).await, Err(FetchError::Absent));
    assert_eq!(fetch(always(StatusCode::TOO_MANY_REQUESTS).await).await, Err(FetchError::Status(429)));
    let redirect = Router::new().fallback(async || axum::response::Redirect::temporary("/elsewhere"));
    assert_eq!(fetch(serve(redirect).await).await, Err(FetchError::Status(307)));
    assert_eq!(fetch(always((SSZ, vec![0; MAX_SSZ + 1])).await).await, Err(FetchError::TooLarge));
    assert_eq!(fetch(endless("application/json").await).await, Err(FetchError::TooLarge));
    assert_eq!(fetch(always((SSZ, "no object")).await).await, Err(FetchError::Format));
    assert_eq!(fetch(always("text").await).await, Err(FetchError::Format));
    assert_eq!(fetch(silent().await).await, Err(FetchError::Unreachable));
    assert_eq!(fetch(nowhere()).await, Err(FetchError::Unreachable));
    // Of several, the one that says more: a node that is well has not got it.
    let both = Beacon::new(vec![serve(Router::new()).await, nowhere()], PATIENT).unwrap();
    assert_eq!(both.bootstrap(&[1; 32]).await, Err(FetchError::Absent));
}
