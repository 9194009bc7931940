//! Which follow-up, and why.

use viva_exchange::{TimingEvent, TimingKind, Turn};

use crate::exam::{Exam, Polarity, Probe, ProbeKind, Question, WrittenPattern};
use crate::score::{Finding, LEAST_CONFIDENCE, Presence, Quote, mean_confidence};
use crate::text::{Token, tokens};

/// What is known after an answer.
pub(super) struct Situation<'a> {
    pub(super) exam: &'a Exam,
    pub(super) question: &'a Question,
    /// Findings of all the question's criteria.
    pub(super) findings: &'a [Finding],
    pub(super) turn: &'a Turn,
    pub(super) mismatch: bool,
    /// Whose words the answer is in, where they are not the candidate's own.
    pub(super) rehearsed: Option<&'static str>,
    /// Kinds already used for this question.
    pub(super) used: &'a [ProbeKind],
    /// Kinds of all follow-ups of the session.
    pub(super) asked: &'a [ProbeKind],
    pub(super) variations_left: u32,
    /// Signs that practice comes back to; none otherwise.
    pub(super) wanted: &'a [&'a str],
}

/// A choice with its reason.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    pub(super) probe: &'a Probe,
    pub(super) reason: String,
}

/// The follow-up, or why there is none.
pub(super) fn choose<'a>(situation: &Situation<'a>) -> Result<Choice<'a>, String> {
    let Situation {
        exam,
        question,
        findings,
        turn,
        mismatch,
        rehearsed,
        used,
        asked,
        variations_left,
        wanted,
    } = situation;
    let probe =
        |kind: ProbeKind| question.probes.iter().find(|probe| probe.kind == kind && !used.contains(&kind));
    let pick = |kind: ProbeKind, reason: String| probe(kind).map(|probe| Choice { probe, reason });
    // Learnt words say nothing about what lies behind them: a case that was not learnt does.
    if let Some(whose) = rehearsed
        && let Some(choice) = pick(ProbeKind::Variation, format!("{whose}: an unfamiliar case"))
    {
        return Ok(choice);
    }
    let text = turn.text();
    let words = tokens(&text);
    let against = findings
        .iter()
        .find(|finding| finding.polarity != Polarity::Positive && finding.presence == Presence::Shown);
    if let Some(finding) = against
        && let Some(choice) =
            pick(ProbeKind::Recover, format!("said something against the criterion: {}", finding.text))
    {
        return Ok(choice);
    }
    if says(&exam.frame().flow.correction, &words)
        && let Some(choice) =
            pick(ProbeKind::Recover, "took something back: which statement holds?".to_owned())
    {
        return Ok(choice);
    }
    if *mismatch
        && let Some(choice) =
            pick(ProbeKind::Justify, "a certain claim came with marked hesitation".to_owned())
    {
        return Ok(choice);
    }
    if mean_confidence(turn, &(0..text.len())) < LEAST_CONFIDENCE
        && let Some(choice) = pick(ProbeKind::Clarify, "the words could hardly be made out".to_owned())
    {
        return Ok(choice);
    }
    let short = usize::try_from(exam.frame().flow.short_answer_words).unwrap_or(usize::MAX);
    if words.len() < short
        && let Some(choice) = pick(ProbeKind::Clarify, format!("short answer of {} words", words.len()))
    {
        return Ok(choice);
    }
    let missing: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.polarity == Polarity::Positive && finding.presence == Presence::Missing)
        .collect();
    let sought = |probe: &Probe| {
        missing.iter().filter(|f| probe.seeks.iter().any(|id| *id == *f.indicator.as_str())).count()
    };
    let best = question
        .probes
        .iter()
        .filter(|probe| !used.contains(&probe.kind) && sought(probe) > 0)
        .filter(|probe| !matches!(probe.kind, ProbeKind::Recover | ProbeKind::Variation))
        .max_by_key(|probe| {
            let comes_back = probe.seeks.iter().filter(|id| wanted.contains(&id.as_str())).count();
            // Of those that seek as much, the kind that was asked least: nobody is asked to be clearer five times.
            let before = asked.iter().filter(|kind| **kind == probe.kind).count();
            (comes_back, sought(probe), std::cmp::Reverse((before, probe.kind)))
        });
    if let Some(probe) = best {
        let names: Vec<&str> = missing
            .iter()
            .filter(|f| probe.seeks.iter().any(|id| *id == *f.indicator.as_str()))
            .map(|f| f.text.as_str())
            .collect();
        return Ok(Choice { probe, reason: format!("missing: {}", names.join("; ")) });
    }
    let sought_by_any = |finding: &&Finding| {
        question.probes.iter().any(|probe| probe.seeks.iter().any(|id| *id == *finding.indicator.as_str()))
    };
    if *variations_left > 0
        && !missing.iter().any(sought_by_any)
        && let Some(choice) =
            pick(ProbeKind::Variation, "nothing missing that was asked for: a changed case".to_owned())
    {
        return Ok(choice);
    }
    Err("no follow-up of this question seeks what is missing".to_owned())
}

/// Whether one of the patterns stands in the words.
pub(super) fn says(patterns: &[WrittenPattern], words: &[Token]) -> bool {
    patterns.iter().filter_map(WrittenPattern::pattern).any(|pattern| pattern.find_any(words).is_some())
}

/// Whether one of the patterns stands in the words, and nothing before or after denies it: "I do not".
pub(super) fn affirms(patterns: &[WrittenPattern], words: &[Token]) -> bool {
    let denied_at = |end: usize| words.get(end).is_some_and(|next| next.word == "not");
    let mut found = patterns.iter().filter_map(WrittenPattern::pattern).filter_map(|p| p.find(words));
    found.any(|found| !denied_at(found.end))
}

/// Seconds of response latency from which hesitation is marked.
const MARKED_LATENCY_SECS: f64 = 2.5;
/// Seconds of one silent pause from which hesitation is marked.
const MARKED_PAUSE_SECS: f64 = 1.5;
/// Restarts, repairs and filled pauses together from which hesitation is marked.
const MARKED_DISFLUENCIES: usize = 3;

/// A claim worded with certainty in a turn with marked hesitation: the words and the facts.
pub(super) fn mismatch(exam: &Exam, turn: &Turn, timing: &[TimingEvent]) -> Option<(Option<Quote>, String)> {
    let text = turn.text();
    let words = tokens(&text);
    let certain = exam
        .frame()
        .flow
        .certainty
        .iter()
        .filter_map(WrittenPattern::pattern)
        .find_map(|pattern| pattern.find(&words))
        .map(|found| words[found.start].range.start..words[found.end - 1].range.end)?;
    let of_turn = timing.iter().filter(|event| event.turn == turn.id);
    let mut facts = Vec::new();
    let mut disfluencies = 0;
    for event in of_turn {
        match event.kind {
            TimingKind::ResponseLatency if event.value >= MARKED_LATENCY_SECS => {
                facts.push(format!("answered after {:.1} s", event.value));
            }
            TimingKind::SilentPause if event.value >= MARKED_PAUSE_SECS => {
                facts.push(format!("paused {:.1} s", event.value));
            }
            TimingKind::Restart | TimingKind::Repair | TimingKind::FilledPause => disfluencies += 1,
            _ => {}
        }
    }
    if disfluencies >= MARKED_DISFLUENCIES {
        facts.push(format!("{disfluencies} restarts, repairs or filled pauses"));
    }
    (!facts.is_empty()).then(|| (Quote::cut(turn, certain), facts.join("; ")))
}
