//! Who writes a vault's ledger, and how far it is anchored.

use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use contracts_bindings::{
    VaultRegistry,
    VaultRegistry::{P256Key, P256Sig},
    admin::VaultAdmin,
};
use protocol::anchor::{Anchor, ClaimWriter};
use revm::primitives::hardfork::SpecId;

use crate::vault_registry::other_vault;
use crate::world::{ADMIN, DAY, STRANGER, VAULT_GUARDIAN, World, domain, key, malleated, public, sign};

fn state(world: &mut World) -> VaultRegistry::stateOfReturn {
    let call = VaultRegistry::stateOfCall { vault: world.vault };
    world.chain.must(STRANGER, world.vaults, &call)
}

/// A claim of the writer key with this seed.
fn claim(world: &World, signer: u8, writer: u8, epoch: u64, size: u64, root: B256) -> VaultRegistry::claimWriterCall {
    let (vault, writer) = (world.vault, public(&key(writer)));
    let what = ClaimWriter { vault, epoch, x: writer.x, y: writer.y, size, root };
    let sig = sign(&key(signer), what.eip712_signing_hash(&domain(world.vaults)));
    VaultRegistry::claimWriterCall { vault, writer, size, root, sig }
}

fn advance(world: &World, signer: u8, epoch: u64, size: u64, root: B256) -> VaultRegistry::advanceCall {
    let vault = world.vault;
    let what = Anchor { vault, epoch, size, root };
    let sig = sign(&key(signer), what.eip712_signing_hash(&domain(world.vaults)));
    VaultRegistry::advanceCall { vault, size, root, sig }
}

fn root(seed: u8) -> B256 {
    B256::repeat_byte(seed)
}

#[test]
fn t78_a_writer_is_claimed_by_the_vault_key_epoch_by_epoch() {
    let mut world = World::bare();
    let call = claim(&world, 1, 11, 1, 3, root(3));
    // Anyone may carry it.
    let claimed: VaultRegistry::WriterClaimed = world.chain.send(STRANGER, world.vaults, &call).unwrap().event();
    assert_eq!((claimed.epoch, claimed.writer, claimed.size, claimed.root), (1, public(&key(11)), 3, root(3)));
    let now = state(&mut world);
    assert_eq!((now.epoch, now.writer, now.size, now.root), (1, public(&key(11)), 3, root(3)));
    assert_eq!(now.anchoredAt.to::<u64>(), world.chain.now);

    // The claim of epoch 1 is spent, and nothing but epoch 2 follows.
    let refused = world.chain.send(STRANGER, world.vaults, &call).err().unwrap();
    refused.is(VaultRegistry::SignatureInvalid {});
    for epoch in [0, 1, 3] {
        let call = claim(&world, 1, 12, epoch, 4, root(4));
        let refused = world.chain.send(STRANGER, world.vaults, &call).err().unwrap();
        refused.is(VaultRegistry::SignatureInvalid {});
    }
    let call = claim(&world, 1, 12, 2, 4, root(4));
    world.chain.must(STRANGER, world.vaults, &call);
    assert_eq!((state(&mut world).epoch, state(&mut world).writer), (2, public(&key(12))));
}

#[test]
fn t57_claim_writer_takes_the_vault_keys_low_s_signature_only() {
    let mut world = World::bare();
    let valid = claim(&world, 1, 11, 1, 3, root(3));
    let cases = [
        VaultRegistry::claimWriterCall { sig: malleated(&valid.sig), ..valid.clone() },
        VaultRegistry::claimWriterCall { sig: P256Sig::default(), ..valid.clone() },
        VaultRegistry::claimWriterCall { writer: public(&key(12)), ..valid.clone() },
        VaultRegistry::claimWriterCall { size: 4, ..valid.clone() },
        VaultRegistry::claimWriterCall { root: root(4), ..valid.clone() },
        // Signed by the writer key itself.
        claim(&world, 11, 11, 1, 3, root(3)),
    ];
    for call in cases {
        let refused = world.chain.send(ADMIN, world.vaults, &call).err().unwrap();
        refused.is(VaultRegistry::SignatureInvalid {});
    }
    let none = VaultRegistry::claimWriterCall { writer: P256Key::default(), ..valid.clone() };
    world.chain.send(ADMIN, world.vaults, &none).err().unwrap().is(VaultRegistry::WriterInvalid {});
    let other = other_vault(&mut world);
    let moved = VaultRegistry::claimWriterCall { vault: other, ..valid.clone() };
    world.chain.send(ADMIN, world.vaults, &moved).err().unwrap().is(VaultRegistry::SignatureInvalid {});
    world.chain.spec = SpecId::PRAGUE;
    world.chain.send(ADMIN, world.vaults, &valid).err().unwrap().is(VaultRegistry::SignatureInvalid {});
}

