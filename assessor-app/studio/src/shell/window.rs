//! The studio on a window.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use viva_gpu::{Gpu, wgpu};
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::{Window, WindowId};

use super::app::{App, now};
use super::offscreen::actor;
use crate::core::latency::Measure;
use crate::script::{Actor, FRAME_SECS, Order};
use crate::{Config, export};

/// Events whose picture may be under way; what comes beyond is not measured.
const UNDER_WAY: usize = 64;
/// A device that is lost so often in a row will not come back.
const MOST_LOSSES: u32 = 3;
/// Frames after which a size that a window does not take is no longer waited for.
const LONGEST_RESIZE: u32 = 200;
/// Between two frames while the window is hidden.
const HIDDEN: Duration = Duration::from_millis(100);

/// Opens the window and stays until it is closed or the script is over.
///
/// # Errors
///
/// Where there is no display or no device, or the script fails.
pub fn run_window(config: Config) -> Result<()> {
    let event_loop = EventLoop::new()
        .context("no display to open a window on: set DISPLAY, or use --screenshot FILE, which needs none")?;
    let actor = actor(&config)?;
    let mut shell = Shell { config: Some(config), actor, open: None, failure: None, losses: 0, clock: now() };
    event_loop.run_app(&mut shell).context("the window's event loop failed")?;
    shell.failure.map_or(Ok(()), Err)
}

struct Shell {
    config: Option<Config>,
    actor: Option<Actor>,
    open: Option<Open>,
    failure: Option<anyhow::Error>,
    losses: u32,
    clock: Instant,
}

/// What was measured, in milliseconds.
type Photon = (Measure, f64);

/// A window with its device.
struct Open {
    window: Arc<Window>,
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    input: egui_winit::State,
    app: App,
    /// When the first event since the last frame came.
    event: Option<Instant>,
    /// When the cue was told that no picture carries yet.
    cue: Option<Instant>,
    photons: (SyncSender<Photon>, Receiver<Photon>),
    is_lost: Arc<AtomicBool>,
    /// The size that a script has asked for and the window has not got yet, and for how many frames that is waited for.
    wanted: Option<((u32, u32), u32)>,
}

impl Open {
    fn new(event_loop: &ActiveEventLoop, config: Config) -> Result<Self> {
        let (width, height) = config.size;
        let attributes = Window::default_attributes()
            .with_title("Viva studio")
            .with_inner_size(PhysicalSize::new(width, height));
        let window = Arc::new(event_loop.create_window(attributes).context("no window")?);
        Self::on(window, |gpu, format| Ok(App::new(config, gpu, format)))
    }

    /// A device for a window, with what is shown on it.
    fn on(window: Arc<Window>, app: impl FnOnce(&Gpu, wgpu::TextureFormat) -> Result<App>) -> Result<Self> {
        let (gpu, surface) = Gpu::for_surface(Arc::clone(&window))?;
        let capabilities = surface.get_capabilities(gpu.raw_adapter());
        let size = window.inner_size();
        let mut surface_config = surface
            .get_default_config(gpu.raw_adapter(), size.width.max(1), size.height.max(1))
            .context("the device cannot draw on this window")?;
        // egui and the tone curve encode for the display themselves.
        if let Some(plain) = capabilities.formats.iter().copied().find(|format| !format.is_srgb()) {
            surface_config.format = plain;
        }
        surface_config.usage |= capabilities.usages & wgpu::TextureUsages::COPY_SRC;
        gpu.configure(&surface, &surface_config);
        let is_lost = Arc::new(AtomicBool::new(false));
        let lost = Arc::clone(&is_lost);
        gpu.device().set_device_lost_callback(move |_, _| lost.store(true, Ordering::Relaxed));
        let app = app(&gpu, surface_config.format)?;
        let most = gpu.device().limits().max_texture_dimension_2d as usize;
        let input = egui_winit::State::new(
            app.context.clone(),
            egui::ViewportId::ROOT,
            &window,
            Some(window.scale_factor() as f32),
            None,
            Some(most),
        );
        window.request_redraw();
        let photons = sync_channel(UNDER_WAY);
        Ok(Self {
            window,
            surface,
            config: surface_config,
            input,
            app,
            event: None,
            cue: None,
            photons,
            is_lost,
            wanted: None,
        })
    }

