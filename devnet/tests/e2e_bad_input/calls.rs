//! Encapsulated requests.

use crate::raw::{self, Forged, Told, Vault, rng, run, secret};
use alloy_primitives::B256;
use devnet::storefront::DEMO_SHOP;
use protocol::limits;
use protocol::ohttp::ServerKey;

use crate::{good, serving, size};

#[test]
fn t61_refuses_another_ohttp_key() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let before = size(world).await;
        let key = vault.key().await.unwrap();
        // The key id is a byte of a hash, so another key may bear the same one: then the request does not open.
        let mut problems = Vec::new();
        for _ in 0..2 {
            let other = *ServerKey::generate(&mut rng()).config();
            let mut forged = vault.orders(secret(world, "caller")).await;
            forged.sealed_to = other;
            problems.push((other.key_id() == key.key_id(), vault.call(forged).await.unwrap_err().to_string()));
        }
        let mut same_id = key.encode();
        same_id[3..68].copy_from_slice(ServerKey::generate(&mut rng()).config().public_key());
        let mut forged = vault.orders(secret(world, "caller")).await;
        forged.sealed_to = protocol::ohttp::KeyConfig::decode(&same_id).unwrap();
        problems.push((true, vault.call(forged).await.unwrap_err().to_string()));
        for (same_id, problem) in problems {
            let wanted = if same_id { "request does not open under this key" } else { "unknown key configuration" };
            assert!(problem.contains("400") && problem.contains(wanted), "{problem}");
        }
        good(world, Some(before)).await;
    });
}

#[test]
fn t61_refuses_malformed_ohttp() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let before = size(world).await;
        let message = vault.orders(secret(world, "caller")).await.seal().message;
        let mut flipped = message.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let mut suite = message.clone();
        suite[6] = 3;
        let mut off_curve = message.clone();
        off_curve[20] ^= 1;
        for (name, bytes) in [
            ("flipped", flipped),
            ("suite", suite),
            ("no point", off_curve),
            ("truncated", message[..60].to_vec()),
            ("empty", Vec::new()),
            ("too large", vec![0; limits::OHTTP_REQUEST + 1]),
        ] {
            let refused = vault.connection.post("/v1/request", "message/ohttp-req", bytes).await.unwrap_err().to_string();
            assert!(refused.contains("the host answers 4"), "{name}: {refused}");
        }
        let refused = vault.connection.post("/v1/request", "application/json", message).await.unwrap_err().to_string();
        assert!(refused.contains("415"), "{refused}");
        good(world, Some(before)).await;
    });
}

/// Makes the caller's call wrong, and says what the vault answers. Nothing may reach the platform.
async fn forged(change: impl FnOnce(&mut Forged)) -> Told {
    let shared = serving().await;
    let (world, vault) = (&shared.world, Vault::new(&shared.world));
    let before = size(world).await;
    let mut call = vault.orders(secret(world, "caller")).await;
    change(&mut call);
    let told = vault.call(call).await.unwrap();
    assert!(world.storefront.journal().is_empty());
    let entries = u64::from(told.receipt);
    assert_eq!(size(world).await, before + entries, "a refusal with a receipt is one entry, another is none");
    good(world, Some(before + entries)).await;
    told
}

#[test]
fn t48_refuses_a_replayed_message() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let before = size(world).await;
        let sealed = vault.orders(secret(world, "caller")).await.seal();
        assert_eq!(vault.post(&sealed).await.unwrap().outcome, "upstream");
        for _ in 0..2 {
            vault.post(&sealed).await.unwrap().is("refused", "unauthenticated", "call.replayed");
        }
        assert_eq!(world.storefront.journal().len(), 1);
        good(world, Some(before + 2)).await;
    });
}

#[test]
fn t48_refuses_the_same_nonce_in_another_call() {
    run(async {
        let shared = serving().await;
        let (world, vault) = (&shared.world, Vault::new(&shared.world));
        let first = vault.orders(secret(world, "caller")).await;
        let nonce = first.fields.nonce;
        assert_eq!(vault.call(first).await.unwrap().outcome, "upstream");
        let mut second = vault.orders(secret(world, "caller")).await;
        second.fields.nonce = nonce;
        vault.call(second).await.unwrap().is("refused", "unauthenticated", "call.replayed");
        assert_eq!(world.storefront.journal().len(), 1);
    });
}

