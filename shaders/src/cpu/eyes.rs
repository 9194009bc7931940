//! Twin of `shared/eye_shade.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::{Vec2, Vec3};

use super::light::{ambient, ggx, mix, mix3, rgb, smoothstep, unit, wrapped};
use super::noise::noise3;
use crate::layout::{Frame, Look};

/// `EyePoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "a fact stands in one place: the fields are described in eye_shade.wgsl")]
pub struct EyePoint {
    pub local: [f32; 3],
    pub side: f32,
    pub head: [f32; 3],
    pub occlusion: f32,
    pub normal: [f32; 3],
    pub spare0: f32,
    pub to_camera: [f32; 3],
    pub spare1: f32,
}

fn lid_gap(point: Vec3, lid: [f32; 4]) -> Vec3 {
    let x = ((point.x - lid[0]) / lid[3].max(0.001)).clamp(-1.2, 1.2);
    let curve = 1.0 - 0.75 * x * x;
    let middle = mix(lid[2], lid[1], 0.42);
    let upper = middle + (lid[1] - middle) * curve;
    let lower = middle + (lid[2] - middle) * curve;
    Vec3::new(upper - point.y, point.y - lower, x)
}

fn lid_light(gap: Vec3) -> f32 {
    let from_upper = smoothstep(-0.0005, 0.0052, gap.x);
    let from_lower = smoothstep(-0.0008, 0.0026, gap.y);
    let corners = 1.0 - 0.45 * smoothstep(0.55, 1.1, gap.z.abs());
    mix(0.22, 1.0, from_upper) * mix(0.62, 1.0, from_lower) * corners
}

fn iris_color(local: Vec3, frame: &Frame, look: &Look, view_local: Vec3) -> Vec3 {
    let seen = local.truncate() - view_local.truncate() * 0.055;
    let radius = seen.length().clamp(0.0, 1.0).asin();
    let angle = seen.y.atan2(seen.x);
    let r = radius / frame.eyes[1];
    let inner = frame.eyes[0] / frame.eyes[1];
    let t = ((r - inner) / (1.0 - inner).max(0.05)).clamp(0.0, 1.0);
    let ring = Vec2::new(angle.cos(), angle.sin());
    let fibre =
        noise3((ring * 9.0).extend(r * 1.6)) * 0.6 + noise3((ring * 21.0).extend(r * 2.5 + 9.0)) * 0.4;
    let mut color =
        mix3(rgb(look.iris), rgb(look.iris_rim), smoothstep(0.12, 0.95, t + (fibre - 0.5) * 0.35));
    color *= 0.60 + 0.80 * fibre;
    let frill = (-((t - 0.22 - (fibre - 0.5) * 0.12) / 0.12).powi(2)).exp();
    color *= 1.0 + 0.45 * frill;
    color *= mix(1.0, 0.28, smoothstep(0.74, 1.0, r));
    let key = rgb(frame.key_direction).truncate().normalize_or_zero();
    let caustic = (ring.dot(-key) * 0.5 + 0.5).clamp(0.0, 1.0);
    color *= 0.75 + 0.85 * caustic * caustic * smoothstep(0.0, 0.6, t);
    mix3(Vec3::splat(0.004), color, smoothstep(inner - 0.05, inner + 0.05, r))
}

fn sclera_color(local: Vec3, look: &Look) -> Vec3 {
    let away = 1.0 - local.z.clamp(0.0, 1.0);
    let color = rgb(look.sclera);
    let branch = noise3(local * 9.0) * 3.0;
    let line = noise3(local * Vec3::new(7.0, 22.0, 7.0) + Vec3::splat(branch)) - 0.5;
    let vein = (-(line / 0.05).powi(2)).exp();
    mix3(color, color * Vec3::new(0.93, 0.70, 0.66), (away * 0.55 + vein * away * 0.8).clamp(0.0, 0.75))
}

/// `shade_eye`.
#[must_use]
pub fn shade_eye(p: &EyePoint, frame: &Frame, look: &Look, view_local: Vec3) -> Vec3 {
    let (local, to_camera) = (Vec3::from(p.local), Vec3::from(p.to_camera));
    let key = rgb(frame.key_direction);
    let lid = if p.side > 0.0 { frame.left_lid } else { frame.right_lid };
    let gap = lid_gap(p.head.into(), lid);
    let light_in = lid_light(gap) * mix(0.55, 1.0, p.occlusion);
    let angle = local.z.clamp(-1.0, 1.0).acos();
    let limbus = smoothstep(frame.eyes[1] - 0.030, frame.eyes[1] + 0.035, angle);
    let albedo = mix3(iris_color(local, frame, look, view_local), sclera_color(local, look), limbus);
    let normal = unit(p.normal.into());
    let mut light = rgb(frame.key_color) * wrapped(normal.dot(key), Vec3::new(0.55, 0.48, 0.45)) * 0.82;
    light += rgb(frame.fill_color) * wrapped(normal.dot(rgb(frame.fill_direction)), Vec3::splat(0.5));
    light += ambient(frame, normal) * 0.9;
    let mut color = albedo * light * light_in;
    let sheen = ggx(normal, to_camera, key, 0.22, 0.028) * 0.35;
    color += rgb(frame.key_color) * sheen * light_in;
    let mirrored = -to_camera - 2.0 * normal.dot(-to_camera) * normal;
    let side = unit(Vec3::Y.cross(key));
    let above = key.cross(side);
    let lamp = Vec2::new(mirrored.dot(side), mirrored.dot(above));
    let facing = smoothstep(0.2, 0.5, mirrored.dot(key));
    let window =
        (1.0 - smoothstep(0.15, 0.27, lamp.x.abs())) * (1.0 - smoothstep(0.17, 0.29, lamp.y.abs())) * facing;
    color += rgb(frame.key_color) * window * frame.key_direction[3] * smoothstep(0.18, 0.5, light_in);
    let sky = 0.02 + 0.30 * (1.0 - normal.dot(to_camera).max(0.0)).powf(4.0);
    color + ambient(frame, mirrored) * sky * light_in + tear_line(gap, normal, to_camera, frame)
}

fn tear_line(gap: Vec3, normal: Vec3, to_camera: Vec3, frame: &Frame) -> Vec3 {
    let d = (gap.y - 0.0002) / 0.0005;
    let rim = (-d * d).exp()
        * (1.0 - smoothstep(0.75, 1.05, gap.z.abs()))
        * smoothstep(0.0015, 0.0040, gap.x + gap.y);
    let curved = unit(normal + Vec3::new(0.0, 0.75, 0.0));
    let lamp = ggx(curved, to_camera, rgb(frame.key_direction), 0.30, 0.028);
    let room = ambient(frame, -to_camera - 2.0 * curved.dot(-to_camera) * curved) * 0.10;
    (rgb(frame.key_color) * lamp * 0.8 + room) * rim
}
