//! The tick that joins the rooms.
//!
//! The same driver holds every session. Whether it runs in real time is decided by the candidate, who hands out each 20 ms when they
//! are there, and by the [`Workshop`], which does slow work at once or on threads.

use std::collections::{BTreeMap, VecDeque};

use anyhow::Result;
use serde_json::json;
use sha2::Sha256;
use viva_assessment::conversation::{Input, StopReason};
use viva_behaviour::Event;
use viva_exchange::{QuestionContext, Speaker as Who, TurnEvent, TurnEventKind, Utterance, UtteranceId};
use viva_floor::{FloorHolder, Opinion};
use viva_media::{AudioBlock, BLOCK_SAMPLES, Decibels, FacePose, TICK, TimeSpan, Timestamp};
use viva_perception::fusion::OwnSpeech;
use viva_runtime::graph::ArrivedWords;
use viva_runtime::{FinishedTurn, Meter, Mind, Mistrust, TickInput};

use super::acknowledging::Acknowledging;
use super::candidate::{Candidate, quantise};
use super::caption::Caption;
use super::examiner::Examiner;
use super::face::Face;
use super::glances::Glances;
use super::journal::{GAP, Journal};
use super::lips::Lips;
use super::loudspeaker::Loudspeaker;
use super::preparation::{Preparation, inputs};
use super::sight::Sight;
use super::speaker::Speaker;
use super::stage::Stage;
use super::stop::Stop;
use super::view::View;
use super::work::{Arrived, Delivery, Order, Workshop, elapsed, stopwatch};

/// No interview lasts longer.
const LONGEST: TimeSpan = TimeSpan::from_millis(45 * 60 * 1000);
/// So long the end of a session waits for words that are still being recognised.
const LAST_WORDS: TimeSpan = TimeSpan::from_millis(15_000);

/// The names under which the meter reports.
const COMMIT: &str = "floor-transfer latency: last voiced sample of the candidate's turn -> commit";
const TICK_COMPUTE: &str = "compute: one 20 ms tick of the mind";
const DECISION: &str = "decision latency: last sample of a tick captured -> floor decision (live sessions)";
const YIELD: &str = "yield: candidate begins to talk over -> yield decision";

/// Everything that a session needs.
pub(crate) struct Setup {
    pub(crate) mind: Mind,
    pub(crate) work: Workshop,
    pub(crate) examiner: Examiner,
    pub(crate) face: Face,
    pub(crate) candidate: Box<dyn Candidate>,
    pub(crate) loudspeaker: Box<dyn Loudspeaker>,
    pub(crate) journal: Journal,
    pub(crate) stage: Option<Stage>,
    pub(crate) view: Option<View>,
    pub(crate) sight: Sight,
    pub(crate) glances: Glances,
    pub(crate) stop: Stop,
    pub(crate) seed: u64,
    /// What is asked first, where the session begins in the middle: the conversation has ordered it already.
    pub(crate) asked: Option<Utterance>,
    /// True where questions are asked; false where a recording is only heard.
    pub(crate) asks: bool,
}

/// A session under way.
pub(crate) struct Driver {
    pub(crate) setup: Setup,
    pub(super) now: Timestamp,
    pub(super) ticks: u64,
    pub(super) speaker: Speaker,
    pub(super) to_say: VecDeque<Utterance>,
    /// The order whose sound is to be heard next.
    pub(super) awaited_speech: Option<u64>,
    pub(super) awaited_utterance: Option<Utterance>,
    pub(super) asked_speech: u64,
    /// The wording for which the conversation waits, and how many were asked for.
    pub(super) awaited_wording: Option<u64>,
    pub(super) asked_wordings: u64,
    pub(super) preparation: Preparation,
    pub(super) acknowledging: Acknowledging,
    pub(super) question: Option<QuestionContext>,
    pub(super) question_end: Option<Timestamp>,
    pub(super) assessor_end: Option<Timestamp>,
    pub(super) reported: Timestamp,
    /// Why the last tick's floor was not judged from a forecast, if so.
    mistrust: Option<Option<Mistrust>>,
    pub(super) role: Who,
    pub(super) caption: Caption,
    pub(super) poses: Sha256,
    /// True from the moment at which the session is wound up: nothing more is said.
    pub(super) closing: bool,
    /// The film cannot go on; its error is told at the end.
    pub(super) film_lost: bool,
    heard: Vec<f32>,
    asked_opinions: u64,
    pub(super) answering_since: Option<Timestamp>,
    /// The question that was asked last, follow-ups to it left out.
    pub(super) topic: Option<String>,
    pub(crate) meter: Meter,
    /// In which turn an utterance was heard.
    pub(crate) utterance_turns: BTreeMap<UtteranceId, u32>,
    pub(crate) decisions: Vec<TurnEvent>,
    pub(crate) pose_digests: Vec<String>,
    /// Filled with every pose of the assessor where somebody asks for them.
    pub(crate) kept_poses: Option<Vec<FacePose>>,
    pub(super) lips: Lips,
}

