//! The one-euro filter: still points are smoothed, moving points are followed.

/// How much is smoothed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneEuroConfig {
    /// Cut-off for a point at rest; lower is smoother.
    pub min_cutoff_hz: f32,
    /// How much the cut-off rises per px/s; higher lags less.
    pub beta_hz_secs_per_px: f32,
    /// Cut-off of the speed estimate.
    pub speed_cutoff_hz: f32,
}

impl Default for OneEuroConfig {
    fn default() -> Self {
        Self { min_cutoff_hz: 1.5, beta_hz_secs_per_px: 0.02, speed_cutoff_hz: 1.0 }
    }
}

/// The filter of one value.
///
/// **Source**: Casiez, Roussel, Vogel 2012, "1 € Filter".
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OneEuro {
    value: f32,
    speed: f32,
    started: bool,
}

impl OneEuro {
    /// The smoothed value after `dt_secs > 0` since the one before.
    pub(crate) fn step(&mut self, value: f32, dt_secs: f32, config: &OneEuroConfig) -> f32 {
        if !self.started {
            *self = Self { value, speed: 0.0, started: true };
            return value;
        }
        let speed = (value - self.value) / dt_secs;
        self.speed += share(config.speed_cutoff_hz, dt_secs) * (speed - self.speed);
        let cutoff_hz = config.min_cutoff_hz + config.beta_hz_secs_per_px * self.speed.abs();
        self.value += share(cutoff_hz, dt_secs) * (value - self.value);
        self.value
    }
}

/// The share of the new value in a first-order low-pass.
fn share(cutoff_hz: f32, dt_secs: f32) -> f32 {
    let turn = std::f32::consts::TAU * cutoff_hz * dt_secs;
    turn / (turn + 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rest_is_smoothed_and_motion_followed() {
        let config = OneEuroConfig::default();
        let mut filter = OneEuro::default();
        let still: Vec<f32> = (0..60)
            .map(|i| filter.step(100.0 + if i % 2 == 0 { 0.5 } else { -0.5 }, 1.0 / 30.0, &config))
            .collect();
        let range = still[30..].iter().fold((f32::MAX, f32::MIN), |(a, b), &v| (a.min(v), b.max(v)));
        assert!(range.1 - range.0 < 0.35, "jitter of 1 px shrinks: {range:?}");
        let end = (0..60).map(|i| filter.step(100.0 + 10.0 * i as f32, 1.0 / 30.0, &config)).last();
        assert!((end.expect("60 steps") - 690.0).abs() < 10.0, "lags less than a frame: {end:?}");
    }

    proptest! {
        #[test]
        fn stays_between_the_values_seen(values in prop::collection::vec(-500.0_f32..500.0, 1..50), dt in 0.005_f32..0.5) {
            let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(a, b), &v| (a.min(v), b.max(v)));
            let mut filter = OneEuro::default();
            for value in values {
                let smooth = filter.step(value, dt, &OneEuroConfig::default());
                prop_assert!(smooth >= low - 1e-2 && smooth <= high + 1e-2);
            }
        }
    }
}
