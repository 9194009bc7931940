//! A recorded curve of poses: written as JSON, read again, and a source of poses like a performance.

use serde::{Deserialize, Serialize};
use viva_media::{BLENDSHAPE_COUNT, Blendshape, Blendshapes, FacePose, Radians, Timestamp};

/// More poses than this are no curve of ours, nor a take of a performer.
const MOST_POSES: usize = viva_avatar::take::MAX_POSES;

/// Poses in the order of their times.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    pub(crate) name: String,
    poses: Vec<FacePose>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    /// Names of the columns of `weights`, in order.
    blendshapes: Vec<String>,
    /// Seconds.
    t: Vec<f64>,
    weights: Vec<Vec<f32>>,
    /// Degrees: head yaw, pitch, roll, gaze yaw, pitch.
    angles: Vec<[f32; 5]>,
    pupil_mm: Vec<f32>,
    breath: Vec<f32>,
}

const FORMAT: &str = "viva-curves-1";

impl Curve {
    /// **Errors** for no pose, poses out of order, and numbers that are none.
    pub(crate) fn new(name: &str, poses: Vec<FacePose>) -> Result<Self, String> {
        if poses.is_empty() || poses.len() > MOST_POSES {
            return Err(format!("a curve has 1 to {MOST_POSES} poses, not {}", poses.len()));
        }
        if !poses.is_sorted_by(|a, b| a.at < b.at) {
            return Err("the times of a curve ascend".to_owned());
        }
        if let Some(pose) = poses.iter().find(|pose| !is_sound(pose)) {
            return Err(format!("the pose at {:.3} s holds a number that is none", pose.at.as_secs()));
        }
        Ok(Self { name: name.to_owned(), poses })
    }

    pub(crate) fn end_secs(&self) -> f64 {
        self.poses.last().map_or(0.0, |pose| pose.at.as_secs())
    }

    /// The pose at a time: the last one that is not after it.
    pub(crate) fn pose(&self, secs: f64) -> FacePose {
        let at = Timestamp::from_secs(secs);
        let after = self.poses.partition_point(|pose| pose.at <= at);
        self.poses[after.saturating_sub(1)]
    }

    /// The pose so many places before or after the one at a time.
    pub(crate) fn step(&self, secs: f64, by: isize) -> f64 {
        let at = Timestamp::from_secs(secs);
        let now = self.poses.partition_point(|pose| pose.at <= at).saturating_sub(1);
        let next = now.saturating_add_signed(by).min(self.poses.len() - 1);
        self.poses[next].at.as_secs()
    }

    pub(crate) fn to_json(&self) -> String {
        let file = File {
            format: FORMAT.to_owned(),
            blendshapes: Blendshape::ALL.iter().map(|shape| shape.name().to_owned()).collect(),
            t: self.poses.iter().map(|pose| pose.at.as_secs()).collect(),
            weights: self.poses.iter().map(|pose| pose.weights.0.to_vec()).collect(),
            angles: self.poses.iter().map(|pose| angles(pose).map(Radians::to_degrees)).collect(),
            pupil_mm: self.poses.iter().map(|pose| pose.pupil_mm).collect(),
            breath: self.poses.iter().map(|pose| pose.breath).collect(),
        };
        serde_json::to_string(&file).expect("numbers and names are JSON")
    }

