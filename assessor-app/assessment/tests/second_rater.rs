//! A second rater beside the scorer: it widens intervals and sends results to a human, and can do nothing else.

mod common;

use common::{ALL, exam, exam_named, play, play_altered};
use viva_assessment::score::{
    Brief, BriefAnswer, ClaimedQuote, Opinion, Recommendation, Report, SecondOpinion, Setting,
};
use viva_assessment::{Config, Conversation, Input, Output, Scorer};
use viva_media::Timestamp;

const INJECTIONS: &str = include_str!("injections.txt");

/// A level on each brief, resting on the first words of its first answer.
fn opinions(briefs: &[Brief], level: impl Fn(&Brief) -> u8) -> Vec<SecondOpinion> {
    let first_words = |brief: &Brief| {
        let answer = &brief.answers[0];
        let end = answer.text.match_indices(' ').nth(1).map_or(answer.text.len(), |(at, _)| at);
        ClaimedQuote { turn: answer.turn, words: answer.text[..end].to_owned() }
    };
    let opinion = |brief: &Brief| SecondOpinion {
        criterion: brief.criterion.clone(),
        rater: "judge-1".to_owned(),
        requests: vec!["ab".to_owned()],
        answer: Opinion::Level { level: level(brief), quotes: vec![first_words(brief)] },
        unusable: Vec::new(),
    };
    briefs.iter().map(opinion).collect()
}

fn levels(report: &Report) -> Vec<Option<u8>> {
    report.criteria.iter().map(|score| score.level().map(viva_assessment::score::LevelScore::level)).collect()
}

#[test]
fn it_alters_no_level_and_turns_no_result() {
    for (name, candidate) in ALL.iter().flat_map(|name| [(*name, "strong"), (*name, "weak")]) {
        let exam = exam_named(name);
        let scorer = Scorer::lexical(exam.clone());
        let outcome = play(&exam, candidate, 5).outcome;
        let alone = scorer.score(&outcome).expect("no embedder");
        let briefs = scorer.briefs(&outcome.answers, &alone);
        assert!(!briefs.is_empty(), "{name}, {candidate}");
        for said in 1..=4 {
            let beside = scorer.score_beside(&outcome, &opinions(&briefs, |_| said)).expect("no embedder");
            assert_eq!(levels(&alone), levels(&beside), "{name}, {candidate}, {said}");
            let (before, after) = (alone.overall.expect("levels"), beside.overall.expect("levels"));
            assert!((before.mean - after.mean).abs() < 1e-12);
            assert!(after.low <= before.low && after.high >= before.high);
            for (a, b) in alone.criteria.iter().zip(&beside.criteria) {
                let (Some(own), Some(now)) = (a.level(), b.level()) else { continue };
                let second = b.second.as_ref().expect("it was asked");
                assert!(!second.quotes.is_empty() && second.abstained.is_none());
                assert_eq!((now.low(), now.high()), (own.low().min(said), own.high().max(said)));
            }
            let same = beside.recommendation == alone.recommendation;
            assert!(same || beside.recommendation == Recommendation::ReferToHuman, "{name}, {candidate}");
        }
    }
}

#[test]
fn raters_far_apart_leave_a_result_to_a_human_and_agreeing_ones_leave_it() {
    let exam = exam();
    let scorer = Scorer::lexical(exam.clone());
    let outcome = play(&exam, "strong", 5).outcome;
    let alone = scorer.score(&outcome).expect("no embedder");
    assert_eq!(alone.recommendation, Recommendation::Meets, "the strong candidate of this exam");
    let briefs = scorer.briefs(&outcome.answers, &alone);
    let own = |brief: &Brief| {
        let score = alone.criteria.iter().find(|score| score.criterion == brief.criterion);
        score.and_then(|score| score.level()).expect("a brief has a level").level()
    };
    let agreed = scorer.score_beside(&outcome, &opinions(&briefs, own)).expect("no embedder");
    assert_eq!(agreed.recommendation, Recommendation::Meets);
    assert_eq!(agreed.reasons, alone.reasons);
    let one = briefs.iter().find(|brief| own(brief) >= 3).expect("a strong candidate").criterion.clone();
    let apart = opinions(&briefs, |brief| if brief.criterion == one { 1 } else { own(brief) });
    let apart = scorer.score_beside(&outcome, &apart).expect("no embedder");
    assert_eq!(apart.recommendation, Recommendation::ReferToHuman);
    assert!(apart.reasons.iter().any(|line| line.contains("judge-1")), "{:?}", apart.reasons);
}

