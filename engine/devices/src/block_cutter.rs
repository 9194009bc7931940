//! Cuts a stamped stream of samples into blocks of 20 ms without a seam.

use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE, TimeSpan, Timestamp};

/// A stamp may be this far from where the samples so far end before the cutter believes it.
/// One block: rounding of containers and scheduling of devices stay below it, losses do not.
const TOLERANCE: TimeSpan = TimeSpan::from_millis(20);

/// No loss longer than this is filled; a longer one is a broken stamp, and the stream goes on from where it was.
const LONGEST_GAP: TimeSpan = TimeSpan::from_millis(600_000);

/// Blocks of 320 samples from pieces of any length; a hole becomes silence in blocks marked `gap`.
#[derive(Debug, Default)]
pub(crate) struct BlockCutter {
    /// Stamp of the first sample ever.
    origin: Option<Timestamp>,
    /// Samples since then, pending ones included.
    count: u64,
    pending: Vec<f32>,
    pending_has_gap: bool,
}

impl BlockCutter {
    /// Takes `samples`, the first of which was captured at `at` (`None`: right after the last).
    pub(crate) fn push(
        &mut self,
        at: Option<Timestamp>,
        samples: impl Iterator<Item = f32>,
        mut emit: impl FnMut(AudioBlock),
    ) {
        let origin = *self.origin.get_or_insert(at.unwrap_or(Timestamp::ZERO));
        let expected = origin + TimeSpan::from_samples(self.count, SAMPLE_RATE);
        let offset = at.map_or(TimeSpan::ZERO, |at| at - expected);
        let mut skip = 0;
        if offset > TOLERANCE && offset <= LONGEST_GAP {
            for _ in 0..samples_in(offset) {
                self.take(0.0, true, &mut emit);
            }
        } else if offset.as_nanos() < -TOLERANCE.as_nanos() && offset.as_nanos() >= -LONGEST_GAP.as_nanos() {
            skip = samples_in(TimeSpan::ZERO - offset);
        }
        for sample in samples.skip(skip) {
            self.take(sample, false, &mut emit);
        }
    }

    /// The last block, filled up with silence, and how many samples of it are filling.
    pub(crate) fn finish(&mut self, mut emit: impl FnMut(AudioBlock)) -> usize {
        if self.pending.is_empty() {
            return 0;
        }
        let padding = BLOCK_SAMPLES - self.pending.len();
        let gap = self.pending_has_gap;
        for _ in 0..padding {
            self.take(0.0, gap, &mut emit);
        }
        padding
    }

    fn take(&mut self, sample: f32, is_gap: bool, emit: &mut impl FnMut(AudioBlock)) {
        if self.pending.capacity() == 0 {
            self.pending.reserve_exact(BLOCK_SAMPLES);
        }
        self.pending.push(sample);
        self.pending_has_gap |= is_gap;
        self.count += 1;
        if self.pending.len() == BLOCK_SAMPLES {
            let first = self.count - BLOCK_SAMPLES as u64;
            let start = self.origin.unwrap_or_default() + TimeSpan::from_samples(first, SAMPLE_RATE);
            let gap = std::mem::take(&mut self.pending_has_gap);
            emit(AudioBlock { start, samples: std::mem::take(&mut self.pending), gap });
        }
    }
}

fn samples_in(span: TimeSpan) -> usize {
    (span.as_secs() * f64::from(SAMPLE_RATE)).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[(i64, usize)]) -> (Vec<AudioBlock>, usize) {
        let mut cutter = BlockCutter::default();
        let mut blocks = Vec::new();
        for &(at_ms, count) in pieces {
            let at = Some(Timestamp::from_millis(at_ms));
            cutter.push(at, std::iter::repeat_n(0.5, count), |block| blocks.push(block));
        }
        let padding = cutter.finish(|block| blocks.push(block));
        (blocks, padding)
    }

    type Case = (&'static [(i64, usize)], usize, usize, usize);

    #[test]
    fn pieces_become_whole_blocks_with_even_stamps() {
        // (pieces as (ms, samples), blocks, blocks with gap, padding)
        let table: [Case; 6] = [
            (&[], 0, 0, 0),
            (&[(0, 320)], 1, 0, 0),
            (&[(0, 100), (6, 100), (13, 121)], 2, 0, 319),
            (&[(500, 320), (520, 320)], 2, 0, 0),
            (&[(0, 320), (100, 320)], 6, 4, 0),          // 80 ms lost
            (&[(0, 640), (0, 640), (40, 320)], 3, 0, 0), // the repeat is dropped
        ];
        for (pieces, expected, gaps, expected_padding) in table {
            let (blocks, padding) = cut(pieces);
            assert_eq!(blocks.len(), expected, "{pieces:?}");
            assert_eq!(blocks.iter().filter(|block| block.gap).count(), gaps, "{pieces:?}");
            assert_eq!(padding, expected_padding, "{pieces:?}");
            assert!(blocks.iter().all(|block| block.samples.len() == BLOCK_SAMPLES));
            assert!(blocks.windows(2).all(|pair| pair[0].end() == pair[1].start), "{pieces:?}");
        }
    }

    #[test]
    fn a_broken_stamp_is_not_believed() {
        let (blocks, _) = cut(&[(0, 320), (3_000_000_000, 320)]);
        assert_eq!(blocks.len(), 2);
    }
}
