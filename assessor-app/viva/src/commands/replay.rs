//! `viva replay`

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use viva_assessment::Scorer;
use viva_assessment::conversation::{Config, Handbook, Mode, PracticePlan, StopReason};
use viva_assessment::score::SecondOpinion;
use viva_behaviour::Behaviour;
use viva_exchange::UtteranceId;
use viva_media::{FacePose, Timestamp};
use viva_record::wire::{ScoreSheet, SessionHeader};
use viva_runtime::MindConfig;
use viva_studio::Feed;

use super::interview::floor_for;
use super::{SessionBar, kb, say, say_json};
use crate::cli::BundleArg;
use crate::interview::{
    AskedWording, Driver, Examiner, Face, GAP, GLANCE, Glance, Glances, Journal, Listener, Media, Models,
    OPINION, RecordedInput, Replayed, ReplayedCuts, Setup, Sight, Stamp, Stamps, Stop, Tools, Worded,
    WordingSource, Workshop, examiner_profile, load_exam, score_sheet,
};

/// What was compared.
#[derive(Debug, serde::Serialize)]
struct Comparison {
    with_media: bool,
    conversation_events: usize,
    floor_decisions: usize,
    pose_seconds: usize,
    scores_equal: bool,
    first_difference: Option<String>,
}

pub(crate) fn run(args: &BundleArg) -> Result<()> {
    let comparison = compare(&args.bundle, Onlooker::default())?;
    if args.json {
        say_json(&comparison)?;
    } else {
        let what = if comparison.with_media {
            "from stored sound and arrival stamps"
        } else {
            "from the inputs of the conversation: the record holds no sound, so that floor decisions and poses cannot be replayed"
        };
        say(format!("replayed {what}"));
        say(format!("conversation events compared: {}", comparison.conversation_events));
        if comparison.with_media {
            say(format!("floor decisions compared: {}", comparison.floor_decisions));
            say(format!("seconds of poses compared, bit for bit: {}", comparison.pose_seconds));
        }
        say(format!("scores {}", if comparison.scores_equal { "equal" } else { "DIFFER" }));
    }
    match comparison.first_difference {
        Some(difference) => bail!("the replay differs: {difference}"),
        None if !comparison.scores_equal => bail!("the scores differ"),
        None => Ok(()),
    }
}

/// The assessor's poses of a recorded session, 25 per second, from running it again.
///
/// A session whose replay differs from its record gives none: they would be another's.
pub(crate) fn poses(bundle: &Path) -> Result<Vec<FacePose>> {
    let mut poses = Vec::new();
    let comparison = compare(bundle, Onlooker { poses: Some(&mut poses), feed: None })?;
    ensure!(
        comparison.with_media,
        "{} holds no sound, so that its face cannot be had again: poses are not stored, they follow from the sound",
        bundle.display()
    );
    match comparison.first_difference {
        Some(difference) => bail!("the replay differs from the record: {difference}"),
        None => Ok(poses),
    }
}

/// Runs a session again and tells the studio what its face is told; says at the end what was compared.
///
/// **Errors** where the record cannot be run again, or the run is another than the record.
pub(crate) fn show(bundle: &Path, feed: &Feed) -> Result<String> {
    let comparison = compare(bundle, Onlooker { poses: None, feed: Some(feed) })?;
    match comparison.first_difference {
        Some(difference) => bail!("the replay differs from the record: {difference}"),
        None => Ok(format!(
            "as in the record are conversation events: {}, floor decisions: {}",
            comparison.conversation_events, comparison.floor_decisions
        )),
    }
}

/// Who looks on while a session is run again.
#[derive(Default)]
struct Onlooker<'a> {
    /// Gets every pose of the assessor.
    poses: Option<&'a mut Vec<FacePose>>,
    feed: Option<&'a Feed>,
}

impl Onlooker<'_> {
    fn listener(&self) -> Option<Listener> {
        let feed = self.feed.cloned()?;
        Some(Box::new(move |at, event| feed.event(at, event)))
    }

    fn stop(&self, recorded: Option<(Timestamp, StopReason)>) -> Stop {
        match self.feed.cloned() {
            Some(feed) => Stop::Watched { recorded, is_wanted: Box::new(move || feed.is_wanted()) },
            None => Stop::Recorded(recorded),
        }
    }
}