#[test]
fn t12_a_claim_takes_the_ledger_neither_back_nor_aside() {
    let mut world = World::bare();
    let empty = state(&mut world).root;
    let aside = claim(&world, 1, 11, 1, 0, root(1));
    world.chain.send(STRANGER, world.vaults, &aside).err().unwrap().is(VaultRegistry::RootConflict { size: 0 });
    let call = claim(&world, 1, 11, 1, 0, empty);
    world.chain.must(STRANGER, world.vaults, &call);
    let call = claim(&world, 1, 11, 2, 5, root(5));
    world.chain.must(STRANGER, world.vaults, &call);
    let back = claim(&world, 1, 11, 3, 4, root(4));
    let refused = world.chain.send(STRANGER, world.vaults, &back).err().unwrap();
    refused.is(VaultRegistry::SizeNotNewer { current: 5, given: 4 });
    let aside = claim(&world, 1, 11, 3, 5, root(6));
    world.chain.send(STRANGER, world.vaults, &aside).err().unwrap().is(VaultRegistry::RootConflict { size: 5 });
    let same = claim(&world, 1, 12, 3, 5, root(5));
    world.chain.must(STRANGER, world.vaults, &same);
}

#[test]
fn t55_an_anchor_only_grows() {
    let mut world = World::bare();
    let early = advance(&world, 11, 0, 1, root(1));
    world.chain.send(STRANGER, world.vaults, &early).err().unwrap().is(VaultRegistry::NoWriter {});
    let call = claim(&world, 1, 11, 1, 3, root(3));
    world.chain.must(STRANGER, world.vaults, &call);
    world.chain.now += 60;
    let call = advance(&world, 11, 1, 8, root(8));
    let anchored: VaultRegistry::Anchored = world.chain.send(STRANGER, world.vaults, &call).unwrap().event();
    assert_eq!((anchored.size, anchored.root, anchored.epoch), (8, root(8), 1));
    let now = state(&mut world);
    assert_eq!((now.size, now.root, now.anchoredAt.to::<u64>()), (8, root(8), world.chain.now));
    for size in [0, 7, 8] {
        let call = advance(&world, 11, 1, size, root(9));
        let refused = world.chain.send(STRANGER, world.vaults, &call).err().unwrap();
        refused.is(VaultRegistry::SizeNotNewer { current: 8, given: size });
    }
}

#[test]
fn t57_t78_advance_takes_the_current_writers_low_s_signature_only() {
    let mut world = World::bare();
    let call = claim(&world, 1, 11, 1, 3, root(3));
    world.chain.must(STRANGER, world.vaults, &call);
    let valid = advance(&world, 11, 1, 8, root(8));
    let cases = [
        VaultRegistry::advanceCall { sig: malleated(&valid.sig), ..valid.clone() },
        VaultRegistry::advanceCall { sig: P256Sig::default(), ..valid.clone() },
        VaultRegistry::advanceCall { size: 9, ..valid.clone() },
        VaultRegistry::advanceCall { root: root(9), ..valid.clone() },
        // By the vault key, by another key, for another epoch.
        advance(&world, 1, 1, 8, root(8)),
        advance(&world, 12, 1, 8, root(8)),
        advance(&world, 11, 2, 8, root(8)),
    ];
    for call in cases {
        let refused = world.chain.send(STRANGER, world.vaults, &call).err().unwrap();
        refused.is(VaultRegistry::SignatureInvalid {});
    }
    // The next writer's claim ends the old one's word.
    let call = claim(&world, 1, 12, 2, 3, root(3));
    world.chain.must(STRANGER, world.vaults, &call);
    for epoch in [1, 2] {
        let call = advance(&world, 11, epoch, 8, root(8));
        let refused = world.chain.send(STRANGER, world.vaults, &call).err().unwrap();
        refused.is(VaultRegistry::SignatureInvalid {});
    }
    let call = advance(&world, 12, 2, 8, root(8));
    world.chain.must(STRANGER, world.vaults, &call);
}

