//! Who answers: a simulated candidate, a recording, or a person (in `live.rs`). Each gives 20 ms of sound per tick and, where it has one, a picture.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use anyhow::{Context as _, Result};
use viva_assessment::{Asked, SimulatedCandidate};
use viva_behaviour::{Behaviour, Event};
use viva_devices::{FileSource, Media};
use viva_exchange::Affect;
use viva_media::{AudioBlock, FacePose, TICK, TimeSpan, Timestamp, VideoFrame};
use viva_speech::{Playback, Synthesiser, VoiceProfile};

/// The level of 16-bit samples that stands for 1.
const FULL_SCALE: f32 = 32_767.0;

/// What the camera shows.
pub(crate) enum Picture {
    /// Nothing.
    None,
    /// A face to be drawn.
    Pose(Box<FacePose>),
    /// A picture.
    Frame(VideoFrame),
}

/// Somebody at the microphone.
pub(crate) trait Candidate {
    /// The 20 ms from `start` on; `None` at the end of a recording.
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>>;

    /// The newest picture at `at`.
    fn picture(&mut self, at: Timestamp) -> Picture;

    /// The assessor has begun to say this; it will last for `length`.
    fn hears(&mut self, now: Timestamp, length: TimeSpan, asked: &Asked<'_>) -> Result<()>;

    /// The assessor has ended, or was cut.
    fn heard(&mut self, now: Timestamp, awaits_answer: bool);

    /// How long ago the end of the tick at `now` was captured, where the candidate sits at a device.
    fn lateness(&self, _now: Timestamp) -> Option<TimeSpan> {
        None
    }

    /// Name of the look, where a face is drawn.
    fn look(&self) -> Option<&str> {
        None
    }
}

/// A scripted candidate with a synthesised voice and a drawn face.
pub(crate) struct Simulated {
    script: SimulatedCandidate,
    synthesiser: Synthesiser,
    voice: VoiceProfile,
    face: Behaviour,
    seed: u64,
    answers: u64,
    reply: Option<(viva_speech::Spoken, TimeSpan)>,
    scheduled: Option<(Timestamp, viva_speech::Spoken)>,
    playback: Option<Playback>,
}

impl Simulated {
    pub(crate) fn new(script: SimulatedCandidate, synthesiser: Synthesiser, seed: u64) -> Result<Self> {
        let name = &script.script().voice;
        let voice = VoiceProfile::built_in(name).with_context(|| {
            format!("the candidate's voice {name:?} is none of {:?}", VoiceProfile::NAMES)
        })?;
        let face = Behaviour::new(viva_behaviour::Profile::candidate(), seed);
        Ok(Self {
            script,
            synthesiser,
            voice,
            face,
            seed,
            answers: 0,
            reply: None,
            scheduled: None,
            playback: None,
        })
    }
}

impl Candidate for Simulated {
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>> {
        if let Some((at, spoken)) = self.scheduled.take() {
            if at <= start && self.playback.is_none() {
                let visemes = spoken.visemes.shifted(start - Timestamp::ZERO);
                let until = visemes.cues.last().map_or(start, |cue| cue.end);
                self.face.push(start, Event::StartSpeaking { visemes, until });
                self.playback = Some(Playback::new(spoken, start));
            } else {
                self.scheduled = Some((at, spoken));
            }
        }
        let block = self.playback.as_mut().and_then(|playback| playback.next_block(start));
        if block.is_none() && self.playback.take().is_some() {
            self.face.push(start, Event::Listening);
        }
        Ok(Some(block.unwrap_or_else(|| room_tone(start))))
    }

    fn picture(&mut self, at: Timestamp) -> Picture {
        Picture::Pose(Box::new(self.face.step(at)))
    }

    fn hears(&mut self, now: Timestamp, length: TimeSpan, asked: &Asked<'_>) -> Result<()> {
        self.reply = None;
        let reply = self.script.answer(asked);
        if reply.text_with_markup.trim().is_empty() {
            return Ok(());
        }
        self.answers += 1;
        let seed = self.seed.wrapping_mul(1000).wrapping_add(self.answers);
        let spoken = self
            .synthesiser
            .speak(&reply.text_with_markup, &self.voice, Affect::Neutral, 0.0, seed)
            .with_context(|| format!("the candidate's line {:?}", reply.text_with_markup))?;
        if reply.barges_in && length > TimeSpan::from_millis(1500) {
            let at = now + TimeSpan::from_secs(0.6 * length.as_secs());
            self.scheduled = Some((at, spoken));
        } else {
            self.reply = Some((spoken, TimeSpan::from_millis(i64::from(reply.delay_ms))));
        }
        Ok(())
    }

    fn heard(&mut self, now: Timestamp, awaits_answer: bool) {
        if let (true, Some((spoken, delay))) = (awaits_answer, self.reply.take()) {
            self.face.push(now, Event::Thinking);
            self.scheduled = Some((now + delay, spoken));
        }
    }

