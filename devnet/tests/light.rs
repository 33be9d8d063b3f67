//! What the devnet chain makes is what the `chain` crate accepts: two implementations that share no code.

use alloy_primitives::{B256, Bytes, U256, keccak256};
use chain::{
    Account, AccountProof, AdvanceError, BeaconHead, Checkpoint, CustomNetwork, Layout, LightClient, Mainnet, Message, Network,
    PresetName, ProvenState, Slot, VerifiedHead, Wants,
};
use devnet::chain::{Config, Devnet, SLOTS_PER_PERIOD};
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;

fn network(config: &Config) -> Network {
    Network::custom(CustomNetwork {
        genesis_validators_root: config.genesis_validators_root,
        genesis_time: config.genesis_time,
        seconds_per_slot: config.seconds_per_slot,
        preset: PresetName::Mainnet,
        forks: vec![(Layout::Fulu, config.fork_version, 0)],
        ends: None,
    })
    .unwrap()
}

/// A client that starts at the newest finalized block.
fn client(devnet: &Devnet) -> LightClient<Mainnet> {
    let finalized = devnet.finalized();
    let network = network(&devnet.config());
    let checkpoint = Checkpoint { slot: Slot(finalized.slot), root: finalized.root.0 };
    let accepted = chain::accept_checkpoint(checkpoint, 1, 1, &network, now(devnet)).unwrap();
    LightClient::bootstrap(network, accepted, &devnet.bootstrap(finalized.root).unwrap()).unwrap()
}

fn now(devnet: &Devnet) -> u64 {
    devnet.head().timestamp
}

/// Asks for what the client wants and applies it.
fn follow(client: &mut LightClient<Mainnet>, devnet: &Devnet) {
    let now = now(devnet);
    if let Wants::Updates { period, count } = client.wants(now) {
        for update in devnet.updates(period, count) {
            client.advance(Message::Update(&update), now).unwrap();
        }
    }
    for (result, what) in [
        (client.advance(Message::Finality(&devnet.finality_update()), now), "finality"),
        (client.advance(Message::Optimistic(&devnet.optimistic_update()), now), "optimistic"),
    ] {
        if let Err(error) = result {
            assert!(matches!(error, AdvanceError::NotNewer), "{what}: {error}");
        }
    }
    let (finalized, attested) = (devnet.finalized(), devnet.attested());
    let head = connected(devnet, client.finalized());
    assert_eq!((head.slot().0, head.root(), head.block_hash()), (finalized.slot, finalized.root.0, finalized.hash.0));
    assert_eq!(head.state_root(), finalized.state_root.0);
    let head = connected(devnet, client.attested());
    assert_eq!((head.slot().0, head.root(), head.block_hash()), (attested.slot, attested.root.0, attested.hash.0));
    assert_eq!((head.block_number(), head.timestamp()), (attested.number, attested.timestamp));
}

/// The head with its execution block.
fn connected(devnet: &Devnet, head: Option<BeaconHead>) -> VerifiedHead {
    let head = head.unwrap();
    let header = devnet.execution_header(head.block_hash().unwrap().into()).unwrap();
    head.connect(&header).unwrap()
}

/// A chain whose present is `slot`.
fn at_slot(slot: u64) -> Devnet {
    let mut config = Config::new(NOW);
    config.genesis_time = NOW - slot * config.seconds_per_slot;
    Devnet::new(config, NOW).unwrap()
}

#[test]
fn the_light_client_follows_every_slot_across_a_period() {
    let devnet = at_slot(SLOTS_PER_PERIOD - 12);
    let mut client = client(&devnet);
    for _ in 0..24 {
        devnet.step().unwrap();
        follow(&mut client, &devnet);
    }
    assert_eq!(client.finalized().unwrap().slot().0 / SLOTS_PER_PERIOD, 1);
}

