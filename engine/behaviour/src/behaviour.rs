//! The whole: events in, poses out, on a grid of 120 Hz.

use viva_media::{Blendshape, Blendshapes, FacePose, Radians, TimeSpan, Timestamp};

use crate::action_unit::ActionUnit;
use crate::blink::Blink;
use crate::event::{Event, State};
use crate::expression::Expression;
use crate::gaze::Gaze;
use crate::head::Head;
use crate::mixer::{Layers, Mixer};
use crate::nod::Nod;
use crate::profile::Profile;
use crate::viseme::Mouth;

/// Poses per second of simulated time.
pub const GRID_HZ: i64 = 120;

/// So many events may wait for their time; a further one is dropped and counted.
const MAX_EVENTS: usize = 256;

/// After a longer silence of its caller the face takes up from here: nobody saw what lies before.
const LONGEST_CATCH_UP_TICKS: i64 = 60 * GRID_HZ;

/// One point of the grid, as the schedulers see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    /// Seconds on the session's clock.
    pub(crate) time: f64,
    /// Seconds since the last point.
    pub(crate) secs: f32,
    pub(crate) state: State,
    pub(crate) liveliness: f32,
}

/// One face.
#[derive(Clone, Debug)]
pub struct Behaviour {
    profile: Profile,
    seed: u64,
    /// Sorted by stamp; the visemes of an utterance are planned when it is pushed.
    events: Vec<(Timestamp, Command)>,
    dropped_events: u64,
    /// Number of the next grid point.
    next_tick: i64,
    pose: FacePose,
    state: State,
    own_end: Timestamp,
    candidate_speaks: bool,
    candidate_paused: f64,
    blink: Blink,
    gaze: Gaze,
    nod: Nod,
    expression: Expression,
    mouth: Mouth,
    head: Head,
    mixer: Mixer,
}

/// An [`Event`] without its visemes.
#[derive(Clone, Copy, Debug)]
enum Command {
    StartSpeaking { until: Timestamp },
    StopSpeaking,
    Listening,
    CandidateSpeaks,
    CandidatePauses,
    Backchannel,
    Thinking,
    Affect(viva_exchange::Affect, f32),
    Role(crate::Role),
    Loudness(f32),
    LookAt([f32; 2]),
}

