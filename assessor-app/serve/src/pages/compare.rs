//! The comparison: own levels beside the machine's, overrides, the decision.

use viva_exchange::Speaker;
use viva_record::{
    oversight::{Override, OverrideCode},
    report::{Page, date, escape, shown_name},
    review::is_demonstration,
    wire::{CriterionResult, ObjectiveState, Recommendation, ScoreSheet},
};

use super::{begin, end, has_sound, heading, hidden, level, samples::work_samples, transcript};
use crate::{
    app::{as_query, outcome_word},
    bundles::Bundle,
};

pub(crate) fn page(bundle: &Bundle, by: &str) -> String {
    let Some(sheet) = &bundle.scores else { return String::new() };
    let own = bundle.history.levels_of(by);
    let mut page = begin("Compare and decide", "../../", Some(by));
    heading(&mut page, bundle, "Comparison and decision", &bundle.reasons);
    summary(&mut page, bundle, sheet, by);
    let appeal = bundle.history.open_appeal();
    let (action, stage) = if appeal.is_some() { ("appeal-decision", "appeal") } else { ("decide", "decide") };
    if let Some(open) = appeal {
        page.raw("<section class=\"card flag\" aria-labelledby=\"appeal-title\"><h2 id=\"appeal-title\">The appeal</h2><p>");
        page.text(&format!(
            "{} by {}: {}",
            outcome_word(open.against.outcome),
            open.against.by,
            open.against.reason
        ));
        page.raw("</p><blockquote><p>");
        page.text(&open.appeal.text);
        page.raw("</p></blockquote>");
        page.tag("p", "class=\"quiet\"", &format!("Appealed by {}.", open.appeal.by));
        page.raw("</section>\n");
    }
    objectives(&mut page, bundle, sheet, by);
    page.raw(&format!(
        "<form method=\"post\" action=\"{action}\" class=\"marks\" data-draft=\"{}\" data-clear=\"{}\" aria-label=\"Overrides and decision\">\n",
        escape(&format!("{}|{by}|{stage}", bundle.verified.session)),
        escape(&format!("{}|{by}|blind", bundle.verified.session))
    ));
    hidden(&mut page, "as", by);
    hidden(&mut page, "root", &bundle.verified.record_root);
    for (at, criterion) in sheet.criteria.iter().enumerate() {
        card(&mut page, bundle, at, criterion, own.get(&criterion.id).copied().flatten());
    }
    decision(&mut page, appeal.is_some());
    page.raw("</form>\n");
    correction(&mut page, bundle, sheet, by);
    work_samples(&mut page, bundle);
    page.raw("<details class=\"card\"><summary>What was said</summary>\n");
    transcript(&mut page, bundle);
    page.raw("</details>\n");
    end(
        page,
        &[
            ("j k", "next, previous criterion"),
            ("Space", "play the evidence; again for the next one"),
            ("o", "override the machine's level of this criterion"),
            ("a d r", "award, deny, refer"),
            ("s", "to the button that seals"),
        ],
    )
}

fn summary(page: &mut Page, bundle: &Bundle, sheet: &ScoreSheet, by: &str) {
    let own = bundle.history.levels_of(by);
    let differ =
        sheet.criteria.iter().filter(|one| own.get(&one.id).is_some_and(|own| *own != one.level)).count();
    let said = match sheet.recommendation {
        Recommendation::Meets => "The machine recommends: meets the standard.",
        Recommendation::DoesNotMeet => "The machine recommends: does not meet the standard.",
        Recommendation::ReferToHuman => "The machine gives no recommendation: a human scores.",
        Recommendation::NotAnswered => "Too little was said for a recommendation.",
        Recommendation::Practice => "Practice: nothing is recommended.",
    };
    page.raw("<div class=\"card\"><p>");
    page.text(&format!("Candidate: {}. ", shown_name(&bundle.header.candidate)));
    page.raw("<strong>");
    page.text(said);
    page.raw("</strong> ");
    page.text(&format!(
        "You differ on {differ} of {} criteria. Validation of the rubric: {}.",
        sheet.criteria.len(),
        sheet.validation_status
    ));
    if is_demonstration(&bundle.header, sheet, &bundle.verified.key) {
        page.text(" An award leads to a demonstration credential only.");
    }
    page.raw(&format!(" <a href=\"report?{}\">The whole report</a></p>", escape(&as_query(by))));
    page.list("plain", &sheet.explanation);
    page.raw("</div>\n");
}

