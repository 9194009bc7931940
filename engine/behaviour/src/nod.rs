//! Nods and brow flashes that answer an opportunity, and beats on the own stressed vowels.

use viva_media::{TimeSpan, Timestamp};

use crate::behaviour::Tick;
use crate::block::{Block, BlockKind, Cause, SyncPoints, Trace};
use crate::curve::Envelope;
use crate::profile::{NodProfile, SpeechProfile};
use crate::random::Random;

/// A beat needs so long on its way down.
const SHORTEST_BEAT_SECS: f32 = 0.1;
/// A rise before the nod, as part of its depth.
const RISE: f32 = 0.35;

#[derive(Clone, Debug)]
pub(crate) struct Nod {
    random: Random,
    profile: NodProfile,
    speech: SpeechProfile,
    due: Option<(f64, Cause)>,
    start: f64,
    hertz: f32,
    cycles: u32,
    degrees: f32,
    rises: bool,
    beat: Envelope,
    beat_degrees: f32,
    brow: Envelope,
    brow_level: f32,
    last_sign: f64,
}

/// What nods add to the face.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodNow {
    pub(crate) pitch_degrees: f32,
    /// Raised brows that go with it.
    pub(crate) brow: f32,
    pub(crate) is_moving: bool,
}

impl Nod {
    pub(crate) fn new(profile: NodProfile, speech: SpeechProfile, seed: u64) -> Self {
        Self {
            random: Random::new(seed, 2),
            profile,
            speech,
            due: None,
            start: -10.0,
            hertz: 2.5,
            cycles: 0,
            degrees: 0.0,
            rises: false,
            beat: Envelope::PAST,
            beat_degrees: 0.0,
            brow: Envelope::PAST,
            brow_level: 0.0,
            last_sign: f64::NEG_INFINITY,
        }
    }

    /// A sign of listening is due; it shows after the delay of a human one.
    pub(crate) fn request(&mut self, time: f64, cause: Cause) {
        let delay = self.profile.delay_ms / 1000.0 * (self.profile.delay_sigma * self.random.normal()).exp();
        if self.due.is_none() && time >= self.last_sign + f64::from(self.profile.gap_secs) {
            self.due = Some((time + f64::from(delay.clamp(0.25, 0.59)), cause));
        }
    }

    /// A stressed vowel of the own speech comes at `vowel`.
    pub(crate) fn beat(&mut self, time: f64, vowel: f64, trace: &mut Trace) {
        let speech = self.speech;
        let (beats, raises) = (self.random.chance(speech.p_beat), self.random.chance(speech.p_beat_brow));
        let (depth, size) = (self.random.of(speech.beat_degrees), self.random.within(0.7, 1.2));
        let cause = Cause::Stress { at: Timestamp::from_secs(vowel) };
        // The deepest point meets the vowel, a little before it.
        let onset = (vowel - time) as f32 - speech.beat_lead_ms / 1000.0;
        if beats && onset >= SHORTEST_BEAT_SECS && time > self.beat.end() + 0.15 {
            self.beat = Envelope { start: time, onset, hold: 0.02, offset: speech.beat_offset_ms / 1000.0 };
            self.beat_degrees = depth;
            let (sync, strength) = (self.beat.sync(), self.beat_degrees);
            trace.push(Block { kind: BlockKind::Beat, cause, sync, strength });
        }
        if raises && time > self.brow.end() + 0.4 {
            self.flash(time, speech.beat_brow * size, cause, trace);
        }
    }

    /// The candidate cut in: the brows rise.
    pub(crate) fn startle(&mut self, start: f64, level: f32, cause: Cause, trace: &mut Trace) {
        self.flash(start, level, cause, trace);
    }

    fn flash(&mut self, start: f64, level: f32, cause: Cause, trace: &mut Trace) {
        let profile = self.profile;
        let [onset, hold, offset] = [profile.brow_onset_ms, profile.brow_hold_ms, profile.brow_offset_ms]
            .map(|span| self.random.of(span) / 1000.0);
        let envelope = Envelope { start, onset, hold, offset };
        // One that still shows is not broken off.
        if envelope.start > self.brow.end() {
            (self.brow, self.brow_level) = (envelope, level);
            trace.push(Block { kind: BlockKind::BrowFlash, cause, sync: envelope.sync(), strength: level });
        }
    }

    /// `is_welcome`: the candidate speaks, or has paused only just.
    pub(crate) fn step(&mut self, tick: &Tick, is_welcome: bool, trace: &mut Trace) -> NodNow {
        if let Some((_, cause)) = self.due.filter(|(due, _)| tick.time >= *due) {
            self.due = None;
            if is_welcome && self.phase(tick.time) >= self.cycles as f32 {
                self.last_sign = tick.time;
                self.begin(tick.time, cause, trace);
            }
        }
        let phase = self.phase(tick.time);
        let mut pitch = self.beat_degrees * self.beat.at(tick.time);
        let is_nodding = phase < self.cycles as f32;
        if is_nodding {
            let cycle = phase.floor() - f32::from(u8::from(self.rises));
            let swing = 0.5 * (1.0 - (std::f32::consts::TAU * phase).cos());
            let depth = if cycle < 0.0 { -RISE } else { self.profile.decay.powf(cycle) };
            pitch += self.degrees * depth * swing;
        }
        let is_moving = is_nodding || tick.time < self.beat.end();
        NodNow { pitch_degrees: pitch, brow: self.brow_level * self.brow.eased_at(tick.time), is_moving }
    }

    fn phase(&self, time: f64) -> f32 {
        (time - self.start) as f32 * self.hertz
    }

    fn begin(&mut self, time: f64, cause: Cause, trace: &mut Trace) {
        let profile = self.profile;
        let brow_level = self.random.of(profile.brow_level);
        let alone = self.random.chance(profile.p_brow_alone);
        if alone {
            self.flash(time, brow_level, cause, trace);
            return;
        }
        self.start = time;
        self.hertz = self.random.of(profile.hertz);
        self.degrees = self.random.of(profile.degrees);
        let draw = self.random.unit();
        self.cycles = if draw < profile.p_three_cycles {
            3
        } else if draw < profile.p_three_cycles + profile.p_two_cycles {
            2
        } else {
            1
        };
        self.rises = self.random.chance(profile.p_up_first);
        self.cycles += u32::from(self.rises);
        let sync = self.sync(time);
        trace.push(Block { kind: BlockKind::Nod, cause, sync, strength: self.degrees });
        if self.random.chance(profile.p_brow) {
            self.flash(time, brow_level, Cause::Block(BlockKind::Nod), trace);
        }
    }

    fn sync(&self, start: f64) -> SyncPoints {
        let cycle = 1.0 / f64::from(self.hertz);
        let after = |cycles: f64| Timestamp::from_secs(start) + TimeSpan::from_secs(cycles * cycle);
        let first = if self.rises { 1.0 } else { 0.0 };
        let last = f64::from(self.cycles);
        SyncPoints {
            start: after(0.0),
            ready: after(first),
            stroke_start: after(first),
            stroke: after(first + 0.5),
            stroke_end: after(last - 0.5),
            relax: after(last - 0.5),
            end: after(last),
        }
    }
}
