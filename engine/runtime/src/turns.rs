//! Puts a candidate's turn together: its words, as they arrive, and its timing facts.

use viva_exchange::{Observation, Speaker, TimingEvent, TimingKind, Turn, TurnId, Word};
use viva_floor::FloorHolder;
use viva_media::{TimeSpan, Timestamp};
use viva_perception::voice::{VoiceFeatures, count_syllable_nuclei};
use viva_perception::words::find_repairs;

/// A silence inside a turn counts as a pause from here (250 ms: the usual threshold for second-language speech too).
const SILENT_PAUSE: TimeSpan = TimeSpan::from_millis(250);
/// Envelope kept per turn: ten minutes of ticks.
const MAX_ENVELOPE: usize = 30_000;

/// A candidate's turn with what was measured in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedTurn {
    /// The words with their times.
    pub turn: Turn,
    /// Measured timing.
    pub timing: Vec<TimingEvent>,
    /// The same as a sentence.
    pub observation: Observation,
    /// When the floor was taken.
    pub committed_at: Timestamp,
}

/// A turn that is over and whose words have not all arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Awaited {
    /// Its first voiced moment.
    pub start: Timestamp,
    /// Its last voiced moment.
    pub end: Timestamp,
    /// The words that have arrived, with spaces between.
    pub words: String,
}

/// Collects one turn at a time. Memory: the stretches, words and envelope of one turn.
#[derive(Debug, Default)]
pub struct TurnAssembler {
    open: Draft,
    committed: Option<(Draft, Timestamp)>,
    next_turn: u32,
}

#[derive(Clone, Debug, Default)]
struct Draft {
    stretches: Vec<(Timestamp, Timestamp)>,
    fillers: Vec<(Timestamp, Timestamp)>,
    envelope_db: Vec<f32>,
    voiced: Vec<bool>,
    question_end: Option<Timestamp>,
    awaited: Vec<u32>,
    words: Vec<Word>,
}

impl TurnAssembler {
    /// True while words of the running or the committed turn have not arrived.
    #[must_use]
    pub fn awaits_words(&self) -> bool {
        !self.open.awaited.is_empty()
            || self.committed.as_ref().is_some_and(|(draft, _)| !draft.awaited.is_empty())
    }

    /// The committed turn, while its words have not all arrived.
    #[must_use]
    pub fn awaited(&self) -> Option<Awaited> {
        let (draft, _) = self.committed.as_ref()?;
        let (first, last) = (draft.stretches.first()?, draft.stretches.last()?);
        let words: Vec<&str> = draft.words.iter().map(|word| word.text.as_str()).collect();
        Some(Awaited { start: first.0, end: last.1, words: words.join(" ") })
    }

    /// The number of the next finished turn.
    pub fn set_next_turn(&mut self, id: TurnId) {
        self.next_turn = id.0;
    }

    /// Takes one tick of the voice.
    pub fn step(&mut self, voice: &VoiceFeatures, holder: FloorHolder, assessor_end: Option<Timestamp>) {
        if holder == FloorHolder::Assessor {
            // Listener's signs over the assessor leave nothing behind; speech that took the floor goes on afterwards.
            if !voice.speaking {
                self.open = Draft::default();
            }
        }
        let (true, Some(start)) = (voice.speaking, voice.speech_start) else {
            if let Some(filler) = voice.filled_pause
                && !self.open.stretches.is_empty()
            {
                self.open.fillers.push(filler);
            }
            return;
        };
        let end = voice.speech_end.unwrap_or(voice.at);
        match self.open.stretches.last_mut() {
            Some(last) if last.0 == start => last.1 = end,
            _ => {
                if self.open.stretches.is_empty() {
                    self.open.question_end = assessor_end.filter(|&question_end| question_end <= start);
                }
                self.open.stretches.push((start, end));
            }
        }
        if let Some(filler) = voice.filled_pause {
            self.open.fillers.push(filler);
        }
        if self.open.envelope_db.len() < MAX_ENVELOPE {
            self.open.envelope_db.push(voice.level.0);
            self.open.voiced.push(voice.pitch_hz.is_some());
        }
    }