/// One line of `events.jsonl`.
struct Line {
    at: Timestamp,
    kind: String,
    body: Value,
}

fn compare(bundle: &Path, onlooker: Onlooker<'_>) -> Result<Comparison> {
    let verified = viva_verify::verify_bundle(bundle, None).with_context(|| {
        format!("{} does not verify, so that there is nothing to replay", bundle.display())
    })?;
    let header: SessionHeader = serde_json::from_slice(&verified.read("manifest.json")?)?;
    let recorded: ScoreSheet = serde_json::from_slice(&verified.read("scores.json")?)?;
    let lines = read_events(&bundle.join("events.jsonl"))?;
    let setup = lines
        .iter()
        .find(|line| line.kind == "setup")
        .context("the record does not say how the session was set up")?;
    let config: Config = serde_json::from_value(setup.body["config"].clone())?;
    let practice: Option<PracticePlan> = serde_json::from_value(setup.body["practice"].clone())?;
    let exam_dir = setup.body["exam"].as_str().context("the record does not name its exam package")?;
    let exam = load_exam(Path::new(exam_dir))?;
    ensure!(
        exam.hash_hex() == header.exam_sha256,
        "the exam package at {exam_dir} is another than the one of the record: its hash is {}, recorded is {}",
        exam.hash_hex(),
        header.exam_sha256
    );
    // Whether a calibration counted was the issuer's to say.
    let exam = if recorded.is_calibrated() { exam } else { exam.without_calibration() };
    let models = Models::open()?;
    let kb = setup.body["kb"]["folder"].as_str().map(Path::new);
    if let Some(kb) = kb {
        let changed = "the knowledge base is another than the one of the record";
        ensure!(kb::named(kb)? == setup.body["kb"], "{changed}: {}", kb.display());
    }
    let handbook = kb::handbook(&exam, Path::new(exam_dir), kb, &models)?;
    let scorer = Arc::new(Scorer::new(Arc::clone(&exam), models.embedder()?)?);
    let sound = bundle.join("audio/candidate.wav");
    if sound.exists() {
        let seed: u64 = header.seed.parse().context("the record's seed is no number")?;
        with_media(
            &Session { lines: &lines, recorded: &recorded, config, practice, handbook, scorer, seed },
            &models,
            &sound,
            onlooker,
        )
    } else {
        let examiner = Examiner::new(Arc::clone(&scorer), config, practice, handbook);
        from_inputs(&lines, &recorded, examiner, &scorer)
    }
}

struct Session<'a> {
    lines: &'a [Line],
    recorded: &'a ScoreSheet,
    config: Config,
    practice: Option<PracticePlan>,
    handbook: Option<Arc<dyn Handbook>>,
    scorer: Arc<Scorer>,
    seed: u64,
}

