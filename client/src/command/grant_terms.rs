//! Grants as they are written in a file and as they are shown.

use alloy_primitives::aliases::U40;
use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, anyhow, bail, ensure};
use contracts_bindings::grants::Grant;
use contracts_bindings::{Class, Status};
use serde::Deserialize;

use super::args::{ClassName, Condition, Name, Seconds, StatusName, StoreName, status_word};
use crate::calendar::{span, utc};

/// One grant of a file. What a word means is as for `grant add`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    caller: Option<Address>,
    role: Option<String>,
    operation: Option<String>,
    class: Option<String>,
    store: Option<String>,
    seconds: Option<String>,
    statuses: Option<Vec<String>>,
    #[serde(default)]
    capacity: u128,
    period: Option<String>,
    spend: Option<String>,
    projection: Option<String>,
    #[serde(default)]
    agents: bool,
    #[serde(default, rename = "where")]
    conditions: Vec<String>,
}

/// Reads a JSON array of grants that start at `from`.
pub(super) fn read(text: &str, from: u64, store_id: impl Fn(StoreName) -> B256) -> Result<Vec<Grant>> {
    let terms: Vec<Terms> = serde_json::from_str(text)?;
    terms
        .into_iter()
        .enumerate()
        .map(|(number, terms)| grant(terms, from, &store_id).with_context(|| format!("grant {number}")))
        .collect()
}

fn parsed<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T> {
    text.parse().map_err(|error: String| anyhow!(error))
}

fn grant(terms: Terms, from: u64, store_id: impl Fn(StoreName) -> B256) -> Result<Grant> {
    let subject = match (terms.caller, terms.role) {
        (Some(caller), None) => caller.into_word(),
        (None, Some(role)) => parsed::<Name>(&role)?.0,
        _ => bail!("either caller or role"),
    };
    let what = match (terms.operation, terms.class) {
        (Some(operation), None) => parsed::<Name>(&operation)?.0,
        (None, Some(class)) => B256::with_last_byte(parsed::<ClassName>(&class)?.0.number()),
        _ => bail!("either operation or class"),
    };
    let seconds = terms.seconds.map_or(Ok(Seconds(86_400)), |text| parsed(&text))?;
    let period = terms.period.map_or(Ok(Seconds(0)), |text| parsed(&text))?;
    let statuses = terms.statuses.unwrap_or_else(|| vec!["Performing".to_owned(), "Watch".to_owned()]);
    let statuses = statuses.iter().map(|status| parsed::<StatusName>(status)).collect::<Result<Vec<_>>>()?;
    ensure!(!statuses.is_empty(), "no status");
    let name = |name: Option<String>| name.map_or(Ok(B256::ZERO), |name| parsed::<Name>(&name).map(|name| name.0));
    let (spend, projection) = (name(terms.spend)?, name(terms.projection)?);
    ensure!(terms.capacity > 0 || (period.0 == 0 && spend.is_zero()), "period and spend need a capacity");
    Ok(Grant {
        subject,
        store: terms.store.map_or(Ok(B256::ZERO), |store| parsed::<StoreName>(&store).map(store_id))?,
        what,
        from: U40::saturating_from(from),
        until: U40::saturating_from(from.saturating_add(seconds.0)),
        statuses: statuses.iter().fold(0, |bits, status| bits | status.0.bit()),
        capacity: terms.capacity,
        period: u32::try_from(period.0).ok().context("a period is at most 136 years")?,
        spend,
        projection,
        allowAgents: terms.agents,
        r#where: terms.conditions.iter().map(|text| Ok(parsed::<Condition>(text)?.0)).collect::<Result<Vec<_>>>()?,
    })
}

