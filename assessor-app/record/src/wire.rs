//! The shapes of `manifest.json`, `scores.json`, `timing.json` and `floor.json`: plain data for other programs.
//!
//! Other rooms convert into these; nothing here computes.

use serde::{Deserialize, Serialize};
use viva_exchange::{TimingEvent, TurnEvent};

/// Who and what a session was: `manifest.json` and the first event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionHeader {
    /// Unique id, for example a UUID.
    pub session_id: String,
    /// Begin by the wall clock, RFC 3339.
    pub started_at: String,
    /// Title of the exam package.
    pub exam_title: String,
    /// What the session may count for; records from before there was practice are of certification.
    #[serde(default)]
    pub mode: SessionMode,
    /// Id of the exam package.
    pub exam_id: String,
    /// Its version.
    pub exam_version: String,
    /// SHA-256 of the exam package, hex.
    pub exam_sha256: String,
    /// SHA-256 of those of its files that levels follow from, hex; empty in older records.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exam_scored_sha256: String,
    /// Version of the program.
    pub program_version: String,
    /// The models that took part.
    pub models: Vec<ModelUse>,
    /// Seed of all randomness, as a decimal number.
    pub seed: String,
    /// Language of the conversation, BCP 47.
    pub language: String,
    /// Who was assessed.
    pub candidate: Candidate,
    /// What may be kept once the candidate agrees.
    pub consent: Consent,
    /// Who holds the exam, by their own word; empty in records from before there were issuers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub issuer: String,
    /// True when this shows how the program works and proves nothing about anybody.
    pub demonstration: bool,
    /// Conditions that were varied for the candidate.
    #[serde(default)]
    pub conditions: Conditions,
    /// The same as sentences, in records from before [`Self::conditions`]; empty in later ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accommodations: Vec<String>,
    /// How to contest the result.
    pub appeal: Appeal,
}

impl SessionHeader {
    /// Whether the session was a demonstration whatever its rubric: it says so, or nobody was assessed.
    #[must_use]
    pub const fn proves_nothing(&self) -> bool {
        self.demonstration || self.candidate.simulated
    }
}

/// What a session may count for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionMode {
    /// For a human's decision on a certificate.
    #[default]
    Certify,
    /// For the learner alone: no decision, no credential, no appeal.
    Practice,
}

/// A model that took part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelUse {
    /// What it did, for example `speech recognition`.
    pub role: String,
    /// Its id in the models' lock file, or the endpoint's model name.
    pub id: String,
    /// SHA-256 of its weights, where they are on this machine.
    pub sha256: Option<String>,
}

/// Who was assessed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The name to show.
    pub name: String,
    /// The id that a credential is issued to, a DID or another URI.
    pub id: String,
    /// True when no person spoke: a recorded or synthetic voice.
    pub simulated: bool,
}

/// What may be kept once the candidate agrees; the answer itself stands in [`ScoreSheet::consent`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// Sound may be kept.
    pub keep_audio: bool,
    /// Pictures may be kept.
    pub keep_video: bool,
}

/// Conditions that were varied for the candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// How many times as long as the exam asks the assessor waited, where longer.
    pub extra_time: Option<f32>,
    /// Answers were typed.
    pub typed_answers: bool,
    /// Timing facts were left out.
    pub timing_masked: bool,
}

/// How to contest the result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Appeal {
    /// Where to write.
    pub contact: String,
    /// Days after the decision.
    pub within_days: u32,
}

