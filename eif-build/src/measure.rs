use sha2::{Digest, Sha384};

/// A platform configuration register: SHA-384, 48 bytes.
pub type Pcr = [u8; 48];

/// The registers that an image alone decides (AWS Nitro Enclaves User Guide, "Where to get an enclave's measurements").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurements {
    /// The whole image: kernel, command line and all ramdisks.
    pub pcr0: Pcr,
    /// What boots: kernel, command line and the first ramdisk.
    pub pcr1: Pcr,
    /// The application: the ramdisks after the first.
    pub pcr2: Pcr,
}

impl Measurements {
    /// Of contents without their headers.
    #[must_use]
    pub fn of(kernel: &[u8], command_line: &[u8], ramdisks: &[&[u8]]) -> Self {
        let boot = Sha384::new().chain_update(kernel).chain_update(command_line);
        let (mut whole, mut first, mut rest) = (boot.clone(), boot, Sha384::new());
        for (index, ramdisk) in ramdisks.iter().enumerate() {
            whole.update(ramdisk);
            if index == 0 { &mut first } else { &mut rest }.update(ramdisk);
        }
        let [pcr0, pcr1, pcr2] = [whole, first, rest].map(|hash| extended(&hash.finalize().into()));
        Self { pcr0, pcr1, pcr2 }
    }
}

/// A register that was zero and extended once: SHA384(0^48 || digest).
pub(crate) fn extended(digest: &Pcr) -> Pcr {
    Sha384::new().chain_update([0; 48]).chain_update(digest).finalize().into()
}

/// PCR8 of an image that was signed with this certificate (DER).
pub(crate) fn pcr8(certificate: &[u8]) -> Pcr {
    extended(&Sha384::digest(certificate).into())
}
