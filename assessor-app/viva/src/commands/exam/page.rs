//! `viva exam explain --html`: the whole exam to read: for a panel, a compliance officer, an auditor.

use viva_assessment::Exam;
use viva_assessment::exam::{CALIBRATED, Criterion, Guardrail, GuardrailKind, Polarity, Question, RolePlay};
use viva_record::report::{Front, Page};

use super::objects;

pub(super) fn page(exam: &Exam) -> String {
    let (frame, persona) = (exam.frame(), exam.persona());
    let mut page = Page::begin(&Front {
        title: &frame.title,
        lead: "What is asked, what is judged and how it is decided.",
        facts: &[
            ("Package", format!("{} {}", frame.id, frame.version)),
            ("Language", frame.language.clone()),
            ("Examiner", format!("{}, {}", persona.name, persona.role)),
            ("Validation", exam.rubric().validation_status.clone()),
        ],
        style: "",
        head: "",
        skip: "To the exam",
    });
    course(&mut page, exam);
    questions(&mut page, exam);
    scene(&mut page, exam.role_play());
    criteria(&mut page, exam);
    decision(&mut page, exam);
    rules(&mut page, exam);
    page.section("package", "The package", "");
    page.raw("<div class=\"card\">\n");
    page.tag(
        "p",
        "class=\"quiet\"",
        &format!("SHA-256 of the package, as every record of it names: {}", exam.hash_hex()),
    );
    page.raw("</div>\n</section>\n</main>\n</body>\n</html>\n");
    page.finish()
}

fn course(page: &mut Page, exam: &Exam) {
    let frame = exam.frame();
    page.section(
        "course",
        "The course",
        "Before anything is judged the candidate is told who asks, and agrees.",
    );
    page.raw("<div class=\"card\">\n");
    page.list("plain", &exam.persona().disclosure);
    page.tag("p", "", &frame.consent.question);
    page.raw("<ol>\n");
    for objective in exam.objectives() {
        page.raw("<li>");
        page.text(&objective.text);
        let outcomes = objects::outcome_of(objective);
        page.list("plain", &outcomes);
        page.raw("</li>\n");
    }
    page.raw("</ol>\n");
    let accommodations = frame.accommodations;
    let mut told = vec![
        format!(
            "At most {} follow-ups in all, {} to a question.",
            frame.flow.probes_total, frame.flow.probes_per_question
        ),
        format!(
            "After an answer {:.1} s of silence are borne where a question does not say otherwise.",
            f64::from(exam.persona().patience_ms) / 1000.0
        ),
        format!("Accommodations: up to {} times that.", accommodations.longest_extra_time),
    ];
    told.extend(accommodations.typed_answers.then(|| "Answers may be typed.".to_owned()));
    told.extend(accommodations.masked_timing.then(|| "Timing facts may be left out.".to_owned()));
    page.list("plain", &told);
    page.raw("</div>\n</section>\n");
}

fn questions(page: &mut Page, exam: &Exam) {
    page.section(
        "questions",
        "The questions",
        "Everybody is asked the common ones; when the others are asked stands below them. Each choice stands in the record with its reason.",
    );
    for question in &exam.frame().questions {
        page.raw("<article class=\"card\">\n");
        let kind = match (question.minimum_set, question.difficulty) {
            (true, _) => "asked of everybody",
            (false, 1) => "easier",
            (false, 3) => "harder",
            (false, _) => "alike",
        };
        page.tag("p", "class=\"kicker\"", kind);
        page.tag("h3", "", &question.text);
        page.tag("p", "class=\"quiet\"", &about(exam, question));
        if !question.probes.is_empty() {
            page.raw("<details><summary>Follow-ups, one where something is missing, unclear or does not fit</summary>\n<dl>\n");
            for probe in &question.probes {
                page.tag("dt", "", probe.kind.name());
                page.tag("dd", "", &probe.text);
            }
            page.raw("</dl></details>\n");
        }
        page.raw("</article>\n");
    }
    page.raw("<div class=\"card\">\n");
    page.list("plain", &super::beyond(exam));
    page.raw("</div>\n</section>\n");
}

