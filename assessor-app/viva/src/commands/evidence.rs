//! `viva evidence`: work samples of a learner.

mod hand_in;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Subcommand;
use viva_assessment::exam::Polarity;
use viva_assessment::score::{Answer, Presence, Setting};
use viva_assessment::{Exam, Quote, Scorer, typed_turn};
use viva_exchange::{Speaker, Turn, TurnId, Word};
use viva_knowledge::{is_document, sha256_hex};
use viva_learner::{Mapped, Sample, SampleKind, SignQuoted};
use viva_media::Timestamp;

use super::issuer::IssuerChoice;
use super::kb::read_isolated;
use super::learner::{Folder, now};
use super::transcribe::words_of;
use super::{say, say_json};
use crate::interview::{Models, load_exam};

/// Larger files are refused: a learner's folder is copied and backed up.
const MOST_BYTES: u64 = 2 << 30;
/// A pause that ends a passage of a recording.
const PASSAGE_PAUSE_SECS: f64 = 1.5;

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Keep a document, a recording or a photo with its hash
    Add {
        /// The file; it is copied
        file: PathBuf,
        /// What it is
        #[arg(long)]
        title: String,
        /// Where and in which role it was made, for example "volunteering, first aid at a festival"
        #[arg(long)]
        context: String,
        /// Folder of the learner; made where there is none
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
    },
    /// The samples with what they were found to show
    List {
        /// Folder of the learner
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Find the signs of a rubric in a document or a recording, with quotes; photos are for people
    Score {
        /// Name, for example e1
        id: String,
        /// Folder of the exam package
        #[arg(long, value_name = "FOLDER")]
        exam: PathBuf,
        /// Folder of the learner
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Put samples into a sealed record, with the signs of its exam found anew, for the human who decides
    HandIn {
        /// Folder of the sealed record
        record: PathBuf,
        /// Names, for example e1 e2
        #[arg(required = true)]
        ids: Vec<String>,
        /// Folder of the learner
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
        /// Folder of the exam package that the record is of
        #[arg(long, value_name = "FOLDER")]
        exam: PathBuf,
        /// Who hands them in; the record's candidate where absent
        #[arg(long)]
        by: Option<String>,
        /// What the reviewer should know about them
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        issuer: IssuerChoice,
        /// Print JSON instead of text
        #[arg(long)]
        json: bool,
    },
    /// Remove a sample and its file
    Remove {
        /// Name, for example e1
        id: String,
        /// Folder of the learner
        #[arg(long, value_name = "FOLDER")]
        learner: PathBuf,
    },
}

pub(crate) fn run(command: &EvidenceCommand) -> Result<()> {
    match command {
        EvidenceCommand::Add { file, title, context, learner } => add(file, title, context, learner),
        EvidenceCommand::List { learner, json } => {
            let samples = Folder::open(learner)?.samples()?;
            if *json {
                return say_json(&samples.all());
            }
            if samples.all().is_empty() {
                say("there are no work samples");
            }
            samples.all().iter().for_each(tell);
            Ok(())
        }
        EvidenceCommand::Score { id, exam, learner, json } => score(id, exam, learner, *json),
        EvidenceCommand::HandIn { record, ids, learner, exam, by, note, issuer, json } => {
            let (by, note) = (by.as_deref(), note.as_str());
            let issuer = &issuer.open()?;
            hand_in::run(&hand_in::Wish { record, ids, learner, exam, by, note, issuer, json: *json })
        }
        EvidenceCommand::Remove { id, learner } => {
            let folder = Folder::open(learner)?;
            let _lock = folder.lock()?;
            let mut samples = folder.samples()?;
            let removed = samples.remove(id)?;
            folder.save_samples(&samples)?;
            let path = learner.join(&removed.file);
            std::fs::remove_file(&path)
                .with_context(|| format!("{id} is removed, but not its file {}", path.display()))?;
            say(format!("{id} and its file are removed"));
            Ok(())
        }
    }
}

fn add(file: &Path, title: &str, context: &str, learner: &Path) -> Result<()> {
    let shown = file.display();
    let length = std::fs::metadata(file).with_context(|| format!("cannot read {shown}"))?.len();
    ensure!(length <= MOST_BYTES, "{shown} is larger than {} GiB", MOST_BYTES >> 30);
    ensure!(length > 0, "{shown} is empty");
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let first = &bytes[..bytes.len().min(16)];
    let Some(kind) = SampleKind::of(&name, first, is_document(&name)) else {
        bail!(
            "{shown} is no document (PDF, DOCX, HTML, Markdown, text), recording or photo (PNG, JPEG, WebP, GIF)"
        );
    };
    if kind == SampleKind::Document {
        // What cannot be read is better refused now than found out later.
        read_isolated(file, &sha256_hex(&bytes))?.map_err(|error| anyhow::anyhow!("{shown}: {error}"))?;
    }
    let folder = Folder::open_or_new(learner)?;
    let _lock = folder.lock()?;
    let mut samples = folder.samples()?;
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let sample = samples.add(title, context, kind, ending, &sha256_hex(&bytes), now())?.clone();
    folder.add_file(&sample.file, &bytes)?;
    // A file that no sample names would stand in the way of the next try.
    folder.save_samples(&samples).inspect_err(|_| drop(std::fs::remove_file(learner.join(&sample.file))))?;
    tell(&sample);
    Ok(())
}

fn tell(sample: &Sample) {
    say(format!("{:<4} {}: {} ({})", sample.id, sample.kind.word(), sample.title, sample.context));
    say(format!("     {}, added {}, sha256 {}", sample.file, sample.added.date(), sample.sha256));
    match (&sample.mapped, sample.kind) {
        (_, SampleKind::Photo) => say("     for people; no machine looks at it"),
        (None, _) => say("     not looked at yet: viva evidence score"),
        (Some(mapped), _) => tell_signs(mapped),
    }
}

fn tell_signs(mapped: &Mapped) {
    if mapped.signs.is_empty() {
        say(format!("     {}: no sign of the rubric was found", mapped.exam));
    }
    for sign in &mapped.signs {
        let place = match (sign.page, sign.start_s) {
            (Some(page), _) => format!(", page {page}"),
            (None, Some(secs)) => format!(", at {:.0}:{:02.0}", (secs / 60.0).floor(), secs % 60.0),
            (None, None) => String::new(),
        };
        let against = if sign.against { "AGAINST " } else { "" };
        say(format!("     {} ({}{}){place}: \"{}\"", sign.criterion, against, sign.sign, sign.quote));
    }
}

/// A passage of a sample, and where it stands.
struct Passage {
    turn: Turn,
    page: Option<u32>,
    timed: bool,
}

/// The file of a sample, which must be the one that was added.
fn file_of(learner: &Path, sample: &Sample) -> Result<(PathBuf, Vec<u8>)> {
    let path = learner.join(&sample.file);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        sha256_hex(&bytes) == sample.sha256,
        "{} is not the file that was added: its hash is {}, recorded is {}",
        path.display(),
        sha256_hex(&bytes),
        sample.sha256
    );
    Ok((path, bytes))
}

