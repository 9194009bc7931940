//! The candidate's window: the assessor's face, alive, with the words that are being said.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use viva_behaviour::{Behaviour, Event, Profile};
use viva_exchange::Speaker as Who;
use viva_media::{FacePose, Timestamp};
use viva_render::{Lettering, Member, Shown, TierChoice, WindowFace};
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::event::{ElementState, KeyEvent, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::keyboard::{Key, NamedKey};
use winit::window::{Window, WindowId};

use crate::interview::{Models, Seat, StopSign, member};

/// How often the window looks for a new pose.
const GLANCE: Duration = Duration::from_millis(5);

/// Size of the window where a processor draws: a larger picture would take the time that ears and mind need.
const SMALL: LogicalSize<u32> = LogicalSize::new(640, 360);

/// Lines of the caption.
const CAPTION_ROWS: usize = 2;

/// To be called once.
type Told = Box<dyn FnOnce() + Send>;

/// What a window shows.
trait Play {
    /// True where the picture on the window is no longer the newest.
    fn is_new(&mut self) -> bool;
    /// Which head of the cast, in which pose, with which words in lines of these letters and at most so many pixels.
    fn shot(&mut self, room: (&Lettering, f32)) -> (usize, FacePose, Vec<String>);
    /// The picture was handed to the device; what is returned is called when it is drawn.
    fn drawing(&mut self) -> Option<Told>;
    /// True when the window is to close.
    fn is_over(&self) -> bool;
    /// The space bar.
    fn nod(&mut self);
    /// Somebody closed the window.
    fn closed(&mut self);
}

/// Opens the window and shows a listening face until it is closed. Space makes it nod, Escape closes.
pub(crate) fn show(models: &Models, look: &str, choice: TierChoice) -> Result<()> {
    let cast = vec![member(models, look)?];
    let mut face = Behaviour::new(Profile::examiner(), 1);
    face.push(Timestamp::ZERO, Event::Listening);
    #[expect(
        clippy::disallowed_methods,
        reason = "the window is the edge that owns the clock of its session"
    )]
    let start = Instant::now();
    run(cast, choice, Rehearsal { face, start })
}

/// Shows a session with its examiner and its character, which `hold` holds on a thread of its own, until it is over.
/// Closing the window ends the session in order.
pub(crate) fn show_session<T: Send>(
    (cast, choice): (Vec<Member>, TierChoice),
    seat: Seat,
    stop: &StopSign,
    hold: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    std::thread::scope(|scope| {
        let mind = std::thread::Builder::new()
            .name("mind".into())
            .spawn_scoped(scope, hold)
            .context("no thread for the session")?;
        let shown = run(cast, choice, Session { seat, stop: stop.clone() });
        if shown.is_err() {
            // Without its window the session has no face: it ends in order.
            stop.interrupt();
        }
        let held = mind.join().map_err(|_lost| anyhow!("the session's thread panicked"))?;
        shown.and(held)
    })
}

fn run(cast: Vec<Member>, choice: TierChoice, play: impl Play) -> Result<()> {
    let event_loop = EventLoop::new()
        .context("no display to open a window on: set DISPLAY, or do without it (--headless, no --window)")?;
    let mut app = App { cast, choice, play, shown: None, failure: None };
    event_loop.run_app(&mut app).context("the window's event loop failed")?;
    app.failure.map_or(Ok(()), Err)
}

/// A face without a session.
struct Rehearsal {
    face: Behaviour,
    start: Instant,
}

impl Rehearsal {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.start.elapsed().as_secs_f64())
    }
}

impl Play for Rehearsal {
    fn is_new(&mut self) -> bool {
        true
    }

    fn shot(&mut self, _: (&Lettering, f32)) -> (usize, FacePose, Vec<String>) {
        (0, self.face.step(self.now()), Vec::new())
    }

    fn drawing(&mut self) -> Option<Told> {
        None
    }

    fn is_over(&self) -> bool {
        false
    }

    fn nod(&mut self) {
        self.face.push(self.now(), Event::Backchannel);
    }