/// Which criteria a question is for, and on which passage it rests.
fn about(exam: &Exam, question: &Question) -> String {
    let titles: Vec<&str> = question
        .criteria
        .iter()
        .filter_map(|id| exam.rubric().criterion(id))
        .map(|one| one.title.as_str())
        .collect();
    let cited = question.cites.as_ref().and_then(|cites| exam.citation(cites.as_str()));
    let rests = cited.map_or_else(String::new, |cited| format!("; rests on {cited}"));
    format!("For: {}{rests}", titles.join(", "))
}

fn scene(page: &mut Page, scene: &RolePlay) {
    page.section(
        "scene",
        "The role-play",
        if scene.variants.is_empty() {
            "What the candidate has to do, and not only to say."
        } else {
            "It has several dresses of the same form, equally hard; the seed of a session chooses one."
        },
    );
    let own = (&scene.announcement, &scene.character, &scene.goals, &scene.facts);
    let others = scene
        .variants
        .iter()
        .map(|other| (&other.announcement, &other.character, &other.goals, &other.facts));
    for (announcement, character, goals, facts) in [own].into_iter().chain(others) {
        page.raw("<article class=\"card\">\n");
        page.tag("h3", "", &character.name);
        page.tag("p", "", &character.scene);
        page.tag("p", "class=\"quiet\"", &announcement.join(" "));
        page.raw("<blockquote><p>");
        page.text(&character.opening);
        page.raw("</p></blockquote>\n");
        page.tag("h4", "", "Wants");
        page.list("plain", goals);
        page.tag("h4", "", "Knows, and tells when it is due");
        let due = |fact: &viva_assessment::exam::Fact| {
            let after = fact.after.iter().filter_map(|id| scene.behaviours.iter().find(|one| one.id == *id));
            let after: Vec<&str> = after.map(|behaviour| behaviour.text.as_str()).collect();
            let calm = fact.at_level.map(|level| format!("at level {level} of 4"));
            let when: Vec<String> = (!after.is_empty())
                .then(|| format!("after: {}", after.join(", or ")))
                .into_iter()
                .chain(calm)
                .collect();
            format!("{} ({})", fact.line, when.join("; "))
        };
        page.list("plain", &facts.iter().map(due).collect::<Vec<_>>());
        page.raw("</article>\n");
    }
    page.raw("<article class=\"card\">\n");
    page.tag("h3", "", "What moves the character");
    let moves = |one: &viva_assessment::exam::Behaviour| format!("{}: {:+} level", one.text, one.delta);
    page.list("plain", &scene.behaviours.iter().map(moves).collect::<Vec<_>>());
    page.raw("</article>\n</section>\n");
}

fn criteria(page: &mut Page, exam: &Exam) {
    page.section(
        "criteria",
        "What is judged",
        "Each criterion has levels, and signs that the words of a candidate can show.",
    );
    let whole: f64 = exam.rubric().criteria.iter().map(|criterion| criterion.weight).sum();
    for criterion in &exam.rubric().criteria {
        page.raw("<article class=\"card\">\n");
        let share = 100.0 * criterion.weight / whole.max(f64::MIN_POSITIVE);
        page.tag("p", "class=\"kicker\"", &format!("{share:.0} % of the result"));
        page.tag("h3", "", &criterion.title);
        if criterion.minimum_level > 1 {
            let least = format!(
                "Below level {} the standard is missed; where that is in doubt, a human decides.",
                criterion.minimum_level
            );
            page.tag("p", "class=\"quiet\"", &least);
        }
        page.raw("<ol>\n");
        criterion.levels.iter().for_each(|level| page.tag("li", "", &level.anchor));
        page.raw("</ol>\n<div class=\"columns\">\n");
        for (title, polarity) in [
            ("Shows it", Polarity::Positive),
            ("Speaks against it", Polarity::Negative),
            ("Keeps it at level 1", Polarity::Critical),
        ] {
            signs(page, criterion, title, polarity);
        }
        page.raw("</div>\n</article>\n");
    }
    page.raw("</section>\n");
}