impl Driver {
    pub(crate) fn new(mut setup: Setup) -> Self {
        let to_say = setup.asked.take().into_iter().collect();
        Self {
            setup,
            now: Timestamp::ZERO,
            ticks: 0,
            speaker: Speaker::default(),
            to_say,
            awaited_speech: None,
            awaited_utterance: None,
            asked_speech: 0,
            awaited_wording: None,
            asked_wordings: 0,
            preparation: Preparation::default(),
            acknowledging: Acknowledging::default(),
            question: None,
            question_end: None,
            assessor_end: None,
            reported: Timestamp::ZERO,
            mistrust: None,
            role: Who::Examiner,
            caption: Caption::default(),
            poses: Sha256::default(),
            closing: false,
            film_lost: false,
            heard: Vec::with_capacity(viva_floor::END_OF_TURN_WINDOW + BLOCK_SAMPLES),
            asked_opinions: 0,
            answering_since: None,
            topic: None,
            meter: Meter::default(),
            utterance_turns: BTreeMap::new(),
            decisions: Vec::new(),
            pose_digests: Vec::new(),
            kept_poses: None,
            lips: Lips::default(),
        }
    }

    /// The end of the last tick.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Holds the session to its end; `progress` is told the time once a second.
    ///
    /// **Errors**: what failed; the conversation has come to its end all the same, so that it can be scored and sealed.
    pub(crate) fn run(&mut self, mut progress: impl FnMut(Timestamp)) -> Result<()> {
        let held = self.hold(&mut progress);
        if let Err(error) = &held {
            let detail = format!("{error:#}");
            self.setup.journal.event(self.now, "failure", json!({"detail": detail}));
        }
        if held.is_err() && self.setup.examiner.outcome().is_none() {
            self.wind_up(StopReason::Technical)?;
        }
        held
    }

    fn hold(&mut self, progress: &mut dyn FnMut(Timestamp)) -> Result<()> {
        self.input(Input::Start)?;
        loop {
            if let Some(reason) = self.setup.stop.due(self.now) {
                return self.wind_up(reason);
            }
            // What cannot be recorded is not held; its error is told when the rest is sealed.
            if self.now - Timestamp::ZERO > LONGEST || self.setup.journal.failure.is_some() {
                return self.wind_up(StopReason::Technical);
            }
            if !self.tick()? {
                return Ok(());
            }
            if self.ticks.is_multiple_of(50) {
                progress(self.now);
            }
        }
    }