#[test]
fn the_light_client_follows_a_jump_over_many_periods() {
    let devnet = at_slot(100);
    let mut client = client(&devnet);
    follow(&mut client, &devnet);
    let later = NOW + 7 * SLOTS_PER_PERIOD * devnet.config().seconds_per_slot;
    devnet.tick(later).unwrap().unwrap();
    devnet.steps(8).unwrap();
    let begin = devnet.head().slot / SLOTS_PER_PERIOD;
    assert_eq!(begin, 7);
    follow(&mut client, &devnet);
}

#[test]
fn empty_slots_are_followed() {
    let devnet = at_slot(100);
    let mut client = client(&devnet);
    for gap in [1, 2, 7, 40, 3] {
        let now = devnet.head().timestamp + gap;
        assert_eq!(devnet.tick(now).unwrap().unwrap().slot, devnet.attested().slot + gap);
        assert_eq!(devnet.tick(now).unwrap(), None);
        follow(&mut client, &devnet);
    }
}

#[test]
fn as_few_signers_as_342_are_enough_and_341_are_not() {
    let devnet = at_slot(100);
    let mut client = client(&devnet);
    follow(&mut client, &devnet);
    devnet.faults(|faults| faults.participants = 342);
    devnet.step().unwrap();
    follow(&mut client, &devnet);
    devnet.faults(|faults| faults.participants = 341);
    devnet.step().unwrap();
    let now = now(&devnet);
    let few = client.advance(Message::Optimistic(&devnet.optimistic_update()), now).unwrap_err();
    assert!(matches!(few, AdvanceError::TooFewSigners { signers: 341 }), "{few}");
    client.advance(Message::Finality(&devnet.finality_update()), now).unwrap_err();
    devnet.faults(|faults| faults.participants = 512);
    devnet.step().unwrap();
    follow(&mut client, &devnet);
}

#[test]
fn a_frozen_or_stale_chain_shows_nothing_new() {
    let devnet = at_slot(100);
    let head = devnet.head();
    devnet.faults(|faults| faults.frozen = true);
    assert_eq!(devnet.tick(NOW + 50).unwrap(), None);
    devnet.step().unwrap_err();
    assert_eq!(devnet.head(), head);
    devnet.faults(|faults| faults.frozen = false);
    let update = devnet.optimistic_update();
    devnet.steps(3).unwrap();
    assert_ne!(devnet.optimistic_update(), update);
    devnet.faults(|faults| faults.stale_slots = 3);
    assert_eq!(devnet.optimistic_update(), update);
}

#[test]
fn proofs_stand_under_a_verified_head() {
    let devnet = at_slot(100);
    let mut client = client(&devnet);
    let registry = devnet.contracts().store_registry;
    follow(&mut client, &devnet);
    let head = connected(&devnet, client.finalized());
    // Both an account with code and slots, and one that isn't there.
    let absent = alloy_primitives::Address::repeat_byte(0x99);
    let mut state = ProvenState::new(head.clone());
    let code = devnet.code(registry);
    let slots = [B256::ZERO, B256::from(U256::from(77))];
    for (address, code) in [(registry, Some(code.as_ref())), (absent, None)] {
        let number = format!("{:#x}", head.block_number());
        let params = json!([address, slots, number]);
        let answer = devnet.rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getProof", "params": params}));
        let proof = &answer["result"];
        let account = nodes(&proof["accountProof"]);
        let storage: Vec<Vec<Bytes>> = (0..2).map(|index| nodes(&proof["storageProof"][index]["proof"])).collect();
        let slots = slots.iter().zip(&storage).map(|(slot, nodes)| (slot.0, nodes.iter().map(AsRef::as_ref).collect()));
        let proof = AccountProof {
            address: address.into(),
            nodes: account.iter().map(AsRef::as_ref).collect(),
            slots: if code.is_some() { slots.collect() } else { Vec::new() },
            code,
        };
        state.add(&proof).unwrap();
    }
    assert_eq!(state.account(absent.into()), Some(Account::Absent));
    let Some(Account::Present { code_hash, nonce, .. }) = state.account(registry.into()) else { panic!("absent") };
    assert_eq!((code_hash, nonce), (keccak256(&code).0, 1));
    for slot in slots {
        let params = json!([registry, slot, "latest"]);
        let answer = devnet.rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getStorageAt", "params": params}));
        let value: B256 = answer["result"].as_str().unwrap().parse().unwrap();
        assert_eq!(state.slot(registry.into(), slot.0), Some(value.0));
    }
}

