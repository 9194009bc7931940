//! What the session had to reach, what was measured of it, and which questions followed from that.

use crate::{
    report::{
        Report,
        html::{Page, clock, date},
    },
    wire::{Objective, ObjectiveState},
};

pub(crate) fn objectives(page: &mut Page, report: &Report) {
    let Some(scores) = report.scores.as_ref().filter(|scores| !scores.objectives.is_empty()) else { return };
    page.section(
        "objectives",
        "Objectives",
        "What the session had to reach. Each is measured by the program on the candidate's words; no language model sets one.",
    );
    page.raw("<ul class=\"plain\">\n");
    for objective in &scores.objectives {
        one(page, report, objective);
    }
    page.raw("</ul>\n");
    if !scores.choices.is_empty() {
        page.tag("h3", "", "Questions beyond the common set");
        page.raw("<ul class=\"plain\">\n");
        for choice in &scores.choices {
            page.raw("<li><strong>");
            page.text(&choice.question);
            page.raw("</strong> <span class=\"quiet\">");
            page.text(&format!("at {}", clock(choice.at_s)));
            page.raw("</span> ");
            page.text(&choice.reason);
            page.raw("</li>\n");
        }
        page.raw("</ul>\n");
    }
    page.raw("</section>\n");
}

fn one(page: &mut Page, report: &Report, objective: &Objective) {
    let confirmation = report.history.confirmation_of(&objective.id);
    let state = match (objective.state, confirmation) {
        (_, Some(said)) if said.is_met => {
            format!("confirmed by {} on {} ({})", said.by, date(&said.at), said.reason)
        }
        (_, Some(said)) => format!("not met, said {} on {} ({})", said.by, date(&said.at), said.reason),
        (ObjectiveState::Met, None) => "met".to_owned(),
        (ObjectiveState::ToConfirm, None) => "waits for a human's confirmation".to_owned(),
        (ObjectiveState::Open, None) => "not met".to_owned(),
    };
    page.raw("<li><strong>");
    page.text(&state);
    page.raw("</strong>: ");
    page.text(&objective.text);
    if let Some(reason) = &objective.open_because {
        page.text(&format!(" ({reason})"));
    }
    for output in &objective.outputs {
        page.raw("<div class=\"quiet\">");
        let value = output.value.map_or_else(|| "none".to_owned(), |value| value.to_string());
        page.text(&format!("{} ({}): {value}", output.name, output.is));
        page.raw("</div>");
        for quote in &output.quotes {
            page.quote(quote, report.candidate_audio);
        }
    }
    page.raw("</li>\n");
}
