//! What each preset makes of requests to its platform.

use contracts_bindings::Class;
use protocol::http::Request;

use super::super::{Known, Named, Scope, tables};
use super::files::table;
use crate::name::NameError;

fn asked(preset: &str, method: &str, url: &str, content_type: &str, body: &str) -> Result<Vec<(String, Class)>, NameError> {
    let (host, _) = url.split_once('/').unwrap();
    match table(preset).name(&request(method, url, content_type, body), host)? {
        Named::Operations(operations) => Ok(operations.into_iter().map(|operation| (operation.name, operation.class)).collect()),
        Named::OwnTokenEndpoint(_) => Err(NameError::OwnTokenEndpoint),
    }
}

fn request(method: &str, url: &str, content_type: &str, body: &str) -> Request {
    let (host, path) = url.split_once('/').unwrap();
    let mut request = Request {
        method: method.to_owned(),
        scheme: "https".to_owned(),
        authority: host.to_owned(),
        path: format!("/{path}"),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    };
    if !content_type.is_empty() {
        request.headers.push(("content-type".to_owned(), content_type.as_bytes().to_vec()));
    }
    request
}

/// A read, something closed, and something without a name, of each.
#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases is long")]
fn each_preset_names_what_its_platform_is_asked() {
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (preset, method, url, content_type, body, name, class) in [
        (
            "amazon-sp",
            "GET",
            "sellingpartnerapi-eu.amazon.com/orders/v0/orders?MarketplaceIds=A1PA6795UKMFR9&CreatedAfter=2026-01-01",
            "",
            "",
            "amazon-sp.orders.list",
            Class::Read,
        ),
        (
            "amazon-sp",
            "POST",
            "sellingpartnerapi-eu.amazon.com/tokens/2021-03-01/restrictedDataToken",
            json,
            "{}",
            "amazon-sp.tokens.restricted-data",
            Class::Mint,
        ),
        (
            "amazon-sp",
            "POST",
            "sellingpartnerapi-eu.amazon.com/finances/transfers/2024-06-01/payouts",
            json,
            "{}",
            "amazon-sp.transfers.payout",
            Class::Routing,
        ),
        ("ebay", "GET", "apiz.ebay.com/sell/finances/v1/payout?limit=2", "", "", "ebay.finances.payouts", Class::Read),
        (
            "ebay",
            "POST",
            "api.ebay.com/sell/account/v2/payout_settings/update_percentage",
            json,
            "{}",
            "ebay.account.payout-percentage",
            Class::Routing,
        ),
        ("walmart", "GET", "marketplace.walmartapis.com/v3/orders?limit=2", "", "", "walmart.orders.list", Class::Read),
        (
            "walmart",
            "PUT",
            "marketplace.walmartapis.com/v3/settings/shipping/x",
            json,
            "{}",
            "walmart.settings.change",
            Class::Authz,
        ),
        (
            "tiktok-shop",
            "POST",
            "open-api.tiktokglobalshop.com/order/202309/orders/search?page_size=20",
            json,
            "{}",
            "tiktok-shop.orders.search",
            Class::Read,
        ),
        (
            "tiktok-shop",
            "PUT",
            "open-api.tiktokglobalshop.com/event/202309/webhooks",
            json,
            "{}",
            "tiktok-shop.webhooks.put",
            Class::Authz,
        ),
        (
            "shopee",
            "GET",
            "partner.shopeemobile.com/api/v2/order/get_order_list?time_from=1",
            "",
            "",
            "shopee.orders.list",
            Class::Read,
        ),
        ("shopee", "POST", "partner.shopeemobile.com/api/v2/returns/confirm", json, "{}", "shopee.returns.confirm", Class::Value),
        ("lazada", "GET", "api.lazada.sg/rest/orders/get?created_after=x", "", "", "lazada.orders.list", Class::Read),
        (
            "lazada",
            "GET",
            "api.lazada.sg/rest/wallet/open/service/withdraw?amount=1",
            "",
            "",
            "lazada.wallet.withdraw",
            Class::Routing,
        ),
        ("lazada", "POST", "api.lazada.sg/rest/order/reverse/return/update", form, "a=b", "lazada.reverse.change", Class::Value),
        (
            "aliexpress",
            "POST",
            "api-sg.aliexpress.com/sync",
            form,
            "method=aliexpress.solution.order.get&page=1",
            "aliexpress.orders.list",
            Class::Read,
        ),
        (
            "aliexpress",
            "GET",
            "api-sg.aliexpress.com/sync?method=aliexpress.solution.product.edit",
            "",
            "",
            "aliexpress.products.edit",
            Class::Value,
        ),
        ("alibaba", "GET", "openapi-api.alibaba.com/rest/alibaba/order/list", "", "", "alibaba.orders.list", Class::Read),
        (
            "temu",
            "POST",
            "openapi-b-eu.temu.com/openapi/router",
            json,
            r#"{"type":"bg.order.list.v2.get","pageNumber":1}"#,
            "temu.orders.list",
            Class::Read,
        ),
        (
            "temu",
            "POST",
            "openapi-b-eu.temu.com/openapi/router",
            json,
            r#"{"type":"bg.open.accesstoken.create"}"#,
            "temu.tokens.make",
            Class::Mint,
        ),
        ("shein", "POST", "openapi.sheincorp.com/open-api/order/order-list", json, "{}", "shein.orders.list", Class::Read),
        (
            "coupang",
            "GET",
            "api-gateway.coupang.com/v2/providers/openapi/apis/api/v4/vendors/A001/ordersheets?status=ACCEPT",
            "",
            "",
            "coupang.orders.list",
            Class::Read,
        ),
        ("woocommerce", "GET", "shop.example/wp-json/wc/v3/orders?page=2", "", "", "woocommerce.orders.list", Class::Read),
        (
            "woocommerce",
            "PUT",
            "shop.example/wp-json/wc/v3/payment_gateways/bacs",
            json,
            "{}",
            "woocommerce.gateways.change",
            Class::Routing,
        ),
        (
            "woocommerce",
            "POST",
            "shop.example/wp-json/wp/v2/users/1/application-passwords",
            json,
            "{}",
            "woocommerce.users.change",
            Class::Authz,
        ),
        (
            "mercado-libre",
            "GET",
            "api.mercadolibre.com/orders/search?seller=1",
            "",
            "",
            "mercado-libre.orders.search",
            Class::Read,
        ),
        ("etsy", "GET", "api.etsy.com/v3/application/shops/1/receipts", "", "", "etsy.receipts.list", Class::Read),
        ("stripe", "GET", "api.stripe.com/v1/charges?limit=3", "", "", "stripe.charges.list", Class::Read),
        (
            "stripe",
            "POST",
            "api.stripe.com/v1/accounts/acct_1/external_accounts",
            form,
            "external_account=btok_1",
            "stripe.external-accounts.change",
            Class::Routing,
        ),
        ("stripe", "POST", "api.stripe.com/v1/ephemeral_keys", form, "customer=cus_1", "stripe.keys.ephemeral", Class::Mint),
        ("paypal", "GET", "api-m.paypal.com/v2/checkout/orders/5O1", "", "", "paypal.orders.get", Class::Read),
        ("paypal", "POST", "api-m.paypal.com/v1/payments/payouts", json, "{}", "paypal.payouts.create", Class::Routing),
        ("airwallex", "GET", "api.airwallex.com/api/v1/balances/current", "", "", "airwallex.balances.current", Class::Read),
        (
            "airwallex",
            "POST",
            "api.airwallex.com/api/v1/beneficiaries/create",
            json,
            "{}",
            "airwallex.beneficiaries.change",
            Class::Routing,
        ),
        (
            "payoneer",
            "POST",
            "api.payoneer.com/v4/accounts/1/payments/debit",
            json,
            "{}",
            "payoneer.payments.create",
            Class::Routing,
        ),
        ("generic", "GET", "shop.example/api/things?x=1", "", "", "generic.get", Class::Read),
        ("generic", "POST", "shop.example/api/things", json, "{}", "generic.send", Class::Routing),
    ] {
        assert_eq!(asked(preset, method, url, content_type, body), Ok(vec![(name.to_owned(), class)]), "{method} {url}");
    }
}

