//! The bodies of answers.

use std::fmt::Write;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// `GET shop.json`: the shop, every request header, and the token in the forms that leak.
pub(super) fn shop(domain: &str, token: &str, headers: &HeaderMap) -> Vec<u8> {
    let echoed: Map<String, Value> =
        headers.iter().map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes())))).collect();
    let each = |form: fn(u8) -> String| token.bytes().map(form).collect::<String>();
    let forms = json!({
        "base64": STANDARD.encode(token), "base64_url": URL_SAFE_NO_PAD.encode(token),
        "base64_shifted": [STANDARD.encode(format!(".{token}")), STANDARD.encode(format!("..{token}"))],
        "hex": hex::encode(token), "hex_upper": hex::encode_upper(token),
        "percent": each(|byte| format!("%{byte:02X}")), "percent_lower": each(|byte| format!("%{byte:02x}")),
    });
    let mut body = json!({
        "shop": {"id": 690_933_842_u64, "name": "Demo Shop", "myshopify_domain": domain, "domain": domain},
        "echo": {"headers": echoed, "forms": forms},
    })
    .to_string();
    // Written by hand: a JSON writer would take the escapes away.
    let escaped = each(|byte| format!("\\u{byte:04x}"));
    let slashed = token.replace('/', "\\/");
    body.pop();
    let _ = write!(body, ",\"escaped\":\"{escaped}\",\"slashed\":\"{slashed}\"}}");
    body.into_bytes()
}

pub(super) fn huge(bytes: usize) -> Vec<u8> {
    let frame = br#"{"data":""}"#.len();
    format!(r#"{{"data":"{}"}}"#, "x".repeat(bytes.saturating_sub(frame))).into_bytes()
}

/// Answers the root fields of a GraphQL document. `None`: not a GraphQL request.
pub(super) fn graphql(domain: &str, body: &[u8]) -> Option<String> {
    let request: Value = serde_json::from_slice(body).ok()?;
    let query = request.get("query")?.as_str()?;
    let mutation = query.trim_start().starts_with("mutation");
    let words: Vec<&str> = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let mut data = Map::new();
    for (key, field) in root_fields(query) {
        let mut value = if mutation { json!({"userErrors": []}) } else { read(domain, &field) };
        keep(&mut value, &words);
        data.insert(key, value);
    }
    if data.is_empty() {
        return None;
    }
    let cost = json!({"requestedQueryCost": 2, "actualQueryCost": 2, "throttleStatus": {
        "maximumAvailable": 2000.0, "currentlyAvailable": 1998, "restoreRate": 100.0}});
    Some(json!({"data": data, "extensions": {"cost": cost}}).to_string())
}

/// Leaves the fields that the document names somewhere, which is near enough to the ones it selects.
fn keep(value: &mut Value, words: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| words.contains(&name.as_str()));
            for field in fields.values_mut() {
                keep(field, words);
            }
        }
        Value::Array(list) => {
            for one in list {
                keep(one, words);
            }
        }
        _ => {}
    }
}

fn read(domain: &str, field: &str) -> Value {
    let order = |number: u32| {
        json!({
            "id": format!("gid://shopify/Order/{number}"), "name": format!("#{number}"), "email": "buyer@example.com",
            "createdAt": "2026-11-01T10:00:00Z", "displayFinancialStatus": "PAID",
            "totalPriceSet": {"shopMoney": {"amount": "49.90", "currencyCode": "USD"}},
            "customer": {"id": "gid://shopify/Customer/7", "displayName": "Ada Buyer"},
        })
    };
    let list = |nodes: Vec<Value>| {
        let edges: Vec<Value> = nodes.iter().map(|node| json!({"cursor": node["id"], "node": node})).collect();
        json!({"edges": edges, "nodes": nodes, "pageInfo": {"hasNextPage": false, "endCursor": null}})
    };
    match field {
        "shop" => json!({
            "id": "gid://shopify/Shop/690933842", "name": "Demo Shop", "myshopifyDomain": domain,
            "email": "owner@example.com", "currencyCode": "USD",
        }),
        "orders" => list((1001..=1003).map(order).collect()),
        "order" => order(1001),
        "products" => list(vec![json!({"id": "gid://shopify/Product/1", "title": "Mug", "status": "ACTIVE"})]),
        "shopifyPaymentsAccount" => json!({
            "id": "gid://shopify/ShopifyPaymentsAccount/1",
            "bankAccounts": list(vec![json!({
                "id": "gid://shopify/ShopifyPaymentsBankAccount/1", "bankName": "A BANK", "accountNumberLastDigits": "6789",
                "country": "US", "currency": "USD", "status": "VERIFIED",
            })]),
        }),
        "product" => json!({"id": "gid://shopify/Product/1", "title": "Mug", "status": "ACTIVE"}),
        _ => Value::Null,
    }
}

/// Response key and field of each selection at the root. Lenient: what reaches a storefront is well formed.
fn root_fields(query: &str) -> Vec<(String, String)> {
    let (mut braces, mut parentheses, mut quoted) = (0_u32, 0_u32, false);
    let mut root = String::new();
    let mut last = ' ';
    for c in query.chars() {
        match c {
            '"' if last != '\\' => quoted = !quoted,
            _ if quoted => {}
            '(' => parentheses += 1,
            ')' => parentheses = parentheses.saturating_sub(1),
            _ if parentheses > 0 => {}
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                root.push(' ');
            }
            ',' if braces == 1 => root.push(' '),
            c if braces == 1 => root.push(c),
            _ => {}
        }
        last = c;
    }
    let root = root.replace(':', " : ");
    let words: Vec<&str> = root.split_whitespace().collect();
    let mut fields = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let (Some(&":"), Some(field)) = (words.get(at + 1), words.get(at + 2)) {
            fields.push(((*word).to_owned(), (*field).to_owned()));
            at += 3;
        } else {
            fields.push(((*word).to_owned(), (*word).to_owned()));
            at += 1;
        }
    }
    fields
}

/// RFC 1952, with stored blocks.
pub(super) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = plain.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let mut crc = u32::MAX;
    for byte in plain {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    out.extend((!crc).to_le_bytes());
    out.extend(u32::try_from(plain.len()).unwrap_or(u32::MAX).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_root_fields_with_aliases_and_arguments() {
        let fields =
            root_fields(r#"query Q($n: Int = 1) { a: orders(first: 5, query: "x } y") { nodes { id } } shop { name }, b }"#);
        let pair = |key: &str, field: &str| (key.to_owned(), field.to_owned());
        assert_eq!(fields, [pair("a", "orders"), pair("shop", "shop"), pair("b", "b")]);
    }

    #[test]
    fn answers_the_probe_with_the_domain() {
        let answer = graphql("x.myshopify.com", br#"{"query":"{shop{myshopifyDomain}}"}"#).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["data"], json!({"shop": {"myshopifyDomain": "x.myshopify.com"}}));
    }
}
