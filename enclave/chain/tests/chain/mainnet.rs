//! Recorded mainnet objects around the start of Electra (period 1422) and of periods 1571 to 1574.
use chain::{
    Account, AccountProof, AdvanceError, Advanced, BootstrapError, Checkpoint, Message, Network, ProvenState, Slot,
    accept_checkpoint,
};
use serde_json::Value;

use crate::rpc_proof::RpcProof;
use crate::synthetic::Client;
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

#[test]
fn refuses_deneb_objects() {
    let slot = 11_640_864;
    let Some(result) = bootstrap(slot, "d9717ecc253684291f828688f311ba74d05af74c31654f6e14077669fca62f6a") else {
        return;
    };
    assert_eq!(result.unwrap_err(), BootstrapError::UnsupportedFork { slot: Slot(slot) });
    let mut client = period_1422().unwrap();
    let error = client.advance(Message::Update(&update_of(1_421)), NOW).unwrap_err();
    assert_eq!(error, AdvanceError::UnsupportedFork { slot: Slot(11_641_017) });
}

#[test]
fn updates_with_finality_in_the_previous_period_do_not_rotate() {
    let root = "994cb789313ae5c5aceab6854d2ee32d8d0883a138e82d018e1a1dc59c22ba32";
    let Some(client) = bootstrap(12_890_400, root) else { return };
    let mut client = client.unwrap();
    let (before, wants) = (client.finalized(), client.wants(NOW));
    for (period, expected) in [
        (1_571, AdvanceError::UnknownPeriod { period: 1_571 }),
        (1_572, AdvanceError::UnknownPeriod { period: 1_572 }),
        // Attested before the checkpoint and finalized in the period before: nothing to take from it.
        (1_573, AdvanceError::NotNewer),
        (1_574, AdvanceError::UnknownPeriod { period: 1_574 }),
    ] {
        let error = client.advance(Message::Update(&update(&format!("period_store/{period}.lcu.ssz"))), NOW).unwrap_err();
        assert_eq!(error, expected, "{period}");
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
