//! Simulated candidates: they answer by what they were asked, and know nothing of the exam's inside.

use schemars::JsonSchema;
use serde::Deserialize;
use viva_exchange::Speaker;

use crate::chance::Chance;
use crate::exam::{Id, ProbeKind};
use crate::text::tokens;

/// What a simulated candidate would say to what: `candidates/*.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateScript {
    /// Name as shown.
    pub name: String,
    /// Voice profile for the synthesiser.
    pub voice: String,
    /// Look profile for the renderer.
    pub look: String,
    /// Usual silence before an answer, in milliseconds.
    pub delay_ms: u32,
    /// Share of character lines that the candidate talks over, in 0..=1.
    #[serde(default)]
    pub barge_in: f64,
    /// Answers; the one with the most matching conditions is given.
    #[serde(rename = "line", default)]
    pub lines: Vec<CandidateLine>,
    /// Answers where no line matches; one is chosen by the seed.
    #[serde(rename = "fallback", default)]
    pub fallbacks: Vec<Fallback>,
}

/// One answer with its conditions; all that are given must hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateLine {
    /// Asked by this question.
    pub question: Option<Id>,
    /// Asked by this kind of probe; a line without it answers main questions only, unless `keywords` are given.
    pub probe: Option<ProbeKind>,
    /// Said by the examiner or the character.
    #[serde(default)]
    #[schemars(schema_with = "crate::exam::speaker")]
    pub speaker: Option<Speaker>,
    /// Character's level at least.
    pub min_level: Option<u8>,
    /// Character's level at most.
    pub max_level: Option<u8>,
    /// All of these words were heard, in any order, compared by stem.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Silence before this answer, in milliseconds.
    pub delay_ms: Option<u32>,
    /// May be given more than once.
    #[serde(default)]
    pub again: bool,
    /// The answer, with `{pause 1.2}` and `{um}` for the synthesiser.
    pub say: String,
}

/// An answer for everything else.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Said by the examiner or the character.
    #[serde(default)]
    #[schemars(schema_with = "crate::exam::speaker")]
    pub speaker: Option<Speaker>,
    /// The answer.
    pub say: String,
}

/// What the candidate was asked or told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The words heard.
    pub text: &'a str,
    /// Name of the question, where it is known.
    pub question_id: Option<&'a str>,
    /// Kind of probe, when it is one.
    pub probe: Option<ProbeKind>,
    /// Who spoke.
    pub speaker: Speaker,
    /// The character's level, in a role-play.
    pub level: Option<u8>,
}

/// What the candidate answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Text with `{pause 1.2}` and `{um}`.
    pub text_with_markup: String,
    /// Silence before it, in milliseconds.
    pub delay_ms: u32,
    /// True when the candidate does not wait for the end of what it hears.
    pub barges_in: bool,
}

