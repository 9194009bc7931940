//! A whole interview without sound: scripted candidates answer in text.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use viva_assessment::conversation::EventKind;
use viva_assessment::{
    Config, Conversation, ConversationEvent, Embedder, EmbedderError, Exam, Input, Outcome, Output, Scorer,
    SimulatedCandidate, typed_turn,
};
use viva_exchange::{Turn, Utterance};
use viva_media::{TimeSpan, Timestamp};

/// The exam package that most tests use.
pub(crate) const NURSING: &str = "nursing-de-escalation";
/// Every exam package.
pub(crate) const ALL: [&str; 3] = [NURSING, "anti-money-laundering", "sales-discovery"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../exams").join(name)
}

pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    files_of(NURSING)
}

pub(crate) fn files_of(name: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    read(&folder(name), &folder(name), &mut files);
    files
}

fn read(root: &Path, at: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(at).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("a path below the root").to_string_lossy().into_owned();
            files.insert(name, std::fs::read(&path).expect("a readable file"));
        }
    }
}

pub(crate) fn exam() -> Arc<Exam> {
    exam_named(NURSING)
}

pub(crate) fn exam_named(name: &str) -> Arc<Exam> {
    Arc::new(Exam::load(&files_of(name)).unwrap_or_else(|errors| panic!("{name}\n{errors}")))
}

/// Words hashed into a vector: what two texts share in words is what their cosine tells, nothing more.
pub(crate) struct HashedWords;

impl Embedder for HashedWords {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        Ok(texts
            .iter()
            .map(|text| {
                let mut vector = vec![0.0_f32; 256];
                for stem in viva_assessment::text::content_stems(text) {
                    let hash =
                        stem.bytes().fold(5381_usize, |hash, byte| hash.wrapping_mul(33) ^ usize::from(byte));
                    vector[hash % 256] += 1.0;
                }
                vector
            })
            .collect())
    }
}

/// What a played interview leaves.
pub(crate) struct Played {
    pub(crate) said: Vec<Utterance>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) log: Vec<ConversationEvent>,
    pub(crate) outcome: Outcome,
}

impl Played {
    /// Every decision without times, utterance numbers and quotes: the path of the conversation.
    pub(crate) fn path(&self) -> Vec<String> {
        self.log
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::QuestionAsked { question, .. } => Some(format!("ask {question}")),
                EventKind::ProbeChosen { question, probe, .. } => {
                    Some(format!("probe {question} {}", probe.name()))
                }
                EventKind::RolePlayLevel { from, to, .. } => Some(format!("level {from} {to}")),
                EventKind::RolePlayEnded { reason, .. } => Some(format!("scene over: {reason}")),
                EventKind::NotAnswered { question } => Some(format!("not answered {question}")),
                EventKind::Ended { ending } => Some(format!("{ending:?}")),
                _ => None,
            })
            .collect()
    }
}

/// Plays an interview; `alter` may change the text of each answer (its number counts from 0).
pub(crate) fn play_altered(
    exam: &Arc<Exam>,
    candidate: &str,
    config: Config,
    alter: impl FnMut(usize, String) -> String,
) -> Played {
    play_with(Conversation::new(exam.clone(), config), exam, candidate, config.seed, alter)
}

/// Plays a given conversation.
pub(crate) fn play_with(
    mut examiner: Conversation,
    exam: &Exam,
    candidate: &str,
    seed: u64,
    mut alter: impl FnMut(usize, String) -> String,
) -> Played {
    let script = exam.candidates()[candidate].clone();
    let mut candidate = SimulatedCandidate::new(script, seed);
    let (mut said, mut turns, mut log) = (Vec::new(), Vec::new(), Vec::new());
    let mut now = Timestamp::ZERO;
    examiner.handle(now, Input::Start);
    for number in 0..100 {
        let mut outcome = None;
        while let Some(output) = examiner.poll() {
            match output {
                Output::Say(utterance) => {
                    now += TimeSpan::from_millis(60 * utterance.text.len() as i64);
                    said.push(utterance);
                }
                Output::Log(event) => log.push(event),
                Output::Finished(end) => outcome = Some(end),
                Output::Listen(_) | Output::AskWording { .. } => {}
            }
        }
        if let Some(outcome) = outcome {
            return Played { said, turns, log, outcome };
        }
        let asked = examiner.asked().expect("an unfinished conversation waits for an answer");
        let reply = candidate.answer(&asked);
        let text = alter(number, reply.plain_text());
        now += TimeSpan::from_millis(i64::from(reply.delay_ms));
        let id = u32::try_from(said.len() + turns.len()).expect("few turns");
        let turn = typed_turn(id, &text, now);
        now = turn.end;
        turns.push(turn.clone());
        examiner.handle(now, Input::Turn(turn));
    }
    panic!("the interview has no end");
}

/// As if a human had confirmed what only a human can.
pub(crate) fn confirmed(mut outcome: Outcome) -> Outcome {
    outcome.objectives_to_confirm.clear();
    outcome
}

pub(crate) fn play(exam: &Arc<Exam>, candidate: &str, seed: u64) -> Played {
    play_altered(exam, candidate, Config { seed, ..Config::default() }, |_, text| text)
}

pub(crate) fn scorers(exam: &Arc<Exam>) -> [(&'static str, Scorer); 2] {
    let hashed = Scorer::new(exam.clone(), Arc::new(HashedWords)).expect("hashing cannot fail");
    [("words", Scorer::lexical(exam.clone())), ("hashed words", hashed)]
}
