//! `viva exam`

mod objects;
mod page;
mod scope;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use viva_assessment::exam::{CALIBRATED, FORMAT, HARDEST, ObjectiveKind, Polarity, schemas};
use viva_assessment::{Exam, Scorer};

use super::{say, say_json};
use crate::cli::ExamCommand;
use crate::interview::{load_exam, read_exam};

/// The package that a new one starts from: small, whole, and meant to be rewritten.
const TEMPLATE: [(&str, &str); 9] = [
    ("exam.toml", include_str!("template/exam.toml")),
    ("persona.toml", include_str!("template/persona.toml")),
    ("rubric.toml", include_str!("template/rubric.toml")),
    ("objectives.toml", include_str!("template/objectives.toml")),
    ("guardrails.toml", include_str!("template/guardrails.toml")),
    ("roleplay.toml", include_str!("template/roleplay.toml")),
    ("knowledge/handbook.md", include_str!("template/handbook.md")),
    ("candidates/strong.toml", include_str!("template/strong.toml")),
    ("candidates/weak.toml", include_str!("template/weak.toml")),
];

pub(crate) fn run(command: &ExamCommand) -> Result<()> {
    match command {
        ExamCommand::Check { folder, json } => check(folder, *json),
        ExamCommand::New { folder, title } => new(folder, title),
        ExamCommand::Explain { folder, html: Some(file) } => {
            let page = page::page(&*load_exam(folder)?);
            std::fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))?;
            say(format!("open {}", file.display()));
            Ok(())
        }
        ExamCommand::Explain { folder, html: None } => {
            explain(&*load_exam(folder)?);
            Ok(())
        }
        ExamCommand::Persona { folder, json } => objects::persona(&*load_exam(folder)?, *json),
        ExamCommand::Objectives { folder, record, json } => {
            objects::objectives(&*load_exam(folder)?, record.as_deref(), *json)
        }
        ExamCommand::Guardrails { folder, measure: Some(items), json, .. } => {
            scope::measure(&load_exam(folder)?, items, *json)
        }
        ExamCommand::Guardrails { folder, tried, json, .. } => {
            objects::guardrails(&load_exam(folder)?, tried, *json)
        }
        ExamCommand::Schema { out } => schema(out),
    }
}

/// One fault of a package, for other programs.
fn fault(file: &str, line: usize, column: usize, message: &str) -> Value {
    json!({"file": file, "line": line, "column": column, "message": message})
}

/// The exam; its faults are also said as JSON where that is asked for.
fn checked(folder: &Path, json: bool) -> Result<Arc<Exam>> {
    if !json {
        return load_exam(folder);
    }
    let (faults, error): (Vec<Value>, _) = match read_exam(folder) {
        Ok(Ok(exam)) => return Ok(exam),
        Ok(Err(errors)) => {
            let each = errors.errors().iter().map(|e| fault(&e.file, e.line, e.column, &e.message));
            (each.collect(), anyhow!("the exam package {} has faults:\n{errors}", folder.display()))
        }
        // No file could be looked into: the message names what stands in the way.
        Err(error) => (vec![fault("", 0, 0, &format!("{error:#}"))], error),
    };
    say_json(&json!({"ok": false, "faults": faults}))?;
    Err(error)
}

/// What an author should know of a sound exam.
fn warnings(exam: &Arc<Exam>) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let status = &exam.rubric().validation_status;
    if status != CALIBRATED {
        warnings.push(format!(
            "the rubric is {status}: results support practice and demonstrations, no certification"
        ));
    }
    if !exam.is_in_validated_language() {
        warnings.push(format!(
            "`language` is {:?}: voice, recogniser and signs were made for English; every result goes to a human",
            exam.frame().language
        ));
    }
    let scorer = Scorer::lexical(Arc::clone(exam));
    for (name, text) in exam.handouts() {
        for sentence in viva_knowledge::sentences(text) {
            if let Some(sign) = scorer.finds_a_sign(&sentence)? {
                warnings.push(format!("{name}: never told, it could help with \"{sign}\": {sentence}"));
            }
        }
    }
    Ok(warnings)
}

fn check(folder: &Path, json: bool) -> Result<()> {
    let exam = checked(folder, json)?;
    let warnings = warnings(&exam)?;
    let rubric = exam.rubric();
    let indicators: usize = rubric.criteria.iter().map(|criterion| criterion.indicators.len()).sum();
    if json {
        return say_json(&json!({
            "id": exam.frame().id, "version": exam.frame().version, "format": exam.frame().format,
            "sha256": exam.hash_hex(), "criteria": rubric.criteria.len(), "indicators": indicators,
            "questions": exam.frame().questions.len(), "scenes": exam.role_play().dresses(),
            "ok": true, "warnings": warnings,
        }));
    }
    say(format!("{} {} (format {FORMAT}) is sound", exam.frame().id, exam.frame().version));
    say(format!(
        "  {} domains, {} criteria, {indicators} indicators, {} questions, {} scenes, {} documents, {} simulated candidates",
        rubric.domains.len(),
        rubric.criteria.len(),
        exam.frame().questions.len(),
        exam.role_play().dresses(),
        exam.knowledge().len(),
        exam.candidates().len()
    ));
    say(format!("  sha256 {}", exam.hash_hex()));
    warnings.iter().for_each(|warning| say(format!("  {warning}")));
    Ok(())
}

