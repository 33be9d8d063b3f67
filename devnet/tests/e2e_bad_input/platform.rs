//! The platform.

use crate::raw::{Told, Vault, run, secret};
use devnet::storefront::{Behaviour, DEMO_SHOP};
use devnet::world::World;
use protocol::limits;
use std::time::{Duration, Instant};

use crate::{good, serving, size};

/// Calls while the platform misbehaves.
async fn platform(world: &World, behaviour: Behaviour, caller: &str) -> Told {
    world.storefront.behave(DEMO_SHOP, behaviour);
    let vault = Vault::new(world);
    let told = vault.call(vault.orders(secret(world, caller)).await).await.unwrap();
    world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
    told
}

/// What the vault answers when the platform misbehaves, and how many requests reached the platform.
fn misbehaving(behaviour: Behaviour) -> (Told, usize) {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        let before = size(world).await;
        let told = platform(world, behaviour, "caller").await;
        let reached = world.storefront.journal().len();
        assert!(told.receipt, "{told:?}");
        good(world, Some(before + 2)).await;
        (told, reached)
    })
}

#[test]
fn t42_a_redirect_off_the_stores_host_is_not_followed() {
    for to in [
        "https://example.com/",
        "https://demo-shop.myshopify.com.example.com/",
        "//example.com/",
        "http://demo-shop.myshopify.com/",
    ] {
        let (told, reached) = misbehaving(Behaviour::Redirect { to: to.to_owned() });
        told.is("failed", "upstream_error", "response.refused");
        assert_eq!(reached, 1, "{to}");
    }
}

#[test]
fn a_response_over_the_limit_is_not_handed_back() {
    let (told, reached) = misbehaving(Behaviour::Huge { bytes: limits::UPSTREAM_BODY + 1 });
    told.is("failed", "upstream_error", "outcome_unknown");
    assert_eq!(reached, 1);
}

#[test]
fn a_compressed_response_is_not_handed_back() {
    let (told, reached) = misbehaving(Behaviour::Gzip);
    told.is("failed", "upstream_error", "response.refused");
    assert_eq!(reached, 1);
}

#[test]
fn a_platform_that_is_down() {
    let (told, reached) = misbehaving(Behaviour::Down);
    told.is("failed", "upstream_error", "platform.unreachable");
    assert_eq!(reached, 0);
}

#[test]
fn a_platform_with_a_bad_certificate_gets_no_request() {
    let (told, reached) = misbehaving(Behaviour::BadCertificate);
    told.is("failed", "upstream_error", "platform.unreachable");
    assert_eq!(reached, 0);
}

#[test]
fn a_platform_that_hangs_up_leaves_the_outcome_unknown() {
    let (told, reached) = misbehaving(Behaviour::HangUp);
    told.is("failed", "upstream_error", "outcome_unknown");
    assert_eq!(reached, 1);
}

#[test]
fn a_slow_platform_is_waited_for_half_a_minute_at_most() {
    let since = Instant::now();
    let (told, reached) = misbehaving(Behaviour::Slow { millis: 60_000 });
    told.is("failed", "upstream_error", "outcome_unknown");
    assert_eq!(reached, 1);
    assert!(since.elapsed() < Duration::from_mins(3));
}

#[test]
fn a_platform_that_refuses_the_token() {
    let (told, _) = misbehaving(Behaviour::Status { code: 401 });
    told.is("failed", "reauthorization_required", "");
}

#[test]
fn a_limit_is_spent_by_what_may_have_arrived_and_by_nothing_else() {
    run(async {
        let shared = serving().await;
        let world = &shared.world;
        // The guardian has two calls for ever.
        for behaviour in [Behaviour::Down, Behaviour::BadCertificate, Behaviour::Down] {
            platform(world, behaviour, "guardian").await.is("failed", "upstream_error", "platform.unreachable");
        }
        platform(world, Behaviour::HangUp, "guardian").await.is("failed", "upstream_error", "outcome_unknown");
        assert_eq!(platform(world, Behaviour::Normal, "guardian").await.outcome, "upstream");
        platform(world, Behaviour::Normal, "guardian").await.is("refused", "budget_exhausted", "");
        assert_eq!(world.storefront.journal().len(), 2);
        good(world, None).await;
    });
}
