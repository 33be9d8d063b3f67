//! A beacon chain of two blocks with a committee of 512, so that heads come from the light client and from nowhere else.

use std::sync::OnceLock;

use alloy_primitives::keccak256;
use blst::min_pk::{AggregatePublicKey, PublicKey, SecretKey};
use chain::{
    Checkpoint, CustomNetwork, Layout, LightClient, Mainnet, Message, Network, PresetName, Slot, VerifiedHead, accept_checkpoint,
};
use sha2::{Digest, Sha256};

const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const VERSION: [u8; 4] = [6, 0, 0, 0];
const VALIDATORS_ROOT: [u8; 32] = [0x77; 32];
const ZERO: [u8; 32] = [0; 32];
/// Unix seconds of the genesis of [`network`].
pub(crate) const GENESIS: u64 = 1_800_000_000;

/// What a test says about a block.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) slot: u64,
    pub(crate) state_root: [u8; 32],
}

impl Block {
    pub(crate) const fn time(&self) -> u64 {
        GENESIS + 12 * self.slot
    }

    pub(crate) const fn number(&self) -> u64 {
        self.slot + 100
    }
}

pub(crate) fn network(layout: Layout) -> Network {
    Network::custom(CustomNetwork {
        genesis_validators_root: VALIDATORS_ROOT,
        genesis_time: GENESIS,
        seconds_per_slot: 12,
        preset: PresetName::Mainnet,
        forks: vec![(layout, VERSION, 0)],
        ends: None,
    })
    .unwrap()
}

/// The finalized head by a bootstrap, the attested head by an optimistic update; the same head if the slots are the same.
pub(crate) fn heads(layout: Layout, finalized: Block, attested: Block) -> (VerifiedHead, VerifiedHead) {
    let network = network(layout);
    let now = attested.time() + 12;
    let (header, root) = header(&finalized);
    let checkpoint = Checkpoint { slot: Slot(finalized.slot), root };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network, now).unwrap();
    let mut client = LightClient::<Mainnet>::bootstrap(network, accepted, &bootstrap(&header)).unwrap();
    if attested.slot != finalized.slot {
        client.advance(Message::Optimistic(&optimistic(&attested)), now).unwrap();
    }
    let finalized_head = client.finalized().unwrap().connect(&execution_header(&finalized)).unwrap();
    let attested_head = client.attested().unwrap().connect(&execution_header(&attested)).unwrap();
    (finalized_head, attested_head)
}

fn bootstrap(header: &[u8]) -> Vec<u8> {
    let branch = [ZERO; 6].concat();
    [&24_820u32.to_le_bytes(), committee().bytes.as_slice(), &branch, header].concat()
}

fn optimistic(attested: &Block) -> Vec<u8> {
    let (header, root) = header(attested);
    let mut version = ZERO;
    version[..4].copy_from_slice(&VERSION);
    let mut domain = ZERO;
    domain[..4].copy_from_slice(&[7, 0, 0, 0]);
    domain[4..].copy_from_slice(&pair(&version, &VALIDATORS_ROOT)[..28]);
    let signature = committee().sum.sign(&pair(&root, &domain), DST, &[]).compress();
    [&172u32.to_le_bytes(), [0xff; 64].as_slice(), &signature, &(attested.slot + 1).to_le_bytes(), &header].concat()
}

struct Committee {
    bytes: Vec<u8>,
    root: [u8; 32],
    /// The sum of the members' keys signs as all of them do.
    sum: SecretKey,
}

/// The members' secret keys are 1 to 512.
fn committee() -> &'static Committee {
    static COMMITTEE: OnceLock<Committee> = OnceLock::new();
    COMMITTEE.get_or_init(|| {
        let keys: Vec<PublicKey> = (1..=512).map(|number| secret(number).sk_to_pk()).collect();
        let all: Vec<&PublicKey> = keys.iter().collect();
        let aggregate = AggregatePublicKey::aggregate(&all, false).unwrap().to_public_key().compress();
        let compressed: Vec<[u8; 48]> = keys.iter().map(PublicKey::compress).collect();
        let root = pair(&tree(compressed.iter().map(key_root).collect(), 9), &key_root(&aggregate));
        let mut bytes = compressed.concat();
        bytes.extend(aggregate);
        Committee { bytes, root, sum: secret(512 * 513 / 2) }
    })
}

