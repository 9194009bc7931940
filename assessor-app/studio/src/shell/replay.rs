//! A session that is run again while its record is looked at, on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use crate::core::recording::{Feed, Replay, Told};
use crate::core::session::Session;

/// So much is taken in with one frame, so that the window goes on: some seconds of a session.
const MOST_PER_FRAME: usize = 600;

/// A replay under way. Dropping it ends it.
pub(super) struct Replaying {
    inbox: Option<Receiver<Told>>,
    is_wanted: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Replaying {
    /// **Errors** in words, where the system gives no thread.
    pub(super) fn start(replay: Replay) -> Result<Self, String> {
        let (feed, inbox, is_wanted) = Feed::new();
        let thread = std::thread::Builder::new()
            .name("replay".into())
            .spawn(move || {
                let outcome = replay(&feed);
                feed.end(outcome);
            })
            .map_err(|error| format!("no thread for the replay: {error}"))?;
        Ok(Self { inbox: Some(inbox), is_wanted, thread: Some(thread) })
    }

    /// Takes in what has come.
    pub(super) fn hear(&mut self, session: &mut Session) {
        let Some(inbox) = &self.inbox else { return };
        for told in inbox.try_iter().take(MOST_PER_FRAME) {
            session.hear(told);
        }
        let has_ended = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
        if has_ended && matches!(session.replaying, crate::core::session::Replaying::Runs) {
            // What was said before the end comes first; an end without a word is a panic.
            let rest: Vec<Told> = inbox.try_iter().take(MOST_PER_FRAME).collect();
            let is_empty = rest.is_empty();
            rest.into_iter().for_each(|told| session.hear(told));
            if is_empty {
                session.hear(Told::End(Err("the replay broke off".into())));
            }
        }
    }
}

impl Drop for Replaying {
    fn drop(&mut self) {
        self.is_wanted.store(false, Ordering::Relaxed);
        // Without an inbox nothing that it says makes it wait.
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::recording::Recording;
    use crate::core::session::Replaying as State;
    use viva_behaviour::{Event, Profile};
    use viva_media::Timestamp;

    fn session() -> Session {
        let recording = Recording { seed: 1, ..Recording::of_nine_seconds() };
        Session::new(recording, [Profile::examiner(); 2], true)
    }

    fn hear_to_the_end(mut replaying: Replaying) -> Session {
        let mut session = session();
        while session.replaying == State::Runs {
            replaying.hear(&mut session);
            std::thread::yield_now();
        }
        session
    }

    #[test]
    fn what_the_replay_tells_comes_in_order_and_with_its_outcome() {
        let replay: Replay = Box::new(|feed| {
            for tick in 1..=450 {
                let at = Timestamp::from_millis(tick * 20);
                for _ in 0..20 {
                    feed.event(at, &Event::Backchannel);
                }
                feed.until(at);
            }
            Ok("equal".into())
        });
        let session = hear_to_the_end(Replaying::start(replay).expect("a thread"));
        assert_eq!(session.cues().len(), 9000);
        assert_eq!(session.told_until(), Timestamp::from_millis(9000));
        assert_eq!(session.replaying, State::Done("equal".into()));
    }

    #[test]
    fn a_replay_that_fails_or_panics_is_told() {
        let failed =
            hear_to_the_end(Replaying::start(Box::new(|_| Err("no models".into()))).expect("a thread"));
        assert_eq!(failed.replaying, State::Failed("no models".into()));
        let broken = hear_to_the_end(Replaying::start(Box::new(|_| panic!("a test"))).expect("a thread"));
        assert!(matches!(broken.replaying, State::Failed(_)));
    }

    #[test]
    fn a_replay_that_nobody_wants_ends() {
        let replay: Replay = Box::new(|feed| {
            while feed.is_wanted() {
                feed.event(Timestamp::ZERO, &Event::Thinking);
            }
            Ok(String::new())
        });
        drop(Replaying::start(replay).expect("a thread"));
    }
}
