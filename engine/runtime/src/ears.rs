//! From 20 ms of sound to what is known of the interlocutor: the same for a session, a trial and training.

use viva_exchange::QuestionContext;
use viva_floor::protocol::Case;
use viva_media::{AudioBlock, Decibels, Timestamp};
use viva_perception::face::FaceObservation;
use viva_perception::fusion::{
    Fusion, FusionInput, InterlocutorState, OwnSpeech, PartialWords, PauseStatistics,
};
use viva_perception::voice::{VoiceActivity, VoiceConfig, VoiceFeatures, VoiceTracker};

/// Level of the assessor's voice where a labelled case gives its times only.
const OWN_LEVEL: Decibels = Decibels(-25.0);

/// What else is known on a tick, beside the candidate's sound.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The assessor's own voice.
    pub own: OwnSpeech,
    /// The question that waits for an answer.
    pub question: Option<QuestionContext>,
    /// The newest observation of the face.
    pub face: Option<&'a FaceObservation>,
    /// Words of the running turn.
    pub words: Option<PartialWords>,
}

impl Surroundings<'_> {
    /// Nobody speaks, nothing was asked, nobody is seen.
    pub const NONE: Self = Self { own: OwnSpeech::SILENT, question: None, face: None, words: None };

    /// What a labelled case tells of the tick that ends `at`: the same for a trial and for training.
    /// `own_rms` is the loudness of the assessor's own voice in it, where the case has its sound.
    #[must_use]
    pub fn of_case(case: &Case, at: Timestamp, own_rms: Option<f32>) -> Self {
        let speaking = case.assessor_speaks(at);
        let level = own_rms.map_or(OWN_LEVEL, Decibels::from_amplitude);
        let own = if speaking { OwnSpeech { speaking, level } } else { OwnSpeech::SILENT };
        Self { own, question: case.question(), ..Self::NONE }
    }
}

/// Voice and fusion, in the order in which the data passes.
#[derive(Debug)]
pub struct Ears {
    voice: VoiceTracker,
    fusion: Fusion,
}

impl Ears {
    /// Ears that have heard nothing.
    #[must_use]
    pub fn new(activity: Box<dyn VoiceActivity>, config: VoiceConfig) -> Self {
        Self { voice: VoiceTracker::new(activity, config), fusion: Fusion::default() }
    }

    /// Takes one tick.
    pub fn step(
        &mut self,
        audio: &AudioBlock,
        around: &Surroundings<'_>,
    ) -> (VoiceFeatures, &InterlocutorState) {
        let voice = self.voice.step(audio);
        let state = self.fusion.step(&FusionInput {
            audio,
            voice: &voice,
            own: around.own,
            question: around.question,
            face: around.face,
            words: around.words,
        });
        (voice, state)
    }

    /// A new session, with a speaker whose pauses are known (or not: the default).
    pub fn reset(&mut self, known: PauseStatistics) {
        self.voice.reset();
        self.fusion = Fusion::knowing(known);
    }

    /// What is known of the speaker's pauses.
    #[must_use]
    pub fn pauses(&self) -> PauseStatistics {
        self.fusion.state().pauses
    }
}