/// Runs the whole engine over the stored sound.
fn with_media(
    session: &Session<'_>,
    models: &Models,
    sound: &Path,
    onlooker: Onlooker<'_>,
) -> Result<Comparison> {
    let folder = tempfile::tempdir().context("no folder for the replay")?;
    let header = SessionHeader::default();
    let journal = Journal::create(&folder.path().join("replay"), &header, Media::Refused)?;
    let asks = session.config.mode == Mode::Live;
    let tools = Tools {
        recogniser: Box::new(models.recogniser()?),
        end_of_turn: Box::new(models.end_of_turn()?),
        synthesiser: models.synthesiser()?,
        wording: Some(Box::new(RecordedWordings(wordings(session.lines)))),
    };
    let mut driver = Driver::new(Setup {
        mind: models.mind(mind_of(session.lines, &session.config))?,
        work: Workshop::again(tools, stamps(session.lines)),
        examiner: Examiner::new(
            Arc::clone(&session.scorer),
            session.config,
            session.practice.clone(),
            session.handbook.clone(),
        ),
        face: Face::new(Behaviour::new(examiner_profile(session.scorer.exam())?, session.seed))
            .heard_by(onlooker.listener()),
        candidate: Box::new(Replayed::open(sound, gaps(session.lines))?),
        loudspeaker: Box::new(ReplayedCuts(cuts(session.lines))),
        journal,
        stage: None,
        view: None,
        glances: Glances::Recorded(glances(session.lines)?),
        sight: Sight::Recorded { turns: visible(session.lines), so_far: visible_so_far(session.lines) },
        stop: onlooker.stop(stopped(session.lines)?),
        seed: session.seed,
        asked: None,
        asks,
    });
    driver.kept_poses = onlooker.poses.is_some().then(Vec::new);
    if let Some(feed) = onlooker.feed {
        driver.run(|now| feed.until(now))?;
        ensure!(feed.is_wanted(), "it was called off");
        feed.until(driver.now());
    } else {
        let mut bar = SessionBar::new("replay", None);
        driver.run(|now| bar.at(now))?;
        bar.finish();
    }
    if let Some((kept, poses)) = onlooker.poses.zip(driver.kept_poses.take()) {
        *kept = poses;
    }
    let outcome =
        driver.setup.examiner.outcome().cloned().context("the replayed conversation came to no end")?;
    let report = session.scorer.score_beside(&outcome, &opinions(session.lines)?)?;
    let turns = driver.utterance_turns.clone();
    let scores = score_sheet(&session.scorer, &outcome, &report, driver.setup.examiner.log(), &|id| {
        turns.get(&id).copied()
    })?;
    let conversation: Vec<Value> = driver.setup.examiner.log().iter().map(|event| json!(event)).collect();
    let floor: Vec<Value> = driver.decisions.iter().map(|event| json!(event)).collect();
    let poses: Vec<Value> = driver.pose_digests.iter().map(|hex| json!({"sha256": hex})).collect();
    let first_difference = difference("conversation", session.lines, &conversation)
        .or_else(|| difference("floor", session.lines, &floor))
        .or_else(|| difference("poses", session.lines, &poses));
    Ok(Comparison {
        with_media: true,
        conversation_events: conversation.len(),
        floor_decisions: floor.len(),
        pose_seconds: poses.len(),
        scores_equal: scores == *session.recorded,
        first_difference,
    })
}

/// Runs the conversation and the scoring over the recorded inputs.
fn from_inputs(
    lines: &[Line],
    recorded: &ScoreSheet,
    mut examiner: Examiner,
    scorer: &Scorer,
) -> Result<Comparison> {
    let (mut turns, mut turn, mut log) = (BTreeMap::<UtteranceId, u32>::new(), 0, Vec::new());
    for line in lines {
        match line.kind.as_str() {
            "turn" => turn = line.body["id"].as_u64().context("a turn has a number")? as u32,
            // An utterance of which nothing was heard belongs to no turn.
            "heard" if line.body["text_bytes"].as_u64() > Some(0) => {
                let id = serde_json::from_value(line.body["utterance"].clone())?;
                turns.entry(id).or_insert(turn);
            }
            "input" => {
                let input: RecordedInput = serde_json::from_value(line.body.clone())?;
                log.extend(examiner.handle(line.at, input.into()).log);
            }
            _ => {}
        }
    }
    let outcome = examiner.outcome().cloned().context("the replayed conversation came to no end")?;
    let report = scorer.score_beside(&outcome, &opinions(lines)?)?;
    let scores = score_sheet(scorer, &outcome, &report, &log, &|id| turns.get(&id).copied())?;
    let conversation: Vec<Value> = log.iter().map(|event| json!(event)).collect();
    Ok(Comparison {
        with_media: false,
        conversation_events: conversation.len(),
        floor_decisions: 0,
        pose_seconds: 0,
        scores_equal: scores == *recorded,
        first_difference: difference("conversation", lines, &conversation),
    })
}

/// The first place at which the recorded bodies of a kind and the replayed ones are not the same.
fn difference(kind: &str, lines: &[Line], replayed: &[Value]) -> Option<String> {
    let recorded: Vec<&Line> = lines.iter().filter(|line| line.kind == kind).collect();
    for (at, (line, now)) in recorded.iter().zip(replayed).enumerate() {
        if line.body != *now {
            return Some(format!(
                "{kind} event {at} at {:.2} s: recorded {}, replayed {now}",
                line.at.as_secs(),
                line.body
            ));
        }
    }
    (recorded.len() != replayed.len())
        .then(|| format!("{} {kind} events were recorded, {} replayed", recorded.len(), replayed.len()))
}

