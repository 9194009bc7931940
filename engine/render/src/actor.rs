//! Our own people and imported avatars as one: who is seen on a window or in a film.

use viva_avatar::Avatar;
use viva_gpu::Gpu;
use viva_media::{FacePose, VideoFrame};

use crate::RenderError;
use crate::asset::HeadAsset;
use crate::imported::AvatarRenderer;
use crate::look::Look;
use crate::renderer::{HeadRenderer, Tier};
use crate::sources::Sources;
use crate::tier_choice::TierChoice;

/// Somebody who can be drawn.
#[derive(Clone, Debug)]
pub enum Member {
    /// One of our own people.
    Own(Box<HeadAsset>, Box<Look>),
    /// An imported avatar in the room of a look.
    Imported(Box<Avatar>, Box<Look>),
}

impl Member {
    /// Puts them on the device. An import's tier is what suits the adapter, where nobody has asked for one: it has one pass,
    /// whatever the tier.
    ///
    /// # Errors
    ///
    /// As [`HeadRenderer::new`] and [`AvatarRenderer::new`].
    pub fn actor(&self, gpu: &Gpu, size: (u32, u32), choice: &TierChoice) -> Result<Actor, RenderError> {
        Ok(match self {
            Self::Own(head, look) => Actor::Own(Box::new(choice.renderer(gpu, head, look, size)?)),
            Self::Imported(avatar, room) => {
                let tier = choice.wanted.unwrap_or_else(|| Tier::of(gpu));
                let renderer = AvatarRenderer::with_tier(gpu, avatar, room, size.0, size.1, tier)?;
                Actor::Imported(Box::new(renderer))
            }
        })
    }

    /// Draws them by other passes from now on; an actor who is no such member's stays as it is.
    ///
    /// # Errors
    ///
    /// As [`HeadRenderer::reload`]; then the passes before go on.
    pub fn reload(&self, actor: &mut Actor, sources: &Sources) -> Result<(), RenderError> {
        match (self, actor) {
            (Self::Own(..), Actor::Own(renderer)) => renderer.reload(sources)?,
            (Self::Imported(avatar, room), Actor::Imported(renderer)) if renderer.sources != *sources => {
                **renderer = renderer.again(avatar, room, sources)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Somebody on the device.
#[derive(Debug)]
pub enum Actor {
    /// One of our own people.
    Own(Box<HeadRenderer>),
    /// An imported avatar.
    Imported(Box<AvatarRenderer>),
}

impl Actor {
    /// Draws a pose and reads the picture back.
    ///
    /// # Errors
    ///
    /// As [`HeadRenderer::render`].
    pub fn render(&mut self, pose: &FacePose) -> Result<VideoFrame, RenderError> {
        match self {
            Self::Own(renderer) => renderer.render(pose),
            Self::Imported(renderer) => renderer.render(pose),
        }
    }

    /// Draws a pose onto a view of the renderer's size; the format as for [`HeadRenderer::render_to_view`].
    ///
    /// # Errors
    ///
    /// [`RenderError::PoseNotFinite`].
    pub fn render_to_view(
        &mut self,
        pose: &FacePose,
        view: &wgpu::TextureView,
        format: wgpu::TextureFormat,
    ) -> Result<(), RenderError> {
        match self {
            Self::Own(renderer) => renderer.render_to_view(pose, view, format),
            Self::Imported(renderer) => renderer.render_to_view(pose, view, format),
        }
    }

    /// Pixels per row and rows.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Own(renderer) => renderer.size(),
            Self::Imported(renderer) => renderer.size(),
        }
    }

    /// The tier that was chosen for one of our own people.
    #[must_use]
    pub fn tier(&self) -> Option<Tier> {
        match self {
            Self::Own(renderer) => Some(renderer.tier()),
            Self::Imported(_) => None,
        }
    }
}
