//! Platforms whose access tokens come from a token endpoint and go into a header.

use super::{Ask, ENDPOINT, Endpoint, PLAIN, Platform, get, public, secret, send};
use crate::platforms::tokens::Rotation;
use crate::platforms::{grants, proofs, words};

pub(super) const AIRWALLEX: Platform = Platform {
    name: "airwallex",
    preset: "airwallex",
    host: "api.airwallex.com",
    account: "acct_a7yCk3T8PAWMd4oUfCp9RQ",
    connection: &[
        public("client_id", "_ejVuvh5TCm0ozLCoPZ7EA"),
        secret("api_key", "4a8d6fa0b1c2d3e4f5061728394a5b6c7d8e9fdevnet"),
    ],
    grant: Some(Endpoint {
        path: "/api/v1/authentication/login",
        read: grants::airwallex,
        answer: grants::airwallex_answer,
        refuse: words::plain,
        rotation: Rotation::Credentials,
        life_s: 1_800,
        ..ENDPOINT
    }),
    tenant: |asked| asked.header("x-on-behalf-of").map(str::to_owned),
    routes: &[
        ("GET /api/v1/account", r#"{"id":"{tenant}","account_name":"A Seller","status":"ACTIVE"}"#),
        (
            "GET /api/v1/beneficiaries",
            r#"{"has_more":false,"items":[{"beneficiary_id":"b-1","beneficiary":{"bank_details":{"account_number":"{bank}"}}}]}"#,
        ),
        ("GET /api/v1/balances/current", r#"[{"available_amount":100.10,"currency":"USD","account":"{tenant}"}]"#),
    ],
    read: get("/api/v1/balances/current"),
    forbidden: send("POST", "/api/v1/beneficiaries/create", r#"{"nickname":"mine"}"#),
    ..PLAIN
};

pub(super) const AMAZON: Platform = Platform {
    name: "amazon-sp",
    preset: "amazon-sp",
    host: "sellingpartnerapi-na.amazon.com",
    account: "A Store",
    selector: "marketplaces=ATVPDKIKX0DER",
    app: Some((
        "amzn1.application-oa2-client.0f1e2d3c",
        &[
            public("client_id", "amzn1.application-oa2-client.0f1e2d3c"),
            secret("client_secret", "amzn1.oa2-cs.v1.devnet0123456789abcdef"),
        ],
    )),
    connection: &[secret("refresh_token", "Atzr|IwEBIDevnetRefreshToken0123456789")],
    proof: |asked, _| proofs::header(asked, "x-amz-access-token"),
    refuse: words::amazon,
    grant: Some(Endpoint { host: "api.amazon.com", path: "/auth/o2/token", ..ENDPOINT }),
    routes: &[
        (
            "GET /sellers/v1/marketplaceParticipations",
            r#"{"payload":[{"marketplace":{"id":"ATVPDKIKX0DER","name":"Amazon.com"},"participation":{"isParticipating":true},"storeName":"{tenant}"}]}"#,
        ),
        (
            "GET /orders/v0/orders",
            r#"{"payload":{"Orders":[{"AmazonOrderId":"902-1845936-5435065","PurchaseDate":"2026-11-01T10:00:00Z","OrderStatus":"Unshipped","MarketplaceId":"ATVPDKIKX0DER","OrderTotal":{"CurrencyCode":"USD","Amount":"11.01"}},{"AmazonOrderId":"902-8745147-1934268","PurchaseDate":"2026-11-02T10:00:00Z","OrderStatus":"Shipped","MarketplaceId":"ATVPDKIKX0DER"}],"CreatedBefore":"2026-11-25T00:00:00Z"}}"#,
        ),
        (
            "GET /finances/transfers/2024-06-01/paymentMethods",
            r#"{"paymentMethods":[{"paymentMethodId":"p-1","paymentMethodType":"BANK_ACCOUNT","accountHolderName":"A Seller","tail":"{bank}","countryCode":"US","assignmentType":"DEFAULT_DEPOSIT_METHOD"}]}"#,
        ),
        (
            "GET /orders/v0/orders/*",
            r#"{"payload":{"AmazonOrderId":"902-1845936-5435065","PurchaseDate":"2026-11-01T10:00:00Z","OrderStatus":"Unshipped","MarketplaceId":"ATVPDKIKX0DER"}}"#,
        ),
    ],
    headers: &[("x-amzn-ratelimit-limit", "0.0167"), ("x-amzn-requestid", "9f1e2d3c-devnet")],
    read: get("/orders/v0/orders?MarketplaceIds=ATVPDKIKX0DER&CreatedAfter=2026-11-01"),
    forbidden: send(
        "POST",
        "/finances/transfers/2024-06-01/payouts",
        r#"{"marketplaceId":"ATVPDKIKX0DER","accountType":"Standard Orders"}"#,
    ),
    ..PLAIN
};

pub(super) const EBAY: Platform = Platform {
    name: "ebay",
    preset: "ebay",
    // The probe is answered there alone.
    host: "apiz.ebay.com",
    account: "sGBY8nUCTLO",
    selector: "marketplace=EBAY_DE",
    app: Some((
        "DevnetApp-PRD-0123456789",
        &[
            public("client_id", "DevnetApp-PRD-0123456789"),
            secret("client_secret", "PRD-devnet9876543210-cert"),
            // RFC 9421's `test-key-ed25519`.
            secret("signing_key", "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"),
            public("signing_jwe", "eyJhbGciOiJBMjU2R0NNS1ciLCJlbmMiOiJBMjU2R0NNIn0.devnet"),
        ],
    )),
    connection: &[secret("refresh_token", "v^1.1#i^1#p^3#r^1#I^3#f^0#t^devnetRefresh01")],
    proof: proofs::ebay,
    refuse: words::ebay,
    grant: Some(Endpoint {
        host: "api.ebay.com",
        path: "/identity/v1/oauth2/token",
        read: |asked, of| grants::basic(asked, of, "client_id", "client_secret"),
        life_s: 7_200,
        ..ENDPOINT
    }),
    routes: &[
        ("GET /commerce/identity/v1/user/", r#"{"userId":"{tenant}","username":"a_seller"}"#),
        (
            "GET /sell/account/v2/payout_settings",
            r#"{"payoutInstruments":[{"instrumentId":"12****67","instrumentType":"BANK","accountLastFourDigits":"{bank}","payoutPercentage":"100"}]}"#,
        ),
        ("GET /sell/finances/v1/payout", r#"{"total":1,"payouts":[{"payoutId":"5********3","payoutStatus":"SUCCEEDED"}]}"#),
    ],
    read: get("/sell/finances/v1/payout?limit=2"),
    forbidden: Ask {
        host: Some("api.ebay.com"),
        ..send("POST", "/sell/account/v2/payout_settings/update_percentage", r#"{"payoutInstruments":[]}"#)
    },
    ..PLAIN
};

pub(super) const ETSY: Platform = Platform {
    name: "etsy",
    preset: "etsy",
    host: "api.etsy.com",
    account: "12345678",
    selector: "shop_id=12345678&user_id=998877",
    app: Some((
        "devnetkeystring0123456789",
        &[public("keystring", "devnetkeystring0123456789"), secret("shared_secret", "etsy-devnet-shared")],
    )),
    connection: &[secret("refresh_token", "998877.devnet-etsy-refresh-token-01")],
    proof: proofs::etsy,
    grant: Some(Endpoint { path: "/v3/public/oauth/token", read: grants::etsy, rotation: Rotation::Always, ..ENDPOINT }),
    routes: &[
        ("GET /v3/application/users/me", r#"{"user_id":998877,"shop_id":{tenant}}"#),
        ("GET /v3/application/shops/*/receipts", r#"{"count":1,"results":[{"receipt_id":1}]}"#),
    ],
    headers: &[("x-limit-per-second", "10"), ("x-remaining-this-second", "9")],
    read: get("/v3/application/shops/12345678/receipts?limit=10"),
    // The deposit account is not in the API: a name that the table does not have.
    forbidden: send("PUT", "/v3/application/shops/12345678/payment-account", "{}"),
    refusal: ("unknown_operation", "name.path"),
    ..PLAIN
};

pub(super) const MERCADO_LIBRE: Platform = Platform {
    name: "mercado-libre",
    preset: "mercado-libre",
    host: "api.mercadolibre.com",
    account: "4711",
    selector: "user_id=4711",
    app: Some((
        "1234567890123456",
        &[public("client_id", "1234567890123456"), secret("client_secret", "devnetMeliSecret0123456789")],
    )),
    connection: &[secret("refresh_token", "TG-devnet-refresh-0123456789-4711")],
    grant: Some(Endpoint {
        path: "/oauth/token",
        rotation: Rotation::Always,
        life_s: 21_600,
        refresh_life_s: 180 * 86_400,
        ..ENDPOINT
    }),
    routes: &[
        ("GET /users/me", r#"{"id":{tenant},"nickname":"A SELLER"}"#),
        ("GET /orders/search", r#"{"results":[{"id":2000003508419013}],"paging":{"total":1}}"#),
    ],
    read: get("/orders/search?seller=4711&order.status=paid"),
    // Withdrawals are another API's: an operation of the app, under a store.
    forbidden: get("/missed_feeds?app_id=1234567890123456"),
    refusal: ("unknown_operation", "name.app_scope"),
    ..PLAIN
};

pub(super) const PAYONEER: Platform = Platform {
    tells_account: false,
    name: "payoneer",
    preset: "payoneer",
    host: "api.payoneer.com",
    account: "9001",
    selector: "account_id=9001",
    app: Some((
        "devnet-payoneer-client",
        &[public("client_id", "devnet-payoneer-client"), secret("client_secret", "devnetPayoneerSecret0123")],
    )),
    connection: &[secret("refresh_token", "payoneer-devnet-refresh-0123456789")],
    grant: Some(Endpoint {
        host: "login.payoneer.com",
        path: "/api/v2/oauth2/token",
        read: |asked, of| grants::basic(asked, of, "client_id", "client_secret"),
        rotation: Rotation::IfPresent,
        ..ENDPOINT
    }),
    tenant: |asked| asked.path.split('/').nth(3).map(str::to_owned),
    routes: &[(
        "GET /v4/accounts/*/balances",
        r#"{"result":{"balances":{"items":[{"id":"{tenant}-{bank}","currency":"USD"}]}}}"#,
    )],
    read: get("/v4/accounts/9001/balances"),
    forbidden: send("POST", "/v4/accounts/9001/payments/debit", r#"{"amount":1}"#),
    ..PLAIN
};

pub(super) const PAYPAL: Platform = Platform {
    name: "paypal",
    preset: "paypal",
    host: "api-m.paypal.com",
    account: "QYR5Z8XDVJNXQ",
    connection: &[
        public("client_id", "AaDevnetPaypalClient0123456789"),
        secret("client_secret", "EDevnetPaypalSecret0123456789"),
    ],
    grant: Some(Endpoint {
        path: "/v1/oauth2/token",
        read: |asked, of| grants::basic(asked, of, "client_id", "client_secret"),
        rotation: Rotation::Credentials,
        life_s: 32_400,
        ..ENDPOINT
    }),
    routes: &[
        (
            "GET /v1/identity/oauth2/userinfo",
            r#"{"user_id":"https://www.paypal.com/webapps/auth/identity/user/m","payer_id":"{tenant}"}"#,
        ),
        (
            "GET /v1/reporting/balances",
            r#"{"balances":[{"currency":"USD","primary":true,"total_balance":{"value":"10.00"}},{"currency":"X{bank}"}]}"#,
        ),
    ],
    read: get("/v1/reporting/balances?currency_code=USD"),
    forbidden: send("POST", "/v1/payments/payouts", r#"{"sender_batch_header":{},"items":[]}"#),
    ..PLAIN
};

pub(super) const SHOPIFY: Platform = Platform {
    name: "shopify-admin",
    preset: "shopify-admin",
    host: "devnet-platform.myshopify.com",
    account: "devnet-platform.myshopify.com",
    app: Some((
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        &[public("client_id", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"), secret("client_secret", "shpss_devnet0123456789abcdef")],
    )),
    connection: &[secret("refresh_token", "shprt_devnet0123456789abcdef")],
    proof: |asked, _| proofs::header(asked, "x-shopify-access-token"),
    refuse: words::shopify,
    grant: Some(Endpoint {
        path: "/admin/oauth/access_token",
        refuse: words::shopify_token,
        rotation: Rotation::Graced,
        ..ENDPOINT
    }),
    // The first word of the query is near enough to its root field.
    named: |asked| {
        let body = asked.json();
        let query = body.get("query").and_then(serde_json::Value::as_str).unwrap_or_default();
        let words: Vec<&str> = query.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.first().copied().unwrap_or_default().to_owned()
    },
    routes: &[
        ("shop", r#"{"data":{"shop":{"myshopifyDomain":"{tenant}"}}}"#),
        (
            "shopifyPaymentsAccount",
            r#"{"data":{"shopifyPaymentsAccount":{"id":"gid://shopify/ShopifyPaymentsAccount/1","bankAccounts":{"nodes":[{"id":"gid://shopify/ShopifyPaymentsBankAccount/1","accountNumberLastDigits":"{bank}"}]}}}}"#,
        ),
        ("orders", r#"{"data":{"orders":{"edges":[{"node":{"id":"gid://shopify/Order/1001","name":"1001"}}]}}}"#),
    ],
    read: send("POST", "/admin/api/2026-10/graphql.json", r#"{"query":"{ orders(first: 1) { edges { node { id name } } } }"}"#),
    forbidden: send(
        "POST",
        "/admin/api/2026-10/graphql.json",
        r#"{"query":"mutation { shopifyPaymentsPayoutAlternateCurrencyCreate(currency: USD) { success } }"}"#,
    ),
    ..PLAIN
};

const WALMART_ROUTES: &[(&str, &str)] = &[
    (
        "GET /v3/settings/partnerprofile",
        r#"{"partner":{"partnerId":"{tenant}","partnerDisplayName":"A Seller"},"configurations":[]}"#,
    ),
    ("GET /v3/orders", r#"{"list":{"meta":{"totalCount":1},"elements":{"order":[{"purchaseOrderId":"1796277083022"}]}}}"#),
];

/// A seller with its own keys.
pub(super) const WALMART: Platform = Platform {
    name: "walmart",
    preset: "walmart",
    host: "marketplace.walmartapis.com",
    account: "10001234567",
    connection: &[public("client_id", "devnet-walmart-seller-0123"), secret("client_secret", "AJdevnetWalmartSecret0123456789")],
    proof: proofs::walmart,
    grant: Some(Endpoint {
        path: "/v3/token",
        read: |asked, of| grants::walmart(asked, of, "client_id", "client_secret"),
        rotation: Rotation::Credentials,
        life_s: 900,
        ..ENDPOINT
    }),
    routes: WALMART_ROUTES,
    headers: &[("x-current-token-count", "19"), ("x-next-replenishment-time", "1798761600000")],
    read: get("/v3/orders?limit=10"),
    // The bank account is not in the API: AUTHZ is the nearest.
    forbidden: send("PUT", "/v3/settings/shipping/templates", "{}"),
    refusal: ("not_permitted", "closed.authz"),
    ..PLAIN
};

/// A seller's consent to a solution provider.
pub(super) const WALMART_PROVIDER: Platform = Platform {
    name: "walmart by a solution provider",
    preset: "walmart",
    host: "sandbox.walmartapis.com",
    app: Some((
        "devnet-walmart-provider",
        &[public("app_client_id", "devnet-walmart-provider"), secret("app_client_secret", "AJdevnetProviderSecret0123456789")],
    )),
    connection: &[secret("refresh_token", "walmart-devnet-refresh-0123456789"), public("partner_id", "10001234567")],
    proof: |asked, of| {
        if asked.header("wm_partner.id") != Some("10001234567") {
            return Err(super::Fault::Client);
        }
        proofs::walmart(asked, of)
    },
    grant: Some(Endpoint {
        path: "/v3/token",
        read: |asked, of| grants::walmart(asked, of, "app_client_id", "app_client_secret"),
        rotation: Rotation::IfPresent,
        life_s: 900,
        refresh_life_s: 365 * 86_400,
        ..ENDPOINT
    }),
    ..WALMART
};
