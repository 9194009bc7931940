//! `viva loop`: from the true end of a recorded answer to the first sample of the reply.
//!
//! The session is the real one, in real time: ears, flow-net, policy, recogniser, conversation, synthesiser, each on its thread. Two
//! ends are cut off: the microphone is a file whose 20 ms are handed over when their last sample has been heard, and the loudspeaker
//! is a stopwatch. The language model is a stub that answers at once with one fixed sentence; it is asked with what was heard, ahead
//! or in earnest, as any other would be.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;
use serde_json::Value;
use viva_assessment::conversation::{Config, Input};
use viva_assessment::{Asked, Exam, Scorer, typed_turn};
use viva_behaviour::{Behaviour, Profile};
use viva_devices::{DeviceClock, FileConfig, FileSource, Media as Stream};
use viva_exchange::{Affect, QuestionContext, Speaker, TurnEventKind};
use viva_floor::{FloorConfig, PolicyConfig};
use viva_media::{AudioBlock, SAMPLE_RATE, TICK, TimeSpan, Timestamp};
use viva_perception::words::Recogniser as _;
use viva_record::wire::SessionHeader;
use viva_runtime::{MindConfig, SpeculationConfig};
use viva_speech::VoiceProfile;

use super::floor::points;
use super::{say, say_json, warn};
use crate::cli::LoopArgs;
use crate::interview::{
    AskedWording, Candidate, Driver, Examiner, Face, Journal, Loudspeaker, Media, Models, Picture, Setup,
    Sight, Stop, StopSign, Tally, Tools, Worded, WordingSource, Workshop,
};

/// What the stub answers, whatever it is asked.
const REPLY: &str = "Thank you, that is clear. Could you tell me what you would do differently next time?";

/// One answer and what is known of it.
struct Turn {
    name: String,
    blocks: Vec<AudioBlock>,
    end: Timestamp,
}

/// Times are milliseconds after the true end of speech.
#[derive(Debug, Serialize)]
struct Run {
    /// First sample of the reply; `None` where none was given.
    delay_ms: Option<f64>,
    /// A reply began before the true end.
    cut_in: bool,
    /// When the floor last asked for a reply to be prepared, and when it took the turn.
    prepare_ms: Option<f64>,
    commit_ms: Option<f64>,
    /// When the last words were there.
    words_ms: Option<f64>,
    heard: String,
    said: String,
    speculation: BTreeMap<&'static str, Tally>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    end_s: f64,
    median_ms: Option<f64>,
    p95_ms: Option<f64>,
    min_ms: Option<f64>,
    cut_ins: usize,
    answered: usize,
    runs: Vec<Run>,
}

#[derive(Debug, Serialize)]
struct Report {
    measure: &'static str,
    version: &'static str,
    policy_name: String,
    policy: PolicyConfig,
    question: QuestionContext,
    speculation: bool,
    cores: usize,
    turns: Vec<Row>,
}

pub(crate) fn run(args: &LoopArgs) -> Result<()> {
    let turns = turns(args)?;
    let policy = policy(&args.policy)?;
    let models = Models::open()?;
    let files = super::exam::template("loop", "The whole loop");
    let exam = Exam::load(&files).map_err(|errors| anyhow::anyhow!("the template has faults:\n{errors}"))?;
    let bench =
        Bench { args, policy, scorer: Scorer::new(Arc::new(exam), models.embedder()?)?.into(), models };
    let mut rows = Vec::new();
    for turn in &turns {
        let runs = (0..args.runs).map(|_| bench.hear(turn)).collect::<Result<Vec<_>>>()?;
        rows.push(row(turn, runs));
    }
    let report = Report {
        measure: "true end of speech -> first sample of the reply handed to the loudspeaker",
        version: env!("CARGO_PKG_VERSION"),
        policy_name: args.policy.clone(),
        policy,
        question: bench.question(),
        speculation: !args.no_speculation,
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        turns: rows,
    };
    if args.json { say_json(&report) } else { tell(&report) }
}

