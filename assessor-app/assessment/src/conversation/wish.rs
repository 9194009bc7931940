//! What ends a session at the candidate's words: the wish to stop or to have a human instead, honoured in every state, and emergencies.
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
/// A "no" of so few words to whether the session is to end holds no answer to the question before it.
const SHORT_REPLY_WORDS: usize = 6;
/// A reply that says yes does so in its first words.
const YES_WORDS: usize = 3;
/// How often the yes-or-no question is repeated.
const MOST_REPEATS: u32 = 2;
/// A yes or no takes about so long, in seconds.
const YES_OR_NO_SECS: f32 = 2.0;
/// Kinds of rules that end the session.
const WISHES: [GuardrailKind; 3] = [GuardrailKind::Human, GuardrailKind::Stop, GuardrailKind::Escalate];

/// A wish that the examiner has asked about.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    kind: GuardrailKind,
    /// How it was asked.
    ask: String,
    /// What is said where it was meant.
    reply: String,
    /// What was said; an answer if it was no wish.
    turn: Turn,
    repeats: u32,
}

const fn ending(kind: GuardrailKind) -> Ending {
    match kind {
        GuardrailKind::Human => Ending::HumanRequested,
        GuardrailKind::Escalate => Ending::HandedOver,
        _ => Ending::StoppedByCandidate,
    }
}

impl Conversation {
    /// Stop and "a human instead" are honoured in every state. A bare "stop" in a scene is said to the character; whoever wants to end the
    /// exam there says so in a sentence.
    pub(super) fn ends_by_wish(&mut self, turn: &Turn, words: &[Token]) -> bool {
        let exam = self.exam.clone();
        let asked = self.wish.take();
        for kind in WISHES {
            let certain = |rule: &Guardrail| self.is_for_examiner(rule) && !rule.asks_after(words.len());
            if let Some((rule, found)) = exam.guardrails().find(kind, words, certain) {
                self.log_guardrail(rule, turn, &words[found]);
                self.end_with(ending(kind), &rule.reply);
                return true;
            }
        }
        if let Some(wish) = asked {
            return self.take_reply(wish, turn, words);
        }
        // While a wording is awaited another question is on its way.
        if self.wording.is_some() || self.pending.is_none() {
            return false;
        }
        for kind in WISHES {
            let unsure = |rule: &Guardrail| self.is_for_examiner(rule) && rule.asks_after(words.len());
            if let Some((rule, found)) = exam.guardrails().find(kind, words, unsure) {
                self.log_guardrail(rule, turn, &words[found]);
                self.ask_yes_or_no(Wish {
                    kind,
                    ask: rule.ask.clone(),
                    reply: rule.reply.clone(),
                    turn: turn.clone(),
                    repeats: 0,
                });
                return true;
            }
        }
        false
    }

    fn is_for_examiner(&self, rule: &Guardrail) -> bool {
        let in_scene = self.pending.as_ref().is_some_and(|pending| pending.speaker == Speaker::Character);
        !in_scene || rule.kind != GuardrailKind::Stop || !(1..=SHORT_WISH_WORDS).contains(&rule.most_words)
    }

    /// The reply to whether the session is to end. True where it is done with; what else it says is an answer of its own.
    fn take_reply(&mut self, mut wish: Wish, turn: &Turn, words: &[Token]) -> bool {
        let exam = self.exam.clone();
        let again = exam.guardrails().find(GuardrailKind::Repeat, words, |_| true).is_some();
        if again && wish.repeats < MOST_REPEATS {
            wish.repeats += 1;
            self.ask_yes_or_no(wish);
            return true;
        }
        let consent = &exam.frame().consent;
        let says_yes = probe::affirms(&consent.yes, &words[..words.len().min(YES_WORDS)]);
        let says_it_again =
            exam.guardrails().find(wish.kind, words, |rule| rule.asks_after(words.len())).is_some();
        let confirmed = says_yes || says_it_again;
        self.log(EventKind::WishAnswered { turn: Some(turn.id), confirmed });
        if confirmed {
            self.end_with(ending(wish.kind), &wish.reply);
            return true;
        }
        let is_scored = self.pending.as_ref().is_some_and(|pending| !pending.target.criteria.is_empty());
        let says_no = probe::says(&consent.no, words);
        if !is_scored || words.len() <= SHORT_REPLY_WORDS && says_no {
            self.heed(wish.turn);
            return true;
        }
        self.keep_answer(wish.turn);
        false
    }

    /// Nobody said yes: what was said is taken for the answer. False where nothing had been asked.
    pub(super) fn wish_stays_unanswered(&mut self) -> bool {
        let Some(wish) = self.wish.take() else { return false };
        self.log(EventKind::WishAnswered { turn: None, confirmed: false });
        self.heed(wish.turn);
        true
    }

    /// The session ends for another reason: what was said stays an answer.
    pub(super) fn drop_wish(&mut self) {
        if let Some(wish) = self.wish.take() {
            self.log(EventKind::WishAnswered { turn: None, confirmed: false });
            self.keep_answer(wish.turn);
        }
    }

    /// An answer that is not followed by anything of its own.
    fn keep_answer(&mut self, turn: Turn) {
        self.flag_instructions(&turn);
        let goes_on = self.is_continuation();
        let of_before = self.before.clone().filter(|_| goes_on);
        let target = of_before.or_else(|| self.pending.as_ref().map(|pending| pending.target.clone()));
        if let Some(target) = target.filter(|target| !target.criteria.is_empty()) {
            self.push_answer(turn, &target);
        }
    }

    fn ask_yes_or_no(&mut self, wish: Wish) {
        let patience_ms = self.exam.persona().patience_ms;
        let context = QuestionContext { kind: QuestionKind::Yesno, expected_s: YES_OR_NO_SECS, patience_ms };
        self.utter(Speaker::Examiner, &wish.ask, Some(context));
        self.out.push_back(Output::Listen(context));
        self.wish = Some(wish);
    }

    /// Ends the session for a reason from outside, with what the exam says to such an end.
    pub(super) fn stop(&mut self, ending: Ending) {
        let kind = match ending {
            Ending::StoppedByCandidate => Some(GuardrailKind::Stop),
            Ending::HumanRequested => Some(GuardrailKind::Human),
            _ => None,
        };
        let rules = &self.exam.guardrails().guardrails;
        let reply = rules.iter().find(|rule| Some(rule.kind) == kind).map(|rule| rule.reply.clone());
        self.end_with(ending, &reply.unwrap_or_default());
    }

    fn end_with(&mut self, ending: Ending, reply: &str) {
        self.say(Speaker::Examiner, reply);
        self.finish(ending);
    }
}
