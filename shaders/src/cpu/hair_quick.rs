//! Twin of `shared/hair_quick_shade.wgsl`, and the table that its strands come from.

use bytemuck::{Pod, Zeroable};
use glam::{Vec2, Vec3};

use super::hair::strand_noise;
use super::light::{ambient, mix, mix3, rgb, unit, wrapped};
use super::noise::noise2;
use crate::layout::{Frame, Look};

/// Width and height of the strand table.
pub const STRAND_TABLE: (u32, u32) = (1024, 64);
/// Strand widths after which the table repeats.
const STRANDS: f32 = 512.0;
/// Largest place along a strand.
const ALONG: f32 = 5.4;

/// `QuickHairPoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(
    missing_docs,
    reason = "a fact stands in one place: the fields are described in hair_quick_shade.wgsl"
)]
pub struct QuickHairPoint {
    pub normal: [f32; 3],
    pub occlusion: f32,
    pub tangent: [f32; 3],
    pub key_visibility: f32,
    pub to_camera: [f32; 3],
    pub spare: f32,
}

/// `QuickHairLight`.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    missing_docs,
    reason = "a fact stands in one place: the fields are described in hair_quick_shade.wgsl"
)]
pub struct QuickHairLight {
    pub light: Vec3,
    pub lit: f32,
    pub along: [f32; 4],
    pub rim: f32,
}

/// The texels of the strand table: strand and lock, 0..=255 each, rows of places along the strand.
#[must_use]
pub fn strand_table() -> Vec<[u8; 2]> {
    let (width, height) = STRAND_TABLE;
    let byte = |x: f32| (x.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    (0..height)
        .flat_map(|row| (0..width).map(move |column| (row, column)))
        .map(|(row, column)| {
            let x = (column as f32 + 0.5) / width as f32 * STRANDS;
            let y = (row as f32 + 0.5) / height as f32 * ALONG;
            let lock = noise2(Vec2::new(x * 0.13 + 3.0, y * 1.7));
            [byte(strand_noise(Vec2::new(x, y), 3.0)), byte(lock)]
        })
        .collect()
}

/// `strand_place`.
#[must_use]
pub fn strand_place(strand: Vec2, layer: f32) -> Vec2 {
    Vec2::new((strand.x + layer * 173.3) / STRANDS, strand.y / ALONG)
}

/// `hair_light`.
#[must_use]
pub fn hair_light(p: &QuickHairPoint, frame: &Frame) -> QuickHairLight {
    let to_camera = Vec3::from(p.to_camera);
    let outward = unit(p.normal.into());
    let normal = if outward.dot(to_camera) >= 0.0 { outward } else { -outward };
    let (key, rim) = (rgb(frame.key_direction), rgb(frame.rim_direction));
    let mut light =
        rgb(frame.key_color) * wrapped(normal.dot(key), Vec3::splat(0.45)) * mix(0.15, 1.0, p.key_visibility);
    light += rgb(frame.fill_color) * wrapped(normal.dot(rgb(frame.fill_direction)), Vec3::splat(0.5));
    light += ambient(frame, normal);
    let (to_key, to_rim) = (unit(to_camera + key), unit(to_camera + rim));
    let tangent = unit(p.tangent.into());
    QuickHairLight {
        light: light * mix(0.25, 1.0, p.occlusion),
        lit: (normal.dot(key) * 1.4 + 0.25).clamp(0.0, 1.0) * p.key_visibility * p.occlusion,
        along: [tangent.dot(to_key), normal.dot(to_key), tangent.dot(to_rim), normal.dot(to_rim)],
        rim: (normal.dot(rim) + 0.15).clamp(0.0, 1.0),
    }
}

/// `plain_hair_light`.
#[must_use]
pub fn plain_hair_light(p: &QuickHairPoint, frame: &Frame) -> QuickHairLight {
    let to_camera = Vec3::from(p.to_camera);
    let outward = unit(p.normal.into());
    let normal = if outward.dot(to_camera) >= 0.0 { outward } else { -outward };
    let key =
        wrapped(normal.dot(rgb(frame.key_direction)), Vec3::splat(0.45)) * mix(0.15, 1.0, p.key_visibility);
    let light = (rgb(frame.key_color) * key + ambient(frame, normal)) * mix(0.25, 1.0, p.occlusion);
    QuickHairLight { light, ..QuickHairLight::default() }
}

fn strand_sine2(tangent: f32, normal: f32, shift: f32) -> f32 {
    let along = tangent + shift * normal;
    (1.0 - along * along / (1.0 + shift * shift)).max(0.0)
}

/// `quick_hair_cover`: positive where a strand covers the point.
#[must_use]
pub fn quick_hair_cover(n: f32, density: f32, layer: f32) -> f32 {
    n - (0.94 - 1.02 * density + layer * 0.30)
}

fn hair_tone(lock: f32, along_y: f32, look: &Look) -> Vec3 {
    let share = (along_y * 0.55 + (lock - 0.4) * 0.8).clamp(0.0, 1.0);
    mix3(rgb(look.hair_root), rgb(look.hair_tip), share)
}

fn strand_depth(n: f32, layer: f32) -> f32 {
    mix(0.55, 1.0, layer) * mix(0.45, 1.0, n)
}

/// `plain_hair_color`.
#[must_use]
pub fn plain_hair_color([n, lock]: [f32; 2], along_y: f32, layer: f32, light: Vec3, look: &Look) -> Vec3 {
    let contrast = 1.0 + (n - 0.5) * 2.0 * look.hair_root[3];
    hair_tone(lock, along_y, look) * light * (contrast * strand_depth(n, layer))
}

/// `hair_color`.
#[must_use]
pub fn hair_color(
    [n, lock]: [f32; 2],
    along_y: f32,
    layer: f32,
    given: &QuickHairLight,
    frame: &Frame,
    look: &Look,
) -> Vec3 {
    let tone = hair_tone(lock, along_y, look);
    let albedo = tone * (1.0 + (n - 0.5) * 2.0 * look.hair_root[3]);
    let depth = strand_depth(n, layer);
    let jitter = (n - 0.5) * 0.30;
    let first = strand_sine2(given.along[0], given.along[1], 0.08 + jitter).powi(42);
    let second = strand_sine2(given.along[0], given.along[1], -0.14 + jitter).powi(12);
    let edge = strand_sine2(given.along[2], given.along[3], jitter).powi(10);
    let mirrored = rgb(frame.key_color)
        * (Vec3::splat(first * 0.032) + second * tone * 0.90)
        * (given.lit * look.hair_tip[3])
        + rgb(frame.rim_color) * (given.rim * edge) * (tone * 0.8 + Vec3::splat(0.015));
    (albedo * given.light + mirrored) * depth
}
