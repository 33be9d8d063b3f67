//! A beacon chain whose committees' keys are known: blocks, states and signatures made to order. Written from the
//! specification and not from the crate, so that both would have to be wrong in the same way.

mod committee;
mod merkle;

use alloy_primitives::{B256, keccak256};
use alloy_rlp::Encodable;
use chain::{
    AcceptedCheckpoint, Advanced, BeaconHead, Checkpoint, CustomNetwork, Layout, LightClient, Mainnet, Network, PresetName, Slot,
    VerifiedHead, accept_checkpoint,
};
pub(crate) use committee::{Members, committee_root, members};
use merkle::{branch, leaf, number, pair, root};

pub(crate) type Hash = [u8; 32];
pub(crate) type Client = LightClient<Mainnet>;

/// What a message moves that is known already.
pub(crate) const NOTHING: Advanced = Advanced { finalized: false, attested: false, committee: false };

pub(crate) const GENESIS: u64 = 1_700_000_000;
pub(crate) const ROOT: Hash = [0xd0; 32];
pub(crate) const ELECTRA: [u8; 4] = [5, 0, 0, 0xd0];
pub(crate) const FULU: [u8; 4] = [6, 0, 0, 0xd0];
pub(crate) const FULU_EPOCH: u64 = 5;

/// Two seconds a slot, Electra from genesis, Fulu from epoch 5.
pub(crate) fn network() -> Network {
    network_with(vec![(Layout::Electra, ELECTRA, 0), (Layout::Fulu, FULU, FULU_EPOCH)])
}

pub(crate) fn network_with(forks: Vec<(Layout, [u8; 4], u64)>) -> Network {
    network_until(forks, None)
}

pub(crate) fn network_until(forks: Vec<(Layout, [u8; 4], u64)>, ends: Option<u64>) -> Network {
    Network::custom(CustomNetwork {
        genesis_validators_root: ROOT,
        genesis_time: GENESIS,
        seconds_per_slot: 2,
        preset: PresetName::Mainnet,
        forks,
        ends,
    })
    .unwrap()
}

pub(crate) fn time(slot: u64) -> u64 {
    GENESIS + 2 * slot
}

/// A beacon block with what matters of its state and of its execution payload.
#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) slot: u64,
    /// Root of the execution state.
    pub(crate) execution_state: Hash,
    pub(crate) extra_data: Vec<u8>,
    /// Root of the block that its state calls finalized.
    pub(crate) finalized: Hash,
    /// And of which epoch that block is the checkpoint.
    pub(crate) epoch: u64,
    /// Last byte of that number's leaf, which no state has other than zero.
    pub(crate) epoch_tail: u8,
    pub(crate) current: Hash,
    pub(crate) next: Hash,
}

impl Block {
    pub(crate) fn new(slot: u64) -> Self {
        Self {
            slot,
            execution_state: [0x5e; 32],
            extra_data: b"synthetic".to_vec(),
            finalized: [0; 32],
            epoch: 0,
            epoch_tail: 0,
            current: members(0).root(),
            next: members(1).root(),
        }
    }

    fn state(&self) -> Vec<Hash> {
        let mut leaves: Vec<Hash> = (0..64).map(|index| if index < 38 { [index; 32] } else { [0; 32] }).collect();
        leaves[20] = pair(&self.epoch_leaf(), &self.finalized);
        leaves[22] = self.current;
        leaves[23] = self.next;
        leaves
    }

    fn epoch_leaf(&self) -> Hash {
        let mut leaf = number(self.epoch);
        leaf[31] = self.epoch_tail;
        leaf
    }

    pub(crate) fn finality_branch(&self) -> Vec<Hash> {
        [vec![self.epoch_leaf()], branch(self.state(), 20)].concat()
    }

    pub(crate) fn committee_branch(&self, index: usize) -> Vec<Hash> {
        branch(self.state(), index)
    }

    fn body(&self) -> Vec<Hash> {
        let mut leaves: Vec<Hash> = (0..16).map(|index| if index < 13 { [0x80 | index; 32] } else { [0; 32] }).collect();
        leaves[9] = self.execution_root();
        leaves
    }

