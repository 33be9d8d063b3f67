//! Running a receipt's decisions again from proofs alone: the contract runs here, as the enclave runs it, on state that hangs under the receipt's own
//! block hashes.
//!
//! A head that was orphaned is on no node for long. Who may have to defend a decision saves its proofs while they can be had ([`Saved`]); they are
//! worth something without anybody's word, because each is hashed up to the block hash that the receipt names.
//!
//! Out of scope: that the committee signed that head. The enclave says so in the receipt, under its attested writer key (`ledger verify`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use alloy_primitives::{Address, B256, Bytes, keccak256};
use anyhow::{Context, Result, bail, ensure};
use chain::{AccountProof, ExecutionHeader, Layout, StateUnder};
use policy::{Block, Machine, ViewCall, Viewed, Wanted, view_at};
use protocol::constitution::NetworkSpec;
use protocol::ledger::Head;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::chain::Node;
use crate::reexecution::{Checked, Finding, Question, Vault};

/// Version of the file.
const VERSION: u16 = 1;
/// Bytes of the file, at most.
const FILE: u64 = 64 << 20;
/// Questions to a node for one run, at most.
const ROUNDS: usize = 64;

/// Proofs of what a receipt's decisions read, at its heads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    version: u16,
    /// Block header in RLP, by its hash.
    headers: BTreeMap<B256, Bytes>,
    /// Accounts, by the hash of the block in whose state they are.
    accounts: BTreeMap<B256, Vec<SavedAccount>>,
}

/// An account as a node proves it (EIP-1186), and its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAccount {
    address: Address,
    proof: Vec<Bytes>,
    slots: BTreeMap<B256, Vec<Bytes>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Bytes>,
}

impl Saved {
    /// Reads a file.
    ///
    /// # Errors
    /// It can't be read, or holds no proofs.
    pub fn load(path: &Path) -> Result<Self> {
        let size = fs::metadata(path).with_context(|| format!("can't read {}", path.display()))?.len();
        ensure!(size <= FILE, "{} is larger than any proofs are", path.display());
        let saved: Self =
            serde_json::from_str(&fs::read_to_string(path)?).with_context(|| format!("{} holds no proofs", path.display()))?;
        ensure!(saved.version == VERSION, "{} has version {}, this program reads {VERSION}", path.display(), saved.version);
        Ok(saved)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// It can't be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string(self)?;
        fs::write(path, format!("{text}\n")).with_context(|| format!("can't write {}", path.display()))
    }

    /// Asks a node for everything that the decisions read. What it answers is checked by the way.
    ///
    /// # Errors
    /// The node does not have the receipt's blocks or their state any more, or proves something else.
    pub async fn fetch(checked: &Checked, vault: &Vault, network: &NetworkSpec, node: &Node) -> Result<Self> {
        let mut saved = Self { version: VERSION, headers: BTreeMap::new(), accounts: BTreeMap::new() };
        let machine = Machine::default();
        for head in &checked.heads {
            let hash = B256::from(*head.block_hash);
            let header = node.header(hash).await?;
            let mut place = Place::open(head, &header, network)?;
            saved.headers.insert(hash, header);
            for question in checked.questions.iter().filter(|question| question.hash == hash) {
                for round in 0.. {
                    let Viewed::Missing(wanted) = place.run(question, vault, &machine) else { break };
                    ensure!(round < ROUNDS, "the decision reads more than any may");
                    for account in ask(node, hash, &wanted).await? {
                        place.add(&account)?;
                        saved.accounts.entry(hash).or_default().push(account);
                    }
                }
            }
        }
        Ok(saved)
    }

    /// Runs every decision of the receipt on these proofs.
    ///
    /// # Errors
    /// A proof is not of the receipt's block.
    pub fn run(&self, checked: &Checked, vault: &Vault, network: &NetworkSpec) -> Result<Vec<Finding>> {
        let machine = Machine::default();
        let mut findings = Vec::new();
        let mut ran: Vec<(Address, B256)> = Vec::new();
        for head in &checked.heads {
            let hash = B256::from(*head.block_hash);
            let header = self.headers.get(&hash).with_context(|| format!("the proofs lack block {hash}"))?;
            let mut place = Place::open(head, header, network)?;
            for account in self.accounts.get(&hash).into_iter().flatten() {
                place.add(account)?;
            }
            findings.push(Finding { about: format!("block {}: header and state root", head.block_number), differs: None });
            for question in checked.questions.iter().filter(|question| question.hash == hash) {
                findings.push(match place.run(question, vault, &machine) {
                    Viewed::Output { data, touched: _, called } => {
                        ran.extend(called);
                        question.compare(Some(&data))
                    }
                    Viewed::Error(error) => {
                        Finding { about: question.about.clone(), differs: Some(format!("here it gives no answer: {error}")) }
                    }
                    Viewed::Missing(wanted) => {
                        bail!("the proofs lack {} accounts that {} reads", wanted.accounts.len(), question.about)
                    }
                });
            }
        }
        for (address, hash, _) in &checked.code {
            let differs = (!ran.contains(&(*address, *hash))).then(|| format!("{hash} did not run here"));
            findings.push(Finding { about: format!("code of {address}"), differs });
        }
        Ok(findings)
    }
}