#[test]
fn t48_refuses_an_expired_call() {
    run(forged(|call| {
        call.fields.issued_at -= 121;
        call.fields.expires_at = call.fields.issued_at + 120;
    }))
    .is("refused", "unauthenticated", "call.expired");
}

#[test]
fn t48_refuses_a_call_of_the_future() {
    run(forged(|call| {
        call.fields.issued_at += 60;
        call.fields.expires_at += 60;
    }))
    .is("refused", "unauthenticated", "call.not_yet");
}

#[test]
fn t48_refuses_a_window_that_is_too_wide() {
    run(forged(|call| call.fields.expires_at = call.fields.issued_at + limits::CALL_WINDOW + 1)).is(
        "refused",
        "unauthenticated",
        "call.window",
    );
}

#[test]
fn t48_refuses_a_signature_for_another_vault() {
    run(forged(|call| call.vault_id = B256::repeat_byte(7))).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn t48_refuses_a_signature_for_another_chain() {
    run(forged(|call| call.chain_id = 1)).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn t48_refuses_a_signature_for_another_registry() {
    run(forged(|call| call.registry = [7; 20].into())).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn t66_refuses_a_resealed_call() {
    run(forged(|call| call.signed_enc = Some(*ServerKey::generate(&mut rng()).config().public_key()))).is(
        "refused",
        "unauthenticated",
        "call.signature",
    );
}

#[test]
fn t66_refuses_a_call_signed_for_another_enclave() {
    run(forged(|call| call.signed_key = Some(ServerKey::generate(&mut rng()).config().digest()))).is(
        "refused",
        "unauthenticated",
        "call.signature",
    );
}

#[test]
fn refuses_a_header_that_the_caller_may_not_set() {
    for name in ["authorization", "cookie", "x-forwarded-host", "pst-vault-unknown"] {
        let told = run(forged(|call| call.late.push((name.to_owned(), b"x".to_vec()))));
        told.is("refused", "malformed", "call.form");
    }
}

#[test]
fn refuses_a_header_that_nobody_signed() {
    run(forged(|call| call.late.push(("prefer".to_owned(), b"x".to_vec())))).is("refused", "unauthenticated", "call.signature");
}

#[test]
fn refuses_an_unknown_operation() {
    let url = format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json");
    let unknown = raw::post(&url, r#"{"query":"{ everything { id } }"}"#);
    let told = run(forged(|call| call.request = unknown));
    told.is("refused", "unknown_operation", "name.unknown");
    assert!(told.receipt);
}

#[test]
fn refuses_a_container_of_operations() {
    let url = format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json");
    let told = run(forged(|call| call.request = raw::post(&url, r#"{"query":"{ node(id: \"gid://1\") { id } }"}"#)));
    told.is("refused", "unknown_operation", "name.container");
}

#[test]
fn refuses_an_unknown_path() {
    let request = raw::request("GET", &format!("https://{DEMO_SHOP}/admin/api/2026-10/orders.json"), &[], "");
    run(forged(|call| call.request = request)).is("refused", "unknown_operation", "name.path");
}

#[test]
fn refuses_an_unknown_host() {
    let request = raw::post("https://example.com/admin/api/2026-10/graphql.json", raw::ORDERS);
    // It could be the host of a store whose preset takes any.
    run(forged(|call| call.request = request)).is("refused", "not_permitted", "closed.routing");
    let request = raw::request("GET", "https://api.amazon.com/v1/orders", &[], "");
    run(forged(|call| call.request = request)).is("refused", "unknown_operation", "host.unknown");
}

#[test]
fn refuses_another_stores_host() {
    let request = raw::post("https://other-shop.myshopify.com/admin/api/2026-10/graphql.json", raw::ORDERS);
    run(forged(|call| call.request = request)).is("refused", "not_permitted", "store.host");
}