    fn resize(&mut self, width: u32, height: u32) {
        if width == 0 || height == 0 {
            return;
        }
        (self.config.width, self.config.height) = (width, height);
        self.app.gpu().configure(&self.surface, &self.config);
    }

    /// Whether a script goes on: a display takes its time until a window has another size.
    fn is_settled(&mut self) -> bool {
        self.wanted = self
            .wanted
            .filter(|(size, frames)| *frames > 0 && *size != (self.config.width, self.config.height));
        if let Some((_, frames)) = &mut self.wanted {
            *frames -= 1;
        }
        self.wanted.is_none()
    }

    /// Draws a frame; `Ok(false)` where there was nothing to draw on.
    fn draw(&mut self, secs: f64, actor: Option<&mut Actor>) -> Result<(bool, Order)> {
        use wgpu::CurrentSurfaceTexture as Current;
        // Tells of finished work and of a lost device; a device that is lost tells so by its callback.
        self.app.gpu().device().poll(wgpu::PollType::Poll).ok();
        if self.is_lost.load(Ordering::Relaxed) {
            return Ok((false, Order::None));
        }
        if !self.app.gpu().fits(self.config.width, self.config.height) {
            self.app.unseen(secs);
            return Ok((false, Order::None));
        }
        for (measure, ms) in self.photons.1.try_iter() {
            self.app.studio.latency.add(measure, ms);
        }
        let texture = match self.surface.get_current_texture() {
            Current::Success(texture) | Current::Suboptimal(texture) => texture,
            Current::Outdated | Current::Lost => {
                self.app.gpu().configure(&self.surface, &self.config);
                self.app.unseen(secs);
                return Ok((false, Order::None));
            }
            Current::Timeout | Current::Occluded | Current::Validation => {
                self.app.unseen(secs);
                return Ok((false, Order::None));
            }
        };
        let mut input = self.input.take_egui_input(&self.window);
        let mut order = Order::None;
        let busy = self.app.busy();
        let event = self.event.take();
        let begin = event.unwrap_or_else(now);
        let script = match actor {
            Some(actor) => {
                let (events, wished) = actor.next(&mut self.app.studio, busy)?;
                // A script is alone at the window: a pointer that happens to be there would spoil it.
                input.events = events;
                input.focused = true;
                order = wished;
                Some(actor)
            }
            None => None,
        };
        let view = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let size = (self.config.width, self.config.height);
        let output = self.app.frame(input, secs, &view, size);
        if let Some(script) = script {
            script.see(output.accesskit_update.as_ref());
        }
        if let Order::Screenshot(path) = &order {
            self.screenshot(&texture.texture, path)?;
        }
        self.input.handle_platform_output(&self.window, output);
        let (posed, carries_cue) = self.app.stamps();
        if self.cue.is_none() && (carries_cue || self.app.studio.awaits_picture()) {
            self.cue = Some(begin);
        }
        let cue = if carries_cue { self.cue.take() } else { None };
        let photons = self.photons.0.clone();
        let gpu = self.app.gpu();
        gpu.queue().on_submitted_work_done(move || {
            for (measure, since) in [(Measure::Event, event), (Measure::Cue, cue), (Measure::State, posed)] {
                if let Some(since) = since {
                    // A full queue leaves this one unmeasured.
                    photons.try_send((measure, since.elapsed().as_secs_f64() * 1e3)).ok();
                }
            }
        });
        gpu.queue().present(texture);
        Ok((true, order))
    }