/// The files of the package that a new one starts from.
pub(crate) fn template(id: &str, title: &str) -> BTreeMap<String, Vec<u8>> {
    let title = title.replace(['"', '\\'], "'");
    let filled = |text: &str| text.replace("EXAM_ID", id).replace("EXAM_TITLE", &title).into_bytes();
    TEMPLATE.iter().map(|(path, text)| ((*path).to_owned(), filled(text))).collect()
}

fn new(folder: &Path, title: &str) -> Result<()> {
    if folder.exists() && std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty: choose another folder", folder.display());
    }
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let id: String = name
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    anyhow::ensure!(!id.trim_matches('-').is_empty(), "the folder's name becomes the exam's id: give it one");
    let files = template(&id, title);
    Exam::load(&files).map_err(|errors| anyhow::anyhow!("the template has faults:\n{errors}"))?;
    for (path, bytes) in &files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    say(format!("{} files in {}", files.len(), folder.display()));
    say(format!(
        "next: edit rubric.toml first; then viva exam check {0}; viva exam explain {0}",
        folder.display()
    ));
    Ok(())
}

fn schema(out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    for (name, schema) in schemas() {
        let path = out.join(format!("{name}.schema.json"));
        let text = serde_json::to_string_pretty(&schema).context("cannot write JSON")? + "\n";
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        say(path.display().to_string());
    }
    Ok(())
}

/// True where the objectives of a domain ask more questions than its minimum set has.
fn asks_more(exam: &Exam, domain: &str) -> bool {
    let of = exam.objectives().filter(|objective| {
        objective.kind == ObjectiveKind::Questions
            && objective.domain.as_ref().is_some_and(|id| *id == *domain)
    });
    let common = exam.frame().questions.iter().filter(|question| question.minimum_set);
    of.map(|objective| objective.count).sum::<usize>() > common.filter(|q| q.domain == *domain).count()
}

/// When the questions beyond the minimum set are asked; a line per way in which one is.
fn beyond(exam: &Exam) -> Vec<String> {
    let (mut by_level, mut by_branch, mut in_practice) = ([const { Vec::new() }; 3], Vec::new(), Vec::new());
    let branches: Vec<&str> = exam
        .objectives()
        .flat_map(|objective| &objective.branches)
        .map(|branch| branch.ask.as_str())
        .collect();
    for question in exam.frame().questions.iter().filter(|question| !question.minimum_set) {
        let (id, difficulty) = (question.id.as_str(), question.difficulty.clamp(1, HARDEST));
        if asks_more(exam, question.domain.as_str()) {
            by_level[usize::from(difficulty) - 1].push(id);
        } else if branches.contains(&id) {
            by_branch.push(id);
        } else {
            in_practice.push(id);
        }
    }
    let named = |ids: &[&str]| if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    let mut lines = Vec::new();
    if by_level.iter().any(|ids| !ids.is_empty()) {
        let [easier, alike, harder] = by_level.map(|ids| named(&ids));
        lines.push(format!(
            "beyond that by the levels shown so far: easier {easier}; alike {alike}; harder {harder}"
        ));
    }
    for (way, ids) in [("only by a branch", by_branch), ("only in practice", in_practice)] {
        if !ids.is_empty() {
            lines.push(format!("{way}: {}", named(&ids)));
        }
    }
    lines
}

