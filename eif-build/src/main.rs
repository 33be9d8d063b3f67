//! `eif-build`: makes the enclave image, and says what an image is, without trusting whoever made it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command that talks to a person")]

mod build;
mod command;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use eif_build::{MAX_FILE, Signer};
use p384::ecdsa::SigningKey;
use p384::pkcs8::DecodePrivateKey;

use build::inputs::Inputs;
use build::{Places, place};
use command::describe::Described;

/// Builds the enclave image byte for byte the same anywhere, and derives its measurements.
///
/// Exit codes: 0 done, and everything that was compared is equal; 1 it is not, or an error; 2 usage.
#[derive(Debug, Parser)]
#[command(name = "eif-build")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the image of this repository from the inputs of inputs.lock, and no other
    Image {
        #[command(flatten)]
        source: Source,
        /// The image
        #[arg(long, short, default_value = "target/pst-vault.eif")]
        output: PathBuf,
        /// Fetched packages and finished kernels [default: `$PST_VAULT_CACHE`, or pst-vault in the user's cache folder]
        #[arg(long)]
        cache: Option<PathBuf>,
        /// cargo's folder for the program [default: target/image in the repository]
        #[arg(long)]
        target_dir: Option<PathBuf>,
        #[command(flatten)]
        signer: SignerArgs,
    },
    /// Say what an image is: sections, registers, signer, command line, files
    Describe {
        /// The image
        file: PathBuf,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print PCR0, PCR1, PCR2, and PCR8 of a signed image
    Pcrs {
        /// The image
        file: PathBuf,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check that an image is the one of a release, and could come from this builder
    Verify {
        /// The image
        file: PathBuf,
        /// release.json
        #[arg(long)]
        release: PathBuf,
    },
    /// Say what differs between two images, by section and by file
    Diff {
        /// One
        a: PathBuf,
        /// The other
        b: PathBuf,
    },
    /// Write release.json, its provenance, and with a key their signatures
    Release {
        /// The image
        file: PathBuf,
        #[command(flatten)]
        source: Source,
        /// Folder for the files
        #[arg(long, short, default_value = "target/release-files")]
        output: PathBuf,
        /// P-384 private key, PKCS #8 PEM, that signs the files
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Write inputs.lock anew with the hashes of the files and tools that are here
    Lock {
        #[command(flatten)]
        source: Source,
    },
}

#[derive(Args, Debug)]
struct Source {
    /// The repository [default: the one around the current folder]
    #[arg(long)]
    source: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct SignerArgs {
    /// P-384 private key, PKCS #8 PEM, that signs the image (PCR8)
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// Its certificate, PEM
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("eif-build: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<bool> {
    match command {
        Command::Image { source, output, cache, target_dir, signer } => {
            let source = source.find()?;
            let cache = cache.map_or_else(default_cache, Ok)?;
            let target = target_dir.unwrap_or_else(|| source.join("target/image"));
            let signer = signer.read()?;
            let image = build::image(&Places { source, cache, target }, signer.as_ref())?;
            place::put(&output, &image)?;
            println!("{}", output.display());
            print!("{}", Described::of(&image)?.summary());
        }
        Command::Describe { file, json } => {
            let bytes = read(&file)?;
            let described = Described::of(&bytes)?;
            if json {
                println!("{:#}", described.json());
            } else {
                print!("{}", described.text());
            }
        }
        Command::Pcrs { file, json } => {
            let bytes = read(&file)?;
            let described = Described::of(&bytes)?;
            if json {
                println!("{:#}", described.pcrs_json());
            } else {
                print!("{}", described.pcrs());
            }
        }
        Command::Verify { file, release } => return command::verify::run(&read(&file)?, &read(&release)?),
        Command::Diff { a, b } => {
            let differences = command::diff::between(&read(&a)?, &read(&b)?)?;
            for difference in &differences {
                println!("{difference}");
            }
            if differences.is_empty() {
                println!("the same image");
            }
            return Ok(differences.is_empty());
        }
        Command::Release { file, source, output, key } => {
            let key = key.map(|path| private_key(&path)).transpose()?;
            for path in command::release::write(&read(&file)?, &source.find()?, &output, key.as_ref())? {
                println!("{}", path.display());
            }
        }
        Command::Lock { source } => {
            let source = source.find()?;
            let text = Inputs::read(&source)?.renewed(&source, &build::program::sysroot(&source)?)?;
            place::put(&source.join(build::inputs::FILE), text.as_bytes())?;
            println!("{}", build::inputs::FILE);
        }
    }
    Ok(true)
}

impl Source {
    fn find(self) -> Result<PathBuf> {
        let from = self.source.map_or_else(std::env::current_dir, Ok)?;
        build::source_above(&fs::canonicalize(&from).with_context(|| format!("{} is not there", from.display()))?)
    }
}

impl SignerArgs {
    fn read(self) -> Result<Option<Signer>> {
        let (Some(key), Some(certificate)) = (self.key, self.certificate) else { return Ok(None) };
        let pem = fs::read_to_string(&certificate).with_context(|| format!("{} can't be read", certificate.display()))?;
        Ok(Some(Signer { key: private_key(&key)?, certificate: pem }))
    }
}

fn private_key(path: &Path) -> Result<SigningKey> {
    let pem = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    SigningKey::from_pkcs8_pem(&pem).ok().with_context(|| format!("{} is no P-384 key in PKCS #8 PEM", path.display()))
}

/// A file that is not longer than what is looked at.
fn read(path: &Path) -> Result<Vec<u8>> {
    let length = fs::metadata(path).with_context(|| format!("{} can't be read", path.display()))?.len();
    ensure!(usize::try_from(length).is_ok_and(|length| length <= MAX_FILE), "{} is longer than {MAX_FILE} bytes", path.display());
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}

fn default_cache() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(cache) = set("PST_VAULT_CACHE") {
        return Ok(cache);
    }
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    Ok(cache.context("neither XDG_CACHE_HOME nor HOME is set; name a folder with --cache")?.join("pst-vault"))
}
