//! What is remembered of a learner: each memory with its source and its end, for practice alone.

use serde::{Deserialize, Serialize};
use viva_assessment::Exam;
use viva_assessment::conversation::{OpenPoint, PracticePlan};
use viva_record::wire::{CriterionResult, QuoteRef, ScoreSheet, SessionHeader};

use crate::{LearnerError, Moment};

/// The name of the file in a learner's folder.
pub(crate) const FILE: &str = "memories.toml";
const FORMAT: u32 = 1;
/// The longest text, in bytes.
const MOST_TEXT: usize = 600;
/// The most memories of a learner.
const MOST_MEMORIES: usize = 1000;
/// What was open is worth coming back to for half a year.
const OPEN_DAYS: u32 = 180;
/// What was shown, and what people noted, is told for a year.
const OTHER_DAYS: u32 = 365;

/// All memories of a learner: `memories.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memories {
    format: u32,
    /// Whose they are.
    pub learner: String,
    next: u32,
    #[serde(default, rename = "memory")]
    memories: Vec<Memory>,
}

/// One thing remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Name, `m1`, `m2` …; never given twice.
    pub id: String,
    /// What it is.
    pub kind: MemoryKind,
    /// In words. Of an open point these are the words of the rubric, by which practice finds it again.
    pub text: String,
    /// The exam that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exam: Option<String>,
    /// The criterion of that exam's rubric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    /// Since when.
    pub created: Moment,
    /// Until when; then it is neither used nor told, and the next change of the file removes it.
    pub expires: Moment,
    /// Where it comes from.
    pub source: Source,
    /// What it said before, and who altered it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// A sign of the rubric that was asked for and not shown. Practice comes back to it.
    OpenPoint,
    /// A sign that was open and has been shown since.
    Shown,
    /// Something that a person noted.
    Note,
}

impl MemoryKind {
    /// As files say it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenPoint => "open_point",
            Self::Shown => "shown",
            Self::Note => "note",
        }
    }
}

/// Where a memory comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The turn of that session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// What was said there, exactly. Of an open point: what was said to the same criterion instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The person who added it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A change that a person made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// The text before.
    pub was: String,
}

impl Memories {
    /// None yet.
    #[must_use]
    pub fn new(learner: &str) -> Self {
        Self { format: FORMAT, learner: learner.to_owned(), next: 1, memories: Vec::new() }
    }

    /// Reads `memories.toml`.
    ///
    /// # Errors
    /// With the place: what is not TOML of this shape, an id that stands twice, a memory without source or end.
    pub fn parse(text: &str) -> Result<Self, LearnerError> {
        let wrong = |reason: String| LearnerError::File { file: FILE, reason };
        let read: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if read.format != FORMAT {
            return Err(wrong(format!("format {} is not known; this program reads {FORMAT}", read.format)));
        }
        if read.memories.len() > MOST_MEMORIES {
            return Err(wrong(format!("at most {MOST_MEMORIES} memories are read")));
        }
        for (at, memory) in read.memories.iter().enumerate() {
            let of = |reason: &str| wrong(format!("memory {:?}: {reason}", memory.id));
            let number = memory.id.strip_prefix('m').and_then(|number| number.parse::<u32>().ok());
            if number.is_none_or(|number| number >= read.next) {
                return Err(of("ids are m1, m2 … and lower than `next`"));
            }
            if read.memories[..at].iter().any(|other| other.id == memory.id) {
                return Err(of("stands twice"));
            }
            if memory.source.session.is_none() && memory.source.by.is_none() {
                return Err(of("a source is needed: `session`, or `by` with a person's name"));
            }
            if memory.kind == MemoryKind::OpenPoint && (memory.exam.is_none() || memory.criterion.is_none()) {
                return Err(of("an open point belongs to an `exam` and a `criterion`"));
            }
            checked(&memory.text).map_err(|error| of(&error.to_string()))?;
        }
        Ok(read)
    }

