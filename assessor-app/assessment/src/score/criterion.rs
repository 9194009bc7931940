//! Levels from findings, and a recommendation from levels.

use super::answer::{Answer, Segment, Setting, Unusable};
use super::detector::{Detector, Match, NEARLY, SHOWN, SURE, Sign};
use super::quote::{Quote, Quotes};
use super::report::{
    AbstainReason, CriterionScore, Finding, LevelScore, Overall, Presence, Recommendation, Recovery, Report,
    Verdict,
};
use crate::conversation::{Ending, Outcome, Standing};
use crate::exam::{CalibrationInterval, Criterion, Exam, Id, Polarity, ShownIn};

/// All answers of a session, cut and embedded.
pub(super) struct Evidence<'a> {
    pub(super) answers: &'a [Answer],
    pub(super) segments: &'a [Segment],
    pub(super) usable: &'a [&'a Segment],
    pub(super) vectors: &'a [Vec<f32>],
}

/// Fewer usable words than these in all answers to a criterion's questions are too few for a level.
const LEAST_WORDS: usize = 8;
/// Raters who differ by so many levels leave the result to a human.
const FAR_APART: u8 = 2;
/// The most quotes kept per finding.
const MOST_QUOTES: usize = 3;

/// What was found of one indicator: its place in the session with the match.
struct Found {
    matches: Vec<(usize, Match)>,
}

impl Found {
    fn confidence(&self) -> f64 {
        self.matches.iter().map(|(_, found)| found.confidence).fold(0.0, f64::max)
    }

    fn last_shown(&self) -> Option<usize> {
        self.matches.iter().filter(|(_, found)| found.confidence >= SHOWN).map(|(place, _)| *place).max()
    }
}

pub(super) fn score_criterion(
    detector: &Detector,
    criterion: &Criterion,
    signs: &[Sign],
    interval: Option<&CalibrationInterval>,
    evidence: &Evidence<'_>,
) -> CriterionScore {
    let found: Vec<Found> = criterion
        .indicators
        .iter()
        .zip(signs)
        .map(|(indicator, sign)| Found { matches: find(detector, sign, indicator.shown_in, evidence) })
        .collect();
    let corrected: Vec<Option<usize>> =
        (0..found.len()).map(|at| correction(criterion, &found, at)).collect();
    let findings: Vec<Finding> = criterion
        .indicators
        .iter()
        .enumerate()
        .map(|(at, indicator)| {
            let confidence = found[at].confidence();
            let shown = confidence >= SHOWN;
            let presence = match (shown, corrected[at]) {
                (false, _) => Presence::Missing,
                (true, Some(_)) => Presence::Corrected,
                (true, None) => Presence::Shown,
            };
            let mut quotes = if shown { quotes_of(&found[at], evidence) } else { Vec::new() };
            if let (true, Some(by)) = (shown, corrected[at]) {
                quotes.extend(quotes_of(&found[by], evidence));
            }
            let recovery = corrected[at].filter(|_| shown).and_then(|by| recovery(&found, at, by, evidence));
            Finding {
                indicator: indicator.id.to_string(),
                text: indicator.text.clone(),
                polarity: indicator.polarity,
                presence,
                confidence: if shown { confidence } else { 0.0 },
                quotes,
                recovery,
            }
        })
        .collect();
    let mut verdict = verdict(criterion, &found, &corrected, &findings, evidence);
    if let (Verdict::Level(score), Some(interval)) = (&mut verdict, interval) {
        let highest = criterion.levels.len() as u8;
        score.widen_to(score.level().saturating_sub(interval.below).max(1));
        score.widen_to(score.level().saturating_add(interval.above).min(highest));
    }
    let reached = match &verdict {
        Verdict::Level(score) => usize::from(score.level()),
        Verdict::Abstain(_) => 0,
    };
    let anchor_of = |number: usize| {
        number.checked_sub(1).and_then(|at| criterion.levels.get(at)).map(|level| level.anchor.clone())
    };
    CriterionScore {
        criterion: criterion.id.to_string(),
        title: criterion.title.clone(),
        weight: criterion.weight,
        verdict,
        findings,
        anchor: anchor_of(reached).unwrap_or_default(),
        next_anchor: anchor_of(reached + 1).unwrap_or_default(),
        by_words: None,
        second: None,
    }
}

