//! Adds the layers up under speed limits and clamps.

use viva_media::{BLENDSHAPE_COUNT, Blendshape as B, Blendshapes};

use crate::action_unit::{Side, is_mouth, side};
use crate::profile::SpeechProfile;
use crate::viseme::MouthNow;

/// Largest change per second of an ordinary weight: 0.12 in a sixtieth of a second.
const ORDINARY_PER_SEC: f32 = 7.2;
/// The same for the jaw.
const JAW_PER_SEC: f32 = 6.0;
/// The same for lids and for lips that must close.
const QUICK_PER_SEC: f32 = 14.0;
/// Jaw, funnel and stretch together: more tears the mouth.
const WIDEST_MOUTH: f32 = 1.2;
/// How much of the lids' travel a vertical turn of the eyes takes, per degree, so that the lids follow with 0.6.
pub(crate) const LID_PER_DEGREE: f32 = 0.6 / 25.0;

#[derive(Clone, Debug)]
pub(crate) struct Mixer {
    weights: Blendshapes,
    /// Smoothed: 1 while the mouth speaks.
    speaking: f32,
    /// Whether a shape has a side and whether it is the mouth's; asked 120 times a second.
    sides: [Side; BLENDSHAPE_COUNT],
    mouths: [bool; BLENDSHAPE_COUNT],
    asymmetry: f32,
    speech: SpeechProfile,
}

/// What goes into one mix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layers {
    /// Affect, micro-expressions, brows.
    pub(crate) expression: Blendshapes,
    pub(crate) mouth: MouthNow,
    pub(crate) is_speaking: bool,
    /// Left and right.
    pub(crate) blink: (f32, f32),
    /// Of the eyes in the head, in degrees; positive left and down.
    pub(crate) eye_yaw: f32,
    pub(crate) eye_pitch: f32,
    /// Seconds since the last mix.
    pub(crate) secs: f32,
}

impl Mixer {
    pub(crate) fn new(rest: Blendshapes, asymmetry: f32, speech: SpeechProfile) -> Self {
        let mut weights = rest;
        weights.0.iter_mut().for_each(|weight| *weight = weight.clamp(0.0, 1.0));
        Self {
            weights,
            speaking: 0.0,
            sides: B::ALL.map(side),
            mouths: B::ALL.map(is_mouth),
            asymmetry,
            speech,
        }
    }

    /// The next weights.
    pub(crate) fn step(&mut self, layers: &Layers) -> Blendshapes {
        let Layers { expression, mouth, is_speaking, blink, eye_yaw, eye_pitch, secs } = layers;
        let goal = if *is_speaking { 1.0 } else { 0.0 };
        self.speaking += (goal - self.speaking).clamp(-secs / 0.1, secs / 0.1);
        let mut wish = Blendshapes::default();
        for index in 0..BLENDSHAPE_COUNT {
            let is_mouth = self.mouths[index];
            // A pressed or drawn mouth gives way to the sounds, and the rest of the face goes along a little.
            let way = 1.0 - if is_mouth { 0.6 } else { 0.1 } * self.speaking;
            let half = match self.sides[index] {
                Side::Left => 1.0 + 0.3 * self.asymmetry,
                Side::Right => 1.0 - 0.3 * self.asymmetry,
                Side::Both => 1.0,
            };
            wish.0[index] = expression.0[index] * way + mouth.shapes.0[index] * half;
        }
        self.clamp_mouth(&mut wish, mouth);
        lids(&mut wish, *blink, *eye_yaw, *eye_pitch);

        for shape in B::ALL {
            let per_sec = match shape {
                B::EyeBlinkLeft | B::EyeBlinkRight => QUICK_PER_SEC,
                B::JawOpen => JAW_PER_SEC,
                _ if mouth.closure > 0.0 && closes_lips(shape) => QUICK_PER_SEC,
                _ => ORDINARY_PER_SEC,
            };
            // Halves that are both as fast as they may be are no mirror of each other either.
            let half = if self.sides[shape as usize] == Side::Right { 0.99 } else { 1.0 };
            let step = per_sec * half * secs;
            let weight = &mut self.weights[shape];
            let change = (wish[shape] - *weight).clamp(-step, step);
            *weight = (*weight + change).clamp(0.0, 1.0);
        }
        // The lips meet over a jaw that is still open; without an open jaw they have nothing to close.
        let closed = mouth.lips_meet * self.weights[B::JawOpen];
        let step = QUICK_PER_SEC * secs;
        let close = &mut self.weights.0[B::MouthClose as usize];
        *close += (closed - *close).clamp(-step, step);
        let jaw = self.weights[B::JawOpen];
        self.weights[B::MouthClose] = self.weights[B::MouthClose].clamp(0.0, jaw);
        self.weights
    }

