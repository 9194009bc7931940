//! What the letter tells the person concerned: how a session ended, what a human decided, and what follows from it.

#[expect(dead_code, reason = "the sample serves several test programs")]
mod common;

use viva_exchange::{Speaker, Transcript};
use viva_record::{
    Decision, Outcome,
    oversight::{Appeal, BlindScore, History, Override, OverrideCode},
    report::{LetterLanguage, Report, letter, shown_name},
    wire::{Candidate, Choice, Conditions, Ending, QuoteRef, Recommendation, Recovery, SecondOpinion},
};

const CHANGE: [&str; 2] = ["What would have altered the result", "Was das Ergebnis geändert hätte"];
const NOT_HEARD: [&str; 2] = ["Not heard", "Nicht gehört"];
const NEXT_LEVEL: [&str; 2] = ["The next level looks like this", "So sieht die nächste Stufe aus"];
const ASKS: [&str; 2] = ["The standard asks for this: ", "Verlangt wird: "];

fn sample() -> Report {
    Report {
        header: common::header(),
        scores: Some(common::scores()),
        transcript: common::transcript(),
        ..Report::default()
    }
}

/// The letter in both languages, English first.
fn letters(report: &Report) -> [String; 2] {
    LetterLanguage::ALL.map(|language| letter(report, language).expect("a letter"))
}

fn decided(outcome: Outcome) -> Decision {
    Decision {
        outcome,
        by: "R. Reviewer".to_owned(),
        reason: "heard and weighed".to_owned(),
        at: "2026-11-30T10:00:00Z".to_owned(),
    }
}

/// The sample in which one criterion is below the needed level and the share below the mark.
fn failing() -> Report {
    let mut report = sample();
    let scores = report.scores.as_mut().expect("scores");
    scores.criteria[0].level = Some(1);
    scores.criteria[0].would_meet = Some("Takes up what the other said, in general words.".into());
    (scores.overall, scores.recommendation) = (Some(0.52), Recommendation::DoesNotMeet);
    report
}

fn ended(how: Ending) -> Report {
    let mut report = failing();
    report.scores.as_mut().expect("scores").ending = Some(how);
    report
}

fn first_lines(page: &str) -> &str {
    page.split("</header>").next().expect("a head")
}

#[test]
fn a_session_that_ended_early_is_told_to_have_and_is_not_measured_by_what_was_never_asked() {
    for (how, told) in [
        (
            Ending::ConsentRefused,
            [
                "You did not agree to the recording, so nothing was scored.",
                "Sie haben der Aufzeichnung nicht zugestimmt; deshalb wurde nichts bewertet.",
            ],
        ),
        (
            Ending::StoppedByCandidate,
            ["You stopped the session before its end.", "Sie haben die Sitzung vor ihrem Ende abgebrochen."],
        ),
        (
            Ending::HumanRequested,
            [
                "You asked for a human; a human will contact you.",
                "Sie haben um einen Menschen gebeten; ein Mensch wird sich bei Ihnen melden.",
            ],
        ),
        (Ending::HandedOver, ["so that a human can take over", "damit ein Mensch übernehmen kann"]),
        (
            Ending::TechnicalFailure,
            [
                "The session ended before its end for technical reasons.",
                "Die Sitzung endete aus technischen Gründen vorzeitig.",
            ],
        ),
        (Ending::StoppedByOperator, ["was stopped before its end", "Die Prüfungsleitung hat die Sitzung"]),
        (Ending::RecordingEnded, ["A recording was heard and no question was asked", "keine Frage gestellt"]),
    ] {
        for (at, page) in letters(&ended(how)).iter().enumerate() {
            let head = first_lines(page);
            assert!(head.contains(told[at]) && head.contains("appeals@programme.example"), "{how:?}: {head}");
            for never in [CHANGE[at], NOT_HEARD[at], NEXT_LEVEL[at], ASKS[at], "class=\"bar\""] {
                assert!(!page.contains(never), "{how:?}: the letter says {never:?}");
            }
            assert_eq!(page.contains("<table>"), how != Ending::ConsentRefused, "{how:?}");
            assert_eq!(page.contains("class=\"card criterion\""), how != Ending::ConsentRefused, "{how:?}");
        }
    }
    for (at, page) in letters(&failing()).iter().enumerate() {
        for part in [CHANGE[at], NOT_HEARD[at], ASKS[at]] {
            assert!(page.contains(part), "a whole session's letter lacks {part:?}");
        }
    }
}

