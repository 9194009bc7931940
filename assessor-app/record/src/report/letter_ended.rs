//! A session that ended before its end, in the letter: how, and what the person can do next.

use super::letter::LetterLanguage;
use super::letter_words::write_to;
use crate::wire::{Ending, ScoreSheet};

/// With these words an explanation names an ending; the only place of it in records from before it had a field.
const INCOMPLETE: &str = "the session is incomplete: ";

/// How a session ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndedEarly {
    /// Consent was not given.
    ConsentRefused,
    /// The candidate stopped.
    Stopped,
    /// The candidate asked for a human.
    HumanRequested,
    /// A rule of the exam handed over to a human.
    HandedOver,
    /// Who holds the exam stopped.
    StoppedByOperator,
    /// A device or the program failed.
    Technical,
    /// A recording was heard, in which nobody was asked.
    Recording,
    /// In a way that this version does not know.
    Otherwise,
}

impl EndedEarly {
    /// As the score sheet tells it; none where all parts were held.
    pub(super) fn of(scores: &ScoreSheet) -> Option<Self> {
        let Some(ending) = scores.ending else { return Self::told(&scores.explanation) };
        Some(match ending {
            Ending::Complete => return None,
            Ending::ConsentRefused => Self::ConsentRefused,
            Ending::StoppedByCandidate => Self::Stopped,
            Ending::HumanRequested => Self::HumanRequested,
            Ending::HandedOver => Self::HandedOver,
            Ending::StoppedByOperator => Self::StoppedByOperator,
            Ending::TechnicalFailure => Self::Technical,
            Ending::RecordingEnded => Self::Recording,
        })
    }

    /// As older explanations tell it.
    fn told(explanation: &[String]) -> Option<Self> {
        let told = explanation.iter().find_map(|line| line.strip_prefix(INCOMPLETE))?;
        Some(match told {
            "consent was not given" => Self::ConsentRefused,
            "the candidate stopped" => Self::Stopped,
            "the candidate asked for a human" => Self::HumanRequested,
            "the operator stopped" => Self::StoppedByOperator,
            "a technical failure" => Self::Technical,
            "a recording was heard, no question was asked" => Self::Recording,
            _ => Self::Otherwise,
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
            Self::HandedOver if is_decided => (
                "The session was ended so that a human could take over.",
                "Die Sitzung wurde beendet, damit ein Mensch übernehmen konnte.",
            ),
            Self::HandedOver => (
                "The session was ended so that a human can take over; a human will contact you.",
                "Die Sitzung wurde beendet, damit ein Mensch übernehmen kann; ein Mensch wird sich bei Ihnen melden.",
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
            Self::Otherwise => (
                "The session ended before its end.",
                "Die Sitzung endete, bevor alle Teile abgeschlossen waren.",
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
            (Self::HumanRequested | Self::HandedOver, LetterLanguage::English) => {
                format!("If nobody does, {contact}.")
            }
            (Self::HumanRequested | Self::HandedOver, LetterLanguage::German) => {
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
