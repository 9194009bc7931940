//! What a learner has shown, session by session: `profile.toml`.

use serde::{Deserialize, Serialize};
use viva_record::wire::{CriterionResult, ScoreSheet, SessionHeader, SessionMode};

use crate::{LearnerError, Moment};

/// The name of the file in a learner's folder.
pub(crate) const FILE: &str = "profile.toml";
const FORMAT: u32 = 1;
/// The most sessions that are kept.
const MOST_SESSIONS: usize = 5000;

/// A learner's sessions, each with its skills: `profile.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    format: u32,
    /// Whose it is.
    pub learner: String,
    /// True where the learner lets a coach see the words of the evidence, not the levels alone.
    #[serde(default)]
    pub share_quotes: bool,
    #[serde(default, rename = "session")]
    sessions: Vec<Session>,
}

/// A session whose record verified when it was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// When it began.
    pub at: Moment,
    /// What it may count for.
    pub mode: SessionMode,
    /// Id of the exam package.
    pub exam: String,
    /// Title of the exam package.
    pub title: String,
    /// True when no person spoke.
    pub simulated: bool,
    /// Root of the record, by which it can be found and checked again.
    pub record_root: String,
    /// One per criterion of the rubric.
    #[serde(rename = "skill")]
    pub skills: Vec<Shown>,
}

/// What a session showed of a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Criterion of the rubric.
    pub criterion: String,
    /// As shown.
    pub title: String,
    /// The level; absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The level that the standard asks for.
    pub target: u8,
    /// The highest level.
    pub max: u8,
    /// Words that the level rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// The turn in which they were said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
}

impl Shown {
    /// True where the standard was reached, with words for it.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.quote.is_some() && self.level.is_some_and(|level| level >= self.target)
    }
}

impl Profile {
    /// Nothing yet.
    #[must_use]
    pub fn new(learner: &str) -> Self {
        Self { format: FORMAT, learner: learner.to_owned(), share_quotes: false, sessions: Vec::new() }
    }

    /// Reads `profile.toml`.
    ///
    /// # Errors
    /// With the place: what is not TOML of this shape, a session that stands twice, a level beyond its scale.
    pub fn parse(text: &str) -> Result<Self, LearnerError> {
        let wrong = |reason: String| LearnerError::File { file: FILE, reason };
        let mut read: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if read.format != FORMAT {
            return Err(wrong(format!("format {} is not known; this program reads {FORMAT}", read.format)));
        }
        if read.sessions.len() > MOST_SESSIONS {
            return Err(wrong(format!("at most {MOST_SESSIONS} sessions are read")));
        }
        for (at, session) in read.sessions.iter().enumerate() {
            if read.sessions[..at].iter().any(|other| other.id == session.id) {
                return Err(wrong(format!("session {:?} stands twice", session.id)));
            }
            for skill in &session.skills {
                let scale = 1..=skill.max;
                if !scale.contains(&skill.target) || skill.level.is_some_and(|level| !scale.contains(&level))
                {
                    let reason = format!(
                        "session {:?}, {}: levels go from 1 to {}",
                        session.id, skill.criterion, skill.max
                    );
                    return Err(wrong(reason));
                }
            }
        }
        read.sort();
        Ok(read)
    }

    /// As the file holds it.
    ///
    /// # Panics
    /// Never: strings and numbers can always be written.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let body = toml::to_string_pretty(self).expect("strings and numbers are TOML");
        format!(
            "# What this learner has shown, session by session. The records that the roots name are the proof.\n{body}"
        )
    }

    /// The sessions, by their date.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Adds a session of a record that verified; false where it is there already.
    ///
    /// # Errors
    /// The record's date is none, or there are too many sessions.
    pub fn add(
        &mut self,
        header: &SessionHeader,
        sheet: &ScoreSheet,
        record_root: &str,
    ) -> Result<bool, LearnerError> {
        if self.sessions.iter().any(|session| session.id == header.session_id) {
            return Ok(false);
        }
        if self.sessions.len() >= MOST_SESSIONS {
            return Err(LearnerError::Refused(format!("at most {MOST_SESSIONS} sessions are kept")));
        }
        let at = header
            .started_at
            .parse()
            .map_err(|error| LearnerError::Refused(format!("the record's begin: {error}")))?;
        self.sessions.push(Session {
            id: header.session_id.clone(),
            at,
            mode: header.mode,
            exam: header.exam_id.clone(),
            title: header.exam_title.clone(),
            simulated: header.candidate.simulated,
            record_root: record_root.to_owned(),
            skills: sheet.criteria.iter().map(|criterion| shown(criterion, sheet.cut)).collect(),
        });
        self.sort();
        Ok(true)
    }

    /// True where a session after this one, of the same exam, judged the criterion.
    pub(crate) fn is_judged_after(&self, session: &str, criterion: &str) -> bool {
        let mut later = self.sessions.iter().skip_while(|one| one.id != session);
        let Some(this) = later.next() else { return false };
        let mut shown = later.filter(|one| one.exam == this.exam).flat_map(|one| &one.skills);
        shown.any(|shown| shown.criterion == criterion && (shown.level.is_some() || shown.quote.is_some()))
    }

    fn sort(&mut self) {
        self.sessions.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    }
}

fn shown(criterion: &CriterionResult, cut: f64) -> Shown {
    let max = criterion.max_level.max(1);
    // Where a criterion has no minimum of its own, the level at the cut score is asked for.
    let at_cut = (1.0 + cut.clamp(0.0, 1.0) * f64::from(max - 1) - 1e-9).ceil() as u8;
    let target = criterion.required_level.unwrap_or(1).max(at_cut).clamp(1, max);
    let quote = criterion.quotes.first();
    Shown {
        criterion: criterion.id.clone(),
        title: criterion.name.clone(),
        level: criterion.level.filter(|level| (1..=max).contains(level)),
        target,
        max,
        quote: quote.map(|quote| quote.text.clone()),
        turn: quote.map(|quote| quote.turn),
    }
}
