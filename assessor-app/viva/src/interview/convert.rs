//! From the assessment's results to the record's shapes.

use viva_assessment::conversation::{AskedBack, Ending, EventKind, Measured};
use viva_assessment::exam::{GuardrailKind, Polarity};
use viva_assessment::score::{AbstainReason, Addition, NearestChange, Presence, Verdict};
use viva_assessment::{
    ConversationEvent, EmbedderError, Exam, Outcome, Quote, Recommendation, Report, Scorer,
};
use viva_exchange::UtteranceId;
use viva_record::wire;

/// The score sheet of a session. `turn_of` names the turn in which an utterance was heard.
pub(crate) fn score_sheet(
    scorer: &Scorer,
    outcome: &Outcome,
    report: &Report,
    log: &[ConversationEvent],
    turn_of: &dyn Fn(UtteranceId) -> Option<u32>,
) -> Result<wire::ScoreSheet, EmbedderError> {
    let exam = scorer.exam();
    let rubric = exam.rubric();
    let most = rubric.criteria.iter().map(|c| c.levels.len()).max().unwrap_or(4).max(2);
    // Levels begin at 1; the share of the way from the lowest to the highest is what a percentage can mean.
    let share = |level: f64| ((level - 1.0) / (most as f64 - 1.0)).clamp(0.0, 1.0);
    // Who was asked nothing, or said nothing, has not answered; that is no result.
    let nothing_answered = outcome.ending == Ending::RecordingEnded
        || outcome.answers.iter().all(|answer| answer.turn.words.is_empty());
    let nearest = if nothing_answered { None } else { scorer.nearest_change(outcome)? };
    Ok(wire::ScoreSheet {
        criteria: report.criteria.iter().map(|score| criterion(exam, score)).collect(),
        overall: report.overall.map(|overall| share(overall.mean)),
        cut: share(report.cut_score),
        cut_standard_error: report.cut_standard_error / (most as f64 - 1.0),
        cut_method: report.cut_method.clone(),
        recommendation: match report.recommendation {
            Recommendation::Practice => wire::Recommendation::Practice,
            _ if nothing_answered => wire::Recommendation::NotAnswered,
            Recommendation::Meets => wire::Recommendation::Meets,
            Recommendation::DoesNotMeet => wire::Recommendation::DoesNotMeet,
            Recommendation::ReferToHuman => wire::Recommendation::ReferToHuman,
        },
        explanation: report.reasons.clone(),
        validation_status: report.validation_status.clone(),
        consent: log.iter().find_map(|event| match &event.kind {
            EventKind::ConsentGiven { quote: said } => said.as_ref().map(|words| quote(words, None)),
            _ => None,
        }),
        ending: Some(ending(outcome.ending)),
        coverage: coverage(exam, outcome),
        objectives: objectives(exam, outcome, log),
        choices: log.iter().filter_map(choice).collect(),
        roleplay: log.iter().filter_map(roleplay_step).collect(),
        guardrails: log.iter().filter_map(guardrail).collect(),
        probes: log.iter().filter_map(|event| probe(exam, event, turn_of)).collect(),
        candidate_questions: log.iter().filter_map(candidate_question).collect(),
        nearest_change: nearest.map(nearest_change),
    })
}

const fn ending(ending: Ending) -> wire::Ending {
    match ending {
        Ending::Complete => wire::Ending::Complete,
        Ending::ConsentRefused => wire::Ending::ConsentRefused,
        Ending::StoppedByCandidate => wire::Ending::StoppedByCandidate,
        Ending::HumanRequested => wire::Ending::HumanRequested,
        Ending::HandedOver => wire::Ending::HandedOver,
        Ending::StoppedByOperator => wire::Ending::StoppedByOperator,
        Ending::TechnicalFailure => wire::Ending::TechnicalFailure,
        Ending::RecordingEnded => wire::Ending::RecordingEnded,
    }
}

const fn no_level(reason: AbstainReason) -> wire::NoLevel {
    match reason {
        AbstainReason::NotAsked => wire::NoLevel::NotAsked,
        AbstainReason::NotAnswered => wire::NoLevel::NotAnswered,
        AbstainReason::TooShort => wire::NoLevel::TooShort,
        AbstainReason::UnclearSpeech => wire::NoLevel::UnclearSpeech,
        AbstainReason::Injection => wire::NoLevel::Injection,
        AbstainReason::Recited => wire::NoLevel::Recited,
        AbstainReason::LanguageNotValidated => wire::NoLevel::LanguageNotValidated,
    }
}

