//! The exam's frame and its question bank: `exam.toml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use viva_exchange::{QuestionContext, QuestionKind};

use super::{Id, WrittenPattern};
use crate::conversation::{Accommodation, ObservationPolicy};

/// `exam.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Version of the package format; absent means 1.
    #[serde(default = "first_format")]
    pub format: u32,
    /// Name.
    pub id: Id,
    /// As shown.
    pub title: String,
    /// Version, kept in the record.
    pub version: String,
    /// Language of the interview; answers in another one go to a human.
    pub language: String,
    /// Whether visible movements may reach the facts that a language model sees.
    #[serde(default)]
    pub observation: ObservationPolicy,
    /// Where a result is contested; the letter names the programme alone where absent.
    pub appeal: Option<AppealAddress>,
    /// Which conditions may be varied for a candidate; all of them where absent.
    #[serde(default)]
    pub accommodations: AccommodationProfile,
    /// Asking for consent.
    pub consent: Consent,
    /// Limits of the conversation.
    pub flow: Flow,
    /// What the examiner says between the questions.
    pub words: Words,
    /// Warm-up, not scored.
    pub warm_up: WarmUp,
    /// Bank.
    #[serde(rename = "question", default)]
    pub questions: Vec<Question>,
}

/// Where a result is contested.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealAddress {
    /// Whom to write to, as the letter gives it.
    pub contact: String,
    /// Days after the decision.
    #[serde(default = "thirty_days")]
    pub within_days: u32,
}

/// Which conditions may be varied for a candidate of this exam.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccommodationProfile {
    /// The greatest factor on the assessor's patience, 1 to 4.
    pub longest_extra_time: f32,
    /// Answers may be typed.
    pub typed_answers: bool,
    /// Timing facts may be left out; not where the exam is about time itself.
    pub masked_timing: bool,
}

impl Default for AccommodationProfile {
    fn default() -> Self {
        Self { longest_extra_time: 4.0, typed_answers: true, masked_timing: true }
    }
}

impl AccommodationProfile {
    /// Why conditions cannot be varied like this in this exam.
    ///
    /// # Errors
    /// The first variation that goes beyond the profile.
    pub fn allows(&self, wanted: &Accommodation) -> Result<(), String> {
        if wanted.patience_factor > self.longest_extra_time {
            return Err(format!(
                "this exam allows at most {} times the usual patience, not {}",
                self.longest_extra_time, wanted.patience_factor
            ));
        }
        if wanted.text_instead_of_speech && !self.typed_answers {
            return Err("this exam does not allow typed answers".to_owned());
        }
        if wanted.timing_masked && !self.masked_timing {
            return Err("this exam does not allow timing to be left out".to_owned());
        }
        Ok(())
    }
}

const fn thirty_days() -> u32 {
    AppealAddress::USUAL_DAYS
}

impl AppealAddress {
    /// Days after the decision where an exam does not say.
    pub const USUAL_DAYS: u32 = 30;
}

/// How consent is asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The question.
    pub question: String,
    /// Asked once when the answer was neither yes nor no.
    pub again: String,
    /// Said after a no, and after a second unclear answer.
    pub refused: String,
    /// Patterns of a yes.
    pub yes: Vec<WrittenPattern>,
    /// Patterns of a no; they win over a yes.
    pub no: Vec<WrittenPattern>,
}

/// Limits of the conversation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Most probes after one question.
    pub probes_per_question: u32,
    /// Most probes in the session.
    pub probes_total: u32,
    /// How many of them are kept for the questions after the role-play.
    pub probes_after_scene: u32,
    /// Most questions of `variation` kind after an answer that left nothing missing.
    pub variations_total: u32,
    /// Answers with fewer words are asked to be clarified.
    pub short_answer_words: u32,
    /// Words of certainty; with marked hesitation they earn a follow-up.
    pub certainty: Vec<WrittenPattern>,
    /// Words by which speakers take something back.
    pub correction: Vec<WrittenPattern>,
}

/// What the examiner says between the questions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Before a next question; one is chosen by the seed.
    pub links: Vec<String>,
    /// After a long silence, before the question is put once more.
    pub reprompt: String,
    /// After a second silence.
    pub moving_on: String,
    /// When the candidate asked to hear the question again.
    pub repeat: String,
    /// Last words of a whole interview.
    pub closing: Vec<String>,
    /// What is said otherwise when the session is practice; English where absent.
    #[serde(default)]
    pub practice: PracticeWords,
    /// How documents are quoted when the candidate asks something; English where absent.
    #[serde(default)]
    pub documents: DocumentWords,
}

