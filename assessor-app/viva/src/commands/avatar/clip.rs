//! `viva avatar clip`: a recorded answer is heard by the session's own ears and floor, the face listens, then it speaks.
//!
//! Time is virtual, so that the film is the same on every run and no picture is left out; ears, floor, behaviour, voice and lips are
//! those of a session.

use anyhow::{Context as _, Result, ensure};
use viva_behaviour::{Behaviour, BlockKind, Event, Profile};
use viva_devices::{FileConfig, FileSource, Media, MovieConfig, MovieWriter};
use viva_exchange::{Affect, QuestionContext, QuestionKind, TurnEventKind};
use viva_floor::{END_OF_TURN_WINDOW, EndOfTurn, Opinion};
use viva_gpu::Gpu;
use viva_media::{AudioBlock, Decibels, TICK, TimeSpan, Timestamp};
use viva_perception::fusion::OwnSpeech;
use viva_render::Actor;
use viva_runtime::{Mind, MindConfig, TickInput};
use viva_speech::{Playback, Spoken, VoiceProfile};

use super::arguments::ClipArgs;
use crate::commands::{SessionBar, say};
use crate::interview::{Models, head_renderer};

const FRAMES_PER_SEC: i64 = 25;
/// The face is seen attentive before anything is said, between question and answer, and after the last word.
const BEFORE: TimeSpan = TimeSpan::from_millis(800);
const BETWEEN: TimeSpan = TimeSpan::from_millis(900);
const AFTER: TimeSpan = TimeSpan::from_millis(1800);
/// The floor's patience with the answer.
const PATIENCE_MS: u32 = 1200;
/// From the floor's decision to the first sample of the reply: the face looks up and draws breath.
const IN_BREATH: TimeSpan = TimeSpan::from_millis(350);
/// A sound is part of the answer where it is at least this share of the loudest.
const AUDIBLE: f32 = 0.06;
/// After so long a silence the reply is given even where the floor would still wait.
const LONGEST_WAIT: TimeSpan = TimeSpan::from_millis(6000);

pub(super) fn run(args: &ClipArgs) -> Result<()> {
    let (width, height) = (args.size.width, args.size.height);
    ensure!(width % 2 == 0 && height % 2 == 0, "a film has an even width and height, not {width}x{height}");
    ensure!(
        args.out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mp4")),
        "{}: a clip ends in .mp4",
        args.out.display()
    );
    let answer = sound(&args.hear)?;
    let models = Models::open()?;
    let gpu = Gpu::headless()?;
    let renderer = head_renderer(&models, &gpu, &args.look, (width, height), args.size.quality.tier())?;
    let mut synthesiser = models.synthesiser()?;
    let voice = VoiceProfile::built_in(&args.voice).with_context(|| {
        format!("no voice is called {:?}; there are {:?}", args.voice, VoiceProfile::NAMES)
    })?;
    let mut spoken = |text: &str| {
        synthesiser
            .speak(text, &voice, Affect::Warm, 0.4, args.seed)
            .with_context(|| format!("cannot speak {text:?}"))
    };
    let question = args.ask.as_deref().map(&mut spoken).transpose()?;
    let reply = spoken(&args.say)?;
    let config =
        MovieConfig { width, height, fps: FRAMES_PER_SEC as u32, audio: true, start: Timestamp::ZERO };
    let secs = [question.as_ref().map(Spoken::duration), Some(reply.duration())];
    let secs: f64 = secs.into_iter().flatten().map(TimeSpan::as_secs).sum();
    let length = secs + answer.len() as f64 * TICK.as_secs();
    let clip = Clip {
        mind: models.mind(MindConfig { speculation: None, ..MindConfig::default() })?,
        end_of_turn: models.end_of_turn()?,
        face: Behaviour::new(Profile::examiner(), args.seed),
        renderer,
        movie: MovieWriter::create(&args.out, config)?,
        bar: SessionBar::new("clip", Some(length)),
        heard: Vec::new(),
        own: None,
        own_end: None,
        now: Timestamp::ZERO,
        was_speaking: false,
        opinion: None,
        frames: 0,
        committed: None,
    };
    let report = clip.perform(question, &answer, reply)?;
    say(format!("{}: {width}x{height}, {report}", args.out.display()));
    Ok(())
}

/// The sound of a file, in blocks of 20 ms.
fn sound(path: &std::path::Path) -> Result<Vec<AudioBlock>> {
    let mut source =
        FileSource::open_with(path, FileConfig { audio: true, video: false })?.require_audio()?;
    let mut blocks = Vec::new();
    while let Some(media) = source.next()? {
        if let Media::Audio(block) = media {
            blocks.push(block);
        }
    }
    let loudest = blocks.iter().map(AudioBlock::rms).fold(0.0, f32::max);
    ensure!(loudest > 0.0, "{} holds silence only", path.display());
    // The silence of the file's end is the clip's own.
    let end = blocks.iter().rposition(|block| block.rms() >= AUDIBLE * loudest).map_or(0, |last| last + 1);
    blocks.truncate(end);
    Ok(blocks)
}

struct Clip<E> {
    mind: Mind,
    end_of_turn: E,
    face: Behaviour,
    renderer: Actor,
    movie: MovieWriter,
    bar: SessionBar,
    /// The last seconds, for the end-of-turn network.
    heard: Vec<f32>,
    own: Option<Playback>,
    own_end: Option<Timestamp>,
    now: Timestamp,
    was_speaking: bool,
    opinion: Option<Opinion>,
    frames: u64,
    committed: Option<Timestamp>,
}