fn find(detector: &Detector, sign: &Sign, shown_in: ShownIn, evidence: &Evidence<'_>) -> Vec<(usize, Match)> {
    let mut places = Vec::new();
    let mut sentences = Vec::new();
    for (place, segment) in evidence.usable.iter().enumerate() {
        let in_role_play = evidence.answers[segment.answer].setting == Setting::RolePlay;
        let counts = match shown_in {
            ShownIn::Any => true,
            ShownIn::RolePlay => in_role_play,
            ShownIn::Talk => !in_role_play,
        };
        if counts {
            places.push(place);
            sentences.push((*segment, evidence.vectors[place].as_slice()));
        }
    }
    detector.find(sign, &sentences).into_iter().map(|(number, found)| (places[number], found)).collect()
}

/// The positive indicator that, shown later, takes back the one at `at`.
fn correction(criterion: &Criterion, found: &[Found], at: usize) -> Option<usize> {
    let indicator = &criterion.indicators[at];
    let wrong_at = found[at].last_shown().filter(|_| indicator.polarity != Polarity::Positive)?;
    indicator.corrected_by.iter().find_map(|id| {
        let by = criterion.indicators.iter().position(|other| other.id == *id)?;
        found[by].last_shown().filter(|right_at| *right_at > wrong_at).map(|_| by)
    })
}

/// From the last time that the wrong thing was said to the first time after it that the right one was.
fn recovery(found: &[Found], at: usize, by: usize, evidence: &Evidence<'_>) -> Option<Recovery> {
    let shown = |found: &'_ Found| -> Vec<(usize, Match)> {
        found.matches.iter().filter(|(_, found)| found.confidence >= SHOWN).cloned().collect()
    };
    let wrong = shown(&found[at]).into_iter().max_by_key(|(place, _)| *place)?;
    let right = shown(&found[by])
        .into_iter()
        .filter(|(place, _)| *place > wrong.0)
        .min_by_key(|(place, _)| *place)?;
    let answer_of = |place: usize| evidence.usable[place].answer;
    let quote = |(place, found): &(usize, Match)| {
        Quote::cut(&evidence.answers[answer_of(*place)].turn, found.range.clone())
    };
    let corrected_in = answer_of(right.0);
    Some(Recovery {
        wrong: quote(&wrong)?,
        right: quote(&right)?,
        answers_later: corrected_in - answer_of(wrong.0),
        prompted: match evidence.answers[corrected_in].setting {
            Setting::Probe(kind) if corrected_in > answer_of(wrong.0) => Some(kind),
            _ => None,
        },
    })
}

fn quotes_of(found: &Found, evidence: &Evidence<'_>) -> Vec<Quote> {
    let mut best: Vec<&(usize, Match)> =
        found.matches.iter().filter(|(_, m)| m.confidence >= SHOWN).collect();
    best.sort_by(|a, b| b.1.confidence.total_cmp(&a.1.confidence).then(a.0.cmp(&b.0)));
    let mut quotes: Vec<Quote> = Vec::new();
    for (place, found) in best {
        let turn = &evidence.answers[evidence.usable[*place].answer].turn;
        let Some(quote) = Quote::cut(turn, found.range.clone()) else { continue };
        // The same words said again are no further evidence.
        if quotes.len() < MOST_QUOTES && quotes.iter().all(|other| other.text() != quote.text()) {
            quotes.push(quote);
        }
    }
    quotes
}

fn verdict(
    criterion: &Criterion,
    found: &[Found],
    corrected: &[Option<usize>],
    findings: &[Finding],
    evidence: &Evidence<'_>,
) -> Verdict {
    if let Some(reason) = abstention(criterion, evidence) {
        return Verdict::Abstain(reason);
    }
    let level_at = |positive_from: f64, negative_from: f64| {
        let (mut reached, mut whole, mut critical) = (0.0, 0.0, false);
        for ((indicator, found), corrected) in criterion.indicators.iter().zip(found).zip(corrected) {
            let confidence = found.confidence();
            match indicator.polarity {
                Polarity::Positive => {
                    whole += indicator.weight;
                    reached += if confidence >= positive_from { indicator.weight } else { 0.0 };
                }
                _ if corrected.is_some() || confidence < negative_from => {}
                Polarity::Negative => reached -= indicator.weight,
                Polarity::Critical => critical = true,
            }
        }
        let share = if whole > 0.0 { reached / whole } else { 0.0 };
        let level = criterion
            .levels
            .iter()
            .rev()
            .find(|level| level.at_least <= share)
            .map_or(1, |level| level.level);
        if critical { 1 } else { level }
    };
    let level = level_at(SHOWN, SHOWN);
    let shown = findings.iter().flat_map(|finding| finding.quotes.iter().cloned());
    // Nothing shown still rests on words: what was said instead.
    let quotes = Quotes::new(shown).or_else(|| Quotes::new(longest_answers(criterion, evidence)));
    match quotes {
        Some(quotes) => {
            Verdict::Level(LevelScore::new(level, level_at(SURE, NEARLY), level_at(NEARLY, SURE), quotes))
        }
        None => Verdict::Abstain(AbstainReason::NotAnswered),
    }
}

