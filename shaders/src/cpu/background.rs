//! Twin of `shared/back_shade.wgsl`.

use glam::{Vec2, Vec3};

use super::light::{mix3, rgb, smoothstep};
use super::noise::lattice;
use crate::layout::Look;

fn panel(s: Vec2, [left, right, low, high]: [f32; 4], blur: f32) -> f32 {
    smoothstep(left - blur, left + blur, s.x)
        * (1.0 - smoothstep(right - blur, right + blur, s.x))
        * smoothstep(low - blur, low + blur, s.y)
        * (1.0 - smoothstep(high - blur, high + blur, s.y))
}

/// `shade_background`.
#[must_use]
pub fn shade_background(s: Vec2, look: &Look) -> Vec3 {
    let mut color = mix3(rgb(look.back_bottom), rgb(look.back_top), smoothstep(-1.0, 1.0, s.y + s.x * 0.25));
    let window =
        panel(s, [-1.15, -0.52, -0.35, 1.3], 0.09) * (1.0 - 0.45 * panel(s, [-0.86, -0.81, -2.0, 2.0], 0.03));
    color = mix3(color, rgb(look.back_light), window * look.back_light[3]);
    let shelf = panel(s, [0.48, 1.25, 0.30, 0.40], 0.05) + panel(s, [0.48, 1.25, -0.30, -0.20], 0.05);
    color *= 1.0 - 0.38 * shelf;
    for i in 0..9 {
        let x = 0.54 + i as f32 * 0.072;
        let high = 0.62 + 0.16 * lattice(i, 5, 0);
        let book = panel(s, [x, x + 0.05, 0.40, high], 0.028);
        let tone = Vec3::new(lattice(i, 3, 0), lattice(i, 7, 0) * 0.9, lattice(i, 9, 0) * 0.8);
        color *= mix3(Vec3::ONE, Vec3::splat(0.55) + 0.7 * tone, book * 0.55);
    }
    color * (1.0 - 0.16 * s.dot(s))
}