/// How the examiner quotes documents. `{document}` stands for a title with its page, `{page}` for a page, `{words}` for words of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentWords {
    /// A statement.
    pub says: String,
    /// After the title, where the document has pages.
    pub page: String,
    /// Before statements that do not agree.
    pub contradicting: String,
}

impl Default for DocumentWords {
    fn default() -> Self {
        Self {
            says: "In {document} it says: {words}".to_owned(),
            page: ", page {page},".to_owned(),
            contradicting: "The documents do not agree on this. Please ask the programme which one holds."
                .to_owned(),
        }
    }
}

/// What the examiner says in practice. `{points}` stands for signs of the rubric, `{name}` for the persona's name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PracticeWords {
    /// In place of the persona's disclosure: that this is an AI, and that nothing of the session can count.
    pub disclosure: Vec<String>,
    /// Before the first question, where points stayed open last time.
    pub pick_up: String,
    /// At the end: open points that were shown now.
    pub shown: String,
    /// At the end: points that are open still.
    pub open: String,
    /// In place of the last words of an exam.
    pub closing: Vec<String>,
}

impl Default for PracticeWords {
    fn default() -> Self {
        Self {
            disclosure: vec![
                "Hello. My name is {name}. I am an A I examiner, not a person.".to_owned(),
                "This is practice. It is recorded, and nothing of it can count for a certificate. You can stop at any time.".to_owned(),
            ],
            pick_up: "Last time this stayed open: {points}. We come back to it today.".to_owned(),
            shown: "You have shown this now: {points}.".to_owned(),
            open: "For next time, this is open: {points}.".to_owned(),
            closing: vec!["Thank you. That was the practice.".to_owned()],
        }
    }
}

/// A question that only warms up.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// Said before it.
    pub intro: Option<String>,
    /// The question.
    pub question: String,
    /// Planned length of the answer in seconds.
    pub expected_s: f32,
}

/// The kind of a follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// Say it more exactly.
    Clarify,
    /// Say why.
    Justify,
    /// Suppose something changes.
    WhatIf,
    /// A case that speaks against it.
    CounterCase,
    /// The same in another setting; for answers that left nothing missing.
    Variation,
    /// Two things were said that do not agree: which holds?
    Recover,
}

impl ProbeKind {
    /// As written in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clarify => "clarify",
            Self::Justify => "justify",
            Self::WhatIf => "what_if",
            Self::CounterCase => "counter_case",
            Self::Variation => "variation",
            Self::Recover => "recover",
        }
    }
}

/// A follow-up of a question.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Its kind.
    pub kind: ProbeKind,
    /// As spoken.
    pub text: String,
    /// The indicators that an answer to it would show.
    #[serde(default)]
    pub seeks: Vec<Id>,
}

/// A main question.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Name.
    pub id: Id,
    /// As spoken.
    pub text: String,
    /// Its domain.
    pub domain: Id,
    /// The criteria it gives evidence for.
    pub criteria: Vec<Id>,
    /// Kind of answer.
    #[serde(default)]
    #[schemars(schema_with = "super::schema::question_kind")]
    pub kind: QuestionKind,
    /// Planned length of the answer in seconds.
    pub expected_s: f32,
    /// Silence to bear, in milliseconds; the persona's where absent.
    pub patience_ms: Option<u32>,
    /// Every candidate is asked this one.
    #[serde(default)]
    pub minimum_set: bool,
    /// How hard it is: 1 easier than the minimum set, 2 like it, 3 harder. Of the questions that not everybody is asked, the one comes
    /// that fits the levels shown so far.
    #[serde(default = "like_the_minimum_set")]
    pub difficulty: u8,
    /// The passage it rests on, as `document#heading`.
    pub cites: Option<Id>,
    /// Follow-ups.
    #[serde(rename = "probe", default)]
    pub probes: Vec<Probe>,
}

impl Question {
    /// What the floor needs of it.
    #[must_use]
    pub fn context(&self, persona_patience_ms: u32) -> QuestionContext {
        QuestionContext {
            kind: self.kind,
            expected_s: self.expected_s,
            patience_ms: self.patience_ms.unwrap_or(persona_patience_ms),
        }
    }
}

/// The greatest difficulty of a question.
pub const HARDEST: u8 = 3;

/// The difficulty of the common minimum set.
pub(super) const LIKE_THE_MINIMUM_SET: u8 = 2;

fn like_the_minimum_set() -> u8 {
    LIKE_THE_MINIMUM_SET
}

fn first_format() -> u32 {
    super::FORMAT
}
