//! The streams of one tick, joined.

use viva_exchange::QuestionContext;
use viva_media::{AudioBlock, Decibels, TimeSpan, Timestamp};

use super::PauseStatistics;
use crate::face::FaceObservation;
use crate::voice::{MEL_BANDS, MEL_FRAMES, MelStream, VoiceFeatures};

/// The assessor's own voice on the loudspeaker during a tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnSpeech {
    /// It speaks.
    pub speaking: bool,
    /// Level of what left the loudspeaker, for the echo guard.
    pub level: Decibels,
}

impl OwnSpeech {
    /// Nothing on the loudspeaker.
    pub const SILENT: Self = Self { speaking: false, level: Decibels::SILENCE };
}

/// How many words of the running turn have arrived, and until when they reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartialWords {
    /// Words of the turn so far.
    pub count: u32,
    /// End of the newest word.
    pub until: Timestamp,
}

/// All that enters on one tick. A stream that is not there is `None`.
#[derive(Clone, Copy, Debug)]
pub struct FusionInput<'a> {
    /// The candidate's 20 ms.
    pub audio: &'a AudioBlock,
    /// What is known of the voice at its end.
    pub voice: &'a VoiceFeatures,
    /// The assessor's own voice.
    pub own: OwnSpeech,
    /// The question that waits for an answer.
    pub question: Option<QuestionContext>,
    /// The newest observation of the face.
    pub face: Option<&'a FaceObservation>,
    /// Words of the running turn.
    pub words: Option<PartialWords>,
}

/// The interlocutor as known at the end of a tick. Ages are in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct InterlocutorState {
    /// End of the last sample used.
    pub at: Timestamp,
    /// Log-mel spectrum of the tick.
    pub mel: [f32; MEL_FRAMES * MEL_BANDS],
    /// Newest probability of speech.
    pub p_speech: f32,
    /// Speech is on (with the hangover of the voice tracker).
    pub speaking: bool,
    /// Silence since the last voiced moment; 0 while speaking or before the first speech.
    pub silence_secs: f32,
    /// Length of the running stretch of speech, or of the last one.
    pub speech_run_secs: f32,
    /// Level over the noise floor.
    pub over_noise_db: f32,
    /// Level under this speaker's loud speech; 0 is as loud as ever.
    pub under_speech_db: f32,
    /// Pitch against the speaker's own mean, in octaves; `None` where unvoiced.
    pub pitch_octaves: Option<f32>,
    /// Last voiced pitch against the speaker's mean, in octaves, and how it moved over the 200 ms before.
    pub last_pitch_octaves: f32,
    /// Movement of the pitch before its last voiced moment, in octaves per second.
    pub pitch_slope: f32,
    /// Since the last pitch; 10 at most.
    pub since_pitch_secs: f32,
    /// Since the candidate's turn began; 0 before.
    pub turn_secs: f32,
    /// Speech of the running turn.
    pub turn_speech_secs: f32,
    /// The speaker's pauses.
    pub pauses: PauseStatistics,
    /// The assessor's own voice.
    pub own: OwnSpeech,
    /// Since the own voice began (while it speaks) or ended; 60 at most.
    pub own_secs: f32,
    /// Loudest own level of the last 200 ms: an echo is late.
    pub own_recent_db: f32,
    /// The question that waits for an answer.
    pub question: Option<QuestionContext>,
    /// The face with its age; `None` where there is no camera or nobody in front of it.
    pub face: Option<FaceState>,
    /// Words of the running turn with the age of the newest; `None` without a recogniser.
    pub words: Option<(u32, f32)>,
    /// The device lost this tick.
    pub gap: bool,
}

/// Movements of the face that bear on who speaks next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceState {
    /// Age of the observation.
    pub age_secs: f32,
    /// Opening of the lips over the distance of the pupils.
    pub mouth_open: f32,
    /// Head and eyes point towards the screen.
    pub towards_screen: bool,
    /// Head about the vertical axis, in radians.
    pub head_yaw: f32,
    /// Head about the ear-to-ear axis, in radians.
    pub head_pitch: f32,
    /// The head has just nodded.
    pub nodded: bool,
}