/// The exam in words, as a candidate's tutor, a reviewer or an auditor would want it told.
fn explain(exam: &Exam) {
    let (frame, rubric) = (exam.frame(), exam.rubric());
    say(format!("{} ({} {}), language {}", frame.title, frame.id, frame.version, frame.language));
    say(format!("examiner: {}, {}", exam.persona().name, exam.persona().role));
    say("");
    say("Course");
    for objective in exam.objectives() {
        let how = match objective.kind {
            ObjectiveKind::Questions => {
                let domain = objective.domain.as_ref().map_or("", |domain| domain.as_str());
                let bank: Vec<&str> = frame
                    .questions
                    .iter()
                    .filter(|question| question.domain == *domain)
                    .filter(|question| question.minimum_set || asks_more(exam, domain))
                    .map(|question| question.id.as_str())
                    .collect();
                format!(" ({} of: {})", objective.count, bank.join(", "))
            }
            ObjectiveKind::RolePlay => {
                format!(" ({} scenes of the same form; the seed chooses)", exam.role_play().dresses())
            }
            _ => String::new(),
        };
        say(format!("  {}{how}", objective.text));
        for line in objects::outcome_of(objective) {
            say(format!("    {line}"));
        }
    }
    let common: Vec<&str> = frame.questions.iter().filter(|q| q.minimum_set).map(|q| q.id.as_str()).collect();
    say(format!("  asked of every candidate: {}", common.join(", ")));
    for question in frame.questions.iter().filter(|question| question.minimum_set) {
        say(format!("    {}: {}", question.id, question.text));
    }
    beyond(exam).iter().for_each(|line| say(format!("  {line}")));
    say(format!(
        "  at most {} follow-ups, {} per question",
        frame.flow.probes_total, frame.flow.probes_per_question
    ));
    say("");
    say("What is judged");
    let whole: f64 = rubric.criteria.iter().map(|criterion| criterion.weight).sum();
    for criterion in &rubric.criteria {
        let share = 100.0 * criterion.weight / whole.max(f64::MIN_POSITIVE);
        let least = if criterion.minimum_level > 1 {
            format!("; below level {} the standard is missed", criterion.minimum_level)
        } else {
            String::new()
        };
        say(format!("  {} ({share:.0} %{least})", criterion.title));
        for level in &criterion.levels {
            say(format!("    {}  {}", level.level, level.anchor));
        }
        for indicator in &criterion.indicators {
            let sign = match indicator.polarity {
                Polarity::Positive => "+",
                Polarity::Negative => "−",
                Polarity::Critical => "!",
            };
            say(format!("    {sign} {}", indicator.text));
        }
    }
    say("");
    say("How it is decided");
    say(format!(
        "  the weighted mean level must reach {:.2} (standard error {:.2}; {})",
        rubric.cut_score, rubric.cut_standard_error, rubric.cut_method
    ));
    say("  + raises a level, − lowers it, ! keeps it at 1 unless it is corrected later in the session");
    say("  where the interval round the mean touches the cut or its standard error, a human decides");
    say("  \"stop\" and \"a human instead\" are honoured at any time");
    say(format!("  validation: {}", rubric.validation_status));
    if let Some(calibration) = exam.calibration() {
        let viva_assessment::exam::Calibration { signer, program, candidates, raters, .. } = calibration;
        say(format!("    by {signer}, of {program}, on {candidates} candidates and {raters} human raters"));
        say("    it counts for sessions of that issuer, and of those that trust it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_an_exam_never_asks_is_not_said_to_follow_the_levels() {
        let exams = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exams");
        let nursing = load_exam(&exams.join("nursing-de-escalation")).expect("a sound package");
        assert_eq!(
            beyond(&nursing),
            [
                "beyond that by the levels shown so far: easier small-room; alike none; harder night-alone",
                "only by a branch: near-miss",
                "only in practice: swearing, where-is-the-line",
            ]
        );
        let laundering = load_exam(&exams.join("anti-money-laundering")).expect("a sound package");
        assert_eq!(
            beyond(&laundering),
            [
                "beyond that by the levels shown so far: easier other-name; alike none; harder sudden-wealth",
                "only by a branch: student-account",
                "only in practice: colleague-asks, what-would-change",
            ]
        );
    }

    #[test]
    fn what_a_session_would_miss_is_a_fault_of_the_package() {
        let exams = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exams/anti-money-laundering");
        for (file, from, to, told) in [
            ("persona.toml", "voice = \"examiner\"", "voice = \"nobody\"", "no voice is called \"nobody\""),
            (
                "roleplay.toml",
                "voice = \"character_b\"",
                "voice = \"nobody\"",
                "no voice is called \"nobody\"",
            ),
            ("roleplay.toml", "people/brandt.toml", "people/gone.toml", "look of Miss Brandt"),
            ("roleplay.toml", "people/brandt.toml", "../people/brandt.toml", "is not in the package"),
            ("people/brandt.toml", "female_mixed_young", "somebody", "no head is called"),
            (
                "tasks/suspicion-note.toml",
                "criterion = \"reporting\"",
                "criterion = \"dancing\"",
                "no criterion \"dancing\"",
            ),
        ] {
            let copy = tempfile::tempdir().expect("a folder");
            copy_all(&exams, copy.path());
            let path = copy.path().join(file);
            let text = std::fs::read_to_string(&path).expect("a file of the package");
            assert!(text.contains(from), "{file}: {from}");
            std::fs::write(&path, text.replace(from, to)).expect("a test may write");
            let error = load_exam(copy.path()).expect_err("it is a fault").to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    fn copy_all(from: &Path, to: &Path) {
        for entry in std::fs::read_dir(from).expect("a folder").flatten() {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                std::fs::create_dir(&target).expect("a test may write");
                copy_all(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), target).expect("a test may write");
            }
        }
    }
}