#[test]
fn t72_containers_of_each_preset_are_refused() {
    for (preset, method, url, content_type, body) in [
        ("amazon-sp", "POST", "sellingpartnerapi-eu.amazon.com/feeds/2021-06-30/feeds", "application/json", "{}"),
        ("amazon-sp", "POST", "sellingpartnerapi-eu.amazon.com/batches/products/pricing/v0/itemOffers", "application/json", "{}"),
        ("amazon-sp", "POST", "sellingpartnerapi-eu.amazon.com/dataKiosk/2023-11-15/queries", "application/json", "{}"),
        ("ebay", "POST", "api.ebay.com/ws/api.dll", "application/json", "{}"),
        ("ebay", "POST", "api.ebay.com/sell/inventory/v1/bulk_publish_offer", "application/json", "{}"),
        ("walmart", "POST", "marketplace.walmartapis.com/v3/feeds", "application/json", "{}"),
        ("woocommerce", "POST", "shop.example/wp-json/batch/v1", "application/json", "{}"),
        ("woocommerce", "POST", "shop.example/wp-json/wc/v3/orders/batch", "application/json", "{}"),
        ("woocommerce", "POST", "shop.example/wp-json/wc/v3/settings/general/batch", "application/json", "{}"),
    ] {
        assert_eq!(asked(preset, method, url, content_type, body), Err(NameError::Container), "{url}");
    }
}

