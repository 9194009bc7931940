//! Audio in blocks of 20 ms.

use crate::{TimeSpan, Timestamp};

/// The one sample rate inside the engine; devices resample at the door.
pub const SAMPLE_RATE: u32 = 16_000;

/// Samples of one 20 ms block at [`SAMPLE_RATE`].
pub const BLOCK_SAMPLES: usize = 320;

/// 20 ms of mono audio, stamped by the capture clock.
///
/// **Shape** `[320]` (the last block of a file may be shorter at the door, never inside).
/// **Units and range** samples in -1..=1 at 16 kHz.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioBlock {
    /// When the first sample was captured.
    pub start: Timestamp,
    /// Mono samples in -1..=1.
    pub samples: Vec<f32>,
    /// True where the device lost this stretch and silence stands in for it.
    pub gap: bool,
}

impl AudioBlock {
    /// A block that was captured whole.
    #[must_use]
    pub fn new(start: Timestamp, samples: Vec<f32>) -> Self {
        Self { start, samples, gap: false }
    }

    /// A stretch of silence of one block.
    #[must_use]
    pub fn silence(start: Timestamp) -> Self {
        Self::new(start, vec![0.0; BLOCK_SAMPLES])
    }

    /// When the last sample had been captured.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start + TimeSpan::from_samples(self.samples.len() as u64, SAMPLE_RATE)
    }

    /// Root mean square of the samples; 0 for an empty block.
    #[must_use]
    pub fn rms(&self) -> f32 {
        rms(&self.samples)
    }
}

/// Root mean square of `samples`; 0 when there are none.
#[must_use]
pub fn rms(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
}
