//! This project's image: which parts it has, and where they lie.

use p384::ecdsa::SigningKey;
use serde_json::json;

use crate::canonical::{self, CanonicalError};
use crate::cpio::{CpioError, Node, Tree};
use crate::signature::{self, SignatureError};
use crate::{Architecture, Eif, EifError, Image};

/// What is asked for by default: memory in bytes, and processors.
const MEMORY: u64 = 256 << 20;
const CPUS: u64 = 2;
/// The folder of the second ramdisk.
const DATA: &str = "data";

/// The parts. Constitution and settings are none of them: they come at boot and are measured into PCR16 and PCR17.
#[derive(Clone, Copy, Debug)]
pub struct VaultImage<'a> {
    /// A bzImage.
    pub kernel: &'a [u8],
    /// The measured command line, which ends with [`canonical::COMMAND_LINE_END`].
    pub command_line: &'a str,
    /// The enclave's program: `/init` of the first ramdisk.
    pub init: &'a [u8],
    /// Files of the second ramdisk by name; they lie in `/data`.
    pub data: &'a [(String, Vec<u8>)],
}

/// Who signs an image.
#[derive(Debug)]
pub struct Signer {
    /// Its key.
    pub key: SigningKey,
    /// The key's certificate in PEM.
    pub certificate: String,
}

/// Why there is no image of these parts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultImageError {
    /// The files make no ramdisk.
    #[error(transparent)]
    Ramdisk(#[from] CpioError),
    /// It can't be signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The parts make no image.
    #[error(transparent)]
    Image(#[from] EifError),
    /// The parts break a rule of this builder.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

impl VaultImage<'_> {
    /// The file. The same parts, and the same signer, give the same bytes.
    ///
    /// # Errors
    /// When the parts make no image that this builder would take.
    pub fn bytes(&self, signer: Option<&Signer>) -> Result<Vec<u8>, VaultImageError> {
        let mut first = Tree::new();
        for folder in ["dev", "proc", "sys"] {
            first.add(folder, Node::Directory)?;
        }
        first.add("init", Node::File { data: self.init.to_vec(), executable: true })?;
        let mut second = Tree::new();
        second.add(DATA, Node::Directory)?;
        for (name, bytes) in self.data {
            second.add(&format!("{DATA}/{name}"), Node::File { data: bytes.clone(), executable: false })?;
        }
        let (first, second, metadata) = (first.bytes()?, second.bytes()?, metadata());
        let image = Image {
            architecture: Architecture::X86_64,
            memory: MEMORY,
            cpus: CPUS,
            kernel: self.kernel,
            command_line: self.command_line,
            metadata: metadata.as_bytes(),
            ramdisks: &[&first, &second],
        };
        let pcr0 = image.measurements().pcr0;
        let section = signer.map(|Signer { key, certificate }| signature::sign(&pcr0, key, certificate)).transpose()?;
        let file = image.bytes(section.as_deref())?;
        canonical::check(&Eif::parse(&file)?)?;
        Ok(file)
    }
}

/// What `nitro-cli` shows of an image. Nothing in it depends on when or where the image was built.
fn metadata() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let build = json!({
        "BuildTime": "1970-01-01T00:00:00+00:00",
        "BuildTool": "eif-build",
        "BuildToolVersion": version,
        "OperatingSystem": "Linux",
        "KernelVersion": "6.12",
    });
    json!({ "ImageName": "pst-vault", "ImageVersion": version, "BuildMetadata": build, "DockerInfo": {}, "CustomMetadata": {} })
        .to_string()
}
