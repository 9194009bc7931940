//! A learner's profile as a page that needs nothing else.

mod coach;
mod cohort;

use viva_record::report::{Front, Page, capital};

use crate::{
    Moment, Profile,
    progress::{Gap, Occasion, Proficiency, Skill, skills},
};

pub use coach::coach;
pub use cohort::cohort;

const OWN_STYLE: &str = include_str!("page.css");
/// So many gaps are told in full; the rest are named by the table.
const MOST_GAPS: usize = 3;

/// Head of a page of this room.
pub(crate) fn begin(title: &str, lead: &str, facts: &[(&str, String)]) -> Page {
    Page::begin(&Front {
        title,
        lead,
        facts,
        style: OWN_STYLE,
        head: "<meta name=\"referrer\" content=\"no-referrer\">\n",
        skip: "To the skills",
    })
}

/// The page of a learner, for the learner: levels, the words they rest on, what is open, what to practise next.
#[must_use]
pub fn profile(profile: &Profile, gaps: &[Gap], now: Moment) -> String {
    let skills = skills(profile, now);
    let count =
        |wanted: Proficiency| skills.iter().filter(|skill| skill.proficiency == wanted).count().to_string();
    let mut page = begin(
        &format!("Profile of {}", profile.learner),
        "How far each skill has come, and the words that it rests on. A profile is no certificate: nobody decides on it, and nothing of it reaches the score of an exam.",
        &[
            ("Sessions", profile.sessions().len().to_string()),
            ("Shown reliably (L2)", count(Proficiency::L2)),
            ("Shown (L1)", count(Proficiency::L1)),
            ("Not shown yet (L0)", count(Proficiency::L0)),
            ("As of", now.date()),
        ],
    );
    if profile.sessions().iter().any(|session| session.simulated) {
        page.raw("<aside class=\"disclosure\"><ul><li><strong>Demonstration.</strong> Sessions with a simulated candidate are among these; they prove nothing about a person.</li></ul></aside>\n");
    }
    next(&mut page, gaps);
    let mut exam = "";
    for skill in &skills {
        if skill.exam != exam {
            if !exam.is_empty() {
                page.raw("</section>\n");
            }
            exam = &skill.exam;
            page.raw("<section>\n");
            page.tag("h2", "", &skill.exam_title);
        }
        one(&mut page, skill, true);
    }
    if !skills.is_empty() {
        page.raw("</section>\n");
    }
    rules(&mut page);
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

fn next(page: &mut Page, gaps: &[Gap]) {
    page.section(
        "next",
        "What to practise next",
        "The lowest level first, then what weighs most in the rubric.",
    );
    if gaps.is_empty() {
        page.tag("p", "class=\"card\"", "Every skill of the exams looked at is shown reliably.");
    }
    for gap in gaps.iter().take(MOST_GAPS) {
        page.raw("<article class=\"card skill\"><header><div>");
        page.tag("p", "class=\"kicker\"", &gap.exam_title);
        page.tag("h3", "", &gap.title);
        page.raw("</div>");
        badge(page, gap.proficiency);
        page.raw("</header>\n");
        page.tag("p", "class=\"quiet\"", &format!("Why this: {}.", gap.why));
        if !gap.open.is_empty() {
            page.tag("h4", "", "Open since last time");
            page.list("plain", &gap.open);
        }
        if !gap.looks_like.is_empty() {
            page.raw("<p class=\"next\"><strong>What the standard looks like.</strong> ");
            page.text(&gap.looks_like);
            page.raw("</p>\n");
        }
        let mut occasions: Vec<String> = gap.questions.clone();
        occasions.extend(gap.scene.iter().map(|scene| format!("The scene: {scene}")));
        if !occasions.is_empty() {
            page.raw("<details><summary>Where this practice gives an occasion</summary>\n");
            page.list("plain", &occasions);
            page.raw("</details>\n");
        }
        page.raw("</article>\n");
    }
    page.raw("</section>\n");
}

/// A skill with its course; with the words where they may be seen.
pub(crate) fn one(page: &mut Page, skill: &Skill, quotes: bool) {
    page.raw("<article class=\"card skill\"><header><div>");
    page.tag("h3", "", &skill.title);
    page.tag("p", "class=\"quiet\"", &format!("{}: {}.", capital(skill.proficiency.sentence()), skill.why));
    page.raw("</div>");
    badge(page, skill.proficiency);
    page.raw("</header>\n");
    course(page, skill);
    if quotes
        && let Some(last) = skill.occasions.last()
        && let Some(quote) = &last.quote
    {
        page.raw("<figure class=\"quote\"><blockquote><p>");
        page.text(quote);
        page.raw("</p></blockquote><figcaption>");
        page.text(&format!("{}, {}, session {}", last.at.date(), kind(last), last.session));
        page.raw("</figcaption></figure>\n");
    }
    page.raw("</article>\n");
}

fn kind(occasion: &Occasion) -> &'static str {
    if occasion.practice { "practice" } else { "exam" }
}

