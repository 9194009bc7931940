//! One card per criterion: level, words of the rubric, quotes, what was missing.

use crate::{
    report::{
        Report,
        html::{Page, capital},
    },
    wire::{CriterionResult, ScoreSheet},
};

pub(crate) fn criteria(page: &mut Page, report: &Report) {
    let Some(scores) = &report.scores else { return };
    page.section(
        "criteria",
        "Criteria",
        "Each level rests on the candidate's own words, quoted exactly. Where the evidence does not carry a level, none is given.",
    );
    for criterion in &scores.criteria {
        card(page, report, criterion);
    }
    page.raw("</section>\n");
}

fn card(page: &mut Page, report: &Report, criterion: &CriterionResult) {
    page.raw("<article class=\"card criterion\">\n<header><div>");
    page.tag("p", "class=\"kicker\"", &criterion.domain);
    page.tag("h3", "", &criterion.name);
    page.raw("</div>");
    level(page, criterion, report.scores.as_ref().is_some_and(ScoreSheet::is_calibrated));
    page.raw("</header>\n");
    if let Some(reason) = &criterion.abstained {
        page.raw("<p class=\"note\"><strong>No level given.</strong> ");
        page.text(&capital(reason));
        page.raw("</p>\n");
    }
    if let Some(anchor) = criterion.level.and_then(|level| criterion.anchors.get(usize::from(level))) {
        page.raw("<p class=\"anchor\">");
        page.text(anchor);
        page.raw("</p>\n");
    }
    for quote in &criterion.quotes {
        page.quote(quote, report.candidate_audio);
    }
    if criterion.quotes.is_empty() {
        page.tag("p", "class=\"quiet\"", "No words in the transcript speak for this criterion.");
    }
    second(page, report, criterion);
    page.sample_quotes(report.history.samples(), &criterion.id, true);
    page.findings(criterion);
    for recovery in &criterion.recoveries {
        page.raw("<p class=\"note\"><strong>Put right.</strong> ");
        let when = match recovery.answers_later {
            0 => "in the same answer".to_owned(),
            1 => "1 answer later".to_owned(),
            later => format!("{later} answers later"),
        };
        let how = match &recovery.prompted {
            Some(kind) => format!(", after a follow-up ({kind})"),
            None if recovery.answers_later == 0 => ", unprompted".to_owned(),
            None => String::new(),
        };
        page.text(&format!(
            "{}: first “{}”, then {when}{how}: “{}”.",
            recovery.sign, recovery.wrong.text, recovery.right.text
        ));
        page.raw("</p>\n");
    }
    if let Some(would_meet) = &criterion.would_meet {
        page.raw("<p class=\"next\"><strong>The next level looks like this.</strong> ");
        page.text(would_meet);
        page.raw("</p>\n");
    }
    anchors(page, criterion);
    page.raw("</article>\n");
}

/// What a second rater said, where one was asked.
fn second(page: &mut Page, report: &Report, criterion: &CriterionResult) {
    let Some(second) = &criterion.second else { return };
    let said = match (second.level, &second.abstained) {
        (Some(level), _) if Some(level) == criterion.level => format!("level {level}, the same."),
        (Some(level), _) => {
            format!("level {level}. It does not replace the level above; the interval holds both.")
        }
        (None, reason) => format!("no usable level: {}.", reason.as_deref().unwrap_or("no reason")),
    };
    page.raw("<p class=\"note\"><strong>Second opinion of a language model.</strong> ");
    page.text(&format!("{}: {said}", second.rater));
    page.raw("</p>\n");
    for quote in &second.quotes {
        page.quote(quote, report.candidate_audio);
    }
}

/// A row of boxes, one per level above zero; filled up to the level, the required one outlined.
fn level(page: &mut Page, criterion: &CriterionResult, is_calibrated: bool) {
    let said = criterion
        .level
        .map_or_else(|| "no level".to_owned(), |level| format!("level {level} of {}", criterion.max_level));
    page.raw(&format!("<div class=\"level\"><div class=\"boxes\" role=\"img\" aria-label=\"{said}\">"));
    for step in 1..=criterion.max_level {
        let filled = criterion.level.is_some_and(|level| step <= level);
        let required = criterion.required_level == Some(step);
        let class = match (filled, required) {
            (true, true) => "full need",
            (true, false) => "full",
            (false, true) => "need",
            (false, false) => "",
        };
        page.raw(&format!("<i class=\"{class}\"></i>"));
    }
    page.raw("</div>");
    page.tag("strong", "", &capital(&said));
    let mut facts = Vec::new();
    if let Some((low, high)) = criterion.interval {
        facts.push(match (is_calibrated, low < high) {
            (true, _) => format!("interval {low:.1} to {high:.1}"),
            // Without calibration nothing is known of how far human raters would differ.
            (false, true) => format!("{low:.1} to {high:.1} in doubt"),
            (false, false) => "nothing in doubt".to_owned(),
        });
    }
    if let Some(required) = criterion.required_level {
        facts.push(format!("required {required}"));
    }
    if !facts.is_empty() {
        page.tag("span", "class=\"quiet\"", &facts.join(" · "));
    }
    page.raw("</div>");
}

fn anchors(page: &mut Page, criterion: &CriterionResult) {
    if criterion.anchors.is_empty() {
        return;
    }
    page.raw(
        "<details><summary>All levels of this criterion</summary>\n<ol class=\"anchors\" start=\"0\">\n",
    );
    for (index, anchor) in criterion.anchors.iter().enumerate() {
        let here = criterion.level.is_some_and(|level| usize::from(level) == index);
        page.raw(if here { "<li aria-current=\"true\">" } else { "<li>" });
        page.text(anchor);
        page.raw("</li>\n");
    }
    page.raw("</ol></details>\n");
}
