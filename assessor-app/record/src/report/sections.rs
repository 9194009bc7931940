//! The page's sections around the criteria.

use viva_exchange::Speaker;

use crate::{
    Outcome,
    report::{
        Report,
        html::{Page, capital, clock, date},
        letter::LetterLanguage,
        letter_words::{conditions, counted, shown_name},
    },
    transcript::speaker_name,
    wire::{CandidateQuestion, CitedWords, Recommendation, ScoreSheet},
};

/// What kind of record the page shows.
pub(crate) fn kind(report: &Report) -> &'static str {
    if report.is_practice() { "Practice record" } else { "Assessment record" }
}

pub(crate) fn header(page: &mut Page, report: &Report) {
    let session = &report.header;
    page.raw("<header class=\"top\">\n");
    page.tag("p", "class=\"kicker\"", kind(report));
    page.tag("h1", "", &session.exam_title);
    page.raw("<dl class=\"facts\">\n");
    let minutes = report.transcript.turns.iter().map(|turn| turn.end.as_secs()).fold(0.0, f64::max);
    let who = shown_name(&session.candidate);
    for (name, value) in [
        ("Candidate", who),
        ("Begun", date(&session.started_at)),
        ("Length", format!("{} min", clock(minutes))),
        ("Language", session.language.clone()),
        ("Exam version", session.exam_version.clone()),
        ("Held by", session.issuer.clone()),
    ] {
        if value.is_empty() {
            continue;
        }
        page.raw("<div>");
        page.tag("dt", "", name);
        page.tag("dd", "", &value);
        page.raw("</div>\n");
    }
    page.raw("</dl>\n<aside class=\"disclosure\" aria-label=\"What this is and is not\">\n<ul>\n");
    if report.is_demonstration() {
        page.raw("<li><strong>Demonstration.</strong> This shows how the program works and proves nothing about a person.</li>\n");
    }
    if report.is_practice() {
        page.raw("<li><strong>Practice.</strong> The levels are feedback for the learner. Nothing of this session may lead to a decision or a credential.</li>\n");
        page.raw("<li><strong>The assessor was a program</strong> with a synthetic face and voice.</li>\n");
    } else {
        page.raw("<li><strong>The assessor was a program</strong> with a synthetic face and voice. It recommends; a human decides.</li>\n");
    }
    if let Some(scores) = report.scores.as_ref().filter(|_| !report.is_practice()) {
        page.raw("<li><strong>Validation: ");
        page.text(&scores.validation_status);
        page.raw(".</strong> Scores of a rubric that is not calibrated against human raters cannot lead to a certification.</li>\n");
    }
    page.raw("<li>");
    page.text(&match report.scores.as_ref().and_then(|scores| scores.consent.as_ref()) {
        Some(consent) => format!(
            "Told of it at the start, the candidate agreed at {}: “{}”",
            clock(consent.start_s),
            consent.text
        ),
        None => "The conversation opens with this disclosure; no agreement is recorded.".to_owned(),
    });
    page.raw(" The program does not infer emotions or intentions.</li>\n");
    page.raw("</ul>\n</aside>\n</header>\n");
}

pub(crate) fn result(page: &mut Page, report: &Report) {
    page.section("result", "Result", "");
    let Some(scores) = &report.scores else {
        page.raw("<div class=\"card\"><p>The session ended before it was scored.</p></div>\n</section>\n");
        return;
    };
    let (class, said) = match scores.recommendation {
        Recommendation::Meets => ("good", "Recommendation: meets the standard"),
        Recommendation::DoesNotMeet => ("bad", "Recommendation: does not meet the standard"),
        Recommendation::ReferToHuman => ("open", "No recommendation: a human scores"),
        Recommendation::NotAnswered => ("open", "Not answered: too little was said to score"),
        Recommendation::Practice => ("open", "Practice: feedback, no recommendation"),
    };
    page.raw(&format!("<div class=\"card result {class}\">\n"));
    page.tag("p", "class=\"verdict\"", said);
    overall(page, scores);
    page.list("plain", &scores.explanation);
    if report.is_practice() {
        return page.raw("</div>\n</section>\n");
    }
    page.raw("</div>\n<div class=\"card review\">\n<h3>Human decision</h3>\n");
    match &report.decision {
        None => page.tag(
            "p",
            "",
            "Awaited. Until a named human has decided, nothing is awarded and nothing is denied.",
        ),
        Some(decision) => {
            let said = if decision.outcome == Outcome::Award { "Awarded" } else { "Denied" };
            page.raw("<p><strong>");
            page.text(said);
            page.raw("</strong> by ");
            page.text(&format!("{} on {}.", decision.by, date(&decision.at)));
            page.raw("</p>\n<p>");
            page.text(&decision.reason);
            page.raw("</p>\n");
        }
    }
    page.raw("</div>\n</section>\n");
}

