//! The light client and the proven state that the enclave runs, without an enclave around them: what they find is told, and why they refuse.

use alloy_primitives::{Address, B256, Bytes};
use anyhow::{Context, Result, bail};
use chain::{
    AccountProof, AnyLightClient, BeaconHead, Checkpoint, CustomNetwork, Layout, Message, Network, PresetName, ProvenState, Slot,
    Wants,
};
use client::verify::now;
use protocol::constitution::NetworkSpec;
use serde_json::{Value, json};

use super::nodes::Api;

/// A light client with the nodes that it asks.
#[derive(Debug)]
pub struct Follower {
    /// The light client.
    pub client: AnyLightClient,
    /// Whom it asks.
    pub api: Api,
}

impl Follower {
    /// Starts from a block and catches up by updates. What is refused there is skipped, as the vault does.
    ///
    /// # Errors
    /// The nodes don't answer, or the bootstrap is refused.
    pub async fn start(api: Api, network: NetworkSpec, slot: u64, root: B256) -> Result<Self> {
        let network = read(network)?;
        let accepted = chain::accept_checkpoint(Checkpoint { slot: Slot(slot), root: root.0 }, 1, 1, &network, now()?)?;
        let bootstrap = api.ssz(&format!("bootstrap/{root}")).await?;
        let mut client = AnyLightClient::bootstrap(network, accepted, &bootstrap)?;
        while let Wants::Updates { period, count } = client.wants(now()?) {
            let updates = api.ssz(&format!("updates?start_period={period}&count={count}")).await?;
            let now = now()?;
            if framed(&updates).filter(|update| client.advance(Message::Update(update), now).is_ok()).count() == 0 {
                break;
            }
        }
        Ok(Self { client, api })
    }

    /// Takes the newest heads.
    ///
    /// # Errors
    /// The nodes don't answer, or a head is refused.
    pub async fn heads(&mut self) -> Result<()> {
        let finality = self.api.ssz("finality_update").await?;
        self.client.advance(Message::Finality(&finality), now()?)?;
        Ok(())
    }

    /// The state of a head, with an account and slots of it proven.
    ///
    /// # Errors
    /// The nodes don't answer, or what they answer does not hold.
    pub async fn state(&self, head: BeaconHead, address: Address, slots: &[B256]) -> Result<ProvenState> {
        let hash = head.block_hash().map(B256::from).context("the head names no execution block")?;
        let block = self.api.eth("eth_getBlockByHash", json!([hash, false])).await?;
        let number = block.get("number").context("no number")?;
        let header: Bytes = serde_json::from_value(self.api.eth("debug_getRawHeader", json!([number])).await?)?;
        let mut state = ProvenState::new(head.connect(&header)?);
        let answer = self.api.eth("eth_getProof", json!([address, slots, number])).await?;
        let account = nodes(&answer, "accountProof")?;
        let storage = answer.get("storageProof").and_then(Value::as_array).context("no storage proof")?;
        let storage = storage.iter().map(|slot| nodes(slot, "proof")).collect::<Result<Vec<_>>>()?;
        state.add(&AccountProof {
            address: address.into(),
            nodes: slices(&account),
            slots: slots.iter().zip(&storage).map(|(slot, nodes)| (slot.0, slices(nodes))).collect(),
            code: None,
        })?;
        Ok(state)
    }
}

fn nodes(answer: &Value, name: &str) -> Result<Vec<Bytes>> {
    Ok(serde_json::from_value(answer.get(name).context("no proof")?.clone())?)
}

fn slices(nodes: &[Bytes]) -> Vec<&[u8]> {
    nodes.iter().map(AsRef::as_ref).collect()
}

/// What the beacon API's `updates` frames: [length of the rest, little-endian u64][fork digest][SSZ], repeated.
fn framed(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (update, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        bytes = rest;
        update.get(4..)
    })
}

fn read(network: NetworkSpec) -> Result<Network> {
    let NetworkSpec::Custom { chain_id: _, genesis_validators_root, genesis_time, seconds_per_slot, forks, preset } = network
    else {
        bail!("not a custom network");
    };
    let forks = forks.iter().map(|fork| Ok((Layout::try_from(fork.layout)?, fork.version, fork.epoch)));
    let (preset, forks) = (PresetName::try_from(preset)?, forks.collect::<Result<_>>()?);
    let ends = None;
    Ok(Network::custom(CustomNetwork { genesis_validators_root, genesis_time, seconds_per_slot, preset, forks, ends })?)
}
