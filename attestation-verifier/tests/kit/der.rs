//! Writes DER, right and wrong.

pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u16::try_from(content.len()).unwrap() {
        short @ 0..=0x7f => out.push(short as u8),
        short @ 0x80..=0xff => out.extend([0x81, short as u8]),
        long => out.extend([&[0x82], long.to_be_bytes().as_slice()].concat()),
    }
    out.extend(content);
    out
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

pub(crate) fn name(common_name: &str) -> Vec<u8> {
    let attribute = |id: u8, tag: u8, value: &[u8]| element(0x31, &sequence(&[element(6, &[0x55, 4, id]), element(tag, value)]));
    sequence(&[attribute(6, 0x13, b"US"), attribute(10, 0x0c, b"kit"), attribute(3, 0x0c, common_name.as_bytes())])
}

/// `UTCTime` through 2049, `GeneralizedTime` after.
pub(crate) fn time(seconds: u64) -> Vec<u8> {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days to civil, by Howard Hinnant's algorithm for dates from 1970 on.
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let tail = format!("{month:02}{day:02}{:02}{:02}{:02}Z", rest / 3600, rest / 60 % 60, rest % 60);
    if year < 2050 {
        element(0x17, format!("{:02}{tail}", year % 100).as_bytes())
    } else {
        element(0x18, format!("{year}{tail}").as_bytes())
    }
}
