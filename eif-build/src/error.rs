use crate::{Kind, MAX_FILE, MAX_SECTIONS, MAX_SIGNATURE};

/// Why a file is not a well-formed EIF of version 4. Positions count sections from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EifError {
    /// Longer than [`MAX_FILE`].
    #[error("the file is longer than {MAX_FILE} bytes")]
    TooLong,
    /// Ends within the header.
    #[error("the file ends within its header, at byte {0}")]
    TruncatedHeader(usize),
    /// Does not begin with `.eif`.
    #[error("the file does not begin with .eif")]
    Magic,
    /// Another version than 4.
    #[error("version {0}, where 4 is read")]
    Version(u16),
    /// A flag beyond the architecture's.
    #[error("flags {0:#06x}, where only bit 0 (aarch64) is known")]
    Flags(u16),
    /// A reserved field is not zero.
    #[error("a reserved field of the header is not zero")]
    Reserved,
    /// Fewer than 2 or more than [`MAX_SECTIONS`] sections.
    #[error("{0} sections, where 2 to {MAX_SECTIONS} are possible")]
    SectionCount(u16),
    /// A row of the header's tables past the last section is not zero.
    #[error("the header's tables name a section {0} past the last one")]
    UnusedRow(usize),
    /// A section does not begin where the one before it ends: a gap or an overlap.
    #[error("section {index} begins at {found}, where {expected} was expected")]
    Offset {
        /// Which section.
        index: usize,
        /// Where the one before it ends.
        expected: u64,
        /// What the header says.
        found: u64,
    },
    /// A section ends past the file's end.
    #[error("section {0} ends past the file's end")]
    TruncatedSection(usize),
    /// The section's own header has another size than the file's header.
    #[error("section {0} has one size in the file's header and another in its own")]
    Size(usize),
    /// A section's flags are not zero.
    #[error("section {0} has flags")]
    SectionFlags(usize),
    /// A section of an unknown type.
    #[error("section {index} has the unknown type {code}")]
    Type {
        /// Which section.
        index: usize,
        /// The type found.
        code: u16,
    },
    /// Bytes after the last section.
    #[error("{0} bytes follow the last section")]
    Trailing(usize),
    /// A section of which there can be one only.
    #[error("a second {0} section")]
    Repeated(Kind),
    /// A section that has to be there.
    #[error("no {0} section")]
    Missing(Kind),
    /// A ramdisk before the kernel.
    #[error("section {0} is a ramdisk before the kernel")]
    Order(usize),
    /// A section without content.
    #[error("section {0} is empty")]
    Empty(usize),
    /// The command line is too long, or holds something else than printable ASCII, save one newline at its end.
    #[error("the command line is no printable ASCII of at most 2,047 bytes")]
    CommandLine,
    /// Metadata that are too long, no JSON object, or name a key twice.
    #[error("the metadata are no JSON object of at most 1 MiB without repeated keys")]
    Metadata,
    /// A signature section longer than [`MAX_SIGNATURE`].
    #[error("the signature section is longer than {MAX_SIGNATURE} bytes")]
    SignatureSize,
    /// The CRC does not match.
    #[error("CRC-32 {found:#010x} in the header, {computed:#010x} computed: the file is damaged or was changed")]
    Crc {
        /// In the header.
        found: u32,
        /// Over the bytes.
        computed: u32,
    },
}
