//! Reports for people.

use core::fmt::{Display, Write as _};

use crate::checks::{Check, Status};
use crate::command::Basis;
use crate::output::squeezed;
use crate::report::{CertificateReport, DocumentReport, InputReport, PcrReport, Report, TimeReport};

/// In front of each line that repeats what a document says of which nobody knows who made it.
const UNVERIFIED: &str = "unverified | ";

/// Columns of a line that has somebody else's text in it. A terminal of 80 wraps none of them: it would begin a row in the middle of that text,
/// without what stands in front of each line, and the text would choose what the row says.
const COLUMNS_OF_TEXT: usize = 78;
/// Columns of a line of digits and of this program's own words.
const COLUMNS: usize = 200;
/// In front of the rest of a line that was too long.
const CONTINUED: &str = "... ";

/// A text that grows by lines.
#[derive(Default)]
struct Lines {
    text: String,
    /// In front of every line.
    prefix: &'static str,
}

impl Lines {
    fn whole(&mut self, line: impl Display) {
        let (prefix, line) = (self.prefix, line.to_string());
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{}", format!("{prefix}{line}").trim_end());
    }

    fn push(&mut self, line: impl Display) {
        self.wrapped("", &line.to_string(), COLUMNS);
    }

    /// Digits, or this program's own words, below the name.
    fn named(&mut self, name: &str, value: impl Display) {
        self.wrapped(&format!("  {name:<13} "), &value.to_string(), COLUMNS);
    }

    /// Somebody else's text.
    fn text(&mut self, head: &str, text: &str) {
        self.wrapped(head, &squeezed(text), COLUMNS_OF_TEXT);
    }

    /// As many lines as it needs, each with the prefix, and each after the first marked as the rest of one.
    fn wrapped(&mut self, head: &str, text: &str, columns: usize) {
        let rest = format!("{}{CONTINUED}", " ".repeat(head.len().max(16).saturating_sub(CONTINUED.len())));
        let room = columns.saturating_sub(self.prefix.len().saturating_add(head.len().max(rest.len()))).max(1);
        let characters: Vec<char> = text.chars().collect();
        if characters.is_empty() {
            self.whole(head);
        }
        for (index, part) in characters.chunks(room).enumerate() {
            let part: String = part.iter().collect();
            self.whole(format_args!("{}{part}", if index == 0 { head } else { &rest }));
        }
    }

    fn heading(&mut self, text: &str) {
        self.push("");
        self.push(text);
    }
}

/// The report of `verify`.
pub(crate) fn report(report: &Report) -> String {
    let mut lines = Lines::default();
    let verdict = match report.verdict {
        "verified" => "VERIFIED",
        "debug" => "DEBUG",
        "refused" => "REFUSED",
        "malformed" => "MALFORMED",
        _ => "AUTHENTIC ONLY",
    };
    // Its words are this program's, and its marks belong to the first line.
    lines.whole(format_args!("{verdict}: {}", report.summary));
    if let Some(broken) = report.broken.as_ref().and_then(|broken| broken.rule) {
        lines.named("rule", format_args!("{broken} (SPEC.md)"));
    }
    if let Some(next) = report.next {
        lines.named("what to do", next);
    }
    lines.named("exit code", report.exit_code);
    lines.named("tool", report.tool);
    lines.push("");
    input(&mut lines, &report.input);
    if let Some(document) = &report.document {
        let identity = if document.authentic { " (the document's identity)" } else { "" };
        lines.named("payload", format_args!("SHA-384 {}{identity}", document.payload_sha384));
    }
    lines.text("  root          ", &report.root.source);
    lines.named("", format_args!("SHA-256 {}", report.root.sha256));
    if !report.root.aws {
        lines.named("", "NOT AWS'S ROOT: whoever holds its key makes documents that pass");
    }
    if let Some(time) = &report.time {
        lines.named("time", time_basis(time));
    }
    match &report.policy {
        Some(policy) => {
            lines.text("  policy        ", &policy.name);
            lines.named("", format_args!("SHA-256 {}", policy.sha256));
        }
        None => lines.named("policy", "no file"),
    }
    lines.heading("Checks");
    report.checks.iter().for_each(|one| check(&mut lines, one));
    if let Some(document) = &report.document {
        if !document.authentic {
            lines.push("");
            lines.prefix = UNVERIFIED;
            lines.push("not authentic: somebody wrote what follows, and nothing of it is known to be true");
        }
        contents(&mut lines, document);
    }
    lines.text
}

/// What `show` decoded. Every line says that nothing was verified.
pub(crate) fn show(document: &DocumentReport, input_report: &InputReport) -> String {
    let mut lines = Lines { prefix: UNVERIFIED, ..Lines::default() };
    lines.push("decoded only: anybody can write such a document, and `verify` says whether AWS's hypervisor did");
    input(&mut lines, input_report);
    lines.named("payload", format_args!("SHA-384 {}", document.payload_sha384));
    contents(&mut lines, document);
    lines.text
}

