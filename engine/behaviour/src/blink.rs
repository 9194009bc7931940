//! When the lids close by themselves.

use crate::behaviour::Tick;
use crate::curve::Envelope;
use crate::profile::BlinkProfile;
use crate::random::Random;

/// No blink begins earlier after another, unless it is its double.
const REFRACTORY_SECS: f64 = 0.5;
/// Nor later than this after another.
const LONGEST_INTERVAL_SECS: f32 = 11.0;

#[derive(Clone, Debug)]
pub(crate) struct Blink {
    random: Random,
    profile: BlinkProfile,
    envelope: Envelope,
    depth: f32,
    /// How much later the right lid is.
    lag_secs: f64,
    next: f64,
    double_at: Option<f64>,
}

impl Blink {
    pub(crate) fn new(profile: BlinkProfile, seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let next = f64::from(random.within(0.5, 3.0));
        let envelope = Envelope { start: -10.0, onset: 0.1, hold: 0.0, offset: 0.1 };
        Self { random, profile, envelope, depth: 0.0, lag_secs: 0.0, next, double_at: None }
    }

    /// A blink at `time` with the probability `p`; none where the last has just been.
    fn request(&mut self, p: f32, time: f64) {
        // The draw comes first, so that the stream does not depend on the refractory time.
        if self.random.chance(p) && time >= self.envelope.start + REFRACTORY_SECS {
            self.next = self.next.min(time);
        }
    }

    /// A large shift of gaze begins.
    pub(crate) fn with_gaze_shift(&mut self, time: f64) {
        self.request(self.profile.p_with_gaze_shift, time);
    }

    /// The own speech ends.
    pub(crate) fn at_own_end(&mut self, time: f64) {
        self.request(self.profile.p_at_own_end, time);
    }

    /// The candidate pauses; a listener's blink follows with a lag.
    pub(crate) fn at_candidate_pause(&mut self, time: f64) {
        let lag = f64::from(self.random.within(0.25, 0.5));
        self.request(self.profile.p_at_candidate_pause, time + lag);
    }

    /// Closure of the left and right lid.
    pub(crate) fn step(&mut self, tick: &Tick) -> (f32, f32) {
        let time = tick.time;
        if self.double_at.is_some_and(|at| time >= at) {
            self.double_at = None;
            self.begin(tick);
        } else if time >= self.next && self.double_at.is_none() {
            self.begin(tick);
            if self.random.chance(self.profile.p_double) {
                self.double_at = Some(self.envelope.end() + 0.05);
            }
        }
        (self.depth * self.envelope.at(time), self.depth * self.envelope.at(time - self.lag_secs))
    }

    fn begin(&mut self, tick: &Tick) {
        let profile = self.profile;
        let (state, jitter) = (tick.state, self.random.within(0.9, 1.1));
        self.envelope = Envelope {
            start: tick.time,
            onset: profile.closing_ms.of(state) * jitter / 1000.0,
            hold: profile.closed_ms.of(state) * jitter / 1000.0,
            offset: profile.opening_ms.of(state) * jitter / 1000.0,
        };
        let (incomplete, partial) = (self.random.chance(profile.p_incomplete), self.random.within(0.6, 0.8));
        self.depth = if incomplete { partial } else { 1.0 };
        self.lag_secs = f64::from(self.random.within(0.001, 0.008));
        let interval = self.random.log_normal(60.0 / profile.per_minute.of(state), profile.sigma);
        self.next = tick.time + f64::from(interval.clamp(0.7, LONGEST_INTERVAL_SECS));
    }
}
