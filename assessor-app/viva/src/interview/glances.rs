//! What the assessor's face is told of the candidate's: that head and eyes turn away from the screen and back, and that the corners of the
//! mouth go up. Movements, and nothing about what they might mean; no question, score or sentence rests on them.
//!
//! Our eyes look on the stage's thread, so that when a movement is seen is no matter of the session's clock: what the face was told
//! stands in the record with its tick, and a replay takes it from there. Nothing is told before the candidate has agreed to be recorded.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use viva_behaviour::Event;
use viva_media::Timestamp;

use super::sight::Sighting;

/// Kind of the event in the record.
pub(crate) const GLANCE: &str = "glance";

/// The corners of the mouth have gone up from this weight on, and are down again below the other.
const CORNERS_UP: f32 = 0.3;
const CORNERS_DOWN: f32 = 0.15;
/// While they still rise by more than this per sighting, the height is not told yet, for so many sightings.
const STILL_RISES: f32 = 0.02;
const MOST_RISING: u32 = 3;

/// One movement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "movement", rename_all = "snake_case")]
pub(crate) enum Glance {
    /// Head and eyes have turned from the screen.
    LooksAway,
    /// They are turned to it again.
    LooksBack,
    /// The corners of the mouth have gone up.
    CornersUp {
        /// `mouthSmile` above the face's own rest, mean of the halves, in hundredths of 0..=1.
        hundredths: u8,
    },
}

impl From<Glance> for Event {
    fn from(glance: Glance) -> Self {
        match glance {
            Glance::LooksAway => Self::CandidateLooksAway,
            Glance::LooksBack => Self::CandidateLooksBack,
            Glance::CornersUp { hundredths } => Self::PartnerSmile { width: f32::from(hundredths) / 100.0 },
        }
    }
}

/// Where they come from. Constant memory, but for a record's own.
pub(crate) enum Glances {
    /// From our own eyes.
    Watching(Watch),
    /// From a record, in the order of their ticks.
    Recorded(VecDeque<(Timestamp, Glance)>),
}

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Watch {
    /// Whether the face looks here; not known before it once did.
    looks_here: Option<bool>,
    /// The corners are up, and that has been told.
    told_up: bool,
    /// Highest so far of a rise that has not been told, and for how many sightings.
    rise: Option<(f32, u32)>,
}

impl Glances {
    pub(crate) fn watching() -> Self {
        Self::Watching(Watch::default())
    }

    /// What a sighting adds. Lips that speak draw their corners, too: they count where the candidate `is_silent` only.
    pub(crate) fn see(
        &mut self,
        sighting: &Sighting,
        is_silent: bool,
    ) -> impl Iterator<Item = Glance> + use<> {
        let glances = match self {
            Self::Watching(watch) => [watch.look(sighting), watch.corners(sighting, is_silent)],
            Self::Recorded(_) => [None; 2],
        };
        glances.into_iter().flatten()
    }

    /// The next that a record has for the tick that ends at `now`.
    pub(crate) fn recorded(&mut self, now: Timestamp) -> Option<Glance> {
        let Self::Recorded(glances) = self else { return None };
        glances.pop_front_if(|(at, _)| *at <= now).map(|(_, glance)| glance)
    }
}

impl Watch {
    fn look(&mut self, sighting: &Sighting) -> Option<Glance> {
        let looks_here = sighting.present.then_some(sighting.towards_screen)?;
        if self.looks_here.is_none() && !looks_here {
            return None;
        }
        let looked_here = self.looks_here.replace(looks_here)?;
        match (looked_here, looks_here) {
            (true, false) => Some(Glance::LooksAway),
            (false, true) => Some(Glance::LooksBack),
            _ => None,
        }
    }

    fn corners(&mut self, sighting: &Sighting, is_silent: bool) -> Option<Glance> {
        let height = sighting.corners.filter(|_| is_silent);
        let Some(height) = height else {
            self.rise = None;
            return None;
        };
        self.told_up &= height > CORNERS_DOWN;
        if self.told_up || height < CORNERS_UP {
            self.rise = None;
            return None;
        }
        let (highest, count) = self.rise.unwrap_or((0.0, 0));
        self.rise = Some((highest.max(height), count + 1));
        if height > highest + STILL_RISES && count < MOST_RISING {
            return None;
        }
        self.told_up = true;
        self.rise = None;
        Some(Glance::CornersUp { hundredths: (highest.max(height).min(1.0) * 100.0).round() as u8 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of sightings, each with its place: whether there is a face, and looks here; the corners; whether it is silent.
    fn told(sightings: &[(Option<bool>, Option<f32>, bool)]) -> Vec<(usize, Glance)> {
        let mut glances = Glances::watching();
        let mut told = Vec::new();
        for (index, &(looks_here, corners, is_silent)) in sightings.iter().enumerate() {
            let at = Timestamp::from_millis(index as i64 * 120);
            let (present, towards_screen) = (looks_here.is_some(), looks_here == Some(true));
            let sighting = Sighting { at, present, towards_screen, corners };
            told.extend(glances.see(&sighting, is_silent).map(|glance| (index, glance)));
        }
        told
    }

    #[test]
    fn eyes_that_leave_and_come_back_are_told_once_each() {
        let looks =
            |seen: &[Option<bool>]| told(&seen.iter().map(|&seen| (seen, None, true)).collect::<Vec<_>>());
        let (here, away) = (Some(true), Some(false));
        // No face, away before they were ever here, here, away, out of the picture in between, back.
        let seen = [None, away, away, here, here, away, None, away, here, None, here, away];
        let (left, back) = (Glance::LooksAway, Glance::LooksBack);
        assert_eq!(looks(&seen), [(5, left), (8, back), (11, left)]);
    }

    #[test]
    fn corners_are_told_at_their_height_and_not_while_the_mouth_speaks() {
        let up = |hundredths| Glance::CornersUp { hundredths };
        let corners = |seen: &[f32], is_silent| {
            told(&seen.iter().map(|&seen| (None, Some(seen), is_silent)).collect::<Vec<_>>())
        };
        let smile = [0.0, 0.2, 0.35, 0.5, 0.61, 0.6, 0.55, 0.6, 0.2, 0.1, 0.4, 0.4];
        assert_eq!(corners(&smile, true), [(5, up(61)), (11, up(40))]);
        assert_eq!(corners(&smile, false), []);
        // One that rises on and on is told in time.
        assert_eq!(corners(&[0.3, 0.4, 0.5, 0.6, 0.7, 0.8], true), [(3, up(60))]);
        assert_eq!(told(&[(None, Some(0.5), true), (None, None, true), (None, Some(0.5), false)]), []);
    }

    #[test]
    fn a_record_gives_back_what_was_told_on_its_tick() {
        let at = Timestamp::from_millis;
        let of =
            [(40, Glance::LooksAway), (60, Glance::LooksBack), (60, Glance::CornersUp { hundredths: 37 })];
        let kept: VecDeque<(Timestamp, Glance)> = of
            .into_iter()
            .map(|(millis, glance)| {
                let text = serde_json::to_string(&glance).expect("JSON");
                (at(millis), serde_json::from_str(&text).expect("was written by us"))
            })
            .collect();
        let mut glances = Glances::Recorded(kept);
        let mut tick = |millis| std::iter::from_fn(|| glances.recorded(at(millis))).collect::<Vec<_>>();
        assert_eq!(tick(20), []);
        assert_eq!(tick(40), [of[0].1]);
        assert_eq!(tick(60), [of[1].1, of[2].1]);
        assert_eq!(Event::from(of[2].1), Event::PartnerSmile { width: 0.37 });
    }
}
