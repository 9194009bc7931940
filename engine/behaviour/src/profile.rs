//! All numbers of the behaviour, as data.

use serde::{Deserialize, Serialize};

use crate::Role;
use crate::event::State;

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BehaviourError {
    /// The text is no TOML of a profile.
    #[error("profile: {0}")]
    Toml(#[from] toml::de::Error),
    /// A number is out of its range.
    #[error("profile: {name} is {value}, outside {low}..={high}")]
    Range {
        /// Which number.
        name: &'static str,
        /// What it is.
        value: f32,
        /// The least allowed.
        low: f32,
        /// The most allowed.
        high: f32,
    },
}

/// One number for each state of the face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerState {
    /// While it listens or waits.
    pub listening: f32,
    /// While it speaks.
    pub speaking: f32,
    /// While it thinks before an answer.
    pub thinking: f32,
}

impl PerState {
    pub(crate) fn of(&self, state: State) -> f32 {
        match state {
            State::Listening => self.listening,
            State::Speaking => self.speaking,
            State::Thinking => self.thinking,
        }
    }
}

/// Blinking.
///
/// **Source**: rates within the 95 % ranges of Doughty 2001; closing faster than opening (Van der Werf 2003).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlinkProfile {
    /// Blinks per minute.
    pub per_minute: PerState,
    /// Standard deviation of the logarithm of the intervals.
    pub sigma: f32,
    /// Closing time in milliseconds.
    pub closing_ms: PerState,
    /// Time closed in milliseconds.
    pub closed_ms: PerState,
    /// Opening time in milliseconds.
    pub opening_ms: PerState,
    /// Share of blinks that do not close fully.
    pub p_incomplete: f32,
    /// Share of blinks that are followed by another at once.
    pub p_double: f32,
    /// Chance of a blink with a gaze shift of more than 15 degrees.
    pub p_with_gaze_shift: f32,
    /// Chance of a blink when the face's own speech ends.
    pub p_at_own_end: f32,
    /// Chance of a blink when the candidate pauses.
    pub p_at_candidate_pause: f32,
}

impl Default for BlinkProfile {
    fn default() -> Self {
        Self {
            per_minute: PerState { listening: 14.0, speaking: 24.0, thinking: 10.0 },
            sigma: 0.6,
            closing_ms: PerState { listening: 80.0, speaking: 75.0, thinking: 90.0 },
            closed_ms: PerState { listening: 20.0, speaking: 15.0, thinking: 30.0 },
            opening_ms: PerState { listening: 170.0, speaking: 150.0, thinking: 200.0 },
            p_incomplete: 0.15,
            p_double: 0.12,
            p_with_gaze_shift: 0.5,
            p_at_own_end: 0.3,
            p_at_candidate_pause: 0.25,
        }
    }
}

/// Gaze.
///
/// **Source**: saccades after Lee, Badler and Badler 2002; shares of mutual gaze after Argyle and Cook, raised for a video call.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GazeProfile {
    /// Mean length of looking at the partner, in seconds.
    pub contact_secs: PerState,
    /// Mean length of looking away, in seconds; never more than 3.5.
    pub away_secs: PerState,
    /// Largest angle of looking away, in degrees.
    pub away_degrees: f32,
    /// Radius of the scan over the partner's face, in degrees.
    pub scan_degrees: f32,
    /// Share of a shift beyond 10 degrees that the head takes.
    pub head_share: f32,
    /// Chance to look away at the beginning of a long answer.
    pub p_away_at_start: f32,
}

impl Default for GazeProfile {
    fn default() -> Self {
        Self {
            contact_secs: PerState { listening: 6.0, speaking: 3.1, thinking: 0.8 },
            away_secs: PerState { listening: 0.9, speaking: 1.5, thinking: 2.2 },
            away_degrees: 22.0,
            scan_degrees: 2.0,
            head_share: 0.6,
            p_away_at_start: 0.5,
        }
    }
}

/// Nods.
///
/// **Source**: frequencies after Hadar 1983; delay after Ward and Tsukahara 2000, shortened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodProfile {
    /// Median time from the cue to the nod, in milliseconds; kept within 250..=600.
    pub delay_ms: f32,
    /// Depth of the first cycle, in degrees.
    pub degrees: f32,
    /// Each cycle's depth by that of the one before.
    pub decay: f32,
    /// Lowest frequency.
    pub hertz_low: f32,
    /// Highest frequency; more than 3.7 reads as impatience.
    pub hertz_high: f32,
    /// Chance of raised brows with a nod.
    pub p_brow: f32,
}

impl Default for NodProfile {
    fn default() -> Self {
        Self { delay_ms: 350.0, degrees: 5.0, decay: 0.6, hertz_low: 2.0, hertz_high: 3.0, p_brow: 0.25 }
    }
}

