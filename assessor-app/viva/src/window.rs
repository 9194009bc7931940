//! The candidate's window: the assessor's face, alive.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use viva_behaviour::{Behaviour, Event, Profile};
use viva_media::Timestamp;
use viva_render::{HeadAsset, Shown, WindowFace};
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::event::{ElementState, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::keyboard::{Key, NamedKey};
use winit::window::{Window, WindowId};

use crate::interview::{Models, look_of};

/// Opens the window and shows a listening face until it is closed. Space makes it nod, Escape closes.
pub(crate) fn show(models: &Models, look: &str) -> Result<()> {
    let (look, bytes) = look_of(models, look)?;
    let asset = HeadAsset::from_safetensors(&bytes)?;
    let event_loop =
        EventLoop::new().context("no display to open a window on: set DISPLAY, or leave out --window")?;
    let mut face = Behaviour::new(Profile::examiner(), 1);
    face.push(Timestamp::ZERO, Event::Listening);
    #[expect(
        clippy::disallowed_methods,
        reason = "the window is the edge that owns the clock of its session"
    )]
    let start = Instant::now();
    let mut app = App { asset, look, face, start, shown: None, failure: None };
    event_loop.run_app(&mut app).context("the window's event loop failed")?;
    app.failure.map_or(Ok(()), Err)
}

struct App {
    asset: HeadAsset,
    look: viva_render::Look,
    face: Behaviour,
    start: Instant,
    shown: Option<(Arc<Window>, WindowFace)>,
    failure: Option<anyhow::Error>,
}

impl App {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.start.elapsed().as_secs_f64())
    }

    fn open(&mut self, event_loop: &ActiveEventLoop) -> Result<()> {
        let attributes =
            Window::default_attributes().with_title("Viva").with_inner_size(LogicalSize::new(1280, 720));
        let window = Arc::new(event_loop.create_window(attributes)?);
        let size = window.inner_size();
        let face =
            WindowFace::new(Arc::clone(&window), self.asset.clone(), self.look, size.width, size.height)?;
        window.request_redraw();
        self.shown = Some((window, face));
        Ok(())
    }

    fn draw(&mut self) -> Result<bool> {
        let pose = self.face.step(self.now());
        let Some((window, face)) = &mut self.shown else { return Ok(true) };
        let alive = face.draw(&pose)? != Shown::Lost;
        window.request_redraw();
        Ok(alive)
    }

    fn stop(&mut self, event_loop: &ActiveEventLoop, failure: Option<anyhow::Error>) {
        self.failure = failure;
        event_loop.exit();
    }
}

impl ApplicationHandler for App {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.shown.is_none()
            && let Err(error) = self.open(event_loop)
        {
            self.stop(event_loop, Some(error));
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        match event {
            WindowEvent::CloseRequested => self.stop(event_loop, None),
            WindowEvent::KeyboardInput {
                event: KeyEvent { logical_key, state: ElementState::Pressed, .. },
                ..
            } => match logical_key {
                Key::Named(NamedKey::Escape) => self.stop(event_loop, None),
                Key::Named(NamedKey::Space) => {
                    let now = self.now();
                    self.face.push(now, Event::Backchannel);
                }
                _ => {}
            },
            WindowEvent::Resized(size) => {
                if let Some((_, face)) = &mut self.shown
                    && let Err(error) = face.resize(size.width, size.height)
                {
                    self.stop(event_loop, Some(error.into()));
                }
            }
            WindowEvent::RedrawRequested => match self.draw() {
                Ok(true) => {}
                // The surface is gone: open anew on the same window system.
                Ok(false) => self.shown = None,
                Err(error) => self.stop(event_loop, Some(error)),
            },
            _ => {}
        }
    }
}
