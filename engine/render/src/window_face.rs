//! Faces on a window, one at a time.

use viva_gpu::Gpu;
use viva_media::FacePose;

use crate::{Actor, Lettering, Member, Paper, RenderError, TierChoice};

/// What became of one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is on the window.
    Yes,
    /// The window is hidden, minimised or being changed: the picture was left out, the next may do.
    NotNow,
    /// The surface is gone; make a new [`WindowFace`].
    Lost,
}

/// Height of the letters as a share of the window's, and its bounds in pixels; margin around the words.
const LETTERS: f32 = 0.05;
const LEAST_PX: f32 = 18.0;
const MOST_PX: f32 = 48.0;
const MARGIN_PX: u32 = 8;
const PAPER: [u8; 3] = [18, 20, 24];
const INK: [u8; 3] = [235, 235, 235];

/// Draws one of several heads straight onto a window, which may change its size at any time, with words below.
#[derive(Debug)]
pub struct WindowFace {
    gpu: Gpu,
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    cast: Vec<Member>,
    choice: TierChoice,
    /// Made with the first picture at the window's present size.
    renderers: Vec<Option<Actor>>,
    lettering: Lettering,
    strip: Vec<u8>,
}

impl WindowFace {
    /// The heads of `cast` on `target`, which has `width` times `height` pixels; the first head's tier is all heads'.
    ///
    /// # Errors
    ///
    /// Where there is no adapter for the window.
    pub fn new(
        target: impl Into<wgpu::SurfaceTarget<'static>>,
        cast: Vec<Member>,
        choice: TierChoice,
        (width, height): (u32, u32),
    ) -> Result<Self, RenderError> {
        let (gpu, surface) = Gpu::for_surface(target)?;
        let (width, height) = (width.max(1), height.max(1));
        let capabilities = surface.get_capabilities(gpu.raw_adapter());
        let mut config = surface
            .get_default_config(gpu.raw_adapter(), width, height)
            .ok_or(RenderError::Size { width, height })?;
        // The tone curve encodes for the display itself, so that a format that encodes again would be too bright.
        if let Some(plain) = capabilities.formats.iter().copied().find(|format| !format.is_srgb()) {
            config.format = plain;
        }
        // Words are written into the picture; where the surface cannot be written, there are none.
        config.usage |= capabilities.usages & wgpu::TextureUsages::COPY_DST;
        gpu.configure(&surface, &config);
        let renderers = cast.iter().map(|_| None).collect();
        Ok(Self {
            gpu,
            surface,
            config,
            cast,
            choice,
            renderers,
            lettering: lettering(height),
            strip: Vec::new(),
        })
    }

    /// The window has another size now. A size without pixels changes nothing.
    pub fn resize(&mut self, width: u32, height: u32) {
        if width == 0 || height == 0 || (width, height) == (self.config.width, self.config.height) {
            return;
        }
        self.renderers.fill_with(|| None);
        (self.config.width, self.config.height) = (width, height);
        self.lettering = lettering(height);
        self.gpu.configure(&self.surface, &self.config);
    }

    /// True where a processor draws: pictures of 640x360 are in time there, larger ones may not be.
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.gpu.adapter().is_software
    }

    /// Calls `tell` when the device has drawn all that was handed to it so far; on a thread of the device, or in [`Self::poll`].
    pub fn when_drawn(&self, tell: impl FnOnce() + Send + 'static) {
        self.gpu.queue().on_submitted_work_done(tell);
    }

    /// Lets the device say what it has drawn meanwhile; does not wait.
    pub fn poll(&self) {
        // A device that is lost tells so with the next picture.
        self.gpu.device().poll(wgpu::PollType::Poll).ok();
    }

    /// The letters of the caption, and how wide its lines may be, in pixels.
    #[must_use]
    pub fn caption_room(&self) -> (&Lettering, f32) {
        (&self.lettering, self.config.width.saturating_sub(2 * MARGIN_PX) as f32)
    }

    /// Draws a pose of the head `member` of the cast, with lines of words below.
    ///
    /// # Errors
    ///
    /// Where the pose is not finite or the head is none.
    ///
    /// # Panics
    ///
    /// Where the cast has no such member.
    pub fn draw(&mut self, member: usize, pose: &FacePose, caption: &[String]) -> Result<Shown, RenderError> {
        use wgpu::CurrentSurfaceTexture as Current;
        let (width, height) = (self.config.width, self.config.height);
        // The conversation goes on without a picture.
        if !self.gpu.fits(width, height) {
            return Ok(Shown::NotNow);
        }
        // All at once: making one takes long, and nobody should wait for it in the middle of a talk.
        let mut choice = self.choice;
        for (renderer, member) in self.renderers.iter_mut().zip(&self.cast) {
            let actor = match renderer {
                Some(actor) => actor,
                none => match member.actor(&self.gpu, (width, height), &choice) {
                    Ok(actor) => none.insert(actor),
                    // A tier that draws more than it shows has a smaller limit.
                    Err(RenderError::Size { .. }) => return Ok(Shown::NotNow),
                    Err(error) => return Err(error),
                },
            };
            choice.wanted = actor.tier().or(choice.wanted);
        }
        let texture = match self.surface.get_current_texture() {
            Current::Success(texture) | Current::Suboptimal(texture) => texture,
            Current::Outdated => {
                self.gpu.configure(&self.surface, &self.config);
                return Ok(Shown::NotNow);
            }
            Current::Lost => return Ok(Shown::Lost),
            Current::Timeout | Current::Occluded | Current::Validation => return Ok(Shown::NotNow),
        };
        let view = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let renderer = self.renderers[member].as_mut().expect("it was made above");
        renderer.render_to_view(pose, &view, self.config.format)?;
        self.write(&texture.texture, caption);
        self.gpu.queue().present(texture);
        Ok(Shown::Yes)
    }

    /// Writes the caption over the lower edge of the picture.
    fn write(&mut self, texture: &wgpu::Texture, caption: &[String]) {
        use wgpu::TextureFormat as Format;
        let is_blue_first = match self.config.format {
            Format::Bgra8Unorm | Format::Bgra8UnormSrgb => true,
            Format::Rgba8Unorm | Format::Rgba8UnormSrgb => false,
            _ => return,
        };
        let (width, line_px) = (self.config.width, self.lettering.line_px());
        let height = caption.len() as u32 * line_px + 2 * MARGIN_PX;
        let can_write = self.config.usage.contains(wgpu::TextureUsages::COPY_DST);
        if caption.is_empty() || !can_write || height > self.config.height {
            return;
        }
        let mut rgb = PAPER.repeat((width * height) as usize);
        let Some(mut paper) = Paper::new(&mut rgb, width, height) else { return };
        self.lettering.centre(&mut paper, MARGIN_PX as f32, INK, caption);
        self.strip.clear();
        for &[red, green, blue] in rgb.as_chunks::<3>().0 {
            let (first, third) = if is_blue_first { (blue, red) } else { (red, blue) };
            self.strip.extend([first, green, third, 255]);
        }
        self.gpu.queue().write_texture(
            wgpu::TexelCopyTextureInfo {
                texture,
                mip_level: 0,
                origin: wgpu::Origin3d { x: 0, y: self.config.height - height, z: 0 },
                aspect: wgpu::TextureAspect::All,
            },
            &self.strip,
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * width), rows_per_image: None },
            wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
        // What is written reaches the picture with the next submission.
        self.gpu.queue().submit([]);
    }
}

/// The letters of a caption on a window of this height.
fn lettering(height: u32) -> Lettering {
    Lettering::new((height as f32 * LETTERS).clamp(LEAST_PX, MOST_PX))
}
