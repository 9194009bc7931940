//! One tick of the engine, in the order in which the data passes.

use viva_exchange::{QuestionContext, TurnEventKind, TurnId, Word};
use viva_floor::forecast::{FloorForecast, Forecaster};
use viva_floor::{Floor, FloorConfig, FloorHolder, FloorInput, FloorTick, Opinion};
use viva_media::{AudioBlock, TimeSpan, Timestamp};
use viva_perception::face::FaceObservation;
use viva_perception::fusion::{FEATURES, OwnSpeech};
use viva_perception::voice::{VoiceActivity, VoiceConfig, VoiceFeatures};
use viva_perception::words::{Segment, Segmenter, SegmenterConfig};

use crate::ears::{Ears, Surroundings};
use crate::turns::{FinishedTurn, TurnAssembler};

/// After the device lost sound the rules judge until the network's memory is whole again.
const MISTRUST_AFTER_GAP: TimeSpan = TimeSpan::from_millis(2500);

/// How the rooms of the mind are set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct MindConfig {
    /// Voice activity.
    pub voice: VoiceConfig,
    /// Cutting for the recogniser.
    pub segments: SegmenterConfig,
    /// Who speaks next.
    pub floor: FloorConfig,
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
    /// The assessor's voice on the loudspeaker.
    pub own: OwnSpeech,
    /// The newest observation of the candidate's face.
    pub face: Option<&'a FaceObservation>,
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
    /// What it was decided from; `None` where the rules judged.
    pub forecast: Option<FloorForecast>,
    /// A stretch for the recogniser with its number.
    pub segment: Option<(u32, Segment)>,
    /// A turn of the candidate that is over and whose words have all arrived.
    pub finished: Option<FinishedTurn>,
}

/// The rooms that think on the 20 ms tick: voice, words' cutting, floor, turns.
pub struct Mind {
    ears: Ears,
    forecaster: Option<Box<dyn Forecaster>>,
    trusted_from: Timestamp,
    segmenter: Segmenter,
    floor: Floor,
    turns: TurnAssembler,
    next_segment: u32,
}

impl std::fmt::Debug for Mind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mind").field("floor", &self.floor).finish_non_exhaustive()
    }
}

impl Mind {
    /// A mind that has heard nothing. Without a forecaster the rules judge alone.
    #[must_use]
    pub fn new(
        config: MindConfig,
        activity: Box<dyn VoiceActivity>,
        forecaster: Option<Box<dyn Forecaster>>,
    ) -> Self {
        Self {
            ears: Ears::new(activity, config.voice),
            forecaster,
            trusted_from: Timestamp::ZERO,
            segmenter: Segmenter::new(config.segments),
            floor: Floor::new(config.floor),
            turns: TurnAssembler::default(),
            next_segment: 0,
        }
    }

    /// Who holds the floor after the last tick.
    #[must_use]
    pub fn holder(&self) -> FloorHolder {
        self.floor.holder()
    }

    /// Why the chosen execution of the forecasting network was given up, where it was.
    #[must_use]
    pub fn forecaster_failure(&self) -> Option<&str> {
        self.forecaster.as_deref().and_then(Forecaster::failure)
    }

    /// True while words of the candidate's turn are on their way.
    #[must_use]
    pub fn awaits_words(&self) -> bool {
        self.turns.awaits_words()
    }

    /// One tick: capture → voice → fusion → forecast → floor → words' cutting → turn.
    pub fn step(&mut self, input: TickInput<'_>) -> MindOutput {
        let (voice, forecast) = self.foresee(&input);
        for arrived in input.words {
            self.turns.words(arrived.segment, arrived.words);
        }
        let floor = self.floor.step(&FloorInput {
            at: voice.at,
            speaking: voice.speaking,
            speech_start: voice.speech_start,
            speech_end: voice.speech_end,
            assessor_speaks: input.own.speaking,
            question: input.question,
            opinion: input.opinion,
            forecast,
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
        MindOutput { segment, finished: self.turns.poll(), voice, floor, forecast }
    }

    /// Closes the turn that is open, at the end of a recording; the words may still be on their way.
    pub fn finish(&mut self, at: Timestamp) -> Option<(u32, Segment)> {
        let (voice, _) = self.ears.step(&AudioBlock::silence(at), &Surroundings::NONE);
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

    /// What is heard, and what follows from it.
    fn foresee(&mut self, input: &TickInput<'_>) -> (VoiceFeatures, Option<FloorForecast>) {
        let around = Surroundings { own: input.own, question: input.question, face: input.face, words: None };
        let (voice, state) = self.ears.step(input.audio, &around);
        if voice.gap {
            self.trusted_from = voice.at + MISTRUST_AFTER_GAP;
        }
        let mut features = [0.0; FEATURES];
        state.write_features(&mut features);
        let in_turn = state.turn_secs > 0.0;
        let forecast = self.forecaster.as_mut().and_then(|forecaster| forecaster.step(&features, in_turn));
        let trusted = voice.at >= self.trusted_from;
        (voice, forecast.filter(|_| trusted))
    }

    /// Speech over the assessor that did not take the floor is a listener's sign, not an answer.
    fn belongs_to_candidate(&self, tick: &FloorTick) -> bool {
        let yielded = tick.events.iter().any(|event| event.kind == TurnEventKind::Yield);
        yielded || self.floor.holder() != FloorHolder::Assessor
    }
}

/// How long after the end of a question an answer is awaited before the conversation is told that there was none.
pub const NO_ANSWER_AFTER: TimeSpan = TimeSpan::from_millis(8000);
