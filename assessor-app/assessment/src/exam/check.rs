//! What must hold across the files of a package.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::acknowledgement::MOST_LISTED;
use super::bank::LIKE_THE_MINIMUM_SET;
use super::{
    Acknowledgement, AgitationLevel, Condition, Consent, ExamError, FORMAT, Fact, Frame, GuardrailKind,
    Guardrails, HARDEST, Id, Objective, ObjectiveKind, Objectives, OutputKind, Persona, Polarity, ProbeKind,
    RolePlay, Rubric, Source, Variant, WrittenPattern,
    error::fault,
    speakable::{SPOKEN, with_braces},
};
use crate::candidate::CandidateScript;

/// The most that a weight may be: beyond it one sign would be all that counts.
const MOST_WEIGHT: f64 = 1000.0;
/// The longest answer that can be planned for, in seconds.
const LONGEST_ANSWER_S: f32 = 3600.0;

/// The longest time for an appeal, in days: ten years.
const MOST_APPEAL_DAYS: u32 = 3650;

/// The parts that could be read; what is absent has left its own fault and is not complained about again.
pub(super) struct Parts<'a> {
    pub(super) files: &'a BTreeMap<String, Vec<u8>>,
    pub(super) frame: Option<&'a Frame>,
    pub(super) persona: Option<&'a Persona>,
    pub(super) rubric: Option<&'a Rubric>,
    pub(super) objectives: Option<&'a Objectives>,
    pub(super) guardrails: Option<&'a Guardrails>,
    pub(super) role_play: Option<&'a RolePlay>,
    pub(super) sources: &'a BTreeMap<String, Source>,
    pub(super) candidates: &'a BTreeMap<String, CandidateScript>,
}

pub(super) fn check(parts: &Parts<'_>, errors: &mut Vec<ExamError>) {
    if let Some(rubric) = parts.rubric {
        check_rubric(rubric, &mut Sink::new(parts, "rubric.toml", errors));
    }
    if let Some(frame) = parts.frame {
        check_frame(frame, parts, &mut Sink::new(parts, "exam.toml", errors));
    }
    if let Some(persona) = parts.persona {
        let mut sink = Sink::new(parts, "persona.toml", errors);
        sink.require(!persona.disclosure.is_empty(), None, "`disclosure` needs at least one sentence");
        sink.said("`name`", None, [&persona.name]);
        sink.said("`disclosure`", None, &persona.disclosure);
        sink.require((0.0..=1.0).contains(&persona.manner_level), None, "`manner_level` lies in 0..=1");
        check_acknowledgements(&persona.acknowledgements, &mut sink);
    }
    if let Some(objectives) = parts.objectives {
        check_objectives(objectives, parts, &mut Sink::new(parts, "objectives.toml", errors));
    }
    if let Some(guardrails) = parts.guardrails {
        let mut sink = Sink::new(parts, "guardrails.toml", errors);
        sink.unique(guardrails.guardrails.iter().map(|rule| &rule.id));
        for rule in &guardrails.guardrails {
            sink.patterns(&rule.patterns);
            let is_wish = rule.kind.ends_session();
            let span = || Some(rule.id.span());
            sink.require(
                rule.ask.is_empty() || is_wish,
                span(),
                &format!("`{}`: only a rule of kind `human`, `stop` or `escalate` has an `ask`", rule.id),
            );
            sink.require(
                rule.ask_words == 0
                    || !rule.ask.is_empty() && rule.ask_words > rule.most_words && rule.most_words > 0,
                span(),
                &format!(
                    "`{}`: `ask_words` needs an `ask`, and a `most_words` above 0 and below it",
                    rule.id
                ),
            );
        }
        // Promised to every candidate, whatever the exam.
        for (kind, name) in [(GuardrailKind::Human, "human"), (GuardrailKind::Stop, "stop")] {
            let is_there = guardrails
                .guardrails
                .iter()
                .any(|r| r.kind == kind && !r.patterns.is_empty() && !r.always_asks());
            sink.require(
                is_there,
                None,
                &format!("a rule of kind `{name}` is needed that does not always ask first: the wish is always honoured"),
            );
        }
    }
    if let Some(role_play) = parts.role_play {
        check_role_play(role_play, parts, &mut Sink::new(parts, "roleplay.toml", errors));
    }
    for file in SPOKEN {
        let mut sink = Sink::new(parts, file, errors);
        for span in with_braces(sink.text) {
            sink.push(Some(span), "a voice cannot say braces: write the text without `{` and `}`".to_owned());
        }
    }
    for (name, script) in parts.candidates {
        let path = format!("candidates/{name}.toml");
        let mut sink = Sink::new(parts, &path, errors);
        sink.require(!script.fallbacks.is_empty(), None, "a candidate needs at least one [[fallback]]");
        for question in script.lines.iter().filter_map(|line| line.question.as_ref()) {
            let known = parts.frame.is_none_or(|frame| {
                is_fixed(question) || frame.questions.iter().any(|other| other.id == *question)
            });
            sink.require(known, Some(question.span()), &format!("no question `{question}` in exam.toml"));
        }
    }
}

