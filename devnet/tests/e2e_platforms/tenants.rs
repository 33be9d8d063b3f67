//! One connection of several stores: who is granted one of them reads no other, whatever he writes and wherever.

use alloy_primitives::B256;
use devnet::platforms::Platform;

use crate::raw::{LONG, run};
use crate::stage::{Stage, platform, salt, second_stage};

/// A platform, how its three tenants are told apart, and how somebody may read his own.
struct Shared {
    name: &'static str,
    /// Selectors and accounts.
    tenants: [(&'static str, &'static str); 3],
    own: Request,
}

/// Method, path, headers, body.
type Request = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

const JSON: (&str, &str) = ("content-type", "application/json");
const SEARCH: &str = "/order/202309/orders/search?page_size=10";
const GRAPHQL: &str = "/admin/api/2026-10/graphql.json";

/// Binds three stores to one connection, and grants the guardian the first.
async fn bound(stage: &Stage, shared: &Shared) -> (&'static Platform, [B256; 3]) {
    let of = platform(shared.name);
    let stores = ["a", "b", "c"].map(|which| salt(&format!("{} {which}", shared.name)));
    let connection = salt(&format!("{} connection", shared.name));
    stage.app(of).await;
    for (index, (store, (selector, account))) in stores.into_iter().zip(shared.tenants).enumerate() {
        let told = stage
            .store(of, store, index == 0, |token| {
                token.connection = Some(connection);
                selector.clone_into(&mut token.selector);
                account.clone_into(&mut token.account);
            })
            .await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{selector}: {told:?}");
    }
    let first = format!("1:{}", stores[0]);
    stage.world.grant("guardian", &["--class", "READ", "--store", &first, "--seconds", LONG]).await.unwrap();
    (of, stores)
}

async fn ask(stage: &Stage, who: &str, of: &Platform, store: B256, request: Request) -> crate::stage::Told {
    let (method, path, headers, body) = request;
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let url = if path.starts_with("https://") { path.to_owned() } else { format!("https://{}{path}", of.host) };
    stage.request(who, store, method, &url, headers, body).await
}

/// The guardian's own answer, the caller's for every store, and nothing of all that is tried besides.
async fn keeps_to_its_own(shared: Shared, tries: &[Request]) {
    let stage = second_stage().await;
    let (of, stores) = bound(stage, &shared).await;
    for (store, (_, account)) in stores.into_iter().zip(shared.tenants) {
        let seen = stage.world.platforms.seen(of.name).calls.len();
        let told = ask(stage, "guardian", of, store, shared.own).await;
        if store == stores[0] {
            told.answered();
            assert!(told.body.contains(account), "{account}: {}", told.body);
        } else {
            told.is("refused", "not_permitted", "grant.none");
            assert_eq!(stage.world.platforms.seen(of.name).calls.len(), seen);
        }
    }
    for request in tries {
        let before = stage.world.platforms.seen(of.name);
        let told = ask(stage, "guardian", of, stores[0], *request).await;
        let after = stage.world.platforms.seen(of.name);
        assert_eq!(told.outcome, "refused", "{request:?}: {told:?}");
        assert_eq!((after.calls.len(), after.refused.len()), (before.calls.len(), before.refused.len()), "{request:?}");
    }
    // What stands there as it should is sent, so that the tries failed for what they are.
    ask(stage, "guardian", of, stores[0], shared.own).await.answered();
}

#[test]
fn t70_no_header_path_or_query_names_another_of_stripe_s_accounts() {
    let shared = Shared {
        name: "stripe",
        tenants: [
            ("stripe_account=acct_1A", "acct_1A"),
            ("stripe_account=acct_1B", "acct_1B"),
            ("stripe_account=acct_1C", "acct_1C"),
        ],
        own: ("GET", "/v1/balance", &[], ""),
    };
    run(keeps_to_its_own(
        shared,
        &[
            ("GET", "/v1/balance", &[("stripe-account", "acct_1B")], ""),
            ("GET", "/v1/balance", &[("Stripe-Account", "acct_1B")], ""),
            ("GET", "/v1/balance", &[("stripe-account", "acct_1A,acct_1B")], ""),
            ("GET", "/v1/accounts/acct_1B", &[], ""),
            ("GET", "/v1/accounts/acct_1A/../acct_1B", &[], ""),
            ("GET", "/v1/accounts/acct_1A%2F..%2Facct_1B", &[], ""),
            ("GET", "/v1/charges?on_behalf_of=acct_1B", &[], ""),
            ("GET", "/v1/charges?on_behalf_of=acct_1A&on_behalf_of=acct_1B", &[], ""),
            ("GET", "/v1/charges?on_behalf_of[]=acct_1B", &[], ""),
            ("GET", "/v1/charges?on%5Fbehalf%5Fof=acct_1B", &[], ""),
            ("GET", "/v1/charges?On_Behalf_Of=acct_1B", &[], ""),
            // A form in a GET, which the platform reads too.
            ("GET", "/v1/charges", &[("content-type", "application/x-www-form-urlencoded")], "on_behalf_of=acct_1B"),
        ],
    ));
}

