//! What a document must say.

use crate::authenticate::AuthenticDocument;
use crate::difference::Difference;
use crate::pcrs::Image;
use crate::time::UnixSeconds;

/// How far a document may be ahead of the verifier's clock: two machines' clocks are never the same.
pub const FUTURE_SKEW_SECONDS: u64 = 300;

/// What a document must say. There is no default, and no part of it turns the image off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectations<I = Image> {
    /// PCR0, PCR1 and PCR2: an [`Image`], or the admission [`crate::DebugMode`] that there is none to name.
    pub image: I,
    /// Other registers and what each must hold. One that the document does not state is a difference.
    pub more: Vec<(u8, [u8; 48])>,
    /// The nonce that the asker chose.
    pub nonce: Expected,
    /// `user_data`, when all of it is known beforehand. What differs by document is the caller's to read afterwards.
    pub user_data: Expected,
    /// `public_key`, when it is known beforehand.
    pub public_key: Expected,
    /// How old the document may be, in seconds, inclusive.
    pub max_age_seconds: u64,
}

/// What one field must be. Said in words, so that no field is left unchecked by leaving something out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exactly these bytes.
    Is(Vec<u8>),
    /// The verifier has nothing to compare it with.
    NotAsked,
}

impl<I> Expectations<I> {
    /// Every difference beside mode and image.
    pub(crate) fn differences(&self, document: &AuthenticDocument, now: UnixSeconds) -> Vec<Difference> {
        let Self { image: _, more, nonce, user_data, public_key, max_age_seconds } = self;
        let mut differences = registers(document, more.iter().copied());
        if let Some((expected, observed)) = nonce.other(document.nonce()) {
            differences.push(Difference::Nonce { expected, observed });
        }
        if let Some((expected, observed)) = user_data.other(document.user_data()) {
            differences.push(Difference::UserData { expected, observed });
        }
        if let Some((expected, observed)) = public_key.other(document.public_key()) {
            differences.push(Difference::PublicKey { expected, observed });
        }
        differences.extend(staleness(document, *max_age_seconds, now));
        differences
    }
}

/// The registers that hold something else, or are not stated.
pub(crate) fn registers(document: &AuthenticDocument, expected: impl IntoIterator<Item = (u8, [u8; 48])>) -> Vec<Difference> {
    let other = |(index, expected)| {
        let observed = document.pcrs().get(index).copied();
        (observed != Some(expected)).then_some(Difference::Pcr { index, expected, observed })
    };
    expected.into_iter().filter_map(other).collect()
}

impl Expected {
    /// What was expected and what is there instead.
    fn other(&self, observed: Option<&[u8]>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        match self {
            Self::NotAsked => None,
            Self::Is(expected) if observed == Some(expected) => None,
            Self::Is(expected) => Some((expected.clone(), observed.map(<[u8]>::to_vec))),
        }
    }
}

fn staleness(document: &AuthenticDocument, max_age_seconds: u64, now: UnixSeconds) -> Option<Difference> {
    let ahead_ms = document.timestamp_ms().saturating_sub(now.as_millis());
    if ahead_ms > UnixSeconds(FUTURE_SKEW_SECONDS).as_millis() {
        return Some(Difference::FromTheFuture { ahead_ms });
    }
    let age_ms = document.age_ms(now);
    (age_ms > UnixSeconds(max_age_seconds).as_millis()).then_some(Difference::TooOld { age_ms, max_age_seconds })
}