#[test]
fn a_decision_on_a_session_that_ended_early_promises_no_call_and_no_model_sentences() {
    let report = ended(Ending::HumanRequested).with_decision(decided(Outcome::Deny));
    let [english, german] = letters(&report);
    assert!(first_lines(&english).contains("the session ended there"), "{}", first_lines(&english));
    assert!(!english.contains("will contact you") && !german.contains("wird sich bei Ihnen melden"));
    assert!(!english.contains(ASKS[0]) && !german.contains(ASKS[1]) && !english.contains(CHANGE[0]));
}

#[test]
fn the_head_names_the_person_and_the_dates() {
    let mut report = sample();
    report.header.started_at = "2026-11-29T10:14:07Z".into();
    let [english, german] = letters(&report.clone().with_decision(decided(Outcome::Award)));
    for part in ["Sample Candidate", "29 November 2026", "30 November 2026"] {
        assert!(first_lines(&english).contains(part), "{part}");
    }
    for part in ["Sample Candidate", "am 29. November 2026", "am 30. November 2026"] {
        assert!(first_lines(&german).contains(part), "{part}");
    }
    report.header.candidate = Candidate { name: "typed".into(), ..Candidate::default() };
    assert_eq!(shown_name(&report.header.candidate), "no name given (typed answers)");
    let [english, german] = letters(&report);
    assert!(english.contains("no name given (typed answers)") && !english.contains(">typed<"));
    assert!(german.contains("kein Name angegeben (getippte Antworten)"));
}

#[test]
fn a_german_letter_has_german_marks_and_dates() {
    let appeal = Appeal { by: "Cy".into(), text: "I named it.".into(), at: "2026-03-08T09:00:00Z".into() };
    let history =
        History { decision: Some(decided(Outcome::Deny)), appeals: vec![appeal], ..History::default() };
    let [english, german] = letters(&sample().with_history(history));
    assert!(english.contains("“The way out is &lt;b&gt;behind&lt;/b&gt; you.”"));
    assert!(german.contains("„The way out is &lt;b&gt;behind&lt;/b&gt; you.“"));
    assert!(german.contains("content: \"„\"") && !english.contains('„'));
    assert!(german.contains("Cy, am 8. März 2026: I named it."), "no date of a machine");
    assert!(!german.contains("2026-03") && !german.contains("2026-11"));
}

#[test]
fn below_the_needed_level_the_letter_shows_the_needed_one() {
    for page in [letters(&failing()), letters(&failing().with_decision(decided(Outcome::Deny)))] {
        for (at, page) in page.iter().enumerate() {
            let next = page.split("id=\"next\"").nth(1).expect("what happens next");
            let needed = "Takes up the other&#39;s own words and says what comes next.";
            assert!(next.contains(&format!("Acknowledges the other. {}{needed}", ASKS[at])), "{next}");
            assert!(!next.contains("in general words"), "the level between is not what is asked for");
        }
    }
    // Where the needed level is reached, it is the next one.
    let next = letters(&sample())[0].split("id=\"next\"").nth(1).expect("what happens next").to_owned();
    assert!(
        next.contains(NEXT_LEVEL[0]) && next.contains("As level 3, and checks") && !next.contains(ASKS[0])
    );
}