    /// **Errors** say what is no curve about it.
    pub(crate) fn from_json(name: &str, text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| format!("no file of curves: {error}"))?;
        if file.format != FORMAT {
            return Err(format!("a file of curves has the format {FORMAT}, not {:?}", file.format));
        }
        let columns: Vec<Blendshape> = file
            .blendshapes
            .iter()
            .map(|name| {
                Blendshape::from_name(name).ok_or_else(|| format!("no blendshape is called {name:?}"))
            })
            .collect::<Result<_, _>>()?;
        let length = file.t.len();
        let lengths = [file.weights.len(), file.angles.len(), file.pupil_mm.len(), file.breath.len()];
        if lengths.iter().any(|other| *other != length) {
            return Err(format!("{length} times, but {lengths:?} weights, angles, pupils and breaths"));
        }
        let mut poses = Vec::with_capacity(length.min(MOST_POSES));
        for (index, &secs) in file.t.iter().enumerate() {
            if file.weights[index].len() != columns.len() || columns.len() > BLENDSHAPE_COUNT {
                return Err(format!(
                    "row {index} has {} weights for {} names",
                    file.weights[index].len(),
                    columns.len()
                ));
            }
            if !(0.0..=1e6).contains(&secs) {
                return Err(format!("row {index} is at {secs} s"));
            }
            let mut weights = Blendshapes::default();
            for (shape, weight) in columns.iter().zip(&file.weights[index]) {
                weights[*shape] = weight.clamp(0.0, 1.0);
            }
            let [head_yaw, head_pitch, head_roll, gaze_yaw, gaze_pitch] =
                file.angles[index].map(Radians::from_degrees);
            poses.push(FacePose {
                at: Timestamp::from_secs(secs),
                weights,
                head_yaw,
                head_pitch,
                head_roll,
                gaze_yaw,
                gaze_pitch,
                pupil_mm: file.pupil_mm[index].clamp(2.0, 8.0),
                breath: file.breath[index].clamp(0.0, 1.0),
            });
        }
        Self::new(name, poses)
    }
}

fn angles(pose: &FacePose) -> [Radians; 5] {
    [pose.head_yaw, pose.head_pitch, pose.head_roll, pose.gaze_yaw, pose.gaze_pitch]
}

fn is_sound(pose: &FacePose) -> bool {
    let angles = angles(pose).map(|angle| angle.0);
    pose.weights.0.iter().chain(&angles).chain(&[pose.pupil_mm, pose.breath]).all(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::performance::Performance;
    use crate::core::take::Take;
    use viva_behaviour::Profile;

    fn curve() -> Curve {
        let mut performance = Performance::new(Profile::examiner(), Take::new(3));
        let poses = (0..50).map(|frame| performance.pose(f64::from(frame) / 25.0)).collect();
        Curve::new("x", poses).expect("is a curve")
    }

    #[test]
    fn a_written_curve_is_read_again() {
        let curve = curve();
        let again = Curve::from_json("x", &curve.to_json()).expect("we wrote it");
        for frame in 0..50 {
            let (a, b) = (curve.pose(f64::from(frame) / 25.0), again.pose(f64::from(frame) / 25.0));
            assert_eq!(a.weights, b.weights);
            assert!((a.head_yaw.0 - b.head_yaw.0).abs() < 1e-6 && a.pupil_mm == b.pupil_mm);
        }
        assert!(
            (again.step(0.0, 3) - 0.12).abs() < 0.01 && again.step(0.0, -3) == again.pose(0.0).at.as_secs()
        );
        assert_eq!(again.pose(-1.0), again.pose(0.0));
        assert_eq!(again.pose(1e9), again.pose(1.96));
    }

    #[test]
    fn what_is_no_curve_is_refused_with_words() {
        let whole = curve().to_json();
        for (text, word) in [
            ("", "no file of curves"),
            ("{}", "missing field"),
            (&whole.replace("viva-curves-1", "x"), "format"),
            (&whole.replace("\"jawOpen\"", "\"jawApen\""), "jawApen"),
            (&whole.replace("\"t\":[0.0,", "\"t\":[9.0,"), "ascend"),
            (&whole.replace("\"t\":[0.0,", "\"t\":[-1.0,"), "is at -1 s"),
            (&whole.replace("\"t\":[0.0,", "\"t\":["), "49 times"),
            (&whole.replace("\"jawOpen\",", ""), "52 weights for 51"),
        ] {
            let error = Curve::from_json("x", text).expect_err(word);
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}
