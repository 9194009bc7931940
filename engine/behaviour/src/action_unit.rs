//! Action units of the face and the blendshapes that show them.

use viva_media::{Blendshape, Blendshapes};

use Blendshape as B;

/// The action units that the behaviour uses.
///
/// **Source**: Ekman and Friesen, Facial Action Coding System; the weights are our start values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionUnit {
    /// 1: inner brow raiser.
    InnerBrowRaiser,
    /// 2: outer brow raiser.
    OuterBrowRaiser,
    /// 4: brow lowerer.
    BrowLowerer,
    /// 5: upper lid raiser.
    UpperLidRaiser,
    /// 6: cheek raiser.
    CheekRaiser,
    /// 7: lid tightener.
    LidTightener,
    /// 9: nose wrinkler.
    NoseWrinkler,
    /// 10: upper lip raiser.
    UpperLipRaiser,
    /// 12: lip corner puller.
    LipCornerPuller,
    /// 14: dimpler.
    Dimpler,
    /// 15: lip corner depressor.
    LipCornerDepressor,
    /// 17: chin raiser.
    ChinRaiser,
    /// 20: lip stretcher.
    LipStretcher,
    /// 23: lip tightener.
    LipTightener,
    /// 24: lip pressor.
    LipPressor,
    /// 26: jaw drop.
    JawDrop,
    /// 29: jaw thrust.
    JawThrust,
}

impl ActionUnit {
    /// The blendshapes at full strength: left and right of a pair follow each other.
    #[must_use]
    pub const fn blendshapes(self) -> &'static [(Blendshape, f32)] {
        match self {
            Self::InnerBrowRaiser => &[(B::BrowInnerUp, 1.0)],
            Self::OuterBrowRaiser => &[(B::BrowOuterUpLeft, 1.0), (B::BrowOuterUpRight, 1.0)],
            Self::BrowLowerer => &[(B::BrowDownLeft, 1.0), (B::BrowDownRight, 1.0)],
            Self::UpperLidRaiser => &[(B::EyeWideLeft, 1.0), (B::EyeWideRight, 1.0)],
            Self::CheekRaiser => &[
                (B::CheekSquintLeft, 1.0),
                (B::CheekSquintRight, 1.0),
                (B::EyeSquintLeft, 0.3),
                (B::EyeSquintRight, 0.3),
            ],
            Self::LidTightener => &[(B::EyeSquintLeft, 1.0), (B::EyeSquintRight, 1.0)],
            Self::NoseWrinkler => &[(B::NoseSneerLeft, 1.0), (B::NoseSneerRight, 1.0)],
            Self::UpperLipRaiser => &[(B::MouthUpperUpLeft, 1.0), (B::MouthUpperUpRight, 1.0)],
            Self::LipCornerPuller => &[(B::MouthSmileLeft, 1.0), (B::MouthSmileRight, 1.0)],
            Self::Dimpler => &[(B::MouthDimpleLeft, 1.0), (B::MouthDimpleRight, 1.0)],
            Self::LipCornerDepressor => &[(B::MouthFrownLeft, 1.0), (B::MouthFrownRight, 1.0)],
            Self::ChinRaiser => &[(B::MouthShrugLower, 1.0), (B::MouthShrugUpper, 0.5)],
            Self::LipStretcher => &[(B::MouthStretchLeft, 1.0), (B::MouthStretchRight, 1.0)],
            Self::LipTightener => &[
                (B::MouthPressLeft, 0.5),
                (B::MouthPressRight, 0.5),
                (B::MouthRollLower, 0.2),
                (B::MouthRollUpper, 0.2),
            ],
            Self::LipPressor => &[(B::MouthPressLeft, 1.0), (B::MouthPressRight, 1.0)],
            Self::JawDrop => &[(B::JawOpen, 0.6)],
            Self::JawThrust => &[(B::JawForward, 1.0)],
        }
    }

    /// Adds this unit at `left` and `right` strength; a shape without sides takes their mean.
    pub(crate) fn add(self, weights: &mut Blendshapes, left: f32, right: f32) {
        for &(shape, weight) in self.blendshapes() {
            let strength = match side(shape) {
                Side::Left => left,
                Side::Right => right,
                Side::Both => (left + right) / 2.0,
            };
            weights[shape] += weight * strength;
        }
    }
}

/// Which half of the face a blendshape moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
    Both,
}

pub(crate) fn side(shape: Blendshape) -> Side {
    // `jawLeft`, `mouthLeft` and their like move the whole mouth.
    if matches!(shape, B::JawLeft | B::JawRight | B::MouthLeft | B::MouthRight) {
        Side::Both
    } else if shape.name().ends_with("Left") {
        Side::Left
    } else if shape.name().ends_with("Right") {
        Side::Right
    } else {
        Side::Both
    }
}

/// True for shapes of jaw, lips and tongue.
pub(crate) fn is_mouth(shape: Blendshape) -> bool {
    let name = shape.name();
    name.starts_with("mouth") || name.starts_with("jaw") || name.starts_with("tongue")
}
