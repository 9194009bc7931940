//! A device that may be lost, with the CPU behind it.

use super::shape::DILATIONS;
use super::{FloorForecast, Forecaster};

/// After the memory was emptied in the middle of a session the rules judge until the blocks have heard enough again.
pub const MEMORY_TICKS: usize = {
    let (mut ticks, mut i) = (0, 0);
    while i < DILATIONS.len() {
        ticks += 2 * DILATIONS[i];
        i += 1;
    }
    ticks
};

/// An execution on a device. When it fails, the CPU's takes over with an empty memory; when it gives no numbers, it begins anew.
/// Either way there is no forecast for [`MEMORY_TICKS`] ticks, so that the rules judge.
pub struct Failover {
    device: Box<dyn Forecaster>,
    cpu: Box<dyn Forecaster>,
    failure: Option<String>,
    mistrusted: usize,
}

impl std::fmt::Debug for Failover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Failover").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl Failover {
    /// The device judges; the CPU waits.
    #[must_use]
    pub fn new(device: Box<dyn Forecaster>, cpu: Box<dyn Forecaster>) -> Self {
        Self { device, cpu, failure: None, mistrusted: 0 }
    }

    /// Empties the memory of whoever is in office.
    fn begin_anew(&mut self) {
        if self.failure.is_none() {
            self.device.reset();
        } else {
            self.cpu.reset();
        }
        self.mistrusted = MEMORY_TICKS;
    }
}

impl Forecaster for Failover {
    fn step(&mut self, features: &[f32], in_turn: bool) -> Option<FloorForecast> {
        let mut forecast = None;
        if self.failure.is_none() {
            forecast = self.device.step(features, in_turn);
            // The lost device is kept: to drop its buffers is no work for a tick.
            self.failure = self.device.failure().map(str::to_owned);
            if self.failure.is_some() {
                self.begin_anew();
            }
        }
        if self.failure.is_some() {
            forecast = self.cpu.step(features, in_turn);
        }
        if forecast.is_none() {
            self.begin_anew();
        }
        let trusted = self.mistrusted == 0;
        self.mistrusted = self.mistrusted.saturating_sub(1);
        forecast.filter(|_| trusted)
    }

    fn reset(&mut self) {
        if self.failure.is_none() {
            self.device.reset();
        } else {
            self.cpu.reset();
        }
        self.mistrusted = 0;
    }

    fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::{OUTPUTS, VOICE};
    use super::*;

    /// Says how many ticks it has heard; gives no numbers on one tick, fails for good on another.
    #[derive(Default)]
    struct Script {
        heard: f32,
        ticks: usize,
        rubbish_at: usize,
        lost_at: usize,
    }

    impl Forecaster for Script {
        fn step(&mut self, _: &[f32], _: bool) -> Option<FloorForecast> {
            self.heard += 1.0;
            self.ticks += 1;
            let mut logits = [0.0; OUTPUTS];
            logits[VOICE] = if self.ticks == self.rubbish_at { f32::NAN } else { self.heard * 0.01 };
            FloorForecast::from_logits(&logits).filter(|_| self.failure().is_none())
        }

        fn reset(&mut self) {
            self.heard = 0.0;
        }

        fn failure(&self) -> Option<&str> {
            (self.lost_at > 0 && self.ticks >= self.lost_at).then_some("the device was lost")
        }
    }

    fn run(device: Script, ticks: usize) -> (Vec<Option<f32>>, Failover) {
        let mut both = Failover::new(Box::new(device), Box::new(Script::default()));
        let said = (0..ticks).map(|_| both.step(&[], true).map(|forecast| forecast.voice)).collect();
        (said, both)
    }

    #[test]
    fn the_memory_is_as_long_as_the_blocks_look_back() {
        assert_eq!(MEMORY_TICKS, 126);
    }

    #[test]
    fn a_lost_device_is_followed_by_the_rules_and_then_by_the_cpu() {
        let (said, both) = run(Script { lost_at: 11, ..Script::default() }, 200);
        assert!(said[..10].iter().all(Option::is_some));
        assert!(said[10..10 + MEMORY_TICKS].iter().all(Option::is_none));
        // The CPU has heard every tick since the loss, that one included.
        let logit = (MEMORY_TICKS + 1) as f32 * 0.01;
        assert_eq!(said[10 + MEMORY_TICKS], Some(1.0 / (1.0 + (-logit).exp())));
        assert_eq!(both.failure(), Some("the device was lost"));
    }

    #[test]
    fn rubbish_empties_the_memory_and_the_device_goes_on() {
        let (said, both) = run(Script { rubbish_at: 5, ..Script::default() }, 200);
        assert!(said[3].is_some() && said[4..5 + MEMORY_TICKS - 1].iter().all(Option::is_none));
        let logit = MEMORY_TICKS as f32 * 0.01;
        assert_eq!(said[4 + MEMORY_TICKS], Some(1.0 / (1.0 + (-logit).exp())));
        assert_eq!(both.failure(), None);
    }

    #[test]
    fn a_new_session_trusts_at_once() {
        let (_, mut both) = run(Script { rubbish_at: 5, ..Script::default() }, 8);
        assert_eq!(both.step(&[], true), None);
        both.reset();
        assert!(both.step(&[], true).is_some());
    }
}