impl Behaviour {
    /// A face at rest at time zero; the same `profile` and `seed` behave the same.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let mut expression = Expression::new(profile.expression, profile.role, seed);
        let mut rest = Blendshapes::default();
        let tick = Tick { time: 0.0, secs: 0.0, state: State::Listening, liveliness: profile.liveliness };
        expression.step(&tick, &mut rest);
        Self {
            profile,
            seed,
            events: Vec::with_capacity(MAX_EVENTS),
            dropped_events: 0,
            next_tick: 0,
            pose: FacePose { weights: rest, ..FacePose::neutral(Timestamp::ZERO) },
            state: State::Listening,
            own_end: Timestamp::ZERO,
            candidate_speaks: false,
            candidate_paused: f64::NEG_INFINITY,
            blink: Blink::new(profile.blink, seed),
            gaze: Gaze::new(profile.gaze, profile.liveliness, seed),
            nod: Nod::new(profile.nod, profile.speech, seed),
            expression,
            mouth: Mouth::new(profile.speech),
            head: Head::new(profile.head, profile.liveliness, seed),
            mixer: Mixer::new(rest, profile.expression.asymmetry),
        }
    }

    /// Back to how [`Self::new`] made it.
    pub fn reset(&mut self) {
        *self = Self::new(self.profile, self.seed);
    }

    /// Tells that `event` happens at `at`; an event of the past takes effect at the next grid point.
    ///
    /// At most 256 events wait; what comes then is dropped and counted in [`Self::dropped`].
    pub fn push(&mut self, at: Timestamp, event: Event) {
        if self.events.len() == MAX_EVENTS {
            self.dropped_events += 1;
            return;
        }
        let command = match event {
            Event::StartSpeaking { visemes, until } => {
                self.mouth.plan(at, &visemes);
                Command::StartSpeaking { until: until.max(at) }
            }
            Event::StopSpeaking => Command::StopSpeaking,
            Event::Listening => Command::Listening,
            Event::CandidateSpeaks => Command::CandidateSpeaks,
            Event::CandidatePauses => Command::CandidatePauses,
            Event::Backchannel => Command::Backchannel,
            Event::Thinking => Command::Thinking,
            Event::Affect { affect, level } => Command::Affect(affect, level),
            Event::Role(role) => Command::Role(role),
            Event::LoudnessRms(rms) => Command::Loudness(rms),
            Event::LookAt { yaw, pitch } => {
                let finite = |angle: Radians| if angle.0.is_finite() { angle.to_degrees() } else { 0.0 };
                Command::LookAt([finite(yaw), finite(pitch)])
            }
        };
        let place = self.events.partition_point(|(known, _)| *known <= at);
        self.events.insert(place, (at, command));
    }

    /// The pose at the last grid point that is not after `now`.
    ///
    /// Goes through all points since the last call, so that how often it is called does not matter; only a pause of more
    /// than a minute is cut short. A `now` before the last one gives the last pose again.
    pub fn step(&mut self, now: Timestamp) -> FacePose {
        let last = tick_at_or_before(now);
        self.next_tick = self.next_tick.max(last.saturating_sub(LONGEST_CATCH_UP_TICKS));
        while self.next_tick <= last {
            let at = time_of_tick(self.next_tick);
            self.next_tick += 1;
            self.advance(at);
        }
        self.pose
    }

    /// Events and viseme cues that were dropped because too many waited.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped_events + self.mouth.dropped()
    }

    fn advance(&mut self, at: Timestamp) {
        let time = at.as_secs();
        let due = self.events.partition_point(|(stamp, _)| *stamp <= at);
        for index in 0..due {
            let (stamp, command) = self.events[index];
            self.obey(stamp, command, time);
        }
        self.events.drain(..due);
        if self.state == State::Speaking && at >= self.own_end {
            self.state = State::Listening;
            self.blink.at_own_end(time);
        }

        let secs = 1.0 / GRID_HZ as f32;
        let tick = Tick { time, secs, state: self.state, liveliness: self.profile.liveliness };
        let mut shapes = Blendshapes::default();
        let style = self.expression.step(&tick, &mut shapes);
        let mouth = self.mouth.step(at, time, secs, style.jaw, style.lips);
        if mouth.beat {
            self.nod.beat(time);
        }
        let own_end = (self.state == State::Speaking).then(|| self.own_end.as_secs());
        let gaze = self.gaze.step(&tick, own_end, &mut self.blink);
        let is_welcome = self.candidate_speaks || time - self.candidate_paused < 1.0;
        let nod = self.nod.step(&tick, is_welcome);
        let blink = self.blink.step(&tick);
        let head = self.head.step(&tick);
        if nod.brow > 0.0 {
            ActionUnit::InnerBrowRaiser.add(&mut shapes, nod.brow, nod.brow);
            ActionUnit::OuterBrowRaiser.add(&mut shapes, 0.9 * nod.brow, 0.8 * nod.brow);
        }

        let pitch = head.pitch + gaze.head[1] + nod.pitch_degrees + style.pitch_degrees;
        let wish = [
            pitch.clamp(-15.0, 15.0),
            (head.yaw + gaze.head[0]).clamp(-20.0, 20.0),
            head.roll.clamp(-5.0, 5.0),
        ];
        let fastest = match self.state {
            _ if nod.is_moving => 78.0,
            State::Speaking => 58.0,
            State::Listening | State::Thinking => 29.0,
        };
        let [pitch, yaw, roll] = self.turn_head(wish, fastest * secs);
        // The eyes stay on their target whatever the head does; a blink draws them down a little.
        let eye_yaw = (gaze.world[0] - yaw).clamp(-35.0, 35.0);
        let eye_pitch = (gaze.world[1] - pitch + 1.5 * blink.0).clamp(-30.0, 30.0);
        let is_speaking = self.state == State::Speaking;
        let layers = Layers { expression: shapes, mouth, is_speaking, blink, eye_yaw, eye_pitch, secs };
        let weights = self.mixer.step(&layers);
        let degrees = Radians::from_degrees;
        self.pose = FacePose {
            at,
            weights,
            head_yaw: degrees(yaw),
            head_pitch: degrees(pitch),
            head_roll: degrees(roll),
            gaze_yaw: degrees(eye_yaw),
            gaze_pitch: degrees(eye_pitch),
            pupil_mm: head.pupil_mm,
            breath: head.breath,
        };
        debug_assert!(self.pose.weights[Blendshape::JawOpen].is_finite(), "weights are finite");
    }

    /// The head on its way to `wish` (pitch, yaw, roll in degrees), by at most `step` degrees in all.
    fn turn_head(&self, wish: [f32; 3], step: f32) -> [f32; 3] {
        let now = [self.pose.head_pitch, self.pose.head_yaw, self.pose.head_roll].map(Radians::to_degrees);
        let change: [f32; 3] = std::array::from_fn(|axis| wish[axis] - now[axis]);
        let size = change.iter().map(|part| part * part).sum::<f32>().sqrt();
        let part = if size > step { step / size } else { 1.0 };
        std::array::from_fn(|axis| now[axis] + change[axis] * part)
    }

    fn obey(&mut self, stamp: Timestamp, command: Command, time: f64) {
        match command {
            Command::StartSpeaking { until } => {
                if self.state == State::Speaking {
                    self.own_end = self.own_end.max(until);
                } else {
                    self.own_end = until;
                    self.head.inhale();
                }
                self.state = State::Speaking;
            }
            Command::StopSpeaking => {
                self.mouth.stop(stamp);
                if self.state == State::Speaking {
                    self.state = State::Listening;
                }
            }
            Command::Listening => {
                if self.state == State::Thinking {
                    self.state = State::Listening;
                }
            }
            Command::CandidateSpeaks => {
                self.candidate_speaks = true;
                if self.state == State::Thinking {
                    self.state = State::Listening;
                }
                self.gaze.attend(time);
            }
            Command::CandidatePauses => {
                if self.candidate_speaks {
                    self.candidate_paused = time;
                    self.blink.at_candidate_pause(time);
                }
                self.candidate_speaks = false;
            }
            Command::Backchannel => self.nod.request(time),
            Command::Thinking => {
                if self.state != State::Speaking {
                    self.state = State::Thinking;
                }
            }
            Command::Affect(affect, level) => self.expression.set_affect(affect, level, time),
            Command::Role(role) => self.expression.set_role(role, time),
            Command::Loudness(rms) => self.mouth.set_loudness(rms),
            Command::LookAt(partner) => self.gaze.look_at(partner, time),
        }
    }
}

/// Exact on the grid: three points are 25 ms.
fn time_of_tick(tick: i64) -> Timestamp {
    Timestamp::ZERO + TimeSpan::from_nanos((i128::from(tick) * 25_000_000 / 3) as i64)
}

fn tick_at_or_before(time: Timestamp) -> i64 {
    let tick = (i128::from(time.as_nanos()) * 3).div_euclid(25_000_000) as i64;
    // The times of grid points are rounded down to nanoseconds.
    if time_of_tick(tick + 1) <= time { tick + 1 } else { tick }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_points_are_their_own_ticks() {
        for tick in [0, 1, 2, 3, 119, 120, 121, 432_000_001] {
            let at = time_of_tick(tick);
            assert_eq!(tick_at_or_before(at), tick);
            assert_eq!(tick_at_or_before(at - TimeSpan::from_nanos(1)), tick - 1);
        }
        assert_eq!(time_of_tick(120), Timestamp::from_secs(1.0));
    }
}
