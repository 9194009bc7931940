//! The wall between practice and certification, and what practice is good for.

mod common;

use std::sync::Arc;

use common::{ALL, Played, confirmed, exam, exam_named, play, play_with};
use proptest::prelude::*;
use viva_assessment::conversation::{EventKind, OpenPoint, PracticePlan, Standing};
use viva_assessment::score::{CriterionScore, Recommendation};
use viva_assessment::{Config, Conversation, Exam, Scorer};

fn point(criterion: &str, indicator: &str) -> OpenPoint {
    OpenPoint { criterion: criterion.to_owned(), indicator: indicator.to_owned() }
}

/// Every positive sign of an exam.
fn points(exam: &Exam) -> Vec<OpenPoint> {
    let criteria = exam.rubric().criteria.iter();
    criteria.flat_map(|one| one.indicators.iter().map(|sign| point(&one.id, &sign.id))).collect()
}

fn practise(scorer: &Arc<Scorer>, candidate: &str, seed: u64, plan: PracticePlan) -> Played {
    let config = Config { seed, ..Config::default() };
    let conversation = Conversation::practise(Arc::clone(scorer), config, plan);
    play_with(conversation, scorer.exam(), candidate, seed, |_, text| text)
}

fn levels(criteria: &[CriterionScore]) -> Vec<Option<(u8, u8, u8)>> {
    criteria.iter().map(|one| one.level().map(|level| (level.level(), level.low(), level.high()))).collect()
}

#[test]
fn practice_never_leads_to_a_recommendation() {
    for name in ALL {
        let exam = exam_named(name);
        let scorer = Arc::new(Scorer::lexical(exam.clone()));
        let certify = confirmed(play(&exam, "strong", 1).outcome);
        assert_eq!(certify.standing(), Standing::Certify);
        assert_eq!(
            scorer.score(&certify).expect("no embedder").recommendation,
            Recommendation::Meets,
            "{name}"
        );
        for plan in [PracticePlan::default(), PracticePlan { open: points(&exam) }] {
            let practice = practise(&scorer, "strong", 1, plan).outcome;
            assert_eq!(practice.standing(), Standing::Practice);
            let report = scorer.score(&practice).expect("no embedder");
            assert_eq!(report.recommendation, Recommendation::Practice, "{name}");
            assert_eq!(scorer.nearest_change(&practice).expect("no embedder"), None);
            // The levels are those that the same answers have anywhere.
            let same = scorer.score_answers(&practice.answers).expect("no embedder");
            assert_eq!(report.criteria, same.criteria);
        }
    }
}

#[test]
fn practice_alters_nothing_of_the_sessions_beside_it() {
    let exam = exam();
    let scorer = Arc::new(Scorer::lexical(exam.clone()));
    let certify = || {
        let config = Config { seed: 3, ..Config::default() };
        let conversation = Conversation::with_scorer(Arc::clone(&scorer), config);
        play_with(conversation, &exam, "weak", 3, |_, text| text)
    };
    let before = certify();
    practise(&scorer, "weak", 3, PracticePlan { open: points(&exam) });
    let after = certify();
    assert_eq!((&before.log, &before.said, &before.outcome), (&after.log, &after.said, &after.outcome));
    let (before, after) = (scorer.score(&before.outcome), scorer.score(&after.outcome));
    assert_eq!(before.expect("no embedder"), after.expect("no embedder"));
    assert!(!format!("{:?}", certify().log).contains("PickedUp"));
}

#[test]
fn practice_comes_back_to_what_was_open_and_tells_what_is() {
    let exam = exam();
    let scorer = Arc::new(Scorer::lexical(exam.clone()));
    let plan = PracticePlan {
        open: vec![
            point("safety", "gets-help-early"),
            point("safety", "no-such-sign"),
            point("nothing", "at-all"),
        ],
    };
    let strong = practise(&scorer, "strong", 1, plan.clone());
    let said: Vec<&str> = strong.said.iter().map(|utterance| utterance.text.as_str()).collect();
    assert!(said[0].contains("A I examiner") && said[1].starts_with("This is practice."), "{said:?}");
    let pick_up = "Last time this stayed open: gets help early. We come back to it today.";
    let at = said.iter().position(|text| *text == pick_up).expect("what was open is named");
    let first = exam.frame().questions.iter().map(|one| said.iter().position(|text| *text == one.text));
    assert!(first.flatten().min().expect("a question is asked") > at, "before the first question");
    assert!(said.contains(&"You have shown this now: gets help early."), "{said:?}");
    assert!(!said.iter().any(|text| text.contains("A human will review")), "nobody reviews practice");
    let weak = practise(&scorer, "weak", 1, plan);
    let told = weak.log.iter().find_map(|event| match &event.kind {
        EventKind::Feedback { shown, open } => Some((shown.clone(), open.clone())),
        _ => None,
    });
    let (shown, open) = told.expect("practice ends with feedback");
    assert!(shown.is_empty() && open[0] == "gets help early", "{shown:?}, {open:?}");
}

#[test]
fn practice_asks_what_seeks_the_open_point() {
    let exam = exam();
    let scorer = Arc::new(Scorer::lexical(exam.clone()));
    // A question that alone seeks a sign is asked in practice of that sign, whatever the seed.
    let free = exam.frame().questions.iter().filter(|one| one.domain == *"communication");
    let mut tried = 0;
    for question in free {
        let others = exam
            .frame()
            .questions
            .iter()
            .filter(|one| one.id != question.id && one.domain == question.domain);
        let elsewhere: Vec<&str> =
            others.flat_map(|one| &one.probes).flat_map(|probe| &probe.seeks).map(|id| id.as_str()).collect();
        let own = question
            .probes
            .iter()
            .flat_map(|probe| &probe.seeks)
            .find(|id| !elsewhere.contains(&id.as_str()));
        let Some(sign) = own else { continue };
        let criterion = exam
            .rubric()
            .criteria
            .iter()
            .find(|one| one.indicators.iter().any(|other| other.id == *sign.as_str()));
        let plan = PracticePlan { open: vec![point(&criterion.expect("a known sign").id, sign)] };
        for seed in 0..4 {
            let played = practise(&scorer, "weak", seed, plan.clone());
            assert!(
                played.said.iter().any(|one| one.text == question.text),
                "{} for {sign}, seed {seed}",
                question.id
            );
            tried += 1;
        }
    }
    assert!(tried > 0, "the exam has a question with a sign of its own");
    // Nothing open: the exam's own questions stay fresh, and others are asked.
    let fresh = practise(&scorer, "weak", 0, PracticePlan::default());
    let swearing = &exam.question("swearing").expect("a known question").text;
    assert!(fresh.said.iter().any(|one| one.text == *swearing));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is remembered, the levels follow from the answers alone.
    #[test]
    fn a_plan_never_moves_a_level(seed in 0_u64..6, which in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6)) {
        let exam = exam();
        let scorer = Arc::new(Scorer::lexical(exam.clone()));
        let all = points(&exam);
        let plan = PracticePlan { open: which.iter().map(|index| all[index.index(all.len())].clone()).collect() };
        let practice = practise(&scorer, "strong", seed, plan).outcome;
        let report = scorer.score(&practice).expect("no embedder");
        let fresh = Scorer::lexical(exam).score_answers(&practice.answers).expect("no embedder");
        prop_assert_eq!(levels(&report.criteria), levels(&fresh.criteria));
        prop_assert_eq!(report.recommendation, Recommendation::Practice);
    }
}
