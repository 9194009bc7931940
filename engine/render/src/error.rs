//! What can go wrong while a head is read or drawn.

use thiserror::Error;
use viva_gpu::GpuError;

/// Why a head cannot be read or drawn.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The file is not in the safetensors format.
    #[error("the head file is not readable: {0}")]
    NotSafetensors(#[from] safetensors::SafeTensorError),
    /// A tensor is missing or has another type or shape.
    #[error("the head file's tensor `{name}` {problem}")]
    Tensor {
        /// Which tensor.
        name: &'static str,
        /// What does not hold.
        problem: String,
    },
    /// The metadata do not name the parts or blendshapes that we know.
    #[error("the head file's metadata: {0}")]
    Metadata(String),
    /// The picture has no pixels or more than a device can hold.
    #[error("a picture of {width} x {height} pixels cannot be drawn (1..=8192 each)")]
    Size {
        /// Pixels per row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// An avatar's lists do not fit together.
    #[error("the avatar's lists do not fit together")]
    NotWhole,
    /// The shapes of an avatar need more memory at once than the device binds.
    #[error(
        "the avatar's shapes take {needed} bytes, and this device reads at most {most} at once: leave out shapes or make the mesh simpler"
    )]
    TooLarge {
        /// Bytes of one buffer.
        needed: u64,
        /// What the device binds.
        most: u64,
    },
    /// The pose holds a number that is not finite.
    #[error("the pose holds a number that is not finite")]
    PoseNotFinite,
    /// Passes that are valid one by one do not fit the person's buffers or the device.
    #[error("the passes do not fit: {0}")]
    Passes(String),
    /// The device failed.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A PNG cannot be read or written.
    #[error("picture file: {0}")]
    Picture(String),
}
