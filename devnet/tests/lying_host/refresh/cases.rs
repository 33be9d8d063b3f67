//! Presets, one for each rule of rotation, and how their providers treat refresh tokens.

use super::provider::Rule;
use crate::support_host::SHOP;

/// A preset, and a store of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) preset: &'static str,
    pub(crate) rule: Rule,
    pub(crate) host: &'static str,
    pub(crate) account: &'static str,
    /// The selector that names the account.
    pub(crate) selector: Option<&'static str>,
    /// The connection's field that names the account.
    pub(crate) shop: Option<&'static str>,
    /// The app's id and secret.
    pub(crate) app: [(&'static str, &'static str); 2],
    /// Method, target and body of a call that reads.
    pub(crate) read: (&'static str, &'static str, &'static str),
    pub(crate) second: Option<Second>,
}

/// A second store, by its account.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Second {
    /// Of the same connection.
    Shares(&'static str),
    /// Of a connection of its own that began with the same token.
    Splits(&'static str),
}

const CLIENT: [(&str, &str); 2] = [("client_id", "app-1"), ("client_secret", "client-secret-1")];
const KEY: [(&str, &str); 2] = [("app_key", "app-1"), ("app_secret", "app-secret-1")];

/// Never rotates.
pub(crate) const NEVER: Case = Case {
    preset: "amazon-sp",
    rule: Rule::Stays,
    host: "sellingpartnerapi-na.amazon.com",
    account: "A Store",
    selector: None,
    shop: None,
    app: CLIENT,
    read: ("GET", "/sellers/v1/account", ""),
    second: None,
};

/// Rotates if there is a new one: there is.
pub(crate) const IF_PRESENT: Case = Case {
    preset: "payoneer",
    rule: Rule::Rotates,
    host: "api.payoneer.com",
    account: "acc1",
    selector: Some("account_id"),
    read: ("GET", "/v4/accounts/acc1/balances", ""),
    ..NEVER
};

/// Rotates if there is a new one: there is none.
pub(crate) const NOT_PRESENT: Case = Case { rule: Rule::Stays, ..IF_PRESENT };

/// Always rotates, with a grace.
pub(crate) const GRACED: Case = Case {
    preset: "shopify-admin",
    rule: Rule::Graced,
    host: SHOP,
    account: SHOP,
    read: ("POST", "/admin/api/2026-10/graphql.json", r#"{"query":"{ orders { edges { node { id } } } }"}"#),
    ..NEVER
};

/// Each works once.
pub(crate) const ALWAYS: Case = Case {
    preset: "mercado-libre",
    rule: Rule::Rotates,
    host: "api.mercadolibre.com",
    account: "4711",
    selector: Some("user_id"),
    read: ("GET", "/users/me", ""),
    ..NEVER
};

/// Dies at its time, whatever becomes of it.
pub(crate) const ABSOLUTE: Case = Case {
    preset: "lazada",
    rule: Rule::Absolute,
    host: "api.lazada.sg",
    account: "4711",
    app: KEY,
    read: ("GET", "/rest/seller/get", ""),
    ..NEVER
};

/// One for two stores, and each works once.
pub(crate) const SHARED: Case = Case {
    preset: "tiktok-shop",
    rule: Rule::Rotates,
    host: "open-api.tiktokglobalshop.com",
    account: "cipher-1",
    selector: Some("shop_cipher"),
    app: KEY,
    read: ("GET", "/seller/202309/shops", ""),
    second: Some(Second::Shares("cipher-2")),
    ..NEVER
};

/// One from which two stores each got their own, and each of those works once.
pub(crate) const SPLIT: Case = Case {
    preset: "shopee",
    rule: Rule::Splits,
    host: "partner.shopeemobile.com",
    account: "4711",
    selector: Some("shop_id"),
    shop: Some("refresh_shop_id"),
    app: [("partner_id", "1001"), ("partner_key", "partner-key-0001")],
    read: ("GET", "/api/v2/shop/get_shop_info", ""),
    second: Some(Second::Splits("4712")),
};

pub(crate) const CASES: [Case; 8] = [NEVER, IF_PRESENT, NOT_PRESENT, GRACED, ALWAYS, ABSOLUTE, SHARED, SPLIT];
