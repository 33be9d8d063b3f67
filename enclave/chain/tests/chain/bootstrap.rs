use chain::{
    BootstrapError, CheckpointError, CustomNetwork, Layout, LightClient, Minimal, Network, NetworkError, PresetName, Slot,
    SszError, accept_checkpoint,
};

use crate::synthetic::{Block, Client, ELECTRA, FULU, connected, members, network, network_until, network_with, time};

fn bootstrap(block: &Block, ssz: &[u8]) -> Result<Client, BootstrapError> {
    Client::bootstrap(network(), block.checkpoint(), ssz)
}

#[test]
fn the_checkpoint_counts_as_finalized() {
    let block = Block::new(64);
    let client = bootstrap(&block, &block.bootstrap(&members(0).ssz())).unwrap();
    let head = connected(client.finalized(), &block);
    assert_eq!((head.slot(), head.root()), (Slot(64), block.root()));
    assert_eq!((head.block_number(), head.block_hash()), (1_064, block.block_hash()));
    assert_eq!((head.state_root(), head.timestamp()), ([0x5e; 32], time(64)));
    assert_eq!((head.gas_limit(), head.prev_randao(), head.base_fee()[31]), (30_000_000, [0x06; 32], 7));
    assert_eq!(client.attested(), Some(head.beacon()));
}

#[test]
fn a_chain_may_be_fulu_from_genesis() {
    let block = Block::new(32);
    let network = network_with(vec![(Layout::Fulu, FULU, 0)]);
    let checkpoint = block.checkpoint_on(&network);
    assert!(Client::bootstrap(network, checkpoint, &block.bootstrap(&members(0).ssz())).is_ok());
}

#[test]
fn the_slot_chooses_the_layout_and_not_the_bytes() {
    let block = Block::new(32);
    let ssz = block.bootstrap(&members(0).ssz());
    for layout in [Layout::Altair, Layout::Capella, Layout::Deneb, Layout::Gloas] {
        let network = network_with(vec![(layout, ELECTRA, 0)]);
        let checkpoint = block.checkpoint_on(&network);
        let error = Client::bootstrap(network, checkpoint, &ssz).unwrap_err();
        assert!(matches!(error, BootstrapError::Malformed(_)), "{layout:?}: {error}");
    }
}

#[test]
fn t75_refuses_a_checkpoint_in_a_fork_beyond_the_schedule() {
    let block = Block::new(32);
    let network = network_until(vec![(Layout::Electra, ELECTRA, 0)], Some(1));
    let checkpoint = block.checkpoint_on(&network);
    let error = Client::bootstrap(network, checkpoint, &block.bootstrap(&members(0).ssz())).unwrap_err();
    assert_eq!(error, BootstrapError::UnsupportedFork { slot: Slot(32) });
}

#[test]
fn refuses_a_network_of_another_preset() {
    let block = Block::new(32);
    let error =
        LightClient::<Minimal>::bootstrap(network(), block.checkpoint(), &block.bootstrap(&members(0).ssz())).unwrap_err();
    assert_eq!(error, BootstrapError::OtherPreset);
}

#[test]
fn refuses_another_block_than_the_checkpoint() {
    let (block, other) = (Block::new(64), Block::new(65));
    assert_eq!(bootstrap(&block, &other.bootstrap(&members(0).ssz())).unwrap_err(), BootstrapError::OtherBlock);
}

#[test]
fn refuses_a_checkpoint_that_lies_about_its_slot() {
    let block = Block::new(64);
    let checkpoint = chain::Checkpoint { slot: Slot(65), root: block.root() };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network(), time(65)).unwrap();
    let error = Client::bootstrap(network(), accepted, &block.bootstrap(&members(0).ssz())).unwrap_err();
    assert_eq!(error, BootstrapError::OtherBlock);
}

#[test]
fn t34_refuses_another_committee() {
    let block = Block::new(64);
    assert_eq!(bootstrap(&block, &block.bootstrap(&members(1).ssz())).unwrap_err(), BootstrapError::CommitteeBranch);
}

#[test]
fn t34_refuses_the_next_committee_as_the_current_one() {
    let block = Block::new(64);
    let mut ssz = block.bootstrap(&members(1).ssz());
    let branch = block.committee_branch(23).concat();
    ssz[4 + 24_624..][..192].copy_from_slice(&branch);
    assert_eq!(bootstrap(&block, &ssz).unwrap_err(), BootstrapError::CommitteeBranch);
}

