//! The judgement from forecasts: when waiting no longer pays, the floor is taken.

use serde::{Deserialize, Serialize};
use viva_media::TimeSpan;

use crate::Verdict;
use crate::forecast::{FloorForecast, Overlap};

/// One operating point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    /// How many seconds of dead air one cut-in is worth, for a question with a patience of one second. More is more patient.
    pub cut_in_cost_secs: f32,
    /// What a cut-in costs more for each further second of silence, as a natural logarithm: who has waited long waits on.
    pub cost_growth: f32,
    /// The odds of the end are set again in the course of a pause, from its beginning and the second opinion.
    pub second_look: bool,
    /// A reply is prepared as if a cut-in cost this share of it: a wrong guess costs work, not manners.
    pub prepare_share: f32,
    /// The floor is taken after this silence, for a patience of one second, unless the turn is less likely over than `least_ended`;
    /// after twice this silence it is taken whatever is forecast.
    pub longest_silence: TimeSpan,
    /// How likely the end must be for a long silence to end the turn.
    pub least_ended: f32,
    /// The assessor stops speaking when an interruption is at least this likely ...
    pub yield_at: f32,
    /// ... for this many ticks in a row.
    pub yield_ticks: u32,
    /// A listener's sign fits where a pause that goes on is at least this likely.
    pub backchannel_at: f32,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            // The cost of the frozen point `lat@5%`, and the patience as the long silence: an examiner rather waits.
            cut_in_cost_secs: 13.3,
            cost_growth: 0.0,
            second_look: true,
            prepare_share: 0.3,
            longest_silence: TimeSpan::from_millis(1000),
            least_ended: 0.7,
            yield_at: 0.85,
            yield_ticks: 2,
            backchannel_at: 0.4,
        }
    }
}

impl PolicyConfig {
    /// What to do at a tick of a turn. `patience` multiplies the cost of a cut-in: 1 is a question with a patience of one second.
    #[must_use]
    pub fn judge(&self, forecast: &FloorForecast, silence: TimeSpan, patience: f32) -> Verdict {
        let worth = forecast.silence_per_cut_in();
        let growth = f64::from(self.cost_growth) * (silence.as_secs() / f64::from(patience.max(1e-3)) - 1.0);
        let cost = self.cut_in_cost_secs * patience * growth.exp() as f32;
        let because = || {
            let (silence, p_end) = (silence.as_secs(), forecast.ended());
            format!(
                "silence {silence:.2} s, p_end {p_end:.2}, a cut-in saves {worth:.2} s and costs {cost:.2} s"
            )
        };
        let longest = self.longest_silence.as_secs() * f64::from(patience);
        let silent = silence.as_secs() / longest.max(1e-3);
        if worth >= cost || silent >= 2.0 || (silent >= 1.0 && forecast.ended() >= self.least_ended) {
            Verdict::Commit(because())
        } else if worth >= cost * self.prepare_share {
            Verdict::Prepare(because())
        } else {
            Verdict::Wait
        }
    }

    /// True where the sound over the assessor's voice is somebody who wants the floor.
    #[must_use]
    pub fn interrupts(&self, forecast: &FloorForecast) -> bool {
        forecast.overlaps(Overlap::Interruption) >= self.yield_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::shape::{OUTCOME_ENDED, OUTPUTS};

    fn forecast(ended: f32) -> FloorForecast {
        let mut logits = [0.0; OUTPUTS];
        logits[OUTCOME_ENDED] = ended;
        FloorForecast::from_logits(&logits).expect("finite")
    }

    #[test]
    fn certainty_commits_doubt_prepares_and_patience_waits() {
        let policy = PolicyConfig::default();
        let at = |ended, patience| policy.judge(&forecast(ended), TimeSpan::from_millis(200), patience);
        assert!(matches!(at(12.0, 1.0), Verdict::Commit(_)));
        assert_eq!(at(0.0, 1.0), Verdict::Wait);
        let doubt = (0..120).map(|i| at(i as f32 / 10.0, 1.0)).find(|v| *v != Verdict::Wait);
        assert!(matches!(doubt, Some(Verdict::Prepare(_))));
        // The same forecast is answered later where the question is given more patience.
        let least =
            |patience| (0..200).find(|i| matches!(at(*i as f32 / 10.0, patience), Verdict::Commit(_)));
        assert!(least(3.0) > least(1.0));
    }

    #[test]
    fn a_silence_ends_at_last() {
        let policy = PolicyConfig::default();
        let never = forecast(-20.0);
        assert_eq!(policy.judge(&never, TimeSpan::from_millis(1900), 1.0), Verdict::Wait);
        assert!(matches!(policy.judge(&never, TimeSpan::from_millis(2000), 1.0), Verdict::Commit(_)));
        assert_eq!(policy.judge(&never, TimeSpan::from_millis(2000), 2.0), Verdict::Wait);
        // Rather likely than not is enough after the first half of that.
        let likely = forecast(3.8);
        assert!(
            likely.ended() >= policy.least_ended
                && likely.silence_per_cut_in() < 2.0 * policy.cut_in_cost_secs
        );
        let at = |millis| policy.judge(&likely, TimeSpan::from_millis(millis), 4.0);
        assert!(!matches!(at(3900), Verdict::Commit(_)) && matches!(at(4000), Verdict::Commit(_)));
    }
}