#[test]
fn an_award_tells_of_the_credential_and_a_denial_what_to_practise() {
    let mut report = sample().with_decision(decided(Outcome::Award));
    let [english, german] = letters(&report);
    for part in [
        "The credential lies beside this letter",
        "credential/good/eddsa-rdfc-2022.json",
        "viva credential check",
        "viva verify",
        "stands in it (validUntil)",
        "was made by R. Reviewer on 30 November 2026",
    ] {
        assert!(english.contains(part), "{part}");
    }
    for part in [
        "Das Zertifikat liegt neben diesem Brief",
        "viva credential check",
        "hat R. Reviewer am 30. November 2026 getroffen",
    ] {
        assert!(german.contains(part), "{part}");
    }
    assert!(!english.contains("who saw the record") && !english.contains("levels of their own"));
    report.credential_valid_until = Some("2028-11-30T10:00:00Z".into());
    let [english, german] = letters(&report);
    assert!(english.contains("valid until 30 November 2028") && german.contains("bis zum 30. November 2028"));

    let [english, german] = letters(&failing().with_decision(decided(Outcome::Deny)));
    assert!(english.contains("What to practise") && english.contains("says when you may try again"));
    assert!(german.contains("Was Sie üben können") && german.contains("Wann Sie die Prüfung erneut ablegen"));
    assert!(!english.contains("The credential lies"));
}

#[test]
fn the_letter_says_of_the_human_what_the_record_holds() {
    let blind = BlindScore {
        by: "R. Reviewer".into(),
        levels: std::collections::BTreeMap::new(),
        routed: Vec::new(),
        note: String::new(),
        at: "2026-11-30T09:00:00Z".into(),
    };
    let history =
        History { blind_scores: vec![blind], decision: Some(decided(Outcome::Deny)), ..History::default() };
    let [english, german] = letters(&sample().with_history(history));
    assert!(english.contains("had first given levels of their own, without seeing those of the program"));
    assert!(german.contains("Zuvor hat R. Reviewer eigene Stufen vergeben"));
}

#[test]
fn what_a_human_decided_otherwise_is_not_explained_by_the_machines_share() {
    let set = Override {
        by: "R. Reviewer".into(),
        criterion: "acknowledge".into(),
        machine: Some(1),
        level: Some(3),
        code: OverrideCode::MissedEvidence,
        reason: "Turn 3 names it.".into(),
        at: "2026-11-30T09:30:00Z".into(),
    };
    let history =
        History { overrides: vec![set], decision: Some(decided(Outcome::Award)), ..History::default() };
    let report = failing().with_history(history);
    let [english, german] = letters(&report);
    for part in [
        "By the machine&#39;s levels alone the standard was not met (52 % of the way from the lowest to the highest level, 70 % are needed; below the level that is needed in any case: Acknowledges the other); the human decided otherwise, for this reason: heard and weighed",
        "Level 3 of 4, set by R. Reviewer; the machine had 1",
        "Turn 3 names it.",
        "Not heard by the program",
    ] {
        assert!(english.contains(part), "{part}");
    }
    for part in [
        "waren die Anforderungen nicht erfüllt (52 % des Weges",
        "der Mensch hat anders entschieden, aus diesem Grund: heard and weighed",
        "Stufe 3 von 4, gesetzt von R. Reviewer; das Programm hatte 1",
    ] {
        assert!(german.contains(part), "{part}");
    }
    for page in [&english, &german] {
        assert!(!page.contains("class=\"bar\"") && !page.contains("You reached"));
        assert!(!page.contains("Below the level") && !page.contains("Unter der Stufe"));
    }
    // The other way round: the machine recommends and the human denies.
    let [english, _] = letters(&sample().with_decision(decided(Outcome::Deny)));
    assert!(english.contains("alone the standard was met (78 %") && english.contains("decided otherwise"));
    // Where both agree the share is the reason.
    let [english, _] = letters(&failing().with_decision(decided(Outcome::Deny)));
    assert!(english.contains("You reached 52 %") && english.contains("Below the level"));
}

#[test]
fn an_appeal_is_promised_what_the_page_gives() {
    let [english, german] = letters(&sample());
    assert!(english.contains("scores the record anew before seeing the first decision&#39;s levels"));
    assert!(
        german.contains("bewertet die Aufzeichnung neu, bevor er die Stufen der ersten Entscheidung sieht")
    );
    for never in ["who has not seen the first decision", "left out", "No reason is needed"] {
        assert!(!english.contains(never), "{never}");
    }
    assert!(!german.contains("der die erste Entscheidung nicht kennt") && !german.contains("nicht mitwirkt"));
}

