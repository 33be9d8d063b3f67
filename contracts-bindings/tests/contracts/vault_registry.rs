//! Vaults and their images. T57: everything a P-256 signature can be besides good.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolStruct, SolValue};
use contracts_bindings::{
    VaultRegistry,
    VaultRegistry::{P256Key, P256Sig, createVaultCall},
};
use protocol::anchor::CreateVault;
use revm::primitives::hardfork::SpecId;
use sha2::{Digest, Sha256};

use crate::chain::{Chain, Failed};
use crate::world::{
    ADMIN, COMMITMENT, CONSTITUTION, DAY, IMAGE, STRANGER, VAULT_GUARDIAN, World, create_vault, domain, key, malleated, public,
    sign, vault_id,
};

/// A vault of the same image that is not the portfolio's.
pub(crate) fn other_vault(world: &mut World) -> B256 {
    let vault = vault_id(STRANGER);
    let what = CreateVault { vault, constitution: CONSTITUTION, rootCommitment: COMMITMENT };
    let sig = sign(&key(1), what.eip712_signing_hash(&domain(world.vaults)));
    let call = createVaultCall { sig, ..create_vault(world.vaults) };
    assert_eq!(world.chain.must(STRANGER, world.vaults, &call), vault);
    vault
}

fn empty() -> (Chain, Address) {
    let mut chain = Chain::new();
    let vaults = chain.deploy(STRANGER, &VaultRegistry::BYTECODE, &[]);
    (chain, vaults)
}

fn is_live(world: &mut World, image: B256) -> bool {
    let call = VaultRegistry::isLiveCall { vault: world.vault, image };
    world.chain.must(STRANGER, world.vaults, &call)
}

fn root(seed: u8) -> B256 {
    B256::repeat_byte(seed)
}

#[test]
fn a_vault_is_its_admins_and_its_constitutions() {
    let (mut chain, vaults) = empty();
    let ran = chain.send(ADMIN, vaults, &create_vault(vaults)).unwrap();
    let created: VaultRegistry::VaultCreated = ran.event();
    assert_eq!(created.vault, keccak256((ADMIN, CONSTITUTION).abi_encode()));
    assert_eq!((created.vaultKey, created.rootCommitment), (public(&key(1)), COMMITMENT));
    assert_eq!((created.admin, created.guardian), (ADMIN, VAULT_GUARDIAN));
    let state = chain.must(STRANGER, vaults, &VaultRegistry::stateOfCall { vault: created.vault });
    assert_eq!((state.epoch, state.size, state.anchoredAt.to::<u64>()), (0, 0, 0));
    assert_eq!((state.writer, state.rootCommitment), (P256Key::default(), COMMITMENT));
    let empty: [u8; 32] = Sha256::digest([]).into();
    assert_eq!(state.root, B256::from(empty));
    assert!(chain.must(STRANGER, vaults, &VaultRegistry::isLiveCall { vault: created.vault, image: IMAGE }));

    let refused = chain.send(ADMIN, vaults, &create_vault(vaults)).err().unwrap();
    refused.is(VaultRegistry::VaultExists { vault: created.vault });
}