    fn clamp_mouth(&self, wish: &mut Blendshapes, mouth: &MouthNow) {
        if self.speaking > 0.0 {
            // The halves are not capped alike, or they would be equal there.
            let (left, right) = (self.speech.smile_cap, self.speech.smile_cap * (1.0 - 0.3 * self.asymmetry));
            for (smile, stretch, cap) in [
                (B::MouthSmileLeft, B::MouthStretchLeft, left),
                (B::MouthSmileRight, B::MouthStretchRight, right),
            ] {
                let wide = wish[smile];
                wish[smile] = wide + (wide.min(cap) - wide) * self.speaking;
                // A mouth that a smile has drawn wide needs less stretch.
                let drawn = (wish[smile] / cap.max(0.01)).min(1.0) * self.speaking;
                wish[stretch] *= 1.0 - (1.0 - self.speech.stretch_with_smile) * drawn;
            }
        }
        if mouth.lips_meet > 0.0 {
            // What parts the lips gives way to what closes them.
            for parting in
                [B::MouthLowerDownLeft, B::MouthLowerDownRight, B::MouthUpperUpLeft, B::MouthUpperUpRight]
            {
                wish[parting] *= 1.0 - mouth.lips_meet;
            }
        }
        let stretch = wish[B::MouthStretchLeft].max(wish[B::MouthStretchRight]);
        let total = wish[B::JawOpen] + wish[B::MouthFunnel] + stretch;
        if total > WIDEST_MOUTH {
            for shape in [B::JawOpen, B::MouthFunnel, B::MouthStretchLeft, B::MouthStretchRight] {
                wish[shape] *= WIDEST_MOUTH / total;
            }
        }
        wish[B::MouthClose] = self.weights[B::MouthClose];
    }
}

/// Shapes that may move as fast as lips that close.
fn closes_lips(shape: B) -> bool {
    matches!(
        shape,
        B::MouthRollLower
            | B::MouthRollUpper
            | B::MouthPressLeft
            | B::MouthPressRight
            | B::MouthShrugUpper
            | B::MouthLowerDownLeft
            | B::MouthLowerDownRight
            | B::MouthUpperUpLeft
            | B::MouthUpperUpRight
    )
}

/// Blinks, and lids that follow the eyes.
fn lids(wish: &mut Blendshapes, (left, right): (f32, f32), eye_yaw: f32, eye_pitch: f32) {
    wish[B::EyeBlinkLeft] = wish[B::EyeBlinkLeft].max(left);
    wish[B::EyeBlinkRight] = wish[B::EyeBlinkRight].max(right);
    // Wide eyes do not stay wide behind closed lids.
    wish[B::EyeWideLeft] *= 1.0 - left;
    wish[B::EyeWideRight] *= 1.0 - right;
    let (down, up) = ((eye_pitch * LID_PER_DEGREE).max(0.0), (-eye_pitch * LID_PER_DEGREE).max(0.0));
    let (to_left, to_right) = ((eye_yaw * LID_PER_DEGREE).max(0.0), (-eye_yaw * LID_PER_DEGREE).max(0.0));
    for (shape, weight) in [
        (B::EyeLookDownLeft, down),
        (B::EyeLookDownRight, down),
        (B::EyeLookUpLeft, up),
        (B::EyeLookUpRight, up),
        (B::EyeLookOutLeft, to_left),
        (B::EyeLookInRight, to_left),
        (B::EyeLookInLeft, to_right),
        (B::EyeLookOutRight, to_right),
    ] {
        wish[shape] = weight.min(1.0);
    }
}
