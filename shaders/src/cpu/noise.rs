//! Twin of `shared/noise.wgsl`.

use glam::{Vec2, Vec3};

/// PCG hash of one number.
#[must_use]
pub fn hash_u32(value: u32) -> u32 {
    let state = value.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (word >> 22) ^ word
}

/// A number in 0..1 for a lattice point.
#[must_use]
pub fn lattice(x: i32, y: i32, z: i32) -> f32 {
    let h = hash_u32((x as u32).wrapping_add(hash_u32((y as u32).wrapping_add(hash_u32(z as u32)))));
    (h >> 8) as f32 / 16_777_216.0
}

fn mix(a: f32, b: f32, t: f32) -> f32 {
    a * (1.0 - t) + b * t
}

/// Smooth value noise in 0..1.
#[must_use]
pub fn noise3(p: Vec3) -> f32 {
    let cell = p.floor();
    let f = p - cell;
    let s = f * f * (3.0 - 2.0 * f);
    let (x, y, z) = (cell.x as i32, cell.y as i32, cell.z as i32);
    let edge = |dy: i32, dz: i32| mix(lattice(x, y + dy, z + dz), lattice(x + 1, y + dy, z + dz), s.x);
    mix(mix(edge(0, 0), edge(1, 0), s.y), mix(edge(0, 1), edge(1, 1), s.y), s.z)
}

/// Smooth value noise in 0..1 on a plane.
#[must_use]
pub fn noise2(p: Vec2) -> f32 {
    let cell = p.floor();
    let f = p - cell;
    let s = f * f * (3.0 - 2.0 * f);
    let (x, y) = (cell.x as i32, cell.y as i32);
    let edge = |dy: i32| mix(lattice(x, y + dy, 0), lattice(x + 1, y + dy, 0), s.x);
    mix(edge(0), edge(1), s.y)
}