/// What only a human can confirm, with a form each until somebody has said it.
fn objectives(page: &mut Page, bundle: &Bundle, sheet: &ScoreSheet, by: &str) {
    let to_confirm = sheet.objectives.iter().filter(|one| one.state == ObjectiveState::ToConfirm);
    for (at, objective) in to_confirm.enumerate() {
        page.raw(&format!(
            "<section class=\"card\" aria-labelledby=\"objective-{at}\"><h2 id=\"objective-{at}\">"
        ));
        page.text(&format!("For a human to confirm: {}", objective.text));
        page.raw("</h2>\n");
        for output in &objective.outputs {
            let value = output.value.map_or_else(|| "none".to_owned(), |value| value.to_string());
            page.tag("p", "class=\"quiet\"", &format!("{} ({}): {value}", output.name, output.is));
            for quote in &output.quotes {
                page.quote(quote, has_sound(bundle, Speaker::Candidate));
            }
        }
        if let Some(said) = bundle.history.confirmation_of(&objective.id) {
            let what = if said.is_met { "confirmed" } else { "not met, said" };
            page.tag(
                "p",
                "class=\"note\"",
                &format!("{what} by {} on {}: {}", said.by, date(&said.at), said.reason),
            );
        } else {
            page.raw("<p class=\"quiet\">Nothing can be awarded before. Send it before you decide; what you have marked below is kept.</p><form method=\"post\" action=\"confirm\" class=\"override\">");
            hidden(page, "as", by);
            hidden(page, "root", &bundle.verified.record_root);
            hidden(page, "objective", &objective.id);
            page.raw(&format!("<label for=\"met-{at}\">Is it met?</label><select id=\"met-{at}\" name=\"met\" required><option value=\"\">choose</option><option value=\"yes\">It is met</option><option value=\"no\">It is not met</option></select><label for=\"met-why-{at}\">Reason</label><textarea id=\"met-why-{at}\" name=\"reason\" rows=\"2\" maxlength=\"4000\" required></textarea><p><button>Seal what I say of it</button></p></form>"));
        }
        page.raw("</section>\n");
    }
}

fn card(page: &mut Page, bundle: &Bundle, at: usize, criterion: &CriterionResult, own: Option<u8>) {
    let differs = own != criterion.level;
    page.raw(&format!("<fieldset class=\"card rate{}\" id=\"criterion-{at}\" tabindex=\"-1\"><legend><span class=\"kicker\">", if differs { " differs" } else { "" }));
    page.text(&criterion.domain);
    page.raw("</span> ");
    page.text(&criterion.name);
    page.raw("</legend>\n<div class=\"scroll\"><table class=\"beside\"><thead><tr><th scope=\"col\">You</th><th scope=\"col\">Machine</th><th scope=\"col\">Its interval</th><th scope=\"col\">Required</th><th scope=\"col\">Difference</th></tr></thead><tbody><tr>");
    page.tag("td", "class=\"own\"", &level(own));
    page.tag("td", "class=\"machine\"", &level(criterion.level));
    page.tag(
        "td",
        "",
        &criterion.interval.map_or_else(|| "–".to_owned(), |(low, high)| format!("{low:.1} to {high:.1}")),
    );
    page.tag("td", "", &criterion.required_level.map_or_else(|| "–".to_owned(), |needed| needed.to_string()));
    let difference = match (own, criterion.level) {
        (Some(own), Some(machine)) if own == machine => "same".to_owned(),
        (Some(own), Some(machine)) => format!("differs by {}", own.abs_diff(machine)),
        (None, None) => "same".to_owned(),
        _ => "one gives no level".to_owned(),
    };
    page.tag("td", if differs { "class=\"difference\"" } else { "" }, &difference);
    page.raw("</tr></tbody></table></div>\n");
    if let Some(reason) = &criterion.abstained {
        page.tag("p", "class=\"note\"", &format!("The machine gave no level: {reason}."));
    }
    for quote in &criterion.quotes {
        page.quote(quote, has_sound(bundle, Speaker::Candidate));
    }
    if let Some(second) = &criterion.second {
        let said = second.level.map_or_else(
            || format!("no usable level: {}", second.abstained.as_deref().unwrap_or("no reason")),
            |level| format!("level {level}"),
        );
        let told =
            format!("Second opinion of the language model {}: {said}. It sets no level.", second.rater);
        page.tag("p", "class=\"note\"", &told);
    }
    page.sample_quotes(bundle.history.samples(), &criterion.id, true);
    page.findings(criterion);
    let set = bundle.history.override_of(&criterion.id);
    if let Some(set) = set {
        page.tag(
            "p",
            "class=\"note\"",
            &format!("{} set this to {}: {}", set.by, level(set.level), set.reason),
        );
    }
    overriding(page, at, criterion, own, set);
    page.raw("</fieldset>\n");
}

