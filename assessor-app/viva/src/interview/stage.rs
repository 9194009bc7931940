//! The stage: draws both faces, looks at the candidate's with our own eyes, and films it all. It has a thread of its own.
//!
//! Queue: at most [`DEPTH`] scenes and blocks wait; the driver waits when it is full, so that a film loses nothing.
//! In a session that somebody waits for, the driver never waits: beyond [`LIVE_SCENES`] waiting scenes the next one is left out and
//! counted, and the film shows the one before it for longer; of sound, 20 s may wait.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, anyhow};
use viva_devices::{MovieConfig, MovieWriter};
use viva_exchange::Speaker as Who;
use viva_floor::FloorHolder;
use viva_gpu::Gpu;
use viva_inference::face::MediaPipeFace;
use viva_media::{AudioBlock, Blendshape, FacePose, TimeSpan, Timestamp, VideoFrame};
use viva_perception::face::{Config as EyesConfig, FaceTracker};
use viva_render::{Actor, Lettering, Member, Paper, TierChoice};
use viva_runtime::Meter;
use viva_runtime::meter::MeterLine;

use super::candidate::Picture;
use super::caption::Caption;
use super::cast::member;
use super::models::Models;
use super::sight::Sighting;

/// The names under which the meter reports a film. It runs on session time, so that waiting for the encoder is no part of it.
const CUE_TO_PICTURE: &str = "cue to picture: event in the session -> the film's first picture that carries it (session time), and drawing it";
const STATE_TO_PIXELS: &str = "state to pixels: pose of the film's picture -> its 640x360 pixels read back";

/// Scenes and blocks that may wait.
const DEPTH: usize = 32;
/// The same in real time, where nearly all of them are blocks of sound.
const LIVE_DEPTH: usize = 1000;
/// Sightings that may wait for the driver; what comes then is left out.
const SIGHTINGS: usize = 64;
/// Scenes that may wait in real time.
const LIVE_SCENES: usize = 3;
/// Size of each half of the film.
const HALF: (u32, u32) = (640, 360);
/// Height of the strip for words below the pictures: a line of state and two of the caption. The studio knows films by this size.
const STRIP: u32 = 72;
/// Height of the letters of the caption, of the names on the pictures, and of the line of state.
const CAPTION_PX: f32 = 22.0;
const NAME_PX: f32 = 20.0;
const STATE_PX: f32 = 13.0;
/// Between the words and the edges of the picture, in pixels.
const MARGIN_PX: f32 = 10.0;
const LIGHT: [u8; 3] = [240, 240, 240];
const GREY: [u8; 3] = [170, 170, 170];
/// Our eyes look at every third picture: 8 per second suffice for head and gaze, and leave time to draw two faces on two cores.
const EYES_EVERY: u64 = 3;

/// One instant of the session.
pub(crate) struct Scene {
    pub(crate) at: Timestamp,
    pub(crate) assessor: FacePose,
    /// The oldest event in the candidate's stream that this pose is the first to carry.
    pub(crate) cue: Option<Timestamp>,
    pub(crate) role: Who,
    pub(crate) candidate: Picture,
    pub(crate) caption: Caption,
    pub(crate) floor: FloorHolder,
}

enum Order {
    Scene(Box<Scene>),
    Audio(AudioBlock),
}

/// The driver's end of the stage.
pub(crate) struct Stage {
    orders: Option<SyncSender<Order>>,
    in_real_time: bool,
    waiting_scenes: Arc<AtomicUsize>,
    left_out: AtomicU64,
    sightings: Receiver<Sighting>,
    thread: Option<JoinHandle<Result<StageReport>>>,
}

/// What the stage did.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub(crate) struct StageReport {
    /// Pictures filmed.
    pub(crate) frames: u64,
    /// Pictures left out since the stage was behind, in real time only.
    pub(crate) left_out: u64,
    /// Pictures of the candidate that our eyes looked at.
    pub(crate) looked: u64,
    /// Those in which they found a face.
    pub(crate) faces: u64,
    /// Mean wall time per picture in milliseconds: both faces drawn.
    pub(crate) draw_ms: f64,
    /// The same for our eyes.
    pub(crate) eyes_ms: f64,
    /// The same for composing and encoding.
    pub(crate) film_ms: f64,
    /// Lines for the session's meter.
    #[serde(skip)]
    pub(crate) latencies: Vec<MeterLine>,
}

