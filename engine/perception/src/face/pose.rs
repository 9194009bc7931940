//! Head pose: the turn, the tilt and the place of the canonical face that best explain the landmarks.

use glam::{DMat3, DQuat, DVec3};
use viva_media::Radians;

use super::geometry::{FaceGeometry, MAX_ANCHORS};
use super::points::Landmarks;

/// Where the head is and how it is turned, seen from the camera.
///
/// Axes: x to the right of the picture, y up, z towards the camera. A face that looks into the camera has no turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadPose {
    /// About the vertical axis; positive to the face's own left.
    pub yaw: Radians,
    /// About the ear-to-ear axis; positive lowers the chin.
    pub pitch: Radians,
    /// About the axis out of the face; positive tilts to the own right shoulder.
    pub roll: Radians,
    /// Camera from head, without scale.
    pub rotation: DMat3,
    /// The canonical head's origin, in centimetres of the canonical head; a relative measure, for the lens is not known.
    pub translation_cm: DVec3,
}

/// Vertical angle that the camera is taken to see; its true value is not known and changes the distance, hardly the turn.
const FIELD_OF_VIEW: f64 = 63.0 / 180.0 * std::f64::consts::PI;

/// The similarity `target = scale * rotation * source + translation`.
#[derive(Clone, Copy)]
struct Similarity {
    scale: f64,
    rotation: DMat3,
    translation: DVec3,
}

impl FaceGeometry {
    /// The pose that explains `points` (pixels of a picture of this size), or `None` where they lie in one place.
    ///
    /// **Source**: the scheme of the published face geometry module: bring the landmarks to the near plane of a pinhole
    /// camera, find their depth by two rounds of scale estimation, then fit the canonical face by weighted Procrustes.
    #[must_use]
    pub fn pose(&self, points: &Landmarks, width: u32, height: u32) -> Option<HeadPose> {
        let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
        let near_height = 2.0 * (FIELD_OF_VIEW / 2.0).tan();
        let near_width = near_height * w / h;
        let near_plane = |p: [f32; 3]| {
            let [x, y, z] = p.map(f64::from);
            DVec3::new((x / w - 0.5) * near_width, (0.5 - y / h) * near_height, z / w * near_width)
        };
        let mesh = &points[..points.len() - 10];
        let mean_depth = mesh.iter().map(|p| near_plane(*p).z).sum::<f64>() / mesh.len() as f64;

        let mut placed = [DVec3::ZERO; MAX_ANCHORS];
        let count = self.anchors.len();
        let mut fit_at = |place: &dyn Fn(DVec3) -> DVec3| {
            for (slot, anchor) in placed.iter_mut().zip(&self.anchors) {
                *slot = place(near_plane(points[anchor.landmark]));
            }
            self.fit(&placed[..count])
        };
        // Landmark depth grows away from the camera, the axis z towards it.
        let unprojected = |scale: f64| {
            move |p: DVec3| {
                let depth = (p.z - mean_depth + 1.0) / scale;
                DVec3::new(p.x * depth, p.y * depth, -depth)
            }
        };
        let flat = fit_at(&|p| DVec3::new(p.x, p.y, -p.z))?.scale;
        let deep = fit_at(&unprojected(flat))?.scale;
        let Similarity { rotation, translation, .. } = fit_at(&unprojected(flat * deep))?;
        let out = rotation.z_axis;
        Some(HeadPose {
            yaw: Radians(out.x.atan2(out.z) as f32),
            pitch: Radians((-out.y).clamp(-1.0, 1.0).asin() as f32),
            roll: Radians(rotation.x_axis.y.atan2(rotation.y_axis.y) as f32),
            rotation,
            translation_cm: translation,
        })
    }

    /// Weighted Procrustes from the canonical face to `targets`.
    ///
    /// **Source**: Horn 1987, "Closed-form solution of absolute orientation using unit quaternions".
    fn fit(&self, targets: &[DVec3]) -> Option<Similarity> {
        let total: f64 = self.anchors.iter().map(|a| a.weight).sum();
        let pairs = || self.anchors.iter().zip(targets);
        let source_mean = self.anchors.iter().map(|a| a.weight * a.position_cm).sum::<DVec3>() / total;
        let target_mean = pairs().map(|(a, t)| a.weight * *t).sum::<DVec3>() / total;
        let mut s = [[0.0; 3]; 3];
        let mut spread = 0.0;
        for (anchor, target) in pairs() {
            let (from, to) = (anchor.position_cm - source_mean, *target - target_mean);
            spread += anchor.weight * from.length_squared();
            for (row, f) in s.iter_mut().zip(from.to_array()) {
                for (cell, t) in row.iter_mut().zip(to.to_array()) {
                    *cell += anchor.weight * f * t;
                }
            }
        }
        let [[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]] = s;
        let [w, x, y, z] = largest_eigenvector([
            [xx + yy + zz, yz - zy, zx - xz, xy - yx],
            [yz - zy, xx - yy - zz, xy + yx, zx + xz],
            [zx - xz, xy + yx, yy - xx - zz, yz + zy],
            [xy - yx, zx + xz, yz + zy, zz - xx - yy],
        ]);
        let rotation = DMat3::from_quat(DQuat::from_xyzw(x, y, z, w));
        let along: f64 = pairs()
            .map(|(a, t)| a.weight * (rotation * (a.position_cm - source_mean)).dot(*t - target_mean))
            .sum();
        let scale = along / spread;
        let translation = target_mean - scale * (rotation * source_mean);
        (scale.is_finite() && scale > 1e-12 && translation.is_finite() && rotation.is_finite())
            .then_some(Similarity { scale, rotation, translation })
    }
}

