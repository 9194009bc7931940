//! Takes on the disk, and `viva avatar curves`.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use viva_avatar::live_link::Flip;
use viva_avatar::{FaceTake, TakeFile};

use super::arguments::{Angle, CurvesArgs, Reading};
use crate::commands::{replay, say, say_json, warn};

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
    let has = |angle: Angle| reading.flip.contains(&angle);
    let flip = Flip { yaw: has(Angle::Yaw), pitch: has(Angle::Pitch), roll: has(Angle::Roll) };
    let read = kind
        .read(&text, reading.csv_rate, flip)
        .with_context(|| format!("{} holds no {}", path.display(), kind.name()))?;
    read.notes.iter().for_each(|note| warn(format!("{}: {note}", path.display())));
    Ok(read.take)
}

/// Writes a take in the format of its name's ending.
pub(super) fn write_take(take: &FaceTake, path: &Path) -> Result<()> {
    let text = kind_of(path)?.write(take);
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// By the ending of a name; asked before long work, so that nothing is done in vain.
pub(super) fn kind_of(path: &Path) -> Result<TakeFile> {
    TakeFile::of(path)
        .with_context(|| format!("{}: a take is a .csv (Live Link Face) or a .json (curves)", path.display()))
}
