//! From audio blocks to [`VoiceFeatures`], one per tick.

use viva_media::{AudioBlock, Decibels, TimeSpan, Timestamp};

use super::{FilledPauseDetector, PitchTracker, VOICE_ACTIVITY_FRAME, VoiceActivity};

/// Thresholds of voice activity.
#[derive(Clone, Copy, Debug)]
pub struct VoiceConfig {
    /// Speech begins at this probability (Silero's own default).
    pub start_threshold: f32,
    /// Speech ends below this probability (Silero's own default: 0.15 less than the start).
    pub end_threshold: f32,
    /// A sound shorter than this is no speech.
    pub min_speech: TimeSpan,
    /// Speech that resumes within this time never stopped: closures of stops are up to 100 ms long.
    pub hangover: TimeSpan,
}

impl Default for VoiceConfig {
    fn default() -> Self {
        Self {
            start_threshold: 0.5,
            end_threshold: 0.35,
            min_speech: TimeSpan::from_millis(96),
            hangover: TimeSpan::from_millis(96),
        }
    }
}

/// What is known of the voice after one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceFeatures {
    /// End of the last sample used.
    pub at: Timestamp,
    /// Newest probability of speech, 0..=1.
    pub p_speech: f32,
    /// True while speech is on; begins `min_speech` late and ends `hangover` late, with honest times below.
    pub speaking: bool,
    /// When the running or last stretch of speech began; `None` before the first.
    pub speech_start: Option<Timestamp>,
    /// When the last stretch of speech ended; while speaking, the newest voiced moment.
    pub speech_end: Option<Timestamp>,
    /// Level of the tick.
    pub level: Decibels,
    /// Level of the noise: a slow minimum.
    pub noise_floor: Decibels,
    /// Pitch in hertz, where there is one.
    pub pitch_hz: Option<f32>,
    /// A filled pause that has just ended.
    pub filled_pause: Option<(Timestamp, Timestamp)>,
    /// True where the device lost this tick.
    pub gap: bool,
}

/// A sound that stands out of the room is this much louder than its noise, whose floor is the least that was heard and lies some dB below
/// its mean ...
const STANDS_OUT_DB: f32 = 10.0;
/// ... and at least as loud as this; the room tone of composed cases lies 12 dB lower.
const FAINT_DB: f32 = -60.0;

impl VoiceFeatures {
    /// Whether the tick holds a sound that is more than the noise of the room, whatever it is.
    #[must_use]
    pub fn stands_out(&self) -> bool {
        self.level.0 >= FAINT_DB.max(self.noise_floor.0 + STANDS_OUT_DB)
    }

    /// How long the candidate has been silent; zero while speaking, `None` before the first speech.
    #[must_use]
    pub fn silence(&self) -> Option<TimeSpan> {
        let end = self.speech_end?;
        Some(if self.speaking { TimeSpan::ZERO } else { self.at - end })
    }

    /// How long the running stretch of speech has lasted; zero while silent.
    #[must_use]
    pub fn speech_run(&self) -> TimeSpan {
        match (self.speaking, self.speech_start) {
            (true, Some(start)) => self.at - start,
            _ => TimeSpan::ZERO,
        }
    }
}

/// Turns audio into voice features. Memory: 2 frames of audio, one pitch window, a few scalars.
pub struct VoiceTracker {
    config: VoiceConfig,
    network: Box<dyn VoiceActivity>,
    pending: Vec<f32>,
    pitch: PitchTracker,
    fillers: FilledPauseDetector,
    p_speech: f32,
    speaking: bool,
    candidate_start: Option<Timestamp>,
    last_voiced: Option<Timestamp>,
    speech_start: Option<Timestamp>,
    noise_floor_db: f32,
}

impl std::fmt::Debug for VoiceTracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoiceTracker").field("speaking", &self.speaking).finish_non_exhaustive()
    }
}

/// A block below this is no sound of a room: three steps of 16 bits.
const DIGITAL_SILENCE_DB: f32 = -80.0;

impl VoiceTracker {
    /// A tracker over a voice activity network.
    #[must_use]
    pub fn new(network: Box<dyn VoiceActivity>, config: VoiceConfig) -> Self {
        Self {
            config,
            network,
            pending: Vec::with_capacity(2 * VOICE_ACTIVITY_FRAME),
            pitch: PitchTracker::default(),
            fillers: FilledPauseDetector::default(),
            p_speech: 0.0,
            speaking: false,
            candidate_start: None,
            last_voiced: None,
            speech_start: None,
            noise_floor_db: -50.0,
        }
    }