#[test]
fn t57_create_vault_takes_one_signature_only() {
    let (mut chain, vaults) = empty();
    let valid = create_vault(vaults);
    let create = CreateVault { vault: vault_id(ADMIN), constitution: CONSTITUTION, rootCommitment: COMMITMENT };
    let signed = |what: &CreateVault, registry| sign(&key(1), what.eip712_signing_hash(&domain(registry)));
    let sig = |sig: P256Sig| createVaultCall { sig, ..valid.clone() };
    let flipped = |word: B256| word ^ B256::with_last_byte(1);
    let order = B256::from(U256::from_str_radix("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16).unwrap());
    let (r, s) = (valid.sig.r, valid.sig.s);
    let cases = [
        ("high s", sig(malleated(&valid.sig))),
        ("r flipped", sig(P256Sig { r: flipped(r), s })),
        ("s flipped", sig(P256Sig { r, s: flipped(s) })),
        ("r zero", sig(P256Sig { r: B256::ZERO, s })),
        ("s zero", sig(P256Sig { r, s: B256::ZERO })),
        ("both zero", sig(P256Sig::default())),
        ("r of the order", sig(P256Sig { r: order, s })),
        ("another key's", createVaultCall { vaultKey: public(&key(2)), ..valid.clone() }),
        (
            "key off the curve",
            createVaultCall { vaultKey: P256Key { y: flipped(valid.vaultKey.y), ..valid.vaultKey.clone() }, ..valid.clone() },
        ),
        ("key zero", createVaultCall { vaultKey: P256Key::default(), ..valid.clone() }),
        ("another constitution", createVaultCall { constitution: root(1), ..valid.clone() }),
        ("another root key", createVaultCall { rootCommitment: root(1), ..valid.clone() }),
        ("signed for another vault", sig(signed(&CreateVault { vault: root(1), ..create.clone() }, vaults))),
        ("signed for another registry", sig(signed(&create, ADMIN))),
    ];
    for (what, call) in cases {
        let refused = chain.send(ADMIN, vaults, &call).err().expect(what);
        refused.is(VaultRegistry::SignatureInvalid {});
    }
    // The same call by another sender is another vault, which the signature does not name.
    chain.send(STRANGER, vaults, &valid).err().unwrap().is(VaultRegistry::SignatureInvalid {});
    chain.must(ADMIN, vaults, &valid);
}

#[test]
fn t57_a_chain_without_the_precompile_takes_no_signature() {
    let (mut chain, vaults) = empty();
    chain.spec = SpecId::PRAGUE;
    let refused = chain.send(ADMIN, vaults, &create_vault(vaults)).err().unwrap();
    refused.is(VaultRegistry::SignatureInvalid {});
    chain.spec = SpecId::OSAKA;
    chain.must(ADMIN, vaults, &create_vault(vaults));
}

#[test]
fn refuses_a_vault_with_an_unfilled_or_unsafe_field() {
    let (mut chain, vaults) = empty();
    let valid = create_vault(vaults);
    let mut refused = |call: createVaultCall| -> Failed { chain.send(ADMIN, vaults, &call).err().unwrap() };
    refused(createVaultCall { constitution: B256::ZERO, ..valid.clone() }).is(VaultRegistry::ConstitutionInvalid {});
    refused(createVaultCall { rootCommitment: B256::ZERO, ..valid.clone() }).is(VaultRegistry::RootCommitmentInvalid {});
    for delay in [0, 7 * DAY - 1, 365 * DAY + 1] {
        let delay = delay.try_into().unwrap();
        refused(createVaultCall { delay, ..valid.clone() }).is(VaultRegistry::DelayOutOfRange { delay });
    }
    // T1: PCR0, PCR1 and PCR2 of debug mode.
    for image in [B256::ZERO, keccak256([0; 144])] {
        refused(createVaultCall { image, ..valid.clone() }).is(VaultRegistry::ImageInvalid { image });
    }
}

#[test]
fn a_proposed_image_is_live_after_the_delay_and_not_before() {
    let mut world = World::bare();
    let (vault, image) = (world.vault, root(2));
    let propose = VaultRegistry::proposeImageCall { vault, image, release: root(3) };
    for stranger in [STRANGER, VAULT_GUARDIAN] {
        let refused = world.chain.send(stranger, world.vaults, &propose).err().unwrap();
        refused.is(VaultRegistry::NotAdmin { vault });
    }
    let proposed: VaultRegistry::ImageProposed = world.chain.send(ADMIN, world.vaults, &propose).unwrap().event();
    let live = world.chain.now + 7 * DAY;
    assert_eq!((proposed.image, proposed.release, proposed.live.to::<u64>()), (image, root(3), live));
    assert!(!is_live(&mut world, image));
    world.chain.now = live - 1;
    assert!(!is_live(&mut world, image));
    world.chain.send(ADMIN, world.vaults, &propose).err().unwrap().is(VaultRegistry::ImageKnown { image });
    world.chain.now = live;
    assert!(is_live(&mut world, image));
    assert!(is_live(&mut world, IMAGE));
    let debug = VaultRegistry::proposeImageCall { vault, image: keccak256([0; 144]), release: root(3) };
    let refused = world.chain.send(ADMIN, world.vaults, &debug).err().unwrap();
    refused.is(VaultRegistry::ImageInvalid { image: keccak256([0; 144]) });
}

#[test]
fn t80_a_revoked_image_never_comes_back() {
    for by in [ADMIN, VAULT_GUARDIAN] {
        let mut world = World::bare();
        let (vault, image) = (world.vault, IMAGE);
        let revoke = VaultRegistry::revokeImageCall { vault, image };
        let refused = world.chain.send(STRANGER, world.vaults, &revoke).err().unwrap();
        refused.is(VaultRegistry::NotAdminOrGuardian { vault });
        world.chain.must(by, world.vaults, &revoke);
        assert!(!is_live(&mut world, image));
        let propose = VaultRegistry::proposeImageCall { vault, image, release: B256::ZERO };
        world.chain.send(ADMIN, world.vaults, &propose).err().unwrap().is(VaultRegistry::ImageKnown { image });
        world.chain.now += 400 * DAY;
        assert!(!is_live(&mut world, image));
    }
    let mut world = World::bare();
    let (vault, image) = (world.vault, root(9));
    let unknown = VaultRegistry::revokeImageCall { vault, image };
    world.chain.send(ADMIN, world.vaults, &unknown).err().unwrap().is(VaultRegistry::ImageUnknown { image });
    let unknown = VaultRegistry::revokeImageCall { vault: root(9), image };
    let refused = world.chain.send(ADMIN, world.vaults, &unknown).err().unwrap();
    refused.is(VaultRegistry::VaultUnknown { vault: root(9) });
}
