//! What the command prints. A document's bytes appear in hex alone; names were checked to be printable ASCII.

use core::fmt::Write;

use attestation_verifier::{
    AuthenticChain, AuthenticDocument, Pcrs, TrustAnchor, UnixSeconds, UnverifiedDocument, VerifiedDocument,
};
use serde_json::{Value, json};

use crate::command::Verdict;

/// The trust anchor and the time that a verdict was made with.
type Basis<'a> = Option<(&'a TrustAnchor, UnixSeconds)>;

pub(crate) fn verdict(verdict: &Verdict, basis: Basis<'_>, as_json: bool) -> String {
    let value = verdict_json(verdict, basis);
    if as_json { format!("{value:#}") } else { lines(&value, "") }
}

/// Says on every line that it is unverified.
pub(crate) fn show(document: &UnverifiedDocument<'_>, as_json: bool) -> String {
    let contents = document.danger_contents();
    let value = json!({
        "verdict": "unverified",
        "encoding": {
            "tagged": document.encoding().tagged,
            "indefinite_payload": document.encoding().indefinite_payload,
        },
        "module_id": contents.module_id,
        "timestamp_ms": contents.timestamp_ms,
        "debug_mode": contents.pcrs.debug_mode(),
        "pcrs": pcrs(&contents.pcrs),
        "public_key": contents.public_key.map(hex::encode),
        "user_data": contents.user_data.map(hex::encode),
        "nonce": contents.nonce.map(hex::encode),
        "certificate": hex::encode(contents.certificate),
        "cabundle": contents.authorities.iter().map(hex::encode).collect::<Vec<_>>(),
    });
    if as_json { format!("{value:#}") } else { lines(&value, "unverified ") }
}

fn verdict_json(verdict: &Verdict, basis: Basis<'_>) -> Value {
    let mut report = match verdict {
        Verdict::Verified(document) => {
            let mut report = verified(document);
            set(&mut report, "verdict", json!("verified"));
            report
        }
        Verdict::Refused(appraisal) => {
            let mut report = authentic(&appraisal.document);
            let differences: Vec<_> = appraisal.differences.iter().map(ToString::to_string).collect();
            set(&mut report, "verdict", json!("refused"));
            set(&mut report, "differences", json!(differences));
            report
        }
        Verdict::NotAuthentic(error) => json!({"verdict": "refused", "error": error.to_string()}),
        Verdict::Malformed(error) => json!({"verdict": "malformed", "error": error.to_string()}),
        Verdict::AuthenticOnly(document) => {
            let mut report = authentic(document);
            set(&mut report, "verdict", json!("authentic, but no expectation was given"));
            report
        }
    };
    if let Some((anchor, time)) = basis {
        set(&mut report, "root", json!(if anchor.is_aws() { "AWS Nitro Enclaves Root G1" } else { "custom, not AWS's" }));
        set(&mut report, "root_sha256", json!(hex::encode(anchor.fingerprint())));
        set(&mut report, "time", json!(time.0));
        set(&mut report, "revocation", json!("not checked"));
    }
    set(&mut report, "tool", json!(concat!("attestation-verifier ", env!("CARGO_PKG_VERSION"))));
    report
}

/// The same fields of both types of evidence.
macro_rules! fields {
    ($document:expr) => {
        json!({
            "module_id": $document.module_id(),
            "timestamp_ms": $document.timestamp_ms(),
            "debug_mode": $document.pcrs().debug_mode(),
            "pcrs": pcrs($document.pcrs()),
            "public_key": $document.public_key().map(hex::encode),
            "user_data": $document.user_data().map(hex::encode),
            "nonce": $document.nonce().map(hex::encode),
            "payload_sha384": hex::encode($document.payload_digest()),
            "certificates": certificates($document.chain()),
        })
    };
}

fn verified(document: &VerifiedDocument) -> Value {
    fields!(document)
}

fn authentic(document: &AuthenticDocument) -> Value {
    fields!(document)
}

fn pcrs(pcrs: &Pcrs) -> Value {
    pcrs.iter().map(|(index, value)| (index.to_string(), json!(hex::encode(value)))).collect::<serde_json::Map<_, _>>().into()
}

fn certificates(chain: &AuthenticChain) -> Value {
    let all = chain.certificates().iter().map(|certificate| {
        json!({
            "common_name": certificate.common_name,
            "serial": hex::encode(&certificate.serial),
            "not_before": certificate.not_before.0,
            "not_after": certificate.not_after.0,
            "sha256": hex::encode(certificate.sha256),
        })
    });
    all.collect()
}

fn set(report: &mut Value, key: &str, value: Value) {
    if let Some(fields) = report.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

/// One line for each value, the verdict first.
fn lines(value: &Value, prefix: &str) -> String {
    let mut text = String::new();
    let verdict = value.get("verdict").and_then(Value::as_str).unwrap_or_default();
    push(&mut text, prefix, "verdict", verdict);
    walk(&mut text, prefix, "", value);
    text.trim_end().to_owned()
}

fn walk(text: &mut String, prefix: &str, path: &str, value: &Value) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<_> = fields.keys().collect();
            // Registers are numbers, and are read in their order.
            keys.sort_by_key(|key| (key.parse::<u8>().unwrap_or(0), key.as_str()));
            for key in keys {
                if let Some(value) = fields.get(key).filter(|_| key != "verdict") {
                    walk(text, prefix, &below(key), value);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(text, prefix, &below(&index.to_string()), item);
            }
        }
        Value::Null => push(text, prefix, path, "not set"),
        Value::String(value) => push(text, prefix, path, value),
        Value::Bool(_) | Value::Number(_) => push(text, prefix, path, &value.to_string()),
    }
}

fn push(text: &mut String, prefix: &str, path: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{prefix}{path}: {value}");
}
