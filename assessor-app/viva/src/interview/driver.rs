//! The tick that joins the rooms.

use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use viva_assessment::conversation::{EventKind, Input, StopReason};
use viva_behaviour::{Behaviour, Event, Role};
use viva_exchange::{
    HeardUntil, QuestionContext, Speaker as Who, TurnEvent, TurnEventKind, Utterance, UtteranceId,
};
use viva_floor::{EndOfTurn, FloorHolder, Opinion};
use viva_media::{AudioBlock, BLOCK_SAMPLES, FacePose, SAMPLE_RATE, TICK, TimeSpan, Timestamp};
use viva_perception::words::{Recogniser, Segment};
use viva_record::Track;
use viva_runtime::graph::{ArrivedWords, NO_ANSWER_AFTER};
use viva_runtime::{Arrivals, FinishedTurn, Meter, Mind, TickInput};
use viva_speech::{Spoken, Synthesiser, VoiceProfile};
use viva_verify::canonical::hex;

use super::candidate::{Candidate, quantise};

use super::examiner::{AskedWording, Examiner, Step};
use super::inputs::RecordedInput;
use super::journal::{Journal, Media};
use super::speaker::Speaker;
use super::stage::{Scene, Stage};

/// Pictures per second.
const FRAMES_PER_SECOND: i64 = 25;
/// Results that can be on their way at one time; the conversation takes turns, so that a handful is plenty.
const ARRIVAL_DEPTH: usize = 64;
/// No interview lasts longer.
const LONGEST: TimeSpan = TimeSpan::from_millis(45 * 60 * 1000);

/// The names under which the meter reports.
const ANSWER: &str =
    "response latency: last voiced sample of the candidate's turn -> first sample of the reply";
const COMMIT: &str = "floor-transfer latency: last voiced sample of the candidate's turn -> commit";
const RECOGNISE: &str = "compute: one stretch recognised";
const OPINE: &str = "compute: one end-of-turn opinion";
const SYNTHESISE: &str = "compute: one utterance synthesised";
const TICK_COMPUTE: &str = "compute: one 20 ms tick of the mind";
const YIELD: &str = "yield: candidate begins to talk over -> yield decision";

/// Something slow whose result has arrived.
enum Arrived {
    Words(ArrivedWords),
    Opinion(Opinion),
    Speech(Box<(Utterance, Spoken)>),
}

/// By which stamps slow results are delivered.
pub(crate) enum Stamps {
    /// Asked at, plus the time that the work took.
    Measured,
    /// As they stand in a record, in order, one list per kind.
    Recorded(RecordedStamps),
}

/// Arrival stamps of a record, by the number of their request.
#[derive(Default)]
pub(crate) struct RecordedStamps {
    pub(crate) words: std::collections::BTreeMap<u64, Timestamp>,
    pub(crate) opinions: std::collections::BTreeMap<u64, Timestamp>,
    pub(crate) speech: std::collections::BTreeMap<u64, Timestamp>,
}

/// Somebody who words what the examiner says; never who decides it.
pub(crate) trait WordingSource {
    /// A wording, or `None` where the fall-back is to be said.
    fn word(&mut self, asked: &AskedWording) -> Option<String>;
}

/// Everything that a session needs.
pub(crate) struct Setup {
    pub(crate) mind: Mind,
    pub(crate) recogniser: Box<dyn Recogniser>,
    pub(crate) end_of_turn: Box<dyn EndOfTurn>,
    pub(crate) synthesiser: Synthesiser,
    pub(crate) examiner: Examiner,
    pub(crate) face: Behaviour,
    pub(crate) candidate: Box<dyn Candidate>,
    pub(crate) journal: Journal,
    pub(crate) stage: Option<Stage>,
    pub(crate) stamps: Stamps,
    /// The language model that may word follow-ups.
    pub(crate) wording: Option<Box<dyn WordingSource>>,
    pub(crate) seed: u64,
    /// True where questions are asked; false where a recording is only heard.
    pub(crate) asks: bool,
}

/// A session under way.
pub(crate) struct Driver {
    pub(crate) setup: Setup,
    now: Timestamp,
    ticks: u64,
    speaker: Speaker,
    to_say: std::collections::VecDeque<Utterance>,
    synthesising: bool,
    arrivals: Arrivals<Arrived>,
    question: Option<QuestionContext>,
    question_end: Option<Timestamp>,
    assessor_end: Option<Timestamp>,
    heard: Vec<f32>,
    asked_speech: u64,
    asked_opinions: u64,
    answering_since: Option<Timestamp>,
    reported: Timestamp,
    role: Who,
    caption: String,
    poses: Sha256,
    pub(crate) meter: Meter,
    /// In which turn an utterance was heard.
    pub(crate) utterance_turns: std::collections::BTreeMap<UtteranceId, u32>,
    pub(crate) decisions: Vec<TurnEvent>,
    pub(crate) pose_digests: Vec<String>,
}

