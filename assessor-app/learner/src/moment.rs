//! Dates and times as files and people write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const DAY_SECS: u64 = 86_400;

/// Seconds since 1970-01-01 UTC; written as RFC 3339 in UTC, to the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(u64);

impl Moment {
    /// From seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn from_unix_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn unix_secs(self) -> u64 {
        self.0
    }

    /// So many days later.
    #[must_use]
    pub const fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(days as u64 * DAY_SECS))
    }

    /// Days since 1970-01-01; the same number on the same day in UTC.
    #[must_use]
    pub const fn day(self) -> u64 {
        self.0 / DAY_SECS
    }

    /// Days from an earlier moment to this one, 0 where that is not earlier.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / DAY_SECS as f64
    }

    /// `2026-03-02`.
    #[must_use]
    pub fn date(self) -> String {
        let (year, month, day) = civil(self.day());
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0 % DAY_SECS;
        write!(f, "{}T{:02}:{:02}:{:02}Z", self.date(), secs / 3600, secs / 60 % 60, secs % 60)
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |from: usize, to: usize| {
            let part = text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
            part.parse::<u64>().ok()
        };
        let shape = "0000-00-00T00:00:00Z".len() == text.len()
            && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')]
                .iter()
                .all(|(at, sign)| text.as_bytes()[*at] == *sign);
        let parse = || {
            let days = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
            let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
            (hour < 24 && minute < 60 && second < 60)
                .then_some(Self(days * DAY_SECS + hour * 3600 + minute * 60 + second))
        };
        shape
            .then(parse)
            .flatten()
            .filter(|moment| moment.to_string() == text)
            .ok_or_else(|| format!("{text:?} is no date and time like 2026-03-02T10:14:07Z"))
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

/// Year, month and day of a day since 1970-01-01.
///
/// **Source**: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`, for years from 1970 on.
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + z / 146_097 * 400 + u64::from(month <= 2), month, day)
}

/// The other way; `None` before 1970 and for months that there are not.
///
/// **Source**: as [`civil`], `days_from_civil`.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let year = year - u64::from(month <= 2);
    let year_of_era = year % 400;
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (year / 400 * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_they_are_read() {
        for (text, secs) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56Z", 951_827_696),
            ("2026-11-21T23:00:00Z", 1_795_302_000),
        ] {
            let moment: Moment = text.parse().expect("a date");
            assert_eq!((moment.unix_secs(), moment.to_string().as_str()), (secs, text));
        }
        for bad in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "1969-12-31T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01 00:00:00Z",
            "２026-01-01T00:00:00",
        ] {
            bad.parse::<Moment>().expect_err(bad);
        }
        let day: Moment = "2026-12-31T23:59:59Z".parse().expect("a date");
        assert_eq!(day.plus_days(1).date(), "2027-01-01");
    }
}