/// Names that stand for the examiner's fixed questions.
fn is_fixed(id: &str) -> bool {
    matches!(id, crate::conversation::CONSENT_QUESTION | crate::conversation::WARM_UP_QUESTION)
}

fn check_acknowledgements(listed: &[Acknowledgement], sink: &mut Sink<'_>) {
    for (at, acknowledgement) in listed.iter().enumerate() {
        let here = || Some(acknowledgement.span());
        if let Some(fault) = acknowledgement.fault() {
            sink.push(here(), fault);
        }
        let before = listed.iter().take(at).any(|other| other.says_the_same(acknowledgement));
        sink.require(!before, here(), &format!("`{}` is listed twice", acknowledgement.as_str()));
    }
    if let [only] = listed {
        let message = "one acknowledgement would be said again and again: list at least two, or none";
        sink.push(Some(only.span()), message.to_owned());
    }
    if let Some(surplus) = listed.get(MOST_LISTED) {
        sink.push(Some(surplus.span()), format!("at most {MOST_LISTED} acknowledgements are listed"));
    }
}

fn check_rubric(rubric: &Rubric, sink: &mut Sink<'_>) {
    sink.said("`version`", Some(rubric.id.span()), [&rubric.version]);
    sink.unique(std::iter::once(&rubric.id));
    sink.require(!rubric.criteria.is_empty(), Some(rubric.id.span()), "rubric has no [[criterion]]");
    sink.require(!rubric.domains.is_empty(), Some(rubric.id.span()), "rubric has no [[domain]]");
    sink.unique(rubric.domains.iter().map(|domain| &domain.id));
    for domain in &rubric.domains {
        sink.said("`title`", Some(domain.id.span()), [&domain.title]);
    }
    sink.unique(rubric.criteria.iter().map(|criterion| &criterion.id));
    sink.unique(rubric.criteria.iter().flat_map(|c| c.indicators.iter().map(|indicator| &indicator.id)));
    let highest =
        rubric.criteria.iter().flat_map(|c| c.levels.iter().map(|level| level.level)).max().unwrap_or(4);
    let cut_fits = rubric.cut_score >= 1.0 && rubric.cut_score <= f64::from(highest);
    sink.require(
        cut_fits,
        Some(rubric.id.span()),
        "`cut_score` must lie between level 1 and the highest level",
    );
    sink.require(
        (0.0..=1.0).contains(&rubric.cut_standard_error),
        Some(rubric.id.span()),
        "`cut_standard_error` lies in 0..=1 level",
    );
    for criterion in &rubric.criteria {
        let at = Some(criterion.id.span());
        sink.refers("domain", &criterion.domain, rubric.domains.iter().map(|domain| &domain.id));
        sink.said("`title`", at.clone(), [&criterion.title]);
        sink.weight(criterion.weight, at.clone());
        let highest = criterion.levels.len();
        sink.require(
            (1..=highest).contains(&usize::from(criterion.minimum_level)),
            at.clone(),
            &format!("`minimum_level` must be one of the levels 1 to {highest}"),
        );
        if criterion.levels.len() < 4 {
            let found = criterion.levels.len();
            sink.push(
                at.clone(),
                format!("criterion `{}` needs at least 4 anchored levels, has {found}", criterion.id),
            );
        }
        let mut floor = -1.0;
        for (number, level) in (1_u8..).zip(&criterion.levels) {
            sink.require(level.level == number, at.clone(), "levels must count 1, 2, 3 … in order");
            sink.require(!level.anchor.trim().is_empty(), at.clone(), "a level has an empty anchor");
            let rises = level.at_least > floor && level.at_least <= 1.0;
            sink.require(rises, at.clone(), "`at_least` must rise from level to level and stay within 0..=1");
            floor = level.at_least;
        }
        if let Some(first) = criterion.levels.first() {
            sink.require(first.at_least == 0.0, at.clone(), "level 1 has `at_least = 0.0`");
        }
        let positives = criterion.indicators.iter().filter(|i| i.polarity == Polarity::Positive).count();
        sink.require(positives > 0, at, "a criterion needs at least one positive indicator");
        for indicator in &criterion.indicators {
            let at = Some(indicator.id.span());
            let says = !indicator.paraphrases.is_empty() || !indicator.patterns.is_empty();
            sink.require(says, at.clone(), "an indicator needs paraphrases or patterns");
            sink.said("`text`", at.clone(), [&indicator.text]);
            sink.weight(indicator.weight, at);
            sink.patterns(&indicator.patterns);
            let positive =
                criterion.indicators.iter().filter(|i| i.polarity == Polarity::Positive).map(|i| &i.id);
            for correction in &indicator.corrected_by {
                sink.refers("positive indicator of this criterion", correction, positive.clone());
            }
        }
    }
}