    /// Takes the next block and says what is known of the voice at its end. Samples that are no number count as zero.
    pub fn step(&mut self, block: &AudioBlock) -> VoiceFeatures {
        let at = block.end();
        self.pending
            .extend(block.samples.iter().map(|&s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
        let mut frame = [0.0; VOICE_ACTIVITY_FRAME];
        while self.pending.len() >= VOICE_ACTIVITY_FRAME {
            frame.copy_from_slice(&self.pending[..VOICE_ACTIVITY_FRAME]);
            self.pending.drain(..VOICE_ACTIVITY_FRAME);
            self.p_speech = self.network.step(&frame);
            let frame_end = at - TimeSpan::from_samples(self.pending.len() as u64, viva_media::SAMPLE_RATE);
            self.switch(frame_end);
        }
        let level = Decibels::from_amplitude(block.rms());
        // The floor falls at once and rises by 1 dB per second, so that speech does not lift it.
        // Lost sound says nothing about the room, nor does a microphone that is muted, gated or not started yet.
        if !block.gap && level.0 > DIGITAL_SILENCE_DB {
            self.noise_floor_db = (self.noise_floor_db + 0.02).min(level.0);
        }
        let pitch_hz = self.pitch.step(&block.samples).filter(|_| self.p_speech > self.config.end_threshold);
        let filled_pause = self.fillers.step(block.start, at, pitch_hz, level.0);
        VoiceFeatures {
            at,
            p_speech: self.p_speech,
            speaking: self.speaking,
            speech_start: self.speech_start,
            speech_end: self.speech_start.and(self.last_voiced),
            level,
            noise_floor: Decibels(self.noise_floor_db),
            pitch_hz,
            filled_pause,
            gap: block.gap,
        }
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        self.network.reset();
        self.pending.clear();
        self.pitch.reset();
        self.fillers.reset();
        (self.p_speech, self.speaking, self.noise_floor_db) = (0.0, false, -50.0);
        (self.candidate_start, self.last_voiced, self.speech_start) = (None, None, None);
    }

    /// Hysteresis: on after `min_speech` above the start threshold, off after `hangover` below the end threshold.
    fn switch(&mut self, frame_end: Timestamp) {
        let frame = TimeSpan::from_samples(VOICE_ACTIVITY_FRAME as u64, viva_media::SAMPLE_RATE);
        let threshold = if self.speaking { self.config.end_threshold } else { self.config.start_threshold };
        if self.p_speech >= threshold {
            let start = *self.candidate_start.get_or_insert(frame_end - frame);
            if !self.speaking && frame_end - start >= self.config.min_speech {
                self.speaking = true;
                self.speech_start = Some(start);
            }
            if self.speaking {
                self.last_voiced = Some(frame_end);
            }
        } else if self.speaking {
            if self.last_voiced.is_none_or(|voiced| frame_end - voiced >= self.config.hangover) {
                self.speaking = false;
                self.candidate_start = None;
            }
        } else {
            self.candidate_start = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::LevelActivity;

    fn features(levels: &[(usize, f32)]) -> Vec<VoiceFeatures> {
        let mut tracker = VoiceTracker::new(Box::new(LevelActivity), VoiceConfig::default());
        let mut out = Vec::new();
        let mut n = 0_u64;
        for &(blocks, amplitude) in levels {
            for _ in 0..blocks {
                let start = Timestamp::from_samples(n * 320, 16_000);
                let samples = (0..320).map(|k| amplitude * (k as f32 * 0.05).sin()).collect();
                out.push(tracker.step(&AudioBlock::new(start, samples)));
                n += 1;
            }
        }
        out
    }

    #[test]
    fn speech_is_found_with_honest_times() {
        let out = features(&[(25, 0.0), (50, 0.3), (50, 0.0)]);
        let last = out.last().expect("blocks were given");
        let (start, end) = (last.speech_start.expect("speech"), last.speech_end.expect("speech"));
        assert!((start.as_secs() - 0.5).abs() < 0.04, "{start:?}");
        assert!((end.as_secs() - 1.5).abs() < 0.04, "{end:?}");
        assert!(!last.speaking);
        assert!((last.silence().expect("speech").as_secs() - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_knock_is_no_speech_and_a_stop_closure_is_no_pause() {
        assert!(features(&[(25, 0.0), (2, 0.3), (50, 0.0)]).iter().all(|f| !f.speaking));
        let out = features(&[(5, 0.0), (25, 0.3), (4, 0.0), (25, 0.3)]);
        assert!(out[15..].iter().all(|f| f.speaking), "80 ms of closure do not end speech");
    }

    #[test]
    fn a_muted_microphone_says_nothing_about_the_room() {
        let out = features(&[(25, 0.003), (50, 0.0), (25, 0.003)]);
        let over = |f: &VoiceFeatures| f.level.0 - f.noise_floor.0;
        assert!(out[75..].iter().all(|f| over(f) < 3.0), "{}", over(&out[75]));
    }

    #[test]
    fn a_sound_stands_out_of_a_quiet_room_and_of_a_loud_one() {
        let stand_out = |levels: &[(usize, f32)]| -> usize {
            features(levels).iter().filter(|voice| voice.stands_out()).count()
        };
        assert_eq!(stand_out(&[(50, 0.0), (50, 0.0003), (50, 0.0006)]), 0, "a room that wakes up");
        assert_eq!(stand_out(&[(50, 0.0003), (5, 0.03), (50, 0.0003)]), 5);
        assert_eq!(stand_out(&[(50, 0.003), (5, 0.005), (50, 0.003)]), 0, "hardly louder than the fan");
        assert_eq!(stand_out(&[(50, 0.003), (5, 0.03), (50, 0.003)]), 5);
    }

    #[test]
    fn no_look_ahead() {
        let whole = features(&[(25, 0.0), (50, 0.3), (50, 0.0)]);
        let cut = features(&[(25, 0.0), (50, 0.3)]);
        assert_eq!(whole[..75], cut[..]);
    }

    #[test]
    fn samples_that_are_no_number_are_silence() {
        let mut tracker = VoiceTracker::new(Box::new(LevelActivity), VoiceConfig::default());
        let f = tracker.step(&AudioBlock::new(Timestamp::ZERO, vec![f32::NAN; 320]));
        assert!(!f.speaking && f.p_speech.is_finite());
    }
}
