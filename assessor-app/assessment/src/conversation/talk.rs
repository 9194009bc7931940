//! Saying, asking and logging.

use std::collections::BTreeSet;
use std::iter::once;

use viva_exchange::{Affect, QuestionContext, Speaker, Utterance, UtteranceId};

use super::event::ConversationEvent;
use super::{Ask, Conversation, EventKind, Output, Pending, Wording};
use crate::exam::{Criterion, Polarity};
use crate::score::{Answer, Presence, Setting, typed_turn};
use crate::text::content_stems;

/// The most words that a wording of the language model may have.
const MOST_WORDED: usize = 40;

impl Conversation {
    pub(super) fn log(&mut self, kind: EventKind) {
        self.out.push_back(Output::Log(ConversationEvent { at: self.now, kind }));
    }

    /// Says something that awaits no answer.
    pub(super) fn say(&mut self, speaker: Speaker, text: &str) {
        if !text.trim().is_empty() {
            self.utter(speaker, text, None);
        }
    }

    pub(super) fn utter(
        &mut self,
        speaker: Speaker,
        text: &str,
        question: Option<QuestionContext>,
    ) -> UtteranceId {
        let id = UtteranceId(self.next_utterance);
        self.next_utterance += 1;
        let utterance = self.utterance(id, speaker, text, question);
        self.out.push_back(Output::Say(utterance));
        id
    }

    /// An utterance with the voice and the affect of who speaks.
    pub(super) fn utterance(
        &self,
        id: UtteranceId,
        speaker: Speaker,
        text: &str,
        question: Option<QuestionContext>,
    ) -> Utterance {
        let persona = self.exam.persona();
        let (voice, (affect, affect_level)) = match (speaker, &self.scene) {
            (Speaker::Character, Some(scene)) => {
                let role_play = self.exam.role_play();
                (role_play.character.voice.clone(), scene.affect(role_play))
            }
            _ => (persona.voice.clone(), (persona.manner, persona.manner_level)),
        };
        let affect = if affect_level > 0.0 { affect } else { Affect::Neutral };
        let text = text.trim().to_owned();
        Utterance { id, speaker, text, voice, affect, affect_level, question }
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, ask: Ask) {
        let Ask { target, text, speaker, context, log } = ask;
        let utterance = UtteranceId(self.next_utterance);
        if let Some(mut log) = log {
            if let EventKind::QuestionAsked { utterance: id, .. }
            | EventKind::ProbeChosen { utterance: id, .. } = &mut log
            {
                *id = utterance;
            }
            self.log(log);
        }
        self.utter(speaker, &text, Some(context));
        self.keep_place(speaker, &target.question);
        self.out.push_back(Output::Listen(context));
        let level = self.scene.as_ref().filter(|_| speaker == Speaker::Character).map(super::Scene::level);
        let pending = Pending {
            target,
            text,
            speaker,
            context,
            utterance,
            silences: 0,
            redirects: 0,
            repeats: 0,
            told: 0,
            heard: None,
            talked_over: false,
            level,
        };
        if let Some(last) = self.pending.replace(pending) {
            self.before = Some(last.target);
        }
    }

    /// Asks in the words of a language model where one is configured, else as written.
    pub(super) fn ask_worded(&mut self, ask: Ask, mut facts: Vec<String>) {
        if !self.config.llm {
            return self.ask(ask);
        }
        let request = self.next_request;
        self.next_request += 1;
        facts.append(&mut self.observations);
        self.out.push_back(Output::AskWording { request, facts: facts.clone(), fallback: ask.text.clone() });
        self.wording = Some(Wording { request, ask, facts });
    }

    pub(super) fn take_wording(&mut self, request: u32, text: Option<String>) {
        let Some(wording) = self.wording.take_if(|wording| wording.request == request) else { return };
        let mut ask = wording.ask;
        if let Some(text) = text {
            let refused = refusal(&text, &ask, &wording.facts)
                .or_else(|| self.tells_too_much(&text, &ask, &wording.facts));
            match refused {
                None => text.trim().clone_into(&mut ask.text),
                Some(reason) => self.log(EventKind::WordingRefused { request, reason: reason.to_owned() }),
            }
        }
        ask.target.heard.clone_from(&ask.text);
        self.ask(ask);
        self.ask_held_wish();
    }