fn check_frame(frame: &Frame, parts: &Parts<'_>, sink: &mut Sink<'_>) {
    sink.unique(frame.questions.iter().map(|question| &question.id));
    let here = || Some(frame.id.span());
    sink.unique(std::iter::once(&frame.id));
    sink.said("`title`", here(), [&frame.title]);
    sink.said("`version`", here(), [&frame.version]);
    sink.said("`language`", here(), [&frame.language]);
    if let Some(appeal) = &frame.appeal {
        sink.said("`appeal.contact`", None, [&appeal.contact]);
        let days = (1..=MOST_APPEAL_DAYS).contains(&appeal.within_days);
        sink.require(days, None, &format!("`appeal.within_days` lies in 1..={MOST_APPEAL_DAYS}"));
    }
    let longest = frame.accommodations.longest_extra_time;
    sink.require((1.0..=4.0).contains(&longest), None, "`accommodations.longest_extra_time` lies in 1..=4");
    let Consent { question, again, refused, yes, no } = &frame.consent;
    sink.said("a sentence of `consent`", None, [question, again, refused]);
    // Without them nobody could agree, or nobody refuse.
    sink.require(!yes.is_empty() && !no.is_empty(), None, "`consent.yes` and `consent.no` need patterns");
    sink.said("`warm_up.question`", None, [&frame.warm_up.question]);
    sink.planned("warm_up.expected_s", frame.warm_up.expected_s, None);
    let format = format!("package format {} is not known here; this program reads {FORMAT}", frame.format);
    sink.require(frame.format == FORMAT, Some(frame.id.span()), &format);
    sink.require(!frame.questions.is_empty(), Some(frame.id.span()), "exam has no [[question]]");
    sink.require(!frame.words.links.is_empty(), None, "`words.links` needs at least one entry");
    sink.require(!frame.words.closing.is_empty(), None, "`words.closing` needs at least one sentence");
    let practice = &frame.words.practice;
    for (name, sentence) in
        [("pick_up", &practice.pick_up), ("shown", &practice.shown), ("open", &practice.open)]
    {
        let message = format!("`words.practice.{name}` needs `{{points}}` where the points are named");
        sink.require(sentence.contains("{points}"), None, &message);
    }
    sink.require(
        !practice.disclosure.is_empty(),
        None,
        "`words.practice.disclosure` must say that this is an AI",
    );
    sink.said("`words.practice.disclosure`", None, &practice.disclosure);
    for patterns in [yes, no, &frame.flow.certainty, &frame.flow.correction] {
        sink.patterns(patterns);
    }
    for question in &frame.questions {
        let at = Some(question.id.span());
        sink.require(!is_fixed(&question.id), at.clone(), "this name is kept for a fixed question");
        sink.said("`text`", at.clone(), [&question.text]);
        sink.said("`text` of a probe", at.clone(), question.probes.iter().map(|probe| &probe.text));
        sink.planned("expected_s", question.expected_s, at.clone());
        let hard = format!("`difficulty` is one of 1 to {HARDEST}");
        sink.require((1..=HARDEST).contains(&question.difficulty), at.clone(), &hard);
        let is_common = !question.minimum_set || question.difficulty == LIKE_THE_MINIMUM_SET;
        let message = format!("a question of the minimum set has `difficulty = {LIKE_THE_MINIMUM_SET}`");
        sink.require(is_common, at.clone(), &message);
        sink.require(
            !question.criteria.is_empty(),
            at.clone(),
            "a question gives evidence for at least one criterion",
        );
        let recovers = question.probes.iter().any(|probe| probe.kind == ProbeKind::Recover);
        sink.require(recovers, at, "a question needs a probe of kind `recover`");
        if let Some(cited) = &question.cites {
            check_citation(cited, parts, sink);
        }
        let Some(rubric) = parts.rubric else { continue };
        sink.refers("domain", &question.domain, rubric.domains.iter().map(|domain| &domain.id));
        for criterion in &question.criteria {
            sink.refers("criterion", criterion, rubric.criteria.iter().map(|criterion| &criterion.id));
        }
        let indicators =
            rubric.criteria.iter().flat_map(|c| c.indicators.iter().map(|indicator| &indicator.id));
        for sought in question.probes.iter().flat_map(|probe| &probe.seeks) {
            sink.refers("indicator", sought, indicators.clone());
        }
    }
    let Some(rubric) = parts.rubric else { return };
    for criterion in &rubric.criteria {
        let asked = frame.questions.iter().any(|question| question.criteria.contains(&criterion.id))
            || parts.role_play.is_none_or(|scene| scene.criteria.contains(&criterion.id));
        let message = format!("criterion `{}` is served by no question and no role-play", criterion.id);
        sink.require(asked, Some(frame.id.span()), &message);
    }
}

