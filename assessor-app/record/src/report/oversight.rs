//! What reviewers did with the session, beside what the engine found.

use crate::{
    Outcome,
    report::{
        Report,
        html::{Page, date},
    },
};

pub(crate) fn oversight(page: &mut Page, report: &Report) {
    let history = &report.history;
    let Some(scores) = report.scores.as_ref() else { return };
    if [
        history.blind_scores.len(),
        history.referrals.len(),
        history.appeals.len(),
        history.work_samples.len(),
    ] == [0; 4]
    {
        return;
    }
    page.section(
        "oversight",
        "Human review",
        "Reviewers gave their own levels before they saw the engine's. What they changed afterwards stands beside it; nothing was replaced.",
    );
    if !history.blind_scores.is_empty() {
        page.raw("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Criterion</th><th scope=\"col\">Engine</th>");
        for score in &history.blind_scores {
            page.tag("th", "scope=\"col\"", &format!("{} (blind)", score.by));
        }
        page.raw("<th scope=\"col\">Counts</th></tr></thead><tbody>\n");
        for criterion in &scores.criteria {
            page.raw("<tr>");
            page.tag("th", "scope=\"row\"", &criterion.name);
            page.tag("td", "", &level(criterion.level));
            for score in &history.blind_scores {
                page.tag(
                    "td",
                    "",
                    &score.levels.get(&criterion.id).map_or_else(|| "–".to_owned(), |l| level(*l)),
                );
            }
            let counts = history.standing_level(criterion);
            page.tag("td", "", &level(counts));
            page.raw("</tr>\n");
        }
        page.raw("</tbody></table></div>\n");
    }
    let name = |id: &str| {
        scores.criteria.iter().find(|one| one.id == id).map_or_else(|| id.to_owned(), |one| one.name.clone())
    };
    let mut notes = Vec::new();
    for one in &history.work_samples {
        let (count, note) = (one.samples.len(), &one.note);
        let plural = if count == 1 { "" } else { "s" };
        notes.push(format!("{} handed in {count} work sample{plural} on {}. {note}", one.by, date(&one.at)));
    }
    for one in &history.corrections {
        let when = if one.after_reveal { " after seeing the engine's" } else { "" };
        notes.push(format!(
            "{} corrected the own level of {} to {}{when}: {}",
            one.by,
            name(&one.criterion),
            level(one.level),
            one.reason
        ));
    }
    for one in &history.overrides {
        notes.push(format!(
            "{} set {} from {} to {} ({}): {}",
            one.by,
            name(&one.criterion),
            level(one.machine),
            level(one.level),
            one.code.sentence().to_lowercase(),
            one.reason
        ));
    }
    notes.extend(
        history
            .referrals
            .iter()
            .map(|one| format!("{} left the decision to another reviewer: {}", one.by, one.reason)),
    );
    let word = |outcome| if outcome == Outcome::Award { "award" } else { "denial" };
    let contested = history.decision.iter().filter(|_| !history.appeals.is_empty());
    notes.extend(contested.map(|first| {
        format!(
            "{} decided first, on {}: {}. {}",
            first.by,
            date(&first.at),
            word(first.outcome),
            first.reason
        )
    }));
    for (at, one) in history.appeals.iter().enumerate() {
        notes.push(format!("{} appealed on {}: {}", one.by, date(&one.at), one.text));
        notes.extend(history.appeal_decisions.get(at).map(|decided| {
            format!(
                "{} decided on the appeal on {}: {}. {}",
                decided.by,
                date(&decided.at),
                word(decided.outcome),
                decided.reason
            )
        }));
    }
    page.list("plain", &notes);
    page.raw("</section>\n");
}

fn level(level: Option<u8>) -> String {
    level.map_or_else(|| "no level".to_owned(), |level| level.to_string())
}
