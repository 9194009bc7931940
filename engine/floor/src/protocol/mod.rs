//! Labelled cases of the floor benchmark: what a composed recording holds, for training and for trials.
//!
//! A case is one candidate's microphone with the times at which the assessor spoke. Only [`Case::question`] and [`Case::assessor`] may be
//! known to a system on trial, the latter causally; the rest is the truth.

mod score;

use serde::Deserialize;
use viva_exchange::{QuestionContext, QuestionKind};
use viva_media::Timestamp;

pub use score::{Commit, MISS_SECS, Score, TurnScore, score_turn};

/// A line that is no case.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the labels is no case: {source}")]
pub struct CaseError {
    line: usize,
    source: serde_json::Error,
}

/// One case. Times are in seconds of the recording.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Name, unique in its set.
    pub id: String,
    /// What is tried.
    pub task: Task,
    /// Who speaks.
    pub speaker: String,
    /// File of the candidate's microphone, relative to the set.
    pub audio: String,
    /// File of the assessor's own voice, where it is part of the case.
    pub agent_audio: Option<String>,
    /// Spans in which the assessor speaks.
    #[serde(rename = "agent")]
    pub assessor: Vec<[f64; 2]>,
    question: Question,
    /// True speech of the candidate.
    pub speech: Vec<[f64; 2]>,
    /// Pauses of the turn after which the candidate went on.
    #[serde(default)]
    pub holds: Vec<Hold>,
    /// True end of the turn.
    pub end: Option<f64>,
    /// Sounds over the assessor's voice.
    pub events: Vec<Sound>,
}

/// The two tasks of the benchmark.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A question, one turn of the candidate, silence.
    Floor,
    /// The assessor keeps speaking.
    Overlap,
}

#[derive(Clone, Debug, Deserialize)]
struct Question {
    #[serde(rename = "type")]
    kind: QuestionKind,
    expected_s: f32,
}

/// A pause inside a turn.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Hold {
    /// Offset of the speech before it.
    pub start: f64,
    /// Onset of the speech after it.
    pub end: f64,
}

/// One sound over the assessor's voice.
#[derive(Clone, Debug, Deserialize)]
pub struct Sound {
    /// What it is.
    pub kind: SoundKind,
    /// Onset.
    pub start: f64,
    /// Offset.
    pub end: f64,
    /// Where it comes from, as the composer says: `echo` is the assessor's own voice.
    #[serde(default)]
    pub source: Option<String>,
}

impl Sound {
    /// Whether it is the assessor's own voice.
    #[must_use]
    pub fn is_echo(&self) -> bool {
        self.source.as_deref() == Some("echo")
    }
}

/// Kinds of sound over the assessor's voice.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SoundKind {
    /// A listener's sign.
    Backchannel,
    /// The candidate takes the floor.
    BargeIn,
    /// A knock, a burst, the assessor's echo.
    Noise,
}

impl Case {
    /// The question that waits for an answer, where one was planned.
    #[must_use]
    pub fn question(&self) -> Option<QuestionContext> {
        (self.task == Task::Floor).then_some(QuestionContext {
            kind: self.question.kind,
            expected_s: self.question.expected_s,
            patience_ms: 1000,
        })
    }

    /// The assessor's voice is heard in the tick that ends `at`.
    #[must_use]
    pub fn assessor_speaks(&self, at: Timestamp) -> bool {
        within(&self.assessor, at.as_secs())
    }

    /// The candidate's voice is heard in the tick that ends `at`: the truth.
    #[must_use]
    pub fn candidate_speaks(&self, at: Timestamp) -> bool {
        within(&self.speech, at.as_secs())
    }
}

fn within(spans: &[[f64; 2]], at: f64) -> bool {
    spans.iter().any(|&[start, end]| start < at && at <= end)
}

/// Reads the label file of a set: one case per line. Unknown fields are left out.
///
/// # Errors
/// Names the first line that is no case.
pub fn read_cases(labels: &str) -> Result<Vec<Case>, CaseError> {
    labels
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(n, line)| serde_json::from_str(line).map_err(|source| CaseError { line: n + 1, source }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id": "floor_1", "task": "floor", "speaker": "7", "audio": "audio/a.flac", "agent": [[0.2, 1.5]],
        "question": {"type": "yesno", "expected_s": 2.0}, "speech": [[2.0, 3.0]], "holds": [], "end": 3.0, "events": [], "more": 1}"#;

    #[test]
    fn a_case_is_read_and_a_broken_line_is_named() {
        let line = LINE.replace('\n', " ");
        let case = &read_cases(&line).expect("a case")[0];
        assert_eq!(case.question().map(|q| q.kind), Some(QuestionKind::Yesno));
        assert!(
            case.assessor_speaks(Timestamp::from_millis(1500))
                && !case.assessor_speaks(Timestamp::from_millis(1520))
        );
        assert!(
            case.candidate_speaks(Timestamp::from_millis(2020))
                && !case.candidate_speaks(Timestamp::from_millis(2000))
        );
        let error = read_cases(&format!("{line}\n\n{{\"id\": 3}}")).expect_err("no case").to_string();
        assert!(error.contains("line 3"), "{error}");
    }
}
