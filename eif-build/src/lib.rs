//! Enclave images (EIF version 4): a deterministic writer, a strict reader, and the measurements that follow from them.
//!
//! ```text
//! kernel, command line, ramdisks -> Image::bytes   -> the file
//! a file                         -> Eif::parse     -> sections, each bounded and in its place
//! sections                       -> Measurements   -> PCR0, PCR1, PCR2, and PCR8 when signed
//! ```
//!
//! The reader takes every well-formed version 4 file, those of `nitro-cli` too, and refuses every other one by name. It reads
//! from a slice and allocates nothing that a length in the file decides.
//!
//! The PCRs hash the concatenated contents of sections and no lengths, so two files with different borders between sections can
//! have the same PCRs: [`canonical::check`] demands borders that can't be moved, and a release names each section's length and hash.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

pub mod canonical;
pub mod cpio;
mod error;
mod format;
mod measure;
mod read;
pub mod signature;
mod vault_image;
mod write;

pub use error::EifError;
pub use format::{Architecture, HEADER_SIZE, Kind, MAX_FILE, MAX_SECTIONS, MAX_SIGNATURE, SECTION_HEADER_SIZE};
pub use measure::{Measurements, Pcr};
pub use read::{Eif, Section};
pub use vault_image::{Signer, VaultImage, VaultImageError};
pub use write::Image;
