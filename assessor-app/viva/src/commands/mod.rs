//! One file per command.

pub(crate) mod avatar;
pub(crate) mod calibrate;
pub(crate) mod credential;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod evidence;
pub(crate) mod exam;
pub(crate) mod face;
pub(crate) mod fairness;
pub(crate) mod floor;
pub(crate) mod interview;
pub(crate) mod issuer;
pub(crate) mod kb;
pub(crate) mod learner;
pub(crate) mod memory;
pub(crate) mod models;
pub(crate) mod render;
pub(crate) mod replay;
pub(crate) mod review;
pub(crate) mod say;
pub(crate) mod score;
pub(crate) mod studio;
pub(crate) mod train;
pub(crate) mod transcribe;
pub(crate) mod verify;
pub(crate) mod whole_loop;
pub(crate) mod xapi;

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// The first thing that went wrong with the standard output.
static OUTPUT_FAILURE: OnceLock<std::io::Error> = OnceLock::new();

/// One line on the standard output. A reader that has gone away is no error; of another one [`output_written`] tells.
pub(crate) fn say(line: impl AsRef<str>) {
    if let Err(error) = writeln!(std::io::stdout(), "{}", line.as_ref())
        && error.kind() != ErrorKind::BrokenPipe
    {
        // Only the first one names the cause.
        OUTPUT_FAILURE.get_or_init(|| error);
    }
}

/// A line for a person; on the standard error stream where JSON stands alone on the standard output.
pub(crate) fn tell(line: &str, json: bool) {
    if json {
        writeln!(std::io::stderr(), "{line}").unwrap_or_default();
    } else {
        say(line);
    }
}

/// An error where a line could not be written to the standard output; asked once, when the command has done its work.
pub(crate) fn output_written() -> Result<()> {
    match OUTPUT_FAILURE.get() {
        Some(error) => bail!("cannot write the output: {error}"),
        None => Ok(()),
    }
}

/// Words of somebody else as they can be printed: what would steer the terminal or turn the direction of writing is spelt out.
pub(crate) fn printable(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut printed = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            printed.extend(c.escape_unicode());
        } else {
            printed.push(c);
        }
    }
    printed
}

/// Pretty JSON on the standard output.
pub(crate) fn say_json(value: &impl Serialize) -> Result<()> {
    say(serde_json::to_string_pretty(value).context("cannot write JSON")?);
    Ok(())
}

/// An error with its causes on the standard error stream.
pub(crate) fn complain(error: &anyhow::Error) {
    writeln!(std::io::stderr(), "error: {error:#}").unwrap_or_default();
}

/// One line on the standard error stream about something that the program can go on without.
pub(crate) fn warn(line: impl AsRef<str>) {
    writeln!(std::io::stderr(), "warning: {}", line.as_ref()).unwrap_or_default();
}

/// A bar over the seconds of a session; without a terminal a line per minute.
pub(crate) struct SessionBar {
    bar: Option<ProgressBar>,
    name: String,
    told: i64,
}

impl SessionBar {
    pub(crate) fn new(name: &str, total_secs: Option<f64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = total_secs.map_or_else(ProgressBar::new_spinner, |secs| ProgressBar::new(secs as u64));
            let template = if total_secs.is_some() {
                "{prefix} {bar:30} {pos}/{len} s of the session {elapsed}"
            } else {
                "{prefix} {spinner} {pos} s of the session {elapsed}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_prefix(name.to_owned());
            bar
        });
        Self { bar, name: name.to_owned(), told: 0 }
    }

    pub(crate) fn at(&mut self, now: viva_media::Timestamp) {
        let secs = now.as_millis() / 1000;
        if let Some(bar) = &self.bar {
            bar.set_position(secs as u64);
            bar.tick();
        } else if secs / 60 > self.told {
            self.told = secs / 60;
            writeln!(std::io::stderr(), "{}: {} min of the session", self.name, self.told)
                .unwrap_or_default();
        }
    }

    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Date and time by the wall clock.
pub(crate) fn unix_now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "commands are the edge that owns the wall clock")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(unix_secs: u64) -> String {
    let (days, secs) = (unix_secs / 86_400, unix_secs % 86_400);
    let (year, month, day) = civil(days as i64);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", secs / 3600, secs / 60 % 60, secs % 60)
}

/// Year, month and day of a day since 1970-01-01.
///
/// **Source**: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_printed_without_steering_the_terminal() {
        assert_eq!(printable("Ján Ω 王 नेहा \u{200d}"), "Ján Ω 王 नेहा \u{200d}");
        assert_eq!(printable("\u{1b}[2K\rA\u{9b}\u{202e}"), "\\u{1b}[2K\\u{d}A\\u{9b}\\u{202e}");
    }

    #[test]
    fn dates_are_civil() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(rfc3339(1_795_302_000), "2026-11-21T23:00:00Z");
    }
}