fn check_citation(cited: &Id, parts: &Parts<'_>, sink: &mut Sink<'_>) {
    let (document, heading) = cited.split_once('#').unwrap_or((cited.as_str(), ""));
    match parts.sources.get(document) {
        None => sink.push(Some(cited.span()), format!("no document `{document}` in the package")),
        Some(source) if !heading.is_empty() => {
            let found = source.headings.iter().any(|known| known.title == heading);
            sink.require(found, Some(cited.span()), &format!("no heading `{heading}` in `{document}`"));
        }
        Some(_) => {}
    }
}

fn check_objectives(objectives: &Objectives, parts: &Parts<'_>, sink: &mut Sink<'_>) {
    let all = &objectives.objectives;
    sink.unique(all.iter().map(|objective| &objective.id));
    for objective in all {
        for required in &objective.requires {
            sink.refers("objective", required, all.iter().map(|other| &other.id));
        }
        let at = Some(objective.id.span());
        match (&objective.domain, objective.kind) {
            (None, ObjectiveKind::Questions) => {
                sink.push(at, "an objective of kind `questions` needs a `domain`".into());
            }
            (Some(domain), ObjectiveKind::Questions) => {
                if let Some(rubric) = parts.rubric {
                    sink.refers("domain", domain, rubric.domains.iter().map(|domain| &domain.id));
                }
                if let Some(frame) = parts.frame {
                    let bank = frame.questions.iter().filter(|question| question.domain == *domain).count();
                    let message =
                        format!("asks {} questions of `{domain}`, the bank holds {bank}", objective.count);
                    sink.require(objective.count <= bank && objective.count > 0, at, &message);
                }
            }
            (Some(_), _) => sink.push(at, "only an objective of kind `questions` has a `domain`".into()),
            (None, _) => {}
        }
        check_outcome(objective, parts, sink);
        check_branches(objective, all, parts, sink);
    }
    for domain in parts.rubric.iter().flat_map(|rubric| &rubric.domains).filter(|domain| domain.required) {
        let covered = all.iter().any(|objective| {
            objective.domain.as_ref() == Some(&domain.id)
                || (objective.kind == ObjectiveKind::RolePlay
                    && parts.role_play.is_none_or(|scene| scene.domain == domain.id))
        });
        sink.require(covered, None, &format!("required domain `{}` is covered by no objective", domain.id));
    }
    match objectives.order() {
        Err(cycle) => {
            let at = all.iter().find(|objective| objective.id == *cycle[0].as_str()).map(|o| o.id.span());
            sink.push(at, format!("objectives require each other in a circle: {}", cycle.join(" → ")));
        }
        Ok(order) => {
            let kinds: Vec<ObjectiveKind> = order.iter().map(|at| all[*at].kind).collect();
            let once = |kind| kinds.iter().filter(|other| **other == kind).count() == 1;
            let consent_first =
                kinds.first() == Some(&ObjectiveKind::Consent) && once(ObjectiveKind::Consent);
            let closing_last = kinds.last() == Some(&ObjectiveKind::Closing) && once(ObjectiveKind::Closing);
            sink.require(consent_first, None, "the first objective, and only it, is of kind `consent`");
            sink.require(closing_last, None, "the last objective, and only it, is of kind `closing`");
        }
    }
}

