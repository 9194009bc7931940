//! The sound of a recorded session: which of it goes with a moment, and when it has to begin, to fall silent, or to begin anew.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec};
use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE as RATE, Timestamp};

/// Sound and picture may be so far apart before the sound begins anew: less than is noticed, more than a frame's jitter.
const APART_SECS: f64 = 0.06;

/// What the loudspeaker is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// Nothing is to be heard.
    Silence,
    /// What belongs to `at_secs` of the session was due at `when_secs` of the shell's clock, and the rest follows.
    Play { at_secs: f64, when_secs: f64 },
}

/// Follows the playhead: tells what to do only where the sound would not be at the right place by itself.
#[derive(Debug, Default)]
pub(crate) struct Following {
    /// Where the playhead was, and when.
    since: Option<(f64, f64)>,
}

impl Following {
    /// `playhead` is where the pictures are while they run and are to be heard, `now_secs` the shell's clock.
    pub(crate) fn follow(&mut self, playhead: Option<f64>, now_secs: f64) -> Option<Order> {
        match (playhead, self.since) {
            (None, None) => None,
            (None, Some(_)) => {
                self.since = None;
                Some(Order::Silence)
            }
            (Some(at), Some((from, since))) if (from + now_secs - since - at).abs() <= APART_SECS => None,
            (Some(at_secs), _) => {
                self.since = Some((at_secs, now_secs));
                Some(Order::Play { at_secs, when_secs: now_secs })
            }
        }
    }
}

/// The tracks of a record, heard together.
pub(crate) struct Soundtrack {
    tracks: Vec<Track>,
}

struct Track {
    reader: WavReader<BufReader<File>>,
    /// The sample that is read next.
    next: u32,
    /// Samples that the file holds.
    length: u32,
}

impl Soundtrack {
    /// **Errors** in words, with the file.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self, String> {
        let tracks = paths.iter().map(|path| Track::open(path)).collect::<Result<_, _>>()?;
        Ok(Self { tracks })
    }

    /// When the last track ends.
    pub(crate) fn end(&self) -> Timestamp {
        let longest = self.tracks.iter().map(|track| track.length).max().unwrap_or(0);
        Timestamp::from_samples(u64::from(longest), RATE)
    }

    /// 20 ms from `at` of the session on; silence before its begin and after the end of a track.
    pub(crate) fn block(&mut self, at: Timestamp) -> AudioBlock {
        let first = (at.as_secs() * f64::from(RATE)).round() as i64;
        let mut samples = vec![0.0; BLOCK_SAMPLES];
        for track in &mut self.tracks {
            track.add(first, &mut samples);
        }
        samples.iter_mut().for_each(|sample: &mut f32| *sample = sample.clamp(-1.0, 1.0));
        AudioBlock::new(at, samples)
    }
}

impl Track {
    fn open(path: &Path) -> Result<Self, String> {
        let told = |why: &dyn std::fmt::Display| format!("{} cannot be heard: {why}", path.display());
        let reader = WavReader::open(path).map_err(|error| told(&error))?;
        let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
        if (channels, sample_rate, bits_per_sample, sample_format) != (1, RATE, 16, SampleFormat::Int) {
            return Err(told(&format_args!(
                "a record's sound is mono of {RATE} samples per second and 16 bits, this has {channels} \
                 channels, {sample_rate} samples per second and {bits_per_sample} bits"
            )));
        }
        let length = reader.duration();
        Ok(Self { reader, next: 0, length })
    }

