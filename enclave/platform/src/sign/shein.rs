//! SHEIN hands a seller's key over encrypted under the app's: AES-128-CBC, PKCS #7, an IV that its documents print.

use zeroize::Zeroizing;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::crypto::decrypt_cbc;

const IV: [u8; 16] = *b"space-station-de";

/// Why a wrapped key did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// Fewer than the 16 bytes that are the AES key.
    #[error("app secret is too short")]
    AppSecret,
    /// Not base64, or not a key under this app's secret.
    #[error("wrapped key does not open")]
    Wrapped,
}

/// The `secretKey` that SHEIN's `get-by-token` answers with, in the clear.
///
/// # Errors
/// See [`UnwrapError`].
pub fn unwrap_secret_key(app_secret: &[u8], wrapped: &str) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
    let key = app_secret.get(..16).ok_or(UnwrapError::AppSecret)?;
    let ciphertext = STANDARD.decode(wrapped).map_err(|_| UnwrapError::Wrapped)?;
    let opened = decrypt_cbc(key, IV, &ciphertext).ok_or(UnwrapError::Wrapped)?;
    if opened.is_empty() || !opened.iter().all(u8::is_ascii_graphic) {
        return Err(UnwrapError::Wrapped);
    }
    Ok(opened)
}
