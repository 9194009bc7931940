//! Decisions for the record, and the outcome.

use serde::Serialize;
use viva_exchange::{TurnId, UtteranceId};
use viva_media::Timestamp;

use super::handbook::{AskedBack, Statement};
use super::objective::Measured;
use super::practice::OpenPoint;
use crate::exam::{Citation, GuardrailKind, ProbeKind};
use crate::scope::Judged;
use crate::score::{Answer, Quote, Recovery};

/// One decision of the conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConversationEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum EventKind {
    /// The session began.
    Started {
        /// Of which exam package.
        exam_hash: String,
        /// With which seed.
        seed: u64,
        /// True when typed answers, more patience or masked timing were granted.
        conditions_varied: bool,
    },
    /// A new phase.
    StateChanged {
        /// From.
        from: String,
        /// To.
        to: String,
    },
    /// Consent was given.
    ConsentGiven {
        /// In these words.
        quote: Option<Quote>,
    },
    /// Consent was not given.
    ConsentNotGiven {
        /// Why that was concluded.
        reason: String,
    },
    /// A question was asked.
    QuestionAsked {
        /// Which.
        question: String,
        /// Its domain; none for consent and warm-up.
        domain: Option<String>,
        /// The passage it rests on.
        cites: Option<Citation>,
        /// In which utterance.
        utterance: UtteranceId,
    },
    /// An answer was taken.
    AnswerTaken {
        /// To which question.
        question: String,
        /// Which turn.
        turn: TurnId,
        /// How many words.
        words: usize,
    },
    /// An answer was acknowledged with a neutral word before its reply was known.
    Acknowledged {
        /// In which utterance.
        utterance: UtteranceId,
        /// In these words.
        text: String,
    },
    /// A question stays without an answer.
    NotAnswered {
        /// Which.
        question: String,
    },
    /// A follow-up was chosen.
    ProbeChosen {
        /// Of which question.
        question: String,
        /// Which kind.
        probe: ProbeKind,
        /// Why.
        reason: String,
        /// Indicators still missing.
        missing: Vec<String>,
        /// In which utterance.
        utterance: UtteranceId,
    },
    /// No follow-up was chosen.
    NoProbe {
        /// Of which question.
        question: String,
        /// Why.
        reason: String,
    },
    /// How much of a criterion has been shown.
    Coverage {
        /// Which criterion.
        criterion: String,
        /// Indicators shown.
        shown: Vec<String>,
        /// Positive indicators missing.
        missing: Vec<String>,
    },
    /// A question was put once more.
    AskedAgain {
        /// Which.
        question: String,
        /// Why.
        reason: String,
    },
    /// A question beyond the minimum set was chosen; in practice, any.
    QuestionChosen {
        /// Which.
        question: String,
        /// Its difficulty, 1 to [`crate::exam::HARDEST`].
        difficulty: u8,
        /// Why.
        reason: String,
    },
    /// An answer is in words that are not the candidate's own; it is no evidence, and meets a changed case where there is one.
    RehearsedNoted {
        /// The question.
        question: String,
        /// The answer's turn.
        turn: TurnId,
        /// Whose words they are.
        reason: String,
    },
    /// Something that spoke against the candidate was put right.
    Recovered {
        /// On which criterion.
        criterion: String,
        /// What had been said or done, in words.
        sign: String,
        /// How.
        recovery: Recovery,
    },
    /// The variables of an objective have these values.
    ObjectiveMeasured {
        /// Which.
        objective: String,
        /// The variables.
        outputs: Vec<Measured>,
    },
    /// What an objective found calls for a further question.
    Branched {
        /// Which objective.
        objective: String,
        /// Which question.
        question: String,
        /// The condition that holds.
        reason: String,
        /// False where that question is asked anyhow.
        is_taken: bool,
    },
    /// An objective was met.
    ObjectiveMet {
        /// Which.
        objective: String,
    },
    /// An objective is met as far as the engine can say; a human has to confirm it.
    ObjectiveToConfirm {
        /// Which.
        objective: String,
    },
    /// An objective was pursued and not met.
    ObjectiveNotMet {
        /// Which.
        objective: String,
        /// Why.
        reason: String,
    },
    /// A guardrail was set off.
    GuardrailHit {
        /// Which.
        guardrail: String,
        /// What it does.
        kind: GuardrailKind,
        /// By which words.
        quote: Option<Quote>,
        /// What told it by meaning; none where a pattern of the exam did.
        #[serde(skip_serializing_if = "Option::is_none")]
        judged: Option<Judged>,
    },
    /// The examiner had asked whether a wish was meant, and this came of it.
    WishAnswered {
        /// The reply; none where nothing was said.
        turn: Option<viva_exchange::TurnId>,
        /// Whether the session ends.
        confirmed: bool,
    },
    /// The candidate asked something, and documents were searched for it.
    CandidateAsked {
        /// In these words.
        quote: Option<Quote>,
        /// What it is about, where meanings are compared.
        #[serde(skip_serializing_if = "Option::is_none")]
        judged: Option<Judged>,
        /// What became of it.
        became: AskedBack,
        /// What was found, told or not.
        statements: Vec<Statement>,
    },
    /// Documents could not be searched; the turn was taken as without them.
    DocumentsFailed {
        /// How.
        error: String,
    },
    /// A claim worded with certainty came with marked hesitation; it earns a question, never a score.
    MismatchNoted {
        /// The words.
        quote: Option<Quote>,
        /// The timing facts.
        facts: String,
    },
    /// The role-play began.
    RolePlayBegan {
        /// Which scene.
        scene: String,
        /// At which level.
        level: u8,
    },
    /// The character's level changed, or stayed although something was noticed.
    RolePlayLevel {
        /// Before.
        from: u8,
        /// After.
        to: u8,
        /// The rules that applied: names of behaviours.
        rules: Vec<String>,
        /// The words they rest on; none for talking over or for saying none of it.
        quotes: Vec<Quote>,
    },
    /// The character told a fact.
    FactTold {
        /// Which.
        fact: String,
    },
    /// The role-play ended.
    RolePlayEnded {
        /// At which level.
        level: u8,
        /// Why.
        reason: String,
    },
    /// The candidate talked over the assessor.
    TalkedOver {
        /// Which utterance.
        utterance: UtteranceId,
        /// How many bytes of it had been heard by the last report.
        heard_bytes: usize,
    },
    /// A turn was taken as a continuation of the answer before, since the question after it had hardly been heard.
    AnswerContinued {
        /// Which turn.
        turn: TurnId,
    },
    /// A wording of the language model was not used.
    WordingRefused {
        /// Which request.
        request: u32,
        /// Why.
        reason: String,
    },
    /// The embedding failed; words alone were compared.
    EmbeddingFailed {
        /// How.
        error: String,
    },
    /// Practice came back to points that were open before.
    PickedUp {
        /// The points.
        points: Vec<OpenPoint>,
    },
    /// Practice ended with what was shown of them and what is open.
    Feedback {
        /// Open points of before that were shown now, in words.
        shown: Vec<String>,
        /// Points that are open, in words.
        open: Vec<String>,
    },
    /// The session ended.
    Ended {
        /// How.
        ending: Ending,
    },
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All objectives were pursued.
    Complete,
    /// The candidate did not consent.
    ConsentRefused,
    /// The candidate stopped.
    StoppedByCandidate,
    /// The candidate asked for a human.
    HumanRequested,
    /// A rule of the exam handed over to a human.
    HandedOver,
    /// The operator stopped.
    StoppedByOperator,
    /// A device or the program failed.
    TechnicalFailure,
    /// A recording came to its end.
    RecordingEnded,
}

