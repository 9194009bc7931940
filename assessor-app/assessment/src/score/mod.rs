//! From the candidate's words to levels with quotes.
//!
//! Only words enter: the same words give the same scores bit for bit, whatever their timing, voice or face.
//! All thresholds were set on the exemplars of this project's own exam package; they are not calibrated against human raters.

mod answer;
mod change;
mod criterion;
mod detector;
mod embedder;
mod opinion;
mod quote;
mod report;

use std::fmt;
use std::sync::{Arc, OnceLock};

use viva_exchange::Turn;

pub use answer::{Answer, Setting};
pub use change::{Addition, NearestChange};
pub use embedder::{Embedder, EmbedderError};
pub use opinion::{Brief, BriefAnswer, ClaimedQuote, Opinion, SecondOpinion, SecondScore};
pub use quote::{Quote, Quotes};
pub use report::{
    AbstainReason, CriterionScore, Finding, LevelScore, Overall, Presence, Recommendation, Recovery, Report,
    Verdict,
};

pub(crate) use answer::{LEAST_CONFIDENCE, Segment, mean_confidence, segments};
pub(crate) use detector::SHOWN;
pub(crate) use embedder::cosine;

use answer::Unusable;
use criterion::{Evidence, score_criterion};
use detector::{Detector, Sign};

use crate::conversation::Outcome;
use crate::exam::{CalibrationInterval, Criterion, Exam};
use crate::scope::Scope;
use crate::text::tokens;

/// So short an exemplar is said by anybody.
const EXEMPLAR_WORDS: usize = 5;
/// So many in one answer are learnt by heart.
const REPEATED_EXEMPLARS: usize = 3;
/// Share of the answer that they are.
const REPEATED_SHARE: f64 = 0.6;
/// Shorter answers that repeat the question are asked to be clarified, as short ones are.
const READ_BACK_WORDS: usize = 8;
/// An answer with a smaller share of words of its own only reads back what was asked.
const OWN_SHARE: f64 = 0.3;

/// Scores answers against one exam's rubric.
pub struct Scorer {
    exam: Arc<Exam>,
    detector: Detector,
    /// Per criterion, per indicator.
    indicators: Vec<Vec<Sign>>,
    behaviours: Vec<Sign>,
    /// The second scorer, which finds signs by their words alone; none where the first does so itself.
    by_words: Option<Box<Self>>,
    scope: OnceLock<Result<Option<Scope>, EmbedderError>>,
}

impl fmt::Debug for Scorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scorer").field("exam", &self.exam.frame().id).finish_non_exhaustive()
    }
}

/// A behaviour noticed in an answer.
#[derive(Clone, Debug)]
pub(crate) struct Noticed {
    /// Number of the behaviour.
    pub(crate) behaviour: usize,
    /// Where.
    pub(crate) quote: Quote,
}

impl Scorer {
    /// A scorer that compares words by pattern and BM25 only.
    ///
    /// # Panics
    /// Never: without an embedder nothing can fail.
    #[must_use]
    pub fn lexical(exam: Arc<Exam>) -> Self {
        Self::prepared(exam, None).expect("nothing is embedded without an embedder")
    }

    /// A scorer that compares meaning, too.
    ///
    /// # Errors
    /// When the exemplars cannot be embedded.
    pub fn new(exam: Arc<Exam>, embedder: Arc<dyn Embedder>) -> Result<Self, EmbedderError> {
        Self::prepared(exam, Some(embedder))
    }

    fn prepared(exam: Arc<Exam>, embedder: Option<Arc<dyn Embedder>>) -> Result<Self, EmbedderError> {
        let by_words = embedder.is_some().then(|| Box::new(Self::lexical(Arc::clone(&exam))));
        let detector = Detector::new(&exam, embedder);
        let indicators = exam
            .rubric()
            .criteria
            .iter()
            .map(|criterion| criterion.indicators.iter().map(|i| detector.indicator(i)).collect())
            .collect::<Result<_, _>>()?;
        let behaviours =
            exam.role_play().behaviours.iter().map(|b| detector.behaviour(b)).collect::<Result<_, _>>()?;
        Ok(Self { exam, detector, indicators, behaviours, by_words, scope: OnceLock::new() })
    }