/// What the engine found: `scores.json`. It recommends; it does not decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreSheet {
    /// One result per criterion, in the rubric's order.
    pub criteria: Vec<CriterionResult>,
    /// Weighted share of the points in 0..=1; none when it could not be formed.
    pub overall: Option<f64>,
    /// The share that is needed.
    pub cut: f64,
    /// As far as two panels that set the cut would differ, as a share; 0 where nothing is stated.
    #[serde(default)]
    pub cut_standard_error: f64,
    /// How the cut was set: by whom, in which manner; empty where nothing is stated.
    #[serde(default)]
    pub cut_method: String,
    /// What the engine recommends to the reviewer.
    pub recommendation: Recommendation,
    /// Why, one sentence a line.
    pub explanation: Vec<String>,
    /// For example `not calibrated`.
    pub validation_status: String,
    /// The words with which the candidate agreed, once told who asks and what is kept; none where nobody was asked, or nobody agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<QuoteRef>,
    /// How the session ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// Which required domains were covered.
    #[serde(default)]
    pub coverage: Vec<Coverage>,
    /// What the session had to reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Objective>,
    /// Questions beyond the common minimum set, and why each was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// How a role-play moved.
    #[serde(default)]
    pub roleplay: Vec<RoleplayStep>,
    /// What guardrails did.
    #[serde(default)]
    pub guardrails: Vec<GuardrailFlag>,
    /// Follow-up questions and why they were asked.
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// What the candidate asked, and what was told from which documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidate_questions: Vec<CandidateQuestion>,
    /// What would have altered the result, where it does not meet the standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest_change: Option<NearestChange>,
}

impl ScoreSheet {
    /// Whether the machine was shown to agree with human raters on this rubric; else all that follows is a demonstration.
    #[must_use]
    pub fn is_calibrated(&self) -> bool {
        self.validation_status == "calibrated"
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All parts were held.
    Complete,
    /// Consent was not given.
    ConsentRefused,
    /// The candidate stopped.
    StoppedByCandidate,
    /// The candidate asked for a human.
    HumanRequested,
    /// A rule of the exam handed over to a human.
    HandedOver,
    /// Who holds the exam stopped.
    StoppedByOperator,
    /// A device or the program failed.
    TechnicalFailure,
    /// A recording was heard, in which nobody was asked.
    RecordingEnded,
}

/// Why the engine gave no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLevel {
    /// No question asked for it.
    NotAsked,
    /// It was asked for and nothing was said.
    NotAnswered,
    /// Too few words to judge.
    TooShort,
    /// The recogniser was not sure of the words.
    UnclearSpeech,
    /// What was said addresses the machine.
    Injection,
    /// The words of the marking scheme.
    Recited,
    /// Not connected speech in the language of the exam.
    LanguageNotValidated,
}

/// Something that the session had to reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// Id in the exam.
    pub id: String,
    /// In words.
    pub text: String,
    /// Whether it was reached.
    pub state: ObjectiveState,
    /// Why it stayed open, where a condition says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_because: Option<String>,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<ObjectiveOutput>,
}

/// Whether an objective was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveState {
    /// Reached.
    Met,
    /// Reached as far as the engine can say; a human has to confirm it.
    ToConfirm,
    /// Not reached.
    Open,
}

/// A variable of an objective with its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveOutput {
    /// Name.
    pub name: String,
    /// What it is, in words.
    pub is: String,
    /// The value; none where there is no level.
    pub value: Option<u32>,
    /// The words that it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotes: Vec<QuoteRef>,
}

/// A question beyond the common minimum set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// When, in seconds since the session's first sample.
    pub at_s: f64,
    /// Its id in the exam.
    pub question: String,
    /// Why it was asked.
    pub reason: String,
}

/// Something that spoke against the candidate and was put right.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// What had been said or done, in the rubric's words.
    pub sign: String,
    /// The first words.
    pub wrong: QuoteRef,
    /// The words that put it right.
    pub right: QuoteRef,
    /// How many answers later; 0 in the same answer.
    pub answers_later: u32,
    /// The kind of follow-up that it was an answer to; none where no follow-up had asked.
    pub prompted: Option<String>,
}

/// Sentences that, added to the session, were scored again with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NearestChange {
    /// The additions; none of them can be left out.
    pub additions: Vec<Addition>,
    /// Critical errors that nothing said afterwards takes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stands: Vec<String>,
    /// Whether the session with them meets the standard.
    pub meets: bool,
}

/// One sentence that was added.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Addition {
    /// Name of the criterion to show.
    pub criterion: String,
    /// What it shows.
    pub indicator: String,
    /// The sentence, from the rubric.
    pub example: String,
}

/// What the engine recommends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recommendation {
    /// The standard is met.
    Meets,
    /// The standard is not met.
    DoesNotMeet,
    /// The engine cannot say; a human scores.
    ReferToHuman,
    /// Too little was answered to score anything.
    NotAnswered,
    /// The session was practice: the levels are feedback.
    Practice,
}

