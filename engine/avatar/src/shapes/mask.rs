//! Which part of the face a vertex belongs to, as soft shares that sum to one.

use glam::Vec3;

use super::names::Side;
use crate::avatar::{Delta, bounds};

/// Width of the seam between two halves, in shares of the face's width.
const SEAM: f32 = 0.08;

/// The seam between eyes and mouth lies over the cheeks and is so many times as wide: a narrower one creases a smile.
const CHEEK_SEAMS: f32 = 5.0;

/// The middle of a face and how wide its seams are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceMask {
    /// Where left and right meet, metres.
    middle_x: f32,
    /// Between eyes and mouth; `None` where it is not known.
    split_y: Option<f32>,
    half_seam: f32,
}

impl FaceMask {
    /// From what a shape of both sides moves, and the height between eyes and mouth where it is known.
    pub(crate) fn around(places: impl Iterator<Item = Vec3>, split_y: Option<f32>) -> Self {
        let (low, high) = bounds(places);
        let width = (high.x - low.x).max(1e-4);
        let middle_x = if width.is_finite() { (low.x + high.x) * 0.5 } else { 0.0 };
        let half_seam = if width.is_finite() { width * SEAM * 0.5 } else { 1e-3 };
        Self { middle_x, split_y, half_seam }
    }

    /// How far a place belongs to a side; both sides sum to one.
    pub(crate) fn side(&self, place: Vec3, side: Side) -> f32 {
        // x points to the face's own left.
        let left = soft((place.x - self.middle_x) / self.half_seam);
        if side == Side::Left { left } else { 1.0 - left }
    }

    /// How far a place belongs to the half with the eyes; `None` where that is not known.
    pub(crate) fn upper(&self, place: Vec3) -> Option<f32> {
        self.split_y.map(|split| soft((place.y - split) / (self.half_seam * CHEEK_SEAMS)))
    }
}

/// The shifts of a shape scaled by a share of their places; what is not moved any more is left out.
pub(crate) fn scaled(deltas: &[Delta], position: &[Vec3], share: impl Fn(Vec3) -> f32) -> Vec<Delta> {
    deltas
        .iter()
        .map(|(vertex, delta)| (*vertex, *delta * share(position[*vertex as usize])))
        .filter(|(_, delta)| delta.length_squared() > 0.0)
        .collect()
}

/// A smooth step from -1 to 1; odd about the middle, so that a half and its counterpart sum to one.
fn soft(x: f32) -> f32 {
    let t = (x * 0.5 + 0.5).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_sum_to_the_whole() {
        let places = (-50..=50).map(|x| Vec3::new(x as f32 * 1e-3 + 0.01, x as f32 * 1e-3, 0.0));
        let mask = FaceMask::around(places.clone(), Some(0.0));
        for place in places {
            let sum = mask.side(place, Side::Left) + mask.side(place, Side::Right);
            assert!((sum - 1.0).abs() < 1e-6, "{place}");
        }
        assert_eq!(mask.side(Vec3::new(0.06, 0.0, 0.0), Side::Left), 1.0);
        assert_eq!(mask.side(Vec3::new(-0.04, 0.0, 0.0), Side::Left), 0.0);
        assert_eq!(mask.upper(Vec3::new(0.0, 0.05, 0.0)), Some(1.0));
        assert_eq!(FaceMask::around([].into_iter(), None).upper(Vec3::ZERO), None);
    }
}
