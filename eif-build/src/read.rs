//! The strict reader. Everything is checked before a section can be had.

use crate::format::{CRC_OFFSET, MAGIC, MAX_COMMAND_LINE, MAX_METADATA, VERSION};
use crate::{
    Architecture, EifError, HEADER_SIZE, Kind, MAX_FILE, MAX_SECTIONS, MAX_SIGNATURE, Measurements, SECTION_HEADER_SIZE,
};

/// A well-formed image, borrowed from the file's bytes. Made only by [`Eif::parse`].
#[derive(Clone, Debug)]
pub struct Eif<'a> {
    architecture: Architecture,
    memory: u64,
    cpus: u64,
    sections: Vec<Section<'a>>,
}

/// One section.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Section<'a> {
    /// What it holds.
    pub kind: Kind,
    /// Its content, without its header.
    pub data: &'a [u8],
}

impl core::fmt::Debug for Section<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Section").field("kind", &self.kind).field("bytes", &self.data.len()).finish()
    }
}

impl<'a> Eif<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is not well-formed; the first rule that it breaks, in the order of the bytes, and the CRC last.
    pub fn parse(file: &'a [u8]) -> Result<Self, EifError> {
        if file.len() > MAX_FILE {
            return Err(EifError::TooLong);
        }
        let header: &[u8; HEADER_SIZE] = file.first_chunk().ok_or(EifError::TruncatedHeader(file.len()))?;
        let mut fields = Fields(header);
        if fields.bytes::<4>() != MAGIC {
            return Err(EifError::Magic);
        }
        let version = fields.u16();
        if version != VERSION {
            return Err(EifError::Version(version));
        }
        let flags = fields.u16();
        let architecture = Architecture::from_flags(flags).ok_or(EifError::Flags(flags))?;
        let (memory, cpus) = (fields.u64(), fields.u64());
        let reserved = fields.u16();
        let count = fields.u16();
        let sections = usize::from(count);
        if !(2..=MAX_SECTIONS).contains(&sections) {
            return Err(EifError::SectionCount(count));
        }
        let offsets: [u64; MAX_SECTIONS] = core::array::from_fn(|_| fields.u64());
        let sizes: [u64; MAX_SECTIONS] = core::array::from_fn(|_| fields.u64());
        if reserved != 0 || fields.u32() != 0 {
            return Err(EifError::Reserved);
        }
        let crc = fields.u32();
        let sections = sections_of(file, sections, &offsets, &sizes)?;
        check(&sections)?;
        let computed = crc_of(file);
        if computed != crc {
            return Err(EifError::Crc { found: crc, computed });
        }
        Ok(Self { architecture, memory, cpus, sections })
    }

    /// The machine it is for.
    #[must_use]
    pub const fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Memory in bytes that it asks for by default. Not measured.
    #[must_use]
    pub const fn memory(&self) -> u64 {
        self.memory
    }

    /// Processors that it asks for by default. Not measured.
    #[must_use]
    pub const fn cpus(&self) -> u64 {
        self.cpus
    }

    /// All sections in the file's order.
    #[must_use]
    pub fn sections(&self) -> &[Section<'a>] {
        &self.sections
    }

    /// The first section of a kind.
    #[must_use]
    pub fn section(&self, kind: Kind) -> Option<&'a [u8]> {
        self.sections.iter().find(|section| section.kind == kind).map(|section| section.data)
    }

    /// The ramdisks in their order.
    pub fn ramdisks(&self) -> impl Iterator<Item = &'a [u8]> {
        self.sections.iter().filter(|section| section.kind == Kind::Ramdisk).map(|section| section.data)
    }

    /// What the hypervisor measures when it starts this image, PCR8 aside ([`crate::signature::Signed::pcr8`]).
    #[must_use]
    pub fn measurements(&self) -> Measurements {
        let ramdisks: Vec<_> = self.ramdisks().collect();
        Measurements::of(
            self.section(Kind::Kernel).unwrap_or_default(),
            self.section(Kind::CommandLine).unwrap_or_default(),
            &ramdisks,
        )
    }
}

/// CRC-32/ISO-HDLC over everything but the CRC itself.
pub(crate) fn crc_of(file: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(file.get(..CRC_OFFSET).unwrap_or_default());
    crc.update(file.get(HEADER_SIZE..).unwrap_or_default());
    crc.finalize()
}

fn sections_of<'a>(
    file: &'a [u8],
    count: usize,
    offsets: &[u64; MAX_SECTIONS],
    sizes: &[u64; MAX_SECTIONS],
) -> Result<Vec<Section<'a>>, EifError> {
    let mut sections = Vec::with_capacity(count);
    let mut rest = file.get(HEADER_SIZE..).unwrap_or_default();
    for (index, (&found, &size)) in offsets.iter().zip(sizes).enumerate() {
        if index >= count {
            if found != 0 || size != 0 {
                return Err(EifError::UnusedRow(index));
            }
            continue;
        }
        let expected = u64::try_from(file.len().saturating_sub(rest.len())).map_err(|_| EifError::TooLong)?;
        if found != expected {
            return Err(EifError::Offset { index, expected, found });
        }
        let (header, data) = rest.split_first_chunk::<SECTION_HEADER_SIZE>().ok_or(EifError::TruncatedSection(index))?;
        let mut fields = Fields(header);
        let (code, flags, own) = (fields.u16(), fields.u16(), fields.u64());
        let kind = Kind::from_code(code).ok_or(EifError::Type { index, code })?;
        if flags != 0 {
            return Err(EifError::SectionFlags(index));
        }
        if own != size {
            return Err(EifError::Size(index));
        }
        let (data, next) =
            usize::try_from(size).ok().and_then(|size| data.split_at_checked(size)).ok_or(EifError::TruncatedSection(index))?;
        if data.is_empty() {
            return Err(EifError::Empty(index));
        }
        sections.push(Section { kind, data });
        rest = next;
    }
    if rest.is_empty() { Ok(sections) } else { Err(EifError::Trailing(rest.len())) }
}

/// The rules about the sections together, and about what each holds.
fn check(sections: &[Section<'_>]) -> Result<(), EifError> {
    let mut seen = Vec::new();
    for (index, Section { kind, data }) in sections.iter().enumerate() {
        if *kind != Kind::Ramdisk && seen.contains(kind) {
            return Err(EifError::Repeated(*kind));
        }
        seen.push(*kind);
        match kind {
            Kind::Ramdisk if !seen.contains(&Kind::Kernel) => return Err(EifError::Order(index)),
            Kind::CommandLine if !is_command_line(data) => return Err(EifError::CommandLine),
            Kind::Metadata if data.len() > MAX_METADATA || !crate::canonical::is_json_object(data) => {
                return Err(EifError::Metadata);
            }
            Kind::Signature if data.len() > MAX_SIGNATURE => return Err(EifError::SignatureSize),
            _ => {}
        }
    }
    for kind in [Kind::Kernel, Kind::CommandLine, Kind::Ramdisk, Kind::Metadata] {
        if !seen.contains(&kind) {
            return Err(EifError::Missing(kind));
        }
    }
    Ok(())
}

/// Printable ASCII. `nitro-cli` ends its own with a newline, which is measured.
pub(crate) fn is_command_line(line: &[u8]) -> bool {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    line.len() <= MAX_COMMAND_LINE && text.iter().all(|byte| (0x20..0x7f).contains(byte))
}

/// Big-endian fields of a header whose size is known; past its end they would be zero.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.0.split_first_chunk() else { return [0; N] };
        self.0 = rest;
        *field
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.bytes())
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.bytes())
    }

    fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }
}
