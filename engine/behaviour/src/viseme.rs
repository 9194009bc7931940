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
}

impl Mouth {
    pub(crate) fn new(profile: SpeechProfile) -> Self {
        let cues = VecDeque::with_capacity(MAX_CUES);
        Self { profile, cues, dropped: 0, last_beat: f64::NEG_INFINITY, loudness: 1.0, loudness_goal: 1.0 }
    }

    /// Plans the visemes of an utterance that begins with the event at `since`.
    pub(crate) fn plan(&mut self, since: Timestamp, track: &VisemeTrack) {
        let shortest = 1.0 / f64::from(self.profile.visemes_per_sec);
        for &cue in &track.cues {
            let (start, end) = (cue.start.as_secs(), cue.end.max(cue.start).as_secs());
            let planned = Planned { cue, start, end, since };
            let closes = must_close(cue.viseme);
            if let Some(last) = self
                .cues
                .back_mut()
                .filter(|last| start >= last.start && start - last.start < shortest && last.since == since)
            {
                // Two in the time of one: what must close wins, then a stressed vowel, then what came first.
                let wins = !must_close(last.cue.viseme) && (closes || (cue.stressed && !last.cue.stressed));
                if wins {
                    *last = Planned { start: last.start.max(start - 0.02), ..planned };
                } else {
                    last.end = last.end.max(start);
                }
                continue;
            }
            if self.cues.len() == MAX_CUES {
                self.dropped += 1;
                continue;
            }
            let at = self.cues.partition_point(|known| known.start <= start);
            self.cues.insert(at, planned);
        }
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

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// `jaw` and `lips` are added to the masters; `now` is the stamp of `time`.
    pub(crate) fn step(&mut self, now: Timestamp, time: f64, secs: f32, jaw: f32, lips: f32) -> MouthNow {
        let profile = self.profile;
        let reach = f64::from(profile.reach_ms) / 1000.0;
        let closing_secs = profile.closing_ms / 1000.0;
        let half_closed = f64::from(profile.closed_ms) / 2000.0;
        let beat_ahead = f64::from(profile.beat_onset_ms + profile.beat_lead_ms) / 1000.0;
        // Half of a closure may lie beyond the sound.
        let look = reach.max(f64::from(closing_secs) + half_closed).max(beat_ahead);
        while self.cues.front().is_some_and(|planned| planned.end + look < time) {
            self.cues.pop_front();
        }
        let rises = self.loudness_goal > self.loudness;
        let time_constant =
            if rises { profile.loudness_attack_ms } else { profile.loudness_release_ms } / 1000.0;
        self.loudness += (self.loudness_goal - self.loudness) * (secs / time_constant).min(1.0);

        let mut sum = Blendshapes::default();
        let mut weight = REST;
        let (mut closure, mut lips_meet, mut closing, mut beat) = (0.0_f32, 0.0_f32, Viseme::Sil, None);
        for planned in &self.cues {
            if planned.start - look > time {
                break;
            }
            if planned.since > now {
                continue;
            }
            let viseme = planned.cue.viseme;
            let away = (planned.start - time).max(time - planned.end).max(0.0);
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
                let outside = ((time - middle).abs() - half).max(0.0);
                let now_closed = 1.0 - minimum_jerk(outside as f32 / closing_secs);
                if now_closed > closure {
                    (closure, closing) = (now_closed, viseme);
                }
                if viseme == Viseme::Pp {
                    lips_meet = lips_meet.max(now_closed);
                }
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
        MouthNow { shapes: sum, closure, lips_meet, beat }
    }
}

/// True for p, b, m, f, v.
fn must_close(viseme: Viseme) -> bool {
    matches!(viseme, Viseme::Pp | Viseme::Ff)
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
