//! `viva loop`: from the true end of a recorded answer to the first sample of the acknowledgement, and to that of the reply.
//!
//! The session is the real one, in real time: the question is spoken, then ears, flow-net, policy, recogniser, conversation and
//! synthesiser work, each on its thread. Two ends are cut off: the microphone is a room in which the file begins to sound when the
//! question has been heard, its 20 ms handed over when their last sample has been, and the loudspeaker is a stopwatch.
//! The language model is a stub that answers at once with one fixed sentence; it is asked with what was heard, ahead or in earnest, as
//! any other would be.

mod report;
mod told;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use viva_assessment::conversation::{Config, Input};
use viva_assessment::{Asked, Exam, Scorer, typed_turn};
use viva_behaviour::{Behaviour, Profile};
use viva_devices::{DeviceClock, FileConfig, FileSource, Media as Stream};
use viva_exchange::{Affect, QuestionContext, Speaker, TurnEventKind, Utterance};
use viva_floor::{FloorConfig, PolicyConfig};
use viva_media::{AudioBlock, SAMPLE_RATE, TICK, TimeSpan, Timestamp};
use viva_perception::words::Recogniser as _;
use viva_record::wire::SessionHeader;
use viva_runtime::{MindConfig, SpeculationConfig};
use viva_speech::VoiceProfile;

use super::floor::points;
use super::say_json;
use crate::cli::LoopArgs;
use crate::interview::{
    AskedWording, Candidate, Driver, Examiner, Face, Glances, Journal, Loudspeaker, Media, Models, Picture,
    Saying, Setup, Sight, Stop, StopSign, Tools, Worded, WordingSource, Workshop, room_tone,
};
use report::{Report, Run, Step, row, tell};
use told::{Told, read_record};

/// What the stub answers, whatever it is asked.
const REPLY: &str = "Thank you, that is clear. Could you tell me what you would do differently next time?";

/// A timeline begins so long after the true end.
const TIMELINE_FROM_MS: f64 = -500.0;

/// So many ticks after the file a reply is waited for: 15 s.
const WAITS_FOR_REPLY: u32 = 750;

/// One answer and what is known of it.
struct Turn {
    name: String,
    blocks: Vec<AudioBlock>,
    end: Timestamp,
    /// What it answers.
    question: QuestionContext,
}

pub(crate) fn run(args: &LoopArgs) -> Result<()> {
    let turns = turns(args)?;
    let policy = policy(&args.policy)?;
    let models = Models::open()?;
    let mut files = super::exam::template("loop", "The whole loop");
    if args.no_acknowledgement {
        without_acknowledgements(&mut files)?;
    }
    let exam = Exam::load(&files).map_err(|errors| anyhow::anyhow!("the template has faults:\n{errors}"))?;
    let bench =
        Bench { args, policy, scorer: Scorer::new(Arc::new(exam), models.embedder()?)?.into(), models };
    let mut rows = Vec::new();
    for turn in &turns {
        let runs = (0..args.runs).map(|_| bench.hear(turn)).collect::<Result<Vec<_>>>()?;
        rows.push(row(turn, runs));
    }
    let report = Report {
        measure: "true end of speech -> first sample handed to the loudspeaker, of anything (first) and of the reply",
        version: env!("CARGO_PKG_VERSION"),
        policy_name: args.policy.clone(),
        policy,
        speculation: !args.no_speculation,
        acknowledgement: !args.no_acknowledgement && !args.no_speculation,
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        turns: rows,
    };
    if args.json { say_json(&report) } else { tell(&report, args.timeline) }
}

fn turns(args: &LoopArgs) -> Result<Vec<Turn>> {
    let Some(list) = &args.turns else {
        ensure!(args.wav.len() == args.end.len(), "give one --end for each --wav, in the same order");
        let ends = args.wav.iter().zip(&args.end).enumerate();
        return ends.map(|(i, (wav, end))| turn(wav, *end, question(args, i, args.wav.len())?)).collect();
    };
    let text = std::fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    let named: BTreeMap<String, Value> =
        serde_json::from_str(&text).with_context(|| format!("{} is not a list of turns", list.display()))?;
    let folder = list.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let of = |(i, (name, body)): (usize, (&String, &Value))| {
        let end = body["end_s"].as_f64().with_context(|| format!("{name} has no \"end_s\""))?;
        turn(&folder.join(format!("{name}.wav")), end, question(args, i, named.len())?)
    };
    named.iter().enumerate().map(of).collect()
}