/// The words of a document or a recording; none of a photo.
fn passages_of(sample: &Sample, path: &Path) -> Result<Option<Vec<Passage>>> {
    Ok(match sample.kind {
        SampleKind::Photo => None,
        SampleKind::Document => Some(document(path, &sample.sha256)?),
        SampleKind::Recording => Some(recording(path)?),
    })
}

fn score(id: &str, exam: &Path, learner: &Path, json: bool) -> Result<()> {
    let folder = Folder::open(learner)?;
    let sample = folder.samples()?.get(id)?.clone();
    let (path, _) = file_of(learner, &sample)?;
    let Some(passages) = passages_of(&sample, &path)? else {
        bail!("{id} is a photo: it is kept for people, and no machine looks at it")
    };
    let exam = load_exam(exam)?;
    let scorer = Scorer::new(std::sync::Arc::clone(&exam), Models::open()?.embedder()?)?;
    let quoted = |found: Found| SignQuoted {
        criterion: found.criterion,
        sign: found.sign,
        against: found.against,
        page: passages[found.passage].page,
        start_s: passages[found.passage].timed.then(|| found.quote.start().as_secs()),
        quote: found.quote.text().to_owned(),
    };
    let mapped = Mapped {
        exam: exam.frame().id.to_string(),
        exam_sha256: exam.hash_hex(),
        at: now(),
        signs: signs(&exam, &scorer, &passages)?.into_iter().map(quoted).collect(),
    };
    let lock = folder.lock()?;
    // Read anew: finding the signs took its time.
    let mut samples = folder.samples()?;
    samples.map(id, mapped.clone())?;
    folder.save_samples(&samples)?;
    drop(lock);
    if json {
        return say_json(&mapped);
    }
    tell_signs(&mapped);
    say(
        "signs with quotes, no levels: rubrics are written for conversations, and who wrote or spoke is not told apart",
    );
    Ok(())
}