    fn execution_root(&self) -> Hash {
        let bloom = root(vec![[0xb1; 32]; 8]);
        let extra = pair(&leaf(&self.extra_data[..self.extra_data.len().min(32)]), &number(self.extra_data.len() as u64));
        let mut leaves = vec![
            [0x01; 32], // parent hash
            leaf(&[0x02; 20]),
            self.execution_state,
            [0x04; 32], // receipts
            bloom,
            [0x06; 32], // randao
            number(self.slot + 1_000),
            number(30_000_000),
            number(21_000),
            number(time(self.slot)),
            extra,
            leaf(&[7]),
            self.block_hash(),
            [0x0d; 32],
            [0x0e; 32],
            number(1),
            number(2),
        ];
        leaves.resize(32, [0; 32]);
        root(leaves)
    }

    pub(crate) fn block_hash(&self) -> Hash {
        keccak256(self.execution_header()).0
    }

    /// RLP of the execution block's header.
    pub(crate) fn execution_header(&self) -> Vec<u8> {
        let mut fields = vec![];
        for hash in [[0x01; 32], [0x1d; 32]] {
            B256::from(hash).encode(&mut fields);
        }
        [0x02_u8; 20].as_slice().encode(&mut fields);
        for hash in [self.execution_state, [0x0d; 32], [0x04; 32]] {
            B256::from(hash).encode(&mut fields);
        }
        [0xb1_u8; 256].as_slice().encode(&mut fields);
        for value in [0, self.slot + 1_000, 30_000_000, 21_000, time(self.slot)] {
            value.encode(&mut fields);
        }
        self.extra_data.as_slice().encode(&mut fields);
        B256::from([0x06; 32]).encode(&mut fields);
        [0_u8; 8].as_slice().encode(&mut fields);
        7_u64.encode(&mut fields);
        B256::from([0x0e; 32]).encode(&mut fields);
        for value in [1_u64, 2] {
            value.encode(&mut fields);
        }
        for hash in [[0xaa; 32], [0x0f; 32]] {
            B256::from(hash).encode(&mut fields);
        }
        let mut header = vec![];
        alloy_rlp::Header { list: true, payload_length: fields.len() }.encode(&mut header);
        header.extend(fields);
        header
    }

    fn execution(&self) -> Vec<u8> {
        let mut bytes = vec![];
        bytes.extend([0x01; 32]);
        bytes.extend([0x02; 20]);
        bytes.extend(self.execution_state);
        bytes.extend([0x04; 32]);
        bytes.extend([0xb1; 256]);
        bytes.extend([0x06; 32]);
        for value in [self.slot + 1_000, 30_000_000, 21_000, time(self.slot)] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(584_u32.to_le_bytes());
        bytes.extend(leaf(&[7]));
        bytes.extend(self.block_hash());
        bytes.extend([0x0d; 32]);
        bytes.extend([0x0e; 32]);
        bytes.extend(1_u64.to_le_bytes());
        bytes.extend(2_u64.to_le_bytes());
        assert_eq!(bytes.len(), 584);
        bytes.extend(&self.extra_data);
        bytes
    }

    /// Root of the beacon block.
    pub(crate) fn root(&self) -> Hash {
        let zero = [0; 32];
        let (state, body) = (root(self.state()), root(self.body()));
        root(vec![number(self.slot), number(3), [0xaa; 32], state, body, zero, zero, zero])
    }

    /// `LightClientHeader`.
    pub(crate) fn header(&self) -> Vec<u8> {
        let mut bytes = vec![];
        bytes.extend(self.slot.to_le_bytes());
        bytes.extend(3_u64.to_le_bytes());
        bytes.extend([0xaa; 32]);
        bytes.extend(root(self.state()));
        bytes.extend(root(self.body()));
        bytes.extend(244_u32.to_le_bytes());
        bytes.extend(branch(self.body(), 9).concat());
        assert_eq!(bytes.len(), 244);
        bytes.extend(self.execution());
        bytes
    }

    pub(crate) fn checkpoint(&self) -> AcceptedCheckpoint {
        self.checkpoint_on(&network())
    }

    pub(crate) fn checkpoint_on(&self, network: &Network) -> AcceptedCheckpoint {
        let checkpoint = Checkpoint { slot: Slot(self.slot), root: self.root() };
        accept_checkpoint(checkpoint, 1, 1, network, network.time_of(checkpoint.slot)).unwrap()
    }

    /// `LightClientBootstrap`.
    pub(crate) fn bootstrap(&self, committee: &[u8]) -> Vec<u8> {
        let mut bytes = 24_820_u32.to_le_bytes().to_vec();
        bytes.extend(committee);
        bytes.extend(self.committee_branch(22).concat());
        bytes.extend(self.header());
        bytes
    }
}

