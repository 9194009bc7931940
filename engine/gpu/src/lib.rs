//! The one owner of the graphics device.
//!
//! Enters: nothing, or a window's surface. Leaves: a [`Gpu`] with buffers, pipelines' raw device and readback of pictures;
//! and the networks of the tick as computing passes ([`FlowPasses`], [`MelPasses`]).
//! This crate deliberately knows no face, no shading and no window system, and makes no device that it is not asked for.
//!
//! ```no_run
//! let gpu = viva_gpu::Gpu::headless()?;
//! assert!(!gpu.adapter().name.is_empty());
//! # Ok::<(), viva_gpu::GpuError>(())
//! ```

mod buffers;
mod compute;
mod context;
mod flow_net;
mod mel;
mod readback;

pub use buffers::Texture;
pub use context::{AdapterSummary, Gpu, GpuError};
pub use flow_net::FlowPasses;
pub use mel::MelPasses;
pub use readback::Readback;
pub use wgpu;
