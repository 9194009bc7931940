//! Twin of `shared/imported_shade.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::{Mat4, Vec3, Vec4, Vec4Swizzles as _};

use super::light::{ambient, ggx, rgb, unit, wrapped};
use crate::layout::Frame;

/// `ImportedPoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(
    missing_docs,
    reason = "a fact stands in one place: the fields are described in imported_shade.wgsl"
)]
pub struct ImportedPoint {
    pub normal: [f32; 3],
    pub roughness: f32,
    pub to_camera: [f32; 3],
    pub is_unlit: f32,
    pub albedo: [f32; 3],
    pub spare: f32,
}

/// `turn_eyes`.
#[must_use]
pub fn turn_eyes(at: Vec4, turn: Vec3, frame: &Frame) -> Vec3 {
    let left = (Mat4::from_cols_array_2d(&frame.head_from_left_eye) * at).xyz();
    let right = (Mat4::from_cols_array_2d(&frame.head_from_right_eye) * at).xyz();
    at.xyz() + (left - at.xyz()) * turn.y + (right - at.xyz()) * turn.z
}

/// `shade_imported`.
#[must_use]
pub fn shade_imported(p: &ImportedPoint, frame: &Frame) -> Vec3 {
    let (albedo, to_camera) = (Vec3::from(p.albedo), Vec3::from(p.to_camera));
    if p.is_unlit > 0.5 {
        return albedo * 1.25;
    }
    let normal = unit(p.normal.into());
    let key = rgb(frame.key_direction);
    let mut light = rgb(frame.key_color) * wrapped(normal.dot(key), Vec3::new(0.30, 0.20, 0.16));
    light += rgb(frame.fill_color) * wrapped(normal.dot(rgb(frame.fill_direction)), Vec3::splat(0.30));
    light += ambient(frame, normal);
    let shine = ggx(normal, to_camera, key, p.roughness, 0.04);
    let edge = 1.0 - normal.dot(to_camera).max(0.0);
    let rim = edge * edge * edge * normal.dot(rgb(frame.rim_direction)).max(0.0);
    albedo * (light + rgb(frame.rim_color) * rim) + rgb(frame.key_color) * shine * 0.6
}