/// A signed message, every part of which a test may change.
#[derive(Clone)]
pub(crate) struct Update {
    pub(crate) attested: Block,
    pub(crate) finalized: Block,
    pub(crate) next: Vec<u8>,
    pub(crate) committee_branch: Vec<Hash>,
    pub(crate) finality_branch: Vec<Hash>,
    pub(crate) committee: usize,
    pub(crate) signers: usize,
    pub(crate) signature_slot: u64,
    pub(crate) version: [u8; 4],
    pub(crate) genesis_validators_root: Hash,
}

impl Update {
    /// Period 0: attested 131, finalized 64, signed in the slot after; the next committee is number 1.
    pub(crate) fn valid() -> Self {
        Self::at(Block::new(131), Block::new(64))
    }

    /// An update of this attested block, which is made to finalize that one.
    pub(crate) fn at(attested: Block, finalized: Block) -> Self {
        let attested = Block { finalized: finalized.root(), epoch: finalized.slot.div_ceil(32), ..attested };
        let next = [0, 1, 2].into_iter().find(|number| members(*number).root() == attested.next).map(members);
        let signature_slot = attested.slot + 1;
        Self {
            next: next.map_or_else(|| members(1).ssz(), Members::ssz),
            committee_branch: attested.committee_branch(23),
            finality_branch: attested.finality_branch(),
            committee: 0,
            signers: 512,
            signature_slot,
            version: if (signature_slot - 1) / 32 < FULU_EPOCH { ELECTRA } else { FULU },
            genesis_validators_root: ROOT,
            attested,
            finalized,
        }
    }

    fn aggregate(&self) -> Vec<u8> {
        let fork_data = pair(&leaf(&self.version), &self.genesis_validators_root);
        let domain: Hash = [[7, 0, 0, 0].as_slice(), &fork_data[..28]].concat().try_into().unwrap();
        let signature = members(self.committee).sign(self.signers, &pair(&self.attested.root(), &domain));
        let mut bits = [0_u8; 64];
        for index in 0..self.signers {
            bits[index / 8] |= 1 << (index % 8);
        }
        [bits.as_slice(), &signature].concat()
    }

    /// `LightClientUpdate`.
    pub(crate) fn ssz(&self) -> Vec<u8> {
        let fixed = 25_216_u32;
        let attested = self.attested.header();
        let mut bytes = fixed.to_le_bytes().to_vec();
        bytes.extend(&self.next);
        bytes.extend(self.committee_branch.concat());
        bytes.extend((fixed + u32::try_from(attested.len()).unwrap()).to_le_bytes());
        bytes.extend(self.finality_branch.concat());
        bytes.extend(self.aggregate());
        bytes.extend(self.signature_slot.to_le_bytes());
        bytes.extend(attested);
        bytes.extend(self.finalized.header());
        bytes
    }

    /// `LightClientFinalityUpdate`.
    pub(crate) fn finality(&self) -> Vec<u8> {
        let fixed = 400_u32;
        let attested = self.attested.header();
        let mut bytes = fixed.to_le_bytes().to_vec();
        bytes.extend((fixed + u32::try_from(attested.len()).unwrap()).to_le_bytes());
        bytes.extend(self.finality_branch.concat());
        bytes.extend(self.aggregate());
        bytes.extend(self.signature_slot.to_le_bytes());
        bytes.extend(attested);
        bytes.extend(self.finalized.header());
        bytes
    }

    /// `LightClientOptimisticUpdate`.
    pub(crate) fn optimistic(&self) -> Vec<u8> {
        let mut bytes = 172_u32.to_le_bytes().to_vec();
        bytes.extend(self.aggregate());
        bytes.extend(self.signature_slot.to_le_bytes());
        bytes.extend(self.attested.header());
        bytes
    }

    /// Well after the signature.
    pub(crate) fn now(&self) -> u64 {
        time(self.signature_slot + 5)
    }
}

/// A client that starts at slot 32 with committee 0.
pub(crate) fn client() -> Client {
    client_at(&Block::new(32))
}

pub(crate) fn client_at(block: &Block) -> Client {
    Client::bootstrap(network(), block.checkpoint(), &block.bootstrap(&members(0).ssz())).unwrap()
}

/// Slots of the finalized and of the attested head.
pub(crate) fn slots(client: &Client) -> (u64, u64) {
    (client.finalized().unwrap().slot().0, client.attested().unwrap().slot().0)
}

/// The head of this block with its execution block.
pub(crate) fn connected(head: Option<BeaconHead>, block: &Block) -> VerifiedHead {
    head.unwrap().connect(&block.execution_header()).unwrap()
}
