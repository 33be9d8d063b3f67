use alloy_primitives::keccak256;
use protocol::cbor::{CborError, encode};
use protocol::constitution::{
    CheckpointSigners, Constitution, ConstitutionError, Contract, Custody, Fork, NetworkSpec, Settings, SettingsError, VERSION,
};

pub(crate) fn constitution() -> Constitution {
    Constitution {
        version: VERSION,
        network: NetworkSpec::Custom {
            chain_id: 1_337,
            genesis_validators_root: [1; 32],
            genesis_time: 1_795_000_000,
            seconds_per_slot: 12,
            forks: vec![Fork { layout: 4, version: [4, 0, 0, 1], epoch: 0 }, Fork { layout: 5, version: [5, 0, 0, 1], epoch: 8 }],
            preset: 0,
        },
        store_registry: Contract { address: [2; 20], code_hash: [3; 32] },
        vault_registry: Contract { address: [4; 20], code_hash: [5; 32] },
        admin: [6; 20],
        custody: Custody::Quorum { threshold: 1, members: vec![vec![4; 65].into()] },
        checkpoint_signers: CheckpointSigners { threshold: 1, signers: vec![vec![7; 20].into(), vec![8; 20].into()] },
    }
}

fn read(constitution: &Constitution) -> Result<(), ConstitutionError> {
    Constitution::read(&constitution.to_bytes()).map(|_| ())
}

#[test]
fn a_constitution_comes_back_and_names_its_vault() {
    let good = constitution();
    assert_eq!(Constitution::read(&good.to_bytes()), Ok(good.clone()));
    let preimage = [[0; 12].as_slice(), &good.admin, good.digest().as_slice()].concat();
    assert_eq!(good.vault_id(), keccak256(preimage));
    let known = Constitution { network: NetworkSpec::Known { chain_id: 1 }, ..good };
    assert_eq!(read(&known), Ok(()));
}

#[test]
fn each_changed_field_has_its_error() {
    type Change = fn(&mut Constitution);
    fn custom(c: &mut Constitution, change: impl FnOnce(&mut u64, &mut u64, &mut Vec<Fork>)) {
        if let NetworkSpec::Custom { chain_id, seconds_per_slot, forks, .. } = &mut c.network {
            change(chain_id, seconds_per_slot, forks);
        }
    }
    let cases: [(Change, ConstitutionError); 24] = [
        (|c| c.version = 2, ConstitutionError::Version),
        (|c| c.network = NetworkSpec::Known { chain_id: 5 }, ConstitutionError::UnknownNetwork),
        (|c| custom(c, |id, _, _| *id = 1), ConstitutionError::KnownChainId),
        (
            |c| {
                if let NetworkSpec::Custom { preset, .. } = &mut c.network {
                    *preset = 2;
                }
            },
            ConstitutionError::Preset,
        ),
        (|c| custom(c, |_, slot, _| *slot = 0), ConstitutionError::SlotTime),
        (|c| custom(c, |_, slot, _| *slot = 61), ConstitutionError::SlotTime),
        (|c| custom(c, |_, _, forks| forks.clear()), ConstitutionError::Forks),
        (|c| custom(c, |_, _, forks| forks[0].epoch = 1), ConstitutionError::Forks),
        (|c| custom(c, |_, _, forks| forks[0].layout = 7), ConstitutionError::Forks),
        (|c| custom(c, |_, _, forks| forks[1].layout = 4), ConstitutionError::Forks),
        (|c| custom(c, |_, _, forks| forks.reverse()), ConstitutionError::Forks),
        (|c| custom(c, |_, _, forks| forks[1].version = forks[0].version), ConstitutionError::Forks),
        (|c| c.admin = [0; 20], ConstitutionError::Zero),
        (|c| c.store_registry.address = [0; 20], ConstitutionError::Zero),
        (|c| c.vault_registry.code_hash = [0; 32], ConstitutionError::Zero),
        (|c| c.custody = Custody::Quorum { threshold: 0, members: vec![vec![4; 65].into()] }, ConstitutionError::Custody),
        (|c| c.custody = Custody::Quorum { threshold: 2, members: vec![vec![4; 65].into(); 2] }, ConstitutionError::Custody),
        (|c| c.custody = Custody::Quorum { threshold: 1, members: vec![] }, ConstitutionError::Custody),
        (|c| c.custody = Custody::Quorum { threshold: 1, members: vec![vec![2; 33].into()] }, ConstitutionError::Custody),
        (|c| c.checkpoint_signers.threshold = 0, ConstitutionError::CheckpointSigners),
        (|c| c.checkpoint_signers.threshold = 3, ConstitutionError::CheckpointSigners),
        (|c| c.checkpoint_signers.signers.reverse(), ConstitutionError::CheckpointSigners),
        (|c| c.checkpoint_signers.signers[1] = vec![7; 20].into(), ConstitutionError::CheckpointSigners),
        (|c| c.checkpoint_signers.signers[1] = vec![9; 19].into(), ConstitutionError::CheckpointSigners),
    ];
    for (place, (change, expected)) in cases.into_iter().enumerate() {
        let mut changed = constitution();
        change(&mut changed);
        assert_eq!(read(&changed), Err(expected), "{place}");
        assert_ne!(changed.vault_id(), constitution().vault_id());
    }
    let trailing = [constitution().to_bytes(), vec![0]].concat();
    assert_eq!(Constitution::read(&trailing), Err(ConstitutionError::Cbor(CborError::Trailing)));
}

#[test]
fn settings_only_narrow() {
    let read = |settings: &Settings| Settings::read(&encode(settings)).map(|_| ());
    let widest = Settings::widest;
    assert_eq!(Settings::read(&widest().to_bytes()), Ok(widest()));
    let hosts = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>();
    let cases = [
        (Settings { version: 2, ..widest() }, SettingsError::Version),
        (Settings { attested_age: 121, ..widest() }, SettingsError::Widened),
        (Settings { attested_age: 0, ..widest() }, SettingsError::Widened),
        (Settings { finalized_age: 3_601, ..widest() }, SettingsError::Widened),
        (Settings { finalized_age: 0, ..widest() }, SettingsError::Widened),
        (Settings { permit_life: 16, ..widest() }, SettingsError::Widened),
        (Settings { permit_life: 0, ..widest() }, SettingsError::Widened),
        (Settings { egress: hosts(&["b.c", "a.c"]), ..widest() }, SettingsError::Egress),
        (Settings { egress: hosts(&["a.c", "a.c"]), ..widest() }, SettingsError::Egress),
        (Settings { egress: hosts(&["A.c"]), ..widest() }, SettingsError::Egress),
        (Settings { egress: hosts(&[""]), ..widest() }, SettingsError::Egress),
    ];
    for (changed, expected) in cases {
        assert_eq!(read(&changed), Err(expected), "{changed:?}");
        assert_ne!(changed.digest(), widest().digest());
    }
    assert_eq!(read(&Settings { egress: hosts(&["a.c", "b.c"]), ..widest() }), Ok(()));
}
