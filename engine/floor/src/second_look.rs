//! The forecast, looked at again in the course of a pause.
//!
//! The network forgets: it looks back over 2.5 s, so that late in a long pause it no longer hears how the speech before it ended. And it
//! knows nothing of the end-of-turn network's opinion. Both are put back here: the odds of the end are set again from what was forecast
//! when the pause began, from the forecast of now and from the opinion, with weights that change with the length of the silence.
//!
//! The opinion enters 0.4 s into the pause at the earliest. The beginning of the pause counts from 0.8 s of silence on: until then
//! the network remembers it. There both parts meet in the forecast as it is.
//!
//! The weights are logistic regressions on the pauses of composed training cases: from 0.8 s on `models/train/floor_second_look.py` is
//! the recipe, before that `models/train/floor_early_opinion.py`.

use viva_media::TimeSpan;

use crate::forecast::FloorForecast;
use crate::forecast::shape::OUTCOME_ENDED;

/// Silences between which the weights are interpolated, in seconds. Up to the first of them the forecast stays as it is.
const KNOTS_SECS: [f32; 7] = [0.25, 0.45, 0.6, 0.8, 1.4, 2.0, 2.8];
/// The part of a pause whose forecasts are remembered, in seconds.
const ONSET_SECS: std::ops::RangeInclusive<f32> = 0.2..=0.6;
/// The opinion's log odds are no further from 0 than this.
const OPINION_LIMIT: f32 = 6.0;

/// Weights at a knot: constant, log odds of the end now, their mean at the onset less those of now, log odds of the opinion.
type Weights = [f32; 4];
const AS_IT_IS: Weights = [0.0, 1.0, 0.0, 0.0];

/// Where there is an opinion.
const WITH_OPINION: [Weights; KNOTS_SECS.len()] = [
    AS_IT_IS,
    [-0.093, 0.808, 0.000, 0.177],
    [-0.020, 0.778, 0.000, 0.186],
    AS_IT_IS,
    [1.214, 0.793, 0.926, 0.226],
    [2.089, 0.749, 0.932, 0.153],
    [2.122, 0.828, 0.692, 0.183],
];
/// Where there is none.
const WITHOUT_OPINION: [Weights; KNOTS_SECS.len()] = [
    AS_IT_IS,
    AS_IT_IS,
    AS_IT_IS,
    AS_IT_IS,
    [1.224, 0.844, 0.986, 0.000],
    [2.112, 0.797, 0.988, 0.000],
    [2.293, 0.834, 0.772, 0.000],
];

/// What is remembered of a pause.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Onset {
    log_odds: f32,
    ticks: u32,
}

impl Onset {
    /// Takes the forecast of a tick of the pause.
    pub(crate) fn remember(&mut self, forecast: &FloorForecast, silence: TimeSpan) {
        if ONSET_SECS.contains(&secs(silence)) {
            self.log_odds += log_odds(forecast.ended());
            self.ticks += 1;
        }
    }

    /// The forecast with the odds of the end set again.
    #[must_use]
    pub(crate) fn refine(
        &self,
        forecast: FloorForecast,
        silence: TimeSpan,
        p_end: Option<f32>,
    ) -> FloorForecast {
        let silence = secs(silence);
        if silence <= KNOTS_SECS[0] {
            return forecast;
        }
        let now = log_odds(forecast.ended());
        let onset = if silence > *ONSET_SECS.end() && self.ticks > 0 {
            self.log_odds / self.ticks as f32 - now
        } else {
            0.0
        };
        let opinion =
            p_end.filter(|p| p.is_finite()).map(|p| log_odds(p).clamp(-OPINION_LIMIT, OPINION_LIMIT));
        let table = if opinion.is_some() { &WITH_OPINION } else { &WITHOUT_OPINION };
        let weights = between(table, silence);
        if weights.iter().zip(AS_IT_IS).all(|(weight, kept)| (weight - kept).abs() < f32::EPSILON) {
            return forecast;
        }
        let sees = [1.0, now, onset, opinion.unwrap_or(0.0)];
        let z: f32 = weights.iter().zip(sees).map(|(weight, value)| weight * value).sum();
        with_end(forecast, 1.0 / (1.0 + (-z).exp()))
    }
}

