//! Where the eyes look, coarsely: towards the screen or away from it.

use viva_media::{Blendshape, Blendshapes, Radians, TimeSpan, Timestamp};

use super::points::{
    LEFT_EYE_INNER, LEFT_EYE_OUTER, LEFT_IRIS, Landmarks, RIGHT_EYE_INNER, RIGHT_EYE_OUTER, RIGHT_IRIS,
    distance,
};

/// What counts as looking towards the screen. The error of one frame is several degrees: nothing finer can be said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GazeConfig {
    /// Turn of the eyes at full `eyeLookIn` or `eyeLookOut`, in radians.
    pub full_yaw: f32,
    /// Turn of the eyes at full `eyeLookUp` or `eyeLookDown`, in radians.
    pub full_pitch: f32,
    /// Middle of the screen seen from the camera, in radians: the camera usually sits above it.
    pub screen_pitch: f32,
    /// Half the width of what counts as the screen, in radians.
    pub half_width: f32,
    /// Half the height of what counts as the screen, in radians.
    pub half_height: f32,
    /// How long a new direction must last before it is believed.
    pub dwell: TimeSpan,
    /// Blendshapes and irises that differ by more than this (radians) do not change what is believed.
    pub most_disagreement: f32,
}

impl Default for GazeConfig {
    fn default() -> Self {
        Self {
            full_yaw: 30.0_f32.to_radians(),
            full_pitch: 25.0_f32.to_radians(),
            screen_pitch: 6.0_f32.to_radians(),
            half_width: 22.0_f32.to_radians(),
            half_height: 20.0_f32.to_radians(),
            dwell: TimeSpan::from_millis(300),
            most_disagreement: 20.0_f32.to_radians(),
        }
    }
}

/// A direction, relative to the head.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gaze {
    /// Positive to the face's own left.
    pub yaw: Radians,
    /// Positive looks down.
    pub pitch: Radians,
}

/// The direction of the eyes from their `eyeLook*` weights, both eyes averaged.
#[must_use]
pub fn shape_gaze(weights: &Blendshapes, config: &GazeConfig) -> Gaze {
    let w = |shape: Blendshape| weights[shape];
    let yaw = w(Blendshape::EyeLookOutLeft) - w(Blendshape::EyeLookInLeft) + w(Blendshape::EyeLookInRight)
        - w(Blendshape::EyeLookOutRight);
    let pitch = w(Blendshape::EyeLookDownLeft) - w(Blendshape::EyeLookUpLeft)
        + w(Blendshape::EyeLookDownRight)
        - w(Blendshape::EyeLookUpRight);
    Gaze { yaw: Radians(yaw / 2.0 * config.full_yaw), pitch: Radians(pitch / 2.0 * config.full_pitch) }
}

/// The eyes' yaw relative to the head from where the irises lie between the corners of the eyes: an independent check.
///
/// The eyeball's radius is taken as 0.4 of the distance between the corners of the eye (12 of 30 mm).
#[must_use]
pub fn iris_yaw(points: &Landmarks) -> Radians {
    let offset = |iris: usize, own_right: usize, own_left: usize| {
        let width = distance(points, own_right, own_left).max(1e-3);
        let axis: [f32; 3] = std::array::from_fn(|i| (points[own_left][i] - points[own_right][i]) / width);
        let along: f32 = (0..3)
            .map(|i| (points[iris][i] - (points[own_left][i] + points[own_right][i]) / 2.0) * axis[i])
            .sum();
        along / width
    };
    let mean = (offset(RIGHT_IRIS, RIGHT_EYE_OUTER, RIGHT_EYE_INNER)
        + offset(LEFT_IRIS, LEFT_EYE_INNER, LEFT_EYE_OUTER))
        / 2.0;
    Radians((mean / 0.4).clamp(-1.0, 1.0).asin())
}

/// Believes a new answer only after it has lasted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScreenWatcher {
    towards: bool,
    other_since: Option<Timestamp>,
}

