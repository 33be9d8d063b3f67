//! What this project's builder writes besides what the format demands, so that PCRs name one file and no border between sections can be moved.

use attestation_verifier::json;

use crate::cpio::{CpioError, Tree};
use crate::{Architecture, Eif, Kind};

/// What every command line ends with. The kernel takes a name with a dot for a module's parameter and passes it on to nobody.
pub const COMMAND_LINE_END: &str = " pst_vault.end";

/// Why an image is none of this project's builder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// Not for `x86_64`.
    #[error("the image is not for x86_64")]
    Architecture,
    /// Other sections or another order.
    #[error("the sections are not kernel, cmdline, metadata, ramdisk, ramdisk and perhaps a signature, in this order")]
    Sections,
    /// The kernel is no bzImage.
    #[error("the kernel is no bzImage")]
    Kernel,
    /// The bzImage's own header says another length than the section's.
    #[error("the kernel is {found} bytes long, its setup header says {expected}: the border to the command line was moved")]
    KernelLength {
        /// What its header says.
        expected: u64,
        /// The section's length.
        found: u64,
    },
    /// The command line does not end with [`COMMAND_LINE_END`].
    #[error("the command line does not end with \"{COMMAND_LINE_END}\"")]
    CommandLine,
    /// A ramdisk is none of this builder.
    #[error("ramdisk {index}: {error}")]
    Ramdisk {
        /// Which, from 0.
        index: usize,
        /// Why.
        error: CpioError,
    },
}

/// Checks that an image could come from this project's builder, and reads its ramdisks.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(image: &Eif<'_>) -> Result<[Tree; 2], CanonicalError> {
    if image.architecture() != Architecture::X86_64 {
        return Err(CanonicalError::Architecture);
    }
    let kinds: Vec<Kind> = image.sections().iter().map(|section| section.kind).collect();
    let order = [Kind::Kernel, Kind::CommandLine, Kind::Metadata, Kind::Ramdisk, Kind::Ramdisk, Kind::Signature];
    if kinds.len() < 5 || !order.starts_with(&kinds) {
        return Err(CanonicalError::Sections);
    }
    kernel(image.section(Kind::Kernel).unwrap_or_default())?;
    if !image.section(Kind::CommandLine).unwrap_or_default().ends_with(COMMAND_LINE_END.as_bytes()) {
        return Err(CanonicalError::CommandLine);
    }
    let mut trees = [Tree::new(), Tree::new()];
    for (index, (tree, ramdisk)) in trees.iter_mut().zip(image.ramdisks()).enumerate() {
        *tree = Tree::parse_exact(ramdisk).map_err(|error| CanonicalError::Ramdisk { index, error })?;
    }
    Ok(trees)
}

/// The length that a bzImage's setup header states (Linux, Documentation/arch/x86/boot.rst): setup sectors, a boot sector, and
/// `syssize` paragraphs of 16 bytes.
fn kernel(image: &[u8]) -> Result<(), CanonicalError> {
    let byte = |at: usize| image.get(at).copied();
    let (Some(b"HdrS"), Some(sectors), Some(&[a, b, c, d])) = (image.get(0x202..0x206), byte(0x1f1), image.get(0x1f4..0x1f8))
    else {
        return Err(CanonicalError::Kernel);
    };
    // Zero stands for four, for loaders of the oldest kernels.
    let sectors = if sectors == 0 { 4 } else { u64::from(sectors) };
    let paragraphs = u64::from(u32::from_le_bytes([a, b, c, d]));
    let expected = sectors.saturating_add(1).saturating_mul(512).saturating_add(paragraphs.saturating_mul(16));
    let found = u64::try_from(image.len()).unwrap_or(u64::MAX);
    if found == expected { Ok(()) } else { Err(CanonicalError::KernelLength { expected, found }) }
}

/// Whether bytes are one JSON object in which no object names a key twice.
pub(crate) fn is_json_object(bytes: &[u8]) -> bool {
    json::read(bytes).is_ok_and(|value| value.is_object())
}
