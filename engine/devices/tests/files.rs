//! Films and sound files: written, read back, damaged.

use std::path::Path;

use viva_devices::{DeviceError, FileConfig, FileSource, Media, MovieConfig, MovieWriter};
use viva_media::{AudioBlock, BLOCK_SAMPLES, SAMPLE_RATE, Timestamp, VideoFrame};

/// A PCM16 WAV file, written by hand.
fn write_wav(path: &Path, rate: u32, channels: &[Vec<f32>]) {
    let frames = channels.first().map_or(0, Vec::len);
    let (count, bytes) = (channels.len() as u32, (frames * channels.len() * 2) as u32);
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&(count as u16).to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&(rate * count * 2).to_le_bytes());
    file.extend_from_slice(&(count as u16 * 2).to_le_bytes());
    file.extend_from_slice(&16_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    for index in 0..frames {
        for channel in channels {
            file.extend_from_slice(&((channel[index] * 32767.0).round() as i16).to_le_bytes());
        }
    }
    std::fs::write(path, file).expect("the folder can be written");
}

fn tone(rate: u32, hertz: f32, count: usize) -> Vec<f32> {
    (0..count).map(|index| 0.5 * (std::f32::consts::TAU * hertz * index as f32 / rate as f32).sin()).collect()
}

fn read_all(file: &mut FileSource) -> (Vec<AudioBlock>, Vec<VideoFrame>, Option<DeviceError>) {
    let (mut blocks, mut frames) = (Vec::new(), Vec::new());
    let mut last = Timestamp::ZERO;
    loop {
        let at = match file.next() {
            Ok(Some(Media::Audio(block))) => {
                blocks.push(block);
                blocks.last().map(|block| block.start)
            }
            Ok(Some(Media::Video(frame))) => {
                frames.push(frame);
                frames.last().map(|frame| frame.captured)
            }
            Ok(None) => return (blocks, frames, None),
            Err(error) => return (blocks, frames, Some(error)),
        };
        assert!(at >= Some(last), "media comes in the order of its stamps");
        last = at.unwrap_or_default();
    }
}

fn grey_frame(at: Timestamp, (width, height): (u32, u32), level: u8) -> VideoFrame {
    VideoFrame::new(at, width, height, vec![level; (width * height * 3) as usize]).expect("the size fits")
}

#[test]
fn sixteen_kilohertz_mono_comes_through_untouched() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tone.wav");
    let written = tone(SAMPLE_RATE, 440.0, 5000);
    write_wav(&path, SAMPLE_RATE, std::slice::from_ref(&written));
    let mut file = FileSource::open(&path).expect("it is a WAV");
    assert!(file.has_audio() && !file.has_video());
    assert!((file.duration().expect("stated").as_secs() - 5000.0 / 16_000.0).abs() < 1e-6);
    let (blocks, frames, error) = read_all(&mut file);
    assert!(error.is_none() && frames.is_empty());
    assert_eq!(blocks.len(), 16);
    assert_eq!(file.padded_samples(), 16 * BLOCK_SAMPLES - 5000);
    let read: Vec<f32> = blocks.iter().flat_map(|block| block.samples.iter().copied()).collect();
    for (index, (read, written)) in read.iter().zip(written.iter().chain(std::iter::repeat(&0.0))).enumerate()
    {
        assert!((read - written).abs() < 1e-4, "sample {index}: {read} is not {written}");
    }
    assert!(
        blocks
            .iter()
            .enumerate()
            .all(|(index, block)| block.start == Timestamp::from_millis(20 * index as i64))
    );
    assert!(matches!(file.next(), Ok(None)), "the end stays the end");
}

#[test]
fn eight_kilohertz_stereo_becomes_sixteen_mono() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("telephone.wav");
    let left = tone(8000, 500.0, 8000);
    write_wav(&path, 8000, &[left, vec![0.0; 8000]]);
    let mut file = FileSource::open(&path).expect("it is a WAV");
    let (blocks, _, error) = read_all(&mut file);
    assert!(error.is_none());
    assert_eq!(blocks.len(), 50);
    let read: Vec<f32> = blocks.iter().flat_map(|block| block.samples.iter().copied()).collect();
    let rises = read.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
    assert!((498..=502).contains(&rises), "500 Hz stay 500 Hz: {rises}");
    let peak = read[1000..15_000].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((peak - 0.25).abs() < 0.02, "the mean of both channels: {peak}");
}

