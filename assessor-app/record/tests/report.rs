//! What a page must hold, whoever wrote the words in it.

#[expect(dead_code, reason = "the sample serves several test programs")]
mod common;

use viva_exchange::{Speaker, Transcript, Turn, TurnId, Word};
use viva_media::Timestamp;
use viva_record::{
    Decision, Outcome,
    report::{LetterLanguage, Report, letter},
    wire::{CriterionResult, QuoteRef},
};

fn sample() -> Report {
    Report {
        header: common::header(),
        scores: Some(common::scores()),
        transcript: common::transcript(),
        timing: common::timing(),
        floor: common::floor(),
        candidate_audio: true,
        ..Report::default()
    }
}

#[test]
fn every_part_is_told() {
    let page = sample().render();
    for part in [
        "Recommendation: meets the standard",
        "Awaited. Until a named human has decided",
        "Demonstration.",
        "not calibrated",
        "Two hours without any news is a long time.",
        "Asks whether this was understood rightly",
        "No level given.",
        "Reported, not scored",
        "His own words are taken up",
        "appeals@programme.example",
        "href=\"audio/candidate.wav#t=",
        "Front desk guide, section 4.2",
        "Questions of the candidate",
        "A human decides, &lt;always&gt;.",
        "about.pdf, p. 2, sha256 ab",
    ] {
        assert!(page.contains(part), "the page lacks {part:?}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"), "the page needs the network");
}

#[test]
fn hostile_words_stay_words() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror='alert(1)'>\"--><style>";
    let mut report = sample();
    let word = Word {
        text: hostile.into(),
        start: Timestamp::ZERO,
        end: Timestamp::from_millis(900),
        confidence: 1.0,
    };
    let turn = Turn {
        id: TurnId(0),
        speaker: Speaker::Candidate,
        start: word.start,
        end: word.end,
        words: vec![word],
    };
    report.transcript = Transcript { turns: vec![turn] };
    report.header.exam_title = hostile.into();
    report.header.candidate.name = hostile.into();
    report.header.appeal.contact = hostile.into();
    report.timing.sentences = vec![hostile.into()];
    for mark in &mut report.floor.marks {
        mark.reason = hostile.into();
    }
    let scores = report.scores.as_mut().unwrap();
    let quote = QuoteRef { text: hostile.into(), indicator: Some(hostile.into()), ..QuoteRef::default() };
    let texts = || vec![hostile.to_owned()];
    scores.criteria = vec![CriterionResult {
        id: hostile.into(),
        name: hostile.into(),
        domain: hostile.into(),
        level: Some(0),
        abstained: Some(hostile.into()),
        anchors: texts(),
        quotes: vec![quote.clone()],
        shown: texts(),
        missing: texts(),
        negative: texts(),
        would_meet: Some(hostile.into()),
        ..CriterionResult::default()
    }];
    scores.validation_status = hostile.into();
    scores.explanation = texts();
    scores.coverage[0].domain = hostile.into();
    scores.roleplay[0].rule = hostile.into();
    scores.roleplay[0].quote = Some(quote.clone());
    scores.guardrails[0].rule = hostile.into();
    scores.guardrails[0].action = hostile.into();
    scores.guardrails[0].quote = Some(quote);
    scores.probes[0].criterion = hostile.into();
    scores.probes[0].reason = hostile.into();
    scores.probes[0].citation = Some(hostile.into());
    let page = report.render();
    assert!(page.matches("alert(1)").count() > 40, "the words are shown");
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    assert_eq!(page.matches("<img").count(), 0);
    assert_eq!(page.matches("onerror='").count(), 0);
}

#[test]
fn a_session_without_anything_still_has_a_page() {
    let page = Report::default().render();
    assert!(page.contains("ended before it was scored") && page.ends_with("</html>\n"));
}

#[test]
fn markup_is_balanced() {
    let page = sample().render();
    for name in [
        "section", "article", "div", "ul", "ol", "li", "p", "figure", "details", "svg", "g", "table", "main",
        "dl",
    ] {
        let open = page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
        assert_eq!(open, page.matches(&format!("</{name}>")).count(), "{name}");
    }
}

/// What a human decided stands; what the machine would have wanted besides is no longer told to who is awarded.
#[test]
fn the_letter_follows_the_decision() {
    let decided = |outcome| Decision {
        outcome,
        by: "R. Reviewer".to_owned(),
        reason: "heard and weighed".to_owned(),
        at: "2026-11-28T10:00:00Z".to_owned(),
    };
    let said = |report: &Report| letter(report, LetterLanguage::English).expect("a letter");
    let change = "What would have altered the result";
    assert!(said(&sample()).contains(change));
    assert!(said(&sample().with_decision(decided(Outcome::Deny))).contains(change));
    assert!(!said(&sample().with_decision(decided(Outcome::Award))).contains(change));
    let mut person = sample();
    person.header.candidate.simulated = false;
    assert!(!said(&person).contains("simulated"), "a person is not told to be simulated");
}

/// A stranger's record may say that a pause lasts for centuries.
#[test]
fn a_span_beyond_the_session_draws_no_more_than_the_session() {
    let usual = sample().render().len();
    let mut report = sample();
    for event in &mut report.timing.events {
        event.end = Timestamp::from_nanos(i64::MAX);
    }
    assert!(report.render().len() < 2 * usual);
}
