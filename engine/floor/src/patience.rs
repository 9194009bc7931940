//! How long a silence is borne before the floor is taken.

use serde::{Deserialize, Serialize};
use viva_exchange::{QuestionContext, QuestionKind};
use viva_media::{TimeSpan, Timestamp};

/// How far the speaker's own pauses stretch the patience of a question.
pub const SPEAKER_STRETCH: f64 = 1.5;

/// Why the patience changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatienceCause {
    /// Another question waits for an answer, or none does.
    Question,
    /// The speaker's own pauses have become longer or shorter.
    Speaker,
}

/// The patience from now on, for the record.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatienceChange {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub cause: PatienceCause,
    /// Silence that is borne before the floor is taken, in milliseconds.
    pub patience_ms: i64,
    /// What the exam gives the question, in milliseconds; `None` where no question waits.
    pub question_ms: Option<u32>,
    /// The speaker's own pauses, as a slow mean, in milliseconds.
    pub own_pauses_ms: i64,
    /// By how much an accommodation widens it; 1 without one.
    pub accommodation: f32,
}

/// The limits of patience.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatienceConfig {
    /// Where no question was asked.
    pub default: TimeSpan,
    /// Never less than this, whatever the opinions say.
    pub shortest: TimeSpan,
    /// Never more than this, times the accommodation.
    pub longest: TimeSpan,
    /// Multiplies every patience and its longest; an accommodation profile sets it above 1. Held in 1..=10.
    pub accommodation: f32,
}

/// The widest accommodation.
const WIDEST: f32 = 10.0;

impl Default for PatienceConfig {
    fn default() -> Self {
        Self {
            default: TimeSpan::from_millis(1600),
            shortest: TimeSpan::from_millis(600),
            longest: TimeSpan::from_millis(6000),
            accommodation: 1.0,
        }
    }
}

/// Patience for one pause: from the question, stretched by what the pause sounds like and by the speaker's own pauses.
#[derive(Clone, Debug)]
pub struct Patience {
    config: PatienceConfig,
    longest_own_pause: TimeSpan,
    told: Option<(Option<u32>, i64)>,
}

impl Patience {
    /// Patience that knows nothing of the speaker yet.
    #[must_use]
    pub fn new(config: PatienceConfig) -> Self {
        Self { config, longest_own_pause: TimeSpan::ZERO, told: None }
    }

    /// Learns from a pause after which the same speaker went on: the next pause of that length is borne.
    pub fn learn(&mut self, pause: TimeSpan) {
        // A slow average, so that one long search for a word does not make every reply late.
        let learnt = 0.7 * self.longest_own_pause.as_secs() + 0.3 * pause.as_secs();
        self.longest_own_pause = TimeSpan::from_secs(learnt.max(0.0));
    }

    /// The silence to bear now. `p_end` is the opinion of the end-of-turn network, where there is one.
    #[must_use]
    pub fn for_pause(&self, question: Option<&QuestionContext>, p_end: Option<f32>) -> TimeSpan {
        let base = question
            .map_or(self.config.default.as_secs(), |q| share(q.kind) * f64::from(q.patience_ms) / 1e3);
        // 1.0 .. 1.5 times: what sounds finished may be a sentence of many, so that the network only lengthens the patience of the question.
        let sounds = p_end.map_or(1.0, |p| 1.5 - 0.5 * f64::from(p.clamp(0.0, 1.0)));
        let own = 1.2 * self.longest_own_pause.as_secs();
        TimeSpan::from_secs(self.widened((base * sounds).max(own.min(SPEAKER_STRETCH * base))))
    }

    /// Seconds of patience with the accommodation, within the limits.
    fn widened(&self, secs: f64) -> f64 {
        let factor = f64::from(self.accommodation());
        (secs * factor).clamp(self.config.shortest.as_secs(), self.config.longest.as_secs() * factor)
    }

    /// An accommodation never takes patience away; a factor that is no number is none.
    fn accommodation(&self) -> f32 {
        let factor = self.config.accommodation;
        if factor.is_finite() { factor.clamp(1.0, WIDEST) } else { 1.0 }
    }

    /// The patience of a question against one second, stretched by an accommodation: what a cut-in costs.
    ///
    /// The speaker's own pauses are not in it: the forecast knows them.
    #[must_use]
    pub fn factor(&self, question: Option<&QuestionContext>) -> f32 {
        let secs = question.map_or(self.config.default.as_secs(), |q| f64::from(q.patience_ms) / 1e3);
        self.widened(secs) as f32
    }

