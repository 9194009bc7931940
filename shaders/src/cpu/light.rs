//! Twin of `shared/light.wgsl` and the WGSL built-ins that it uses.

use glam::{Mat4, Vec3};

use crate::layout::{Frame, Look};

/// WGSL `smoothstep`.
#[must_use]
pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// WGSL `mix` of numbers.
#[must_use]
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a * (1.0 - t) + b * t
}

/// WGSL `mix` of vectors with one weight.
#[must_use]
pub fn mix3(a: Vec3, b: Vec3, t: f32) -> Vec3 {
    a * (1.0 - t) + b * t
}

/// The first three numbers.
#[must_use]
pub fn rgb(v: [f32; 4]) -> Vec3 {
    Vec3::new(v[0], v[1], v[2])
}

/// WGSL `normalize`, zero for zero.
#[must_use]
pub fn unit(v: Vec3) -> Vec3 {
    v.normalize_or_zero()
}

/// Diffuse light that bleeds over the terminator.
#[must_use]
pub fn wrapped(n_dot_l: f32, reach: Vec3) -> Vec3 {
    let w = ((Vec3::splat(n_dot_l) + reach) / (Vec3::ONE + reach)).clamp(Vec3::ZERO, Vec3::ONE);
    w * w * (Vec3::splat(3.0) - 2.0 * w) * 0.45 + w * 0.55
}

/// GGX lobe times n.l.
#[must_use]
pub fn ggx(normal: Vec3, to_eye: Vec3, to_light: Vec3, roughness: f32, f0: f32) -> f32 {
    let half_way = unit(to_eye + to_light);
    let n_dot_l = normal.dot(to_light).max(0.0);
    let n_dot_v = normal.dot(to_eye).max(0.001);
    let n_dot_h = normal.dot(half_way).max(0.0);
    let v_dot_h = to_eye.dot(half_way).max(0.0);
    let a = roughness * roughness;
    let d = n_dot_h * n_dot_h * (a * a - 1.0) + 1.0;
    let k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    let visibility = 1.0 / (4.0 * (n_dot_l * (1.0 - k) + k) * (n_dot_v * (1.0 - k) + k));
    let fresnel = f0 + (1.0 - f0) * (1.0 - v_dot_h).powf(5.0);
    a * a / (std::f32::consts::PI * d * d) * visibility * fresnel * n_dot_l
}

/// Light that comes out of thin flesh.
#[must_use]
pub fn transmitted(n_dot_l: f32, through: f32) -> Vec3 {
    let behind = ((0.25 - n_dot_l) / 1.25).clamp(0.0, 1.0);
    Vec3::new(0.95, 0.22, 0.10) * (behind * through)
}

/// Light of the room on a surface that faces along `n`.
#[must_use]
pub fn ambient(frame: &Frame, n: Vec3) -> Vec3 {
    let room = frame.room.map(rgb);
    let linear = room[1] * n.y + room[2] * n.z + room[3] * n.x;
    let mixed = room[4] * (n.x * n.y) + room[5] * (n.y * n.z) + room[7] * (n.x * n.z);
    let squares = room[6] * (3.0 * n.z * n.z - 1.0) + room[8] * (n.x * n.x - n.y * n.y);
    (room[0] + linear + mixed + squares).max(Vec3::ZERO)
}

/// Occlusion in colour.
#[must_use]
pub fn tinted_occlusion(occlusion: f32, albedo: Vec3) -> Vec3 {
    let bounce = albedo.clamp(Vec3::ZERO, Vec3::splat(0.9)) * 0.7;
    Vec3::splat(occlusion) / (Vec3::ONE - bounce * (1.0 - occlusion))
}

/// A frame and a look with ordinary numbers, for comparisons.
#[must_use]
pub fn sample_scene() -> (Frame, Look) {
    let identity = Mat4::IDENTITY.to_cols_array_2d();
    let towards = |x: f32, y: f32, z: f32, w: f32| unit(Vec3::new(x, y, z)).extend(w).to_array();
    let frame = Frame {
        clip_from_world: identity,
        world_from_head: identity,
        head_from_left_eye: identity,
        head_from_right_eye: identity,
        camera: [0.0, 0.14, 1.15, 0.0],
        key_direction: towards(-0.5, 0.5, 0.7, 1.3),
        key_color: [2.1, 2.0, 1.8, 0.0],
        fill_direction: towards(0.8, 0.1, 0.6, 0.0),
        fill_color: [0.2, 0.22, 0.28, 0.0],
        rim_direction: towards(0.7, 0.45, -0.6, 0.0),
        rim_color: [1.0, 1.0, 0.9, 0.0],
        room: std::array::from_fn(|k| {
            // Light of the front and from above, with all terms.
            let strength = [0.29, 0.17, 0.15, -0.11, -0.06, 0.12, 0.03, -0.2, 0.03][k];
            [strength, strength * 0.95, strength * 0.9, 0.0]
        }),
        left_lid: [0.03, 0.146, 0.136, 0.013],
        right_lid: [-0.03, 0.146, 0.136, 0.013],
        neck: [-0.01, 0.06, 0.001, 0.4],
        eyes: [0.146, 0.47, 0.0, 0.0],
        mouth: [0.0, 0.08, 0.143, 0.0],
        wrinkles_left: [0.6, 0.2, 0.8, 0.4],
        wrinkles_right: [0.3, 0.9, 0.1, 0.7],
    };
    let look = Look {
        skin: [0.45, 0.28, 0.2, 1.0],
        blood: [1.0, 0.6, 0.62, 0.5],
        lip: [0.35, 0.12, 0.11, 0.85],
        brow: [0.03, 0.02, 0.01, 0.9],
        hair_root: [0.05, 0.03, 0.02, 0.45],
        hair_tip: [0.1, 0.06, 0.04, 1.0],
        iris: [0.1, 0.05, 0.02, 0.6],
        iris_rim: [0.04, 0.02, 0.01, 0.0],
        sclera: [0.56, 0.53, 0.5, 0.0],
        cloth: [0.05, 0.06, 0.1, 0.0],
        shirt: [0.6, 0.6, 0.62, 0.0],
        wear: [0.5, 0.4, 0.3, 0.3],
        back_top: [0.3, 0.27, 0.23, 0.0],
        back_bottom: [0.1, 0.09, 0.08, 0.0],
        back_light: [0.8, 0.86, 0.9, 0.6],
    };
    (frame, look)
}
