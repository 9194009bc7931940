//! A cohort's figures as a page: no person is named in it.

use viva_record::report::{Page, capital, escape};

use super::{begin, rules};
use crate::Moment;
use crate::cohort::{Cohort, Metric, Month, SkillSpread};

/// The page of a programme's figures.
#[must_use]
pub fn cohort(cohort: &Cohort, now: Moment) -> String {
    let mut page = begin(
        "A cohort's figures",
        "What learners do with what they practised, and how far their skills have come. The figures are of the cohort; no person is named.",
        &[
            ("Learners", cohort.learners.to_string()),
            ("Sessions", cohort.sessions.to_string()),
            ("As of", now.date()),
        ],
    );
    page.section("figures", "Figures", "Each with what it counts and over how many.");
    page.raw("<div class=\"figures\">\n");
    for metric in &cohort.metrics {
        page.raw("<div class=\"card\">");
        page.tag("p", "class=\"kicker\"", &capital(metric.name));
        page.tag("p", "class=\"big\"", &said(metric));
        if let (true, Some(value)) = (is_share(metric), metric.value) {
            let percent = (100.0 * value).clamp(0.0, 100.0);
            page.raw(&format!("<div class=\"bar\" role=\"img\" aria-label=\"{percent:.0} %\"><b style=\"width:{percent:.1}%\"></b></div>\n"));
        }
        page.tag("p", "class=\"quiet\"", &format!("{}; n {}", capital(metric.definition), metric.n));
        page.raw("</div>\n");
    }
    page.raw("</div>\n</section>\n");
    page.section(
        "months",
        "Month by month",
        "The line: share of the skills asked that reached the standard. The bars: sessions held. Months of fewer than three learners are left out.",
    );
    if cohort.months.is_empty() {
        page.tag("p", "class=\"card\"", "There is no month yet with sessions of three learners.");
    } else {
        course(&mut page, &cohort.months);
    }
    page.raw("</section>\n");
    page.section(
        "skills",
        "Skills",
        "How many learners have not shown a skill yet, have shown it, show it reliably.",
    );
    if cohort.skills.is_empty() {
        page.tag("p", "class=\"card\"", "No skill has been asked of three learners yet.");
    } else {
        spread(&mut page, &cohort.skills);
    }
    page.raw("</section>\n");
    rules(&mut page);
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

/// Shares as percent, minutes and speeds as they are.
fn said(metric: &Metric) -> String {
    let Some(value) = metric.value else { return "–".to_owned() };
    match metric.name {
        _ if is_share(metric) => format!("{:.0} %", 100.0 * value),
        "time reallocation" => format!("{value:+.0} min"),
        "progression velocity" => format!("{value:+.2}"),
        _ => format!("{value:.0}"),
    }
}

fn is_share(metric: &Metric) -> bool {
    matches!(metric.name, "adoption" | "quality" | "sharing")
}

/// Height of the plot, and the room below it for the months.
const TALL: f64 = 180.0;
const BELOW: f64 = 44.0;

/// Sessions as bars and the share that reached the standard as a line, one place per month.
fn course(page: &mut Page, months: &[Month]) {
    let step = (760.0 / months.len() as f64).min(120.0);
    let most = months.iter().map(|month| month.sessions).max().unwrap_or(1).max(1) as f64;
    let middle = |at: usize| 60.0 + step * (at as f64 + 0.5);
    let level = |share: f64| 12.0 + (TALL - 12.0) * (1.0 - share);
    page.raw(&format!("<div class=\"scroll\"><svg class=\"months\" viewBox=\"0 0 860 {:.0}\" role=\"img\" aria-label=\"Sessions and share of skills at the standard, by month\">", TALL + BELOW));
    for share in [0.0, 0.5, 1.0] {
        let y = level(share);
        page.raw(&format!("<line class=\"grid\" x1=\"60\" x2=\"830\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text class=\"end\" x=\"52\" y=\"{:.1}\">{:.0} %</text>", y + 4.0, 100.0 * share));
    }
    for (at, month) in months.iter().enumerate() {
        let (x, top) = (middle(at), level(0.6 * month.sessions as f64 / most));
        page.raw(&format!(
            "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            x - step * 0.3,
            step * 0.6,
            TALL - top
        ));
        page.raw(&format!("<text class=\"mid\" x=\"{x:.1}\" y=\"{:.1}\">{}</text><text class=\"mid\" x=\"{x:.1}\" y=\"{:.1}\">{} sessions</text>", TALL + 18.0, escape(&month.month), TALL + 36.0, month.sessions));
    }
    let points: Vec<String> = months
        .iter()
        .enumerate()
        .map(|(at, month)| format!("{:.1},{:.1}", middle(at), level(month.reached)))
        .collect();
    page.raw(&format!("<polyline points=\"{}\"/>", points.join(" ")));
    for (at, month) in months.iter().enumerate() {
        let (x, y) = (middle(at), level(month.reached));
        page.raw(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"><title>{:.0} % of the skills asked reached the standard, {} learners</title></circle>", 100.0 * month.reached, month.learners));
    }
    page.raw("</svg></div>\n");
}

const ROW: f64 = 34.0;
const LEFT: f64 = 300.0;
const WIDTH: f64 = 460.0;

/// One bar per skill, cut by level.
fn spread(page: &mut Page, skills: &[SkillSpread]) {
    let height = ROW * skills.len() as f64 + 8.0;
    page.raw(&format!("<div class=\"scroll\"><svg class=\"spread\" viewBox=\"0 0 860 {height:.0}\" role=\"img\" aria-label=\"Learners by level, one bar per skill\">"));
    for (skill, top) in skills.iter().zip((0..).map(|row| f64::from(row) * ROW + 6.0)) {
        let whole = skill.learners.iter().sum::<usize>().max(1) as f64;
        let short: String = skill.title.chars().take(40).collect();
        page.raw(&format!(
            "<text class=\"end\" x=\"{:.0}\" y=\"{:.1}\">{}</text>",
            LEFT - 12.0,
            top + 16.5,
            escape(&short)
        ));
        let mut x = LEFT;
        for (level, count) in skill.learners.iter().enumerate().filter(|(_, count)| **count > 0) {
            let width = WIDTH * *count as f64 / whole;
            page.raw(&format!("<rect class=\"l{level}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"22\"><title>{count} at L{level}</title></rect>"));
            page.raw(&format!(
                "<text class=\"in l{level}\" x=\"{:.1}\" y=\"{:.1}\">{count}</text>",
                x + width / 2.0,
                top + 16.0
            ));
            x += width;
        }
        page.raw(&format!(
            "<text x=\"{:.0}\" y=\"{:.1}\">n {whole:.0}</text>",
            LEFT + WIDTH + 14.0,
            top + 16.5
        ));
    }
    page.raw("</svg></div>\n<ul class=\"legend\"><li><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\" class=\"spread\"><rect class=\"l0\" width=\"16\" height=\"16\"/></svg>L0, not shown yet</li><li><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\" class=\"spread\"><rect class=\"l1\" width=\"16\" height=\"16\"/></svg>L1, shown</li><li><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\" class=\"spread\"><rect class=\"l2\" width=\"16\" height=\"16\"/></svg>L2, shown reliably</li></ul>\n");
}
