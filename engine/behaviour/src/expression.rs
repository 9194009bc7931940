//! The face's affect, which changes over seconds, the look of a thinker, and a swallow now and then.

use viva_exchange::Affect;
use viva_media::Blendshapes;

use crate::action_unit::ActionUnit as Au;
use crate::affect::{Manner, Palettes};
use crate::behaviour::Tick;
use crate::block::{Block, BlockKind, Cause, Trace};
use crate::curve::{Envelope, minimum_jerk};
use crate::event::{Role, State};
use crate::profile::{ExpressionProfile, Profile};
use crate::random::Random;

#[derive(Clone, Debug)]
pub(crate) struct Expression {
    random: Random,
    profile: ExpressionProfile,
    palettes: Palettes,
    role: Role,
    affect: Affect,
    level: f32,
    from: Blendshapes,
    to: Blendshapes,
    manner_from: Manner,
    manner_to: Manner,
    start: f64,
    secs: f32,
    /// When the face last became another person.
    another_since: f64,
    /// Strength of the halves of the face in this affect.
    left: f32,
    right: f32,
    thought: f32,
    swallow: Envelope,
    next_swallow: f64,
}

impl Expression {
    pub(crate) fn new(profile: &Profile, seed: u64) -> Self {
        let mut random = Random::new(seed, 5);
        let (left, right) = halves(&mut random, profile.expression.asymmetry);
        let next_swallow = f64::from(random.within(10.0, 70.0));
        let mut expression = Self {
            random,
            profile: profile.expression,
            palettes: profile.affect,
            role: profile.role,
            affect: Affect::Neutral,
            level: 0.0,
            from: Blendshapes::default(),
            to: Blendshapes::default(),
            manner_from: Manner::default(),
            manner_to: Manner::default(),
            start: -100.0,
            secs: 1.0,
            another_since: f64::NEG_INFINITY,
            left,
            right,
            thought: 0.0,
            swallow: Envelope::PAST,
            next_swallow,
        };
        (expression.to, expression.manner_to) = expression.goal();
        expression
    }

    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// It thinks or swallows: with tightened lids on top it would look angry.
    pub(crate) fn is_gathered(&self, time: f64) -> bool {
        self.thought > 0.0 || time < self.swallow.end()
    }

    pub(crate) fn set_role(&mut self, role: Role, time: f64, cause: Cause, trace: &mut Trace) {
        if role != self.role {
            self.role = role;
            self.another_since = time;
            self.turn(time, cause, trace);
        }
    }

    pub(crate) fn set_affect(
        &mut self,
        affect: Affect,
        level: f32,
        time: f64,
        cause: Cause,
        trace: &mut Trace,
    ) {
        let level = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        if (affect, level) != (self.affect, self.level) {
            (self.affect, self.level) = (affect, level);
            self.turn(time, cause, trace);
        }
    }

    /// Affect and manner of this moment; 0 to 1 between the last and the present ones.
    pub(crate) fn manner(&self, time: f64) -> Manner {
        self.manner_from.toward(&self.manner_to, self.part(time))
    }

    /// Adds affect, thought and swallow to `weights`.
    pub(crate) fn step(&mut self, tick: &Tick, weights: &mut Blendshapes, trace: &mut Trace) {
        let now = self.shapes(tick.time);
        for (weight, shape) in weights.0.iter_mut().zip(now.0) {
            *weight += shape;
        }
        self.think(tick, weights, trace);
        self.swallow(tick, weights, trace);
    }

    fn part(&self, time: f64) -> f32 {
        minimum_jerk((time - self.start) as f32 / self.secs)
    }

    fn shapes(&self, time: f64) -> Blendshapes {
        let part = self.part(time);
        let mix = |index: usize| self.from.0[index] + (self.to.0[index] - self.from.0[index]) * part;
        Blendshapes(std::array::from_fn(mix))
    }

