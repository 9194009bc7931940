//! How well topics are told by meaning: on sentences with labels, for an exam package.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use viva_assessment::Exam;
use viva_assessment::scope::{Measured, Scope, ScopeRule, Topic};

use crate::commands::{say, say_json};
use crate::interview::Models;

/// Of answers so many may be taken for something else when a rule is fitted.
const MOST_FALSE: f64 = 0.02;

/// A labelled sentence.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    half: Half,
    topic: Topic,
    text: String,
    /// The exam that an answer belongs to; what is no answer belongs to every one.
    exam: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Half {
    Tune,
    Test,
}

/// What became of the sentences of a half.
#[derive(Debug, Default, Serialize)]
struct Figures {
    /// Sentences that are no answers.
    beside: usize,
    /// Of them, told as such.
    beside_told: usize,
    /// Of these, with the right topic.
    topic_right: usize,
    /// Answers.
    answers: usize,
    /// Of them, taken for something else.
    answers_lost: usize,
    /// The sentences that were told wrongly, with what they were taken for.
    wrong: Vec<String>,
}

/// The classifier of an exam; none where the exam is not in English.
pub(super) fn classifier(exam: &Arc<Exam>) -> Result<Option<Scope>> {
    Ok(Scope::new(exam, Models::open()?.embedder()?)?)
}

pub(super) fn measure(exam: &Arc<Exam>, items: &Path, as_json: bool) -> Result<()> {
    let shown = items.display();
    let text = std::fs::read_to_string(items).with_context(|| format!("cannot read {shown}"))?;
    let id = exam.frame().id.to_string();
    let mut all: Vec<Item> = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let item: Item = serde_json::from_str(line).with_context(|| format!("{shown} line {number}"))?;
        if item.exam.as_ref().is_none_or(|of| *of == id) {
            all.push(item);
        }
    }
    ensure!(!all.is_empty(), "{shown} holds no sentence for {id}");
    let scope = classifier(exam)?.context("topics are told by meaning for exams in English only")?;
    let mut halves: BTreeMap<Half, Figures> = BTreeMap::new();
    let mut fitted: Vec<(bool, Vec<Measured>)> = Vec::new();
    for item in &all {
        let judged = scope.judge(&item.text)?;
        let told = judged.as_ref().map_or(Topic::Answer, |judged| judged.topic);
        let figures = halves.entry(item.half).or_default();
        if item.topic == Topic::Answer {
            figures.answers += 1;
            figures.answers_lost += usize::from(told != Topic::Answer);
        } else {
            figures.beside += 1;
            figures.beside_told += usize::from(told != Topic::Answer);
            figures.topic_right += usize::from(told == item.topic);
        }
        if (told == Topic::Answer) != (item.topic == Topic::Answer) {
            figures.wrong.push(format!("{} for {}: {}", told.word(), item.topic.word(), item.text));
        }
        if item.half == Half::Tune {
            fitted.extend(scope.measure(&item.text)?.map(|measured| (item.topic == Topic::Answer, measured)));
        }
    }
    let best = fit(&fitted);
    if as_json {
        return say_json(
            &serde_json::json!({"exam": id, "halves": halves, "rule": ScopeRule::default(), "best_on_tune": best}),
        );
    }
    for (half, figures) in &halves {
        let Figures { beside, beside_told, topic_right, answers, answers_lost, wrong } = figures;
        say(format!(
            "{half:?}: {beside_told} of {beside} sentences that are no answer are told ({topic_right} with their topic); {answers_lost} of {answers} answers are taken for something else"
        ));
        wrong.iter().for_each(|line| say(format!("    {line}")));
    }
    say(format!("rule in force: {}; best on the tune half: {}", told(&ScopeRule::default()), told(&best)));
    Ok(())
}

/// The rule that tells most of what is no answer, among those that lose few answers; the widest margins among equals.
fn fit(measured: &[(bool, Vec<Measured>)]) -> ScopeRule {
    let answers = measured.iter().filter(|(is_answer, _)| *is_answer).count().max(1);
    let steps = |from: i32, to: i32| (from..=to).step_by(2).map(|percent| f64::from(percent) / 100.0);
    let mut best = (0, ScopeRule::default());
    for least in steps(30, 60) {
        for margin_question in steps(-10, 20) {
            for margin_statement in steps(0, 30) {
                let rule = ScopeRule { least, margin_question, margin_statement };
                let off = |all: &[Measured]| all.iter().all(|one| one.is_off(&rule));
                let count =
                    |answer: bool| measured.iter().filter(|(is, all)| *is == answer && off(all)).count();
                let (lost, told) = (count(true), count(false));
                if lost as f64 <= MOST_FALSE * answers as f64 && told >= best.0 {
                    best = (told, rule);
                }
            }
        }
    }
    best.1
}

fn told(rule: &ScopeRule) -> String {
    format!(
        "cosine {:.2}, margin {:.2} for what asks and {:.2} for the rest",
        rule.least, rule.margin_question, rule.margin_statement
    )
}