/// The weights after `silence` seconds.
fn between(table: &[Weights; KNOTS_SECS.len()], silence: f32) -> Weights {
    let last = KNOTS_SECS.len() - 1;
    let silence = silence.clamp(KNOTS_SECS[0], KNOTS_SECS[last]);
    let right = KNOTS_SECS.iter().position(|knot| silence <= *knot).unwrap_or(last).max(1);
    let (from, to) = (KNOTS_SECS[right - 1], KNOTS_SECS[right]);
    let share = (silence - from) / (to - from);
    std::array::from_fn(|i| table[right - 1][i] + share * (table[right][i] - table[right - 1][i]))
}

/// The same forecast where the turn is over with this probability; the proportions of all else stay.
fn with_end(mut forecast: FloorForecast, ended: f32) -> FloorForecast {
    let scale = (1.0 - ended) / (1.0 - forecast.ended()).max(1e-6);
    forecast.outcome[..OUTCOME_ENDED].iter_mut().for_each(|p| *p *= scale);
    forecast.outcome[OUTCOME_ENDED] = ended;
    forecast
}

fn log_odds(p: f32) -> f32 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    (p / (1.0 - p)).ln()
}

fn secs(span: TimeSpan) -> f32 {
    span.as_secs() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::shape::OUTPUTS;

    fn forecast(ended: f32) -> FloorForecast {
        let even = FloorForecast::from_logits(&[0.0; OUTPUTS]).expect("finite");
        with_end(even, ended)
    }

    fn ended(onset: f32, now: f32, millis: i64, p_end: Option<f32>) -> f32 {
        let mut memory = Onset::default();
        for millis in (0..=800).step_by(20) {
            memory.remember(&forecast(onset), TimeSpan::from_millis(millis));
        }
        let refined = memory.refine(forecast(now), TimeSpan::from_millis(millis), p_end);
        assert!((refined.outcome.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        refined.ended()
    }

    #[test]
    fn early_in_a_pause_the_forecast_stays_as_it_is_but_for_the_opinion() {
        for (millis, p_end) in [(200, Some(0.99)), (500, None), (800, None), (800, Some(0.99))] {
            assert!((ended(0.1, 0.6, millis, p_end) - 0.6).abs() < 1e-5, "{millis} ms, {p_end:?}");
        }
        for millis in [300, 440, 600, 700] {
            assert!(ended(0.1, 0.3, millis, Some(0.98)) > 0.3, "{millis} ms");
            assert!(ended(0.1, 0.3, millis, Some(0.05)) < 0.3, "{millis} ms");
            assert!((ended(0.1, 0.3, millis, Some(0.9)) - ended(0.9, 0.3, millis, Some(0.9))).abs() < 1e-6);
        }
    }

    #[test]
    fn late_in_a_pause_its_beginning_and_the_opinion_count() {
        for millis in [1100, 1600, 2400, 6000] {
            assert!(ended(0.8, 0.9, millis, None) > ended(0.3, 0.9, millis, None), "{millis} ms");
            assert!(ended(0.5, 0.9, millis, Some(0.9)) > ended(0.5, 0.9, millis, Some(0.1)), "{millis} ms");
        }
    }

    #[test]
    fn rubbish_stays_a_probability() {
        for p_end in [f32::NAN, f32::INFINITY, -1.0] {
            let refined = Onset::default().refine(forecast(1.0), TimeSpan::from_millis(9000), Some(p_end));
            assert!((0.0..=1.0).contains(&refined.ended()), "{refined:?}");
        }
    }
}