/// Where the flash and the click stand in a film: (flash, click) in seconds.
fn flash_and_click(path: &Path, pictures: u64) -> (f64, f64) {
    let mut file = FileSource::open(path).and_then(FileSource::require_audio).expect("a film with sound");
    assert!(file.has_video());
    let (blocks, frames, error) = read_all(&mut file);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(frames.len() as u64, pictures);
    let duration = file.duration().expect("stated").as_secs();
    assert!((duration - 3.0).abs() < 0.1, "{duration}");
    let flash = frames.iter().find(|frame| frame.rgb[0] > 128).expect("one frame is white");
    let mut loudest = (0.0, 0.0);
    for block in &blocks {
        assert!(!block.gap);
        for (index, sample) in block.samples.iter().enumerate() {
            if sample.abs() > loudest.0 {
                let at = block.start + viva_media::TimeSpan::from_samples(index as u64, SAMPLE_RATE);
                loudest = (sample.abs(), at.as_secs());
            }
        }
    }
    (flash.captured.as_secs(), loudest.1)
}

#[test]
fn a_click_at_a_flash_stays_there() {
    let folder = tempfile::tempdir().expect("a folder");
    // The film's zero may be anywhere on the session's clock; a size that is no multiple of four needs padded rows; the first
    // picture may come later than the sound.
    for (start_ms, size, first) in [(0, (64, 48), 0), (12_340, (66, 50), 0), (0, (64, 48), 3)] {
        let path = folder.path().join(format!("clap{start_ms}_{first}.mp4"));
        let start = Timestamp::from_millis(start_ms);
        let (width, height) = size;
        let config = MovieConfig { width, height, fps: 30, audio: true, start };
        let mut movie = MovieWriter::create(&path, config).expect("the folder can be written");
        for index in first..90_u64 {
            let at = start + viva_media::TimeSpan::from_samples(index, 30);
            movie.push_video(&grey_frame(at, size, if index == 45 { 235 } else { 20 })).expect("room");
        }
        for index in 0..150_i64 {
            let mut block = AudioBlock::silence(start + viva_media::TimeSpan::from_millis(20 * index));
            if index == 75 {
                block.samples[0] = 0.9; // at 1.5 s, with the flash
                block.samples[1] = -0.9;
            }
            movie.push_audio(&block).expect("room");
        }
        let report = movie.finish().expect("the encoders end");
        let filled = u64::from(first > 0);
        assert_eq!((report.frames, report.samples), (90 - first + filled, 48_000));
        assert_eq!((report.filled_frames, report.filled_samples, report.dropped_frames), (filled, 0, 0));
        let (flash, click) = flash_and_click(&path, report.frames);
        assert!((flash - 1.5).abs() < 0.001, "flash at {flash}");
        assert!((click - 1.5).abs() < 0.001, "click at {click}");
    }
}

#[test]
fn a_stream_that_stays_behind_is_filled_and_nothing_hangs() {
    let folder = tempfile::tempdir().expect("a folder");
    let size = (64, 48);
    let config = MovieConfig { width: 64, height: 48, fps: 10, audio: true, start: Timestamp::ZERO };
    // (film, seconds of video, seconds of sound)
    for (name, video_secs, audio_secs) in [("still", 30_i64, 0_i64), ("radio", 0, 30), ("late", 25, 25)] {
        let path = folder.path().join(format!("{name}.mp4"));
        let mut movie = MovieWriter::create(&path, config).expect("the folder can be written");
        for index in 0..video_secs * 10 {
            movie.push_video(&grey_frame(Timestamp::from_millis(index * 100), size, 90)).expect("room");
        }
        for index in 0..audio_secs * 50 {
            movie.push_audio(&AudioBlock::silence(Timestamp::from_millis(index * 20))).expect("room");
        }
        let report = movie.finish().expect("the encoders end");
        assert_eq!(report.filled_samples > 0, name != "radio", "{name}");
        assert_eq!(report.filled_frames > 0, name == "radio", "{name}");
        let (blocks, frames, error) = read_all(&mut FileSource::open(&path).expect("a film"));
        assert!(error.is_none(), "{name}: {error:?}");
        let heard = blocks.last().map_or(0.0, |block| block.end().as_secs());
        assert!((heard - video_secs.max(audio_secs) as f64).abs() < 0.2, "{name}: {heard} s of sound");
        assert_eq!(frames.len() as u64, report.frames, "{name}");
    }
}

#[test]
fn what_does_not_fit_a_film_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mp4");
    let config = MovieConfig { width: 64, height: 48, fps: 25, ..Default::default() };
    for (width, height, fps) in [(63, 48, 25), (64, 0, 25), (64, 48, 0), (10_000, 48, 25)] {
        let config = MovieConfig { width, height, fps, ..config };
        assert!(matches!(MovieWriter::create(&path, config), Err(DeviceError::Unfit { .. })), "{config:?}");
    }
    let nowhere = folder.path().join("no").join("film.mp4");
    assert!(matches!(MovieWriter::create(&nowhere, config), Err(DeviceError::NotWritable { .. })));
    let mut movie = MovieWriter::create(&path, config).expect("the folder can be written");
    let wrong = grey_frame(Timestamp::ZERO, (32, 48), 0);
    assert!(matches!(movie.push_video(&wrong), Err(DeviceError::Unfit { .. })));
    let block = AudioBlock::silence(Timestamp::ZERO);
    assert!(matches!(movie.push_audio(&block), Err(DeviceError::Unfit { .. })));
    assert!(matches!(movie.finish(), Err(DeviceError::NothingWritten { .. })));
}