/// Variables, conditions and branches of an objective.
fn check_outcome(objective: &Objective, parts: &Parts<'_>, sink: &mut Sink<'_>) {
    sink.unique(objective.outputs.iter().map(|output| &output.name));
    for output in &objective.outputs {
        let at = Some(output.name.span());
        match (output.is, &output.criterion, parts.rubric) {
            (OutputKind::Answered, Some(_), _) => {
                sink.push(at, "a count of answers has no `criterion`".into());
            }
            (OutputKind::Level | OutputKind::Signs, None, _) => {
                sink.push(at, "a level and a count of signs need a `criterion`".into());
            }
            (_, Some(criterion), Some(rubric)) => {
                sink.refers("criterion", criterion, rubric.criteria.iter().map(|criterion| &criterion.id));
            }
            _ => {}
        }
    }
    let conditions = objective.met_when.iter().chain(objective.branches.iter().map(|branch| &branch.when));
    for condition in conditions {
        sink.refers(
            "output of this objective",
            &condition.output,
            objective.outputs.iter().map(|output| &output.name),
        );
        check_condition(condition, objective, parts, sink);
    }
}

/// The bounds of a condition can be reached, and missed.
fn check_condition(condition: &Condition, objective: &Objective, parts: &Parts<'_>, sink: &mut Sink<'_>) {
    let Condition { output, at_least, below } = condition;
    let at = || Some(output.span());
    let is_bound = at_least.is_some() || below.is_some();
    sink.require(is_bound, at(), "a condition needs `at_least` or `below`");
    sink.require(*below != Some(0), at(), "nothing is below 0: `below` must be above it");
    if let (Some(least), Some(bound)) = (at_least, below) {
        let message = format!("nothing is at least {least} and below {bound}");
        sink.require(least < bound, at(), &message);
    }
    let measured = objective.outputs.iter().find(|other| other.name == *output);
    let of =
        measured.filter(|other| other.is == OutputKind::Level).and_then(|other| other.criterion.as_ref());
    let criterion = of.and_then(|id| parts.rubric?.criterion(id));
    if let Some(criterion) = criterion {
        let highest = criterion.levels.len();
        let fits = |bound: &u8| (1..=highest).contains(&usize::from(*bound));
        let message = format!("a bound on a level of `{}` is one of 1 to {highest}", criterion.id);
        sink.require(at_least.iter().chain(below).all(fits), at(), &message);
    }
}

