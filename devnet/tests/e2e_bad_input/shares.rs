//! Shares and constitutions.

use crate::raw::{PROGRAM, Vault, directory, outlived_by_nobody, rng, run, status};
use alloy_primitives::B256;
use devnet::world::World;
use protocol::custody::{MemberKey, seal_share};
use protocol::message::Problem;
use std::time::{Duration, Instant};

use crate::waiting;

/// Gives a share that is not right, and sees that the vault goes on waiting.
async fn share_refused(world: &World, share: &protocol::custody::ShareMessage) {
    let vault = Vault::new(world);
    let problem = vault.give_share(share).await.unwrap_err().to_string();
    assert!(problem.contains("422") && problem.contains("share refused"), "{problem}");
    assert_eq!(vault.phase().await, "waiting_for_shares");
}

#[test]
fn t7_t29_t31_t62_refuses_a_foreign_constitution_and_every_foreign_share_and_then_opens() {
    run(async {
        let shared = waiting().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        vault.wait_for("waiting_for_shares").await;
        share_refused(world, &vault.share(world, |context| context.boot_id = [7; 16]).await).await;
        share_refused(world, &vault.share(world, |context| context.epoch = 2).await).await;
        share_refused(world, &vault.share(world, |context| context.index = 1).await).await;
        share_refused(world, &vault.share(world, |context| context.vault_id = B256::repeat_byte(7)).await).await;
        share_refused(world, &vault.share(world, |context| context.image = B256::repeat_byte(7)).await).await;
        share_refused(world, &vault.share(world, |context| context.settings = B256::repeat_byte(7)).await).await;
        // The right context under a wrong name.
        let mut renamed = vault.share(world, |_| {}).await;
        renamed.epoch = 2;
        share_refused(world, &renamed).await;
        let mut flipped = vault.share(world, |_| {}).await;
        flipped.ciphertext[0] ^= 1;
        share_refused(world, &flipped).await;
        let (context, key) = vault.share_context().await;
        let stranger = MemberKey::generate(&mut rng());
        share_refused(world, &seal_share(&key, &stranger, &context, &[7; 32], &mut rng()).unwrap()).await;
        let refused = vault.connection.post("/v1/unlock", "application/cbor", vec![0x81; 512]).await.unwrap_err();
        assert!(refused.to_string().contains("the host answers 4"), "{refused}");

        // The member's own signature over another key: the chain tells that it is not the vault's, and the member may try again.
        let member = client::keys::load_member(&world.dir.join("member.key")).unwrap();
        vault.give_share(&seal_share(&key, &member, &context, &[7; 32], &mut rng()).unwrap()).await.unwrap();
        // As long as the vault itself is not final on chain, the same problem stands while the vault goes on.
        let since = Instant::now();
        while vault.phase().await != "waiting_for_shares" {
            assert!(since.elapsed() < Duration::from_mins(1));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(status(world).await.problem, Some(Problem::RootCommitment), "the reason stands until the next share");

        foreign(world).await;

        let right = vault.share(world, |_| {}).await;
        vault.give_share(&right).await.unwrap();
        vault.wait_for("serving").await;
        let again = vault.give_share(&right).await.unwrap_err().to_string();
        assert!(again.contains("not possible in this phase"), "{again}");
    });
}

/// T7, T62: the same image with a constitution of somebody else's, in front of this vault's clients and members.
async fn foreign(world: &World) {
    let dir = directory();
    let mut other = World::around(&dir, PROGRAM.as_ref(), world.chain.clone(), 0).await.unwrap();
    let accounts = world.chain.accounts();
    let member = client::keys::load_member(&world.dir.join("member.key")).unwrap();
    let constitution = world.chain.constitution(&member.public(), accounts.operator.address, accounts.signer.address);
    std::fs::write(dir.join("constitution.cbor"), constitution.to_bytes()).unwrap();
    other.start_enclave(&[]).await.unwrap();
    other.start_host(&[]).await.unwrap();
    let _watch = outlived_by_nobody(&other);
    let since = Instant::now();
    // The file names the real vault.
    loop {
        let said = other.vault(&["verify"]).await.unwrap();
        assert_eq!(said.code, 1, "{}", said.out);
        if said.error.contains("the enclave is not this vault") {
            assert!(said.error.contains("16"), "the register of the constitution: {}", said.error);
            break;
        }
        assert!(since.elapsed() < Duration::from_mins(1), "{}", said.error);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // A member who does not look: his share is sealed for the vault that he means, and does not open in another.
    let theirs = Vault::new(&other);
    let (setup, key) = theirs.setup().await;
    assert_ne!(B256::from(*setup.vault_id), world.vault_id());
    let (mut context, _) = Vault::new(world).share_context().await;
    context.boot_id = *setup.boot_id;
    context.settings = B256::from(*setup.settings);
    let message = seal_share(&key, &member, &context, &[7; 32], &mut rng()).unwrap();
    let problem = theirs.give_share(&message).await.unwrap_err().to_string();
    assert!(problem.contains("share refused"), "{problem}");
    drop(other);
    std::fs::remove_dir_all(dir).unwrap();
}
