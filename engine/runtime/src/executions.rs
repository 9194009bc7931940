//! Which execution of a network is used: measured, not guessed.

use serde::Serialize;
use viva_media::TimeSpan;

/// What the network may take of a tick, at the 99th percentile: the tick's whole compute is held to 5 ms of 20.
pub const MOST_OF_A_TICK: TimeSpan = TimeSpan::from_millis(5);
/// A device must be faster than the CPU by this share: less is noise, and the CPU replays bit for bit.
const CLEARLY_FASTER: f64 = 0.9;
/// So far an output may lie from the judge's, the CPU's.
pub const MOST_DEVIATION: f32 = 1e-3;

/// What a few hundred ticks on one execution took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// `cpu`, `wgsl` or `cuda`.
    pub execution: &'static str,
    /// What it runs on.
    pub device: String,
    /// How many ticks were measured.
    pub ticks: usize,
    /// Median in milliseconds, wall time.
    pub p50_ms: f64,
    /// 99th percentile in milliseconds.
    pub p99_ms: f64,
    /// The worst case in milliseconds.
    pub worst_ms: f64,
    /// The largest difference from the CPU's outputs on the same ticks; infinite where there were none.
    pub deviation: f32,
}

impl Measured {
    /// From the times of the ticks; none gives no figures.
    #[must_use]
    pub fn new(execution: &'static str, device: String, times: &[TimeSpan], deviation: f32) -> Option<Self> {
        let mut sorted: Vec<f64> = times.iter().map(|time| time.as_secs() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        let at =
            |share: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * share).round() as usize).copied();
        let (p50_ms, p99_ms, worst_ms) = (at(0.5)?, at(0.99)?, at(1.0)?);
        Some(Self { execution, device, ticks: sorted.len(), p50_ms, p99_ms, worst_ms, deviation })
    }

    fn unfit(&self) -> Option<String> {
        if self.deviation > MOST_DEVIATION || self.deviation.is_nan() {
            Some(format!(
                "{} lies up to {:.1e} from the CPU, more than {MOST_DEVIATION:.0e}",
                self.execution, self.deviation
            ))
        } else if self.p99_ms > MOST_OF_A_TICK.as_secs() * 1e3 {
            Some(format!(
                "{} takes {:.2} ms at the 99th percentile, more than 5 ms",
                self.execution, self.p99_ms
            ))
        } else {
            None
        }
    }
}

/// Which one, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The execution's name.
    pub execution: &'static str,
    /// In a sentence.
    pub why: String,
}

/// The fastest (by its median) that agrees with the CPU and fits the tick; the CPU unless another is clearly faster.
#[must_use]
pub fn choose(cpu: &Measured, others: &[Measured]) -> Choice {
    let mut reasons: Vec<String> = others.iter().filter_map(Measured::unfit).collect();
    let fit = others.iter().filter(|other| other.unfit().is_none());
    let cpu_fits = cpu.unfit().is_none();
    let fastest = fit.min_by(|a, b| a.p50_ms.total_cmp(&b.p50_ms));
    let beats = |other: &Measured| !cpu_fits || other.p50_ms < CLEARLY_FASTER * cpu.p50_ms;
    if let Some(other) = fastest.filter(|other| beats(other)) {
        let against = format!("{:.3} ms a tick against the CPU's {:.3} ms", other.p50_ms, cpu.p50_ms);
        let slow = if cpu_fits { "" } else { ", which does not fit the tick" };
        return Choice { execution: other.execution, why: format!("{against}{slow}") };
    }
    match fastest {
        Some(other) => reasons.insert(
            0,
            format!("{:.3} ms a tick against {:.3} ms on {}", cpu.p50_ms, other.p50_ms, other.execution),
        ),
        None if others.is_empty() => reasons.insert(0, "there is no other".to_owned()),
        None => {}
    }
    if !cpu_fits {
        reasons.push("it does not fit the tick either: the rules judge where it is late".to_owned());
    }
    Choice { execution: cpu.execution, why: reasons.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(execution: &'static str, p50_ms: f64, p99_ms: f64, deviation: f32) -> Measured {
        let device = String::new();
        Measured { execution, device, ticks: 300, p50_ms, p99_ms, worst_ms: p99_ms, deviation }
    }

    #[test]
    fn figures_of_a_known_series() {
        let times: Vec<TimeSpan> = (0..=100).map(TimeSpan::from_millis).collect();
        let found = Measured::new("cpu", String::new(), &times, 0.0).expect("there are ticks");
        assert_eq!((found.ticks, found.p50_ms, found.p99_ms, found.worst_ms), (101, 50.0, 99.0, 100.0));
        assert_eq!(Measured::new("cpu", String::new(), &[], 0.0), None);
    }

    #[test]
    fn the_fastest_that_fits_and_agrees_is_chosen_and_the_cpu_breaks_ties() {
        let cpu = measured("cpu", 0.2, 0.3, 0.0);
        let cases = [
            ("alone", vec![], "cpu", "no other"),
            (
                "slower",
                vec![measured("wgsl", 0.5, 0.6, 1e-6)],
                "cpu",
                "0.200 ms a tick against 0.500 ms on wgsl",
            ),
            ("a tie", vec![measured("cuda", 0.19, 0.3, 1e-6)], "cpu", "0.200 ms a tick against 0.190 ms"),
            ("faster", vec![measured("cuda", 0.05, 0.1, 1e-6)], "cuda", "against the CPU's 0.200 ms"),
            (
                "the faster of two",
                vec![measured("wgsl", 0.1, 0.2, 0.0), measured("cuda", 0.05, 0.1, 0.0)],
                "cuda",
                "0.050",
            ),
            (
                "fast but with a tail",
                vec![measured("wgsl", 0.05, 9.0, 1e-6)],
                "cpu",
                "9.00 ms at the 99th percentile",
            ),
            ("fast but wrong", vec![measured("wgsl", 0.05, 0.1, 0.2)], "cpu", "2.0e-1 from the CPU"),
            ("fast but no numbers", vec![measured("wgsl", 0.05, 0.1, f32::NAN)], "cpu", "from the CPU"),
        ];
        for (name, others, expect, says) in cases {
            let choice = choose(&cpu, &others);
            assert_eq!(choice.execution, expect, "{name}: {}", choice.why);
            assert!(choice.why.contains(says), "{name}: {}", choice.why);
        }
    }

    #[test]
    fn a_cpu_that_does_not_fit_yields_to_a_slower_device_that_does() {
        let cpu = measured("cpu", 4.0, 9.0, 0.0);
        assert_eq!(choose(&cpu, &[measured("wgsl", 4.5, 4.9, 0.0)]).execution, "wgsl");
        let choice = choose(&cpu, &[measured("wgsl", 4.5, 30.0, 0.0)]);
        assert!(choice.execution == "cpu" && choice.why.contains("the rules judge"), "{}", choice.why);
    }
}
