//! The blind stage: what was said, the rubric's words, and nothing of what the machine made of it.

use viva_exchange::Speaker;
use viva_record::{
    oversight::told_before_levels,
    report::{Page, clock, escape},
    wire::{CriterionResult, QuoteRef},
};

use super::{begin, end, has_sound, heading, hidden, samples::work_samples, transcript};
use crate::bundles::Bundle;

pub(crate) fn page(bundle: &Bundle, by: &str) -> String {
    let mut page = begin("Your levels", "../../", Some(by));
    heading(&mut page, bundle, "Blind score", &told_before_levels(&bundle.reasons));
    page.raw("<p class=\"lead\">Give your own levels first. The machine's are not in this page; they are shown beside yours once these are sealed.</p>\n<div class=\"split\">\n");
    page.raw("<div class=\"said\">\n");
    transcript(&mut page, bundle);
    work_samples(&mut page, bundle);
    page.raw("</div>\n");
    page.raw(&format!("<form method=\"post\" action=\"blind\" class=\"marks\" data-draft=\"{}\" aria-label=\"Your levels\">\n", escape(&format!("{}|{by}|blind", bundle.verified.session))));
    hidden(&mut page, "as", by);
    hidden(&mut page, "root", &bundle.verified.record_root);
    page.raw("<h2>Your levels</h2><p class=\"quiet\" id=\"progress\" role=\"status\"></p>\n");
    let criteria = bundle.scores.iter().flat_map(|sheet| sheet.criteria.iter());
    for (at, criterion) in criteria.enumerate() {
        card(&mut page, bundle, at, criterion);
    }
    page.raw("<div class=\"card\"><label for=\"note\">Note for the record (needed where a level cannot be judged)</label><textarea id=\"note\" name=\"note\" rows=\"3\" maxlength=\"4000\"></textarea></div>\n");
    page.raw("<p class=\"quiet\">Once sent, your levels are sealed. They can be corrected later with a reason; the first ones stay in the record.</p>\n<p><button id=\"send\">Seal my levels <kbd>s</kbd></button></p></form>\n</div>\n");
    end(
        page,
        &[
            ("j k", "next, previous criterion"),
            ("1 2 3 4", "this level"),
            ("0", "cannot be judged"),
            ("Space", "play the evidence; again for the next one"),
            ("t", "to what was said"),
            ("s", "to the button that seals"),
        ],
    )
}

fn card(page: &mut Page, bundle: &Bundle, at: usize, criterion: &CriterionResult) {
    page.raw(&format!(
        "<fieldset class=\"card rate\" id=\"criterion-{at}\" tabindex=\"-1\"><legend><span class=\"kicker\">"
    ));
    page.text(&criterion.domain);
    page.raw("</span> ");
    page.text(&criterion.name);
    page.raw("</legend>\n");
    for level in 1..=criterion.max_level {
        page.raw(&format!("<label class=\"choice\"><input type=\"radio\" name=\"level.{at}\" value=\"{level}\" required><kbd>{level}</kbd><span>"));
        page.text(criterion.anchors.get(usize::from(level)).map_or("", String::as_str));
        page.raw("</span></label>\n");
    }
    page.raw(&format!("<label class=\"choice\"><input type=\"radio\" name=\"level.{at}\" value=\"none\" required><kbd>0</kbd><span>Cannot be judged from this session</span></label>\n"));
    if criterion.quotes.is_empty() {
        page.tag(
            "p",
            "class=\"quiet\"",
            "No passage is marked for this criterion: judge from all that was said.",
        );
    } else {
        page.raw("<details open><summary>Passages to listen to</summary>\n");
        for quote in &criterion.quotes {
            passage(page, bundle, quote);
        }
        page.raw("</details>\n");
    }
    // What a passage is taken to speak for would tell the machine's mind.
    page.sample_quotes(bundle.history.samples(), &criterion.id, false);
    page.raw("</fieldset>\n");
}

/// A passage without what it is taken to speak for, which would tell the machine's mind.
fn passage(page: &mut Page, bundle: &Bundle, quote: &QuoteRef) {
    page.raw("<figure class=\"quote\"><blockquote><p>");
    page.text(&quote.text);
    page.raw("</p></blockquote><figcaption>");
    if has_sound(bundle, Speaker::Candidate) {
        page.play(Speaker::Candidate, quote.start_s, quote.end_s);
    }
    page.raw(&format!(
        "<a class=\"turn\" href=\"#turn-{}\">turn {}, {}</a></figcaption></figure>\n",
        quote.turn,
        quote.turn,
        clock(quote.start_s)
    ));
}