fn read_events(path: &PathBuf) -> Result<Vec<Line>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.lines()
        .map(|line| {
            let mut value: Value = serde_json::from_str(line)?;
            Ok(Line {
                at: Timestamp::from_nanos(value["t_ns"].as_i64().context("an event has a time")?),
                kind: value["kind"].as_str().context("an event has a kind")?.to_owned(),
                body: value["body"].take(),
            })
        })
        .collect()
}

fn stamps(lines: &[Line]) -> Stamps {
    let of = |line: &Line| {
        let kind = line.body["of"].as_str()?.to_owned();
        let at = Timestamp::from_nanos(line.body["at_ns"].as_i64()?);
        let called_off = line.body["called_off"].as_bool().unwrap_or(false);
        Some(((kind, line.body["number"].as_u64()?), Stamp { at, called_off }))
    };
    lines.iter().filter(|line| line.kind == "arrival").filter_map(of).collect()
}

/// Up to which moment each utterance was heard that was broken off.
fn cuts(lines: &[Line]) -> VecDeque<Timestamp> {
    let cuts = lines.iter().filter(|line| line.kind == "cut");
    cuts.filter_map(|line| line.body["heard_ns"].as_i64().map(Timestamp::from_nanos)).collect()
}

/// What the face was told of the candidate's.
fn glances(lines: &[Line]) -> Result<VecDeque<(Timestamp, Glance)>> {
    let told = lines.iter().filter(|line| line.kind == GLANCE);
    told.map(|line| Ok((line.at, serde_json::from_value(line.body.clone())?))).collect()
}

/// Where the session was ended before its time, and why.
fn stopped(lines: &[Line]) -> Result<Option<(Timestamp, StopReason)>> {
    let stopped = lines.iter().find(|line| line.kind == "stopped");
    stopped.map(|line| Ok((line.at, serde_json::from_value(line.body["reason"].clone())?))).transpose()
}

/// What a second rater said; it is held against the replayed transcript again.
fn opinions(lines: &[Line]) -> Result<Vec<SecondOpinion>> {
    let opinions = lines.iter().filter(|line| line.kind == OPINION);
    opinions.map(|line| Ok(serde_json::from_value(line.body.clone())?)).collect()
}

/// What was visible, by turn.
fn visible(lines: &[Line]) -> BTreeMap<u32, String> {
    let of = |line: &Line| {
        let turn = u32::try_from(line.body["turn"].as_u64()?).ok()?;
        Some((turn, line.body["sentence"].as_str()?.to_owned()))
    };
    lines.iter().filter(|line| line.kind == "visible").filter_map(of).collect()
}

/// What was visible until a reply was prepared, by reply.
fn visible_so_far(lines: &[Line]) -> BTreeMap<u64, String> {
    let of = |line: &Line| Some((line.body["reply"].as_u64()?, line.body["sentence"].as_str()?.to_owned()));
    lines.iter().filter(|line| line.kind == "visible_so_far").filter_map(of).collect()
}

/// The mind as the session had it.
fn mind_of(lines: &[Line], config: &Config) -> MindConfig {
    let setup = lines.iter().find(|line| line.kind == "setup");
    let mind = match setup.and_then(|line| line.body["speculation"].as_bool()) {
        Some(true) => MindConfig::default(),
        Some(false) => MindConfig { speculation: None, ..MindConfig::default() },
        None => MindConfig::without_speculation(),
    };
    MindConfig { floor: floor_for(config.accommodation), ..mind }
}

/// Where sound was lost.
fn gaps(lines: &[Line]) -> BTreeSet<Timestamp> {
    lines.iter().filter(|line| line.kind == GAP).map(|line| line.at).collect()
}

/// Words of a language model, used or not, by the number of their order. Older records number them by request.
fn wordings(lines: &[Line]) -> BTreeMap<u64, Option<String>> {
    let of = |line: &Line| {
        let number = line.body["number"].as_u64().or(line.body["request"].as_u64())?;
        Some((number, line.body["text"].as_str().map(str::to_owned)))
    };
    lines
        .iter()
        .filter(|line| line.kind == "wording" || line.kind == "wording_ahead")
        .filter_map(of)
        .collect()
}

/// The language model's words as they were.
struct RecordedWordings(BTreeMap<u64, Option<String>>);

impl WordingSource for RecordedWordings {
    fn word(&mut self, number: u64, _: &AskedWording) -> Worded {
        Worded { text: self.0.get(&number).cloned().flatten(), failure: None }
    }
}
