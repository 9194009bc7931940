//! The neutral word at the end of an answer, said while what was answered is still being recognised.
//!
//! It rests on nothing but the length of the answer and what is known of its words, changes nothing of what is asked and scored, and
//! draws from a chance of its own: an interview asks and scores the same whether acknowledgements were said or not.

use serde::Serialize;
use viva_exchange::{Speaker, Utterance, UtteranceId};

use super::event::EventKind;
use super::{CONSENT_QUESTION, Conversation};
use crate::chance::Chance;
use crate::exam::{GuardrailKind, after_acknowledgement};
use crate::text::tokens;

/// Shorter answers get none: they are single words, and the shortest of wishes ("stop").
const LEAST_ANSWER_SECS: f64 = 1.0;
/// After so many in a row one is left out: more would be a mannerism.
const MOST_IN_A_ROW: u32 = 3;
/// Keeps the choice apart from every other one of the seed.
const SALT: u64 = 0x5ACC_0DED_0F0F_5EED;

/// An answer whose reply is not known yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerSoFar<'a> {
    /// From its first to its last voiced moment, in seconds.
    pub secs: f64,
    /// What is known of its words; they may be incomplete.
    pub words: &'a str,
}

/// Why an answer is not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unacknowledged {
    /// The persona lists none.
    NoneListed,
    /// No question of the examiner waits: consent is being asked for, a scene is played, or the session is over.
    NotNow,
    /// It has been said for this question already.
    SaidAlready,
    /// The answer was shorter than a second.
    ShortAnswer,
    /// The words so far hold a wish: to stop, for a human, to hear the question again.
    Wish,
    /// The last answers were all acknowledged.
    TooManyInARow,
}

/// A place for an acknowledgement: each question of the examiner keeps a number for it, so that the numbers of all that is said after it
/// do not depend on whether it was said.
#[derive(Clone, Copy, Debug)]
struct Place {
    id: UtteranceId,
    is_said: bool,
}

/// What is remembered of acknowledgements.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledgements {
    /// For the answer to the question that waits, and to the one before it.
    place: Option<Place>,
    before: Option<Place>,
    /// Answers in a row that were acknowledged, up to the one before `before`.
    run: u32,
    /// The one that was said last.
    last: Option<usize>,
}

impl Conversation {
    /// What would be said at the end of the answer that is awaited, so that its sound can be made ahead.
    #[must_use]
    pub fn acknowledgement(&self) -> Option<Utterance> {
        let place = self.acknowledgements.place.filter(|place| !place.is_said && !self.finished)?;
        let text = self.wording_of(place)?.1;
        Some(self.utterance(place.id, Speaker::Examiner, text, None))
    }

    /// The floor has been taken and the reply is not known yet: what to say until then.
    ///
    /// # Errors
    /// Why nothing is to be said.
    pub fn acknowledge(&self, answer: &AnswerSoFar<'_>) -> Result<Utterance, Unacknowledged> {
        if self.exam.persona().acknowledgements.is_empty() {
            return Err(Unacknowledged::NoneListed);
        }
        let place = self.acknowledgements.place.filter(|_| !self.finished).ok_or(Unacknowledged::NotNow)?;
        if place.is_said {
            return Err(Unacknowledged::SaidAlready);
        }
        if answer.secs < LEAST_ANSWER_SECS {
            return Err(Unacknowledged::ShortAnswer);
        }
        if self.wish.is_some() || self.holds_a_wish(answer.words) {
            return Err(Unacknowledged::Wish);
        }
        if self.acknowledgements.in_a_row() >= MOST_IN_A_ROW {
            return Err(Unacknowledged::TooManyInARow);
        }
        self.acknowledgement().ok_or(Unacknowledged::NotNow)
    }

    /// Keeps a number for the acknowledgement of the answer to what has just been asked; none in a scene and for consent.
    pub(super) fn keep_place(&mut self, speaker: Speaker, question: &str) {
        let is_due = speaker == Speaker::Examiner
            && question != CONSENT_QUESTION
            && !self.exam.persona().acknowledgements.is_empty();
        let id = UtteranceId(self.next_utterance);
        self.next_utterance += u32::from(is_due);
        self.acknowledgements.shift(is_due.then_some(Place { id, is_said: false }));
    }

    /// It is being said.
    pub(super) fn take_acknowledged(&mut self, utterance: UtteranceId) {
        let Some(place) = self.acknowledgements.unsaid(utterance) else { return };
        let Some((index, text)) = self.wording_of(place).map(|(index, text)| (index, text.to_owned())) else {
            return;
        };
        self.acknowledgements.say(utterance, index);
        self.log(EventKind::Acknowledged { utterance, text });
    }

