//! The judgement that is always there: silence against patience, and a rule for barge-ins.

use viva_exchange::QuestionContext;
use viva_media::TimeSpan;

use crate::{Patience, Verdict};

/// Thresholds of the rules.
#[derive(Clone, Copy, Debug)]
pub struct RulesConfig {
    /// Silence after which the end-of-turn network is asked.
    pub ask_after: TimeSpan,
    /// Share of the patience after which a reply is prepared.
    pub prepare_at: f64,
    /// Speech over the assessor that lasts this long takes the floor; shorter is a backchannel or a noise.
    pub barge_in_after: TimeSpan,
}

impl Default for RulesConfig {
    fn default() -> Self {
        Self {
            ask_after: TimeSpan::from_millis(200),
            prepare_at: 0.5,
            barge_in_after: TimeSpan::from_millis(520),
        }
    }
}

impl RulesConfig {
    /// What to do after `silence` in a turn that has begun. `p_end` is the opinion of the end-of-turn network, where there is one.
    #[must_use]
    pub fn judge(
        &self,
        silence: TimeSpan,
        patience: &Patience,
        question: Option<&QuestionContext>,
        p_end: Option<f32>,
    ) -> Verdict {
        let patience = patience.for_pause(question, p_end);
        let because = || {
            let p_end = p_end.map_or_else(|| "none".to_owned(), |p| format!("{p:.2}"));
            format!("silence {:.2} s, patience {:.2} s, p_end {p_end}", silence.as_secs(), patience.as_secs())
        };
        if silence >= patience {
            Verdict::Commit(because())
        } else if silence.as_secs() >= self.prepare_at * patience.as_secs() {
            Verdict::Prepare(because())
        } else {
            Verdict::Wait
        }
    }
}
