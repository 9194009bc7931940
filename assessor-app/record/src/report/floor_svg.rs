//! Who held the floor when, drawn as rows of one time line.

use viva_exchange::{Speaker, TimingKind, TurnEventKind};

use crate::{
    report::{
        Report,
        html::{Page, clock, escape},
    },
    transcript::speaker_name,
};

const GUTTER: f64 = 92.0;
const WIDTH: f64 = 1000.0;
const ROW: f64 = 118.0;
const MAX_ROWS: f64 = 12.0;

struct Scale {
    row_secs: f64,
}

impl Scale {
    fn x(&self, secs: f64) -> f64 {
        GUTTER + secs / self.row_secs * (WIDTH - GUTTER - 14.0)
    }

    /// The parts of a span, one per row: row, begin and end in pixels.
    fn parts(&self, start: f64, end: f64) -> Vec<(usize, f64, f64)> {
        let (start, end) = (start.max(0.0), end.max(start).max(0.0));
        let (first, last) = ((start / self.row_secs) as usize, (end / self.row_secs) as usize);
        (first..=last)
            .map(|row| {
                let zero = row as f64 * self.row_secs;
                (row, self.x((start - zero).max(0.0)), self.x((end - zero).min(self.row_secs)))
            })
            .collect()
    }
}

pub(crate) fn timeline(page: &mut Page, report: &Report) {
    let turns = &report.transcript.turns;
    let marks = report.floor.marks.iter().map(|mark| mark.at.as_secs());
    let end = turns.iter().map(|turn| turn.end.as_secs()).chain(marks).fold(0.0, f64::max);
    if !(end > 0.0 && end < 86_400.0) {
        return;
    }
    let steps = [20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 7200.0];
    let row_secs = steps.into_iter().find(|step| end / step <= MAX_ROWS).unwrap_or(7200.0);
    let scale = Scale { row_secs };
    let rows = (end / row_secs).ceil().max(1.0) as usize;
    page.section(
        "floor",
        "Who spoke when",
        "Bars are speech, gaps are silence. Marks under the bars are the assessor's decisions about the floor; point at one for its reason.",
    );
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Time line of the conversation\">\n");
    page.raw(&format!("<svg class=\"floor\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" ", rows as f64 * ROW));
    page.raw("aria-label=\"Time line: who spoke when; the same is in the transcript below\">\n");
    for row in 0..rows {
        axis(page, &scale, row, end);
    }
    for turn in turns {
        let (lane, class) = lane(turn.speaker);
        let title = format!("{}: {}", speaker_name(turn.speaker), turn.text());
        for (row, from, to) in scale.parts(turn.start.as_secs(), turn.end.as_secs()) {
            bar(page, class, (from, row_y(row) + lane, (to - from).max(2.0), 20.0), &title);
        }
    }
    for event in &report.timing.events {
        let (class, what) = match event.kind {
            TimingKind::SilentPause => ("pause", "silent pause"),
            TimingKind::FilledPause => ("filled", "filled pause"),
            TimingKind::Restart => ("repair", "restart"),
            TimingKind::Repair => ("repair", "repair"),
            TimingKind::ResponseLatency => ("latency", "time to the first sound of the answer"),
            TimingKind::ArticulationRate => continue,
        };
        let title = format!("{what}, {:.1} s", (event.end - event.start).as_secs());
        // What a stranger's file says may lie anywhere.
        for (row, from, to) in scale.parts(event.start.as_secs().min(end), event.end.as_secs().min(end)) {
            let (y, height) =
                if class == "latency" { (row_y(row) + 60.0, 2.0) } else { (row_y(row) + 46.0, 12.0) };
            bar(page, class, (from, y, (to - from).max(2.0), height), &title);
        }
    }
    for mark in &report.floor.marks {
        if let Some((row, x, _)) =
            scale.parts(mark.at.as_secs(), mark.at.as_secs()).first().filter(|part| part.0 < rows)
        {
            glyph(
                page,
                mark.kind,
                *x,
                row_y(*row) + 76.0,
                &format!("{}: {}", mark_name(mark.kind), mark.reason),
            );
        }
    }
    page.raw("</svg>\n</div>\n");
    legend(page);
    page.raw("</section>\n");
}

fn row_y(row: usize) -> f64 {
    row as f64 * ROW
}

const fn lane(speaker: Speaker) -> (f64, &'static str) {
    match speaker {
        Speaker::Examiner => (16.0, "examiner"),
        Speaker::Character => (16.0, "character"),
        Speaker::Candidate => (42.0, "candidate"),
    }
}

fn bar(page: &mut Page, class: &str, (x, y, width, height): (f64, f64, f64, f64), title: &str) {
    page.raw(&format!(
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"3\"><title>{}</title></rect>\n",
        escape(title)
    ));
}

fn axis(page: &mut Page, scale: &Scale, row: usize, end: f64) {
    let (y, zero) = (row_y(row), row as f64 * scale.row_secs);
    for (text, dy) in [("Assessor", 31.0), ("Candidate", 57.0), ("Floor", 81.0)] {
        page.raw(&format!("<text class=\"lane\" x=\"0\" y=\"{:.0}\">{text}</text>\n", y + dy));
    }
    let right = scale.x((end - zero).min(scale.row_secs));
    page.raw(&format!("<path class=\"axis\" d=\"M{GUTTER} {0}H{right:.1}\"/>\n", y + 92.0));
    for tick in 0..=10 {
        let secs = f64::from(tick) * scale.row_secs / 10.0;
        if zero + secs <= end + 0.01 {
            let x = scale.x(secs);
            page.raw(&format!("<path class=\"tick\" d=\"M{x:.1} {}V{}\"/>", y + 12.0, y + 96.0));
            if tick % 2 == 0 {
                let label = clock(zero + secs);
                page.raw(&format!("<text class=\"time\" x=\"{x:.1}\" y=\"{}\">{label}</text>\n", y + 108.0));
            }
        }
    }
}

const fn mark_name(kind: TurnEventKind) -> &'static str {
    match kind {
        TurnEventKind::Prepare => "prepare a reply",
        TurnEventKind::Commit => "take the floor",
        TurnEventKind::Discard => "drop the prepared reply",
        TurnEventKind::Yield => "give way to the candidate",
        TurnEventKind::Backchannel => "nod",
    }
}

