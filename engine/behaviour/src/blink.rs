//! When the lids close by themselves.

use crate::behaviour::Tick;
use crate::block::{Block, BlockKind, Cause, Trace};
use crate::curve::Envelope;
use crate::profile::BlinkProfile;
use crate::random::Random;

/// From a blink's end to its double.
const DOUBLE_AFTER_SECS: f64 = 0.05;

#[derive(Clone, Debug)]
pub(crate) struct Blink {
    random: Random,
    profile: BlinkProfile,
    envelope: Envelope,
    depth: f32,
    /// How much later the right lid is.
    lag_secs: f64,
    next: f64,
    /// When it would be by itself.
    due: f64,
    next_cause: Cause,
    double_at: Option<f64>,
}

impl Blink {
    pub(crate) fn new(profile: BlinkProfile, seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let next = f64::from(random.within(0.5, 3.0));
        let envelope = Envelope::PAST;
        let next_cause = Cause::Schedule;
        Self {
            random,
            profile,
            envelope,
            depth: 0.0,
            lag_secs: 0.0,
            next,
            due: next,
            next_cause,
            double_at: None,
        }
    }

    /// A blink at `time` with the probability `p`; none where the last has just been.
    fn request(&mut self, p: f32, time: f64, cause: Cause) {
        // The draw comes first, so that the stream does not depend on the refractory time.
        let is_free = time >= self.envelope.start + f64::from(self.profile.refractory_secs);
        if self.random.chance(p) && is_free && time < self.next {
            self.next = time;
            self.next_cause = cause;
        }
    }

    /// A shift of gaze begins.
    pub(crate) fn with_gaze_shift(&mut self, degrees: f32, time: f64, kind: BlockKind) {
        if degrees > self.profile.gaze_shift_degrees {
            self.request(self.profile.p_with_gaze_shift, time, Cause::Block(kind));
        }
    }

    /// The own speech pauses or ends.
    pub(crate) fn at_own_phrase_end(&mut self, time: f64, cause: Cause) {
        self.request(self.profile.p_at_own_phrase_end, time, cause);
    }

    /// A thought is over.
    pub(crate) fn after_thinking(&mut self, time: f64) {
        self.request(self.profile.p_after_thinking, time, Cause::Block(BlockKind::Thought));
    }

    /// Somebody else looks out of these eyes now.
    pub(crate) fn at_role_change(&mut self, time: f64, cause: Cause) {
        self.request(1.0, time, cause);
    }

    /// The candidate pauses; a listener's blink follows with a lag.
    pub(crate) fn at_candidate_pause(&mut self, time: f64, cause: Cause) {
        let lag = f64::from(self.random.of(self.profile.candidate_pause_lag_ms)) / 1000.0;
        self.request(self.profile.p_at_candidate_pause, time + lag, cause);
    }

    /// Closure of the left and right lid.
    pub(crate) fn step(&mut self, tick: &Tick, trace: &mut Trace) -> (f32, f32) {
        let time = tick.time;
        if self.double_at.is_some_and(|at| time >= at) {
            self.double_at = None;
            self.begin(tick, Cause::Block(BlockKind::Blink), trace);
        } else if time >= self.next && self.double_at.is_none() {
            self.begin(tick, self.next_cause, trace);
            if self.random.chance(self.profile.p_double) {
                self.double_at = Some(self.envelope.end() + DOUBLE_AFTER_SECS);
            }
        }
        (self.depth * self.envelope.at(time), self.depth * self.envelope.at(time - self.lag_secs))
    }

    fn begin(&mut self, tick: &Tick, cause: Cause, trace: &mut Trace) {
        let profile = self.profile;
        let (state, jitter) = (tick.state, self.random.within(0.9, 1.1));
        self.envelope = Envelope {
            start: tick.time,
            onset: profile.closing_ms.of(state) * jitter / 1000.0,
            hold: profile.closed_ms.of(state) * jitter / 1000.0,
            offset: profile.opening_ms.of(state) * jitter / 1000.0,
        };
        let incomplete = self.random.chance(profile.p_incomplete.of(state));
        let partial = self.random.of(profile.incomplete_depth);
        self.depth = if incomplete { partial } else { 1.0 };
        self.lag_secs = f64::from(self.random.of(profile.side_lag_ms)) / 1000.0;
        let rate = profile.per_minute.of(state) * tick.manner.blink / (1.0 + profile.p_double);
        let interval = self.random.log_normal(60.0 / rate, profile.sigma);
        let shortest = 0.2 + profile.refractory_secs;
        let longest = tick.time + f64::from(profile.longest_secs);
        // One that something brought on came in place of the one that was due: the rate stays.
        self.due = (self.due.max(tick.time) + f64::from(interval.max(shortest))).min(longest);
        self.next = self.due;
        self.next_cause = Cause::Schedule;
        let sync = self.envelope.sync();
        trace.push(Block { kind: BlockKind::Blink, cause, sync, strength: self.depth });
    }
}
