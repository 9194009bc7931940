//! What is handed in of a recorded session.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use viva_behaviour::{Event, Profile};
use viva_exchange::{Turn, TurnEvent};
use viva_media::Timestamp;

/// Events of the face that may wait for the studio; the replay waits when they are as many.
const DEPTH: usize = 4096;

/// A recorded session, as its record says. Whoever hands it in has checked the record, or says in `fault` what is wrong with it.
pub struct Recording {
    /// Where it lies.
    pub name: String,
    /// The exam and who was asked.
    pub title: String,
    /// Of the assessor's behaviour.
    pub seed: u64,
    /// How the assessor's face behaved: as the exam's package says, else as examiners usually do.
    pub profile: Profile,
    /// Its last moment.
    pub end: Timestamp,
    /// Who said what, in order of time.
    pub turns: Vec<Turn>,
    /// Decisions about the floor, in order of time.
    pub floor: Vec<TurnEvent>,
    /// SHA-256 of the poses of each second as the record keeps them, hexadecimal.
    pub digests: Vec<String>,
    /// Lines of the session's meter.
    pub meter: Vec<String>,
    /// The film with both faces side by side.
    pub film: Option<PathBuf>,
    /// What was said, as tracks that are heard together: WAV, mono, 16 kHz, 16 bits, from the session's begin on.
    pub sound: Vec<PathBuf>,
    /// Why the record is not to be trusted.
    pub fault: Option<String>,
    /// What is missing, and why.
    pub remarks: Vec<String>,
    /// Runs the session again and tells what the face was told; without it there is no face.
    pub face: Option<Replay>,
}

/// Runs a session again, on a thread of its own; says at the end what came of it.
pub type Replay = Box<dyn FnOnce(&Feed) -> Result<String, String> + Send>;

/// Opens a session by the folder of its record; errors in words.
pub type Sessions = Box<dyn FnMut(&std::path::Path) -> Result<Recording, String>>;

/// From the replay to the studio. Waits while the studio is far behind; never, once the studio has gone.
#[derive(Clone, Debug)]
pub struct Feed {
    told: SyncSender<Told>,
    is_wanted: Arc<AtomicBool>,
}

/// What comes of a replay.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Event(Timestamp, Event),
    /// All events up to here have been told.
    Until(Timestamp),
    /// It is over.
    End(Result<String, String>),
}

impl Feed {
    pub(crate) fn new() -> (Self, Receiver<Told>, Arc<AtomicBool>) {
        let (told, inbox) = sync_channel(DEPTH);
        let is_wanted = Arc::new(AtomicBool::new(true));
        (Self { told, is_wanted: Arc::clone(&is_wanted) }, inbox, is_wanted)
    }

    /// The face is told this.
    pub fn event(&self, at: Timestamp, event: &Event) {
        self.send(Told::Event(at, event.clone()));
    }

    /// All that the face was told up to `at` has been said.
    pub fn until(&self, at: Timestamp) {
        self.send(Told::Until(at));
    }

    /// False when nobody looks any more: the replay may stop.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    pub(crate) fn end(&self, outcome: Result<String, String>) {
        self.send(Told::End(outcome));
    }

    fn send(&self, told: Told) {
        // A studio that has gone asks for nothing.
        self.told.send(told).ok();
    }
}

#[cfg(test)]
impl Recording {
    /// One in which nothing happens.
    pub(crate) fn of_nine_seconds() -> Self {
        Self {
            name: "out/x".into(),
            title: "an exam".into(),
            seed: 3,
            profile: Profile::examiner(),
            end: Timestamp::from_millis(9000),
            turns: vec![],
            floor: vec![],
            digests: vec![],
            meter: vec![],
            film: None,
            sound: vec![],
            fault: None,
            remarks: vec![],
            face: None,
        }
    }
}