/// Observations older than this are no longer believed.
const FACE_STALE_SECS: f64 = 0.5;
/// Ticks over which the slope of the pitch and the recent own level are taken.
const RECENT: usize = 10;
const OWN_AGE_MAX_SECS: f32 = 60.0;

/// Joins the streams, tick by tick. Constant memory, no look-ahead.
#[derive(Debug)]
pub struct Fusion {
    mel: MelStream,
    pauses: PauseStatistics,
    speech_level_db: f32,
    pitch_sum: f64,
    pitch_count: u32,
    pitches: [f32; RECENT],
    last_pitch: Option<(Timestamp, f32, f32)>,
    own_levels: [f32; RECENT],
    own_since: Option<Timestamp>,
    own_speaking: bool,
    turn_start: Option<Timestamp>,
    turn_speech_secs: f32,
    run_secs: f32,
    was_speaking: bool,
    last_end: Option<Timestamp>,
    tick: usize,
    state: InterlocutorState,
}

impl Default for Fusion {
    fn default() -> Self {
        Self {
            mel: MelStream::default(),
            pauses: PauseStatistics::default(),
            speech_level_db: -60.0,
            pitch_sum: 0.0,
            pitch_count: 0,
            pitches: [f32::NAN; RECENT],
            last_pitch: None,
            own_levels: [Decibels::SILENCE.0; RECENT],
            own_since: None,
            own_speaking: false,
            turn_start: None,
            turn_speech_secs: 0.0,
            run_secs: 0.0,
            was_speaking: false,
            last_end: None,
            tick: 0,
            state: nothing_known(),
        }
    }
}

impl Fusion {
    /// Takes one tick and says what is known at its end.
    pub fn step(&mut self, input: &FusionInput<'_>) -> &InterlocutorState {
        let voice = input.voice;
        self.mel.step(&input.audio.samples, &mut self.state.mel);
        self.own(input);
        self.turn(voice, input.own.speaking);
        self.pitch(voice);
        if voice.speaking {
            // As loud as ever, forgotten by 1 dB per second.
            self.speech_level_db = (self.speech_level_db - 0.02).max(voice.level.0);
        }
        self.state.at = voice.at;
        self.state.p_speech = voice.p_speech;
        self.state.speaking = voice.speaking;
        self.state.over_noise_db = voice.level.0 - voice.noise_floor.0;
        self.state.under_speech_db = voice.level.0 - self.speech_level_db;
        self.state.pauses = self.pauses;
        self.state.question = input.question;
        self.state.gap = voice.gap;
        self.state.face = input.face.and_then(|face| {
            let age = (voice.at - face.captured).as_secs();
            (face.present && (0.0..FACE_STALE_SECS).contains(&age)).then_some(FaceState {
                age_secs: age as f32,
                mouth_open: face.mouth_open,
                towards_screen: face.towards_screen,
                head_yaw: face.head_yaw.0,
                head_pitch: face.head_pitch.0,
                nodded: face.nodded,
            })
        });
        self.state.words = input.words.map(|w| (w.count, (voice.at - w.until).as_secs().max(0.0) as f32));
        self.tick = (self.tick + 1) % RECENT;
        &self.state
    }

    /// What was known after the last tick.
    #[must_use]
    pub fn state(&self) -> &InterlocutorState {
        &self.state
    }

    /// Forgets the turn and keeps what is known of the speaker: pace, pitch, level.
    pub fn next_turn(&mut self) {
        self.pauses.next_turn();
        (self.turn_start, self.turn_speech_secs, self.run_secs) = (None, 0.0, 0.0);
        self.last_end = None;
    }

