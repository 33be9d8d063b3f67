//! Time as certificates write it.

use crate::der::{GENERALIZED_TIME, Malformed, UTC_TIME, Value};

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixSeconds(pub u64);

impl UnixSeconds {
    /// The second that contains a moment given in milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.div_euclid(1000))
    }

    /// The start of this second in milliseconds.
    pub(crate) const fn as_millis(self) -> u64 {
        self.0.saturating_mul(1000)
    }
}

/// RFC 5280 §4.1.2.5: `UTCTime` through 2049 and `GeneralizedTime` from 2050 on, both with seconds and `Z`.
pub(crate) fn read(value: Value<'_>) -> Result<UnixSeconds, Malformed> {
    let mut digits = Digits(value.content);
    let year = match value.tag {
        UTC_TIME => match digits.two()? {
            short @ 0..50 => short.saturating_add(2000),
            short => short.saturating_add(1900),
        },
        GENERALIZED_TIME => {
            let year = digits.two()?.saturating_mul(100).saturating_add(digits.two()?);
            if year < 2050 {
                return Err(Malformed);
            }
            year
        }
        _ => return Err(Malformed),
    };
    let (month, day) = (digits.two()?, digits.two()?);
    let (hour, minute, second) = (digits.two()?, digits.two()?, digits.two()?);
    if digits.0 != b"Z" || hour > 23 || minute > 59 || second > 59 {
        return Err(Malformed);
    }
    let seconds = days_since_1970(year, month, day)
        .and_then(|days| days.checked_mul(24)?.checked_add(hour))
        .and_then(|hours| hours.checked_mul(60)?.checked_add(minute))
        .and_then(|minutes| minutes.checked_mul(60)?.checked_add(second));
    seconds.map(UnixSeconds).ok_or(Malformed)
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn two(&mut self) -> Result<u64, Malformed> {
        let ([tens, ones], rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return Err(Malformed);
        }
        self.0 = rest;
        let digit = |character: u8| u64::from(character.saturating_sub(b'0'));
        Ok(digit(*tens).saturating_mul(10).saturating_add(digit(*ones)))
    }
}

/// `None` before 1970 and for a date that does not exist.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    const LEAP_YEARS_BEFORE_1970: u64 = 477;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (before, length): (u64, u64) = match month {
        1 => (0, 31),
        2 => (31, if leap { 29 } else { 28 }),
        3 => (59, 31),
        4 => (90, 30),
        5 => (120, 31),
        6 => (151, 30),
        7 => (181, 31),
        8 => (212, 31),
        9 => (243, 30),
        10 => (273, 31),
        11 => (304, 30),
        12 => (334, 31),
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let past = year.checked_sub(1)?;
    let leap_years = past.div_euclid(4).checked_sub(past.div_euclid(100))?.checked_add(past.div_euclid(400))?;
    year.checked_sub(1970)?
        .checked_mul(365)?
        .checked_add(leap_years.checked_sub(LEAP_YEARS_BEFORE_1970)?)?
        .checked_add(before)?
        .checked_add(u64::from(leap && month > 2))?
        .checked_add(day.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(tag: u8, content: &str) -> Result<u64, Malformed> {
        read(Value { tag, content: content.as_bytes(), raw: &[] }).map(|time| time.0)
    }

    #[test]
    fn reads_the_calendar() {
        for (tag, text, seconds) in [
            (UTC_TIME, "700101000000Z", 0),
            (UTC_TIME, "000229000000Z", 951_782_400),
            (UTC_TIME, "191028132805Z", 1_572_269_285),
            (UTC_TIME, "240101000000Z", 1_704_067_200),
            (UTC_TIME, "240301000000Z", 1_709_251_200),
            (UTC_TIME, "491028142805Z", 2_519_044_085),
            (GENERALIZED_TIME, "20500101000000Z", 2_524_608_000),
            (GENERALIZED_TIME, "21000301000000Z", 4_107_542_400),
            (GENERALIZED_TIME, "99991231235959Z", 253_402_300_799),
        ] {
            assert_eq!(at(tag, text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for (tag, text) in [
            (UTC_TIME, "690101000000Z"),
            (UTC_TIME, "250229000000Z"),
            (UTC_TIME, "250001000000Z"),
            (UTC_TIME, "251301000000Z"),
            (UTC_TIME, "250100000000Z"),
            (UTC_TIME, "250101240000Z"),
            (UTC_TIME, "250101006000Z"),
            (UTC_TIME, "250101000060Z"),
            (UTC_TIME, "2501010000Z"),
            (UTC_TIME, "250101000000"),
            (UTC_TIME, "250101000000+0000"),
            (UTC_TIME, "250101000000Z0"),
            (UTC_TIME, "25o101000000Z"),
            (UTC_TIME, "25/101000000Z"),
            (UTC_TIME, "251/01000000Z"),
            (GENERALIZED_TIME, "20491231235959Z"),
            (GENERALIZED_TIME, "21000229000000Z"),
            (GENERALIZED_TIME, "20500101000000.5Z"),
            (0x0c, "250101000000Z"),
        ] {
            assert_eq!(at(tag, text), Err(Malformed), "{text}");
        }
    }
}