impl Ending {
    /// As reports say it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Complete => "all parts were held",
            Self::ConsentRefused => "consent was not given",
            Self::StoppedByCandidate => "the candidate stopped",
            Self::HumanRequested => "the candidate asked for a human",
            Self::HandedOver => "a rule of the exam handed over to a human",
            Self::StoppedByOperator => "the operator stopped",
            Self::TechnicalFailure => "a technical failure",
            Self::RecordingEnded => "a recording was heard, no question was asked",
        }
    }
}

/// Whether a domain was asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DomainCoverage {
    /// Name.
    pub domain: String,
    /// As shown.
    pub title: String,
    /// Questions and scenes that gave the candidate the occasion.
    pub asked: Vec<String>,
    /// Those that were answered.
    pub answered: Vec<String>,
    /// Whether at least one was asked.
    pub covered: bool,
}

/// What a session may count for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// For a human's decision on a certificate.
    #[default]
    Certify,
    /// For the learner alone.
    Practice,
}

/// What a session leaves. Only a conversation can make one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    pub(super) standing: Standing,
    /// How it ended.
    pub ending: Ending,
    /// One per domain of the rubric.
    pub coverage: Vec<DomainCoverage>,
    /// Names of the objectives met.
    pub objectives_met: Vec<String>,
    /// Names of the objectives that a human has to confirm.
    pub objectives_to_confirm: Vec<String>,
    /// Names of the objectives not met.
    pub objectives_open: Vec<String>,
    /// The scored part of what the candidate said.
    pub answers: Vec<Answer>,
}

impl Outcome {
    /// What the session may count for: [`Standing::Practice`] where it was held with a [`super::PracticePlan`].
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }
}
