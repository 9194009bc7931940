//! One speaker's sound as a 16-bit wav whose first sample is the session's time zero.

use std::{fs::File, io::BufWriter, path::Path};

use hound::{SampleFormat, WavSpec, WavWriter};
use serde::Serialize;
use viva_media::Timestamp;

use crate::RecordError;

/// The longest silence that is filled in one step.
const MAX_GAP_SECS: u64 = 3600;
/// Blocks whose stamp is nearer than this to the end of what was written are appended as they come.
const JITTER_SECS: f64 = 0.005;

/// Streams a track to its file. The header is set right once a second, so that a crash leaves a readable wav.
///
/// The file keeps the session's time: what is missing is filled with silence, so that second `t` of the file is second `t` of the session.
pub struct AudioTrack {
    name: String,
    rate: u32,
    writer: Option<WavWriter<BufWriter<File>>>,
    written: u64,
    header_at: u64,
}

/// What a block did to the track, for the event that keeps the arrival stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// Index of the block's first sample in the file.
    pub first_sample: u64,
    /// Samples written of the block.
    pub samples: u64,
    /// Samples of silence that were filled in before it.
    pub silence: u64,
    /// Samples dropped because their time was written already.
    pub overlap: u64,
}

impl std::fmt::Debug for AudioTrack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioTrack")
            .field("name", &self.name)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

impl AudioTrack {
    /// A new file for mono sound of `rate` samples per second.
    ///
    /// **Errors**: the file cannot be made.
    pub fn create(path: &Path, name: &str, rate: u32) -> Result<Self, RecordError> {
        let spec =
            WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = WavWriter::create(path, spec).map_err(RecordError::sound(name))?;
        writer.flush().map_err(RecordError::sound(name))?;
        Ok(Self { name: name.to_owned(), rate, writer: Some(writer), written: 0, header_at: 0 })
    }

    /// A track whose file could not be made: it takes everything and keeps nothing.
    #[must_use]
    pub fn stopped(name: &str, rate: u32) -> Self {
        Self { name: name.to_owned(), rate, writer: None, written: 0, header_at: 0 }
    }

    /// The rate it was made with.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Appends samples in −1..=1 at their time. `None` once the track has stopped after a failed write.
    ///
    /// **Errors**: the time is before the session or more than an hour ahead (the track goes on), or the write failed (told once).
    pub fn push(&mut self, at: Timestamp, samples: &[f32]) -> Result<Option<Placed>, RecordError> {
        let Some(writer) = &mut self.writer else { return Ok(None) };
        let bad_time = |reason| RecordError::AudioTime { at_s: at.as_secs(), reason };
        if at < Timestamp::ZERO {
            return Err(bad_time("before the session"));
        }
        let wanted = (at.as_secs() * f64::from(self.rate)).round() as u64;
        let jitter = (JITTER_SECS * f64::from(self.rate)) as u64;
        let silence = if wanted > self.written + jitter { wanted - self.written } else { 0 };
        let overlap = if wanted + jitter < self.written {
            (self.written - wanted).min(samples.len() as u64)
        } else {
            0
        };
        if silence > MAX_GAP_SECS * u64::from(self.rate) {
            return Err(bad_time("more than an hour after what came before"));
        }
        let kept = &samples[overlap as usize..];
        let placed =
            Placed { first_sample: self.written + silence, samples: kept.len() as u64, silence, overlap };
        let header_due = placed.first_sample + placed.samples >= self.header_at + u64::from(self.rate);
        let write = |writer: &mut WavWriter<BufWriter<File>>| {
            (0..silence).try_for_each(|_| writer.write_sample(0_i16))?;
            kept.iter().try_for_each(|sample| writer.write_sample(to_i16(*sample)))?;
            if header_due { writer.flush() } else { Ok(()) }
        };
        if let Err(source) = write(writer) {
            // Dropping the writer sets the header right as far as the disk allows.
            self.writer = None;
            return Err(RecordError::Sound { path: self.name.clone(), source });
        }
        self.written = placed.first_sample + placed.samples;
        if header_due {
            self.header_at = self.written;
        }
        Ok(Some(placed))
    }

    /// Closes the file.
    ///
    /// **Errors**: the header could not be written.
    pub fn finish(self) -> Result<(), RecordError> {
        let name = self.name;
        self.writer.map_or(Ok(()), WavWriter::finalize).map_err(RecordError::sound(name))
    }
}

/// Full scale is 32767; what is beyond it is cut, and not-a-number is silence.
fn to_i16(sample: f32) -> i16 {
    (sample * 32767.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_keeps_the_time_of_the_session() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let mut track = AudioTrack::create(&path, "a.wav", 16_000).unwrap();
        let placed = track.push(Timestamp::from_millis(500), &[0.5; 320]).unwrap().unwrap();
        assert_eq!(placed, Placed { first_sample: 8000, samples: 320, silence: 8000, overlap: 0 });
        // 2 ms late is jitter, 10 ms early is an overlap.
        assert_eq!(track.push(Timestamp::from_millis(522), &[0.25; 320]).unwrap().unwrap().silence, 0);
        assert_eq!(track.push(Timestamp::from_millis(530), &[f32::NAN; 320]).unwrap().unwrap().overlap, 160);
        assert!(track.push(Timestamp::from_millis(-1), &[0.0]).is_err());
        assert!(track.push(Timestamp::from_secs(7200.0), &[0.0]).is_err());
        track.finish().unwrap();
        let samples: Vec<i16> =
            hound::WavReader::open(&path).unwrap().samples().map(Result::unwrap).collect();
        assert_eq!(samples.len(), 8000 + 320 + 320 + 160);
        assert_eq!((samples[7999], samples[8000], samples[8320], samples[8640]), (0, 16384, 8192, 0));
    }

    #[test]
    fn a_crash_leaves_a_readable_wav() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let mut track = AudioTrack::create(&path, "a.wav", 16_000).unwrap();
        for block in 0..155 {
            track.push(Timestamp::from_millis(block * 20), &[0.1; 320]).unwrap();
        }
        // Not finished, not dropped: read what a crash would leave.
        let read = hound::WavReader::open(&path).unwrap();
        assert!(read.duration() >= 3 * 16_000, "{}", read.duration());
        assert!(read.into_samples::<i16>().all(|sample| sample.is_ok()));
    }
}