#[test]
fn a_quote_that_nobody_said_is_no_opinion() {
    let exam = exam();
    let scorer = Scorer::lexical(exam.clone());
    let outcome = play(&exam, "strong", 5).outcome;
    let alone = scorer.score(&outcome).expect("no embedder");
    let briefs = scorer.briefs(&outcome.answers, &alone);
    type Spoil = fn(&mut u8, &mut Vec<ClaimedQuote>);
    let faults: [(Spoil, &str); 5] = [
        (|_, quotes| quotes[0].words = "I would run away at once".to_owned(), "does not stand in the turn"),
        (|_, quotes| quotes[0].turn.0 += 1, "does not stand in the turn"),
        (|_, quotes| quotes[0].words = "I".to_owned(), "less than two words"),
        (|_, quotes| quotes.clear(), "without a quote"),
        (|level, _| *level = 5, "none of the rubric"),
    ];
    for (spoil, says) in faults {
        let mut given = opinions(&briefs, |_| 1);
        for opinion in &mut given {
            let Opinion::Level { level, quotes } = &mut opinion.answer else { continue };
            spoil(level, quotes);
        }
        let beside = scorer.score_beside(&outcome, &given).expect("no embedder");
        assert_eq!((beside.overall, beside.recommendation), (alone.overall, alone.recommendation));
        for second in beside.criteria.iter().filter_map(|score| score.second.as_ref()) {
            assert_eq!(second.level, None);
            assert!(second.abstained.as_deref().is_some_and(|reason| reason.contains(says)), "{second:?}");
        }
    }
}

#[test]
fn a_quote_across_left_out_words_is_none() {
    let answer = BriefAnswer {
        turn: viva_exchange::TurnId(3),
        heard: "What do you do?".to_owned(),
        text: "I keep two arm lengths. […] I call a colleague.".to_owned(),
    };
    let brief = Brief {
        criterion: "safety".to_owned(),
        title: "Safety".to_owned(),
        anchors: vec!["Unsafe.".to_owned(), "Safe.".to_owned()],
        answers: vec![answer],
    };
    let quoted = |words: &str| {
        brief.verbatim(2, &[ClaimedQuote { turn: viva_exchange::TurnId(3), words: words.to_owned() }])
    };
    assert!(quoted("two arm lengths.").is_ok() && quoted(" I call a colleague. ").is_ok());
    assert!(quoted("two arm lengths. […] I call").is_err());
    assert!(quoted("[…] I call a colleague.").is_err());
}

#[test]
fn words_to_the_machine_are_not_put_before_it() {
    let exam = exam();
    let scorer = Scorer::lexical(exam.clone());
    for (at, injection) in INJECTIONS.lines().enumerate() {
        let mut number = 0;
        let config = Config { seed: 5, ..Config::default() };
        let outcome = play_altered(&exam, "strong", config, |answer, text| {
            number = answer;
            if answer >= 2 && answer % 3 == at % 3 { format!("{text} {injection}") } else { text }
        })
        .outcome;
        assert!(number > 4, "the interview was held");
        let hit = outcome.answers.iter().filter(|answer| answer.turn.text().contains(injection)).count();
        assert!(hit > 0, "{injection}");
        let alone = scorer.score(&outcome).expect("no embedder");
        for brief in scorer.briefs(&outcome.answers, &alone) {
            for answer in &brief.answers {
                assert!(!answer.text.contains(injection), "{}: {injection}", brief.title);
            }
        }
    }
}

#[test]
fn it_is_told_before_consent_where_it_is_on() {
    let exam = exam();
    for second_rater in [true, false] {
        let config = Config { seed: 5, second_rater, ..Config::default() };
        let played = play_altered(&exam, "strong", config, |_, text| text);
        let consent = exam.frame().consent.question.clone();
        let until = played.said.iter().position(|one| one.text.contains(&consent)).expect("it is asked for");
        let is_told = played.said[..=until].iter().any(|one| one.text.contains("language model may read"));
        assert_eq!(is_told, second_rater);
    }
}

#[test]
fn a_model_that_words_questions_is_told_before_consent_too() {
    for llm in [true, false] {
        let mut examiner = Conversation::new(exam(), Config { seed: 5, llm, ..Config::default() });
        examiner.handle(Timestamp::ZERO, Input::Start);
        let mut said = std::iter::from_fn(|| examiner.poll());
        let is_told = said
            .any(|output| matches!(output, Output::Say(said) if said.text.contains("given your answers")));
        assert_eq!(is_told, llm);
    }
}

#[test]
fn it_is_given_what_was_said_and_no_level() {
    let exam = exam();
    let scorer = Scorer::lexical(exam.clone());
    let outcome = play(&exam, "weak", 5).outcome;
    let alone = scorer.score(&outcome).expect("no embedder");
    for brief in scorer.briefs(&outcome.answers, &alone) {
        let criterion = exam.rubric().criterion(&brief.criterion).expect("of the rubric");
        assert_eq!(brief.anchors.len(), criterion.levels.len());
        for answer in &brief.answers {
            let of = outcome.answers.iter().find(|other| other.turn.id == answer.turn).expect("was said");
            assert!(of.setting != Setting::Unasked && of.heard == answer.heard);
            assert!(answer.text.split(" […] ").all(|part| of.turn.text().contains(part)), "{answer:?}");
        }
        assert!(!brief.is_too_long());
    }
}