/// Expressions.
///
/// **Source**: length and strength of micro-expressions after arXiv 2409.00017; rates are ours: more reads as a fault.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExpressionProfile {
    /// Smile of the face at rest.
    pub baseline_smile: f32,
    /// Micro-expressions per minute; at most 2.
    pub micro_per_minute: PerState,
    /// Mean length of a micro-expression in milliseconds; each is kept within 160..=500.
    pub micro_ms: f32,
    /// Whether a character's micro-expressions may be negative; an examiner's never are.
    pub micro_negative: bool,
    /// How long a change of affect takes, in seconds.
    pub affect_secs: f32,
    /// Difference between the halves of the face, as a share.
    pub asymmetry: f32,
}

impl Default for ExpressionProfile {
    fn default() -> Self {
        Self {
            baseline_smile: 0.12,
            micro_per_minute: PerState { listening: 0.5, speaking: 0.3, thinking: 0.3 },
            micro_ms: 320.0,
            micro_negative: false,
            affect_secs: 0.9,
            asymmetry: 0.1,
        }
    }
}

/// The speaking mouth.
///
/// **Source**: the masters of jaw and lip after JALI, Edwards 2016; dominance after Cohen and Massaro 1993.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechProfile {
    /// Master of the jaw; .3 mumbles, .6 is normal, .9 is loud.
    pub jaw: f32,
    /// Master of the lips; .3 mumbles, .6 is normal, .7 is loud.
    pub lips: f32,
    /// Fall of a sound's dominance per millisecond away from it.
    pub dominance_per_ms: f32,
    /// Chance of a small nod on a stressed vowel.
    pub p_beat: f32,
    /// Depth of that nod, in degrees.
    pub beat_degrees: f32,
}

impl Default for SpeechProfile {
    fn default() -> Self {
        Self { jaw: 0.6, lips: 0.6, dominance_per_ms: 0.03, p_beat: 0.45, beat_degrees: 2.5 }
    }
}

/// Head and breath.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeadProfile {
    /// Standard deviation of the pitch at rest, in degrees.
    pub pitch_degrees: PerState,
    /// Standard deviation of the yaw, in degrees.
    pub yaw_degrees: PerState,
    /// Standard deviation of the roll, in degrees.
    pub roll_degrees: PerState,
    /// Breaths per minute.
    pub breaths_per_minute: f32,
}

impl Default for HeadProfile {
    fn default() -> Self {
        Self {
            pitch_degrees: PerState { listening: 0.8, speaking: 1.8, thinking: 0.8 },
            yaw_degrees: PerState { listening: 1.0, speaking: 2.0, thinking: 1.0 },
            roll_degrees: PerState { listening: 0.5, speaking: 1.2, thinking: 0.6 },
            breaths_per_minute: 14.0,
        }
    }
}

/// How one face behaves. All candidates of one assessment meet the same profile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Whom it plays at the beginning.
    pub role: Role,
    /// Scale of all that it does by itself, in 0..=1; at 0 the head is still.
    pub liveliness: f32,
    /// Blinking.
    pub blink: BlinkProfile,
    /// Gaze.
    pub gaze: GazeProfile,
    /// Nods.
    pub nod: NodProfile,
    /// Expressions.
    pub expression: ExpressionProfile,
    /// The speaking mouth.
    pub speech: SpeechProfile,
    /// Head and breath.
    pub head: HeadProfile,
}

impl Default for Profile {
    fn default() -> Self {
        Self::examiner()
    }
}

impl Profile {
    /// Attentive, warm, and without a trace of a verdict.
    #[must_use]
    pub fn examiner() -> Self {
        Self {
            role: Role::Examiner,
            liveliness: 1.0,
            blink: BlinkProfile::default(),
            gaze: GazeProfile::default(),
            nod: NodProfile::default(),
            expression: ExpressionProfile::default(),
            speech: SpeechProfile::default(),
            head: HeadProfile::default(),
        }
    }

    /// A character of a role-play: no smile of its own, larger movements, its script's affect in full.
    #[must_use]
    pub fn character() -> Self {
        let mut profile = Self::examiner();
        profile.role = Role::Character;
        profile.expression.baseline_smile = 0.0;
        profile.expression.micro_negative = true;
        profile.expression.affect_secs = 0.7;
        profile.speech.jaw = 0.65;
        profile.speech.p_beat = 0.6;
        profile.speech.beat_degrees = 3.0;
        profile
    }

    /// A simulated candidate for demonstrations: looks away more, hardly nods.
    #[must_use]
    pub fn candidate() -> Self {
        let mut profile = Self::examiner();
        profile.expression.baseline_smile = 0.05;
        profile.gaze.contact_secs = PerState { listening: 4.5, speaking: 2.4, thinking: 0.6 };
        profile.gaze.away_secs = PerState { listening: 1.0, speaking: 1.9, thinking: 2.6 };
        profile.nod.degrees = 3.0;
        profile
    }

