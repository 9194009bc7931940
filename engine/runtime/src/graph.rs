//! One tick of the engine, in the order in which the data passes.

use viva_exchange::{QuestionContext, TurnEventKind, TurnId, Word};
use viva_floor::{FloorHolder, FloorInput, FloorTick, Opinion, Rules, RulesConfig};
use viva_media::{AudioBlock, TimeSpan, Timestamp};
use viva_perception::voice::{VoiceActivity, VoiceConfig, VoiceFeatures, VoiceTracker};
use viva_perception::words::{Segment, Segmenter, SegmenterConfig};

use crate::turns::{FinishedTurn, TurnAssembler};

/// How the rooms of the mind are set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct MindConfig {
    /// Voice activity.
    pub voice: VoiceConfig,
    /// Cutting for the recogniser.
    pub segments: SegmenterConfig,
    /// The floor's rules.
    pub floor: RulesConfig,
}

/// Words of one stretch that have arrived from the recogniser.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrivedWords {
    /// The number that [`MindOutput::segment`] carried.
    pub segment: u32,
    /// The words; none where the recogniser heard none.
    pub words: Vec<Word>,
}

/// All that enters on one tick.
#[derive(Debug)]
pub struct TickInput<'a> {
    /// The candidate's 20 ms; its end is the time of the tick.
    pub audio: &'a AudioBlock,
    /// True while the assessor's voice is on the loudspeaker.
    pub assessor_speaks: bool,
    /// When the assessor's voice was last on the loudspeaker.
    pub assessor_end: Option<Timestamp>,
    /// The question that is waiting for an answer.
    pub question: Option<QuestionContext>,
    /// Opinions on pauses that have arrived since the last tick.
    pub opinion: Option<Opinion>,
    /// Words that have arrived since the last tick.
    pub words: Vec<ArrivedWords>,
}

/// All that leaves on one tick.
#[derive(Clone, Debug)]
pub struct MindOutput {
    /// What is known of the voice.
    pub voice: VoiceFeatures,
    /// What the floor decided.
    pub floor: FloorTick,
    /// A stretch for the recogniser with its number.
    pub segment: Option<(u32, Segment)>,
    /// A turn of the candidate that is over and whose words have all arrived.
    pub finished: Option<FinishedTurn>,
}

/// The rooms that think on the 20 ms tick: voice, words' cutting, floor, turns.
#[derive(Debug)]
pub struct Mind {
    voice: VoiceTracker,
    segmenter: Segmenter,
    floor: Rules,
    turns: TurnAssembler,
    next_segment: u32,
}

impl Mind {
    /// A mind that has heard nothing.
    #[must_use]
    pub fn new(config: MindConfig, activity: Box<dyn VoiceActivity>) -> Self {
        Self {
            voice: VoiceTracker::new(activity, config.voice),
            segmenter: Segmenter::new(config.segments),
            floor: Rules::new(config.floor),
            turns: TurnAssembler::default(),
            next_segment: 0,
        }
    }

    /// Who holds the floor after the last tick.
    #[must_use]
    pub fn holder(&self) -> FloorHolder {
        self.floor.holder()
    }

    /// True while words of the candidate's turn are on their way.
    #[must_use]
    pub fn awaits_words(&self) -> bool {
        self.turns.awaits_words()
    }

    /// One tick: capture → voice → words' cutting → floor → turn.
    pub fn step(&mut self, input: TickInput<'_>) -> MindOutput {
        let voice = self.voice.step(input.audio);
        for arrived in input.words {
            self.turns.words(arrived.segment, arrived.words);
        }
        let floor = self.floor.step(&FloorInput {
            at: voice.at,
            speaking: voice.speaking,
            speech_start: voice.speech_start,
            speech_end: voice.speech_end,
            assessor_speaks: input.assessor_speaks,
            question: input.question,
            opinion: input.opinion,
        });
        let committed = floor.events.iter().any(|event| event.kind == TurnEventKind::Commit);
        let mut segment = self.segmenter.step(input.audio, &voice);
        if committed && segment.is_none() {
            segment = self.segmenter.flush(&voice);
        }
        let segment = segment.filter(|_| self.belongs_to_candidate(&floor)).map(|segment| {
            let number = self.next_segment;
            self.next_segment += 1;
            self.turns.expect_words(number);
            (number, segment)
        });
        self.turns.step(&voice, self.floor.holder(), input.assessor_end);
        if committed {
            self.turns.commit(voice.at);
        }
        MindOutput { segment, finished: self.turns.poll(), voice, floor }
    }

    /// Closes the turn that is open, at the end of a recording; the words may still be on their way.
    pub fn finish(&mut self, at: Timestamp) -> Option<(u32, Segment)> {
        let voice = self.voice.step(&AudioBlock::silence(at));
        let segment = self.segmenter.flush(&voice).map(|segment| {
            let number = self.next_segment;
            self.next_segment += 1;
            self.turns.expect_words(number);
            (number, segment)
        });
        self.turns.commit(at);
        segment
    }

    /// Takes words without a tick, after [`Self::finish`].
    pub fn words(&mut self, arrived: ArrivedWords) -> Option<FinishedTurn> {
        self.turns.words(arrived.segment, arrived.words);
        self.turns.poll()
    }

    /// The number for the next finished turn; whoever keeps the transcript counts the turns of all speakers.
    pub fn set_next_turn(&mut self, id: TurnId) {
        self.turns.set_next_turn(id);
    }

    /// Speech over the assessor that did not take the floor is a listener's sign, not an answer.
    fn belongs_to_candidate(&self, tick: &FloorTick) -> bool {
        let yielded = tick.events.iter().any(|event| event.kind == TurnEventKind::Yield);
        yielded || self.floor.holder() != FloorHolder::Assessor
    }
}

/// How long after the end of a question an answer is awaited before the conversation is told that there was none.
pub const NO_ANSWER_AFTER: TimeSpan = TimeSpan::from_millis(8000);
