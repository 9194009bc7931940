//! Takes as files: which format a name means, and one reader and writer for all of them.

use std::path::Path;

use thiserror::Error;
use viva_media::Blendshape;

use crate::curves::{self, CurvesError};
use crate::live_link::{self, Flip, LiveLinkError};
use crate::take::FaceTake;

/// Rate of a take of one pose, which has none.
const RATE_OF_ONE_HZ: f64 = 25.0;

/// A format of takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeFile {
    /// CSV of the app Live Link Face, see [`live_link`].
    LiveLink,
    /// JSON curves, see [`curves`].
    Curves,
}

/// A take with what should be known of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadTake {
    /// The poses.
    pub take: FaceTake,
    /// What the file lacks and what of it was left out, a sentence each.
    pub notes: Vec<String>,
}

/// Why a text is no take.
#[derive(Debug, Error)]
pub enum TakeFileError {
    /// Of a CSV.
    #[error(transparent)]
    LiveLink(#[from] LiveLinkError),
    /// Of JSON curves.
    #[error(transparent)]
    Curves(#[from] CurvesError),
}

impl TakeFile {
    /// By the ending of a name: `.csv` or `.json`; `None` for another.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?;
        let is = |wanted| ending.eq_ignore_ascii_case(wanted);
        if is("csv") {
            return Some(Self::LiveLink);
        }
        is("json").then_some(Self::Curves)
    }

    /// As it is called in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LiveLink => "Live Link Face CSV",
            Self::Curves => "face curves",
        }
    }

    /// Reads a take. `rate_hz` and `flip` are for CSV alone: curves have their own times, and Viva's signs.
    ///
    /// # Errors
    ///
    /// [`TakeFileError`] with the line or the curve that does not hold.
    pub fn read(self, text: &str, rate_hz: Option<f64>, flip: Flip) -> Result<ReadTake, TakeFileError> {
        match self {
            Self::LiveLink => {
                let read = live_link::read(text, rate_hz, flip)?;
                let mut notes = read.notes;
                if !read.missing.is_empty() {
                    let names: Vec<&str> = read.missing.iter().copied().map(Blendshape::name).collect();
                    notes.push(format!("no column for {}: at rest", names.join(", ")));
                }
                Ok(ReadTake { take: read.take, notes })
            }
            Self::Curves => {
                let read = curves::read(text)?;
                let told = format!("curves that mean nothing here: {}", read.ignored.join(", "));
                let notes = if read.ignored.is_empty() { vec![] } else { vec![told] };
                Ok(ReadTake { take: read.take, notes })
            }
        }
    }

    /// Writes a take; CSV counts its time in a whole number of frames per second.
    #[must_use]
    pub fn write(self, take: &FaceTake) -> String {
        match self {
            Self::LiveLink => {
                let rate_hz = take.rate_hz().unwrap_or(RATE_OF_ONE_HZ).round().clamp(1.0, 240.0);
                live_link::write(take, rate_hz)
            }
            Self::Curves => curves::write(take),
        }
    }
}
