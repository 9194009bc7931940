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
    let (tongue, open) = (f32::from(u8::from(p.material >= 0.5)), frame.neck[3]);
    let behind = (p.behind_lips - 0.006 * (1.0 - tongue)).max(0.0);
    let depth = (-behind * mix(120.0, 24.0, open.max(0.5 * (1.0 - tongue)))).exp();
    let inside = depth * mix(mix(0.85, 0.65, tongue), 1.0, open);
    if p.material > 0.5 {
        let tongue = Vec3::new(0.42, 0.13, 0.12) * (0.85 + 0.3 * noise3(rest * 700.0));
        let wet = ggx(normal, to_camera, key, 0.42, 0.03) * 0.5;
        return (tongue * light + rgb(frame.key_color) * wet) * inside * 0.8;
    }
    let upper = f32::from(u8::from(p.uv[1] >= 0.1022));
    let rise = (1.0 - (p.uv[1] - 0.1022).abs() / 0.0080).clamp(0.0, 1.0);
    let x = rest.x.abs();
    let step_width = mix(mix(0.0056, 0.0086, upper), 0.0070, smoothstep(0.008, 0.02, x));
    let within = (x / step_width).fract();
    let gap = smoothstep(0.0, 0.12, within) * (1.0 - smoothstep(0.88, 1.0, within));
    let lit = mix(0.25, 1.0, smoothstep(0.0, 0.08, open));
    let neck = smoothstep(0.15, 0.70, rise);
    let between = within * 2.0 - 1.0;
    let gums = smoothstep(0.62, 0.70, rise + 0.12 * between * between);
    let crown = mix3(Vec3::new(0.96, 0.83, 0.73), Vec3::new(0.80, 0.61, 0.47), neck) * mix(0.5, 1.0, gap);
    let enamel = mix3(crown, Vec3::new(0.46, 0.16, 0.15), gums);
    let shade = mix(1.0, 0.42, neck) * mix(0.45, 1.0, upper);
    let back = smoothstep(0.009, 0.026, x);
    let wet = ggx(normal, to_camera, key, 0.30, 0.035) * 0.35;
    let bounced = mix3(Vec3::new(1.0, 0.74, 0.62), Vec3::new(1.0, 0.86, 0.76), upper * (1.0 - back));
    (enamel * light * bounced + rgb(frame.key_color) * wet) * (inside * lit * shade * (1.0 - 0.75 * back))
}
