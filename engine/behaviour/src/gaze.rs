//! Where the eyes look, and what of it the head takes over.

use crate::behaviour::Tick;
use crate::blink::Blink;
use crate::curve::minimum_jerk;
use crate::event::State;
use crate::profile::GazeProfile;
use crate::random::Random;

/// Shifts up to this size are made by the eyes alone.
const EYES_ONLY_DEGREES: f32 = 10.0;
/// Time from a new target to the saccade.
const LATENCY_SECS: f64 = 0.18;

/// Yaw and pitch in degrees.
pub(crate) type Angles = [f32; 2];

#[derive(Clone, Debug)]
pub(crate) struct Gaze {
    random: Random,
    profile: GazeProfile,
    liveliness: f32,
    partner: Angles,
    eyes: Course,
    head: Course,
    on_partner: bool,
    bout_until: f64,
    next_fixation: f64,
    next_micro: f64,
    micro: Angles,
    micro_target: Angles,
    /// So long before the end of the own speech the eyes are back.
    back_before_end_secs: f64,
    last_state: State,
}

/// A movement from one direction to another.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    from: Angles,
    to: Angles,
    start: f64,
    secs: f32,
}

impl Course {
    fn at(&self, time: f64) -> Angles {
        let part = minimum_jerk((time - self.start) as f32 / self.secs.max(1e-3));
        std::array::from_fn(|axis| self.from[axis] + (self.to[axis] - self.from[axis]) * part)
    }
}

/// Direction of the eyes in the world, and the head's part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GazeNow {
    pub(crate) world: Angles,
    pub(crate) head: Angles,
}

impl Gaze {
    pub(crate) fn new(profile: GazeProfile, liveliness: f32, seed: u64) -> Self {
        let mut random = Random::new(seed, 3);
        let bout_until = f64::from(random.within(2.0, 4.0));
        Self {
            random,
            profile,
            liveliness,
            partner: [0.0; 2],
            eyes: Course::default(),
            head: Course::default(),
            on_partner: true,
            bout_until,
            next_fixation: 0.3,
            next_micro: 0.5,
            micro: [0.0; 2],
            micro_target: [0.0; 2],
            back_before_end_secs: 0.6,
            last_state: State::Listening,
        }
    }

    pub(crate) fn look_at(&mut self, partner: Angles, time: f64) {
        self.partner = partner.map(|angle| angle.clamp(-25.0, 25.0));
        if self.on_partner {
            self.next_fixation = time + LATENCY_SECS;
        }
    }

    /// The candidate begins: look.
    pub(crate) fn attend(&mut self, time: f64) {
        if !self.on_partner {
            self.bout_until = self.bout_until.min(time + LATENCY_SECS);
        }
    }

    pub(crate) fn step(&mut self, tick: &Tick, own_end: Option<f64>, blink: &mut Blink) -> GazeNow {
        let time = tick.time;
        self.follow_state(tick, own_end);
        let must_look = own_end.is_some_and(|end| time >= end - self.back_before_end_secs);
        if must_look && !self.on_partner {
            self.bout_until = time;
        }
        if time >= self.bout_until {
            if self.on_partner && !must_look {
                self.look_away(tick, blink);
            } else {
                let length = self.random.log_normal(self.profile.contact_secs.of(tick.state), 0.5);
                self.bout_until = time + f64::from(length.clamp(0.5, 20.0));
                if !self.on_partner {
                    self.on_partner = true;
                    self.next_fixation = time;
                }
            }
        }
        if self.on_partner && time >= self.next_fixation {
            self.scan(time, blink);
        }
        self.fixate(tick);
        let eyes = self.eyes.at(time);
        GazeNow { world: [eyes[0] + self.micro[0], eyes[1] + self.micro[1]], head: self.head.at(time) }
    }

