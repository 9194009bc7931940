//! Live Link Face CSV: what the iPhone app of that name writes beside a take, read and written.
//!
//! A header line, then a line per frame: `Timecode` (hours:minutes:seconds:frames.fraction), `BlendShapeCount`, 52 weights by
//! their ARKit names in `PascalCase` and nine angles of head and eyes. Columns are found by name, in any order and spelling.
//!
//! **Units** weights 0..=1, angles in radians. A file whose angles exceed a whole turn is taken to be in degrees, and the
//! notes say so. The signs of head angles differ between apps and even with the way a phone is held, and no take of the app was
//! at hand to compare: read and written are Viva's signs ([`viva_media::FacePose`]), and [`Flip`] turns those of a take that
//! looks mirrored.

use std::fmt::Write as _;

use thiserror::Error;
use viva_media::{Blendshape, FacePose, Radians, TimeSpan, Timestamp};

use crate::shapes::names::{Spelling, spelling};
use crate::take::{FaceTake, MAX_POSES};

/// Frames per second of the app where nothing else is known.
pub const DEFAULT_RATE_HZ: f64 = 60.0;

/// Largest file that is read.
const MAX_BYTES: usize = 256 << 20;
/// Rates that a take without a stated one is taken for, and the next beyond them.
const KNOWN_RATES_HZ: [f64; 6] = [24.0, 25.0, 30.0, 50.0, 60.0, 120.0];
const FASTEST_HZ: f64 = 240.0;
/// No head turns farther than this; larger numbers are degrees.
const MOST_RADIANS: f32 = 3.3;

/// The app's order of columns.
const ORDER: [Blendshape; 52] = {
    use Blendshape as B;
    [
        B::EyeBlinkLeft,
        B::EyeLookDownLeft,
        B::EyeLookInLeft,
        B::EyeLookOutLeft,
        B::EyeLookUpLeft,
        B::EyeSquintLeft,
        B::EyeWideLeft,
        B::EyeBlinkRight,
        B::EyeLookDownRight,
        B::EyeLookInRight,
        B::EyeLookOutRight,
        B::EyeLookUpRight,
        B::EyeSquintRight,
        B::EyeWideRight,
        B::JawForward,
        B::JawRight,
        B::JawLeft,
        B::JawOpen,
        B::MouthClose,
        B::MouthFunnel,
        B::MouthPucker,
        B::MouthRight,
        B::MouthLeft,
        B::MouthSmileLeft,
        B::MouthSmileRight,
        B::MouthFrownLeft,
        B::MouthFrownRight,
        B::MouthDimpleLeft,
        B::MouthDimpleRight,
        B::MouthStretchLeft,
        B::MouthStretchRight,
        B::MouthRollLower,
        B::MouthRollUpper,
        B::MouthShrugLower,
        B::MouthShrugUpper,
        B::MouthPressLeft,
        B::MouthPressRight,
        B::MouthLowerDownLeft,
        B::MouthLowerDownRight,
        B::MouthUpperUpLeft,
        B::MouthUpperUpRight,
        B::BrowDownLeft,
        B::BrowDownRight,
        B::BrowInnerUp,
        B::BrowOuterUpLeft,
        B::BrowOuterUpRight,
        B::CheekPuff,
        B::CheekSquintLeft,
        B::CheekSquintRight,
        B::NoseSneerLeft,
        B::NoseSneerRight,
        B::TongueOut,
    ]
};
const ANGLES: [&str; 9] = [
    "HeadYaw",
    "HeadPitch",
    "HeadRoll",
    "LeftEyeYaw",
    "LeftEyePitch",
    "LeftEyeRoll",
    "RightEyeYaw",
    "RightEyePitch",
    "RightEyeRoll",
];

/// Angles whose sign is turned while a take is read; eyes follow the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flip {
    /// Turns to the left and right.
    pub yaw: bool,
    /// Nods.
    pub pitch: bool,
    /// Tilts to a shoulder.
    pub roll: bool,
}

