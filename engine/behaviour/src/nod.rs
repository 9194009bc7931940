//! Nods: asked for while the candidate speaks, and beats on the own stressed vowels.

use crate::behaviour::Tick;
use crate::curve::Envelope;
use crate::profile::{NodProfile, SpeechProfile};
use crate::random::Random;

#[derive(Clone, Debug)]
pub(crate) struct Nod {
    random: Random,
    profile: NodProfile,
    speech: SpeechProfile,
    due: Option<f64>,
    start: f64,
    hertz: f32,
    cycles: u32,
    degrees: f32,
    /// Part of the depth by which the head first rises.
    rise: f32,
    beat: Envelope,
    beat_degrees: f32,
    brow: Envelope,
    brow_level: f32,
}

/// What nods add to the face.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodNow {
    pub(crate) pitch_degrees: f32,
    /// Raised brows that go with it.
    pub(crate) brow: f32,
    pub(crate) is_moving: bool,
}

impl Nod {
    pub(crate) fn new(profile: NodProfile, speech: SpeechProfile, seed: u64) -> Self {
        let past = Envelope { start: -10.0, onset: 0.1, hold: 0.0, offset: 0.1 };
        let random = Random::new(seed, 2);
        let (due, start, hertz, cycles, degrees, rise) = (None, -10.0, 2.5, 0, 0.0, 0.0);
        let (beat, beat_degrees, brow, brow_level) = (past, 0.0, past, 0.0);
        Self {
            random,
            profile,
            speech,
            due,
            start,
            hertz,
            cycles,
            degrees,
            rise,
            beat,
            beat_degrees,
            brow,
            brow_level,
        }
    }

    /// A nod is due; it shows after the delay of a human one.
    pub(crate) fn request(&mut self, time: f64) {
        let delay = self.profile.delay_ms / 1000.0 * (0.25 * self.random.normal()).exp();
        if self.due.is_none() {
            self.due = Some(time + f64::from(delay.clamp(0.25, 0.59)));
        }
    }

    /// A stressed vowel of the own speech comes.
    pub(crate) fn beat(&mut self, time: f64) {
        let (beats, raises) = (self.random.chance(self.speech.p_beat), self.random.chance(0.3));
        let size = self.random.within(0.7, 1.2);
        if beats && time > self.beat.end() + 0.15 {
            self.beat = Envelope { start: time, onset: 0.16, hold: 0.02, offset: 0.24 };
            self.beat_degrees = self.speech.beat_degrees * size;
        }
        if raises && time > self.brow.end() + 0.4 {
            self.brow = Envelope { start: time, onset: 0.18, hold: 0.15, offset: 0.35 };
            self.brow_level = 0.18 * size;
        }
    }

    /// `is_welcome`: the candidate speaks, or has paused for less than a second.
    pub(crate) fn step(&mut self, tick: &Tick, is_welcome: bool) -> NodNow {
        if self.due.is_some_and(|due| tick.time >= due) {
            self.due = None;
            if is_welcome && self.phase(tick.time) >= self.cycles as f32 {
                self.begin(tick.time);
            }
        }
        let phase = self.phase(tick.time);
        let mut pitch = self.beat_degrees * self.beat.at(tick.time);
        let is_nodding = phase < self.cycles as f32;
        if is_nodding {
            let cycle = phase.floor();
            let swing = 0.5 * (1.0 - (std::f32::consts::TAU * phase).cos());
            let is_rise = cycle < 1.0 && self.rise > 0.0;
            let depth = if is_rise { -self.rise } else { self.profile.decay.powf(cycle) };
            pitch += self.degrees * depth * swing;
        }
        let is_moving = is_nodding || tick.time < self.beat.end();
        NodNow { pitch_degrees: pitch, brow: self.brow_level * self.brow.at(tick.time), is_moving }
    }

    fn phase(&self, time: f64) -> f32 {
        (time - self.start) as f32 * self.hertz
    }

    fn begin(&mut self, time: f64) {
        self.start = time;
        self.hertz = self.random.within(self.profile.hertz_low, self.profile.hertz_high);
        self.degrees = self.profile.degrees * self.random.within(0.8, 1.1);
        let draw = self.random.unit();
        self.cycles = if draw < 0.45 {
            1
        } else if draw < 0.8 {
            2
        } else {
            3
        };
        let rises = self.random.chance(0.3);
        self.rise = if rises { 0.35 } else { 0.0 };
        self.cycles += u32::from(rises);
        if self.random.chance(self.profile.p_brow) {
            self.brow = Envelope { start: time, onset: 0.2, hold: 0.3, offset: 0.4 };
            self.brow_level = self.random.within(0.25, 0.4);
        }
    }
}