fn is_asked_for(criterion: &Criterion, answer: &Answer) -> bool {
    answer.criteria.iter().any(|id| criterion.id == *id.as_str())
}

fn abstention(criterion: &Criterion, evidence: &Evidence<'_>) -> Option<AbstainReason> {
    let mut asked = evidence.answers.iter().filter(|answer| is_asked_for(criterion, answer)).peekable();
    if asked.peek().is_none() {
        return Some(AbstainReason::NotAsked);
    }
    if asked.all(|answer| answer.turn.words.is_empty()) {
        return Some(AbstainReason::NotAnswered);
    }
    let words = |unusable: Option<Unusable>| {
        evidence
            .segments
            .iter()
            .filter(|segment| {
                segment.unusable == unusable && is_asked_for(criterion, &evidence.answers[segment.answer])
            })
            .map(|segment| segment.tokens.len())
            .sum::<usize>()
    };
    if words(None) >= LEAST_WORDS {
        return None;
    }
    [
        (Unusable::Injection, AbstainReason::Injection),
        (Unusable::Recited, AbstainReason::Recited),
        (Unusable::Unclear, AbstainReason::UnclearSpeech),
        (Unusable::NotConnected, AbstainReason::LanguageNotValidated),
    ]
    .into_iter()
    .find(|(unusable, _)| words(Some(*unusable)) > 0)
    .map(|(_, reason)| reason)
    .or(Some(AbstainReason::TooShort))
}

fn longest_answers(criterion: &Criterion, evidence: &Evidence<'_>) -> Vec<Quote> {
    let mut asked: Vec<&&Segment> =
        evidence.usable.iter().filter(|s| is_asked_for(criterion, &evidence.answers[s.answer])).collect();
    asked.sort_by_key(|segment| {
        (std::cmp::Reverse(segment.tokens.len()), segment.answer, segment.range.start)
    });
    asked
        .into_iter()
        .take(2)
        .filter_map(|segment| Quote::cut(&evidence.answers[segment.answer].turn, segment.range.clone()))
        .collect()
}

