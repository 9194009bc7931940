//! Which landmark is which.

/// Landmarks of one face: 468 of the mesh and 10 of the irises.
pub const LANDMARK_COUNT: usize = 478;

/// x, y, z of each landmark; z grows away from the camera, in the unit of x.
pub type Landmarks = [[f32; 3]; LANDMARK_COUNT];

/// The landmarks that the blendshape network reads, in its order.
///
/// **Source**: the published face landmarker graph; the parity test of the chain fails on any other list.
pub const SHAPE_POINTS: [u16; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70,
    78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149,
    150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195,
    197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300,
    308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375,
    377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454,
    466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
];

/// Outer corner of the subject's right eye.
pub(crate) const RIGHT_EYE_OUTER: usize = 33;
/// Inner corner of the subject's right eye.
pub(crate) const RIGHT_EYE_INNER: usize = 133;
/// Outer corner of the subject's left eye.
pub(crate) const LEFT_EYE_OUTER: usize = 263;
/// Inner corner of the subject's left eye.
pub(crate) const LEFT_EYE_INNER: usize = 362;
/// Centre of the subject's right iris.
pub(crate) const RIGHT_IRIS: usize = 468;
/// Centre of the subject's left iris.
pub(crate) const LEFT_IRIS: usize = 473;
/// Middle of the upper lip's inner edge.
pub(crate) const UPPER_LIP_INNER: usize = 13;
/// Middle of the lower lip's inner edge.
pub(crate) const LOWER_LIP_INNER: usize = 14;

/// Distance of two landmarks in three dimensions, so that a turned head does not shrink it.
pub(crate) fn distance(points: &Landmarks, a: usize, b: usize) -> f32 {
    let (a, b) = (points[a], points[b]);
    ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_points_are_sorted_and_within_the_mesh() {
        assert!(SHAPE_POINTS.is_sorted_by(|a, b| a < b));
        assert!(SHAPE_POINTS.iter().all(|&p| usize::from(p) < LANDMARK_COUNT));
    }
}