    /// One tick: sound in, results in, mind, turn, speech, face, record. False when the session is over.
    fn tick(&mut self) -> Result<bool> {
        let start = self.now;
        let Some(mut audio) = self.setup.candidate.block(start)? else {
            // The recording has ended.
            return self.wind_up(StopReason::Operator).map(|()| false);
        };
        quantise(&mut audio);
        if audio.gap {
            // The kept sound is silent here; a replay must know that it was lost.
            self.setup.journal.event(start, GAP, json!({}));
        }
        self.now = start + TICK;
        self.ticks += 1;
        let assessor = self.speaker.block(start);
        let (words, opinion) = self.deliver()?;
        let clock = stopwatch();
        let mut output = self.setup.mind.step(TickInput {
            audio: &audio,
            own: assessor.as_ref().map_or(OwnSpeech::SILENT, |block| OwnSpeech {
                speaking: true,
                level: Decibels::from_amplitude(block.rms()),
            }),
            face: None,
            assessor_end: self.assessor_end,
            question: self.question,
            opinion,
            words,
        });
        self.meter.push(TICK_COMPUTE, elapsed(clock));
        self.judged_by(output.forecast.err());
        if let Some(lateness) = self.setup.candidate.lateness(self.now) {
            self.meter.push(DECISION, lateness);
        }
        self.remember(&audio);
        if let Some((number, segment)) = output.segment.take() {
            self.order(Order::Recognise { number, segment })?;
        }
        if let Some(pause_start) = output.floor.ask {
            self.asked_opinions += 1;
            let (number, heard) = (self.asked_opinions, self.heard.clone());
            self.order(Order::Judge { number, pause_start, heard })?;
        }
        if let Some(change) = output.floor.patience {
            self.setup.journal.event(self.now, "patience", change);
        }
        if let Some(sound) = output.floor.overheard {
            self.setup.journal.event(self.now, "over_assessor", sound);
        }
        for event in &output.floor.events {
            self.floor(event, output.voice.speech_start)?;
        }
        if self.candidate_has_floor() {
            self.withhold_questions()?;
        }
        if output.floor.events.iter().any(|event| event.kind == TurnEventKind::Commit) {
            self.ask_to_acknowledge(output.finished.as_ref());
        }
        self.prepare(&mut output)?;
        self.listen(output.voice.speaking);
        if let Some(finished) = output.finished.take() {
            self.turn(finished)?;
        }
        self.assessor_speech()?;
        self.acknowledge(output.voice.speaking)?;
        if output.voice.speaking {
            self.question_end = self.question_end.map(|_| self.now);
        } else if let Some(since) = self.question_end
            && self.now - since >= self.setup.examiner.longest_silence()
            && !self.setup.mind.awaits_words()
            && self.to_say.is_empty()
        {
            self.question_end = None;
            self.input(Input::NoAnswer { at: self.now })?;
        }
        self.setup.loudspeaker.overhear(&audio)?;
        self.show(&audio, assessor.as_ref());
        Ok(!self.is_over())
    }

    fn is_over(&self) -> bool {
        self.setup.asks
            && self.setup.examiner.outcome().is_some()
            && self.speaker.utterance().is_none()
            && self.to_say.is_empty()
            && self.awaited_speech.is_none()
    }

    /// Records who judges the floor whenever that changes.
    fn judged_by(&mut self, mistrust: Option<Mistrust>) {
        if self.mistrust.replace(mistrust) != Some(mistrust) {
            let judge = if mistrust.is_none() { "forecast" } else { "rules" };
            self.setup.journal.event(self.now, "floor_judge", json!({"judge": judge, "because": mistrust}));
        }
    }

    /// Begins a piece of slow work.
    pub(super) fn order(&mut self, order: Order) -> Result<()> {
        self.setup.work.order(self.now, order, &mut self.setup.journal, &mut self.meter)
    }

