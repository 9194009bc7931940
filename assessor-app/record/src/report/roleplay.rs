//! How the role-play moved: the character's level by the script's rules, with the words that moved it.

use crate::report::{
    Report,
    html::{Page, clock, escape},
};

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 46.0;

pub(crate) fn roleplay(page: &mut Page, report: &Report) {
    let Some(steps) = report.scores.as_ref().map(|scores| &scores.roleplay).filter(|steps| !steps.is_empty())
    else {
        return;
    };
    page.section(
        "roleplay",
        "Role-play",
        "The character follows a script: its level moves only by the rules named here. It is an acted level, not a reading of anybody.",
    );
    let end = report.transcript.turns.iter().map(|turn| turn.end.as_secs());
    let end = end.chain(steps.iter().map(|step| step.at_s)).fold(1.0, f64::max);
    let levels = || steps.iter().flat_map(|step| [f64::from(step.from), f64::from(step.to)]);
    let (low, high) = (levels().fold(0.0, f64::min), levels().fold(1.0, f64::max));
    let x = |secs: f64| LEFT + (secs / end).clamp(0.0, 1.0) * (WIDTH - LEFT - 16.0);
    let y = |level: f64| HEIGHT - 28.0 - (level - low) / (high - low) * (HEIGHT - 56.0);
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Level of the character over time\">\n");
    page.raw(&format!("<svg class=\"floor\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Level of the character over time; each step is listed below\">\n"));
    for level in [low, f64::midpoint(low, high), high] {
        let at = y(level);
        page.raw(&format!("<path class=\"tick\" d=\"M{LEFT} {at:.1}H{}\"/>", WIDTH - 16.0));
        page.raw(&format!("<text class=\"lane\" x=\"4\" y=\"{:.1}\">{level:.1}</text>\n", at + 4.0));
    }
    let mut path = format!("M{LEFT} {:.1}", y(f64::from(steps[0].from)));
    for step in steps {
        path.push_str(&format!("H{:.1}V{:.1}", x(step.at_s), y(f64::from(step.to))));
    }
    page.raw(&format!("<path class=\"curve\" d=\"{path}H{}\"/>\n", WIDTH - 16.0));
    for (index, step) in steps.iter().enumerate() {
        let (cx, cy) = (x(step.at_s), y(f64::from(step.to)));
        page.raw(&format!(
            "<g><title>{}</title><circle class=\"step\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"10\"/>",
            escape(&step.rule)
        ));
        page.raw(&format!(
            "<text class=\"number\" x=\"{cx:.1}\" y=\"{:.1}\">{}</text></g>\n",
            cy + 4.0,
            index + 1
        ));
    }
    page.raw(&format!("<text class=\"time\" x=\"{LEFT}\" y=\"{0}\">0:00</text><text class=\"time end\" x=\"{1}\" y=\"{0}\">{2}</text>\n", HEIGHT - 6.0, WIDTH - 16.0, clock(end)));
    page.raw("</svg>\n</div>\n<ol class=\"steps\">\n");
    for step in steps {
        page.raw("<li><p><strong>");
        page.text(&format!("{:.1} → {:.1}", step.from, step.to));
        page.raw("</strong> <span class=\"quiet\">");
        page.text(&format!("at {}", clock(step.at_s)));
        page.raw("</span> ");
        page.text(&step.rule);
        page.raw("</p>\n");
        if let Some(quote) = &step.quote {
            page.quote(quote, report.candidate_audio);
        }
        page.raw("</li>\n");
    }
    page.raw("</ol>\n</section>\n");
}
