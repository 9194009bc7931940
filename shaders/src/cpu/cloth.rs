//! Twin of `shared/cloth_shade.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;

use super::light::{ambient, mix, mix3, rgb, smoothstep, unit, wrapped};
use super::noise::noise3;
use crate::layout::{Frame, Look};

/// `ClothPoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "a fact stands in one place: the fields are described in cloth_shade.wgsl")]
pub struct ClothPoint {
    pub rest: [f32; 3],
    pub occlusion: f32,
    pub normal: [f32; 3],
    pub key_visibility: f32,
    pub to_camera: [f32; 3],
    pub down: f32,
}

fn bump_line(distance: f32, width: f32) -> f32 {
    let d = distance / width;
    (-d * d).exp()
}

fn sign(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

fn jacket(rest: Vec3) -> Vec3 {
    let front = smoothstep(0.0, 0.02, rest.z - 0.03);
    let across = rest.x.abs();
    let opening = (0.072 + (rest.y + 0.02) * 0.52).max(0.0);
    let from_edge = across - opening;
    let shirt = (1.0 - smoothstep(-0.0012, 0.0012, from_edge)) * front;
    let band = bump_line(across, 0.0009) * shirt;
    let lapel = bump_line(from_edge - 0.034 - 0.10 * (rest.y + 0.09), 0.0016)
        * front
        * (1.0 - smoothstep(-0.05, -0.02, rest.y));
    let edge_shade = (-(-from_edge).max(0.0) / 0.006).exp() * shirt;
    let roll = (-from_edge.max(0.0) / 0.010).exp() * (1.0 - shirt) * front;
    let dark = 1.0 - 0.22 * band - 0.55 * lapel - 0.45 * edge_shade;
    Vec3::new(shirt, dark, roll * 0.35 * sign(rest.x))
}

/// `crew_neck`: collar, shade and bend of a knitted garment.
#[must_use]
pub fn crew_neck(p: &ClothPoint) -> Vec3 {
    let collar = 1.0 - smoothstep(0.105, 0.120, p.down);
    let seam = bump_line(p.down - 0.118, 0.010);
    let rib = (p.rest[0].atan2(p.rest[2] - 0.02) * 130.0).sin() * collar;
    Vec3::new(collar, 1.0 + rib * 0.16 - seam * 0.35, 0.0)
}

/// `shade_cloth`.
#[must_use]
pub fn shade_cloth(p: &ClothPoint, frame: &Frame, look: &Look) -> Vec3 {
    let rest = Vec3::from(p.rest);
    let normal = unit(p.normal.into());
    let weave = noise3(rest * Vec3::new(1400.0, 900.0, 1400.0)) - 0.5;
    let fold = noise3(rest * Vec3::new(16.0, 9.0, 16.0)) - 0.5;
    let knit = look.cloth[3];
    let drawn = if p.down < 0.0 {
        Vec3::new(1.0, 1.0 - 0.14 * bump_line(p.down + 0.88, 0.03), 0.0)
    } else {
        mix3(jacket(rest), crew_neck(p), knit)
    };
    let mut albedo = mix3(rgb(look.cloth), rgb(look.shirt), drawn.x) * drawn.y;
    albedo *= 1.0 + weave * mix(0.25, 0.12, drawn.x) + fold * 0.16;
    let bent = unit(normal + Vec3::new(fold, 0.0, fold) * 0.25 + Vec3::new(drawn.z, 0.0, 0.0));
    let mut light = rgb(frame.key_color)
        * wrapped(bent.dot(rgb(frame.key_direction)), Vec3::splat(0.15))
        * p.key_visibility;
    light +=
        rgb(frame.fill_color) * wrapped(bent.dot(rgb(frame.fill_direction)), Vec3::splat(0.2)) * p.occlusion;
    light +=
        rgb(frame.rim_color) * wrapped(bent.dot(rgb(frame.rim_direction)), Vec3::splat(0.1)) * p.occlusion;
    light += ambient(frame, bent) * p.occlusion;
    let fuzz = (1.0 - bent.dot(p.to_camera.into()).max(0.0)).powf(3.0) * mix(0.35, 0.9, knit);
    albedo * light * (1.0 + fuzz)
}
