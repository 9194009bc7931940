//! `viva kb eval`

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use cpu_time::ProcessTime;
use serde::Serialize;
use serde_json::json;
use viva_knowledge::evaluation::{DEPTH, Labelled, Quality, Refusals, mean, percentile, quality, refusals};
use viva_knowledge::{Base, Engine, Hit, Passage};

use super::arguments::EvalArgs;
use crate::commands::{say, say_json};
use crate::interview::Models;

/// Queries that are answered before the clock counts.
const WARM_UP: usize = 5;

/// Milliseconds.
#[derive(Debug, Serialize)]
struct Times {
    p50: f64,
    p95: f64,
    p99: f64,
}

impl Times {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| percentile(&values, share));
        Self { p50, p95, p99 }
    }
}

#[derive(Debug, Serialize)]
struct Measured {
    documents: usize,
    passages: usize,
    in_scope_questions: usize,
    timed_queries: usize,
    /// None without an answerable question; so are the next two.
    words: Option<Quality>,
    meaning: Option<Quality>,
    fused: Option<Quality>,
    refusals: Refusals,
    total_ms: Times,
    embedding_ms: Times,
    ranking_ms: Times,
    /// Processor time of all threads: what one core of this machine would need when nothing else ran on it.
    processor_ms: Times,
    open_base_ms: f64,
    load_network_ms: f64,
    first_query_ms: f64,
}

/// The clock of a measurement.
fn clock() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "commands are the edge that owns the clock, and this one measures"
    )]
    Instant::now()
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

pub(super) fn run(args: &EvalArgs) -> Result<()> {
    let questions = read_questions(&args.questions)?;
    let models = Models::open()?;
    let base = Base::open(&args.kb)?;
    check_labels(&questions, &base.all_passages()?)?;
    let begun = clock();
    let embedder = super::embedder(&base, &models)?;
    let load_network_ms = millis(begun);
    let begun = clock();
    let engine = base.engine(Some(embedder))?;
    let open_base_ms = millis(begun);
    let begun = clock();
    engine.search(&questions[0].query, DEPTH)?;
    let first_query_ms = millis(begun);

    let (mut words, mut meaning, mut fused) = (Vec::new(), Vec::new(), Vec::new());
    let (mut outcomes, mut lines) = (Vec::new(), Vec::new());
    for question in &questions {
        let answer = engine.search(&question.query, DEPTH)?;
        outcomes.push((question.off_scope, !answer.in_scope));
        let mut line = json!({
            "id": question.id, "query": question.query, "off_scope": question.off_scope,
            "in_scope": answer.in_scope, "cosine": answer.cosine, "coverage": answer.coverage,
        });
        if !question.off_scope {
            let vector = engine.embed(&question.query)?.unwrap_or_default();
            let judged = |hits: &[Hit]| {
                quality(&question.relevant, &hits.iter().map(|hit| &hit.passage).collect::<Vec<_>>())
            };
            let of_fused = judged(&answer.hits);
            line["reciprocal_rank"] = json!(of_fused.mrr);
            fused.push(of_fused);
            words.push(judged(&engine.by_words(&question.query, DEPTH)?));
            meaning.push(judged(&engine.by_meaning(&vector, DEPTH)?));
        }
        lines.push(line);
    }
    let Timed { total, embedding, ranking, processor } = time(&engine, &questions, args.repeat.max(1))?;
    let measured = Measured {
        documents: base.documents().len(),
        passages: base.passages(),
        in_scope_questions: fused.len(),
        timed_queries: total.len(),
        words: mean(&words),
        meaning: mean(&meaning),
        fused: mean(&fused),
        refusals: refusals(&outcomes),
        total_ms: Times::of(total),
        embedding_ms: Times::of(embedding),
        ranking_ms: Times::of(ranking),
        processor_ms: Times::of(processor),
        open_base_ms,
        load_network_ms,
        first_query_ms,
    };
    if args.json {
        let mut value = serde_json::to_value(&measured)?;
        value["questions"] = json!(lines);
        return say_json(&value);
    }
    tell(&measured);
    Ok(())
}

