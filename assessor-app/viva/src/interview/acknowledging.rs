//! The neutral word at the end of an answer: made ahead, begun while the reply is not there, and never in its way.
//!
//! Whether and which is the conversation's decision, at the commit. Here it is carried out: the sound is made when the question has been
//! heard, begins one tick after the commit where no reply has begun (two, where its sound is late), and the reply follows it.

use anyhow::Result;
use serde_json::json;
use viva_assessment::Input;
use viva_assessment::conversation::{AnswerSoFar, Unacknowledged};
use viva_behaviour::Event;
use viva_exchange::{HeardUntil, Turn, Utterance, UtteranceId};
use viva_media::{TICK, TimeSpan, Timestamp};
use viva_runtime::FinishedTurn;
use viva_speech::Spoken;

use super::driver::Driver;
use super::loudspeaker::Saying;
use super::saying::voice_of;
use super::speaker::Done;
use super::work::{Order, SPEECH};

/// Ticks after the commit within which it begins, or is left out.
const LATEST: i64 = 2;
/// The name under which work ahead is counted.
const MADE: &str = "acknowledgement";
/// The name under which the meter reports.
const LATENCY: &str = "acknowledgement: last voiced sample of the candidate's turn -> first sample of the acknowledgement, where one was said";

/// An acknowledgement from its sound to its turn in the transcript. Constant memory.
#[derive(Default)]
pub(super) struct Acknowledging {
    /// Made ahead for the answer that is awaited, by this order.
    sound: Option<(u64, Utterance, Option<Box<Spoken>>)>,
    due: Option<Due>,
    /// On the loudspeaker.
    running: Option<UtteranceId>,
    /// The answer's turn is not in the transcript yet; what was said after it waits.
    awaits_answer: bool,
    late: Option<(UtteranceId, Turn)>,
    /// The first words of the running answer, where it was looked at early.
    early: String,
}

/// The conversation allows it.
struct Due {
    since: Timestamp,
    answer_end: Timestamp,
    utterance: Utterance,
}

/// Why an acknowledgement that the conversation allowed was not said.
#[derive(Clone, Copy)]
enum LeftOut {
    ReplyInTime,
    WentOn,
    NoReply,
    LinkFollows,
    SoundNotReady,
}

impl LeftOut {
    const fn name(self) -> &'static str {
        match self {
            Self::ReplyInTime => "reply_in_time",
            Self::WentOn => "went_on",
            Self::NoReply => "no_reply",
            Self::LinkFollows => "link_follows",
            Self::SoundNotReady => "sound_not_ready",
        }
    }
}

impl Driver {
    /// The question has been heard: the sound that its answer may be acknowledged with is made.
    pub(super) fn make_acknowledgement(&mut self) -> Result<()> {
        self.acknowledging.early.clear();
        if !self.setup.mind.speculates() || !self.setup.asks || self.closing {
            return Ok(());
        }
        let Some(utterance) = self.setup.examiner.acknowledgement() else { return Ok(()) };
        if let Some((_, made, _)) = &mut self.acknowledging.sound {
            let id = made.id;
            if (Utterance { id, ..utterance.clone() }) == *made {
                // Only the number is another: the sound is the same.
                made.id = utterance.id;
                return Ok(());
            }
        }
        if let Some((number, ..)) = self.acknowledging.sound.take() {
            self.drop_piece((SPEECH, number));
        }
        // A voice that does not exist is told when the question is said.
        let Ok(voice) = voice_of(&utterance) else { return Ok(()) };
        let (number, seed) = self.next_sound(&utterance);
        self.acknowledging.sound = Some((number, utterance.clone(), None));
        self.order_ahead(MADE, Order::Speak { number, utterance, voice, seed })
    }

    /// Takes a sound that has arrived; gives it back where it is none of an acknowledgement.
    pub(super) fn acknowledgement_made(&mut self, number: u64, spoken: Box<Spoken>) -> Option<Box<Spoken>> {
        match &mut self.acknowledging.sound {
            Some((made, _, slot)) if *made == number => *slot = Some(spoken),
            _ => return Some(spoken),
        }
        None
    }

    /// The first words of an answer are known before its last.
    pub(super) fn heard_early(&mut self, words: String) {
        self.acknowledging.early = words;
    }

    /// The floor is taken: may the answer be acknowledged? `finished` is the turn where its words are all known already.
    pub(super) fn ask_to_acknowledge(&mut self, finished: Option<&FinishedTurn>) {
        let awaited = self.setup.mind.awaited_turn();
        self.acknowledging.awaits_answer = awaited.is_some();
        if !self.setup.mind.speculates() || !self.setup.asks {
            return;
        }
        let (start, end, words) = match (finished, awaited) {
            (Some(FinishedTurn { turn, .. }), _) => (turn.start, turn.end, turn.text()),
            (None, Some(awaited)) => (awaited.start, awaited.end, awaited.words),
            (None, None) => return,
        };
        let early = std::mem::take(&mut self.acknowledging.early);
        let words = if words.is_empty() { early } else { words };
        let answer = AnswerSoFar { secs: (end - start).as_secs(), words: &words };
        match self.setup.examiner.acknowledge(&answer) {
            Ok(utterance) => {
                self.acknowledging.due = Some(Due { since: self.now, answer_end: end, utterance });
            }
            Err(Unacknowledged::NoneListed) => {}
            Err(reason) => self.left_out(json!(reason)),
        }
    }