/// The result of one criterion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CriterionResult {
    /// Id in the rubric.
    pub id: String,
    /// Name to show.
    pub name: String,
    /// The domain it belongs to.
    pub domain: String,
    /// The level reached; none when the engine abstained.
    pub level: Option<u8>,
    /// Interval around the level.
    pub interval: Option<(f32, f32)>,
    /// Why the engine abstained, in words.
    pub abstained: Option<String>,
    /// Why the engine abstained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_level: Option<NoLevel>,
    /// The highest level.
    pub max_level: u8,
    /// The level that is needed, where the rubric sets one.
    #[serde(default)]
    pub required_level: Option<u8>,
    /// The rubric's words per level, from level 0.
    pub anchors: Vec<String>,
    /// What the level rests on.
    pub quotes: Vec<QuoteRef>,
    /// Indicators that were shown.
    pub shown: Vec<String>,
    /// Indicators that were missing.
    pub missing: Vec<String>,
    /// Indicators against it that were shown, critical errors among them.
    pub negative: Vec<String>,
    /// What the next level looks like.
    pub would_meet: Option<String>,
    /// What was put right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recoveries: Vec<Recovery>,
    /// What a second rater said, where one was asked. It widens the interval and never sets the level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SecondOpinion>,
}

/// What a second rater said of a criterion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SecondOpinion {
    /// Who: a model's name.
    pub rater: String,
    /// SHA-256 of the request that it answered; none when it was not asked.
    pub request: Option<String>,
    /// Its level; none where it gave no usable one.
    pub level: Option<u8>,
    /// What its level rests on.
    pub quotes: Vec<QuoteRef>,
    /// Why it has no level.
    pub abstained: Option<String>,
}

/// Verbatim words of a turn with their time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuoteRef {
    /// The turn.
    pub turn: u32,
    /// An exact part of the turn's text.
    pub text: String,
    /// Begin in seconds since the session's first sample.
    pub start_s: f64,
    /// End in seconds since the session's first sample.
    pub end_s: f64,
    /// Which indicator it speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<String>,
}

/// Whether a required domain was covered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The domain's name.
    pub domain: String,
    /// How many questions touched it.
    pub asked: u32,
    /// How many of them were answered.
    pub answered: u32,
    /// Whether the exam requires it.
    pub required: bool,
}

/// One move of a role-play character from level to level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleplayStep {
    /// When, in seconds since the session's first sample.
    pub at_s: f64,
    /// Level before.
    pub from: f32,
    /// Level after.
    pub to: f32,
    /// The script's rule that moved it.
    pub rule: String,
    /// The candidate's words that met the rule.
    pub quote: Option<QuoteRef>,
}

/// What a guardrail did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GuardrailFlag {
    /// When, in seconds since the session's first sample.
    pub at_s: f64,
    /// Which rule.
    pub rule: String,
    /// What was done.
    pub action: String,
    /// True where the words try to instruct the machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_injection: bool,
    /// The words that met it.
    pub quote: Option<QuoteRef>,
}

/// A follow-up question and why it was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The assessor's turn that asked.
    pub asked_in: u32,
    /// For which criterion.
    pub criterion: String,
    /// Why.
    pub reason: String,
    /// Address of the passage it cites, if any.
    #[serde(default)]
    pub citation: Option<String>,
}

/// A question of the candidate for which documents were searched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CandidateQuestion {
    /// When, in seconds since the session's first sample.
    pub at_s: f64,
    /// The candidate's words.
    pub quote: Option<QuoteRef>,
    /// What became of it, in words.
    pub became: String,
    /// What was told; without words where it was found and not told.
    pub statements: Vec<CitedWords>,
}

/// Words of a document with their place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CitedWords {
    /// The words; empty where they were not told.
    pub words: String,
    /// Document, page, heading and the document's hash.
    pub citation: String,
}

/// Measured timing: `timing.json`. Reported, not scored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimingReport {
    /// The facts.
    pub events: Vec<TimingEvent>,
    /// The same as plain sentences.
    pub sentences: Vec<String>,
}

/// Decisions about the floor: `floor.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FloorMarks {
    /// In order of time.
    pub marks: Vec<TurnEvent>,
}