#[test]
fn one_is_one_and_the_default_address_is_of_the_language() {
    let mut report = sample();
    report.header.appeal.contact = "the programme that holds this exam".into();
    report.header.appeal.within_days = 1;
    let mut turns = common::transcript().turns;
    let first = turns.iter().position(|turn| turn.speaker == Speaker::Candidate).expect("an answer");
    turns.truncate(first + 1);
    report.transcript = Transcript { turns };
    let [english, german] = letters(&report);
    assert!(english.contains("with 1 answer of yours") && english.contains("within 1 day of"));
    assert!(german.contains("mit 1 Antwort von Ihnen") && german.contains("innerhalb von 1 Tag nach"));
    assert!(english.contains("Write to the programme that holds this exam."));
    assert!(german.contains("Wenden Sie sich an die Stelle, die diese Prüfung durchführt."));
    assert!(!german.contains("the programme"), "no English in a German letter");
}

#[test]
fn varied_conditions_are_told_in_the_language_of_the_letter() {
    let mut report = sample();
    assert!(letters(&report).iter().all(|page| !page.contains("varied") && !page.contains("angepasst")));
    report.header.conditions = Conditions { extra_time: Some(1.5), typed_answers: true, timing_masked: true };
    let [english, german] = letters(&report);
    for part in ["waited 1.5 times as long", "typed instead of spoken", "repairs were left out"] {
        assert!(english.contains(part), "{part}");
    }
    for part in ["wartete 1,5-mal so lange", "getippt statt gesprochen", "außer Betracht"] {
        assert!(german.contains(part), "{part}");
    }
}

#[test]
fn questions_beyond_the_common_ones_are_told() {
    let mut report = sample();
    assert!(letters(&report).iter().all(|page| !page.contains("common questions")));
    let choice = Choice { at_s: 9.0, question: "night".into(), reason: "a harder one is due".into() };
    report.scores.as_mut().expect("scores").choices = vec![choice];
    let [english, german] = letters(&report);
    assert!(english.contains(
        "Beyond them you were asked 1 further question, chosen by what you had shown or answered until then"
    ));
    assert!(german.contains("Darüber hinaus gab es für Sie 1 weitere Frage, ausgewählt nach dem, was Sie bis dahin gezeigt oder beantwortet hatten"));
}