impl Reply {
    /// The words without markup; `{um}` becomes "um,".
    #[must_use]
    pub fn plain_text(&self) -> String {
        let mut plain = String::new();
        let mut rest = self.text_with_markup.as_str();
        while let Some(open) = rest.find('{') {
            plain.push_str(&rest[..open]);
            let Some(close) = rest[open..].find('}') else { break };
            if rest[open..open + close].trim_start_matches('{').trim() == "um" {
                plain.push_str(" um, ");
            }
            rest = &rest[open + close + 1..];
        }
        plain.push_str(rest);
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A candidate that follows a script.
#[derive(Clone, Debug)]
pub struct SimulatedCandidate {
    script: CandidateScript,
    used: Vec<bool>,
    chance: Chance,
    /// What was heard last, and the reply to it.
    last: Option<(String, Reply)>,
}

impl SimulatedCandidate {
    /// A candidate with its script; `seed` chooses among fall-backs and barge-ins.
    #[must_use]
    pub fn new(script: CandidateScript, seed: u64) -> Self {
        Self { used: vec![false; script.lines.len()], script, chance: Chance::new(seed), last: None }
    }

    /// The script.
    #[must_use]
    pub const fn script(&self) -> &CandidateScript {
        &self.script
    }

    /// What it answers. The same words heard again get the same answer; an examiner's statement gets none.
    pub fn answer(&mut self, heard: &Asked<'_>) -> Reply {
        if heard.question_id.is_none() && heard.speaker == Speaker::Examiner && !heard.text.contains('?') {
            return Reply {
                text_with_markup: String::new(),
                delay_ms: self.script.delay_ms,
                barges_in: false,
            };
        }
        let words: Vec<String> = tokens(heard.text).into_iter().map(|token| token.stem).collect();
        let again = self.last.as_ref().filter(|(text, _)| text == heard.text).map(|(_, reply)| reply.clone());
        let reply = match (self.best_line(heard, &words), again) {
            // A second line for this very question is said before the first one is repeated.
            (Some((fit, at)), Some(_)) if fit >= BY_NAME => self.say_line(at, heard),
            (_, Some(reply)) => reply,
            (Some((_, at)), None) => self.say_line(at, heard),
            (None, None) => self.fall_back(heard),
        };
        self.last = Some((heard.text.to_owned(), reply.clone()));
        reply
    }

    fn best_line(&self, heard: &Asked<'_>, words: &[String]) -> Option<(u32, usize)> {
        let lines = self.script.lines.iter().enumerate().filter(|(at, line)| line.again || !self.used[*at]);
        lines
            .filter_map(|(at, line)| fit(line, heard, words).map(|fit| (fit, std::cmp::Reverse(at))))
            .max()
            .map(|(fit, std::cmp::Reverse(at))| (fit, at))
    }

    fn say_line(&mut self, at: usize, heard: &Asked<'_>) -> Reply {
        self.used[at] = true;
        let barges_in = self.barges_in(heard);
        let line = &self.script.lines[at];
        Reply {
            text_with_markup: line.say.clone(),
            delay_ms: line.delay_ms.unwrap_or(self.script.delay_ms),
            barges_in,
        }
    }

    fn fall_back(&mut self, heard: &Asked<'_>) -> Reply {
        let barges_in = self.barges_in(heard);
        let fitting: Vec<&Fallback> =
            self.script.fallbacks.iter().filter(|f| f.speaker.is_none_or(|s| s == heard.speaker)).collect();
        let say = self.chance.pick(&fitting).map(|fallback| fallback.say.clone()).unwrap_or_default();
        Reply { text_with_markup: say, delay_ms: self.script.delay_ms, barges_in }
    }

    fn barges_in(&mut self, heard: &Asked<'_>) -> bool {
        heard.speaker == Speaker::Character && self.chance.hits(self.script.barge_in)
    }
}

/// Weight of a line that names the question it answers.
const BY_NAME: u32 = 100;

/// How many conditions of a line hold; `None` when one does not.
///
/// A question's name counts most, so that a line for a question wins over keywords; with the name unknown the keywords decide.
fn fit(line: &CandidateLine, heard: &Asked<'_>, words: &[String]) -> Option<u32> {
    let mut fit = 0;
    let mut demand = |given: bool, holds: bool, weight: u32| {
        if given && holds {
            fit += weight;
        }
        !given || holds
    };
    let keywords_hold =
        line.keywords.iter().all(|word| words.contains(&crate::text::stem(&word.to_lowercase())));
    let known = heard.question_id.is_some();
    let question_holds = match (&line.question, heard.question_id) {
        (Some(wanted), Some(asked)) => wanted == asked,
        (Some(_), None) => !line.keywords.is_empty() && keywords_hold,
        (None, _) => true,
    };
    let level = heard.level;
    let holds = demand(line.question.is_some() && known, question_holds, BY_NAME)
        && question_holds
        && demand(line.probe.is_some(), !known || line.probe == heard.probe, 50)
        && (line.probe.is_some() || heard.probe.is_none() || !line.keywords.is_empty())
        && demand(line.speaker.is_some(), line.speaker == Some(heard.speaker), 10)
        && demand(line.min_level.is_some(), level.is_some() && line.min_level <= level, 5)
        && demand(
            line.max_level.is_some(),
            level.is_some_and(|l| line.max_level.is_some_and(|most| l <= most)),
            5,
        )
        && demand(!line.keywords.is_empty(), keywords_hold || (known && line.question.is_some()), 20);
    holds.then_some(fit)
}