    fn add(&mut self, first: i64, samples: &mut [f32]) {
        // What lies before the session's begin stays silent.
        let skipped = usize::try_from(-first).unwrap_or(0).min(samples.len());
        let Ok(first) = u32::try_from(first.max(0)) else { return };
        if first >= self.length || skipped == samples.len() {
            return;
        }
        if first != self.next && self.reader.seek(first).is_err() {
            return;
        }
        self.next = first;
        for (sample, read) in samples[skipped..].iter_mut().zip(self.reader.samples::<i16>()) {
            let Ok(read) = read else {
                // The file is shorter than its head says.
                self.length = self.next;
                return;
            };
            *sample += f32::from(read) / 32_768.0;
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(folder: &Path, name: &str, rate: u32, sample: impl Fn(usize) -> i16) -> PathBuf {
        let path = folder.join(name);
        let spec =
            WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
        (0..32_000).for_each(|index| writer.write_sample(sample(index)).expect("written"));
        writer.finalize().expect("closed");
        path
    }

    #[test]
    fn the_sound_of_a_moment_is_that_of_both_who_speak() {
        let folder = tempfile::tempdir().expect("a folder");
        let candidate = track(folder.path(), "candidate.wav", RATE, |index| index as i16);
        let assessor = track(folder.path(), "assessor.wav", RATE, |index| (index % 7) as i16 * 100);
        let mut sound = Soundtrack::open(&[candidate, assessor]).expect("they are tracks");
        assert_eq!(sound.end(), Timestamp::from_millis(2000));
        // On, back, on without a seam, and between two blocks.
        for millis in [0, 1000, 500, 520, 540, 1333, 1980] {
            let at = Timestamp::from_millis(millis);
            let block = sound.block(at);
            let first = millis as usize * 16;
            let told =
                |index: usize| ((first + index) as f32 + ((first + index) % 7) as f32 * 100.0) / 32_768.0;
            assert_eq!((block.start, block.samples.len()), (at, BLOCK_SAMPLES));
            for (index, sample) in block.samples.iter().enumerate() {
                assert!((sample - told(index)).abs() < 1e-6, "sample {index} of {millis} ms: {sample}");
            }
        }
        let last = sound.block(Timestamp::from_millis(1990)).samples;
        assert!(last[159] > 0.5 && last[160..].iter().all(|sample| *sample == 0.0), "it ends in silence");
        let before = sound.block(Timestamp::from_millis(-10)).samples;
        assert!(before[..160].iter().all(|sample| *sample == 0.0) && before[161] > 0.0);
        for far in [Timestamp::from_millis(-5000), Timestamp::from_secs(1e6)] {
            assert!(sound.block(far).samples.iter().all(|sample| *sample == 0.0));
        }
    }

    #[test]
    fn what_is_no_track_of_a_record_is_told_and_a_torn_one_is_heard_as_far_as_it_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |path: PathBuf| Soundtrack::open(&[path]).err().expect("is refused");
        assert!(told(folder.path().join("none.wav")).contains("none.wav cannot be heard"));
        let other = told(track(folder.path(), "other.wav", 44_100, |_| 0));
        assert!(other.contains("this has 1 channels, 44100 samples"), "{other}");
        std::fs::write(folder.path().join("text.wav"), "no sound").expect("written");
        assert!(told(folder.path().join("text.wav")).contains("text.wav cannot be heard"));
        let torn = track(folder.path(), "torn.wav", RATE, |_| 16_384);
        let bytes = std::fs::read(&torn).expect("read");
        std::fs::write(&torn, &bytes[..44 + 2 * 16_100]).expect("written");
        let mut sound = Soundtrack::open(&[torn]).expect("its head is whole");
        assert_eq!(sound.block(Timestamp::from_millis(980)).samples[0], 0.5);
        let half = sound.block(Timestamp::from_millis(1000)).samples;
        assert!(half[99] == 0.5 && half[100] == 0.0, "it breaks off");
        assert_eq!(sound.block(Timestamp::from_millis(1500)).samples[0], 0.0);
    }

    #[test]
    fn the_sound_begins_ends_and_seeks_with_the_playhead_and_is_left_alone_else() {
        let mut following = Following::default();
        assert_eq!(following.follow(None, 0.0), None);
        let play = |at_secs, when_secs| Some(Order::Play { at_secs, when_secs });
        assert_eq!(following.follow(Some(3.0), 10.0), play(3.0, 10.0));
        for frame in 1..600 {
            let secs = f64::from(frame) / 60.0;
            let jitter = f64::from(frame % 5) * 0.008;
            assert_eq!(following.follow(Some(3.0 + secs), 10.0 + secs + jitter), None, "frame {frame}");
        }
        assert_eq!(following.follow(Some(40.0), 20.0), play(40.0, 20.0), "somebody scrubbed");
        assert_eq!(following.follow(Some(40.1), 20.5), play(40.1, 20.5), "the pictures stalled");
        assert_eq!(following.follow(None, 21.0), Some(Order::Silence));
        assert_eq!(following.follow(None, 22.0), None);
        assert_eq!(following.follow(Some(40.1), 23.0), play(40.1, 23.0));
    }
}
