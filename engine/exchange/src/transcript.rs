//! Words with times.

use serde::{Deserialize, Serialize};
use viva_media::Timestamp;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The assessor as examiner.
    Examiner,
    /// The assessor as an announced role-play character.
    Character,
    /// The candidate.
    Candidate,
}

/// The number of a turn in its session, counted from 0 over all speakers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnId(pub u32);

/// One recognised or spoken word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// As written, with its punctuation.
    pub text: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; never before `start`.
    pub end: Timestamp,
    /// Recogniser confidence in 0..=1; 1 for words that were typed or synthesised.
    pub confidence: f32,
}

/// What one speaker said while holding the floor.
///
/// An assessor's turn holds only what was *heard*: after a barge-in it is cut at the last word that left the loudspeaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Number in the session.
    pub id: TurnId,
    /// Who spoke.
    pub speaker: Speaker,
    /// When speech began.
    pub start: Timestamp,
    /// When speech ended.
    pub end: Timestamp,
    /// The words in order.
    pub words: Vec<Word>,
}

impl Turn {
    /// The words joined by single spaces: the text that quotes are cut from.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.words {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        text
    }

    /// Start and end of a byte range of [`Self::text`]: of the words that it touches. `None` if it touches no word.
    #[must_use]
    pub fn time_of(&self, range: std::ops::Range<usize>) -> Option<(Timestamp, Timestamp)> {
        let mut at = 0;
        let mut span: Option<(Timestamp, Timestamp)> = None;
        for word in &self.words {
            let (from, to) = (at, at + word.text.len());
            if from < range.end && to > range.start {
                span = Some((span.map_or(word.start, |s| s.0), word.end));
            }
            at = to + 1;
        }
        span
    }
}

/// All turns of a session, in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The turns.
    pub turns: Vec<Turn>,
}

impl Transcript {
    /// The turn of a number.
    #[must_use]
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.turns.iter().find(|turn| turn.id == id)
    }

    /// The candidate's turns, in order.
    pub fn candidate_turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(|turn| turn.speaker == Speaker::Candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_has_the_time_of_its_words() {
        let word = |text: &str, from, to| Word {
            text: text.into(),
            start: Timestamp::from_millis(from),
            end: Timestamp::from_millis(to),
            confidence: 1.0,
        };
        let turn = Turn {
            id: TurnId(0),
            speaker: Speaker::Candidate,
            start: Timestamp::ZERO,
            end: Timestamp::from_millis(900),
            words: vec![word("I", 0, 100), word("hear", 150, 400), word("you.", 450, 900)],
        };
        assert_eq!(turn.text(), "I hear you.");
        assert_eq!(turn.time_of(2..11), Some((Timestamp::from_millis(150), Timestamp::from_millis(900))));
        assert_eq!(turn.time_of(11..11), None);
    }
}
