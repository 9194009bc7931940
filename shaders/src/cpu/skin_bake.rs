//! Twin of `skin_texel` in `shared/skin_shade.wgsl`: what does not change of the skin, as one texel of the atlas.

use glam::{Vec2, Vec3};

use super::light::mix;
use super::skin::{SkinPoint, brow_cover, shine, skin_albedo};
use crate::layout::Look;

/// The square root of the albedo, and half the gloss.
#[must_use]
pub fn skin_texel(p: &SkinPoint, look: &Look) -> [f32; 4] {
    let uv = Vec2::from(p.uv);
    // Brows are looked for only where they can be; the rest of the face costs nothing.
    let brow = if uv.x > 0.805 && uv.x < 0.835 { brow_cover(uv) * look.brow[3] } else { 0.0 };
    let albedo = skin_albedo(p, look).clamp(Vec3::ZERO, Vec3::ONE);
    let gloss =
        shine(uv, p.rest.into()) * (1.0 + p.lips * 0.55) * mix(1.0, 0.25, brow) * (1.0 - p.inner_mouth);
    [albedo.x.sqrt(), albedo.y.sqrt(), albedo.z.sqrt(), gloss * 0.5]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lips_shine_and_the_inner_mouth_does_not() {
        let look =
            Look { skin: [0.6, 0.4, 0.3, 0.0], lip: [0.6, 0.3, 0.3, 1.0], ..bytemuck::Zeroable::zeroed() };
        let at = |lips: f32, inner_mouth: f32| {
            skin_texel(&SkinPoint { uv: [0.9, 0.3], lips, inner_mouth, ..SkinPoint::default() }, &look)
        };
        assert!(at(1.0, 0.0)[3] > at(0.0, 0.0)[3]);
        assert!(at(0.0, 1.0)[3].abs() < 1e-6);
        for texel in [at(0.0, 0.0), at(1.0, 0.0), at(0.5, 0.5)] {
            assert!(texel.iter().all(|value| (0.0..=1.0).contains(value)), "{texel:?}");
        }
    }
}