/// A receipt's head with the state under it.
struct Place {
    block: Block,
    state: StateUnder,
}

impl Place {
    /// The header has to be that of the receipt's block, and its state root the receipt's.
    fn open(head: &Head, header: &[u8], network: &NetworkSpec) -> Result<Self> {
        ensure!(
            keccak256(header) == B256::from(*head.block_hash),
            "a header is not that of the receipt's block {}",
            head.block_number
        );
        let header = ExecutionHeader::decode(header).context("a header is malformed")?;
        let same = header.state_root == *head.state_root && header.number == head.block_number;
        ensure!(same, "block {} is another than the receipt says: its state root or number differs", head.block_number);
        let layout = layout(network, head.slot).context("the network has no fork that is known at the receipt's slot")?;
        let block = Block { number: header.number, timestamp: header.timestamp, layout };
        Ok(Self { block, state: StateUnder::new(header.state_root) })
    }

    fn add(&mut self, account: &SavedAccount) -> Result<()> {
        let nodes = |nodes: &'_ [Bytes]| nodes.iter().map(Bytes::clone).collect::<Vec<_>>();
        let (proof, slots): (Vec<Bytes>, Vec<(B256, Vec<Bytes>)>) =
            (nodes(&account.proof), account.slots.iter().map(|(slot, proof)| (*slot, nodes(proof))).collect());
        let proof = AccountProof {
            address: account.address.into(),
            nodes: proof.iter().map(AsRef::as_ref).collect(),
            slots: slots.iter().map(|(slot, nodes)| (slot.0, nodes.iter().map(AsRef::as_ref).collect())).collect(),
            code: account.code.as_deref().map(AsRef::as_ref),
        };
        self.state.add(&proof).with_context(|| format!("the proof of {} is not under the receipt's state root", account.address))
    }

    fn run(&self, question: &Question, vault: &Vault, machine: &Machine) -> Viewed {
        let Question { to, data, gas, .. } = question;
        let call = ViewCall { from: Address::ZERO, to: *to, data: data.clone(), gas: *gas, chain_id: vault.chain_id };
        view_at(&self.block, &self.state, &call, machine)
    }
}

/// The layout of the fork at a slot, which names the rules of the EVM.
fn layout(network: &NetworkSpec, slot: u64) -> Option<Layout> {
    match network {
        NetworkSpec::Known { chain_id } => chain::Network::known(*chain_id)?.layout_at(chain::Slot(slot)),
        NetworkSpec::Custom { forks, preset, .. } => {
            let epoch = slot / chain::PresetName::try_from(*preset).ok()?.slots_per_epoch();
            let fork = forks.iter().rfind(|fork| fork.epoch <= epoch)?;
            Layout::try_from(fork.layout).ok()
        }
    }
}

/// Proofs of these accounts, and their code where it is wanted.
async fn ask(node: &Node, hash: B256, wanted: &Wanted) -> Result<Vec<SavedAccount>> {
    let at = json!({ "blockHash": hash });
    let mut accounts = Vec::new();
    for (address, wanted) in &wanted.accounts {
        let slots: Vec<B256> = wanted.slots.iter().copied().collect();
        let answer = node.ask("eth_getProof", json!([address, slots, at])).await?;
        let nodes = |value: &Value| serde_json::from_value::<Vec<Bytes>>(value.clone()).context("the node's proof is malformed");
        let proofs = answer["storageProof"].as_array().context("the node's proof has no slots")?;
        ensure!(proofs.len() == slots.len(), "the node proves other slots than it was asked for");
        let slots =
            slots.into_iter().zip(proofs).map(|(slot, proof)| Ok((slot, nodes(&proof["proof"])?))).collect::<Result<_>>()?;
        let code = if wanted.code {
            Some(
                serde_json::from_value(node.ask("eth_getCode", json!([address, at])).await?)
                    .context("the node's code is malformed")?,
            )
        } else {
            None
        };
        accounts.push(SavedAccount { address: *address, proof: nodes(&answer["accountProof"])?, slots, code });
    }
    Ok(accounts)
}
