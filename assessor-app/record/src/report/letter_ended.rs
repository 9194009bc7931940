//! A session that ended before its end, in the letter: how, and what the person can do next.

use super::letter::LetterLanguage;
use super::letter_words::write_to;
use crate::wire::{Ending, ScoreSheet};

/// How a session ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndedEarly {
    /// Consent was not given.
    ConsentRefused,
    /// The candidate stopped.
    Stopped,
    /// The candidate asked for a human.
    HumanRequested,
    /// Who holds the exam stopped.
    StoppedByOperator,
    /// A device or the program failed.
    Technical,
    /// A recording was heard, in which nobody was asked.
    Recording,
}

impl EndedEarly {
    /// As the score sheet tells it; none where all parts were held.
    pub(super) fn of(scores: &ScoreSheet) -> Option<Self> {
        Some(match scores.ending? {
            Ending::Complete => return None,
            Ending::ConsentRefused => Self::ConsentRefused,
            Ending::StoppedByCandidate => Self::Stopped,
            Ending::HumanRequested => Self::HumanRequested,
            Ending::StoppedByOperator => Self::StoppedByOperator,
            Ending::TechnicalFailure => Self::Technical,
            Ending::RecordingEnded => Self::Recording,
        })
    }

    /// What happened, in the first line of the letter. `is_decided` where nothing is promised any more.
    pub(super) const fn sentence(self, is_decided: bool, language: LetterLanguage) -> &'static str {
        let (english, german) = match self {
            Self::ConsentRefused => (
                "You did not agree to the recording, so nothing was scored.",
                "Sie haben der Aufzeichnung nicht zugestimmt; deshalb wurde nichts bewertet.",
            ),
            Self::Stopped => (
                "You stopped the session before its end.",
                "Sie haben die Sitzung vor ihrem Ende abgebrochen.",
            ),
            Self::HumanRequested if is_decided => (
                "You asked for a human, and the session ended there.",
                "Sie haben um einen Menschen gebeten; damit endete die Sitzung.",
            ),
            Self::HumanRequested => (
                "You asked for a human; a human will contact you.",
                "Sie haben um einen Menschen gebeten; ein Mensch wird sich bei Ihnen melden.",
            ),
            Self::StoppedByOperator => (
                "The session was stopped before its end by those who hold the exam.",
                "Die Prüfungsleitung hat die Sitzung vor ihrem Ende abgebrochen.",
            ),
            Self::Technical => (
                "The session ended before its end for technical reasons.",
                "Die Sitzung endete aus technischen Gründen vorzeitig.",
            ),
            Self::Recording => (
                "A recording was heard and no question was asked, so nothing was scored.",
                "Es wurde eine Aufzeichnung angehört und keine Frage gestellt; deshalb wurde nichts bewertet.",
            ),
        };
        language.pick(english, german)
    }

    /// What the person can do next, while nothing is decided.
    pub(super) fn step(self, contact: &str, language: LetterLanguage) -> String {
        let contact = write_to(contact, language);
        match (self, language) {
            (Self::ConsentRefused, LetterLanguage::English) => {
                format!("If you wish to take the exam after all, {contact}.")
            }
            (Self::ConsentRefused, LetterLanguage::German) => {
                format!("Wenn Sie die Prüfung doch ablegen möchten, {contact}.")
            }
            (Self::HumanRequested, LetterLanguage::English) => format!("If nobody does, {contact}."),
            (Self::HumanRequested, LetterLanguage::German) => {
                format!("Wenn sich niemand meldet, {contact}.")
            }
            (_, LetterLanguage::English) => {
                format!("If you wish to take the exam again from the beginning, {contact}.")
            }
            (_, LetterLanguage::German) => {
                format!("Wenn Sie die Prüfung von vorn ablegen möchten, {contact}.")
            }
        }
    }
}
