//! The coach's view of one learner: where it stands, what to talk about next, and the words only where the learner lets them be seen.

use super::{begin, one, rules};
use crate::cohort::Member;
use crate::deliverable::{Deliverable, GoodEnough};
use crate::progress::{Gap, Proficiency, skills};
use crate::{Moment, Profile};

/// The page of a learner for a coach. Levels of exams and practice alike; a coach who trained somebody does not decide on them.
#[must_use]
pub fn coach(member: &Member, gaps: &[Gap], now: Moment) -> String {
    let profile: &Profile = &member.profile;
    let skills = skills(profile, now);
    let words =
        if profile.share_quotes { "shown, as the learner wishes" } else { "hidden, as the learner wishes" };
    let mut page = begin(
        &format!("Coaching {}", profile.learner),
        "What to look at together next. It is no appraisal: whoever coaches does not decide on a certificate.",
        &[
            ("Sessions", profile.sessions().len().to_string()),
            ("Quotes", words.to_owned()),
            ("As of", now.date()),
        ],
    );
    page.section("talk", "To talk about", "");
    page.raw("<div class=\"card\">\n");
    let mut points: Vec<String> = Vec::new();
    for skill in &skills {
        let after: Vec<Proficiency> = skill.occasions.iter().map(|occasion| occasion.after).collect();
        if let [.., before, last] = after[..] {
            if last > before {
                points.push(format!(
                    "{} rose from {} to {}: what was done differently?",
                    skill.title,
                    before.name(),
                    last.name()
                ));
            } else if last < before {
                points.push(format!(
                    "{} fell from {} to {}: what was different this time?",
                    skill.title,
                    before.name(),
                    last.name()
                ));
            }
        }
    }
    points.extend(gaps.first().map(|gap| {
        let open =
            gap.open.first().map_or_else(String::new, |text| format!(" Open since last time: {text}."));
        format!("Next to practise: {} ({}).{open}", gap.title, gap.exam_title)
    }));
    points.extend(member.deliverables.all().iter().map(about));
    if points.is_empty() {
        points.push("No session yet.".to_owned());
    }
    page.list("plain", &points);
    page.raw("</div>\n</section>\n");
    page.section("levels", "Skills", "");
    for skill in &skills {
        one(&mut page, skill, profile.share_quotes);
    }
    page.raw("</section>\n");
    rules(&mut page);
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

fn about(made: &Deliverable) -> String {
    let Some(closed) = &made.closed else {
        return format!("\"{}\" of {}: nobody has told yet what became of it.", made.title, made.made.date());
    };
    let good = match closed.good_enough {
        GoodEnough::Yes => "good enough as it was",
        GoodEnough::Partly => "good enough after changes",
        GoodEnough::No => "not good enough",
    };
    let broke =
        if closed.broke.is_empty() { String::new() } else { format!("; it broke here: {}", closed.broke) };
    let differently = if closed.differently.is_empty() {
        String::new()
    } else {
        format!("; next time: {}", closed.differently)
    };
    format!("\"{}\": {good}, {:+} minutes{broke}{differently}.", made.title, closed.saved_minutes)
}