    /// What a new state means for the eyes.
    fn follow_state(&mut self, tick: &Tick, own_end: Option<f64>) {
        if tick.state == self.last_state {
            return;
        }
        let time = tick.time;
        match (self.last_state, tick.state) {
            (_, State::Thinking) => {
                self.on_partner = true;
                self.bout_until = time + f64::from(self.random.within(0.18, 0.35));
            }
            (_, State::Speaking) => {
                self.back_before_end_secs = f64::from(self.random.within(0.45, 0.75));
                let is_long = own_end.is_some_and(|end| end - time > 4.0);
                if self.random.chance(self.profile.p_away_at_start) && is_long {
                    let secs = f64::from(self.random.within(0.8, 1.6));
                    self.bout_until = if self.on_partner { time + 0.1 } else { time + secs };
                } else if !self.on_partner {
                    self.bout_until = time + LATENCY_SECS;
                }
            }
            (_, State::Listening) => {
                if self.on_partner {
                    let secs = self.random.within(1.0, 3.0);
                    self.bout_until = self.bout_until.max(time + f64::from(secs));
                } else {
                    self.bout_until = time + LATENCY_SECS;
                }
            }
        }
        self.last_state = tick.state;
    }

    fn look_away(&mut self, tick: &Tick, blink: &mut Blink) {
        let percent = self.random.within(0.5, 15.0);
        let size =
            (-6.9 * (percent / 15.7).ln()).clamp(6.0, self.profile.away_degrees.max(6.0)) * self.liveliness;
        let sign = if self.random.chance(0.5) { 1.0 } else { -1.0 };
        // Thinking looks up and aside; otherwise aside, rather down than up.
        let lift = match tick.state {
            State::Thinking => self.random.within(-0.9, -0.25),
            State::Listening | State::Speaking => self.random.within(-0.3, 0.5),
        };
        let aside = (1.0 - lift * lift).max(0.0).sqrt();
        let target = [self.partner[0] + sign * size * aside, self.partner[1] + size * lift];
        self.shift(target, tick.time, blink);
        self.on_partner = false;
        let length = self.random.log_normal(self.profile.away_secs.of(tick.state), 0.4);
        self.bout_until = tick.time + f64::from(length.clamp(0.3, 3.5));
    }

    fn scan(&mut self, time: f64, blink: &mut Blink) {
        let radius = self.profile.scan_degrees * self.liveliness;
        let draw = self.random.unit();
        let offset = if draw < 0.4 {
            [radius, 0.0]
        } else if draw < 0.8 {
            [-radius, 0.0]
        } else {
            [0.0, 1.5 * radius]
        };
        self.shift([self.partner[0] + offset[0], self.partner[1] + offset[1]], time, blink);
        self.next_fixation = time + f64::from(self.random.within(0.25, 0.5));
    }

    /// Begins a saccade, and the head's share of it.
    fn shift(&mut self, target: Angles, time: f64, blink: &mut Blink) {
        let from = self.eyes.at(time);
        let size = (target[0] - from[0]).hypot(target[1] - from[1]);
        // Main sequence: 25 ms and 2.4 ms for each degree.
        self.eyes = Course { from, to: target, start: time, secs: 0.025 + 0.0024 * size };
        if size > 15.0 {
            blink.with_gaze_shift(time);
        }
        let eccentricity = target[0].hypot(target[1]);
        let share = if eccentricity > EYES_ONLY_DEGREES {
            self.profile.head_share * (eccentricity - EYES_ONLY_DEGREES) / eccentricity
        } else {
            0.0
        };
        let to = target.map(|angle| angle * share);
        let turn = (to[0] - self.head.to[0]).hypot(to[1] - self.head.to[1]);
        if turn > 0.1 {
            let delay = f64::from(self.random.within(0.02, 0.06));
            let from = self.head.at(time);
            let secs = (0.3 + 0.03 * turn).min(0.6);
            self.head = Course { from, to, start: time + delay, secs };
        }
    }

    /// The small movements of eyes that stay.
    fn fixate(&mut self, tick: &Tick) {
        if tick.time >= self.next_micro {
            self.next_micro = tick.time + f64::from(self.random.within(0.6, 1.0));
            let (size, turn) =
                (self.random.within(0.1, 0.25), self.random.within(0.0, std::f32::consts::TAU));
            let target = [size * turn.cos(), size * turn.sin()];
            self.micro_target = target.map(|angle| angle * self.liveliness);
        }
        for axis in 0..2 {
            // 25 ms to the new place.
            self.micro[axis] += 0.4 * (self.micro_target[axis] - self.micro[axis]);
        }
    }
}
