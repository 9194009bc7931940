//! A recorded session on the bench: its conversation, and its face performed again from what it was told.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use viva_behaviour::{Behaviour, Block, Cause, Profile};
use viva_exchange::{Speaker, Turn, TurnEvent, TurnEventKind};
use viva_media::{FacePose, TimeSpan, Timestamp};

use super::performance::Performance;
use super::recording::{Recording, Told};
use super::take::{Act, Cue, Take};

/// From one picture of a session's film to the next.
pub(crate) const FRAME: TimeSpan = TimeSpan::from_millis(40);
/// Words that are quoted with a cause.
const QUOTED: usize = 6;

/// How far the face has been had again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Replaying {
    /// Nothing runs: there is no face to be had.
    No,
    Runs,
    Done(String),
    Failed(String),
}

/// The state of an opened session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) end: Timestamp,
    pub(crate) turns: Vec<Turn>,
    pub(crate) floor: Vec<TurnEvent>,
    pub(crate) meter: Vec<String>,
    pub(crate) film: Option<PathBuf>,
    pub(crate) sound: Vec<PathBuf>,
    pub(crate) fault: Option<String>,
    pub(crate) remarks: Vec<String>,
    pub(crate) replaying: Replaying,
    told_until: Timestamp,
    cues: Vec<Cue>,
    check: Check,
    performances: [Box<Performance>; 2],
}

impl Session {
    /// `profiles` are those of A and B; `replays` says whether the session is being run again, which is for whoever has threads.
    pub(crate) fn new(recording: Recording, profiles: [Profile; 2], replays: bool) -> Self {
        let Recording {
            name,
            title,
            seed,
            profile,
            end,
            turns,
            floor,
            digests,
            meter,
            film,
            sound,
            fault,
            remarks,
            face: _,
        } = recording;
        let performances = profiles.map(|profile| Box::new(Performance::new(profile, Take::new(seed))));
        Self {
            name,
            title,
            end,
            turns,
            floor,
            meter,
            film,
            sound,
            fault,
            remarks,
            replaying: if replays { Replaying::Runs } else { Replaying::No },
            told_until: Timestamp::ZERO,
            cues: Vec::new(),
            check: Check::new(profile, seed, digests),
            performances,
        }
    }

    /// Takes in what the replay tells.
    pub(crate) fn hear(&mut self, told: Told) {
        match told {
            Told::Event(at, event) => {
                let cue = Cue { at, act: Act::Recorded(Arc::new(event)) };
                for performance in &mut self.performances {
                    performance.tell(cue.clone());
                }
                self.check.waiting.push_back(cue.clone());
                self.cues.push(cue);
            }
            Told::Until(at) => {
                self.told_until = self.told_until.max(at);
                self.check.go_on(at);
                for performance in &mut self.performances {
                    performance.pose(self.told_until.as_secs());
                }
            }
            Told::End(Ok(told)) => self.replaying = Replaying::Done(told),
            Told::End(Err(told)) => self.replaying = Replaying::Failed(told),
        }
    }

    /// Up to where the face is known.
    pub(crate) fn told_until(&self) -> Timestamp {
        self.told_until
    }

    /// What the face was told so far, in order.
    pub(crate) fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// The face at a time with the profile of one side; where it is not known yet, the last known one.
    pub(crate) fn pose(&mut self, side: usize, secs: f64) -> FacePose {
        self.performances[side].pose(secs.min(self.told_until.as_secs()))
    }

    /// The acts of one side so far.
    pub(crate) fn blocks(&self, side: usize) -> &[Block] {
        self.performances[side].blocks()
    }

    /// Performs all that is known, so that its acts are.
    pub(crate) fn perform(&mut self, side: usize) {
        self.pose(side, f64::INFINITY);
    }

    /// Performs with another profile from the begin.
    pub(crate) fn set_profile(&mut self, side: usize, profile: &Profile) {
        self.performances[side].set_profile(profile);
    }

    /// Whole seconds whose poses are those of the record bit for bit, and the first that is another's.
    pub(crate) fn checked(&self) -> (usize, Option<usize>) {
        (self.check.equal, self.check.differs)
    }

    /// Who speaks at a time, or spoke last.
    pub(crate) fn turn_at(&self, at: Timestamp) -> Option<&Turn> {
        let begun = self.turns.partition_point(|turn| turn.start <= at);
        self.turns[..begun].last()
    }

    /// The begin of the turn before or after a time.
    pub(crate) fn next_turn(&self, at: Timestamp, forward: bool) -> Option<Timestamp> {
        if forward {
            let begun = self.turns.partition_point(|turn| turn.start <= at);
            return self.turns.get(begun).map(|turn| turn.start);
        }
        // A step back from within a turn goes to its begin; from there to the one before.
        let begun = self.turns.partition_point(|turn| turn.start < at - FRAME);
        begun.checked_sub(1).map(|index| self.turns[index].start)
    }

    /// What lay behind the cause of an act: the floor's reason, and the candidate's last words.
    pub(crate) fn behind(&self, block: &Block) -> Option<String> {
        let Cause::Event { name, at } = block.cause else { return None };
        let kind = match name {
            "backchannel opportunity" => Some(TurnEventKind::Backchannel),
            "thinking" => Some(TurnEventKind::Commit),
            "stop speaking" => Some(TurnEventKind::Yield),
            _ => None,
        };
        let decided = kind.and_then(|kind| {
            self.floor.iter().find(|mark| mark.kind == kind && (mark.at - at).as_millis().abs() <= 20)
        });
        let reason = decided.map(|mark| format!("The floor: {}.", mark.reason));
        let words = self.last_words(at);
        let quoted = (!words.is_empty()).then(|| format!("The candidate had said: \"... {words}\"."));
        let parts: Vec<String> = reason.into_iter().chain(quoted).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    fn last_words(&self, at: Timestamp) -> String {
        let spoken = |turn: &&Turn| turn.speaker == Speaker::Candidate && turn.start <= at;
        let Some(turn) = self.turns.iter().rfind(spoken) else { return String::new() };
        let heard = turn.words.partition_point(|word| word.end <= at);
        let words = &turn.words[heard.saturating_sub(QUOTED)..heard];
        words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Performs the examiner's numbers alone and compares each second with the record.
#[derive(Debug)]
struct Check {
    face: Behaviour,
    hash: Sha256,
    waiting: VecDeque<Cue>,
    /// The next picture.
    next: Timestamp,
    digests: Vec<String>,
    equal: usize,
    differs: Option<usize>,
}

impl Check {
    fn new(profile: Profile, seed: u64, digests: Vec<String>) -> Self {
        let face = Behaviour::new(profile, seed);
        let (hash, waiting) = (Sha256::default(), VecDeque::new());
        Self { face, hash, waiting, next: Timestamp::ZERO + FRAME, digests, equal: 0, differs: None }
    }

    fn go_on(&mut self, until: Timestamp) {
        while self.next <= until {
            while let Some(cue) = self.waiting.front().filter(|cue| cue.at <= self.next) {
                self.face.push(cue.at, cue.act.event(cue.at));
                self.waiting.pop_front();
            }
            self.hash.update(self.face.step(self.next).to_bytes());
            let millis = self.next.as_millis();
            if millis % 1000 == 0 {
                self.compare((millis / 1000 - 1) as usize);
            }
            self.next += FRAME;
        }
    }

    fn compare(&mut self, second: usize) {
        let digest = std::mem::take(&mut self.hash).finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        match self.digests.get(second) {
            Some(recorded) if *recorded == hex => self.equal += 1,
            Some(_) => self.differs = self.differs.or(Some(second)),
            None => {}
        }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
