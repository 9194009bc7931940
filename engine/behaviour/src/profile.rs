//! All numbers of the behaviour, as data: `profiles/*.toml` hold them, with their sources.

use serde::{Deserialize, Serialize};

use crate::Role;
use crate::affect::Palettes;
use crate::event::State;
use crate::limits;

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
        name: String,
        /// What it is.
        value: f64,
        /// The least allowed.
        low: f32,
        /// The most allowed.
        high: f32,
    },
    /// An examiner never shows this unit so strongly.
    #[error("profile: an examiner shows AU{unit} at {most} at most, not at {value} ({affect})")]
    Examiner {
        /// Number of the action unit.
        unit: u8,
        /// The most allowed.
        most: f32,
        /// What it is.
        value: f32,
        /// In which affect.
        affect: &'static str,
    },
}

/// One number for each state of the face.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// From where to where a number is drawn, evenly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a range, { low = NUMBER, high = NUMBER }")]
pub struct Span {
    /// The least.
    pub low: f32,
    /// The most.
    pub high: f32,
}

/// Declares a section of the profile: its fields are explained where their numbers stand, in `profiles/examiner.toml`.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }
        )*
    };
}

sections! {
    /// Blinking.
    BlinkProfile {
        /// Blinks per minute.
        per_minute: PerState,
        /// Standard deviation of the logarithm of the intervals.
        sigma: f32,
        /// No blink begins earlier after another, unless it is its double.
        refractory_secs: f32,
        /// Nor later than this after another.
        longest_secs: f32,
        /// Closing time.
        closing_ms: PerState,
        /// Time closed.
        closed_ms: PerState,
        /// Opening time.
        opening_ms: PerState,
        /// Share of blinks that do not close fully.
        p_incomplete: PerState,
        /// How far those close.
        incomplete_depth: Span,
        /// Share of blinks that are followed by another at once.
        p_double: f32,
        /// Chance of a blink with a large gaze shift.
        p_with_gaze_shift: f32,
        /// What is a large gaze shift.
        gaze_shift_degrees: f32,
        /// Chance of a blink when the own speech pauses or ends.
        p_at_own_phrase_end: f32,
        /// Chance of a blink when the candidate pauses.
        p_at_candidate_pause: f32,
        /// How long after the pause it comes.
        candidate_pause_lag_ms: Span,
        /// Chance of a blink when a thought is over.
        p_after_thinking: f32,
        /// How much later the right lid is.
        side_lag_ms: Span,
        /// How far a blink draws the eyes down.
        eye_dip_degrees: f32,
    }

    /// Gaze.
    GazeProfile {
        /// Mean length of looking at the partner.
        contact_secs: PerState,
        /// Factor on it while the partner looks elsewhere: nobody is stared at.
        contact_while_unseen: f32,
        /// Mean length of looking away.
        away_secs: PerState,
        /// No look away is longer.
        longest_away_secs: f32,
        /// Largest angle of looking away.
        away_degrees: PerState,
        /// Length of a saccade of no size.
        saccade_ms: f32,
        /// What each degree adds to it.
        saccade_ms_per_degree: f32,
        /// Time from a new target to the saccade.
        latency_ms: f32,
        /// Radius of the scan over the partner's face.
        scan_degrees: f32,
        /// How long each point of the scan is held.
        scan_hold_ms: Span,
        /// Chance that the scan goes to the mouth.
        p_scan_mouth: f32,
        /// Time between the small jumps of eyes that stay.
        fixation_gap_secs: Span,
        /// Their distance from the target.
        fixation_degrees: Span,
        /// Drift between them.
        drift_degrees_per_sec: f32,
        /// Share of a shift that the head takes, beyond what the eyes do alone.
        head_share: f32,
        /// Shifts up to this size are made by the eyes alone.
        eyes_only_degrees: f32,
        /// How much later than the eyes the head starts.
        head_lag_ms: Span,
        /// How long the head turns.
        head_ms: Span,
        /// From the candidate's last word to the look away of a thinker.
        thinking_delay_ms: Span,
        /// Chance to look away at the beginning of a long answer.
        p_hold_at_start: f32,
        /// How long into the answer that lasts.
        hold_after_start_secs: Span,
        /// So long before the own speech ends the eyes are back.
        back_before_end_secs: Span,
    }

    /// Nods and brow flashes that answer an opportunity.
    NodProfile {
        /// Median time from the cue to the nod; kept within 250..=600 ms.
        delay_ms: f32,
        /// Standard deviation of the logarithm of the delay.
        delay_sigma: f32,
        /// An opportunity this soon after a nod is left.
        gap_secs: f32,
        /// Depth of the first cycle.
        degrees: Span,
        /// Each cycle's depth by that of the one before.
        decay: f32,
        /// Frequency; more than 3.7 reads as impatience.
        hertz: Span,
        /// Chance of two cycles.
        p_two_cycles: f32,
        /// Chance of three; otherwise it is one.
        p_three_cycles: f32,
        /// Chance that the head rises first.
        p_up_first: f32,
        /// Chance of raised brows with a nod.
        p_brow: f32,
        /// Chance that only the brows answer.
        p_brow_alone: f32,
        /// How far they rise.
        brow_level: Span,
        /// Rise of the brows, on a stressed vowel and when the candidate cuts in, too.
        brow_onset_ms: Span,
        /// How long they stay up.
        brow_hold_ms: Span,
        /// Fall.
        brow_offset_ms: Span,
        /// A nod is welcome until so long after the candidate's last word.
        welcome_secs: f32,
    }

    /// The answer to a smile.
    SmileProfile {
        /// Its strength by that of the partner's.
        share: Span,
        /// It is never stronger.
        most: f32,
        /// Time to its begin.
        delay_ms: Span,
        /// Rise.
        onset_ms: Span,
        /// Hold.
        hold_secs: Span,
        /// Fall.
        offset_ms: Span,
        /// A smile this soon after another is not answered.
        gap_secs: f32,
        /// The cheeks' part of it.
        cheek_share: f32,
    }

    /// Micro-expressions.
    MicroProfile {
        /// How many.
        per_minute: PerState,
        /// Least time between two.
        gap_secs: f32,
        /// Mean length; each is kept within 160..=500 ms.
        total_ms: f32,
        /// Standard deviation of the length.
        total_sd_ms: f32,
        /// The rise's share of the length.
        onset_share: f32,
        /// The hold's share of the length; the rest is the fall.
        apex_share: f32,
        /// Strength.
        level: Span,
        /// How much later the right half is.
        side_lag_ms: Span,
        /// Whether a character's may be negative; an examiner's never are.
        negative: bool,
    }

    /// Expressions that last.
    ExpressionProfile {
        /// Smile of the face at rest.
        baseline_smile: f32,
        /// The cheeks' part of it.
        baseline_cheek: f32,
        /// How long a change of affect or of its level takes.
        affect_secs: f32,
        /// How long it takes to become another person, with whatever affect that one has.
        role_secs: f32,
        /// Difference between the halves of the face, as a share.
        asymmetry: f32,
        /// Lowered brow of a thinker.
        thinking_brow: f32,
        /// Pressed lips of a thinker.
        thinking_press: f32,
        /// How fast that comes and goes.
        thinking_secs: f32,
        /// Chance of raised brows when the candidate cuts in.
        p_interruption_brow: f32,
        /// When they start to rise.
        interruption_delay_ms: Span,
        /// How far.
        interruption_brow: f32,
        /// Swallows per minute of listening.
        swallow_per_minute: f32,
    }

    /// The speaking mouth.
    SpeechProfile {
        /// Master of the jaw; .3 mumbles, .6 is normal, .9 is loud.
        jaw: f32,
        /// Master of the lips; .3 mumbles, .6 is normal, .7 is loud.
        lips: f32,
        /// Fall of a sound's dominance per millisecond away from it.
        dominance_per_ms: f32,
        /// A sound moves the mouth from this much before it to this much after it.
        reach_ms: f32,
        /// The same of sounds that the lips make: p, b, m, f, v and rounded ones.
        lips_reach_ms: f32,
        /// Lips that must close are closed for at least this long.
        closed_ms: f32,
        /// And move to it and from it in this time.
        closing_ms: f32,
        /// No more visemes than this; the least of them are merged.
        visemes_per_sec: f32,
        /// How fast the jaw follows a louder voice.
        loudness_attack_ms: f32,
        /// How fast it follows a softer one.
        loudness_release_ms: f32,
        /// A smile is no wider than this while the mouth speaks.
        smile_cap: f32,
        /// Factor on a viseme's stretch over a full smile.
        stretch_with_smile: f32,
        /// How much the lower lids take part in wide and pressed lips, and the brows in an open jaw and round lips.
        upper_face: f32,
        /// Chance of a small nod on a stressed vowel.
        p_beat: f32,
        /// Depth of that nod.
        beat_degrees: Span,
        /// How much its deepest point leads the vowel.
        beat_lead_ms: f32,
        /// Its way down.
        beat_onset_ms: f32,
        /// Its way up.
        beat_offset_ms: f32,
        /// Chance of raised brows on a stressed vowel.
        p_beat_brow: f32,
        /// How far they rise.
        beat_brow: f32,
    }

    /// The head's own movement.
    HeadProfile {
        /// Standard deviation of the pitch.
        pitch_degrees: PerState,
        /// Standard deviation of the yaw.
        yaw_degrees: PerState,
        /// Standard deviation of the roll.
        roll_degrees: PerState,
        /// The head's own movement never turns it further, in pitch.
        most_pitch_degrees: f32,
        /// In yaw.
        most_yaw_degrees: f32,
        /// In roll.
        most_roll_degrees: f32,
        /// Band of the movement at rest.
        rest_hertz: Span,
        /// Band of the movement of speech.
        speech_hertz: Span,
        /// The head is never faster.
        degrees_per_sec: PerState,
        /// Except in a nod.
        nod_degrees_per_sec: f32,
        /// Time between shifts of posture.
        posture_gap_secs: Span,
        /// Their length.
        posture_secs: Span,
        /// Their standard deviation.
        posture_degrees: f32,
    }

    /// Breath.
    BreathProfile {
        /// Breaths per minute.
        per_minute: PerState,
        /// How much longer it goes out than in.
        exhale_by_inhale: f32,
        /// The breath before a turn.
        turn_inhale_ms: f32,
        /// From the candidate's end to that breath.
        turn_delay_ms: Span,
        /// How far a breath lifts the chin.
        head_degrees: f32,
    }

    /// Pupils.
    PupilProfile {
        /// Diameter at rest.
        rest_mm: f32,
        /// Slow swing of the diameter.
        swing_mm: f32,
        /// Its frequency.
        hertz: f32,
    }

    /// How one face behaves. All candidates of one assessment meet the same profile.
    Profile {
        /// Whom it plays at the beginning.
        role: Role,
        /// Scale of all that it does by itself, in 0..=1; at 0 the head is still.
        liveliness: f32,
        /// Blinking.
        blink: BlinkProfile,
        /// Gaze.
        gaze: GazeProfile,
        /// Nods.
        nod: NodProfile,
        /// The answer to a smile.
        smile_return: SmileProfile,
        /// Micro-expressions.
        micro_expression: MicroProfile,
        /// Expressions that last.
        expression: ExpressionProfile,
        /// The speaking mouth.
        speech: SpeechProfile,
        /// The head's own movement.
        head: HeadProfile,
        /// Breath.
        breath: BreathProfile,
        /// Pupils.
        pupil: PupilProfile,
        /// What each affect shows.
        affect: Palettes,
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::examiner()
    }
}

