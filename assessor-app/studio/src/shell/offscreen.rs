//! The studio without a window: the same frames, drawn into memory. A script says what happens.

use anyhow::{Context as _, Result};
use viva_gpu::{Gpu, Readback, Texture, wgpu};
use viva_media::{Timestamp, VideoFrame};

use super::app::App;
use crate::script::{self, Actor, FRAME_SECS, Order};
use crate::{Config, export, files};

pub(super) const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// Studio time before the picture where there is no script.
const STILL_SECS: f64 = 1.0;

/// Plays a script without a window and writes its pictures; without one, a picture of the first second.
///
/// # Errors
///
/// Where there is no device, the script cannot be read, a control that it names is missing, or what it expects does not hold.
pub fn run_offscreen(mut config: Config) -> Result<()> {
    let gpu = Gpu::headless()?;
    let mut actor = actor(&config)?.unwrap_or_else(|| Actor::new(vec![script::Action::Wait(STILL_SECS)]));
    let last = config.screenshot.take();
    let mut memory = Memory::new(&gpu, config.size);
    let mut app = App::new(config, &gpu, FORMAT);
    let mut now = 0.0;
    loop {
        let busy = app.busy();
        let (events, order) = actor.next(&mut app.studio, busy)?;
        if let Order::Resize(width, height) = order {
            memory = Memory::new(&gpu, (width, height));
        }
        now += FRAME_SECS;
        let input = egui::RawInput {
            screen_rect: Some(memory.rect()),
            time: Some(now),
            predicted_dt: FRAME_SECS as f32,
            events,
            focused: true,
            ..Default::default()
        };
        let output = app.frame(input, FRAME_SECS, &memory.target.view, memory.size);
        actor.see(output.accesskit_update.as_ref());
        match order {
            Order::Screenshot(path) => {
                export::write_png(&path, &memory.picture(&gpu)?).map_err(anyhow::Error::msg)?;
            }
            Order::End => break,
            Order::Idle => idle(),
            Order::None | Order::Resize(..) | Order::Show(_) | Order::LoseDevice => {}
        }
    }
    match last {
        Some(path) => export::write_png(&path, &memory.picture(&gpu)?).map_err(anyhow::Error::msg),
        None => Ok(()),
    }
}

/// Leaves the processor to what is waited for.
#[expect(clippy::disallowed_methods, reason = "a script that waits for another thread paces itself")]
fn idle() {
    std::thread::sleep(std::time::Duration::from_millis(150));
}

/// The script of a configuration, if it has one.
pub(super) fn actor(config: &Config) -> Result<Option<Actor>> {
    let Some(path) = &config.script else { return Ok(None) };
    let text = files::read_text(path).map_err(anyhow::Error::msg)?;
    script::parse(&text).map(|actions| Some(Actor::new(actions))).with_context(|| path.display().to_string())
}

/// A picture in memory that panels are drawn on.
pub(super) struct Memory {
    pub(super) size: (u32, u32),
    pub(super) target: Texture,
    readback: Readback,
}

impl Memory {
    pub(super) fn new(gpu: &Gpu, (width, height): (u32, u32)) -> Self {
        let size = (width.clamp(1, 4096), height.clamp(1, 4096));
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC;
        let target = gpu.texture("studio.memory", size, FORMAT, usage);
        Self { size, target, readback: Readback::new(gpu, "studio.memory", size.0, size.1) }
    }

    fn rect(&self) -> egui::Rect {
        egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(self.size.0 as f32, self.size.1 as f32))
    }

    /// What was drawn last.
    pub(super) fn picture(&self, gpu: &Gpu) -> Result<VideoFrame> {
        let mut encoder = gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("studio.memory") });
        self.readback.record(&mut encoder, &self.target.texture);
        gpu.queue().submit([encoder.finish()]);
        let rgb = self.readback.rgb(gpu)?;
        VideoFrame::new(Timestamp::ZERO, self.size.0, self.size.1, rgb).context("a picture has its own size")
    }
}
