//! Twin of `shared/wrinkles.wgsl`.

use glam::{Mat4, Vec2, Vec3, Vec4};

use super::light::{mix, smoothstep};
use super::noise::noise3;
use crate::layout::{Frame, Look};

pub(super) const MIDDLE_V: f32 = 0.5168;

pub(super) fn bump(value: f32, centre: f32, width: f32) -> f32 {
    let d = (value - centre) / width;
    (-d * d).exp()
}

fn groove(value: f32, centre: f32, width: f32) -> Vec2 {
    let d = (value - centre) / width;
    let depth = (-d * d).exp();
    Vec2::new(depth, -2.0 * d * depth)
}

/// `wrinkle_relief`.
#[must_use]
pub fn wrinkle_relief(uv: Vec2, rest: Vec3) -> Vec3 {
    let across = (uv.y - MIDDLE_V).abs();
    let outwards = if uv.y < MIDDLE_V { 1.0 } else { -1.0 };
    let wobble = (noise3(rest * 45.0) - 0.5) * 0.004;
    let forehead = (groove(uv.x + wobble, 0.7780, 0.0015)
        + groove(uv.x + wobble * 1.4, 0.7890, 0.0016)
        + groove(uv.x - wobble, 0.7995, 0.0014))
        * (1.0 - smoothstep(0.024, 0.050, across));
    let frown = groove(across + wobble * 0.5, 0.0068, 0.0014) * bump(uv.x, 0.8165, 0.0085);
    let fan = (uv.x - 0.839) / (across - 0.044).max(0.002);
    let crow = (groove(fan, 0.45, 0.13) + groove(fan, 0.0, 0.12) + groove(fan, -0.5, 0.14))
        * bump(across, 0.0585, 0.0070);
    let fold = groove(across - 0.0175 - (uv.x - 0.8760) * 0.34, 0.0, 0.0026)
        * smoothstep(0.872, 0.884, uv.x)
        * (1.0 - smoothstep(0.904, 0.918, uv.x));
    let sidewards = frown.y + fold.y * 0.9;
    let upwards = -forehead.y - crow.y * 0.8 + fold.y * 0.3;
    let depth = forehead.x * 0.7 + frown.x * 0.9 + crow.x * 0.7 + fold.x * 0.5;
    let tilt = Vec2::new(sidewards * outwards, upwards).clamp(Vec2::NEG_ONE, Vec2::ONE);
    tilt.extend(depth.clamp(0.0, 1.0))
}

/// `wrinkle_strength`.
#[must_use]
pub fn wrinkle_strength(uv: Vec2, frame: &Frame, look: &Look) -> f32 {
    let across = (uv.y - MIDDLE_V).abs();
    let age = look.wear[0];
    let upper = 1.0 - smoothstep(0.804, 0.812, uv.x);
    let lower = smoothstep(0.858, 0.870, uv.x);
    let side = (1.0 - upper) * (1.0 - lower) * smoothstep(0.025, 0.040, across);
    let middle = (1.0 - upper) * (1.0 - lower) - side;
    let right = smoothstep(-0.012, 0.012, uv.y - MIDDLE_V);
    let drawn = Vec4::from(frame.wrinkles_left).lerp(frame.wrinkles_right.into(), right);
    let strength = drawn * mix(0.50, 1.0, age) + age * Vec4::new(0.40, 0.45, 0.40, 0.25);
    Vec4::new(upper, middle, side, lower).dot(strength).clamp(0.0, 1.0)
}

/// `skin_fold`.
#[must_use]
pub fn skin_fold(relief: Vec3, strength: f32, frame: &Frame) -> Vec4 {
    let tilt = (relief.truncate() * (strength * 0.55)).extend(0.0);
    let world = Mat4::from_cols_array_2d(&frame.world_from_head).transform_vector3(tilt);
    world.extend(relief.z * strength * 0.30)
}

#[cfg(test)]
mod tests {
    use super::super::light::sample_scene;
    use super::*;

    /// Places of the four groups: forehead, beside a brow's root, beside the eye, between nose and mouth.
    const PLACES: [(f32, f32); 4] = [(0.789, 0.010), (0.8165, 0.0068), (0.839, 0.0585), (0.893, 0.0233)];

    #[test]
    fn each_muscle_folds_the_skin_of_its_place_and_of_its_half() {
        let (mut frame, mut look) = sample_scene();
        look.wear[0] = 0.0;
        for group in 0..4 {
            (frame.wrinkles_left, frame.wrinkles_right) = ([0.0; 4], [0.0; 4]);
            frame.wrinkles_left[group] = 1.0;
            for (place, (u, across)) in PLACES.into_iter().enumerate() {
                let at = |v: f32| wrinkle_strength(Vec2::new(u, v), &frame, &look);
                let left = at(MIDDLE_V - across);
                assert_eq!(left > 0.2, place == group, "group {group} at place {place}: {left}");
                let is_aside = across > 0.012;
                assert!(!is_aside || at(MIDDLE_V + across) == 0.0, "group {group} crosses at {place}");
            }
        }
    }

    #[test]
    fn old_skin_keeps_folds_that_young_skin_has_not() {
        let (mut frame, mut look) = sample_scene();
        (frame.wrinkles_left, frame.wrinkles_right) = ([0.0; 4], [0.0; 4]);
        for (u, across) in PLACES {
            let mut at = |age: f32| {
                look.wear[0] = age;
                wrinkle_strength(Vec2::new(u, MIDDLE_V - across), &frame, &look)
            };
            assert_eq!(at(0.0), 0.0);
            assert!(at(1.0) > 0.2);
        }
    }

    #[test]
    fn the_flanks_of_a_groove_face_each_other() {
        // Above a line of the forehead the skin faces down, below it up.
        let tilt = |u: f32| wrinkle_relief(Vec2::new(u, MIDDLE_V), Vec3::ZERO).y;
        let wobble = (noise3(Vec3::ZERO) - 0.5) * 0.004 * 1.4;
        assert!(tilt(0.7885 - wobble) < -0.3 && tilt(0.7895 - wobble) > 0.3);
        // The fold beside the nose: towards the middle on its outer side, on both halves.
        let fold = |v: f32| wrinkle_relief(Vec2::new(0.893, v), Vec3::ZERO).x;
        assert!(fold(MIDDLE_V - 0.0255) < -0.3 && fold(MIDDLE_V + 0.0255) > 0.3);
    }
}
