//! Levels of proficiency by their rules, and what follows from them.

use viva_learner::cohort::{Cohort, Member};
use viva_learner::progress::{Proficiency, Skill, skills};
use viva_learner::{Deliverables, LearnerError, Moment, Profile, page};
use viva_record::wire::{
    Candidate, CriterionResult, QuoteRef, Recommendation, ScoreSheet, SessionHeader, SessionMode,
};

fn at(day: u32) -> Moment {
    "2026-03-02T10:00:00Z".parse::<Moment>().expect("a date").plus_days(day)
}

fn sheet(level: Option<u8>, quoted: bool) -> ScoreSheet {
    let quote = QuoteRef { turn: 7, text: "I call a <b>colleague</b>.".to_owned(), ..QuoteRef::default() };
    let criterion = CriterionResult {
        id: "safety".to_owned(),
        name: "Keeps everybody safe".to_owned(),
        level,
        max_level: 4,
        required_level: Some(2),
        quotes: if quoted { vec![quote] } else { Vec::new() },
        ..CriterionResult::default()
    };
    ScoreSheet {
        criteria: vec![criterion],
        overall: None,
        // Two thirds of the way from level 1 to level 4 is level 3, which is more than the minimum.
        cut: 2.0 / 3.0,
        cut_standard_error: 0.0,
        cut_method: String::new(),
        consent: None,
        recommendation: Recommendation::Practice,
        explanation: Vec::new(),
        validation_status: "not calibrated".to_owned(),
        ending: None,
        coverage: Vec::new(),
        objectives: Vec::new(),
        choices: Vec::new(),
        roleplay: Vec::new(),
        guardrails: Vec::new(),
        probes: Vec::new(),
        candidate_questions: vec![],
        nearest_change: None,
    }
}

/// A profile with a session per day and level.
fn profile(sessions: &[(u32, Option<u8>)]) -> Profile {
    let mut profile = Profile::new("Ana");
    for (number, (day, level)) in sessions.iter().enumerate() {
        let header = SessionHeader {
            session_id: format!("s{number}"),
            started_at: at(*day).to_string(),
            exam_id: "ward".to_owned(),
            exam_title: "De-escalation".to_owned(),
            mode: SessionMode::Practice,
            candidate: Candidate { name: "Ana".to_owned(), ..Candidate::default() },
            ..SessionHeader::default()
        };
        assert!(profile.add(&header, &sheet(*level, true), "root").expect("is added"));
        assert!(
            !profile.add(&header, &sheet(*level, true), "root").expect("is known"),
            "a session counts once"
        );
    }
    profile
}

fn one(sessions: &[(u32, Option<u8>)], day: u32) -> Skill {
    skills(&profile(sessions), at(day)).into_iter().next().expect("there is one skill")
}

#[test]
fn levels_rise_and_fall_by_their_rules() {
    use Proficiency::{L0, L1, L2};
    for (sessions, day, expect, why) in [
        (&[(0, None)][..], 0, L0, "no session of the last 365 days"),
        (&[(0, Some(2))], 0, L0, "none of 1 session so far"),
        (&[(0, Some(3))], 0, L1, "1 of 1 session so far"),
        // Twice on one day is once slept over.
        (&[(0, Some(3)), (0, Some(4))], 0, L1, "2 of the last 2 sessions"),
        (&[(0, Some(3)), (1, Some(4))], 1, L2, "on 2026-03-02 and 2026-03-03"),
        // A session that gave no level says nothing either way.
        (&[(0, Some(3)), (1, None), (2, Some(3))], 2, L2, "on 2026-03-02 and 2026-03-04"),
        (&[(0, Some(3)), (1, Some(3)), (2, Some(1))], 2, L1, "2 of the last 3 sessions"),
        (&[(0, Some(3)), (1, Some(2)), (2, Some(2)), (3, Some(1))], 3, L0, "none of the last 3"),
        (&[(0, Some(3)), (1, Some(3))], 366, L1, "1 of 1 session so far"),
        (&[(0, Some(3)), (1, Some(3))], 400, L0, "no session of the last 365 days"),
    ] {
        let skill = one(sessions, day);
        assert_eq!(skill.proficiency, expect, "{sessions:?}: {}", skill.why);
        assert!(skill.why.contains(why), "{sessions:?}: {}", skill.why);
    }
    let after: Vec<Proficiency> =
        one(&[(0, Some(1)), (1, Some(3)), (2, Some(3))], 2).occasions.iter().map(|one| one.after).collect();
    assert_eq!(after, [L0, L1, L2]);
}

#[test]
fn a_level_without_words_is_no_evidence() {
    let mut profile = Profile::new("Ana");
    let header = SessionHeader {
        session_id: "s".to_owned(),
        started_at: at(0).to_string(),
        ..SessionHeader::default()
    };
    profile.add(&header, &sheet(Some(4), false), "root").expect("is added");
    assert_eq!(skills(&profile, at(0))[0].proficiency, Proficiency::L0);
    let undated = SessionHeader { session_id: "t".to_owned(), started_at: "today".to_owned(), ..header };
    assert!(matches!(profile.add(&undated, &sheet(Some(4), true), "root"), Err(LearnerError::Refused(_))));
}

