//! The examiner as a state machine.
//!
//! One mutation, then drain: call [`Conversation::handle`] with one [`Input`], then [`Conversation::poll`] until it gives
//! `None`. No output is made between the calls. What the candidate says is data: it is compared with patterns and exemplars
//! of the exam, and nothing in it can change the order of the steps, the questions or the scores.
//!
//! ```
//! # use std::{collections::BTreeMap, sync::Arc};
//! use viva_assessment::{Config, Conversation, Exam, Input, Output, typed_turn};
//! use viva_media::Timestamp;
//!
//! # fn files() -> BTreeMap<String, Vec<u8>> {
//! #     let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../exams/nursing-de-escalation");
//! #     let names = ["exam.toml", "persona.toml", "rubric.toml", "objectives.toml", "guardrails.toml", "roleplay.toml",
//! #         "knowledge/de-escalation.md", "knowledge/ward-escalation-policy.md"];
//! #     names.into_iter().map(|n| (n.to_owned(), std::fs::read(format!("{folder}/{n}")).unwrap())).collect()
//! # }
//! let exam = Arc::new(Exam::load(&files())?);
//! let mut examiner = Conversation::new(exam, Config::default());
//! examiner.handle(Timestamp::ZERO, Input::Start);
//! while let Some(output) = examiner.poll() {
//!     if let Output::Say(utterance) = output {
//!         assert!(!utterance.text.is_empty());
//!     }
//! }
//! examiner.handle(Timestamp::from_secs(9.0), Input::Turn(typed_turn(1, "Yes, I agree.", Timestamp::from_secs(8.0))));
//! # Ok::<(), viva_assessment::ExamErrors>(())
//! ```

mod acknowledge;
mod adapt;
mod beside;
mod event;
mod handbook;
mod io;
mod machine;
mod objective;
mod plan;
mod practice;
mod probe;
mod scene;
mod talk;
mod wish;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use viva_exchange::{QuestionContext, Speaker, TimingEvent, UtteranceId};
use viva_media::Timestamp;

pub use acknowledge::{AnswerSoFar, Unacknowledged};
pub use event::{ConversationEvent, DomainCoverage, Ending, EventKind, Outcome, Standing};
pub use handbook::{AskedBack, Found, Handbook, HandbookError, Statement};
pub use io::{Accommodation, Config, Input, Mode, ObservationPolicy, Output, StopReason};
pub use objective::Measured;
pub use practice::{OpenPoint, PracticePlan};

use crate::candidate::Asked;
use crate::chance::Chance;
use crate::exam::{Exam, ProbeKind};
use crate::score::{Answer, Scorer, Setting};

use acknowledge::Acknowledgements;
use plan::Step;
use scene::Scene;
use wish::Wish;

/// Name of the consent question in logs and candidate scripts.
pub const CONSENT_QUESTION: &str = "consent";
/// Name of the warm-up question in logs and candidate scripts.
pub const WARM_UP_QUESTION: &str = "warm-up";

/// An interview from the first word to the last.
///
/// A clone is a fork: exam and scorer are shared, the state is copied, and whatever the fork is told leaves no trace in the original.
/// It says what the original *would* say, so that a reply can be prepared before the candidate's turn is known to be over.
#[derive(Clone)]
pub struct Conversation {
    exam: Arc<Exam>,
    scorer: Arc<Scorer>,
    config: Config,
    /// There in practice only; a session that may count has no place for it.
    practice: Option<Arc<PracticePlan>>,
    handbook: Option<Arc<dyn Handbook>>,
    chance: Chance,
    steps: Vec<Step>,
    /// Number of the present step; `None` before the start.
    at_step: Option<usize>,
    finished: bool,
    out: VecDeque<Output>,
    pending: Option<Pending>,
    before: Option<Target>,
    scene: Option<Scene>,
    silences_in_scene: u32,
    talked_over: bool,
    answers: Vec<Answer>,
    asked_questions: Vec<String>,
    objectives_met: Vec<String>,
    objectives_to_confirm: Vec<String>,
    /// Objectives that have branched off.
    branched: Vec<String>,
    /// The question that was branched to last.
    branched_to: Option<usize>,
    /// Signs that were put right, by criterion and name, as far as they are logged.
    recovered: Vec<(String, String)>,
    /// Kinds of the follow-ups so far, one entry each.
    probes_asked: Vec<ProbeKind>,
    variations_used: u32,
    probes_here: Vec<ProbeKind>,
    timing: Vec<TimingEvent>,
    observations: Vec<String>,
    wording: Option<Wording>,
    /// Asked about and not answered yet.
    wish: Option<Wish>,
    /// To be asked about once the question that is being worded is put.
    held_wish: Option<Wish>,
    next_request: u32,
    next_utterance: u32,
    acknowledgements: Acknowledgements,
    now: Timestamp,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("at_step", &self.at_step)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

/// What an answer is given to.
#[derive(Clone, Debug)]
struct Target {
    question: String,
    criteria: Vec<String>,
    setting: Setting,
    heard: String,
}

/// A question that waits for its answer.
#[derive(Clone, Debug)]
struct Pending {
    target: Target,
    text: String,
    speaker: Speaker,
    context: QuestionContext,
    utterance: UtteranceId,
    silences: u32,
    redirects: u32,
    repeats: u32,
    /// Questions of the candidate that were answered here.
    told: u32,
    /// Bytes of the utterance's text that have been heard, and whether more will come.
    heard: Option<(usize, bool)>,
    /// True when the candidate began to talk over it.
    talked_over: bool,
    level: Option<u8>,
}

/// A wording that was asked for.
#[derive(Clone, Debug)]
struct Wording {
    request: u32,
    ask: Ask,
    /// What the model was told: it may quote this and nothing else.
    facts: Vec<String>,
}

/// Something to be said that awaits an answer.
#[derive(Clone, Debug)]
struct Ask {
    target: Target,
    text: String,
    speaker: Speaker,
    context: QuestionContext,
    /// Logged when it is said, with its utterance.
    log: Option<EventKind>,
}

impl Conversation {
    /// A conversation that compares words by pattern and BM25 when it looks for what is missing.
    #[must_use]
    pub fn new(exam: Arc<Exam>, config: Config) -> Self {
        Self::with_scorer(Arc::new(Scorer::lexical(exam)), config)
    }

