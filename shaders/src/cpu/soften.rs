//! Twin of `shared/soften_edge.wgsl`.

use glam::Vec3;

/// `soften`.
#[must_use]
pub fn soften(middle: Vec3, [north, south, west, east]: [Vec3; 4]) -> Vec3 {
    let low = middle.y.min(north.y).min(south.y).min(west.y).min(east.y);
    let high = middle.y.max(north.y).max(south.y).max(west.y).max(east.y);
    let share = ((high - low - 0.06) * 6.0).clamp(0.0, 0.7);
    middle.lerp((north + south + west + east + middle * 2.0) / 6.0, share)
}