    /// From what shows now to the goal of this role and affect.
    fn turn(&mut self, time: f64, cause: Cause, trace: &mut Trace) {
        self.from = self.shapes(time);
        self.manner_from = self.manner(time);
        (self.left, self.right) = halves(&mut self.random, self.profile.asymmetry);
        (self.to, self.manner_to) = self.goal();
        self.start = time;
        // The affect of another person comes with that person.
        let profile = &self.profile;
        let secs = if self.another_since == time { profile.role_secs } else { profile.affect_secs };
        self.secs = secs * self.random.within(0.9, 1.2);
        let sync = Envelope { start: time, onset: self.secs, hold: 0.0, offset: 0.0 }.sync();
        trace.push(Block { kind: BlockKind::Affect, cause, sync, strength: self.level });
    }

    /// The shapes and the manner of the affect in this role.
    fn goal(&self) -> (Blendshapes, Manner) {
        let shown = self.palettes.of(self.role).of(self.affect);
        let manner = Manner::default().toward(&shown.manner, self.level);
        let mut shapes = Blendshapes::default();
        let rest = (1.0 + manner.smile).max(0.0);
        let smile = self.profile.baseline_smile * rest;
        let cheek = self.profile.baseline_cheek * rest;
        Au::LipCornerPuller.add(&mut shapes, smile * self.left, smile * self.right);
        Au::CheekRaiser.add(&mut shapes, cheek * self.left, cheek * self.right);
        shown.units.add(&mut shapes, self.level * self.left, self.level * self.right);
        shown.right.add(&mut shapes, 0.0, self.level);
        (shapes, manner)
    }

    fn think(&mut self, tick: &Tick, weights: &mut Blendshapes, trace: &mut Trace) {
        let goal = if tick.state == State::Thinking { 1.0 } else { 0.0 };
        if goal > 0.0 && self.thought == 0.0 {
            let onset = self.profile.thinking_secs;
            let sync = Envelope { start: tick.time, onset, hold: 0.0, offset: onset }.sync();
            let strength = self.profile.thinking_brow;
            trace.push(Block {
                kind: BlockKind::Thought,
                cause: Cause::Event {
                    name: crate::Event::Thinking.name(),
                    at: viva_media::Timestamp::from_secs(tick.time),
                },
                sync,
                strength,
            });
        }
        let step = tick.secs / self.profile.thinking_secs;
        self.thought = (self.thought + (goal - self.thought).clamp(-step, step)).clamp(0.0, 1.0);
        if self.thought > 0.0 {
            let thought = minimum_jerk(self.thought);
            let (brow, press) = (self.profile.thinking_brow * thought, self.profile.thinking_press * thought);
            Au::BrowLowerer.add(weights, brow * self.left, brow * self.right);
            Au::LipPressor.add(weights, press * self.left, press * self.right);
        }
    }

    fn swallow(&mut self, tick: &Tick, weights: &mut Blendshapes, trace: &mut Trace) {
        if tick.time >= self.next_swallow {
            let rate = (self.profile.swallow_per_minute * tick.liveliness).max(0.01);
            let wait = self.random.within(0.5, 1.5) * 60.0 / rate;
            self.next_swallow = tick.time + f64::from(wait);
            if tick.state == State::Listening && rate > 0.01 && !tick.micro {
                self.swallow = Envelope { start: tick.time, onset: 0.25, hold: 0.1, offset: 0.35 };
                let (kind, cause, sync) = (BlockKind::Swallow, Cause::Schedule, self.swallow.sync());
                trace.push(Block { kind, cause, sync, strength: 0.18 });
            }
        }
        // A thought that comes breaks it off.
        let level = self.swallow.eased_at(tick.time) * (1.0 - minimum_jerk(2.0 * self.thought));
        if level > 0.0 {
            for (unit, weight) in [(Au::LipPressor, 0.18), (Au::ChinRaiser, 0.12), (Au::LidTightener, 0.08)] {
                unit.add(weights, weight * level * self.left, weight * level * self.right);
            }
        }
    }
}

/// Strengths of the left and the right half, never equal.
pub(crate) fn halves(random: &mut Random, asymmetry: f32) -> (f32, f32) {
    let difference = asymmetry * random.within(0.2, 1.0) / 2.0;
    let difference = if random.chance(0.5) { difference } else { -difference };
    (1.0 + difference, 1.0 - difference)
}