impl Driver {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            now: Timestamp::ZERO,
            ticks: 0,
            speaker: Speaker::default(),
            to_say: std::collections::VecDeque::new(),
            synthesising: false,
            arrivals: Arrivals::new(ARRIVAL_DEPTH),
            question: None,
            question_end: None,
            assessor_end: None,
            heard: Vec::with_capacity(viva_floor::END_OF_TURN_WINDOW + BLOCK_SAMPLES),
            asked_speech: 0,
            asked_opinions: 0,
            answering_since: None,
            reported: Timestamp::ZERO,
            role: Who::Examiner,
            caption: String::new(),
            poses: Sha256::new(),
            meter: Meter::default(),
            utterance_turns: std::collections::BTreeMap::new(),
            decisions: Vec::new(),
            pose_digests: Vec::new(),
        }
    }

    /// The end of the last tick.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Holds the session to its end; `progress` is told the time once a second.
    pub(crate) fn run(&mut self, mut progress: impl FnMut(Timestamp)) -> Result<()> {
        self.input(Input::Start)?;
        while self.tick()? {
            if self.ticks.is_multiple_of(50) {
                progress(self.now);
            }
            if self.now - Timestamp::ZERO > LONGEST {
                self.input(Input::Stop { reason: StopReason::Technical })?;
                break;
            }
        }
        Ok(())
    }

    /// One tick: sound in, results in, mind, turn, speech, face, record. False when the session is over.
    fn tick(&mut self) -> Result<bool> {
        let start = self.now;
        let Some(mut audio) = self.setup.candidate.block(start)? else {
            return self.recording_ended();
        };
        quantise(&mut audio);
        self.now = start + TICK;
        self.ticks += 1;
        let assessor = self.speaker.block(start);
        let (words, opinion) = self.deliver()?;
        let clock = stopwatch();
        let output = self.setup.mind.step(TickInput {
            audio: &audio,
            assessor_speaks: assessor.is_some(),
            assessor_end: self.assessor_end,
            question: self.question,
            opinion,
            words,
        });
        self.meter.push(TICK_COMPUTE, elapsed(clock));
        self.remember(&audio);
        if let Some((number, segment)) = output.segment {
            self.recognise(number, &segment)?;
        }
        if let Some(pause_start) = output.floor.ask {
            self.opine(pause_start)?;
        }
        for event in &output.floor.events {
            self.floor(event, output.voice.speech_start)?;
        }
        if self.candidate_has_floor() {
            self.withhold_questions()?;
        }
        self.listen(&output.voice);
        if let Some(finished) = output.finished {
            self.turn(finished)?;
        }
        self.assessor_speech()?;
        if output.voice.speaking {
            self.question_end = self.question_end.map(|_| self.now);
        } else if let Some(since) = self.question_end
            && self.now - since >= NO_ANSWER_AFTER
            && !self.setup.mind.awaits_words()
            && self.to_say.is_empty()
        {
            self.question_end = None;
            self.input(Input::NoAnswer { at: self.now })?;
        }
        self.show(&audio, assessor.as_ref())?;
        Ok(!self.is_over())
    }

    fn is_over(&self) -> bool {
        self.setup.asks
            && self.setup.examiner.outcome().is_some()
            && self.speaker.utterance().is_none()
            && self.to_say.is_empty()
            && !self.synthesising
    }

    /// Results whose stamps have come.
    fn deliver(&mut self) -> Result<(Vec<ArrivedWords>, Option<Opinion>)> {
        let (mut words, mut opinion) = (Vec::new(), None);
        while let Some((_, arrived)) = self.arrivals.pop(self.now) {
            match arrived {
                Arrived::Words(arrived) => words.push(arrived),
                Arrived::Opinion(arrived) => opinion = Some(arrived),
                Arrived::Speech(arrived) => {
                    let (utterance, spoken) = *arrived;
                    self.synthesising = false;
                    if self.candidate_has_floor() {
                        self.withhold(utterance)?;
                    } else {
                        self.speak(utterance, spoken)?;
                    }
                }
            }
        }
        Ok((words, opinion))
    }

    /// The last 8 s, for the end-of-turn network.
    fn remember(&mut self, audio: &AudioBlock) {
        let most = viva_floor::END_OF_TURN_WINDOW;
        self.heard.extend_from_slice(&audio.samples);
        if self.heard.len() > most {
            let surplus = self.heard.len() - most;
            self.heard.drain(..surplus);
        }
    }

    fn recognise(&mut self, number: u32, segment: &Segment) -> Result<()> {
        let clock = stopwatch();
        let words = self.setup.recogniser.transcribe(&segment.samples, segment.start)?;
        let took = elapsed(clock);
        self.meter.push(RECOGNISE, took);
        let at = self.stamp("words", u64::from(number), took);
        self.await_result(at, Arrived::Words(ArrivedWords { segment: number, words }))
    }

    fn opine(&mut self, pause_start: Timestamp) -> Result<()> {
        let clock = stopwatch();
        let p_end = self.setup.end_of_turn.p_end(&self.heard);
        let took = elapsed(clock);
        self.meter.push(OPINE, took);
        self.asked_opinions += 1;
        let at = self.stamp("opinion", self.asked_opinions, took);
        self.await_result(at, Arrived::Opinion(Opinion { pause_start, p_end }))
    }

    fn await_result(&mut self, at: Timestamp, arrived: Arrived) -> Result<()> {
        self.arrivals
            .push(at, arrived)
            .map_err(|_lost| anyhow::anyhow!("more than {ARRIVAL_DEPTH} results are on their way"))
    }

    /// When a result arrives; the stamp goes into the record.
    fn stamp(&mut self, kind: &str, number: u64, took: TimeSpan) -> Timestamp {
        let measured = self.now + took;
        let at = match &self.setup.stamps {
            Stamps::Measured => measured,
            Stamps::Recorded(stamps) => {
                let of_kind = match kind {
                    "words" => &stamps.words,
                    "opinion" => &stamps.opinions,
                    _ => &stamps.speech,
                };
                of_kind.get(&number).copied().unwrap_or(measured)
            }
        };
        self.setup.journal.event(
            self.now,
            "arrival",
            json!({"of": kind, "number": number, "at_ns": at.as_nanos()}),
        );
        at
    }

    fn floor(&mut self, event: &TurnEvent, speech_start: Option<Timestamp>) -> Result<()> {
        self.setup.journal.floor(event);
        self.decisions.push(event.clone());
        match event.kind {
            TurnEventKind::Yield => {
                if let Some(start) = speech_start {
                    self.meter.push(YIELD, event.at - start);
                }
                if let Some(utterance) = self.speaker.utterance().map(|utterance| utterance.id) {
                    self.speaker.stop(self.now);
                    self.setup.face.push(self.now, Event::StopSpeaking);
                    self.input(Input::BargeIn { at: event.at, utterance })?;
                }
            }
            TurnEventKind::Backchannel => self.setup.face.push(self.now, Event::Backchannel),
            TurnEventKind::Commit => {
                self.question = None;
                self.question_end = None;
                self.setup.face.push(self.now, Event::Thinking);
            }
            TurnEventKind::Prepare | TurnEventKind::Discard => {}
        }
        Ok(())
    }

    /// The listening face follows what the candidate does.
    fn listen(&mut self, voice: &viva_perception::voice::VoiceFeatures) {
        let speaks = voice.speaking;
        if speaks != (self.answering_since.is_some()) {
            self.answering_since = speaks.then_some(self.now);
            let event = if speaks { Event::CandidateSpeaks } else { Event::CandidatePauses };
            self.setup.face.push(self.now, event);
        }
    }

    fn turn(&mut self, mut finished: FinishedTurn) -> Result<()> {
        let id = self.setup.journal.next_turn();
        finished.turn.id = id;
        for event in &mut finished.timing {
            event.turn = id;
        }
        finished.observation.turn = id;
        for event in &mut finished.observation.events {
            event.turn = id;
        }
        self.meter.push(COMMIT, finished.committed_at - finished.turn.end);
        self.caption = format!("Candidate: {}", finished.turn.text());
        self.setup.journal.timing(self.now, &finished.timing, &finished.observation.sentence);
        self.setup.journal.turn(finished.turn.clone());
        self.reported = finished.turn.end;
        self.input(Input::Timing(finished.timing))?;
        self.input(Input::Observed(finished.observation))?;
        self.input(Input::Turn(finished.turn))
    }

    /// Hands an input to the conversation and does what it orders.
    fn input(&mut self, input: Input) -> Result<()> {
        self.setup.journal.event(self.now, "input", RecordedInput::from(&input));
        let step = self.setup.examiner.handle(self.now, input);
        self.follow(step)
    }

    fn follow(&mut self, step: Step) -> Result<()> {
        for event in &step.log {
            self.setup.journal.event(event.at, "conversation", event);
            match event.kind {
                EventKind::ConsentGiven { .. } => self.setup.journal.decide_media(Media::Kept),
                EventKind::ConsentNotGiven { .. } => self.setup.journal.decide_media(Media::Refused),
                _ => {}
            }
        }
        self.to_say.extend(step.say);
        for wording in step.wordings {
            let text = self.setup.wording.as_mut().and_then(|writer| writer.word(&wording));
            let answered = json!({"request": wording.request, "text": text});
            self.setup.journal.event(self.now, "wording", answered);
            self.input(Input::Wording { request: wording.request, text })?;
        }
        self.synthesise()
    }

    fn candidate_has_floor(&self) -> bool {
        self.setup.mind.holder() == FloorHolder::Candidate
    }

    /// The candidate went on before this was said. A question is left out, and the conversation told so: it will ask again in the
    /// light of what follows. What is no question is said later.
    fn withhold(&mut self, utterance: Utterance) -> Result<()> {
        if utterance.question.is_none() {
            self.to_say.push_front(utterance);
            return Ok(());
        }
        self.setup.journal.event(self.now, "unsaid", &utterance);
        self.input(Input::BargeIn { at: self.now, utterance: utterance.id })?;
        self.input(Input::Heard(HeardUntil {
            utterance: utterance.id,
            at: self.now,
            text_bytes: 0,
            finished: true,
        }))
    }

    /// Questions that wait behind something that was talked over are left out, too.
    fn withhold_questions(&mut self) -> Result<()> {
        while let Some(at) = self.to_say.iter().position(|utterance| utterance.question.is_some()) {
            let Some(utterance) = self.to_say.remove(at) else { break };
            self.withhold(utterance)?;
        }
        Ok(())
    }

    /// Orders the next utterance's sound, one at a time.
    fn synthesise(&mut self) -> Result<()> {
        if self.synthesising || self.speaker.utterance().is_some() || self.candidate_has_floor() {
            return Ok(());
        }
        let Some(utterance) = self.to_say.pop_front() else { return Ok(()) };
        let voice = voice_of(&utterance)?;
        self.asked_speech += 1;
        let seed = self.setup.seed.wrapping_add(self.asked_speech);
        let clock = stopwatch();
        let spoken = self.setup.synthesiser.speak(
            &utterance.text,
            &voice,
            utterance.affect,
            utterance.affect_level,
            seed,
        )?;
        let took = elapsed(clock);
        self.meter.push(SYNTHESISE, took);
        let at = self.stamp("speech", self.asked_speech, took);
        self.synthesising = true;
        self.await_result(at, Arrived::Speech(Box::new((utterance, spoken))))
    }

    fn speak(&mut self, utterance: Utterance, spoken: Spoken) -> Result<()> {
        let length = TimeSpan::from_samples(spoken.samples.len() as u64, SAMPLE_RATE);
        if self.reported > Timestamp::ZERO {
            self.meter.push(ANSWER, self.now - self.reported);
            self.reported = Timestamp::ZERO;
        }
        self.setup.journal.event(self.now, "utterance", &utterance);
        if self.role != utterance.speaker {
            self.role = utterance.speaker;
        }
        self.caption = format!(
            "{}: {}",
            if self.role == Who::Character { "Character" } else { "Examiner" },
            utterance.text
        );
        let role = if self.role == Who::Character { Role::Character } else { Role::Examiner };
        self.setup.face.push(self.now, Event::Role(role));
        self.setup
            .face
            .push(self.now, Event::Affect { affect: utterance.affect, level: utterance.affect_level });
        if let (Some(_), Some(asked)) = (utterance.question, self.setup.examiner.asked()) {
            self.setup.candidate.hears(self.now, length, &asked)?;
        }
        let visemes = self.speaker.start(utterance, spoken, self.now);
        self.setup.face.push(self.now, Event::StartSpeaking { visemes, until: self.now + length });
        Ok(())
    }

    /// What has ended on the loudspeaker becomes a turn, a report and perhaps a question that waits.
    fn assessor_speech(&mut self) -> Result<()> {
        if let Some(done) = self.speaker.poll_done(self.now) {
            self.assessor_end = Some(done.end);
            if let Some(turn) = done.turn(self.setup.journal.next_turn()) {
                self.utterance_turns.insert(done.utterance.id, turn.id.0);
                self.setup.journal.turn(turn);
            }
            self.setup.journal.event(self.now, "heard", &done.heard);
            self.setup.face.push(self.now, Event::Listening);
            if done.utterance.question.is_none() && done.heard.text_bytes * 2 < done.utterance.text.len() {
                // Talked over before half of it was heard: said again, for it may be the announcement of a scene.
                self.to_say.push_front(done.utterance.clone());
            }
            let awaits_answer = done.utterance.question.is_some();
            if awaits_answer {
                self.question = done.utterance.question;
                self.question_end = Some(self.now);
            }
            self.setup.candidate.heard(self.now, awaits_answer);
            let heard = HeardUntil { at: self.now, ..done.heard };
            self.input(Input::Heard(heard))?;
        }
        self.synthesise()
    }

    fn recording_ended(&mut self) -> Result<bool> {
        if let Some((number, segment)) = self.setup.mind.finish(self.now) {
            let words = self.setup.recogniser.transcribe(&segment.samples, segment.start)?;
            if let Some(finished) = self.setup.mind.words(ArrivedWords { segment: number, words }) {
                self.turn(finished)?;
            }
        }
        while !self.arrivals.is_empty() {
            self.now += TICK;
            for words in self.deliver()?.0 {
                if let Some(finished) = self.setup.mind.words(words) {
                    self.turn(finished)?;
                }
            }
        }
        self.input(Input::Stop { reason: StopReason::Operator })?;
        Ok(false)
    }

    /// Sound and picture of this tick into record and film.
    fn show(&mut self, audio: &AudioBlock, assessor: Option<&AudioBlock>) -> Result<()> {
        self.setup.journal.audio(Track::Candidate, audio);
        if let Some(block) = assessor {
            self.setup.face.push(self.now, Event::LoudnessRms(block.rms()));
        }
        let assessor_block = assessor.cloned().unwrap_or_else(|| AudioBlock::silence(audio.start));
        self.setup.journal.audio(Track::Assessor, &assessor_block);
        let millis = self.now.as_millis();
        let is_frame = (millis * FRAMES_PER_SECOND / 1000) != ((millis - 20) * FRAMES_PER_SECOND / 1000);
        let pose = is_frame.then(|| self.setup.face.step(self.now));
        if let Some(pose) = &pose {
            digest(&mut self.poses, pose);
        }
        if self.ticks.is_multiple_of(50) {
            let hex = hex(&std::mem::take(&mut self.poses).finalize());
            self.setup.journal.event(self.now, "poses", json!({"sha256": hex}));
            self.pose_digests.push(hex);
        }
        let Some(stage) = &self.setup.stage else { return Ok(()) };
        let mixed = AudioBlock::new(
            audio.start,
            audio
                .samples
                .iter()
                .zip(&assessor_block.samples)
                .map(|(a, b)| (a + b).clamp(-1.0, 1.0))
                .collect(),
        );
        stage.audio(mixed)?;
        if let Some(pose) = pose {
            let picture = self.setup.candidate.picture(self.now);
            stage.scene(Scene {
                at: self.now,
                assessor: pose,
                role: self.role,
                candidate: picture,
                caption: self.caption.clone(),
                floor: self.setup.mind.holder(),
            })?;
        }
        Ok(())
    }
}

fn voice_of(utterance: &Utterance) -> Result<VoiceProfile> {
    VoiceProfile::built_in(&utterance.voice).with_context(|| {
        format!("the exam asks for a voice {:?}; there are {:?}", utterance.voice, VoiceProfile::NAMES)
    })
}

/// All numbers of a pose, bit for bit.
fn digest(hash: &mut Sha256, pose: &FacePose) {
    hash.update(pose.at.as_nanos().to_le_bytes());
    for weight in &pose.weights.0 {
        hash.update(weight.to_bits().to_le_bytes());
    }
    for value in [
        pose.head_yaw.0,
        pose.head_pitch.0,
        pose.head_roll.0,
        pose.gaze_yaw.0,
        pose.gaze_pitch.0,
        pose.pupil_mm,
        pose.breath,
    ] {
        hash.update(value.to_bits().to_le_bytes());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the driver is the edge that measures how long slow work takes"
)]
fn stopwatch() -> Instant {
    Instant::now()
}

fn elapsed(since: Instant) -> TimeSpan {
    TimeSpan::from_secs(since.elapsed().as_secs_f64())
}
