//! Work samples that were handed in: what they are, the file with its hash, and the signs that were found with their words.

use crate::{
    oversight::work_samples::{SampleKind, SampleSign, WorkSample},
    report::{
        Report,
        html::{Page, clock, escape},
    },
};

/// What a page says of work samples wherever it shows some.
pub const SAMPLES_LEAD: &str = "Handed in beside what was said. Nothing of them enters a level of the engine: they are for the human who decides.";

pub(crate) fn work_samples(page: &mut Page, report: &Report) {
    if report.history.work_samples.is_empty() {
        return;
    }
    page.section("work-samples", "Work samples", SAMPLES_LEAD);
    for (at, sample) in report.history.samples().enumerate() {
        page.raw(&format!("<article class=\"card\" id=\"sample-{at}\">\n"));
        page.sample(sample);
        for (number, sign) in sample.signs.iter().enumerate() {
            page.raw(&format!("<div id=\"sample-{at}-{number}\">"));
            page.sample_quote(at, sample, number, true);
            let name = report.scores.iter().flat_map(|sheet| &sheet.criteria);
            let name = name.into_iter().find(|one| one.id == sign.criterion);
            page.tag("p", "class=\"quiet\"", name.map_or(sign.criterion.as_str(), |one| one.name.as_str()));
            page.raw("</div>\n");
        }
        if sample.signs.is_empty() && sample.kind != SampleKind::Photo {
            page.tag("p", "class=\"quiet\"", "No sign of the rubric was found in its words.");
        }
        page.raw("</article>\n");
    }
    page.raw("</section>\n");
}

impl Page {
    /// What a sample is, and the file: a photo to look at, anything else to open.
    pub fn sample(&mut self, sample: &WorkSample) {
        let WorkSample { title, context, kind, file, sha256, .. } = sample;
        self.tag("p", "class=\"kicker\"", kind.word());
        self.tag("h3", "", title);
        self.tag("p", "", context);
        if *kind == SampleKind::Photo {
            self.raw(&format!(
                "<a href=\"{0}\"><img class=\"photo\" src=\"{0}\" alt=\"{1}\"></a>\n",
                escape(file),
                escape(title)
            ));
            self.tag("p", "class=\"quiet\"", "For people: no machine has looked at it.");
        }
        self.raw(&format!("<p class=\"quiet\"><a href=\"{}\">The file</a>, sha256 <code>", escape(file)));
        self.text(sha256);
        self.raw("</code></p>\n");
    }

    /// The words of sign `number` of sample `at`, with a link to their place; the sign itself only where it may be told.
    pub fn sample_quote(&mut self, at: usize, sample: &WorkSample, number: usize, with_sign: bool) {
        let Some(sign) = sample.signs.get(number) else { return };
        self.raw("<figure class=\"quote\"><blockquote><p>");
        self.text(&sign.quote);
        self.raw("</p></blockquote><figcaption>");
        if let Some((start, end)) = sign.span_ms {
            self.play_file(&sample.file, start as f64 / 1000.0, end as f64 / 1000.0);
        }
        let class = if sign.span_ms.is_some() { "turn" } else { "turn sample" };
        self.raw(&format!("<a class=\"{class}\" href=\"#sample-{at}-{number}\">"));
        self.text(&format!("{} “{}”{}", sample.kind.word(), sample.title, place(sign)));
        self.raw("</a>");
        if with_sign {
            self.raw(" <span class=\"indicator\">");
            self.text(if sign.against { "against: " } else { "" });
            self.text(&sign.sign);
            self.raw("</span>");
        }
        self.raw("</figcaption></figure>\n");
    }

    /// The words that samples show for a criterion, each with its place.
    pub fn sample_quotes<'a>(
        &mut self,
        samples: impl Iterator<Item = &'a WorkSample>,
        criterion: &str,
        with_sign: bool,
    ) {
        for (at, sample) in samples.enumerate() {
            let mut told: Vec<&str> = Vec::new();
            for (number, sign) in sample.signs.iter().enumerate().filter(|(_, s)| s.criterion == criterion) {
                // Without the signs the same words would only stand there twice.
                if with_sign || !told.contains(&sign.quote.as_str()) {
                    self.sample_quote(at, sample, number, with_sign);
                }
                told.push(&sign.quote);
            }
        }
    }
}

fn place(sign: &SampleSign) -> String {
    match (sign.page, sign.span_ms) {
        (Some(page), _) => format!(", page {page}"),
        (None, Some((start, _))) => format!(", at {}", clock(start as f64 / 1000.0)),
        (None, None) => String::new(),
    }
}
