//! Video frames.

use std::sync::Arc;

use crate::Timestamp;

/// One picture of a camera or of the renderer, stamped by the capture clock.
///
/// **Shape** `[height, width, 3]`, row-major, top row first, RGB, sRGB-encoded bytes, no row padding.
#[derive(Clone, PartialEq, Eq)]
pub struct VideoFrame {
    /// When the picture was captured.
    pub captured: Timestamp,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Arc<[u8]>,
}

impl VideoFrame {
    /// A frame, or `None` where the byte count does not fit the size.
    #[must_use]
    pub fn new(captured: Timestamp, width: u32, height: u32, rgb: impl Into<Arc<[u8]>>) -> Option<Self> {
        let rgb = rgb.into();
        (rgb.len() == width as usize * height as usize * 3).then_some(Self { captured, width, height, rgb })
    }
}

impl std::fmt::Debug for VideoFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VideoFrame({}x{} at {:.3} s)", self.width, self.height, self.captured.as_secs())
    }
}
