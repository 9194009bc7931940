//! What is worked on before the candidate's turn is known to be over.
//!
//! When the floor says that the turn may be over ([`viva_exchange::TurnEventKind::Prepare`]), the open stretch of sound is handed out
//! to be recognised, and once its words are there the turn *as it would be* is told, so that a reply can be thought out and voiced.
//! If nothing is voiced until the stretch is closed, the words count: the stretch is closed with the very samples that were handed
//! out ([`viva_perception::words::Segmenter::peek`]). If something is voiced, all of it falls.
//!
//! An early look at the first moments of an answer finds out which reply is likely, so that its sound can be made while the candidate
//! still speaks. Its words never become words of the turn.

use viva_exchange::{TurnEvent, TurnEventKind, Word};
use viva_media::{TimeSpan, Timestamp};
use viva_perception::voice::VoiceFeatures;
use viva_perception::words::{Segment, Segmenter};

use crate::turns::FinishedTurn;

/// How much is worked on ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeculationConfig {
    /// An answer is looked at once when it has been spoken for so long without a pause; `None` for never. Nor where the recogniser
    /// takes longer than that: the last stretch would wait behind the look.
    pub early_look: Option<TimeSpan>,
    /// How long the recogniser takes, where that is known from before; otherwise the first stretch tells.
    pub recogniser_takes: Option<TimeSpan>,
}

impl Default for SpeculationConfig {
    fn default() -> Self {
        // Enough for the recogniser to find words, and short enough that it is done before most answers end.
        Self { early_look: Some(TimeSpan::from_millis(800)), recogniser_takes: None }
    }
}

/// A stretch to be recognised before it is known whether its words will be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Ahead {
    /// Its number among all stretches.
    pub number: u32,
    /// The sound.
    pub segment: Segment,
    /// True for an early look, whose words never become words of the turn.
    pub is_early: bool,
}

/// A turn as it would be if it ended now.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// The turn.
    pub turn: FinishedTurn,
    /// True where only its first moments are known.
    pub is_early: bool,
}

/// What was worked on has become worthless: the candidate went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallen {
    /// The stretch whose words will not be used, where there was one.
    pub stretch: Option<u32>,
}

/// Keeps what was handed out ahead, and says whether it still stands. Constant memory, beside the words of one stretch.
#[derive(Debug)]
pub(crate) struct Speculation {
    config: SpeculationConfig,
    /// The floor has said that the turn may be over and has not taken it back.
    is_wanted: bool,
    stretch: Option<Stretch>,
    early: Option<Early>,
    has_looked: bool,
    /// For which end of speech the turn has been told.
    told: Option<Timestamp>,
    /// The stretch that the recogniser was given last, and how long it took for the last one that it gave back.
    given: Option<(u32, Timestamp)>,
    takes: Option<TimeSpan>,
}

/// A stretch that was handed out ahead.
#[derive(Debug)]
struct Stretch {
    number: u32,
    start: Timestamp,
    samples: usize,
    speech_end: Timestamp,
    words: Option<Vec<Word>>,
}

#[derive(Debug)]
struct Early {
    number: u32,
    start: Timestamp,
    words: Option<Vec<Word>>,
}

/// What becomes of a stretch that is closed.
pub(crate) enum Closed {
    /// It was handed out before, under this number; its words, where they have arrived.
    Known(u32, Option<Vec<Word>>),
    /// It was not.
    New,
}

impl Speculation {
    pub(crate) fn new(config: SpeculationConfig) -> Self {
        Self {
            config,
            is_wanted: false,
            stretch: None,
            early: None,
            has_looked: false,
            told: None,
            given: None,
            takes: config.recogniser_takes,
        }
    }

    /// The recogniser is given a stretch.
    pub(crate) fn give(&mut self, number: u32, at: Timestamp) {
        self.given = Some((number, at));
    }

    /// The words of a stretch have arrived.
    pub(crate) fn give_back(&mut self, number: u32, at: Timestamp) {
        if let Some((_, given)) = self.given.take_if(|(given, _)| *given == number) {
            self.takes = Some(at - given);
        }
    }

