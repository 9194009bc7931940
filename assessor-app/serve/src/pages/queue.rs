//! The queue: what waits, and why.

use viva_record::{
    oversight::{routing::RoutingConfig, told_before_levels},
    report::{Page, date, escape, shown_name},
};

use super::{begin, end};
use crate::{
    app::{as_query, outcome_word},
    bundles::{Bundle, Listing},
};

pub(crate) fn page(listing: &Listing, by: Option<&str>, routing: &RoutingConfig) -> String {
    let mut page = begin("Queue", "", by);
    page.raw("<h1>Sessions that wait for a human</h1>\n");
    let Some(by) = by else {
        page.raw("<form class=\"card sign-in\" method=\"get\" action=\"./\"><label for=\"as\">Who reviews?</label><p class=\"quiet\">Your name stands in the record beside everything that you give or decide.</p><div class=\"row\"><input id=\"as\" name=\"as\" maxlength=\"100\" required autocomplete=\"name\" autofocus><button>Begin</button></div></form>\n");
        return end(page, &[]);
    };
    let (waiting, done): (Vec<_>, Vec<_>) =
        listing.bundles.iter().partition(|bundle| !bundle.reasons.is_empty());
    page.tag(
        "p",
        "class=\"lead\"",
        &format!(
            "{} of {} session{} wait{}. Besides appeals and what the machine is unsure of, {:.0} % of all sessions are drawn at random (seed {}) and scored blind.",
            waiting.len(),
            listing.bundles.len(),
            if listing.bundles.len() == 1 { "" } else { "s" },
            if waiting.len() == 1 { "s" } else { "" },
            routing.sample_share * 100.0,
            routing.sample_seed
        ),
    );
    if waiting.is_empty() {
        page.raw("<div class=\"card\"><p>Nothing waits.</p></div>\n");
    } else {
        page.raw("<ul class=\"queue\" id=\"queue\">\n");
        for bundle in waiting {
            entry(&mut page, bundle, by);
        }
        page.raw("</ul>\n");
    }
    if !done.is_empty() {
        page.raw("<section aria-labelledby=\"done-title\"><h2 id=\"done-title\">Decided</h2>\n<ul class=\"queue done\">\n");
        for bundle in done {
            decided(&mut page, bundle, by);
        }
        page.raw("</ul></section>\n");
    }
    if !listing.unusable.is_empty() {
        page.raw("<section aria-labelledby=\"bad-title\"><h2 id=\"bad-title\">Cannot be reviewed</h2>\n<ul class=\"plain\">\n");
        for unusable in &listing.unusable {
            page.raw("<li><strong>");
            page.text(&unusable.name);
            page.raw("</strong>: ");
            page.text(&unusable.why);
            page.raw("</li>\n");
        }
        page.raw("</ul></section>\n");
    }
    if listing.cut {
        page.tag(
            "p",
            "class=\"note\"",
            "There are more records in this folder than can be listed; put them into several folders.",
        );
    }
    end(page, &[("j k", "next, previous session"), ("Enter", "open it")])
}

fn link(bundle: &Bundle, by: &str) -> String {
    format!("s/{}/?{}", bundle.key, escape(&as_query(by)))
}

/// Before a blind score nobody needs to know who the candidate is.
fn entry(page: &mut Page, bundle: &Bundle, by: &str) {
    page.raw(&format!("<li><a href=\"{}\"><span class=\"title\">", link(bundle, by)));
    page.text(&bundle.header.exam_title);
    page.raw("</span><span class=\"quiet\">");
    page.text(&format!(
        "{} · session {}",
        date(&bundle.header.started_at),
        bundle.header.session_id.trim_start_matches("urn:uuid:").chars().take(8).collect::<String>()
    ));
    page.raw("</span><span class=\"chips\">");
    let has_scored = bundle.history.blind_score_of(by).is_some();
    let reasons = if has_scored { bundle.reasons.clone() } else { told_before_levels(&bundle.reasons) };
    for reason in reasons {
        page.tag("span", "class=\"chip\"", reason.word());
    }
    page.raw("</span><span class=\"state\">");
    let scored: Vec<&str> = bundle.history.blind_scores.iter().map(|score| score.by.as_str()).collect();
    page.text(&if has_scored {
        "your levels are given: compare and decide".to_owned()
    } else if scored.is_empty() {
        "not scored by a human yet".to_owned()
    } else {
        format!("levels by {}", scored.join(", "))
    });
    page.raw("</span></a></li>\n");
}

fn decided(page: &mut Page, bundle: &Bundle, by: &str) {
    let Some(decision) = bundle.history.standing() else { return };
    page.raw(&format!("<li><a href=\"{}\"><span class=\"title\">", link(bundle, by)));
    page.text(&bundle.header.exam_title);
    page.raw("</span><span class=\"quiet\">");
    page.text(&format!("{} · {}", shown_name(&bundle.header.candidate), date(&bundle.header.started_at)));
    page.raw("</span><span class=\"state\">");
    page.text(&format!("{} by {}", outcome_word(decision.outcome), decision.by));
    page.raw("</span></a></li>\n");
}