    /// As the file holds it. Comments that somebody wrote into the file before are not kept.
    ///
    /// # Panics
    /// Never: strings and numbers can always be written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let body = toml::to_string_pretty(self).expect("strings and numbers are TOML");
        format!(
            "# What is remembered of this learner, for practice only. You may edit or delete any of it.\n{body}"
        )
    }

    /// Those that have not expired.
    pub fn alive(&self, now: Moment) -> impl Iterator<Item = &Memory> {
        self.memories.iter().filter(move |memory| memory.expires > now)
    }

    /// The memory of a name, expired or not.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, id: &str) -> Result<&Memory, LearnerError> {
        self.memories.iter().find(|memory| memory.id == id).ok_or_else(|| self.unknown(id))
    }

    /// Adds what a person notes; with exam and criterion it is an open point, which practice comes back to.
    ///
    /// # Errors
    /// Text or name is missing or too long; there are too many memories.
    pub fn note(
        &mut self,
        text: &str,
        by: &str,
        of: Option<(&str, &str)>,
        now: Moment,
        days: Option<u32>,
    ) -> Result<&Memory, LearnerError> {
        let (text, by) = (checked(text)?, name(by)?);
        let kind = if of.is_some() { MemoryKind::OpenPoint } else { MemoryKind::Note };
        let source = Source { session: None, turn: None, quote: None, by: Some(by) };
        let days = days.unwrap_or(if of.is_some() { OPEN_DAYS } else { OTHER_DAYS });
        self.push(kind, text, of, source, now, days)
    }

    /// Alters the text; what it said before stands beside it.
    ///
    /// # Errors
    /// There is no such memory, or it is an open point; text or name is missing or too long.
    pub fn edit(&mut self, id: &str, text: &str, by: &str, now: Moment) -> Result<(), LearnerError> {
        let (text, by) = (checked(text)?, name(by)?);
        let unknown = self.unknown(id);
        let memory = self.memories.iter_mut().find(|memory| memory.id == id).ok_or(unknown)?;
        if memory.kind == MemoryKind::OpenPoint {
            let reason = format!(
                "{id} is an open point, and an open point keeps the rubric's words, by which practice finds it again; forget it, or add a note"
            );
            return Err(LearnerError::Refused(reason));
        }
        let was = std::mem::replace(&mut memory.text, text);
        memory.edits.push(Edit { at: now, by, was });
        Ok(())
    }

    /// Forgets one memory without a trace.
    ///
    /// # Errors
    /// There is no such memory.
    pub fn forget(&mut self, id: &str) -> Result<(), LearnerError> {
        self.get(id)?;
        self.memories.retain(|memory| memory.id != id);
        Ok(())
    }

    /// Forgets everything.
    pub fn forget_all(&mut self) {
        self.memories.clear();
    }

    /// Takes in a session: signs that were missing become open points, open points that were shown are closed with the words that showed
    /// them, and what has expired goes. The same session a second time alters nothing.
    ///
    /// # Errors
    /// There are too many memories.
    pub fn remember(
        &mut self,
        header: &SessionHeader,
        sheet: &ScoreSheet,
        now: Moment,
    ) -> Result<Remembered, LearnerError> {
        self.memories.retain(|memory| memory.expires > now);
        let mut told = Remembered::default();
        let session = header.session_id.as_str();
        if self.memories.iter().any(|memory| memory.source.session.as_deref() == Some(session)) {
            return Ok(told);
        }
        for criterion in &sheet.criteria {
            for memory in &mut self.memories {
                let same = memory.kind == MemoryKind::OpenPoint
                    && memory.exam.as_deref() == Some(&header.exam_id)
                    && memory.criterion.as_deref() == Some(&criterion.id);
                if same && criterion.shown.contains(&memory.text) {
                    let quote = criterion.quotes.iter().find(|q| q.indicator.as_ref() == Some(&memory.text));
                    memory.kind = MemoryKind::Shown;
                    memory.source = of_session(session, quote);
                    memory.expires = now.plus_days(OTHER_DAYS);
                    told.closed += 1;
                }
            }
            // Where nothing was asked or answered nothing was missed either.
            if criterion.level.is_some() {
                told.opened += self.open(session, &header.exam_id, criterion, now)?;
            }
        }
        Ok(told)
    }

    fn open(
        &mut self,
        session: &str,
        exam: &str,
        criterion: &CriterionResult,
        now: Moment,
    ) -> Result<usize, LearnerError> {
        let mut opened = 0;
        for text in &criterion.missing {
            let known = self.memories.iter().position(|memory| {
                memory.kind == MemoryKind::OpenPoint
                    && memory.exam.as_deref() == Some(exam)
                    && memory.criterion.as_deref() == Some(&criterion.id)
                    && memory.text == *text
            });
            let source = of_session(session, criterion.quotes.first());
            if let Some(at) = known {
                self.memories[at].source = source;
                self.memories[at].expires = now.plus_days(OPEN_DAYS);
            } else {
                let of = Some((exam, criterion.id.as_str()));
                self.push(MemoryKind::OpenPoint, checked(text)?, of, source, now, OPEN_DAYS)?;
                opened += 1;
            }
        }
        Ok(opened)
    }

    /// What practice of this exam comes back to, the oldest open points first. Notes stay outside: they are for people.
    #[must_use]
    pub fn plan(&self, exam: &Exam, now: Moment) -> PracticePlan {
        let id = exam.frame().id.as_str();
        let open = self
            .alive(now)
            .filter(|memory| memory.kind == MemoryKind::OpenPoint && memory.exam.as_deref() == Some(id));
        let point = |memory: &Memory| {
            let criterion = exam.rubric().criterion(memory.criterion.as_deref()?)?;
            let sign = criterion.indicators.iter().find(|indicator| indicator.text == memory.text)?;
            Some(OpenPoint { criterion: criterion.id.to_string(), indicator: sign.id.to_string() })
        };
        PracticePlan { open: open.filter_map(point).collect() }
    }

    fn push(
        &mut self,
        kind: MemoryKind,
        text: String,
        of: Option<(&str, &str)>,
        source: Source,
        now: Moment,
        days: u32,
    ) -> Result<&Memory, LearnerError> {
        if self.memories.len() >= MOST_MEMORIES {
            let reason = format!("there are {MOST_MEMORIES} memories already: forget some first");
            return Err(LearnerError::Refused(reason));
        }
        let id = format!("m{}", self.next);
        self.next = self.next.saturating_add(1);
        let (exam, criterion) = of.map(|(exam, criterion)| (exam.to_owned(), criterion.to_owned())).unzip();
        let expires = now.plus_days(days);
        self.memories.push(Memory {
            id,
            kind,
            text,
            exam,
            criterion,
            created: now,
            expires,
            source,
            edits: Vec::new(),
        });
        Ok(&self.memories[self.memories.len() - 1])
    }

    fn unknown(&self, id: &str) -> LearnerError {
        let known: Vec<&str> = self.memories.iter().map(|memory| memory.id.as_str()).collect();
        LearnerError::Unknown { what: "memory", id: id.to_owned(), known: known.join(", ") }
    }
}

/// What a session altered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// Points that are open since.
    pub opened: usize,
    /// Open points that were shown.
    pub closed: usize,
}

fn of_session(session: &str, quote: Option<&QuoteRef>) -> Source {
    Source {
        session: Some(session.to_owned()),
        turn: quote.map(|quote| quote.turn),
        quote: quote.map(|quote| quote.text.clone()),
        by: None,
    }
}

pub(crate) fn checked(text: &str) -> Result<String, LearnerError> {
    let text = text.trim();
    if text.is_empty() || text.len() > MOST_TEXT || text.chars().any(char::is_control) {
        let reason = format!("a text of one line is needed, of at most {MOST_TEXT} bytes");
        return Err(LearnerError::Refused(reason));
    }
    Ok(text.to_owned())
}

fn name(by: &str) -> Result<String, LearnerError> {
    if by.trim().is_empty() {
        return Err(LearnerError::Refused("a name is needed: --by".to_owned()));
    }
    checked(by)
}
