//! Platforms whose calls carry an access token and a signature of the app's.

use super::{ENDPOINT, Endpoint, PLAIN, Platform, form, get, public, secret, send};
use crate::platforms::tokens::Rotation;
use crate::platforms::{grants, proofs, words};

const IOP: Endpoint = Endpoint {
    method: "GET",
    path: "/rest/auth/token/refresh",
    read: grants::iop,
    answer: grants::iop_answer,
    refuse: words::iop,
    rotation: Rotation::IfPresent,
    life_s: 30 * 86_400,
    refresh_life_s: 180 * 86_400,
    ..ENDPOINT
};

pub(super) const ALIBABA: Platform = Platform {
    name: "alibaba",
    preset: "alibaba",
    host: "openapi-api.alibaba.com",
    account: "2200728131",
    app: Some(("501234", &[public("app_key", "501234"), secret("app_secret", "devnetAlibabaAppSecret0123456789")])),
    connection: &[secret("refresh_token", "50001devnet+alibaba/refresh==01")],
    proof: proofs::iop,
    refuse: words::iop,
    grant: Some(IOP),
    routes: &[
        ("GET /rest/alibaba/seller/profile/get", r#"{"code":"0","result":{"ali_id":"{tenant}"},"request_id":"r-1"}"#),
        ("GET /rest/alibaba/order/list", r#"{"code":"0","result":{"value":{"order_list":[{"trade_id":"1"}]}}}"#),
        ("POST /rest/alibaba/order/list", r#"{"code":"0","result":{"value":{"order_list":[{"trade_id":"1"}]}}}"#),
    ],
    read: get("/rest/alibaba/order/list?role=seller&status=to%20send&empty="),
    // No operation that moves money has a name.
    forbidden: form("/rest/alibaba/finance/withdraw", "amount=1"),
    refusal: ("unknown_operation", "name.path"),
    ..PLAIN
};

pub(super) const ALIEXPRESS: Platform = Platform {
    name: "aliexpress",
    preset: "aliexpress",
    host: "api-sg.aliexpress.com",
    account: "cn1521devnet",
    app: Some(("502345", &[public("app_key", "502345"), secret("app_secret", "devnetAliexpressSecret0123456789")])),
    connection: &[secret("refresh_token", "50002devnet+aliexpress/refresh==")],
    proof: proofs::iop,
    refuse: words::sync,
    grant: Some(Endpoint { answer: grants::aliexpress_answer, ..IOP }),
    named: |asked| asked.query("method").or_else(|| asked.form("method")).unwrap_or_default(),
    routes: &[
        (
            "aliexpress.solution.merchant.profile.get",
            r#"{"aliexpress_solution_merchant_profile_get_response":{"merchant_login_id":"{tenant}","request_id":"r-1"}}"#,
        ),
        (
            "aliexpress.solution.order.get",
            r#"{"aliexpress_solution_order_get_response":{"result":{"total_count":1,"target_list":{}},"request_id":"r-1"}}"#,
        ),
    ],
    read: get("/sync?method=aliexpress.solution.order.get&param0=%7B%22page_size%22%3A1%7D"),
    // MINT, and the app's.
    forbidden: get("/rest/auth/token/security/create?code=c"),
    refusal: ("unknown_operation", "name.app_scope"),
    ..PLAIN
};

pub(super) const LAZADA: Platform = Platform {
    name: "lazada",
    preset: "lazada",
    host: "api.lazada.sg",
    account: "1000034567",
    app: Some(("123456", &[public("app_key", "123456"), secret("app_secret", "devnetLazadaAppSecret0123456789")])),
    connection: &[secret("refresh_token", "50003devnet+lazada/refresh==0001")],
    proof: proofs::iop,
    refuse: words::iop,
    grant: Some(Endpoint { host: "auth.lazada.com", ..IOP }),
    routes: &[
        ("GET /rest/seller/get", r#"{"code":"0","data":{"seller_id":{tenant},"name":"A Seller"},"request_id":"r-1"}"#),
        ("GET /rest/orders/get", r#"{"code":"0","data":{"countTotal":1,"orders":[{"order_id":1}]},"request_id":"r-1"}"#),
        ("POST /rest/orders/get", r#"{"code":"0","data":{"countTotal":1,"orders":[{"order_id":1}]},"request_id":"r-1"}"#),
    ],
    read: form("/rest/orders/get?sort_by=created_at", "created_after=2026-11-01T00%3A00%3A00%2B08%3A00&status=&limit=10"),
    forbidden: form("/rest/seller/cb/payment/config", "account=mine"),
    ..PLAIN
};

pub(super) const SHOPEE: Platform = Platform {
    tells_account: false,
    name: "shopee",
    preset: "shopee",
    host: "partner.shopeemobile.com",
    account: "222333",
    selector: "shop_id=222333",
    app: Some((
        "2001887",
        &[public("partner_id", "2001887"), secret("partner_key", "6b6f7a0f1e2d3c4b5a69788796a5b4c3d2e1f00123456789devnet")],
    )),
    connection: &[public("refresh_shop_id", "222333"), secret("refresh_token", "4f5a6b7c8d9edevnetshopee0123456789")],
    proof: proofs::shopee,
    refuse: words::shopee,
    grant: Some(Endpoint {
        path: "/api/v2/auth/access_token/get",
        read: grants::shopee,
        answer: grants::shopee_answer,
        refuse: words::shopee,
        rotation: Rotation::Split,
        life_s: 14_400,
        refresh_life_s: 30 * 86_400,
        ..ENDPOINT
    }),
    tenant: |asked| asked.query("shop_id"),
    routes: &[
        ("GET /api/v2/shop/get_shop_info", r#"{"shop_name":"A Shop","region":"SG","error":"","message":"","request_id":"r-1"}"#),
        (
            "GET /api/v2/order/get_order_list",
            r#"{"error":"","message":"","response":{"more":false,"order_list":[{"order_sn":"201218V2Y6E59M"}]},"request_id":"r-1"}"#,
        ),
    ],
    read: get("/api/v2/order/get_order_list?time_range_field=create_time&time_from=1763000000&time_to=1763600000&page_size=20"),
    // Payouts are set in the Seller Centre: MINT, and the app's.
    forbidden: send("POST", "/api/v2/public/get_token_by_resend_code", r#"{"resend_code":"c"}"#),
    refusal: ("unknown_operation", "name.app_scope"),
    ..PLAIN
};

pub(super) const TIKTOK_SHOP: Platform = Platform {
    tells_account: false,
    name: "tiktok-shop",
    preset: "tiktok-shop",
    host: "open-api.tiktokglobalshop.com",
    account: "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3",
    selector: "shop_cipher=GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3",
    app: Some(("6apfnk", &[public("app_key", "6apfnk"), secret("app_secret", "devnetTiktokAppSecret0123456789ab")])),
    connection: &[secret("refresh_token", "ROW_devnetTiktokRefresh0123456789")],
    proof: proofs::tiktok,
    refuse: words::tiktok,
    grant: Some(Endpoint {
        method: "GET",
        host: "auth.tiktok-shops.com",
        path: "/api/v2/token/refresh",
        read: grants::tiktok,
        answer: grants::tiktok_answer,
        refuse: words::tiktok,
        rotation: Rotation::Always,
        life_s: 604_800,
        refresh_life_s: 365 * 86_400,
    }),
    tenant: |asked| asked.query("shop_cipher"),
    routes: &[
        ("GET /logistics/202309/warehouses", r#"{"code":0,"message":"Success","data":{"warehouses":[]},"request_id":"r-1"}"#),
        (
            "GET /finance/202309/payments",
            r#"{"code":0,"message":"Success","data":{"payments":[{"id":"3459","bank_account":null},{"id":"3458","bank_account":"******{bank}"}]},"request_id":"r-1"}"#,
        ),
        (
            "POST /order/202309/orders/search",
            r#"{"code":0,"message":"Success","data":{"total_count":1,"orders":[{"id":"576461413038785752"}],"of":"{tenant}"},"request_id":"r-1"}"#,
        ),
    ],
    read: send("POST", "/order/202309/orders/search?page_size=10", r#"{"order_status":"UNPAID", "n": 1.50}"#),
    // The payment account is the Seller Center's alone: AUTHZ is the nearest.
    forbidden: send("PUT", "/event/202309/webhooks", r#"{"address":"https://mine.example.com"}"#),
    refusal: ("not_permitted", "closed.authz"),
    ..PLAIN
};
