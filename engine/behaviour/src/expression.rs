//! The face's affect, which changes over seconds, and micro-expressions, which pass in a third of one.

use viva_exchange::Affect;
use viva_media::Blendshapes;

use crate::action_unit::ActionUnit as Au;
use crate::behaviour::Tick;
use crate::curve::{Envelope, minimum_jerk};
use crate::event::Role;
use crate::profile::ExpressionProfile;
use crate::random::Random;

/// With this much between two, there are never more than two in a minute.
const MICRO_GAP_SECS: f32 = 31.0;

#[derive(Clone, Debug)]
pub(crate) struct Expression {
    random: Random,
    profile: ExpressionProfile,
    role: Role,
    affect: Affect,
    level: f32,
    from: Blendshapes,
    to: Blendshapes,
    change: Envelope,
    style_from: Style,
    style_to: Style,
    micro: Option<Micro>,
    next_micro: f64,
    /// Strength of the halves of the face in this affect.
    left: f32,
    right: f32,
}

/// What an affect does beyond the face's shapes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Style {
    /// Chin down.
    pub(crate) pitch_degrees: f32,
    /// Added to the master of the jaw.
    pub(crate) jaw: f32,
    /// Added to the master of the lips.
    pub(crate) lips: f32,
}

#[derive(Clone, Copy, Debug)]
struct Micro {
    units: &'static [Au],
    level: f32,
    left: f32,
    right: f32,
    lag_secs: f64,
    envelope: Envelope,
}

/// Units that any face may show for a moment.
const FRIENDLY: [&[Au]; 3] = [
    &[Au::LipCornerPuller, Au::CheekRaiser],
    &[Au::InnerBrowRaiser, Au::OuterBrowRaiser],
    &[Au::LidTightener],
];

/// Units that only a character may show.
const NEGATIVE: [&[Au]; 4] =
    [&[Au::BrowLowerer], &[Au::NoseWrinkler], &[Au::Dimpler], &[Au::LipCornerDepressor, Au::BrowLowerer]];

impl Expression {
    pub(crate) fn new(profile: ExpressionProfile, role: Role, seed: u64) -> Self {
        let mut random = Random::new(seed, 5);
        let (left, right) = halves(&mut random, profile.asymmetry);
        let next_micro = f64::from(random.within(10.0, 60.0));
        let mut expression = Self {
            random,
            profile,
            role,
            affect: Affect::Neutral,
            level: 0.0,
            from: Blendshapes::default(),
            to: Blendshapes::default(),
            change: Envelope { start: -100.0, onset: 1.0, hold: f32::INFINITY, offset: 1.0 },
            style_from: Style::default(),
            style_to: Style::default(),
            micro: None,
            next_micro,
            left,
            right,
        };
        (expression.to, expression.style_to) = expression.palette();
        expression
    }

    pub(crate) fn set_role(&mut self, role: Role, time: f64) {
        self.role = role;
        self.turn_to(time);
    }

    pub(crate) fn set_affect(&mut self, affect: Affect, level: f32, time: f64) {
        self.affect = affect;
        self.level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        self.turn_to(time);
    }

    /// Adds the affect and a micro-expression to `weights`.
    pub(crate) fn step(&mut self, tick: &Tick, weights: &mut Blendshapes) -> Style {
        let (now, style) = self.at(tick.time);
        for (weight, shape) in weights.0.iter_mut().zip(now.0) {
            *weight += shape;
        }
        self.step_micro(tick, weights);
        style
    }

    fn at(&self, time: f64) -> (Blendshapes, Style) {
        let part = minimum_jerk((time - self.change.start) as f32 / self.change.onset);
        let mix = |from: f32, to: f32| from + (to - from) * part;
        let shapes = Blendshapes(std::array::from_fn(|index| mix(self.from.0[index], self.to.0[index])));
        let (from, to) = (self.style_from, self.style_to);
        let style = Style {
            pitch_degrees: mix(from.pitch_degrees, to.pitch_degrees),
            jaw: mix(from.jaw, to.jaw),
            lips: mix(from.lips, to.lips),
        };
        (shapes, style)
    }

    fn turn_to(&mut self, time: f64) {
        (self.from, self.style_from) = self.at(time);
        (self.left, self.right) = halves(&mut self.random, self.profile.asymmetry);
        (self.to, self.style_to) = self.palette();
        self.change.start = time;
        self.change.onset = self.profile.affect_secs * self.random.within(0.9, 1.2);
    }

