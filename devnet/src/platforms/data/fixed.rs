//! Platforms whose credentials stay as they are: a key, or a key that signs.

use super::{Ask, PLAIN, Platform, form, get, public, secret, send};
use crate::platforms::asked::Asked;
use crate::platforms::{proofs, words};

pub(super) const COUPANG: Platform = Platform {
    tells_account: false,
    name: "coupang",
    preset: "coupang",
    host: "api-gateway.coupang.com",
    account: "A00012345",
    selector: "vendor_id=A00012345",
    connection: &[
        public("access_key", "a1b2c3d4-0000-4111-8222-coupangaccess"),
        secret("secret_key", "7f3b5d9a1c2e4f60718293a4b5c6d7e8f9coupang"),
    ],
    proof: proofs::coupang,
    refuse: words::coupang,
    tenant: |asked| asked.query("vendorId"),
    routes: &[
        (
            "GET /v2/providers/seller_api/apis/api/v1/marketplace/seller-products",
            r#"{"code":"SUCCESS","message":"","nextToken":"","data":[{"sellerProductId":1,"vendorId":"{tenant}"}]}"#,
        ),
        (
            "GET /v2/providers/openapi/apis/api/v4/vendors/*/ordersheets",
            r#"{"code":200,"message":"OK","data":[{"shipmentBoxId":642538970006401429,"orderId":500004398}]}"#,
        ),
    ],
    read: get(
        "/v2/providers/openapi/apis/api/v4/vendors/A00012345/ordersheets?createdAtFrom=2026-11-01&createdAtTo=2026-11-02&status=ACCEPT",
    ),
    // No operation of the API moves money: a name that the table does not have.
    forbidden: send("POST", "/v2/providers/openapi/apis/api/v4/vendors/A00012345/settlement-account", "{}"),
    refusal: ("unknown_operation", "name.path"),
    ..PLAIN
};

