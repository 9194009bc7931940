//! Twin of `shared/mouth_shade.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;

use super::light::{ambient, ggx, mix, mix3, rgb, smoothstep, unit, wrapped};
use super::noise::noise3;
use crate::layout::{Frame, Look};

/// `MouthPoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "a fact stands in one place: the fields are described in mouth_shade.wgsl")]
pub struct MouthPoint {
    pub rest: [f32; 3],
    pub material: f32,
    pub normal: [f32; 3],
    pub occlusion: f32,
    pub to_camera: [f32; 3],
    pub behind_lips: f32,
    pub uv: [f32; 2],
    pub spare: [f32; 2],
}

/// `shade_mouth`.
#[must_use]
pub fn shade_mouth(p: &MouthPoint, frame: &Frame, look: &Look) -> Vec3 {
    let (rest, to_camera) = (Vec3::from(p.rest), Vec3::from(p.to_camera));
    let key = rgb(frame.key_direction);
    let normal = unit(p.normal.into());
    let mut light = rgb(frame.key_color) * wrapped(normal.dot(key), Vec3::splat(0.5)) * 0.75;
    light += rgb(frame.fill_color) * wrapped(normal.dot(rgb(frame.fill_direction)), Vec3::splat(0.5));
    light += ambient(frame, normal);
    if p.material > 1.5 {
        return rgb(look.brow) * 0.35 * light;
    }
    let depth = (-p.behind_lips.max(0.0) * mix(120.0, 24.0, frame.neck[3])).exp();
    let inside = depth * mix(0.65, 1.0, frame.neck[3]);
    if p.material > 0.5 {
        let tongue = Vec3::new(0.42, 0.13, 0.12) * (0.85 + 0.3 * noise3(rest * 700.0));
        let wet = ggx(normal, to_camera, key, 0.42, 0.03) * 0.5;
        return (tongue * light + rgb(frame.key_color) * wet) * inside * 0.8;
    }
    let x = rest.x.abs();
    let step_width = mix(0.0086, 0.0070, smoothstep(0.008, 0.02, x));
    let within = (x / step_width).fract();
    let gap = smoothstep(0.0, 0.10, within) * (1.0 - smoothstep(0.90, 1.0, within));
    let enamel = mix3(Vec3::new(0.30, 0.20, 0.15), Vec3::new(0.74, 0.67, 0.57), mix(0.55, 1.0, gap));
    let side = 1.0 - 0.5 * smoothstep(0.012, 0.030, x);
    let wet = ggx(normal, to_camera, key, 0.30, 0.035) * 0.35;
    (enamel * light * Vec3::new(1.0, 0.86, 0.76) + rgb(frame.key_color) * wet) * inside * side
}
