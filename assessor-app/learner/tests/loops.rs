//! Guided practice, the questions that close the loop, and what a programme may count of them.

use std::collections::BTreeMap;
use std::path::Path;

use viva_assessment::Exam;
use viva_learner::cohort::{Cohort, Member};
use viva_learner::{Closed, Deliverables, GoodEnough, Moment, Profile, Task, page};

const EXAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../exams/nursing-de-escalation");

fn exam() -> Exam {
    fn read(root: &Path, at: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(at).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                read(root, &path, files);
            } else {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path).expect("a readable file"));
            }
        }
    }
    let mut files = BTreeMap::new();
    read(Path::new(EXAMS), Path::new(EXAMS), &mut files);
    Exam::load(&files).expect("a sound package")
}

fn now() -> Moment {
    "2026-03-02T10:00:00Z".parse().expect("a date")
}

fn closed(saved_minutes: i32, good_enough: GoodEnough) -> Closed {
    Closed { at: now(), saved_minutes, good_enough, broke: String::new(), differently: String::new() }
}

fn member(name: &str, loops: &[(i32, GoodEnough, bool)]) -> Member {
    let mut deliverables = Deliverables::default();
    for (minutes, good, shared) in loops {
        let id = deliverables.add("Incident note", "ward", "incident-note", "aa", now()).expect("is kept");
        deliverables.close(&id, *shared, closed(*minutes, *good)).expect("is closed");
    }
    Member { profile: Profile::new(name), deliverables }
}

