//! Where the decoding threads hand sound and pictures to the reader: bounded, ordered by stamp, never hanging.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use viva_media::{AudioBlock, TimeSpan, Timestamp, VideoFrame};

use crate::file_source::Media;

/// Two seconds of sound may wait, normally.
const AUDIO_DEPTH: usize = 100;
/// And this much, ten minutes, while the other stream has not come up with its next picture.
const AUDIO_DEPTH_STARVED: usize = 30_000;
/// So many pictures may wait, normally.
const VIDEO_DEPTH: usize = 8;
/// And this many bytes of pictures while sound is late.
const VIDEO_BYTES_STARVED: usize = 256 << 20;

/// What a reader gets from [`HandOver::next`].
#[derive(Debug)]
pub(crate) enum Next {
    Media(Media),
    Ended,
    Stalled,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stream {
    #[default]
    Absent,
    Open,
    Ended,
}

/// The shared state; every change wakes whoever waits.
#[derive(Debug, Default)]
pub(crate) struct HandOver {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    audio: VecDeque<AudioBlock>,
    video: VecDeque<VideoFrame>,
    audio_stream: Stream,
    video_stream: Stream,
    /// All streams of the file are known.
    all_known: bool,
    /// The reader is gone.
    closed: bool,
    failure: Option<Failure>,
    read_until: Timestamp,
    padding: usize,
    progress: u64,
}

/// The first thing that went wrong in the pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) detail: String,
    /// A media type for which no decoder is installed.
    pub(crate) no_decoder_for: Option<String>,
}

impl State {
    fn audio_may_enter(&self) -> bool {
        let starved = self.video_stream == Stream::Open && self.video.is_empty();
        self.closed || self.audio.len() < if starved { AUDIO_DEPTH_STARVED } else { AUDIO_DEPTH }
    }

    fn video_may_enter(&self) -> bool {
        let starved = self.audio_stream == Stream::Open && self.audio.is_empty();
        self.closed || self.video.len() < if starved { self.video_depth_starved() } else { VIDEO_DEPTH }
    }

    fn video_depth_starved(&self) -> usize {
        let frame = self.video.front().map_or(1, |frame| frame.rgb.len().max(1));
        (VIDEO_BYTES_STARVED / frame).max(2 * VIDEO_DEPTH)
    }

    /// The next in order of stamps, or `None` while that cannot be known.
    fn pop(&mut self) -> Option<Media> {
        let audio_first = match (self.audio.front(), self.video.front()) {
            (None, None) => return None,
            (Some(block), Some(frame)) => block.start <= frame.captured,
            (Some(_), None) => {
                if self.video_stream == Stream::Open && self.audio.len() < AUDIO_DEPTH_STARVED {
                    return None;
                }
                true
            }
            (None, Some(_)) => {
                if self.audio_stream == Stream::Open && self.video.len() < self.video_depth_starved() {
                    return None;
                }
                false
            }
        };
        if audio_first {
            self.audio.pop_front().map(Media::Audio)
        } else {
            self.video.pop_front().map(Media::Video)
        }
    }

    fn is_ended(&self) -> bool {
        self.all_known && self.audio_stream != Stream::Open && self.video_stream != Stream::Open
    }
}