fn secret(number: u32) -> SecretKey {
    let mut bytes = ZERO;
    bytes[28..].copy_from_slice(&number.to_be_bytes());
    SecretKey::deserialize(&bytes).unwrap()
}

/// `LightClientHeader` and the root of its block. Everything beside what is asked for is zero, the branches too.
fn header(block: &Block) -> (Vec<u8>, [u8; 32]) {
    let execution = execution(block);
    let body_root = fold(execution_root(block), 9, 4);
    let state_root = fold(committee().root, 22, 6);
    let proposer = 0u64;
    let fields = [number(block.slot), number(proposer), ZERO, state_root, body_root];
    let bytes = [
        block.slot.to_le_bytes().as_slice(),
        &proposer.to_le_bytes(),
        &ZERO,
        &state_root,
        &body_root,
        &244u32.to_le_bytes(),
        &[0; 4 * 32],
        &execution,
    ]
    .concat();
    (bytes, tree(fields.to_vec(), 3))
}

fn execution(block: &Block) -> Vec<u8> {
    [
        [0; 32 + 20].as_slice(),
        &block.state_root,
        &[0; 32 + 256 + 32],
        &block.number().to_le_bytes(),
        &[0; 8 + 8],
        &block.time().to_le_bytes(),
        &584u32.to_le_bytes(),
        &ZERO,
        keccak256(execution_header(block)).as_slice(),
        &[0; 2 * 32 + 8 + 8],
    ]
    .concat()
}

fn execution_root(block: &Block) -> [u8; 32] {
    let mut leaves = vec![ZERO; 17];
    leaves[2] = block.state_root;
    leaves[4] = tree(vec![ZERO; 8], 3);
    leaves[6] = number(block.number());
    leaves[9] = number(block.time());
    leaves[10] = pair(&ZERO, &ZERO);
    leaves[12] = keccak256(execution_header(block)).0;
    tree(leaves, 5)
}

/// RLP of the execution block's header. Everything beside what is asked for is zero.
fn execution_header(block: &Block) -> Vec<u8> {
    let (number, time) = (alloy_rlp::encode(block.number()), alloy_rlp::encode(block.time()));
    let hash = |hash: [u8; 32]| alloy_rlp::encode(alloy_primitives::B256::from(hash));
    let zeros = |length: usize| alloy_rlp::encode(vec![0u8; length].as_slice());
    let (none, zero) = (zeros(0), hash(ZERO));
    let fields = [
        [zero.clone(), zero.clone(), zeros(20), hash(block.state_root), zero.clone(), zero.clone(), zeros(256)].concat(),
        [none.clone(), number, none.clone(), none.clone(), time, none.clone(), zero.clone(), zeros(8), none, zero].concat(),
    ]
    .concat();
    let mut bytes = Vec::new();
    alloy_rlp::Header { list: true, payload_length: fields.len() }.encode(&mut bytes);
    bytes.extend(fields);
    bytes
}

fn pair(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(left).chain_update(right).finalize().into()
}

fn number(value: u64) -> [u8; 32] {
    let mut leaf = ZERO;
    leaf[..8].copy_from_slice(&value.to_le_bytes());
    leaf
}

fn key_root(key: &[u8; 48]) -> [u8; 32] {
    let mut second = ZERO;
    second[..16].copy_from_slice(&key[32..]);
    pair(key.first_chunk().unwrap(), &second)
}

fn tree(mut leaves: Vec<[u8; 32]>, depth: u32) -> [u8; 32] {
    leaves.resize(1 << depth, ZERO);
    while leaves.len() > 1 {
        leaves = leaves.chunks(2).map(|two| pair(&two[0], &two[1])).collect();
    }
    leaves[0]
}

fn fold(leaf: [u8; 32], index: u32, depth: u32) -> [u8; 32] {
    (0..depth).fold(leaf, |node, level| if index >> level & 1 == 1 { pair(&ZERO, &node) } else { pair(&node, &ZERO) })
}
