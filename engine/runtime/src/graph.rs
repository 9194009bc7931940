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
use crate::speculation::{Ahead, Closed, Fallen, Prospect, Speculation, SpeculationConfig};
use crate::trust::{Mistrust, Trust};
use crate::turns::{Awaited, FinishedTurn, TurnAssembler};

/// How the rooms of the mind are set up.
#[derive(Clone, Copy, Debug)]
pub struct MindConfig {
    /// Voice activity.
    pub voice: VoiceConfig,
    /// Cutting for the recogniser.
    pub segments: SegmenterConfig,
    /// Who speaks next.
    pub floor: FloorConfig,
    /// Work ahead of the floor's decision; `None` where everything waits for it.
    pub speculation: Option<SpeculationConfig>,
}

impl Default for MindConfig {
    fn default() -> Self {
        Self {
            voice: VoiceConfig::default(),
            segments: SegmenterConfig::default(),
            floor: FloorConfig::default(),
            speculation: Some(SpeculationConfig::default()),
        }
    }
}

impl MindConfig {
    /// How sessions were held whose record says nothing of work ahead: a stretch kept the silence after it, and nothing was begun
    /// before the floor was taken.
    #[must_use]
    pub fn without_speculation() -> Self {
        let segments = SegmenterConfig { tail: None, ..SegmenterConfig::default() };
        Self { segments, speculation: None, ..Self::default() }
    }
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
    /// What it was decided from; where no forecast is believed the rules judged, and here is why.
    pub forecast: Result<FloorForecast, Mistrust>,
    /// A stretch for the recogniser with its number.
    pub segment: Option<(u32, Segment)>,
    /// A stretch that is to be recognised ahead: its words may never be used.
    pub ahead: Option<Ahead>,
    /// A stretch that was recognised ahead and whose words count from now on.
    pub kept: Option<u32>,
    /// The turn as it would be if it ended now, told once for each end of speech.
    pub prospect: Option<Prospect>,
    /// What was told or handed out ahead is worth nothing any more.
    pub fallen: Option<Fallen>,
    /// A turn of the candidate that is over and whose words have all arrived.
    pub finished: Option<FinishedTurn>,
}

