//! How long pictures take, as histograms: after an event at the window, after a cue, after their own pose.

/// Width of a bin.
pub(crate) const BIN_MS: f64 = 4.0;
const BINS: usize = 64;

/// What is measured, with its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// An event at the window until the picture after it is drawn.
    Event,
    /// A cue until the first picture whose pose carries it is drawn.
    Cue,
    /// A pose until its picture is drawn.
    State,
}

impl Measure {
    pub(crate) const ALL: [Self; 3] = [Self::Event, Self::Cue, Self::State];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Event => "event to photon",
            Self::Cue => "cue to photon",
            Self::State => "state to pixels",
        }
    }

    pub(crate) const fn definition(self) -> &'static str {
        match self {
            Self::Event => {
                "A key, a button or the pointer at the window, until the picture after it is drawn."
            }
            Self::Cue => {
                "The face is told something while it plays, until the first picture that carries it is drawn."
            }
            Self::State => "A pose is computed, until its picture is drawn.",
        }
    }
}

/// A histogram per measure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latencies([Latency; 3]);

impl Latencies {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Latency::new()))
    }

    pub(crate) fn of(&self, measure: Measure) -> &Latency {
        &self.0[measure as usize]
    }

    pub(crate) fn add(&mut self, measure: Measure, ms: f64) {
        self.0[measure as usize].add(ms);
    }

    /// One line per measure and bin: its lower edge in milliseconds and its count.
    pub(crate) fn to_csv(&self) -> String {
        let rows = Measure::ALL.iter().flat_map(|measure| {
            let bins = self.of(*measure).bins.iter().enumerate();
            bins.map(move |(bin, count)| format!("{},{},{count}\n", measure.name(), bin as f64 * BIN_MS))
        });
        format!("measure,from_ms,events\n{}", rows.collect::<String>())
    }
}

/// Times of one measure; what is longer than the last bin counts there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latency {
    bins: [u32; BINS],
    count: u32,
    longest_ms: f64,
}

impl Latency {
    fn new() -> Self {
        Self { bins: [0; BINS], count: 0, longest_ms: 0.0 }
    }

    fn add(&mut self, ms: f64) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_upper_edges() {
        let mut latencies = Latencies::new();
        assert_eq!(latencies.of(Measure::Cue).quantile_ms(0.5), None);
        for ms in [1.0, 5.0, 9.0, 9.5, 1e6, f64::NAN, -1.0] {
            latencies.add(Measure::Cue, ms);
        }
        let latency = latencies.of(Measure::Cue);
        assert_eq!((latency.count(), latency.longest_ms()), (5, 1e6));
        assert_eq!(latency.quantile_ms(0.5), Some(12.0));
        assert_eq!(latency.quantile_ms(1.0), Some(256.0));
        assert_eq!(latencies.of(Measure::Event).count(), 0);
        assert!(latencies.to_csv().contains("\ncue to photon,8,2\n"));
    }
}
