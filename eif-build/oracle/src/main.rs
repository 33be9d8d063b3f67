//! What AWS's crate says of this project's generated images, and this project's reader of AWS's.
//!
//! Every image is made twice from the same parts: by our writer, which AWS's reader then measures, and by AWS's builder, which our reader
//! then measures. All four have to agree. What they agree on is `tests/vectors/aws.txt`, which a test of the workspace derives again.

#[path = "../../tests/kit/generated.rs"]
mod generated;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use aws_nitro_enclaves_image_format::defs::{EifBuildInfo, EifIdentityInfo};
use aws_nitro_enclaves_image_format::utils::eif_reader::EifReader;
use aws_nitro_enclaves_image_format::utils::{EifBuilder, PcrSignatureChecker, SignKeyData};
use eif_build::{Architecture, Eif, Kind, signature};
use generated::{COUNT, Generated};
use sha2::{Digest, Sha384};

const HEAD: &str = "# What aws-nitro-enclaves-image-format 0.8.1 says of the images of tests/kit/generated.rs, and eif-build of the crate's own from the same
# parts. `cargo run --manifest-path eif-build/oracle/Cargo.toml` compares, and with `-- --write` writes this file anew.\n";

fn main() -> Result<()> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let folder = tempfile::tempdir()?;
    let (mut out, mut signed) = (HEAD.to_owned(), 0);
    for number in 0..COUNT {
        let made = Generated::numbered(number);
        signed += u64::from(made.signed);
        let line = compared(&made, &vectors, folder.path()).with_context(|| format!("image {number}"))?;
        out += &format!("{number} {line}\n");
    }
    println!("{COUNT} images, {signed} of them signed: ours as AWS's crate reads them, and AWS's as we do");
    let path = vectors.join("aws.txt");
    if std::env::args().any(|argument| argument == "--write") {
        fs::write(&path, out)?;
        return Ok(());
    }
    ensure!(fs::read_to_string(&path)? == out, "{} says something else; --write writes it", path.display());
    Ok(())
}

/// What both say of both.
fn compared(made: &Generated, vectors: &Path, folder: &Path) -> Result<String> {
    let (ours, theirs) = (folder.join("ours.eif"), folder.join("theirs.eif"));
    fs::write(&ours, made.bytes())?;
    let built = aws_builds(made, vectors, folder, &theirs)?;
    let said = [aws_reads(&ours, made.signed)?, aws_reads(&theirs, made.signed)?, we_read(&ours)?, we_read(&theirs)?];
    for said in &said {
        ensure!(*said == line(&built)?, "{said}\n{}", line(&built)?);
    }
    let [said, ..] = said;
    Ok(said)
}

fn line(measured: &BTreeMap<String, String>) -> Result<String> {
    let registers = ["PCR0", "PCR1", "PCR2", "PCR8"].map(|name| measured.get(name).map(|value| format!("{name}={value}")));
    ensure!(registers[..3].iter().all(Option::is_some), "a register is missing");
    Ok(registers.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn aws_builds(made: &Generated, vectors: &Path, folder: &Path, output: &Path) -> Result<BTreeMap<String, String>> {
    let put = |name: &str, bytes: &[u8]| -> Result<PathBuf> {
        let path = folder.join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    };
    let key = vectors.join("signer.key.pem");
    let key = key.to_str().context("the folder's name is no text")?;
    let signer = made.signed.then(|| SignKeyData::new(key, &vectors.join("signer.pem"))).transpose().map_err(|said| anyhow!(said))?;
    let flags = u16::from(made.architecture == Architecture::Aarch64);
    let kernel = put("kernel", &made.kernel)?;
    let mut builder = EifBuilder::new(&kernel, made.command_line.clone(), signer, Sha384::new(), flags, identity());
    for (index, ramdisk) in made.ramdisks.iter().enumerate() {
        builder.add_ramdisk(&put(&format!("ramdisk-{index}"), ramdisk)?);
    }
    Ok(builder.write_to(&mut File::create(output)?))
}

fn identity() -> EifIdentityInfo {
    EifIdentityInfo {
        img_name: "generated".to_owned(),
        img_version: "1".to_owned(),
        build_info: EifBuildInfo {
            build_time: "1970-01-01T00:00:00+00:00".to_owned(),
            build_tool: "aws".to_owned(),
            build_tool_version: "0.8.1".to_owned(),
            img_os: "Linux".to_owned(),
            img_kernel: "6.12".to_owned(),
        },
        docker_info: serde_json::json!({}),
        custom_info: serde_json::json!({}),
    }
}

fn aws_reads(file: &Path, signed: bool) -> Result<String> {
    let path = file.to_str().context("the folder's name is no text")?;
    let mut reader = EifReader::from_eif(path.to_owned()).map_err(|said| anyhow!(said))?;
    ensure!(reader.check_crc(), "AWS's reader finds another CRC");
    if signed {
        PcrSignatureChecker::from_eif(path).and_then(|mut checker| checker.verify()).map_err(|said| anyhow!(said))?;
    }
    line(&reader.get_measurements().map_err(|said| anyhow!(said))?)
}

fn we_read(file: &Path) -> Result<String> {
    let file = fs::read(file)?;
    let eif = Eif::parse(&file)?;
    let found = eif.measurements();
    let mut measured = BTreeMap::from([
        ("PCR0".to_owned(), hex::encode(found.pcr0)),
        ("PCR1".to_owned(), hex::encode(found.pcr1)),
        ("PCR2".to_owned(), hex::encode(found.pcr2)),
    ]);
    if let Some(section) = eif.section(Kind::Signature) {
        measured.insert("PCR8".to_owned(), hex::encode(signature::verify(section, &found.pcr0)?.pcr8()));
    }
    line(&measured)
}
