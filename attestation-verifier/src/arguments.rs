//! What can be typed.

use std::path::PathBuf;

use attestation_verifier::UnixSeconds;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::hexadecimal;

/// Decides whether an AWS Nitro attestation document proves an expected image.
///
/// Exit codes: 0 every check that was asked for passed; 1 refused; 2 malformed; 3 authentic, but no expectation was given; 64 wrong
/// usage; 66 a file can't be read, or is not what it should be; 74 the report can't be written. Only `verify` decides anything.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Verify a document: is it authentic, and does it say what is expected?
    #[command(after_help = EXIT_CODES)]
    Verify(Verify),
    /// Decode a document without any trust in it. Every line says so.
    #[command(
        after_help = "Exit codes: 0 decoded, and nothing verified; 1 a NitroTPM's document; 2 malformed; 64 wrong usage; 66 a \
                            file can't be read; 74 the output can't be written."
    )]
    Show(Show),
}

const EXIT_CODES: &str = "\
Exit codes:
   0  the document is authentic, and every check that was asked for passed
   1  refused: not authentic, not what was expected, or of an enclave in debug mode
   2  malformed: no enclave's attestation document
   3  authentic, but no expectation was given: nothing is known about the image
  64  wrong usage, expectations in conflict or incomplete
  66  a file can't be read, or is not what it should be
  74  the report can't be written

Expectations:
  An image is registers 0, 1 and 2: all three with --pcr, or --policy release.json. The two are never merged: a register that the file
  names can't be given as well. --nonce, --user-data, --public-key and further --pcr narrow it.

Examples:
  attestation-verifier verify document.bin --policy release.json --nonce $NONCE
  attestation-verifier verify archived.bin --policy release.json --at document   # authentic when it was made; says nothing of now
  curl -s $URL | attestation-verifier verify - --policy release.json --json

The formats of --json, --ear and release.json have JSON schemas in the crate's folder schema/. --ear is unsigned: carry it over a channel that you
trust, or sign it.";

#[derive(Args)]
pub(crate) struct Show {
    /// The document; - is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
    /// How the document is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The document; - is standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
    /// The root certificate, one in PEM. Default: AWS Nitro Enclaves Root G1, compiled in.
    #[arg(long, value_name = "PEM")]
    pub(crate) root: Option<PathBuf>,
    /// When the certificates must be valid, and what the age is counted from: the document's own time, this machine's clock,
    /// or Unix seconds. Only the clock proves freshness.
    #[arg(long, value_name = "document|now|UNIX", default_value = "now", value_parser = at)]
    pub(crate) at: At,
    /// How old the document may be. Default: 300.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) max_age: Option<u64>,
    /// What the image measures, from a release.
    #[arg(long, value_name = "release.json")]
    pub(crate) policy: Option<PathBuf>,
    /// What a register must hold. Repeatable; registers 0, 1 and 2 together name an image.
    #[arg(long = "pcr", value_name = "N=HEX", value_parser = pcr)]
    pub(crate) pcrs: Vec<(u8, [u8; 48])>,
    /// What the nonce must be.
    #[arg(long, value_name = "HEX", value_parser = bytes)]
    pub(crate) nonce: Option<Bytes>,
    /// What the user data must be.
    #[arg(long, value_name = "HEX", value_parser = bytes)]
    pub(crate) user_data: Option<Bytes>,
    /// What the public key must be.
    #[arg(long, value_name = "HEX", value_parser = bytes)]
    pub(crate) public_key: Option<Bytes>,
    /// Let a document of an enclave in debug mode pass, if it names no image and something else was expected of it. Its
    /// host reads and writes such an enclave's memory: nothing that it says may be relied on.
    #[arg(long)]
    pub(crate) allow_debug: bool,
    /// How the document is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Print the report in JSON.
    #[arg(long, conflicts_with = "ear")]
    pub(crate) json: bool,
    /// Print an unsigned RATS attestation result in JSON (draft-ietf-rats-ear-04).
    #[arg(long)]
    pub(crate) ear: bool,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Told from the first byte: no two of the others start alike.
    #[default]
    Auto,
    /// As the security module returns it.
    Bin,
    /// Hex digits, white space between them.
    Hex,
    /// RFC 4648, in either alphabet, padded or not, white space between.
    Base64,
}

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Document,
    Now,
    Time(UnixSeconds),
}

/// A name for `Vec<u8>`, which clap would take for a repeated argument.
#[derive(Clone)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

fn at(text: &str) -> Result<At, String> {
    match text {
        "document" => Ok(At::Document),
        "now" => Ok(At::Now),
        _ => number(text).map(|time| At::Time(UnixSeconds(time))).ok_or("neither document, now, nor Unix seconds".to_owned()),
    }
}

fn seconds(text: &str) -> Result<u64, String> {
    number(text).ok_or("not a number of seconds".to_owned())
}

fn pcr(text: &str) -> Result<(u8, [u8; 48]), String> {
    let (index, value) = text.split_once('=').ok_or("not N=HEX, for example 0=4b4d...")?;
    let index = number(index).and_then(|index| u8::try_from(index).ok()).filter(|index| *index < 32);
    Ok((index.ok_or("not a register from 0 to 31")?, hexadecimal::register(value)?))
}

fn bytes(text: &str) -> Result<Bytes, String> {
    hexadecimal::field(text).map(Bytes)
}

/// Decimal digits without sign and leading zeros, so that one number is written in one way.
fn number(text: &str) -> Option<u64> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_one_way() {
        assert_eq!(number("0"), Some(0));
        assert_eq!(number("1795000000"), Some(1_795_000_000));
        assert_eq!(number("18446744073709551615"), Some(u64::MAX));
        for text in ["", " 1", "1 ", "+1", "-1", "01", "00", "1.0", "1e3", "0x1", "18446744073709551616", "\u{661}"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn help_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