/// A grant in lines.
pub(super) fn shown(grant: &Grant) -> Vec<String> {
    let what = grant.what.as_slice();
    let class = what.split_last().filter(|(_, rest)| rest.iter().all(|byte| *byte == 0)).map(|(class, _)| *class);
    let statuses: Vec<&str> = [Status::Performing, Status::Watch, Status::Default, Status::Closed]
        .into_iter()
        .filter(|status| grant.statuses & status.bit() != 0)
        .map(status_word)
        .collect();
    let mut lines = vec![
        format!("to        {}", subject(&grant.subject)),
        class.map_or_else(|| format!("operation {}", grant.what), |number| format!("class     {}", class_word(number))),
        format!(
            "store     {}",
            if grant.store.is_zero() { "every store of the portfolio".to_owned() } else { grant.store.to_string() }
        ),
        format!("from      {} until {}", utc(grant.from.to::<u64>()), utc(grant.until.to::<u64>())),
        format!("in        {}", statuses.join(", ")),
    ];
    if grant.capacity != 0 {
        let period = if grant.period == 0 { "for ever".to_owned() } else { format!("per {}", span(grant.period.into())) };
        let unit = if grant.spend.is_zero() { "calls".to_owned() } else { format!("of parameter {}", grant.spend) };
        lines.push(format!("limit     {} {unit} {period}", grant.capacity));
    }
    if !grant.projection.is_zero() {
        lines.push(format!("view      {}", grant.projection));
    }
    if grant.allowAgents {
        lines.push("agents    too".to_owned());
    }
    for constraint in &grant.r#where {
        let test = ["=", "one of", "at most", "at least"].get(usize::from(constraint.test)).copied().unwrap_or("?");
        let values: Vec<String> = constraint.values.iter().map(B256::to_string).collect();
        lines.push(format!("where     {} {test} {}", constraint.param, values.join(", ")));
    }
    lines
}

fn subject(subject: &B256) -> String {
    let (start, address) = subject.split_at(12);
    if start.iter().all(|byte| *byte == 0) { Address::from_slice(address).to_string() } else { format!("role {subject}") }
}

fn class_word(number: u8) -> &'static str {
    match Class::try_from(number) {
        Ok(Class::Read) => "READ",
        Ok(Class::Write) => "WRITE",
        Ok(Class::Value) => "VALUE",
        Ok(Class::Routing) => "ROUTING",
        Ok(Class::Authz) => "AUTHZ",
        Ok(Class::Mint) => "MINT",
        Ok(Class::Export) => "EXPORT",
        Ok(Class::Credential) => "CREDENTIAL",
        Ok(Class::None) | Err(_) => "none",
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    fn one(text: &str) -> Result<Grant> {
        Ok(read(text, 1_000, |store| keccak256(store.to_string()))?.remove(0))
    }

    #[test]
    fn a_grant_of_a_file_is_what_grant_add_would_make() {
        let caller = Address::repeat_byte(0xca);
        let grant = one(&format!(
            r#"[{{"caller": "{caller}", "operation": "shopify.query.orders", "store": "1:{}", "seconds": "2d", "statuses": ["default"],
                "capacity": 5, "period": "1h", "spend": "amount", "agents": true, "where": ["amount<=2"]}}]"#,
            B256::repeat_byte(1)
        ))
        .unwrap();
        assert_eq!((grant.subject, grant.what), (caller.into_word(), keccak256("shopify.query.orders")));
        assert_eq!(grant.store, keccak256(format!("1:{}", B256::repeat_byte(1))));
        assert_eq!((grant.from.to::<u64>(), grant.until.to::<u64>()), (1_000, 1_000 + 172_800));
        assert_eq!((grant.statuses, grant.capacity, grant.period, grant.allowAgents), (4, 5, 3_600, true));
        assert_eq!((grant.spend, grant.r#where.len()), (keccak256("amount"), 1));
        let lines = shown(&grant).join("\n");
        for part in
            ["to        0x", "operation 0x", "in        Default", "limit     5 of parameter", "per 1 hour", "agents", "at most"]
        {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        let lines = shown(&one(r#"[{"role": "recovery", "class": "READ"}]"#).unwrap()).join("\n");
        for part in ["to        role 0x", "class     READ", "every store", "in        Performing, Watch"] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
    }

    #[test]
    fn a_grant_that_says_too_little_or_too_much_is_none() {
        for text in [
            r#"[{"class": "READ"}]"#,
            r#"[{"role": "a", "caller": "0x00000000000000000000000000000000000000ca", "class": "READ"}]"#,
            r#"[{"role": "a"}]"#,
            r#"[{"role": "a", "class": "READ", "operation": "b"}]"#,
            r#"[{"role": "a", "class": "ALL"}]"#,
            r#"[{"role": "a", "class": "READ", "period": "1h"}]"#,
            r#"[{"role": "a", "class": "READ", "spend": "amount"}]"#,
            r#"[{"role": "a", "class": "READ", "statuses": []}]"#,
            r#"[{"role": "a", "class": "READ", "capacityy": 1}]"#,
            r#"{"role": "a", "class": "READ"}"#,
        ] {
            assert!(one(text).is_err(), "{text}");
        }
    }
}
