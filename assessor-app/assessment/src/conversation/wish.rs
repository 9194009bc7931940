//! What ends a session at the candidate's words: the wish to stop or to have a human instead, honoured in every state, and emergencies.
//!
//! Where the words may have meant something else, as in a long answer or after "I'm done", the examiner asks first, and what was said
//! stays an answer unless the candidate says yes.

use viva_exchange::{QuestionContext, QuestionKind, Speaker, Turn};

use super::event::{Ending, EventKind};
use super::{CONSENT_QUESTION, Conversation, Output};
use crate::exam::{Guardrail, GuardrailKind, WrittenPattern};
use crate::text::{Pattern, Token};

/// A rule for so few words at most catches a bare wish.
const SHORT_WISH_WORDS: usize = 5;
/// A reply of so few words to whether the session is to end holds no answer to the question before it.
const SHORT_REPLY_WORDS: usize = 6;
/// A reply says yes or no in its first words.
const REPLY_BEGINS: usize = 3;
/// What means yes however long the reply is; "okay", "sure" and the like begin many an answer.
const PLAIN_YES: [&str; 4] = ["yes", "yeah", "yep", "yup"];
/// How somebody goes on who has not said the word "no".
const GOES_ON: [&str; 7] = ["not", "never", "go", "continue", "carry", "fine", "nothing"];
/// How often the yes-or-no question is repeated.
const MOST_REPEATS: u32 = 2;
/// A yes or no takes about so long, in seconds.
const YES_OR_NO_SECS: f32 = 2.0;

/// A wish that the examiner has asked about.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    kind: GuardrailKind,
    /// How it was asked.
    ask: String,
    /// What is said where it was meant.
    reply: String,
    /// What was said; an answer if it was no wish. None where it has been taken for one already.
    turn: Option<Turn>,
    repeats: u32,
}

/// What a reply to the yes-or-no question says first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reply {
    Yes,
    No,
    Neither,
}