#[test]
fn what_was_put_right_and_a_second_opinion_are_told() {
    let mut report = sample();
    let said = |text: &str| QuoteRef { turn: 3, text: text.into(), ..QuoteRef::default() };
    let scores = report.scores.as_mut().expect("scores");
    scores.criteria[0].recoveries = vec![Recovery {
        sign: "Tells him to calm down".into(),
        wrong: said("Calm down."),
        right: said("I hear you."),
        answers_later: 1,
        prompted: Some("recover".into()),
    }];
    scores.criteria[0].second =
        Some(SecondOpinion { rater: "judge-1".into(), level: Some(2), ..SecondOpinion::default() });
    scores.criteria[1].second =
        Some(SecondOpinion { rater: "judge-1".into(), level: Some(4), ..SecondOpinion::default() });
    let [english, german] = letters(&report);
    for part in [
        "First “Calm down.”, then 1 answer later, after a follow-up question: “I hear you.”",
        "judge-1, was asked for a second opinion and gave level 2. It does not set your level; the interval holds both",
        "judge-1, was asked for a second opinion and gave the same level",
    ] {
        assert!(english.contains(part), "{part}");
    }
    for part in [
        "Zuerst „Calm down.“, dann 1 Antwort später, nach einer Nachfrage: „I hear you.“",
        "judge-1, wurde um eine zweite Meinung gebeten und gab Stufe 2.",
        "das Intervall umfasst beide",
    ] {
        assert!(german.contains(part), "{part}");
    }
    let page = report.render();
    for part in [
        "Second opinion of a language model.",
        "level 2. It does not replace the level above; the interval holds both.",
        "Put right.",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_rater_without_a_usable_opinion_is_told_in_both_languages() {
    let mut report = sample();
    let scores = report.scores.as_mut().expect("scores");
    let at = scores.criteria.iter().position(|one| one.level.is_some()).expect("a level");
    let reason = Some("the model declined".to_owned());
    scores.criteria[at].second =
        Some(SecondOpinion { rater: "judge-1".into(), abstained: reason, ..SecondOpinion::default() });
    let [english, german] = letters(&report);
    assert!(english.contains("judge-1, was to give a second opinion; there is no usable one"));
    assert!(german.contains("judge-1, sollte eine zweite Meinung geben; eine verwertbare gibt es nicht"));
    assert!(report.render().contains("judge-1: no usable level: the model declined."));
}

#[test]
fn the_nearest_change_is_said_to_be_of_the_program_alone_where_a_model_rated_too() {
    let mut report = failing();
    let all_else = ["all else as it was", "allem anderen unverändert"];
    assert!(letters(&report).iter().zip(all_else).all(|(page, words)| page.contains(words)));
    report.scores.as_mut().expect("scores").criteria[0].second =
        Some(SecondOpinion { rater: "judge-1".into(), level: Some(3), ..SecondOpinion::default() });
    let own = ["the program&#39;s own levels would have met", "die eigenen Stufen des Programms"];
    for (at, page) in letters(&report).iter().enumerate() {
        assert!(page.contains(CHANGE[at]) && page.contains(own[at]) && !page.contains(all_else[at]));
    }
}

#[test]
fn only_what_was_put_right_in_the_same_answer_is_called_unprompted() {
    let mut report = sample();
    let said = |text: &str| QuoteRef { turn: 3, text: text.into(), ..QuoteRef::default() };
    for (answers_later, is_unprompted) in [(0, true), (2, false)] {
        let (wrong, right) = (said("Calm down."), said("I hear you."));
        report.scores.as_mut().expect("scores").criteria[0].recoveries =
            vec![Recovery { answers_later, wrong, right, ..Recovery::default() }];
        let page = report.render();
        assert!(page.contains("Put right."));
        assert_eq!(page.contains("unprompted"), is_unprompted, "{answers_later}");
    }
}

/// Records from before the ending and the varied conditions had fields of their own.
#[test]
fn older_records_tell_how_they_ended_and_what_was_varied() {
    let mut report = failing();
    let scores = report.scores.as_mut().expect("scores");
    scores.ending = None;
    for (told, first) in [
        ("the candidate stopped", "You stopped the session before its end."),
        ("consent was not given", "so nothing was scored."),
        ("in another way", "The session ended before its end."),
    ] {
        report.scores.as_mut().expect("scores").explanation =
            vec![format!("the session is incomplete: {told}")];
        let [english, german] = letters(&report);
        assert!(first_lines(&english).contains(first), "{told}");
        assert!(!english.contains(CHANGE[0]) && !german.contains(NOT_HEARD[1]));
    }
    let mut header = serde_json::to_value(&report.header).expect("JSON");
    assert!(header.get("accommodations").is_none(), "it is not written any more");
    header["accommodations"] = serde_json::json!(["Twice the time."]);
    header.as_object_mut().expect("an object").remove("conditions");
    let header = serde_json::from_value(header).expect("an older header");
    let report = Report { header, ..sample() };
    assert!(letters(&report).iter().all(|page| page.contains("Twice the time.")));
    assert!(report.render().contains("Twice the time."));
}

#[test]
fn the_markup_of_every_letter_is_balanced() {
    for report in [
        sample(),
        ended(Ending::ConsentRefused),
        ended(Ending::StoppedByCandidate).with_decision(decided(Outcome::Deny)),
        failing().with_decision(decided(Outcome::Award)),
    ] {
        for page in letters(&report) {
            for name in ["section", "article", "div", "ul", "ol", "li", "p", "table", "main", "dl", "code"] {
                let open =
                    page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
                assert_eq!(open, page.matches(&format!("</{name}>")).count(), "{name}");
            }
        }
    }
}
