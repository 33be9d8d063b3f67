//! The security module of a real enclave: `/dev/nsm`.

use attestation_verifier::{UnverifiedDocument, extended_once};
use aws_nitro_enclaves_nsm_api::api::{ErrorCode, Request, Response};
use aws_nitro_enclaves_nsm_api::driver::{nsm_exit, nsm_init, nsm_process_request};

use crate::nsm::{Nsm, NsmError};

/// A document can't be longer than the driver's response buffer.
const MAX_DOCUMENT: usize = 0x3000;

/// The device, open.
#[derive(Debug)]
pub struct NsmDevice {
    descriptor: i32,
}

impl NsmDevice {
    /// Opens `/dev/nsm`.
    ///
    /// # Errors
    /// [`NsmError::Absent`] outside of an enclave.
    pub fn open() -> Result<Self, NsmError> {
        let descriptor = nsm_init();
        if descriptor < 0 {
            return Err(NsmError::Absent);
        }
        Ok(Self { descriptor })
    }

    /// One request, one answer; a refusal of register `index` names it.
    fn ask(&self, request: Request, index: u16) -> Result<Response, NsmError> {
        match nsm_process_request(self.descriptor, request) {
            Response::Error(code) => Err(match code {
                ErrorCode::InputTooLarge | ErrorCode::BufferTooSmall => NsmError::TooLong,
                ErrorCode::InvalidIndex => NsmError::NoRegister(index),
                ErrorCode::ReadOnlyIndex => NsmError::Locked(index),
                ErrorCode::Success
                | ErrorCode::InvalidArgument
                | ErrorCode::InvalidResponse
                | ErrorCode::InvalidOperation
                | ErrorCode::InternalError => NsmError::Failed,
            }),
            response => Ok(response),
        }
    }

    fn describe(&self, index: u16) -> Result<(bool, [u8; 48]), NsmError> {
        let Response::DescribePCR { lock, data } = self.ask(Request::DescribePCR { index }, index)? else {
            return Err(NsmError::Answer);
        };
        Ok((lock, register(&data)?))
    }
}

impl Nsm for NsmDevice {
    fn attest(&self, user_data: &[u8], public_key: &[u8], nonce: &[u8]) -> Result<Vec<u8>, NsmError> {
        let field = |bytes: &[u8]| (!bytes.is_empty()).then(|| bytes.to_vec().into());
        let request = Request::Attestation { user_data: field(user_data), nonce: field(nonce), public_key: field(public_key) };
        let Response::Attestation { document } = self.ask(request, 0)? else {
            return Err(NsmError::Answer);
        };
        if document.is_empty() || document.len() > MAX_DOCUMENT {
            return Err(NsmError::Answer);
        }
        Ok(document)
    }

    fn extend_and_lock(&self, index: u16, data: &[u8]) -> Result<(), NsmError> {
        let request = Request::ExtendPCR { index, data: data.to_vec() };
        let Response::ExtendPCR { data: value } = self.ask(request, index)? else {
            return Err(NsmError::Answer);
        };
        let expected = extended_once(data);
        if register(&value)? != expected {
            return Err(NsmError::AlreadyExtended(index));
        }
        let Response::LockPCR = self.ask(Request::LockPCR { index }, index)? else {
            return Err(NsmError::Answer);
        };
        // The lock is what a verifier relies on, so it is read back and not taken on the answer's word.
        match self.describe(index)? {
            (true, value) if value == expected => Ok(()),
            _ => Err(NsmError::NotLocked(index)),
        }
    }

    fn random(&self) -> Result<[u8; 32], NsmError> {
        let Response::GetRandom { random } = self.ask(Request::GetRandom, 0)? else {
            return Err(NsmError::Answer);
        };
        random.first_chunk().copied().ok_or(NsmError::Answer)
    }

    fn pcrs(&self) -> Result<[[u8; 48]; 3], NsmError> {
        Ok([self.describe(0)?.1, self.describe(1)?.1, self.describe(2)?.1])
    }

    /// The time of a fresh document. Its signature is not checked: the device is the one that would have signed it.
    fn now_ms(&self) -> Result<u64, NsmError> {
        let document = self.attest(&[], &[], &[])?;
        Ok(UnverifiedDocument::parse(&document)?.danger_timestamp_ms())
    }
}

impl Drop for NsmDevice {
    fn drop(&mut self) {
        nsm_exit(self.descriptor);
    }
}

fn register(data: &[u8]) -> Result<[u8; 48], NsmError> {
    data.try_into().map_err(|_| NsmError::Answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_outside_of_an_enclave() {
        if std::path::Path::new("/dev/nsm").exists() {
            return;
        }
        assert_eq!(NsmDevice::open().unwrap_err(), NsmError::Absent);
    }
}
