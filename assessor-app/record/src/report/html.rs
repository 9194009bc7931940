//! The only door by which text enters the page.

use viva_exchange::Speaker;

use super::STYLE;
use crate::{
    Track,
    wire::{CriterionResult, QuoteRef},
};

/// A page that grows. Text goes in through [`Page::text`] and [`Page::tag`], which escape; [`Page::raw`] is for our own markup.
#[derive(Debug, Default)]
pub struct Page(String);

/// What stands before the main part of a page of figures.
#[derive(Clone, Copy, Debug)]
pub struct Front<'a> {
    /// Name of the page.
    pub title: &'a str,
    /// What it is for.
    pub lead: &'a str,
    /// Facts by name.
    pub facts: &'a [(&'a str, String)],
    /// Style beside that of all pages; our own.
    pub style: &'a str,
    /// Further lines of the head; our own.
    pub head: &'a str,
    /// Where the link that skips the front leads, in words.
    pub skip: &'a str,
}

impl Page {
    /// A page without scripts, up to the beginning of its main part.
    #[must_use]
    pub fn begin(front: &Front<'_>) -> Self {
        let Front { title, lead, facts, style, head, skip } = front;
        let mut page = Self::default();
        page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.raw(head);
        page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n");
        page.tag("title", "", title);
        page.raw(&format!("<style>\n{STYLE}{style}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">{skip}</a>\n<header class=\"top\">\n<p class=\"kicker\">Viva</p>\n"));
        page.tag("h1", "", title);
        page.tag("p", "class=\"lead\"", lead);
        page.raw("<dl class=\"facts\">\n");
        for (name, value) in *facts {
            page.raw("<div>");
            page.tag("dt", "", name);
            page.tag("dd", "", value);
            page.raw("</div>\n");
        }
        page.raw("</dl>\n</header>\n<main id=\"main\">\n");
        page
    }

    /// Our own markup; never anything that came from outside.
    pub fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text from anywhere.
    pub fn text(&mut self, text: &str) {
        self.0.push_str(&escape(text));
    }

    /// `<name attributes>text</name>` with the text escaped; attributes are our own.
    pub fn tag(&mut self, name: &str, attributes: &str, text: &str) {
        let space = if attributes.is_empty() { "" } else { " " };
        self.0.push_str(&format!("<{name}{space}{attributes}>{}</{name}>\n", escape(text)));
    }

    /// What of a criterion was shown, was not, and spoke against it, in columns.
    pub fn findings(&mut self, criterion: &CriterionResult) {
        self.raw("<div class=\"columns\">\n");
        for (title, class, items) in [
            ("Shown", "shown", &criterion.shown),
            ("Not shown", "missing", &criterion.missing),
            ("Against the standard", "negative", &criterion.negative),
        ] {
            if !items.is_empty() {
                self.raw("<div>");
                self.tag("h4", "", title);
                self.list(class, items);
                self.raw("</div>\n");
            }
        }
        self.raw("</div>\n");
    }

    /// A list, or nothing when there is nothing to list.
    pub fn list(&mut self, class: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.raw(&format!("<ul class=\"{class}\">\n"));
        for item in items {
            self.tag("li", "", item);
        }
        self.raw("</ul>\n");
    }

    /// A quote with its place, and with a play button where the sound is beside the page.
    pub fn quote(&mut self, quote: &QuoteRef, audio: bool) {
        self.raw("<figure class=\"quote\"><blockquote><p>");
        self.text(&quote.text);
        self.raw("</p></blockquote><figcaption>");
        if audio {
            self.play(Speaker::Candidate, quote.start_s, quote.end_s);
        }
        self.raw(&format!("<a class=\"turn\" href=\"#turn-{}\">turn {}, ", quote.turn, quote.turn));
        self.text(&format!("{}–{}", clock(quote.start_s), clock(quote.end_s)));
        self.raw("</a>");
        if let Some(indicator) = &quote.indicator {
            self.raw(" <span class=\"indicator\">");
            self.text(indicator);
            self.raw("</span>");
        }
        self.raw("</figcaption></figure>\n");
    }

    /// A link to the sound at its place; the script turns it into a button.
    pub fn play(&mut self, speaker: Speaker, start_s: f64, end_s: f64) {
        let track = if speaker == Speaker::Candidate { Track::Candidate } else { Track::Assessor };
        self.play_file(track.path(), start_s, end_s);
    }

    /// A link to a place of a sound file inside the bundle, as [`Self::play`].
    pub(super) fn play_file(&mut self, file: &str, start_s: f64, end_s: f64) {
        let (start, end) = ((start_s - 0.15).max(0.0), end_s + 0.25);
        let label = format!("Play from {} to {}", clock(start_s), clock(end_s));
        self.raw(&format!(
            "<a class=\"play\" href=\"{}#t={start:.2},{end:.2}\" aria-label=\"{label}\">",
            escape(file)
        ));
        self.raw(
            "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"M4 2.5v11l9-5.5z\"/></svg>Play</a> ",
        );
    }

    /// A section with its heading.
    pub fn section(&mut self, id: &str, title: &str, lead: &str) {
        self.raw(&format!("<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n"));
        self.tag("h2", &format!("id=\"{id}-title\""), title);
        if !lead.is_empty() {
            self.tag("p", "class=\"lead\"", lead);
        }
    }

    /// The page so far.
    #[must_use]
    pub fn finish(self) -> String {
        self.0
    }
}

/// Text that can stand between tags and inside quoted attributes. Control signs, which no speech has, become a visible mark.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Signs that turn the direction of writing could make a quote read as another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            sign if sign.is_control() && !sign.is_whitespace() => out.push('\u{fffd}'),
            sign => out.push(sign),
        }
    }
    out
}

/// Seconds as `m:ss`.
#[must_use]
pub fn clock(secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// Names of the months in English.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `2026-03-02T10:14:07Z` → `2 March 2026, 10:14 UTC`; anything else stays as it is.
#[must_use]
pub fn date(text: &str) -> String {
    let parts = || {
        let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
        let mut day = day.splitn(3, '-').map(|part| part.parse::<usize>().ok());
        let (year, month, day) = (day.next()??, day.next()??, day.next()??);
        let month = MONTHS.get(month.checked_sub(1)?)?;
        Some(format!("{day} {month} {year}, {} UTC", time.get(..5)?))
    };
    parts().unwrap_or_else(|| text.to_owned())
}

/// `not calibrated` → `Not calibrated`.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hostile_passes() {
        assert_eq!(escape("<script>\"'&\u{202e}\u{0}"), "&lt;script&gt;&quot;&#39;&amp;\u{fffd}\u{fffd}");
        assert_eq!(
            (clock(-1.0), clock(61.4), clock(f64::NAN)),
            ("0:00".into(), "1:01".into(), "0:00".into())
        );
    }
}