    /// Says that the words of a stretch are on their way.
    pub fn expect_words(&mut self, segment: u32) {
        self.open.awaited.push(segment);
    }

    /// Takes the words of a stretch.
    pub fn words(&mut self, segment: u32, words: Vec<Word>) {
        let committed = self.committed.as_mut().map(|(draft, _)| draft);
        for draft in committed.into_iter().chain([&mut self.open]) {
            if let Some(at) = draft.awaited.iter().position(|&awaited| awaited == segment) {
                draft.awaited.remove(at);
                draft.words.extend(words);
                return;
            }
        }
    }

    /// The turn is over; it is finished once its words have arrived.
    pub fn commit(&mut self, at: Timestamp) {
        let mut draft = std::mem::take(&mut self.open);
        if let Some((earlier, _)) = self.committed.take() {
            // The floor was given back before the words had arrived: both stretches are one turn.
            draft = earlier.followed_by(draft);
        }
        if !draft.stretches.is_empty() {
            self.committed = Some((draft, at));
        }
    }

    /// The running turn as it would be if it ended `at`, with words that are not counted yet; `None` while others are on their way.
    #[must_use]
    pub fn prospect(&self, words: Vec<Word>, at: Timestamp) -> Option<FinishedTurn> {
        if self.awaits_words() || self.open.stretches.is_empty() {
            return None;
        }
        let mut draft = match &self.committed {
            Some((earlier, _)) => earlier.clone().followed_by(self.open.clone()),
            None => self.open.clone(),
        };
        draft.words.extend(words);
        Some(draft.finish(TurnId(self.next_turn), at))
    }

    /// The finished turn, once.
    pub fn poll(&mut self) -> Option<FinishedTurn> {
        if !self.committed.as_ref()?.0.awaited.is_empty() {
            return None;
        }
        let (draft, committed_at) = self.committed.take()?;
        let id = TurnId(self.next_turn);
        self.next_turn += 1;
        Some(draft.finish(id, committed_at))
    }
}

impl Draft {
    fn followed_by(mut self, later: Self) -> Self {
        self.stretches.extend(later.stretches);
        self.fillers.extend(later.fillers);
        self.envelope_db.extend(later.envelope_db);
        self.voiced.extend(later.voiced);
        self.awaited.extend(later.awaited);
        self.words.extend(later.words);
        self
    }

    fn finish(self, id: TurnId, committed_at: Timestamp) -> FinishedTurn {
        let (start, end) = match (self.stretches.first(), self.stretches.last()) {
            (Some(first), Some(last)) => (first.0, last.1),
            _ => (committed_at, committed_at),
        };
        let mut words = self.words;
        words.sort_by_key(|word| word.start);
        let fact = |kind, start: Timestamp, end: Timestamp| TimingEvent {
            kind,
            start,
            end,
            turn: id,
            value: (end - start).as_secs(),
            words: None,
        };
        let mut timing = Vec::new();
        if let Some(question_end) = self.question_end {
            timing.push(fact(TimingKind::ResponseLatency, question_end, start));
        }
        for pair in self.stretches.windows(2) {
            if pair[1].0 - pair[0].1 >= SILENT_PAUSE {
                timing.push(fact(TimingKind::SilentPause, pair[0].1, pair[1].0));
            }
        }
        timing.extend(self.fillers.iter().map(|&(from, to)| fact(TimingKind::FilledPause, from, to)));
        timing.extend(find_repairs(&words, id));
        let spoken: f64 = self.stretches.iter().map(|(from, to)| (*to - *from).as_secs()).sum();
        if spoken >= 1.0 {
            let syllables = count_syllable_nuclei(&self.envelope_db, &self.voiced);
            timing.push(TimingEvent {
                value: syllables as f64 / spoken,
                ..fact(TimingKind::ArticulationRate, start, end)
            });
        }
        let observation = observe(id, &timing);
        let turn = Turn { id, speaker: Speaker::Candidate, start, end, words };
        FinishedTurn { turn, timing, observation, committed_at }
    }
}