fn nodes(proof: &Value) -> Vec<Bytes> {
    proof.as_array().unwrap().iter().map(|node| node.as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn the_beacon_api_serves_ssz_and_json() {
    let devnet = at_slot(100);
    devnet.faults(|faults| faults.frozen = true);
    let any = "127.0.0.1:0".parse().unwrap();
    let served = devnet.serve(any, any, 0).await.unwrap();
    let http = reqwest::Client::new();
    let get = async |path: &str, accept: &str| {
        let url = format!("{}/eth/v1/beacon/{path}", served.beacon_url);
        http.get(url).header("accept", accept).send().await.unwrap()
    };
    let ssz = "application/octet-stream;q=1,application/json;q=0.9";
    let head: Value = get("headers/finalized", "application/json").await.json().await.unwrap();
    let root: B256 = head["data"]["root"].as_str().unwrap().parse().unwrap();
    assert_eq!(root, devnet.finalized().root);
    let bootstrap = get(&format!("light_client/bootstrap/{root}"), ssz).await;
    assert_eq!(bootstrap.headers()["eth-consensus-version"], "fulu");
    assert_eq!(bootstrap.bytes().await.unwrap(), devnet.bootstrap(root).unwrap());
    assert_eq!(get("light_client/finality_update", ssz).await.bytes().await.unwrap(), devnet.finality_update());
    assert_eq!(get("light_client/optimistic_update", ssz).await.bytes().await.unwrap(), devnet.optimistic_update());
    let framed = get("light_client/updates?start_period=0&count=4", ssz).await.bytes().await.unwrap();
    let update = &devnet.updates(0, 4)[0];
    assert_eq!(framed.len(), update.len() + 12);
    assert_eq!(framed[..8], (update.len() as u64 + 4).to_le_bytes());
    assert_eq!(&framed[12..], update);
    let json: Value = get("light_client/updates?start_period=0&count=1", "application/json").await.json().await.unwrap();
    let committee = &json[0]["data"]["next_sync_committee"]["pubkeys"];
    assert_eq!((&json[0]["version"], committee.as_array().unwrap().len()), (&json!("fulu"), 512));
    let genesis: Value = get("genesis", "application/json").await.json().await.unwrap();
    assert_eq!(genesis["data"]["genesis_time"], devnet.config().genesis_time.to_string());
    assert_eq!(get(&format!("light_client/bootstrap/{}", B256::ZERO), ssz).await.status(), 404);
    devnet.faults(|faults| faults.beacon_down = true);
    assert_eq!(get("genesis", ssz).await.status(), 503);
}

#[test]
fn the_constitution_names_what_was_deployed() {
    let devnet = at_slot(100);
    let accounts = devnet.accounts();
    let constitution = devnet.constitution(&[4; 65], accounts.admin.address, accounts.signer.address);
    let read = protocol::constitution::Constitution::read(&constitution.to_bytes()).unwrap();
    let code = &contracts_bindings::StoreRegistry::DEPLOYED_BYTECODE;
    assert_eq!(read.store_registry.code_hash, contracts_bindings::runtime_code_hash(code).0);
    assert_eq!(read.store_registry.address, devnet.contracts().store_registry);
    let signed = devnet.signed_checkpoint(&accounts.signer, read.vault_id()).unwrap();
    assert_eq!(*signed.checkpoint.root, devnet.finalized().root.0);
}