/// Puts the criteria together as if the session were complete.
pub(super) fn report(exam: &Exam, criteria: Vec<CriterionScore>, injections: Vec<Quote>) -> Report {
    let rubric = exam.rubric();
    let overall = overall(&criteria);
    // Another panel might have set the cut so far away: within that, a human decides.
    let unsure = rubric.cut_standard_error;
    let mut reasons = Vec::new();
    let mut recommendation = match overall {
        None => Recommendation::ReferToHuman,
        Some(overall) if overall.low >= rubric.cut_score + unsure => Recommendation::Meets,
        Some(overall) if overall.high < rubric.cut_score - unsure => Recommendation::DoesNotMeet,
        Some(_) => Recommendation::ReferToHuman,
    };
    if let Some(overall) = overall {
        reasons.push(format!(
            "weighted mean level {:.2} (interval {:.2} to {:.2}), cut score {:.2} (standard error {unsure:.2})",
            overall.mean, overall.low, overall.high, rubric.cut_score
        ));
    }
    let intervals = exam.calibration().map_or(&[][..], |calibration| &calibration.intervals);
    if let Some(least) = intervals.iter().min_by_key(|interval| interval.candidates) {
        reasons.push(format!(
            "each criterion's interval holds human raters' levels for {:.0} of 100 candidates (measured on {}); of the mean's nothing was measured",
            100.0 * least.stated, least.candidates
        ));
    } else if overall.is_some() {
        reasons.push(
            "intervals tell of doubtful signs and of scorers that differ: how far human raters differ on this rubric was not measured".to_owned(),
        );
    }
    let (mut abstained, mut surely_below) = (false, false);
    for (score, criterion) in criteria.iter().zip(&rubric.criteria) {
        if let Some((own, other)) = score.level().zip(score.by_words) {
            reasons.push(format!(
                "{}: level {} by words and meaning, and level {other} by words alone: the interval holds both",
                score.title,
                own.level()
            ));
        }
        if let Some((own, (other, second))) = score.level().zip(score.differing()) {
            reasons.push(format!(
                "{}: level {}, and level {other} by the second rater {}: the interval holds both",
                score.title,
                own.level(),
                second.rater
            ));
            let least = criterion.minimum_level;
            abstained |= own.level().abs_diff(other) >= FAR_APART || (own.level() < least) != (other < least);
        }
        match &score.verdict {
            Verdict::Abstain(reason) => {
                abstained = true;
                reasons.push(format!("{}: {}", criterion.title, reason.sentence()));
            }
            Verdict::Level(level) if level.high() < criterion.minimum_level => {
                recommendation = Recommendation::DoesNotMeet;
                surely_below = true;
                reasons.push(format!(
                    "{}: below the minimum level {}",
                    criterion.title, criterion.minimum_level
                ));
            }
            Verdict::Level(level) if level.low() < criterion.minimum_level => {
                abstained = true;
                reasons.push(format!(
                    "{}: perhaps below the minimum level {}",
                    criterion.title, criterion.minimum_level
                ));
            }
            Verdict::Level(_) => {}
        }
    }
    // Neither is said where what was not judged could turn it.
    let could_meet = !surely_below && best_mean(exam, &criteria) >= rubric.cut_score - unsure;
    let is_open = recommendation == Recommendation::Meets || could_meet;
    if abstained && is_open || overall.is_none() {
        recommendation = Recommendation::ReferToHuman;
    }
    if !exam.is_in_validated_language() {
        recommendation = Recommendation::ReferToHuman;
        reasons.push(format!(
            "the exam is held in {:?}: the signs of this program were made for English",
            exam.frame().language
        ));
    }
    let explanation = criteria.iter().flat_map(explain).collect();
    Report {
        recommendation,
        reasons,
        overall,
        cut_score: rubric.cut_score,
        cut_standard_error: unsure,
        cut_method: rubric.cut_method.clone(),
        validation_status: rubric.validation_status.clone(),
        criteria,
        injections,
        explanation,
    }
}

/// Adds what the course of the session means for the recommendation.
pub(super) fn conclude(exam: &Exam, outcome: &Outcome, report: &mut Report) {
    let practice = outcome.standing() == Standing::Practice;
    tell_asked_from_not_asked(exam, outcome, report);
    if outcome.ending != Ending::Complete {
        report.recommendation = Recommendation::ReferToHuman;
        report.reasons.push(format!("the session is incomplete: {}", outcome.ending.sentence()));
    }
    for entry in outcome.coverage.iter().filter(|entry| !entry.covered) {
        let required =
            exam.rubric().domains.iter().any(|domain| domain.required && domain.id == *entry.domain.as_str());
        if required && report.recommendation == Recommendation::Meets {
            report.recommendation = Recommendation::ReferToHuman;
        }
        if required {
            report.reasons.push(format!("required domain not covered: {}", entry.title));
        }
    }
    if outcome.ending == Ending::Complete && !practice {
        heed_objectives(outcome, report);
    }
    if !report.injections.is_empty() {
        report.reasons.push(format!(
            "{} passage(s) addressed the machine; they were left out and are marked for the human",
            report.injections.len()
        ));
    }
    if practice {
        report.recommendation = Recommendation::Practice;
        report.reasons.insert(0, "practice: the levels are feedback, and nothing is recommended".to_owned());
    }
}

/// Levels alone do not meet the standard while an objective is open: a human looks at it. It takes nothing back from who does not meet it.
fn heed_objectives(outcome: &Outcome, report: &mut Report) {
    let open = outcome.objectives_open.iter().map(|id| format!("objective not met: {id}"));
    let waiting = outcome.objectives_to_confirm.iter().map(|id| format!("objective waits for a human: {id}"));
    let told: Vec<String> = open.chain(waiting).collect();
    if !told.is_empty() && report.recommendation == Recommendation::Meets {
        report.recommendation = Recommendation::ReferToHuman;
    }
    report.reasons.extend(told);
}