    /// The exam it scores against.
    #[must_use]
    pub const fn exam(&self) -> &Arc<Exam> {
        &self.exam
    }

    /// What tells topics by meaning; none without an embedder, and for exams that are not in English. Prepared at the first call.
    ///
    /// # Errors
    /// When its sentences could not be embedded.
    pub fn scope(&self) -> Result<Option<&Scope>, EmbedderError> {
        let prepared = self.scope.get_or_init(|| match self.detector.embedder() {
            Some(embedder) => Scope::new(&self.exam, Arc::clone(embedder)),
            None => Ok(None),
        });
        prepared.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// The first sign of any criterion, or behaviour of the scene, that words would show, were they an answer: what could help with one.
    ///
    /// # Errors
    /// When the words cannot be embedded.
    pub fn finds_a_sign(&self, words: &str) -> Result<Option<String>, EmbedderError> {
        let criteria = &self.exam.rubric().criteria;
        for setting in [Setting::Question, Setting::RolePlay] {
            let answer = Answer {
                turn: typed_turn(0, words, viva_media::Timestamp::ZERO),
                question: String::new(),
                criteria: criteria.iter().map(|criterion| criterion.id.to_string()).collect(),
                setting,
                heard: String::new(),
            };
            let answers = [answer];
            for criterion in criteria {
                let found = self.findings(criterion, &answers)?;
                if let Some(finding) = found.iter().find(|finding| finding.presence != Presence::Missing) {
                    return Ok(Some(finding.text.clone()));
                }
            }
            if setting == Setting::RolePlay
                && let Some(noticed) = self.behaviours(&answers[0])?.first()
            {
                return Ok(Some(self.exam.role_play().behaviours[noticed.behaviour].id.to_string()));
            }
        }
        Ok(None)
    }

    /// Scores a session. An ended-early session is scored on what there is and referred to a human.
    ///
    /// # Errors
    /// When the answers cannot be embedded.
    pub fn score(&self, outcome: &Outcome) -> Result<Report, EmbedderError> {
        let mut report = self.score_answers(&outcome.answers)?;
        criterion::conclude(&self.exam, outcome, &mut report);
        Ok(report)
    }

    /// [`Self::score`] with what a second rater said: no level is altered by it, intervals grow where it differs.
    ///
    /// # Errors
    /// When the answers cannot be embedded.
    pub fn score_beside(
        &self,
        outcome: &Outcome,
        opinions: &[SecondOpinion],
    ) -> Result<Report, EmbedderError> {
        let alone = self.score_answers(&outcome.answers)?;
        let briefs = self.briefs(&outcome.answers, &alone);
        let Report { mut criteria, injections, .. } = alone;
        self.set_beside(&outcome.answers, &mut criteria, opinions, &briefs);
        let mut report = criterion::report(&self.exam, criteria, injections);
        criterion::conclude(&self.exam, outcome, &mut report);
        Ok(report)
    }

    /// Scores answers as if the session that they come from were complete.
    ///
    /// # Errors
    /// When the answers cannot be embedded.
    pub fn score_answers(&self, answers: &[Answer]) -> Result<Report, EmbedderError> {
        let segments = self.segments_of(answers);
        let usable: Vec<&Segment> = segments.iter().filter(|segment| segment.unusable.is_none()).collect();
        let vectors = self.vectors(answers, &usable)?;
        let evidence = Evidence { answers, segments: &segments, usable: &usable, vectors: &vectors };
        let mut criteria = self.levels(&evidence);
        if let Some(second) = &self.by_words {
            let nothing = vec![Vec::new(); usable.len()];
            let others = second.levels(&Evidence { vectors: &nothing, ..evidence });
            criteria.iter_mut().zip(&others).for_each(|(own, other)| own.hold(other));
        }
        let injections = segments
            .iter()
            .filter(|segment| segment.unusable == Some(Unusable::Injection))
            .filter_map(|segment| Quote::cut(&answers[segment.answer].turn, segment.range.clone()))
            .collect();
        Ok(criterion::report(&self.exam, criteria, injections))
    }

    fn levels(&self, evidence: &Evidence<'_>) -> Vec<CriterionScore> {
        let criteria = self.exam.rubric().criteria.iter().zip(&self.indicators);
        criteria
            .map(|(criterion, signs)| {
                score_criterion(&self.detector, criterion, signs, self.interval(criterion), evidence)
            })
            .collect()
    }

    /// What of a criterion the answers show so far; one finding per indicator.
    pub(crate) fn findings(
        &self,
        criterion: &Criterion,
        answers: &[Answer],
    ) -> Result<Vec<Finding>, EmbedderError> {
        let score = self.criterion_so_far(criterion, answers)?;
        Ok(score.map_or_else(Vec::new, |score| score.findings))
    }

    /// What a criterion comes to on the answers so far; `None` for a criterion of another exam.
    pub(crate) fn criterion_so_far(
        &self,
        criterion: &Criterion,
        answers: &[Answer],
    ) -> Result<Option<CriterionScore>, EmbedderError> {
        let number = self.exam.rubric().criteria.iter().position(|other| other.id == criterion.id);
        let Some(signs) = number.and_then(|number| self.indicators.get(number)) else {
            return Ok(None);
        };
        let segments = self.segments_of(answers);
        let usable: Vec<&Segment> = segments.iter().filter(|segment| segment.unusable.is_none()).collect();
        let vectors = self.vectors(answers, &usable)?;
        let evidence = Evidence { answers, segments: &segments, usable: &usable, vectors: &vectors };
        Ok(Some(score_criterion(&self.detector, criterion, signs, self.interval(criterion), &evidence)))
    }

    /// How far human raters lie from the machine on a criterion, where that was measured.
    fn interval(&self, criterion: &Criterion) -> Option<&CalibrationInterval> {
        let intervals = &self.exam.calibration()?.intervals;
        intervals.iter().find(|interval| criterion.id == *interval.criterion.as_str())
    }

    /// Whose words the last answer is in, where they are hardly the candidate's own.
    pub(crate) fn not_own_words(&self, answers: &[Answer]) -> Option<&'static str> {
        let last = answers.last()?;
        let segments = self.segments_of(answers);
        let own = segments.iter().filter(|segment| segment.answer + 1 == answers.len());
        if own.clone().any(|segment| segment.unusable == Some(Unusable::Recited)) {
            return Some("the answer recites the marking scheme");
        }
        let is_injection = |segment: &&Segment| segment.unusable == Some(Unusable::Injection);
        let kept: Vec<&str> = own
            .clone()
            .filter(|one| !is_injection(one))
            .flat_map(|one| &one.tokens)
            .map(|token| token.stem.as_str())
            .collect();
        if self.repeats_exemplars(&kept) {
            return Some("the answer says sentences of the marking scheme, or of a letter, word for word");
        }
        let (said, left) = (tokens(&last.turn.text()).len(), own.map(|s| s.tokens.len()).sum::<usize>());
        let is_read_back = said >= READ_BACK_WORDS && (left as f64) < OWN_SHARE * said as f64;
        is_read_back.then_some("the answer reads back what the assessor said")
    }

