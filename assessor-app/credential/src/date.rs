//! Dates in UTC, `2026-03-03T09:00:00Z`, as seconds since 1970.

use crate::CredentialError;

/// Seconds since 1970-01-01T00:00:00Z.
///
/// **Errors**: another form, or a day that does not exist.
pub(crate) fn unix_secs(text: &str) -> Result<i64, CredentialError> {
    parse(text).ok_or_else(|| CredentialError::Date(text.to_owned()))
}

fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    if bytes.len() != 20 || signs.iter().any(|(at, sign)| bytes[*at] != *sign) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        bytes[from..to]
            .iter()
            .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if day < 1 || day > length || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970, counted in years that begin in March (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days =
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_seconds() {
        for (text, secs) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2025-01-01T00:00:00Z", 1_735_689_600),
            ("2035-01-01T00:00:00Z", 2_051_222_400),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            assert_eq!(unix_secs(text).unwrap(), secs, "{text}");
        }
        for bad in [
            "",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-01-01 00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T00:00:00+01:00",
            "é025-01-01T00:00:0Z",
        ] {
            assert!(unix_secs(bad).is_err(), "{bad}");
        }
    }
}
