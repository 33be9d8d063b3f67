//! Recorded mainnet objects around the start of Electra (period 1422) and of periods 1571 to 1574.
use chain::conformance::bootstrap_slot;
use chain::{
    Account, AccountProof, AdvanceError, Advanced, BeaconHead, BootstrapError, Checkpoint, Mainnet, Message, Network,
    ProvenState, Slot, SszError, accept_checkpoint,
};
use serde_json::Value;

use crate::rpc_proof::RpcProof;
use crate::synthetic::{Client, NOTHING};
use crate::vectors;

const FOLDER: &str = "light-client/mainnet";
const NOW: u64 = 1_763_000_000;

fn bootstrap(slot: u64, root: &str) -> Option<Result<Client, BootstrapError>> {
    let network = Network::mainnet();
    let name = format!("{FOLDER}/bootstrap/eth_v1_beacon_light_client_bootstrap_0x{}.ssz", &root[..61]);
    let ssz = vectors::read(&name)?;
    let checkpoint = Checkpoint { slot: Slot(slot), root: hex::decode(root).unwrap().try_into().unwrap() };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network, network.time_of(Slot(slot))).unwrap();
    Some(Client::bootstrap(network, accepted, &ssz))
}

fn period_1422() -> Option<Client> {
    bootstrap(11_649_056, "b8758d4bd976e1b33e62937ed31a709dba0a855869641581bef3d2a48b527690").map(Result::unwrap)
}

/// The one update of a response: length, fork digest, SSZ.
fn update(path: &str) -> Vec<u8> {
    let bytes = vectors::read(&format!("{FOLDER}/{path}")).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(bytes.len() as u64, length + 8);
    bytes[12..].to_vec()
}

fn update_of(period: u64) -> Vec<u8> {
    update(&format!("updates/eth_v1_beacon_light_client_updates_start_period_{period}_count_1.ssz"))
}

#[test]
fn advances_through_the_first_period_of_electra() {
    let Some(mut client) = period_1422() else { return };
    let advanced = client.advance(Message::Update(&update_of(1_422)), NOW).unwrap();
    assert_eq!(advanced, Advanced { finalized: true, attested: true, committee: true });
    let head = client.finalized().unwrap();
    assert_eq!(head.slot(), Slot(11_651_008));
    assert_eq!(hex::encode(head.root()), "da9ac957971594d3775f148ca4c419cc89d008aee1d08fb85cd28be2264bbef3");
    assert_eq!(hex::encode(head.block_hash().unwrap()), "d4c1a04e15667a6a012075daee220cf04a052a3491632572bfb0e5d90736b4cb");
    let attested = client.attested().unwrap();
    assert_eq!(hex::encode(attested.root()), "1f7b12e4df5742dc5230f830c69ec667b422296392ffcd774ec74aefad94af42");
    // Six periods on, with none of the committees between.
    assert_eq!(client.advance(Message::Update(&update_of(1_428)), NOW), Err(AdvanceError::UnknownPeriod { period: 1_428 }));
}

/// The updates of a response: each with its length, and a fork digest that decides nothing.
fn framed(path: &str) -> Vec<Vec<u8>> {
    let bytes = vectors::read(&format!("{FOLDER}/{path}")).unwrap();
    let mut rest = bytes.as_slice();
    let mut updates = vec![];
    while let Some((length, after)) = rest.split_first_chunk::<8>() {
        let (chunk, after) = after.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap());
        updates.push(chunk[4..].to_vec());
        rest = after;
    }
    updates
}

