//! Action units of the face and the blendshapes that show them.

use viva_media::{Blendshape, Blendshapes};

use Blendshape as B;

/// How many action units there are.
pub const ACTION_UNIT_COUNT: usize = 30;

/// The action units that blendshapes can show; those of the gaze (61 to 64) are angles of a pose.
///
/// **Source**: Ekman and Friesen, Facial Action Coding System; the weights are our start values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ActionUnit {
    /// 1.
    InnerBrowRaiser,
    /// 2.
    OuterBrowRaiser,
    /// 4.
    BrowLowerer,
    /// 5.
    UpperLidRaiser,
    /// 6.
    CheekRaiser,
    /// 7.
    LidTightener,
    /// 9.
    NoseWrinkler,
    /// 10.
    UpperLipRaiser,
    /// 12.
    LipCornerPuller,
    /// 13.
    SharpLipPuller,
    /// 14.
    Dimpler,
    /// 15.
    LipCornerDepressor,
    /// 16.
    LowerLipDepressor,
    /// 17.
    ChinRaiser,
    /// 18.
    LipPucker,
    /// 19.
    TongueShow,
    /// 20.
    LipStretcher,
    /// 22.
    LipFunneler,
    /// 23.
    LipTightener,
    /// 24.
    LipPressor,
    /// 25.
    LipsPart,
    /// 26.
    JawDrop,
    /// 27.
    MouthStretch,
    /// 28.
    LipSuck,
    /// 29.
    JawThrust,
    /// 30, to the face's left with the left half, to its right with the right.
    JawSideways,
    /// 33.
    CheekBlow,
    /// 35, the whole mouth drawn aside, to the left with the left half.
    MouthSideways,
    /// 43.
    EyeClosure,
    /// 45.
    Blink,
}

impl ActionUnit {
    /// All of them, by number; the index is `unit as usize`.
    pub const ALL: [Self; ACTION_UNIT_COUNT] = [
        Self::InnerBrowRaiser,
        Self::OuterBrowRaiser,
        Self::BrowLowerer,
        Self::UpperLidRaiser,
        Self::CheekRaiser,
        Self::LidTightener,
        Self::NoseWrinkler,
        Self::UpperLipRaiser,
        Self::LipCornerPuller,
        Self::SharpLipPuller,
        Self::Dimpler,
        Self::LipCornerDepressor,
        Self::LowerLipDepressor,
        Self::ChinRaiser,
        Self::LipPucker,
        Self::TongueShow,
        Self::LipStretcher,
        Self::LipFunneler,
        Self::LipTightener,
        Self::LipPressor,
        Self::LipsPart,
        Self::JawDrop,
        Self::MouthStretch,
        Self::LipSuck,
        Self::JawThrust,
        Self::JawSideways,
        Self::CheekBlow,
        Self::MouthSideways,
        Self::EyeClosure,
        Self::Blink,
    ];

    /// Its number and name, for example `(12, "lip corner puller")`.
    #[must_use]
    pub const fn label(self) -> (u8, &'static str) {
        match self {
            Self::InnerBrowRaiser => (1, "inner brow raiser"),
            Self::OuterBrowRaiser => (2, "outer brow raiser"),
            Self::BrowLowerer => (4, "brow lowerer"),
            Self::UpperLidRaiser => (5, "upper lid raiser"),
            Self::CheekRaiser => (6, "cheek raiser"),
            Self::LidTightener => (7, "lid tightener"),
            Self::NoseWrinkler => (9, "nose wrinkler"),
            Self::UpperLipRaiser => (10, "upper lip raiser"),
            Self::LipCornerPuller => (12, "lip corner puller"),
            Self::SharpLipPuller => (13, "sharp lip puller"),
            Self::Dimpler => (14, "dimpler"),
            Self::LipCornerDepressor => (15, "lip corner depressor"),
            Self::LowerLipDepressor => (16, "lower lip depressor"),
            Self::ChinRaiser => (17, "chin raiser"),
            Self::LipPucker => (18, "lip pucker"),
            Self::TongueShow => (19, "tongue show"),
            Self::LipStretcher => (20, "lip stretcher"),
            Self::LipFunneler => (22, "lip funneler"),
            Self::LipTightener => (23, "lip tightener"),
            Self::LipPressor => (24, "lip pressor"),
            Self::LipsPart => (25, "lips part"),
            Self::JawDrop => (26, "jaw drop"),
            Self::MouthStretch => (27, "mouth stretch"),
            Self::LipSuck => (28, "lip suck"),
            Self::JawThrust => (29, "jaw thrust"),
            Self::JawSideways => (30, "jaw sideways"),
            Self::CheekBlow => (33, "cheek blow"),
            Self::MouthSideways => (35, "mouth sideways"),
            Self::EyeClosure => (43, "eye closure"),
            Self::Blink => (45, "blink"),
        }
    }