/// What is filmed.
pub(crate) struct StageConfig {
    pub(crate) film: PathBuf,
    /// Examiner and character.
    pub(crate) cast: Vec<Member>,
    pub(crate) choice: TierChoice,
    pub(crate) candidate_look: Option<String>,
    pub(crate) label: String,
    /// Somebody waits for the session: the driver must not wait for the film.
    pub(crate) in_real_time: bool,
}

impl Stage {
    /// Sets up renderers, eyes and film; what is missing is told here, not later.
    pub(crate) fn open(models: &Models, config: StageConfig) -> Result<Self> {
        let in_real_time = config.in_real_time;
        let (orders, inbox) = sync_channel(if in_real_time { LIVE_DEPTH } else { DEPTH });
        let waiting_scenes = Arc::new(AtomicUsize::new(0));
        let taken = Arc::clone(&waiting_scenes);
        let (ready, is_ready) = sync_channel(1);
        let models = models.clone();
        let (seen, sightings) = sync_channel(SIGHTINGS);
        let thread = std::thread::Builder::new().name("stage".into()).spawn(move || {
            let performance = Performance::new(&models, config, seen);
            match performance {
                Ok(performance) => {
                    ready.send(Ok(())).context("nobody waits for the stage")?;
                    performance.run(&inbox, &taken)
                }
                Err(error) => {
                    ready.send(Err(error)).context("nobody waits for the stage")?;
                    Err(anyhow!("the stage was not set up"))
                }
            }
        })?;
        is_ready.recv().map_err(|_lost| anyhow!("the stage's thread ended"))??;
        let left_out = AtomicU64::new(0);
        Ok(Self {
            orders: Some(orders),
            in_real_time,
            waiting_scenes,
            left_out,
            sightings,
            thread: Some(thread),
        })
    }

    /// Films a scene; false where the film cannot go on.
    pub(crate) fn scene(&self, scene: Scene) -> bool {
        if self.in_real_time && self.waiting_scenes.load(Ordering::Relaxed) >= LIVE_SCENES {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        self.waiting_scenes.fetch_add(1, Ordering::Relaxed);
        self.send(Order::Scene(Box::new(scene)))
    }

    /// Films 20 ms of sound; false where the film cannot go on.
    pub(crate) fn audio(&self, block: AudioBlock) -> bool {
        self.send(Order::Audio(block))
    }

    /// What our eyes have seen since the last call.
    pub(crate) fn sightings(&self) -> impl Iterator<Item = Sighting> {
        self.sightings.try_iter()
    }

    /// Ends the film.
    pub(crate) fn finish(mut self) -> Result<StageReport> {
        self.orders = None;
        let thread = self.thread.take().expect("a stage is finished once");
        let report = thread.join().map_err(|_lost| anyhow!("the stage's thread panicked"))??;
        Ok(StageReport { left_out: self.left_out.load(Ordering::Relaxed), ..report })
    }

    fn send(&self, order: Order) -> bool {
        let orders = self.orders.as_ref().expect("a finished stage takes no orders");
        if self.in_real_time { orders.try_send(order).is_ok() } else { orders.send(order).is_ok() }
    }
}

/// The thread's own half.
struct Performance {
    examiner: Actor,
    character: Actor,
    candidate: Option<Actor>,
    eyes: FaceTracker,
    movie: MovieWriter,
    canvas: Vec<u8>,
    size: (u32, u32),
    letters: Letters,
    label: String,
    report: StageReport,
    /// Not in real time, where pictures are left out and the window is what counts.
    meter: Option<Meter>,
    face_found: Option<bool>,
    seen: SyncSender<Sighting>,
}

impl Performance {
    fn new(models: &Models, config: StageConfig, seen: SyncSender<Sighting>) -> Result<Self> {
        let gpu = Gpu::headless()?;
        let mut choice = config.choice;
        let mut actor = |member: &Member| {
            let actor = member.actor(&gpu, HALF, &choice)?;
            // Who was measured first speaks for the others.
            choice.wanted = actor.tier().or(choice.wanted);
            anyhow::Ok(actor)
        };
        let candidate = config.candidate_look.map(|look| member(models, &look)).transpose()?;
        let eyes = eyes(models)?;
        let (width, height) = (2 * HALF.0, HALF.1 + STRIP);
        let movie = MovieWriter::create(
            &config.film,
            MovieConfig { width, height, fps: 25, audio: true, start: Timestamp::ZERO },
        )?;
        Ok(Self {
            examiner: actor(&config.cast[0])?,
            character: actor(&config.cast[1])?,
            candidate: candidate.as_ref().map(actor).transpose()?,
            eyes,
            movie,
            canvas: vec![0; width as usize * height as usize * 3],
            size: (width, height),
            letters: Letters::new(),
            label: config.label,
            report: StageReport::default(),
            meter: (!config.in_real_time).then(Meter::default),
            face_found: None,
            seen,
        })
    }

