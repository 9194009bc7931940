//! The pulse train of the vocal folds.

use super::{HOP, VOCODER_RATE};

/// Below this a frame is unvoiced, in hertz.
pub(crate) const VOICING_HZ: f32 = 40.0;
/// Highest harmonic, in hertz; the voice's network was trained with it.
const HIGHEST_HARMONIC_HZ: f32 = 11_000.0;

/// All harmonics of `f0_hz` below 11 kHz at unit amplitude; zero where `voicing_hz` is below 40.
///
/// `voicing_hz` decides on voicing (as the network said it), `f0_hz` is what sounds (as the voice wants it).
/// **Shape** both `[frames]`, result `[frames * 300]`.
/// **Source**: `hibari-tts` 0.2.1, `dsp.py`: sum of cosines in closed form, linear interpolation between frame centres.
pub(crate) fn pulse_train(voicing_hz: &[f32], f0_hz: &[f32]) -> Vec<f32> {
    let frames = f0_hz.len();
    let mut pulses = Vec::with_capacity(frames * HOP);
    let mut phase = 0.0_f64;
    for frame in 0..frames {
        for sample in 0..HOP {
            let place = (sample as f32 + 0.5) / HOP as f32 - 0.5;
            let (from, weight) =
                if place < 0.0 { (frame.saturating_sub(1), place + 1.0) } else { (frame, place) };
            let to = if place < 0.0 { frame } else { (frame + 1).min(frames - 1) };
            let between = |curve: &[f32]| curve[from] * (1.0 - weight) + curve[to] * weight;
            let is_voiced = between(voicing_hz) > VOICING_HZ;
            let frequency = between(f0_hz).max(VOICING_HZ * 0.5);
            phase = (phase + f64::from(frequency) / f64::from(VOCODER_RATE)).fract();
            pulses.push(if is_voiced { harmonics(phase, frequency) } else { 0.0 });
        }
    }
    pulses
}

/// `cos(t) + cos(2 t) + ... + cos(H t)` in closed form.
fn harmonics(phase: f64, frequency: f32) -> f32 {
    let angle = (phase * std::f64::consts::TAU) as f32;
    let order = (HIGHEST_HARMONIC_HZ / frequency).floor() + 0.5;
    let divisor = 2.0 * (angle * 0.5).sin();
    // Near the pulse both sines vanish; their ratio tends to the order.
    if divisor.abs() <= 2e-3 { order - 0.5 } else { (order * angle).sin() / divisor - 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_train_has_the_pitch_asked_for() {
        let f0 = [200.0; 40];
        let train = pulse_train(&f0, &f0);
        assert_eq!(train.len(), 40 * HOP);
        let peaks = train.windows(3).filter(|w| w[1] > 40.0 && w[1] >= w[0] && w[1] > w[2]).count();
        assert!((98..=101).contains(&peaks), "{peaks} pulses in half a second at 200 Hz");
        assert!(pulse_train(&[0.0; 4], &[200.0; 4]).iter().all(|&x| x == 0.0));
        assert!(pulse_train(&[], &[]).is_empty());
    }
}