impl HandOver {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.progress += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Waits for room, then takes the block; false when the reader is gone.
    pub(crate) fn push_audio(&self, block: AudioBlock) -> bool {
        let state = self.lock();
        let mut state = self
            .changed
            .wait_while(state, |state| !state.audio_may_enter())
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return false;
        }
        state.read_until = state.read_until.max(block.end());
        state.audio.push_back(block);
        state.progress += 1;
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Waits for room, then takes the frame; false when the reader is gone.
    pub(crate) fn push_video(&self, frame: VideoFrame) -> bool {
        let state = self.lock();
        let mut state = self
            .changed
            .wait_while(state, |state| !state.video_may_enter())
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return false;
        }
        state.read_until = state.read_until.max(frame.captured);
        state.video.push_back(frame);
        state.progress += 1;
        drop(state);
        self.changed.notify_all();
        true
    }

    pub(crate) fn audio_opens(&self) {
        self.change(|state| state.audio_stream = Stream::Open);
    }

    pub(crate) fn video_opens(&self) {
        self.change(|state| state.video_stream = Stream::Open);
    }

    pub(crate) fn audio_ends(&self, padding: usize) {
        self.change(|state| {
            state.audio_stream = Stream::Ended;
            state.padding = padding;
        });
    }

    pub(crate) fn video_ends(&self) {
        self.change(|state| state.video_stream = Stream::Ended);
    }

    pub(crate) fn all_streams_known(&self) {
        self.change(|state| state.all_known = true);
    }

    /// The pipeline is at its end: what is open ends now.
    pub(crate) fn end_all(&self) {
        self.change(|state| {
            state.all_known = true;
            for stream in [&mut state.audio_stream, &mut state.video_stream] {
                if *stream == Stream::Open {
                    *stream = Stream::Ended;
                }
            }
        });
    }

    /// Keeps the first failure and ends all streams; what was decoded before it can still be read.
    pub(crate) fn fail(&self, failure: Failure) {
        {
            let mut state = self.lock();
            if state
                .failure
                .as_ref()
                .is_none_or(|known| known.no_decoder_for.is_none() && failure.no_decoder_for.is_some())
            {
                state.failure = Some(failure);
            }
        }
        self.end_all();
    }

    /// The reader goes: whoever waits to push goes on at once.
    pub(crate) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Waits until all streams are known; false where nothing moved for `patience`.
    pub(crate) fn wait_until_known(&self, patience: TimeSpan) -> bool {
        self.wait(patience, |state| state.all_known.then_some(())).is_some()
    }

    /// The next media in order of stamps.
    pub(crate) fn next(&self, patience: TimeSpan) -> Next {
        let next = self.wait(patience, |state| match state.pop() {
            Some(media) => Some(Next::Media(media)),
            None if state.is_ended() => Some(Next::Ended),
            None => None,
        });
        self.changed.notify_all();
        next.unwrap_or(Next::Stalled)
    }

    /// Whether there is sound, whether there are pictures.
    pub(crate) fn streams(&self) -> (bool, bool) {
        let state = self.lock();
        (state.audio_stream != Stream::Absent, state.video_stream != Stream::Absent)
    }

    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.lock().failure.take()
    }

    pub(crate) fn read_until(&self) -> Timestamp {
        self.lock().read_until
    }

    pub(crate) fn padding(&self) -> usize {
        self.lock().padding
    }

    /// Asks `answer` after each change; `None` after `patience` without any change.
    fn wait<T>(&self, patience: TimeSpan, mut answer: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let patience = Duration::from_nanos(u64::try_from(patience.as_nanos()).unwrap_or(0));
        let mut state = self.lock();
        loop {
            if let Some(found) = answer(&mut state) {
                return Some(found);
            }
            let before = state.progress;
            let (next, waited) = self
                .changed
                .wait_timeout_while(state, patience, |state| state.progress == before)
                .unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return None;
            }
            state = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ms: i64) -> VideoFrame {
        VideoFrame::new(Timestamp::from_millis(ms), 1, 1, vec![0; 3]).expect("three bytes are one pixel")
    }

    #[test]
    fn media_comes_in_order_of_stamps_and_waits_for_the_other_stream() {
        let hand_over = HandOver::default();
        hand_over.audio_opens();
        hand_over.video_opens();
        hand_over.all_streams_known();
        hand_over.push_video(frame(10));
        assert!(
            matches!(hand_over.next(TimeSpan::from_millis(1)), Next::Stalled),
            "sound may still come before"
        );
        hand_over.push_audio(AudioBlock::silence(Timestamp::ZERO));
        assert!(matches!(hand_over.next(TimeSpan::ZERO), Next::Media(Media::Audio(_))));
        hand_over.audio_ends(0);
        assert!(matches!(hand_over.next(TimeSpan::ZERO), Next::Media(Media::Video(_))));
        hand_over.video_ends();
        assert!(matches!(hand_over.next(TimeSpan::ZERO), Next::Ended));
    }

    #[test]
    fn what_was_read_before_a_failure_is_kept() {
        let hand_over = HandOver::default();
        hand_over.audio_opens();
        hand_over.push_audio(AudioBlock::silence(Timestamp::ZERO));
        hand_over.fail(Failure { detail: "broken".to_owned(), no_decoder_for: None });
        assert!(matches!(hand_over.next(TimeSpan::ZERO), Next::Media(_)));
        assert!(matches!(hand_over.next(TimeSpan::ZERO), Next::Ended));
        assert_eq!(hand_over.take_failure().map(|failure| failure.detail), Some("broken".to_owned()));
    }
}
