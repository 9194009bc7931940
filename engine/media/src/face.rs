//! The words for a face: the 52 ARKit blendshapes and the pose that behaviour draws and render shows.

use serde::{Deserialize, Serialize};

use crate::{Radians, Timestamp};

/// How many blendshapes there are.
pub const BLENDSHAPE_COUNT: usize = 52;

/// The 52 ARKit blendshapes, in the alphabetical order of their names; left and right are the subject's own.
///
/// **Source**: Apple ARKit `ARFaceAnchor.BlendShapeLocation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum Blendshape {
    /// `browDownLeft`.
    BrowDownLeft,
    /// `browDownRight`.
    BrowDownRight,
    /// `browInnerUp`.
    BrowInnerUp,
    /// `browOuterUpLeft`.
    BrowOuterUpLeft,
    /// `browOuterUpRight`.
    BrowOuterUpRight,
    /// `cheekPuff`.
    CheekPuff,
    /// `cheekSquintLeft`.
    CheekSquintLeft,
    /// `cheekSquintRight`.
    CheekSquintRight,
    /// `eyeBlinkLeft`.
    EyeBlinkLeft,
    /// `eyeBlinkRight`.
    EyeBlinkRight,
    /// `eyeLookDownLeft`.
    EyeLookDownLeft,
    /// `eyeLookDownRight`.
    EyeLookDownRight,
    /// `eyeLookInLeft`.
    EyeLookInLeft,
    /// `eyeLookInRight`.
    EyeLookInRight,
    /// `eyeLookOutLeft`.
    EyeLookOutLeft,
    /// `eyeLookOutRight`.
    EyeLookOutRight,
    /// `eyeLookUpLeft`.
    EyeLookUpLeft,
    /// `eyeLookUpRight`.
    EyeLookUpRight,
    /// `eyeSquintLeft`.
    EyeSquintLeft,
    /// `eyeSquintRight`.
    EyeSquintRight,
    /// `eyeWideLeft`.
    EyeWideLeft,
    /// `eyeWideRight`.
    EyeWideRight,
    /// `jawForward`.
    JawForward,
    /// `jawLeft`.
    JawLeft,
    /// `jawOpen`.
    JawOpen,
    /// `jawRight`.
    JawRight,
    /// `mouthClose`.
    MouthClose,
    /// `mouthDimpleLeft`.
    MouthDimpleLeft,
    /// `mouthDimpleRight`.
    MouthDimpleRight,
    /// `mouthFrownLeft`.
    MouthFrownLeft,
    /// `mouthFrownRight`.
    MouthFrownRight,
    /// `mouthFunnel`.
    MouthFunnel,
    /// `mouthLeft`.
    MouthLeft,
    /// `mouthLowerDownLeft`.
    MouthLowerDownLeft,
    /// `mouthLowerDownRight`.
    MouthLowerDownRight,
    /// `mouthPressLeft`.
    MouthPressLeft,
    /// `mouthPressRight`.
    MouthPressRight,
    /// `mouthPucker`.
    MouthPucker,
    /// `mouthRight`.
    MouthRight,
    /// `mouthRollLower`.
    MouthRollLower,
    /// `mouthRollUpper`.
    MouthRollUpper,
    /// `mouthShrugLower`.
    MouthShrugLower,
    /// `mouthShrugUpper`.
    MouthShrugUpper,
    /// `mouthSmileLeft`.
    MouthSmileLeft,
    /// `mouthSmileRight`.
    MouthSmileRight,
    /// `mouthStretchLeft`.
    MouthStretchLeft,
    /// `mouthStretchRight`.
    MouthStretchRight,
    /// `mouthUpperUpLeft`.
    MouthUpperUpLeft,
    /// `mouthUpperUpRight`.
    MouthUpperUpRight,
    /// `noseSneerLeft`.
    NoseSneerLeft,
    /// `noseSneerRight`.
    NoseSneerRight,
    /// `tongueOut`.
    TongueOut,
}

