//! From the arguments to the exit code.

use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation_verifier::{MAX_RELEASE, Release, TrustAnchor, UnixSeconds, UnverifiedDocument};
use clap::Parser;
use clap::error::ErrorKind;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Serialize;

use crate::arguments::{At, Cli, Command, Show, Verify};
use crate::checks::Root;
use crate::expected::{Asked, Policy};
use crate::output::{ascii_json, complain, one_line, printable, write};
use crate::report::{DocumentReport, InputReport, Received, Report, TOOL};
use crate::verdict::{Malformed, Verdict};
use crate::{ear, input, lines};

/// Why there is no verdict.
enum NoVerdict {
    /// 64, `EX_USAGE`
    Usage(String),
    /// 66, `EX_NOINPUT`
    Unreadable(String),
    /// 74, `EX_IOERR`
    Unwritable(String),
}

/// The time of a check and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) basis: Basis,
    pub(crate) at: UnixSeconds,
}

/// Where a time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Basis {
    /// The document names it itself.
    Document,
    /// This machine.
    Clock,
    /// The command line.
    Given,
}

pub(crate) fn run() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(cli) => match cli.command {
            Command::Verify(arguments) => verify(&arguments),
            Command::Show(arguments) => show(&arguments),
        },
        // The arguments are repeated there, and come from wherever a script has them from.
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => say(printable(error.render().to_string().trim_end()), 0),
            _ => Err(NoVerdict::Usage(usage(&error))),
        },
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(NoVerdict::Usage(text)) => failed(&text, 64),
        Err(NoVerdict::Unreadable(text)) => failed(&text, 66),
        Err(NoVerdict::Unwritable(text)) => failed(&text, 74),
    }
}

/// Clap's message. It repeats arguments, and takes escape sequences out of them: what is left may look like another line.
fn usage(error: &clap::Error) -> String {
    if std::env::args_os().any(|argument| argument.to_string_lossy().chars().any(char::is_control)) {
        return "wrong usage; the arguments are not repeated, for there are control characters in them. See --help".to_owned();
    }
    error.render().to_string()
}

fn failed(text: &str, code: u8) -> ExitCode {
    complain(text);
    ExitCode::from(code)
}

fn say(text: String, code: u8) -> Result<u8, NoVerdict> {
    let unwritable = |error| NoVerdict::Unwritable(format!("the output can't be written: {error}"));
    write(text.trim_end()).map(|()| code).map_err(unwritable)
}

fn say_json(value: &impl Serialize, code: u8) -> Result<u8, NoVerdict> {
    let text = serde_json::to_string_pretty(value).map_err(|error| NoVerdict::Unwritable(error.to_string()))?;
    say(ascii_json(&text), code)
}

fn verify(arguments: &Verify) -> Result<u8, NoVerdict> {
    let policy = arguments.policy.as_deref().map(policy).transpose()?;
    let asked = Asked::new(arguments, policy).map_err(|error| NoVerdict::Usage(error.to_string()))?;
    let (anchor, source) = match &arguments.root {
        None => (TrustAnchor::aws_nitro_enclaves_g1(), "AWS Nitro Enclaves Root G1, compiled in".to_owned()),
        Some(path) => (anchor(path)?, format!("--root {}", name(path))),
    };
    let root = Root { anchor: &anchor, source };
    let name = name(&arguments.file);
    let document = input::document(&arguments.file, arguments.format).map_err(|error| unreadable(&arguments.file, &error))?;
    let parsed = match &document {
        Err(error) => Err(Verdict::Malformed(Malformed::Decode(*error))),
        Ok(document) => UnverifiedDocument::parse(&document.bytes)
            .map(|parsed| (document, parsed))
            .map_err(|error| attestation_verifier::AuthenticateError::Document(error).into()),
    };
    let (verdict, parsed, time) = match parsed {
        Err(verdict) => (verdict, None, None),
        Ok((document, parsed)) => {
            let time = time(arguments.at, &parsed)?;
            (Verdict::of(&document.bytes, &anchor, time.at, &asked), Some(parsed), Some(time))
        }
    };
    let document = document.as_ref().ok();
    let received = Received {
        name,
        format: document.map(|document| document.format),
        bytes: document.map(|document| document.bytes.as_slice()),
        parsed: parsed.as_ref(),
    };
    let report = Report::new(&verdict, &received, &root, time, &asked);
    let code = verdict.exit_code();
    if arguments.ear {
        say_json(&ear::claims(&verdict, &report, &asked, clock()?), code)
    } else if arguments.json {
        say_json(&report, code)
    } else {
        say(printable(&lines::report(&report)), code)
    }
}