#[test]
fn t47_each_preset_s_own_token_endpoint_is_answered_and_not_asked() {
    for (preset, method, url, content_type, body) in [
        ("amazon-sp", "POST", "api.amazon.com/auth/o2/token", "application/x-www-form-urlencoded", "grant_type=refresh_token"),
        ("shopify-admin", "POST", "a.myshopify.com/admin/oauth/access_token", "application/json", "{}"),
        (
            "ebay",
            "POST",
            "api.ebay.com/identity/v1/oauth2/token",
            "application/x-www-form-urlencoded",
            "grant_type=refresh_token",
        ),
        (
            "walmart",
            "POST",
            "marketplace.walmartapis.com/v3/token",
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials",
        ),
        ("tiktok-shop", "GET", "auth.tiktok-shops.com/api/v2/token/refresh?grant_type=refresh_token", "", ""),
        ("shopee", "POST", "partner.shopeemobile.com/api/v2/auth/access_token/get", "application/json", "{}"),
        ("lazada", "GET", "auth.lazada.com/rest/auth/token/refresh", "", ""),
        ("aliexpress", "POST", "api-sg.aliexpress.com/rest/auth/token/refresh", "application/x-www-form-urlencoded", "a=b"),
        ("alibaba", "POST", "openapi-api.alibaba.com/rest/auth/token/refresh", "application/x-www-form-urlencoded", "a=b"),
        ("mercado-libre", "POST", "api.mercadolibre.com/oauth/token", "application/x-www-form-urlencoded", "a=b"),
        ("etsy", "POST", "api.etsy.com/v3/public/oauth/token", "application/x-www-form-urlencoded", "a=b"),
        (
            "paypal",
            "POST",
            "api-m.paypal.com/v1/oauth2/token",
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials",
        ),
        ("airwallex", "POST", "api.airwallex.com/api/v1/authentication/login", "application/json", "{}"),
        ("payoneer", "POST", "login.payoneer.com/api/v2/oauth2/token", "application/x-www-form-urlencoded", "a=b"),
    ] {
        assert_eq!(asked(preset, method, url, content_type, body), Err(NameError::OwnTokenEndpoint), "{url}");
        let answer = crate::own_token_answer(&request(method, url, content_type, body)).unwrap_or_else(|| panic!("{url}"));
        assert!(String::from_utf8(answer.body).unwrap().contains("pst-vault-placeholder"), "{url}");
    }
    // Nothing else has such an answer.
    for url in ["api.amazon.com/orders/v0/orders", "api.ebay.com/sell/fulfillment/v1/order", "login.evil.example/auth/o2/token"] {
        assert!(crate::own_token_answer(&request("GET", url, "", "")).is_none(), "{url}");
    }
}

#[test]
fn what_is_the_app_s_is_refused_under_a_store() {
    let apps: Vec<&str> = tables()
        .unwrap()
        .iter()
        .flat_map(|table| table.operations())
        .filter(|known| known.scope() == Scope::App)
        .map(Known::name)
        .collect();
    assert!(apps.contains(&"amazon-sp.app.rotate-secret") && apps.contains(&"shopee.push.set-config"), "{apps:?}");
    for (preset, method, url) in [
        ("amazon-sp", "POST", "sellingpartnerapi-eu.amazon.com/applications/2023-11-30/clientSecret"),
        ("shopee", "GET", "partner.shopeemobile.com/api/v2/public/get_shops_by_partner"),
    ] {
        assert_eq!(asked(preset, method, url, "", ""), Err(NameError::AppScope), "{url}");
    }
}