    /// A conversation that looks for what is missing by a given scorer, so by meaning when that has an embedder.
    #[must_use]
    pub fn with_scorer(scorer: Arc<Scorer>, config: Config) -> Self {
        Self::prepared(scorer, config, None)
    }

    /// A conversation for practice, which comes back to what was open before and ends with feedback.
    ///
    /// This is the only door for what is remembered of a learner, and whatever goes in by it comes out as [`Standing::Practice`]: the
    /// scorer then recommends nothing, whatever was said.
    /// A session that may count has no such door:
    ///
    /// ```compile_fail
    /// # use std::sync::Arc;
    /// # use viva_assessment::{Config, Conversation, Scorer, conversation::PracticePlan};
    /// fn certify(scorer: Arc<Scorer>, remembered: PracticePlan) -> Conversation {
    ///     Conversation::with_scorer(scorer, Config { practice: remembered, ..Config::default() })
    /// }
    /// ```
    #[must_use]
    pub fn practise(scorer: Arc<Scorer>, config: Config, plan: PracticePlan) -> Self {
        Self::prepared(scorer, config, Some(Arc::new(plan)))
    }

    fn prepared(scorer: Arc<Scorer>, config: Config, practice: Option<Arc<PracticePlan>>) -> Self {
        // Only what the character says differs; behaviours and rubric, which the scorer holds, are the same in every dress.
        let exam = scorer.exam().dressed(config.seed);
        // Prepared now, so that no answer waits for it; whoever asks later is told of a failure.
        drop(scorer.scope());
        let mut chance = Chance::new(config.seed);
        let steps = plan::steps(&exam, &mut chance, practice.as_deref());
        Self {
            exam,
            scorer,
            config,
            practice,
            handbook: None,
            chance,
            steps,
            at_step: None,
            finished: false,
            out: VecDeque::new(),
            pending: None,
            before: None,
            scene: None,
            silences_in_scene: 0,
            talked_over: false,
            answers: Vec::new(),
            asked_questions: Vec::new(),
            objectives_met: Vec::new(),
            objectives_to_confirm: Vec::new(),
            branched: Vec::new(),
            branched_to: None,
            recovered: Vec::new(),
            probes_asked: Vec::new(),
            variations_used: 0,
            probes_here: Vec::new(),
            timing: Vec::new(),
            observations: Vec::new(),
            wording: None,
            wish: None,
            held_wish: None,
            next_request: 0,
            next_utterance: 0,
            acknowledgements: Acknowledgements::default(),
            now: Timestamp::ZERO,
        }
    }

    /// The same with documents from which the candidate's questions are answered.
    #[must_use]
    pub fn with_handbook(self, handbook: Option<Arc<dyn Handbook>>) -> Self {
        Self { handbook, ..self }
    }

    /// The next thing to be done; `None` when all is drained.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Takes in what happened. Inputs after the end are ignored.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        self.now = now;
        if !self.finished {
            self.take(input);
        }
    }

    /// True when [`Output::Finished`] has been ordered.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// What the candidate has been asked and has not answered yet.
    #[must_use]
    pub fn asked(&self) -> Option<Asked<'_>> {
        self.pending.as_ref().map(|pending| Asked {
            text: &pending.text,
            question_id: Some(&pending.target.question),
            probe: match pending.target.setting {
                Setting::Probe(kind) => Some(kind),
                _ => None,
            },
            speaker: pending.speaker,
            level: pending.level,
        })
    }
}
