//! The whole: events in, poses out, on a grid of 120 Hz.

use viva_media::{Blendshape, Blendshapes, FacePose, Radians, TimeSpan, Timestamp};

use crate::action_unit::ActionUnit;
use crate::affect::Manner;
use crate::blink::Blink;
use crate::block::{Block, BlockKind, Cause, SyncPoints, Trace};
use crate::breath::Breath;
use crate::event::{Event, State};
use crate::expression::Expression;
use crate::gaze::Gaze;
use crate::head::Head;
use crate::micro_expression::MicroExpressions;
use crate::mixer::{Layers, Mixer};
use crate::nod::Nod;
use crate::profile::Profile;
use crate::random::Random;
use crate::smile_return::SmileReturn;
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
    /// Of the present affect.
    pub(crate) manner: Manner,
    /// A micro-expression shows.
    pub(crate) micro: bool,
}

/// One face.
#[derive(Clone, Debug)]
pub struct Behaviour {
    profile: Profile,
    seed: u64,
    /// Sorted by stamp; the visemes of an utterance are planned when it is pushed.
    events: Vec<(Timestamp, &'static str, Command)>,
    dropped_events: u64,
    /// Number of the next grid point.
    next_tick: i64,
    pose: FacePose,
    state: State,
    own_end: Timestamp,
    candidate_speaks: bool,
    candidate_paused: f64,
    /// For what only an interruption draws.
    random: Random,
    trace: Trace,
    blink: Blink,
    gaze: Gaze,
    nod: Nod,
    expression: Expression,
    micro: MicroExpressions,
    smile_return: SmileReturn,
    mouth: Mouth,
    breath: Breath,
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
    CandidateLooksAway,
    CandidateLooksBack,
    PartnerSmile(f32),
    Topic,
}

impl Behaviour {
    /// A face at rest at time zero; the same `profile` and `seed` behave the same.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let mut trace = Trace::new();
        let mut expression = Expression::new(&profile, seed);
        let mut rest = Blendshapes::default();
        let liveliness = profile.liveliness;
        let (state, manner) = (State::Listening, Manner::default());
        let tick = Tick { time: 0.0, secs: 0.0, state, liveliness, manner, micro: false };
        expression.step(&tick, &mut rest, &mut trace);
        let asymmetry = profile.expression.asymmetry;
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
            random: Random::new(seed, 9),
            trace,
            blink: Blink::new(profile.blink, seed),
            gaze: Gaze::new(profile.gaze, liveliness, seed),
            nod: Nod::new(profile.nod, profile.speech, seed),
            expression,
            micro: MicroExpressions::new(profile.micro_expression, asymmetry, seed),
            smile_return: SmileReturn::new(profile.smile_return, asymmetry, seed),
            mouth: Mouth::new(profile.speech),
            breath: Breath::new(profile.breath, seed),
            head: Head::new(profile.head, profile.pupil, liveliness, seed),
            mixer: Mixer::new(rest, asymmetry, profile.speech),
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
        let name = event.name();
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
            Event::CandidateLooksAway => Command::CandidateLooksAway,
            Event::CandidateLooksBack => Command::CandidateLooksBack,
            Event::PartnerSmile { width } => Command::PartnerSmile(width),
            Event::Topic => Command::Topic,
        };
        let place = self.events.partition_point(|(known, _, _)| *known <= at);
        self.events.insert(place, (at, name, command));
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