    /// Whether most of an answer is sentences with which the rubric gives examples, letters among their readers.
    fn repeats_exemplars(&self, said: &[&str]) -> bool {
        let stems =
            |text: &str| -> Vec<String> { tokens(text).into_iter().map(|token| token.stem).collect() };
        let criteria = self.exam.rubric().criteria.iter();
        let exemplars = criteria.flat_map(|one| &one.indicators).flat_map(|sign| &sign.paraphrases);
        let repeated: Vec<usize> = exemplars
            .map(|text| stems(text))
            .filter(|exemplar| {
                exemplar.len() >= EXEMPLAR_WORDS && said.windows(exemplar.len()).any(|run| run == exemplar)
            })
            .map(|exemplar| exemplar.len())
            .collect();
        repeated.len() >= REPEATED_EXEMPLARS
            && repeated.iter().sum::<usize>() as f64 >= REPEATED_SHARE * said.len() as f64
    }

    /// Whether a sentence by itself shows an indicator: for authors who try their exemplars. False when it cannot be embedded.
    #[must_use]
    pub fn shows(&self, criterion: &Criterion, indicator: &str, text: &str) -> bool {
        let setting = match criterion.indicators.iter().find(|other| other.id == *indicator) {
            Some(found) if found.shown_in == crate::exam::ShownIn::RolePlay => Setting::RolePlay,
            _ => Setting::Question,
        };
        let answer = Answer {
            turn: typed_turn(0, text, viva_media::Timestamp::ZERO),
            question: String::new(),
            criteria: vec![criterion.id.to_string()],
            setting,
            heard: String::new(),
        };
        let findings = self.findings(criterion, &[answer]).unwrap_or_default();
        findings.iter().any(|finding| finding.indicator == indicator && finding.presence != Presence::Missing)
    }

