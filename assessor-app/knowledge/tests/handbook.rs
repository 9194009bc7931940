//! A candidate who asks, in a whole interview without sound: told in the words of documents, or refused; never helped.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use viva_assessment::conversation::{AskedBack, EventKind, Handbook};
use viva_assessment::{Config, Conversation, Exam, Input, Output, typed_turn};
use viva_knowledge::{Documents, Engine, Library, sha256_hex};
use viva_media::{TimeSpan, Timestamp};

fn exam(name: &str) -> (Arc<Exam>, BTreeMap<String, Vec<u8>>) {
    fn read(root: &Path, at: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(at).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                read(root, &path, files);
            } else {
                let name = path.strip_prefix(root).expect("is below").to_string_lossy().replace('\\', "/");
                files.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exams").join(name);
    let mut files = BTreeMap::new();
    read(&folder, &folder, &mut files);
    (Arc::new(Exam::load(&files).unwrap_or_else(|errors| panic!("{errors}"))), files)
}

fn engine(documents: &[(&str, &str)]) -> Engine {
    let documents = documents.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Library::lexical(&documents).expect("an index in memory").into_engine()
}

fn handouts(files: &BTreeMap<String, Vec<u8>>) -> Engine {
    let text =
        |(name, bytes): (&String, &Vec<u8>)| (name.clone(), String::from_utf8_lossy(bytes).into_owned());
    let documents = files.iter().filter(|(name, _)| name.starts_with("handouts/")).map(text).collect();
    Library::lexical(&documents).expect("an index in memory").into_engine()
}

/// Says these turns one after another; what the assessor said after each, and what was logged.
fn talk(exam: &Arc<Exam>, documents: Documents, turns: &[&str]) -> (Vec<String>, Vec<EventKind>) {
    let handbook: Arc<dyn Handbook> = Arc::new(documents);
    let mut examiner = Conversation::new(exam.clone(), Config::default()).with_handbook(Some(handbook));
    let (mut now, mut said, mut log) = (Timestamp::ZERO, Vec::new(), Vec::new());
    let mut drain = |examiner: &mut Conversation| {
        let mut here = Vec::new();
        while let Some(output) = examiner.poll() {
            match output {
                Output::Say(utterance) => here.push(utterance.text),
                Output::Log(event) => log.push(event.kind),
                _ => {}
            }
        }
        said.push(here.join(" | "));
    };
    examiner.handle(now, Input::Start);
    drain(&mut examiner);
    for (number, text) in (0..).zip(turns) {
        now += TimeSpan::from_secs(20.0);
        examiner.handle(now, Input::Turn(typed_turn(number, text, now)));
        drain(&mut examiner);
    }
    (said, log)
}

fn became(log: &[EventKind]) -> Vec<AskedBack> {
    log.iter()
        .filter_map(|kind| match kind {
            EventKind::CandidateAsked { became, .. } => Some(*became),
            _ => None,
        })
        .collect()
}

fn answers(log: &[EventKind]) -> usize {
    log.iter().filter(|kind| matches!(kind, EventKind::AnswerTaken { .. })).count()
}

const BEGIN: [&str; 2] = ["Yes, I agree.", "I have worked here for four years."];

#[test]
fn a_question_is_answered_in_the_words_of_a_document_and_the_exam_goes_on() {
    for name in ["nursing-de-escalation", "anti-money-laundering", "sales-discovery"] {
        let (exam, files) = exam(name);
        let documents = Documents::new(vec![handouts(&files)], None);
        let turns =
            [&["Who sees the recording?"][..], &BEGIN, &["When do I get the result as a letter?"]].concat();
        let (said, log) = talk(&exam, documents, &turns);
        assert!(
            said[1].contains("In About this exam it says: The recording is seen by one reviewer"),
            "{said:#?}"
        );
        assert!(said[1].ends_with(&exam.frame().consent.question), "consent is still asked for: {said:#?}");
        assert!(said[4].contains("You get the result as a letter within ten working days."), "{said:#?}");
        let question = said[3].rsplit(" | ").next().expect("a question");
        assert!(said[4].ends_with(question), "the question stays: {said:#?}");
        assert_eq!(became(&log), [AskedBack::Answered; 2]);
        assert_eq!(answers(&log), 0, "what was asked is no answer");
        let cited = log.iter().find_map(|kind| match kind {
            EventKind::CandidateAsked { statements, .. } => statements.first(),
            _ => None,
        });
        let cited = &cited.expect("it was answered").citation;
        let text = &files["handouts/about-this-exam.md"];
        assert_eq!(
            (cited.heading.as_str(), cited.sha256.as_str()),
            ("Who sees it", sha256_hex(text).as_str())
        );
    }
}

#[test]
fn nothing_that_helps_is_told_whatever_document_it_stands_in() {
    let (exam, files) = exam("nursing-de-escalation");
    let policy = String::from_utf8_lossy(&files["knowledge/ward-escalation-policy.md"]).into_owned();
    // The very document that a question rests on, and another one in which the scorer finds a sign of an answer.
    let rest_on = [("policy.md", policy.as_str())];
    let another = [("ward.md", "# Ward\n\nKeep at least two arm lengths between you and an angry person.")];
    for (documents, question) in [
        (&rest_on[..], "How is the nurse in charge of the house reached at night?"),
        (&another[..], "How many arm lengths must be between me and an angry person?"),
    ] {
        let turns = [&BEGIN[..], &[question]].concat();
        let (said, log) = talk(&exam, Documents::new(vec![engine(documents)], None), &turns);
        assert_eq!(became(&log), [AskedBack::Withheld], "{question}");
        assert!(said[3].starts_with("I cannot help with the answer."), "{said:#?}");
        for word in ["phone", "two arm"] {
            assert!(!said[3].contains(word), "{said:#?}");
        }
        assert_eq!(answers(&log), 0);
    }
}

#[test]
fn documents_that_do_not_agree_are_both_told() {
    let (exam, files) = exam("sales-discovery");
    let other = engine(&[("letter.md", "# Invitation\n\nYou get the result as a letter within 21 days.")]);
    let documents = Documents::new(vec![handouts(&files), other], None);
    let (said, log) =
        talk(&exam, documents, &[&BEGIN[..], &["When do I get the result as a letter?"]].concat());
    assert_eq!(became(&log), [AskedBack::Contradicting]);
    for part in [
        "The documents do not agree on this. Please ask the programme which one holds.",
        "In About this exam it says: You get the result as a letter within ten working days.",
        "In Invitation it says: You get the result as a letter within 21 days.",
    ] {
        assert!(said[3].contains(part), "{part}: {said:#?}");
    }
}

#[test]
fn asking_on_and_on_is_no_way_around_an_answer() {
    let (exam, files) = exam("nursing-de-escalation");
    let documents = Documents::new(vec![handouts(&files)], None);
    let asks = ["Who sees the recording?"; 4];
    let (_, log) = talk(&exam, documents, &[&BEGIN[..], &asks].concat());
    let expect = [AskedBack::Answered, AskedBack::Answered, AskedBack::ToldEnough, AskedBack::ToldEnough];
    assert_eq!(became(&log), expect);
    assert_eq!(answers(&log), 1, "once redirected, what is said counts as what it is");
}

#[test]
fn every_sentence_of_the_handouts_may_be_told() {
    let mut withheld = Vec::new();
    for name in ["nursing-de-escalation", "anti-money-laundering", "sales-discovery"] {
        let (exam, files) = exam(name);
        let scorer = viva_assessment::Scorer::lexical(exam.clone());
        for sentence in String::from_utf8_lossy(&files["handouts/about-this-exam.md"]).lines() {
            let sentence = sentence.trim();
            if !sentence.is_empty() && !sentence.starts_with('#') {
                let sign = scorer.finds_a_sign(sentence).expect("nothing is embedded");
                withheld.extend(sign.map(|sign| format!("{name}: {sentence} ({sign})")));
            }
        }
    }
    assert!(withheld.is_empty(), "{withheld:#?}");
}