/// What the `i`-th of `count` answers answers.
fn question(args: &LoopArgs, i: usize, count: usize) -> Result<QuestionContext> {
    for (name, given) in [("kind", args.kind.len()), ("expected", args.expected.len())] {
        ensure!(
            given == 1 || given == count,
            "--{name} has {given} values: give one for all files, or one for each of the {count}"
        );
    }
    let expected_s = args.expected[i.min(args.expected.len() - 1)];
    ensure!(
        expected_s.is_finite() && expected_s > 0.0,
        "an answer cannot be expected to last {expected_s} s: give --expected seconds above 0"
    );
    let kind = args.kind[i.min(args.kind.len() - 1)].clone();
    Ok(QuestionContext { kind: serde_json::from_value(kind.into())?, expected_s, patience_ms: args.patience })
}

fn turn(wav: &Path, end: f64, question: QuestionContext) -> Result<Turn> {
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
    Ok(Turn { name, blocks, end: Timestamp::from_secs(end), question })
}

fn policy(named: &str) -> Result<PolicyConfig> {
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
        let file =
            Rc::new(FileTime { clock: DeviceClock::new()?, begin: Cell::default(), from: Cell::default() });
        let (examiner, question) = self.examiner(turn.question)?;
        let mut driver = Driver::new(Setup {
            mind: self.models.mind(MindConfig { floor, speculation, ..MindConfig::default() })?,
            work: Workshop::threads(tools)?,
            examiner,
            face: Face::new(Behaviour::new(Profile::examiner(), 1)),
            candidate: Box::new(Fed {
                blocks: turn.blocks.clone().into(),
                room: WAITS_FOR_REPLY,
                file: Rc::clone(&file),
            }),
            loudspeaker: Box::new(Stopwatch {
                file: Rc::clone(&file),
                begun: Rc::clone(&begun),
                end: turn.end,
                stop: stop.clone(),
            }),
            journal,
            stage: None,
            view: None,
            sight: Sight::Off,
            glances: Glances::watching(),
            stop: Stop::Wished(stop),
            seed: 1,
            asked: Some(question),
            asks: true,
        });
        driver.run(|_| {})?;
        let from =
            file.from.get().context("the question was not heard to its end, so that nothing was answered")?;
        let after = |at: Timestamp| (at - turn.end).as_secs() * 1e3;
        let after_in_session = |at: Timestamp| after(Timestamp::ZERO + (at - from));
        let decided =
            |kind| driver.decisions.iter().rfind(|event| event.kind == kind).map(|e| after_in_session(e.at));
        let (prepare_ms, commit_ms) = (decided(TurnEventKind::Prepare), decided(TurnEventKind::Commit));
        let (speculation, now) = (driver.speculation(), driver.now());
        let transcript = driver.setup.journal.finish(now)?;
        let answers = transcript.turns.iter().filter(|turn| turn.speaker == Speaker::Candidate);
        let heard = answers.map(viva_exchange::Turn::text).collect::<Vec<_>>().join(" / ");
        let Told { words, acknowledged, said, steps } = read_record(&record)?;
        let begun = begun.borrow();
        let first = |wanted: Saying| {
            begun
                .iter()
                .find(|(at, what, _)| *at > turn.end && *what == wanted)
                .map(|(at, _, length)| (after(*at), length.as_secs() * 1e3))
        };
        let (acknowledgement, reply) = (first(Saying::Acknowledgement), first(Saying::Utterance));
        let (acknowledged_ms, delay_ms) = (acknowledgement.map(|(at, _)| at), reply.map(|(at, _)| at));
        Ok(Run {
            delay_ms,
            acknowledged_ms,
            first_ms: acknowledged_ms.or(delay_ms),
            gap_ms: acknowledgement.zip(delay_ms).map(|((at, length), reply)| reply - at - length),
            cut_in: begun.iter().any(|(at, ..)| *at <= turn.end),
            prepare_ms,
            commit_ms,
            words_ms: words.map(after_in_session),
            heard,
            acknowledged,
            said,
            speculation,
            timeline: steps
                .into_iter()
                .map(|(at, what)| Step { ms: after_in_session(at), what })
                .filter(|step| step.ms >= TIMELINE_FROM_MS)
                .collect(),
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

    /// A conversation that has consent and is about to ask its first question, and that question.
    fn examiner(&self, context: QuestionContext) -> Result<(Examiner, Utterance)> {
        let config = Config { seed: 1, llm: true, ..Config::default() };
        let mut examiner = Examiner::new(Arc::clone(&self.scorer), config, None, None);
        let mut said = examiner.handle(Timestamp::ZERO, Input::Start).say;
        for (number, text) in ["Yes, I agree.", "In a workshop, since last year."].into_iter().enumerate() {
            let turn = typed_turn(number as u32, text, Timestamp::ZERO);
            said = examiner.handle(Timestamp::ZERO, Input::Turn(turn)).say;
        }
        match examiner.asked() {
            Some(Asked { question_id: Some(_), probe: None, .. }) => {
                let question = said.pop().context("a question is said")?;
                Ok((examiner, Utterance { question: Some(context), ..question }))
            }
            other => bail!("the session does not wait for an answer to its first question: {other:?}"),
        }
    }
}

/// The template's examiner with no word for an answer.
fn without_acknowledgements(files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let persona = files.get_mut("persona.toml").context("the template has an examiner")?;
    let text = std::str::from_utf8(persona)?;
    let lines = text.lines().filter(|line| !line.starts_with("acknowledgements"));
    *persona = lines.collect::<Vec<_>>().join("\n").into_bytes();
    Ok(())
}

/// A language model without a language model's time.
struct Stub;

impl WordingSource for Stub {
    fn word(&mut self, _: u64, _: &AskedWording) -> Worded {
        Worded { text: Some(REPLY.to_owned()), failure: None }
    }
}

/// The time of the file against that of the session.
struct FileTime {
    clock: DeviceClock,
    /// When the session's first sample was there, on the devices' clock.
    begin: Cell<Option<Timestamp>>,
    /// At which time of the session the file begins.
    from: Cell<Option<Timestamp>>,
}

impl FileTime {
    /// The time of the file now; `None` before it has begun.
    fn now(&self) -> Option<Timestamp> {
        let (begin, from) = self.begin.get().zip(self.from.get())?;
        Some(Timestamp::ZERO + (self.clock.now() - begin - (from - Timestamp::ZERO)))
    }
}

/// A room with nobody in it, then a file, then the room again until the reply, in place of a microphone.
struct Fed {
    blocks: VecDeque<AudioBlock>,
    /// Ticks of the room that are left after the file.
    room: u32,
    file: Rc<FileTime>,
}

impl Candidate for Fed {
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>> {
        let FileTime { clock, begin, from } = &*self.file;
        let zero = begin.get().unwrap_or_else(|| clock.now());
        begin.set(Some(zero));
        clock.wait_until(zero + (start - Timestamp::ZERO) + TICK);
        if from.get().is_none() {
            return Ok(Some(room_tone(start)));
        }
        if let Some(block) = self.blocks.pop_front() {
            return Ok(Some(AudioBlock { start, ..block }));
        }
        let left = self.room.checked_sub(1);
        self.room = left.unwrap_or_default();
        Ok(left.map(|_| room_tone(start)))
    }

    fn picture(&mut self, _: Timestamp) -> Picture {
        Picture::None
    }

    fn hears(&mut self, _: Timestamp, _: TimeSpan, _: &Asked<'_>) -> Result<()> {
        Ok(())
    }

    fn heard(&mut self, now: Timestamp, awaits_answer: bool) {
        if awaits_answer && self.file.from.get().is_none() {
            self.file.from.set(Some(now));
        }
    }
}

/// A clock in place of a loudspeaker. The first reply after the end of the answer ends the session.
struct Stopwatch {
    file: Rc<FileTime>,
    /// When each utterance began, by the time of the file, what it was and how long it lasts.
    begun: Rc<RefCell<Vec<(Timestamp, Saying, TimeSpan)>>>,
    end: Timestamp,
    stop: StopSign,
}

impl Loudspeaker for Stopwatch {
    fn begin(&mut self, samples: &[f32], _: Timestamp, what: Saying) -> Result<()> {
        // The question comes before the file.
        let Some(at) = self.file.now() else { return Ok(()) };
        let length = TimeSpan::from_samples(samples.len() as u64, SAMPLE_RATE);
        self.begun.borrow_mut().push((at, what, length));
        if at > self.end && what == Saying::Utterance {
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
