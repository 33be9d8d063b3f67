//! What an authentic document says, owned.

use sha2::{Digest, Sha384};

use crate::document::UnverifiedDocument;
use crate::pcrs::Pcrs;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) module_id: String,
    pub(crate) timestamp_ms: u64,
    pub(crate) pcrs: Pcrs,
    pub(crate) public_key: Option<Vec<u8>>,
    pub(crate) user_data: Option<Vec<u8>>,
    pub(crate) nonce: Option<Vec<u8>>,
    payload: Vec<u8>,
}

impl Contents {
    pub(crate) fn of(document: &UnverifiedDocument<'_>) -> Self {
        let contents = document.danger_contents();
        Self {
            module_id: contents.module_id.to_owned(),
            timestamp_ms: contents.timestamp_ms,
            pcrs: contents.pcrs.clone(),
            public_key: contents.public_key.map(<[u8]>::to_vec),
            user_data: contents.user_data.map(<[u8]>::to_vec),
            nonce: contents.nonce.map(<[u8]>::to_vec),
            payload: document.payload().to_vec(),
        }
    }

    /// Computed when it is asked for: it would be the dearest part of a verification after the signatures.
    pub(crate) fn payload_digest(&self) -> [u8; 48] {
        Sha384::digest(&self.payload).into()
    }
}

/// The same words on each type of evidence, so that which one it is stays in the type.
macro_rules! accessors {
    ($evidence:ty) => {
        impl $evidence {
            /// The certificates from the root to the document's.
            #[must_use]
            pub const fn chain(&self) -> &AuthenticChain {
                self.authentic().parts().0
            }

            /// The form that the document has.
            #[must_use]
            pub const fn encoding(&self) -> Encoding {
                self.authentic().parts().2
            }

            /// How old the document is at `now`, milliseconds. 0 if it is ahead.
            #[must_use]
            pub fn age_ms(&self, now: UnixSeconds) -> u64 {
                now.as_millis().saturating_sub(self.timestamp_ms())
            }

            /// The enclave's name: instance id, hyphen, enclave id. The document's certificate says the same.
            #[must_use]
            pub fn module_id(&self) -> &str {
                &self.authentic().parts().1.module_id
            }

            /// When the document was made, Unix milliseconds.
            #[must_use]
            pub fn timestamp_ms(&self) -> u64 {
                self.authentic().parts().1.timestamp_ms
            }

            /// The registers.
            #[must_use]
            pub fn pcrs(&self) -> &Pcrs {
                &self.authentic().parts().1.pcrs
            }

            /// `public_key`. Present and empty is something else than not there.
            #[must_use]
            pub fn public_key(&self) -> Option<&[u8]> {
                self.authentic().parts().1.public_key.as_deref()
            }

            /// `user_data`. Present and empty is something else than not there.
            #[must_use]
            pub fn user_data(&self) -> Option<&[u8]> {
                self.authentic().parts().1.user_data.as_deref()
            }

            /// `nonce`. Present and empty is something else than not there.
            #[must_use]
            pub fn nonce(&self) -> Option<&[u8]> {
                self.authentic().parts().1.nonce.as_deref()
            }

            /// SHA-384 of the payload: the document's identity. Its bytes are not, for (r, n - s) is a signature too.
            #[must_use]
            pub fn payload_digest(&self) -> [u8; 48] {
                self.authentic().parts().1.payload_digest()
            }
        }
    };
}
pub(crate) use accessors;