    /// The unit of a name like `AU12`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let number: u8 = name.strip_prefix("AU")?.parse().ok()?;
        Self::ALL.into_iter().find(|unit| unit.label().0 == number)
    }

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
            Self::SharpLipPuller => &[
                (B::MouthSmileLeft, 0.5),
                (B::MouthSmileRight, 0.5),
                (B::CheekSquintLeft, 0.3),
                (B::CheekSquintRight, 0.3),
            ],
            Self::Dimpler => &[(B::MouthDimpleLeft, 1.0), (B::MouthDimpleRight, 1.0)],
            Self::LipCornerDepressor => &[(B::MouthFrownLeft, 1.0), (B::MouthFrownRight, 1.0)],
            Self::LowerLipDepressor => &[(B::MouthLowerDownLeft, 1.0), (B::MouthLowerDownRight, 1.0)],
            Self::ChinRaiser => &[(B::MouthShrugLower, 1.0), (B::MouthShrugUpper, 0.5)],
            Self::LipPucker => &[(B::MouthPucker, 1.0)],
            Self::TongueShow => &[(B::TongueOut, 1.0)],
            Self::LipStretcher => &[(B::MouthStretchLeft, 1.0), (B::MouthStretchRight, 1.0)],
            Self::LipFunneler => &[(B::MouthFunnel, 1.0)],
            Self::LipTightener => &[
                (B::MouthPressLeft, 0.5),
                (B::MouthPressRight, 0.5),
                (B::MouthRollLower, 0.2),
                (B::MouthRollUpper, 0.2),
            ],
            Self::LipPressor => &[(B::MouthPressLeft, 1.0), (B::MouthPressRight, 1.0)],
            Self::LipsPart => &[
                (B::MouthLowerDownLeft, 0.15),
                (B::MouthLowerDownRight, 0.15),
                (B::MouthUpperUpLeft, 0.1),
                (B::MouthUpperUpRight, 0.1),
            ],
            Self::JawDrop => &[(B::JawOpen, 0.6)],
            Self::MouthStretch => &[(B::JawOpen, 1.0)],
            Self::LipSuck => &[(B::MouthRollLower, 1.0), (B::MouthRollUpper, 1.0)],
            Self::JawThrust => &[(B::JawForward, 1.0)],
            Self::JawSideways => &[(B::JawLeft, 1.0), (B::JawRight, 1.0)],
            Self::CheekBlow => &[(B::CheekPuff, 1.0)],
            Self::MouthSideways => &[(B::MouthLeft, 1.0), (B::MouthRight, 1.0)],
            Self::EyeClosure | Self::Blink => &[(B::EyeBlinkLeft, 1.0), (B::EyeBlinkRight, 1.0)],
        }
    }

    /// Adds this unit at `left` and `right` strength; a shape without sides takes their mean.
    pub fn add(self, weights: &mut Blendshapes, left: f32, right: f32) {
        for &(shape, weight) in self.blendshapes() {
            let strength = match (shape, side(shape)) {
                (B::JawLeft | B::MouthLeft, _) => (left - right).max(0.0),
                (B::JawRight | B::MouthRight, _) => (right - left).max(0.0),
                (_, Side::Left) => left,
                (_, Side::Right) => right,
                (_, Side::Both) => (left + right) / 2.0,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_in_order_and_found_by_their_numbers() {
        for (index, unit) in ActionUnit::ALL.into_iter().enumerate() {
            assert_eq!(unit as usize, index);
            assert_eq!(ActionUnit::from_name(&format!("AU{}", unit.label().0)), Some(unit));
        }
        assert_eq!(ActionUnit::from_name("AU3"), None);
        assert_eq!(ActionUnit::from_name("12"), None);
    }

    #[test]
    fn a_jaw_goes_to_one_side_only() {
        let mut weights = Blendshapes::default();
        ActionUnit::JawSideways.add(&mut weights, 0.2, 0.8);
        assert_eq!(weights[B::JawLeft], 0.0);
        assert!((weights[B::JawRight] - 0.6).abs() < 1e-6);
    }
}
