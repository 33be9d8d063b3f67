//! Dates, as platforms write them. Proleptic Gregorian, UTC, no leap seconds.

const DAY: u64 = 86_400;

/// Year, month and day of a number of days after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that a leap day is the last of its year and eras of 400 years are alike.
    let days = days.saturating_add(719_468);
    let (era, of_era) = (quotient(days, 146_097), remainder(days, 146_097));
    let leap = quotient(of_era, 1_460).saturating_add(quotient(of_era, 146_096));
    let year = quotient(of_era.saturating_add(quotient(of_era, 36_524)).saturating_sub(leap), 365);
    let before = year.saturating_mul(365).saturating_add(quotient(year, 4)).saturating_sub(quotient(year, 100));
    let of_year = of_era.saturating_sub(before);
    let shifted = quotient(of_year.saturating_mul(5).saturating_add(2), 153);
    let day = of_year.saturating_sub(quotient(shifted.saturating_mul(153).saturating_add(2), 5)).saturating_add(1);
    let month = if shifted < 10 { shifted.saturating_add(3) } else { shifted.saturating_sub(9) };
    let year = year.saturating_add(era.saturating_mul(400)).saturating_add(u64::from(month <= 2));
    (year, month, day)
}

/// Days from 1970-01-01 to a date; `None` before it or if there is no such date.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let shifted = year.checked_sub(u64::from(month <= 2))?;
    let (era, of_era) = (quotient(shifted, 400), remainder(shifted, 400));
    let from_march = if month > 2 { month.checked_sub(3)? } else { month.checked_add(9)? };
    let of_year = quotient(from_march.checked_mul(153)?.checked_add(2)?, 5).checked_add(day.checked_sub(1)?)?;
    let of_era_days =
        of_era.checked_mul(365)?.checked_add(quotient(of_era, 4))?.checked_sub(quotient(of_era, 100))?.checked_add(of_year)?;
    let days = era.checked_mul(146_097)?.checked_add(of_era_days)?.checked_sub(719_468)?;
    (civil(days) == (year, month, day)).then_some(days)
}

fn quotient(number: u64, by: u64) -> u64 {
    number.checked_div(by).unwrap_or_default()
}

fn remainder(number: u64, by: u64) -> u64 {
    number.checked_rem(by).unwrap_or_default()
}

/// `yyMMddTHHmmssZ`.
pub(crate) fn compact(seconds: u64) -> String {
    let (year, month, day) = civil(quotient(seconds, DAY));
    let of_day = remainder(seconds, DAY);
    let (hour, minute, second) = (quotient(of_day, 3_600), remainder(quotient(of_day, 60), 60), remainder(of_day, 60));
    format!("{:02}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z", remainder(year, 100))
}

/// Seconds of an RFC 3339 time, whose offset may lack its colon (`+0000`). Fractions are cut off.
pub(crate) fn iso8601(text: &str) -> Option<u64> {
    let (date, time) = text.split_at_checked(10)?;
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    let time = time.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = time.split_at_checked(8)?;
    let mut parts = clock.split(':');
    let (hour, minute, second) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if zone.len() == fraction.len() {
                return None;
            }
            zone
        }
        None => rest,
    };
    let of_day = hour.checked_mul(3_600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    let local = days(year, month, day)?.checked_mul(DAY)?.checked_add(of_day)?;
    if zone == "Z" || zone == "z" {
        return Some(local);
    }
    let (sign, offset) = zone.split_at_checked(1)?;
    let (hours, minutes) = offset.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let offset = digits(hours, 2)?.checked_mul(3_600)?.checked_add(digits(minutes, 2)?.checked_mul(60)?)?;
    match sign {
        "+" => local.checked_sub(offset),
        "-" => local.checked_add(offset),
        _ => None,
    }
}

fn digits(text: &str, length: usize) -> Option<u64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes_the_times_of_the_documents() {
        assert_eq!(compact(1_700_000_000), "231114T221320Z");
        assert_eq!(compact(951_782_400), "000229T000000Z");
        assert_eq!(iso8601("2023-11-14T22:13:20Z"), Some(1_700_000_000));
        assert_eq!(iso8601("2023-11-14T22:13:20.123Z"), Some(1_700_000_000));
        assert_eq!(iso8601("2023-11-15T06:13:20+0800"), Some(1_700_000_000));
        assert_eq!(iso8601("2023-11-14T17:13:20-05:00"), Some(1_700_000_000));
    }

    #[test]
    fn refuses_times_that_are_none() {
        for text in [
            "",
            "2023-11-14",
            "2023-11-14T22:13:20",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-11-00T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20+8",
            "2023-11-14T22:13:20Z ",
            "+023-11-14T22:13:20Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(iso8601(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_date_comes_back(day in 0_u64..2_000_000) {
            let (year, month, date) = civil(day);
            prop_assert_eq!(days(year, month, date), Some(day));
        }

        #[test]
        fn never_panics(text in "\\PC{0,32}") {
            let _ = iso8601(&text);
        }
    }
}
