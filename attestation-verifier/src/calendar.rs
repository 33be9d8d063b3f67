//! Unix time as people read it.

/// `2026-11-20T17:02:03Z`, in the proleptic Gregorian calendar.
pub(crate) fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years that start in March, counted in eras of 400 years: a leap day is then the last of its year.
    let day = days + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// The same with milliseconds.
pub(crate) fn utc_millis(millis: u64) -> String {
    format!("{}.{:03}Z", utc(millis / 1000).trim_end_matches('Z'), millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_572_269_285, "2019-10-28T13:28:05Z"),
            (2_519_044_085, "2049-10-28T14:28:05Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(seconds), text);
        }
        assert_eq!(utc_millis(1_766_678_659_346), "2025-12-25T16:04:19.346Z");
        // The end of time has a date too, and none of it wraps.
        assert_eq!(utc(u64::MAX).len(), "584554051223-01-01T00:00:00Z".len());
        assert_eq!(utc_millis(u64::MAX).len(), "584556019-01-01T00:00:00.000Z".len());
    }
}