impl<E: EndOfTurn> Clip<E> {
    /// Question, answer, reply; answers with what happened, in words.
    fn perform(mut self, question: Option<Spoken>, answer: &[AudioBlock], reply: Spoken) -> Result<String> {
        self.face.push(Timestamp::ZERO, Event::Affect { affect: Affect::Warm, level: 0.4 });
        self.wait(BEFORE, None)?;
        if let Some(question) = question {
            self.speak(question)?;
            self.wait(BETWEEN, None)?;
        }
        let context = QuestionContext {
            kind: QuestionKind::Open,
            expected_s: answer.len() as f32 * TICK.as_secs() as f32,
            patience_ms: PATIENCE_MS,
        };
        let answer_from = self.now;
        for block in answer {
            self.tick(AudioBlock::new(self.now, block.samples.clone()), Some(context))?;
        }
        let answer_end = self.now;
        while self.committed.is_none() && self.now - answer_end < LONGEST_WAIT {
            self.tick(AudioBlock::silence(self.now), Some(context))?;
        }
        let decided = self.committed.map_or_else(
            || "the floor never took the turn".to_owned(),
            |at| format!("the floor took the turn at {:.1} s", at.as_secs()),
        );
        self.wait(IN_BREATH, None)?;
        let reply_from = self.now;
        self.speak(reply)?;
        self.wait(AFTER, None)?;
        let Self { movie, face, bar, frames, now, .. } = self;
        movie.finish()?;
        bar.finish();
        let count = |kind| face.blocks().filter(|block| block.kind == kind).count();
        let [nods, brows, blinks] = [BlockKind::Nod, BlockKind::BrowFlash, BlockKind::Blink].map(count);
        Ok(format!(
            "{:.1} s, {frames} pictures; listens from {:.1} s to {:.1} s; {decided}; speaks from {:.1} s; \
             {nods} nods, {brows} raised brows, {blinks} blinks",
            now.as_secs(),
            answer_from.as_secs(),
            answer_end.as_secs(),
            reply_from.as_secs()
        ))
    }

    /// Says something to its end.
    fn speak(&mut self, spoken: Spoken) -> Result<()> {
        let until = self.now + spoken.duration();
        let visemes = spoken.visemes.shifted(self.now - Timestamp::ZERO);
        self.face.push(self.now, Event::StartSpeaking { visemes, until });
        self.own = Some(Playback::new(spoken, self.now));
        while self.own.as_ref().is_some_and(|own| !own.is_finished()) {
            self.tick(AudioBlock::silence(self.now), None)?;
        }
        (self.own, self.own_end) = (None, Some(self.now));
        self.face.push(self.now, Event::Listening);
        Ok(())
    }

    fn wait(&mut self, span: TimeSpan, question: Option<QuestionContext>) -> Result<()> {
        let until = self.now + span;
        while self.now < until {
            self.tick(AudioBlock::silence(self.now), question)?;
        }
        Ok(())
    }

    /// 20 ms: heard, judged, shown.
    fn tick(&mut self, audio: AudioBlock, question: Option<QuestionContext>) -> Result<()> {
        let own = self.own.as_mut().and_then(|own| own.next_block(audio.start));
        self.now = audio.start + TICK;
        let output = self.mind.step(TickInput {
            audio: &audio,
            own: own.as_ref().map_or(OwnSpeech::SILENT, |block| OwnSpeech {
                speaking: true,
                level: Decibels::from_amplitude(block.rms()),
            }),
            face: None,
            assessor_end: self.own_end,
            question,
            opinion: self.opinion.take(),
            words: Vec::new(),
        });
        self.heard.extend_from_slice(&audio.samples);
        let surplus = self.heard.len().saturating_sub(END_OF_TURN_WINDOW);
        self.heard.drain(..surplus);
        self.opinion = output
            .floor
            .ask
            .map(|pause_start| Opinion { pause_start, p_end: self.end_of_turn.p_end(&self.heard) });
        for event in &output.floor.events {
            match event.kind {
                TurnEventKind::Backchannel => self.face.push(self.now, Event::Backchannel),
                TurnEventKind::Commit => {
                    self.committed = Some(self.now);
                    self.face.push(self.now, Event::Thinking);
                }
                _ => {}
            }
        }
        if output.voice.speaking != self.was_speaking {
            self.was_speaking = output.voice.speaking;
            // Who speaks on has not been answered.
            self.committed = self.committed.filter(|_| !self.was_speaking);
            let event = if self.was_speaking { Event::CandidateSpeaks } else { Event::CandidatePauses };
            self.face.push(self.now, event);
        }
        self.show(&audio, own)
    }

    /// Both voices and, every other time, a picture.
    fn show(&mut self, audio: &AudioBlock, own: Option<AudioBlock>) -> Result<()> {
        let mut both = audio.samples.clone();
        if let Some(own) = own {
            self.face.push(self.now, Event::LoudnessRms(own.rms()));
            both.iter_mut()
                .zip(&own.samples)
                .for_each(|(sum, sample)| *sum = (*sum + sample).clamp(-1.0, 1.0));
        }
        self.movie.push_audio(&AudioBlock::new(audio.start, both))?;
        let millis = self.now.as_millis();
        if millis * FRAMES_PER_SEC / 1000 != (millis - TICK.as_millis()) * FRAMES_PER_SEC / 1000 {
            self.movie.push_video(&self.renderer.render(&self.face.step(self.now))?)?;
            self.frames += 1;
            self.bar.at(self.now);
        }
        Ok(())
    }
}
