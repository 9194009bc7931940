//! Twin of `shared/soften_edge.wgsl`, where the source is named.

use glam::{Vec2, Vec3};

/// `is_edge`.
#[must_use]
pub fn is_edge(low: f32, high: f32) -> bool {
    high - low > (0.09 * high).max(0.035)
}

/// `edge_span`.
#[must_use]
pub fn edge_span(slope: Vec2) -> Vec2 {
    let along = Vec2::new(-slope.y, slope.x);
    (along / (slope.x.abs().min(slope.y.abs()) + 0.02)).clamp(Vec2::splat(-8.0), Vec2::splat(8.0))
}

/// `edge_blend`.
#[must_use]
pub fn edge_blend(near: Vec3, far: Vec3, low: f32, high: f32) -> Vec3 {
    let both = (near + far) * 0.5;
    if (low..=high).contains(&both.y) { both } else { near }
}
