//! A locally run chain: Electra from genesis, Fulu from epoch 300, six seconds a slot, real state transitions.
use chain::{
    Account, Advanced, AnyLightClient, Checkpoint, CustomNetwork, Layout, Message, Network, PresetName, ProvenState, Slot,
    accept_checkpoint,
};
use serde_json::Value;

use crate::rpc_proof::RpcProof;
use crate::synthetic::{Client, NOTHING};
use crate::{payload, vectors};

const FOLDER: &str = "light-client/local/mini-electra-fulu-mainnet";

fn file(name: &str) -> Option<Vec<u8>> {
    vectors::read(&format!("{FOLDER}/{name}"))
}

fn json(name: &str) -> Option<Value> {
    vectors::json(&format!("{FOLDER}/{name}"))
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    vectors::bytes(value).try_into().unwrap()
}

fn network(genesis: &Value, spec: &Value) -> Network {
    let fork = |layout, name: &str| {
        let epoch = spec[format!("{name}_FORK_EPOCH")].as_str().unwrap().parse().unwrap();
        (layout, array(&spec[format!("{name}_FORK_VERSION")]), epoch)
    };
    Network::custom(CustomNetwork {
        genesis_validators_root: array(&genesis["genesis_validators_root"]),
        genesis_time: genesis["genesis_time"].as_u64().unwrap(),
        seconds_per_slot: spec["SECONDS_PER_SLOT"].as_str().unwrap().parse().unwrap(),
        preset: if spec["PRESET_BASE"] == "minimal" { PresetName::Minimal } else { PresetName::Mainnet },
        forks: vec![
            fork(Layout::Altair, "ALTAIR"),
            fork(Layout::Bellatrix, "BELLATRIX"),
            fork(Layout::Capella, "CAPELLA"),
            fork(Layout::Deneb, "DENEB"),
            fork(Layout::Electra, "ELECTRA"),
            fork(Layout::Fulu, "FULU"),
        ],
        ends: None,
    })
    .unwrap()
}

#[test]
fn follows_a_local_chain_to_a_proof_at_its_finalized_block() {
    let (Some(genesis), Some(spec)) = (json("genesis.json"), json("spec.json")) else { return };
    let network = network(&genesis, &spec);
    let now = network.time_of(Slot(genesis["current_slot"].as_u64().unwrap()));
    let slot = Slot(genesis["trusted_slot"].as_u64().unwrap());
    let checkpoint = Checkpoint { slot, root: array(&genesis["trusted_block_root"]) };
    let checkpoint = accept_checkpoint(checkpoint, 1, 1, &network, now).unwrap();
    let mut client = Client::bootstrap(network, checkpoint, &file("bootstrap.ssz").unwrap()).unwrap();
    for (name, finalized, attested) in
        [("update_0.ssz", 64, 139), ("update_1.ssz", 8_256, 8_329), ("update_2.ssz", 16_448, 16_519)]
    {
        let advanced = client.advance(Message::Update(&file(name).unwrap()), now).unwrap();
        assert_eq!(advanced, Advanced { finalized: true, attested: true, committee: true });
        assert_eq!(crate::synthetic::slots(&client), (finalized, attested));
    }
    let proof = json("eth_getProof.json").unwrap();
    let update = json("finality_update.json").unwrap();
    let header = payload::execution_header(&update["data"]["finalized_header"]);
    let head = client.finalized().unwrap().connect(&header).unwrap();
    assert_eq!(head.block_number(), proof["block_number"].as_u64().unwrap());
    assert_eq!(head.block_hash(), array::<32>(&proof["block_hash"]));

    let code = vectors::bytes(&proof["code"]);
    let proof = RpcProof::new(&proof["proof"]);
    let mut state = ProvenState::new(head);
    state.add(&proof.proof(Some(&code))).unwrap();
    assert!(matches!(state.account(proof.address), Some(Account::Present { nonce: 1, .. })));
    assert_eq!(proof.check_slots(&state), 3);
}

#[test]
fn follows_a_chain_of_the_minimal_preset_over_the_fork_to_fulu() {
    const FOLDER: &str = "light-client/local/mini-electra-fulu-minimal";
    let (Some(genesis), Some(spec)) =
        (vectors::json(&format!("{FOLDER}/genesis.json")), vectors::json(&format!("{FOLDER}/spec.json")))
    else {
        return;
    };
    let file = |name: &str| vectors::read(&format!("{FOLDER}/{name}")).unwrap();
    let network = network(&genesis, &spec);
    assert_eq!(network.preset(), PresetName::Minimal);
    let now = network.time_of(Slot(genesis["current_slot"].as_u64().unwrap()));
    let checkpoint =
        Checkpoint { slot: Slot(genesis["trusted_slot"].as_u64().unwrap()), root: array(&genesis["trusted_block_root"]) };
    let checkpoint = accept_checkpoint(checkpoint, 1, 1, &network, now).unwrap();
    let mut client = AnyLightClient::bootstrap(network, checkpoint, &file("bootstrap.ssz")).unwrap();
    for period in 0..4 {
        assert!(client.advance(Message::Update(&file(&format!("update_{period}.ssz"))), now).unwrap().any());
    }
    assert_eq!(client.advance(Message::Finality(&file("finality_update.ssz")), now), Ok(NOTHING));
    let head = client.finalized().unwrap();
    assert_eq!((head.slot(), head.layout()), (Slot(200), Layout::Fulu));
    let proof = vectors::json(&format!("{FOLDER}/eth_getProof.json")).unwrap();
    assert_eq!(head.block_hash(), Some(array(&proof["block_hash"])));
}

#[test]
fn heads_alone_carry_it_from_the_period_before() {
    let (Some(genesis), Some(spec)) = (json("genesis.json"), json("spec.json")) else { return };
    let network = network(&genesis, &spec);
    let now = network.time_of(Slot(genesis["current_slot"].as_u64().unwrap()));
    let slot = Slot(genesis["trusted_slot"].as_u64().unwrap());
    let checkpoint = Checkpoint { slot, root: array(&genesis["trusted_block_root"]) };
    let checkpoint = accept_checkpoint(checkpoint, 1, 1, &network, now).unwrap();
    let mut client = Client::bootstrap(network, checkpoint, &file("bootstrap.ssz").unwrap()).unwrap();
    for name in ["update_0.ssz", "update_1.ssz"] {
        client.advance(Message::Update(&file(name).unwrap()), now).unwrap();
    }
    let advanced = client.advance(Message::Optimistic(&file("optimistic_update.ssz").unwrap()), now).unwrap();
    assert_eq!(advanced, Advanced { finalized: false, attested: true, committee: false });
    let advanced = client.advance(Message::Finality(&file("finality_update.ssz").unwrap()), now).unwrap();
    assert_eq!(advanced, Advanced { finalized: true, attested: false, committee: false });
    assert_eq!(crate::synthetic::slots(&client), (16_448, 16_519));
}
