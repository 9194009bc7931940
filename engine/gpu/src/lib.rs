//! The one owner of the graphics device.
//!
//! Enters: nothing, or a window's surface. Leaves: a [`Gpu`] with buffers, pipelines' raw device and readback of pictures.
//! This crate deliberately knows no face, no shader and no window system.
//!
//! ```no_run
//! let gpu = viva_gpu::Gpu::headless()?;
//! assert!(!gpu.adapter().name.is_empty());
//! # Ok::<(), viva_gpu::GpuError>(())
//! ```

mod buffers;
mod context;
mod readback;

pub use buffers::Texture;
pub use context::{AdapterSummary, Gpu, GpuError};
pub use readback::Readback;
pub use wgpu;