/// A branch asks a question that is still there, takes none away from a later objective, and asks nothing after the last words.
fn check_branches(objective: &Objective, all: &[Objective], parts: &Parts<'_>, sink: &mut Sink<'_>) {
    let asks = matches!(objective.kind, ObjectiveKind::Questions | ObjectiveKind::RolePlay);
    for branch in &objective.branches {
        let at = || Some(branch.ask.span());
        sink.require(asks, at(), "only an objective of kind `questions` or `role_play` has a branch");
        let Some(frame) = parts.frame else { continue };
        let questions = &frame.questions;
        sink.refers("question", &branch.ask, questions.iter().map(|question| &question.id));
        let Some(asked) = questions.iter().find(|question| question.id == branch.ask) else { continue };
        let message = "everybody is asked the minimum set: branch to another question";
        sink.require(!asked.minimum_set, at(), message);
        if objective.domain.as_ref() == Some(&asked.domain) {
            continue;
        }
        let due: usize = all
            .iter()
            .filter(|other| other.domain.as_ref() == Some(&asked.domain))
            .map(|other| other.count)
            .sum();
        let bank = questions.iter().filter(|question| question.domain == asked.domain).count();
        let message = format!(
            "`{}` may be needed by the objective of its domain `{}`, which asks {due} of {bank} questions",
            branch.ask, asked.domain
        );
        sink.require(bank > due, at(), &message);
    }
}

fn check_role_play(scene: &RolePlay, parts: &Parts<'_>, sink: &mut Sink<'_>) {
    let at = Some(scene.id.span());
    sink.unique(scene.facts.iter().map(|fact| &fact.id));
    sink.unique(scene.behaviours.iter().map(|behaviour| &behaviour.id));
    if let Some(rubric) = parts.rubric {
        sink.refers("domain", &scene.domain, rubric.domains.iter().map(|domain| &domain.id));
        for criterion in &scene.criteria {
            sink.refers("criterion", criterion, rubric.criteria.iter().map(|criterion| &criterion.id));
        }
    }
    let counts = scene.levels.iter().map(|level| level.level).eq(0..5);
    sink.require(counts, at.clone(), "a role-play has the levels 0, 1, 2, 3, 4 in this order");
    for level in &scene.levels {
        sink.require(!level.lines.is_empty(), at.clone(), "each level needs at least one line");
        sink.require((0.0..=1.0).contains(&level.affect_level), at.clone(), "`affect_level` lies in 0..=1");
    }
    sink.require(scene.character.opening_level <= 4, at.clone(), "`opening_level` lies in 0..=4");
    let exchanges = scene.end.least_exchanges > 0 && scene.end.least_exchanges <= scene.end.most_exchanges;
    sink.require(exchanges, at.clone(), "0 < `least_exchanges` ≤ `most_exchanges`");
    sink.require(!scene.announcement.is_empty(), at, "a role-play must be announced");
    for behaviour in &scene.behaviours {
        sink.patterns(&behaviour.patterns);
        let seen = !behaviour.paraphrases.is_empty() || !behaviour.patterns.is_empty();
        let message = "a behaviour needs paraphrases, patterns, `by_barge_in` or `by_default`";
        sink.require(
            seen || behaviour.by_barge_in || behaviour.by_default,
            Some(behaviour.id.span()),
            message,
        );
    }
    let told = scene.variants.iter().flat_map(|variant| &variant.facts).chain(&scene.facts);
    for after in told.flat_map(|fact| &fact.after) {
        sink.refers("behaviour", after, scene.behaviours.iter().map(|behaviour| &behaviour.id));
    }
    sink.unique(scene.variants.iter().map(|variant| &variant.id).chain([&scene.id]));
    for variant in &scene.variants {
        check_variant(scene, variant, sink);
    }
}

