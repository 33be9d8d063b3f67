//! The light client on recorded mainnet updates, in turn with a floor that does the least: `cargo bench -p chain --bench updates`.
//!
//! The floor reads at fixed places, hashes with `sha2`, and lets blst do one subtraction and one verification an update: everything the
//! protocol proves of an honest update, without a rule, a check of bounds or a word of state.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
use std::hint::black_box;
use std::time::{Duration, Instant};

use blst::min_pk::{AggregatePublicKey, PublicKey, Signature};
use chain::conformance::bootstrap_checkpoint;
use chain::{LightClient, Mainnet, Message, Network, Slot, accept_checkpoint};
use sha2::{Digest, Sha256};

#[path = "../tests/chain/vectors.rs"]
#[expect(dead_code, reason = "the tests read JSON too")]
mod vectors;

type Node = [u8; 32];

const FOLDER: &str = "light-client/mainnet";
const ROUNDS: usize = 15;
/// 14 days have this many period boundaries.
const PERIODS: usize = 13;

fn main() {
    let Some(bootstrap) = vectors::read(&format!(
        "{FOLDER}/bootstrap/eth_v1_beacon_light_client_bootstrap_0x2e522016a5ac7d8d57d758b633a25491a43d12750db8f417fd6cf264b7ec5.ssz"
    )) else {
        return;
    };
    let mut updates = framed("updates/eth_v1_beacon_light_client_updates_start_period_1347_count_46.ssz");
    updates.extend(framed("updates/eth_v1_beacon_light_client_updates_start_period_1393_count_14.ssz"));
    assert_eq!(updates.len(), 60);
    let network = Network::mainnet();
    let now = network.time_of(Slot(12_000_000));

    let (mut ours, mut floor, mut days) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let mut following = client(&network, &bootstrap);
        ours.push(timed(|| follow(&mut following, &updates, now)).0);
        floor.push(timed(|| floor_of(&bootstrap, &updates)).0);
        days.push(timed(|| follow(&mut client(&network, &bootstrap), &updates[..PERIODS], now)).0);
    }
    let (ours, floor) = (Times::of(ours), Times::of(floor));
    println!("60 updates, here:   median {:?}, least {:?}", ours.median, ours.least);
    println!("60 updates, floor:  median {:?}, least {:?}", floor.median, floor.least);
    println!(
        "ratio here / floor: median {:.3}, least {:.3}",
        ours.median.as_secs_f64() / floor.median.as_secs_f64(),
        ours.least.as_secs_f64() / floor.least.as_secs_f64(),
    );
    println!("bootstrap and {PERIODS} updates (14 days): least {:?}", Times::of(days).least);
    warm(&network, &bootstrap, &updates, now);
}

/// Heads signed by a committee whose keys are kept: the finality updates that the updates of one period contain.
fn warm(network: &Network, bootstrap: &[u8], updates: &[Vec<u8>], now: u64) {
    let finality = finality_of(&updates[0]);
    let mut times = vec![];
    for _ in 0..ROUNDS {
        let mut client = client(network, bootstrap);
        // The first signature of the committee, then one that is wrong: it has all keys checked.
        let mut wrong = finality_of(&updates[0]);
        let signature = 8 + 6 * 32 + 64;
        wrong[signature..signature + 96].copy_from_slice(&finality_of(&updates[1])[signature..signature + 96]);
        assert!(client.advance(Message::Finality(&wrong), now).is_err());
        let (all_keys, refused) = timed(|| client.advance(Message::Finality(&wrong), now).is_err());
        assert!(refused);
        // By the clock on the wall, and the least of many: it is shorter than the grain of the processor's own account.
        let wall = Instant::now();
        let moved = client.advance(black_box(Message::Finality(&finality)), now).is_ok();
        let time = wall.elapsed();
        assert!(moved);
        times.push((time, all_keys));
    }
    println!("one warm finality update: least {:?}", times.iter().map(|(time, _)| *time).min().unwrap_or_default());
    println!(
        "checking a committee's 512 keys, once a period: least {:?}",
        times.iter().map(|(_, all)| *all).min().unwrap_or_default()
    );
}

