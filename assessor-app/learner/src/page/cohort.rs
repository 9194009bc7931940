//! A cohort's figures as a page: no person is named in it.

use viva_record::report::{Page, capital, escape};

use super::{begin, rules};
use crate::Moment;
use crate::cohort::{Cohort, Metric, SkillSpread};

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
        page.tag("p", "class=\"quiet\"", &format!("{}; n {}", capital(metric.definition), metric.n));
        page.raw("</div>\n");
    }
    page.raw("</div>\n</section>\n");
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
        "adoption" | "quality" | "sharing" => format!("{:.0} %", 100.0 * value),
        "time reallocation" => format!("{value:+.0} min"),
        "progression velocity" => format!("{value:+.2}"),
        _ => format!("{value:.0}"),
    }
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