    /// The patience from now on, where it is another than when this was last asked. Steps of 10 ms.
    pub fn change(&mut self, at: Timestamp, question: Option<&QuestionContext>) -> Option<PatienceChange> {
        let question_ms = question.map(|q| q.patience_ms);
        let patience_ms = self.for_pause(question, None).as_millis() / 10 * 10;
        let before = self.told.replace((question_ms, patience_ms));
        let cause = match before {
            Some(before) if before == (question_ms, patience_ms) => return None,
            Some((before, _)) if before == question_ms => PatienceCause::Speaker,
            _ => PatienceCause::Question,
        };
        let own_pauses_ms = self.longest_own_pause.as_millis();
        let accommodation = self.accommodation();
        Some(PatienceChange { at, cause, patience_ms, question_ms, own_pauses_ms, accommodation })
    }

    /// Forgets the speaker.
    pub fn reset(&mut self) {
        self.longest_own_pause = TimeSpan::ZERO;
    }
}

/// A yes or a single fact is over sooner than a story: the share of the question's patience that its kind needs.
fn share(kind: QuestionKind) -> f64 {
    match kind {
        QuestionKind::Yesno => 0.6,
        QuestionKind::Closed => 0.8,
        QuestionKind::Open | QuestionKind::Statement => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(patience_ms: u32) -> QuestionContext {
        QuestionContext { kind: QuestionKind::Open, expected_s: 10.0, patience_ms }
    }

    #[test]
    fn patience_bends_with_the_sound_of_the_pause_and_stays_in_its_limits() {
        let patience = Patience::new(PatienceConfig::default());
        let question = question(1000);
        let at = |p| patience.for_pause(Some(&question), p).as_millis();
        assert_eq!((at(Some(0.0)), at(None), at(Some(1.0))), (1500, 1000, 1000));
        let long = QuestionContext { patience_ms: 60_000, ..question };
        assert_eq!(patience.for_pause(Some(&long), None).as_millis(), 6000);
    }

    #[test]
    fn every_change_is_told_once_and_with_its_cause() {
        let mut patience = Patience::new(PatienceConfig { accommodation: 2.0, ..PatienceConfig::default() });
        let at = Timestamp::from_millis;
        let told = |change: Option<PatienceChange>| {
            assert!(change.is_none_or(|change| change.accommodation == 2.0), "each tells the accommodation");
            change.map(|c| (c.cause, c.patience_ms, c.question_ms))
        };
        let asked = question(1000);
        assert_eq!(
            told(patience.change(at(20), Some(&asked))),
            Some((PatienceCause::Question, 2000, Some(1000)))
        );
        assert_eq!(patience.change(at(40), Some(&asked)), None);
        patience.learn(TimeSpan::from_millis(100));
        assert_eq!(patience.change(at(60), Some(&asked)), None, "a short pause changes nothing");
        for _ in 0..20 {
            patience.learn(TimeSpan::from_millis(9000));
        }
        // Widened by the speaker within its limit.
        assert_eq!(
            told(patience.change(at(80), Some(&asked))),
            Some((PatienceCause::Speaker, 3000, Some(1000)))
        );
        assert_eq!(told(patience.change(at(100), None)), Some((PatienceCause::Question, 4800, None)));
    }

    #[test]
    fn an_accommodation_widens_every_patience_and_its_limit() {
        let of = |accommodation| {
            let patience = Patience::new(PatienceConfig { accommodation, ..PatienceConfig::default() });
            let at = |ms: u32| patience.for_pause(Some(&question(ms)), None).as_millis();
            let factor = (patience.factor(Some(&question(1700))) * 1000.0).round();
            (at(1700), at(60_000), patience.for_pause(None, None).as_millis(), factor)
        };
        assert_eq!(of(1.0), (1700, 6000, 1600, 1700.0));
        assert_eq!(of(1.5), (2550, 9000, 2400, 2550.0));
        // Whatever a record says: never less than without one, and not for ever.
        for (odd, held) in [(0.1, 1.0), (f32::NAN, 1.0), (-3.0, 1.0), (f32::INFINITY, 1.0), (1e9, WIDEST)] {
            assert_eq!(of(odd), of(held), "{odd}");
        }
    }

    #[test]
    fn a_slow_speaker_is_given_more_time() {
        let mut patience = Patience::new(PatienceConfig::default());
        let before = patience.for_pause(Some(&question(800)), Some(0.9));
        for _ in 0..10 {
            patience.learn(TimeSpan::from_millis(1100));
        }
        assert!(patience.for_pause(Some(&question(800)), Some(0.9)) > before);
    }
}
