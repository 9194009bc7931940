//! From an event at the window to the picture that answers it, as a histogram.

/// Width of a bin.
pub(crate) const BIN_MS: f64 = 4.0;
const BINS: usize = 64;

/// Times from event to picture; what is longer than the last bin counts there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latency {
    bins: [u32; BINS],
    count: u32,
    longest_ms: f64,
}

impl Latency {
    pub(crate) fn new() -> Self {
        Self { bins: [0; BINS], count: 0, longest_ms: 0.0 }
    }

    pub(crate) fn add(&mut self, ms: f64) {
        if !ms.is_finite() || ms < 0.0 {
            return;
        }
        let bin = ((ms / BIN_MS) as usize).min(BINS - 1);
        self.bins[bin] = self.bins[bin].saturating_add(1);
        self.count = self.count.saturating_add(1);
        self.longest_ms = self.longest_ms.max(ms);
    }

    pub(crate) fn bins(&self) -> &[u32] {
        &self.bins
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn longest_ms(&self) -> f64 {
        self.longest_ms
    }

    /// The upper edge of the bin in which this share of the events lies.
    pub(crate) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let wanted = (f64::from(self.count) * share).ceil().max(1.0);
        let mut sum = 0.0;
        let bin = self.bins.iter().position(|count| {
            sum += f64::from(*count);
            sum >= wanted
        })?;
        Some((bin + 1) as f64 * BIN_MS)
    }

    /// One line per bin: its lower edge in milliseconds and its count.
    pub(crate) fn to_csv(&self) -> String {
        let rows = self.bins.iter().enumerate();
        let rows: String = rows.map(|(bin, count)| format!("{},{count}\n", bin as f64 * BIN_MS)).collect();
        format!("from_ms,events\n{rows}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_upper_edges() {
        let mut latency = Latency::new();
        assert_eq!(latency.quantile_ms(0.5), None);
        for ms in [1.0, 5.0, 9.0, 9.5, 1e6, f64::NAN, -1.0] {
            latency.add(ms);
        }
        assert_eq!((latency.count(), latency.longest_ms()), (5, 1e6));
        assert_eq!(latency.quantile_ms(0.5), Some(12.0));
        assert_eq!(latency.quantile_ms(1.0), Some(256.0));
        assert!(latency.to_csv().contains("\n8,2\n"));
    }
}
