//! The head's slow drift, posture and breath.

use crate::behaviour::Tick;
use crate::curve::minimum_jerk;
use crate::event::State;
use crate::profile::HeadProfile;
use crate::random::Random;

/// Waves per axis and band.
const WAVES: usize = 5;

#[derive(Clone, Debug)]
pub(crate) struct Head {
    random: Random,
    profile: HeadProfile,
    liveliness: f32,
    /// Slow waves of rest and faster ones of speech, for pitch, yaw and roll.
    rest: [[Wave; WAVES]; 3],
    speech: [[Wave; WAVES]; 3],
    speaking: f32,
    posture_from: [f32; 3],
    posture_to: [f32; 3],
    posture_start: f64,
    next_posture: f64,
    breath_phase: f32,
    breath: f32,
    pupil_phase: f32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Wave {
    hertz: f32,
    phase: f32,
    amplitude: f32,
}

/// Angles in degrees, and the chest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadNow {
    pub(crate) pitch: f32,
    pub(crate) yaw: f32,
    pub(crate) roll: f32,
    pub(crate) breath: f32,
    pub(crate) pupil_mm: f32,
}

impl Head {
    pub(crate) fn new(profile: HeadProfile, liveliness: f32, seed: u64) -> Self {
        let mut random = Random::new(seed, 4);
        let rest = waves(&mut random, 0.05, 0.5);
        let speech = waves(&mut random, 0.4, 1.6);
        let (breath_phase, pupil_phase) = (random.unit(), random.unit());
        let next_posture = f64::from(random.within(15.0, 40.0));
        Self {
            random,
            profile,
            liveliness,
            rest,
            speech,
            speaking: 0.0,
            posture_from: [0.0; 3],
            posture_to: [0.0; 3],
            posture_start: -10.0,
            next_posture,
            breath_phase,
            breath: 0.0,
            pupil_phase,
        }
    }

    /// A breath is drawn before an answer.
    pub(crate) fn inhale(&mut self) {
        self.breath_phase = INHALE;
    }

    pub(crate) fn step(&mut self, tick: &Tick) -> HeadNow {
        let goal = if tick.state == State::Speaking { 1.0 } else { 0.0 };
        self.speaking += (goal - self.speaking) * tick.secs / 0.4;
        if tick.time >= self.next_posture {
            self.posture_from = self.posture(tick.time);
            self.posture_to = [1.0, 1.5, 1.5].map(|degrees| degrees * self.random.normal().clamp(-1.5, 1.5));
            self.posture_start = tick.time;
            self.next_posture = tick.time + f64::from(self.random.within(20.0, 60.0));
        }
        let posture = self.posture(tick.time);
        let deviations = [self.profile.pitch_degrees, self.profile.yaw_degrees, self.profile.roll_degrees];
        let [pitch, yaw, roll] = std::array::from_fn(|axis| {
            let calm = if tick.state == State::Thinking { State::Thinking } else { State::Listening };
            let slow = deviations[axis].of(calm) * wave_sum(&self.rest[axis], tick.time);
            let fast = deviations[axis].of(State::Speaking) * wave_sum(&self.speech[axis], tick.time);
            self.liveliness * (slow + self.speaking * fast + posture[axis])
        });

        self.breath_phase = (self.breath_phase + tick.secs * self.profile.breaths_per_minute / 60.0).fract();
        let lift = if self.breath_phase < INHALE {
            minimum_jerk(self.breath_phase / INHALE)
        } else {
            1.0 - minimum_jerk((self.breath_phase - INHALE) / (1.0 - INHALE))
        };
        // A drawn breath takes 0.4 s.
        self.breath += (lift - self.breath).clamp(-2.5 * tick.secs, 2.5 * tick.secs);
        self.pupil_phase = (self.pupil_phase + 0.2 * tick.secs).fract();
        let pupil_mm = 3.5 + 0.15 * self.liveliness * (std::f32::consts::TAU * self.pupil_phase).sin();
        let nod_of_breath = -0.3 * self.liveliness * self.breath;
        HeadNow { pitch: pitch + nod_of_breath, yaw, roll, breath: self.breath.clamp(0.0, 1.0), pupil_mm }
    }

    fn posture(&self, time: f64) -> [f32; 3] {
        let part = minimum_jerk((time - self.posture_start) as f32 / 2.0);
        std::array::from_fn(|axis| {
            self.posture_from[axis] + (self.posture_to[axis] - self.posture_from[axis]) * part
        })
    }
}

/// Inhaling takes 1 part, exhaling 1.7.
const INHALE: f32 = 1.0 / 2.7;

/// Waves of a band whose power falls with the frequency; together they have a deviation of 1.
fn waves(random: &mut Random, low: f32, high: f32) -> [[Wave; WAVES]; 3] {
    std::array::from_fn(|_| {
        let mut axis = [Wave::default(); WAVES];
        let mut power = 0.0;
        for (index, wave) in axis.iter_mut().enumerate() {
            let part = (index as f32 + random.unit()) / WAVES as f32;
            wave.hertz = low * (high / low).powf(part);
            wave.phase = random.unit();
            wave.amplitude = (low / wave.hertz).sqrt();
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
