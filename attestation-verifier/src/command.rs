//! Arguments, and the exit code that each verdict has.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation_verifier::{
    Appraisal, AuthenticDocument, AuthenticateError, DocumentError, Expectations, Expected, Image, MAX_DOCUMENT, TrustAnchor,
    UnixSeconds, UnverifiedDocument, VerifiedDocument, appraise, authenticate,
};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::report;

/// Decides whether an AWS Nitro attestation document proves an expected image.
///
/// Exit codes: 0 verified; 1 refused; 2 malformed; 3 authentic, but no expectation was given; 64 wrong usage; 66 a file
/// can't be read.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify a document.
    Verify(Verify),
    /// Decode a document without any trust in it.
    Show(Show),
}

#[derive(Args)]
struct Show {
    /// The document, in binary; - is standard input.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Verify {
    /// The document, in binary; - is standard input.
    file: PathBuf,
    /// The root certificate, PEM. Default: AWS Nitro Enclaves Root G1, compiled in.
    #[arg(long, value_name = "PEM")]
    root: Option<PathBuf>,
    /// When the certificates must be valid, and what the age is counted from: document, now, or a Unix time.
    #[arg(long, value_name = "document|now|UNIX", default_value = "now", value_parser = at)]
    at: At,
    /// How old the document may be.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    max_age: u64,
    /// What a register must hold. Registers 0, 1 and 2 are needed for a verdict.
    #[arg(long = "pcr", value_name = "N=HEX", value_parser = pcr)]
    pcrs: Vec<(u8, [u8; 48])>,
    /// What the nonce must be.
    #[arg(long, value_name = "HEX", value_parser = bytes)]
    nonce: Option<Bytes>,
    /// What the user data must be.
    #[arg(long, value_name = "HEX", value_parser = bytes)]
    user_data: Option<Bytes>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy)]
enum At {
    Document,
    Now,
    Time(u64),
}

/// A name for `Vec<u8>`, which clap would take for a repeated argument.
#[derive(Clone)]
struct Bytes(Vec<u8>);

fn at(text: &str) -> Result<At, String> {
    match text {
        "document" => Ok(At::Document),
        "now" => Ok(At::Now),
        _ => text.parse().map(At::Time).map_err(|_| "neither document, now, nor a Unix time".to_owned()),
    }
}

fn pcr(text: &str) -> Result<(u8, [u8; 48]), String> {
    let (index, value) = text.split_once('=').ok_or("not N=HEX")?;
    let index = index.parse().ok().filter(|index| *index < 32).ok_or("not a register from 0 to 31")?;
    let value = hex::decode(value).ok().and_then(|value| value.try_into().ok()).ok_or("not 48 bytes in hex")?;
    Ok((index, value))
}

fn bytes(text: &str) -> Result<Bytes, String> {
    hex::decode(text).map(Bytes).map_err(|_| "not hex".to_owned())
}

/// What came of it, each with its exit code.
pub(crate) enum Verdict {
    /// 0
    Verified(VerifiedDocument),
    /// 1
    Refused(Appraisal),
    /// 1
    NotAuthentic(AuthenticateError),
    /// 2
    Malformed(DocumentError),
    /// 3
    AuthenticOnly(AuthenticDocument),
}

impl Verdict {
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Verified(_) => 0,
            Self::Refused(_) | Self::NotAuthentic(_) => 1,
            Self::Malformed(_) => 2,
            Self::AuthenticOnly(_) => 3,
        })
    }
}

/// Why there is no verdict.
enum NoVerdict {
    /// 64, `EX_USAGE`
    Usage(String),
    /// 66, `EX_NOINPUT`
    Unreadable(String),
}

pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing is left to be said when the terminal is gone.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked { 0 } else { 64 });
        }
    };
    let done = match cli.command {
        Command::Verify(arguments) => run_verify(&arguments),
        Command::Show(arguments) => run_show(&arguments),
    };
    done.unwrap_or_else(|no_verdict| match no_verdict {
        NoVerdict::Usage(text) => {
            eprintln!("{text}");
            ExitCode::from(64)
        }
        NoVerdict::Unreadable(text) => {
            eprintln!("{text}");
            ExitCode::from(66)
        }
    })
}

fn run_show(arguments: &Show) -> Result<ExitCode, NoVerdict> {
    let document = read(&arguments.file, MAX_DOCUMENT)?;
    match UnverifiedDocument::parse(&document) {
        Ok(document) => {
            println!("{}", report::show(&document, arguments.json));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            let verdict = verdict_of(AuthenticateError::Document(error));
            println!("{}", report::verdict(&verdict, None, arguments.json));
            Ok(verdict.exit_code())
        }
    }
}

