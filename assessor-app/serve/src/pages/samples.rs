//! Work samples on a reviewer's page: the file, and its words with the quoted ones marked.

use std::ops::Range;

use viva_record::{
    oversight::work_samples::{SamplePassage, SampleWords, WorkSample},
    report::{Page, SAMPLES_LEAD, clock, escape},
};

use crate::bundles::Bundle;

/// Longer samples show only the passages that are quoted, each with its neighbours; the file has the rest.
const MOST_SHOWN_BYTES: usize = 40_000;

/// All samples; nothing where there are none.
pub(crate) fn work_samples(page: &mut Page, bundle: &Bundle) {
    if bundle.history.work_samples.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"samples-title\"><h2 id=\"samples-title\">Work samples</h2>\n");
    page.tag("p", "class=\"quiet\"", SAMPLES_LEAD);
    for (at, sample) in bundle.history.samples().enumerate() {
        page.raw(&format!("<article class=\"card\" id=\"sample-{at}\">\n"));
        page.sample(sample);
        if let Some(path) = &sample.words {
            match words(bundle, path) {
                Ok(words) => shown(page, at, sample, &words),
                Err(why) => page.tag("p", "class=\"note\"", &why),
            }
        }
        page.raw("</article>\n");
    }
    page.raw("</section>\n");
}

fn words(bundle: &Bundle, path: &str) -> Result<SampleWords, String> {
    let bytes = bundle.verified.read(path).map_err(|failure| failure.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{path}: {error}"))
}

fn shown(page: &mut Page, at: usize, sample: &WorkSample, words: &SampleWords) {
    let whole = words.passages.iter().map(|one| one.text.len()).sum::<usize>() <= MOST_SHOWN_BYTES;
    let near = |number: usize| sample.signs.iter().any(|sign| sign.passage.abs_diff(number) <= 1);
    page.raw("<details open><summary>");
    page.text(if whole { "Its words" } else { "Its words around what is quoted; the file has all of them" });
    page.raw("</summary><div class=\"words\" tabindex=\"0\" role=\"region\" aria-label=\"");
    page.raw(&escape(&sample.title));
    page.raw("\">\n");
    let mut last = None;
    for (number, passage) in words.passages.iter().enumerate() {
        if !whole && !near(number) {
            continue;
        }
        if last.is_some_and(|last| last + 1 < number) {
            page.raw("<p class=\"place\">…</p>\n");
        }
        last = Some(number);
        page.raw("<p>");
        if let Some(place) = place(passage) {
            page.raw("<span class=\"place\">");
            page.text(&place);
            page.raw("</span> ");
        }
        marked(page, at, sample, number, &passage.text);
        page.raw("</p>\n");
    }
    page.raw("</div></details>\n");
}

fn place(passage: &SamplePassage) -> Option<String> {
    let at = passage.span_ms.map(|(start, _)| clock(start as f64 / 1000.0));
    passage.page.map(|page| format!("page {page}")).or(at)
}

/// The words of a passage with every quoted stretch marked once; what several signs quote has an anchor for each.
fn marked(page: &mut Page, at: usize, sample: &WorkSample, passage: usize, text: &str) {
    let mut quoted: Vec<(Range<usize>, usize)> = Vec::new();
    for (number, sign) in sample.signs.iter().enumerate().filter(|(_, sign)| sign.passage == passage) {
        quoted.extend(text.find(&sign.quote).map(|from| (from..from + sign.quote.len(), number)));
    }
    quoted.sort_by_key(|(range, number)| (range.start, *number));
    let mut from = 0;
    for (range, number) in quoted {
        page.text(text.get(from..range.start).unwrap_or_default());
        let rest = range.start.max(from)..range.end.max(from);
        page.raw(&format!("<mark id=\"sample-{at}-{number}\">"));
        page.text(text.get(rest.clone()).unwrap_or_default());
        page.raw("</mark>");
        from = rest.end;
    }
    page.text(text.get(from..).unwrap_or_default());
}
