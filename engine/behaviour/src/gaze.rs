//! Where the eyes look, and what of it the head takes over.

use crate::behaviour::Tick;
use crate::blink::Blink;
use crate::block::{Block, BlockKind, Cause, SyncPoints, Trace};
use crate::curve::minimum_jerk;
use crate::event::State;
use crate::profile::GazeProfile;
use crate::random::Random;

/// Smallest look away: less does not read as one.
const LEAST_AWAY_DEGREES: f32 = 6.0;
/// An alerted eye is faster than one at rest: from being cut off to the saccade.
const ALERT_LATENCY_SECS: f64 = 0.06;
/// How long the eyes stay on the partner after they came back for a reason.
const STAY_SECS: (f32, f32) = (1.0, 3.0);

/// Yaw and pitch in degrees.
pub(crate) type Angles = [f32; 2];

#[derive(Clone, Debug)]
pub(crate) struct Gaze {
    random: Random,
    profile: GazeProfile,
    liveliness: f32,
    /// The partner looks elsewhere.
    unseen: bool,
    eyes: Course,
    head: Course,
    on_partner: bool,
    bout_until: f64,
    /// Why the bout ends then.
    bout_cause: Cause,
    next_fixation: f64,
    next_micro: f64,
    micro: Angles,
    micro_target: Angles,
    drift: Angles,
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
            unseen: false,
            eyes: Course::default(),
            head: Course::default(),
            on_partner: true,
            bout_until,
            bout_cause: Cause::Schedule,
            next_fixation: 0.3,
            next_micro: 0.5,
            micro: [0.0; 2],
            micro_target: [0.0; 2],
            drift: [0.0; 2],
            back_before_end_secs: 0.6,
            last_state: State::Listening,
        }
    }

    fn latency_secs(&self) -> f64 {
        f64::from(self.profile.latency_ms) / 1000.0
    }

    /// The partner looks elsewhere: the eyes may stay for longer.
    pub(crate) fn unseen(&mut self, time: f64) {
        if !std::mem::replace(&mut self.unseen, true) && self.on_partner {
            let left = (self.bout_until - time).max(0.0);
            self.bout_until = time + left * f64::from(self.profile.contact_while_unseen);
        }
    }

    /// The partner looks here again, and meets eyes; only who thinks goes on looking aside.
    pub(crate) fn seen(&mut self, time: f64, cause: Cause) {
        if !std::mem::take(&mut self.unseen) {
            return;
        }
        if self.on_partner {
            // What was added for unseen eyes is taken back, or who looks up and down would be stared at for ever.
            let left = (self.bout_until - time).max(0.0);
            self.bout_until = time + left / f64::from(self.profile.contact_while_unseen);
        }
        if self.last_state != State::Thinking {
            self.alert(time, cause);
        }
    }

    /// The candidate begins: look.
    pub(crate) fn attend(&mut self, time: f64, cause: Cause) {
        self.come_back(time + self.latency_secs(), cause);
    }

    /// The candidate cuts in or looks here: look at once.
    pub(crate) fn alert(&mut self, time: f64, cause: Cause) {
        self.come_back(time + ALERT_LATENCY_SECS, cause);
    }

    fn come_back(&mut self, at: f64, cause: Cause) {
        if !self.on_partner && at < self.bout_until {
            (self.bout_until, self.bout_cause) = (at, cause);
        }
    }

    pub(crate) fn step(
        &mut self,
        tick: &Tick,
        own_end: Option<f64>,
        blink: &mut Blink,
        trace: &mut Trace,
    ) -> GazeNow {
        let time = tick.time;
        self.follow_state(tick, own_end);
        let must_look = own_end.is_some_and(|end| time >= end - self.back_before_end_secs);
        if must_look && !self.on_partner {
            self.bout_until = time;
            let at = viva_media::Timestamp::from_secs(own_end.unwrap_or(time));
            self.bout_cause = Cause::TurnEnd { at };
        }
        if time >= self.bout_until {
            let cause = std::mem::replace(&mut self.bout_cause, Cause::Schedule);
            if self.on_partner && !must_look {
                self.look_away(tick, blink, cause, trace);
            } else {
                let unseen = if self.unseen { self.profile.contact_while_unseen } else { 1.0 };
                let mean = self.profile.contact_secs.of(tick.state) * tick.manner.contact * unseen;
                let length = self.random.log_normal(mean, 0.5);
                self.bout_until = time + f64::from(length.clamp(0.5, 20.0));
                if !self.on_partner {
                    self.on_partner = true;
                    self.scan(time, blink, Some((cause, trace)));
                }
            }
        }
        if self.on_partner && time >= self.next_fixation {
            self.scan(time, blink, None);
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
        match tick.state {
            State::Thinking => {
                self.on_partner = true;
                let delay = f64::from(self.random.of(self.profile.thinking_delay_ms)) / 1000.0;
                (self.bout_until, self.bout_cause) = (time + delay, Cause::Block(BlockKind::Thought));
            }
            State::Speaking => {
                self.back_before_end_secs = f64::from(self.random.of(self.profile.back_before_end_secs));
                let is_long = own_end.is_some_and(|end| end - time > 4.0);
                if self.random.chance(self.profile.p_hold_at_start) && is_long {
                    let secs = f64::from(self.random.of(self.profile.hold_after_start_secs));
                    self.bout_until = if self.on_partner { time + 0.1 } else { time + secs };
                } else if !self.on_partner {
                    self.bout_until = time + self.latency_secs();
                }
                self.bout_cause = Cause::Block(BlockKind::Speech);
            }
            State::Listening => {
                if self.on_partner {
                    let secs = self.random.within(STAY_SECS.0, STAY_SECS.1);
                    self.bout_until = self.bout_until.max(time + f64::from(secs));
                } else if self.bout_until > time + self.latency_secs() {
                    self.bout_until = time + self.latency_secs();
                    self.bout_cause = Cause::Block(BlockKind::Speech);
                }
            }
        }
        self.last_state = tick.state;
    }

    fn look_away(&mut self, tick: &Tick, blink: &mut Blink, cause: Cause, trace: &mut Trace) {
        // Magnitudes fall off as Lee, Badler and Badler found.
        let percent = self.random.within(0.2, 15.0);
        let most = self.profile.away_degrees.of(tick.state).max(LEAST_AWAY_DEGREES);
        let size = (-6.9 * (percent / 15.7).ln()).clamp(LEAST_AWAY_DEGREES, most) * self.liveliness;
        let sign = if self.random.chance(0.5) { 1.0 } else { -1.0 };
        // Thinking looks up and aside; otherwise aside, rather down than up.
        let lift = match tick.state {
            State::Thinking => self.random.within(-0.9, -0.25),
            State::Listening | State::Speaking => self.random.within(-0.3, 0.5),
        };
        let lift = lift + (0.8 - lift) * tick.manner.away_down;
        let aside = (1.0 - lift * lift).max(0.0).sqrt();
        let target = [sign * size * aside, size * lift];
        let sync = self.shift(target, tick.time, blink, BlockKind::LookAway);
        self.on_partner = false;
        let length = self.random.log_normal(self.profile.away_secs.of(tick.state), 0.4);
        let length = length.clamp(0.3, self.profile.longest_away_secs);
        self.bout_until = tick.time + f64::from(length);
        trace.push(Block { kind: BlockKind::LookAway, cause, sync, strength: size });
    }

    /// To another point of the partner's face; a look back is told.
    fn scan(&mut self, time: f64, blink: &mut Blink, told: Option<(Cause, &mut Trace)>) {
        let radius = self.profile.scan_degrees * self.liveliness;
        let draw = self.random.unit();
        let eye = (1.0 - self.profile.p_scan_mouth) / 2.0;
        let target = if draw < eye {
            [radius, 0.0]
        } else if draw < 2.0 * eye {
            [-radius, 0.0]
        } else {
            [0.0, 1.5 * radius]
        };
        let from = self.eyes.at(time);
        let sync = self.shift(target, time, blink, BlockKind::LookBack);
        self.next_fixation = time + f64::from(self.random.of(self.profile.scan_hold_ms)) / 1000.0;
        if let Some((cause, trace)) = told {
            let strength = (target[0] - from[0]).hypot(target[1] - from[1]);
            trace.push(Block { kind: BlockKind::LookBack, cause, sync, strength });
        }
    }

    /// Begins a saccade, and the head's share of it.
    fn shift(&mut self, target: Angles, time: f64, blink: &mut Blink, kind: BlockKind) -> SyncPoints {
        let from = self.eyes.at(time);
        let size = (target[0] - from[0]).hypot(target[1] - from[1]);
        // The main sequence.
        let secs = (self.profile.saccade_ms + self.profile.saccade_ms_per_degree * size) / 1000.0;
        self.eyes = Course { from, to: target, start: time, secs };
        blink.with_gaze_shift(size, time, kind);
        let eccentricity = target[0].hypot(target[1]);
        let alone = self.profile.eyes_only_degrees;
        let share = if eccentricity > alone {
            self.profile.head_share * (eccentricity - alone) / eccentricity
        } else {
            0.0
        };
        let to = target.map(|angle| angle * share);
        let turn = (to[0] - self.head.to[0]).hypot(to[1] - self.head.to[1]);
        let mut end = secs;
        if turn > 0.1 {
            let delay = self.random.of(self.profile.head_lag_ms) / 1000.0;
            let from = self.head.at(time);
            let span = self.profile.head_ms;
            let secs = (span.low + 30.0 * turn).min(span.high) / 1000.0;
            self.head = Course { from, to, start: time + f64::from(delay), secs };
            end = end.max(delay + secs);
        }
        // The eyes arrive with the stroke; the head follows until the end.
        SyncPoints::of(time, secs, 0.0, end - secs)
    }

    /// The small movements of eyes that stay.
    fn fixate(&mut self, tick: &Tick) {
        if tick.time >= self.next_micro {
            self.next_micro = tick.time + f64::from(self.random.of(self.profile.fixation_gap_secs));
            let size = self.random.of(self.profile.fixation_degrees);
            let turn = self.random.within(0.0, std::f32::consts::TAU);
            self.micro_target = [size * turn.cos(), size * turn.sin()].map(|angle| angle * self.liveliness);
            let speed = self.profile.drift_degrees_per_sec * self.liveliness;
            let aside = self.random.within(0.0, std::f32::consts::TAU);
            self.drift = [speed * aside.cos(), speed * aside.sin()];
        }
        for axis in 0..2 {
            self.micro_target[axis] += self.drift[axis] * tick.secs;
            // 25 ms to the new place.
            self.micro[axis] += 0.4 * (self.micro_target[axis] - self.micro[axis]);
        }
    }
}