/// Replays a chain that the executable specification has replayed: how many updates it took.
fn replay(name: &str) -> Option<usize> {
    let expected = vectors::json(&format!("{FOLDER}/expected_{name}.json"))?;
    let root: [u8; 32] = vectors::bytes(&expected["trusted_block_root"]).try_into().unwrap();
    let ssz = vectors::read(&format!("{FOLDER}/{}", expected["bootstrap"].as_str().unwrap())).unwrap();
    let network = Network::mainnet();
    let checkpoint = Checkpoint { slot: bootstrap_slot::<Mainnet>(&ssz).unwrap(), root };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network, network.time_of(checkpoint.slot)).unwrap();
    let mut client = Client::bootstrap(network.clone(), accepted, &ssz).unwrap();
    let head = |head: Option<BeaconHead>, expected: &Value| {
        let head = head.unwrap();
        assert_eq!(head.slot().0, expected["slot"].as_u64().unwrap());
        assert_eq!(head.root().to_vec(), vectors::bytes(&expected["beacon_root"]));
        assert_eq!(head.block_hash().unwrap().to_vec(), vectors::bytes(&expected["execution_block_hash"]));
    };
    let steps = expected["steps"].as_array().unwrap();
    for step in steps {
        let update =
            framed(step["file"].as_str().unwrap()).swap_remove(usize::try_from(step["index"].as_u64().unwrap()).unwrap());
        let now = network.time_of(Slot(step["current_slot"].as_u64().unwrap()));
        let wants = client.wants(now);
        match client.advance(Message::Update(&update), now) {
            Ok(_) => assert_eq!(step["ok"], true),
            Err(error) => assert_eq!(step["ok"], false, "{error}"),
        }
        if step["next_sync_committee_root"].is_null() {
            assert_eq!(client.wants(now), wants, "no committee was taken");
        }
        head(client.finalized(), &step["finalized_header"]);
        head(client.attested(), &step["optimistic_header"]);
    }
    Some(steps.len())
}

#[test]
fn replays_60_consecutive_periods_of_deneb() {
    assert!(matches!(replay("deneb_1347_1406"), None | Some(60)));
}

#[test]
fn replays_the_step_from_deneb_to_electra() {
    assert!(matches!(replay("deneb_to_electra_1421_1422"), None | Some(2)));
}

#[test]
fn replays_updates_that_must_not_rotate() {
    assert!(matches!(replay("electra_1573_1574"), None | Some(2)));
}

#[test]
fn every_recorded_bootstrap_holds() {
    let Some(index) = vectors::read(&format!("{FOLDER}/index.txt")) else { return };
    let index = String::from_utf8(index).unwrap();
    let mut held = 0;
    for root in index.lines().filter_map(|line| line.split_once(" root 0x")).map(|(_, rest)| &rest[..64]) {
        let path = format!("{FOLDER}/bootstrap/eth_v1_beacon_light_client_bootstrap_0x{}.ssz", &root[..61]);
        let Ok(ssz) = std::fs::read(vectors::folder().unwrap().join(&path)) else { continue };
        let slot = bootstrap_slot::<Mainnet>(&ssz).unwrap();
        bootstrap(slot.0, root).unwrap().unwrap();
        held += 1;
    }
    assert_eq!(held, 10);
}

#[test]
fn objects_of_deneb_are_none_of_electra_and_the_other_way_round() {
    let Some(mut client) = period_1422() else { return };
    // The slot says Electra, the branches have the depth of Deneb; and the other way round.
    let fork = |update: &[u8], slot: u64| {
        let mut moved = update.to_vec();
        let offset = usize::try_from(u32::from_le_bytes(moved[..4].try_into().unwrap())).unwrap();
        moved[offset..offset + 8].copy_from_slice(&slot.to_le_bytes());
        moved
    };
    for (period, slot) in [(1_421, 11_649_100), (1_422, 11_649_000)] {
        let moved = fork(&update_of(period), slot);
        assert_eq!(client.advance(Message::Update(&moved), NOW), Err(AdvanceError::Malformed(SszError::Offset)), "{period}");
    }
}

#[test]
fn updates_with_finality_in_the_previous_period_do_not_rotate() {
    let root = "994cb789313ae5c5aceab6854d2ee32d8d0883a138e82d018e1a1dc59c22ba32";
    let Some(client) = bootstrap(12_890_400, root) else { return };
    let mut client = client.unwrap();
    let (before, wants) = (client.finalized(), client.wants(NOW));
    for (period, expected) in [
        (1_571, Err(AdvanceError::UnknownPeriod { period: 1_571 })),
        (1_572, Err(AdvanceError::UnknownPeriod { period: 1_572 })),
        // Attested before the checkpoint and finalized in the period before: it holds, and there is nothing to take from it.
        (1_573, Ok(NOTHING)),
        (1_574, Err(AdvanceError::UnknownPeriod { period: 1_574 })),
    ] {
        let result = client.advance(Message::Update(&update(&format!("period_store/{period}.lcu.ssz"))), NOW);
        assert_eq!(result, expected, "{period}");
    }
    assert_eq!((client.finalized(), client.wants(NOW)), (before, wants));
}

