//! What the assessor says: from the conversation's orders to the loudspeaker, and back to what was heard.

use anyhow::{Context as _, Result};
use serde_json::json;
use viva_assessment::conversation::{EventKind, Input};
use viva_behaviour::{Event, Role};
use viva_exchange::{HeardUntil, Speaker as Who, Utterance};
use viva_media::{SAMPLE_RATE, TimeSpan, Timestamp};
use viva_speech::{Spoken, VoiceProfile};

use super::caption::Caption;
use super::driver::Driver;
use super::examiner::{AskedWording, Step};
use super::inputs::RecordedInput;
use super::journal::Media;
use super::loudspeaker::Saying;
use super::preparation::Claimed;
use super::work::{Order, elapsed, stopwatch};

/// The names under which the meter reports.
const ANSWER: &str =
    "response latency: last voiced sample of the candidate's turn -> first sample of the reply";
const CONVERSE: &str = "compute: one input of the conversation";

impl Driver {
    /// Hands an input to the conversation and does what it orders.
    pub(super) fn input(&mut self, input: Input) -> Result<()> {
        self.setup.journal.event(self.now, "input", RecordedInput::from(&input));
        let clock = stopwatch();
        let step = self.setup.examiner.handle(self.now, input);
        self.meter.push(CONVERSE, elapsed(clock));
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
        if self.closing {
            return Ok(());
        }
        self.to_say.extend(step.say);
        for asked in step.wordings {
            self.word(asked)?;
        }
        self.synthesise()
    }

    /// Asks for a wording, where the same was not asked for ahead.
    fn word(&mut self, asked: AskedWording) -> Result<()> {
        match self.claim_wording(&asked) {
            Some((number, Some(worded))) => {
                self.setup.journal.wording(self.now, number, asked.request, &worded);
                self.input(Input::Wording { request: asked.request, text: worded.text })
            }
            Some((number, None)) => {
                self.awaited_wording = Some(number);
                Ok(())
            }
            None => {
                let number = self.asked_wordings;
                self.asked_wordings += 1;
                self.awaited_wording = Some(number);
                self.order(Order::Word { number, asked })
            }
        }
    }

    /// The candidate went on before this was said. A question is left out, and the conversation told so: it will ask again in the
    /// light of what follows. What is no question is said later.
    pub(super) fn withhold(&mut self, utterance: Utterance) -> Result<()> {
        if utterance.question.is_none() {
            self.to_say.push_front(utterance);
            return Ok(());
        }
        self.setup.journal.event(self.now, "unsaid", &utterance);
        // Should nothing follow after all, it is asked again as after any silence.
        self.question_end.get_or_insert(self.now);
        self.input(Input::BargeIn { at: self.now, utterance: utterance.id })?;
        self.input(Input::Heard(HeardUntil {
            utterance: utterance.id,
            at: self.now,
            text_bytes: 0,
            finished: true,
        }))
    }

    /// Questions that wait behind something that was talked over are left out, too.
    pub(super) fn withhold_questions(&mut self) -> Result<()> {
        while let Some(at) = self.to_say.iter().position(|utterance| utterance.question.is_some()) {
            let Some(utterance) = self.to_say.remove(at) else { break };
            self.withhold(utterance)?;
        }
        Ok(())
    }

    /// Orders the next utterance's sound, one at a time. While an answer is acknowledged the reply's sound is made and waits.
    fn synthesise(&mut self) -> Result<()> {
        if self.is_acknowledging() && !self.closing && !self.candidate_has_floor() {
            return match self.to_say.front().cloned() {
                Some(next) if self.awaited_speech.is_none() => self.voice_ahead(next),
                _ => Ok(()),
            };
        }
        let busy = self.closing || self.awaited_speech.is_some() || self.speaker.utterance().is_some();
        if busy || self.candidate_has_floor() {
            return Ok(());
        }
        let Some(utterance) = self.to_say.pop_front() else { return Ok(()) };
        match self.claim_sound(&utterance) {
            Claimed::Ready(spoken) => return self.speak(utterance, *spoken),
            Claimed::Coming(number) => {
                self.awaited_speech = Some(number);
                self.awaited_utterance = Some(utterance);
                return Ok(());
            }
            Claimed::Nothing => {}
        }
        let voice = voice_of(&utterance)?;
        let (number, seed) = self.next_sound(&utterance);
        self.awaited_speech = Some(number);
        self.awaited_utterance = Some(utterance.clone());
        self.order(Order::Speak { number, utterance, voice, seed })
    }