fn glyph(page: &mut Page, kind: TurnEventKind, x: f64, y: f64, title: &str) {
    let (class, path) = match kind {
        TurnEventKind::Prepare => ("open", "M-5 5L0 -5L5 5Z"),
        TurnEventKind::Commit => ("solid", "M-5 5L0 -5L5 5Z"),
        TurnEventKind::Discard => ("open", "M-4 -4L4 4M4 -4L-4 4"),
        TurnEventKind::Yield => ("warn", "M0 -6L6 0L0 6L-6 0Z"),
        TurnEventKind::Backchannel => ("open", "M-5 -2Q0 7 5 -2"),
    };
    page.raw(&format!("<g transform=\"translate({x:.1} {y:.1})\"><title>{}</title>", escape(title)));
    page.raw(&format!(
        "<path class=\"hit\" d=\"M-8 -9H8V9H-8Z\"/><path class=\"mark {class}\" d=\"{path}\"/></g>\n"
    ));
}

fn legend(page: &mut Page) {
    page.raw("<ul class=\"legend\">\n");
    for (class, text) in [
        ("examiner", "Assessor as examiner"),
        ("character", "Assessor as character"),
        ("candidate", "Candidate"),
        ("pause", "Silent pause"),
        ("filled", "Filled pause"),
        ("repair", "Restart or repair"),
    ] {
        page.raw(&format!("<li><svg class=\"floor\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><rect class=\"{class}\" x=\"1\" y=\"3\" width=\"14\" height=\"10\" rx=\"2\"/></svg>{text}</li>\n"));
    }
    for kind in [
        TurnEventKind::Prepare,
        TurnEventKind::Commit,
        TurnEventKind::Discard,
        TurnEventKind::Yield,
        TurnEventKind::Backchannel,
    ] {
        page.raw("<li><svg class=\"floor\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">");
        glyph(page, kind, 8.0, 8.0, "");
        page.raw("</svg>");
        page.text(&super::html::capital(mark_name(kind)));
        page.raw("</li>\n");
    }
    page.raw("</ul>\n");
}