    /// The shapes and the style of the affect in this role.
    fn palette(&self) -> (Blendshapes, Style) {
        let (level, smile) = (self.level, self.profile.baseline_smile);
        let mut shapes = Blendshapes::default();
        let mut add = |unit: Au, weight: f32| unit.add(&mut shapes, weight * self.left, weight * self.right);
        let style =
            |pitch, jaw, lips| Style { pitch_degrees: pitch * level, jaw: jaw * level, lips: lips * level };
        let mut of_style = Style::default();
        if self.role == Role::Examiner {
            // An examiner is neutral, warm or a little worried; any other script falls back to neutral.
            match self.affect {
                Affect::Warm | Affect::Relieved => {
                    add(Au::LipCornerPuller, smile + 0.28 * level);
                    add(Au::CheekRaiser, 0.05 + 0.3 * level);
                }
                Affect::Worried | Affect::Sad | Affect::Afraid => {
                    add(Au::LipCornerPuller, smile * (1.0 - level));
                    add(Au::InnerBrowRaiser, 0.3 * level);
                    add(Au::BrowLowerer, 0.1 * level);
                }
                Affect::Neutral | Affect::Angry | Affect::Contemptuous => {
                    add(Au::LipCornerPuller, smile);
                    add(Au::CheekRaiser, 0.4 * smile);
                }
            }
            return (shapes, of_style);
        }
        add(
            Au::LipCornerPuller,
            smile * if matches!(self.affect, Affect::Neutral | Affect::Warm) { 1.0 } else { 1.0 - level },
        );
        let units: &[(Au, f32)] = match self.affect {
            Affect::Neutral => &[],
            Affect::Warm => &[(Au::LipCornerPuller, 0.6), (Au::CheekRaiser, 0.5)],
            Affect::Worried => &[
                (Au::InnerBrowRaiser, 0.65),
                (Au::BrowLowerer, 0.4),
                (Au::LidTightener, 0.15),
                (Au::LipCornerDepressor, 0.2),
                (Au::LipStretcher, 0.12),
            ],
            Affect::Sad => &[
                (Au::InnerBrowRaiser, 0.75),
                (Au::BrowLowerer, 0.35),
                (Au::LipCornerDepressor, 0.65),
                (Au::ChinRaiser, 0.35),
            ],
            Affect::Afraid => &[
                (Au::InnerBrowRaiser, 0.85),
                (Au::OuterBrowRaiser, 0.5),
                (Au::BrowLowerer, 0.4),
                (Au::UpperLidRaiser, 0.75),
                (Au::LipStretcher, 0.45),
                (Au::JawDrop, 0.2),
            ],
            Affect::Angry => &[
                (Au::BrowLowerer, 0.95),
                (Au::UpperLidRaiser, 0.25),
                (Au::LidTightener, 0.5),
                (Au::NoseWrinkler, 0.25),
                (Au::LipTightener, 0.5),
                (Au::LipPressor, 0.4),
                (Au::ChinRaiser, 0.2),
                (Au::JawThrust, 0.3),
            ],
            Affect::Contemptuous => &[(Au::LidTightener, 0.25), (Au::BrowLowerer, 0.15)],
            Affect::Relieved => {
                &[(Au::LipCornerPuller, 0.4), (Au::CheekRaiser, 0.3), (Au::InnerBrowRaiser, 0.25)]
            }
        };
        for &(unit, weight) in units {
            add(unit, weight * level);
        }
        if self.affect == Affect::Contemptuous {
            // Contempt is the one expression of a single side.
            Au::Dimpler.add(&mut shapes, 0.05 * level, 0.65 * level);
            Au::LipCornerPuller.add(&mut shapes, 0.0, 0.2 * level);
            Au::UpperLipRaiser.add(&mut shapes, 0.0, 0.2 * level);
        }
        of_style = match self.affect {
            Affect::Angry => style(4.0, 0.3, 0.1),
            Affect::Sad => style(5.0, -0.2, -0.15),
            Affect::Afraid => style(-2.0, -0.1, -0.1),
            Affect::Contemptuous => style(-3.5, 0.0, 0.0),
            Affect::Worried => style(1.0, -0.05, 0.0),
            Affect::Neutral | Affect::Warm | Affect::Relieved => of_style,
        };
        (shapes, of_style)
    }

    fn step_micro(&mut self, tick: &Tick, weights: &mut Blendshapes) {
        if tick.time >= self.next_micro {
            let rate = self.profile.micro_per_minute.of(tick.state) * tick.liveliness;
            self.micro = (rate > 0.0).then(|| self.draw_micro(tick.time));
            let rest = (60.0 / rate.max(0.01) - MICRO_GAP_SECS).max(0.0);
            let wait = MICRO_GAP_SECS - rest * (1.0 - self.random.unit()).ln();
            self.next_micro = tick.time + f64::from(wait);
        }
        if let Some(micro) = self.micro {
            let (left, right) = (micro.envelope.at(tick.time), micro.envelope.at(tick.time - micro.lag_secs));
            for unit in micro.units {
                unit.add(weights, micro.level * micro.left * left, micro.level * micro.right * right);
            }
            if tick.time > micro.envelope.end() + 0.1 {
                self.micro = None;
            }
        }
    }

    fn draw_micro(&mut self, time: f64) -> Micro {
        let total = (self.profile.micro_ms + 60.0 * self.random.normal()).clamp(160.0, 460.0) / 1000.0;
        let may_be_negative = self.role == Role::Character && self.profile.micro_negative;
        let choices = FRIENDLY.len() + if may_be_negative { NEGATIVE.len() } else { 0 };
        let choice = (self.random.unit() * choices as f32) as usize;
        let units = FRIENDLY.iter().chain(&NEGATIVE).nth(choice).map_or(FRIENDLY[0], |units| *units);
        let (left, right) = halves(&mut self.random, self.profile.asymmetry);
        // Onset, apex and offset as 100 : 60 : 160.
        let envelope = Envelope {
            start: time,
            onset: total * 100.0 / 320.0,
            hold: total * 60.0 / 320.0,
            offset: total * 160.0 / 320.0,
        };
        let lag_secs = f64::from(self.random.within(0.002, 0.02));
        Micro { units, level: self.random.within(0.1, 0.25), left, right, lag_secs, envelope }
    }
}

/// Strengths of the left and the right half, never equal.
fn halves(random: &mut Random, asymmetry: f32) -> (f32, f32) {
    let difference = asymmetry * random.within(0.2, 1.0) / 2.0;
    let difference = if random.chance(0.5) { difference } else { -difference };
    (1.0 + difference, 1.0 - difference)
}