/// Kinds of rules that end the session, in the order in which they are heeded.
fn wishes() -> impl Iterator<Item = GuardrailKind> {
    GuardrailKind::ALL.into_iter().filter(|kind| kind.ends_session())
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
        let reply = asked.as_ref().map(|_| self.reply(words));
        // "No, I meant that I would stop the talk" is no wish; a short "no, I want to stop" is one.
        let denied = reply == Some(Reply::No) && words.len() > SHORT_REPLY_WORDS;
        for kind in wishes() {
            let certain = |rule: &Guardrail| self.is_for_examiner(rule) && !rule.asks_after(words.len());
            if let Some((rule, found)) = exam.guardrails().find(kind, words, certain).filter(|_| !denied) {
                self.log_guardrail(rule, turn, &words[found]);
                asked.and_then(|wish| wish.turn).into_iter().for_each(|turn| self.keep_answer(turn));
                self.end_with(ending(kind), &rule.reply);
                return true;
            }
        }
        if let Some((wish, reply)) = asked.zip(reply) {
            return self.take_reply(wish, turn, words, reply);
        }
        if self.pending.is_none() {
            return false;
        }
        for kind in wishes() {
            let unsure = |rule: &Guardrail| self.is_for_examiner(rule) && rule.asks_after(words.len());
            if let Some((rule, found)) = exam.guardrails().find(kind, words, unsure) {
                self.log_guardrail(rule, turn, &words[found]);
                let (ask, reply) = (rule.ask.clone(), rule.reply.clone());
                // While a wording is awaited another question is on its way: the words are taken, and it is asked after that.
                if self.wording.is_some() {
                    self.held_wish = Some(Wish { kind, ask, reply, turn: None, repeats: 0 });
                    return false;
                }
                self.ask_yes_or_no(Wish { kind, ask, reply, turn: Some(turn.clone()), repeats: 0 });
                return true;
            }
        }
        false
    }

    /// What the first words of a reply say; whichever of yes and no comes first counts.
    fn reply(&self, words: &[Token]) -> Reply {
        let consent = &self.exam.frame().consent;
        let first =
            |starts: &mut dyn Iterator<Item = usize>| starts.min().filter(|start| *start < REPLY_BEGINS);
        // The whole reply is read, so that what denies a yes is seen: "I do not".
        let is_denied = |end: usize| words.get(end).is_some_and(|next| next.word == "not");
        let yes = patterns(&consent.yes).filter_map(|pattern| pattern.find(words));
        let yes_at = first(&mut yes.filter(|found| !is_denied(found.end)).map(|found| found.start));
        let no = patterns(&consent.no).filter_map(|pattern| pattern.find_any(words));
        let no_at = first(&mut no.map(|found| found.start));
        let goes_on = || words.first().is_some_and(|first| GOES_ON.contains(&first.word.as_str()));
        match (yes_at, no_at) {
            (Some(yes), no) if no.is_none_or(|no| yes < no) => {
                let mut plain = words[..words.len().min(REPLY_BEGINS)].iter();
                let is_plain = plain.any(|word| PLAIN_YES.contains(&word.word.as_str()));
                if is_plain || words.len() <= SHORT_REPLY_WORDS { Reply::Yes } else { Reply::Neither }
            }
            (_, Some(_)) => Reply::No,
            (_, None) if goes_on() && words.len() <= SHORT_REPLY_WORDS => Reply::No,
            _ => Reply::Neither,
        }
    }

    fn is_for_examiner(&self, rule: &Guardrail) -> bool {
        let in_scene = self.pending.as_ref().is_some_and(|pending| pending.speaker == Speaker::Character);
        !in_scene || rule.kind != GuardrailKind::Stop || !(1..=SHORT_WISH_WORDS).contains(&rule.most_words)
    }

    /// The reply to whether the session is to end. True where it is done with; what else it says is an answer of its own.
    fn take_reply(&mut self, mut wish: Wish, turn: &Turn, words: &[Token], reply: Reply) -> bool {
        let exam = self.exam.clone();
        let again = exam.guardrails().find(GuardrailKind::Repeat, words, |_| true).is_some();
        if again && wish.repeats < MOST_REPEATS {
            wish.repeats += 1;
            self.ask_yes_or_no(wish);
            return true;
        }
        let same = |rule: &Guardrail| self.is_for_examiner(rule) && rule.asks_after(words.len());
        let says_it_again =
            reply == Reply::Neither && exam.guardrails().find(wish.kind, words, same).is_some();
        let confirmed = reply == Reply::Yes || says_it_again;
        self.log(EventKind::WishAnswered { turn: Some(turn.id), confirmed });
        if confirmed {
            self.end_with(ending(wish.kind), &wish.reply);
            return true;
        }
        let of_consent =
            self.pending.as_ref().is_some_and(|pending| pending.target.question == CONSENT_QUESTION);
        if of_consent && takes_back(words) {
            self.consent_again();
            return true;
        }
        let is_scored = self.pending.as_ref().is_some_and(|pending| !pending.target.criteria.is_empty());
        let is_short = words.len() <= SHORT_REPLY_WORDS;
        if !is_scored || reply == Reply::No && is_short {
            self.go_on_after(wish);
            return true;
        }
        wish.turn.into_iter().for_each(|turn| self.keep_answer(turn));
        false
    }

    /// What was said is the answer, or has been taken for one, so that the question that came after it is put again.
    fn go_on_after(&mut self, wish: Wish) {
        match wish.turn {
            Some(turn) => self.heed(turn),
            None => self.ask_again(""),
        }
    }

    /// Nobody said yes: what was said is taken for the answer. An emergency is asked about once more, and then handed over. False where
    /// nothing had been asked.
    pub(super) fn wish_stays_unanswered(&mut self) -> bool {
        let Some(mut wish) = self.wish.take() else { return false };
        if wish.kind == GuardrailKind::Escalate {
            if wish.repeats == 0 {
                wish.repeats += 1;
                self.ask_yes_or_no(wish);
            } else {
                self.log(EventKind::WishAnswered { turn: None, confirmed: true });
                self.end_with(Ending::HandedOver, &wish.reply);
            }
            return true;
        }
        self.log(EventKind::WishAnswered { turn: None, confirmed: false });
        self.go_on_after(wish);
        true
    }

    /// Asks about a wish that came while a question was being worded.
    pub(super) fn ask_held_wish(&mut self) {
        if let Some(wish) = self.held_wish.take().filter(|_| !self.finished) {
            self.ask_yes_or_no(wish);
        }
    }

    /// The session ends for another reason: what was said stays an answer.
    pub(super) fn drop_wish(&mut self) {
        if let Some(wish) = self.wish.take() {
            self.log(EventKind::WishAnswered { turn: None, confirmed: false });
            wish.turn.into_iter().for_each(|turn| self.keep_answer(turn));
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
        if wish.repeats > 0 {
            let (question, reason) =
                (wish.ask.clone(), "the question whether to end was not answered".to_owned());
            self.log(EventKind::AskedAgain { question, reason });
        }
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

fn patterns(written: &[WrittenPattern]) -> impl Iterator<Item = &Pattern> {
    written.iter().filter_map(WrittenPattern::pattern)
}

/// Whether consent is refused in these words: a "no" to the end of the session alone does not.
fn takes_back(words: &[Token]) -> bool {
    let is = |token: &Token, any: &[&str]| any.contains(&token.word.as_str());
    let not_at =
        |at: usize| words[at + 1..].iter().take(2).any(|next| is(next, &["agree", "consent", "want"]));
    words.iter().enumerate().any(|(at, word)| is(word, &["refuse"]) || is(word, &["not"]) && not_at(at))
}