/// The rooms that think on the 20 ms tick: voice, words' cutting, floor, turns.
pub struct Mind {
    ears: Ears,
    forecaster: Option<Box<dyn Forecaster>>,
    trust: Trust,
    segmenter: Segmenter,
    floor: Floor,
    turns: TurnAssembler,
    speculation: Option<Speculation>,
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
            trust: Trust::default(),
            segmenter: Segmenter::new(config.segments),
            floor: Floor::new(config.floor),
            turns: TurnAssembler::default(),
            speculation: config.speculation.map(Speculation::new),
            next_segment: 0,
        }
    }

    /// Who holds the floor after the last tick.
    #[must_use]
    pub fn holder(&self) -> FloorHolder {
        self.floor.holder()
    }

    /// Whether anything is worked on before the floor is taken.
    #[must_use]
    pub fn speculates(&self) -> bool {
        self.speculation.is_some()
    }

    /// True while words of the candidate's turn are on their way.
    #[must_use]
    pub fn awaits_words(&self) -> bool {
        self.turns.awaits_words()
    }

    /// The turn whose floor was taken, while its words have not all arrived.
    #[must_use]
    pub fn awaited_turn(&self) -> Option<Awaited> {
        self.turns.awaited()
    }

    /// One tick: capture → voice → fusion → forecast → floor → words' cutting → turn.
    pub fn step(&mut self, input: TickInput<'_>) -> MindOutput {
        let (voice, forecast) = self.foresee(&input);
        for arrived in input.words {
            self.arrive(arrived, voice.at);
        }
        let heard = self.trust.heard(&voice);
        let floor = self.floor.step(&FloorInput {
            at: voice.at,
            speaking: heard.speaking,
            speech_start: heard.speech_start,
            speech_end: heard.speech_end,
            sounds: voice.stands_out(),
            assessor_speaks: input.own.speaking,
            question: input.question,
            opinion: input.opinion,
            forecast: forecast.ok(),
        });
        let committed = floor.events.iter().any(|event| event.kind == TurnEventKind::Commit);
        let mut segment = self.segmenter.step(input.audio, &voice);
        if committed && segment.is_none() {
            segment = self.segmenter.flush(&voice);
        }
        let holds_floor = self.belongs_to_candidate(&floor);
        let mut fallen = self.speculation.as_mut().and_then(|ahead| ahead.hear(&voice, &floor.events));
        let (mut kept, mut ahead, mut prospect) = (None, None, None);
        let segment = segment.filter(|_| holds_floor).and_then(|segment| self.hand_over(segment, &mut kept));
        self.turns.step(&voice, self.floor.holder(), input.assessor_end);
        if committed {
            self.turns.commit(voice.at);
        } else if self.floor.holder() == FloorHolder::Candidate {
            ahead = self.look_ahead(&voice);
            prospect = self.prospect(&voice);
        }
        if self.floor.holder() != FloorHolder::Candidate {
            // What is told of a turn that was taken is for the driver to compare; a stretch that was not kept has fallen.
            let left = self.speculation.as_mut().and_then(Speculation::reset);
            fallen = fallen.or(left.filter(|left| !committed || left.stretch.is_some()));
        }
        let given = segment.as_ref().map(|(number, _)| *number).or(ahead.as_ref().map(|ahead| ahead.number));
        if let (Some(number), Some(speculation)) = (given, &mut self.speculation) {
            speculation.give(number, voice.at);
        }
        let finished = self.turns.poll();
        MindOutput { segment, ahead, kept, prospect, fallen, finished, voice, floor, forecast }
    }

    /// Closes the turn that is open, at the end of a session. Either its last stretch is to be recognised, or words are on their way
    /// already, or the turn is there: all of them were recognised ahead.
    pub fn finish(&mut self, at: Timestamp) -> (Option<(u32, Segment)>, Option<FinishedTurn>) {
        let (voice, _) = self.ears.step(&AudioBlock::silence(at), &Surroundings::NONE);
        // What was said over the assessor's voice is no answer at the end, either.
        let is_answer = self.floor.holder() != FloorHolder::Assessor;
        let segment = self.segmenter.flush(&voice).filter(|_| is_answer);
        let segment = segment.and_then(|segment| self.hand_over(segment, &mut None));
        self.turns.commit(at);
        (segment, self.turns.poll())
    }

    /// Words count where their stretch does; what was recognised ahead waits until its stretch is closed.
    fn arrive(&mut self, arrived: ArrivedWords, at: Timestamp) {
        let ArrivedWords { segment, words } = arrived;
        if let Some(ahead) = &mut self.speculation {
            ahead.give_back(segment, at);
        }
        let words = match &mut self.speculation {
            Some(ahead) => ahead.words(segment, words),
            None => Some(words),
        };
        if let Some(words) = words {
            self.turns.words(segment, words);
        }
    }

    /// A stretch that is closed is on its way already, or is to be recognised now.
    fn hand_over(&mut self, segment: Segment, kept: &mut Option<u32>) -> Option<(u32, Segment)> {
        let known = self.speculation.as_mut().map_or(Closed::New, |ahead| ahead.close(&segment));
        let Closed::Known(number, words) = known else {
            let number = self.next_segment;
            self.next_segment += 1;
            self.turns.expect_words(number);
            return Some((number, segment));
        };
        *kept = Some(number);
        self.turns.expect_words(number);
        if let Some(words) = words {
            self.turns.words(number, words);
        }
        None
    }

    fn look_ahead(&mut self, voice: &VoiceFeatures) -> Option<Ahead> {
        let ahead = self.speculation.as_mut()?.look(voice, &self.segmenter, self.next_segment)?;
        self.next_segment += 1;
        Some(ahead)
    }

    fn prospect(&mut self, voice: &VoiceFeatures) -> Option<Prospect> {
        let ahead = self.speculation.as_mut()?;
        if self.turns.awaits_words() {
            return None;
        }
        let (words, is_early) = ahead.prospect(voice, &self.segmenter)?;
        let turn = self.turns.prospect(words, voice.at)?;
        Some(Prospect { turn, is_early })
    }

    /// Takes words without a tick, after [`Self::finish`].
    pub fn words(&mut self, arrived: ArrivedWords) -> Option<FinishedTurn> {
        // Nobody is looked at any more: when it was is no matter.
        self.arrive(arrived, Timestamp::ZERO);
        self.turns.poll()
    }

    /// The number for the next finished turn; whoever keeps the transcript counts the turns of all speakers.
    pub fn set_next_turn(&mut self, id: TurnId) {
        self.turns.set_next_turn(id);
    }

    /// What is heard, and what follows from it.
    fn foresee(&mut self, input: &TickInput<'_>) -> (VoiceFeatures, Result<FloorForecast, Mistrust>) {
        let around = Surroundings { own: input.own, question: input.question, face: input.face, words: None };
        let (voice, state) = self.ears.step(input.audio, &around);
        let mut features = [0.0; FEATURES];
        state.write_features(&mut features);
        let in_turn = state.turn_secs > 0.0;
        let forecast = self.forecaster.as_mut().and_then(|forecaster| forecaster.step(&features, in_turn));
        let forecast = match self.trust.step(input.audio, &voice, input.own.speaking) {
            Some(mistrust) => Err(mistrust),
            None => forecast.ok_or(Mistrust::NoForecast),
        };
        (voice, forecast)
    }

    /// Speech over the assessor that did not take the floor is a listener's sign, not an answer.
    fn belongs_to_candidate(&self, tick: &FloorTick) -> bool {
        let yielded = tick.events.iter().any(|event| event.kind == TurnEventKind::Yield);
        yielded || self.floor.holder() != FloorHolder::Assessor
    }
}

/// How long after the end of a question an answer is awaited before the conversation is told that there was none.
pub const NO_ANSWER_AFTER: TimeSpan = TimeSpan::from_millis(8000);