fn tell(report: &Report) -> Result<()> {
    let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
    say(format!(
        "{} (policy {}, patience {} ms)",
        report.measure, report.policy_name, report.question.patience_ms
    ));
    for row in &report.turns {
        say(format!(
            "{:<12} median {:>5} ms  p95 {:>5} ms  min {:>5} ms  cut-ins {} of {}",
            row.name,
            ms(row.median_ms),
            ms(row.p95_ms),
            ms(row.min_ms),
            row.cut_ins,
            row.runs.len()
        ));
        for run in &row.runs {
            say(format!(
                "  prepare {:>5}  commit {:>5}  words {:>5}  reply {:>5}   {}",
                ms(run.prepare_ms),
                ms(run.commit_ms),
                ms(run.words_ms),
                ms(run.delay_ms),
                run.heard
            ));
        }
    }
    Ok(())
}

fn turns(args: &LoopArgs) -> Result<Vec<Turn>> {
    let Some(list) = &args.turns else {
        ensure!(args.wav.len() == args.end.len(), "give one --end for each --wav, in the same order");
        return args.wav.iter().zip(&args.end).map(|(wav, end)| turn(wav, *end)).collect();
    };
    let text = std::fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    let named: BTreeMap<String, Value> =
        serde_json::from_str(&text).with_context(|| format!("{} is not a list of turns", list.display()))?;
    let folder = list.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let of = |(name, body): (&String, &Value)| {
        let end = body["end_s"].as_f64().with_context(|| format!("{name} has no \"end_s\""))?;
        turn(&folder.join(format!("{name}.wav")), end)
    };
    named.iter().map(of).collect()
}

fn turn(wav: &Path, end: f64) -> Result<Turn> {
    let mut source = FileSource::open_with(wav, FileConfig { audio: true, video: false })?.require_audio()?;
    let mut blocks = Vec::new();
    while let Some(stream) = source.next()? {
        if let Stream::Audio(block) = stream {
            blocks.push(block);
        }
    }
    let length = blocks.len() as f64 * TICK.as_secs();
    ensure!(
        end > 0.0 && end < length,
        "{}: the speech cannot end at {end} s, the file is {length:.2} s long",
        wav.display()
    );
    let name = wav.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Turn { name, blocks, end: Timestamp::from_secs(end) })
}

fn policy(named: &str) -> Result<PolicyConfig> {
    if named == "session" {
        return Ok(PolicyConfig::default());
    }
    if !Path::new(named).is_file() {
        let point =
            points::named(named).with_context(|| format!("{named:?} is neither a file nor a setting"))?;
        return Ok(point.config);
    }
    let text = std::fs::read_to_string(named).with_context(|| format!("cannot read {named}"))?;
    serde_json::from_str(&text).with_context(|| format!("{named} is no policy"))
}

struct Bench<'a> {
    args: &'a LoopArgs,
    policy: PolicyConfig,
    scorer: Arc<Scorer>,
    models: Models,
}

