//! Where the assessor's voice goes, and up to which moment it was heard.

use std::collections::VecDeque;

use anyhow::Result;
use viva_devices::LoudspeakerSink;
use viva_media::{AudioBlock, BLOCK_SAMPLES, TICK, TimeSpan, Timestamp};

/// What an utterance is to the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saying {
    /// Said while the reply is not known yet.
    Acknowledgement,
    /// Anything else.
    Utterance,
}

/// A loudspeaker on the session's clock.
pub(crate) trait Loudspeaker {
    /// An utterance begins at `start`.
    fn begin(&mut self, samples: &[f32], start: Timestamp, what: Saying) -> Result<()>;

    /// Falls silent; says up to which moment of the utterance it was heard.
    fn cut(&mut self, now: Timestamp) -> Result<Timestamp>;

    /// What the candidate says, for a listener in the room: only where the candidate is simulated.
    fn overhear(&mut self, block: &AudioBlock) -> Result<()>;

    /// Up to which moment of the session sound has left a device; `None` where none is on its way, or there is no device.
    fn sounding(&mut self) -> Option<Timestamp> {
        None
    }
}

/// Sound that goes into the record only, in virtual time: heard as soon as it is said.
pub(crate) struct Silent;

impl Loudspeaker for Silent {
    fn begin(&mut self, _: &[f32], _: Timestamp, _: Saying) -> Result<()> {
        Ok(())
    }

    fn cut(&mut self, now: Timestamp) -> Result<Timestamp> {
        Ok(now)
    }

    fn overhear(&mut self, _: &AudioBlock) -> Result<()> {
        Ok(())
    }
}

/// The cuts of a record, in their order.
pub(crate) struct ReplayedCuts(pub(crate) VecDeque<Timestamp>);

impl Loudspeaker for ReplayedCuts {
    fn begin(&mut self, _: &[f32], _: Timestamp, _: Saying) -> Result<()> {
        Ok(())
    }

    fn cut(&mut self, now: Timestamp) -> Result<Timestamp> {
        Ok(self.0.pop_front().unwrap_or(now))
    }

    fn overhear(&mut self, _: &AudioBlock) -> Result<()> {
        Ok(())
    }
}

/// A loudspeaker in the room.
///
/// An utterance is handed over whole, so that no late tick can tear it; [`LoudspeakerSink::cut`] throws away what has not sounded.
/// The stamps are those of the session, which lie before the device's present: the sound plays at once.
pub(crate) struct Audible {
    assessor: LoudspeakerSink,
    /// What the device has no room for yet: it takes a minute at a time.
    waiting: VecDeque<AudioBlock>,
    /// A second stream for the voice of a simulated candidate.
    candidate: Option<LoudspeakerSink>,
}

impl Audible {
    pub(crate) fn new(assessor: LoudspeakerSink, candidate: Option<LoudspeakerSink>) -> Self {
        Self { assessor, waiting: VecDeque::new(), candidate }
    }

    fn hand_over(&mut self) -> Result<()> {
        while let Some(block) = self.waiting.front() {
            if !self.assessor.push(block)? {
                break;
            }
            self.waiting.pop_front();
        }
        Ok(())
    }
}

impl Loudspeaker for Audible {
    fn begin(&mut self, samples: &[f32], start: Timestamp, _: Saying) -> Result<()> {
        for (index, piece) in samples.chunks(BLOCK_SAMPLES).enumerate() {
            let mut samples = piece.to_vec();
            samples.resize(BLOCK_SAMPLES, 0.0);
            let at = start + TimeSpan::from_nanos(index as i64 * TICK.as_nanos());
            self.waiting.push_back(AudioBlock::new(at, samples));
        }
        self.hand_over()
    }

    fn cut(&mut self, now: Timestamp) -> Result<Timestamp> {
        self.waiting.clear();
        Ok(self.assessor.cut()?.map_or(now, |heard| heard.min(now)))
    }

    fn sounding(&mut self) -> Option<Timestamp> {
        if self.assessor.is_playing() { self.assessor.heard_until() } else { None }
    }

    fn overhear(&mut self, block: &AudioBlock) -> Result<()> {
        /// Ticks are not even; so much later their sound is.
        const LEAD: TimeSpan = TimeSpan::from_millis(120);
        self.hand_over()?;
        if let Some(candidate) = &mut self.candidate {
            let later = AudioBlock { start: block.start + LEAD, ..block.clone() };
            candidate.push(&later)?;
        }
        Ok(())
    }
}