    /// Results whose time has come.
    fn deliver(&mut self) -> Result<(Vec<ArrivedWords>, Option<Opinion>)> {
        let (mut words, mut opinion) = (Vec::new(), None);
        let deliveries = self.setup.work.arrived(self.now, &mut self.setup.journal, &mut self.meter)?;
        for Delivery { arrived, of, took } in deliveries {
            self.cost(of, took);
            match arrived {
                Arrived::Words(arrived) => words.push(arrived),
                Arrived::Opinion(arrived) => opinion = Some(arrived),
                Arrived::Nothing => {}
                Arrived::Speech { .. } | Arrived::Wording { .. } | Arrived::Considered { .. }
                    if self.closing => {}
                Arrived::Considered { number, fork, step } => self.considered(number, fork, step)?,
                Arrived::Wording { number, request, worded } => {
                    if let Some(worded) = self.worded_ahead(number, request, worded)? {
                        self.setup.journal.wording(self.now, number, request, &worded);
                        self.input(Input::Wording { request, text: worded.text })?;
                    }
                }
                Arrived::Speech { number, utterance, spoken } => {
                    if self.awaited_speech != Some(number) {
                        if let Some(spoken) = self.acknowledgement_made(number, spoken) {
                            self.voiced_ahead(number, spoken);
                        }
                        continue;
                    }
                    self.awaited_speech = None;
                    if self.candidate_has_floor() {
                        self.withhold(utterance)?;
                    } else if self.is_acknowledging() {
                        self.keep_sound(number, utterance, spoken);
                    } else {
                        self.speak(utterance, *spoken)?;
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

    fn floor(&mut self, event: &TurnEvent, speech_start: Option<Timestamp>) -> Result<()> {
        self.setup.journal.floor(event);
        self.decisions.push(event.clone());
        match event.kind {
            TurnEventKind::Yield => {
                if let Some(start) = speech_start {
                    self.meter.push(YIELD, event.at - start);
                }
                if let Some(utterance) = self.speaker.utterance().map(|utterance| utterance.id) {
                    self.fall_silent()?;
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
    fn listen(&mut self, speaks: bool) {
        if speaks != (self.answering_since.is_some()) {
            self.answering_since = speaks.then_some(self.now);
            let event = if speaks { Event::CandidateSpeaks } else { Event::CandidatePauses };
            self.setup.face.push(self.now, event);
        }
    }

    fn turn(&mut self, finished: FinishedTurn) -> Result<()> {
        let finished = self.numbered(finished);
        let id = finished.turn.id;
        self.meter.push(COMMIT, finished.committed_at - finished.turn.end);
        let text = finished.turn.text();
        self.caption = Caption { who: "Candidate", said: text.len(), text };
        self.setup.journal.timing(self.now, &finished.timing, &finished.observation.sentence);
        self.setup.journal.turn(finished.turn.clone());
        self.answer_kept();
        self.reported = finished.turn.end;
        let seen = self.setup.sight.sentence(&finished.turn);
        if let Some(sentence) = &seen {
            self.setup.journal.event(self.now, "visible", json!({"turn": id, "sentence": sentence}));
        }
        let used = self.used_pieces();
        for input in inputs(finished, seen) {
            self.input(input)?;
        }
        self.answered(self.used_pieces() > used);
        Ok(())
    }

    pub(super) fn candidate_has_floor(&self) -> bool {
        self.setup.mind.holder() == FloorHolder::Candidate
    }

    /// Ends the session in order: what was said until now is heard to its end, the conversation is told why it stops.
    fn wind_up(&mut self, reason: StopReason) -> Result<()> {
        self.setup.journal.event(self.now, "stopped", json!({"reason": reason}));
        self.closing = true;
        self.to_say.clear();
        if self.speaker.utterance().is_some() {
            self.fall_silent()?;
            // The fade is the last that leaves the loudspeaker.
            while self.speaker.block(self.now).is_some() {
                self.now += TICK;
            }
            self.assessor_speech()?;
        }
        // Words that cannot be recognised any more must not keep the rest from being scored and sealed.
        if let Err(error) = self.last_words() {
            let detail = format!("{error:#}");
            self.setup.journal.event(self.now, "failure", json!({"detail": detail}));
        }
        self.answer_kept();
        self.input(Input::Stop { reason })
    }

    /// Hears to its end what was said until now.
    fn last_words(&mut self) -> Result<()> {
        let (segment, finished) = self.setup.mind.finish(self.now);
        if let Some((number, segment)) = segment {
            self.order(Order::Recognise { number, segment })?;
        }
        if let Some(finished) = finished {
            self.turn(finished)?;
        }
        let latest = self.now + LAST_WORDS;
        while self.setup.mind.awaits_words() && self.now < latest {
            self.now += TICK;
            self.setup.work.linger();
            for words in self.deliver()?.0 {
                if let Some(finished) = self.setup.mind.words(words) {
                    self.turn(finished)?;
                }
            }
        }
        Ok(())
    }
}