const EXAMINER: &str = include_str!("../profiles/examiner.toml");
const CHARACTER: &str = include_str!("../profiles/character.toml");
const CANDIDATE: &str = include_str!("../profiles/candidate.toml");

impl Profile {
    /// Attentive, warm, and without a trace of a verdict: `profiles/examiner.toml`.
    #[must_use]
    pub fn examiner() -> Self {
        Self::from_toml("").expect("the built-in profile is whole")
    }

    /// A character of a role-play: no smile of its own, larger movements, its script's affect in full.
    #[must_use]
    pub fn character() -> Self {
        Self::from_toml(CHARACTER).expect("the built-in profile is whole")
    }

    /// A simulated candidate for demonstrations: looks away more, hardly nods.
    #[must_use]
    pub fn candidate() -> Self {
        Self::from_toml(CANDIDATE).expect("the built-in profile is whole")
    }

    /// A profile from TOML; what is not said is the examiner's.
    ///
    /// **Errors** for unknown names, wrong types, numbers out of range, and an examiner that shows what it must not.
    pub fn from_toml(text: &str) -> Result<Self, BehaviourError> {
        let said: toml::Table = toml::from_str(text)?;
        let mut whole: toml::Table = toml::from_str(EXAMINER)?;
        merge(&mut whole, said);
        let profile: Self = toml::Value::Table(whole).try_into()?;
        profile.check()?;
        Ok(profile)
    }

