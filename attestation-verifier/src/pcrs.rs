//! Platform configuration registers: those that a document states, and those that are expected.

use std::collections::BTreeMap;

use sha2::{Digest, Sha384};

const ZERO: [u8; 48] = [0; 48];

/// The registers that a document states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcrs {
    /// PCR0, PCR1, PCR2.
    image: [[u8; 48]; 3],
    /// PCR4.
    instance: [u8; 48],
    all: BTreeMap<u8, [u8; 48]>,
}

impl Pcrs {
    /// `Err` names a register that a rule needs and that is not there.
    pub(crate) fn new(all: BTreeMap<u8, [u8; 48]>) -> Result<Self, u8> {
        let need = |index: u8| all.get(&index).copied().ok_or(index);
        Ok(Self { image: [need(0)?, need(1)?, need(2)?], instance: need(4)?, all })
    }

    /// PCR0, PCR1 and PCR2: the image.
    #[must_use]
    pub const fn image(&self) -> &[[u8; 48]; 3] {
        &self.image
    }

    /// PCR4: the parent instance.
    #[must_use]
    pub const fn instance(&self) -> &[u8; 48] {
        &self.instance
    }

    /// A register, if the document states it.
    #[must_use]
    pub fn get(&self, index: u8) -> Option<&[u8; 48]> {
        self.all.get(&index)
    }

    /// All that the document states, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &[u8; 48])> {
        self.all.iter().map(|(index, value)| (*index, value))
    }

    /// Whether the enclave runs in debug mode: [`debug_mode`] of PCR0, PCR1 and PCR2.
    #[must_use]
    pub fn debug_mode(&self) -> bool {
        debug_mode(&self.image)
    }
}

/// Whether an enclave with these PCR0, PCR1 and PCR2 runs in debug mode: all three are zero. The other registers say nothing about
/// it: PCR4 is never zero, PCR3 often.
#[must_use]
pub fn debug_mode(image: &[[u8; 48]; 3]) -> bool {
    image.iter().all(|value| *value == ZERO)
}

/// What a register holds that was all zero and was extended once, with `data`: SHA-384 of 48 zero bytes and `data`.
#[must_use]
pub fn extended_once(data: &[u8]) -> [u8; 48] {
    Sha384::new().chain_update(ZERO).chain_update(data).finalize().into()
}

/// What one register of a published image must hold. Never all zero: that is what debug mode reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement([u8; 48]);

/// An all-zero measurement: no image has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an all-zero measurement is no image's")]
pub struct ZeroMeasurement;

impl Measurement {
    /// The 48 bytes, SHA-384.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 48] {
        &self.0
    }
}

impl TryFrom<[u8; 48]> for Measurement {
    type Error = ZeroMeasurement;

    fn try_from(bytes: [u8; 48]) -> Result<Self, ZeroMeasurement> {
        if bytes == ZERO { Err(ZeroMeasurement) } else { Ok(Self(bytes)) }
    }
}

/// The image that is expected. All three registers: PCR0 alone leaves section boundaries open.
///
/// T2, an expectation that matches everything, does not compile:
/// ```compile_fail
/// use attestation_verifier::{Image, Measurement};
/// let pcr0 = Measurement::try_from([1; 48]).unwrap();
/// let image = Image { pcr0, pcr1: None, pcr2: None };
/// ```
/// ```compile_fail
/// let image = attestation_verifier::Image::default();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Kernel, command line and all ramdisks.
    pub pcr0: Measurement,
    /// Kernel, command line and the first ramdisk.
    pub pcr1: Measurement,
    /// The ramdisks after the first.
    pub pcr2: Measurement,
}

impl Image {
    /// From three measurements in their order.
    ///
    /// # Errors
    /// [`ZeroMeasurement`] if one is all zero.
    pub fn new([pcr0, pcr1, pcr2]: [[u8; 48]; 3]) -> Result<Self, ZeroMeasurement> {
        Ok(Self { pcr0: pcr0.try_into()?, pcr1: pcr1.try_into()?, pcr2: pcr2.try_into()? })
    }

    /// What registers 0, 1 and 2 must hold.
    pub(crate) const fn registers(&self) -> [(u8, [u8; 48]); 3] {
        [(0, self.pcr0.0), (1, self.pcr1.0), (2, self.pcr2.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t2_an_expected_measurement_is_never_zero() {
        assert_eq!(Measurement::try_from(ZERO), Err(ZeroMeasurement));
        for zero in 0..3 {
            let mut pcrs = [[1; 48]; 3];
            pcrs[zero] = ZERO;
            assert_eq!(Image::new(pcrs), Err(ZeroMeasurement));
        }
        assert!(Image::new([[1; 48]; 3]).is_ok());
    }

    #[test]
    fn t1_debug_mode_is_pcr0_1_and_2_all_zero_whatever_the_others_hold() {
        let pcrs = |image: [[u8; 48]; 3], other: [u8; 48]| {
            let all = [(0, image[0]), (1, image[1]), (2, image[2]), (3, other), (4, other)];
            Pcrs::new(all.into()).unwrap()
        };
        assert!(pcrs([ZERO; 3], [7; 48]).debug_mode());
        assert!(pcrs([ZERO; 3], ZERO).debug_mode());
        for set in 0..3 {
            let mut image = [ZERO; 3];
            image[set][47] = 1;
            assert!(!pcrs(image, ZERO).debug_mode());
        }
    }
}