    /// The last acts of the face, in the order in which they began, each with its synchronisation points and its cause.
    ///
    /// At most 512 are remembered.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.trace.iter()
    }

    /// How many acts there have been since the beginning, forgotten ones included.
    #[must_use]
    pub fn block_count(&self) -> u64 {
        self.trace.count()
    }

    fn advance(&mut self, at: Timestamp) {
        let time = at.as_secs();
        let due = self.events.partition_point(|(stamp, _, _)| *stamp <= at);
        for index in 0..due {
            let (stamp, name, command) = self.events[index];
            self.obey(stamp, command, time, Cause::Event { name, at: stamp });
        }
        self.events.drain(..due);
        if self.state == State::Speaking && at >= self.own_end {
            self.state = State::Listening;
            self.blink.at_own_phrase_end(time, Cause::TurnEnd { at: self.own_end });
        }

        let secs = 1.0 / GRID_HZ as f32;
        let liveliness = self.profile.liveliness;
        let manner = self.expression.manner(time);
        let micro = self.micro.shows();
        let tick = Tick { time, secs, state: self.state, liveliness, manner, micro };
        let trace = &mut self.trace;
        let mut shapes = Blendshapes::default();
        self.expression.step(&tick, &mut shapes, trace);
        let is_gathered = self.expression.is_gathered(time);
        self.micro.step(&tick, self.expression.role(), is_gathered, &mut shapes, trace);
        self.smile_return.step(&tick, &mut shapes);
        let mouth = self.mouth.step(at, time, secs, manner.jaw, manner.lips);
        if mouth.phrase_ends && self.state == State::Speaking {
            self.blink.at_own_phrase_end(time, Cause::Block(BlockKind::Speech));
        }
        if let Some(vowel) = mouth.beat {
            self.nod.beat(time, vowel, trace);
        }
        let own_end = (self.state == State::Speaking).then(|| self.own_end.as_secs());
        let gaze = self.gaze.step(&tick, own_end, &mut self.blink, trace);
        let welcome = f64::from(self.profile.nod.welcome_secs);
        let is_welcome = self.candidate_speaks || time - self.candidate_paused < welcome;
        let nod = self.nod.step(&tick, is_welcome, trace);
        let blink = self.blink.step(&tick, trace);
        let breath = self.breath.step(&tick, trace);
        let head = self.head.step(&tick, trace);
        if nod.brow > 0.0 {
            ActionUnit::InnerBrowRaiser.add(&mut shapes, nod.brow, nod.brow);
            ActionUnit::OuterBrowRaiser.add(&mut shapes, 0.9 * nod.brow, 0.8 * nod.brow);
        }

        let chest = -self.profile.breath.head_degrees * liveliness * breath;
        let pitch = head.pitch + gaze.head[1] + nod.pitch_degrees + manner.pitch_degrees + chest;
        let wish = [
            pitch.clamp(-15.0, 15.0),
            (head.yaw + gaze.head[0]).clamp(-20.0, 20.0),
            (head.roll + manner.roll_degrees).clamp(-5.0, 5.0),
        ];
        let fastest = match self.state {
            _ if nod.is_moving => self.profile.head.nod_degrees_per_sec,
            state => self.profile.head.degrees_per_sec.of(state),
        };
        let [pitch, yaw, roll] = self.turn_head(wish, fastest * secs);
        // The eyes stay on their target whatever the head does; a blink draws them down a little.
        let eye_yaw = (gaze.world[0] - yaw).clamp(-35.0, 35.0);
        let eye_pitch =
            (gaze.world[1] - pitch + self.profile.blink.eye_dip_degrees * blink.0).clamp(-30.0, 30.0);
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
            breath,
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

    fn obey(&mut self, stamp: Timestamp, command: Command, time: f64, cause: Cause) {
        match command {
            Command::StartSpeaking { until } => {
                if self.state == State::Speaking {
                    self.own_end = self.own_end.max(until);
                } else {
                    self.own_end = until;
                    self.breath.at_turn(time, cause);
                    self.leave_thought(time);
                }
                self.state = State::Speaking;
                let length = (self.own_end - stamp).as_secs() as f32;
                let sync = SyncPoints::of(time, 0.0, length, 0.0);
                self.trace.push(Block { kind: BlockKind::Speech, cause, sync, strength: 1.0 });
            }
            Command::StopSpeaking => {
                self.mouth.stop(stamp);
                if self.state == State::Speaking {
                    self.state = State::Listening;
                    self.attend(time, cause);
                }
            }
            Command::Listening => {
                if self.state == State::Thinking {
                    self.leave_thought(time);
                    self.state = State::Listening;
                }
            }
            Command::CandidateSpeaks => {
                self.candidate_speaks = true;
                self.breath.forgo();
                if self.state == State::Thinking {
                    self.leave_thought(time);
                    self.state = State::Listening;
                }
                self.gaze.attend(time, cause);
            }
            Command::CandidatePauses => {
                if self.candidate_speaks {
                    self.candidate_paused = time;
                    self.blink.at_candidate_pause(time, cause);
                }
                self.candidate_speaks = false;
            }
            Command::Backchannel => self.nod.request(time, cause),
            Command::Thinking => {
                if self.state == State::Listening {
                    self.state = State::Thinking;
                    self.breath.before_turn(time, cause);
                }
            }
            Command::Affect(affect, level) => {
                self.expression.set_affect(affect, level, time, cause, &mut self.trace);
            }
            Command::Role(role) => {
                if role != self.expression.role() {
                    self.expression.set_role(role, time, cause, &mut self.trace);
                    // Another person: blinks, sits anew and looks at the partner.
                    self.blink.at_role_change(time, cause);
                    self.head.shift_posture(time, cause);
                    self.gaze.attend(time, cause);
                }
            }
            Command::Loudness(rms) => self.mouth.set_loudness(rms),
            Command::CandidateLooksAway => self.gaze.unseen(time),
            Command::CandidateLooksBack => self.gaze.seen(time, cause),
            Command::PartnerSmile(width) => {
                self.smile_return.request(time, width, cause, &mut self.trace);
            }
            Command::Topic => self.head.shift_posture(time, cause),
        }
    }

    fn leave_thought(&mut self, time: f64) {
        if self.state == State::Thinking {
            self.blink.after_thinking(time);
        }
    }

    /// The candidate has cut in: the eyes turn to the partner, and perhaps the brows rise.
    fn attend(&mut self, time: f64, cause: Cause) {
        self.gaze.alert(time, cause);
        let profile = &self.profile.expression;
        let delay = f64::from(self.random.of(profile.interruption_delay_ms)) / 1000.0;
        if self.random.chance(profile.p_interruption_brow) {
            self.nod.startle(time + delay, profile.interruption_brow, cause, &mut self.trace);
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
