//! Looking where a store's money goes: one request that is written in the image, and of its answer nothing but a digest.

use core::fmt;

use alloy_primitives::B256;
use contracts_bindings::Class;
use credential::{Keys, Sight};
use protocol::http::{Request, Response};
use protocol::ledger::Unread;

use super::Preset;
use crate::diagnose::Diagnosis;
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

    /// The keyed digest of the facts in an answer. The answer ends here.
    ///
    /// # Errors
    /// [`NoFacts`].
    pub fn digest(self, keys: &Keys, response: Response) -> Result<[u8; 32], NoFacts> {
        let Self { preset, watch, store } = self;
        let none = |why| Err(NoFacts { why, after_s: None });
        if let Some(later) = preset.later(&response) {
            return Err(NoFacts { why: Unread::Later, after_s: later.after_s });
        }
        match preset.diagnose(&response) {
            Some(Diagnosis::RateLimited { retry_after_s }) => {
                return Err(NoFacts { why: Unread::Later, after_s: retry_after_s });
            }
            Some(Diagnosis::Expired | Diagnosis::Revoked | Diagnosis::BadSignature | Diagnosis::Clock | Diagnosis::Denied) => {
                return none(Unread::Refused);
            }
            None if matches!(response.status, 401 | 403) => return none(Unread::Refused),
            None => {}
        }
        let facts = watch.facts(&response);
        drop(response);
        match facts {
            Some(facts) => Ok(keys.watched(&store, &watch.asked(), facts.as_bytes())),
            None => none(Unread::Answer),
        }
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
}