    fn run(mut self, inbox: &Receiver<Order>, waiting_scenes: &AtomicUsize) -> Result<StageReport> {
        while let Ok(order) = inbox.recv() {
            match order {
                Order::Audio(block) => self.movie.push_audio(&block)?,
                Order::Scene(scene) => {
                    waiting_scenes.fetch_sub(1, Ordering::Relaxed);
                    self.play(*scene)?;
                }
            }
        }
        self.movie.finish()?;
        let mean = |total: f64, count: u64| if count > 0 { total / count as f64 } else { 0.0 };
        Ok(StageReport {
            draw_ms: mean(self.report.draw_ms, self.report.frames),
            film_ms: mean(self.report.film_ms, self.report.frames),
            eyes_ms: mean(self.report.eyes_ms, self.report.looked),
            latencies: self.meter.map(|meter| meter.report()).unwrap_or_default(),
            ..self.report
        })
    }

    fn play(&mut self, scene: Scene) -> Result<()> {
        let clock = stopwatch();
        let speaker = if scene.role == Who::Character { &mut self.character } else { &mut self.examiner };
        let assessor = speaker.render(&scene.assessor)?;
        if let Some(meter) = &mut self.meter {
            let drawn = TimeSpan::from_secs(clock.elapsed().as_secs_f64());
            meter.push(STATE_TO_PIXELS, drawn);
            if let Some(cue) = scene.cue {
                meter.push(CUE_TO_PICTURE, scene.at - cue + drawn);
            }
        }
        let candidate = match (&scene.candidate, &mut self.candidate) {
            (Picture::Pose(pose), Some(renderer)) => Some(renderer.render(pose)?),
            (Picture::Frame(frame), _) => Some(frame.clone()),
            _ => None,
        };
        self.report.draw_ms += millis(clock);
        if let Some(frame) = candidate.as_ref().filter(|_| self.report.frames.is_multiple_of(EYES_EVERY)) {
            let clock = stopwatch();
            let seen = self.eyes.step(frame);
            self.report.eyes_ms += millis(clock);
            self.report.looked += 1;
            self.report.faces += u64::from(seen.present);
            self.face_found = Some(seen.present);
            let (at, present, towards_screen) = (scene.at, seen.present, seen.towards_screen);
            let smile = |shape| seen.blendshapes_from_rest[shape];
            let corners = (smile(Blendshape::MouthSmileLeft) + smile(Blendshape::MouthSmileRight)) / 2.0;
            let corners = (present && seen.quality.is_usable()).then_some(corners);
            // Who does not listen misses it.
            self.seen.try_send(Sighting { at, present, towards_screen, corners }).ok();
        }
        let clock = stopwatch();
        self.compose(&scene, &assessor, candidate.as_ref());
        let (width, height) = self.size;
        let frame = VideoFrame::new(scene.at, width, height, &self.canvas[..])
            .context("the canvas has the film's size")?;
        self.movie.push_video(&frame)?;
        self.report.film_ms += millis(clock);
        self.report.frames += 1;
        Ok(())
    }

