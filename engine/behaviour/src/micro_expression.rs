//! Micro-expressions: one or two units that pass in a third of a second.

use viva_media::Blendshapes;

use crate::Role;
use crate::action_unit::ActionUnit as Au;
use crate::behaviour::Tick;
use crate::block::{Block, BlockKind, Cause, Trace};
use crate::curve::Envelope;
use crate::expression::halves;
use crate::profile::MicroProfile;
use crate::random::Random;

/// No micro-expression is shorter or longer, the lag of the right half included.
const LENGTH_SECS: (f32, f32) = (0.16, 0.47);

#[derive(Clone, Debug)]
pub(crate) struct MicroExpressions {
    random: Random,
    profile: MicroProfile,
    asymmetry: f32,
    now: Option<Micro>,
    next: f64,
}

#[derive(Clone, Copy, Debug)]
struct Micro {
    units: &'static [Au],
    level: f32,
    left: f32,
    right: f32,
    lag_secs: f64,
    envelope: Envelope,
}

/// Units that any face may show for a moment.
const FRIENDLY: [&[Au]; 3] = [
    &[Au::LipCornerPuller, Au::CheekRaiser],
    &[Au::InnerBrowRaiser, Au::OuterBrowRaiser],
    &[Au::LidTightener],
];

/// Units that only a character may show; what moves the mouth moves brow or lids as well.
const NEGATIVE: [&[Au]; 4] = [
    &[Au::BrowLowerer],
    &[Au::NoseWrinkler, Au::BrowLowerer],
    &[Au::Dimpler, Au::LidTightener],
    &[Au::LipCornerDepressor, Au::BrowLowerer],
];

impl MicroExpressions {
    pub(crate) fn new(profile: MicroProfile, asymmetry: f32, seed: u64) -> Self {
        let mut random = Random::new(seed, 6);
        let next = f64::from(random.within(10.0, 60.0));
        Self { random, profile, asymmetry, now: None, next }
    }

    /// One shows now.
    pub(crate) fn shows(&self) -> bool {
        self.now.is_some()
    }

    /// Adds what passes now to `weights`; none begins in a face that `is_gathered`.
    pub(crate) fn step(
        &mut self,
        tick: &Tick,
        role: Role,
        is_gathered: bool,
        weights: &mut Blendshapes,
        trace: &mut Trace,
    ) {
        if tick.time >= self.next && !is_gathered {
            let rate = self.profile.per_minute.of(tick.state) * tick.liveliness;
            if rate > 0.0 {
                let micro = self.draw(tick.time, role);
                let (sync, strength) = (micro.envelope.sync(), micro.level);
                let (kind, cause) = (BlockKind::MicroExpression, Cause::Schedule);
                trace.push(Block { kind, cause, sync, strength });
                self.now = Some(micro);
            }
            let rest = (60.0 / rate.max(0.01) - self.profile.gap_secs).max(0.0);
            let wait = self.profile.gap_secs - rest * (1.0 - self.random.unit()).ln();
            self.next = tick.time + f64::from(wait);
        }
        // What only a character may show goes with the character.
        self.now.take_if(|micro| role == Role::Examiner && !FRIENDLY.contains(&micro.units));
        if let Some(micro) = self.now {
            let left = micro.envelope.eased_at(tick.time);
            let right = micro.envelope.eased_at(tick.time - micro.lag_secs);
            for unit in micro.units {
                unit.add(weights, micro.level * micro.left * left, micro.level * micro.right * right);
            }
            if tick.time > micro.envelope.end() + 0.1 {
                self.now = None;
            }
        }
    }

    fn draw(&mut self, time: f64, role: Role) -> Micro {
        let profile = self.profile;
        let total = (profile.total_ms + profile.total_sd_ms * self.random.normal()) / 1000.0;
        let total = total.clamp(LENGTH_SECS.0, LENGTH_SECS.1);
        let may_be_negative = role == Role::Character && profile.negative;
        let choices = FRIENDLY.len() + if may_be_negative { NEGATIVE.len() } else { 0 };
        let choice = (self.random.unit() * choices as f32) as usize;
        let units = FRIENDLY.iter().chain(&NEGATIVE).nth(choice).map_or(FRIENDLY[0], |units| *units);
        let (left, right) = halves(&mut self.random, self.asymmetry);
        let (onset, hold) = (total * profile.onset_share, total * profile.apex_share);
        let envelope = Envelope { start: time, onset, hold, offset: total - onset - hold };
        let lag_secs = f64::from(self.random.of(profile.side_lag_ms)) / 1000.0;
        // The stronger half stays below 0.35.
        let level = self.random.of(profile.level).min(0.35 / left.max(right));
        Micro { units, level, left, right, lag_secs, envelope }
    }
}
