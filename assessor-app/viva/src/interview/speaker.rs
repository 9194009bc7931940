//! The assessor's voice on the loudspeaker: what is being said, and what has been heard of it.

use viva_exchange::{HeardUntil, Speaker as Who, Turn, TurnId, Utterance, Word};
use viva_media::{AudioBlock, TimeSpan, Timestamp, VisemeTrack};
use viva_speech::{Playback, Spoken, SpokenWord};

/// One utterance on the loudspeaker at a time.
#[derive(Default)]
pub(crate) struct Speaker {
    current: Option<Current>,
}

struct Current {
    utterance: Utterance,
    words: Vec<SpokenWord>,
    start: Timestamp,
    playback: Playback,
    stopped: Option<Timestamp>,
}

/// An utterance that has left the loudspeaker, whole or cut.
pub(crate) struct Done {
    pub(crate) utterance: Utterance,
    pub(crate) heard: HeardUntil,
    pub(crate) words: Vec<Word>,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Done {
    /// As a turn of the transcript: only what was heard. `None` where that was no word.
    pub(crate) fn turn(&self, id: TurnId) -> Option<Turn> {
        let speaker =
            if self.utterance.speaker == Who::Candidate { Who::Examiner } else { self.utterance.speaker };
        (!self.words.is_empty()).then(|| Turn {
            id,
            speaker,
            start: self.start,
            end: self.end,
            words: self.words.clone(),
        })
    }
}

impl Speaker {
    /// Starts an utterance at `start`; answers with its visemes on the session's clock.
    pub(crate) fn start(&mut self, utterance: Utterance, spoken: Spoken, start: Timestamp) -> VisemeTrack {
        let visemes = spoken.visemes.shifted(start - Timestamp::ZERO);
        let words = spoken.words.clone();
        let playback = Playback::new(spoken, start);
        self.current = Some(Current { utterance, words, start, playback, stopped: None });
        visemes
    }

    /// The utterance on the loudspeaker.
    pub(crate) fn utterance(&self) -> Option<&Utterance> {
        self.current.as_ref().map(|current| &current.utterance)
    }

    /// The block that leaves the loudspeaker from `start` on; `None` while nothing is said.
    pub(crate) fn block(&mut self, start: Timestamp) -> Option<AudioBlock> {
        self.current.as_mut()?.playback.next_block(start)
    }

    /// Bytes of the running utterance's text up to the word that sounds at `now`.
    pub(crate) fn said(&self, now: Timestamp) -> usize {
        let Some(current) = &self.current else { return 0 };
        let begun = current.words.iter().take_while(|word| current.start + word.start <= now);
        begun.last().map_or(0, |word| word.text_range.start)
    }

    /// Fades out: a barge-in. Only what was heard until `heard` counts as said.
    pub(crate) fn stop(&mut self, now: Timestamp, heard: Timestamp) {
        if let Some(current) = &mut self.current
            && current.stopped.is_none()
        {
            current.playback.stop(now);
            current.stopped = Some(heard);
        }
    }

    /// The utterance that ended by `now`, once.
    pub(crate) fn poll_done(&mut self, now: Timestamp) -> Option<Done> {
        if !self.current.as_ref()?.playback.is_finished() {
            return None;
        }
        let current = self.current.take()?;
        let end = current.stopped.unwrap_or(now);
        let offset = |span: TimeSpan| current.start + span;
        let heard: Vec<&SpokenWord> = current.words.iter().filter(|word| offset(word.end) <= end).collect();
        let text = &current.utterance.text;
        let words = heard
            .iter()
            .map(|word| Word {
                text: text.get(word.text_range.clone()).unwrap_or_default().trim().to_owned(),
                start: offset(word.start),
                end: offset(word.end),
                confidence: 1.0,
            })
            .filter(|word| !word.text.is_empty())
            .collect();
        let text_bytes = heard.last().map_or(0, |word| word.text_range.end);
        let heard = HeardUntil { utterance: current.utterance.id, at: end, text_bytes, finished: true };
        Some(Done { heard, words, start: current.start, end, utterance: current.utterance })
    }
}