fn show(arguments: &Show) -> Result<u8, NoVerdict> {
    /// `schema/show.json`
    #[derive(Serialize)]
    struct Shown<'a> {
        format: u64,
        tool: &'static str,
        verdict: &'static str,
        input: InputReport,
        document: Option<&'a DocumentReport>,
        broken: Option<String>,
    }
    let document = input::document(&arguments.file, arguments.format).map_err(|error| unreadable(&arguments.file, &error))?;
    let parsed = match &document {
        Err(error) => Err(Verdict::Malformed(Malformed::Decode(*error))),
        Ok(document) => UnverifiedDocument::parse(&document.bytes)
            .map_err(|error| attestation_verifier::AuthenticateError::Document(error).into()),
    };
    let document = document.as_ref().ok();
    let input = InputReport::new(&Received {
        name: name(&arguments.file),
        format: document.map(|document| document.format),
        bytes: document.map(|document| document.bytes.as_slice()),
        parsed: None,
    });
    let (report, broken, code) = match parsed {
        Ok(document) => (Some(DocumentReport::new(&document, false, None)), None, 0),
        Err(verdict) => (None, Some(verdict.summary()), verdict.exit_code()),
    };
    if arguments.json {
        let document = report.as_ref();
        say_json(&Shown { format: crate::report::FORMAT, tool: TOOL, verdict: "unverified", input, document, broken }, code)
    } else if let Some(report) = &report {
        say(printable(&lines::show(report, &input)), code)
    } else {
        say(printable(&format!("unverified | {}", broken.unwrap_or_default())), code)
    }
}

fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { one_line(&path.display().to_string()) }
}

fn unreadable(path: &Path, error: &dyn core::fmt::Display) -> NoVerdict {
    NoVerdict::Unreadable(format!("{}: {error}", name(path)))
}

fn time(at: At, document: &UnverifiedDocument<'_>) -> Result<Time, NoVerdict> {
    Ok(match at {
        At::Document => Time { basis: Basis::Document, at: UnixSeconds::from_millis(document.danger_timestamp_ms()) },
        At::Now => Time { basis: Basis::Clock, at: clock()? },
        At::Time(at) => Time { basis: Basis::Given, at },
    })
}

fn clock() -> Result<UnixSeconds, NoVerdict> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map(|time| UnixSeconds(time.as_secs()))
        .map_err(|_| NoVerdict::Unreadable("this machine's clock stands before 1970: set it, or give --at".to_owned()))
}

fn policy(path: &Path) -> Result<(Release, Policy), NoVerdict> {
    let bytes = input::file(path, MAX_RELEASE).map_err(|error| unreadable(path, &error))?;
    let release = Release::read(&bytes).map_err(|error| unreadable(path, &format_args!("not a release.json: {error}")))?;
    Ok((release, Policy::new(name(path), &bytes)))
}

/// Exactly one certificate: of two, somebody would mean the other.
fn anchor(path: &Path) -> Result<TrustAnchor, NoVerdict> {
    const MAX_PEM: usize = 64 << 10;
    let pem = input::file(path, MAX_PEM).map_err(|error| unreadable(path, &error))?;
    if pem.len() > MAX_PEM {
        return Err(unreadable(path, &"longer than 65,536 bytes"));
    }
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match all.as_deref() {
        Ok([der]) => TrustAnchor::custom(der).map_err(|error| unreadable(path, &error)),
        _ => Err(unreadable(path, &"not exactly one certificate in PEM")),
    }
}