/// Every objective with what was measured of it last. A recording pursues none.
fn objectives(exam: &Exam, outcome: &Outcome, log: &[ConversationEvent]) -> Vec<wire::Objective> {
    if outcome.ending == Ending::RecordingEnded {
        return Vec::new();
    }
    let measured = |id: &str| {
        log.iter().rev().find_map(|event| match &event.kind {
            EventKind::ObjectiveMeasured { objective, outputs } if objective == id => {
                Some(outputs.as_slice())
            }
            _ => None,
        })
    };
    let open_because = |id: &str| {
        log.iter().find_map(|event| match &event.kind {
            EventKind::ObjectiveNotMet { objective, reason } if objective == id => Some(reason.clone()),
            _ => None,
        })
    };
    let state = |id: &String| {
        if outcome.objectives_met.contains(id) {
            wire::ObjectiveState::Met
        } else if outcome.objectives_to_confirm.contains(id) {
            wire::ObjectiveState::ToConfirm
        } else {
            wire::ObjectiveState::Open
        }
    };
    let of = |objective: &viva_assessment::exam::Objective| {
        let id = objective.id.to_string();
        wire::Objective {
            text: objective.text.clone(),
            state: state(&id),
            open_because: open_because(&id),
            outputs: measured(&id).unwrap_or_default().iter().map(output).collect(),
            id,
        }
    };
    exam.objectives().map(of).collect()
}

fn output(measured: &Measured) -> wire::ObjectiveOutput {
    let of = measured.criterion.as_ref().map_or_else(String::new, |criterion| format!(" on {criterion}"));
    wire::ObjectiveOutput {
        name: measured.name.clone(),
        is: format!("{}{of}", measured.is.sentence()),
        value: measured.value,
        quotes: measured.quotes.iter().map(|q| quote(q, None)).collect(),
    }
}

fn choice(event: &ConversationEvent) -> Option<wire::Choice> {
    let (question, reason) = match &event.kind {
        EventKind::QuestionChosen { question, reason, .. } => (question, reason.clone()),
        EventKind::Branched { objective, question, reason, is_taken: true } => {
            (question, format!("{objective}: {reason}"))
        }
        _ => return None,
    };
    Some(wire::Choice { at_s: event.at.as_secs(), question: question.clone(), reason })
}

fn recovery(finding: &viva_assessment::score::Finding) -> Option<wire::Recovery> {
    let recovery = finding.recovery.as_ref()?;
    Some(wire::Recovery {
        sign: finding.text.clone(),
        wrong: quote(&recovery.wrong, None),
        right: quote(&recovery.right, None),
        answers_later: u32::try_from(recovery.answers_later).unwrap_or(u32::MAX),
        prompted: recovery.prompted.map(|kind| kind.name().to_owned()),
    })
}

fn nearest_change(change: NearestChange) -> wire::NearestChange {
    let addition = |addition: Addition| wire::Addition {
        criterion: addition.title,
        indicator: addition.text,
        example: addition.example,
    };
    wire::NearestChange {
        additions: change.additions.into_iter().map(addition).collect(),
        stands: change.stands,
        meets: change.meets,
    }
}

fn criterion(exam: &Exam, score: &viva_assessment::score::CriterionScore) -> wire::CriterionResult {
    let rubric = exam.rubric().criterion(&score.criterion);
    let texts = |wanted: fn(&viva_assessment::score::Finding) -> bool| {
        score.findings.iter().filter(|f| wanted(f)).map(|f| f.text.clone()).collect::<Vec<_>>()
    };
    let (level, interval, reason) = match &score.verdict {
        Verdict::Level(level) => {
            (Some(level.level()), Some((f32::from(level.low()), f32::from(level.high()))), None)
        }
        Verdict::Abstain(reason) => (None, None, Some(*reason)),
    };
    let mut quotes: Vec<wire::QuoteRef> = Vec::new();
    // The words that put an error right stand under what they show, not under the error.
    let is_right = |q: &viva_assessment::score::Quote| {
        let mut right = score.findings.iter().filter(|f| f.polarity == Polarity::Positive);
        right.any(|f| f.quotes.contains(q))
    };
    for finding in &score.findings {
        match finding.presence {
            Presence::Missing => {}
            Presence::Shown => quotes.extend(finding.quotes.iter().map(|q| quote(q, Some(&finding.text)))),
            Presence::Corrected => {
                let label = format!("{}, put right later", finding.text);
                let of_the_error = finding.quotes.iter().filter(|q| !is_right(q));
                quotes.extend(of_the_error.map(|q| quote(q, Some(&label))));
            }
        }
    }
    if let (Some(level), true) = (score.level(), quotes.is_empty()) {
        quotes.extend(level.quotes().iter().map(|q| quote(q, None)));
    }
    let domain = rubric.and_then(|c| exam.rubric().domains.iter().find(|domain| domain.id == c.domain));
    wire::CriterionResult {
        id: score.criterion.clone(),
        name: score.title.clone(),
        domain: domain.map_or_else(String::new, |domain| domain.title.clone()),
        level,
        interval,
        abstained: reason.map(|reason| reason.sentence().to_owned()),
        no_level: reason.map(no_level),
        max_level: rubric.map_or(4, |c| c.levels.len() as u8),
        required_level: rubric.map(|c| c.minimum_level).filter(|&minimum| minimum > 1),
        anchors: anchors(rubric),
        quotes,
        shown: texts(|f| f.polarity == Polarity::Positive && f.presence != Presence::Missing),
        missing: texts(|f| f.polarity == Polarity::Positive && f.presence == Presence::Missing),
        negative: texts(|f| f.polarity != Polarity::Positive && f.presence == Presence::Shown),
        would_meet: (!score.next_anchor.is_empty()).then(|| score.next_anchor.clone()),
        recoveries: score.findings.iter().filter_map(recovery).collect(),
        second: score.second.as_ref().map(|second| wire::SecondOpinion {
            rater: second.rater.clone(),
            request: second.request.clone(),
            level: second.level,
            quotes: second.quotes.iter().map(|q| quote(q, None)).collect(),
            abstained: second.abstained.clone(),
        }),
    }
}

