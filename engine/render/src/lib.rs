//! The room that draws a face.
//!
//! Enters: a head file with a [`Look`], or an imported [`viva_avatar::Avatar`], and [`viva_media::FacePose`]s. Leaves: [`viva_media::VideoFrame`]s or pictures on a window.
//! This crate deliberately knows no behaviour, no speech, no clock and no file: bytes are handed in.
//!
//! ```no_run
//! use viva_media::{FacePose, Timestamp};
//! use viva_render::{HeadAsset, HeadRenderer, Look, RenderError};
//! fn still(head_file: &[u8]) -> Result<(), RenderError> {
//!     let gpu = viva_gpu::Gpu::headless()?;
//!     let head = HeadAsset::from_safetensors(head_file)?;
//!     let mut renderer = HeadRenderer::new(&gpu, &head, &Look::examiner(), 640, 360)?;
//!     let frame = renderer.render(&FacePose::neutral(Timestamp::ZERO))?;
//!     assert_eq!((frame.width, frame.height), (640, 360));
//!     Ok(())
//! }
//! ```

mod actor;
mod asset;
mod cloth;
pub mod compose;
mod device;
mod error;
mod full;
mod grid;
mod hair;
mod identity;
mod imported;
mod lettering;
mod look;
mod masks;
mod occlusion;
mod person;
mod pipelines;
mod region;
mod renderer;
mod skull;
mod software;
mod sources;
mod subdivide;
mod surface;
pub mod testing;
mod tier_choice;
mod window_face;

pub use actor::{Actor, Member};
pub use asset::HeadAsset;
pub use error::RenderError;
pub use identity::{HEADS, Identity, IdentityError};
pub use imported::AvatarRenderer;
pub use lettering::{Lettering, Paper};
pub use look::{Background, Garment, HairStyle, Look, Rgb};
pub use renderer::{HeadRenderer, Tier};
pub use sources::{SourceFault, Sources};
pub use tier_choice::{TierChoice, moving};
pub use window_face::{Shown, WindowFace};