    /// Takes words that have arrived; gives them back where they are of no stretch that was handed out ahead.
    pub(crate) fn words(&mut self, number: u32, words: Vec<Word>) -> Option<Vec<Word>> {
        if let Some(stretch) = self.stretch.as_mut().filter(|stretch| stretch.number == number) {
            stretch.words = Some(words);
        } else if let Some(early) = self.early.as_mut().filter(|early| early.number == number) {
            early.words = Some(words);
        } else {
            return Some(words);
        }
        None
    }

    /// Takes a tick of the candidate's turn; says whether what was handed out has fallen.
    pub(crate) fn hear(&mut self, voice: &VoiceFeatures, events: &[TurnEvent]) -> Option<Fallen> {
        let moved = |end: Timestamp| voice.speech_end != Some(end);
        let stretch = self.stretch.take_if(|stretch| moved(stretch.speech_end));
        let told = self.told.take_if(|end| moved(*end));
        for event in events {
            match event.kind {
                TurnEventKind::Prepare => self.is_wanted = true,
                TurnEventKind::Discard => self.is_wanted = false,
                TurnEventKind::Commit | TurnEventKind::Yield | TurnEventKind::Backchannel => {}
            }
        }
        (stretch.is_some() || told.is_some()).then(|| Fallen { stretch: stretch.map(|s| s.number) })
    }

    /// A stretch that is closed: was it handed out before?
    pub(crate) fn close(&mut self, segment: &Segment) -> Closed {
        let is_same = |stretch: &mut Stretch| {
            (stretch.start, stretch.samples, stretch.speech_end)
                == (segment.start, segment.samples.len(), segment.speech_end)
        };
        match self.stretch.take_if(is_same) {
            Some(stretch) => Closed::Known(stretch.number, stretch.words),
            None => Closed::New,
        }
    }

    /// Something to be recognised ahead.
    pub(crate) fn look(
        &mut self,
        voice: &VoiceFeatures,
        segmenter: &Segmenter,
        number: u32,
    ) -> Option<Ahead> {
        if self.is_wanted && self.stretch.is_none() && (self.told.is_none() || self.told != voice.speech_end)
        {
            let segment = segmenter.peek(voice)?;
            let Segment { start, speech_end, .. } = segment;
            self.has_looked = true;
            self.stretch =
                Some(Stretch { number, start, samples: segment.samples.len(), speech_end, words: None });
            return Some(Ahead { number, segment, is_early: false });
        }
        let takes = self.takes;
        let is_due = self
            .config
            .early_look
            .is_some_and(|length| voice.speech_run() >= length && takes.is_some_and(|takes| takes <= length));
        if self.has_looked || !is_due {
            return None;
        }
        let segment = segmenter.glance(voice)?;
        self.has_looked = true;
        self.early = Some(Early { number, start: segment.start, words: None });
        Some(Ahead { number, segment, is_early: true })
    }

    /// Words with which the turn can be told as it would be, once for each end of speech; with `true` where they are an early look's.
    pub(crate) fn prospect(
        &mut self,
        voice: &VoiceFeatures,
        segmenter: &Segmenter,
    ) -> Option<(Vec<Word>, bool)> {
        let end = voice.speech_end?;
        if self.is_wanted && self.told != Some(end) {
            let words = match (&self.stretch, segmenter.is_open()) {
                (Some(stretch), _) => stretch.words.clone(),
                (None, false) => Some(Vec::new()),
                (None, true) => None,
            };
            if let Some(words) = words {
                self.told = Some(end);
                self.early = None;
                return Some((words, false));
            }
        }
        let early = self.early.take_if(|early| early.words.is_some())?;
        // Words of a stretch that has been closed meanwhile come with that stretch.
        let is_open = segmenter.is_open() && segmenter.open_since() == early.start;
        let words = early.words.filter(|words| is_open && self.told.is_none() && !words.is_empty())?;
        Some((words, true))
    }

    /// The turn is over, or was none: the next is another matter. What was handed out in vain is told.
    pub(crate) fn reset(&mut self) -> Option<Fallen> {
        let next = Self { given: self.given, takes: self.takes, ..Self::new(self.config) };
        let Self { stretch, told, .. } = std::mem::replace(self, next);
        (stretch.is_some() || told.is_some()).then(|| Fallen { stretch: stretch.map(|s| s.number) })
    }
}
