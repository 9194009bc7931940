//! What was seen of the candidate during an answer, as one plain sentence: movements, and nothing about what they might mean.
//!
//! Only an exam with `observation = "speech+visible"` gets it. Our eyes look on the stage's thread, so that when a sighting comes is no
//! matter of the session's clock: the sentence that reached the conversation stands in the record, and a replay takes it from there.

use std::collections::{BTreeMap, VecDeque};

use viva_exchange::Turn;
use viva_media::Timestamp;

/// Sightings kept: ten minutes at eight per second.
const DEPTH: usize = 4800;
/// Fewer sightings of an answer than these say nothing.
const LEAST_SIGHTINGS: usize = 8;
/// A movement is told from this share of the answer on.
const LEAST_SHARE: f64 = 0.2;

/// One look at the candidate's picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sighting {
    pub(crate) at: Timestamp,
    /// A face was found.
    pub(crate) present: bool,
    /// Head and eyes pointed towards the screen.
    pub(crate) towards_screen: bool,
    /// How far the corners of the mouth are up, above the face's own rest; `None` where the picture does not tell.
    pub(crate) corners: Option<f32>,
}

/// Where sentences about what was visible come from.
pub(crate) enum Sight {
    /// The exam does not ask for them.
    Off,
    /// From the sightings so far.
    Watching(VecDeque<Sighting>),
    /// From a record.
    Recorded {
        /// By turn.
        turns: BTreeMap<u32, String>,
        /// By reply that was prepared.
        so_far: BTreeMap<u64, String>,
    },
}

impl Sight {
    pub(crate) fn watching() -> Self {
        Self::Watching(VecDeque::with_capacity(DEPTH))
    }

    /// Takes a sighting; the oldest goes when there is no room.
    pub(crate) fn see(&mut self, sighting: Sighting) {
        let Self::Watching(sightings) = self else { return };
        if sightings.len() == DEPTH {
            sightings.pop_front();
        }
        sightings.push_back(sighting);
    }

    /// What was visible while this was said, if there is anything to tell.
    pub(crate) fn sentence(&mut self, turn: &Turn) -> Option<String> {
        match self {
            Self::Off => None,
            Self::Recorded { turns, .. } => turns.remove(&turn.id.0),
            Self::Watching(sightings) => tell(sightings, turn),
        }
    }

    /// The same for a turn that may not be over, to prepare a reply; `reply` is the number of that reply.
    pub(crate) fn so_far(&self, reply: u64, turn: &Turn) -> Option<String> {
        match self {
            Self::Off => None,
            Self::Recorded { so_far, .. } => so_far.get(&reply).cloned(),
            Self::Watching(sightings) => tell(sightings, turn),
        }
    }
}

fn tell(sightings: &VecDeque<Sighting>, turn: &Turn) -> Option<String> {
    let during: Vec<&Sighting> =
        sightings.iter().filter(|seen| (turn.start..=turn.end).contains(&seen.at)).collect();
    if during.len() < LEAST_SIGHTINGS {
        return None;
    }
    let share = |is: &dyn Fn(&Sighting) -> bool| {
        during.iter().filter(|seen| is(seen)).count() as f64 / during.len() as f64
    };
    let told = |share: f64, what: &str| {
        (share >= LEAST_SHARE).then(|| format!("{what} during {:.0} % of the answer", share * 100.0))
    };
    let away = told(share(&|seen| seen.present && !seen.towards_screen), "looked away from the screen");
    let gone = told(share(&|seen| !seen.present), "was out of the picture");
    let parts: Vec<String> = away.into_iter().chain(gone).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_exchange::{Speaker, TurnId};

    #[test]
    fn what_is_told_is_what_was_seen_during_the_answer() {
        let mut sight = Sight::watching();
        for index in 0..40 {
            let at = Timestamp::from_millis(index * 100);
            // Away from 1.0 s to 1.5 s, gone from 3 s on.
            sight.see(Sighting {
                at,
                present: index < 30,
                towards_screen: !(10..15).contains(&index) && index < 30,
                corners: None,
            });
        }
        let turn = |start, end| Turn {
            id: TurnId(1),
            speaker: Speaker::Candidate,
            start: Timestamp::from_millis(start),
            end: Timestamp::from_millis(end),
            words: Vec::new(),
        };
        let away = "looked away from the screen during 33 % of the answer";
        assert_eq!(sight.sentence(&turn(500, 1999)).as_deref(), Some(away));
        let gone = "was out of the picture during 50 % of the answer";
        assert_eq!(sight.sentence(&turn(2000, 3950)).as_deref(), Some(gone));
        assert_eq!(sight.sentence(&turn(1600, 2900)), None, "towards the screen");
        assert_eq!(sight.sentence(&turn(1000, 1400)), None, "too short to tell");
        assert_eq!(Sight::Off.sentence(&turn(500, 1999)), None);
    }
}