#[test]
fn the_task_of_the_example_exam_is_sound_and_makes_a_document() {
    let exam = exam();
    let text = std::fs::read_to_string(format!("{EXAMS}/tasks/incident-note.toml")).expect("a task");
    let task = Task::parse(&text, &exam).expect("a sound task");
    let mut sections = vec![String::new(); task.steps.len()];
    sections[1] = "I stood at the door and called Ben.".to_owned();
    let made = task.deliverable(&sections);
    assert_eq!(
        made,
        "# Incident note\n\n## What I did to keep everybody safe\n\nI stood at the door and called Ben.\n"
    );
    for (from, to, says) in [
        ("criterion = \"safety\"", "criterion = \"courage\"", "no criterion \"courage\""),
        ("\"keeps-distance\"", "\"flies\"", "no indicator \"flies\""),
        ("heading = \"What I said\"", "heading = \" \"", "a heading of one line"),
        ("title = \"Incident note\"", "title = \"\"", "a title is needed"),
        ("criterion = \"acknowledge\"\n", "", "`seeks` needs a `criterion`"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Task::parse(&text.replacen(from, to, 1), &exam).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_loop_is_closed_once_with_answers_in_range() {
    let mut deliverables = Deliverables::default();
    let id = deliverables.add("Incident note", "ward", "incident-note", "aa", now()).expect("is kept");
    for minutes in [9999, i32::MIN] {
        deliverables.close(&id, false, closed(minutes, GoodEnough::Yes)).expect_err("nobody saves a week");
    }
    deliverables.close(&id, true, closed(-15, GoodEnough::Partly)).expect("is closed");
    let again = deliverables.close(&id, true, closed(5, GoodEnough::Yes)).expect_err("once").to_string();
    assert!(again.contains("was closed on 2026-03-02"), "{again}");
    assert!(deliverables.close("d7", true, closed(5, GoodEnough::Yes)).is_err());
    let file = deliverables.to_toml();
    assert_eq!(Deliverables::parse(&file).expect("reads"), deliverables);
    for (from, to) in
        [("-15", "-2401"), ("-15", "-2147483648"), ("\"partly\"", "\"maybe\""), ("\"d1\"", "\"d4\"")]
    {
        assert!(file.contains(from), "{from} in {file}");
        Deliverables::parse(&file.replacen(from, to, 1)).expect_err(to);
    }
}

#[test]
fn a_cohort_is_counted_and_a_few_people_are_not() {
    use GoodEnough::{No, Partly, Yes};
    let mut members = [
        member("Ana", &[(20, Yes, true), (10, Partly, false)]),
        member("Ben", &[(30, Yes, false), (-10, No, false)]),
        member("Cy", &[]),
        member("Dee, \"D\"", &[]),
        member("Eve", &[]),
    ];
    let few = Cohort::of(&members, now()).expect_err("empty folders are nobody").to_string();
    assert!(few.contains("at least 3 learners") && few.contains("there are 2"), "{few}");
    for made in &mut members[2..4] {
        made.deliverables.add("Incident note", "ward", "incident-note", "aa", now()).expect("is kept");
    }
    let cohort = Cohort::of(&members, now()).expect("four are enough");
    assert_eq!(cohort.learners, 4);
    let value = |name: &str| {
        let metric = cohort.metrics.iter().find(|metric| metric.name == name).expect(name);
        (metric.value, metric.n)
    };
    // Only Ana's task worked twice.
    assert_eq!(value("adoption"), (Some(0.25), 4));
    assert_eq!(value("sharing"), (Some(0.25), 4));
    assert_eq!(value("open loops"), (Some(2.0), 6));
    // Two people closed theirs: what that gave is left out everywhere.
    for name in ["quality", "time reallocation", "progression velocity"] {
        assert_eq!(value(name), (None, 0), "{name}");
    }
    assert!(cohort.to_csv().contains("\r\nquality,,0,"));
    assert_eq!(page::cohort(&cohort, now()).matches("<p class=\"big\">–</p>").count(), 3);

    members[2] = member("Cy", &[(10, No, false)]);
    let cohort = Cohort::of(&members, now()).expect("four are enough");
    let value = |name: &str| {
        let metric = cohort.metrics.iter().find(|metric| metric.name == name).expect(name);
        (metric.value, metric.n)
    };
    assert_eq!(value("quality"), (Some(0.4), 5));
    assert_eq!(value("time reallocation"), (Some(10.0), 5));
    let csv = cohort.to_csv();
    assert!(csv.starts_with("metric,value,n,definition\r\nadoption,0.2500,4,\"share of learners with a task whose result could be used, wholly or partly, at least twice\"\r\n"), "{csv}");
    let page = page::cohort(&cohort, now());
    assert!(page.contains("25 %") && page.contains("+10 min"));
    for member in &members {
        let name = &member.profile.learner;
        assert!(!page.contains(name.as_str()) && !csv.contains(name.as_str()), "{name} is named");
    }
}

#[test]
fn a_coach_sees_what_to_talk_about() {
    let page = page::coach(&member("Ana", &[(-10, GoodEnough::No, false)]), &[], now());
    assert!(
        page.contains("not good enough, -10 minutes") && page.contains("hidden, as the learner wishes"),
        "{page}"
    );
}

#[test]
fn a_colleagues_way_of_working_becomes_a_task() {
    let workflow = "# Handover in ten minutes\n\nFor the end of a shift.\n\n## Sort\n\n- Open what is due.\n- Leave the rest.\n\n## Say it\n";
    let task = Task::from_workflow(workflow, "Sarah").expect("a task");
    assert_eq!(task.intro, "This is how Sarah works. For the end of a shift.");
    assert_eq!(task.steps[0].ask, "Sarah: Open what is due. Leave the rest. How do you do it in your case?");
    assert_eq!(task.steps[1].ask, "How do you do it in your case?");
    assert_eq!(Task::parse(&task.to_toml(), &exam()).expect("reads what it writes"), task);
    let made = task.deliverable(&["I sort by time.".to_owned(), String::new()]);
    assert!(made.contains("## Sort") && made.ends_with("Made after a way of working by Sarah.\n"), "{made}");
    let (long, many) = ("x ".repeat(400), "## Step\n".repeat(21));
    for (text, says) in [
        ("", "no heading"),
        ("just words", "begins with `# Title`"),
        ("# Title\n", "there are 0 steps"),
        (&format!("# Title\n## A\n{long}"), "at most 600 bytes"),
        (&format!("# Title\n{many}"), "there are 21 steps"),
    ] {
        let error = Task::from_workflow(text, "Sarah").expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
    Task::from_workflow(workflow, " ").expect_err("a colleague has a name");
}
