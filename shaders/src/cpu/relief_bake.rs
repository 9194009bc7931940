//! Twin of `relief_texel` in `shared/wrinkles.wgsl`: where the skin folds, as one texel of the atlas.

use glam::{Vec2, Vec3};

use super::wrinkles::wrinkle_relief;

/// The tilt of the normal (0.5 none), the depth, and 1.
#[must_use]
pub fn relief_texel(uv: Vec2, rest: Vec3) -> [f32; 4] {
    let relief = wrinkle_relief(uv, rest);
    [relief.x * 0.5 + 0.5, relief.y * 0.5 + 0.5, relief.z, 1.0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texels_are_bytes_and_smooth_skin_is_in_their_middle() {
        for step in 0..400 {
            let uv = Vec2::new(0.75 + step as f32 * 0.0005, 0.5168 - (step % 20) as f32 * 0.003);
            let texel = relief_texel(uv, Vec3::ZERO);
            assert!(texel.iter().all(|value| (0.0..=1.0).contains(value)), "{uv}: {texel:?}");
        }
        // On the chin and on the neck nothing folds.
        for place in [Vec2::new(0.95, 0.5168), Vec2::new(0.3, 0.4)] {
            assert_eq!(relief_texel(place, Vec3::ZERO), [0.5, 0.5, 0.0, 1.0], "{place}");
        }
    }
}
