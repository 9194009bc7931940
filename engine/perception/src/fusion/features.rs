//! The state as numbers for a network, in a fixed order.

use viva_exchange::QuestionKind;

use super::InterlocutorState;
use crate::voice::{MEL_BANDS, MEL_FRAMES};

const MEL: usize = MEL_FRAMES * MEL_BANDS;

/// Which stream a feature comes from; a stream that is missing or switched off has zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureGroup {
    /// Spectrum, activity, level and pitch of the candidate's voice.
    Voice,
    /// The turn so far and the speaker's pauses.
    Turn,
    /// The assessor's own voice.
    Own,
    /// Kind and expected length of the question.
    Question,
    /// Movements of the face.
    Face,
    /// Words of the turn so far.
    Words,
}

impl FeatureGroup {
    /// Every stream.
    pub const ALL: [Self; 6] = [Self::Voice, Self::Turn, Self::Own, Self::Question, Self::Face, Self::Words];

    /// How it is called on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Turn => "turn",
            Self::Own => "own",
            Self::Question => "question",
            Self::Face => "face",
            Self::Words => "words",
        }
    }

    /// The places of its features.
    #[must_use]
    pub fn places(self) -> Vec<usize> {
        feature_names().enumerate().filter(|(_, (_, of))| *of == self).map(|(i, _)| i).collect()
    }
}

/// Features after the spectrum, in the order in which [`InterlocutorState::write_features`] writes them.
const SCALARS: [(&str, FeatureGroup); 41] = {
    use FeatureGroup::{Face, Own, Question, Turn, Voice, Words};
    [
        ("p_speech", Voice),
        ("speaking", Voice),
        ("silence", Voice),
        ("silence_log", Voice),
        ("speech_run_log", Voice),
        ("over_noise", Voice),
        ("under_speech", Voice),
        ("voiced", Voice),
        ("pitch", Voice),
        ("last_pitch", Voice),
        ("pitch_slope", Voice),
        ("since_pitch", Voice),
        ("gap", Voice),
        ("turn_log", Turn),
        ("turn_speech_log", Turn),
        ("pauses", Turn),
        ("last_pause_log", Turn),
        ("longest_pause_log", Turn),
        ("pace", Turn),
        ("pauses_known", Turn),
        ("own_speaking", Own),
        ("own_since_log", Own),
        ("own_level", Own),
        ("own_recent", Own),
        ("over_own", Own),
        ("question_known", Question),
        ("question_yesno", Question),
        ("question_closed", Question),
        ("question_open", Question),
        ("question_statement", Question),
        ("expected_log", Question),
        ("said_over_expected", Question),
        ("face_present", Face),
        ("mouth_open", Face),
        ("towards_screen", Face),
        ("head_yaw", Face),
        ("head_pitch", Face),
        ("nodded", Face),
        ("words_known", Words),
        ("words_log", Words),
        ("words_age", Words),
    ]
};

/// Features of one tick: 80 of the spectrum, then the scalars.
pub const FEATURES: usize = MEL + SCALARS.len();

/// Name and stream of each feature, in order.
pub fn feature_names() -> impl Iterator<Item = (String, FeatureGroup)> {
    let mel = (0..MEL).map(|i| (format!("mel_{}_{}", i / MEL_BANDS, i % MEL_BANDS), FeatureGroup::Voice));
    mel.chain(SCALARS.iter().map(|(name, group)| ((*name).to_owned(), *group)))
}

impl InterlocutorState {
    /// Writes the features of this state. All are finite and of the order of 1.
    pub fn write_features(&self, out: &mut [f32; FEATURES]) {
        let log = |secs: f32| (1.0 + secs.max(0.0)).ln();
        let flag = |on: bool| if on { 1.0 } else { 0.0 };
        for (slot, value) in out.iter_mut().zip(&self.mel) {
            *slot = (value + 3.0) / 2.0;
        }
        let asked = |kind| flag(self.question.is_some_and(|q| q.kind == kind));
        // A planned length of 0 means that nobody planned.
        let expected = self.question.map(|q| q.expected_s).filter(|s| s.is_finite() && *s > 0.0);
        let face = |value: fn(&super::state::FaceState) -> f32| self.face.as_ref().map_or(0.0, value);
        let scalars: [f32; SCALARS.len()] = [
            self.p_speech,
            flag(self.speaking),
            self.silence_secs.min(1.0),
            log(self.silence_secs.min(10.0)),
            log(self.speech_run_secs.min(30.0)),
            self.over_noise_db / 40.0,
            self.under_speech_db.max(-60.0) / 30.0,
            flag(self.pitch_octaves.is_some()),
            2.0 * self.pitch_octaves.unwrap_or(0.0).clamp(-2.0, 2.0),
            2.0 * self.last_pitch_octaves.clamp(-2.0, 2.0),
            self.pitch_slope / 2.0,
            self.since_pitch_secs.min(2.0),
            flag(self.gap),
            log(self.turn_secs.min(120.0)),
            log(self.turn_speech_secs.min(120.0)),
            self.pauses.in_turn.min(12) as f32 / 4.0,
            log(self.pauses.last_secs),
            log(self.pauses.longest_secs),
            self.pauses.pace(),
            self.pauses.known.min(12) as f32 / 6.0,
            flag(self.own.speaking),
            log(self.own_secs),
            (self.own.level.0 + 60.0).max(0.0) / 40.0,
            (self.own_recent_db + 60.0).max(0.0) / 40.0,
            (self.over_noise_db - (self.own_recent_db + 60.0).max(0.0)) / 40.0,
            flag(self.question.is_some()),
            asked(QuestionKind::Yesno),
            asked(QuestionKind::Closed),
            asked(QuestionKind::Open),
            asked(QuestionKind::Statement),
            expected.map_or(0.0, f32::ln),
            expected.map_or(0.0, |s| (self.turn_speech_secs / s).min(4.0)),
            flag(self.face.is_some()),
            face(|f| f.mouth_open),
            face(|f| if f.towards_screen { 1.0 } else { 0.0 }),
            face(|f| f.head_yaw),
            face(|f| f.head_pitch),
            face(|f| if f.nodded { 1.0 } else { 0.0 }),
            flag(self.words.is_some()),
            self.words.map_or(0.0, |(count, _)| (1.0 + count as f32).ln()),
            self.words.map_or(0.0, |(_, age)| age.min(10.0) / 4.0),
        ];
        for (slot, value) in out[MEL..].iter_mut().zip(scalars) {
            *slot = if value.is_finite() { value } else { 0.0 };
        }
    }
}
