//! What is said to the examiner instead of an answer, beyond the exam's word patterns: told by meaning, answered from documents or refused.
//!
//! Whatever is found here, the question stays. Nothing of a document reaches the candidate that the exam's own scorer would take for a sign
//! of an answer, or that stands in a document on which a question rests.

use viva_exchange::Turn;

use super::handbook::{AskedBack, Found, Statement};
use super::{CONSENT_QUESTION, Conversation, EventKind};
use crate::exam::{Guardrail, GuardrailKind};
use crate::scope::{Judged, Topic, asks};
use crate::score::Quote;
use crate::text::Token;

/// Questions of the candidate that are answered from documents, per question of the examiner.
const MOST_TOLD: u32 = 2;
/// Longer turns are no questions that a document could answer.
const MOST_QUESTION_WORDS: usize = 40;

impl Conversation {
    /// Takes a turn that is no answer. True when it has been dealt with and the question stays.
    pub(super) fn taken_beside(&mut self, turn: &Turn, words: &[Token]) -> bool {
        let text = turn.text();
        let judged = match self.judged(&text) {
            Ok(judged) => judged,
            Err(error) => {
                self.log(EventKind::EmbeddingFailed { error: error.to_string() });
                None
            }
        };
        // Without a sentence network the form alone tells a question, and the documents whether they speak of it.
        let can_judge = matches!(self.scorer.scope(), Ok(Some(_)));
        let is_question = words.len() <= MOST_QUESTION_WORDS && asks(&text, words);
        let topic = judged.as_ref().map(|judged| judged.topic);
        let may_be_told = match topic {
            Some(Topic::Procedure | Topic::Elsewhere) => true,
            Some(_) => false,
            None => !can_judge,
        };
        if is_question && may_be_told && self.handbook.is_some() {
            return self.told_from_documents(turn, judged);
        }
        topic.is_some_and(|topic| self.refused(turn, topic, judged))
    }

    fn judged(&self, text: &str) -> Result<Option<Judged>, crate::score::EmbedderError> {
        let is_consent =
            self.pending.as_ref().is_some_and(|pending| pending.target.question == CONSENT_QUESTION);
        match self.scorer.scope()? {
            // One word is enough of an answer to whether one agrees.
            Some(scope) if !is_consent || text.trim_end().ends_with('?') => scope.judge(text),
            _ => Ok(None),
        }
    }

    /// Refuses by the exam's own rule for this kind; where it has none, the turn is an answer like any other.
    fn refused(&mut self, turn: &Turn, topic: Topic, judged: Option<Judged>) -> bool {
        // Small talk before the first question, and a yes or no, are nobody's attempt at anything.
        let is_exam = self.pending.as_ref().is_some_and(|pending| !pending.target.criteria.is_empty());
        let kind = match topic {
            Topic::Answer => return false,
            Topic::Help => GuardrailKind::Help,
            Topic::Procedure | Topic::Others | Topic::Machine | Topic::Elsewhere => GuardrailKind::OffScope,
        };
        let rule = self.rule_of(kind).or_else(|| self.rule_of(GuardrailKind::OffScope));
        let (Some(rule), true) = (rule, is_exam) else { return false };
        let Some(pending) = self.pending.as_mut().filter(|pending| pending.redirects == 0) else {
            return false;
        };
        pending.redirects += 1;
        let flagged = (topic == Topic::Machine).then(|| self.rule_of(GuardrailKind::Injection)).flatten();
        let quote = Quote::cut(turn, 0..turn.text().len());
        for rule in flagged.iter().chain([&rule]) {
            let (guardrail, kind) = (rule.id.to_string(), rule.kind);
            let (quote, judged) = (quote.clone(), judged.clone());
            self.log(EventKind::GuardrailHit { guardrail, kind, quote, judged });
        }
        self.ask_again(&rule.reply);
        true
    }

    fn rule_of(&self, kind: GuardrailKind) -> Option<Guardrail> {
        self.exam.guardrails().guardrails.iter().find(|rule| rule.kind == kind).cloned()
    }

    fn told_from_documents(&mut self, turn: &Turn, judged: Option<Judged>) -> bool {
        let text = turn.text();
        let Some(handbook) = self.handbook.clone() else { return false };
        let Found { statements, contradicting } = match handbook.look_up(&text) {
            Ok(found) => found,
            Err(error) => {
                self.log(EventKind::DocumentsFailed { error: error.to_string() });
                return false;
            }
        };
        let told = self.pending.as_ref().map_or(MOST_TOLD, |pending| pending.told);
        let became = if statements.is_empty() {
            AskedBack::NotInDocuments
        } else if statements.iter().any(|statement| self.would_help(statement)) {
            AskedBack::Withheld
        } else if told >= MOST_TOLD {
            AskedBack::ToldEnough
        } else if contradicting {
            AskedBack::Contradicting
        } else {
            AskedBack::Answered
        };
        if became == AskedBack::NotInDocuments && judged.is_none() {
            // Nothing but its form says that it is a question: it may be an answer.
            return false;
        }
        let said = self.in_words(&statements, contradicting);
        let topic = match became {
            AskedBack::Withheld => Topic::Help,
            _ => judged.as_ref().map_or(Topic::Procedure, |judged| judged.topic),
        };
        let quote = Quote::cut(turn, 0..text.len());
        self.log(EventKind::CandidateAsked { quote, judged: judged.clone(), became, statements });
        if !matches!(became, AskedBack::Answered | AskedBack::Contradicting) {
            return self.refused(turn, topic, judged);
        }
        if let Some(pending) = &mut self.pending {
            pending.told += 1;
        }
        self.ask_again(&said);
        true
    }

    /// Whether words of a document could help with an answer: a question rests on the document, or the scorer finds a sign in them.
    fn would_help(&self, statement: &Statement) -> bool {
        let (exam, citation) = (&self.exam, &statement.citation);
        let mut cited = exam.frame().questions.iter().filter_map(|question| question.cites.as_ref());
        let rests_on_it =
            cited.any(|cites| exam.citation(cites).is_some_and(|known| known.sha256 == citation.sha256));
        // What cannot be checked is not told.
        rests_on_it || !matches!(self.scorer.finds_a_sign(&statement.words), Ok(None))
    }

    fn in_words(&self, statements: &[Statement], contradicting: bool) -> String {
        let words = &self.exam.frame().words.documents;
        let said = |statement: &Statement| {
            let place = statement
                .citation
                .pages
                .map_or_else(String::new, |(page, _)| words.page.replace("{page}", &page.to_string()));
            // Braces are marks of a voice: whoever wrote the document did not mean them so.
            let plain = |text: &str| text.replace('{', "(").replace('}', ")");
            let document = format!("{}{place}", plain(&statement.title));
            // The document's words last, so that nothing in them is taken for a place to fill.
            words.says.replace("{document}", &document).replace("{words}", &plain(&statement.words))
        };
        let all: Vec<String> = statements.iter().map(said).collect();
        if contradicting { format!("{} {}", words.contradicting, all.join(" ")) } else { all.join(" ") }
    }
}
