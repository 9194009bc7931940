//! Work samples handed in beside a session: files with their hashes, and the signs of the rubric that were found in their words.
//!
//! They are for the reviewer. No level rests on them, and nothing of them reaches what the engine scored.

use std::path::Path;

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use viva_verify::{Verified, WORK_SAMPLES_DIR, canonical::sha256_hex, verify_bundle};

use super::{MAX_TEXT, Step, append_with};
use crate::RecordError;

/// The most samples of one step.
pub const MOST_AT_ONCE: usize = 20;
/// The largest document or photo in bytes: as large as what a reviewer's page reads whole.
pub const MOST_READ_BYTES: u64 = 32 << 20;
/// The largest recording in bytes.
pub const MOST_RECORDING_BYTES: u64 = 512 << 20;

const STATEMENT: &str = "Work samples were handed in beside the session. The files and what was found in them stand in the added step; no level rests on them.";

/// Work samples that somebody hands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkSamples {
    /// Who hands them in.
    pub by: String,
    /// What is said about them; may be empty.
    pub note: String,
    /// The samples.
    pub samples: Vec<WorkSample>,
    /// Date and time, RFC 3339.
    pub at: String,
}

/// One work sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkSample {
    /// What it is, in words.
    pub title: String,
    /// Where and in which role it was made.
    pub context: String,
    /// How it can be looked at.
    pub kind: SampleKind,
    /// Path inside the bundle.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Path of its words inside the bundle, see [`SampleWords`]; none for a photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Signs of the session's rubric, with the words that show them.
    pub signs: Vec<SampleSign>,
}

/// How a sample can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleKind {
    /// Text: its words are quoted.
    Document,
    /// Sound, with or without pictures: what is said in it is written down and quoted.
    Recording,
    /// A picture: kept and hashed for people, and looked at by no machine.
    Photo,
}

/// A sign of the rubric that a sample shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleSign {
    /// Criterion of the rubric.
    pub criterion: String,
    /// The sign, in the rubric's words.
    pub sign: String,
    /// True where it speaks against the standard.
    pub against: bool,
    /// An exact part of a passage.
    pub quote: String,
    /// Number of the passage in [`SampleWords`].
    pub passage: usize,
    /// Page, from 1, where the document has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Begin and end of the quote in a recording, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_ms: Option<(u64, u64)>,
}

/// The words of a document or a recording, as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleWords {
    /// Paragraphs, or stretches of speech between longer pauses.
    pub passages: Vec<SamplePassage>,
}

/// A paragraph, or a stretch of speech.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplePassage {
    /// The words, with single blanks between them.
    pub text: String,
    /// Page, from 1, where the document has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Begin and end in a recording, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_ms: Option<(u64, u64)>,
}

/// A sample with its bytes, on its way into a bundle.
#[derive(Clone, Debug)]
pub struct HandedIn {
    /// What it is, in words.
    pub title: String,
    /// Where and in which role it was made.
    pub context: String,
    /// How it can be looked at.
    pub kind: SampleKind,
    /// Ending of the file's name, letters and digits.
    pub ending: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Its words; none for a photo.
    pub words: Option<SampleWords>,
    /// What was found in them.
    pub signs: Vec<SampleSign>,
}

impl SampleKind {
    /// By the file's first bytes, then by its ending; `None` where it is of no kind that can be kept.
    #[must_use]
    pub fn of(name: &str, first: &[u8], is_document: bool) -> Option<Self> {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        if photo_type(first).is_some() {
            Some(Self::Photo)
        } else if is_document {
            Some(Self::Document)
        } else {
            recording_type(&ending).map(|_| Self::Recording)
        }
    }

    /// As files say it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Recording => "recording",
            Self::Photo => "photo",
        }
    }

    /// The largest file in bytes that a record takes.
    #[must_use]
    pub const fn most_bytes(self) -> u64 {
        match self {
            Self::Document | Self::Photo => MOST_READ_BYTES,
            Self::Recording => MOST_RECORDING_BYTES,
        }
    }
}

/// Media type of a picture that browsers show, by its first bytes.
#[must_use]
pub fn photo_type(first: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 3] =
        [(b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif")];
    let webp = first.starts_with(b"RIFF") && first.get(8..12) == Some(b"WEBP");
    let found = MAGIC.iter().find(|(magic, _)| first.starts_with(magic)).map(|(_, kind)| *kind);
    found.or_else(|| webp.then_some("image/webp"))
}

/// Media type of a recording by the ending of its name.
#[must_use]
pub fn recording_type(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "ogg" | "opus" => "audio/ogg",
        "m4a" => "audio/mp4",
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "mkv" => "video/x-matroska",
        "webm" => "video/webm",
        "avi" => "video/x-msvideo",
        _ => return None,
    })
}

/// Adds work samples to a sealed session: one step of oversight, the files, their words, and a seal over all of it.
///
/// **Errors**: nothing or too much is handed in, a file is too large, a photo comes with words; a decision stands and no appeal is open;
/// as [`super::append`]. Then nothing of it stays in the bundle.
pub fn hand_in(
    dir: &Path,
    by: &str,
    note: &str,
    at: &str,
    samples: Vec<HandedIn>,
    key: &SigningKey,
) -> Result<Verified, RecordError> {
    if samples.is_empty() || samples.len() > MOST_AT_ONCE {
        return Err(RecordError::Decision("one to twenty work samples can be handed in at once"));
    }
    let verified = verify_bundle(dir, Some(&key.verifying_key()))?;
    let folder = format!("{WORK_SAMPLES_DIR}/{:04}", verified.seals.len() + 1);
    let (mut listed, mut files) = (Vec::new(), Vec::new());
    for (number, handed) in (1..).zip(samples) {
        let HandedIn { title, context, kind, ending, bytes, words, signs } = handed;
        if bytes.len() as u64 > kind.most_bytes() {
            return Err(RecordError::Decision(
                "a document or photo may have 32 MiB, a recording 512 MiB: cut it or save it smaller",
            ));
        }
        if (kind == SampleKind::Photo) == words.is_some() || title.len() + context.len() > MAX_TEXT {
            return Err(RecordError::Decision("documents and recordings have words, photos have none"));
        }
        let file = format!("{folder}/{number}.{ending}");
        if ending.is_empty() || !ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(RecordError::BadName(file));
        }
        let words = match words {
            None => None,
            Some(words) => {
                let name = format!("{folder}/{number}.words.json");
                files.push((name.clone(), serde_json::to_vec(&words).map_err(RecordError::json(&*name))?));
                Some(name)
            }
        };
        let sha256 = sha256_hex(&bytes);
        files.push((file.clone(), bytes));
        listed.push(WorkSample { title, context, kind, file, sha256, words, signs });
    }
    let step = WorkSamples { by: by.to_owned(), note: note.to_owned(), samples: listed, at: at.to_owned() };
    append_with(dir, &[Step::WorkSamples(step)], files, &verified.record_root, STATEMENT, key)
}