fn overall(page: &mut Page, scores: &ScoreSheet) {
    let percent = |share: f64| (share * 100.0).clamp(0.0, 100.0);
    let cut = percent(scores.cut);
    if let Some(overall) = scores.overall {
        let value = percent(overall);
        page.raw(&format!("<div class=\"bar\" role=\"img\" aria-label=\"{value:.0} percent of the points; {cut:.0} percent are needed\">"));
        page.raw(&format!("<b style=\"width:{value:.1}%\"></b><i style=\"left:{cut:.1}%\"></i></div>\n"));
        page.tag("p", "class=\"quiet\"", &format!("{value:.0} % of the points; {cut:.0} % are needed."));
    } else {
        page.tag(
            "p",
            "class=\"quiet\"",
            &format!("No overall share was formed; {cut:.0} % of the points are needed."),
        );
    }
    let mut told = String::new();
    if !scores.cut_method.is_empty() {
        told = format!("How that was set: {}.", scores.cut_method);
    }
    if scores.cut_standard_error > 0.0 {
        let error = percent(scores.cut_standard_error);
        told += &format!(" Standard error: {error:.0} % of the points; nearer to it nothing is recommended.");
    }
    if !told.is_empty() {
        page.tag("p", "class=\"quiet\"", told.trim_start());
    }
}

pub(crate) fn coverage(page: &mut Page, report: &Report) {
    let Some(rows) = report.scores.as_ref().map(|scores| &scores.coverage).filter(|rows| !rows.is_empty())
    else {
        return;
    };
    page.section(
        "coverage",
        "Coverage",
        "Every required domain must be asked about, or the session is incomplete.",
    );
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Coverage of domains\"><table>\n<thead><tr><th scope=\"col\">Domain</th><th scope=\"col\">Required</th><th scope=\"col\">Asked</th><th scope=\"col\">Answered</th></tr></thead>\n<tbody>\n");
    for row in rows {
        let class = if row.required && row.answered == 0 { " class=\"gap\"" } else { "" };
        page.raw(&format!("<tr{class}><th scope=\"row\">"));
        page.text(&row.domain);
        let required = if row.required { "yes" } else { "no" };
        page.raw(&format!("</th><td>{required}</td><td>{}</td><td>{}</td></tr>\n", row.asked, row.answered));
    }
    page.raw("</tbody></table></div>\n</section>\n");
}

pub(crate) fn timing(page: &mut Page, report: &Report) {
    if report.timing.sentences.is_empty() {
        return;
    }
    page.section(
        "timing",
        "Timing",
        "Reported, not scored: pauses and restarts vary with first language, speech and connection.",
    );
    page.list("plain", &report.timing.sentences);
    page.raw("</section>\n");
}

pub(crate) fn probes_and_guardrails(page: &mut Page, report: &Report) {
    let Some(scores) = &report.scores else { return };
    if !scores.probes.is_empty() {
        page.section("probes", "Follow-up questions", "Why each was asked.");
        page.raw("<ul class=\"plain\">\n");
        for probe in &scores.probes {
            page.raw(&format!("<li><a class=\"turn\" href=\"#turn-{0}\">turn {0}</a> ", probe.asked_in));
            page.text(&format!("{}: {}", probe.criterion, probe.reason));
            if let Some(citation) = &probe.citation {
                page.raw(" <span class=\"quiet\">");
                page.text(citation);
                page.raw("</span>");
            }
            page.raw("</li>\n");
        }
        page.raw("</ul>\n</section>\n");
    }
    candidate_questions(page, report, &scores.candidate_questions);
    if !scores.guardrails.is_empty() {
        page.section(
            "guardrails",
            "Flags for the reviewer",
            "Rules of the exam that were met. A flag never changes a score.",
        );
        for flag in &scores.guardrails {
            page.raw("<div class=\"card flag\"><p><strong>");
            page.text(&flag.rule);
            page.raw("</strong> <span class=\"quiet\">");
            page.text(&format!("at {}", clock(flag.at_s)));
            page.raw("</span> ");
            page.text(&flag.action);
            page.raw("</p>\n");
            if let Some(quote) = &flag.quote {
                page.quote(quote, report.candidate_audio);
            }
            page.raw("</div>\n");
        }
        page.raw("</section>\n");
    }
}