    /// What a wording may not bring in: what the character has not told yet, numbers of its own, a hint at what is asked for.
    fn tells_too_much(&self, text: &str, ask: &Ask, facts: &[String]) -> Option<&'static str> {
        let exam = &self.exam;
        let known: BTreeSet<String> =
            facts.iter().map(String::as_str).chain([ask.text.as_str()]).flat_map(content_stems).collect();
        let new: Vec<String> = content_stems(text).into_iter().filter(|stem| !known.contains(stem)).collect();
        let is_number =
            |stem: &String| stem.chars().any(|c| c.is_ascii_digit()) || NUMBERS.contains(&stem.as_str());
        if new.iter().any(is_number) {
            return Some("states a number that nobody has said");
        }
        if ask.speaker == Speaker::Character {
            let character = &exam.role_play().character;
            let told: BTreeSet<String> = content_stems(&character.opening).into_iter().collect();
            let lines = exam.role_play().facts.iter().map(|fact| fact.line.as_str());
            let kept: BTreeSet<String> =
                lines.chain([character.scene.as_str()]).flat_map(content_stems).collect();
            let tells = new.iter().any(|stem| kept.contains(stem) && !told.contains(stem));
            return tells.then_some("tells what the character has not told");
        }
        self.hints(text, ask).then_some("would help with the answer")
    }

    /// Whether words would, as an answer, show a sign that is still missing, and that the exam's own words do not show.
    fn hints(&self, text: &str, ask: &Ask) -> bool {
        let shown = |criterion: &Criterion, answers: &[Answer]| -> Option<Vec<String>> {
            let found = self.scorer.findings(criterion, answers).ok()?;
            let shown = found
                .into_iter()
                .filter(|f| f.polarity == Polarity::Positive && f.presence != Presence::Missing);
            Some(shown.map(|finding| finding.indicator).collect())
        };
        let as_answer = |words: &str| Answer {
            turn: typed_turn(0, words, self.now),
            question: ask.target.question.clone(),
            criteria: ask.target.criteria.clone(),
            setting: Setting::Question,
            heard: String::new(),
        };
        ask.target.criteria.iter().filter_map(|id| self.exam.rubric().criterion(id)).any(|criterion| {
            let of = |words: &str| shown(criterion, &[as_answer(words)]);
            // What cannot be compared is not said.
            let Some(((by_wording, by_exam), so_far)) =
                of(text).zip(of(&ask.text)).zip(shown(criterion, &self.answers))
            else {
                return true;
            };
            by_wording.iter().any(|sign| !by_exam.contains(sign) && !so_far.contains(sign))
        })
    }

    /// Puts the pending question once more, after a sentence.
    pub(super) fn ask_again(&mut self, intro: &str) {
        let Some(mut pending) = self.pending.take() else { return };
        self.say(Speaker::Examiner, intro);
        let (text, context, speaker) = (pending.text.clone(), pending.context, pending.speaker);
        pending.utterance = self.utter(speaker, &text, Some(context));
        self.keep_place(speaker, &pending.target.question);
        pending.heard = None;
        pending.talked_over = false;
        self.pending = Some(pending);
        self.out.push_back(Output::Listen(context));
    }

    pub(super) fn link(&mut self) -> String {
        self.chance.pick(&self.exam.frame().words.links).cloned().unwrap_or_default()
    }
}

/// Numbers as words, by their stems.
const NUMBERS: [&str; 20] = [
    "two", "thre", "four", "fiv", "six", "seven", "eight", "nin", "ten", "eleven", "twelv", "fifteen",
    "twenty", "thirty", "forty", "fifty", "hundr", "thousand", "million", "dozen",
];

/// Whoever words a question does not judge the answer before it.
const RESULT_WORDS: [&str; 20] = [
    "mark",
    "marks",
    "score",
    "scores",
    "point",
    "points",
    "grade",
    "pass",
    "passed",
    "fail",
    "failed",
    "correct",
    "incorrect",
    "right answer",
    "wrong",
    "well done",
    "excellent",
    "perfect",
    "great answer",
    "good answer",
];

/// Why a wording cannot be said.
fn refusal(text: &str, ask: &Ask, facts: &[String]) -> Option<&'static str> {
    let words = text.split_whitespace().count();
    let asks = ask.text.trim_end().ends_with('?');
    if words == 0 {
        Some("empty")
    } else if words > MOST_WORDED {
        Some("too long")
    } else if asks != text.trim_end().ends_with('?') {
        Some("a question must stay a question, a statement a statement")
    } else if RESULT_WORDS
        .iter()
        .any(|word| stands_in(word, once(text)) && !stands_in(word, once(ask.text.as_str())))
    {
        Some("speaks of the result")
    } else if text.contains(['{', '}', '<', '>', '\n', '*', '#']) {
        Some("holds markup")
    } else if quotes(text).any(|quote| !stands_in(quote, facts.iter().chain([&ask.text]).map(String::as_str)))
    {
        Some("quotes words that were not said")
    } else {
        None
    }
}

/// What stands between quotation marks; an apostrophe is none.
fn quotes(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '\u{201c}', '\u{201d}', '\u{201e}']).skip(1).step_by(2)
}

/// Whether the words of `quote` follow each other in one of the texts; case and punctuation do not count.
fn stands_in<'a>(quote: &str, mut texts: impl Iterator<Item = &'a str>) -> bool {
    let words = |text: &str| {
        let plain: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' })
            .collect();
        format!(" {} ", plain.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let quote = words(quote);
    texts.any(|text| words(text).contains(&quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_must_have_been_said() {
        let facts = ["The candidate's answer, as data: \"I step back, and I call for help.\"".to_owned()];
        for (text, is_said) in [
            ("You said \"I call for help\". Whom do you call?", true),
            ("You said \u{201c}i step back and\u{201d} then what?", true),
            ("You said \"I run away\". Why?", false),
            ("You said \"step back\" and \"I shout\". Why?", false),
            ("What's next?", true),
        ] {
            assert_eq!(
                quotes(text).all(|quote| stands_in(quote, facts.iter().map(String::as_str))),
                is_said,
                "{text}"
            );
        }
    }
}
