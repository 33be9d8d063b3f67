//! A token endpoint with the rules of the real ones: what rotates, what works once, and for how long the old token is taken.

use std::collections::{HashMap, HashSet};

use protocol::http::{Request, Response};
use serde_json::json;
use vault::Egressed;

/// Seconds that an access token lives, unless a test says another.
pub(crate) const LIFE: u64 = 3_600;

/// What becomes of a refresh token that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It stays.
    Stays,
    /// It stays until its time is over, and is sent back with what is left of that.
    Absolute,
    /// A new one takes its place, and it is dead.
    Rotates,
    /// A new one takes its place, and it is taken until the new one is first used.
    Graced,
    /// The first one is taken once for each shop, and each shop's own rotate from then on.
    Splits,
}

/// The refresh tokens of one authorisation.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// The one that works.
    current: String,
    /// The one before it, while it is graced.
    previous: Option<String>,
    /// How often tokens were issued.
    pub(crate) issued: usize,
}

/// A platform, as much of it as tokens need.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) rule: Rule,
    /// Seconds that an access token lives.
    pub(crate) life: u64,
    /// Seconds that a refresh token of [`Rule::Absolute`] lives, whatever becomes of it.
    pub(crate) absolute: u64,
    /// What the probe's answer names.
    pub(crate) account: String,
    /// By shop; one without a name, if tokens do not split.
    pub(crate) chains: HashMap<String, Chain>,
    /// Tokens that were handed in and work no more, by shop.
    dead: HashSet<(String, String)>,
    /// Access tokens, and the unix milliseconds at which they expire.
    access: HashMap<String, u64>,
    /// Unix milliseconds at which the first request was made.
    began: Option<u64>,
    made: u32,
    /// Unix milliseconds of the requests to the token endpoint.
    pub(crate) asked_at: Vec<u64>,
    /// How many handed in a token that was spent.
    pub(crate) double_uses: usize,
    /// Whether the merchant took the authorisation back.
    pub(crate) revoked: bool,
    /// Whether the next request for a token gets no answer, after it was carried out.
    pub(crate) mute: bool,
    /// Whether it does nothing that it is asked for with an access token.
    pub(crate) broken: bool,
    /// What its token endpoint answers, and does nothing, if that is set.
    pub(crate) token_answer: Option<(u16, &'static str)>,
}

/// The first refresh token.
pub(crate) const FIRST: &str = "refresh-token-000000";

impl Provider {
    pub(crate) fn new(rule: Rule, account: &str) -> Self {
        Self {
            rule,
            life: LIFE,
            absolute: 180 * 86_400,
            account: account.to_owned(),
            chains: HashMap::new(),
            dead: HashSet::new(),
            access: HashMap::new(),
            began: None,
            made: 0,
            asked_at: Vec::new(),
            double_uses: 0,
            revoked: false,
            mute: false,
            broken: false,
            token_answer: None,
        }
    }

    /// Takes no token but the newest.
    pub(crate) fn no_grace(&mut self) {
        for chain in self.chains.values_mut() {
            chain.previous = None;
        }
    }

    /// Takes every access token back, as an expiry that nobody announced does.
    pub(crate) fn expire_access(&mut self) {
        self.access.clear();
    }

    pub(crate) fn answer(&mut self, request: &Request, now: u64) -> Egressed {
        let path = request.path.split('?').next().unwrap_or_default();
        if !path.contains("token") {
            return self.api(request, now);
        }
        let answer = self.token(request, now);
        if core::mem::take(&mut self.mute) { Egressed::Unknown } else { answer }
    }

    fn token(&mut self, request: &Request, now: u64) -> Egressed {
        self.asked_at.push(now);
        if let Some((status, body)) = self.token_answer {
            return reply(status, &serde_json::from_str(body).unwrap());
        }
        let token = named(request, &["refresh_token=", "\"refresh_token\":\""]);
        let shop = if self.rule == Rule::Splits { named(request, &["\"shop_id\":"]) } else { String::new() };
        let over = *self.began.get_or_insert(now) + self.absolute * 1_000;
        let first = Chain { current: FIRST.to_owned(), previous: None, issued: 0 };
        let chain = self.chains.entry(shop.clone()).or_insert(first);
        let accepted = token == chain.current || chain.previous.as_ref() == Some(&token);
        if self.revoked || !accepted || self.rule == Rule::Absolute && now >= over {
            self.double_uses += usize::from(self.dead.contains(&(shop, token)));
            // Each platform's own way to say so.
            let body = json!({
                "error": "invalid_grant", "code": "IllegalRefreshToken", "data": null,
                "message": "refresh token is invalid: invalid refresh_token",
            });
            return reply(400, &body);
        }
        chain.issued += 1;
        self.made += 1;
        let access = format!("access-token-{:06}", self.made);
        self.access.insert(access.clone(), now + self.life * 1_000);
        let next = match self.rule {
            Rule::Stays => None,
            Rule::Absolute => Some(token),
            Rule::Rotates | Rule::Graced | Rule::Splits => {
                let next = format!("refresh-token-{:06}", self.made);
                if token == chain.current {
                    if self.rule != Rule::Graced {
                        self.dead.insert((shop, token.clone()));
                    }
                    chain.previous = (self.rule == Rule::Graced).then_some(token);
                }
                chain.current.clone_from(&next);
                Some(next)
            }
        };
        let mut body = json!({
            "code": "0", "error": "", "access_token": access, "expires_in": self.life, "expire_in": self.life,
            "data": { "access_token": access, "access_token_expire_in": now / 1_000 + self.life },
        });
        if let Some(next) = next {
            body["refresh_token"] = json!(next);
            body["data"]["refresh_token"] = json!(next);
        }
        if self.rule == Rule::Absolute {
            body["refresh_expires_in"] = json!((over - now) / 1_000);
        }
        reply(200, &body)
    }

    fn api(&mut self, request: &Request, now: u64) -> Egressed {
        let headers = ["authorization", "x-amz-access-token", "x-shopify-access-token", "x-tts-access-token"];
        let header = request.headers.iter().find(|(name, _)| headers.contains(&name.as_str()));
        let header = header.map(|(_, value)| String::from_utf8(value.clone()).unwrap());
        let token = header.unwrap_or_else(|| named(request, &["access_token="]));
        if self.access.get(token.trim_start_matches("Bearer ")).is_none_or(|expires| now >= *expires) {
            return reply(401, &json!({ "errors": "expired" }));
        }
        // The successor is used.
        self.no_grace();
        if self.broken {
            return reply(500, &json!({}));
        }
        let account = &self.account;
        let body = json!({
            "id": account.parse::<u64>().unwrap_or(0), "code": "0", "error": "", "payload": [{ "storeName": account }],
            "data": { "seller_id": account, "shop": { "myshopifyDomain": account }, "orders": { "edges": [] } },
        });
        reply(200, &body)
    }
}

/// What stands behind one of these marks in the target or the body.
fn named(request: &Request, marks: &[&str]) -> String {
    let text = format!("{}\n{}", request.path, String::from_utf8_lossy(&request.body));
    let behind = marks.iter().find_map(|mark| Some(text.split_once(mark)?.1)).unwrap_or_default();
    behind.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '-').collect()
}

fn reply(status: u16, body: &serde_json::Value) -> Egressed {
    let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    Egressed::Response(Response { status, headers, body: body.to_string().into_bytes() })
}
