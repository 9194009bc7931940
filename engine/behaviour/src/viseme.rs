//! The speaking mouth: visemes blend into each other by dominance, and lips that must close do close.

use std::collections::VecDeque;

use viva_media::{Blendshape as B, Blendshapes, Timestamp, Viseme, VisemeCue, VisemeTrack};

use crate::curve::minimum_jerk;
use crate::profile::SpeechProfile;

/// So many cues may be planned: five minutes at twelve a second.
const MAX_CUES: usize = 3600;
/// The masters at which the recipes hold as they stand.
const NORMAL: f32 = 0.6;
/// The jaw can be at rest within 150 ms from here, at 6 a second.
const JAW_CAP: f32 = 0.7;
/// A silence of at least this length within an utterance ends a phrase.
const PHRASE_GAP_SECS: f64 = 0.12;
/// A sound may begin so much earlier than it is heard, where too many follow each other.
const MOST_SHIFT_SECS: f64 = 0.03;
/// And must last so long where it begins later.
const LEAST_SOUND_SECS: f64 = 0.03;
/// Lips do not open for less between two closures.
const LEAST_OPEN_SECS: f64 = 0.06;
/// Dominance of the mouth at rest.
const REST: f32 = 0.05;

#[derive(Clone, Copy, Debug)]
struct Planned {
    cue: VisemeCue,
    start: f64,
    end: f64,
    /// The event that brought it.
    since: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) struct Mouth {
    profile: SpeechProfile,
    cues: VecDeque<Planned>,
    dropped: u64,
    last_beat: f64,
    last_gap: f64,
    /// Smoothed loudness as a factor on the jaw; 1 where none is told.
    loudness: f32,
    loudness_goal: f32,
}

/// What speech does to the face.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MouthNow {
    pub(crate) shapes: Blendshapes,
    /// How far lips that must close are closed, in 0..=1.
    pub(crate) closure: f32,
    /// The same of p, b, m alone: the lips meet whatever the jaw does.
    pub(crate) lips_meet: f32,
    /// A stressed vowel comes at this time, told once, early enough for a beat to meet it.
    pub(crate) beat: Option<f64>,
    /// A silence of the utterance begins now, told once.
    pub(crate) phrase_ends: bool,
}

impl Mouth {
    pub(crate) fn new(profile: SpeechProfile) -> Self {
        let cues = VecDeque::with_capacity(MAX_CUES);
        let never = f64::NEG_INFINITY;
        let (last_beat, last_gap) = (never, never);
        Self { profile, cues, dropped: 0, last_beat, last_gap, loudness: 1.0, loudness_goal: 1.0 }
    }

    /// Plans the visemes of an utterance that begins with the event at `since`.
    pub(crate) fn plan(&mut self, since: Timestamp, track: &VisemeTrack) {
        for &cue in &track.cues {
            let (start, end) = (cue.start.as_secs(), cue.end.max(cue.start).as_secs());
            let planned = Planned { cue, start, end, since };
            let Some(planned) = self.make_room(planned) else { continue };
            if self.cues.len() == MAX_CUES {
                self.dropped += 1;
                continue;
            }
            let at = self.cues.partition_point(|known| known.start <= planned.start);
            self.cues.insert(at, planned);
        }
    }

    /// Keeps the cap on sounds per second: of two in the time of one, one gives way a little, or altogether. `None` where it is the
    /// new one.
    fn make_room(&mut self, planned: Planned) -> Option<Planned> {
        let shortest = 1.0 / f64::from(self.profile.visemes_per_sec);
        let Planned { cue, start, end, since } = planned;
        let closes = must_close(cue.viseme);
        let count = self.cues.len();
        let free_from = count.checked_sub(2).map_or(f64::MIN, |before| self.cues[before].start + shortest);
        let Some(last) = self
            .cues
            .back_mut()
            .filter(|last| start >= last.start && start - last.start < shortest && last.since == since)
        else {
            return Some(planned);
        };
        let last_closes = must_close(last.cue.viseme);
        if closes && last_closes {
            if last.cue.viseme != cue.viseme {
                // Lips that close in two ways must do both.
                return Some(planned);
            }
            // A closure that comes again is one long closure.
            last.end = last.end.max(end);
            return None;
        }
        // What must close wins, then a stressed vowel, then what came first.
        if !last_closes && (closes || (cue.stressed && !last.cue.stressed)) {
            let earlier = start - shortest;
            if earlier >= free_from.max(last.start - MOST_SHIFT_SECS) {
                last.start = earlier;
                return Some(planned);
            }
            *last = Planned { start: last.start.max(start - 0.02), ..planned };
            return None;
        }
        let later = last.start + shortest;
        if !closes && end - later >= LEAST_SOUND_SECS {
            return Some(Planned { start: later, ..planned });
        }
        last.end = last.end.max(start);
        None
    }

