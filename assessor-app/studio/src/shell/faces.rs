//! The heads of A and B as pictures that the panels show.

use std::sync::Arc;

use egui_wgpu::Renderer;
use viva_gpu::{Gpu, Texture, wgpu};
use viva_media::FacePose;
use viva_render::{Actor, Member, RenderError, Sources, TierChoice};

/// Heights in pixels at which a face is drawn, so that a moved border does not set up a new one at every pixel.
const HEIGHTS: [u32; 8] = [36, 90, 180, 270, 360, 450, 540, 720];
/// A processor that draws gets no larger ones.
const HIGHEST_IN_SOFTWARE: u32 = 450;
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// The heads, each made when it is first seen.
pub(super) struct Faces {
    gpu: Gpu,
    member: Arc<Member>,
    choice: TierChoice,
    sources: Sources,
    height: u32,
    faces: [Option<Face>; 2],
}

struct Face {
    actor: Actor,
    texture: Texture,
    id: egui::TextureId,
}

impl Faces {
    pub(super) fn new(gpu: &Gpu, member: Arc<Member>, choice: TierChoice) -> Self {
        let sources = Sources::default();
        Self { gpu: gpu.clone(), member, choice, sources, height: 0, faces: [None, None] }
    }

    /// The same heads on another device, by our own passes.
    pub(super) fn again(&self, gpu: &Gpu) -> Self {
        Self::new(gpu, Arc::clone(&self.member), self.choice)
    }

    /// Shows somebody else from now on.
    ///
    /// **Errors** where the device cannot draw them by the passes of now; then whoever was there stays.
    pub(super) fn show(&mut self, panels: &mut Renderer, member: Arc<Member>) -> Result<(), RenderError> {
        let before = std::mem::replace(&mut self.member, member);
        if let Err(error) = self.actor(of_height(HEIGHTS[0])) {
            self.member = before;
            return Err(error);
        }
        self.forget(panels);
        Ok(())
    }

    fn forget(&mut self, panels: &mut Renderer) {
        for face in self.faces.iter_mut().filter_map(Option::take) {
            panels.free_texture(&face.id);
        }
    }

    /// Who is shown, in a size of its own.
    pub(super) fn actor(&self, size: (u32, u32)) -> Result<Actor, RenderError> {
        let mut actor = self.member.actor(&self.gpu, size, &self.choice)?;
        self.member.reload(&mut actor, &self.sources)?;
        Ok(actor)
    }

    /// Draws by these passes from now on.
    ///
    /// **Errors** where they do not fit the device or each other; then the ones before go on.
    pub(super) fn reload(&mut self, sources: Sources) -> Result<(), RenderError> {
        for face in self.faces.iter_mut().flatten() {
            self.member.reload(&mut face.actor, &sources)?;
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
            self.forget(renderer);
        }
        let face = match self.faces[side].take() {
            Some(face) => face,
            None => Face::new(&self.gpu, self.actor(of_height(height))?, renderer),
        };
        let face = self.faces[side].insert(face);
        face.actor.render_to_view(pose, &face.texture.view, FORMAT)?;
        Ok(face.id)
    }
}

impl Face {
    fn new(gpu: &Gpu, actor: Actor, panels: &mut Renderer) -> Self {
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING;
        let texture = gpu.texture("studio.face", actor.size(), FORMAT, usage);
        let id = panels.register_native_texture(gpu.device(), &texture.view, wgpu::FilterMode::Linear);
        Self { actor, texture, id }
    }
}

const fn of_height(height: u32) -> (u32, u32) {
    (height * 16 / 9, height)
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
