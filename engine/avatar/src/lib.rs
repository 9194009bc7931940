//! The room that reads and writes faces of others: avatars and captured movement.
//!
//! Enters: bytes of glTF, GLB and VRM files, of Live Link Face CSV, JSON curves and OSC datagrams. Leaves: a checked [`Avatar`]
//! with an [`ImportReport`], a [`FaceTake`] of poses, and the same written again.
//! This crate deliberately knows no file, socket, clock or device: what a file names beside it a caller's function reads, and
//! sockets stay with the command line. All input is hostile until checked.
//!
//! ```
//! use viva_avatar::{FaceTake, live_link, curves};
//! use viva_media::{Blendshape, FacePose, Timestamp};
//! let mut pose = FacePose::neutral(Timestamp::ZERO);
//! pose.weights[Blendshape::JawOpen] = 0.5;
//! let take = FaceTake::new(vec![pose]).expect("one pose is a take");
//! let csv = live_link::write(&take, 60.0);
//! let again = live_link::read(&csv, Some(60.0), live_link::Flip::default()).expect("our own file");
//! assert_eq!(again.take.poses()[0].weights[Blendshape::JawOpen], 0.5);
//! assert!(curves::write(&again.take).contains("jawOpen"));
//! ```

pub mod avatar;
pub mod curves;
mod error;
mod export;
mod gltf;
mod image;
mod import;
pub mod live_link;
pub mod osc;
pub mod report;
pub mod shapes;
pub mod take;
mod take_file;
pub mod vmc;
pub mod vrm;

pub use avatar::{Avatar, Delta, Joints, Material, Patch};
pub use error::AvatarError;
pub use export::to_glb;
pub use gltf::container::ReadBeside;
pub use gltf::mesh::{MAX_TRIANGLES, MAX_VERTICES};
pub use image::{Image, KEPT_SIDE_PX};
pub use import::{Imported, import};
pub use report::{ImportReport, Verdict};
pub use take::FaceTake;
pub use take_file::{ReadTake, TakeFile, TakeFileError};