    /// A profile from TOML; what is not said is the examiner's.
    ///
    /// **Errors** for unknown names, wrong types, and numbers out of range.
    pub fn from_toml(text: &str) -> Result<Self, BehaviourError> {
        let profile: Self = toml::from_str(text)?;
        profile.check()?;
        Ok(profile)
    }

    fn check(&self) -> Result<(), BehaviourError> {
        let three = |name, value: PerState, low, high| {
            [
                (name, value.listening, low, high),
                (name, value.speaking, low, high),
                (name, value.thinking, low, high),
            ]
        };
        let (blink, gaze, nod, expression) = (&self.blink, &self.gaze, &self.nod, &self.expression);
        let (speech, head) = (&self.speech, &self.head);
        let singles = [
            ("liveliness", self.liveliness, 0.0, 1.0),
            ("blink.sigma", blink.sigma, 0.05, 1.5),
            ("blink.p_incomplete", blink.p_incomplete, 0.0, 1.0),
            ("blink.p_double", blink.p_double, 0.0, 0.5),
            ("blink.p_with_gaze_shift", blink.p_with_gaze_shift, 0.0, 1.0),
            ("blink.p_at_own_end", blink.p_at_own_end, 0.0, 1.0),
            ("blink.p_at_candidate_pause", blink.p_at_candidate_pause, 0.0, 1.0),
            ("gaze.away_degrees", gaze.away_degrees, 0.0, 27.5),
            ("gaze.scan_degrees", gaze.scan_degrees, 0.0, 5.0),
            ("gaze.head_share", gaze.head_share, 0.0, 1.0),
            ("gaze.p_away_at_start", gaze.p_away_at_start, 0.0, 1.0),
            ("nod.delay_ms", nod.delay_ms, 250.0, 600.0),
            ("nod.degrees", nod.degrees, 0.0, 7.0),
            ("nod.decay", nod.decay, 0.0, 1.0),
            ("nod.hertz_low", nod.hertz_low, 1.0, 3.5),
            ("nod.hertz_high", nod.hertz_high, nod.hertz_low, 3.5),
            ("nod.p_brow", nod.p_brow, 0.0, 1.0),
            ("expression.baseline_smile", expression.baseline_smile, 0.0, 0.35),
            ("expression.micro_ms", expression.micro_ms, 160.0, 500.0),
            ("expression.affect_secs", expression.affect_secs, 0.25, 10.0),
            ("expression.asymmetry", expression.asymmetry, 0.0, 0.25),
            ("speech.jaw", speech.jaw, 0.0, 1.0),
            ("speech.lips", speech.lips, 0.0, 1.0),
            ("speech.dominance_per_ms", speech.dominance_per_ms, 0.005, 0.2),
            ("speech.p_beat", speech.p_beat, 0.0, 1.0),
            ("speech.beat_degrees", speech.beat_degrees, 0.0, 4.0),
            ("head.breaths_per_minute", head.breaths_per_minute, 4.0, 30.0),
        ];
        let triples = [
            three("blink.per_minute", blink.per_minute, 6.0, 40.0),
            three("blink.closing_ms", blink.closing_ms, 72.0, 200.0),
            three("blink.closed_ms", blink.closed_ms, 0.0, 100.0),
            three("blink.opening_ms", blink.opening_ms, 100.0, 400.0),
            three("gaze.contact_secs", gaze.contact_secs, 0.3, 60.0),
            three("gaze.away_secs", gaze.away_secs, 0.2, 3.5),
            three("expression.micro_per_minute", expression.micro_per_minute, 0.0, 2.0),
            three("head.pitch_degrees", head.pitch_degrees, 0.0, 2.5),
            three("head.yaw_degrees", head.yaw_degrees, 0.0, 2.5),
            three("head.roll_degrees", head.roll_degrees, 0.0, 1.5),
        ];
        for (name, value, low, high) in singles.into_iter().chain(triples.into_iter().flatten()) {
            if !(low..=high).contains(&value) {
                return Err(BehaviourError::Range { name, value, low, high });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_in_range_and_survive_toml() {
        for profile in [Profile::examiner(), Profile::character(), Profile::candidate()] {
            let text = toml::to_string(&profile).expect("a profile is TOML");
            assert_eq!(Profile::from_toml(&text).expect("it was written by us"), profile);
        }
        assert_eq!(Profile::from_toml("").expect("all is said by default"), Profile::examiner());
        let some = Profile::from_toml("liveliness = 0.5\n[nod]\ndegrees = 3.0").expect("a part is enough");
        assert_eq!((some.liveliness, some.nod.degrees, some.nod.decay), (0.5, 3.0, 0.6));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, word) in [
            ("liveliness = 2.0", "liveliness"),
            ("[nod]\nhertz_high = 5.0", "nod.hertz_high"),
            ("[blink]\nsigma = nan", "blink.sigma"),
            ("[blnk]\nsigma = 1.0", "blnk"),
            ("liveliness = \"much\"", "invalid type"),
        ] {
            let error = Profile::from_toml(text).expect_err(text).to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
