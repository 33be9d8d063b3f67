//! What the arguments expect of a document, and where each expectation comes from.

use std::collections::BTreeMap;

use attestation_verifier::{Expectations, Expected, Image, Release};
use sha2::{Digest, Sha256};

use crate::arguments::{At, Bytes, Verify};

/// Seconds that a document may be old if nothing else is said: a live one was asked for just now.
const MAX_AGE: u64 = 300;
const ZERO: [u8; 48] = [0; 48];

/// Everything that is expected.
pub(crate) struct Asked {
    pub(crate) image: AskedImage,
    /// All registers that were named, those of the image among them.
    pub(crate) registers: BTreeMap<u8, Register>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) user_data: Option<Vec<u8>>,
    pub(crate) public_key: Option<Vec<u8>>,
    pub(crate) max_age: u64,
    pub(crate) max_age_source: &'static str,
    pub(crate) allow_debug: bool,
    pub(crate) policy: Option<Policy>,
}

/// What was said of registers 0, 1 and 2.
pub(crate) enum AskedImage {
    /// An image.
    Image(Image),
    /// Debug mode, by three zeros.
    Debug,
    /// Nothing.
    Nothing,
}

/// What a register must hold.
pub(crate) struct Register {
    pub(crate) value: [u8; 48],
    pub(crate) source: Source,
}

/// Where a register's expectation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// `--pcr`
    Flag,
    /// `--policy`
    Policy,
}

/// The policy file.
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) sha256: [u8; 32],
}

/// Why the arguments are no expectation.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AskedError {
    /// The same register with `--pcr` again.
    #[error("register {0} was given twice with --pcr: give it once")]
    Twice(u8),
    /// The same register in both places.
    #[error("register {0} is named by --policy and by --pcr: expectations are never merged, so leave one of them out")]
    Conflict(u8),
    /// One or two of the image's registers.
    #[error("registers 0, 1 and 2 name an image together: give all three with --pcr, or --policy release.json")]
    HalfAnImage,
    /// No image beside other expectations.
    #[error("an expectation without an image proves little: give --policy release.json, or --pcr for 0, 1 and 2")]
    NoImage,
    /// All three zero.
    #[error("registers 0, 1 and 2 of zero are debug mode, which no image has: see --allow-debug")]
    DebugMode,
    /// One or two zero.
    #[error("register {0} of zero is no image's: take the registers from the release")]
    ZeroRegister(u8),
    /// An age, and nothing that it narrows.
    #[error("--max-age narrows an expectation, and there is none: give --policy release.json, or --pcr for 0, 1 and 2")]
    AgeAlone,
    /// An age that is always zero.
    #[error("--max-age says nothing with --at document, by which every document is new: leave one of them out")]
    AgeOfDocument,
}

impl Source {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Flag => "--pcr",
            Self::Policy => "--policy",
        }
    }
}

impl Policy {
    pub(crate) fn new(name: String, bytes: &[u8]) -> Self {
        Self { name, sha256: Sha256::digest(bytes).into() }
    }
}

impl Asked {
    /// Puts the arguments and the policy's registers side by side, and refuses what is said twice, halfway, or in conflict.
    pub(crate) fn new(arguments: &Verify, policy: Option<(Release, Policy)>) -> Result<Self, AskedError> {
        if arguments.at == At::Document && arguments.max_age.is_some() {
            return Err(AskedError::AgeOfDocument);
        }
        let (release, policy) = policy.unzip();
        let mut registers = BTreeMap::new();
        for (index, value) in release.iter().flat_map(registers_of) {
            registers.insert(index, Register { value, source: Source::Policy });
        }
        for (index, value) in arguments.pcrs.iter().copied() {
            match registers.insert(index, Register { value, source: Source::Flag }).map(|before| before.source) {
                None => {}
                Some(Source::Flag) => return Err(AskedError::Twice(index)),
                Some(Source::Policy) => return Err(AskedError::Conflict(index)),
            }
        }
        let bytes = |field: &Option<Bytes>| field.as_ref().map(|Bytes(bytes)| bytes.clone());
        let asked = Self {
            image: image(&registers, arguments.allow_debug)?,
            registers,
            nonce: bytes(&arguments.nonce),
            user_data: bytes(&arguments.user_data),
            public_key: bytes(&arguments.public_key),
            max_age: arguments.max_age.unwrap_or(MAX_AGE),
            max_age_source: if arguments.max_age.is_some() { "--max-age" } else { "default" },
            allow_debug: arguments.allow_debug,
            policy,
        };
        match (&asked.image, asked.is_nothing()) {
            (_, true) if arguments.max_age.is_some() => Err(AskedError::AgeAlone),
            (AskedImage::Nothing, false) if !asked.allow_debug => Err(AskedError::NoImage),
            _ => Ok(asked),
        }
    }

    /// Whether nothing at all is expected. That debug mode is allowed expects nothing.
    pub(crate) fn is_nothing(&self) -> bool {
        self.registers.is_empty() && self.nonce.is_none() && self.user_data.is_none() && self.public_key.is_none()
    }

    /// In the library's words, about `image`.
    pub(crate) fn of<I>(&self, image: I) -> Expectations<I> {
        let expected = |field: &Option<Vec<u8>>| field.clone().map_or(Expected::NotAsked, Expected::Is);
        // The image's own registers are in `image`, or, of debug mode, three zeros that it means.
        let more = self.registers.iter().filter(|(index, _)| **index > 2);
        Expectations {
            image,
            more: more.map(|(index, register)| (*index, register.value)).collect(),
            nonce: expected(&self.nonce),
            user_data: expected(&self.user_data),
            public_key: expected(&self.public_key),
            max_age_seconds: self.max_age,
        }
    }
}

fn registers_of(release: &Release) -> Vec<(u8, [u8; 48])> {
    let Image { pcr0, pcr1, pcr2 } = release.image();
    let image = [(0, pcr0), (1, pcr1), (2, pcr2)].map(|(index, register)| (index, *register.as_bytes()));
    image.into_iter().chain(release.more()).collect()
}

fn image(registers: &BTreeMap<u8, Register>, allow_debug: bool) -> Result<AskedImage, AskedError> {
    let register = |index: u8| registers.get(&index).map(|register| register.value);
    match [register(0), register(1), register(2)] {
        [None, None, None] => Ok(AskedImage::Nothing),
        [Some(ZERO), Some(ZERO), Some(ZERO)] if allow_debug => Ok(AskedImage::Debug),
        [Some(ZERO), Some(ZERO), Some(ZERO)] => Err(AskedError::DebugMode),
        [Some(ZERO), Some(_), Some(_)] => Err(AskedError::ZeroRegister(0)),
        [Some(_), Some(ZERO), Some(_)] => Err(AskedError::ZeroRegister(1)),
        [Some(pcr0), Some(pcr1), Some(pcr2)] => {
            Image::new([pcr0, pcr1, pcr2]).map(AskedImage::Image).map_err(|_| AskedError::ZeroRegister(2))
        }
        _ => Err(AskedError::HalfAnImage),
    }
}
