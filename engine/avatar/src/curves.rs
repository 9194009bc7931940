//! JSON curves: a take as one list of numbers per channel, for programs that draw or edit curves.
//!
//! ```json
//! {"format": "viva.face_curves", "version": 1, "times_s": [0.0, 0.04],
//!  "curves": {"jawOpen": [0.0, 0.31], "headYaw": [0.02, 0.02]}}
//! ```
//!
//! **Units** `times_s` in seconds, ascending; blendshapes by their ARKit names in 0..=1; `headYaw`, `headPitch`, `headRoll`,
//! `gazeYaw`, `gazePitch` in radians with the signs of [`viva_media::FacePose`]; `pupilMm` in millimetres; `breath` in 0..=1.
//! A curve that is not there stands at rest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use viva_media::{Blendshape, FacePose, Radians, Timestamp};

use crate::take::{FaceTake, MAX_POSES};

const FORMAT: &str = "viva.face_curves";
const VERSION: u32 = 1;

/// Channels beside the blendshapes, with how to reach them.
const CHANNELS: [&str; 7] = ["headYaw", "headPitch", "headRoll", "gazeYaw", "gazePitch", "pupilMm", "breath"];

/// Why a text holds no curves.
#[derive(Debug, Error)]
pub enum CurvesError {
    /// The text is no JSON of the expected form.
    #[error("no JSON of face curves: {0}")]
    Json(#[from] serde_json::Error),
    /// Another format or version.
    #[error("the format is {found:?}; read is \"{FORMAT}\" version {VERSION}")]
    Format {
        /// What the file says.
        found: String,
    },
    /// A curve has another length than the times.
    #[error("the curve {curve} has {found} values for {times} times")]
    Length {
        /// Which.
        curve: String,
        /// Its values.
        found: usize,
        /// How many there should be.
        times: usize,
    },
    /// Times fall or a value is not finite.
    #[error("{0}")]
    Value(String),
}

/// A take with what its file held beyond it.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvesTake {
    /// The poses.
    pub take: FaceTake,
    /// Curves whose names mean nothing here; they were left out.
    pub ignored: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    times_s: Vec<f64>,
    curves: BTreeMap<String, Vec<f64>>,
}

/// Writes a take; curves at rest from beginning to end are left out.
#[must_use]
pub fn write(take: &FaceTake) -> String {
    let rest = FacePose::neutral(Timestamp::ZERO);
    let mut curves = BTreeMap::new();
    // Six digits are finer than any morph that is seen, and keep files small.
    let list = |read: &dyn Fn(&FacePose) -> f32| -> Vec<f64> {
        take.poses().iter().map(|pose| (f64::from(read(pose)) * 1e6).round() / 1e6).collect()
    };
    let mut keep = |name: &str, values: Vec<f64>, at_rest: f32| {
        if values.iter().any(|v| (*v - f64::from(at_rest)).abs() > 1e-9) {
            curves.insert(name.to_owned(), values);
        }
    };
    for shape in Blendshape::ALL {
        keep(shape.name(), list(&|pose| pose.weights[shape]), 0.0);
    }
    for channel in CHANNELS {
        keep(channel, list(&|pose| value(pose, channel)), value(&rest, channel));
    }
    let times_s = take.poses().iter().map(|pose| pose.at.as_secs()).collect();
    let file = File { format: FORMAT.into(), version: VERSION, times_s, curves };
    serde_json::to_string(&file).expect("names and finite numbers are JSON")
}

/// Reads a take.
///
/// # Errors
///
/// [`CurvesError`] names the curve and what does not hold.
pub fn read(text: &str) -> Result<CurvesTake, CurvesError> {
    let file: File = serde_json::from_str(text)?;
    if file.format != FORMAT || file.version != VERSION {
        let found = format!("{} version {}", file.format.chars().take(40).collect::<String>(), file.version);
        return Err(CurvesError::Format { found });
    }
    let times = file.times_s.len();
    if times == 0 || times > MAX_POSES {
        return Err(CurvesError::Value(format!("there are {times} times; a take has 1 to {MAX_POSES}")));
    }
    // A clock of centuries would overflow the nanoseconds.
    if !file.times_s.iter().all(|t| t.abs() < 1e9) || !file.times_s.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(CurvesError::Value("times_s does not rise from each value to the next".into()));
    }
    let mut poses: Vec<FacePose> =
        file.times_s.iter().map(|t| FacePose::neutral(Timestamp::from_secs(*t))).collect();
    let mut ignored = Vec::new();
    for (name, values) in &file.curves {
        if values.len() != times {
            return Err(CurvesError::Length { curve: name.clone(), found: values.len(), times });
        }
        if values.iter().any(|v| !v.is_finite() || v.abs() > 1e3) {
            return Err(CurvesError::Value(format!("the curve {name} holds a number out of range")));
        }
        let shape = Blendshape::from_name(name);
        if shape.is_none() && !CHANNELS.contains(&name.as_str()) {
            ignored.push(name.clone());
            continue;
        }
        for (pose, v) in poses.iter_mut().zip(values) {
            match shape {
                Some(shape) => pose.weights[shape] = (*v as f32).clamp(0.0, 1.0),
                None => set(pose, name, *v as f32),
            }
        }
    }
    let take = FaceTake::new(poses).ok_or_else(|| CurvesError::Value("the curves hold no pose".into()))?;
    Ok(CurvesTake { take, ignored })
}

fn value(pose: &FacePose, channel: &str) -> f32 {
    match channel {
        "headYaw" => pose.head_yaw.0,
        "headPitch" => pose.head_pitch.0,
        "headRoll" => pose.head_roll.0,
        "gazeYaw" => pose.gaze_yaw.0,
        "gazePitch" => pose.gaze_pitch.0,
        "pupilMm" => pose.pupil_mm,
        _ => pose.breath,
    }
}

fn set(pose: &mut FacePose, channel: &str, value: f32) {
    match channel {
        "headYaw" => pose.head_yaw = Radians(value),
        "headPitch" => pose.head_pitch = Radians(value),
        "headRoll" => pose.head_roll = Radians(value),
        "gazeYaw" => pose.gaze_yaw = Radians(value),
        "gazePitch" => pose.gaze_pitch = Radians(value),
        "pupilMm" => pose.pupil_mm = value.clamp(2.0, 8.0),
        _ => pose.breath = value.clamp(0.0, 1.0),
    }
}