/// Why a file is no Live Link Face CSV.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LiveLinkError {
    /// The file is too large.
    #[error("the file has {0} bytes, more than the {MAX_BYTES} that are read: cut the take")]
    TooLarge(usize),
    /// No column is a blendshape.
    #[error(
        "no column of the header is an ARKit blendshape: the first line should read Timecode,BlendShapeCount,EyeBlinkLeft,... (found: {0})"
    )]
    NoBlendshapes(String),
    /// The same column twice.
    #[error("two columns are called {0}: remove one")]
    Twice(String),
    /// A line cannot be read.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What does not hold.
        problem: String,
    },
    /// Nothing below the header.
    #[error("there is no frame below the header")]
    Empty,
    /// Too many frames.
    #[error("there are more than {MAX_POSES} frames: cut the take")]
    TooLong,
}

/// A take with what its file did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveLinkTake {
    /// The poses; time begins at zero.
    pub take: FaceTake,
    /// Frames per second by which the timecode was read.
    pub rate_hz: f64,
    /// Timecode of the first frame.
    pub first_timecode: Option<String>,
    /// Blendshapes without a column; they stay at zero.
    pub missing: Vec<Blendshape>,
    /// What else should be known: columns that mean nothing here, cells out of range, units.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy)]
enum Column {
    Timecode,
    Shape(Blendshape),
    Angle(usize),
    Ignored,
}

/// Reads the text of a file; `rate_hz` is that of the take where it is known, else it is found from the timecode.
///
/// Weights beyond 0..=1 are held at the bounds and counted in the notes. An empty cell is zero.
///
/// # Errors
///
/// [`LiveLinkError`] with the line and the mend.
pub fn read(text: &str, rate_hz: Option<f64>, flip: Flip) -> Result<LiveLinkTake, LiveLinkError> {
    if text.len() > MAX_BYTES {
        return Err(LiveLinkError::TooLarge(text.len()));
    }
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| wrong(&error))?.clone();
    let (columns, mut notes) = columns_of(&header)?;
    let mut rows = Rows::default();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        // The app ends some files with a line of commas.
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.weights.len() == MAX_POSES {
            return Err(LiveLinkError::TooLong);
        }
        if record.len() != header.len() {
            let problem = format!(
                "has {} cells under {} columns; the take may have been cut off here: delete the line",
                record.len(),
                header.len()
            );
            return Err(LiveLinkError::Line { line, problem });
        }
        rows.push(&record, &header, &columns, line)?;
    }
    let (times, rate_hz) = times(&rows.timecodes, rate_hz, &mut notes);
    let missing: Vec<Blendshape> = ORDER
        .into_iter()
        .filter(|s| !columns.iter().any(|c| matches!(c, Column::Shape(x) if x == s)))
        .collect();
    if rows.clamped > 0 {
        notes.push(format!("{} weights outside 0..1 were held at the bounds", rows.clamped));
    }
    let to_radians = if rows.largest_angle > MOST_RADIANS {
        notes.push("angles exceed a turn in radians and were read as degrees".into());
        1.0_f32.to_radians()
    } else {
        1.0
    };
    let first_timecode = rows.timecodes.first().cloned().flatten();
    let poses = rows.poses(&times, to_radians, flip);
    let take = FaceTake::new(poses).ok_or(LiveLinkError::Empty)?;
    Ok(LiveLinkTake { take, rate_hz, first_timecode, missing, notes })
}

/// Writes a take in the app's order of columns, a line per pose.
///
/// **Units** as [`read`]; timecodes begin at `00:00:00:00` and count frames of the next rate that readers know from `rate_hz` on (at
/// most 240), fractions included, so that poses off the beat keep their time to a thousandth of a frame.
#[must_use]
pub fn write(take: &FaceTake, rate_hz: f64) -> String {
    let mut out = String::from("Timecode,BlendShapeCount");
    for shape in ORDER {
        out.push(',');
        out.push_str(&pascal(shape));
    }
    for angle in ANGLES {
        out.push(',');
        out.push_str(angle);
    }
    out.push('\n');
    // Readers tell the rate by the frames: they are counted at one that is known, and fractions keep each pose's time.
    let rate_hz = KNOWN_RATES_HZ.into_iter().find(|known| rate_hz <= *known).unwrap_or(FASTEST_HZ);
    for pose in take.poses() {
        out.push_str(&timecode((pose.at - take.start()).as_secs(), rate_hz));
        out.push_str(",61");
        let number =
            |out: &mut String, x: f32| write!(out, ",{x:.8}").expect("a string takes what is written");
        for shape in ORDER {
            number(&mut out, pose.weights[shape]);
        }
        let eyes = [pose.gaze_yaw.0, pose.gaze_pitch.0, 0.0];
        for angle in
            [pose.head_yaw.0, pose.head_pitch.0, pose.head_roll.0].into_iter().chain(eyes).chain(eyes)
        {
            number(&mut out, angle);
        }
        out.push('\n');
    }
    out
}