/// The unit eigenvector of the largest eigenvalue of a symmetric matrix, by Jacobi rotations.
fn largest_eigenvector(mut a: [[f64; 4]; 4]) -> [f64; 4] {
    let mut vectors = [[0.0; 4]; 4];
    for (i, row) in vectors.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    // Convergence is quadratic: a 4 x 4 matrix is diagonal to the last bit after six to eight sweeps.
    for _ in 0..12 {
        for p in 0..3 {
            for q in p + 1..4 {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cos = 1.0 / (t * t + 1.0).sqrt();
                let sin = t * cos;
                for row in &mut a {
                    (row[p], row[q]) = (cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]);
                }
                let (upper, lower) = (a[p], a[q]);
                a[p] = std::array::from_fn(|k| cos * upper[k] - sin * lower[k]);
                a[q] = std::array::from_fn(|k| sin * upper[k] + cos * lower[k]);
                for row in &mut vectors {
                    (row[p], row[q]) = (cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]);
                }
            }
        }
    }
    let largest = (0..4).max_by(|&i, &j| a[i][i].total_cmp(&a[j][j])).unwrap_or(0);
    vectors.map(|row| row[largest])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::face::geometry::tests::encode;
    use crate::face::points::LANDMARK_COUNT;

    /// A bowl-shaped face in centimetres.
    fn place(i: usize) -> [f32; 3] {
        let (x, y) = ((i % 18) as f32 - 8.5, (i / 18) as f32 - 12.5);
        [x, y, 6.0 - 0.05 * x * x - 0.03 * y * y]
    }

    fn geometry() -> FaceGeometry {
        let basis: Vec<_> = (0..468).step_by(15).map(|i| (i, 0.1 + i as f32 / 900.0)).collect();
        FaceGeometry::parse(&encode(place, &basis)).expect("a good file")
    }

    /// The landmarks of that face under weak perspective at a given distance.
    fn project(rotation: DMat3, distance_cm: f64, width: f64, height: f64) -> Landmarks {
        let focal = height / 2.0 / (FIELD_OF_VIEW / 2.0).tan();
        let mut points = [[0.0; 3]; LANDMARK_COUNT];
        for (i, point) in points.iter_mut().enumerate().take(468) {
            let p = rotation * DVec3::from(place(i).map(f64::from)) - DVec3::Z * distance_cm;
            let scale = focal / distance_cm;
            // The network's depth is relative to the head and as large as if projected at the head's distance.
            *point = [width / 2.0 + p.x * scale, height / 2.0 - p.y * scale, -(p.z + distance_cm) * scale]
                .map(|v| v as f32);
        }
        points
    }

    proptest! {
        #[test]
        fn recovers_the_turn(yaw in -0.7_f64..0.7, pitch in -0.5_f64..0.5, roll in -0.7_f64..0.7) {
            let rotation = DMat3::from_rotation_y(yaw) * DMat3::from_rotation_x(pitch) * DMat3::from_rotation_z(roll);
            let pose = geometry().pose(&project(rotation, 400.0, 640.0, 480.0), 640, 480).expect("a pose");
            for (name, got, expect) in [("yaw", pose.yaw, yaw), ("pitch", pose.pitch, pitch), ("roll", pose.roll, roll)] {
                prop_assert!((f64::from(got.0) - expect).abs() < 0.03, "{name}: {} for {expect}", got.0);
            }
        }
    }

    #[test]
    fn nearer_heads_are_nearer() {
        let distance = |d: f64| -> f64 {
            let points = project(DMat3::IDENTITY, d, 640.0, 480.0);
            -geometry().pose(&points, 640, 480).expect("a pose").translation_cm.z
        };
        assert!((distance(80.0) / distance(40.0) - 2.0).abs() < 0.2, "{} {}", distance(80.0), distance(40.0));
    }

    #[test]
    fn landmarks_in_one_place_have_no_pose() {
        assert_eq!(geometry().pose(&[[0.0; 3]; LANDMARK_COUNT], 640, 480), None);
        assert_eq!(geometry().pose(&[[f32::NAN; 3]; LANDMARK_COUNT], 640, 480), None);
    }
}
