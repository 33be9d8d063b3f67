//! Unix time as people read it.

/// `2026-11-20T17:02:03Z`, or `never` for a second that the contracts take for without end.
#[must_use]
pub fn utc(seconds: u64) -> String {
    if seconds >= contracts_bindings::admin::FOREVER {
        return "never".to_owned();
    }
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years are counted from March of the year 0, so that a leap day is a year's last, in cycles of 400 years.
    let (mut days, mut year) = (days + 719_468, 0);
    let cycles = days / 146_097;
    days %= 146_097;
    year += 400 * cycles;
    // A cycle's last century and a century's last four years have a leap day of their own, or lack one: no later than the last of each.
    let centuries = (days / 36_524).min(3);
    days -= centuries * 36_524;
    let fours = days / 1_461;
    days -= fours * 1_461;
    let rest = (days / 365).min(3);
    days -= rest * 365;
    year += 100 * centuries + 4 * fours + rest;
    // Months from March on have 153 days in each five.
    let from_march = (5 * days + 2) / 153;
    let day = days - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = if month <= 2 { year + 1 } else { year };
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// A length of time in the largest unit that tells it whole.
#[must_use]
pub fn span(seconds: u64) -> String {
    for (unit, name) in [(86_400, "day"), (3_600, "hour"), (60, "minute")] {
        if seconds >= unit && seconds.is_multiple_of(unit) {
            let count = seconds / unit;
            return format!("{count} {name}{}", if count == 1 { "" } else { "s" });
        }
    }
    format!("{seconds} second{}", if seconds == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_follows_the_one_before() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(utc(1_795_564_800 + 3_723), "2026-11-25T01:02:03Z");
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let (mut year, mut month, mut day) = (1970_u64, 1_usize, 1_u64);
        for days in 0..200_000 {
            assert_eq!(utc(days * 86_400), format!("{year:04}-{month:02}-{day:02}T00:00:00Z"));
            let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
            day += 1;
            if day > lengths[month - 1] + u64::from(month == 2 && leap) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn what_never_ends_has_no_date() {
        assert_eq!(utc(contracts_bindings::admin::FOREVER), "never");
        assert_eq!(utc(u64::MAX), "never");
    }

    #[test]
    fn a_span_is_told_whole() {
        for (seconds, text) in
            [(0, "0 seconds"), (1, "1 second"), (60, "1 minute"), (90, "90 seconds"), (7_200, "2 hours"), (604_800, "7 days")]
        {
            assert_eq!(span(seconds), text);
        }
    }
}
