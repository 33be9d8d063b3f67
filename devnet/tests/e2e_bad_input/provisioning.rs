//! Provisioning.

use crate::raw::{Vault, run, secret};
use alloy_primitives::{B256, keccak256};
use client::Answered;
use client::keys::AccountKey;
use client::provision::StoreToken;
use devnet::storefront::{Behaviour, DEMO_SHOP, DEMO_TOKEN};
use devnet::world::SALT;

use crate::{good, serving};

struct Provisioning {
    owner: &'static str,
    salt: B256,
    account: &'static str,
    token: &'static str,
    behaviour: Behaviour,
}

const HONEST: Provisioning = Provisioning {
    owner: "owner",
    salt: B256::repeat_byte(0x77),
    account: DEMO_SHOP,
    token: DEMO_TOKEN,
    behaviour: Behaviour::Normal,
};

/// Provisions another store in a wrong way, and sees that there is none then.
fn provisioned(wrong: Provisioning) -> (String, String, String) {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let vault = Vault::new(world);
        let Provisioning { owner, salt, account, token, behaviour } = wrong;
        let policy = world.chain.contracts().policy;
        let token = StoreToken {
            what: protocol::provision::What::Store,
            portfolio: 1,
            salt,
            policy,
            policy_code_hash: keccak256(world.chain.code(policy)),
            preset: "shopify-admin".to_owned(),
            host: DEMO_SHOP.to_owned(),
            account: account.to_owned(),
            app: String::new(),
            connection: None,
            selector: String::new(),
            fields: protocol::provision::fields(&[("access_token", true, token.as_bytes())]),
        };
        world.storefront.behave(DEMO_SHOP, behaviour);
        let serving = vault.connection.verify_serving().await.unwrap();
        let keys = [owner, "operator"].map(|name| AccountKey::from_bytes(&secret(world, name)).unwrap());
        let Answered { outcome, response, .. } = vault.connection.provision(&serving, &keys[0], &keys[1], &token).await.unwrap();
        world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
        let problem: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        let member = |name: &str| problem.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        if salt != SALT {
            let mut call = vault.orders(secret(world, "caller")).await;
            call.fields.salt = salt;
            vault.call(call).await.unwrap().is("refused", "not_permitted", "store.not_provisioned");
        }
        good(world, None).await;
        (outcome, member("title"), member("rule"))
    })
}

#[track_caller]
fn refused(told: (String, String, String), outcome: &str, refusal: &str, rule: &str) {
    assert_eq!((told.0.as_str(), told.1.as_str(), told.2.as_str()), (outcome, refusal, rule));
}

#[test]
fn t70_refuses_a_token_of_another_account() {
    let told = provisioned(Provisioning { account: "other-shop.myshopify.com", ..HONEST });
    refused(told, "refused", "not_permitted", "provision.other_account");
}

#[test]
fn t70_refuses_a_platform_that_says_it_is_another() {
    let domain = "other-shop.myshopify.com".to_owned();
    let told = provisioned(Provisioning { behaviour: Behaviour::Impostor { domain }, ..HONEST });
    refused(told, "refused", "not_permitted", "provision.other_account");
}

#[test]
fn refuses_a_provision_that_the_owner_did_not_sign() {
    refused(provisioned(Provisioning { owner: "caller", ..HONEST }), "refused", "not_permitted", "provision.owner");
}

#[test]
fn refuses_a_store_that_is_provisioned_already() {
    refused(provisioned(Provisioning { salt: SALT, ..HONEST }), "refused", "not_permitted", "store.provisioned");
}

#[test]
fn refuses_a_token_that_is_too_short_to_be_redacted() {
    refused(provisioned(Provisioning { token: "shpat_1", ..HONEST }), "refused", "not_permitted", "provision.fields");
}

#[test]
fn refuses_a_token_that_the_platform_does_not_know() {
    let told = provisioned(Provisioning { token: "shpat_of_nobody_0123456789", ..HONEST });
    refused(told, "failed", "reauthorization_required", "");
}

#[test]
fn refuses_to_provision_while_the_platform_is_down() {
    let told = provisioned(Provisioning { behaviour: Behaviour::Down, ..HONEST });
    refused(told, "failed", "upstream_error", "platform.unreachable");
}
