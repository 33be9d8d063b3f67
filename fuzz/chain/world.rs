//! A beacon chain of the minimal preset with every fork, whose committees' keys the fuzzer owns. Written from the specification
//! and not from the crate.
use std::sync::LazyLock;

use blst::min_pk::{AggregatePublicKey, PublicKey, SecretKey};
use chain::{Checkpoint, CustomNetwork, Layout, LightClient, Minimal, Network, PresetName, Slot, accept_checkpoint};
use sha2::{Digest, Sha256};

use crate::tree::{Hash, Tree, container, leaf, number, pair, root};

pub type Client = LightClient<Minimal>;

pub const GENESIS: u64 = 1_700_000_000;
pub const SECONDS: u64 = 6;
pub const MEMBERS: usize = 32;
pub const PERIOD: u64 = 64;
const EPOCH: u64 = 8;
const VALIDATORS: Hash = [0xd0; 32];
/// Fork epochs: one period each of Altair, Bellatrix and Capella, then in the middle of periods.
const FORKS: [(Layout, u64); 7] = [
    (Layout::Altair, 0),
    (Layout::Bellatrix, 8),
    (Layout::Capella, 16),
    (Layout::Deneb, 28),
    (Layout::Electra, 36),
    (Layout::Fulu, 44),
    (Layout::Gloas, 52),
];

pub fn network() -> Network {
    Network::custom(CustomNetwork {
        genesis_validators_root: VALIDATORS,
        genesis_time: GENESIS,
        seconds_per_slot: SECONDS,
        preset: PresetName::Minimal,
        ends: None,
        forks: FORKS.iter().map(|(layout, epoch)| (*layout, version(*layout), *epoch)).collect(),
    })
    .expect("the network is valid")
}

fn version(layout: Layout) -> [u8; 4] {
    let number = FORKS.iter().position(|(fork, _)| *fork == layout).expect("every layout is there");
    [u8::try_from(number).expect("seven forks") + 1, 0, 0, 0xfe]
}

pub fn layout_at(slot: u64) -> Layout {
    FORKS.iter().rev().find(|(_, epoch)| slot / EPOCH >= *epoch).expect("Altair is from the start").0
}

pub struct Members {
    keys: Vec<SecretKey>,
    pub ssz: Vec<u8>,
    pub root: Hash,
}

/// Committees; a client knows the first.
pub static COMMITTEES: LazyLock<[Members; 4]> = LazyLock::new(|| [0, 1, 2, 3].map(Members::new));

impl Members {
    fn new(seed: u8) -> Self {
        let keys: Vec<SecretKey> = (0..MEMBERS)
            .map(|index| {
                SecretKey::key_gen(&Sha256::digest([seed, u8::try_from(index).expect("32 members")]), &[]).expect("32 bytes")
            })
            .collect();
        let public: Vec<PublicKey> = keys.iter().map(SecretKey::sk_to_pk).collect();
        let sum = AggregatePublicKey::aggregate(&public.iter().collect::<Vec<_>>(), false).expect("32 keys");
        let encoded: Vec<[u8; 48]> = public.iter().map(PublicKey::compress).collect();
        let aggregate = sum.to_public_key().compress();
        let key_root = |key: &[u8; 48]| pair(&leaf(&key[..32]), &leaf(&key[32..]));
        let root = pair(&root(&encoded.iter().map(key_root).collect::<Vec<_>>()), &key_root(&aggregate));
        Self { keys, ssz: [encoded.concat(), aggregate.to_vec()].concat(), root }
    }

