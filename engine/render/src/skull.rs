//! Distances from an inner point to the skin: the form that hair and garment are laid on.

use std::f32::consts::PI;

use glam::Vec3;

/// Azimuths of the table; 0 is the front, positive to the face's left.
const AZIMUTHS: usize = 56;
/// Angles from the crown down.
const FALLS: usize = 36;

/// Distance to the outermost skin in each direction.
#[derive(Debug)]
pub(crate) struct Skull {
    pub(crate) centre: Vec3,
    /// `[FALLS][AZIMUTHS]`.
    distance: Vec<f32>,
}

/// A direction by azimuth and angle from the crown, in radians.
pub(crate) fn direction(azimuth: f32, fall: f32) -> Vec3 {
    Vec3::new(fall.sin() * azimuth.sin(), fall.cos(), fall.sin() * azimuth.cos())
}

impl Skull {
    pub(crate) fn new(triangles: &[[Vec3; 3]], centre: Vec3) -> Self {
        let mut distance = Vec::with_capacity(AZIMUTHS * FALLS);
        for fall in 0..FALLS {
            for azimuth in 0..AZIMUTHS {
                let d = direction(azimuth_of(azimuth), fall_of(fall));
                distance.push(farthest_hit(triangles, centre, d).unwrap_or(0.0));
            }
        }
        // Rays into the open neck hit nothing: take the distance above.
        for i in AZIMUTHS..distance.len() {
            if distance[i] < 0.02 {
                distance[i] = distance[i - AZIMUTHS];
            }
        }
        Self { centre, distance }
    }

    /// Distance to the skin, interpolated.
    pub(crate) fn distance(&self, azimuth: f32, fall: f32) -> f32 {
        let x = (azimuth / (2.0 * PI)).rem_euclid(1.0) * AZIMUTHS as f32;
        let y = (fall / PI * FALLS as f32).clamp(0.0, FALLS as f32 - 1.001);
        let (x0, y0) = (x.floor(), y.floor());
        let at = |ix: f32, iy: f32| self.distance[iy as usize * AZIMUTHS + ix as usize % AZIMUTHS];
        let row = |iy: f32| at(x0, iy) + (at(x0 + 1.0, iy) - at(x0, iy)) * (x - x0);
        row(y0) + (row(y0 + 1.0) - row(y0)) * (y - y0)
    }
}

fn azimuth_of(index: usize) -> f32 {
    index as f32 / AZIMUTHS as f32 * 2.0 * PI
}

fn fall_of(index: usize) -> f32 {
    index as f32 / FALLS as f32 * PI
}

/// The farthest point where a ray from inside leaves the triangles.
///
/// **Source**: T. Möller, B. Trumbore, "Fast, minimum storage ray/triangle intersection" (1997).
pub(crate) fn farthest_hit(triangles: &[[Vec3; 3]], origin: Vec3, direction: Vec3) -> Option<f32> {
    let mut best: Option<f32> = None;
    for [a, b, c] in triangles {
        let (edge1, edge2) = (*b - *a, *c - *a);
        let p = direction.cross(edge2);
        let determinant = edge1.dot(p);
        if determinant.abs() < 1e-12 {
            continue;
        }
        let inverse = 1.0 / determinant;
        let s = origin - *a;
        let u = s.dot(p) * inverse;
        if !(0.0..=1.0).contains(&u) {
            continue;
        }
        let q = s.cross(edge1);
        let v = direction.dot(q) * inverse;
        if v < 0.0 || u + v > 1.0 {
            continue;
        }
        let t = edge2.dot(q) * inverse;
        if t > 0.0 && best.is_none_or(|known| t > known) {
            best = Some(t);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ray_finds_the_farther_of_two_walls() {
        let wall = |z: f32| [Vec3::new(-9.0, -9.0, z), Vec3::new(9.0, -9.0, z), Vec3::new(0.0, 9.0, z)];
        let found = farthest_hit(&[wall(1.0), wall(3.0)], Vec3::ZERO, Vec3::Z);
        assert!((found.expect("two walls ahead") - 3.0).abs() < 1e-5);
        assert_eq!(farthest_hit(&[wall(1.0)], Vec3::ZERO, Vec3::NEG_Z), None);
    }
}
