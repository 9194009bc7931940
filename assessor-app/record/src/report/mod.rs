//! The report for people: one page that needs nothing but the sound files beside it.
//!
//! What a candidate, a character or an exam wrote is escaped everywhere; beyond that the page's own policy lets no script run but ours.

mod criteria;
mod floor_svg;
mod html;
mod letter;
mod letter_appeal;
mod letter_ended;
mod letter_head;
mod letter_result;
mod letter_words;
mod objectives;
mod oversight;
mod roleplay;
mod sections;
mod work_samples;

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use viva_exchange::Transcript;
use viva_verify::{
    EVENTS_FILE, MANIFEST_FILE, REVIEW_FILE, SCORES_FILE, TRANSCRIPT_FILE, canonical::sha256_hex,
};

use crate::{
    Decision, RecordError, Track,
    oversight::History,
    wire::{FloorMarks, ScoreSheet, SessionHeader, SessionMode, TimingReport},
    writer::add_file,
};

/// The report as it stands when the session is sealed.
pub const REPORT_FILE: &str = "report.html";

/// The credential that follows from an award, beside the letter.
const CREDENTIAL_FILE: &str = "credential/good/eddsa-rdfc-2022.json";

pub use html::{Front, Page, capital, clock, date, escape};
pub use letter::{LetterLanguage, letter, write_letters};
pub use letter_words::shown_name;
pub use work_samples::SAMPLES_LEAD;

/// The style of the project's pages, light, dark and printed.
pub const STYLE: &str = include_str!("style.css");
/// The script that plays a quote's sound; it needs an element `#player`.
pub const SCRIPT: &str = include_str!("play.js");

/// Everything that the page tells.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The session.
    pub header: SessionHeader,
    /// The score sheet, if the session came that far.
    pub scores: Option<ScoreSheet>,
    /// The turns.
    pub transcript: Transcript,
    /// Timing facts.
    pub timing: TimingReport,
    /// Decisions about the floor.
    pub floor: FloorMarks,
    /// The human decision, once there is one.
    pub decision: Option<Decision>,
    /// What reviewers did.
    pub history: History,
    /// Until when the credential is valid, RFC 3339, where it lies in the bundle already.
    pub credential_valid_until: Option<String>,
    /// Whether the candidate's sound lies beside the page.
    pub candidate_audio: bool,
    /// Whether the assessor's sound lies beside the page.
    pub assessor_audio: bool,
    /// SHA-256 of the events file.
    pub events_sha256: Option<String>,
}

impl Report {
    /// Reads what a bundle folder holds so far; only the manifest must be there.
    ///
    /// **Errors**: a file cannot be read or is of another shape.
    pub fn load(dir: &Path) -> Result<Self, RecordError> {
        let header = read(dir, MANIFEST_FILE)?.ok_or_else(|| {
            RecordError::io(MANIFEST_FILE)(std::io::Error::from(std::io::ErrorKind::NotFound))
        })?;
        let events = match std::fs::read(dir.join(EVENTS_FILE)) {
            Ok(bytes) => Some(sha256_hex(&bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(RecordError::io(EVENTS_FILE)(error)),
        };
        Ok(Self {
            header,
            scores: read(dir, SCORES_FILE)?,
            transcript: read(dir, TRANSCRIPT_FILE)?.unwrap_or_default(),
            timing: read(dir, "timing.json")?.unwrap_or_default(),
            floor: read(dir, "floor.json")?.unwrap_or_default(),
            decision: read(dir, REVIEW_FILE)?,
            history: History::default(),
            credential_valid_until: valid_until(dir)?,
            candidate_audio: dir.join(Track::Candidate.path()).is_file(),
            assessor_audio: dir.join(Track::Assessor.path()).is_file(),
            events_sha256: events,
        })
    }

    /// The same with a decision that is about to be sealed.
    #[must_use]
    pub fn with_decision(mut self, decision: Decision) -> Self {
        self.decision = Some(decision);
        self
    }

    /// The same with what reviewers did; a decision among it is the one that stands.
    #[must_use]
    pub fn with_history(mut self, history: History) -> Self {
        self.decision = history.standing().or(self.decision);
        self.history = history;
        self
    }

    /// The page.
    #[must_use]
    pub fn render(&self) -> String {
        let mut page = Page::default();
        let policy = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
        page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
        page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; ");
        page.raw(&format!(
            "script-src 'sha256-{policy}'; media-src 'self' file:; img-src 'self' file:; base-uri 'none'; form-action 'none'\">\n"
        ));
        page.tag("title", "", &format!("{}: {}", sections::kind(self), self.header.exam_title));
        page.raw(&format!(
            "<style>\n{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the result</a>\n"
        ));
        sections::header(&mut page, self);
        page.raw("<main id=\"main\">\n");
        sections::result(&mut page, self);
        oversight::oversight(&mut page, self);
        work_samples::work_samples(&mut page, self);
        criteria::criteria(&mut page, self);
        sections::coverage(&mut page, self);
        objectives::objectives(&mut page, self);
        floor_svg::timeline(&mut page, self);
        sections::timing(&mut page, self);
        roleplay::roleplay(&mut page, self);
        sections::probes_and_guardrails(&mut page, self);
        sections::transcript(&mut page, self);
        if !self.is_practice() {
            sections::appeal(&mut page, self);
        }
        sections::provenance(&mut page, self);
        page.raw("</main>\n<p id=\"player\" role=\"status\" aria-live=\"polite\" hidden></p>\n");
        page.raw(&format!("<script>{SCRIPT}</script>\n</body>\n</html>\n"));
        page.finish()
    }

    /// True where the session was practice, on which nobody decides.
    #[must_use]
    pub fn is_practice(&self) -> bool {
        self.header.mode == SessionMode::Practice
    }

    /// True where the page must not be read as a statement about a person.
    pub(crate) const fn is_demonstration(&self) -> bool {
        self.header.proves_nothing()
    }
}

/// Renders the report of a bundle that is not sealed yet and adds it as `report.html`.
///
/// **Errors**: as [`Report::load`], or the file cannot be added.
pub fn write_report(dir: &Path) -> Result<(), RecordError> {
    add_file(dir, REPORT_FILE, Report::load(dir)?.render().as_bytes())
}

/// The end of the validity that the credential in a bundle states.
fn valid_until(dir: &Path) -> Result<Option<String>, RecordError> {
    let credential: Option<serde_json::Value> = read(dir, CREDENTIAL_FILE)?;
    Ok(credential.and_then(|credential| credential["validUntil"].as_str().map(str::to_owned)))
}

fn read<T: serde::de::DeserializeOwned>(dir: &Path, name: &str) -> Result<Option<T>, RecordError> {
    match std::fs::read(dir.join(name)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(RecordError::json(name)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RecordError::io(name)(error)),
    }
}
