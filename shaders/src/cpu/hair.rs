//! Twin of `shared/hair_shade.wgsl` and `shared/hair_edge.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::{Vec2, Vec3};

use super::light::{ambient, mix, mix3, rgb, unit, wrapped};
use super::noise::noise2;
use crate::layout::{Frame, Look};

/// `HairPoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "a fact stands in one place: the fields are described in hair_shade.wgsl")]
pub struct HairPoint {
    pub normal: [f32; 3],
    pub occlusion: f32,
    pub tangent: [f32; 3],
    pub key_visibility: f32,
    pub to_camera: [f32; 3],
    pub layer: f32,
    pub strand: [f32; 2],
    pub density: f32,
    pub spare: f32,
}

/// `strand_noise`: height of the strand at a place, 0..1.
#[must_use]
pub fn strand_noise(strand: Vec2, seed: f32) -> f32 {
    let lock = noise2(Vec2::new(strand.x * 0.13 + seed, strand.y * 1.7));
    let fine = noise2(Vec2::new(strand.x + seed * 3.0, strand.y * 2.0 + lock * 1.2));
    let finest = noise2(Vec2::new(strand.x * 2.7 + seed * 5.0, strand.y * 3.0));
    lock * 0.18 + fine * 0.46 + finest * 0.36
}

/// `hair_cover`: positive where a strand covers the point.
#[must_use]
pub fn hair_cover(p: &HairPoint) -> f32 {
    let n = strand_noise(p.strand.into(), 3.0 + p.layer * 11.0);
    n - (0.94 - 1.02 * p.density + p.layer * 0.30)
}

/// `hair_alpha`.
#[must_use]
pub fn hair_alpha(cover: f32, facing: f32, density: f32, layer: f32) -> f32 {
    let strands = (cover * 8.0 + 0.45).clamp(0.0, 1.0);
    let t = (facing.abs() / 0.18).clamp(0.0, 1.0);
    if layer > 1.5 { density } else { strands * t * t * (3.0 - 2.0 * t) }
}

fn strand_light(tangent: Vec3, to_light: Vec3, to_camera: Vec3, shift: Vec3, sharpness: f32) -> f32 {
    let along = unit(tangent + shift).dot(unit(to_light + to_camera));
    (1.0 - along * along).max(0.0).powf(sharpness)
}

/// `shade_hair`.
#[must_use]
pub fn shade_hair(p: &HairPoint, frame: &Frame, look: &Look) -> Vec3 {
    let (tangent, to_camera, strand) = (Vec3::from(p.tangent), Vec3::from(p.to_camera), Vec2::from(p.strand));
    let (key, rim) = (rgb(frame.key_direction), rgb(frame.rim_direction));
    let n = strand_noise(strand, 3.0 + p.layer * 11.0);
    let lock = noise2(Vec2::new(strand.x * 0.13 + 3.0, strand.y * 1.7));
    let tone =
        mix3(rgb(look.hair_root), rgb(look.hair_tip), (strand.y * 0.55 + (lock - 0.4) * 0.8).clamp(0.0, 1.0));
    let albedo = tone * (1.0 + (n - 0.5) * 2.0 * look.hair_root[3]);
    let normal = unit(p.normal.into());
    let depth = mix(0.55, 1.0, p.layer) * mix(0.45, 1.0, n);
    let wrap = wrapped(normal.dot(key), Vec3::splat(0.45));
    let mut light = rgb(frame.key_color) * wrap * mix(0.15, 1.0, p.key_visibility);
    light += rgb(frame.fill_color) * wrapped(normal.dot(rgb(frame.fill_direction)), Vec3::splat(0.5));
    light += ambient(frame, normal);
    let mut color = albedo * light * depth * mix(0.25, 1.0, p.occlusion);
    let jitter = (n - 0.5) * 0.30;
    let first = strand_light(tangent, key, to_camera, normal * (0.08 + jitter), 42.0);
    let second = strand_light(tangent, key, to_camera, normal * (-0.14 + jitter), 12.0);
    let lit = (normal.dot(key) * 1.4 + 0.25).clamp(0.0, 1.0) * p.key_visibility * p.occlusion;
    let gloss = look.hair_tip[3];
    color += rgb(frame.key_color) * (Vec3::splat(first * 0.032) + second * tone * 0.90) * lit * gloss * depth;
    let facing = (normal.dot(rim) + 0.15).clamp(0.0, 1.0);
    let edge = strand_light(tangent, rim, to_camera, normal * jitter, 10.0);
    color + rgb(frame.rim_color) * facing * edge * (tone * 0.8 + Vec3::splat(0.015)) * depth
}
