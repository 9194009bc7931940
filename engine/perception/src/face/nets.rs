//! The port to the three face networks.

use super::points::{LANDMARK_COUNT, Landmarks};

/// Side of the detector's square input.
pub const DETECTOR_SIDE: usize = 128;

/// Side of the landmark network's square input.
pub const LANDMARK_SIDE: usize = 256;

/// Boxes that the detector always returns.
pub(crate) const ANCHOR_COUNT: usize = 896;

/// Numbers per box: centre, size, six points.
pub(crate) const BOX_VALUES: usize = 16;

/// Input of the blendshape network: 146 points as x, y pairs in pixels of the whole picture.
pub type ShapePoints = [f32; 292];

/// What the detector says, before any decoding.
#[derive(Clone, Debug)]
pub struct RawDetections {
    /// **Shape** `[896, 16]`: centre, size and six points relative to the anchor, in pixels of the 128 px input.
    pub regressors: Box<[f32]>,
    /// **Shape** `[896]`: logits.
    pub logits: Box<[f32]>,
}

impl Default for RawDetections {
    fn default() -> Self {
        Self {
            regressors: vec![0.0; ANCHOR_COUNT * BOX_VALUES].into(),
            logits: vec![f32::MIN; ANCHOR_COUNT].into(),
        }
    }
}

/// What the landmark network says, before any mapping.
#[derive(Clone, Debug)]
pub struct RawLandmarks {
    /// **Shape** `[478, 3]`: x, y, z in pixels of the 256 px crop.
    pub points: Box<Landmarks>,
    /// Logit that the crop holds a face.
    pub presence_logit: f32,
}

impl Default for RawLandmarks {
    fn default() -> Self {
        Self { points: Box::new([[0.0; 3]; LANDMARK_COUNT]), presence_logit: f32::MIN }
    }
}

/// The three networks of the face chain; implemented in `inference`.
///
/// A call cannot fail: weights and shapes were checked when the networks were loaded.
pub trait FaceNets: Send {
    /// Looks for faces. **Shape** `rgb` `[128, 128, 3]` in -1..=1.
    fn detect(&mut self, rgb: &[f32], out: &mut RawDetections);

    /// Places the landmarks of one face. **Shape** `rgb` `[256, 256, 3]` in 0..=1.
    fn landmarks(&mut self, rgb: &[f32], out: &mut RawLandmarks);

    /// The weights of the face's shapes: `_neutral`, then 51 ARKit blendshapes in alphabetical order without `tongueOut`.
    fn blendshapes(&mut self, points_px: &ShapePoints) -> [f32; 52];
}