fn candidate_questions(page: &mut Page, report: &Report, questions: &[CandidateQuestion]) {
    if questions.is_empty() {
        return;
    }
    page.section(
        "candidate-questions",
        "Questions of the candidate",
        "Answered only in the words of documents, each named with its hash, or refused.",
    );
    for question in questions {
        page.raw("<div class=\"card\">\n");
        if let Some(quote) = &question.quote {
            page.quote(quote, report.candidate_audio);
        }
        page.tag("p", "", &capital(&question.became));
        for CitedWords { words, citation } in &question.statements {
            if !words.is_empty() {
                page.tag("blockquote", "", words);
            }
            page.tag("p", "class=\"quiet\"", citation);
        }
        page.raw("</div>\n");
    }
    page.raw("</section>\n");
}

pub(crate) fn transcript(page: &mut Page, report: &Report) {
    page.section(
        "transcript",
        "Transcript",
        "What was heard, turn by turn. The assessor's turns end where the candidate began to talk over them.",
    );
    page.raw("<details open><summary>All turns</summary>\n<ol class=\"turns\">\n");
    for turn in &report.transcript.turns {
        let (class, audio) = match turn.speaker {
            Speaker::Candidate => ("candidate", report.candidate_audio),
            Speaker::Character => ("character", report.assessor_audio),
            Speaker::Examiner => ("examiner", report.assessor_audio),
        };
        page.raw(&format!(
            "<li id=\"turn-{}\" class=\"{class}\"><p class=\"who\"><strong>{}</strong> ",
            turn.id.0,
            speaker_name(turn.speaker)
        ));
        page.raw(&format!(
            "<span class=\"quiet\">turn {}, {}</span> ",
            turn.id.0,
            clock(turn.start.as_secs())
        ));
        if audio {
            page.play(turn.speaker, turn.start.as_secs(), turn.end.as_secs());
        }
        page.raw("</p>");
        page.tag("p", "", &turn.text());
        page.raw("</li>\n");
    }
    page.raw("</ol></details>\n</section>\n");
}

pub(crate) fn appeal(page: &mut Page, report: &Report) {
    let appeal = &report.header.appeal;
    page.section("appeal", "How to contest this", "");
    page.raw("<p>");
    if appeal.contact.is_empty() {
        page.text("The programme that gave this exam has named no address for appeals.");
    } else {
        page.text(&format!(
            "Write to {} within {} of the decision. ",
            appeal.contact,
            counted(appeal.within_days as usize, "day", "days")
        ));
        page.text("Another reviewer scores the record anew before seeing the first decision's levels, and then decides; the outcome is added to this record, and nothing in it is replaced.");
    }
    page.raw("</p>\n<p>You may ask for the human's reasons, for this record with its sound, and for the role the program played.</p>\n</section>\n");
}

pub(crate) fn provenance(page: &mut Page, report: &Report) {
    let session = &report.header;
    page.section("provenance", "What this rests on", "Versions and digests. The seal beside this page covers them; the verifier of this program checks it offline.");
    page.raw("<dl class=\"hashes\">\n");
    let mut rows = vec![
        ("Session".to_owned(), session.session_id.clone()),
        (
            format!("Exam {} {}", session.exam_id, session.exam_version),
            format!("sha256 {}", session.exam_sha256),
        ),
        ("Program".to_owned(), session.program_version.clone()),
        ("Seed".to_owned(), session.seed.clone()),
    ];
    if let Some(digest) = &report.events_sha256 {
        rows.push(("Events".to_owned(), format!("sha256 {digest}")));
    }
    for model in &session.models {
        let digest = model.sha256.as_ref().map(|digest| format!(", sha256 {digest}")).unwrap_or_default();
        rows.push((capital(&model.role), format!("{}{digest}", model.id)));
    }
    let varied = conditions(&session.conditions, LetterLanguage::English);
    for varied in varied.into_iter().chain(session.accommodations.iter().cloned()) {
        rows.push(("Accommodation".to_owned(), varied));
    }
    for (name, value) in rows {
        page.tag("dt", "", &name);
        page.tag("dd", "", &value);
    }
    page.raw("</dl>\n</section>\n");
}