    /// Forgets what events up to `until` have planned.
    pub(crate) fn stop(&mut self, until: Timestamp) {
        self.cues.retain(|planned| planned.since > until);
    }

    pub(crate) fn set_loudness(&mut self, rms: f32) {
        if rms.is_finite() {
            // Speech of 0.08 is of normal loudness.
            self.loudness_goal = (0.7 + 0.3 * rms.max(0.0) / 0.08).min(1.4);
        }
    }

    /// No mouth moves in a face that is still: the lower lids go with wide and pressed lips, the brows with what is long or round.
    fn upper_face(&self, shapes: &mut Blendshapes) {
        let round = (shapes[B::MouthFunnel] + shapes[B::MouthPucker]) / 2.0;
        let long = shapes[B::JawOpen] + round;
        let pressed = [B::MouthRollLower, B::MouthRollUpper, B::MouthPressLeft, B::MouthPressRight];
        let spread = [
            B::MouthStretchLeft,
            B::MouthStretchRight,
            B::MouthSmileLeft,
            B::MouthSmileRight,
            B::MouthLowerDownLeft,
            B::MouthLowerDownRight,
            B::MouthUpperUpLeft,
            B::MouthUpperUpRight,
        ];
        let sum = |of: &[B]| of.iter().map(|shape| shapes[*shape]).sum::<f32>();
        let wide = sum(&pressed) / 3.0 + sum(&spread) / 8.0;
        for (shape, weight) in [
            (B::EyeSquintLeft, wide),
            (B::EyeSquintRight, wide),
            (B::BrowInnerUp, long),
            (B::BrowOuterUpLeft, long),
            (B::BrowOuterUpRight, long),
        ] {
            shapes[shape] = self.profile.upper_face * weight;
        }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// `jaw` and `lips` are added to the masters; `now` is the stamp of `time`.
    pub(crate) fn step(&mut self, now: Timestamp, time: f64, secs: f32, jaw: f32, lips: f32) -> MouthNow {
        let profile = self.profile;
        let half_closed = f64::from(profile.closed_ms) / 2000.0;
        let beat_ahead = f64::from(profile.beat_onset_ms + profile.beat_lead_ms) / 1000.0;
        // Half of a closure may lie beyond the sound.
        let reach = profile.reach_ms.max(profile.lips_reach_ms) / 1000.0;
        let closing_secs = f64::from(profile.closing_ms) / 1000.0;
        let look = f64::from(reach).max(closing_secs + half_closed).max(beat_ahead);
        while self.cues.front().is_some_and(|planned| planned.end + look < time) {
            self.cues.pop_front();
        }
        let rises = self.loudness_goal > self.loudness;
        let time_constant =
            if rises { profile.loudness_attack_ms } else { profile.loudness_release_ms } / 1000.0;
        self.loudness += (self.loudness_goal - self.loudness) * (secs / time_constant).min(1.0);

        let mut sum = Blendshapes::default();
        let mut weight = REST;
        let (mut before, mut after, mut beat, mut phrase_ends) =
            (None::<Closed>, None::<Closed>, None, false);
        for planned in &self.cues {
            if planned.start - look > time {
                break;
            }
            if planned.since > now {
                continue;
            }
            let viseme = planned.cue.viseme;
            let away = (planned.start - time).max(time - planned.end).max(0.0);
            let reach = if is_of_lips(viseme) { profile.lips_reach_ms } else { profile.reach_ms };
            let reach = f64::from(reach) / 1000.0;
            if away < reach {
                let window = 1.0 - (away / reach) as f32;
                let fall = (-profile.dominance_per_ms * 1000.0 * away as f32).exp();
                let dominance = dominance(viseme) * fall * window;
                weight += dominance;
                for &(shape, value) in recipe(viseme) {
                    sum[shape] += dominance * value;
                }
            }
            if must_close(viseme) {
                let middle = (planned.start + planned.end) / 2.0;
                // The ends of the sound belong to the movement.
                let half = ((planned.end - planned.start) / 2.0 - 0.04).max(half_closed);
                let closed = Closed { viseme, from: middle - half, middle, until: middle + half };
                // Of two closures that overlap, the nearer counts as the one that has begun.
                let holds = before.is_some_and(|known| {
                    known.until >= time && (time - known.middle).abs() <= (time - middle).abs()
                });
                if closed.from <= time && !holds {
                    before = Some(closed);
                } else if after.is_none() {
                    after = Some(closed);
                }
            }
            let is_gap = viseme == Viseme::Sil && planned.end - planned.start >= PHRASE_GAP_SECS;
            if is_gap && planned.start > self.last_gap && planned.start <= time {
                self.last_gap = planned.start;
                phrase_ends = true;
            }
            if planned.cue.stressed && planned.start > self.last_beat && planned.start - beat_ahead <= time {
                self.last_beat = planned.start;
                beat = Some(planned.start);
            }
        }
        let jaw = ((profile.jaw + jaw) / NORMAL).max(0.0) * self.loudness;
        let lips = ((profile.lips + lips) / NORMAL).max(0.0);
        for shape in B::ALL {
            let master = if shape == B::JawOpen { jaw } else { lips };
            sum[shape] *= master / weight;
        }
        let (closure, closing, lips_meet) = closure(before, after, time, profile.closing_ms / 1000.0);
        if closure > 0.0 {
            // A closure has its full form however one mumbles.
            let mut closed = Blendshapes::default();
            for &(shape, value) in recipe(closing) {
                closed[shape] = value;
            }
            for (shape, closed) in sum.0.iter_mut().zip(closed.0) {
                *shape += (closed - *shape) * closure;
            }
        }
        sum[B::JawOpen] = sum[B::JawOpen].min(JAW_CAP);
        self.upper_face(&mut sum);
        MouthNow { shapes: sum, closure, lips_meet, beat, phrase_ends }
    }
}

/// When lips are closed, and for which sound.
#[derive(Clone, Copy, Debug)]
struct Closed {
    viseme: Viseme,
    from: f64,
    middle: f64,
    until: f64,
}

/// How far the lips are closed at `time` between the closure that began last and the next one, in whose form, and how far they meet.
///
/// They take `secs` to close and to open; where a sound stands between two closures they are quicker, so that it is seen.
fn closure(before: Option<Closed>, after: Option<Closed>, time: f64, secs: f32) -> (f32, Viseme, f32) {
    let gap = before.zip(after).map_or(f64::MAX, |(before, after)| after.from - before.until);
    let secs = if gap < LEAST_OPEN_SECS { f64::from(secs) } else { f64::from(secs).min(gap / 2.0) };
    let level = |outside: f64| 1.0 - minimum_jerk((outside.max(0.0) / secs) as f32);
    let (mut most, mut form, mut lips_meet, mut nearest) = (0.0_f32, Viseme::Sil, 0.0_f32, f64::MAX);
    for (closed, level) in [
        before.map(|closed| (closed, level(time - closed.until))),
        after.map(|closed| (closed, level(closed.from - time))),
    ]
    .into_iter()
    .flatten()
    {
        // Of two closures that meet, the nearer has its form.
        let off = (time - closed.middle).abs();
        if level > most || (level == most && off < nearest) {
            (most, form, nearest) = (level, closed.viseme, off);
        }
        if closed.viseme == Viseme::Pp {
            lips_meet = lips_meet.max(level);
        }
    }
    (most, form, lips_meet)
}

/// True for p, b, m, f, v.
fn must_close(viseme: Viseme) -> bool {
    matches!(viseme, Viseme::Pp | Viseme::Ff)
}

/// True for sounds that the lips make.
fn is_of_lips(viseme: Viseme) -> bool {
    must_close(viseme) || matches!(viseme, Viseme::O | Viseme::U | Viseme::Ch | Viseme::Rr)
}

fn dominance(viseme: Viseme) -> f32 {
    match viseme {
        Viseme::Pp | Viseme::Ff => 1.0,
        Viseme::O | Viseme::U | Viseme::Ch | Viseme::Rr => 0.9,
        Viseme::Aa | Viseme::E | Viseme::I => 0.7,
        Viseme::Sil | Viseme::Th | Viseme::Dd | Viseme::Kk | Viseme::Ss | Viseme::Nn => 0.4,
    }
}

/// The blendshapes of each viseme at normal loudness.
fn recipe(viseme: Viseme) -> &'static [(B, f32)] {
    match viseme {
        Viseme::Sil => &[],
        Viseme::Pp => &[
            (B::MouthRollLower, 0.3),
            (B::MouthRollUpper, 0.3),
            (B::MouthPressLeft, 0.4),
            (B::MouthPressRight, 0.4),
        ],
        Viseme::Ff => &[
            (B::JawOpen, 0.05),
            (B::MouthRollLower, 0.55),
            (B::MouthUpperUpLeft, 0.15),
            (B::MouthUpperUpRight, 0.15),
            (B::MouthShrugUpper, 0.2),
        ],
        Viseme::Th => &[
            (B::JawOpen, 0.15),
            (B::TongueOut, 0.25),
            (B::MouthLowerDownLeft, 0.15),
            (B::MouthLowerDownRight, 0.15),
        ],
        Viseme::Dd => &[
            (B::JawOpen, 0.12),
            (B::MouthLowerDownLeft, 0.2),
            (B::MouthLowerDownRight, 0.2),
            (B::MouthStretchLeft, 0.1),
            (B::MouthStretchRight, 0.1),
        ],
        Viseme::Kk => &[
            (B::JawOpen, 0.18),
            (B::MouthLowerDownLeft, 0.2),
            (B::MouthLowerDownRight, 0.2),
            (B::MouthStretchLeft, 0.1),
            (B::MouthStretchRight, 0.1),
        ],
        Viseme::Ch => &[
            (B::JawOpen, 0.1),
            (B::MouthFunnel, 0.45),
            (B::MouthPucker, 0.15),
            (B::MouthUpperUpLeft, 0.15),
            (B::MouthUpperUpRight, 0.15),
            (B::MouthLowerDownLeft, 0.2),
            (B::MouthLowerDownRight, 0.2),
        ],
        Viseme::Ss => &[
            (B::JawOpen, 0.05),
            (B::MouthStretchLeft, 0.25),
            (B::MouthStretchRight, 0.25),
            (B::MouthLowerDownLeft, 0.25),
            (B::MouthLowerDownRight, 0.25),
            (B::MouthUpperUpLeft, 0.1),
            (B::MouthUpperUpRight, 0.1),
            (B::MouthDimpleLeft, 0.1),
            (B::MouthDimpleRight, 0.1),
        ],
        Viseme::Nn => &[(B::JawOpen, 0.12), (B::MouthLowerDownLeft, 0.15), (B::MouthLowerDownRight, 0.15)],
        Viseme::Rr => &[(B::JawOpen, 0.12), (B::MouthPucker, 0.3), (B::MouthFunnel, 0.2)],
        Viseme::Aa => &[
            (B::JawOpen, 0.55),
            (B::MouthLowerDownLeft, 0.2),
            (B::MouthLowerDownRight, 0.2),
            (B::MouthUpperUpLeft, 0.1),
            (B::MouthUpperUpRight, 0.1),
        ],
        Viseme::E => &[
            (B::JawOpen, 0.3),
            (B::MouthStretchLeft, 0.25),
            (B::MouthStretchRight, 0.25),
            (B::MouthSmileLeft, 0.15),
            (B::MouthSmileRight, 0.15),
            (B::MouthLowerDownLeft, 0.25),
            (B::MouthLowerDownRight, 0.25),
        ],
        Viseme::I => &[
            (B::JawOpen, 0.15),
            (B::MouthStretchLeft, 0.3),
            (B::MouthStretchRight, 0.3),
            (B::MouthSmileLeft, 0.25),
            (B::MouthSmileRight, 0.25),
            (B::MouthLowerDownLeft, 0.2),
            (B::MouthLowerDownRight, 0.2),
        ],
        Viseme::O => &[(B::JawOpen, 0.35), (B::MouthFunnel, 0.5), (B::MouthPucker, 0.2)],
        Viseme::U => &[(B::JawOpen, 0.15), (B::MouthPucker, 0.65), (B::MouthFunnel, 0.25)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sounds that follow each other from 1 s on, with their lengths in milliseconds.
    fn planned(sounds: &[(Viseme, i64)]) -> Mouth {
        let mut start = 1000;
        let cues = sounds.iter().map(|&(viseme, millis)| {
            let (from, to) = (Timestamp::from_millis(start), Timestamp::from_millis(start + millis));
            start += millis;
            VisemeCue { start: from, end: to, viseme, stressed: false }
        });
        let mut mouth = Mouth::new(crate::Profile::examiner().speech);
        mouth.plan(Timestamp::ZERO, &VisemeTrack { cues: cues.collect() });
        mouth
    }

    fn at(mouth: &mut Mouth, millis: i64) -> MouthNow {
        let now = Timestamp::from_millis(millis);
        mouth.step(now, now.as_secs(), 1.0 / 120.0, 0.0, 0.0)
    }

    #[test]
    fn rounded_lips_begin_before_an_open_jaw_does() {
        let begins = |viseme| {
            let mut mouth = planned(&[(viseme, 100)]);
            (700..1000).find(|millis| at(&mut mouth, *millis).shapes.0.iter().any(|weight| *weight > 0.0))
        };
        assert_eq!((begins(Viseme::U), begins(Viseme::Aa)), (Some(851), Some(881)));
    }

    #[test]
    fn lips_open_for_a_vowel_between_two_closures_and_close_in_both_ways_without_one() {
        let mut between = planned(&[(Viseme::Ff, 46), (Viseme::I, 112), (Viseme::Ff, 74)]);
        let closures = [1023, 1102, 1195].map(|millis| at(&mut between, millis).closure);
        assert!(closures[0] > 0.99 && closures[1] < 0.05 && closures[2] > 0.99, "{closures:?}");
        let mut both = planned(&[(Viseme::Pp, 50), (Viseme::Ff, 34)]);
        let roll = [1025, 1067].map(|millis| at(&mut both, millis).shapes[B::MouthRollLower]);
        assert!((roll[0] - 0.3).abs() < 0.01 && (roll[1] - 0.55).abs() < 0.01, "{roll:?}");
    }

    #[test]
    fn a_vowel_after_a_short_consonant_waits_and_is_not_lost() {
        let mut mouth = planned(&[(Viseme::Pp, 59), (Viseme::O, 116), (Viseme::Sil, 200)]);
        let starts: Vec<f64> = mouth.cues.iter().map(|planned| planned.start).collect();
        assert_eq!(starts.len(), 3);
        assert!((starts[1] - 1.0833).abs() < 1e-3, "{starts:?}");
        assert!(at(&mut mouth, 1150).shapes[B::MouthFunnel] > 0.3);
    }

    #[test]
    fn fast_speech_is_merged_and_keeps_what_must_close() {
        // Twenty sounds a second, every sixth a p.
        let cues = (0..60).map(|index| VisemeCue {
            start: Timestamp::from_millis(index * 50),
            end: Timestamp::from_millis(index * 50 + 50),
            viseme: if index % 6 == 3 { Viseme::Pp } else { Viseme::ALL[(index as usize % 9) + 4] },
            stressed: false,
        });
        let mut mouth = Mouth::new(crate::Profile::examiner().speech);
        mouth.plan(Timestamp::ZERO, &VisemeTrack { cues: cues.collect() });
        let starts: Vec<f64> = mouth.cues.iter().map(|planned| planned.start).collect();
        let closest = starts.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::MAX, f64::min);
        assert!(closest > 0.06, "{closest}");
        assert!(starts.len() <= 36, "{} sounds in 3 s", starts.len());
        let closing = mouth.cues.iter().filter(|planned| must_close(planned.cue.viseme)).count();
        assert_eq!(closing, 10);
    }
}