impl Blendshape {
    /// All of them, in order; the index is `shape as usize`.
    pub const ALL: [Self; BLENDSHAPE_COUNT] = [
        Self::BrowDownLeft,
        Self::BrowDownRight,
        Self::BrowInnerUp,
        Self::BrowOuterUpLeft,
        Self::BrowOuterUpRight,
        Self::CheekPuff,
        Self::CheekSquintLeft,
        Self::CheekSquintRight,
        Self::EyeBlinkLeft,
        Self::EyeBlinkRight,
        Self::EyeLookDownLeft,
        Self::EyeLookDownRight,
        Self::EyeLookInLeft,
        Self::EyeLookInRight,
        Self::EyeLookOutLeft,
        Self::EyeLookOutRight,
        Self::EyeLookUpLeft,
        Self::EyeLookUpRight,
        Self::EyeSquintLeft,
        Self::EyeSquintRight,
        Self::EyeWideLeft,
        Self::EyeWideRight,
        Self::JawForward,
        Self::JawLeft,
        Self::JawOpen,
        Self::JawRight,
        Self::MouthClose,
        Self::MouthDimpleLeft,
        Self::MouthDimpleRight,
        Self::MouthFrownLeft,
        Self::MouthFrownRight,
        Self::MouthFunnel,
        Self::MouthLeft,
        Self::MouthLowerDownLeft,
        Self::MouthLowerDownRight,
        Self::MouthPressLeft,
        Self::MouthPressRight,
        Self::MouthPucker,
        Self::MouthRight,
        Self::MouthRollLower,
        Self::MouthRollUpper,
        Self::MouthShrugLower,
        Self::MouthShrugUpper,
        Self::MouthSmileLeft,
        Self::MouthSmileRight,
        Self::MouthStretchLeft,
        Self::MouthStretchRight,
        Self::MouthUpperUpLeft,
        Self::MouthUpperUpRight,
        Self::NoseSneerLeft,
        Self::NoseSneerRight,
        Self::TongueOut,
    ];

    /// The ARKit name, for example `jawOpen`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BrowDownLeft => "browDownLeft",
            Self::BrowDownRight => "browDownRight",
            Self::BrowInnerUp => "browInnerUp",
            Self::BrowOuterUpLeft => "browOuterUpLeft",
            Self::BrowOuterUpRight => "browOuterUpRight",
            Self::CheekPuff => "cheekPuff",
            Self::CheekSquintLeft => "cheekSquintLeft",
            Self::CheekSquintRight => "cheekSquintRight",
            Self::EyeBlinkLeft => "eyeBlinkLeft",
            Self::EyeBlinkRight => "eyeBlinkRight",
            Self::EyeLookDownLeft => "eyeLookDownLeft",
            Self::EyeLookDownRight => "eyeLookDownRight",
            Self::EyeLookInLeft => "eyeLookInLeft",
            Self::EyeLookInRight => "eyeLookInRight",
            Self::EyeLookOutLeft => "eyeLookOutLeft",
            Self::EyeLookOutRight => "eyeLookOutRight",
            Self::EyeLookUpLeft => "eyeLookUpLeft",
            Self::EyeLookUpRight => "eyeLookUpRight",
            Self::EyeSquintLeft => "eyeSquintLeft",
            Self::EyeSquintRight => "eyeSquintRight",
            Self::EyeWideLeft => "eyeWideLeft",
            Self::EyeWideRight => "eyeWideRight",
            Self::JawForward => "jawForward",
            Self::JawLeft => "jawLeft",
            Self::JawOpen => "jawOpen",
            Self::JawRight => "jawRight",
            Self::MouthClose => "mouthClose",
            Self::MouthDimpleLeft => "mouthDimpleLeft",
            Self::MouthDimpleRight => "mouthDimpleRight",
            Self::MouthFrownLeft => "mouthFrownLeft",
            Self::MouthFrownRight => "mouthFrownRight",
            Self::MouthFunnel => "mouthFunnel",
            Self::MouthLeft => "mouthLeft",
            Self::MouthLowerDownLeft => "mouthLowerDownLeft",
            Self::MouthLowerDownRight => "mouthLowerDownRight",
            Self::MouthPressLeft => "mouthPressLeft",
            Self::MouthPressRight => "mouthPressRight",
            Self::MouthPucker => "mouthPucker",
            Self::MouthRight => "mouthRight",
            Self::MouthRollLower => "mouthRollLower",
            Self::MouthRollUpper => "mouthRollUpper",
            Self::MouthShrugLower => "mouthShrugLower",
            Self::MouthShrugUpper => "mouthShrugUpper",
            Self::MouthSmileLeft => "mouthSmileLeft",
            Self::MouthSmileRight => "mouthSmileRight",
            Self::MouthStretchLeft => "mouthStretchLeft",
            Self::MouthStretchRight => "mouthStretchRight",
            Self::MouthUpperUpLeft => "mouthUpperUpLeft",
            Self::MouthUpperUpRight => "mouthUpperUpRight",
            Self::NoseSneerLeft => "noseSneerLeft",
            Self::NoseSneerRight => "noseSneerRight",
            Self::TongueOut => "tongueOut",
        }
    }

    /// The blendshape of an ARKit name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }
}

/// A weight for each blendshape.
///
/// **Shape** `[52]` in the order of [`Blendshape::ALL`]. **Range** 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blendshapes(pub [f32; BLENDSHAPE_COUNT]);