    /// Number of the next order for a sound, and the seed of the sound: that of the utterance, so that it sounds the same whether it
    /// was made ahead or not, and however many others were.
    pub(super) fn next_sound(&mut self, utterance: &Utterance) -> (u64, u64) {
        self.asked_speech += 1;
        let by = if self.setup.mind.speculates() { u64::from(utterance.id.0) + 1 } else { self.asked_speech };
        (self.asked_speech, self.setup.seed.wrapping_add(by))
    }

    pub(super) fn speak(&mut self, utterance: Utterance, spoken: Spoken) -> Result<()> {
        if self.reported > Timestamp::ZERO {
            self.meter.push(ANSWER, self.now - self.reported);
            self.reported = Timestamp::ZERO;
        }
        self.clear_sounds();
        self.begin(utterance, spoken, Saying::Utterance)
    }

    /// An utterance begins on the loudspeaker, in the face and in the record.
    pub(super) fn begin(&mut self, utterance: Utterance, spoken: Spoken, what: Saying) -> Result<()> {
        let length = TimeSpan::from_samples(spoken.samples.len() as u64, SAMPLE_RATE);
        self.setup.journal.event(self.now, "utterance", &utterance);
        self.role = utterance.speaker;
        let is_character = self.role == Who::Character;
        let who = if is_character { "Character" } else { "Examiner" };
        self.caption = Caption { who, text: utterance.text.clone(), said: 0 };
        let role = if is_character { Role::Character } else { Role::Examiner };
        self.setup.face.push(self.now, Event::Role(role));
        self.setup
            .face
            .push(self.now, Event::Affect { affect: utterance.affect, level: utterance.affect_level });
        if let (Some(_), Some(asked)) = (utterance.question, self.setup.examiner.asked()) {
            // A follow-up and a question that is asked again are no new topic.
            let new =
                asked.question_id.filter(|id| asked.probe.is_none() && self.topic.as_deref() != Some(id));
            if let Some(id) = new {
                self.topic = Some(id.to_owned());
                self.setup.face.push(self.now, Event::Topic);
            }
            self.setup.candidate.hears(self.now, length, &asked)?;
        }
        self.setup.loudspeaker.begin(&spoken.samples, self.now, what)?;
        let visemes = self.speaker.start(utterance, spoken, self.now);
        self.setup.face.push(self.now, Event::StartSpeaking { visemes, until: self.now + length });
        Ok(())
    }

    /// Stops in the middle of an utterance; what was not heard was not said.
    pub(super) fn fall_silent(&mut self) -> Result<()> {
        let cut = self.setup.loudspeaker.cut(self.now);
        // The end of a session comes to its end without a loudspeaker, too.
        let heard = cut.or_else(|error| if self.closing { Ok(self.now) } else { Err(error) })?;
        self.setup.journal.event(self.now, "cut", json!({"heard_ns": heard.as_nanos()}));
        self.speaker.stop(self.now, heard);
        self.setup.face.push(self.now, Event::StopSpeaking);
        Ok(())
    }

    /// What has ended on the loudspeaker becomes a turn, a report and perhaps a question that waits.
    pub(super) fn assessor_speech(&mut self) -> Result<()> {
        self.caption.said = self.caption.said.max(self.speaker.said(self.now));
        let done = self.speaker.poll_done(self.now).map_or(Ok(None), |done| self.acknowledged(done))?;
        if let Some(done) = done {
            self.assessor_end = Some(done.end);
            if let Some(turn) = done.turn(self.setup.journal.next_turn()) {
                self.keep_turn(done.utterance.id, turn);
            }
            self.setup.journal.event(self.now, "heard", &done.heard);
            self.setup.face.push(self.now, Event::Listening);
            if done.utterance.question.is_none()
                && done.heard.text_bytes * 2 < done.utterance.text.len()
                && !self.closing
            {
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
            if awaits_answer {
                self.make_acknowledgement()?;
            }
        }
        self.synthesise()
    }
}

pub(super) fn voice_of(utterance: &Utterance) -> Result<VoiceProfile> {
    VoiceProfile::built_in(&utterance.voice).with_context(|| {
        format!("the exam asks for a voice {:?}; there are {:?}", utterance.voice, VoiceProfile::NAMES)
    })
}
