//! A face on a window.

use viva_gpu::Gpu;
use viva_media::FacePose;

use crate::{HeadAsset, HeadRenderer, Look, RenderError};

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

/// Draws a head straight onto a window, which may change its size at any time.
#[derive(Debug)]
pub struct WindowFace {
    gpu: Gpu,
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    asset: HeadAsset,
    look: Look,
    renderer: HeadRenderer,
}

impl WindowFace {
    /// A face on `target`, which has `width` times `height` pixels.
    ///
    /// # Errors
    ///
    /// Where there is no adapter for the window, or the head is none.
    pub fn new(
        target: impl Into<wgpu::SurfaceTarget<'static>>,
        asset: HeadAsset,
        look: Look,
        width: u32,
        height: u32,
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
        surface.configure(gpu.device(), &config);
        let renderer = HeadRenderer::new(&gpu, &asset, &look, width, height)?;
        Ok(Self { gpu, surface, config, asset, look, renderer })
    }

    /// The window has another size now. A size without pixels changes nothing.
    ///
    /// # Errors
    ///
    /// Where the renderer cannot draw at that size.
    pub fn resize(&mut self, width: u32, height: u32) -> Result<(), RenderError> {
        if width == 0 || height == 0 || (width, height) == (self.config.width, self.config.height) {
            return Ok(());
        }
        self.renderer = HeadRenderer::new(&self.gpu, &self.asset, &self.look, width, height)?;
        (self.config.width, self.config.height) = (width, height);
        self.surface.configure(self.gpu.device(), &self.config);
        Ok(())
    }

    /// Draws a pose.
    ///
    /// # Errors
    ///
    /// Where the pose is not finite.
    pub fn draw(&mut self, pose: &FacePose) -> Result<Shown, RenderError> {
        use wgpu::CurrentSurfaceTexture as Current;
        let texture = match self.surface.get_current_texture() {
            Current::Success(texture) | Current::Suboptimal(texture) => texture,
            Current::Outdated => {
                self.surface.configure(self.gpu.device(), &self.config);
                return Ok(Shown::NotNow);
            }
            Current::Lost => return Ok(Shown::Lost),
            Current::Timeout | Current::Occluded | Current::Validation => return Ok(Shown::NotNow),
        };
        let view = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
        self.renderer.render_to_view(pose, &view, self.config.format)?;
        self.gpu.queue().present(texture);
        Ok(Shown::Yes)
    }
}