pub(super) const SHEIN: Platform = Platform {
    tells_account: false,
    name: "shein",
    preset: "shein",
    host: "openapi.sheincorp.com",
    account: "D0B0A2A9C3E34D1FA4C5",
    selector: "",
    connection: &[public("open_key_id", "D0B0A2A9C3E34D1FA4C5"), secret("secret_key", "9c1f6e0b7d4a4b0f8e2d-shein-secret")],
    proof: proofs::shein,
    refuse: words::shein,
    routes: &[
        (
            "POST /open-api/openapi-business-backend/query-store-info",
            r#"{"code":"0","msg":"OK","info":{"storeType":1},"traceId":"t-1"}"#,
        ),
        ("POST /open-api/order/order-list", r#"{"code":"0","msg":"OK","info":{"count":1,"orderList":[{"orderNo":"GSH1"}]}}"#),
    ],
    read: send("POST", "/open-api/order/order-list", r#"{"page":1,"pageSize":30}"#),
    // MINT, and the app's: it hands out a seller's key.
    forbidden: send("POST", "/open-api/auth/get-by-token", r#"{"tempToken":"t"}"#),
    refusal: ("unknown_operation", "name.app_scope"),
    ..PLAIN
};

pub(super) const STRIPE: Platform = Platform {
    name: "stripe",
    preset: "stripe",
    host: "api.stripe.com",
    account: "acct_1032D82eZvKYlo2C",
    selector: "stripe_account=acct_1032D82eZvKYlo2C",
    connection: &[secret("api_key", "rk_live_51Devnet0000RestrictedKey9f8e7d")],
    proof: |asked, of| {
        let key = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        proofs::fixed(key, of.field("api_key"))
    },
    refuse: words::stripe,
    tenant: |asked| asked.header("stripe-account").map(str::to_owned),
    routes: &[
        ("GET /v1/account", r#"{"id":"{tenant}","object":"account","country":"US"}"#),
        ("GET /v1/balance", r#"{"object":"balance","available":[{"amount":1200,"currency":"usd"}],"account":"{tenant}"}"#),
        (
            "GET /v1/accounts/*/external_accounts",
            r#"{"object":"list","data":[{"id":"ba_1","bank_name":"A BANK","last4":"{bank}","country":"US","currency":"usd"}]}"#,
        ),
        ("GET /v1/accounts/*", r#"{"id":"{tenant}","object":"account"}"#),
        ("GET /v1/charges", r#"{"object":"list","data":[{"id":"ch_1","amount":1000}],"account":"{tenant}"}"#),
    ],
    read: get("/v1/balance"),
    forbidden: form("/v1/payouts", "amount=1000&currency=usd"),
    ..PLAIN
};

pub(super) const TEMU: Platform = Platform {
    name: "temu",
    preset: "temu",
    host: "openapi-b-us.temu.com",
    account: "634418212175626",
    selector: "",
    app: Some((
        "2c1e9d7b6a5f4e3d",
        &[public("app_key", "2c1e9d7b6a5f4e3d"), secret("app_secret", "0f1e2d3c4b5a69788796a5b4c3d2e1f0temu")],
    )),
    connection: &[secret("access_token", "upmxdevnet0temu0token0f9e8d7c6b5a")],
    proof: proofs::temu,
    refuse: words::temu,
    named: |asked: &Asked| asked.json().get("type").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
    routes: &[
        (
            "bg.open.accesstoken.info.get",
            r#"{"success":true,"requestId":"r-1","errorCode":1000000,"errorMsg":"","result":{"mallId":{tenant},"expiredTime":1798761600}}"#,
        ),
        (
            "bg.order.list.v2.get",
            r#"{"success":true,"requestId":"r-1","errorCode":1000000,"result":{"totalItemNum":1,"pageItems":[{"parentOrderMap":{"parentOrderSn":"PO-1"}}]}}"#,
        ),
    ],
    // Numbers and inner objects are signed as they are written.
    read: send(
        "POST",
        "/openapi/router",
        r#"{"type":"bg.order.list.v2.get","pageNumber":1,"pageSize":10.50,"filter":{"z":[1,2],"a":"x y"}}"#,
    ),
    forbidden: send("POST", "/openapi/router", r#"{"type":"bg.open.accesstoken.create","code":"c"}"#),
    refusal: ("not_permitted", "closed.mint"),
    ..PLAIN
};

pub(super) const WOOCOMMERCE: Platform = Platform {
    tells_account: false,
    name: "woocommerce",
    preset: "woocommerce",
    host: "shop.devnet-merchant.com",
    account: "shop.devnet-merchant.com",
    connection: &[
        public("consumer_key", "ck_devnet0123456789abcdef0123456789abcdef"),
        secret("consumer_secret", "cs_devnet0fedcba9876543210fedcba987654"),
    ],
    proof: |asked, of| proofs::basic(asked, of, "consumer_key", "consumer_secret"),
    routes: &[
        ("GET /wp-json/wc/v3/data", r#"[{"slug":"continents"}]"#),
        (
            "GET /wp-json/wc/v3/payment_gateways",
            r#"[{"id":"stripe","enabled":true,"settings":{"publishable_key":{"id":"publishable_key","label":"Key","value":"{bank}"}}}]"#,
        ),
        ("GET /wp-json/wc/v3/orders", r#"[{"id":727,"status":"processing","total":"29.35"}]"#),
    ],
    read: get("/wp-json/wc/v3/orders?per_page=5"),
    forbidden: send("PUT", "/wp-json/wc/v3/payment_gateways/bacs", r#"{"settings":{"account_number":"1"}}"#),
    ..PLAIN
};

const GENERIC: Platform = Platform {
    tells_account: false,
    preset: "generic",
    routes: &[("GET /health", r#"{"ok":true}"#), ("GET /v1/orders", r#"{"orders":[{"id":1}]}"#)],
    read: get("/v1/orders?state=open&state_of=a%20b"),
    forbidden: GENERIC_FORBIDDEN,
    ..PLAIN
};

const GENERIC_FORBIDDEN: Ask = send("POST", "/v1/payments", r#"{"to":"somebody"}"#);

pub(super) const GENERIC_BEARER: Platform = Platform {
    name: "generic",
    host: "erp.devnet-merchant.com",
    account: "erp.devnet-merchant.com",
    connection: &[public("scheme", "bearer"), public("probe_path", "/health"), secret("value", "erp/devnet+bearer/9f8e7d6c5b==")],
    proof: |asked, of| {
        let key = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        proofs::fixed(key, of.field("value"))
    },
    ..GENERIC
};

pub(super) const GENERIC_HEADER: Platform = Platform {
    name: "generic by header",
    host: "wms.devnet-merchant.com",
    account: "wms.devnet-merchant.com",
    connection: &[
        public("scheme", "header"),
        public("header_name", "x-wms-key"),
        public("probe_path", "/health"),
        secret("value", "wms-devnet-header-key-9f8e7d6c"),
    ],
    proof: |asked, of| proofs::fixed(asked.header("x-wms-key"), of.field("value")),
    ..GENERIC
};

pub(super) const GENERIC_QUERY: Platform = Platform {
    name: "generic by query",
    host: "pim.devnet-merchant.com",
    account: "pim.devnet-merchant.com",
    connection: &[
        public("scheme", "query"),
        public("query_name", "api_key"),
        public("probe_path", "/health"),
        secret("value", "pim-devnet-query-key+9f8e7d6c/="),
    ],
    proof: |asked, of| proofs::fixed(asked.query("api_key").as_deref(), of.field("value")),
    ..GENERIC
};

pub(super) const GENERIC_BASIC: Platform = Platform {
    name: "generic by Basic",
    host: "crm.devnet-merchant.com",
    account: "crm.devnet-merchant.com",
    connection: &[
        public("scheme", "basic"),
        public("username", "devnet"),
        public("probe_path", "/health"),
        secret("value", "crm:devnet:password:9f8e7d6c"),
    ],
    proof: |asked, of| proofs::basic(asked, of, "username", "value"),
    ..GENERIC
};

pub(super) const GENERIC_OAUTH1: Platform = Platform {
    name: "generic by OAuth 1.0a",
    host: "magento.devnet-merchant.com",
    account: "magento.devnet-merchant.com",
    connection: &[
        public("scheme", "oauth1"),
        public("username", "dpf43f3p2l4k3l03"),
        public("probe_path", "/health"),
        secret("value", "kd94hf93k423kf44-devnet-consumer"),
    ],
    proof: proofs::oauth1,
    ..GENERIC
};
