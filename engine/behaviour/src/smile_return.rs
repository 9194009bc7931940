//! The answer to a smile of the partner's mouth, as one answers a greeting.

use viva_media::Blendshapes;

use crate::action_unit::ActionUnit as Au;
use crate::behaviour::Tick;
use crate::block::{Block, BlockKind, Cause, Trace};
use crate::curve::Envelope;
use crate::expression::halves;
use crate::profile::SmileProfile;
use crate::random::Random;

/// A narrower movement of the corners is not answered.
const LEAST_WIDTH: f32 = 0.2;

#[derive(Clone, Debug)]
pub(crate) struct SmileReturn {
    random: Random,
    profile: SmileProfile,
    asymmetry: f32,
    envelope: Envelope,
    level: f32,
    left: f32,
    right: f32,
}

impl SmileReturn {
    pub(crate) fn new(profile: SmileProfile, asymmetry: f32, seed: u64) -> Self {
        let random = Random::new(seed, 7);
        Self { random, profile, asymmetry, envelope: Envelope::PAST, level: 0.0, left: 1.0, right: 1.0 }
    }

    /// The partner's mouth smiles, this wide.
    pub(crate) fn request(&mut self, time: f64, width: f32, cause: Cause, trace: &mut Trace) {
        let profile = self.profile;
        let is_free = time >= self.envelope.start + f64::from(profile.gap_secs) && time > self.envelope.end();
        let level = (self.random.of(profile.share) * width).min(profile.most);
        // Written so that a width that is no number is not answered.
        if !(is_free && width >= LEAST_WIDTH && level > 0.0) {
            return;
        }
        self.envelope = Envelope {
            start: time + f64::from(self.random.of(profile.delay_ms)) / 1000.0,
            onset: self.random.of(profile.onset_ms) / 1000.0,
            hold: self.random.of(profile.hold_secs),
            offset: self.random.of(profile.offset_ms) / 1000.0,
        };
        self.level = level;
        (self.left, self.right) = halves(&mut self.random, self.asymmetry);
        let sync = self.envelope.sync();
        trace.push(Block { kind: BlockKind::SmileReturn, cause, sync, strength: level });
    }

    pub(crate) fn step(&self, tick: &Tick, weights: &mut Blendshapes) {
        let level = self.level * self.envelope.eased_at(tick.time);
        if level > 0.0 {
            let cheek = level * self.profile.cheek_share;
            Au::LipCornerPuller.add(weights, level * self.left, level * self.right);
            Au::CheekRaiser.add(weights, cheek * self.left, cheek * self.right);
        }
    }
}