#[test]
fn t34_an_update_of_another_network_is_not_signed_here() {
    let Some(_) = period_1422() else { return };
    let custom = chain::CustomNetwork {
        genesis_validators_root: [7; 32],
        genesis_time: 1_606_824_023,
        seconds_per_slot: 12,
        preset: chain::PresetName::Mainnet,
        forks: vec![(chain::Layout::Electra, [5, 0, 0, 0], 0)],
        ends: None,
    };
    let network = Network::custom(custom).unwrap();
    let root = "b8758d4bd976e1b33e62937ed31a709dba0a855869641581bef3d2a48b527690";
    let ssz = vectors::read(&format!("{FOLDER}/bootstrap/eth_v1_beacon_light_client_bootstrap_0x{}.ssz", &root[..61]));
    let checkpoint = Checkpoint { slot: Slot(11_649_056), root: hex::decode(root).unwrap().try_into().unwrap() };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network, network.time_of(checkpoint.slot)).unwrap();
    let mut client = Client::bootstrap(network, accepted, &ssz.unwrap()).unwrap();
    assert_eq!(client.advance(Message::Update(&update_of(1_422)), NOW), Err(AdvanceError::Signature));
}

/// From a checkpoint through an optimistic update to the balance that USDC's proxy and implementation would read.
#[test]
fn proves_real_accounts_under_a_real_header() {
    let mut slots = 0;
    for (case, slot) in [("eth_call_electra", 11_650_252), ("eth_getStorageAt_electra", 11_650_086)] {
        let Some(mut client) = period_1422() else { return };
        let path = format!("{FOLDER}/raw/{case}");
        let expected = vectors::json(&format!("{path}/e2e.json")).unwrap();
        let optimistic = vectors::read(&format!("{path}/optimistic_{slot}.ssz")).unwrap();
        client.advance(Message::Optimistic(&optimistic), NOW).unwrap();
        let block = &expected["blocks"][0];
        let head = client.attested().unwrap().connect(&vectors::bytes(&block["execution_header_rlp"])).unwrap();
        assert_eq!((head.slot(), head.root().to_vec()), (Slot(slot), vectors::bytes(&block["beacon_root"])));
        assert_eq!(head.state_root().to_vec(), vectors::bytes(&block["execution_state_root"]));
        assert_eq!(head.block_hash().to_vec(), vectors::bytes(&block["execution_block_hash"]));

        for entry in expected["proofs"].as_array().unwrap() {
            let file = entry["file"].as_str().unwrap();
            let proof = &vectors::json(&format!("{path}/{file}")).unwrap()["result"];
            let hash = proof["codeHash"].as_str().unwrap().trim_start_matches("0x");
            let code = (case == "eth_call_electra").then(|| vectors::read(&format!("{path}/code_{hash}")).unwrap());
            slots += check(ProvenState::new(head.clone()), proof, code.as_deref());
        }
    }
    assert_eq!(slots, 4);
}

/// How many slots were proven.
fn check(mut state: ProvenState, json: &Value, code: Option<&[u8]>) -> usize {
    let proof = RpcProof::new(json);
    let whole = proof.proof(code);
    for length in 0..whole.nodes.len() {
        let cut = AccountProof { nodes: whole.nodes[..length].to_vec(), ..whole.clone() };
        assert!(state.add(&cut).is_err(), "truncated to {length}");
    }
    state.add(&whole).unwrap();
    let Some(Account::Present { code_hash, storage_root, .. }) = state.account(proof.address) else { panic!("absent") };
    assert_eq!(code_hash.to_vec(), vectors::bytes(&json["codeHash"]));
    assert_eq!(storage_root.to_vec(), vectors::bytes(&json["storageHash"]));
    assert_eq!(state.code(&code_hash).as_deref(), code);
    proof.check_slots(&state)
}
