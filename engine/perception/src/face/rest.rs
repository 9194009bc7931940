//! The face at rest: what the networks report while nothing moves differs from person to person.

use viva_media::{BLENDSHAPE_COUNT, Blendshapes, TimeSpan, Timestamp};

/// How the face at rest is learnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RestConfig {
    /// The share of the time that a weight spends at or below its rest value.
    pub percentile: f32,
    /// One frame in this time is looked at.
    pub every: TimeSpan,
    /// Frames before the first estimate is used.
    pub warm_up: u32,
    /// Frames that are remembered with full weight; older ones fade.
    pub remembered: u32,
}

impl Default for RestConfig {
    fn default() -> Self {
        // 100 ms: six hundred frames make the minute after which the estimate has settled.
        Self { percentile: 0.15, every: TimeSpan::from_millis(100), warm_up: 30, remembered: 600 }
    }
}

const BINS: usize = 64;

/// A fading histogram of each blendshape.
#[derive(Clone, Debug)]
pub(crate) struct RestFace {
    bins: Box<[[u16; BINS]; BLENDSHAPE_COUNT]>,
    seen: u32,
    next: Option<Timestamp>,
    rest: Blendshapes,
}

impl Default for RestFace {
    fn default() -> Self {
        Self {
            bins: Box::new([[0; BINS]; BLENDSHAPE_COUNT]),
            seen: 0,
            next: None,
            rest: Blendshapes::default(),
        }
    }
}

impl RestFace {
    pub(crate) fn reset(&mut self) {
        for counts in self.bins.iter_mut() {
            counts.fill(0);
        }
        (self.seen, self.next, self.rest) = (0, None, Blendshapes::default());
    }

    /// Learns from one frame and returns how far the face is from its rest: 0 at rest, 1 at the most.
    pub(crate) fn step(&mut self, at: Timestamp, weights: &Blendshapes, config: &RestConfig) -> Blendshapes {
        // A step back in time starts the rhythm anew.
        if self.next.is_none_or(|next| at >= next || next - at > config.every) {
            self.next = Some(at + config.every);
            self.learn(weights, config);
        }
        let mut moved = Blendshapes::default();
        for ((out, weight), rest) in moved.0.iter_mut().zip(weights.0).zip(self.rest.0) {
            *out = ((weight - rest) / (1.0 - rest).max(0.1)).clamp(0.0, 1.0);
        }
        moved
    }

    fn learn(&mut self, weights: &Blendshapes, config: &RestConfig) {
        for (counts, weight) in self.bins.iter_mut().zip(weights.0) {
            counts[((weight * BINS as f32) as usize).min(BINS - 1)] += 1;
        }
        self.seen += 1;
        if self.seen >= config.remembered.clamp(2, 60_000) {
            // Halving makes the past fade and keeps the counts within their type.
            for counts in self.bins.iter_mut() {
                for count in counts.iter_mut() {
                    *count /= 2;
                }
            }
            self.seen /= 2;
        }
        if self.seen < config.warm_up {
            return;
        }
        for (rest, counts) in self.rest.0.iter_mut().zip(self.bins.iter()) {
            let total: u32 = counts.iter().map(|&c| u32::from(c)).sum();
            let wanted = (config.percentile * total as f32).max(1.0);
            let mut below = 0.0;
            // Within a bin the values are taken to be spread evenly.
            for (bin, &count) in counts.iter().enumerate() {
                if below + f32::from(count) >= wanted {
                    *rest = (bin as f32 + (wanted - below) / f32::from(count)) / BINS as f32;
                    break;
                }
                below += f32::from(count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use viva_media::Blendshape;

    use super::*;

    fn run(face: &mut RestFace, from_millis: i64, frames: i64, weight: impl Fn(i64) -> f32) -> f32 {
        let mut last = 0.0;
        for i in 0..frames {
            let mut weights = Blendshapes::default();
            weights[Blendshape::BrowDownLeft] = weight(i);
            let at = Timestamp::from_millis(from_millis + i * 100);
            last = face.step(at, &weights, &RestConfig::default())[Blendshape::BrowDownLeft];
        }
        last
    }

    #[test]
    fn a_constant_offset_becomes_rest() {
        let mut face = RestFace::default();
        assert!((run(&mut face, 0, 1, |_| 0.57) - 0.57).abs() < 1e-6, "nothing is known yet");
        assert!(run(&mut face, 100, 100, |_| 0.57) < 0.03, "known");
        assert!((run(&mut face, 11_000, 1, |_| 1.0) - 1.0).abs() < 1e-6, "the full movement stays reachable");
    }

    #[test]
    fn movements_do_not_shift_rest_but_a_new_rest_is_learnt() {
        let mut face = RestFace::default();
        // At rest two frames of three.
        run(&mut face, 0, 300, |i| if i % 3 == 0 { 0.9 } else { 0.1 });
        assert!(run(&mut face, 30_000, 1, |_| 0.1) < 0.03);
        // Another light, another camera: two minutes later the new rest is known.
        run(&mut face, 31_000, 1500, |_| 0.4);
        assert!(run(&mut face, 200_000, 1, |_| 0.4) < 0.05);
    }

    #[test]
    fn reset_forgets() {
        let mut face = RestFace::default();
        run(&mut face, 0, 300, |_| 0.5);
        face.reset();
        assert!((run(&mut face, 0, 1, |_| 0.5) - 0.5).abs() < 1e-6);
    }
}