impl Bench<'_> {
    fn question(&self) -> QuestionContext {
        QuestionContext {
            kind: viva_exchange::QuestionKind::Open,
            expected_s: self.args.expected,
            patience_ms: self.args.patience,
        }
    }

    /// Hears a turn once, in a session of its own that waits for the answer to its first question.
    fn hear(&self, turn: &Turn) -> Result<Run> {
        let folder = tempfile::tempdir().context("no folder for the session")?;
        let record = folder.path().join("loop");
        let journal = Journal::create(&record, &SessionHeader::default(), Media::Refused)?;
        let (stop, begun) = (StopSign::default(), Rc::new(RefCell::new(Vec::new())));
        let floor = FloorConfig { policy: self.policy, ..FloorConfig::default() };
        let (tools, takes) = self.tools()?;
        let ahead = SpeculationConfig { recogniser_takes: Some(takes), ..SpeculationConfig::default() };
        let speculation = (!self.args.no_speculation).then_some(ahead);
        let clock = DeviceClock::new()?;
        let zero = Rc::new(RefCell::new(None));
        let mut driver = Driver::new(Setup {
            mind: self.models.mind(MindConfig { floor, speculation, ..MindConfig::default() })?,
            work: Workshop::threads(tools)?,
            examiner: self.examiner()?,
            face: Face::new(Behaviour::new(Profile::examiner(), 1)),
            candidate: Box::new(Fed {
                blocks: turn.blocks.clone().into(),
                clock: clock.clone(),
                zero: Rc::clone(&zero),
            }),
            loudspeaker: Box::new(Stopwatch {
                clock,
                zero,
                begun: Rc::clone(&begun),
                end: turn.end,
                stop: stop.clone(),
            }),
            journal,
            stage: None,
            view: None,
            sight: Sight::Off,
            stop: Stop::Wished(stop),
            seed: 1,
            asked: Some(self.question()),
            asks: true,
        });
        driver.run(|_| {})?;
        let after = |at: Timestamp| (at - turn.end).as_secs() * 1e3;
        let decided = |kind| driver.decisions.iter().rfind(|event| event.kind == kind).map(|e| after(e.at));
        let (prepare_ms, commit_ms) = (decided(TurnEventKind::Prepare), decided(TurnEventKind::Commit));
        let (speculation, now) = (driver.speculation(), driver.now());
        let transcript = driver.setup.journal.finish(now)?;
        let answers = transcript.turns.iter().filter(|turn| turn.speaker == Speaker::Candidate);
        let heard = answers.map(viva_exchange::Turn::text).collect::<Vec<_>>().join(" / ");
        let (words, said) = read_record(&record)?;
        let begun = begun.borrow();
        Ok(Run {
            delay_ms: begun.iter().find(|at| **at > turn.end).map(|at| after(*at)),
            cut_in: begun.iter().any(|at| *at <= turn.end),
            prepare_ms,
            commit_ms,
            words_ms: words.map(after),
            heard,
            said,
            speculation,
        })
    }

    /// The networks, each of which has worked before, and how long the recogniser takes: as in a session, in which the assessor has
    /// spoken and listened.
    fn tools(&self) -> Result<(Tools, TimeSpan)> {
        let (mut recogniser, mut synthesiser) = (self.models.recogniser()?, self.models.synthesiser()?);
        let second = vec![0.0; SAMPLE_RATE as usize];
        recogniser.transcribe(&second, Timestamp::ZERO)?;
        let clock = DeviceClock::new()?;
        recogniser.transcribe(&second, Timestamp::ZERO)?;
        let takes = clock.now() - Timestamp::ZERO;
        let voice = VoiceProfile::built_in(VoiceProfile::NAMES[0]).context("there are voices")?;
        synthesiser.speak("Warm up.", &voice, Affect::Neutral, 0.0, 1)?;
        let tools = Tools {
            recogniser: Box::new(recogniser),
            end_of_turn: Box::new(self.models.end_of_turn()?),
            synthesiser,
            wording: Some(Box::new(Stub)),
        };
        Ok((tools, takes))
    }

    /// A conversation that has consent and has asked its first question.
    fn examiner(&self) -> Result<Examiner> {
        let config = Config { seed: 1, llm: true, ..Config::default() };
        let mut examiner = Examiner::new(Arc::clone(&self.scorer), config, None);
        examiner.handle(Timestamp::ZERO, Input::Start);
        for (number, text) in ["Yes, I agree.", "In a workshop, since last year."].into_iter().enumerate() {
            let turn = typed_turn(number as u32, text, Timestamp::ZERO);
            examiner.handle(Timestamp::ZERO, Input::Turn(turn));
        }
        match examiner.asked() {
            Some(Asked { question_id: Some(_), probe: None, .. }) => Ok(examiner),
            other => bail!("the session does not wait for an answer to its first question: {other:?}"),
        }
    }
}

