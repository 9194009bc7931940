//! What the window shows: the newest pose and the words that belong to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use viva_exchange::Speaker as Who;
use viva_media::{FacePose, Timestamp, queue};

use super::caption::Caption;

/// One instant of the assessor.
#[derive(Clone, Debug)]
pub(crate) struct Shot {
    pub(crate) pose: FacePose,
    pub(crate) role: Who,
    pub(crate) caption: Caption,
}

/// The session's end: writing overwrites what was not shown. Dropping it closes the window.
pub(crate) struct View {
    shots: triple_buffer::Input<Shot>,
    is_over: Arc<AtomicBool>,
}

/// The window's end.
pub(crate) struct Seat {
    shots: triple_buffer::Output<Shot>,
    is_over: Arc<AtomicBool>,
}

/// Both ends.
pub(crate) fn view() -> (View, Seat) {
    let caption = Caption { who: "", text: "The session is being set up.".to_owned(), said: 0 };
    let first = Shot { pose: FacePose::neutral(Timestamp::ZERO), role: Who::Examiner, caption };
    let (input, output) = queue::latest(&first);
    let is_over = Arc::new(AtomicBool::new(false));
    (View { shots: input, is_over: Arc::clone(&is_over) }, Seat { shots: output, is_over })
}

impl View {
    pub(crate) fn show(&mut self, shot: Shot) {
        self.shots.write(shot);
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl Seat {
    /// True once for each new shot.
    pub(crate) fn is_new(&mut self) -> bool {
        self.shots.update()
    }

    pub(crate) fn shot(&self) -> &Shot {
        self.shots.peek_output_buffer()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}