/// Milliseconds of each query and repetition.
#[derive(Default)]
struct Timed {
    total: Vec<f64>,
    embedding: Vec<f64>,
    ranking: Vec<f64>,
    processor: Vec<f64>,
}

fn time(engine: &Engine, questions: &[Labelled], repeat: usize) -> Result<Timed> {
    for question in questions.iter().take(WARM_UP) {
        engine.search(&question.query, DEPTH)?;
    }
    let mut timed = Timed::default();
    for question in std::iter::repeat_n(questions, repeat).flatten() {
        let processor = ProcessTime::now();
        let begun = clock();
        let vector = engine.embed(&question.query)?;
        let embedded = millis(begun);
        engine.ranked(&question.query, vector.as_deref(), DEPTH)?;
        let all = millis(begun);
        timed.processor.push(processor.elapsed().as_secs_f64() * 1000.0);
        timed.total.push(all);
        timed.embedding.push(embedded);
        timed.ranking.push(all - embedded);
    }
    Ok(timed)
}

fn read_questions(path: &Path) -> Result<Vec<Labelled>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut questions = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let question: Labelled =
            serde_json::from_str(line).with_context(|| format!("{}:{number}", path.display()))?;
        if question.off_scope != question.relevant.is_empty() || question.query.trim().is_empty() {
            bail!(
                "{}:{number}: a question needs a query, and either `relevant` passages or `off_scope: true`",
                path.display()
            );
        }
        questions.push(question);
    }
    if questions.is_empty() {
        bail!("{} holds no question: one JSON object per line", path.display());
    }
    Ok(questions)
}

/// A label that no passage fits would count as a miss that no search can mend.
fn check_labels(questions: &[Labelled], passages: &[Passage]) -> Result<()> {
    for question in questions {
        if let Some(label) = question.relevant.iter().find(|label| !passages.iter().any(|p| label.is(p))) {
            let label = serde_json::to_string(label).unwrap_or_default();
            bail!("question {:?}: no passage of the base fits {label}", question.query);
        }
    }
    Ok(())
}

fn tell(measured: &Measured) {
    say(format!(
        "{} documents, {} passages, {} answerable questions",
        measured.documents, measured.passages, measured.in_scope_questions
    ));
    let share = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |v| format!("{v:.3}"));
    say("            recall@1  recall@5  recall@10    MRR@10   nDCG@10");
    for (name, quality) in
        [("words", &measured.words), ("meaning", &measured.meaning), ("fused", &measured.fused)]
    {
        let figure = |of: fn(&Quality) -> f64| share(quality.as_ref().map(of));
        say(format!(
            "{name:<10}  {:>8}  {:>8}  {:>9}  {:>8}  {:>8}",
            figure(|q| q.recall_at_1),
            figure(|q| q.recall_at_5),
            figure(|q| q.recall_at_10),
            figure(|q| q.mrr),
            figure(|q| q.ndcg)
        ));
    }
    let refusals = &measured.refusals;
    say(format!(
        "refusals    {} of {} off-scope questions (recall {}), {} of {} others by mistake (precision {})",
        refusals.refused,
        refusals.off_scope,
        share(refusals.recall),
        refusals.refused_wrongly,
        refusals.in_scope,
        share(refusals.precision)
    ));
    say(format!("query time over {} queries, warm: p50 / p95 / p99 in ms", measured.timed_queries));
    for (name, times) in [
        ("total", &measured.total_ms),
        ("embedding", &measured.embedding_ms),
        ("ranking", &measured.ranking_ms),
        ("processor", &measured.processor_ms),
    ] {
        say(format!("  {name:<10} {:>7.2} {:>7.2} {:>7.2}", times.p50, times.p95, times.p99));
    }
    say(format!(
        "cold start: network {:.0} ms, base {:.0} ms, first query {:.1} ms",
        measured.load_network_ms, measured.open_base_ms, measured.first_query_ms
    ));
}