    /// True where this is the number of an acknowledgement.
    pub(super) fn is_acknowledgement(&self, utterance: UtteranceId) -> bool {
        self.acknowledgements.places().any(|place| place.id == utterance)
    }

    /// What links an answer to the next question; an acknowledgement that was said has done so already.
    pub(super) fn say_link(&mut self) {
        let link = self.link();
        if self.acknowledged().is_some() && !link.trim().is_empty() {
            self.next_utterance += 1;
        } else {
            self.say(Speaker::Examiner, &link);
        }
    }

    /// Says a sentence without the words of an acknowledgement that were said just before it.
    pub(super) fn say_on(&mut self, text: &str) {
        let acknowledged = self.acknowledged().map(str::to_owned);
        match acknowledged.map_or(Some(text), |said| after_acknowledgement(&said, text)) {
            Some(rest) => self.say(Speaker::Examiner, rest),
            None => self.next_utterance += 1,
        }
    }

    /// The words with which the running answer was acknowledged, where it was.
    fn acknowledged(&self) -> Option<&str> {
        self.acknowledgements.place.filter(|place| place.is_said)?;
        let listed = &self.exam.persona().acknowledgements;
        Some(listed.get(self.acknowledgements.last?)?.as_str())
    }

    /// Chosen by the seed and the number; not the one that was said last.
    fn wording_of(&self, place: Place) -> Option<(usize, &str)> {
        let listed = &self.exam.persona().acknowledgements;
        let last = self.acknowledgements.last;
        let open: Vec<usize> = (0..listed.len()).filter(|at| Some(*at) != last).collect();
        let seed = self.config.seed ^ SALT ^ u64::from(place.id.0).rotate_left(32);
        let at = *Chance::new(seed).pick(&open)?;
        Some((at, listed.get(at)?.as_str()))
    }

    fn holds_a_wish(&self, text: &str) -> bool {
        let words = tokens(text);
        // Orders to the machine are no wish: nothing follows from them.
        let mut kinds = GuardrailKind::ALL.into_iter().filter(|kind| *kind != GuardrailKind::Injection);
        kinds.any(|kind| self.exam.guardrails().find(kind, &words, |_| true).is_some())
    }
}

impl Acknowledgements {
    fn places(&self) -> impl Iterator<Item = &Place> {
        self.place.iter().chain(&self.before)
    }

    /// Answers in a row before the running one that were acknowledged.
    fn in_a_row(&self) -> u32 {
        self.before.map_or(0, |before| if before.is_said { self.run + 1 } else { 0 })
    }

    fn shift(&mut self, next: Option<Place>) {
        self.run = self.in_a_row();
        self.before = std::mem::replace(&mut self.place, next);
    }

    fn unsaid(&self, id: UtteranceId) -> Option<Place> {
        self.places().find(|place| place.id == id && !place.is_said).copied()
    }

    fn say(&mut self, id: UtteranceId, index: usize) {
        let places = self.place.iter_mut().chain(&mut self.before);
        places.filter(|place| place.id == id).for_each(|place| place.is_said = true);
        self.last = Some(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: u32) -> Option<Place> {
        Some(Place { id: UtteranceId(id), is_said: false })
    }

    #[test]
    fn acknowledgements_in_a_row_are_counted_question_by_question() {
        let mut said = Acknowledgements::default();
        let mut counts = Vec::new();
        for (id, is_said) in [(1, true), (2, true), (3, true), (4, false), (5, true), (6, false)] {
            said.shift(place(id));
            counts.push(said.in_a_row());
            if is_said {
                said.say(UtteranceId(id), 0);
            }
        }
        assert_eq!(counts, [0, 1, 2, 3, 0, 1]);
        // A scene and what is asked for consent interrupt the row.
        said.shift(None);
        said.shift(place(9));
        assert_eq!(said.in_a_row(), 0);
    }

    #[test]
    fn one_that_is_said_late_belongs_to_its_own_question() {
        let mut said = Acknowledgements::default();
        said.shift(place(1));
        said.shift(place(2));
        assert!(said.unsaid(UtteranceId(1)).is_some());
        said.say(UtteranceId(1), 0);
        assert!(said.unsaid(UtteranceId(1)).is_none() && said.unsaid(UtteranceId(2)).is_some());
        assert_eq!(said.in_a_row(), 1);
        assert!(said.unsaid(UtteranceId(7)).is_none());
    }
}