    /// Begins what is due, where the reply has not begun. `speaks` is true while the candidate is heard.
    pub(super) fn acknowledge(&mut self, speaks: bool) -> Result<()> {
        let Some(Due { since, answer_end, utterance }) = self.acknowledging.due.take() else { return Ok(()) };
        let is_awaited = self.setup.mind.awaits_words()
            || self.awaited_wording.is_some()
            || self.awaited_speech.is_some()
            || !self.to_say.is_empty();
        let reason = if self.speaker.utterance().is_some() {
            LeftOut::ReplyInTime
        } else if self.candidate_has_floor() || speaks {
            LeftOut::WentOn
        } else if !is_awaited || self.closing {
            LeftOut::NoReply
        } else if self.link_follows() {
            LeftOut::LinkFollows
        } else if self.now - since < TICK {
            self.acknowledging.due = Some(Due { since, answer_end, utterance });
            return Ok(());
        } else if let Some(spoken) = self.claim_acknowledgement(&utterance) {
            self.meter.push(LATENCY, self.now - answer_end);
            self.setup.journal.event(
                self.now,
                "acknowledgement",
                json!({"said": true, "utterance": utterance.id}),
            );
            self.acknowledging.running = Some(utterance.id);
            let id = utterance.id;
            self.begin(utterance, *spoken, Saying::Acknowledgement)?;
            return self.input(Input::Acknowledged { utterance: id });
        } else if self.now - since < TimeSpan::from_nanos(LATEST * TICK.as_nanos()) {
            self.acknowledging.due = Some(Due { since, answer_end, utterance });
            return Ok(());
        } else {
            LeftOut::SoundNotReady
        };
        self.left_out(json!(reason.name()));
        Ok(())
    }

    fn left_out(&mut self, because: serde_json::Value) {
        self.setup.journal.event(self.now, "acknowledgement", json!({"said": false, "because": because}));
    }

    fn claim_acknowledgement(&mut self, utterance: &Utterance) -> Option<Box<Spoken>> {
        let (number, _, spoken) =
            self.acknowledging.sound.take_if(|(_, made, spoken)| made == utterance && spoken.is_some())?;
        self.resolve((SPEECH, number), true);
        spoken
    }

    /// The reply is known and begins with words that await no answer, a link or a sentence: they say enough, and are on their way.
    fn link_follows(&self) -> bool {
        let next = self.awaited_speech.and(self.awaited_utterance.as_ref()).or(self.to_say.front());
        next.is_some_and(|utterance| utterance.question.is_none())
    }

    /// True while an acknowledgement keeps the loudspeaker.
    pub(super) fn is_acknowledging(&self) -> bool {
        self.acknowledging.running.is_some()
    }

    /// An acknowledgement has left the loudspeaker, whole or cut. Gives back what was none.
    pub(super) fn acknowledged(&mut self, done: Done) -> Result<Option<Done>> {
        if self.acknowledging.running.take_if(|id| *id == done.utterance.id).is_none() {
            return Ok(Some(done));
        }
        if let Some(turn) = done.turn(self.setup.journal.next_turn()) {
            if self.acknowledging.awaits_answer {
                // It came after the answer, and so does it in the transcript.
                self.acknowledging.late = Some((done.utterance.id, turn));
            } else {
                self.keep_turn(done.utterance.id, turn);
            }
        }
        self.setup.journal.event(self.now, "heard", &done.heard);
        let then = if self.candidate_has_floor() { Event::Listening } else { Event::Thinking };
        self.setup.face.push(self.now, then);
        self.input(Input::Heard(HeardUntil { at: self.now, ..done.heard }))?;
        Ok(None)
    }

    /// The answer is in the transcript, or will never be.
    pub(super) fn answer_kept(&mut self) {
        self.acknowledging.awaits_answer = false;
        if let Some((id, turn)) = self.acknowledging.late.take() {
            let turn = Turn { id: self.setup.journal.next_turn(), ..turn };
            self.keep_turn(id, turn);
        }
    }

    /// What was heard of an utterance, as a turn of the transcript.
    pub(super) fn keep_turn(&mut self, utterance: UtteranceId, turn: Turn) {
        self.utterance_turns.insert(utterance, turn.id.0);
        self.setup.journal.turn(turn);
    }
}
