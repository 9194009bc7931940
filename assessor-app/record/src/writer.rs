//! A bundle while its session runs.

use std::{
    fs::{self, File},
    io::{BufReader, Write as _},
    path::{Path, PathBuf},
};

use serde::Serialize;
use viva_exchange::{Transcript, Turn};
use viva_media::Timestamp;
use viva_verify::{
    EVENTS_FILE, MANIFEST_FILE, SCORES_FILE, SESSION_EVENT, TRANSCRIPT_FILE, TURN_EVENT,
    chain::{GENESIS, read_chain},
    plain_path,
};

use crate::{
    EventLog, RecordError,
    audio::AudioTrack,
    vtt,
    wire::{FloorMarks, ScoreSheet, SessionHeader, TimingReport},
};

/// Holds disk space while a session runs, so that a full disk leaves room for its end; no part of the record.
const RESERVE_FILE: &str = "reserve";
/// Enough for the last events, transcript, scores, report and seal of a long session.
const RESERVE_BYTES: usize = 4 << 20;

/// Stamps are written to the events once per this many blocks of a track.
const STAMPS_PER_EVENT: usize = 50;

/// Which sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// What the microphone heard.
    Candidate,
    /// What the loudspeaker played.
    Assessor,
}

impl Track {
    /// The path inside the bundle.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Candidate => "audio/candidate.wav",
            Self::Assessor => "audio/assessor.wav",
        }
    }
}

/// How a session's bundle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Events written.
    pub events: u64,
    /// Events lost after the disk refused one.
    pub dropped_events: u64,
}

/// Where a bundle was cut after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Whole events kept.
    pub events: u64,
    /// Bytes of the unfinished last event, removed.
    pub torn_bytes: u64,
}

#[derive(Debug)]
struct OpenTrack {
    track: Track,
    file: AudioTrack,
    /// Arrival in nanoseconds, first sample, samples.
    stamps: Vec<[i64; 3]>,
}

/// Writes a bundle folder as the session goes. A crash at any point leaves whole events and readable sound.
#[derive(Debug)]
pub struct BundleWriter {
    dir: PathBuf,
    log: EventLog<File>,
    tracks: Vec<OpenTrack>,
    reserve: Reserve,
}

/// The reserved space; dropping it gives it back.
#[derive(Debug)]
struct Reserve(Option<PathBuf>);

impl Reserve {
    /// A disk without so much room is too full for a session, and that is told before it begins.
    fn take(dir: &Path) -> Result<Self, RecordError> {
        let path = dir.join(RESERVE_FILE);
        let reserve = Self(Some(path.clone()));
        fs::write(path, vec![0; RESERVE_BYTES]).map_err(RecordError::io(RESERVE_FILE))?;
        Ok(reserve)
    }

    /// Gives the space back; true where there was any.
    fn release(&mut self) -> bool {
        self.0.take().is_some_and(|path| fs::remove_file(path).is_ok())
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        self.release();
    }
}

impl BundleWriter {
    /// Begins a bundle in a new or empty folder: writes the manifest and the first event, `session`, with the same content.
    ///
    /// **Errors**: the folder is not empty or cannot be written.
    pub fn create(dir: &Path, header: &SessionHeader) -> Result<Self, RecordError> {
        let shown = dir.display().to_string();
        fs::create_dir_all(dir).map_err(RecordError::io(shown.as_str()))?;
        if fs::read_dir(dir).map_err(RecordError::io(shown.as_str()))?.next().is_some() {
            return Err(RecordError::NotEmpty(shown));
        }
        let reserve = Reserve::take(dir)?;
        add_json(dir, MANIFEST_FILE, header)?;
        let file = File::create_new(dir.join(EVENTS_FILE)).map_err(RecordError::io(EVENTS_FILE))?;
        let mut log = EventLog::new(file, EVENTS_FILE, GENESIS);
        log.append(Timestamp::ZERO, SESSION_EVENT, header)?;
        Ok(Self { dir: dir.to_owned(), log, tracks: Vec::new(), reserve })
    }

    /// The bundle's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Appends one event and hands it to the system before it returns.
    ///
    /// When the disk is full the reserved space is given back, the event is written there, and the error is told all the same: whoever
    /// holds the session should end it, for which there is room.
    ///
    /// **Errors**: the body does not fit (the record goes on), or the disk refused (told once; after a second refusal later events are
    /// counted and dropped).
    pub fn append(&mut self, at: Timestamp, kind: &str, body: impl Serialize) -> Result<(), RecordError> {
        let refused = match self.log.append(at, kind, &body) {
            Err(refused @ RecordError::Io { .. }) => refused,
            other => return other,
        };
        if self.reserve.release() {
            self.log.resume();
            // Told is the first refusal; should this one fail as well, the log has stopped for good.
            drop(self.log.append(at, kind, &body));
        }
        Err(refused)
    }

    /// Gives the reserved space back, for a session that is being ended since something could not be written.
    pub fn release_reserve(&mut self) {
        self.reserve.release();
    }

    /// Appends a turn that is final, as an event of kind `turn`. A later turn of the same id replaces it.
    ///
    /// **Errors**: as [`Self::append`].
    pub fn append_turn(&mut self, turn: &Turn) -> Result<(), RecordError> {
        self.append(turn.end, TURN_EVENT, turn)
    }