pub(crate) fn badge(page: &mut Page, proficiency: Proficiency) {
    let name = proficiency.name();
    page.raw(&format!("<span class=\"badge {name}\" title=\"{}\">{name}</span>", proficiency.sentence()));
}

const WIDTH: f64 = 540.0;
const HEIGHT: f64 = 120.0;
const LEFT: f64 = 58.0;
/// The most sessions that are drawn; more would run into each other.
const MOST_DRAWN: usize = 24;

/// Levels over time: one dot per session, full where the standard was reached, and the level that is asked for.
fn course(page: &mut Page, skill: &Skill) {
    let drawn = &skill.occasions[skill.occasions.len().saturating_sub(MOST_DRAWN)..];
    let Some(last) = drawn.last() else {
        return page.tag("p", "class=\"quiet\"", "No session has given it a level.");
    };
    let max = drawn.iter().map(|one| one.max).max().unwrap_or(4).max(2);
    let (top, bottom) = (14.0, HEIGHT - 26.0);
    let y = |level: u8| bottom - (bottom - top) * f64::from(level.clamp(1, max) - 1) / f64::from(max - 1);
    let step = (WIDTH - LEFT - 40.0) / drawn.len().max(2).saturating_sub(1) as f64;
    let x = |at: usize| LEFT + 20.0 + at as f64 * step;
    page.raw(&format!("<svg class=\"course\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Levels over {} sessions; the latest is {} of {max}\">", drawn.len(), last.level));
    for level in 1..=max {
        let at = y(level);
        page.raw(&format!("<path class=\"grid\" d=\"M{LEFT} {at:.1}H{WIDTH}\"/><text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">level {level}</text>", LEFT - 8.0, at + 4.0));
    }
    page.raw(&format!("<path class=\"target\" d=\"M{LEFT} {:.1}H{WIDTH}\"/>", y(last.target)));
    let path: Vec<String> =
        drawn.iter().enumerate().map(|(at, one)| format!("{:.1} {:.1}", x(at), y(one.level))).collect();
    page.raw(&format!("<path class=\"line\" d=\"M{}\"/>", path.join("L")));
    for (at, one) in drawn.iter().enumerate() {
        let class = if one.reached { "dot reached" } else { "dot" };
        page.raw(&format!(
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5.5\"><title>",
            x(at),
            y(one.level)
        ));
        page.text(&format!(
            "{}, {}: level {} of {}, {} afterwards",
            one.at.date(),
            kind(one),
            one.level,
            one.max,
            one.after.name()
        ));
        page.raw("</title></circle>");
        let end = at == 0 || at + 1 == drawn.len();
        if end && (drawn.len() > 1 || at == 0) {
            let class = if at == 0 { "" } else { "end" };
            let shift = if at == 0 { -6.0 } else { 20.0 };
            page.raw(&format!(
                "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                x(at) + shift,
                HEIGHT - 6.0,
                one.at.date()
            ));
        }
    }
    page.raw("</svg>\n");
}

pub(crate) fn rules(page: &mut Page) {
    page.section("rules", "How the levels come about", "");
    page.raw("<div class=\"card\"><ul class=\"plain\">\n");
    for rule in [
        "Looked at are the sessions of the last 365 days that gave the skill a level; a session that gave none says nothing either way.",
        "L0, not shown yet: none of the last three reached the standard.",
        "L1, shown: at least one of the last three reached it.",
        "L2, shown reliably: the last two both reached it, on different days.",
        "The dashed line is the level that the standard asks for; a full dot reached it with words that are quoted in the session's record.",
        "A level falls by the same rules as it rises.",
    ] {
        page.tag("li", "", rule);
    }
    page.raw("</ul></div>\n</section>\n");
}
