//! Takes on the disk, and `viva avatar curves`.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use viva_avatar::live_link::Flip;
use viva_avatar::{FaceTake, curves, live_link};
use viva_media::Blendshape;

use super::arguments::{Angle, CurvesArgs, Reading};
use crate::commands::{replay, say, say_json, warn};

/// Rate of a take of one pose, which has none.
const RATE_OF_ONE_HZ: f64 = 25.0;

pub(super) fn curves(args: &CurvesArgs) -> Result<()> {
    kind_of(&args.out)?;
    let take = match (&args.session, &args.take) {
        (Some(folder), _) => FaceTake::new(replay::poses(folder)?)
            .context("the session showed no face: it has no poses to write")?,
        (None, Some(path)) => read_take(path, &args.reading)?,
        (None, None) => bail!("give --session or --take"),
    };
    let take = match args.rate {
        Some(rate) => take.resampled(rate).context("at that rate the take would be too long")?,
        None => take,
    };
    write_take(&take, &args.out)?;
    tell(&take, &args.out, args.json)
}

/// One line about a take that was written.
pub(super) fn tell(take: &FaceTake, out: &Path, json: bool) -> Result<()> {
    let (poses, secs) = (take.poses().len(), take.duration().as_secs());
    let rate = take.rate_hz();
    if json {
        return say_json(&json!({"file": out, "poses": poses, "seconds": secs, "rate_hz": rate}));
    }
    let rate = rate.map_or_else(String::new, |rate| format!(", {rate:.1} per second"));
    say(format!("{}: {poses} poses, {secs:.2} s{rate}", out.display()));
    Ok(())
}

/// Reads a take by the ending of its name; what the file lacks is told on the standard error stream.
pub(super) fn read_take(path: &Path, reading: &Reading) -> Result<FaceTake> {
    let kind = kind_of(path)?;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{} is no text", path.display()))?;
    match kind {
        Kind::Csv => {
            let has = |angle: Angle| reading.flip.contains(&angle);
            let flip = Flip { yaw: has(Angle::Yaw), pitch: has(Angle::Pitch), roll: has(Angle::Roll) };
            let read = live_link::read(&text, reading.csv_rate, flip)
                .with_context(|| format!("{} is no Live Link Face CSV", path.display()))?;
            if !read.missing.is_empty() {
                let names: Vec<&str> = read.missing.iter().copied().map(Blendshape::name).collect();
                warn(format!("{}: no column for {}; they stay at rest", path.display(), names.join(", ")));
            }
            for note in &read.notes {
                warn(format!("{}: {note}", path.display()));
            }
            Ok(read.take)
        }
        Kind::Curves => {
            let read =
                curves::read(&text).with_context(|| format!("{} holds no face curves", path.display()))?;
            if !read.ignored.is_empty() {
                warn(format!(
                    "{}: these curves mean nothing here: {}",
                    path.display(),
                    read.ignored.join(", ")
                ));
            }
            Ok(read.take)
        }
    }
}

/// Writes a take in the format of its name's ending.
pub(super) fn write_take(take: &FaceTake, path: &Path) -> Result<()> {
    let text = match kind_of(path)? {
        Kind::Csv => live_link::write(take, csv_rate(take)),
        Kind::Curves => curves::write(take),
    };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The whole number of frames per second that a timecode counts in.
fn csv_rate(take: &FaceTake) -> f64 {
    take.rate_hz().unwrap_or(RATE_OF_ONE_HZ).round().clamp(1.0, 240.0)
}

/// A take's format.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Live Link Face.
    Csv,
    /// JSON curves.
    Curves,
}

/// By the ending of a name; asked before long work, so that nothing is done in vain.
pub(super) fn kind_of(path: &Path) -> Result<Kind> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(Kind::Csv),
        Some("json") => Ok(Kind::Curves),
        _ => bail!("{}: a take is a .csv (Live Link Face) or a .json (curves)", path.display()),
    }
}
