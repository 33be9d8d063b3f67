//! A token endpoint with the rules of the real ones: what rotates, what works once, and for how long the old token is taken.

use std::collections::HashSet;

use protocol::http::{Request, Response};
use vault::Egressed;

/// Seconds that an access token lives.
pub(crate) const LIFE: u64 = 3_600;

/// What becomes of a refresh token that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It stays.
    Stays,
    /// A new one takes its place, and it is dead.
    Rotates,
    /// A new one takes its place, and it is taken until the new one is first used.
    Graced,
}

/// A platform, as much of it as tokens need.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) rule: Rule,
    /// What the probe's answer names.
    pub(crate) account: String,
    /// The refresh token that works.
    current: String,
    /// The one before it, while it is graced.
    previous: Option<String>,
    /// Tokens that were handed in and work no more.
    dead: HashSet<String>,
    access: HashSet<String>,
    made: u32,
    /// Requests to the token endpoint.
    pub(crate) asked: usize,
    /// How many of them brought tokens.
    pub(crate) issued: usize,
    /// How many handed in a token that was spent.
    pub(crate) double_uses: usize,
    /// Whether the merchant took the authorisation back.
    pub(crate) revoked: bool,
}

/// The first refresh token.
pub(crate) const FIRST: &str = "refresh-token-000000";

impl Provider {
    pub(crate) fn new(rule: Rule, account: &str) -> Self {
        Self {
            rule,
            account: account.to_owned(),
            current: FIRST.to_owned(),
            previous: None,
            dead: HashSet::new(),
            access: HashSet::new(),
            made: 0,
            asked: 0,
            issued: 0,
            double_uses: 0,
            revoked: false,
        }
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Egressed {
        let path = request.path.split('?').next().unwrap_or_default();
        if path.ends_with("token") { self.token(request) } else { self.api(request) }
    }

    fn token(&mut self, request: &Request) -> Egressed {
        self.asked += 1;
        let body = String::from_utf8(request.body.clone()).unwrap();
        let token = body.split('&').find_map(|part| part.strip_prefix("refresh_token=")).unwrap_or_default().to_owned();
        let accepted = token == self.current || self.previous.as_ref() == Some(&token);
        if self.revoked || !accepted {
            self.double_uses += usize::from(self.dead.contains(&token));
            return json(400, r#"{"error":"invalid_grant"}"#);
        }
        self.issued += 1;
        self.made += 1;
        let access = format!("access-token-{:06}", self.made);
        self.access.insert(access.clone());
        if self.rule == Rule::Stays {
            return json(200, &format!(r#"{{"access_token":"{access}","expires_in":{LIFE}}}"#));
        }
        let next = format!("refresh-token-{:06}", self.made);
        if token == self.current {
            self.dead.insert(token.clone());
            self.previous = (self.rule == Rule::Graced).then_some(token);
        }
        self.current.clone_from(&next);
        json(200, &format!(r#"{{"access_token":"{access}","refresh_token":"{next}","expires_in":{LIFE}}}"#))
    }

    fn api(&mut self, request: &Request) -> Egressed {
        let named = ["authorization", "x-amz-access-token", "x-shopify-access-token"];
        let token = request.headers.iter().find(|(name, _)| named.contains(&name.as_str()));
        let token = token.map(|(_, value)| String::from_utf8(value.clone()).unwrap()).unwrap_or_default();
        if !self.access.contains(token.trim_start_matches("Bearer ")) {
            return json(401, r#"{"errors":"expired"}"#);
        }
        // The successor is used.
        self.previous = None;
        let account = &self.account;
        json(
            200,
            &format!(
                r#"{{"id":{id},"payload":[{{"storeName":"{account}"}}],"data":{{"shop":{{"myshopifyDomain":"{account}"}},"orders":{{"edges":[]}}}}}}"#,
                id = if account.bytes().all(|byte| byte.is_ascii_digit()) { account.clone() } else { "0".to_owned() }
            ),
        )
    }
}

fn json(status: u16, body: &str) -> Egressed {
    let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    Egressed::Response(Response { status, headers, body: body.as_bytes().to_vec() })
}