    /// Appends sound in −1..=1 to a track; the first call opens its file at `rate` samples per second.
    ///
    /// Second `t` of the file is second `t` of the session: gaps are filled with silence. Arrival stamps go to the events.
    ///
    /// **Errors**: the time or the rate does not fit (the track goes on), or the disk refused (told once, then the track is dropped).
    pub fn audio(
        &mut self,
        track: Track,
        at: Timestamp,
        rate: u32,
        samples: &[f32],
    ) -> Result<(), RecordError> {
        let index = match self.tracks.iter().position(|open| open.track == track) {
            Some(index) => index,
            None => {
                let (file, refused) = match self.open_track(track, rate) {
                    Ok(file) => (file, None),
                    Err(error) => (AudioTrack::stopped(track.path(), rate), Some(error)),
                };
                self.tracks.push(OpenTrack { track, file, stamps: Vec::with_capacity(STAMPS_PER_EVENT) });
                if let Some(error) = refused {
                    return Err(error);
                }
                self.tracks.len() - 1
            }
        };
        let open = &mut self.tracks[index];
        if open.file.rate() != rate {
            return Err(RecordError::AudioTime { at_s: at.as_secs(), reason: "another rate than before" });
        }
        if let Some(placed) = open.file.push(at, samples)? {
            open.stamps.push([at.as_nanos(), placed.first_sample as i64, placed.samples as i64]);
            if open.stamps.len() >= STAMPS_PER_EVENT {
                self.flush_stamps(index, at)?;
            }
        }
        Ok(())
    }

    fn open_track(&self, track: Track, rate: u32) -> Result<AudioTrack, RecordError> {
        fs::create_dir_all(self.dir.join("audio")).map_err(RecordError::io("audio"))?;
        AudioTrack::create(&self.dir.join(track.path()), track.path(), rate)
    }

    fn flush_stamps(&mut self, index: usize, at: Timestamp) -> Result<(), RecordError> {
        let open = &mut self.tracks[index];
        let body = serde_json::json!({"file": open.track.path(), "rate_hz": open.file.rate(), "stamps": open.stamps});
        open.stamps.clear();
        self.append(at, "audio_stamps", &body)
    }

    /// Adds a file. Names are relative, with `/`; a file that is there is never overwritten.
    ///
    /// **Errors**: the name is none, the file exists, or the disk refused; a half-written file is removed.
    pub fn write_file(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        add_file(&self.dir, name, bytes)
    }

    /// Writes `transcript.json` and `transcript.vtt`.
    ///
    /// **Errors**: as [`Self::write_file`].
    pub fn write_transcript(&self, transcript: &Transcript) -> Result<(), RecordError> {
        add_json(&self.dir, TRANSCRIPT_FILE, transcript)?;
        self.write_file("transcript.vtt", vtt::write(&vtt::cues(transcript)).as_bytes())
    }

    /// Writes `timing.json`.
    ///
    /// **Errors**: as [`Self::write_file`].
    pub fn write_timing(&self, timing: &TimingReport) -> Result<(), RecordError> {
        add_json(&self.dir, "timing.json", timing)
    }

    /// Writes `floor.json`.
    ///
    /// **Errors**: as [`Self::write_file`].
    pub fn write_floor(&self, floor: &FloorMarks) -> Result<(), RecordError> {
        add_json(&self.dir, "floor.json", floor)
    }

    /// Writes `scores.json`.
    ///
    /// **Errors**: as [`Self::write_file`].
    pub fn write_scores(&self, scores: &ScoreSheet) -> Result<(), RecordError> {
        add_json(&self.dir, SCORES_FILE, scores)
    }

    /// Closes sound and events and waits until they are on the disk. The bundle is whole but not sealed.
    ///
    /// **Errors**: the disk refused.
    pub fn finish(mut self, at: Timestamp) -> Result<Finished, RecordError> {
        self.reserve.release();
        for index in 0..self.tracks.len() {
            self.flush_stamps(index, at)?;
        }
        for open in self.tracks.drain(..) {
            open.file.finish()?;
        }
        let finished = Finished { events: self.log.lines(), dropped_events: self.log.dropped() };
        self.log.into_sink().sync_all().map_err(RecordError::io(EVENTS_FILE))?;
        Ok(finished)
    }
}

/// Cuts the event that a crash left unfinished, so that the rest can be sealed.
///
/// **Errors**: the whole lines are not a chain, or the folder cannot be read or written.
pub fn recover(dir: &Path) -> Result<Recovered, RecordError> {
    Reserve(Some(dir.join(RESERVE_FILE))).release();
    let path = dir.join(EVENTS_FILE);
    let file = File::open(&path).map_err(RecordError::io(EVENTS_FILE))?;
    let head = read_chain(EVENTS_FILE, BufReader::new(file), GENESIS, |_, _| Ok(()))?;
    if head.torn_bytes > 0 {
        let file = fs::OpenOptions::new().write(true).open(&path).map_err(RecordError::io(EVENTS_FILE))?;
        file.set_len(head.whole_bytes)
            .and_then(|()| file.sync_all())
            .map_err(RecordError::io(EVENTS_FILE))?;
    }
    Ok(Recovered { events: head.lines, torn_bytes: head.torn_bytes })
}

pub(crate) fn add_json<T: Serialize>(dir: &Path, name: &str, value: &T) -> Result<(), RecordError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(RecordError::json(name))?;
    bytes.push(b'\n');
    add_file(dir, name, &bytes)
}

/// Adds a file to a bundle that is no longer open, for example a credential before [`append_seal`](crate::append_seal); what is there is
/// never overwritten.
///
/// **Errors**: the name is none, the file exists, or the disk refused; a half-written file is removed.
pub fn add_file(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
    if !plain_path(name) {
        return Err(RecordError::BadName(name.to_owned()));
    }
    let path = dir.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(RecordError::io(name))?;
    }
    let mut file = match File::create_new(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(RecordError::Exists(name.to_owned()));
        }
        other => other.map_err(RecordError::io(name))?,
    };
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| {
        // Half a file would be sealed as if it were whole; if it cannot be removed either, the first error says why.
        drop(fs::remove_file(&path));
        RecordError::Io { path: name.to_owned(), source }
    })
}
