//! A session that nobody waits for: what stands, and the way to appeal.

use viva_record::report::{Page, date, escape, shown_name};

use super::{begin, end, hidden};
use crate::{
    app::{as_query, outcome_word},
    bundles::Bundle,
};

pub(crate) fn page(bundle: &Bundle, by: &str) -> String {
    let mut page = begin("Decided", "../../", Some(by));
    page.tag("p", "class=\"kicker\"", "Decided");
    page.tag("h1", "", &bundle.header.exam_title);
    stands(&mut page, bundle, by);
    page.raw(&format!("<section class=\"card\" aria-labelledby=\"appeal-title\"><h2 id=\"appeal-title\">Appeal</h2><p>Another person than those who decided must then decide; until then a credential that was awarded is suspended.</p><form method=\"post\" action=\"appeal\" class=\"override\" data-draft=\"{}\">", escape(&format!("{}|{by}|file", bundle.verified.session))));
    hidden(&mut page, "root", &bundle.verified.record_root);
    page.raw("<label for=\"appeal-by\">Who appeals</label><input id=\"appeal-by\" name=\"as\" maxlength=\"100\" required><label for=\"appeal-text\">Grounds</label><textarea id=\"appeal-text\" name=\"text\" rows=\"4\" maxlength=\"4000\" required></textarea><p><button id=\"send\">Open the appeal</button></p></form></section>\n");
    end(page, &[("s", "to the button")])
}

/// The appeal is not this reviewer's to decide.
pub(crate) fn not_by_you(bundle: &Bundle, by: &str) -> String {
    let mut page = begin("Appeal", "../../", Some(by));
    page.tag("p", "class=\"kicker\"", "Appeal");
    page.tag("h1", "", &bundle.header.exam_title);
    page.raw("<div class=\"card result open\" role=\"alert\"><p id=\"refused\">You decided on this session or you appeal yourself: another person must decide on the appeal.</p></div>\n");
    stands(&mut page, bundle, by);
    end(page, &[])
}

fn stands(page: &mut Page, bundle: &Bundle, by: &str) {
    let Some(decision) = bundle.history.standing() else { return };
    let class = if decision.outcome == viva_record::Outcome::Award { "good" } else { "bad" };
    page.raw(&format!("<div class=\"card result {class}\"><p class=\"verdict\" id=\"verdict\">"));
    page.text(&format!("{}: {}", shown_name(&bundle.header.candidate), outcome_word(decision.outcome)));
    page.raw("</p>");
    page.tag("p", "", &decision.reason);
    page.tag(
        "p",
        "class=\"quiet\"",
        &format!(
            "By {} on {}. The record has {} seals.",
            decision.by,
            date(&decision.at),
            bundle.verified.seals.len()
        ),
    );
    page.raw(&format!("<p><a href=\"report?{}\">The whole report</a></p></div>\n", escape(&as_query(by))));
}
