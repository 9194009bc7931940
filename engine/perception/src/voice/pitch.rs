//! Fundamental frequency by normalised autocorrelation.

/// The lowest pitch that is looked for.
pub const PITCH_MIN_HZ: f32 = 60.0;

/// The highest pitch that is looked for.
pub const PITCH_MAX_HZ: f32 = 400.0;

const RATE: f32 = 16_000.0;
/// 40 ms: two periods of the lowest pitch and a little more.
const WINDOW: usize = 640;
const LAG_MIN: usize = (RATE / PITCH_MAX_HZ) as usize;
const LAG_MAX: usize = (RATE / PITCH_MIN_HZ) as usize;
/// Below this peak of the normalised autocorrelation a frame counts as unvoiced (Boersma 1993 uses 0.45).
const VOICING_THRESHOLD: f32 = 0.45;

/// Pitch of the newest 40 ms of a stream. Bounded memory: one window and one lag.
///
/// **Source**: Boersma 1993, without the window compensation; the lag of the first strong peak wins over its multiples.
#[derive(Clone, Debug)]
pub struct PitchTracker {
    history: Vec<f32>,
}

impl Default for PitchTracker {
    fn default() -> Self {
        Self { history: vec![0.0; WINDOW + LAG_MAX] }
    }
}

impl PitchTracker {
    /// Takes the newest samples (16 kHz) and answers with the pitch in hertz, or `None` where the sound has none.
    pub fn step(&mut self, samples: &[f32]) -> Option<f32> {
        let keep = self.history.len();
        if samples.len() >= keep {
            self.history.copy_from_slice(&samples[samples.len() - keep..]);
        } else {
            self.history.copy_within(samples.len().., 0);
            self.history[keep - samples.len()..].copy_from_slice(samples);
        }
        self.estimate()
    }

    /// Forgets the window.
    pub fn reset(&mut self) {
        self.history.fill(0.0);
    }

    fn estimate(&self) -> Option<f32> {
        let now = &self.history[LAG_MAX..];
        let energy = dot(now, now);
        if energy < 1e-5 * WINDOW as f32 {
            return None;
        }
        let mut scores = [0.0_f32; LAG_MAX + 1];
        let mut best = (0_usize, 0.0_f32);
        for (lag, score) in scores.iter_mut().enumerate().skip(LAG_MIN) {
            let then = &self.history[LAG_MAX - lag..LAG_MAX - lag + WINDOW];
            *score = dot(now, then) / (energy * dot(then, then)).sqrt().max(1e-9);
            if *score > best.1 {
                best = (lag, *score);
            }
        }
        if best.1 < VOICING_THRESHOLD {
            return None;
        }
        // A multiple of the period correlates as well as the period: take the first peak that is nearly as high.
        let first = (LAG_MIN + 1..best.0).find(|&lag| {
            scores[lag] > 0.92 * best.1 && scores[lag] >= scores[lag - 1] && scores[lag] >= scores[lag + 1]
        });
        Some(RATE / first.unwrap_or(best.0) as f32)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight lanes, so that the compiler can vectorise a float sum.
    let mut lanes = [0.0_f32; 8];
    let (chunks_a, chunks_b) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = chunks_a.remainder().iter().zip(chunks_b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in chunks_a.zip(chunks_b) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f32>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_train_has_its_pitch_and_noise_has_none() {
        for hz in [80.0_f32, 120.0, 210.0, 330.0] {
            let mut tracker = PitchTracker::default();
            let tone: Vec<f32> = (0..1600)
                .map(|n| {
                    let phase = n as f32 * hz / RATE;
                    (1..6).map(|k| (std::f32::consts::TAU * phase * k as f32).sin() / k as f32).sum::<f32>()
                        * 0.2
                })
                .collect();
            let mut found = None;
            for block in tone.chunks(320) {
                found = tracker.step(block);
            }
            let found = found.expect("a voiced sound has a pitch");
            assert!((found / hz - 1.0).abs() < 0.03, "{hz} Hz was heard as {found} Hz");
        }
        let mut tracker = PitchTracker::default();
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..1600)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect();
        let mut found = None;
        for block in noise.chunks(320) {
            found = tracker.step(block);
        }
        assert_eq!(found, None);
    }
}