#[test]
fn a_reset_holds_after_the_delay_and_ends_the_writer() {
    let mut world = World::bare();
    let vault = world.vault;
    let call = claim(&world, 1, 11, 1, 8, root(8));
    world.chain.must(STRANGER, world.vaults, &call);
    let admin = VaultAdmin(world.vaults);
    let reset = admin.propose_reset(vault, 3, root(3));
    for stranger in [STRANGER, VAULT_GUARDIAN] {
        world.chain.submit(stranger, &reset).err().unwrap().is(VaultRegistry::NotAdmin { vault });
    }
    let proposed: VaultRegistry::ResetProposed = world.chain.submit(ADMIN, &reset).unwrap().event();
    let effective = world.chain.now + 7 * DAY;
    assert_eq!((proposed.size, proposed.root, proposed.effective.to::<u64>()), (3, root(3), effective));
    // The writer goes on until then.
    world.chain.now = effective - 1;
    let call = advance(&world, 11, 1, 9, root(9));
    world.chain.must(STRANGER, world.vaults, &call);

    world.chain.now = effective + 5;
    let now = state(&mut world);
    assert_eq!((now.epoch, now.writer, now.size, now.root), (2, P256Key::default(), 3, root(3)));
    assert_eq!(now.anchoredAt.to::<u64>(), effective);
    for epoch in [1, 2] {
        let call = advance(&world, 11, epoch, 10, root(10));
        world.chain.send(STRANGER, world.vaults, &call).err().unwrap().is(VaultRegistry::NoWriter {});
    }
    world.chain.submit(VAULT_GUARDIAN, &admin.veto_reset(vault)).err().unwrap().is(VaultRegistry::NothingToVeto { vault });
    // A claim that was signed for before the reset is for another epoch.
    let call = claim(&world, 1, 12, 2, 9, root(9));
    world.chain.send(STRANGER, world.vaults, &call).err().unwrap().is(VaultRegistry::SignatureInvalid {});
    let aside = claim(&world, 1, 12, 3, 3, root(9));
    world.chain.send(STRANGER, world.vaults, &aside).err().unwrap().is(VaultRegistry::RootConflict { size: 3 });
    let call = claim(&world, 1, 12, 3, 3, root(3));
    world.chain.must(STRANGER, world.vaults, &call);
    assert_eq!((state(&mut world).epoch, state(&mut world).size), (3, 3));
}

#[test]
fn a_reset_is_vetoed_by_guardian_or_admin_and_goes_back_only() {
    let mut world = World::bare();
    let vault = world.vault;
    let call = claim(&world, 1, 11, 1, 8, root(8));
    world.chain.must(STRANGER, world.vaults, &call);
    let admin = VaultAdmin(world.vaults);
    let on = admin.propose_reset(vault, 9, root(9));
    world.chain.submit(ADMIN, &on).err().unwrap().is(VaultRegistry::ResetNotBack { current: 8, given: 9 });
    let empty = admin.propose_reset(vault, 0, root(9));
    world.chain.submit(ADMIN, &empty).err().unwrap().is(VaultRegistry::RootConflict { size: 0 });
    let veto = admin.veto_reset(vault);
    for by in [VAULT_GUARDIAN, ADMIN] {
        world.chain.submit(by, &veto).err().unwrap().is(VaultRegistry::NothingToVeto { vault });
        world.chain.submit(ADMIN, &admin.propose_reset(vault, 3, root(3))).unwrap();
        world.chain.submit(STRANGER, &veto).err().unwrap().is(VaultRegistry::NotAdminOrGuardian { vault });
        world.chain.submit(by, &veto).unwrap();
        world.chain.now += 30 * DAY;
        assert_eq!(state(&mut world).size, 8);
    }
}
