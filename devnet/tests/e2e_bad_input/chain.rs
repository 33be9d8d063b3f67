//! The chain: what a vault sees whose heads and proofs are tampered with.

use crate::raw::{Vault, run, secret, status};
use alloy_primitives::B256;
use devnet::chain::{Account, Faults, ProofFault};
use devnet::world::World;
use protocol::cbor;
use std::time::{Duration, Instant};

use crate::{NARROW, chain, sound, waiting};

/// Calls until the answer is this refusal. Nothing may reach the platform from the moment that it is.
async fn until_refused(world: &World, refusal: &str) {
    let vault = Vault::new(world);
    let since = Instant::now();
    loop {
        let told = vault.call(vault.orders(secret(world, "caller")).await).await;
        match told {
            Ok(told) if told.refusal == refusal => break,
            other => assert!(since.elapsed() < Duration::from_mins(1), "not {refusal}: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    world.storefront.forget();
    vault.call(vault.orders(secret(world, "caller")).await).await.unwrap().is("refused", refusal, "");
    assert!(world.storefront.journal().is_empty());
}

async fn recovers(world: &World) {
    sound(world);
    Vault::new(world).until_answered(secret(world, "caller")).await;
}

#[test]
fn t34_heads_of_341_signers_move_nothing() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        world.chain.faults(|faults| faults.participants = 341);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let frozen = status(world).await.attested.unwrap();
        let made = world.chain.head().slot;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(status(world).await.attested.unwrap().slot, frozen.slot);
        assert!(world.chain.head().slot > made);
        until_refused(world, "stale_chain").await;
        recovers(world).await;
        assert!(status(world).await.attested.unwrap().slot > frozen.slot);
    });
}

#[test]
fn t36_refuses_over_a_head_older_than_its_bound() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        world.chain.faults(|faults| faults.frozen = true);
        until_refused(world, "stale_chain").await;
        assert!(status(world).await.attested.unwrap().age > NARROW);
        recovers(world).await;
    });
}

#[test]
fn t36_refuses_over_a_node_that_serves_the_past() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        let before = status(world).await.attested.unwrap().slot;
        world.chain.faults(|faults| faults.stale_slots = 30);
        until_refused(world, "stale_chain").await;
        assert!(status(world).await.attested.unwrap().slot >= before, "a head never goes back");
        recovers(world).await;
    });
}

/// Calls for a while over a node that does this. The conversation ends, and nothing is sent.
async fn lied_to(world: &World, change: impl FnOnce(&mut Faults)) {
    let vault = Vault::new(world);
    let key = secret(world, "caller");
    world.chain.faults(change);
    // What was proven before stays proven; a new head has nothing yet.
    let mut supply = 0;
    let since = Instant::now();
    while supply < 5 {
        churn(world, &world.chain.accounts().deployer);
        match vault.call(vault.orders(key).await).await {
            Err(error) => {
                assert!(error.to_string().contains("503"), "{error}");
                assert!(error.to_string().contains("the host's answer does not verify"), "{error}");
                supply += 1;
                world.storefront.forget();
            }
            Ok(told) => {
                assert!(supply == 0, "answered over lies: {told:?}");
                assert!(since.elapsed() < Duration::from_secs(30), "{told:?}");
            }
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(world.storefront.journal().is_empty());
    recovers(world).await;
}

/// Something changes in every block, so that no two have the same state.
fn churn(world: &World, account: &Account) {
    let _ = world.chain.transact(account, Some(account.address), Vec::new());
}

#[test]
fn t33_another_storage_value_ends_the_conversation() {
    run(async {
        let shared = chain().await;
        lied_to(&shared.world, |faults| faults.proof = ProofFault::StorageValue).await;
    });
}

#[test]
fn t33_a_truncated_proof_ends_the_conversation() {
    run(async {
        let shared = chain().await;
        lied_to(&shared.world, |faults| faults.proof = ProofFault::Truncated).await;
    });
}

#[test]
fn t33_a_proof_of_another_block_ends_the_conversation() {
    run(async {
        let shared = chain().await;
        lied_to(&shared.world, |faults| faults.proof = ProofFault::WrongBlock).await;
    });
}

#[test]
fn t36_heads_without_an_execution_node_grow_stale() {
    run(async {
        let shared = chain().await;
        let world = &shared.world;
        // New heads need their execution headers. Calls at the last head with one go on until it is too old.
        world.chain.faults(|faults| faults.execution_down = true);
        until_refused(world, "stale_chain").await;
        recovers(world).await;
    });
}

#[test]
fn refuses_a_checkpoint_that_nobody_signed() {
    run(async {
        let shared = waiting().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let accounts = world.chain.accounts();
        let stranger = world.chain.signed_checkpoint(&accounts.caller, world.vault_id()).unwrap();
        let other_vault = world.chain.signed_checkpoint(&accounts.signer, B256::repeat_byte(7)).unwrap();
        for signed in [cbor::encode(&stranger), cbor::encode(&other_vault), vec![0x80]] {
            let error = vault.connection.post("/v1/checkpoint", "application/cbor", signed).await.unwrap_err().to_string();
            assert!(error.contains("checkpoint refused") || error.contains("phase"), "{error}");
        }
    });
}
