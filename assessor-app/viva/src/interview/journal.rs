//! What the session leaves behind: events, turns, timing, floor marks and, with consent, sound.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use viva_exchange::{TimingEvent, Transcript, Turn, TurnEvent, TurnId};
use viva_media::{AudioBlock, SAMPLE_RATE, Timestamp};
use viva_record::wire::{FloorMarks, SessionHeader, TimingReport};
use viva_record::{BundleWriter, RecordError, Track};

use super::work::Worded;

/// Sound kept before the candidate has answered the question of consent, in blocks of both voices: ten minutes at most, about 75 MB.
const MOST_BLOCKS_BEFORE_CONSENT: usize = 60_000;

/// Kind of the event of a block whose sound was lost.
pub(crate) const GAP: &str = "gap";

/// Whether sound and pictures may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// The candidate has not been asked yet: sound waits in memory.
    Undecided,
    /// Kept.
    Kept,
    /// Not kept, and what waited is forgotten.
    Refused,
}

/// What a language model contributed to a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Wordings {
    /// Follow-ups and lines that it was asked to word.
    pub(crate) asked: u32,
    /// Those that it gave no words for; the exam's own were said.
    pub(crate) failed: u32,
    /// Why, the last time.
    pub(crate) last_failure: Option<String>,
}

/// The record while it is written.
pub(crate) struct Journal {
    bundle: BundleWriter,
    transcript: Transcript,
    timing: TimingReport,
    floor: FloorMarks,
    media: Media,
    waiting: Vec<(Track, AudioBlock)>,
    wordings: Wordings,
    /// The first refusal of the disk; told at the end, so that the interview is not torn.
    pub(crate) failure: Option<String>,
}

impl Journal {
    pub(crate) fn create(dir: &std::path::Path, header: &SessionHeader, media: Media) -> Result<Self> {
        Ok(Self {
            bundle: BundleWriter::create(dir, header)?,
            transcript: Transcript::default(),
            timing: TimingReport::default(),
            floor: FloorMarks::default(),
            media,
            waiting: Vec::new(),
            wordings: Wordings::default(),
            failure: None,
        })
    }

    pub(crate) fn bundle(&self) -> &BundleWriter {
        &self.bundle
    }

    pub(crate) fn media(&self) -> Media {
        self.media
    }

    pub(crate) fn next_turn(&self) -> TurnId {
        TurnId(self.transcript.turns.len() as u32)
    }

    pub(crate) fn event(&mut self, at: Timestamp, kind: &str, body: impl Serialize) {
        let result = self.bundle.append(at, kind, body);
        self.note(result);
    }

    pub(crate) fn turn(&mut self, turn: Turn) {
        let result = self.bundle.append_turn(&turn);
        self.note(result);
        self.transcript.turns.push(turn);
    }

    pub(crate) fn timing(&mut self, at: Timestamp, events: &[TimingEvent], sentence: &str) {
        self.event(at, "timing", events);
        self.timing.events.extend_from_slice(events);
        self.timing.sentences.push(sentence.to_owned());
    }

    /// What the language model answered, or why it did not.
    pub(crate) fn wording(&mut self, at: Timestamp, number: u64, request: u32, worded: &Worded) {
        self.event(at, "wording", wording(number, request, worded));
        self.wordings.asked += 1;
        if worded.failure.is_some() {
            self.wordings.failed += 1;
            self.wordings.last_failure.clone_from(&worded.failure);
        }
    }

    /// The same for words that were asked ahead; whether they are used is not known yet.
    pub(crate) fn wording_ahead(&mut self, at: Timestamp, number: u64, request: u32, worded: &Worded) {
        self.event(at, "wording_ahead", wording(number, request, worded));
    }

    pub(crate) fn wordings(&self) -> &Wordings {
        &self.wordings
    }

    pub(crate) fn floor(&mut self, event: &TurnEvent) {
        self.event(event.at, "floor", event);
        self.floor.marks.push(event.clone());
    }

    /// Sound of one block; kept, held back or dropped, as consent stands.
    pub(crate) fn audio(&mut self, track: Track, block: &AudioBlock) {
        match self.media {
            Media::Kept => self.write_audio(track, block),
            Media::Undecided if self.waiting.len() < MOST_BLOCKS_BEFORE_CONSENT => {
                self.waiting.push((track, block.clone()));
            }
            Media::Undecided | Media::Refused => {}
        }
    }

    /// The candidate has answered the question of consent, or the operator keeps no media.
    pub(crate) fn decide_media(&mut self, media: Media) {
        if self.media != Media::Undecided {
            return;
        }
        self.media = media;
        let waiting = std::mem::take(&mut self.waiting);
        if media == Media::Kept {
            for (track, block) in waiting {
                self.write_audio(track, &block);
            }
        }
    }

    /// Writes the files of the words and closes the events.
    pub(crate) fn finish(self, at: Timestamp) -> Result<Transcript> {
        self.bundle.write_transcript(&self.transcript)?;
        self.bundle.write_timing(&self.timing)?;
        self.bundle.write_floor(&self.floor)?;
        self.bundle.finish(at)?;
        Ok(self.transcript)
    }

    fn write_audio(&mut self, track: Track, block: &AudioBlock) {
        let result = self.bundle.audio(track, block.start, SAMPLE_RATE, &block.samples);
        self.note(result);
    }

    fn note(&mut self, result: Result<(), RecordError>) {
        if let Err(error) = result {
            // What follows is the end of the session: it gets the room that was kept for it.
            self.bundle.release_reserve();
            self.failure.get_or_insert_with(|| error.to_string());
        }
    }
}

fn wording(number: u64, request: u32, worded: &Worded) -> serde_json::Value {
    json!({"number": number, "request": request, "text": worded.text, "failure": worded.failure})
}
