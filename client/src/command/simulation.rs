//! What `simulate` prints.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::args::At;
use super::report::{Exit, Output};

/// Prints the decision of both heads, or of one. Refused is an exit code of its own, for scripts.
pub(super) fn print(simulated: &Value, at: Option<At>, out: Output) -> Result<Exit> {
    let (allowed, lines) = described(simulated, at)?;
    for line in lines {
        out.line(&line);
    }
    let mut object = simulated.clone();
    if let (Some(at), Some(fields)) = (at, object.as_object_mut()) {
        fields.insert("at".to_owned(), json!(name(at)));
        fields.insert("allowed".to_owned(), json!(allowed));
    }
    out.object(object);
    Ok(if allowed { Exit::Done } else { Exit::Refused })
}

const fn name(at: At) -> &'static str {
    match at {
        At::Finalized => "finalized",
        At::Attested => "attested",
    }
}

/// Whether it is allowed there, and the lines that say why.
fn described(simulated: &Value, at: Option<At>) -> Result<(bool, Vec<String>)> {
    let operations = simulated["operations"].as_array().context("the vault's answer names no operation")?;
    let mut lines = Vec::new();
    let mut allowed = simulated["allowed"].as_bool().context("the vault's answer has no decision")?;
    if let Some(at) = at {
        allowed = !operations.is_empty() && operations.iter().all(|operation| operation[name(at)]["allowed"] == json!(true));
    }
    let rule = text(&simulated["rule"]);
    let heads: &[&str] = match at {
        None => &["finalized", "attested"],
        Some(At::Finalized) => &["finalized"],
        Some(At::Attested) => &["attested"],
    };
    lines.push(match (allowed, at) {
        (true, None) => "allowed, at both heads".to_owned(),
        (false, None) => format!("refused: {rule}"),
        (true, Some(at)) => format!("allowed, at the {} head", name(at)),
        (false, Some(at)) => format!("refused at the {} head", name(at)),
    });
    for operation in operations {
        lines.push(format!("  {}  {}", text(&operation["operation"]), text(&operation["class"])));
        for head in heads.iter().filter(|head| operation[**head].is_object()) {
            lines.push(format!("    {head:<10} {}", answer(&operation[*head])));
        }
    }
    for head in heads.iter().filter(|head| simulated[**head].is_object()) {
        let Value::Object(of) = &simulated[*head] else { continue };
        let field = |name: &str| of.get(name).map(text).unwrap_or_default();
        lines.push(format!(
            "{head:<9} block {}, slot {}, {} gas  {}",
            field("block"),
            field("slot"),
            field("gas"),
            field("block_hash")
        ));
    }
    for code in simulated["code"].as_array().into_iter().flatten() {
        lines.push(format!("ran       {}  code {}", text(&code["address"]), text(&code["hash"])));
    }
    for account in simulated["read"].as_array().into_iter().flatten() {
        for slot in account["slots"].as_array().into_iter().flatten() {
            lines.push(format!("read      {}  slot {}", text(&account["address"]), text(slot)));
        }
    }
    Ok((allowed, lines))
}

/// What the contract said at one head, in a line.
fn answer(answer: &Value) -> String {
    let verdict = if answer["allowed"] == json!(true) { "allowed" } else { "refused" };
    let limits: Vec<String> = answer["limits"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|limit| {
            let period = match limit["period"].as_u64() {
                Some(0) | None => "ever".to_owned(),
                Some(seconds) => format!("{seconds} s"),
            };
            format!(", {} of {} per {period}", text(&limit["cost"]), text(&limit["capacity"]))
        })
        .collect();
    format!(
        "{verdict} by {}; store {}, tenure {} of {}{}",
        text(&answer["rule"]),
        text(&answer["status"]),
        text(&answer["tenure"]),
        text(&answer["owner"]),
        limits.concat()
    )
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated(finalized: bool, attested: bool) -> Value {
        let said = |allowed: bool| {
            json!({
                "allowed": allowed, "rule": if allowed { "granted" } else { "grant.none" }, "projection": "0x00",
                "limits": [{ "bucket": "0x01", "cost": "1", "capacity": "5", "period": 60 }],
                "portfolio": 1, "owner": "0xaa", "tenure": 2, "status": "Performing",
            })
        };
        json!({
            "allowed": finalized && attested,
            "rule": if finalized && attested { "" } else { "grant.none" },
            "operations": [{
                "operation": "shopify.query.orders", "class": "READ", "finalized": said(finalized), "attested": said(attested),
            }],
            "finalized": { "slot": 1, "block": 2, "block_hash": "0x03", "state_root": "0x04", "gas": 50_000 },
            "attested": { "slot": 11, "block": 12, "block_hash": "0x13", "state_root": "0x14", "gas": 60_000 },
            "code": [{ "address": "0xcc", "hash": "0xdd" }],
            "read": [{ "address": "0xcc", "slots": ["0x05"] }],
        })
    }

    #[test]
    fn both_heads_are_told_unless_one_is_asked_for() {
        let (allowed, lines) = described(&simulated(false, true), None).unwrap();
        assert!(!allowed);
        assert_eq!(
            lines,
            [
                "refused: grant.none",
                "  shopify.query.orders  READ",
                "    finalized  refused by grant.none; store Performing, tenure 2 of 0xaa, 1 of 5 per 60 s",
                "    attested   allowed by granted; store Performing, tenure 2 of 0xaa, 1 of 5 per 60 s",
                "finalized block 2, slot 1, 50000 gas  0x03",
                "attested  block 12, slot 11, 60000 gas  0x13",
                "ran       0xcc  code 0xdd",
                "read      0xcc  slot 0x05",
            ]
        );
        let (allowed, lines) = described(&simulated(false, true), Some(At::Attested)).unwrap();
        assert!(allowed);
        assert_eq!(lines[0], "allowed, at the attested head");
        assert!(!lines.iter().any(|line| line.contains("finalized")));
        assert!(!described(&simulated(false, true), Some(At::Finalized)).unwrap().0);
        assert_eq!(described(&simulated(true, true), None).unwrap().1[0], "allowed, at both heads");
    }

    #[test]
    fn an_answer_without_a_decision_is_none() {
        for broken in [json!({}), json!({ "operations": [] }), json!({ "allowed": true })] {
            assert!(described(&broken, None).is_err());
        }
        // Nothing was named: no head allowed anything.
        let empty = json!({ "allowed": true, "rule": "", "operations": [] });
        assert!(!described(&empty, Some(At::Attested)).unwrap().0);
    }
}