impl ScreenWatcher {
    /// Whether the candidate looks towards the screen; `now` is what this frame says, `None` where it says nothing.
    pub(crate) fn step(&mut self, at: Timestamp, now: Option<bool>, config: &GazeConfig) -> bool {
        match now {
            Some(now) if now != self.towards => {
                let since = *self.other_since.get_or_insert(at);
                if at - since >= config.dwell {
                    *self = Self { towards: now, other_since: None };
                }
            }
            Some(_) => self.other_since = None,
            None => {}
        }
        self.towards
    }
}

/// Whether a direction seen from the camera (head and eyes together) meets the screen.
pub(crate) fn meets_screen(yaw: f32, pitch: f32, config: &GazeConfig) -> bool {
    yaw.abs() <= config.half_width && (pitch - config.screen_pitch).abs() <= config.half_height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::points::LANDMARK_COUNT;

    #[test]
    fn directions_follow_the_shapes() {
        use Blendshape::*;
        let config = GazeConfig::default();
        let near = |a: f32, b: f32| (a - b).abs() < 1e-6;
        for (name, shapes, yaw, pitch) in [
            ("ahead", vec![], 0.0, 0.0),
            ("own left", vec![EyeLookOutLeft, EyeLookInRight], config.full_yaw, 0.0),
            ("own right", vec![EyeLookInLeft, EyeLookOutRight], -config.full_yaw, 0.0),
            ("down", vec![EyeLookDownLeft, EyeLookDownRight], 0.0, config.full_pitch),
            ("up", vec![EyeLookUpLeft, EyeLookUpRight], 0.0, -config.full_pitch),
            ("cross-eyed", vec![EyeLookInLeft, EyeLookInRight], 0.0, 0.0),
        ] {
            let mut weights = Blendshapes::default();
            for shape in shapes {
                weights[shape] = 1.0;
            }
            let gaze = shape_gaze(&weights, &config);
            assert!(near(gaze.yaw.0, yaw) && near(gaze.pitch.0, pitch), "{name}: {gaze:?}");
        }
    }

    #[test]
    fn irises_towards_the_own_left_are_positive() {
        let mut points: Landmarks = [[0.0; 3]; LANDMARK_COUNT];
        // In the picture the subject's right eye is on the left.
        (points[RIGHT_EYE_OUTER][0], points[RIGHT_EYE_INNER][0]) = (10.0, 40.0);
        (points[LEFT_EYE_INNER][0], points[LEFT_EYE_OUTER][0]) = (60.0, 90.0);
        (points[RIGHT_IRIS][0], points[LEFT_IRIS][0]) = (25.0, 75.0);
        assert!(iris_yaw(&points).0.abs() < 1e-6);
        (points[RIGHT_IRIS][0], points[LEFT_IRIS][0]) = (31.0, 81.0);
        assert!((iris_yaw(&points).0 - 30.0_f32.to_radians()).abs() < 1e-4, "{:?}", iris_yaw(&points));
        assert!(iris_yaw(&[[0.0; 3]; LANDMARK_COUNT]).0.is_finite());
    }

    #[test]
    fn a_glance_is_not_believed() {
        // One letter per 100 ms: s screen, a away, - says nothing. Then the belief after each.
        let beliefs = |series: &str| -> String {
            let mut watcher = ScreenWatcher::default();
            let step = |(i, c): (usize, char)| {
                let now = (c != '-').then_some(c == 's');
                let at = Timestamp::from_millis(i as i64 * 100);
                if watcher.step(at, now, &GazeConfig::default()) { 's' } else { 'a' }
            };
            series.chars().enumerate().map(step).collect()
        };
        for (series, expect) in [
            ("sssss", "aaass"),
            ("ssasss", "aaaaaa"),
            ("ssssaasss", "aaassssss"),
            ("ssssaaaaa", "aaassssaa"),
            ("ss--s", "aaaas"),
        ] {
            assert_eq!(beliefs(series), expect, "{series}");
        }
    }
}