#[test]
fn refuses_another_execution_payload() {
    let block = Block::new(64);
    let valid = block.bootstrap(&members(0).ssz());
    let header = valid.len() - block.header().len();
    // Execution branch, parent hash, state root, a number, and the last byte of the extra data.
    for byte in [header + 116, header + 244, header + 244 + 52, header + 244 + 404, valid.len() - 1] {
        let mut ssz = valid.clone();
        ssz[byte] ^= 1;
        assert_eq!(bootstrap(&block, &ssz).unwrap_err(), BootstrapError::ExecutionBranch, "{byte}");
    }
}

#[test]
fn extra_data_is_at_most_32_bytes() {
    for (length, expected) in [(0, None), (32, None), (33, Some(SszError::ExtraData))] {
        let block = Block { extra_data: vec![1; length], ..Block::new(64) };
        let error = bootstrap(&block, &block.bootstrap(&members(0).ssz())).err();
        assert_eq!(error, expected.map(BootstrapError::Malformed), "{length}");
    }
}

#[test]
fn refuses_offsets_out_of_place() {
    let block = Block::new(64);
    let valid = block.bootstrap(&members(0).ssz());
    // Of the header, of the execution payload header, of its extra data.
    for offset in [0, 24_820 + 112, 24_820 + 244 + 436] {
        for change in [-1_i32, 1] {
            let mut ssz = valid.clone();
            let value = i32::from_le_bytes(ssz[offset..offset + 4].try_into().unwrap()) + change;
            ssz[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
            let error = bootstrap(&block, &ssz).unwrap_err();
            if offset == 0 {
                // The slot is looked for where the offset points: it may be no slot of this chain.
                assert!(matches!(error, BootstrapError::Malformed(_) | BootstrapError::UnsupportedFork { .. }), "{error}");
            } else {
                assert_eq!(error, BootstrapError::Malformed(SszError::Offset), "{offset}");
            }
        }
    }
}

#[test]
fn refuses_every_truncation() {
    let block = Block { extra_data: vec![], ..Block::new(64) };
    let valid = block.bootstrap(&members(0).ssz());
    for length in (0..valid.len()).filter(|length| *length < 64 || *length > 24_700 || length % 997 == 0) {
        let error = bootstrap(&block, &valid[..length]).unwrap_err();
        assert!(matches!(error, BootstrapError::Malformed(SszError::Short | SszError::Offset)), "{length}: {error}");
    }
}

#[test]
fn t74_a_restart_needs_a_checkpoint_of_the_last_14_days_and_its_own_block() {
    let block = Block::new(64);
    let ssz = block.bootstrap(&members(0).ssz());
    let checkpoint = chain::Checkpoint { slot: Slot(64), root: block.root() };
    let restart = |days: u64| accept_checkpoint(checkpoint, 1, 1, &network(), time(64) + days * 86_400);
    for days in [0, 1, 13, 14] {
        assert!(Client::bootstrap(network(), restart(days).unwrap(), &ssz).is_ok(), "{days}");
    }
    for days in [15, 400] {
        assert_eq!(restart(days), Err(CheckpointError::TooOld { age: days * 86_400 }));
    }
    // A fresh signed checkpoint, and a block with a committee that the host made.
    let host_made = Block { current: members(2).root(), ..Block::new(64) };
    let error = bootstrap(&block, &host_made.bootstrap(&members(2).ssz())).unwrap_err();
    assert_eq!(error, BootstrapError::OtherBlock);
    assert_eq!(bootstrap(&block, &block.bootstrap(&members(2).ssz())).unwrap_err(), BootstrapError::CommitteeBranch);
}

#[test]
fn t40_a_custom_network_cannot_pass_for_a_known_one() {
    let mainnet = hex::decode("4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95").unwrap();
    let custom = CustomNetwork {
        genesis_validators_root: mainnet.try_into().unwrap(),
        genesis_time: 1_606_824_023,
        seconds_per_slot: 12,
        preset: PresetName::Minimal,
        forks: vec![(Layout::Fulu, [6, 0, 0, 0], 0)],
        ends: None,
    };
    assert_eq!(Network::custom(custom), Err(NetworkError::KnownRoot));
    assert!([1, 11_155_111, 560_048].iter().all(|id| Network::known(*id).unwrap().preset() == PresetName::Mainnet));
}