#[test]
fn a_full_disk_is_said() {
    let config = MovieConfig { width: 64, height: 48, fps: 25, ..Default::default() };
    let mut movie = MovieWriter::create("/dev/full", config).expect("it can be opened");
    let mut result = Ok(());
    for index in 0..500 {
        result =
            movie.push_video(&grey_frame(Timestamp::from_millis(40 * index), (64, 48), (index % 200) as u8));
        if result.is_err() {
            break;
        }
    }
    let result = result.and_then(|()| movie.finish().map(|_| ()));
    assert!(matches!(result, Err(DeviceError::DiskFull { .. })), "{result:?}");
}

#[test]
fn bad_files_are_clear_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let make = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("the folder can be written");
        path
    };
    let missing = folder.path().join("missing.wav");
    let empty = make("empty.wav", &[]);
    let text = make("text.mp4", "To be, or not to be: that is the question.\n".repeat(100).as_bytes());
    let noise: Vec<u8> = (0..5000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let noise = make("noise.mp4", &noise);
    let silent = folder.path().join("silent.wav");
    write_wav(&silent, 16_000, &[Vec::new()]);

    let open =
        |path: &Path| FileSource::open(path).and_then(|mut file| read_all(&mut file).2.map_or(Ok(()), Err));
    assert!(matches!(open(&missing), Err(DeviceError::NoSuchFile { .. })));
    assert!(matches!(open(&empty), Err(DeviceError::EmptyFile { .. })));
    assert!(matches!(open(folder.path()), Err(DeviceError::Unreadable { .. })));
    for path in [&text, &noise] {
        let result = open(path);
        assert!(matches!(result, Err(DeviceError::NotMedia { .. })), "{result:?}");
    }
    let result = open(&silent);
    assert!(
        matches!(result, Err(DeviceError::EmptyMedia { .. } | DeviceError::NotMedia { .. })),
        "{result:?}"
    );
}

#[test]
fn a_film_that_was_cut_short_gives_what_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("whole.mp4");
    let config = MovieConfig { width: 64, height: 48, fps: 25, audio: true, start: Timestamp::ZERO };
    let mut movie = MovieWriter::create(&path, config).expect("the folder can be written");
    for index in 0..250_i64 {
        movie
            .push_video(&grey_frame(Timestamp::from_millis(40 * index), (64, 48), (index % 200) as u8))
            .expect("room");
        for half in 0..2 {
            let samples = tone(SAMPLE_RATE, 300.0, BLOCK_SAMPLES);
            movie
                .push_audio(&AudioBlock::new(Timestamp::from_millis(40 * index + 20 * half), samples))
                .expect("room");
        }
    }
    movie.finish().expect("the encoders end");
    let bytes = std::fs::read(&path).expect("it was written");
    let cut = folder.path().join("cut.mp4");
    std::fs::write(&cut, &bytes[..bytes.len() * 6 / 10]).expect("the folder can be written");
    let (blocks, frames, error) = read_all(&mut FileSource::open(&cut).expect("its beginning is whole"));
    assert!(blocks.len() > 150 && frames.len() > 80, "{} blocks, {} frames", blocks.len(), frames.len());
    assert!(blocks.len() < 400 && frames.len() < 200, "{} blocks, {} frames", blocks.len(), frames.len());
    assert!(matches!(error, Some(DeviceError::Truncated { .. }) | None), "{error:?}");
}

#[test]
fn only_the_wanted_streams_are_read_and_a_reader_may_leave_early() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("film.mp4");
    let config = MovieConfig { width: 64, height: 48, fps: 25, audio: true, start: Timestamp::ZERO };
    let mut movie = MovieWriter::create(&path, config).expect("the folder can be written");
    for index in 0..250_i64 {
        movie.push_video(&grey_frame(Timestamp::from_millis(40 * index), (64, 48), 50)).expect("room");
    }
    movie.finish().expect("the encoders end");
    let mut sound = FileSource::open_with(&path, FileConfig { audio: true, video: false }).expect("a film");
    assert!(sound.has_audio() && !sound.has_video());
    let (blocks, frames, error) = read_all(&mut sound);
    assert!(
        error.is_none() && frames.is_empty() && blocks.len() >= 499,
        "{} blocks, {error:?}",
        blocks.len()
    );
    let mut pictures =
        FileSource::open_with(&path, FileConfig { audio: false, video: true }).expect("a film");
    assert!(matches!(pictures.next(), Ok(Some(Media::Video(_)))));
    assert!(matches!(pictures.require_audio(), Err(DeviceError::NoAudio { .. })));
    // Dropped here with its queue full: the decoding threads must let go.
}