/// The `LightClientFinalityUpdate` that a Deneb `LightClientUpdate` contains.
fn finality_of(update: &[u8]) -> Vec<u8> {
    let fixed = 8 + 6 * 32 + 160 + 8;
    let attested = offset(update, 0);
    let finalized = offset(update, SECOND_OFFSET);
    let mut bytes = u32::try_from(fixed).unwrap().to_le_bytes().to_vec();
    bytes.extend(u32::try_from(fixed + finalized - attested).unwrap().to_le_bytes());
    bytes.extend(&update[SECOND_OFFSET + 4..attested]);
    bytes.extend(&update[attested..]);
    bytes
}

fn client(network: &Network, bootstrap: &[u8]) -> LightClient<Mainnet> {
    let checkpoint = bootstrap_checkpoint(network, bootstrap).unwrap();
    let accepted = accept_checkpoint(checkpoint, 1, 1, network, network.time_of(checkpoint.slot)).unwrap();
    LightClient::bootstrap(network.clone(), accepted, black_box(bootstrap)).unwrap()
}

fn follow(client: &mut LightClient<Mainnet>, updates: &[Vec<u8>], now: u64) {
    for update in updates {
        client.advance(Message::Update(black_box(update)), now).unwrap();
    }
}

// The floor: Deneb's layout of 512 members, at fixed places.

const COMMITTEE: usize = 513 * 48;
const SECOND_OFFSET: usize = 4 + COMMITTEE + 5 * 32;
const AGGREGATE: usize = SECOND_OFFSET + 4 + 6 * 32;

fn floor_of(bootstrap: &[u8], updates: &[Vec<u8>]) {
    let committee_root = |bytes: &[u8]| {
        let leaf = |key: &[u8]| pair(key[..32].try_into().unwrap(), &padded(&key[32..]));
        pair(&tree(bytes[..512 * 48].chunks(48).map(leaf).collect()), &leaf(&bytes[512 * 48..]))
    };
    let mut committee = &bootstrap[4..4 + COMMITTEE];
    let (_, state, body) = header(&bootstrap[offset(bootstrap, 0)..]);
    assert!(fold(committee_root(committee), 22, &bootstrap[4 + COMMITTEE..][..5 * 32]) == state);
    execution(&bootstrap[offset(bootstrap, 0)..], &body);
    for update in updates {
        let update = black_box(update);
        let (attested, finalized) = (offset(update, 0), offset(update, SECOND_OFFSET));
        let (root, state, body) = header(&update[attested..]);
        execution(&update[attested..finalized], &body);
        let (finalized_root, _, body) = header(&update[finalized..]);
        execution(&update[finalized..], &body);
        assert!(fold(finalized_root, 41, &update[SECOND_OFFSET + 4..AGGREGATE]) == state);
        let next = &update[4..4 + COMMITTEE];
        assert!(fold(committee_root(next), 23, &update[4 + COMMITTEE..SECOND_OFFSET]) == state);
        let bits = &update[AGGREGATE..AGGREGATE + 64];
        let absent: Vec<PublicKey> = (0..512)
            .filter(|index| bits[index / 8] >> (index % 8) & 1 == 0)
            .map(|index| PublicKey::key_validate(&committee[48 * index..48 * index + 48]).unwrap())
            .collect();
        let mut sum = PublicKey::key_validate(&committee[512 * 48..]).unwrap();
        if !absent.is_empty() {
            let all: Vec<&PublicKey> = absent.iter().collect();
            let mut negative = AggregatePublicKey::aggregate(&all, false).unwrap().to_public_key().compress();
            negative[0] ^= 0x20;
            let negative = PublicKey::uncompress(&negative).unwrap();
            sum = AggregatePublicKey::aggregate(&[&sum, &negative], false).unwrap().to_public_key();
        }
        let signature = Signature::sig_validate(&update[AGGREGATE + 64..AGGREGATE + 160], true).unwrap();
        let dst = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
        let verified = signature.fast_aggregate_verify_pre_aggregated(false, &pair(&root, &domain()), dst, &sum);
        assert!(verified == blst::BLST_ERROR::BLST_SUCCESS);
        committee = next;
    }
}

