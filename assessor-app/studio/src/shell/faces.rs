//! The heads of A and B as pictures that the panels show.

use egui_wgpu::Renderer;
use viva_gpu::{Gpu, Texture, wgpu};
use viva_media::FacePose;
use viva_render::{HeadAsset, HeadRenderer, Look, RenderError, Sources, TierChoice};

/// Heights in pixels at which a face is drawn, so that a moved border does not set up a new one at every pixel.
const HEIGHTS: [u32; 8] = [36, 90, 180, 270, 360, 450, 540, 720];
/// A processor that draws gets no larger ones.
const HIGHEST_IN_SOFTWARE: u32 = 450;
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// The heads, each made when it is first seen.
pub(super) struct Faces {
    gpu: Gpu,
    head: HeadAsset,
    look: Look,
    choice: TierChoice,
    sources: Sources,
    height: u32,
    faces: [Option<Face>; 2],
}

struct Face {
    renderer: HeadRenderer,
    texture: Texture,
    id: egui::TextureId,
}

impl Faces {
    pub(super) fn new(gpu: &Gpu, head: HeadAsset, look: Look, choice: TierChoice) -> Self {
        let sources = Sources::default();
        Self { gpu: gpu.clone(), head, look, choice, sources, height: 0, faces: [None, None] }
    }

    /// The same heads on another device, by our own passes.
    pub(super) fn again(&self, gpu: &Gpu) -> Self {
        Self::new(gpu, self.head.clone(), self.look, self.choice)
    }

    /// A renderer of its own size, for an export.
    pub(super) fn renderer(&self, size: (u32, u32)) -> Result<HeadRenderer, RenderError> {
        let mut renderer = self.choice.renderer(&self.gpu, &self.head, &self.look, size)?;
        renderer.reload(&self.sources)?;
        Ok(renderer)
    }

    /// Draws by these passes from now on.
    ///
    /// **Errors** where they do not fit the device or each other; then the ones before go on.
    pub(super) fn reload(&mut self, sources: Sources) -> Result<(), RenderError> {
        for face in self.faces.iter_mut().flatten() {
            face.renderer.reload(&sources)?;
        }
        self.sources = sources;
        Ok(())
    }

    /// Draws a pose on one side's picture and gives its place among egui's textures.
    pub(super) fn draw(
        &mut self,
        renderer: &mut Renderer,
        side: usize,
        pose: &FacePose,
        wanted_height: f32,
    ) -> Result<egui::TextureId, RenderError> {
        let height = fitting(wanted_height, self.gpu.adapter().is_software);
        if height != self.height {
            self.height = height;
            for face in self.faces.iter_mut().filter_map(Option::take) {
                renderer.free_texture(&face.id);
            }
        }
        let face = match &mut self.faces[side] {
            Some(face) => face,
            none => {
                let head =
                    self.choice.renderer(&self.gpu, &self.head, &self.look, (height * 16 / 9, height))?;
                none.insert(Face::new(&self.gpu, head, &self.sources, renderer)?)
            }
        };
        face.renderer.render_to_view(pose, &face.texture.view, FORMAT)?;
        Ok(face.id)
    }
}

impl Face {
    fn new(
        gpu: &Gpu,
        mut renderer: HeadRenderer,
        sources: &Sources,
        panels: &mut Renderer,
    ) -> Result<Self, RenderError> {
        renderer.reload(sources)?;
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING;
        let texture = gpu.texture("studio.face", renderer.size(), FORMAT, usage);
        let id = panels.register_native_texture(gpu.device(), &texture.view, wgpu::FilterMode::Linear);
        Ok(Self { renderer, texture, id })
    }
}

/// The largest of the heights that is wanted and can be afforded; the smallest where less is wanted.
fn fitting(wanted: f32, in_software: bool) -> u32 {
    let most = if in_software { HIGHEST_IN_SOFTWARE } else { u32::MAX };
    let fits = |height: &&u32| **height <= most && **height as f32 <= wanted + 1.0;
    HEIGHTS.iter().rev().find(fits).copied().unwrap_or(HEIGHTS[0])
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_face_is_never_larger_than_its_room_but_for_a_mote() {
        assert_eq!([0.0, 1.0, 359.5, 500.0, f32::NAN].map(|h| fitting(h, true)), [36, 36, 360, 450, 36]);
        assert_eq!(fitting(2000.0, false), 720);
    }
}