/// When the last words arrived, and what was said last.
fn read_record(record: &Path) -> Result<(Option<Timestamp>, String)> {
    let path = record.join("events.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (mut last, mut said) = (None, String::new());
    for line in text.lines() {
        let event: Value = serde_json::from_str(line)?;
        let body = &event["body"];
        match event["kind"].as_str() {
            Some("arrival") if body["of"] == "words" => {
                last = body["at_ns"].as_i64().map(Timestamp::from_nanos);
            }
            Some("utterance") => body["text"].as_str().unwrap_or_default().clone_into(&mut said),
            _ => {}
        }
    }
    Ok((last, said))
}

fn row(turn: &Turn, runs: Vec<Run>) -> Row {
    let mut delays: Vec<f64> = runs.iter().filter_map(|run| run.delay_ms).collect();
    delays.sort_by(f64::total_cmp);
    if delays.len() < runs.len() {
        warn(format!("{}: {} of {} runs gave no reply", turn.name, runs.len() - delays.len(), runs.len()));
    }
    // Between the neighbours, as numpy's percentile does for the peers.
    let percentile = |share: f64| {
        let at = share * delays.len().checked_sub(1)? as f64;
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        Some(delays[below] + (delays[above] - delays[below]) * at.fract())
    };
    Row {
        name: turn.name.clone(),
        end_s: (turn.end - Timestamp::ZERO).as_secs(),
        median_ms: percentile(0.5),
        p95_ms: percentile(0.95),
        min_ms: delays.first().copied(),
        cut_ins: runs.iter().filter(|run| run.cut_in).count(),
        answered: delays.len(),
        runs,
    }
}

/// A language model without a language model's time.
struct Stub;

impl WordingSource for Stub {
    fn word(&mut self, _: u64, _: &AskedWording) -> Worded {
        Worded { text: Some(REPLY.to_owned()), failure: None }
    }
}

/// When the file's first sample was heard, on the devices' clock.
type Zero = Rc<RefCell<Option<Timestamp>>>;

/// A file in place of a microphone.
struct Fed {
    blocks: VecDeque<AudioBlock>,
    clock: DeviceClock,
    zero: Zero,
}

impl Candidate for Fed {
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>> {
        let zero = *self.zero.borrow_mut().get_or_insert(self.clock.now());
        self.clock.wait_until(zero + (start - Timestamp::ZERO) + TICK);
        Ok(self.blocks.pop_front().map(|block| AudioBlock { start, ..block }))
    }

    fn picture(&mut self, _: Timestamp) -> Picture {
        Picture::None
    }

    fn hears(&mut self, _: Timestamp, _: TimeSpan, _: &Asked<'_>) -> Result<()> {
        Ok(())
    }

    fn heard(&mut self, _: Timestamp, _: bool) {}
}

/// A clock in place of a loudspeaker. The first reply after the end of the answer ends the session.
struct Stopwatch {
    clock: DeviceClock,
    zero: Zero,
    /// When each utterance began, by the time of the file.
    begun: Rc<RefCell<Vec<Timestamp>>>,
    end: Timestamp,
    stop: StopSign,
}

impl Loudspeaker for Stopwatch {
    fn begin(&mut self, _: &[f32], _: Timestamp) -> Result<()> {
        let zero = self.zero.borrow().context("the file is heard before it is answered")?;
        let at = Timestamp::ZERO + (self.clock.now() - zero);
        self.begun.borrow_mut().push(at);
        if at > self.end {
            self.stop.interrupt();
        }
        Ok(())
    }

    fn cut(&mut self, now: Timestamp) -> Result<Timestamp> {
        Ok(now)
    }

    fn overhear(&mut self, _: &AudioBlock) -> Result<()> {
        Ok(())
    }
}