#[test]
fn t70_no_query_or_body_names_another_of_tiktok_s_shops() {
    let shared = Shared {
        name: "tiktok-shop",
        tenants: [
            ("shop_cipher=GCP_cipher_A&shop_id=1001", "GCP_cipher_A"),
            ("shop_cipher=GCP_cipher_B&shop_id=1002", "GCP_cipher_B"),
            ("shop_cipher=GCP_cipher_C&shop_id=1003", "GCP_cipher_C"),
        ],
        own: ("POST", "/order/202309/orders/search?page_size=10", &[JSON], r#"{"shop_id":"1001"}"#),
    };
    run(keeps_to_its_own(
        shared,
        &[
            ("POST", "/order/202309/orders/search?shop_cipher=GCP_cipher_B", &[JSON], "{}"),
            ("POST", "/order/202309/orders/search?shop_cipher=GCP_cipher_A&shop_cipher=GCP_cipher_B", &[JSON], "{}"),
            ("POST", "/order/202309/orders/search?shop%5Fcipher=GCP_cipher_B", &[JSON], "{}"),
            ("POST", "/order/202309/orders/search?shop_cipher=GCP_cipher%5FB", &[JSON], "{}"),
            ("POST", "/order/202309/orders/search?shop_id=1002", &[JSON], "{}"),
            ("POST", SEARCH, &[JSON], r#"{"shop_id":"1002"}"#),
            ("POST", SEARCH, &[JSON], r#"{"shop_id":1002}"#),
            ("POST", SEARCH, &[JSON], r#"{"shop_id":"1001","shop_id":"1002"}"#),
            ("POST", SEARCH, &[JSON], r#"{"shop_id":"1001","shop\u005fid":"1002"}"#),
            ("POST", SEARCH, &[JSON], r#"{"shop\u005fid":"1002"}"#),
            ("POST", SEARCH, &[JSON], r#"{"shop_id":["1001","1002"]}"#),
            // A body that is not looked into.
            ("POST", SEARCH, &[("content-type", "text/plain")], r#"{"shop_id":"1002"}"#),
            ("POST", SEARCH, &[("content-type", "application/x-www-form-urlencoded")], "shop_id=1002"),
        ],
    ));
}

#[test]
fn t70_no_path_or_query_names_another_of_payoneer_s_accounts() {
    let shared = Shared {
        name: "payoneer",
        tenants: [("account_id=9001", "9001"), ("account_id=9002", "9002"), ("account_id=9003", "9003")],
        own: ("GET", "/v4/accounts/9001/balances", &[], ""),
    };
    run(keeps_to_its_own(
        shared,
        &[
            ("GET", "/v4/accounts/9002/balances", &[], ""),
            ("GET", "/v4/accounts/%39002/balances", &[], ""),
            ("GET", "/v4/accounts/9001/../9002/balances", &[], ""),
            ("GET", "/v4/accounts//9002/balances", &[], ""),
            ("GET", "/v4/Accounts/9002/balances", &[], ""),
            ("GET", "/v4/accounts/9001/balances?account_id=9002", &[], ""),
            ("GET", "/v4/accounts/9001/balances;x/../../9002/balances", &[], ""),
            // A program that the binding does not have.
            ("GET", "/v4/programs/100/balances", &[], ""),
        ],
    ));
}

#[test]
fn t70_no_list_names_a_marketplace_beside_the_store_s_own() {
    let shared = Shared {
        name: "amazon-sp",
        tenants: [
            ("marketplaces=ATVPDKIKX0DER", "A Store"),
            ("marketplaces=A2EUQ1WTGCTBG2", "A Store"),
            ("marketplaces=A1AM78C64UM0Y8,A2EUQ1WTGCTBG2", "A Store"),
        ],
        // The seller's name is in no order, but the marketplace is.
        own: ("GET", "/sellers/v1/marketplaceParticipations", &[], ""),
    };
    run(keeps_to_its_own(
        shared,
        &[
            ("GET", "/orders/v0/orders?MarketplaceIds=A2EUQ1WTGCTBG2", &[], ""),
            ("GET", "/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER,A2EUQ1WTGCTBG2", &[], ""),
            ("GET", "/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER%2CA2EUQ1WTGCTBG2", &[], ""),
            ("GET", "/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER&MarketplaceIds=A2EUQ1WTGCTBG2", &[], ""),
            ("GET", "/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER&marketplaceids=A2EUQ1WTGCTBG2", &[], ""),
            ("GET", "/orders/2026-01-01/orders?marketplaceIds=A2EUQ1WTGCTBG2", &[], ""),
            (
                "POST",
                "/reports/2021-06-30/reports",
                &[JSON],
                r#"{"reportType":"GET_X","marketplaceIds":["ATVPDKIKX0DER","A2EUQ1WTGCTBG2"]}"#,
            ),
            (
                "POST",
                "/reports/2021-06-30/reports",
                &[JSON],
                r#"{"reportType":"GET_X","marketplaceIds":["ATVPDKIKX0DER"],"MarketplaceIds":["A2EUQ1WTGCTBG2"]}"#,
            ),
            // Another region's host is another store's.
            ("GET", "https://sellingpartnerapi-eu.amazon.com/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER", &[], ""),
        ],
    ));
}

#[test]
fn t70_no_header_names_another_of_airwallex_accounts() {
    let shared = Shared {
        name: "airwallex",
        tenants: [("on_behalf_of=acct_A", "acct_A"), ("on_behalf_of=acct_B", "acct_B"), ("on_behalf_of=acct_C", "acct_C")],
        own: ("GET", "/api/v1/balances/current", &[], ""),
    };
    run(keeps_to_its_own(
        shared,
        &[
            ("GET", "/api/v1/balances/current", &[("x-on-behalf-of", "acct_B")], ""),
            ("GET", "/api/v1/balances/current", &[("X-On-Behalf-Of", "acct_B")], ""),
            ("GET", "/api/v1/balances/current", &[("x-login-as", "acct_B")], ""),
            ("GET", "/api/v1/balances/current", &[("authorization", "Bearer mine")], ""),
        ],
    ));
}

/// The host is the tenant: a document names no other shop.
#[test]
fn t70_no_graphql_document_or_host_names_another_shop() {
    run(async {
        let stage = second_stage().await;
        let of = platform("shopify-admin");
        let store = salt("shopify t70");
        stage.app(of).await;
        let told = stage.store(of, store, true, |_| {}).await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
        let one = format!("1:{store}");
        stage.world.grant("guardian", &["--class", "READ", "--store", &one, "--seconds", LONG]).await.unwrap();
        let own = r#"{"query":"{ orders(first: 1) { edges { node { id } } } }"}"#;
        ask(stage, "guardian", of, store, ("POST", GRAPHQL, &[JSON], own)).await.answered();
        let before = stage.world.platforms.seen(of.name).calls.len();
        let demo = stage.world.storefront.journal().len();
        for request in [
            ("POST", "https://demo-shop.myshopify.com/admin/api/2026-10/graphql.json", &[JSON][..], own),
            ("POST", GRAPHQL, &[JSON, ("x-shopify-shop-domain", "demo-shop.myshopify.com")], own),
            ("POST", GRAPHQL, &[JSON, ("host", "demo-shop.myshopify.com")], own),
            ("POST", GRAPHQL, &[JSON, ("x-forwarded-host", "demo-shop.myshopify.com")], own),
            ("POST", GRAPHQL, &[JSON], r#"{"query":"{ a: shopByDomain(domain: \"demo-shop.myshopify.com\") { id } }"}"#),
            ("POST", GRAPHQL, &[JSON], r#"{"query":"{ node(id: \"gid://shopify/Shop/2\") { id } }"}"#),
            (
                "POST",
                GRAPHQL,
                &[JSON],
                r#"{"query":"{ orders(first: 1) { edges { node { id } } } }","shop":"demo","query":"{ shop { id } }"}"#,
            ),
            ("POST", "/admin/api/2026-10/graphql.json?shop=demo-shop.myshopify.com", &[JSON], own),
        ] {
            let told = ask(stage, "guardian", of, store, request).await;
            assert_eq!(told.outcome, "refused", "{request:?}: {told:?}");
        }
        assert_eq!(stage.world.platforms.seen(of.name).calls.len(), before);
        assert_eq!(stage.world.storefront.journal().len(), demo);
    });
}