    /// `SyncAggregate` of the members in `bits`.
    fn sign(&self, bits: u32, message: &Hash) -> Vec<u8> {
        // One signature by the sum of the keys is the sum of the signatures.
        let signing = self.keys.iter().enumerate().filter(|(index, _)| bits >> index & 1 == 1);
        let sum = signing.fold([0; 32], |sum, (_, key)| add(&sum, &key.serialize()));
        let signature = SecretKey::deserialize(&sum).map_or_else(
            // Nobody signs: the point at infinity.
            |_| [&[0xc0], [0; 95].as_slice()].concat(),
            |key| key.sign(message, b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_", &[]).compress().to_vec(),
        );
        [bits.to_le_bytes().as_slice(), &signature].concat()
    }
}

/// Order of the curve's groups, big-endian.
const ORDER: Hash = [
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff,
    0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
];

/// Sum modulo the order of two numbers below it.
fn add(a: &Hash, b: &Hash) -> Hash {
    let mut sum = [0; 32];
    let mut carry = 0_u16;
    for index in (0..32).rev() {
        let digit = u16::from(a[index]) + u16::from(b[index]) + carry;
        [carry, sum[index]] = [digit >> 8, digit & 0xff];
    }
    if sum.as_slice() >= ORDER.map(u16::from).as_slice() {
        let mut borrow = 0;
        for index in (0..32).rev() {
            let digit = 0x100 + sum[index] - u16::from(ORDER[index]) - borrow;
            [borrow, sum[index]] = [1 - (digit >> 8), digit & 0xff];
        }
    }
    sum.map(|digit| digit.to_le_bytes()[0])
}

/// A beacon block, its state and its payload, as far as a light client looks.
#[derive(Clone)]
pub struct Block {
    pub slot: u64,
    pub finalized: Hash,
    /// Of which epoch that block is the checkpoint.
    pub epoch: u64,
    pub current: usize,
    pub next: usize,
    pub extra_data: Vec<u8>,
}

struct Indices {
    finalized: u64,
    current: u64,
    next: u64,
}

impl Block {
    pub fn new(slot: u64) -> Self {
        let committee = |period: u64| usize::try_from(period % 4).expect("below four");
        Self {
            slot,
            finalized: [0; 32],
            epoch: 0,
            current: committee(slot / PERIOD),
            next: committee(slot / PERIOD + 1),
            extra_data: vec![0xe0; usize::try_from(slot % 33).expect("below 33")],
        }
    }

    fn layout(&self) -> Layout {
        layout_at(self.slot)
    }

    fn indices(&self) -> Indices {
        match self.layout() {
            Layout::Altair | Layout::Bellatrix | Layout::Capella | Layout::Deneb => {
                Indices { finalized: 105, current: 54, next: 55 }
            }
            Layout::Electra | Layout::Fulu => Indices { finalized: 169, current: 86, next: 87 },
            Layout::Gloas => Indices { finalized: 735, current: 2945, next: 2946 },
        }
    }

    fn state(&self) -> Tree {
        let indices = self.indices();
        let mut tree = Tree::default();
        tree.0.insert(indices.finalized - 1, number(self.epoch));
        tree.0.insert(indices.finalized, self.finalized);
        tree.0.insert(indices.current, COMMITTEES[self.current].root);
        tree.0.insert(indices.next, COMMITTEES[self.next].root);
        tree
    }

    fn body(&self) -> Tree {
        let mut tree = Tree::default();
        match self.layout() {
            Layout::Altair | Layout::Bellatrix => tree.0.insert(25, [0x25; 32]),
            Layout::Gloas => tree.0.insert(2856, self.block_hash()),
            Layout::Capella | Layout::Deneb | Layout::Electra | Layout::Fulu => tree.0.insert(25, self.payload().1),
        };
        tree
    }

    fn block_hash(&self) -> Hash {
        number(self.slot ^ 0xffff_0000)
    }

    /// `ExecutionPayloadHeader` and its root.
    fn payload(&self) -> (Vec<u8>, Hash) {
        let blobs = self.layout() >= Layout::Deneb;
        let (mut bytes, mut leaves) = (vec![], vec![]);
        let mut fixed = |part: &[u8]| {
            bytes.extend(part);
            if part.len() <= 32 { leaves.push(leaf(part)) } else { leaves.push(root(&[[0xb1; 32]; 8])) }
        };
        for part in [&[0x01; 32][..], &[0x02; 20], &[0x03; 32], &[0x04; 32], &[0xb1; 256], &[0x06; 32]] {
            fixed(part);
        }
        for value in [self.slot + 1_000, 30_000_000, 21_000, GENESIS + SECONDS * self.slot] {
            fixed(&value.to_le_bytes());
        }
        let length = u64::try_from(self.extra_data.len()).expect("below 2^64");
        leaves.push(pair(&leaf(&self.extra_data[..self.extra_data.len().min(32)]), &number(length)));
        bytes.extend(if blobs { 584_u32 } else { 568 }.to_le_bytes());
        for part in [leaf(&[7]), self.block_hash(), [0x0d; 32], [0x0e; 32]] {
            bytes.extend(part);
            leaves.push(part);
        }
        if blobs {
            for value in [1_u64, 2] {
                bytes.extend(value.to_le_bytes());
                leaves.push(number(value));
            }
        }
        bytes.extend(&self.extra_data);
        (bytes, container(leaves))
    }

    pub fn root(&self) -> Hash {
        container(vec![number(self.slot), number(3), [0xaa; 32], self.state().root(), self.body().root()])
    }