fn domain() -> Node {
    let root = "4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95";
    let mut domain = pair(&padded(&[4, 0, 0, 0]), &hex::decode(root).unwrap().try_into().unwrap());
    domain.copy_within(..28, 4);
    domain[..4].copy_from_slice(&[7, 0, 0, 0]);
    domain
}

fn offset(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Root of a beacon header, and its state and body root.
fn header(bytes: &[u8]) -> (Node, Node, Node) {
    let node = |at: usize| -> Node { bytes[at..at + 32].try_into().unwrap() };
    let leaves = vec![padded(&bytes[..8]), padded(&bytes[8..16]), node(16), node(48), node(80), [0; 32], [0; 32], [0; 32]];
    (tree(leaves), node(48), node(80))
}

fn execution(header: &[u8], body: &Node) {
    let payload = &header[244..];
    let node = |at: usize| -> Node { payload[at..at + 32].try_into().unwrap() };
    let bloom = tree(payload[116..372].chunks(32).map(|chunk| chunk.try_into().unwrap()).collect());
    let end = 584 + payload[584..].len().min(32);
    let extra = &payload[584..end];
    let mut leaves = vec![node(0), padded(&payload[32..52]), node(52), node(84), bloom, node(372)];
    leaves.extend((0..4).map(|index| padded(&payload[404 + 8 * index..412 + 8 * index])));
    leaves.push(pair(&padded(extra), &padded(&(extra.len() as u64).to_le_bytes())));
    leaves.extend((0..4).map(|index| node(440 + 32 * index)));
    leaves.extend((0..2).map(|index| padded(&payload[568 + 8 * index..576 + 8 * index])));
    leaves.resize(32, [0; 32]);
    assert!(fold(tree(leaves), 9, &header[116..244]) == *body);
}

fn fold(leaf: Node, index: u32, branch: &[u8]) -> Node {
    branch.chunks(32).enumerate().fold(leaf, |node, (level, sibling)| {
        let sibling = sibling.try_into().unwrap();
        if index >> level & 1 == 1 { pair(&sibling, &node) } else { pair(&node, &sibling) }
    })
}

fn tree(mut layer: Vec<Node>) -> Node {
    while layer.len() > 1 {
        layer = layer.chunks(2).map(|two| pair(&two[0], &two[1])).collect();
    }
    layer[0]
}

fn pair(left: &Node, right: &Node) -> Node {
    Sha256::new().chain_update(left).chain_update(right).finalize().into()
}

fn padded(bytes: &[u8]) -> Node {
    let mut node = [0; 32];
    node[..bytes.len()].copy_from_slice(bytes);
    node
}

fn framed(file: &str) -> Vec<Vec<u8>> {
    let bytes = vectors::read(&format!("{FOLDER}/{file}")).unwrap();
    beacon_api::split(&bytes, 64).unwrap().iter().map(|framed| framed.ssz.to_vec()).collect()
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let (wall, start) = (Instant::now(), on_processor());
    let result = run();
    let time = on_processor().zip(start).map_or_else(|| wall.elapsed(), |(end, start)| end.saturating_sub(start));
    (time, result)
}

/// Time that this thread was on a processor, where the kernel says so: the clock on the wall counts other programs as well.
fn on_processor() -> Option<Duration> {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    schedule.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

struct Times {
    median: Duration,
    least: Duration,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self { median: times[times.len() / 2], least: times[0] }
    }
}
