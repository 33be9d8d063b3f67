//! What the image knows of platforms: the very data files that are compiled into it, read here for people.
//!
//! Whether they are sound is the `platform` crate's to say, which refuses to build an image otherwise; here they are text to show.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::args::{PlatformArgs, PlatformCommand};
use super::report::{Exit, Output};

macro_rules! presets {
    ($($id:literal),* $(,)?) => {
        [$((
            $id,
            include_str!(concat!($id, "/auth.json")),
            include_str!(concat!($id, "/operations.json")),
        )),*]
    };
}

const PRESETS: &[(&str, &str, &str)] = &include!("../../../enclave/platform/presets/list.in");

/// Both files of a preset.
struct Preset {
    id: &'static str,
    auth: Value,
    operations: Value,
}

impl Preset {
    fn all() -> Result<Vec<Self>> {
        let read = |(id, auth, operations): &(&'static str, &str, &str)| {
            Ok(Self { id, auth: serde_json::from_str(auth)?, operations: serde_json::from_str(operations)? })
        };
        PRESETS.iter().map(read).collect()
    }
}

pub(super) fn run(out: Output, args: PlatformArgs) -> Result<Exit> {
    let presets = Preset::all()?;
    match args.command {
        PlatformCommand::List => {
            for preset in &presets {
                out.line(&format!("{:<14} {:<32} {}", preset.id, text(&preset.auth["name"]), summary(preset)));
            }
            let list: Vec<Value> = presets
                .iter()
                .map(|preset| json!({ "id": preset.id, "name": preset.auth["name"], "operations": list(&preset.operations["operations"]).len() }))
                .collect();
            out.object(json!({ "platforms": list }));
        }
        PlatformCommand::Show { preset: id } => {
            let preset = presets.iter().find(|preset| preset.id == id).context("no such preset: see pst-vault platform list")?;
            for line in show(preset) {
                out.line(&line);
            }
            out.object(json!({ "id": preset.id, "auth": preset.auth, "operations": preset.operations }));
        }
    }
    Ok(Exit::Done)
}

/// What ends by the platform's calendar, and after how many days.
pub(super) fn calendar(preset: &str) -> Vec<(String, u64)> {
    let auth = auth(preset);
    let days = |row: &Value| Some((text(&row["what"]).to_owned(), row["days"].as_u64()?));
    list(&auth["expires"]).iter().filter_map(days).collect()
}

/// What is left to do at the platform when the vault uses a connection no more.
pub(super) fn ending(preset: &str) -> String {
    let notes = auth(preset)["notes"].clone();
    let known = list(&notes).iter().map(text).find(|note| note.starts_with(ENDING));
    known.map_or_else(
        || "the vault uses it no more; what the platform still takes has to be ended there".to_owned(),
        |note| format!("the vault uses it no more; {note}"),
    )
}

fn auth(preset: &str) -> Value {
    let found = PRESETS.iter().find(|(id, ..)| *id == preset);
    found.and_then(|(_, auth, _)| serde_json::from_str(auth).ok()).unwrap_or_default()
}

/// How a preset's note begins that says how an authorisation is ended.
const ENDING: &str = "to end an authorisation";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A list of words as one.
fn words(value: &Value, name: &str) -> String {
    list(value).iter().map(|item| text(&item[name])).collect::<Vec<_>>().join(", ")
}

fn summary(preset: &Preset) -> String {
    let grants = list(&preset.auth["grants"]);
    let token = grants.first().map_or_else(
        || "fixed credential".to_owned(),
        |grant| format!("{}, rotates: {}", text(&grant["kind"]).replace('_', " "), text(&grant["rotation"]).replace('_', " ")),
    );
    let signed = if list(&preset.auth["sign"]).is_empty() { "" } else { ", signed" };
    format!("{} operations; {token}{signed}", list(&preset.operations["operations"]).len())
}

fn show(preset: &Preset) -> Vec<String> {
    let Preset { id, auth, operations } = preset;
    let mut lines = vec![format!("{id}: {}", text(&auth["name"])), String::new(), "hosts".to_owned()];
    lines.extend(hosts(&auth["hosts"]).into_iter().map(|line| format!("  {line}")));
    for (title, fields) in [("app record", "app_fields"), ("connection", "connection_fields")] {
        section(
            &mut lines,
            &format!("{title} ({})", if title == "app record" { text(&auth["app"]) } else { text(&auth["sharing"]) }),
        );
        lines.extend(list(&auth[fields]).iter().map(field));
    }
    section(&mut lines, "selector of a store");
    lines.extend(list(&auth["selectors"]).iter().map(|selector| field(&selector["field"])));
    section(&mut lines, "what is put into a call");
    lines.extend(list(&auth["put"]).iter().map(put));
    lines.extend(list(&auth["sign"]).iter().map(signature));
    section(&mut lines, "tokens");
    for grant in list(&auth["grants"]) {
        lines.extend(tokens(grant));
    }
    section(&mut lines, "limits");
    if let Some(seconds) = auth["clock_window_s"].as_u64() {
        lines.push(format!("  the clock may be off by {seconds} s"));
    }
    if auth["rate"].is_object() {
        lines.push(format!("  calls: {}", bucket(&auth["rate"])));
    }
    let rate = list(&auth["rate_headers"]).iter();
    lines.extend(rate.map(|header| format!("  {} says: {}", text(&header["name"]), text(&header["says"]).replace('_', " "))));
    lines.extend(list(&auth["expires"]).iter().map(|what| format!("  {}: {} days", text(&what["what"]), what["days"])));
    lines.push(format!("  refusals told apart: {}", words(&auth["errors"], "means")));
    section(&mut lines, "probe");
    lines.push(format!("  {} {}", text(&auth["probe"]["method"]), text(&auth["probe"]["path"])));
    section(&mut lines, "operations");
    lines.extend(list(&operations["operations"]).iter().map(operation));
    section(&mut lines, "notes");
    let notes = list(&auth["notes"]).iter().chain(list(&operations["notes"]));
    lines.extend(notes.map(|note| format!("  {}", text(note))));
    section(&mut lines, "sources");
    let said = |verified: &Value| if verified == &Value::Bool(true) { "verified  " } else { "unverified" };
    let facts = list(&auth["sources"]).iter();
    lines.extend(
        facts.map(|source| format!("  {} {}: {}", said(&source["verified"]), text(&source["fact"]), text(&source["from"]))),
    );
    let named = operations["sources"].as_object().into_iter().flatten();
    lines.extend(named.map(|(name, source)| format!("  {} {name}: {}", said(&source["verified"]), text(&source["what"]))));
    lines
}