fn signs(page: &mut Page, criterion: &Criterion, title: &str, polarity: Polarity) {
    let of: Vec<String> = criterion
        .indicators
        .iter()
        .filter(|sign| sign.polarity == polarity)
        .map(|sign| {
            let example = sign.paraphrases.first().map_or_else(String::new, |said| format!(": “{said}”"));
            let right = if sign.corrected_by.is_empty() || polarity == Polarity::Positive {
                ""
            } else {
                " (can be put right later in the session)"
            };
            format!("{}{example}{right}", sign.text)
        })
        .collect();
    if !of.is_empty() {
        page.raw("<div>");
        page.tag("h4", "", title);
        page.list("plain", &of);
        page.raw("</div>\n");
    }
}

fn decision(page: &mut Page, exam: &Exam) {
    let rubric = exam.rubric();
    page.section("decision", "How it is decided", "The program recommends; a named human decides.");
    page.raw("<div class=\"card\">\n");
    let mut lines = vec![
        format!(
            "The weighted mean level must reach {:.2}; standard error {:.2}. Nearer to it than that nothing is recommended.",
            rubric.cut_score, rubric.cut_standard_error
        ),
        format!("How the cut was set: {}.", rubric.cut_method),
    ];
    lines.push(match exam.calibration() {
        Some(calibration) if rubric.validation_status == CALIBRATED => format!(
            "Calibrated on {} candidates and {} human raters with {}, signed by {}: it counts for that issuer and those that trust it, with that program and its networks.",
            calibration.candidates, calibration.raters, calibration.program, calibration.signer
        ),
        _ => "Not calibrated: how well the program agrees with human raters on this rubric has not been shown, and credentials say demonstration.".to_owned(),
    });
    let appeal = exam.frame().appeal.as_ref();
    lines.extend(appeal.map(|to| {
        format!("A result is contested at {}, within {} days of the decision.", to.contact, to.within_days)
    }));
    page.list("plain", &lines);
    page.raw("</div>\n</section>\n");
}

fn rules(page: &mut Page, exam: &Exam) {
    page.section("rules", "What is always heeded, and what is refused", "");
    page.raw("<div class=\"card\"><dl>\n");
    for kind in GuardrailKind::ALL {
        let of: Vec<&Guardrail> =
            exam.guardrails().guardrails.iter().filter(|rule| rule.kind == kind).collect();
        let Some(first) = of.first() else { continue };
        page.tag(
            "dt",
            "",
            &format!(
                "{} ({} ways to say it)",
                word(kind),
                of.iter().map(|rule| rule.patterns.len()).sum::<usize>()
            ),
        );
        let reply = if first.reply.is_empty() { String::new() } else { format!(" “{}”", first.reply) };
        let asks = of.iter().find(|rule| !rule.ask.is_empty()).map(|rule| &rule.ask);
        let asks = asks.map_or_else(String::new, |ask| {
            format!(" Where it may have been meant otherwise, it is asked first: “{ask}”")
        });
        page.tag("dd", "", &format!("It {}.{reply}{asks}", kind.sentence()));
    }
    page.raw("</dl></div>\n</section>\n");
}

const fn word(kind: GuardrailKind) -> &'static str {
    match kind {
        GuardrailKind::Human => "A human is asked for",
        GuardrailKind::Stop => "The candidate wants to stop",
        GuardrailKind::Escalate => "An emergency of the candidate's own",
        GuardrailKind::Injection => "Words that try to instruct the machine",
        GuardrailKind::Help => "The answer is asked for",
        GuardrailKind::Repeat => "The question is to be heard again",
        GuardrailKind::OffScope => "Something else",
    }
}
