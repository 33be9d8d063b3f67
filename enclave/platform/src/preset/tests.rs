//! Every preset as it is, with values of its own fields.

mod files;
mod requests;

use proptest::prelude::*;
use serde_json::{Value, json};

use credential::Field;

use super::compile::parse;
use super::*;
use crate::request::place::{Name, Place};

const ED25519: &str = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";

/// A value of the rule's form; `seed` varies it.
fn value(rule: &FieldRule, seed: u64) -> String {
    match rule.form {
        field::Form::Digits => (seed % 1_000_000 + 1).to_string(),
        field::Form::Choice => rule.choices[usize::try_from(seed).unwrap() % rule.choices.len()].clone(),
        field::Form::HeaderName => "x-generic-key".to_owned(),
        field::Form::Path => "/v1/me".to_owned(),
        field::Form::Ed25519 => ED25519.to_owned(),
        field::Form::List => "ATVPDKIKX0DER,A1PA6795UKMFR9".to_owned(),
        field::Form::Text => format!("some text {seed}"),
        // Every other form takes letters and digits; visible ones get what has to be escaped.
        field::Form::Visible => format!("v\"\\&=%+/:{{}}~{seed:08}"),
        field::Form::User | field::Form::Label | field::Form::Word | field::Form::QueryName => format!("user{seed:08}"),
    }
}

fn record(rules: &[FieldRule], seed: u64, chosen: impl Fn(usize, &FieldRule) -> bool) -> Fields {
    let values = rules.iter().enumerate().filter(|(at, rule)| chosen(*at, rule)).map(|(at, rule)| {
        let text = value(rule, seed.wrapping_add(u64::try_from(at).unwrap()));
        let field = match rule.kind {
            Kind::Public => Field::Public(text),
            Kind::Secret => Field::Secret(Secret::new(format!("{text:8}").replace(' ', "0").as_bytes()).unwrap()),
        };
        (rule.name.clone(), field)
    });
    Fields::new(values.collect()).unwrap()
}

fn selector(preset: Preset, seed: u64) -> Vec<(String, String)> {
    preset.selector_fields().iter().map(|rule| (rule.name.clone(), value(rule, seed))).collect()
}

fn host(preset: Preset) -> String {
    match &preset.0.hosts {
        Hosts::Fixed { regions } => regions[0].host.clone(),
        Hosts::Label { suffix } => format!("a-shop{suffix}"),
        Hosts::Any { .. } => "store.example.com".to_owned(),
    }
}

fn call(host: &str, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: host.to_owned(),
        path: "/some/path".to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: body.as_bytes().to_vec(),
    }
}

/// The request with a value in a place.
fn with(request: &Request, place: &Place, value: &str) -> Option<Request> {
    let mut request = request.clone();
    match place {
        Place::Header(Name::Fixed(name)) => request.headers.push((name.clone(), value.as_bytes().to_vec())),
        Place::Query(Name::Fixed(name)) => request.path = format!("{}?{name}={value}", request.path),
        Place::Form(name) => {
            request.headers = vec![("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec())];
            request.body = format!("{name}={value}").into_bytes();
        }
        Place::Json(steps) => {
            let inner = steps.iter().rev().fold(json!(value), |inner, step| json!({ step: inner }));
            request.body = inner.to_string().into_bytes();
        }
        Place::PathAfter(segment) => request.path = format!("/v1/{segment}/{value}/x"),
        Place::Header(Name::Field(_)) | Place::Query(Name::Field(_)) => return None,
    }
    Some(request)
}

/// A preset, and records that have every field.
fn full(preset: Preset, seed: u64) -> (Option<Fields>, Fields, Vec<(String, String)>, String) {
    let app = (preset.app_use() != AppUse::Never).then(|| record(preset.app_fields(), seed, |_, _| true));
    (app, record(preset.connection_fields(), seed, |_, _| true), selector(preset, seed), host(preset))
}