fn input(lines: &mut Lines, input: &InputReport) {
    let encoding = input.encoding.unwrap_or("not decoded");
    lines.text("  document      ", &format!("{} ({encoding})", input.name));
    if let (Some(bytes), Some(sha256)) = (input.bytes, &input.sha256) {
        lines.named("", format_args!("{bytes} bytes, SHA-256 {sha256}"));
    }
}

fn time_basis(time: &TimeReport) -> String {
    let basis = match time.basis {
        Basis::Document => "the document's own time (--at document): PROVES NO FRESHNESS, only that it was authentic then",
        Basis::Clock => "this machine's clock",
        Basis::Given => "given with --at: PROVES NO FRESHNESS, only what was so then",
    };
    format!("{} ({}), {basis}", time.utc, time.unix)
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Failed => "failed",
        Status::NotChecked => "not checked",
    }
}

fn check(lines: &mut Lines, check: &Check) {
    let rule = check.rule.map(|rule| format!(" [{rule}]")).unwrap_or_default();
    lines.push(format_args!("  {:<12} {}{rule}", word(check.status), check.what));
    let below = |name: &str, value: &str| format!("               {name:<9} {value}");
    if let Some(expected) = &check.expected {
        match &check.source {
            // A root's source has a file's name in it.
            Some(source) if check.id == "root" => {
                lines.push(below("expected", expected));
                lines.text(&below("by", ""), source);
            }
            Some(source) => lines.push(below("expected", &format!("{expected}  ({source})"))),
            None => lines.push(below("expected", expected)),
        }
    }
    if let Some(observed) = &check.observed {
        let prefix = lines.prefix;
        if check.unverified {
            lines.prefix = UNVERIFIED;
        }
        lines.push(below("observed", observed));
        lines.prefix = prefix;
    }
    if let Some(note) = &check.note {
        lines.push(below("why", note));
    }
}

fn contents(lines: &mut Lines, document: &DocumentReport) {
    lines.heading("What the document says");
    lines.text("  module id     ", &document.module_id);
    lines.named("made", &document.made);
    if let Some(age) = &document.age {
        lines.named("age", age);
    }
    lines.named(
        "mode",
        if document.mode == "debug" { "DEBUG: the host reads and writes the enclave's memory" } else { document.mode },
    );
    let envelope = if document.tagged { "tagged" } else { "untagged" };
    let payload = if document.indefinite_payload { "indefinite" } else { "definite" };
    lines.named("encoding", format_args!("COSE_Sign1, {envelope}, ES384; payload map of {payload} length"));
    for (name, value) in [("public key", &document.public_key), ("user data", &document.user_data), ("nonce", &document.nonce)] {
        lines.named(name, field(value.as_deref()));
    }
    lines.heading("Registers");
    document.pcrs.iter().for_each(|one| pcr(lines, one));
    lines.heading("Certificates, root first");
    document.certificates.iter().enumerate().for_each(|(index, one)| certificate(lines, index, one));
}

fn field(value: Option<&str>) -> String {
    match value {
        None => "not there".to_owned(),
        Some("") => "present, empty".to_owned(),
        Some(digits) => format!("{digits} ({} bytes)", digits.len() / 2),
    }
}

fn pcr(lines: &mut Lines, pcr: &PcrReport) {
    let status = match pcr.source {
        Some(source) => format!("{} ({source})", word(pcr.status)),
        None => word(pcr.status).to_owned(),
    };
    let value = if pcr.value.bytes().all(|digit| digit == b'0') { "zero" } else { &pcr.value };
    let note = pcr.note.map(|note| format!("; {note}")).unwrap_or_default();
    lines.push(format_args!("  PCR{:<3} {value}  {status}{note}", pcr.index));
}

fn certificate(lines: &mut Lines, index: usize, certificate: &CertificateReport) {
    let Some(content) = &certificate.content else {
        lines.push(format_args!("  {index}  can't be read"));
        lines.push(format_args!("     SHA-256 {}", certificate.sha256));
        return;
    };
    lines.text(&format!("  {index}  CN="), &content.subject);
    let path = match content.path_len {
        None => String::new(),
        Some(0) => ", no authority below".to_owned(),
        Some(1) => ", at most 1 authority below".to_owned(),
        Some(length) => format!(", at most {length} authorities below"),
    };
    let kind = if content.authority { format!("authority{path}") } else { "end entity".to_owned() };
    let may: Vec<_> = [(content.digital_signature, "digitalSignature"), (content.key_cert_sign, "keyCertSign")]
        .into_iter()
        .filter_map(|(may, what)| may.then_some(what))
        .collect();
    lines.push(format_args!("     valid   {}", content.window));
    lines.push(format_args!("     kind    {kind}; {}; serial {}", may.join(", "), content.serial));
    lines.push(format_args!("     SHA-256 {}", certificate.sha256));
}
