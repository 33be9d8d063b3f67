//! What the enclave asks of its Nitro Security Module: identity, measurement, randomness, time.

use attestation_verifier::DocumentError;

/// The Nitro Security Module. The measured image has one implementation, the device.
pub trait Nsm: Send + Sync {
    /// A signed attestation document with these fields; an empty one is left out of the document.
    ///
    /// # Errors
    /// [`NsmError`] when the module refuses the fields or can't be reached.
    fn attest(&self, user_data: &[u8], public_key: &[u8], nonce: &[u8]) -> Result<Vec<u8>, NsmError>;

    /// Extends a register that is still all zero with `data`, so that it holds SHA-384(0^48 || `data`), and locks it.
    ///
    /// # Errors
    /// [`NsmError::Locked`] when it was locked before, [`NsmError::AlreadyExtended`] when it was not all zero.
    fn extend_and_lock(&self, index: u16, data: &[u8]) -> Result<(), NsmError>;

    /// 32 random bytes.
    ///
    /// # Errors
    /// [`NsmError`] when the module refuses or can't be reached.
    fn random(&self) -> Result<[u8; 32], NsmError>;

    /// PCR0, PCR1 and PCR2: the image. All zero in debug mode.
    ///
    /// # Errors
    /// [`NsmError`] when the module refuses or can't be reached.
    fn pcrs(&self) -> Result<[[u8; 48]; 3], NsmError>;

    /// The hypervisor's time in Unix milliseconds.
    ///
    /// # Errors
    /// [`NsmError`] when the module refuses or can't be reached.
    fn now_ms(&self) -> Result<u64, NsmError>;
}

/// Why the module did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NsmError {
    /// There is no module, or it can't be opened.
    #[error("no security module")]
    Absent,
    /// A field is longer than the module takes.
    #[error("a field is too long for the security module")]
    TooLong,
    /// There is no register of this number.
    #[error("the security module has no register {0}")]
    NoRegister(u16),
    /// The register is locked.
    #[error("register {0} is locked")]
    Locked(u16),
    /// The register was not all zero before it was extended, so it doesn't hold what it should.
    #[error("register {0} had been extended before")]
    AlreadyExtended(u16),
    /// The register did not stay locked.
    #[error("register {0} is not locked")]
    NotLocked(u16),
    /// The module reported a failure of its own.
    #[error("the security module failed")]
    Failed,
    /// The module answered something else than what it was asked.
    #[error("the security module gave an answer of another kind")]
    Answer,
    /// The module's document is not one.
    #[error("the security module's document is malformed: {0}")]
    Document(#[from] DocumentError),
}