/// The facts as a plain sentence. It says what was measured and nothing about the person.
fn observe(turn: TurnId, timing: &[TimingEvent]) -> Observation {
    let of = |kind| timing.iter().filter(move |event| event.kind == kind);
    let mut parts = Vec::new();
    if let Some(latency) = of(TimingKind::ResponseLatency).next() {
        parts.push(format!("answered after {:.1} s", latency.value.max(0.0)));
    }
    let pauses = of(TimingKind::SilentPause).count();
    if let Some(longest) = of(TimingKind::SilentPause).map(|event| event.value).reduce(f64::max) {
        let times = if pauses == 1 { "once".into() } else { format!("{pauses} times") };
        parts.push(format!("paused {times}, at most {longest:.1} s"));
    }
    let count = |kind, word: &str| {
        let count = of(kind).count();
        (count > 0)
            .then(|| format!("{word} {}", if count == 1 { "once".into() } else { format!("{count} times") }))
    };
    parts.extend(count(TimingKind::FilledPause, "filled a pause"));
    parts.extend(count(TimingKind::Restart, "restarted"));
    parts.extend(
        of(TimingKind::Repair)
            .filter_map(|event| event.words.as_ref())
            .map(|words| format!("corrected \"{words}\"")),
    );
    let sentence = if parts.is_empty() { "answered without a pause".to_owned() } else { parts.join("; ") };
    Observation { turn, events: timing.to_vec(), sentence }
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_media::Decibels;

    fn voice(at_ms: i64, speaking: bool, start_ms: i64, end_ms: i64) -> VoiceFeatures {
        VoiceFeatures {
            at: Timestamp::from_millis(at_ms),
            p_speech: 0.9,
            speaking,
            speech_start: Some(Timestamp::from_millis(start_ms)),
            speech_end: Some(Timestamp::from_millis(end_ms)),
            level: Decibels(if at_ms % 200 < 100 { -20.0 } else { -28.0 }),
            noise_floor: Decibels(-60.0),
            pitch_hz: Some(120.0),
            filled_pause: None,
            gap: false,
        }
    }

    #[test]
    fn a_turn_waits_for_its_words_and_carries_its_pauses() {
        let mut turns = TurnAssembler::default();
        let asked = Some(Timestamp::from_millis(0));
        for at in (1500..3000).step_by(20) {
            turns.step(&voice(at, true, 1500, at), FloorHolder::Candidate, asked);
        }
        for at in (3800..5000).step_by(20) {
            turns.step(&voice(at, true, 3800, at), FloorHolder::Candidate, asked);
        }
        turns.expect_words(7);
        assert_eq!(turns.awaited(), None, "it is not over");
        turns.commit(Timestamp::from_millis(6000));
        assert!(turns.poll().is_none(), "its words have not arrived");
        let awaited = turns.awaited().expect("it is over and its words are on their way");
        assert_eq!(
            (awaited.start.as_millis(), awaited.end.as_millis(), awaited.words.as_str()),
            (1500, 4980, "")
        );
        let word = Word {
            text: "Yes.".into(),
            start: Timestamp::from_millis(1600),
            end: Timestamp::from_millis(1900),
            confidence: 0.9,
        };
        turns.words(7, vec![word]);
        let finished = turns.poll().expect("all words have arrived");
        assert_eq!(finished.turn.text(), "Yes.");
        let kinds: Vec<_> = finished.timing.iter().map(|event| event.kind).collect();
        assert_eq!(
            kinds,
            [TimingKind::ResponseLatency, TimingKind::SilentPause, TimingKind::ArticulationRate]
        );
        assert!(
            finished.observation.sentence.starts_with("answered after 1.5 s; paused once, at most 0.8 s")
        );
        let rate = finished.timing[2].value;
        assert!((3.0..7.0).contains(&rate), "one syllable in 200 ms is 5 per second, not {rate}");
        assert!(turns.poll().is_none() && turns.awaited().is_none(), "a turn is finished once");
    }
}
