//! The port of the documents from which a candidate's question may be answered.

use serde::{Deserialize, Serialize};

use crate::exam::Citation;

/// Documents that a candidate may be told from. What may be told is not theirs to decide: the conversation reads nothing out that could
/// help with an answer.
pub trait Handbook: Send + Sync {
    /// What the documents say on a question; the same question always gives the same.
    ///
    /// # Errors
    /// When they cannot be searched.
    fn look_up(&self, question: &str) -> Result<Found, HandbookError>;
}

/// What documents say on a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The statements, each verbatim, the best first; none where the documents do not speak of it.
    pub statements: Vec<Statement>,
    /// True where the statements do not agree.
    pub contradicting: bool,
}

/// Words of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The document's title, or its name.
    pub title: String,
    /// The words, exactly as they stand there but for line breaks.
    pub words: String,
    /// Where they stand.
    pub citation: Citation,
}

/// The documents could not be searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("documents: {0}")]
pub struct HandbookError(pub String);

/// What became of a candidate's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedBack {
    /// It was answered in the words of a document.
    Answered,
    /// Documents that do not agree were both told.
    Contradicting,
    /// The documents speak of it, and it would have helped with an answer: refused.
    Withheld,
    /// The documents do not speak of it: refused as off-scope.
    NotInDocuments,
    /// Questions were answered often enough at this place: refused.
    ToldEnough,
}

impl AskedBack {
    /// As reports say it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Answered => "answered from a document",
            Self::Contradicting => "the documents do not agree, and both were told",
            Self::Withheld => "refused: it would have helped with an answer",
            Self::NotInDocuments => "refused: the documents do not speak of it",
            Self::ToldEnough => "refused: enough was asked instead of answering",
        }
    }
}