/// Paragraphs with their pages.
fn document(path: &Path, sha256: &str) -> Result<Vec<Passage>> {
    let document =
        read_isolated(path, sha256)?.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    let mut passages = Vec::new();
    let mut at = 0;
    for part in document.text.split("\n\n") {
        let page = document.page_at(at);
        at += part.len() + 2;
        if !part.trim().is_empty() {
            let turn = typed_turn(passages.len() as u32, part, Timestamp::ZERO);
            passages.push(Passage { turn, page, timed: false });
        }
    }
    Ok(passages)
}

/// Stretches of speech between longer pauses.
fn recording(path: &Path) -> Result<Vec<Passage>> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut words: Vec<Word> = Vec::new();
    let mut close = |words: &mut Vec<Word>| {
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let (start, end) = (first.start, last.end);
            let id = TurnId(passages.len() as u32);
            let turn = Turn { id, speaker: Speaker::Candidate, start, end, words: std::mem::take(words) };
            passages.push(Passage { turn, page: None, timed: true });
        }
    };
    for word in words_of(path)? {
        if words.last().is_some_and(|last| word.start.as_secs() - last.end.as_secs() > PASSAGE_PAUSE_SECS) {
            close(&mut words);
        }
        words.push(word);
    }
    close(&mut words);
    Ok(passages)
}

/// A sign of the rubric in the words of a sample.
struct Found {
    criterion: String,
    sign: String,
    against: bool,
    /// Number of its passage.
    passage: usize,
    quote: Quote,
}

/// What the passages show, every sign with its first words.
fn signs(exam: &Exam, scorer: &Scorer, passages: &[Passage]) -> Result<Vec<Found>> {
    let criteria: Vec<String> = exam.rubric().criteria.iter().map(|one| one.id.to_string()).collect();
    let answer = |passage: &Passage| Answer {
        turn: passage.turn.clone(),
        question: String::new(),
        criteria: criteria.clone(),
        setting: Setting::Question,
        heard: String::new(),
    };
    let answers: Vec<Answer> = passages.iter().map(answer).collect();
    let report = scorer.score_answers(&answers)?;
    let mut signs = Vec::new();
    for score in &report.criteria {
        for finding in score.findings.iter().filter(|finding| finding.presence != Presence::Missing) {
            let Some(quote) = finding.quotes.first() else { continue };
            let passage = quote.turn().0 as usize;
            ensure!(passage < passages.len(), "a quote is of a passage");
            signs.push(Found {
                criterion: score.criterion.clone(),
                sign: finding.text.clone(),
                against: finding.polarity != Polarity::Positive,
                passage,
                quote: quote.clone(),
            });
        }
    }
    Ok(signs)
}
