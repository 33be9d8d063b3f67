//! `image` and `reset`.

use std::fs;

use alloy_primitives::B256;
use contracts_bindings::VaultRegistry::{P256Key, P256Sig};
use contracts_bindings::admin::{NewVault, VaultAdmin};
use p256::ecdsa::SigningKey;
use protocol::anchor;
use serde_json::{Value, json};

use crate::dao::{DAY, Dao};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_proposed_lives_after_the_delay_and_is_revoked_for_good_and_a_reset_can_be_vetoed() {
    let dao = Dao::new().await;
    assert_eq!(dao.run("reset show").await.code, 1, "no vault is on chain yet");
    create_vault(&dao);
    let shown = dao.json("image show").await;
    assert_eq!((&shown["state"], &shown["of_vault_file"]), (&json!("live"), &json!(true)));
    let other = B256::repeat_byte(0x77);
    let proposed = dao.json(&format!("image propose --image {other} --digest {other} --key admin.key")).await;
    let time = dao.world.chain.block(proposed["block"].as_u64().unwrap()).unwrap().timestamp;
    assert_eq!(proposed["effect"]["not_before"], time + 7 * DAY);
    assert_eq!(dao.json(&format!("image show --image {other}")).await["state"], "proposed");
    dao.pass(7 * DAY).await;
    assert_eq!(dao.json(&format!("image show --image {other}")).await["state"], "live");
    let revoked = dao.json(&format!("image revoke --image {other} --key guardian.key")).await;
    assert_eq!(revoked["effect"]["when"], "at_once");
    assert_eq!(dao.json(&format!("image show --image {other}")).await["state"], "revoked");
    dao.refused(&format!("image propose --image {other} --digest {other} --key admin.key"), "ImageKnown").await;
    let release = json!({ "format": 1, "pcrs": { "0": "01".repeat(48), "1": "02".repeat(48), "2": "03".repeat(48) } });
    fs::write(dao.world.dir.join("release.json"), release.to_string()).unwrap();
    let of_release = dao.json("image propose --of release.json --key admin.key").await;
    let shown = dao.json("image show --of release.json").await;
    assert_eq!((&shown["image"], &shown["state"]), (&of_release["image"], &json!("proposed")));
    dao.refused(&format!("image propose --image {} --digest {other} --key owner.key", B256::repeat_byte(0x78)), "NotAdmin").await;

    let root = dao.json("reset show").await["root"].as_str().unwrap().to_owned();
    let proposed = dao.json(&format!("reset propose --size 0 --root {root} --key admin.key")).await;
    assert_eq!(proposed["effect"]["when"], "after_delay");
    assert_eq!(dao.json("reset show").await["reset"]["from"], proposed["effect"]["not_before"]);
    assert_eq!(dao.json("reset veto --key guardian.key").await["effect"]["when"], "at_once");
    assert_eq!(dao.json("reset show").await["reset"], Value::Null);
    dao.refused("reset veto --key guardian.key", "NothingToVeto").await;
}

/// As `genesis` does, without an enclave.
fn create_vault(dao: &Dao) {
    let chain = &dao.world.chain;
    let accounts = chain.accounts();
    let connection = client::Connection::new(client::VaultFile::load(&dao.world.dir.join("vault.json")).unwrap()).unwrap();
    let key = SigningKey::from_slice(&[3; 32]).unwrap();
    let (registry, commitment) = (chain.contracts().vault_registry, B256::repeat_byte(5));
    let constitution = connection.constitution().digest();
    let digest = anchor::create_vault_digest(chain.config().chain_id, registry, connection.vault_id(), constitution, commitment);
    let public = anchor::public_key(&key);
    let (x, y) = public.split_at(32);
    let signature = anchor::sign(&key, &digest).unwrap();
    let new = NewVault {
        constitution,
        vault_key: P256Key { x: B256::from_slice(x), y: B256::from_slice(y) },
        root_commitment: commitment,
        image: connection.image_id().unwrap(),
        guardian: accounts.guardian.address,
        delay: 7 * DAY,
        signature: P256Sig { r: B256::from_slice(&signature[..32]), s: B256::from_slice(&signature[32..]) },
    };
    chain.execute(&accounts.admin, Some(registry), VaultAdmin(registry).create_vault(new).data).unwrap();
}
