//! The head's own slow movement and posture, and the pupils.

use crate::behaviour::Tick;
use crate::block::{Block, BlockKind, Cause, Trace};
use crate::curve::{Envelope, minimum_jerk};
use crate::event::State;
use crate::profile::{HeadProfile, PerState, PupilProfile, Span};
use crate::random::Random;

/// Waves per axis and band.
const WAVES: usize = 5;
/// A head that lives moves at least so much.
const NOISE_FLOOR_DEGREES: f32 = 0.1;

#[derive(Clone, Debug)]
pub(crate) struct Head {
    random: Random,
    profile: HeadProfile,
    pupil: PupilProfile,
    liveliness: f32,
    /// Slow waves of rest and faster ones of speech, for pitch, yaw and roll.
    rest: [[Wave; WAVES]; 3],
    speech: [[Wave; WAVES]; 3],
    speaking: f32,
    posture_from: [f32; 3],
    posture_to: [f32; 3],
    posture_start: f64,
    posture_secs: f32,
    next_posture: f64,
    next_cause: Cause,
    pupil_phase: f32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Wave {
    hertz: f32,
    phase: f32,
    amplitude: f32,
}

/// Angles in degrees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadNow {
    pub(crate) pitch: f32,
    pub(crate) yaw: f32,
    pub(crate) roll: f32,
    pub(crate) pupil_mm: f32,
}

impl Head {
    pub(crate) fn new(profile: HeadProfile, pupil: PupilProfile, liveliness: f32, seed: u64) -> Self {
        let mut random = Random::new(seed, 4);
        let rest = waves(&mut random, profile.rest_hertz);
        let speech = waves(&mut random, profile.speech_hertz);
        let pupil_phase = random.unit();
        let next_posture = f64::from(0.7 * random.of(profile.posture_gap_secs));
        Self {
            random,
            profile,
            pupil,
            liveliness,
            rest,
            speech,
            speaking: 0.0,
            posture_from: [0.0; 3],
            posture_to: [0.0; 3],
            posture_start: -10.0,
            posture_secs: 2.0,
            next_posture,
            next_cause: Cause::Schedule,
            pupil_phase,
        }
    }

    /// The posture shifts now.
    pub(crate) fn shift_posture(&mut self, time: f64, cause: Cause) {
        self.next_posture = self.next_posture.min(time);
        self.next_cause = cause;
    }

    pub(crate) fn step(&mut self, tick: &Tick, trace: &mut Trace) -> HeadNow {
        let goal = if tick.state == State::Speaking { 1.0 } else { 0.0 };
        self.speaking += (goal - self.speaking) * tick.secs / 0.4;
        if tick.time >= self.next_posture {
            self.settle(tick.time, trace);
        }
        let posture = self.posture(tick.time);
        let deviations = [self.profile.pitch_degrees, self.profile.yaw_degrees, self.profile.roll_degrees];
        let of = |axis: usize, state| PerState::of(&deviations[axis], state).max(NOISE_FLOOR_DEGREES);
        let HeadProfile { most_pitch_degrees, most_yaw_degrees, most_roll_degrees, .. } = self.profile;
        let most = [most_pitch_degrees, most_yaw_degrees, most_roll_degrees];
        let [pitch, yaw, roll] = std::array::from_fn(|axis| {
            let calm = if tick.state == State::Thinking { State::Thinking } else { State::Listening };
            let (slow, whole) = (of(axis, calm), of(axis, State::Speaking));
            // Both together have the deviation of speech.
            let fast =
                (whole * whole - slow * slow).max(0.0).sqrt() * wave_sum(&self.speech[axis], tick.time);
            let slow = slow * wave_sum(&self.rest[axis], tick.time);
            let own = tick.manner.motion * (slow + self.speaking * fast) + posture[axis];
            self.liveliness * own.clamp(-most[axis], most[axis])
        });
        self.pupil_phase = (self.pupil_phase + self.pupil.hertz * tick.secs).fract();
        let swing = (std::f32::consts::TAU * self.pupil_phase).sin();
        let pupil_mm = self.pupil.rest_mm + self.pupil.swing_mm * self.liveliness * swing;
        HeadNow { pitch, yaw, roll, pupil_mm }
    }

    fn settle(&mut self, time: f64, trace: &mut Trace) {
        self.posture_from = self.posture(time);
        let size = self.profile.posture_degrees;
        self.posture_to = [0.7, 1.0, 1.0].map(|part| size * part * self.random.normal().clamp(-1.5, 1.5));
        self.posture_start = time;
        self.posture_secs = self.random.of(self.profile.posture_secs);
        self.next_posture = time + f64::from(self.random.of(self.profile.posture_gap_secs));
        let sync = Envelope { start: time, onset: self.posture_secs, hold: 0.0, offset: 0.0 }.sync();
        let cause = std::mem::replace(&mut self.next_cause, Cause::Schedule);
        let strength = self.posture_to.iter().map(|part| part * part).sum::<f32>().sqrt();
        trace.push(Block { kind: BlockKind::Posture, cause, sync, strength });
    }

    fn posture(&self, time: f64) -> [f32; 3] {
        let part = minimum_jerk((time - self.posture_start) as f32 / self.posture_secs);
        std::array::from_fn(|axis| {
            self.posture_from[axis] + (self.posture_to[axis] - self.posture_from[axis]) * part
        })
    }
}

/// Waves of a band whose power falls with the frequency; together they have a deviation of 1.
fn waves(random: &mut Random, band: Span) -> [[Wave; WAVES]; 3] {
    std::array::from_fn(|_| {
        let mut axis = [Wave::default(); WAVES];
        let mut power = 0.0;
        for (index, wave) in axis.iter_mut().enumerate() {
            let part = (index as f32 + random.unit()) / WAVES as f32;
            wave.hertz = band.low * (band.high / band.low).powf(part);
            wave.phase = random.unit();
            wave.amplitude = (band.low / wave.hertz).sqrt();
            power += wave.amplitude * wave.amplitude / 2.0;
        }
        for wave in &mut axis {
            wave.amplitude /= power.sqrt();
        }
        axis
    })
}

fn wave_sum(waves: &[Wave; WAVES], time: f64) -> f32 {
    waves
        .iter()
        .map(|wave| {
            // Whole turns are taken off in f64, so that hours do not blur the phase.
            let turns = (time * f64::from(wave.hertz) + f64::from(wave.phase)).fract() as f32;
            wave.amplitude * (std::f32::consts::TAU * turns).sin()
        })
        .sum()
}
