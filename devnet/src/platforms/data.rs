//! The platforms, as data: who they know, what they check, what they answer.

mod fixed;
mod grants;
mod signed;

use super::answer::Answer;
use super::asked::Asked;
use super::grants::Read;
use super::proofs::Proven;
use super::tokens::{Issued, Rotation};
use super::words::Fault;

/// Ed25519 public key of RFC 9421's `test-key-ed25519`.
pub(super) const EBAY_PUBLIC_KEY: &str = "26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb";

/// A field of an app or a connection.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the record.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
    /// Whether it is a secret.
    pub secret: bool,
}

const fn public(name: &'static str, value: &'static str) -> Field {
    Field { name, value, secret: false }
}

const fn secret(name: &'static str, value: &'static str) -> Field {
    Field { name, value, secret: true }
}

/// A request that a caller makes.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Such as `GET`.
    pub method: &'static str,
    /// If it is not the store's.
    pub host: Option<&'static str>,
    /// With its query.
    pub path: &'static str,
    /// Of the body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: &'static str,
}

const fn get(path: &'static str) -> Ask {
    Ask { method: "GET", host: None, path, content_type: None, body: "" }
}

const fn send(method: &'static str, path: &'static str, body: &'static str) -> Ask {
    Ask { method, host: None, path, content_type: Some("application/json"), body }
}

const fn form(path: &'static str, body: &'static str) -> Ask {
    Ask { method: "POST", host: None, path, content_type: Some("application/x-www-form-urlencoded"), body }
}

/// A token endpoint.
#[derive(Debug)]
pub struct Endpoint {
    method: &'static str,
    host: &'static str,
    path: &'static str,
    pub(super) read: fn(&Asked, &Platform) -> Read,
    pub(super) answer: fn(&Issued) -> serde_json::Value,
    pub(super) refuse: fn(Fault) -> Answer,
    /// What becomes of refresh tokens.
    pub rotation: Rotation,
    /// Seconds that an access token lives.
    pub life_s: u64,
    /// Seconds that a refresh token lives.
    pub refresh_life_s: u64,
}

impl Endpoint {
    pub(super) fn is(&self, asked: &Asked, of: &Platform) -> bool {
        let host = if self.host.is_empty() { of.host } else { self.host };
        (asked.method.as_str(), asked.host.as_str(), asked.path.as_str()) == (self.method, host, self.path)
    }
}

/// One platform, with one seller, and one app if it has apps.
#[derive(Debug)]
pub struct Platform {
    /// Its name here: the preset's, and what tells it apart if a preset has several ways in.
    pub name: &'static str,
    /// The preset that speaks to it.
    pub preset: &'static str,
    /// The store's host.
    pub host: &'static str,
    /// The account that it confirms.
    pub account: &'static str,
    /// The binding's selector.
    pub selector: &'static str,
    /// The app's id, and its record.
    pub app: Option<(&'static str, &'static [Field])>,
    /// The connection's record.
    pub connection: &'static [Field],
    pub(super) proof: fn(&Asked, &Self) -> Proven,
    /// The token endpoint, if there is one.
    pub grant: Option<Endpoint>,
    pub(super) refuse: fn(Fault) -> Answer,
    /// The name of what is asked for.
    pub(super) named: fn(&Asked) -> String,
    /// Whose data are asked for; the seller's own, if nobody is named.
    pub(super) tenant: fn(&Asked) -> Option<String>,
    routes: &'static [(&'static str, &'static str)],
    /// What every answer carries.
    pub headers: &'static [(&'static str, &'static str)],
    /// A call of class READ.
    pub read: Ask,
    /// A call that no grant of class READ permits: ROUTING or MINT where the API has such.
    pub forbidden: Ask,
    /// How the vault names its refusal, and the rule behind it.
    pub refusal: (&'static str, &'static str),
    /// Whether the probe's answer says whose it is. Where it does not, only the right selector or host makes the call succeed.
    pub tells_account: bool,
}

const PLAIN: Platform = Platform {
    name: "",
    preset: "",
    host: "",
    account: "",
    selector: "",
    app: None,
    connection: &[],
    proof: super::proofs::bearer,
    grant: None,
    refuse: super::words::plain,
    named: by_path,
    tenant: |_| None,
    routes: &[],
    headers: &[],
    read: get("/"),
    forbidden: get("/"),
    refusal: ("not_permitted", "closed.routing"),
    tells_account: true,
};

const ENDPOINT: Endpoint = Endpoint {
    method: "POST",
    host: "",
    path: "",
    read: super::grants::form,
    answer: super::grants::oauth,
    refuse: super::words::oauth,
    rotation: Rotation::Never,
    life_s: 3_600,
    refresh_life_s: 90 * 86_400,
};

fn by_path(asked: &Asked) -> String {
    format!("{} {}", asked.method, asked.path)
}

impl Platform {
    /// The value of a field, of the app's or the connection's. Empty if there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> &'static str {
        let app = self.app.map_or(&[][..], |(_, fields)| fields);
        app.iter().chain(self.connection).find(|field| field.name == name).map_or("", |field| field.value)
    }

    /// Every secret that a vault is given for it.
    pub fn secrets(&self) -> impl Iterator<Item = &'static str> {
        let app = self.app.map_or(&[][..], |(_, fields)| fields);
        app.iter().chain(self.connection).filter(|field| field.secret).map(|field| field.value)
    }

    pub(super) fn first_refresh(&self) -> Option<&'static str> {
        Some(self.field("refresh_token")).filter(|token| !token.is_empty())
    }

    pub(super) fn fixed_token(&self) -> Option<&'static str> {
        Some(self.field("access_token")).filter(|token| !token.is_empty())
    }

    pub(super) fn all_hosts(&self) -> impl Iterator<Item = &'static str> {
        let token = self.grant.as_ref().map_or("", |grant| grant.host);
        [self.host, token].into_iter().filter(|host| !host.is_empty())
    }

    /// The answer to what is asked for; `*` is one segment of a path.
    pub(super) fn route(&self, name: &str) -> Option<&'static str> {
        let fits = |pattern: &str| {
            let (mut pattern, mut name) = (pattern.split('/'), name.split('/'));
            loop {
                match (pattern.next(), name.next()) {
                    (None, None) => return true,
                    (Some("*"), Some(_)) => {}
                    (Some(one), Some(other)) if one == other => {}
                    _ => return false,
                }
            }
        };
        self.routes.iter().find(|(pattern, _)| fits(pattern)).map(|(_, body)| *body)
    }
}

/// All platforms: one for each preset, and more where a preset has several ways in.
#[must_use]
pub fn all() -> &'static [&'static Platform] {
    &[
        &fixed::COUPANG,
        &fixed::GENERIC_BASIC,
        &fixed::GENERIC_BEARER,
        &fixed::GENERIC_HEADER,
        &fixed::GENERIC_OAUTH1,
        &fixed::GENERIC_QUERY,
        &fixed::SHEIN,
        &fixed::STRIPE,
        &fixed::TEMU,
        &fixed::WOOCOMMERCE,
        &grants::AIRWALLEX,
        &grants::AMAZON,
        &grants::EBAY,
        &grants::ETSY,
        &grants::MERCADO_LIBRE,
        &grants::PAYONEER,
        &grants::PAYPAL,
        &grants::SHOPIFY,
        &grants::WALMART,
        &grants::WALMART_PROVIDER,
        &signed::ALIBABA,
        &signed::ALIEXPRESS,
        &signed::LAZADA,
        &signed::SHOPEE,
        &signed::TIKTOK_SHOP,
    ]
}
