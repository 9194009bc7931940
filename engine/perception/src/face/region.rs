//! The turned square around a face that the landmark network looks at.

use super::detection::Detection;
use super::points::{LEFT_EYE_OUTER, Landmarks, RIGHT_EYE_OUTER};
use super::warp::CropMap;

/// How much larger than the face's box the square is.
const MARGIN: f32 = 1.5;

/// A square in the picture, turned so that the eyes lie level in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Centre in pixels of the picture.
    pub centre_px: [f32; 2],
    /// Length of an edge in pixels of the picture.
    pub side_px: f32,
    /// Clockwise turn in radians (y points down).
    pub angle: f32,
}

impl Region {
    /// Around a box, level with the line from the right to the left eye.
    #[must_use]
    pub fn around(box_px: [f32; 4], right_eye: [f32; 2], left_eye: [f32; 2]) -> Self {
        let [left, top, right, bottom] = box_px;
        Self {
            centre_px: [(left + right) / 2.0, (top + bottom) / 2.0],
            side_px: (right - left).max(bottom - top) * MARGIN,
            angle: (left_eye[1] - right_eye[1]).atan2(left_eye[0] - right_eye[0]),
        }
    }

    /// Around a face that the detector found.
    #[must_use]
    pub fn of_detection(face: &Detection) -> Self {
        Self::around(face.box_px, face.keypoints_px[0], face.keypoints_px[1])
    }

    /// Around the landmarks of the frame before, while a face is tracked.
    #[must_use]
    pub fn of_landmarks(points: &Landmarks) -> Self {
        let fold = |axis: usize, start: f32, pick: fn(f32, f32) -> f32| {
            points.iter().fold(start, |edge, p| pick(edge, p[axis]))
        };
        let edges = [
            fold(0, f32::INFINITY, f32::min),
            fold(1, f32::INFINITY, f32::min),
            fold(0, f32::NEG_INFINITY, f32::max),
            fold(1, f32::NEG_INFINITY, f32::max),
        ];
        let at = |i: usize| [points[i][0], points[i][1]];
        Self::around(edges, at(RIGHT_EYE_OUTER), at(LEFT_EYE_OUTER))
    }

    /// False where following the square further makes no sense: not finite, tiny, huge, or its centre outside the picture.
    #[must_use]
    pub fn is_plausible(&self, width: u32, height: u32) -> bool {
        let (w, h) = (width as f32, height as f32);
        let [x, y] = self.centre_px;
        self.angle.is_finite()
            && (0.0..=w).contains(&x)
            && (0.0..=h).contains(&y)
            && self.side_px >= 8.0
            && self.side_px <= 4.0 * w.max(h)
    }

    /// The crop that shows this square upright.
    #[must_use]
    pub fn crop_map(&self) -> CropMap {
        let (side, angle) = (f64::from(self.side_px), f64::from(self.angle));
        let across = [angle.cos() * side, angle.sin() * side];
        let down = [-angle.sin() * side, angle.cos() * side];
        let corner = |axis: usize| f64::from(self.centre_px[axis]) - (across[axis] + down[axis]) / 2.0;
        CropMap { origin: [corner(0), corner(1)], across, down }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_face_gives_an_upright_square() {
        let region = Region::around([10.0, 20.0, 30.0, 60.0], [15.0, 30.0], [25.0, 30.0]);
        assert_eq!(region, Region { centre_px: [20.0, 40.0], side_px: 60.0, angle: 0.0 });
        let map = region.crop_map();
        assert_eq!(map.picture_from_crop(0.0, 0.0), [-10.0, 10.0]);
        assert_eq!(map.picture_from_crop(1.0, 0.5), [50.0, 40.0]);
    }

    #[test]
    fn a_turned_face_turns_the_square_about_its_centre() {
        let region = Region::around([0.0, 0.0, 40.0, 40.0], [20.0, 10.0], [20.0, 30.0]);
        assert!((region.angle - std::f32::consts::FRAC_PI_2).abs() < 1e-6);
        let map = region.crop_map();
        let centre = map.picture_from_crop(0.5, 0.5);
        assert!((centre[0] - 20.0).abs() < 1e-4 && (centre[1] - 20.0).abs() < 1e-4);
        // What lies to the right of the face in the crop lies below it in the picture.
        let right = map.picture_from_crop(1.0, 0.5);
        assert!((right[0] - 20.0).abs() < 1e-3 && (right[1] - 50.0).abs() < 1e-3, "{right:?}");
    }

    #[test]
    fn implausible_squares() {
        let good = Region { centre_px: [50.0, 50.0], side_px: 40.0, angle: 0.1 };
        assert!(good.is_plausible(100, 100));
        for bad in [
            Region { centre_px: [f32::NAN, 50.0], ..good },
            Region { centre_px: [50.0, 101.0], ..good },
            Region { side_px: 2.0, ..good },
            Region { side_px: 1e6, ..good },
            Region { side_px: f32::NAN, ..good },
            Region { angle: f32::NAN, ..good },
        ] {
            assert!(!bad.is_plausible(100, 100), "{bad:?}");
        }
    }
}
