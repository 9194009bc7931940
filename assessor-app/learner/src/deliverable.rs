//! What came out of guided practice, and what became of it at work: the questions that close the loop.

use serde::{Deserialize, Serialize};

use crate::{LearnerError, Moment, memory::checked};

/// The name of the file in a learner's folder.
pub(crate) const FILE: &str = "deliverables.toml";
const FORMAT: u32 = 1;
/// More minutes than a working week are a slip of the pen.
const MOST_MINUTES: u32 = 2400;

/// All deliverables of a learner: `deliverables.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliverables {
    format: u32,
    next: u32,
    #[serde(default, rename = "deliverable")]
    deliverables: Vec<Deliverable>,
}

/// One thing made in guided practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliverable {
    /// Name, `d1`, `d2` …
    pub id: String,
    /// What it is.
    pub title: String,
    /// Id of the exam package.
    pub exam: String,
    /// Name of the task in it.
    pub task: String,
    /// When it was made.
    pub made: Moment,
    /// SHA-256 of it as it was made, hex.
    pub sha256: String,
    /// True where the author lets colleagues use the way it was made.
    #[serde(default)]
    pub shared: bool,
    /// What became of it; absent until the loop is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

/// What became of it at work, in the learner's own judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// When that was told.
    pub at: Moment,
    /// Minutes saved against the way before; below 0 where it cost some.
    pub saved_minutes: i32,
    /// Whether it was good enough to be used.
    pub good_enough: GoodEnough,
    /// Where it broke; empty where it did not.
    #[serde(default)]
    pub broke: String,
    /// What would be done differently; may be empty.
    #[serde(default)]
    pub differently: String,
}

/// Whether something could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodEnough {
    /// As it was.
    Yes,
    /// After changes.
    Partly,
    /// Not at all.
    No,
}

impl Default for Deliverables {
    fn default() -> Self {
        Self { format: FORMAT, next: 1, deliverables: Vec::new() }
    }
}

impl Deliverables {
    /// Reads `deliverables.toml`.
    ///
    /// # Errors
    /// What is not TOML of this shape; an id that stands twice.
    pub fn parse(text: &str) -> Result<Self, LearnerError> {
        let wrong = |reason: String| LearnerError::File { file: FILE, reason };
        let read: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if read.format != FORMAT {
            return Err(wrong(format!("format {} is not known; this program reads {FORMAT}", read.format)));
        }
        for (at, one) in read.deliverables.iter().enumerate() {
            let number = one.id.strip_prefix('d').and_then(|number| number.parse::<u32>().ok());
            if number.is_none_or(|number| number >= read.next) {
                return Err(wrong(format!("{:?}: ids are d1, d2 … and lower than `next`", one.id)));
            }
            if read.deliverables[..at].iter().any(|other| other.id == one.id) {
                return Err(wrong(format!("{:?} stands twice", one.id)));
            }
            if one.closed.as_ref().is_some_and(|closed| closed.saved_minutes.unsigned_abs() > MOST_MINUTES) {
                return Err(wrong(format!("{:?}: at most {MOST_MINUTES} minutes either way", one.id)));
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
        toml::to_string_pretty(self).expect("strings and numbers are TOML")
    }

    /// All, as they were made.
    #[must_use]
    pub fn all(&self) -> &[Deliverable] {
        &self.deliverables
    }

    /// Adds one that was just made; its name.
    ///
    /// # Errors
    /// The title is missing or too long.
    pub fn add(
        &mut self,
        title: &str,
        exam: &str,
        task: &str,
        sha256: &str,
        now: Moment,
    ) -> Result<String, LearnerError> {
        let (id, title) = (format!("d{}", self.next), checked(title)?);
        self.next = self.next.saturating_add(1);
        self.deliverables.push(Deliverable {
            id: id.clone(),
            title,
            exam: exam.to_owned(),
            task: task.to_owned(),
            made: now,
            sha256: sha256.to_owned(),
            shared: false,
            closed: None,
        });
        Ok(id)
    }

    /// Closes the loop of one, and says whether colleagues may use the way it was made.
    ///
    /// # Errors
    /// There is none of that name, it is closed already, or an answer is too long or out of range.
    pub fn close(&mut self, id: &str, shared: bool, mut closed: Closed) -> Result<(), LearnerError> {
        for text in [&mut closed.broke, &mut closed.differently] {
            *text = if text.trim().is_empty() { String::new() } else { checked(text)? };
        }
        if closed.saved_minutes.unsigned_abs() > MOST_MINUTES {
            let reason = format!("saved minutes go from -{MOST_MINUTES} to {MOST_MINUTES}");
            return Err(LearnerError::Refused(reason));
        }
        let known = self.deliverables.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
        let found = self.deliverables.iter_mut().find(|one| one.id == id);
        let one = found.ok_or(LearnerError::Unknown { what: "deliverable", id: id.to_owned(), known })?;
        if let Some(before) = &one.closed {
            let reason = format!("the loop of {id} was closed on {}", before.at.date());
            return Err(LearnerError::Refused(reason));
        }
        one.shared = shared;
        one.closed = Some(closed);
        Ok(())
    }
}
