//! What the window shows: the newest pose and the words that belong to it; and back, how long its picture took.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use viva_exchange::Speaker as Who;
use viva_media::{FacePose, TimeSpan, Timestamp, queue};

use super::caption::Caption;
use super::work::stopwatch;

/// Cues whose picture may be under way, and measurements that may wait for the session; what comes beyond is not measured.
const UNDER_WAY: usize = 256;

/// The names under which the meter reports.
const CUE_TO_PHOTON: &str =
    "cue to photon: the sound of an event captured -> the window's first picture that carries it, drawn";
const STATE_TO_PIXELS: &str = "state to pixels: pose of a tick -> its picture on the window, drawn";

/// One instant of the assessor.
#[derive(Clone, Debug)]
pub(crate) struct Shot {
    pub(crate) pose: FacePose,
    pub(crate) role: Who,
    pub(crate) caption: Caption,
}

/// A shot with its number and when its pose was there.
#[derive(Clone, Debug)]
struct Stamped {
    shot: Shot,
    number: u64,
    posed: Option<Instant>,
}

/// A cue, which the shot of this number carries, and the moment at which it was captured.
type CueStamp = (u64, Instant);
/// How long something took.
pub(crate) type Measured = (&'static str, TimeSpan);

/// The session's end: writing overwrites what was not shown. Dropping it closes the window.
pub(crate) struct View {
    shots: triple_buffer::Input<Stamped>,
    number: u64,
    cues: SyncSender<CueStamp>,
    measured: Receiver<Measured>,
    is_over: Arc<AtomicBool>,
}

/// The window's end.
pub(crate) struct Seat {
    shots: triple_buffer::Output<Stamped>,
    cues: Receiver<CueStamp>,
    /// Cues that no picture has shown yet.
    waiting: VecDeque<CueStamp>,
    measured: SyncSender<Measured>,
    is_over: Arc<AtomicBool>,
}

/// Both ends.
pub(crate) fn view() -> (View, Seat) {
    let caption = Caption { who: "", text: "The session is being set up.".to_owned(), said: 0 };
    let shot = Shot { pose: FacePose::neutral(Timestamp::ZERO), role: Who::Examiner, caption };
    let (input, output) = queue::latest(&Stamped { shot, number: 0, posed: None });
    let is_over = Arc::new(AtomicBool::new(false));
    let (cues, of_cues) = sync_channel(UNDER_WAY);
    let (measured, of_measured) = sync_channel(UNDER_WAY);
    let view = View { shots: input, number: 0, cues, measured: of_measured, is_over: Arc::clone(&is_over) };
    (view, Seat { shots: output, cues: of_cues, waiting: VecDeque::new(), measured, is_over })
}

impl View {
    /// `cue_age` is how long ago the sound was captured of the oldest event that this shot is the first to carry.
    pub(crate) fn show(&mut self, shot: Shot, cue_age: Option<TimeSpan>) {
        self.number += 1;
        let now = stopwatch();
        let captured = cue_age
            .and_then(|age| u64::try_from(age.as_nanos()).ok())
            .and_then(|nanos| now.checked_sub(std::time::Duration::from_nanos(nanos)));
        if let Some(captured) = captured {
            self.cues.try_send((self.number, captured)).ok();
        }
        self.shots.write(Stamped { shot, number: self.number, posed: Some(now) });
    }

    /// What the window has measured since the last call.
    pub(crate) fn measured(&self) -> impl Iterator<Item = Measured> {
        self.measured.try_iter()
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
        &self.shots.peek_output_buffer().shot
    }

    /// The shot was handed to the device; what is returned is to be called when it is drawn.
    pub(crate) fn drawing(&mut self) -> impl FnOnce() + Send + 'static {
        let shown = self.shots.peek_output_buffer();
        self.waiting.extend(self.cues.try_iter());
        let carried = self.waiting.iter().take_while(|(number, _)| *number <= shown.number).count();
        let cues: Vec<CueStamp> = self.waiting.drain(..carried).collect();
        let (posed, measured) = (shown.posed, self.measured.clone());
        move || {
            let cues = cues.into_iter().map(|(_, captured)| (CUE_TO_PHOTON, captured));
            for (name, since) in posed.map(|posed| (STATE_TO_PIXELS, posed)).into_iter().chain(cues) {
                measured.try_send((name, TimeSpan::from_secs(since.elapsed().as_secs_f64()))).ok();
            }
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shot() -> Shot {
        Shot { pose: FacePose::neutral(Timestamp::ZERO), role: Who::Examiner, caption: Caption::default() }
    }

    #[test]
    fn a_cue_is_measured_with_the_first_picture_that_carries_it_even_where_its_own_shot_was_not_drawn() {
        let (mut view, mut seat) = view();
        let age = TimeSpan::from_millis(30);
        view.show(shot(), Some(age));
        view.show(shot(), None);
        assert!(seat.is_new());
        seat.drawing()();
        let measured: Vec<Measured> = view.measured().collect();
        let names: Vec<_> = measured.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            [STATE_TO_PIXELS, CUE_TO_PHOTON],
            "the cue of the shot that was overwritten counts"
        );
        assert!(measured[1].1 >= age, "from when the sound was captured: {:?}", measured[1].1);
        view.show(shot(), None);
        assert!(seat.is_new());
        seat.drawing()();
        assert_eq!(view.measured().count(), 1, "a cue is measured once");
    }

    #[test]
    fn the_first_shot_is_of_no_tick_and_not_measured() {
        let (view, mut seat) = view();
        seat.drawing()();
        assert_eq!(view.measured().count(), 0);
    }
}