fn overriding(
    page: &mut Page,
    at: usize,
    criterion: &CriterionResult,
    own: Option<u8>,
    set: Option<&Override>,
) {
    let standing = set.map_or(criterion.level, |set| set.level);
    let whose = set.map_or("the machine's", |set| set.by.as_str());
    page.raw(&format!("<div class=\"override\"><label for=\"override-{at}\">Level that counts</label><select id=\"override-{at}\" name=\"override.{at}\"><option value=\"keep\">"));
    page.text(&format!("as it stands: {} ({whose})", level(standing)));
    page.raw("</option>");
    for other in (1..=criterion.max_level).filter(|other| Some(*other) != standing) {
        let yours = if own == Some(other) { ", yours" } else { "" };
        page.raw(&format!("<option value=\"{other}\">{other}{yours}</option>"));
    }
    if standing.is_some() {
        page.raw("<option value=\"none\">no level</option>");
    }
    page.raw(&format!("</select><label for=\"code-{at}\">Kind of reason</label><select id=\"code-{at}\" name=\"code.{at}\"><option value=\"\">choose where you override</option>"));
    for code in OverrideCode::ALL {
        page.raw(&format!("<option value=\"{}\">", code.word()));
        page.text(code.sentence());
        page.raw("</option>");
    }
    page.raw(&format!("</select><label for=\"why-{at}\">Reason</label><textarea id=\"why-{at}\" name=\"why.{at}\" rows=\"2\" maxlength=\"4000\"></textarea></div>\n"));
}

fn decision(page: &mut Page, appeal: bool) {
    page.raw("<fieldset class=\"card decision\" id=\"decision\" tabindex=\"-1\"><legend>");
    page.text(if appeal { "Decision on the appeal: what stands from now on" } else { "Decision" });
    page.raw("</legend>\n");
    for (value, key, title, means) in [
        ("award", "a", "Award", "The standard is met; the credential follows."),
        ("deny", "d", "Deny", "The standard is not met."),
        ("refer", "r", "Refer", "Another reviewer decides; your levels stay in the record."),
    ] {
        page.raw(&format!("<label class=\"choice\"><input type=\"radio\" name=\"outcome\" value=\"{value}\" required><kbd>{key}</kbd><span><strong>{title}.</strong> {means}</span></label>\n"));
    }
    page.raw("<label for=\"reason\">Reason, as the candidate will read it</label><textarea id=\"reason\" name=\"reason\" rows=\"3\" maxlength=\"4000\" required></textarea>\n<p><button id=\"send\">Seal the decision <kbd>s</kbd></button></p></fieldset>\n");
}

fn correction(page: &mut Page, bundle: &Bundle, sheet: &ScoreSheet, by: &str) {
    page.raw("<details class=\"card\"><summary>Correct one of your own levels</summary><form method=\"post\" action=\"correct\" class=\"override\">");
    hidden(page, "as", by);
    hidden(page, "root", &bundle.verified.record_root);
    page.raw("<p class=\"quiet\">Your first level stays in the record; the correction stands beside it, marked as made after the reveal.</p><label for=\"correct-criterion\">Criterion</label><select id=\"correct-criterion\" name=\"criterion\">");
    for criterion in &sheet.criteria {
        page.raw(&format!("<option value=\"{}\">", escape(&criterion.id)));
        page.text(&criterion.name);
        page.raw("</option>");
    }
    page.raw(
        "</select><label for=\"correct-level\">Level</label><select id=\"correct-level\" name=\"level\">",
    );
    let most = sheet.criteria.iter().map(|one| one.max_level).max().unwrap_or_default();
    for level in 1..=most {
        page.raw(&format!("<option value=\"{level}\">{level}</option>"));
    }
    page.raw("<option value=\"none\">cannot be judged</option></select><label for=\"correct-reason\">Reason</label><textarea id=\"correct-reason\" name=\"reason\" rows=\"2\" maxlength=\"4000\" required></textarea><p><button>Seal the correction</button></p></form></details>\n");
}