/// A question that was put before the session ended leaves no answer, and scoring sees answers alone; the course of the session knows it.
fn tell_asked_from_not_asked(exam: &Exam, outcome: &Outcome, report: &mut Report) {
    let scene = exam.role_play();
    let put: Vec<&Id> = outcome
        .coverage
        .iter()
        .flat_map(|entry| &entry.asked)
        .flat_map(|id| {
            let question = exam.question(id).map(|question| &question.criteria);
            question.or_else(|| (scene.id == *id.as_str()).then_some(&scene.criteria))
        })
        .flatten()
        .collect();
    let (not_asked, not_answered) = (AbstainReason::NotAsked, AbstainReason::NotAnswered);
    for score in &mut report.criteria {
        let was_put = put.iter().any(|id| **id == *score.criterion.as_str());
        if !was_put || score.verdict != Verdict::Abstain(not_asked) {
            continue;
        }
        score.verdict = Verdict::Abstain(not_answered);
        let said = |reason: AbstainReason| format!("{}: {}", score.title, reason.sentence());
        for line in report.reasons.iter_mut().filter(|line| **line == said(not_asked)) {
            *line = said(not_answered);
        }
    }
    report.explanation = report.criteria.iter().flat_map(explain).collect();
}

fn overall(criteria: &[CriterionScore]) -> Option<Overall> {
    let levels: Vec<(f64, &LevelScore)> =
        criteria.iter().filter_map(|score| Some((score.weight, score.level()?))).collect();
    let whole: f64 = levels.iter().map(|(weight, _)| weight).sum();
    if levels.is_empty() || whole <= 0.0 {
        return None;
    }
    let mean = levels.iter().map(|(weight, level)| weight * f64::from(level.level())).sum::<f64>() / whole;
    let spread = |width: &dyn Fn(&LevelScore) -> u8| {
        levels
            .iter()
            .map(|(weight, level)| (weight / whole * f64::from(width(level))).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    Some(Overall {
        mean,
        low: mean - spread(&|level| level.level() - level.low()),
        high: mean + spread(&|level| level.high() - level.level()),
    })
}

/// The weighted mean with every criterion as high as it may be.
fn best_mean(exam: &Exam, criteria: &[CriterionScore]) -> f64 {
    let levels = criteria.iter().zip(&exam.rubric().criteria).map(|(score, criterion)| {
        let highest = score.level().map_or(criterion.levels.len(), |level| usize::from(level.high()));
        (score.weight, score.weight * highest as f64)
    });
    let (weights, points) = levels.fold((0.0, 0.0), |(w, p), (weight, point)| (w + weight, p + point));
    points / f64::max(weights, f64::MIN_POSITIVE)
}

fn explain(score: &CriterionScore) -> Vec<String> {
    let mut lines = Vec::new();
    match &score.verdict {
        Verdict::Abstain(reason) => lines.push(format!("{}: no level: {}.", score.title, reason.sentence())),
        Verdict::Level(level) => {
            lines.push(format!("{}: level {}: {}", score.title, level.level(), score.anchor));
        }
    }
    match score.second.as_ref().map(|second| (second, second.level, &second.abstained)) {
        Some((second, Some(level), _)) => {
            lines.push(format!("  second rater {}: level {level}", second.rater));
        }
        Some((second, None, Some(reason))) => {
            lines.push(format!("  second rater {}: no level: {reason}", second.rater));
        }
        _ => {}
    }
    for finding in &score.findings {
        let quote = finding.quotes.first().map_or("", Quote::text);
        match (finding.polarity, finding.presence) {
            (Polarity::Positive, Presence::Shown) => {
                lines.push(format!("  shown: {}: \"{quote}\"", finding.text));
            }
            (Polarity::Positive, _) => lines.push(format!("  missing: {}", finding.text)),
            (_, Presence::Shown) => lines.push(format!("  against: {}: \"{quote}\"", finding.text)),
            (_, Presence::Corrected) => {
                lines.push(format!("  corrected later: {}: \"{quote}\"", finding.text));
            }
            (_, Presence::Missing) => {}
        }
    }
    if !score.next_anchor.is_empty() {
        lines.push(format!("  what would reach the next level: {}", score.next_anchor));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::Arc;

    use viva_media::Timestamp;

    use super::*;
    use crate::conversation::{Config, Conversation, Input, Output, StopReason};
    use crate::exam::{CALIBRATION_FILE, Calibration, CalibrationGate};
    use crate::score::{Scorer, typed_turn};

    fn read(root: &Path, at: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(at).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                read(root, &path, files);
            } else {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path).expect("a readable file"));
            }
        }
    }

    fn package() -> BTreeMap<String, Vec<u8>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exams/nursing-de-escalation");
        let mut files = BTreeMap::new();
        read(&root, &root, &mut files);
        files
    }

    fn load(files: &BTreeMap<String, Vec<u8>>) -> Arc<Exam> {
        Arc::new(Exam::load(files).unwrap_or_else(|errors| panic!("{errors}")))
    }

    fn nursing() -> Arc<Exam> {
        load(&package())
    }

    #[test]
    fn a_calibrated_interval_is_as_wide_as_human_raters_were_off() {
        let mut files = package();
        let plain = load(&files);
        let first = &plain.rubric().criteria[0];
        let interval = |criterion: &Criterion, below, above| CalibrationInterval {
            criterion: criterion.id.to_string(),
            below,
            above,
            stated: 0.9,
            candidates: 34,
        };
        let note =
            Calibration {
                exam_sha256: plain.scored_hash_hex(),
                ratings_sha256: String::new(),
                program: "viva".to_owned(),
                network: String::new(),
                sessions: 34,
                candidates: 34,
                raters: 2,
                gates: vec![CalibrationGate { name: "QWK".to_owned(), value: Some(0.8), passed: true }],
                intervals: plain
                    .rubric()
                    .criteria
                    .iter()
                    .map(|criterion| {
                        if criterion.id == first.id {
                            interval(first, 1, 9)
                        } else {
                            interval(criterion, 0, 0)
                        }
                    })
                    .collect(),
                signer: String::new(),
                signature: String::new(),
            };
        let refused = |change: fn(&mut Vec<CalibrationInterval>)| {
            let (mut files, mut note) = (files.clone(), note.clone());
            change(&mut note.intervals);
            files.insert(CALIBRATION_FILE.to_owned(), serde_json::to_vec(&note).expect("it is JSON"));
            let told = Exam::load(&files).expect_err("it is no measurement of this rubric").to_string();
            assert!(told.contains("`intervals` name every criterion"), "{told}");
        };
        refused(|all| drop(all.pop()));
        refused(|all| all[1] = all[0].clone());
        refused(|all| all[0].criterion = "dances".to_owned());
        refused(|all| all[0].stated = 90.0);
        refused(|all| all[0].candidates = 0);
        files.insert(CALIBRATION_FILE.to_owned(), serde_json::to_vec(&note).expect("it is JSON"));
        let measured = load(&files);
        let answer = Answer {
            turn: typed_turn(
                1,
                "I would keep my distance and speak slowly and calmly to him.",
                Timestamp::ZERO,
            ),
            question: String::new(),
            criteria: plain.rubric().criteria.iter().map(|criterion| criterion.id.to_string()).collect(),
            setting: crate::score::Setting::Question,
            heard: String::new(),
        };
        let of = |exam: &Arc<Exam>| {
            Scorer::lexical(exam.clone()).score_answers(std::slice::from_ref(&answer)).expect("no embedder")
        };
        let (before, after) = (of(&plain), of(&measured));
        for (at, (before, after)) in before.criteria.iter().zip(&after.criteria).enumerate() {
            let (before, after) = (before.level().expect("a level"), after.level().expect("a level"));
            assert_eq!(before.level(), after.level(), "the level is the machine's");
            let [low, high] = match at {
                0 => [before.low().min(before.level().saturating_sub(1).max(1)), first.levels.len() as u8],
                _ => [before.low(), before.high()],
            };
            assert_eq!([after.low(), after.high()], [low, high]);
        }
        let says = |report: &Report| {
            report.reasons.iter().any(|line| line.contains("human raters' levels for 90 of 100 candidates"))
        };
        assert!(says(&after) && !says(&before), "{:?}", after.reasons);
    }

    /// Scores of an exam's criteria at these levels; 0 for one that was not judged.
    fn at_levels(exam: &Exam, levels: &[u8]) -> Vec<CriterionScore> {
        let turn = typed_turn(1, "I keep my distance.", Timestamp::ZERO);
        let quote = Quote::cut(&turn, 0..6).expect("words");
        let scores = exam.rubric().criteria.iter().zip(levels).map(|(criterion, level)| CriterionScore {
            criterion: criterion.id.to_string(),
            title: criterion.title.clone(),
            weight: 1.0,
            verdict: match level {
                0 => Verdict::Abstain(AbstainReason::LanguageNotValidated),
                level => {
                    let quotes = Quotes::new(vec![quote.clone()]).expect("one");
                    Verdict::Level(LevelScore::new(*level, *level, *level, quotes))
                }
            },
            findings: Vec::new(),
            anchor: String::new(),
            next_anchor: String::new(),
            by_words: None,
            second: None,
        });
        scores.collect()
    }

    #[test]
    fn what_was_not_judged_leaves_the_result_open_unless_it_could_turn_nothing() {
        let exam = nursing();
        let of = |levels: &[u8]| report(&exam, at_levels(&exam, levels), Vec::new()).recommendation;
        assert_eq!(of(&[2, 2, 2, 2, 2, 2]), Recommendation::DoesNotMeet, "2.0 of 2.5 needed");
        assert_eq!(
            of(&[2, 2, 2, 2, 2, 0]),
            Recommendation::ReferToHuman,
            "2.33 at the very best: near the cut"
        );
        assert_eq!(
            of(&[2, 2, 2, 2, 3, 3]),
            Recommendation::ReferToHuman,
            "2.33: another panel might let it pass"
        );
        assert_eq!(of(&[2, 2, 2, 2, 0, 0]), Recommendation::ReferToHuman, "2.67 at the very best");
        assert_eq!(of(&[1, 2, 2, 2, 0, 0]), Recommendation::DoesNotMeet, "below a minimum for sure");
        assert_eq!(of(&[4, 4, 4, 4, 4, 0]), Recommendation::ReferToHuman);
    }

    #[test]
    fn in_a_language_that_was_not_validated_a_human_judges() {
        let mut files = package();
        let frame = String::from_utf8(files["exam.toml"].clone()).expect("it is text");
        for (language, validated) in [("en", true), ("en-GB", true), ("de", false), ("ensomething", false)] {
            let said = frame.replacen("language = \"en\"", &format!("language = \"{language}\""), 1);
            files.insert("exam.toml".to_owned(), said.into_bytes());
            let exam = load(&files);
            assert_eq!(exam.frame().language, language);
            let report = report(&exam, at_levels(&exam, &[4; 6]), Vec::new());
            let expected = if validated { Recommendation::Meets } else { Recommendation::ReferToHuman };
            assert_eq!(report.recommendation, expected, "{language}");
            let told = report.reasons.iter().any(|line| line.contains("made for English"));
            assert_eq!(told, !validated, "{language}: {:?}", report.reasons);
        }
    }

    #[test]
    fn a_question_that_was_put_and_left_is_not_called_not_asked() {
        let exam = nursing();
        let mut examiner = Conversation::new(exam.clone(), Config::default());
        let turn = |id, text| Input::Turn(typed_turn(id, text, Timestamp::from_secs(f64::from(id) * 10.0)));
        let (stop, mut inputs) = (Input::Stop { reason: StopReason::Candidate }, vec![Input::Start]);
        inputs.extend([turn(1, "Yes, I agree."), turn(2, "I work on a ward for older people."), stop]);
        let mut outcome = None;
        for (at, input) in inputs.into_iter().enumerate() {
            examiner.handle(Timestamp::from_secs(at as f64 * 20.0), input);
            while let Some(output) = examiner.poll() {
                if let Output::Finished(finished) = output {
                    outcome = Some(finished);
                }
            }
        }
        let outcome = outcome.expect("the candidate stopped");
        let put: Vec<&String> = outcome.coverage.iter().flat_map(|entry| &entry.asked).collect();
        let [put] = put[..] else { panic!("one question was put, not {put:?}") };
        let asked_for = &exam.question(put).expect("a question of the exam").criteria;
        let report = Scorer::lexical(exam.clone()).score(&outcome).expect("no embedder");
        for score in &report.criteria {
            let was_put = asked_for.iter().any(|id| *id == *score.criterion.as_str());
            let reason = if was_put { AbstainReason::NotAnswered } else { AbstainReason::NotAsked };
            assert_eq!(score.verdict, Verdict::Abstain(reason), "{}", score.title);
            let said = format!("{}: {}", score.title, reason.sentence());
            assert!(report.reasons.contains(&said), "{said} is not in {:?}", report.reasons);
            let said = format!("{}: no level: {}.", score.title, reason.sentence());
            assert!(report.explanation.contains(&said), "{said} is not in {:?}", report.explanation);
        }
    }
}
