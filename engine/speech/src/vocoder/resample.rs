//! From the network's 24 kHz to the engine's 16 kHz.

/// Input samples on each side of an output sample that take part.
const REACH: usize = 32;
/// Pass band edge in parts of the input rate: 7.6 kHz of 24 kHz, so that the band above 8 kHz is gone.
const CUTOFF: f64 = 7_600.0 / 24_000.0;
/// Shape of the Kaiser window: 70 dB stop band.
const KAISER_BETA: f64 = 7.0;

/// Resamples 24 kHz to 16 kHz: two output samples for each three input samples, without delay.
#[derive(Clone, Debug)]
pub(crate) struct Resampler {
    /// Taps for output samples on an input sample and half-way between two.
    phases: [Vec<f32>; 2],
}

impl Resampler {
    pub(crate) fn new() -> Self {
        let taps = |offset: f64| -> Vec<f32> {
            let taps: Vec<f64> = (0..2 * REACH)
                .map(|tap| {
                    let distance = tap as f64 - (REACH as f64 - 1.0) - offset;
                    let x = 2.0 * CUTOFF * distance;
                    let sinc = if x.abs() < 1e-9 {
                        1.0
                    } else {
                        (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x)
                    };
                    sinc * kaiser(distance / REACH as f64)
                })
                .collect();
            let sum: f64 = taps.iter().sum();
            taps.into_iter().map(|tap| (tap / sum) as f32).collect()
        };
        Self { phases: [taps(0.0), taps(0.5)] }
    }

    /// **Shape** `[n]` to `[2 n / 3]`.
    pub(crate) fn resample(&self, input: &[f32]) -> Vec<f32> {
        let sample = |index: usize| {
            let (base, phase) = (index * 3 / 2, index * 3 % 2);
            let taps = self.phases[phase].iter().enumerate();
            taps.map(|(tap, weight)| {
                let at = (base + tap + 1).checked_sub(REACH);
                weight * at.and_then(|at| input.get(at)).copied().unwrap_or(0.0)
            })
            .sum()
        };
        (0..input.len() * 2 / 3).map(sample).collect()
    }
}

fn kaiser(place: f64) -> f64 {
    bessel(KAISER_BETA * (1.0 - place * place).max(0.0).sqrt()) / bessel(KAISER_BETA)
}

/// Modified Bessel function of the first kind and order zero, by its series.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..30 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(frequency: f64) -> f64 {
        let tone: Vec<f32> = (0..2400)
            .map(|n| (std::f64::consts::TAU * frequency * f64::from(n) / 24_000.0).sin() as f32)
            .collect();
        let out = Resampler::new().resample(&tone);
        assert_eq!(out.len(), 1600);
        let middle = &out[100..1500];
        (2.0 * middle.iter().map(|x| f64::from(x * x)).sum::<f64>() / middle.len() as f64).sqrt()
    }

    #[test]
    fn speech_passes_and_images_do_not() {
        for (frequency, from, to) in [
            (100.0, 0.99, 1.01),
            (3000.0, 0.99, 1.01),
            (7000.0, 0.97, 1.01),
            (8500.0, 0.0, 0.01),
            (11_000.0, 0.0, 0.001),
        ] {
            let gain = gain(frequency);
            assert!((from..=to).contains(&gain), "{gain} at {frequency} Hz");
        }
    }
}