    fn look(&self) -> Option<&str> {
        Some(&self.script.script().look)
    }
}

/// A microphone is never digitally silent: noise at -72 dB, the same on every run.
pub(crate) fn room_tone(start: Timestamp) -> AudioBlock {
    let mut state = (start.as_millis() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let samples = (0..viva_media::BLOCK_SAMPLES)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 40) as f32 / (1 << 24) as f32 - 0.5) * 8.6e-4
        })
        .collect();
    AudioBlock::new(start, samples)
}

/// A recording of a real person: it is heard and seen, and cannot be asked.
pub(crate) struct Recording {
    source: FileSource,
    audio: VecDeque<AudioBlock>,
    video: VecDeque<VideoFrame>,
    shown: Option<VideoFrame>,
    begun: bool,
    ended: bool,
}

/// Pictures that wait for their moment; nobody may ask for them.
const MOST_PICTURES: usize = 16;
/// Silence before a sound track that begins later than its film: a minute at most.
const MOST_LEAD_TICKS: i64 = 3000;

impl Recording {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let source = FileSource::open(path)?.require_audio()?;
        let (audio, video) = (VecDeque::new(), VecDeque::new());
        Ok(Self { source, audio, video, shown: None, begun: false, ended: false })
    }

    pub(crate) fn has_video(&self) -> bool {
        self.source.has_video()
    }

    pub(crate) fn duration(&self) -> Option<TimeSpan> {
        self.source.duration()
    }

    /// Reads on until sound for `start` and a picture beyond it are there, or the file ends.
    fn fill(&mut self, start: Timestamp) -> Result<()> {
        let wanted = start + TICK;
        while !self.ended
            && (self.audio.is_empty()
                || (self.source.has_video()
                    && self.video.back().is_none_or(|frame| frame.captured < wanted)
                    && self.audio.len() < 200))
        {
            match self.source.next()? {
                Some(Media::Audio(block)) => {
                    if !std::mem::replace(&mut self.begun, true) {
                        let lead = (block.start.as_nanos() / TICK.as_nanos()).clamp(0, MOST_LEAD_TICKS);
                        self.audio.extend((0..lead).map(|_| AudioBlock::silence(Timestamp::ZERO)));
                    }
                    self.audio.push_back(block);
                }
                Some(Media::Video(frame)) => {
                    if self.video.len() == MOST_PICTURES {
                        self.video.pop_front();
                    }
                    self.video.push_back(frame);
                }
                None => self.ended = true,
            }
        }
        Ok(())
    }
}

impl Candidate for Recording {
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>> {
        self.fill(start)?;
        Ok(self.audio.pop_front().map(|block| AudioBlock { start, ..block }))
    }

    fn picture(&mut self, at: Timestamp) -> Picture {
        while self.video.front().is_some_and(|frame| frame.captured <= at) {
            self.shown = self.video.pop_front();
        }
        self.shown.clone().map_or(Picture::None, Picture::Frame)
    }

    fn hears(&mut self, _: Timestamp, _: TimeSpan, _: &Asked<'_>) -> Result<()> {
        Ok(())
    }

    fn heard(&mut self, _: Timestamp, _: bool) {}
}

/// The sound of a record, for a replay.
pub(crate) struct Replayed {
    samples: Vec<f32>,
    at: usize,
    /// Where blocks begin whose sound was lost.
    gaps: BTreeSet<Timestamp>,
}

impl Replayed {
    pub(crate) fn open(path: &Path, gaps: BTreeSet<Timestamp>) -> Result<Self> {
        let mut reader =
            hound::WavReader::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let samples = reader
            .samples::<i16>()
            .map(|sample| sample.map(|level| f32::from(level) / FULL_SCALE))
            .collect::<Result<_, _>>()
            .with_context(|| format!("{} is not whole", path.display()))?;
        Ok(Self { samples, at: 0, gaps })
    }
}

impl Candidate for Replayed {
    fn block(&mut self, start: Timestamp) -> Result<Option<AudioBlock>> {
        let block = self.samples.get(self.at..self.at + viva_media::BLOCK_SAMPLES).map(<[f32]>::to_vec);
        self.at += viva_media::BLOCK_SAMPLES;
        let gap = self.gaps.contains(&start);
        Ok(block.map(|samples| AudioBlock { gap, ..AudioBlock::new(start, samples) }))
    }

    fn picture(&mut self, _: Timestamp) -> Picture {
        Picture::None
    }

    fn hears(&mut self, _: Timestamp, _: TimeSpan, _: &Asked<'_>) -> Result<()> {
        Ok(())
    }

    fn heard(&mut self, _: Timestamp, _: bool) {}
}

/// Sound is kept with 16 bits; what the engine hears is what is kept, so that a replay hears the same.
pub(crate) fn quantise(block: &mut AudioBlock) {
    for sample in &mut block.samples {
        let level = (sample.clamp(-1.0, 1.0) * FULL_SCALE).round();
        *sample = if level.is_finite() { level / FULL_SCALE } else { 0.0 };
    }
}
