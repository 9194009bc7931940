//! Latencies by their full names. A latency without its definition is worth nothing.

use std::collections::BTreeMap;

use serde::Serialize;
use viva_media::TimeSpan;

/// Samples kept per name; beyond it the oldest is overwritten.
const DEPTH: usize = 100_000;

/// Collects latencies. Memory: 100,000 samples per name.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    samples: BTreeMap<&'static str, Samples>,
}

#[derive(Clone, Debug, Default)]
struct Samples {
    millis: Vec<f64>,
    seen: usize,
}

/// One line of the meter's report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeterLine {
    /// The name with its definition, for example `response latency (true end of speech -> first sample of the reply)`.
    pub name: &'static str,
    /// How often it was measured.
    pub count: usize,
    /// Median in milliseconds.
    pub p50_ms: f64,
    /// 95th percentile in milliseconds.
    pub p95_ms: f64,
    /// 99th percentile in milliseconds.
    pub p99_ms: f64,
    /// The worst case in milliseconds.
    pub worst_ms: f64,
}

impl Meter {
    /// Takes one measurement.
    pub fn push(&mut self, name: &'static str, span: TimeSpan) {
        let samples = self.samples.entry(name).or_default();
        let millis = span.as_secs() * 1e3;
        if samples.millis.len() < DEPTH {
            samples.millis.push(millis);
        } else {
            samples.millis[samples.seen % DEPTH] = millis;
        }
        samples.seen += 1;
    }

    /// One line per name, in alphabetical order.
    #[must_use]
    pub fn report(&self) -> Vec<MeterLine> {
        self.samples
            .iter()
            .map(|(&name, samples)| {
                let mut sorted = samples.millis.clone();
                sorted.sort_by(f64::total_cmp);
                let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
                MeterLine {
                    name,
                    count: samples.seen,
                    p50_ms: at(0.5),
                    p95_ms: at(0.95),
                    p99_ms: at(0.99),
                    worst_ms: at(1.0),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_known_series() {
        let mut meter = Meter::default();
        for ms in 0..=100 {
            meter.push("x", TimeSpan::from_millis(ms));
        }
        let line = &meter.report()[0];
        assert_eq!((line.count, line.p50_ms, line.p95_ms, line.worst_ms), (101, 50.0, 95.0, 100.0));
    }
}
