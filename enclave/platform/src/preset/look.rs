//! Looking where a store's money goes: one request that is written in the image, and of its answer nothing but a digest.

use core::fmt;

use alloy_primitives::B256;
use contracts_bindings::Class;
use credential::{Keys, Sight};
use protocol::http::{Request, Response};
use protocol::ledger::Unread;

use super::{Later, Preset};
use crate::materials::Materials;
use crate::operations::Watch;

/// A look, ready to be sent. It holds secrets, and erases them when dropped.
pub struct Look {
    /// What goes out.
    pub request: Request,
    /// What is made of its answer.
    pub reading: Reading,
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Look(..)")
    }
}

/// How the answer to a [`Look`] is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    preset: Preset,
    watch: &'static Watch,
    store: B256,
}

/// No facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoFacts {
    /// Why.
    pub why: Unread,
    /// Seconds to wait, if the platform says.
    pub after_s: Option<u64>,
    /// Whether it says that there were too many calls, and not only that it can't now.
    pub limited: bool,
}

/// What an answer says of where money goes. It is good for a digest and for nothing else.
pub struct Facts(String);

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts(..)")
    }
}

impl Preset {
    /// What the vault watches by itself, if it watches something of this preset.
    #[must_use]
    pub fn watch(self) -> Option<&'static Watch> {
        self.table()?.watch().filter(|watch| watch.unasked().is_none())
    }

    /// The watch's request for the store that is in sight: the only request that is made of a [`Sight`], named by this table as exactly
    /// the watch's operation, which is a READ that may be repeated. `None` if the store's binding does not say all that it takes.
    #[must_use]
    pub fn look(self, sight: &Sight, now_ms: u64, nonce: &[u8; 32]) -> Option<Look> {
        let watch = self.watch()?;
        let binding = sight.binding();
        let request = watch.request(binding)?;
        // The binding's, or one that the preset names beside it: whose host it is, naming and preparing ask again.
        let host = request.authority.clone();
        let operations = self.name(&request, &host).ok()?;
        let [operation] = operations.as_slice() else { return None };
        if operation.name != watch.operation() || operation.class != Class::Read || !self.may_repeat(&operations) {
            return None;
        }
        let materials = Materials { app: sight.app(), connection: sight.fields(), selector: &binding.selector, host: &host };
        let request = self.prepare(&request, &materials, now_ms, nonce).ok()?.request;
        Some(Look { request, reading: Reading { preset: self, watch, store: binding.store } })
    }
}