/// The ARKit name as this format and many programs of performers write it, for example `JawOpen`.
#[must_use]
pub fn pascal(shape: Blendshape) -> String {
    let name = shape.name();
    name[..1].to_ascii_uppercase() + &name[1..]
}

fn wrong(error: &csv::Error) -> LiveLinkError {
    let line = error.position().map_or(1, csv::Position::line);
    LiveLinkError::Line { line, problem: error.to_string() }
}

fn columns_of(header: &csv::StringRecord) -> Result<(Vec<Column>, Vec<String>), LiveLinkError> {
    let mut columns = Vec::new();
    let mut ignored = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for name in header {
        let plain = name.to_ascii_lowercase();
        let column = if plain == "timecode" {
            Column::Timecode
        } else if let Some(angle) = ANGLES.iter().position(|angle| angle.eq_ignore_ascii_case(name)) {
            Column::Angle(angle)
        } else if let Spelling::Shape(shape) = spelling(name) {
            Column::Shape(shape)
        } else {
            if plain != "blendshapecount" && !name.is_empty() {
                ignored.push(name.chars().take(40).collect::<String>());
            }
            Column::Ignored
        };
        let key = match column {
            Column::Timecode => Some(100),
            Column::Shape(shape) => Some(shape as usize),
            Column::Angle(angle) => Some(60 + angle),
            Column::Ignored => None,
        };
        if key.is_some_and(|key| !seen.insert(key)) {
            return Err(LiveLinkError::Twice(name.to_owned()));
        }
        columns.push(column);
    }
    if !columns.iter().any(|c| matches!(c, Column::Shape(_))) {
        let found: Vec<String> = header.iter().take(4).map(|n| n.chars().take(30).collect()).collect();
        return Err(LiveLinkError::NoBlendshapes(found.join(",")));
    }
    let mut notes = Vec::new();
    if !ignored.is_empty() {
        let more = ignored.len().saturating_sub(8);
        ignored.truncate(8);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!("columns that mean nothing here: {}{tail}", ignored.join(", ")));
    }
    let absent: Vec<&str> = (0..3).filter(|a| !seen.contains(&(60 + a))).map(|a| ANGLES[a]).collect();
    if !absent.is_empty() {
        notes.push(format!("no column {}: the head stays straight about it", absent.join(", ")));
    }
    Ok((columns, notes))
}

/// The cells that were read.
#[derive(Default)]
struct Rows {
    timecodes: Vec<Option<String>>,
    weights: Vec<[f32; 52]>,
    angles: Vec<[f32; 9]>,
    clamped: u64,
    largest_angle: f32,
}

impl Rows {
    fn push(
        &mut self,
        record: &csv::StringRecord,
        header: &csv::StringRecord,
        columns: &[Column],
        line: u64,
    ) -> Result<(), LiveLinkError> {
        let (mut weights, mut angles, mut timecode) = ([0.0; 52], [0.0; 9], None);
        for ((cell, column), name) in record.iter().zip(columns).zip(header) {
            let number = || match cell {
                "" => Ok(0.0),
                _ => cell.parse::<f32>().ok().filter(|x| x.is_finite()).ok_or_else(|| LiveLinkError::Line {
                    line,
                    problem: format!("{name} is no number: {:?}", cell.chars().take(30).collect::<String>()),
                }),
            };
            match *column {
                Column::Timecode => timecode = (!cell.is_empty()).then(|| cell.to_owned()),
                Column::Shape(shape) => {
                    let weight = number()?;
                    self.clamped += u64::from(!(-1e-3..=1.001).contains(&weight));
                    weights[shape as usize] = weight.clamp(0.0, 1.0);
                }
                Column::Angle(angle) => {
                    angles[angle] = number()?;
                    self.largest_angle = self.largest_angle.max(angles[angle].abs());
                }
                Column::Ignored => {}
            }
        }
        self.timecodes.push(timecode);
        self.weights.push(weights);
        self.angles.push(angles);
        Ok(())
    }

