//! What a platform's headers say of its patience, in one form for all of them.

use protocol::http::Response;
use serde::Deserialize;

/// Characters of a number, at most.
const DIGITS: usize = 20;

/// What the value of a header means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Says {
    /// Calls that a full bucket has room for.
    Limit,
    /// Calls that it has room for now.
    Remaining,
    /// `32/40`: calls that are in it, and what it has room for.
    UsedOfLimit,
    /// Calls that it takes in a second.
    PerSecond,
    /// Seconds until there is room again.
    ResetSeconds,
    /// Unix milliseconds at which there is room again.
    ResetUnixMs,
}

/// A header that says how many calls the platform still takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateHeader {
    pub(crate) name: String,
    pub(crate) says: Says,
}

/// `limit=40, remaining=8`: what the answer's headers say, each of `limit`, `remaining`, `per-second` and `reset` (in seconds) once at
/// most. What is no plain number is left out.
pub(crate) fn said(rules: &[RateHeader], response: &Response, now_ms: u64) -> Option<String> {
    let mut parts: Vec<(&str, String)> = Vec::new();
    for RateHeader { name, says } in rules {
        let Some(value) = response.header(name).and_then(|value| core::str::from_utf8(value).ok()).map(str::trim) else {
            continue;
        };
        let mut say = |what, number: Option<String>| {
            if let Some(number) = number.filter(|_| parts.iter().all(|(other, _)| *other != what)) {
                parts.push((what, number));
            }
        };
        match says {
            Says::Limit => say("limit", number(value)),
            Says::Remaining => say("remaining", number(value)),
            Says::PerSecond => say("per-second", number(value)),
            Says::ResetSeconds => say("reset", number(value)),
            Says::ResetUnixMs => {
                let left = value.parse::<u64>().ok().map(|at| at.saturating_sub(now_ms).div_ceil(1_000));
                say("reset", left.map(|left| left.to_string()));
            }
            Says::UsedOfLimit => {
                let numbers = value.split_once('/').and_then(|(used, limit)| {
                    let (used, limit) = (used.trim().parse::<u64>().ok()?, limit.trim().parse::<u64>().ok()?);
                    Some((limit, limit.saturating_sub(used)))
                });
                if let Some((limit, remaining)) = numbers {
                    say("limit", Some(limit.to_string()));
                    say("remaining", Some(remaining.to_string()));
                }
            }
        }
    }
    let parts: Vec<String> = parts.into_iter().map(|(what, number)| format!("{what}={number}")).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Digits with at most one dot between them.
fn number(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (text.len() <= DIGITS && digits(whole) && digits(fraction)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &[(&str, Says)]) -> Vec<RateHeader> {
        rules.iter().map(|(name, says)| RateHeader { name: (*name).to_owned(), says: *says }).collect()
    }

    fn answer(headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        Response { status: 200, headers, body: Vec::new() }
    }

    #[test]
    fn each_platform_s_way_to_say_it_becomes_one() {
        let said = |rule: &[(&str, Says)], headers: &[(&str, &str)]| said(&rules(rule), &answer(headers), 5_000);
        assert_eq!(said(&[("a", Says::UsedOfLimit)], &[("a", "32/40")]).as_deref(), Some("limit=40, remaining=8"));
        assert_eq!(said(&[("a", Says::UsedOfLimit)], &[("a", "50/40")]).as_deref(), Some("limit=40, remaining=0"));
        assert_eq!(said(&[("a", Says::PerSecond)], &[("a", "0.0167")]).as_deref(), Some("per-second=0.0167"));
        let token = [("a", Says::Remaining), ("b", Says::ResetUnixMs)];
        assert_eq!(said(&token, &[("a", "0"), ("b", "7001")]).as_deref(), Some("remaining=0, reset=3"));
        assert_eq!(said(&token, &[("b", "4000")]).as_deref(), Some("reset=0"));
        assert_eq!(said(&[("a", Says::Limit), ("b", Says::Limit)], &[("a", "1"), ("b", "2")]).as_deref(), Some("limit=1"));
    }

    #[test]
    fn t42_nothing_but_numbers_is_repeated() {
        let all = [Says::Limit, Says::Remaining, Says::UsedOfLimit, Says::PerSecond, Says::ResetSeconds, Says::ResetUnixMs];
        for says in all {
            for value in
                ["", "shpat_0123456789abcdef", "1/x", "x/1", "-1", "1e9", "1..2", ".5", "1.", "123456789012345678901", "NaN"]
            {
                let said = said(&rules(&[("a", says)]), &answer(&[("a", value)]), 0);
                assert_eq!(said, None, "{says:?} {value}");
            }
        }
    }
}