/// The rubric's words by level; there is no level 0 in a rubric, and the record's list begins there.
fn anchors(rubric: Option<&viva_assessment::exam::Criterion>) -> Vec<String> {
    let levels = rubric.map_or(&[][..], |criterion| &criterion.levels[..]);
    let lowest = "Nothing that can be scored.".to_owned();
    std::iter::once(lowest).chain(levels.iter().map(|level| level.anchor.clone())).collect()
}

fn coverage(exam: &Exam, outcome: &Outcome) -> Vec<wire::Coverage> {
    let required =
        |name: &str| exam.rubric().domains.iter().any(|domain| domain.required && domain.id == *name);
    outcome
        .coverage
        .iter()
        .map(|entry| wire::Coverage {
            domain: entry.title.clone(),
            asked: entry.asked.len() as u32,
            answered: entry.answered.len() as u32,
            required: required(&entry.domain),
        })
        .collect()
}

fn quote(quote: &Quote, indicator: Option<&str>) -> wire::QuoteRef {
    wire::QuoteRef {
        turn: quote.turn().0,
        text: quote.text().to_owned(),
        start_s: quote.start().as_secs(),
        end_s: quote.end().as_secs(),
        indicator: indicator.map(str::to_owned),
    }
}

fn roleplay_step(event: &ConversationEvent) -> Option<wire::RoleplayStep> {
    let EventKind::RolePlayLevel { from, to, rules, quotes } = &event.kind else { return None };
    Some(wire::RoleplayStep {
        at_s: event.at.as_secs(),
        from: f32::from(*from),
        to: f32::from(*to),
        rule: rules.join(", "),
        quote: quotes.first().map(|q| quote(q, None)),
    })
}

fn guardrail(event: &ConversationEvent) -> Option<wire::GuardrailFlag> {
    if let EventKind::WishAnswered { confirmed, .. } = &event.kind {
        let rule = "asked whether that was meant".to_owned();
        let action = if *confirmed { "Yes" } else { "NotConfirmed" }.to_owned();
        return Some(wire::GuardrailFlag { at_s: event.at.as_secs(), rule, action, ..Default::default() });
    }
    let EventKind::GuardrailHit { guardrail, kind, quote: words, judged } = &event.kind else { return None };
    let by_meaning = judged.as_ref().map_or_else(String::new, |judged| {
        format!(", told by meaning: {} (near to “{}”)", judged.topic.word(), judged.nearest)
    });
    Some(wire::GuardrailFlag {
        at_s: event.at.as_secs(),
        rule: guardrail.clone(),
        action: format!("{kind:?}{by_meaning}"),
        is_injection: *kind == GuardrailKind::Injection,
        quote: words.as_ref().map(|q| quote(q, None)),
    })
}

fn candidate_question(event: &ConversationEvent) -> Option<wire::CandidateQuestion> {
    let EventKind::CandidateAsked { quote: words, became, statements, .. } = &event.kind else { return None };
    let told = matches!(became, AskedBack::Answered | AskedBack::Contradicting);
    Some(wire::CandidateQuestion {
        at_s: event.at.as_secs(),
        quote: words.as_ref().map(|q| quote(q, None)),
        became: became.sentence().to_owned(),
        statements: statements
            .iter()
            .map(|statement| wire::CitedWords {
                words: if told { statement.words.clone() } else { String::new() },
                citation: statement.citation.to_string(),
            })
            .collect(),
    })
}

fn probe(
    exam: &Exam,
    event: &ConversationEvent,
    turn_of: &dyn Fn(UtteranceId) -> Option<u32>,
) -> Option<wire::Probe> {
    let EventKind::ProbeChosen { question, reason, utterance, .. } = &event.kind else { return None };
    let asked = exam.frame().questions.iter().find(|q| q.id == *question.as_str());
    Some(wire::Probe {
        asked_in: turn_of(*utterance)?,
        criterion: asked.and_then(|q| q.criteria.first()).map_or_else(String::new, ToString::to_string),
        reason: reason.clone(),
        citation: asked
            .and_then(|q| q.cites.as_ref())
            .map(|cites| exam.citation(cites).map_or_else(|| cites.to_string(), |found| found.to_string())),
    })
}
