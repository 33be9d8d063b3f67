//! `verify` with numbers and bytes for arguments, as WebAssembly has them. `verify.mjs` shows its use.
//!
//! The caller asks for room, writes what is to be judged into it, and asks for the verdict:
//! PCR0 || PCR1 || PCR2 (48 bytes each), the nonce, the document.

use std::sync::{Mutex, PoisonError};

use attestation_verifier::{Expectations, Expected, Image, TrustAnchor, UnixSeconds, verify};

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// What this program takes at most: the verifier itself refuses documents of more than 16,384 bytes.
const MAX_INPUT: usize = 32_768;
const TOO_SHORT: &str = "the input is too short";

/// Room for `length` bytes, or null if that is too much. It is valid until the next call.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    if length > MAX_INPUT {
        return core::ptr::null_mut();
    }
    let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    input.clear();
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// 0 if the document in the room is verified, under AWS's root, at `time` (Unix seconds), and has this nonce: the output is its
/// payload's SHA-384. 1 if it is refused: the output says why, the rules of `SPEC.md` first. A nonce of no bytes is refused, whatever the
/// document says: nobody asked with it.
#[unsafe(no_mangle)]
pub extern "C" fn verdict(nonce_length: usize, time: u64, max_age_seconds: u64) -> u32 {
    tell(|input| {
        if nonce_length == 0 {
            return Err("a nonce of no bytes: nothing was asked for".to_owned());
        }
        let (image, rest) = image(input)?;
        let (nonce, document) = rest.split_at_checked(nonce_length).ok_or(TOO_SHORT)?;
        judge(image, Expected::Is(nonce.to_vec()), document, UnixSeconds(time), max_age_seconds)
    })
}

/// As [`verdict`], of a document that was made for nobody's nonce or for somebody else's: its age alone says that it is fresh. In the
/// room, the document follows the registers.
#[unsafe(no_mangle)]
pub extern "C" fn verdict_without_nonce(time: u64, max_age_seconds: u64) -> u32 {
    tell(|input| {
        let (image, document) = image(input)?;
        judge(image, Expected::NotAsked, document, UnixSeconds(time), max_age_seconds)
    })
}

/// Judges what is in the room and keeps the output.
fn tell(judge: impl FnOnce(&[u8]) -> Result<[u8; 48], String>) -> u32 {
    let input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    let (verdict, output) = match judge(&input) {
        Ok(digest) => (0, digest.to_vec()),
        Err(why) => (1, why.into_bytes()),
    };
    *OUTPUT.lock().unwrap_or_else(PoisonError::into_inner) = output;
    verdict
}

/// Where the output of the last verdict is.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.lock().unwrap_or_else(PoisonError::into_inner).as_ptr()
}

/// How long it is.
#[unsafe(no_mangle)]
pub extern "C" fn output_length() -> usize {
    OUTPUT.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// The image that is expected, and what follows it.
fn image(input: &[u8]) -> Result<(Image, &[u8]), String> {
    let (pcrs, rest) = input.split_first_chunk::<144>().ok_or(TOO_SHORT)?;
    let mut image = [[0; 48]; 3];
    for (register, value) in image.iter_mut().zip(pcrs.chunks_exact(48)) {
        register.copy_from_slice(value);
    }
    Ok((Image::new(image).map_err(|error| error.to_string())?, rest))
}

fn judge(image: Image, nonce: Expected, document: &[u8], time: UnixSeconds, max_age_seconds: u64) -> Result<[u8; 48], String> {
    let expectations = Expectations {
        image,
        more: Vec::new(),
        nonce,
        user_data: Expected::NotAsked,
        public_key: Expected::NotAsked,
        max_age_seconds,
    };
    match verify(document, &TrustAnchor::aws_nitro_enclaves_g1(), time, &expectations) {
        Ok(document) => Ok(document.payload_digest()),
        Err(error) => {
            let rules: Vec<_> = error.rules().iter().map(ToString::to_string).collect();
            Err(format!("{}: {error}", rules.join(" ")))
        }
    }
}