    fn compose(&mut self, scene: &Scene, assessor: &VideoFrame, candidate: Option<&VideoFrame>) {
        for pixel in self.canvas.as_chunks_mut::<3>().0 {
            *pixel = [18, 20, 24];
        }
        self.draw(assessor, 0);
        if let Some(candidate) = candidate {
            self.draw(candidate, HALF.0);
        }
        let (who, colour) = match scene.floor {
            FloorHolder::Assessor => ("assessor has the floor", [120, 190, 255]),
            FloorHolder::Candidate => ("candidate has the floor", [140, 230, 150]),
            FloorHolder::Awaited => ("answer awaited", [235, 205, 110]),
            FloorHolder::Nobody => ("floor is open", [170, 170, 170]),
        };
        let role = if scene.role == Who::Character { "Character (role-play)" } else { "Examiner" };
        let eyes = match self.face_found {
            Some(true) => "eyes: face",
            Some(false) => "eyes: no face",
            None => "eyes: no picture",
        };
        let time = format!("{eyes}   {:.1} s", scene.at.as_secs());
        let Letters { caption, name, state } = &mut self.letters;
        let (width, height) = self.size;
        let mut paper = Paper::new(&mut self.canvas, width, height).expect("the canvas has the film's size");
        for (left, words) in [(0, role), (HALF.0, self.label.as_str())] {
            let at = (left as f32 + MARGIN_PX, MARGIN_PX);
            paper.plate((at.0 as i32, at.1 as i32), (name.width(words).ceil() as u32, name.line_px()));
            name.draw(&mut paper, at, LIGHT, words);
        }
        let top = HALF.1 as f32 + 2.0;
        state.draw(&mut paper, (MARGIN_PX, top), colour, who);
        state.draw(&mut paper, (width as f32 - MARGIN_PX - state.width(&time), top), GREY, &time);
        let top = top + state.line_px() as f32;
        let lines = scene.caption.lines(caption, width as f32 - 2.0 * MARGIN_PX, 2);
        caption.centre(&mut paper, top, LIGHT, &lines);
    }

    /// Puts a picture of any size into one half, as large as it fits.
    fn draw(&mut self, frame: &VideoFrame, left: u32) {
        let scale =
            (f64::from(HALF.0) / f64::from(frame.width)).min(f64::from(HALF.1) / f64::from(frame.height));
        let width = ((f64::from(frame.width) * scale) as u32).clamp(1, HALF.0);
        let height = ((f64::from(frame.height) * scale) as u32).clamp(1, HALF.1);
        let (from_x, from_y) = (left + (HALF.0 - width) / 2, (HALF.1 - height) / 2);
        for y in 0..height {
            let source_y = (y * frame.height / height) as usize;
            let source = &frame.rgb[source_y * frame.width as usize * 3..][..frame.width as usize * 3];
            let at = ((from_y + y) as usize * self.size.0 as usize + from_x as usize) * 3;
            let target = &mut self.canvas[at..at + width as usize * 3];
            if width == frame.width {
                target.copy_from_slice(source);
                continue;
            }
            for (x, pixel) in target.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let source_x = x * frame.width as usize / width as usize;
                pixel.copy_from_slice(&source[source_x * 3..source_x * 3 + 3]);
            }
        }
    }
}

/// The sizes of words on the film.
struct Letters {
    caption: Lettering,
    name: Lettering,
    state: Lettering,
}

impl Letters {
    fn new() -> Self {
        let [caption, name, state] = [CAPTION_PX, NAME_PX, STATE_PX].map(Lettering::new);
        Self { caption, name, state }
    }
}

/// Our eyes.
pub(crate) fn eyes(models: &Models) -> Result<FaceTracker> {
    const ID: &str = "face-landmarker";
    models.file(ID, "face_detector.safetensors")?;
    MediaPipeFace::tracker(&models.folder(ID), EyesConfig::default()).context("face networks")
}

#[expect(clippy::disallowed_methods, reason = "the stage is an edge: it measures how long drawing takes")]
fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}

fn millis(since: std::time::Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
