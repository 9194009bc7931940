//! The pages. Text from a record or a form enters through [`Page`], which escapes it.

pub(crate) mod blind;
pub(crate) mod compare;
pub(crate) mod done;
pub(crate) mod queue;
pub(crate) mod samples;

use viva_exchange::Speaker;
use viva_record::{
    oversight::routing::Reason,
    report::{Page, clock, escape},
};

use crate::{app::as_query, bundles::Bundle};

pub(crate) const STYLE: &str = include_str!("review.css");
/// Shown beside the page's title.
pub(crate) const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><rect width=\"16\" height=\"16\" rx=\"3\" fill=\"#2f5d8a\"/><path d=\"M3 4l5 9 5-9\" fill=\"none\" stroke=\"#fff\" stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>\n";
pub(crate) const SCRIPT: &str = include_str!("review.js");

/// Begins a page; `root` leads to the queue.
pub(crate) fn begin(title: &str, root: &str, by: Option<&str>) -> Page {
    let mut page = Page::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
    page.tag("title", "", &format!("{title} · Viva review"));
    page.raw(&format!("<link rel=\"stylesheet\" href=\"{root}style.css\">\n<script src=\"{root}play.js\" defer></script>\n<script src=\"{root}review.js\" defer></script>\n</head>\n<body class=\"review\">\n<a class=\"skip\" href=\"#main\">To the content</a>\n<header class=\"bar-top\"><nav aria-label=\"Review\">"));
    let query = by.map(|by| format!("?{}", as_query(by))).unwrap_or_default();
    page.raw(&format!(
        "<a class=\"home\" href=\"{}{}\">Viva review</a>",
        if root.is_empty() { "./" } else { root },
        escape(&query)
    ));
    if let Some(by) = by {
        page.raw("<span class=\"who-reviews\">");
        page.text(by);
        page.raw("</span>");
    }
    page.raw("<button type=\"button\" id=\"help-open\" aria-haspopup=\"dialog\">Keys <kbd>?</kbd></button></nav></header>\n<main id=\"main\">\n");
    page
}

/// The page with what followed from the form before it.
pub(crate) fn with_note(page: String, told: &str) -> String {
    const MAIN: &str = "<main id=\"main\">\n";
    if told.is_empty() {
        return page;
    }
    let note = format!("{MAIN}<p class=\"note\" role=\"status\">{}</p>\n", escape(told));
    page.replacen(MAIN, &note, 1)
}

/// Ends a page with the keys that it has.
pub(crate) fn end(mut page: Page, keys: &[(&str, &str)]) -> String {
    page.raw("</main>\n<p id=\"player\" role=\"status\" aria-live=\"polite\" hidden></p>\n<dialog id=\"help\" aria-labelledby=\"help-title\"><h2 id=\"help-title\">Keys</h2><dl class=\"keys\">\n");
    for (key, does) in
        keys.iter().chain(&[("?", "show or hide these keys"), ("Tab", "next field, button or link")])
    {
        page.raw("<div><dt>");
        for one in key.split(' ') {
            page.tag("kbd", "", one);
        }
        page.raw("</dt>");
        page.tag("dd", "", does);
        page.raw("</div>\n");
    }
    page.raw("</dl><form method=\"dialog\"><button>Close</button></form></dialog>\n</body>\n</html>\n");
    page.finish()
}

/// A page that says one thing.
pub(crate) fn message(title: &str, text: &str, root: &str, by: Option<&str>) -> String {
    let mut page = begin(title, root, by);
    page.tag("h1", "", title);
    page.raw("<div class=\"card\">");
    page.tag("p", "", text);
    page.raw("</div>\n");
    end(page, &[])
}

/// A form was not taken; `again` leads back to the session.
pub(crate) fn refused(why: &str, again: &str) -> String {
    let mut page = begin("Not written", "../../", None);
    page.raw("<h1>Not written</h1>\n<div class=\"card result bad\" role=\"alert\">");
    page.tag("p", "id=\"refused\"", why);
    page.raw(&format!(
        "<p><a class=\"button\" href=\"{}\" autofocus>Open the session again</a></p></div>\n",
        escape(again)
    ));
    end(page, &[])
}

/// Somebody else has the session open.
pub(crate) fn locked(other: &str, by: &str) -> String {
    let mut page = begin("Open elsewhere", "../../", Some(by));
    page.raw("<h1>Somebody else has this session open</h1>\n<div class=\"card result open\" role=\"alert\"><p id=\"refused\">");
    page.text(&format!("{other} is reviewing this session. It becomes free twenty minutes after the last thing done there. Take it over only if you know that {other} has left it: what was not sent there is then refused."));
    page.raw("</p><form method=\"post\" action=\"take\">");
    hidden(&mut page, "as", by);
    page.raw("<button>Take it over</button></form></div>\n");
    end(page, &[])
}

pub(crate) fn hidden(page: &mut Page, name: &str, value: &str) {
    page.raw(&format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value)));
}

/// The session as a reviewer may know it before the reveal: not who the candidate is. `reasons` say why it waits.
pub(crate) fn heading(page: &mut Page, bundle: &Bundle, kicker: &str, reasons: &[Reason]) {
    page.tag("p", "class=\"kicker\"", kicker);
    page.tag("h1", "", &bundle.header.exam_title);
    page.raw("<ul class=\"chips\" aria-label=\"Why this session waits\">");
    for reason in reasons {
        page.raw("<li class=\"chip\">");
        page.text(reason.word());
        page.raw("</li>");
    }
    page.raw("</ul>\n");
    let sentences: Vec<String> = reasons.iter().map(Reason::sentence).collect();
    page.tag("p", "class=\"quiet\"", &sentences.join(" "));
}

/// All turns with their sound.
pub(crate) fn transcript(page: &mut Page, bundle: &Bundle) {
    page.raw("<section aria-labelledby=\"said-title\"><h2 id=\"said-title\">What was said</h2>\n<ol class=\"turns\" tabindex=\"0\" aria-label=\"Questions and answers\">\n");
    for turn in &bundle.transcript.turns {
        let (class, who) = match turn.speaker {
            Speaker::Candidate => ("candidate", "Candidate"),
            Speaker::Examiner => ("examiner", "Assessor"),
            Speaker::Character => ("character", "Character"),
        };
        page.raw(&format!("<li class=\"{class}\" id=\"turn-{}\"><p class=\"who\"><strong>{who}</strong><span class=\"quiet\">{}</span>", turn.id.0, clock(turn.start.as_secs())));
        if has_sound(bundle, turn.speaker) {
            page.play(turn.speaker, turn.start.as_secs(), turn.end.as_secs());
        }
        page.raw("</p>");
        page.tag("p", "", &turn.text());
        page.raw("</li>\n");
    }
    page.raw("</ol></section>\n");
}

pub(crate) fn has_sound(bundle: &Bundle, speaker: Speaker) -> bool {
    let track = if speaker == Speaker::Candidate { "audio/candidate.wav" } else { "audio/assessor.wav" };
    bundle.verified.files.contains_key(track)
}

/// Level in words.
pub(crate) fn level(level: Option<u8>) -> String {
    level.map_or_else(|| "no level".to_owned(), |level| level.to_string())
}