    fn closed(&mut self) {}
}

struct Session {
    seat: Seat,
    stop: StopSign,
}

impl Play for Session {
    fn is_new(&mut self) -> bool {
        self.seat.is_new()
    }

    fn shot(&mut self, (lettering, most_px): (&Lettering, f32)) -> (usize, FacePose, Vec<String>) {
        let shot = self.seat.shot();
        let member = usize::from(shot.role == Who::Character);
        (member, shot.pose, shot.caption.lines(lettering, most_px, CAPTION_ROWS))
    }

    fn drawing(&mut self) -> Option<Told> {
        Some(Box::new(self.seat.drawing()))
    }

    fn is_over(&self) -> bool {
        self.seat.is_over()
    }

    fn nod(&mut self) {}

    fn closed(&mut self) {
        self.stop.wish();
    }
}

struct App<P> {
    cast: Vec<Member>,
    choice: TierChoice,
    play: P,
    shown: Option<(Arc<Window>, WindowFace)>,
    failure: Option<anyhow::Error>,
}

impl<P: Play> App<P> {
    fn open(&mut self, event_loop: &ActiveEventLoop) -> Result<()> {
        let attributes =
            Window::default_attributes().with_title("Viva").with_inner_size(LogicalSize::new(1280, 720));
        let window = Arc::new(event_loop.create_window(attributes)?);
        let size = window.inner_size();
        let size = (size.width, size.height);
        let mut face = WindowFace::new(Arc::clone(&window), self.cast.clone(), self.choice, size)?;
        if face.is_software()
            && let Some(size) = window.request_inner_size(SMALL)
        {
            face.resize(size.width, size.height);
        }
        window.request_redraw();
        self.shown = Some((window, face));
        Ok(())
    }

    fn draw(&mut self) -> Result<bool> {
        let Some((_, face)) = &mut self.shown else { return Ok(true) };
        let (member, pose, caption) = self.play.shot(face.caption_room());
        let shown = face.draw(member, &pose, &caption)?;
        if shown == Shown::Yes
            && let Some(told) = self.play.drawing()
        {
            face.when_drawn(told);
        }
        Ok(shown != Shown::Lost)
    }

    fn stop(&mut self, event_loop: &ActiveEventLoop, failure: Option<anyhow::Error>) {
        self.failure = failure;
        event_loop.exit();
    }

    fn close(&mut self, event_loop: &ActiveEventLoop) {
        self.play.closed();
        self.stop(event_loop, None);
    }
}

impl<P: Play> ApplicationHandler for App<P> {
    fn new_events(&mut self, event_loop: &ActiveEventLoop, _: StartCause) {
        if self.play.is_over() {
            self.stop(event_loop, None);
        }
    }

    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.shown.is_none()
            && let Err(error) = self.open(event_loop)
        {
            self.stop(event_loop, Some(error));
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        if let Some((_, face)) = &self.shown {
            face.poll();
        }
        if self.play.is_new()
            && let Some((window, _)) = &self.shown
        {
            window.request_redraw();
        }
        event_loop.set_control_flow(ControlFlow::wait_duration(GLANCE));
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::CloseRequested => self.close(event_loop),
            WindowEvent::KeyboardInput {
                event: KeyEvent { logical_key, state: ElementState::Pressed, .. },
                ..
            } => match logical_key {
                Key::Named(NamedKey::Escape) => self.close(event_loop),
                Key::Named(NamedKey::Space) => self.play.nod(),
                _ => {}
            },
            WindowEvent::Resized(size) => {
                if let Some((_, face)) = &mut self.shown {
                    face.resize(size.width, size.height);
                }
            }
            WindowEvent::RedrawRequested => match self.draw() {
                Ok(true) => {}
                // The surface is gone: open anew on the same window system.
                Ok(false) => {
                    self.shown = None;
                    if let Err(error) = self.open(event_loop) {
                        self.stop(event_loop, Some(error));
                    }
                }
                Err(error) => self.stop(event_loop, Some(error)),
            },
            _ => {}
        }
    }
}
