//! The reply before the floor is taken: thought out on a fork of the conversation, worded and voiced ahead.
//!
//! Nothing of it reaches the conversation or its record of decisions. At the commit the real conversation is asked with the real turn,
//! and only where it orders the very same utterance, or asks for the very same wording of the same facts, is what was prepared used.
//! So a preparation can be late or wrong, and never changes what is said.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use viva_assessment::Input;
use viva_exchange::{Observation, Utterance};
use viva_media::TimeSpan;
use viva_runtime::{Ahead, Fallen, FinishedTurn, MindOutput, Prospect};
use viva_speech::Spoken;

use super::driver::Driver;
use super::examiner::{AskedWording, Examiner, Step};
use super::saying::voice_of;
use super::work::{KINDS, Order, Piece, REPLY, SPEECH, WORDING, WORDS, Worded};

/// Sounds that wait for their moment. An answer with many pauses makes several replies likely in turn; the oldest goes.
const MOST_SOUNDS: usize = 4;

/// The names under which the meter reports.
const USED: &str = "work ahead that was used: one piece";
const WASTED: &str = "work ahead that was thrown away: one piece";

/// What was worked on ahead and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Tally {
    /// Pieces of work that were begun before the floor was taken.
    pub(crate) prepared: u32,
    /// Those whose results were used.
    pub(crate) used: u32,
    /// Those whose results were thrown away.
    pub(crate) wasted: u32,
    /// Seconds of work in the pieces that were used.
    pub(crate) used_secs: f64,
    /// Seconds of work that were thrown away.
    pub(crate) wasted_secs: f64,
}

/// A piece of work ahead: its outcome and its cost come in either order.
struct Open {
    /// Under which it is counted.
    name: &'static str,
    took: Option<TimeSpan>,
    is_used: Option<bool>,
}

/// A sound that may be the next to be heard.
struct Sound {
    number: u64,
    utterance: Utterance,
    spoken: Option<Box<Spoken>>,
}

/// A wording that may be asked for.
struct AheadWording {
    number: u64,
    asked: AskedWording,
    worded: Option<Worded>,
}

/// The reply to the turn as it would be.
struct Reply {
    number: u64,
    fork: Option<Box<Examiner>>,
    wording: Option<AheadWording>,
}

/// Everything that is prepared. Memory: one fork of the conversation and [`MOST_SOUNDS`] utterances.
#[derive(Default)]
pub(super) struct Preparation {
    replies: u64,
    reply: Option<Reply>,
    sounds: Vec<Sound>,
    open: BTreeMap<Piece, Open>,
    tally: BTreeMap<&'static str, Tally>,
    /// Pieces that were used, whatever they took.
    used: usize,
}

/// What there is of a sound that is wanted now.
pub(super) enum Claimed {
    Ready(Box<Spoken>),
    /// It is being made, by this order.
    Coming(u64),
    Nothing,
}

impl Driver {
    /// Follows the mind's work ahead on one tick.
    pub(super) fn prepare(&mut self, output: &mut MindOutput) -> Result<()> {
        if let Some(Fallen { stretch }) = output.fallen.take() {
            if let Some(number) = stretch {
                self.drop_piece((WORDS, u64::from(number)));
            }
            self.drop_reply();
        }
        if let Some(number) = output.kept {
            self.resolve((WORDS, u64::from(number)), true);
        }
        if let Some(Ahead { number, segment, is_early }) = output.ahead.take() {
            let name = if is_early { "early look" } else { KINDS[WORDS].0 };
            self.order_ahead(name, Order::Recognise { number, segment })?;
            if is_early {
                // Its words are not those of the turn, whatever they bring about.
                self.resolve((WORDS, u64::from(number)), false);
            }
        }
        match output.prospect.take() {
            Some(prospect) => self.consider(prospect),
            None => Ok(()),
        }
    }

    /// Pieces of work ahead that were used so far.
    pub(super) fn used_pieces(&self) -> usize {
        self.preparation.used
    }