impl Default for Blendshapes {
    fn default() -> Self {
        Self([0.0; BLENDSHAPE_COUNT])
    }
}

impl std::ops::Index<Blendshape> for Blendshapes {
    type Output = f32;
    fn index(&self, shape: Blendshape) -> &f32 {
        &self.0[shape as usize]
    }
}

impl std::ops::IndexMut<Blendshape> for Blendshapes {
    fn index_mut(&mut self, shape: Blendshape) -> &mut f32 {
        &mut self.0[shape as usize]
    }
}

/// Everything the renderer needs to draw one instant of a face.
///
/// Angles follow the right-hand rule with x to the face's left, y up, z out of the face: positive yaw turns the face to
/// its own left, positive pitch lowers the chin, positive roll tilts the head to its own right shoulder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FacePose {
    /// The instant that this pose is meant for.
    pub at: Timestamp,
    /// Blendshape weights in 0..=1. The `eyeLook*` shapes move the lids only; the eyeballs follow `gaze_yaw`, `gaze_pitch`.
    pub weights: Blendshapes,
    /// Head rotation about the vertical axis.
    pub head_yaw: Radians,
    /// Head rotation about the ear-to-ear axis; positive lowers the chin.
    pub head_pitch: Radians,
    /// Head rotation about the axis out of the face.
    pub head_roll: Radians,
    /// Both eyes about the vertical axis, relative to the head; positive to the face's own left.
    pub gaze_yaw: Radians,
    /// Both eyes about the ear-to-ear axis, relative to the head; positive looks down.
    pub gaze_pitch: Radians,
    /// Pupil diameter in millimetres; 2..=8.
    pub pupil_mm: f32,
    /// Breath phase as chest lift in 0..=1.
    pub breath: f32,
}

impl FacePose {
    /// A face at rest that looks straight ahead.
    #[must_use]
    pub fn neutral(at: Timestamp) -> Self {
        Self {
            at,
            weights: Blendshapes::default(),
            head_yaw: Radians(0.0),
            head_pitch: Radians(0.0),
            head_roll: Radians(0.0),
            gaze_yaw: Radians(0.0),
            gaze_pitch: Radians(0.0),
            pupil_mm: 3.5,
            breath: 0.0,
        }
    }

    /// All numbers of the pose, bit for bit, little-endian: time in nanoseconds, weights, head yaw, pitch, roll, gaze yaw, pitch,
    /// pupil, breath. Two poses are the same where these are; records keep digests of them.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (at, numbers) = bytes.split_at_mut(8);
        at.copy_from_slice(&self.at.as_nanos().to_le_bytes());
        let Self { head_yaw, head_pitch, head_roll, gaze_yaw, gaze_pitch, pupil_mm, breath, .. } = *self;
        let angles = [head_yaw, head_pitch, head_roll, gaze_yaw, gaze_pitch].map(|angle| angle.0);
        let all = self.weights.0.iter().chain(&angles).chain([&pupil_mm, &breath]);
        for (place, number) in numbers.as_chunks_mut::<4>().0.iter_mut().zip(all) {
            *place = number.to_bits().to_le_bytes();
        }
        bytes
    }

    /// Length of [`Self::to_bytes`].
    pub const BYTES: usize = 8 + 4 * (BLENDSHAPE_COUNT + 7);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_pose_is_in_its_bytes() {
        let rest = FacePose::neutral(Timestamp::ZERO);
        let mut seen = vec![rest.to_bytes()];
        let mut other = |change: &dyn Fn(&mut FacePose)| {
            let mut pose = rest;
            change(&mut pose);
            assert!(!seen.contains(&pose.to_bytes()), "{pose:?}");
            seen.push(pose.to_bytes());
        };
        for shape in Blendshape::ALL {
            other(&|pose| pose.weights[shape] = 0.5);
        }
        other(&|pose| pose.at = Timestamp::from_nanos(1));
        for field in 0..5 {
            other(&|pose| {
                let FacePose { head_yaw, head_pitch, head_roll, gaze_yaw, gaze_pitch, .. } = pose;
                *[head_yaw, head_pitch, head_roll, gaze_yaw, gaze_pitch][field] = Radians(0.1);
            });
        }
        other(&|pose| pose.pupil_mm = 4.0);
        other(&|pose| pose.breath = -0.0);
    }

    #[test]
    fn order_names_and_indices_agree() {
        for (index, shape) in Blendshape::ALL.into_iter().enumerate() {
            assert_eq!(shape as usize, index);
            assert_eq!(Blendshape::from_name(shape.name()), Some(shape));
        }
        let names: Vec<_> = Blendshape::ALL.iter().map(|s| s.name()).collect();
        assert!(names.is_sorted(), "the order is alphabetical");
    }
}