    /// The window's own picture.
    fn screenshot(&self, texture: &wgpu::Texture, path: &std::path::Path) -> Result<()> {
        let gpu = self.app.gpu();
        anyhow::ensure!(
            self.config.usage.contains(wgpu::TextureUsages::COPY_SRC),
            "this window's pictures cannot be read"
        );
        let readback = viva_gpu::Readback::new(gpu, "studio.window", self.config.width, self.config.height);
        let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        readback.record(&mut encoder, texture);
        gpu.queue().submit([encoder.finish()]);
        let mut rgb = readback.rgb(gpu)?;
        if matches!(self.config.format, wgpu::TextureFormat::Bgra8Unorm | wgpu::TextureFormat::Bgra8UnormSrgb)
        {
            for pixel in rgb.as_chunks_mut::<3>().0 {
                pixel.swap(0, 2);
            }
        }
        let frame = viva_media::VideoFrame::new(
            viva_media::Timestamp::ZERO,
            self.config.width,
            self.config.height,
            rgb,
        )
        .context("a picture has its own size")?;
        export::write_png(path, &frame).map_err(anyhow::Error::msg)
    }
}

impl Shell {
    fn fail(&mut self, event_loop: &ActiveEventLoop, error: anyhow::Error) {
        self.failure = Some(error);
        event_loop.exit();
    }

    /// The device is gone: another one takes over what was being done, or what was not saved goes into files.
    fn recover(&mut self, event_loop: &ActiveEventLoop) {
        let Some(open) = self.open.take() else { return };
        self.losses += 1;
        let Open { window, surface, mut app, .. } = open;
        drop(surface);
        let again = if self.losses <= MOST_LOSSES {
            Open::on(window, |gpu, format| {
                app.move_to(gpu, format);
                Ok(app)
            })
        } else {
            let saved = app.rescue();
            Err(anyhow::anyhow!("the graphics device was lost {} times; {saved}", self.losses))
        };
        match again {
            Ok(open) => self.open = Some(open),
            Err(error) => self.fail(event_loop, error),
        }
    }

    fn draw(&mut self, event_loop: &ActiveEventLoop) {
        let Some(open) = &mut self.open else { return };
        let secs = self.clock.elapsed().as_secs_f64();
        self.clock = now();
        let secs = if self.actor.is_some() { FRAME_SECS } else { secs.min(0.25) };
        if open.is_lost.load(Ordering::Relaxed) {
            self.recover(event_loop);
            return;
        }
        let is_settled = open.is_settled();
        let secs = if is_settled { secs } else { 0.0 };
        match open.draw(secs, self.actor.as_mut().filter(|_| is_settled)) {
            Ok((was_drawn, order)) => {
                event_loop.set_control_flow(if was_drawn {
                    ControlFlow::Poll
                } else {
                    ControlFlow::wait_duration(HIDDEN)
                });
                match order {
                    Order::End => event_loop.exit(),
                    Order::Resize(width, height) => {
                        open.wanted = Some(((width, height), LONGEST_RESIZE));
                        if let Some(size) = open.window.request_inner_size(PhysicalSize::new(width, height)) {
                            open.resize(size.width, size.height);
                        }
                    }
                    Order::Show(is_seen) => open.window.set_visible(is_seen),
                    Order::LoseDevice => open.app.gpu().device().destroy(),
                    Order::None | Order::Idle | Order::Screenshot(_) => {}
                }
            }
            Err(error) => self.fail(event_loop, error),
        }
    }
}

impl ApplicationHandler for Shell {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        let Some(config) = self.config.take() else { return };
        match Open::new(event_loop, config) {
            Ok(open) => self.open = Some(open),
            Err(error) => self.fail(event_loop, error),
        }
    }

    fn about_to_wait(&mut self, _: &ActiveEventLoop) {
        if let Some(open) = &self.open {
            open.window.request_redraw();
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(open) = &mut self.open else { return };
        match &event {
            WindowEvent::CloseRequested => return event_loop.exit(),
            WindowEvent::RedrawRequested => return self.draw(event_loop),
            WindowEvent::Resized(size) => open.resize(size.width, size.height),
            _ => {}
        }
        let is_input = matches!(
            event,
            WindowEvent::KeyboardInput { .. }
                | WindowEvent::MouseInput { .. }
                | WindowEvent::CursorMoved { .. }
                | WindowEvent::MouseWheel { .. }
        );
        if is_input {
            open.event.get_or_insert_with(now);
        }
        if open.input.on_window_event(&open.window, &event).repaint {
            open.window.request_redraw();
        }
    }
}
