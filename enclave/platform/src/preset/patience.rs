//! What may be asked again, when, and what a platform says of how often.

use contracts_bindings::Class;
use policy::Operation;
use protocol::http::Response;

use super::Preset;
use crate::diagnose::{Diagnosis, retry_after};
use crate::operations::Repeat;
use crate::rate;

/// Answers of a platform, or of a gateway before it, that could not do it now.
const LATER: [u16; 5] = [429, 500, 502, 503, 504];

/// The platform could not do it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later {
    /// Seconds to wait, if the platform says.
    pub after_s: Option<u64>,
}

impl Preset {
    /// Whether asking twice is asking once: every operation is a READ whose table says so.
    #[must_use]
    pub fn may_repeat(self, operations: &[Operation]) -> bool {
        let safe = |operation: &Operation| {
            let known = self.table().and_then(|table| table.operation(&operation.name));
            operation.class == Class::Read && known.is_some_and(|known| known.repeat() == Repeat::Safe)
        };
        !operations.is_empty() && operations.iter().all(safe)
    }

    /// Whether an answer says to come back later: too many calls, by its status or as this platform says it, or a failure of the
    /// platform's own. What it says of the credential is another matter.
    #[must_use]
    pub fn later(self, response: &Response) -> Option<Later> {
        let busy = match self.diagnose(response) {
            Some(Diagnosis::RateLimited { .. }) => true,
            Some(Diagnosis::Expired | Diagnosis::Revoked | Diagnosis::BadSignature | Diagnosis::Clock | Diagnosis::Denied) => {
                false
            }
            None => LATER.contains(&response.status),
        };
        busy.then(|| Later { after_s: retry_after(response) })
    }

    /// What the answer's headers say of how many calls the platform still takes: `limit=40, remaining=8`.
    #[must_use]
    pub fn rate_said(self, response: &Response, now_ms: u64) -> Option<String> {
        rate::said(&self.0.rate_headers, response, now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(preset: &str, operations: &[(&str, Class)]) -> bool {
        let operation = |(name, class): &(&str, Class)| Operation { name: (*name).to_owned(), class: *class, params: Vec::new() };
        let operations: Vec<Operation> = operations.iter().map(operation).collect();
        Preset::of_id(preset).unwrap().may_repeat(&operations)
    }

    #[test]
    fn only_a_read_that_may_be_asked_twice_is_repeated() {
        assert!(may("shopify-admin", &[("shopify.query.orders", Class::Read)]));
        assert!(may("amazon-sp", &[("amazon-sp.reports.document", Class::Read)]));
        // A report is made by being asked for, and money moves by being sent.
        assert!(!may("amazon-sp", &[("amazon-sp.reports.create", Class::Read)]));
        assert!(!may("stripe", &[("stripe.refunds.create", Class::Value)]));
        assert!(!may("shopee", &[("shopee.orders.note", Class::Write)]));
        assert!(!may("shopify-admin", &[("shopify.query.orders", Class::Read), ("shopify.mutation.refundCreate", Class::Value)]));
        assert!(!may("shopify-admin", &[("shopify.query.orders", Class::Write)]));
        assert!(!may("shopify-admin", &[("shopify.query.unknown", Class::Read)]));
        assert!(!may("shopify-admin", &[]));
    }

    #[test]
    fn what_a_platform_says_by_its_own_code_counts_as_much_as_a_status() {
        let answer = |status, headers: &[(&str, &str)], body: &str| Response {
            status,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
            body: body.as_bytes().to_vec(),
        };
        let amazon = Preset::of_id("amazon-sp").unwrap();
        let quota = r#"{"errors":[{"code":"QuotaExceeded"}]}"#;
        assert_eq!(amazon.later(&answer(400, &[], quota)), Some(Later { after_s: None }));
        assert_eq!(amazon.later(&answer(429, &[("retry-after", "2")], "")), Some(Later { after_s: Some(2) }));
        assert_eq!(
            amazon.later(&answer(503, &[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], "")),
            Some(Later { after_s: None })
        );
        for (said, seconds) in
            [("2.0", Some(2)), ("2.5", Some(3)), ("0", Some(0)), ("2.", None), (".5", None), ("2.x", None), ("-1", None)]
        {
            assert_eq!(amazon.later(&answer(429, &[("retry-after", said)], "")), Some(Later { after_s: seconds }), "{said}");
        }
        assert_eq!(amazon.later(&answer(401, &[("retry-after", "2")], "")), None);
        assert_eq!(amazon.later(&answer(200, &[], "{}")), None);
        assert_eq!(
            amazon.rate_said(&answer(200, &[("x-amzn-ratelimit-limit", "0.5")], ""), 0).as_deref(),
            Some("per-second=0.5")
        );
    }
}