    /// A new session with a speaker whose pauses are known already.
    #[must_use]
    pub fn knowing(mut pauses: PauseStatistics) -> Self {
        pauses.next_turn();
        Self { pauses, ..Self::default() }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    fn own(&mut self, input: &FusionInput<'_>) {
        let at = input.voice.at;
        if input.own.speaking != self.own_speaking {
            self.own_speaking = input.own.speaking;
            self.own_since = Some(at - viva_media::TICK);
            if input.own.speaking {
                self.next_turn();
            }
        }
        self.own_levels[self.tick] = if input.own.speaking { input.own.level.0 } else { Decibels::SILENCE.0 };
        self.state.own = input.own;
        self.state.own_secs = self
            .own_since
            .map_or(OWN_AGE_MAX_SECS, |since| ((at - since).as_secs() as f32).min(OWN_AGE_MAX_SECS));
        self.state.own_recent_db = self.own_levels.iter().copied().fold(Decibels::SILENCE.0, f32::max);
    }

    fn turn(&mut self, voice: &VoiceFeatures, own_speaks: bool) {
        if voice.speaking && !self.was_speaking {
            if let (Some(start), Some(end)) = (voice.speech_start, self.last_end) {
                self.pauses.learn(start - end);
            }
            if !own_speaks && self.turn_start.is_none() {
                self.turn_start = voice.speech_start;
            }
        }
        if self.was_speaking && !voice.speaking {
            self.turn_speech_secs += self.run_secs;
        }
        let run = voice.speech_run().as_secs() as f32;
        if voice.speaking {
            self.run_secs = run;
            self.last_end = voice.speech_end;
        }
        self.was_speaking = voice.speaking;
        self.state.silence_secs = match (self.run_secs > 0.0, voice.silence()) {
            (true, Some(silence)) => silence.as_secs() as f32,
            _ => 0.0,
        };
        self.state.speech_run_secs = self.run_secs;
        self.state.turn_secs = self.turn_start.map_or(0.0, |start| (voice.at - start).as_secs() as f32);
        self.state.turn_speech_secs = self.turn_speech_secs + if voice.speaking { run } else { 0.0 };
    }

    fn pitch(&mut self, voice: &VoiceFeatures) {
        let octaves = voice.pitch_hz.map(|hz| hz.log2());
        self.pitches[self.tick] = octaves.unwrap_or(f32::NAN);
        if let Some(octaves) = octaves {
            self.pitch_sum += f64::from(octaves);
            self.pitch_count += 1;
            let slope = self.slope();
            self.last_pitch = Some((voice.at, octaves, slope));
        }
        let mean =
            if self.pitch_count == 0 { 0.0 } else { (self.pitch_sum / f64::from(self.pitch_count)) as f32 };
        self.state.pitch_octaves = octaves.map(|octaves| octaves - mean);
        (self.state.last_pitch_octaves, self.state.pitch_slope, self.state.since_pitch_secs) =
            self.last_pitch.map_or((0.0, 0.0, 10.0), |(at, octaves, slope)| {
                (octaves - mean, slope, ((voice.at - at).as_secs() as f32).min(10.0))
            });
    }

    /// Octaves per second by least squares over the voiced ticks of the last 200 ms.
    fn slope(&self) -> f32 {
        let (mut n, mut x, mut y, mut xx, mut xy) = (0.0_f32, 0.0, 0.0, 0.0, 0.0);
        for age in 0..RECENT {
            let octaves = self.pitches[(self.tick + RECENT - age) % RECENT];
            if octaves.is_finite() {
                let secs = -(age as f32) * TimeSpan::as_secs(viva_media::TICK) as f32;
                (n, x, y, xx, xy) = (n + 1.0, x + secs, y + octaves, xx + secs * secs, xy + secs * octaves);
            }
        }
        let spread = n * xx - x * x;
        if n < 3.0 || spread <= 0.0 { 0.0 } else { ((n * xy - x * y) / spread).clamp(-10.0, 10.0) }
    }
}

fn nothing_known() -> InterlocutorState {
    InterlocutorState {
        at: Timestamp::ZERO,
        mel: [0.0; MEL_FRAMES * MEL_BANDS],
        p_speech: 0.0,
        speaking: false,
        silence_secs: 0.0,
        speech_run_secs: 0.0,
        over_noise_db: 0.0,
        under_speech_db: 0.0,
        pitch_octaves: None,
        last_pitch_octaves: 0.0,
        pitch_slope: 0.0,
        since_pitch_secs: 10.0,
        turn_secs: 0.0,
        turn_speech_secs: 0.0,
        pauses: PauseStatistics::default(),
        own: OwnSpeech::SILENT,
        own_secs: OWN_AGE_MAX_SECS,
        own_recent_db: Decibels::SILENCE.0,
        question: None,
        face: None,
        words: None,
        gap: false,
    }
}