fn run_verify(arguments: &Verify) -> Result<ExitCode, NoVerdict> {
    let expectations = expectations(arguments)?;
    let anchor = anchor(arguments.root.as_deref())?;
    let document = read(&arguments.file, MAX_DOCUMENT)?;
    let now = match (arguments.at, UnverifiedDocument::parse(&document)) {
        (At::Document, Ok(parsed)) => UnixSeconds::from_millis(parsed.danger_timestamp_ms()),
        (At::Time(time), _) => UnixSeconds(time),
        (At::Now | At::Document, _) => clock()?,
    };
    let verdict = match (authenticate(&document, &anchor, now), expectations) {
        (Err(error), _) => verdict_of(error),
        (Ok(document), None) => Verdict::AuthenticOnly(document),
        (Ok(document), Some(expectations)) => match appraise(document, &expectations, now) {
            Ok(document) => Verdict::Verified(document),
            Err(appraisal) => Verdict::Refused(appraisal),
        },
    };
    println!("{}", report::verdict(&verdict, Some((&anchor, now)), arguments.json));
    Ok(verdict.exit_code())
}

fn verdict_of(error: AuthenticateError) -> Verdict {
    match error {
        // A NitroTPM's document is well-formed, and of something else than an enclave.
        AuthenticateError::Document(DocumentError::NitroTpm)
        | AuthenticateError::Chain(_)
        | AuthenticateError::Signature
        | AuthenticateError::ModuleId
        | AuthenticateError::Instance => Verdict::NotAuthentic(error),
        AuthenticateError::Document(error) => Verdict::Malformed(error),
    }
}

/// `None` when nothing at all is expected. Half an expectation is a mistake and never a verdict.
fn expectations(arguments: &Verify) -> Result<Option<Expectations>, NoVerdict> {
    if arguments.pcrs.is_empty() && arguments.nonce.is_none() && arguments.user_data.is_none() {
        return Ok(None);
    }
    let usage = |text: &str| NoVerdict::Usage(text.to_owned());
    let mut image = [None; 3];
    let mut more: Vec<(u8, [u8; 48])> = Vec::new();
    for (index, value) in arguments.pcrs.iter().copied() {
        let slot = image.get_mut(usize::from(index));
        let again = slot.as_ref().is_some_and(|slot| slot.is_some()) || more.iter().any(|(other, _)| *other == index);
        if again {
            return Err(usage("a register was given twice"));
        }
        match slot {
            Some(slot) => *slot = Some(value),
            None => more.push((index, value)),
        }
    }
    let [Some(pcr0), Some(pcr1), Some(pcr2)] = image else {
        return Err(usage("registers 0, 1 and 2 name the image: give all three with --pcr"));
    };
    let image = Image::new([pcr0, pcr1, pcr2]).map_err(|error| usage(&error.to_string()))?;
    let expected = |field: &Option<Bytes>| match field {
        Some(Bytes(bytes)) => Expected::Is(bytes.clone()),
        None => Expected::NotAsked,
    };
    Ok(Some(Expectations {
        image,
        more,
        nonce: expected(&arguments.nonce),
        user_data: expected(&arguments.user_data),
        public_key: Expected::NotAsked,
        max_age_seconds: arguments.max_age,
    }))
}

fn anchor(root: Option<&Path>) -> Result<TrustAnchor, NoVerdict> {
    const MAX_PEM: usize = 64 << 10;
    let Some(path) = root else {
        return Ok(TrustAnchor::aws_nitro_enclaves_g1());
    };
    let pem = read(path, MAX_PEM)?;
    let unreadable = |error: &dyn core::fmt::Display| NoVerdict::Unreadable(format!("{}: {error}", path.display()));
    let der = CertificateDer::from_pem_slice(&pem).map_err(|_| unreadable(&"not a PEM certificate"))?;
    TrustAnchor::custom(&der).map_err(|error| unreadable(&error))
}

/// One byte more than `max` at most, so that what is too long is still seen to be.
fn read(path: &Path, max: usize) -> Result<Vec<u8>, NoVerdict> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let done = if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    done.map_err(|error| NoVerdict::Unreadable(format!("{}: {error}", path.display())))?;
    Ok(bytes)
}

fn clock() -> Result<UnixSeconds, NoVerdict> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|time| UnixSeconds(time.as_secs()))
        .map_err(|_| NoVerdict::Unreadable("the clock stands before 1970".to_owned()))
}