impl Reading {
    /// The operation that is asked for.
    #[must_use]
    pub fn operation(self) -> &'static str {
        self.watch.operation()
    }

    /// See [`Watch::asked`].
    #[must_use]
    pub fn asked(self) -> [u8; 32] {
        self.watch.asked()
    }

    /// The facts in an answer. The answer ends here.
    ///
    /// # Errors
    /// [`NoFacts`].
    pub fn facts(self, response: Response) -> Result<Facts, NoFacts> {
        let diagnosis = self.preset.diagnose(&response);
        if let Some(Later { after_s }) = self.preset.later(&response) {
            // Of what is diagnosed only a rate limit is for later.
            return Err(NoFacts { why: Unread::Later, after_s, limited: response.status == 429 || diagnosis.is_some() });
        }
        let none = |why| NoFacts { why, after_s: None, limited: false };
        if diagnosis.is_some() || matches!(response.status, 401 | 403) {
            return Err(none(Unread::Refused));
        }
        let facts = self.watch.facts(&response);
        drop(response);
        facts.map(Facts).ok_or(none(Unread::Answer))
    }

    /// Their keyed digest.
    #[must_use]
    pub fn digest(self, keys: &Keys, facts: &Facts) -> [u8; 32] {
        keys.watched(&self.store, &self.watch.asked(), facts.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use credential::Binding;

    use super::super::host::Hosts;
    use super::*;

    fn binding(preset: Preset, host: &str) -> Binding {
        Binding {
            store: B256::repeat_byte(1),
            connection: [2; 32],
            preset: preset.id().to_owned(),
            host: host.to_owned(),
            account: "acct_1".to_owned(),
            selector: vec![("account_id".to_owned(), "4711".to_owned()), ("marketplaces".to_owned(), "ATVPDKIKX0DER".to_owned())],
        }
    }

    fn host(preset: Preset) -> &'static str {
        match &preset.0.hosts {
            Hosts::Fixed { regions } => &regions[0].host,
            Hosts::Label { .. } => "a.myshopify.com",
            Hosts::Any { .. } => "shop.example.com",
        }
    }

    #[test]
    fn what_is_asked_is_the_watch_s_operation_and_a_read_that_may_be_repeated() {
        let mut watching = Vec::new();
        for preset in Preset::all() {
            let Some(watch) = preset.watch() else { continue };
            let host = host(preset);
            let request = watch.request(&binding(preset, host)).unwrap();
            let named = preset.name(&request, &request.authority).unwrap();
            let [operation] = named.as_slice() else { panic!("{preset:?}: {named:?}") };
            assert_eq!((operation.name.as_str(), operation.class), (watch.operation(), Class::Read), "{preset:?}");
            assert!(preset.may_repeat(&named), "{preset:?}");
            watching.push(preset.id());
        }
        let expected =
            ["airwallex", "amazon-sp", "ebay", "payoneer", "paypal", "shopify-admin", "stripe", "tiktok-shop", "woocommerce"];
        assert_eq!(watching, expected);
    }

    #[test]
    fn what_a_binding_does_not_say_in_one_plain_word_is_not_asked() {
        let amazon = Preset::of_id("amazon-sp").unwrap();
        let mut of_two = binding(amazon, host(amazon));
        let asked = |binding: &Binding| amazon.watch().unwrap().request(binding);
        assert!(asked(&of_two).unwrap().path.ends_with("?marketplaceId=ATVPDKIKX0DER"));
        for value in ["ATVPDKIKX0DER,A2EUQ1WTGCTBG2", "a/../b", "a?b", "a%2f", ""] {
            value.clone_into(&mut of_two.selector[1].1);
            assert!(asked(&of_two).is_none(), "{value}");
        }
        of_two.selector.clear();
        assert!(asked(&of_two).is_none());
        // A seller of eBay is bound at the host that says who he is, and its payout settings are at the other.
        let ebay = Preset::of_id("ebay").unwrap();
        let elsewhere = ebay.watch().unwrap().request(&binding(ebay, "apiz.ebay.com")).unwrap();
        assert_eq!(elsewhere.authority, "api.ebay.com");
        assert!(ebay.name(&elsewhere, "apiz.ebay.com").is_err());
    }

    #[test]
    fn too_many_calls_are_told_from_a_platform_that_can_t_now_and_half_an_answer_is_none() {
        let shopify = Preset::of_id("shopify-admin").unwrap();
        let reading = Reading { preset: shopify, watch: shopify.watch().unwrap(), store: B256::ZERO };
        let read = |status, body: &str| {
            let headers = vec![("retry-after".to_owned(), b"9".to_vec())];
            reading.facts(Response { status, headers, body: body.as_bytes().to_vec() })
        };
        let why = |status, body: &str| read(status, body).map(|_| ()).map_err(|none| (none.why, none.limited));
        assert_eq!(why(429, ""), Err((Unread::Later, true)));
        assert_eq!(why(503, ""), Err((Unread::Later, false)));
        assert_eq!(why(403, "{}"), Err((Unread::Refused, false)));
        let whole = r#"{"data":{"shopifyPaymentsAccount":{"id":"a","bankAccounts":{"nodes":[]}}}}"#;
        assert!(read(200, whole).is_ok());
        let half = r#"{"data":{"shopifyPaymentsAccount":{"id":"a","bankAccounts":null}},"errors":[{"message":"Access denied"}]}"#;
        assert_eq!(why(200, half), Err((Unread::Answer, false)));
        let long = whole.replace(r#""a""#, &format!("\"{}\"", "a".repeat(256 << 10)));
        assert_eq!(why(200, &long), Err((Unread::Answer, false)));
        assert_eq!(format!("{:?}", read(200, whole).unwrap()), "Facts(..)");
    }
}
