//! Breath: slow at rest, one quick before an own turn, long outward while speaking.

use crate::behaviour::Tick;
use crate::block::{Block, BlockKind, Cause, Trace};
use crate::curve::{Envelope, minimum_jerk};
use crate::profile::BreathProfile;
use crate::random::Random;

/// A breath drawn so lately is enough for a turn.
const FRESH_SECS: f64 = 2.5;

#[derive(Clone, Debug)]
pub(crate) struct Breath {
    random: Random,
    profile: BreathProfile,
    phase: f32,
    level: f32,
    due: Option<(f64, Cause)>,
    drawn: f64,
    /// The breath before a turn: from this level upward.
    from: f32,
    until: f64,
}

impl Breath {
    pub(crate) fn new(profile: BreathProfile, seed: u64) -> Self {
        let mut random = Random::new(seed, 8);
        let phase = random.unit();
        let (level, drawn, from, until) = (0.0, f64::NEG_INFINITY, 0.0, f64::NEG_INFINITY);
        Self { random, profile, phase, level, due: None, drawn, from, until }
    }

    /// The face thinks: it will want to speak.
    pub(crate) fn before_turn(&mut self, time: f64, cause: Cause) {
        let delay = f64::from(self.random.of(self.profile.turn_delay_ms)) / 1000.0;
        self.due = Some((time + delay, cause));
    }

    /// The own speech begins now.
    pub(crate) fn at_turn(&mut self, time: f64, cause: Cause) {
        if self.drawn < time - FRESH_SECS {
            self.due = Some((time, cause));
        }
    }

    /// Somebody else speaks: no breath is needed.
    pub(crate) fn forgo(&mut self) {
        self.due = None;
    }

    /// Lift of the chest in 0..=1.
    pub(crate) fn step(&mut self, tick: &Tick, trace: &mut Trace) -> f32 {
        let inhale = 1.0 / (1.0 + self.profile.exhale_by_inhale);
        let secs = self.profile.turn_inhale_ms / 1000.0;
        if let Some((_, cause)) = self.due.filter(|(due, _)| tick.time >= *due) {
            self.due = None;
            self.from = self.level;
            self.until = tick.time + f64::from(secs);
            self.drawn = self.until;
            let sync = Envelope { start: tick.time, onset: secs, hold: 0.0, offset: 0.0 }.sync();
            trace.push(Block { kind: BlockKind::Inhale, cause, sync, strength: 1.0 - self.from });
        }
        if tick.time < self.until {
            let part = 1.0 - (self.until - tick.time) as f32 / secs;
            self.level = self.from + (1.0 - self.from) * minimum_jerk(part);
            self.phase = inhale;
            return self.level;
        }
        self.phase = (self.phase + tick.secs * self.profile.per_minute.of(tick.state) / 60.0).fract();
        let lift = if self.phase < inhale {
            minimum_jerk(self.phase / inhale)
        } else {
            1.0 - minimum_jerk((self.phase - inhale) / (1.0 - inhale))
        };
        // From wherever it was, no faster than the quick breath.
        let step = 1.0 / secs * tick.secs;
        self.level = (self.level + (lift - self.level).clamp(-step, step)).clamp(0.0, 1.0);
        self.level
    }
}