/// A title behind an empty line; a section that stayed empty goes.
fn section(lines: &mut Vec<String>, title: &str) {
    if lines.last().is_some_and(|last| !last.starts_with("  ")) {
        lines.truncate(lines.len().saturating_sub(2));
    }
    lines.extend([String::new(), title.to_owned()]);
}

fn hosts(hosts: &Value) -> Vec<String> {
    match text(&hosts["kind"]) {
        "fixed" => {
            list(&hosts["regions"]).iter().map(|one| format!("{:<12} {}", text(&one["region"]), text(&one["host"]))).collect()
        }
        "label" => vec![format!("<store>{}", text(&hosts["suffix"]))],
        _ => vec!["sealed with the connection; no other preset's".to_owned()],
    }
}

fn field(field: &Value) -> String {
    let need = if field["required"] == true {
        "required"
    } else if field["issued"] == true {
        "by grant"
    } else {
        "optional"
    };
    format!("  {:<18} {:<7} {need:<9} {}", text(&field["name"]), text(&field["kind"]), text(&field["about"]))
}

fn place(at: &Value) -> String {
    let one = at.as_object().and_then(|at| at.iter().next());
    one.map_or_else(|| "header authorization".to_owned(), |(kind, name)| format!("{} {}", kind.replace('_', " "), text(name)))
}

fn put(put: &Value) -> String {
    let basic = list(&put["basic"]).iter().map(text).collect::<Vec<_>>().join(":");
    let value = if basic.is_empty() { text(&put["value"]).to_owned() } else { format!("Basic {basic}") };
    format!("  {}: {value}", place(&put["at"]))
}

fn signature(sign: &Value) -> String {
    let template = &sign["template"];
    if template.is_object() {
        let at = place(&template["put"]["at"]);
        return format!("  {at}: {} as {}", text(&template["algorithm"]), text(&template["encoding"]));
    }
    let scheme = if sign["oauth1"].is_object() { "OAuth 1.0a" } else { "RFC 9421 with Ed25519" };
    format!("  signature: {scheme}")
}

fn tokens(grant: &Value) -> Vec<String> {
    let grace = &grant["grace"];
    let grace = match (grace["seconds"].as_u64(), grace["until_successor_used"] == true) {
        (Some(seconds), true) => format!("{} days at most, until the new one is used", seconds / 86_400),
        (Some(seconds), false) => format!("{seconds} s"),
        (None, _) => "none known".to_owned(),
    };
    let answer = &grant["answer"];
    vec![
        format!("  {} {} https://{}{}", text(&grant["kind"]), text(&grant["method"]), text(&grant["host"]), text(&grant["path"])),
        format!(
            "    access token {} s; refresh token rotates: {}; old one taken: {grace}",
            answer["access_lifetime_s"],
            text(&grant["rotation"])
        ),
        format!("    token requests: {}", bucket(&grant["bucket"])),
    ]
}

fn bucket(bucket: &Value) -> String {
    format!("{} in {} s per {}", bucket["requests"], bucket["seconds"], text(&bucket["per"]))
}

fn operation(operation: &Value) -> String {
    let asked = if operation["graphql"].is_string() {
        text(&operation["graphql"]).to_owned()
    } else {
        let when = operation["when"].as_object().into_iter().flatten();
        let when = when.fold(String::new(), |text, (place, values)| format!("{text} {place}={}", several(values)));
        format!("{} {}{when}", several(&operation["method"]), several(&operation["path"]))
    };
    let scope = if operation["scope"] == "app" { "app" } else { "" };
    format!("  {:<44} {:<8} {scope:<4} {asked}", text(&operation["name"]), text(&operation["class"]))
}

/// One word, or several.
fn several(value: &Value) -> String {
    value.as_str().map_or_else(|| list(value).iter().map(text).collect::<Vec<_>>().join("|"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_of_the_image_is_shown() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../enclave/platform/presets");
        let mut there: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        there.retain(|name| name != "list.in");
        there.sort();
        assert_eq!(there, PRESETS.iter().map(|(id, ..)| *id).collect::<Vec<_>>());
        for preset in Preset::all().unwrap() {
            let lines = show(&preset);
            for wanted in ["hosts", "operations", "sources", "probe"] {
                assert!(lines.iter().any(|line| line == wanted), "{} {wanted}", preset.id);
            }
            for operation in list(&preset.operations["operations"]) {
                assert!(lines.iter().any(|line| line.contains(text(&operation["name"]))), "{}", preset.id);
            }
        }
    }

    #[test]
    fn a_section_that_stays_empty_is_not_shown() {
        let presets = Preset::all().unwrap();
        let stripe = show(presets.iter().find(|preset| preset.id == "stripe").unwrap());
        assert!(!stripe.iter().any(|line| line == "tokens"));
        assert!(stripe.iter().any(|line| line.starts_with("  stripe_account")));
    }
}