    /// `LightClientHeader`.
    fn header(&self) -> Vec<u8> {
        let mut bytes = vec![];
        bytes.extend(self.slot.to_le_bytes());
        bytes.extend(3_u64.to_le_bytes());
        bytes.extend([0xaa; 32]);
        bytes.extend(self.state().root());
        bytes.extend(self.body().root());
        match self.layout() {
            Layout::Altair | Layout::Bellatrix => {}
            Layout::Capella | Layout::Deneb | Layout::Electra | Layout::Fulu => {
                bytes.extend(244_u32.to_le_bytes());
                bytes.extend(self.body().branch(25));
                bytes.extend(self.payload().0);
            }
            Layout::Gloas => {
                bytes.extend(self.block_hash());
                bytes.extend(self.body().branch(2856));
            }
        }
        bytes
    }

    fn header_is_fixed(&self) -> bool {
        matches!(self.layout(), Layout::Altair | Layout::Bellatrix | Layout::Gloas)
    }

    /// `LightClientBootstrap`.
    pub fn bootstrap(&self) -> Vec<u8> {
        let committee = COMMITTEES[self.current].ssz.clone();
        container_of(vec![self.part(), Part::Fixed(committee), Part::Fixed(self.state().branch(self.indices().current))])
    }

    fn part(&self) -> Part {
        if self.header_is_fixed() { Part::Fixed(self.header()) } else { Part::Variable(self.header()) }
    }

    pub fn client(&self) -> Option<Client> {
        let checkpoint = Checkpoint { slot: Slot(self.slot), root: self.root() };
        let network = network();
        let accepted = accept_checkpoint(checkpoint, 1, 1, &network, network.time_of(checkpoint.slot)).expect("it is not old");
        Client::bootstrap(network, accepted, &self.bootstrap()).ok()
    }
}

/// A member of an SSZ container.
enum Part {
    Fixed(Vec<u8>),
    Variable(Vec<u8>),
}

fn container_of(parts: Vec<Part>) -> Vec<u8> {
    let fixed: usize = parts.iter().map(|part| if let Part::Fixed(bytes) = part { bytes.len() } else { 4 }).sum();
    let (mut head, mut tail) = (vec![], vec![]);
    for part in parts {
        match part {
            Part::Fixed(bytes) => head.extend(bytes),
            Part::Variable(bytes) => {
                head.extend(u32::try_from(fixed + tail.len()).expect("small").to_le_bytes());
                tail.extend(bytes);
            }
        }
    }
    head.extend(tail);
    head
}

/// What a message says, and who signs it.
#[derive(Clone)]
pub struct Signed {
    pub attested: Block,
    pub finalized: Block,
    pub signature_slot: u64,
    pub committee: usize,
    pub bits: u32,
    /// By how many forks the signature's domain is off.
    pub fork_offset: u64,
}

impl Signed {
    pub fn new(attested: u64, finalized: u64) -> Self {
        let finalized = Block::new(finalized);
        let signature_slot = attested + 1;
        Self {
            attested: Block { finalized: finalized.root(), epoch: finalized.slot.div_ceil(EPOCH), ..Block::new(attested) },
            finalized,
            signature_slot,
            committee: usize::try_from(signature_slot / PERIOD % 4).expect("below four"),
            bits: u32::MAX,
            fork_offset: 0,
        }
    }

    fn aggregate(&self) -> Vec<u8> {
        let layout = layout_at(self.signature_slot.max(1) - 1 + self.fork_offset * PERIOD);
        let fork_data = pair(&leaf(&version(layout)), &VALIDATORS);
        let domain = leaf(&[[7, 0, 0, 0].as_slice(), &fork_data[..28]].concat());
        COMMITTEES[self.committee].sign(self.bits, &pair(&self.attested.root(), &domain))
    }

    fn checkpoint_branch(&self) -> Vec<u8> {
        self.attested.state().branch(self.attested.indices().finalized)
    }

    fn signature_parts(&self) -> [Part; 2] {
        [Part::Fixed(self.aggregate()), Part::Fixed(self.signature_slot.to_le_bytes().to_vec())]
    }

    /// `LightClientUpdate`.
    pub fn update(&self) -> Vec<u8> {
        let next = &COMMITTEES[self.attested.next];
        let mut parts = vec![
            self.attested.part(),
            Part::Fixed(next.ssz.clone()),
            Part::Fixed(self.attested.state().branch(self.attested.indices().next)),
            self.finalized.part(),
            Part::Fixed(self.checkpoint_branch()),
        ];
        parts.extend(self.signature_parts());
        container_of(parts)
    }

    /// `LightClientFinalityUpdate`.
    pub fn finality(&self) -> Vec<u8> {
        let mut parts = vec![self.attested.part(), self.finalized.part(), Part::Fixed(self.checkpoint_branch())];
        parts.extend(self.signature_parts());
        container_of(parts)
    }

    /// `LightClientOptimisticUpdate`.
    pub fn optimistic(&self) -> Vec<u8> {
        let mut parts = vec![self.attested.part()];
        parts.extend(self.signature_parts());
        container_of(parts)
    }
}