    /// What became of the work ahead, by kind.
    pub(crate) fn speculation(&self) -> BTreeMap<&'static str, Tally> {
        self.preparation.tally.clone()
    }

    /// Asks a fork what the conversation would say to the turn as it would be.
    fn consider(&mut self, Prospect { turn, is_early }: Prospect) -> Result<()> {
        self.drop_reply();
        if is_early {
            self.heard_early(turn.turn.text());
        }
        if !self.setup.asks || self.closing || self.setup.examiner.outcome().is_some() {
            return Ok(());
        }
        let number = self.preparation.replies;
        self.preparation.replies += 1;
        let turn = self.numbered(turn);
        let seen = self.setup.sight.so_far(number, &turn.turn);
        if let Some(sentence) = &seen {
            let body = json!({"reply": number, "sentence": sentence});
            self.setup.journal.event(self.now, "visible_so_far", body);
        }
        let fork = Box::new(self.setup.examiner.fork());
        self.preparation.reply = Some(Reply { number, fork: None, wording: None });
        self.order_ahead(
            KINDS[REPLY].0,
            Order::Consider { number, at: self.now, fork, inputs: inputs(turn, seen) },
        )
    }

    /// The fork has been asked.
    pub(super) fn considered(&mut self, number: u64, fork: Box<Examiner>, step: Step) -> Result<()> {
        let Some(reply) = self.preparation.reply.as_mut().filter(|reply| reply.number == number) else {
            return Ok(());
        };
        reply.fork = Some(fork);
        if let Some(asked) = step.wordings.into_iter().next() {
            let number = self.asked_wordings;
            self.asked_wordings += 1;
            reply.wording = Some(AheadWording { number, asked: asked.clone(), worded: None });
            self.order_ahead(KINDS[WORDING].0, Order::Word { number, asked })?;
        }
        // A link is over before the question behind it could be voiced.
        let question = step.say.iter().position(|utterance| utterance.question.is_some()).unwrap_or(0);
        step.say.into_iter().take(question.min(1) + 1).try_for_each(|utterance| self.voice_ahead(utterance))
    }

    /// A language model's words have arrived. Gives them back where they were asked in earnest.
    pub(super) fn worded_ahead(
        &mut self,
        number: u64,
        request: u32,
        worded: Worded,
    ) -> Result<Option<Worded>> {
        if self.awaited_wording == Some(number) {
            self.awaited_wording = None;
            return Ok(Some(worded));
        }
        self.setup.journal.wording_ahead(self.now, number, request, &worded);
        let Some(reply) = self.preparation.reply.as_mut() else { return Ok(None) };
        let Some(ahead) = reply.wording.as_mut().filter(|ahead| ahead.number == number) else {
            return Ok(None);
        };
        ahead.worded = Some(worded.clone());
        let input = Input::Wording { request, text: worded.text };
        let step = reply.fork.as_mut().map(|fork| fork.handle(self.now, input)).unwrap_or_default();
        step.say.into_iter().next().map_or(Ok(()), |utterance| self.voice_ahead(utterance))?;
        Ok(None)
    }

    /// The conversation asks for a wording: the same words may have been asked for ahead. `None` where they have not.
    pub(super) fn claim_wording(&mut self, asked: &AskedWording) -> Option<(u64, Option<Worded>)> {
        let reply = self.preparation.reply.as_mut()?;
        let ahead = reply.wording.take_if(|ahead| ahead.asked == *asked)?;
        self.resolve((WORDING, ahead.number), true);
        Some((ahead.number, ahead.worded))
    }

    /// Begins the sound of an utterance that is likely to be said next.
    pub(super) fn voice_ahead(&mut self, utterance: Utterance) -> Result<()> {
        if self.preparation.sounds.iter().any(|sound| sound.utterance == utterance) {
            return Ok(());
        }
        // A voice that does not exist is told when the utterance is really said.
        let Ok(voice) = voice_of(&utterance) else { return Ok(()) };
        if self.preparation.sounds.len() >= MOST_SOUNDS {
            let oldest = self.preparation.sounds.remove(0);
            self.drop_piece((SPEECH, oldest.number));
        }
        let (number, seed) = self.next_sound(&utterance);
        self.preparation.sounds.push(Sound { number, utterance: utterance.clone(), spoken: None });
        self.order_ahead(KINDS[SPEECH].0, Order::Speak { number, utterance, voice, seed })
    }

    /// A sound has arrived that nobody waits for yet.
    pub(super) fn voiced_ahead(&mut self, number: u64, spoken: Box<Spoken>) {
        if let Some(sound) = self.preparation.sounds.iter_mut().find(|sound| sound.number == number) {
            sound.spoken = Some(spoken);
        }
    }

    /// The sound of an utterance that is due has arrived, and something else is still on the loudspeaker.
    pub(super) fn keep_sound(&mut self, number: u64, utterance: Utterance, spoken: Box<Spoken>) {
        self.to_say.push_front(utterance.clone());
        self.preparation.sounds.push(Sound { number, utterance, spoken: Some(spoken) });
    }

    /// The conversation orders an utterance: its sound may be there.
    pub(super) fn claim_sound(&mut self, utterance: &Utterance) -> Claimed {
        let Some(at) = self.preparation.sounds.iter().position(|sound| sound.utterance == *utterance) else {
            return Claimed::Nothing;
        };
        let Sound { number, spoken, .. } = self.preparation.sounds.remove(at);
        self.resolve((SPEECH, number), true);
        spoken.map_or(Claimed::Coming(number), Claimed::Ready)
    }

    /// The turn has been answered: what was prepared and did not come to be said is of no use for another.
    pub(super) fn answered(&mut self, is_used: bool) {
        if let Some(Reply { number, wording, .. }) = self.preparation.reply.take() {
            self.resolve((REPLY, number), is_used);
            if let Some(wording) = wording {
                self.drop_piece((WORDING, wording.number));
            }
        }
    }

    /// An utterance is being said: those that were likely in its place are not. What is said after it stays.
    pub(super) fn clear_sounds(&mut self) {
        let sounds = std::mem::take(&mut self.preparation.sounds);
        let (next, others): (Vec<_>, Vec<_>) =
            sounds.into_iter().partition(|sound| self.to_say.contains(&sound.utterance));
        self.preparation.sounds = next;
        for sound in others {
            self.drop_piece((SPEECH, sound.number));
        }
    }

    /// What rests on words that were not the last ones. Sounds stay until something is said: the reply may come out the same.
    fn drop_reply(&mut self) {
        if let Some(Reply { number, wording, .. }) = self.preparation.reply.take() {
            self.drop_piece((REPLY, number));
            if let Some(wording) = wording {
                self.drop_piece((WORDING, wording.number));
            }
        }
    }

    pub(super) fn order_ahead(&mut self, name: &'static str, order: Order) -> Result<()> {
        let piece = order.piece();
        self.preparation.open.insert(piece, Open { name, took: None, is_used: None });
        self.preparation.tally.entry(name).or_default().prepared += 1;
        self.tell(name, piece.1, "prepared", None);
        self.order(order)
    }

    pub(super) fn drop_piece(&mut self, piece: Piece) {
        self.setup.work.call_off(piece);
        self.resolve(piece, false);
    }

    /// A piece of work was used or thrown away; the first word on it holds.
    pub(super) fn resolve(&mut self, piece: Piece, is_used: bool) {
        if let Some(open) = self.preparation.open.get_mut(&piece) {
            if open.is_used.is_none() {
                open.is_used = Some(is_used);
                self.preparation.used += usize::from(is_used);
            }
            self.settle(piece);
        }
    }

    /// What a piece of work took.
    pub(super) fn cost(&mut self, piece: Piece, took: TimeSpan) {
        if let Some(open) = self.preparation.open.get_mut(&piece) {
            open.took = Some(took);
            self.settle(piece);
        }
    }

    /// Counts a piece whose outcome and cost are known.
    fn settle(&mut self, piece: Piece) {
        let Some(&Open { name, took: Some(took), is_used: Some(is_used) }) =
            self.preparation.open.get(&piece)
        else {
            return;
        };
        self.preparation.open.remove(&piece);
        let tally = self.preparation.tally.entry(name).or_default();
        if is_used {
            tally.used += 1;
            tally.used_secs += took.as_secs();
        } else {
            tally.wasted += 1;
            tally.wasted_secs += took.as_secs();
        }
        self.meter.push(if is_used { USED } else { WASTED }, took);
        self.tell(name, piece.1, if is_used { "used" } else { "wasted" }, Some(took));
    }

    fn tell(&mut self, name: &str, number: u64, outcome: &str, took: Option<TimeSpan>) {
        let secs = took.map(TimeSpan::as_secs);
        let body = json!({"of": name, "number": number, "outcome": outcome, "secs": secs});
        self.setup.journal.event(self.now, "speculation", body);
    }

    /// A turn with the number that it has, or would have, in the transcript.
    pub(super) fn numbered(&self, mut finished: FinishedTurn) -> FinishedTurn {
        let id = self.setup.journal.next_turn();
        finished.turn.id = id;
        finished.observation.turn = id;
        for event in finished.timing.iter_mut().chain(&mut finished.observation.events) {
            event.turn = id;
        }
        finished
    }
}

/// What the conversation is told of a turn, in this order.
pub(super) fn inputs(finished: FinishedTurn, seen: Option<String>) -> Vec<Input> {
    let turn = finished.turn.id;
    let seen = seen.map(|sentence| Input::Observed(Observation { turn, events: Vec::new(), sentence }));
    let told = [Input::Timing(finished.timing), Input::Observed(finished.observation)];
    told.into_iter().chain(seen).chain([Input::Turn(finished.turn)]).collect()
}
