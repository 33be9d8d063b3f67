/// Size of the file's header in bytes.
pub const HEADER_SIZE: usize = 548;
/// Size of a section's header in bytes.
pub const SECTION_HEADER_SIZE: usize = 12;
/// Sections that the header has room for.
pub const MAX_SECTIONS: usize = 32;
/// Longest signature section in bytes.
pub const MAX_SIGNATURE: usize = 32_768;
/// Longest file in bytes that is looked at: 1 GiB.
pub const MAX_FILE: usize = 1 << 30;
/// Longest command line in bytes; the kernel's own limit on x86 is 2,048.
pub(crate) const MAX_COMMAND_LINE: usize = 2_047;
/// Longest metadata section in bytes. `nitro-cli` puts what `docker inspect` says there.
pub(crate) const MAX_METADATA: usize = 1 << 20;

pub(crate) const MAGIC: [u8; 4] = *b".eif";
pub(crate) const VERSION: u16 = 4;
/// Where the CRC stands in the header: its last field.
pub(crate) const CRC_OFFSET: usize = HEADER_SIZE - 4;

/// The machine that an image is for: bit 0 of the header's flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`.
    X86_64,
    /// `aarch64`.
    Aarch64,
}

impl Architecture {
    pub(crate) const fn from_flags(flags: u16) -> Option<Self> {
        match flags {
            0 => Some(Self::X86_64),
            1 => Some(Self::Aarch64),
            _ => None,
        }
    }

    pub(crate) const fn flags(self) -> u16 {
        match self {
            Self::X86_64 => 0,
            Self::Aarch64 => 1,
        }
    }
}

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The kernel: a bzImage on `x86_64`.
    Kernel,
    /// The kernel's command line.
    CommandLine,
    /// A ramdisk. The kernel unpacks them in their order.
    Ramdisk,
    /// Signatures of PCR0.
    Signature,
    /// JSON about the build; not measured.
    Metadata,
}

impl Kind {
    pub(crate) const fn from_code(code: u16) -> Option<Self> {
        match code {
            1 => Some(Self::Kernel),
            2 => Some(Self::CommandLine),
            3 => Some(Self::Ramdisk),
            4 => Some(Self::Signature),
            5 => Some(Self::Metadata),
            _ => None,
        }
    }

    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Kernel => 1,
            Self::CommandLine => 2,
            Self::Ramdisk => 3,
            Self::Signature => 4,
            Self::Metadata => 5,
        }
    }

    /// Its name in messages and in a release.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::CommandLine => "cmdline",
            Self::Ramdisk => "ramdisk",
            Self::Signature => "signature",
            Self::Metadata => "metadata",
        }
    }
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
