//! The writer. The same parts give the same bytes.

use crate::format::{CRC_OFFSET, MAGIC, MAX_SECTIONS, VERSION};
use crate::read::crc_of;
use crate::{Architecture, Eif, EifError, HEADER_SIZE, Kind, Measurements, SECTION_HEADER_SIZE};

/// The parts of an image.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// The machine it is for.
    pub architecture: Architecture,
    /// Memory in bytes to ask for by default.
    pub memory: u64,
    /// Processors to ask for by default.
    pub cpus: u64,
    /// Kernel.
    pub kernel: &'a [u8],
    /// Command line, without a NUL.
    pub command_line: &'a str,
    /// JSON about the build.
    pub metadata: &'a [u8],
    /// Ramdisks in their order.
    pub ramdisks: &'a [&'a [u8]],
}

impl Image<'_> {
    /// What the hypervisor will measure.
    #[must_use]
    pub fn measurements(&self) -> Measurements {
        Measurements::of(self.kernel, self.command_line.as_bytes(), self.ramdisks)
    }

    /// The file: header, kernel, command line, metadata, ramdisks and, when there is one, the signature section, in
    /// `EifBuilder`'s order.
    ///
    /// # Errors
    /// When the parts make no well-formed image.
    pub fn bytes(&self, signature: Option<&[u8]>) -> Result<Vec<u8>, EifError> {
        let mut sections =
            vec![(Kind::Kernel, self.kernel), (Kind::CommandLine, self.command_line.as_bytes()), (Kind::Metadata, self.metadata)];
        sections.extend(self.ramdisks.iter().map(|ramdisk| (Kind::Ramdisk, *ramdisk)));
        sections.extend(signature.map(|signature| (Kind::Signature, signature)));
        let count = u16::try_from(sections.len()).unwrap_or(u16::MAX);
        if sections.len() > MAX_SECTIONS {
            return Err(EifError::SectionCount(count));
        }

        let (mut offsets, mut sizes) = ([0_u64; MAX_SECTIONS], [0_u64; MAX_SECTIONS]);
        let mut body = Vec::new();
        for ((kind, data), (offset, size)) in sections.iter().zip(offsets.iter_mut().zip(&mut sizes)) {
            let long = |_| EifError::TooLong;
            *offset = u64::try_from(HEADER_SIZE.saturating_add(body.len())).map_err(long)?;
            *size = u64::try_from(data.len()).map_err(long)?;
            body.reserve(SECTION_HEADER_SIZE.saturating_add(data.len()));
            body.extend_from_slice(&kind.code().to_be_bytes());
            body.extend_from_slice(&0_u16.to_be_bytes());
            body.extend_from_slice(&size.to_be_bytes());
            body.extend_from_slice(data);
        }

        let mut file = Vec::with_capacity(HEADER_SIZE.saturating_add(body.len()));
        file.extend_from_slice(&MAGIC);
        file.extend_from_slice(&VERSION.to_be_bytes());
        file.extend_from_slice(&self.architecture.flags().to_be_bytes());
        file.extend_from_slice(&self.memory.to_be_bytes());
        file.extend_from_slice(&self.cpus.to_be_bytes());
        file.extend_from_slice(&0_u16.to_be_bytes());
        file.extend_from_slice(&count.to_be_bytes());
        file.extend(offsets.iter().chain(&sizes).flat_map(|field| field.to_be_bytes()));
        file.extend_from_slice(&[0; 8]);
        file.append(&mut body);
        let crc = crc_of(&file);
        if let Some(field) = file.get_mut(CRC_OFFSET..HEADER_SIZE) {
            field.copy_from_slice(&crc.to_be_bytes());
        }
        // What was written is read again: no file leaves that the reader would refuse.
        Eif::parse(&file)?;
        Ok(file)
    }
}