#[test]
fn a_profile_reads_what_it_writes_and_refuses_the_rest() {
    let profile = profile(&[(0, Some(3)), (2, None)]);
    let file = profile.to_toml();
    assert_eq!(Profile::parse(&file).expect("reads"), profile);
    for (from, to, says) in [
        ("level = 3", "level = 9", "levels go from 1 to 4"),
        ("id = \"s1\"", "id = \"s0\"", "stands twice"),
        ("mode = \"practice\"", "mode = \"exam\"", "unknown variant"),
        ("format = 1", "format = 3", "format 3 is not known"),
    ] {
        assert!(file.contains(from), "{from} in {file}");
        let error = Profile::parse(&file.replacen(from, to, 1)).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn the_page_tells_levels_words_and_rules_and_lets_no_markup_in() {
    let profile = profile(&[(0, Some(1)), (1, Some(3)), (2, Some(3))]);
    let page = page::profile(&profile, &[], at(2));
    for part in [
        "Profile of Ana",
        "L2",
        "shown reliably",
        "on 2026-03-03 and 2026-03-04",
        "&lt;b&gt;colleague",
        "session s2",
        "no certificate",
        "A level falls by the same rules",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        !page.contains("<b>colleague") && !page.contains("http://") && !page.contains("https://"),
        "nothing from outside"
    );
    let empty = page::profile(&Profile::new("<script>"), &[], at(0));
    assert!(empty.contains("&lt;script&gt;") && !empty.contains("<script>"));
}

#[test]
fn a_cohort_tells_of_skills_and_speed_where_three_learners_have_them() {
    let gained = [(0, Some(1)), (30, Some(3))];
    let member = |sessions: &[(u32, Option<u8>)]| Member {
        profile: profile(sessions),
        deliverables: Deliverables::default(),
    };
    let mut members = vec![member(&gained), member(&gained), member(&gained[..1])];
    let velocity = |cohort: &Cohort| {
        let found = cohort.metrics.iter().find(|metric| metric.name == "progression velocity");
        found.map(|metric| (metric.value, metric.n)).expect("is a figure")
    };
    let cohort = Cohort::of(&members, at(30)).expect("three are enough");
    assert_eq!(velocity(&cohort), (None, 0), "two people moved");
    assert_eq!(cohort.skills[0].learners, [1, 2, 0], "three have the skill");
    members.push(member(&gained));
    assert_eq!(velocity(&Cohort::of(&members, at(30)).expect("four")), (Some(1.0), 3));

    members.truncate(2);
    let mut made = Deliverables::default();
    made.add("Incident note", "ward", "incident-note", "aa", at(0)).expect("is kept");
    members.push(Member { profile: Profile::new("Cy"), deliverables: made });
    let cohort = Cohort::of(&members, at(30)).expect("three are enough");
    assert!(cohort.skills.is_empty() && !cohort.to_csv().contains(" at L"), "two have the skill");
}

/// A month of fewer learners than three would tell of persons.
#[test]
fn a_cohort_goes_month_by_month() {
    use viva_learner::cohort::{Cohort, Member};
    let member = |name: &str, held: &[(&str, Option<u8>)]| {
        let mut profile = Profile::new(name);
        for (number, (at, level)) in held.iter().enumerate() {
            let header = SessionHeader {
                session_id: format!("{name} {number}"),
                started_at: (*at).to_owned(),
                exam_id: "ward".to_owned(),
                ..SessionHeader::default()
            };
            profile.add(&header, &sheet(*level, true), "root").expect("is added");
        }
        Member { profile, deliverables: viva_learner::Deliverables::default() }
    };
    let (january, february) = ("2026-01-10T10:00:00Z", "2026-02-10T10:00:00Z");
    let members = [
        member("Ana", &[(january, Some(1)), (february, Some(3))]),
        member("Ben", &[(january, Some(1)), ("2026-01-20T10:00:00Z", Some(3)), (february, Some(3))]),
        member("Cy", &[(january, Some(1))]),
    ];
    let now = "2026-03-02T10:00:00Z".parse().expect("a date");
    let cohort = Cohort::of(&members, now).expect("three are enough");
    let [month] = &cohort.months[..] else { panic!("{:?}", cohort.months) };
    assert_eq!(
        (month.month.as_str(), month.sessions, month.learners, month.reached),
        ("2026-01", 4, 3, 0.25)
    );
    assert!(cohort.to_csv().contains("\r\n2026-01: standard reached,0.2500,4,"));
    let page = viva_learner::page::cohort(&cohort, now);
    assert!(page.contains("2026-01</text>") && !page.contains("2026-02") && page.contains("<polyline"));
}
