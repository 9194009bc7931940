//! The candidate's wishes to stop or to have a human instead: honoured in every state.
//!
//! Where the words may have meant something else, as in a long answer or after "I'm done", the examiner asks first, and what was said
//! stays an answer unless the candidate says yes.

use viva_exchange::{QuestionContext, QuestionKind, Speaker, Turn};

use super::event::{Ending, EventKind};
use super::{Conversation, Output, probe};
use crate::exam::{Guardrail, GuardrailKind};
use crate::text::Token;

/// A rule for so few words at most catches a bare wish.
const SHORT_WISH_WORDS: usize = 5;
/// A reply of so few words to whether the session is to end is no answer to the question before it.
const SHORT_REPLY_WORDS: usize = 6;
/// A yes or no takes about so long, in seconds.
const YES_OR_NO_SECS: f32 = 2.0;

/// A wish that the examiner has asked about.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// What it would lead to.
    ending: Ending,
    /// What was said; an answer if it was no wish.
    turn: Turn,
}

impl Conversation {
    /// Stop and "a human instead" are honoured in every state. A bare "stop" in a scene is said to the character; whoever wants to end the
    /// exam there says so in a sentence.
    pub(super) fn ends_by_wish(&mut self, turn: &Turn, words: &[Token]) -> bool {
        let in_scene = self.pending.as_ref().is_some_and(|pending| pending.speaker == Speaker::Character);
        // Whoever was asked once has said what was meant; and while a wording is awaited another question is on its way.
        let may_ask = self.wish.is_none() && self.wording.is_none() && self.pending.is_some();
        let asked = self.wish.take();
        for (kind, ending) in [
            (GuardrailKind::Human, Ending::HumanRequested),
            (GuardrailKind::Stop, Ending::StoppedByCandidate),
        ] {
            let is_for_examiner = |rule: &Guardrail| {
                !in_scene || kind != GuardrailKind::Stop || !(1..=SHORT_WISH_WORDS).contains(&rule.most_words)
            };
            let exam = self.exam.clone();
            let certain = |rule: &Guardrail| is_for_examiner(rule) && !rule.asks_after(words.len());
            if let Some((rule, found)) = exam.guardrails().find(kind, words, certain) {
                self.log_guardrail(rule, turn, &words[found]);
                self.stop(ending);
                return true;
            }
            let unsure = |rule: &Guardrail| may_ask && is_for_examiner(rule) && rule.asks_after(words.len());
            if let Some((rule, found)) = exam.guardrails().find(kind, words, unsure) {
                self.log_guardrail(rule, turn, &words[found]);
                self.wish = Some(Wish { ending, turn: turn.clone() });
                self.ask_yes_or_no(&rule.ask);
                return true;
            }
        }
        match asked {
            Some(wish) => self.take_reply(wish, turn, words),
            None => false,
        }
    }

    /// The reply to whether the session is to end. True where it is done with; a longer one is an answer of its own.
    fn take_reply(&mut self, wish: Wish, turn: &Turn, words: &[Token]) -> bool {
        let exam = self.exam.clone();
        let consent = &exam.frame().consent;
        let is_yes = probe::affirms(&consent.yes, words) && !probe::says(&consent.no, words);
        let confirmed = is_yes && words.len() <= SHORT_REPLY_WORDS;
        self.log(EventKind::WishAnswered { turn: Some(turn.id), confirmed });
        if confirmed {
            self.stop(wish.ending);
            return true;
        }
        if words.len() <= SHORT_REPLY_WORDS {
            self.heed(wish.turn);
            return true;
        }
        // What was said before belongs to the same question.
        if let Some(target) = self.pending.as_ref().map(|pending| pending.target.clone())
            && !target.criteria.is_empty()
        {
            self.push_answer(wish.turn, &target);
        }
        false
    }

    /// Nobody said yes: what was said is taken for the answer. False where nothing had been asked.
    pub(super) fn wish_stays_unanswered(&mut self) -> bool {
        let Some(wish) = self.wish.take() else { return false };
        self.log(EventKind::WishAnswered { turn: None, confirmed: false });
        self.heed(wish.turn);
        true
    }

    fn ask_yes_or_no(&mut self, text: &str) {
        let patience_ms = self.exam.persona().patience_ms;
        let context = QuestionContext { kind: QuestionKind::Yesno, expected_s: YES_OR_NO_SECS, patience_ms };
        self.utter(Speaker::Examiner, text, Some(context));
        self.out.push_back(Output::Listen(context));
    }

    pub(super) fn stop(&mut self, ending: Ending) {
        let kind = match ending {
            Ending::StoppedByCandidate => Some(GuardrailKind::Stop),
            Ending::HumanRequested => Some(GuardrailKind::Human),
            _ => None,
        };
        let rules = &self.exam.guardrails().guardrails;
        let reply = rules.iter().find(|rule| Some(rule.kind) == kind).map(|rule| rule.reply.clone());
        self.say(Speaker::Examiner, &reply.unwrap_or_default());
        self.finish(ending);
    }
}