    /// The whole profile as TOML; [`Self::from_toml`] gives it back.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a profile is TOML")
    }

    /// Whether all numbers are in range; profiles made in code are checked with it.
    ///
    /// **Errors** as [`Self::from_toml`].
    pub fn check(&self) -> Result<(), BehaviourError> {
        limits::check(self)
    }
}

/// Lays `said` over `whole`.
fn merge(whole: &mut toml::Table, said: toml::Table) {
    for (name, value) in said {
        match (whole.get_mut(&name), value) {
            // The units of an affect are said as a whole: one that is not named is not shown.
            (Some(toml::Value::Table(known)), toml::Value::Table(value))
                if name != "units" && name != "right" =>
            {
                merge(known, value);
            }
            (_, value) => {
                whole.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_in_range_and_survive_toml() {
        for profile in [Profile::examiner(), Profile::character(), Profile::candidate()] {
            let text = profile.to_toml();
            assert_eq!(Profile::from_toml(&text).expect("it was written by us"), profile);
        }
        let some = Profile::from_toml("liveliness = 0.5\n[nod]\ndecay = 0.5\nhertz = { high = 2.5 }")
            .expect("a part is enough");
        assert_eq!((some.liveliness, some.nod.decay, some.nod.gap_secs), (0.5, 0.5, 5.0));
        assert_eq!((some.nod.hertz.low, some.nod.hertz.high), (2.0, 2.5));
        let sad = Profile::from_toml("[affect.character.sad]\nunits = { AU1 = 0.5 }").expect("is a part");
        let units = sad.affect.character.sad.units;
        assert_eq!(units.0.iter().filter(|strength| **strength != 0.0).count(), 1, "{units:?}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, word) in [
            ("liveliness = 2.0", "liveliness"),
            ("[nod]\nhertz = { high = 5.0 }", "nod.hertz.high"),
            ("[nod]\nhertz = { low = 3.2, high = 2.0 }", "nod.hertz"),
            ("[blink]\nsigma = nan", "blink.sigma"),
            ("[blnk]\nsigma = 1.0", "blnk"),
            ("liveliness = \"much\"", "invalid type"),
            ("[nod]\ndegrees = 6.0", "expected a range, { low = NUMBER, high = NUMBER }"),
            ("liveliness = ", "line 1"),
            ("[affect.character.sad]\nunits = { AU3 = 0.5 }", "AU3"),
            ("[affect.character.sad]\nunits = { AU1 = 1.5 }", "AU1"),
            ("[affect.examiner.angry]\nunits = { AU4 = 0.9 }", "an examiner shows AU4"),
            ("[affect.examiner.sad]\nright = { AU14 = 0.3 }", "an examiner shows AU14"),
            ("[micro_expression]\ngap_secs = 2.0", "micro_expression.gap_secs"),
            ("[nod]\np_two_cycles = 0.7\np_three_cycles = 0.7", "nod.p_two_cycles"),
        ] {
            let error = Profile::from_toml(text).expect_err(text).to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