    /// The behaviours that an answer to the character shows, in the order of the exam.
    pub(crate) fn behaviours(&self, answer: &Answer) -> Result<Vec<Noticed>, EmbedderError> {
        let answers = std::slice::from_ref(answer);
        let segments = self.segments_of(answers);
        let usable: Vec<&Segment> = segments.iter().filter(|segment| segment.unusable.is_none()).collect();
        let vectors = self.vectors(answers, &usable)?;
        let sentences: Vec<(&Segment, &[f32])> =
            usable.iter().copied().zip(vectors.iter().map(Vec::as_slice)).collect();
        let mut noticed = Vec::new();
        for (behaviour, sign) in self.behaviours.iter().enumerate() {
            let best =
                self.detector.find(sign, &sentences).into_iter().find(|(_, found)| found.confidence >= SHOWN);
            let quote = best.and_then(|(_, found)| Quote::cut(&answer.turn, found.range));
            noticed.extend(quote.map(|quote| Noticed { behaviour, quote }));
        }
        Ok(noticed)
    }

    fn segments_of(&self, answers: &[Answer]) -> Vec<Segment> {
        let mut prompts: Vec<Vec<String>> = Vec::new();
        let mut all = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            let heard: Vec<String> = tokens(&answer.heard).into_iter().map(|token| token.stem).collect();
            if !prompts.contains(&heard) {
                prompts.push(heard);
            }
            all.extend(segments(&self.exam, number, answer, &prompts));
        }
        all
    }

    fn vectors(&self, answers: &[Answer], usable: &[&Segment]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let texts: Vec<String> = usable
            .iter()
            .map(|segment| answers[segment.answer].turn.text()[segment.range.clone()].to_owned())
            .collect();
        self.detector.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// A turn of the candidate made from text, one word every 300 ms: for typed answers and for simulations without sound.
#[must_use]
pub fn typed_turn(id: u32, text: &str, start: viva_media::Timestamp) -> Turn {
    use viva_exchange::{Speaker, TurnId, Word};
    use viva_media::TimeSpan;
    let mut at = start;
    let words: Vec<Word> = text
        .split_whitespace()
        .map(|word| {
            let start = at;
            at += TimeSpan::from_millis(300);
            Word { text: word.to_owned(), start, end: at, confidence: 1.0 }
        })
        .collect();
    Turn { id: TurnId(id), speaker: Speaker::Candidate, start, end: at, words }
}
