//! Work samples: what somebody made or did elsewhere, kept with its hash and mapped to the signs of a rubric by quotes.

use serde::{Deserialize, Serialize};
use viva_record::oversight::work_samples::SampleKind;

use crate::{LearnerError, Moment, memory::checked};

/// The name of the file in a learner's folder.
pub(crate) const FILE: &str = "evidence.toml";
const FORMAT: u32 = 1;
/// The most samples of a learner.
const MOST_SAMPLES: usize = 500;

/// All work samples of a learner: `evidence.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Samples {
    format: u32,
    next: u32,
    #[serde(default, rename = "sample")]
    samples: Vec<Sample>,
}

/// One work sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Name, `e1`, `e2` …; never given twice.
    pub id: String,
    /// What it is, in words.
    pub title: String,
    /// How it can be looked at.
    pub kind: SampleKind,
    /// Where and in which role it was made; paid or not, it counts alike.
    pub context: String,
    /// Path inside the learner's folder.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// When it was added.
    pub added: Moment,
    /// Signs of a rubric that it shows; from the last time that it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped: Option<Mapped>,
}

/// What a sample shows by one rubric. Signs with quotes, no levels: rubrics are written for conversations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped {
    /// Id of the exam package.
    pub exam: String,
    /// SHA-256 of the exam package, hex.
    pub exam_sha256: String,
    /// When.
    pub at: Moment,
    /// The signs that were found.
    #[serde(default, rename = "sign")]
    pub signs: Vec<SignQuoted>,
}

/// A sign of a rubric with the words that show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignQuoted {
    /// Criterion of the rubric.
    pub criterion: String,
    /// The sign, in the rubric's words.
    pub sign: String,
    /// True where it speaks against the standard.
    pub against: bool,
    /// The words of the sample, line breaks aside exactly.
    pub quote: String,
    /// Page, where the document has pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Begin in seconds, in a recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_s: Option<f64>,
}

impl Default for Samples {
    fn default() -> Self {
        Self { format: FORMAT, next: 1, samples: Vec::new() }
    }
}

impl Samples {
    /// Reads `evidence.toml`.
    ///
    /// # Errors
    /// With the place: what is not TOML of this shape, a path that leads elsewhere, an id that stands twice.
    pub fn parse(text: &str) -> Result<Self, LearnerError> {
        let wrong = |reason: String| LearnerError::File { file: FILE, reason };
        let read: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if read.format != FORMAT {
            return Err(wrong(format!("format {} is not known; this program reads {FORMAT}", read.format)));
        }
        for (at, sample) in read.samples.iter().enumerate() {
            let number = sample.id.strip_prefix('e').and_then(|number| number.parse::<u32>().ok());
            if number.is_none_or(|number| number >= read.next) {
                return Err(wrong(format!("sample {:?}: ids are e1, e2 … and lower than `next`", sample.id)));
            }
            if read.samples[..at].iter().any(|other| other.id == sample.id) {
                return Err(wrong(format!("sample {:?} stands twice", sample.id)));
            }
            let name = sample.file.strip_prefix("evidence/").unwrap_or_default();
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
                return Err(wrong(format!("sample {:?}: its file must lie in evidence/", sample.id)));
            }
        }
        Ok(read)
    }

    /// As the file holds it.
    ///
    /// # Panics
    /// Never: strings and numbers can always be written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let body = toml::to_string_pretty(self).expect("strings and numbers are TOML");
        format!("# Work samples of this learner. The files lie in evidence/.\n{body}")
    }

    /// All samples, as they were added.
    #[must_use]
    pub fn all(&self) -> &[Sample] {
        &self.samples
    }

    /// The sample of a name.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, id: &str) -> Result<&Sample, LearnerError> {
        let known = || self.samples.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>().join(", ");
        let unknown = || LearnerError::Unknown { what: "work sample", id: id.to_owned(), known: known() };
        self.samples.iter().find(|sample| sample.id == id).ok_or_else(unknown)
    }

    /// Makes room for a sample: its id and file are given by it.
    ///
    /// # Errors
    /// Title or context is missing or too long, the same bytes are there already, or there are too many.
    pub fn add(
        &mut self,
        title: &str,
        context: &str,
        kind: SampleKind,
        ending: &str,
        sha256: &str,
        now: Moment,
    ) -> Result<&Sample, LearnerError> {
        if let Some(same) = self.samples.iter().find(|sample| sample.sha256 == sha256) {
            return Err(LearnerError::Refused(format!("the same bytes are there already, as {}", same.id)));
        }
        if self.samples.len() >= MOST_SAMPLES {
            return Err(LearnerError::Refused(format!("at most {MOST_SAMPLES} work samples are kept")));
        }
        let plain =
            !ending.is_empty() && ending.len() <= 8 && ending.bytes().all(|b| b.is_ascii_alphanumeric());
        let ending = if plain { ending.to_lowercase() } else { "bin".to_owned() };
        let id = format!("e{}", self.next);
        let sample = Sample {
            title: checked(title)?,
            context: checked(context)?,
            kind,
            file: format!("evidence/{id}.{ending}"),
            sha256: sha256.to_owned(),
            added: now,
            mapped: None,
            id,
        };
        self.next = self.next.saturating_add(1);
        self.samples.push(sample);
        Ok(&self.samples[self.samples.len() - 1])
    }

    /// Keeps what a sample was found to show, in place of what was found before.
    ///
    /// # Errors
    /// There is no such sample, or it is a photo.
    pub fn map(&mut self, id: &str, mapped: Mapped) -> Result<(), LearnerError> {
        if self.get(id)?.kind == SampleKind::Photo {
            let reason = format!("{id} is a photo: it is kept for people, and no machine looks at it");
            return Err(LearnerError::Refused(reason));
        }
        if let Some(sample) = self.samples.iter_mut().find(|sample| sample.id == id) {
            sample.mapped = Some(mapped);
        }
        Ok(())
    }

    /// Forgets a sample; the caller removes the file.
    ///
    /// # Errors
    /// There is no such sample.
    pub fn remove(&mut self, id: &str) -> Result<Sample, LearnerError> {
        let sample = self.get(id)?.clone();
        self.samples.retain(|other| other.id != id);
        Ok(sample)
    }
}