/// A variant must be as hard as the scene: same levels, ends and conditions, other words.
fn check_variant(scene: &RolePlay, variant: &Variant, sink: &mut Sink<'_>) {
    let at = || Some(variant.id.span());
    let (ours, theirs) = (&scene.end, &variant.end);
    let ends = (ours.least_exchanges, ours.most_exchanges, ours.calm_level)
        == (theirs.least_exchanges, theirs.most_exchanges, theirs.calm_level);
    sink.require(ends, at(), "a variant ends under the same conditions as its scene");
    let opening = scene.character.opening_level == variant.character.opening_level;
    sink.require(opening, at(), "a variant opens at the same level as its scene");
    let facts = |facts: &[Fact]| {
        let shape = |fact: &Fact| {
            (
                fact.id.to_string(),
                fact.after.iter().map(ToString::to_string).collect::<Vec<_>>(),
                fact.at_level,
            )
        };
        facts.iter().map(shape).collect::<Vec<_>>()
    };
    let same_facts = facts(&scene.facts) == facts(&variant.facts);
    sink.require(same_facts, at(), "a variant tells facts of the same names under the same conditions");
    let levels = |levels: &[AgitationLevel]| {
        levels
            .iter()
            .map(|l| (l.level, l.affect, l.affect_level.to_bits(), l.lines.len()))
            .collect::<Vec<_>>()
    };
    let same_levels = levels(&scene.levels) == levels(&variant.levels);
    sink.require(same_levels, at(), "a variant has the same levels, with as many lines, as its scene");
    sink.require(!variant.announcement.is_empty(), at(), "a role-play must be announced");
}

/// Collects the faults of one file.
struct Sink<'a> {
    file: &'a str,
    text: &'a str,
    errors: &'a mut Vec<ExamError>,
}

impl<'a> Sink<'a> {
    fn new(parts: &Parts<'a>, file: &'a str, errors: &'a mut Vec<ExamError>) -> Self {
        let text =
            parts.files.get(file).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        Self { file, text, errors }
    }

    fn push(&mut self, at: Option<Range<usize>>, message: String) {
        self.errors.push(fault(self.file, self.text, at, message));
    }

    fn require(&mut self, holds: bool, at: Option<Range<usize>>, message: &str) {
        if !holds {
            self.push(at, message.to_owned());
        }
    }

    /// That texts which are shown or spoken are not blank.
    fn said<'b>(
        &mut self,
        what: &str,
        at: Option<Range<usize>>,
        texts: impl IntoIterator<Item = &'b String>,
    ) {
        let blank = texts.into_iter().any(|text| text.trim().is_empty());
        self.require(!blank, at, &format!("{what} is empty"));
    }

    fn weight(&mut self, weight: f64, at: Option<Range<usize>>) {
        let holds = weight > 0.0 && weight <= MOST_WEIGHT;
        self.require(holds, at, &format!("`weight` must be above 0 and at most {MOST_WEIGHT}"));
    }

    fn planned(&mut self, name: &str, seconds: f32, at: Option<Range<usize>>) {
        let holds = seconds > 0.0 && seconds <= LONGEST_ANSWER_S;
        self.require(holds, at, &format!("`{name}` must be above 0 and at most {LONGEST_ANSWER_S}"));
    }

    /// That names differ and are not blank.
    fn unique<'b>(&mut self, ids: impl Iterator<Item = &'b Id>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            self.require(!id.trim().is_empty(), Some(id.span()), "a name is empty");
            self.require(
                seen.insert(id.as_str().to_owned()),
                Some(id.span()),
                &format!("`{id}` is named twice"),
            );
        }
    }

    fn refers<'b>(&mut self, what: &str, reference: &Id, mut known: impl Iterator<Item = &'b Id>) {
        let found = known.any(|id| id == reference);
        self.require(found, Some(reference.span()), &format!("no {what} `{reference}`"));
    }

    fn patterns(&mut self, patterns: &[WrittenPattern]) {
        for (span, message) in patterns.iter().filter_map(WrittenPattern::fault) {
            self.push(Some(span), message);
        }
    }
}
