//! The film of a session, a picture at a time, decoded on a thread of its own.
//!
//! Queue: one wish and two pictures may wait. A wish that finds no room is asked again with the next frame.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use viva_devices::FilmReader;
use viva_media::{Timestamp, VideoFrame};

/// What the thread gives.
type Given = (Timestamp, Result<Option<VideoFrame>, String>);

/// A film that is looked at.
pub(super) struct Film {
    path: PathBuf,
    wishes: SyncSender<Timestamp>,
    pictures: Receiver<Given>,
    /// What was asked last, and of what the picture was got last.
    asked: Option<Timestamp>,
    got: Option<Timestamp>,
    picture: Option<VideoFrame>,
    fault: Option<String>,
}

impl Film {
    /// **Errors** in words, where the system gives no thread; what is wrong with the film is told later.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let (wishes, of_wishes) = sync_channel(1);
        let (give, pictures) = sync_channel(2);
        let file = path.to_owned();
        std::thread::Builder::new()
            .name("film".into())
            .spawn(move || read(&file, &of_wishes, &give))
            .map_err(|error| format!("no thread for the film: {error}"))?;
        let path = path.to_owned();
        Ok(Self { path, wishes, pictures, asked: None, got: None, picture: None, fault: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Wishes for the picture of this time; true where another one has come.
    pub(super) fn look(&mut self, at: Timestamp) -> bool {
        let mut is_new = false;
        for (of, given) in self.pictures.try_iter() {
            self.got = Some(of);
            match given {
                Ok(picture) => {
                    let stamp = |picture: &Option<VideoFrame>| picture.as_ref().map(|frame| frame.captured);
                    is_new |= stamp(&picture) != stamp(&self.picture);
                    self.picture = picture;
                }
                Err(fault) => self.fault = Some(fault),
            }
        }
        if self.asked != Some(at) && self.fault.is_none() {
            match self.wishes.try_send(at) {
                Ok(()) => self.asked = Some(at),
                Err(TrySendError::Full(_)) => {}
                Err(TrySendError::Disconnected(_)) => self.fault = Some("the film's thread has ended".into()),
            }
        }
        is_new
    }

    pub(super) fn picture(&self) -> Option<&VideoFrame> {
        self.picture.as_ref()
    }

    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// True while the picture of the last wish has not come.
    pub(super) fn is_busy(&self, at: Timestamp) -> bool {
        self.fault.is_none() && self.got != Some(at)
    }
}

fn read(path: &Path, wishes: &Receiver<Timestamp>, give: &SyncSender<Given>) {
    let mut film: Option<FilmReader> = None;
    while let Ok(wished) = wishes.recv() {
        // Only the newest wish counts.
        let at = wishes.try_iter().last().unwrap_or(wished);
        let opened = match &mut film {
            Some(film) => Ok(film),
            None => FilmReader::open(path).map(|opened| film.insert(opened)),
        };
        let given = opened.and_then(|film| film.picture_at(at)).map_err(|error| error.to_string());
        if give.send((at, given)).is_err() {
            return;
        }
    }
}
