//! Checkpoints and the constitution's signers.

use alloy_primitives::Address;
use chain::Layout;
use policy::SignatureError;
use policy::checkpoint::{CheckpointError, accept};
use protocol::attested::{Checkpoint, SignedCheckpoint, VERSION, checkpoint_digest};
use protocol::constitution::{CheckpointSigners, Constitution, Contract, Custody, NetworkSpec};

use crate::support::beacon::{GENESIS, network};
use crate::support::call::{address_of, sign};

const SLOT: u64 = 1_000;
const NOW: u64 = GENESIS + 12 * SLOT + 3_600;
const STRANGER: [u8; 32] = [0x99; 32];

/// The constitution's three signers, ascending by address.
fn keys() -> Vec<[u8; 32]> {
    let mut keys = vec![[0x21; 32], [0x22; 32], [0x23; 32]];
    keys.sort_by_key(address_of);
    keys
}

fn constitution() -> Constitution {
    let contract = |byte| Contract { address: [byte; 20], code_hash: [byte; 32] };
    Constitution {
        version: 1,
        network: NetworkSpec::Custom {
            chain_id: 7_777,
            genesis_validators_root: [0x77; 32],
            genesis_time: GENESIS,
            seconds_per_slot: 12,
            forks: Vec::new(),
            preset: 0,
        },
        store_registry: contract(1),
        vault_registry: contract(2),
        admin: [3; 20],
        custody: Custody::Quorum { threshold: 1, members: vec![vec![4; 65].into()] },
        checkpoint_signers: CheckpointSigners {
            threshold: 2,
            signers: keys().iter().map(|key| address_of(key).to_vec().into()).collect(),
        },
    }
}

fn signed_for(constitution: &Constitution, keys: &[[u8; 32]]) -> SignedCheckpoint {
    let checkpoint = Checkpoint { slot: SLOT, root: [5; 32].into() };
    let registry = Address::from(constitution.store_registry.address);
    let digest = checkpoint_digest(constitution.network.chain_id(), registry, constitution.vault_id(), &checkpoint);
    let signatures = keys.iter().map(|key| sign(key, &digest).to_vec().into()).collect();
    SignedCheckpoint { version: VERSION, checkpoint, signatures }
}

fn signed(keys: &[[u8; 32]]) -> SignedCheckpoint {
    signed_for(&constitution(), keys)
}

fn try_at(signed: &SignedCheckpoint, now: u64) -> Result<u64, CheckpointError> {
    accept(signed, &constitution(), &network(Layout::Fulu), now).map(|accepted| accepted.slot().0)
}

fn refusal(signed: &SignedCheckpoint) -> CheckpointError {
    try_at(signed, NOW).unwrap_err()
}

#[test]
fn accepts_the_threshold_of_signers_and_more() {
    let keys = keys();
    assert_eq!(try_at(&signed(&keys[..2]), NOW), Ok(SLOT));
    assert_eq!(try_at(&signed(&keys[1..]), NOW), Ok(SLOT));
    assert_eq!(try_at(&signed(&keys), NOW), Ok(SLOT));
}

#[test]
fn t74_refuses_fewer_than_the_threshold() {
    let refused = |signers| CheckpointError::Refused(chain::CheckpointError::TooFewSigners { signers, threshold: 2 });
    assert_eq!(refusal(&signed(&keys()[..1])), refused(1));
    assert_eq!(refusal(&signed(&[])), refused(0));
}

#[test]
fn t74_refuses_one_signer_twice_and_signers_out_of_order() {
    let keys = keys();
    assert_eq!(refusal(&signed(&[keys[0], keys[0]])), CheckpointError::Order);
    assert_eq!(refusal(&signed(&[keys[1], keys[0]])), CheckpointError::Order);
}

#[test]
fn t74_refuses_a_signer_whom_the_constitution_does_not_name() {
    let keys = keys();
    assert_eq!(refusal(&signed(&[keys[0], keys[1], STRANGER])), CheckpointError::UnknownSigner);
}

#[test]
fn t74_refuses_another_slot_or_root_under_the_signatures() {
    let mut other = signed(&keys());
    other.checkpoint.slot += 1;
    assert_eq!(refusal(&other), CheckpointError::UnknownSigner);
    let mut other = signed(&keys());
    other.checkpoint.root = [6; 32].into();
    assert_eq!(refusal(&other), CheckpointError::UnknownSigner);
}

#[test]
fn t74_refuses_a_checkpoint_for_another_vault_or_registry() {
    let mut vault = constitution();
    vault.admin = [9; 20];
    let mut registry = constitution();
    registry.store_registry.address = [9; 20];
    for other in [vault, registry] {
        assert_eq!(refusal(&signed_for(&other, &keys())), CheckpointError::UnknownSigner);
    }
}

#[test]
fn refuses_another_version_or_a_signature_in_another_form() {
    let mut other = signed(&keys());
    other.version += 1;
    assert_eq!(refusal(&other), CheckpointError::Version);
    let mut other = signed(&keys());
    other.signatures[0].push(0);
    assert_eq!(refusal(&other), CheckpointError::Signature(SignatureError::Length));
    let mut other = signed(&keys());
    other.signatures[0][64] -= 27;
    assert_eq!(refusal(&other), CheckpointError::Signature(SignatureError::V));
}

#[test]
fn t35_refuses_a_checkpoint_older_than_14_days() {
    let signed = signed(&keys());
    let time = GENESIS + 12 * SLOT;
    assert_eq!(try_at(&signed, time + 14 * 86_400), Ok(SLOT));
    assert!(matches!(
        try_at(&signed, time + 14 * 86_400 + 1),
        Err(CheckpointError::Refused(chain::CheckpointError::TooOld { .. }))
    ));
    assert!(matches!(try_at(&signed, time - 1), Err(CheckpointError::Refused(chain::CheckpointError::FromFuture))));
}