    fn poses(&self, times: &[Timestamp], to_radians: f32, flip: Flip) -> Vec<FacePose> {
        let sign = |flipped: bool| if flipped { -to_radians } else { to_radians };
        let (yaw, pitch, roll) = (sign(flip.yaw), sign(flip.pitch), sign(flip.roll));
        let row = |((weights, a), at): ((&[f32; 52], &[f32; 9]), &Timestamp)| {
            let mut pose = FacePose::neutral(*at);
            pose.weights.0 = *weights;
            pose.head_yaw = Radians(a[0] * yaw);
            pose.head_pitch = Radians(a[1] * pitch);
            pose.head_roll = Radians(a[2] * roll);
            pose.gaze_yaw = Radians((a[3] + a[6]) * 0.5 * yaw);
            pose.gaze_pitch = Radians((a[4] + a[7]) * 0.5 * pitch);
            pose
        };
        self.weights.iter().zip(&self.angles).zip(times).map(row).collect()
    }
}

/// Times from the first frame, and the rate by which they were read.
fn times(
    timecodes: &[Option<String>],
    rate_hz: Option<f64>,
    notes: &mut Vec<String>,
) -> (Vec<Timestamp>, f64) {
    let parsed: Option<Vec<(i64, f64)>> = timecodes.iter().map(|t| parse_timecode(t.as_deref()?)).collect();
    let beat = |rate: f64| (0..timecodes.len()).map(move |n| Timestamp::from_secs(n as f64 / rate)).collect();
    let Some(parsed) = parsed.filter(|list| !list.is_empty()) else {
        let rate = rate_hz.unwrap_or(DEFAULT_RATE_HZ);
        notes.push(format!("no timecode that can be read on every line: frames are taken {rate} per second"));
        return (beat(rate), rate);
    };
    let most = parsed.iter().map(|(_, frames)| *frames).fold(0.0, f64::max);
    // Frames count up to one less than the rate.
    let found = KNOWN_RATES_HZ.into_iter().find(|rate| most < *rate).unwrap_or(FASTEST_HZ);
    let spans_a_second = parsed.first().map(|p| p.0) != parsed.last().map(|p| p.0);
    let rate = rate_hz.unwrap_or(if spans_a_second { found } else { DEFAULT_RATE_HZ.max(found) });
    if rate_hz.is_none() && !spans_a_second && parsed.len() > 1 {
        notes.push(format!(
            "a take within one second does not tell its rate: frames are taken {rate} per second"
        ));
    }
    let secs = |(whole, frames): &(i64, f64)| *whole as f64 + frames / rate;
    let first = secs(&parsed[0]);
    let mut times: Vec<Timestamp> = parsed.iter().map(|t| Timestamp::from_secs(secs(t) - first)).collect();
    if let Some(at) = times.windows(2).position(|pair| pair[1] <= pair[0]) {
        // A take over midnight, or one whose frames were dropped by an editor.
        notes.push(format!(
            "the timecode does not rise after frame {}: frames are taken {rate} per second",
            at + 1
        ));
        times = beat(rate);
    }
    (times, rate)
}

/// Whole seconds and frames of `hours:minutes:seconds:frames.fraction`; drop-frame semicolons are accepted.
fn parse_timecode(text: &str) -> Option<(i64, f64)> {
    let parts: Vec<&str> = text.split([':', ';']).collect();
    let [hours, minutes, seconds, frames] = parts[..] else { return None };
    let whole = |text: &str, most: i64| text.parse::<i64>().ok().filter(|x| (0..=most).contains(x));
    let frames: f64 = frames.parse().ok().filter(|f: &f64| (0.0..1000.0).contains(f))?;
    Some((whole(hours, 99)? * 3600 + whole(minutes, 59)? * 60 + whole(seconds, 59)?, frames))
}

fn timecode(secs: f64, rate_hz: f64) -> String {
    // In thousandths of a frame, so that no rounding gives a sixtieth frame.
    let per_second = (rate_hz * 1000.0).round() as i64;
    let all = (TimeSpan::from_secs(secs).as_secs() * per_second as f64).round() as i64;
    let (whole, rest) = (all.div_euclid(per_second), all.rem_euclid(per_second));
    format!(
        "{:02}:{:02}:{:02}:{:02}.{:03}",
        whole / 3600,
        whole / 60 % 60,
        whole % 60,
        rest / 1000,
        rest % 1000
    )
}
