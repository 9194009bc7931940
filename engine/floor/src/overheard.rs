//! What sounds over the assessor's voice, sound by sound: for the record and for the measurement; no decision is taken from it.

use serde::Serialize;
use viva_media::{TICK, TimeSpan, Timestamp};

use crate::forecast::{FloorForecast, KINDS, Overlap};

/// A sound over the assessor's voice that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Overheard {
    /// Begin of the first tick in which it was noticed.
    pub start: Timestamp,
    /// End of the last one.
    pub end: Timestamp,
    /// What it most likely was.
    pub kind: Overlap,
}

/// Shorter sounds are chance.
const LEAST: TimeSpan = TimeSpan::from_millis(60);
/// A sound that is quiet for so long has ended.
const QUIET: TimeSpan = TimeSpan::from_millis(200);

/// The sound that is being heard.
#[derive(Clone, Copy, Debug)]
struct Sound {
    start: Timestamp,
    end: Timestamp,
    /// Sums over its ticks, in the order of [`Overlap`].
    kinds: [f32; KINDS.len()],
}

impl Sound {
    /// The sound once it has ended, where something stood out of the room during it or just before: the network also guesses where nothing
    /// sounds, and answers some ticks late.
    fn ended(&self, sounded: Option<Timestamp>) -> Option<Overheard> {
        let likelihood = |kind: &Overlap| self.kinds[*kind as usize];
        let told = KINDS.into_iter().filter(|kind| *kind != Overlap::Nothing);
        let kind = told.max_by(|a, b| likelihood(a).total_cmp(&likelihood(b)))?;
        let is_heard = sounded.is_some_and(|at| at + QUIET >= self.start);
        let counts = is_heard && self.end - self.start >= LEAST;
        counts.then_some(Overheard { start: self.start, end: self.end, kind })
    }
}

/// Follows the sounds over the assessor's voice from tick to tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Overhearing {
    sound: Option<Sound>,
    /// When something stood out of the room last.
    sounded: Option<Timestamp>,
}

impl Overhearing {
    /// Takes the forecast of a tick in which the assessor speaks; `None` where it does not speak or nothing is forecast. `sounds` where
    /// the microphone holds a sound that stands out of the room. Gives the sound that ended with the tick.
    pub(crate) fn step(
        &mut self,
        at: Timestamp,
        sounds: bool,
        forecast: Option<&FloorForecast>,
    ) -> Option<Overheard> {
        if sounds {
            self.sounded = Some(at);
        }
        let Some(forecast) = forecast else { return self.sound.take()?.ended(self.sounded) };
        if forecast.overlaps(Overlap::Nothing) >= 0.5 {
            let over = self.sound.filter(|sound| at - sound.end >= QUIET)?;
            self.sound = None;
            return over.ended(self.sounded);
        }
        let first = Sound { start: at - TICK, end: at, kinds: [0.0; KINDS.len()] };
        let sound = self.sound.get_or_insert(first);
        sound.end = at;
        sound.kinds.iter_mut().zip(forecast.overlap).for_each(|(sum, kind)| *sum += kind);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::shape::{ECHO, OUTCOMES, OUTPUTS, OVERLAP_NOISE};

    fn forecast(overlap: usize, echo: f32) -> FloorForecast {
        let mut logits = [0.0; OUTPUTS];
        (logits[OUTCOMES + overlap], logits[ECHO]) = (6.0, echo);
        FloorForecast::from_logits(&logits).expect("finite")
    }

    fn heard(script: &[(usize, Option<FloorForecast>)]) -> Vec<(i64, i64, Overlap)> {
        overheard(script, |_| true)
    }

    /// What is heard of ticks of `(ticks, forecast)`, in milliseconds, where the room sounds at those times.
    fn overheard(
        script: &[(usize, Option<FloorForecast>)],
        sounds: impl Fn(i64) -> bool,
    ) -> Vec<(i64, i64, Overlap)> {
        let mut overhearing = Overhearing::default();
        let mut at = Timestamp::ZERO;
        let mut all = Vec::new();
        for (ticks, forecast) in script {
            for _ in 0..*ticks {
                at += viva_media::TICK;
                all.extend(overhearing.step(at, sounds(at.as_millis()), forecast.as_ref()));
            }
        }
        all.into_iter().map(|sound| (sound.start.as_millis(), sound.end.as_millis(), sound.kind)).collect()
    }

    #[test]
    fn sounds_are_told_apart_and_joined_over_a_short_quiet() {
        let (quiet, sign) = (Some(forecast(0, 0.0)), Some(forecast(1, 0.0)));
        let (knock, echo) = (Some(forecast(OVERLAP_NOISE, -5.0)), Some(forecast(OVERLAP_NOISE, 5.0)));
        let script = [(10, quiet), (10, sign), (5, quiet), (5, sign), (20, quiet), (2, knock), (20, quiet)];
        assert_eq!(heard(&script), [(200, 600, Overlap::Backchannel)], "40 ms are no sound");
        assert_eq!(heard(&[(3, knock), (20, quiet)]), [(0, 60, Overlap::Noise)]);
        // The assessor falls silent, and what was heard over it has ended.
        assert_eq!(heard(&[(5, quiet), (30, echo), (1, None)]), [(100, 700, Overlap::Echo)]);
        assert_eq!(overheard(&[(5, quiet), (30, echo), (1, None)], |_| false), [], "nothing sounds");
        let late = |at: i64| overheard(&[(5, quiet), (3, knock), (20, quiet)], |millis| millis == at);
        assert_eq!(late(60), [(100, 160, Overlap::Noise)], "told two ticks after it was heard");
        let echoes = [(20, quiet), (5, echo), (20, quiet)];
        assert_eq!(
            overheard(&echoes, |millis| millis == 100),
            [],
            "what was heard long before is another sound"
        );
        let wants = Some(forecast(2, 0.0));
        assert_eq!(heard(&[(3, sign), (12, wants), (1, None)]), [(0, 300, Overlap::Interruption)]);
    }
}
