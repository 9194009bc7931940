//! Twin of `shared/skin_shade.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::{Vec2, Vec3};

use super::light::{ambient, ggx, mix, mix3, rgb, smoothstep, tinted_occlusion, transmitted, unit, wrapped};
use super::noise::{noise2, noise3};
use super::wrinkles::{MIDDLE_V, bump, skin_fold, wrinkle_relief, wrinkle_strength};
use crate::layout::{Frame, Look};

/// `SkinPoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "a fact stands in one place: the fields are described in skin_shade.wgsl")]
pub struct SkinPoint {
    pub rest: [f32; 3],
    pub occlusion: f32,
    pub normal: [f32; 3],
    pub key_visibility: f32,
    pub to_camera: [f32; 3],
    pub inner_mouth: f32,
    pub uv: [f32; 2],
    pub lips: f32,
    pub flush: f32,
    pub roots: f32,
    pub through: f32,
    pub spare: [f32; 2],
}

/// Coverage of brow hair.
#[must_use]
pub fn brow_cover(uv: Vec2) -> f32 {
    let across = (uv.y - MIDDLE_V).abs();
    let t = (across - 0.0115) / 0.0475;
    let arch = 0.8234 - 0.0044 * (t.clamp(0.0, 1.0) * 2.75).sin();
    let thickness = mix(0.0042, 0.0017, smoothstep(0.35, 1.05, t)) * smoothstep(-0.12, 0.14, t);
    let side = (uv.x - arch).abs() / thickness.max(0.0001);
    let body = 1.0 - smoothstep(0.35, 1.15, side);
    let ends = smoothstep(-0.08, 0.10, t) * (1.0 - smoothstep(0.86, 1.08, t));
    let lean = mix(0.35, 1.6, t.clamp(0.0, 1.0));
    let along = (across + (uv.x - arch) * lean) * 1500.0;
    let strand = noise2(Vec2::new(along, (uv.x - arch) * 260.0 + 7.0)) * 0.5
        + noise2(Vec2::new(along * 2.3 + 31.0, (uv.x - arch) * 420.0)) * 0.5;
    (body * ends * (0.62 + 0.50 * strand)).clamp(0.0, 1.0)
}

fn crease(uv: Vec2, rest: Vec3) -> f32 {
    let across = (uv.y - MIDDLE_V).abs();
    let bag =
        bump(uv.x - 0.0035 * ((across - 0.034) * 90.0).cos(), 0.8485, 0.0014) * bump(across, 0.034, 0.013);
    (wrinkle_relief(uv, rest).z * 0.7 + bag * 0.7).clamp(0.0, 1.0)
}

fn stubble_cover(uv: Vec2, rest: Vec3) -> f32 {
    let across = (uv.y - MIDDLE_V).abs();
    let moustache = bump(uv.x, 0.8895, 0.0055) * (1.0 - smoothstep(0.016, 0.030, across));
    let chin = smoothstep(0.918, 0.936, uv.x + 0.08 * smoothstep(0.030, 0.075, across))
        * (1.0 - smoothstep(0.115, 0.128, across));
    let grain = 0.65 + 0.35 * noise3(rest * 900.0);
    moustache.max(chin).clamp(0.0, 1.0) * grain
}

pub(super) fn skin_albedo(p: &SkinPoint, look: &Look) -> Vec3 {
    let (uv, rest) = (Vec2::from(p.uv), Vec3::from(p.rest));
    let across = (uv.y - MIDDLE_V).abs();
    let blotch = noise3(rest * 38.0) * 0.6 + noise3(rest * 110.0) * 0.4 - 0.5;
    let grain = noise3(rest * 420.0) - 0.5;
    let mut color = rgb(look.skin) * (1.0 + blotch * 0.13 + grain * 0.07);
    let flush = (p.flush * (1.0 + blotch * 0.9)).clamp(0.0, 1.0) * look.blood[3];
    color *= mix3(Vec3::ONE, rgb(look.blood), flush);
    let orbit = bump(uv.x, 0.842, 0.0125) * bump(across, 0.034, 0.022);
    color *= mix3(Vec3::ONE, Vec3::new(0.84, 0.78, 0.80), orbit * 0.55);
    let freckle = smoothstep(0.66, 0.80, noise3(rest * 260.0))
        * bump(uv.x, 0.862, 0.02)
        * (1.0 - smoothstep(0.05, 0.08, across));
    color *= 1.0 - freckle * look.wear[2] * 0.45;
    let stubble = stubble_cover(uv, rest) * look.wear[1];
    color = mix3(color, color * Vec3::new(0.50, 0.52, 0.56), stubble);
    if p.roots > 0.0 {
        let grain = noise3(rest * Vec3::new(900.0, 240.0, 900.0));
        let cover = (p.roots * 1.7 - 0.75 * grain).clamp(0.0, 1.0);
        color = mix3(color, rgb(look.hair_root) * 1.3, cover * 0.72);
    }
    color *= 1.0 - crease(uv, rest) * look.wear[0] * 0.42;
    let lip_lines = 0.88 + 0.24 * noise2(Vec2::new((uv.y - MIDDLE_V) * 900.0, uv.x * 60.0));
    let seam = bump(uv.x, 0.9093, 0.0035);
    let lip = rgb(look.lip) * lip_lines * (1.0 - 0.25 * seam);
    color = mix3(color, lip, p.lips * look.lip[3]);
    color = mix3(color, rgb(look.brow), brow_cover(uv) * look.brow[3]);
    mix3(color, Vec3::new(0.26, 0.060, 0.052), p.inner_mouth)
}

/// `shine`.
pub(super) fn shine(uv: Vec2, rest: Vec3) -> f32 {
    let across = (uv.y - MIDDLE_V).abs();
    let dry = bump(uv.x, 0.850, 0.019) * bump(across, 0.038, 0.030);
    let nose = bump(uv.x, 0.872, 0.020) * bump(across, 0.0, 0.013);
    let forehead = bump(uv.x, 0.790, 0.026) * bump(across, 0.0, 0.036);
    let cheek = bump(uv.x, 0.882, 0.030) * bump(across, 0.056, 0.030);
    let pores = 0.55 + 0.90 * noise3(rest * 640.0);
    (0.82 + 0.30 * nose.max(forehead)) * (1.0 - 0.86 * dry) * (1.0 - 0.5 * cheek) * pores
}

/// `shade_skin`.
#[must_use]
pub fn shade_skin(p: &SkinPoint, frame: &Frame, look: &Look) -> Vec3 {
    let to_camera = Vec3::from(p.to_camera);
    let (key, fill, rim) = (rgb(frame.key_direction), rgb(frame.fill_direction), rgb(frame.rim_direction));
    let albedo = skin_albedo(p, look);
    let bare = 1.0 - p.inner_mouth;
    let uv = Vec2::from(p.uv);
    let fold = skin_fold(wrinkle_relief(uv, p.rest.into()), wrinkle_strength(uv, frame, look) * bare, frame);
    let normal = unit(unit(p.normal.into()) + fold.truncate());
    let reach = Vec3::new(0.34, 0.13, 0.08) * mix(1.0, 0.65, look.wear[3]) * bare;
    let visible = p.key_visibility.clamp(0.0, 1.0);
    let shadow = Vec3::new(visible.powf(0.72), visible.powf(0.96), visible.powf(1.08));
    let mut light = rgb(frame.key_color) * wrapped(normal.dot(key), reach) * shadow;
    let open = mix(0.35, 1.0, p.occlusion);
    light += rgb(frame.fill_color) * wrapped(normal.dot(fill), reach * 1.1) * open;
    light += rgb(frame.rim_color) * wrapped(normal.dot(rim), reach * 0.4) * open;
    light += rgb(frame.rim_color) * transmitted(normal.dot(rim), p.through) * bare;
    light += ambient(frame, normal) * tinted_occlusion(p.occlusion, albedo);
    let mut color = albedo * light * (1.0 - fold.w);
    let wet = p.lips * 0.55 + p.inner_mouth * 0.2;
    let shine = shine(p.uv.into(), p.rest.into());
    let gloss = look.skin[3] * shine * (1.0 + wet) * mix(1.0, 0.25, brow_cover(p.uv.into()) * look.brow[3]);
    let rough = mix(0.50, 0.36, p.lips.clamp(0.0, 1.0));
    let glint = ggx(normal, to_camera, key, rough, 0.030) * 0.90
        + ggx(normal, to_camera, key, rough * 0.58, 0.030) * 0.10;
    color += rgb(frame.key_color) * glint * gloss * p.key_visibility * bare * 1.5;
    let fill = ggx(normal, to_camera, fill, rough, 0.030);
    let rim = ggx(normal, to_camera, rim, rough * 0.9, 0.040);
    color + (rgb(frame.fill_color) * fill + rgb(frame.rim_color) * rim * 0.6) * gloss * p.occlusion * bare
}

#[cfg(test)]
mod tests {
    use super::super::light::sample_scene;
    use super::*;

    #[test]
    fn skin_under_the_eyes_does_not_glint_like_a_tear() {
        let (frame, look) = sample_scene();
        // Turned so that the key light is mirrored into the camera.
        let glint = |u: f32, across: f32| {
            let to_camera = Vec3::Z;
            let half_way = unit(to_camera + rgb(frame.key_direction));
            let point = SkinPoint {
                normal: half_way.into(),
                to_camera: to_camera.into(),
                key_visibility: 1.0,
                occlusion: 1.0,
                uv: [u, MIDDLE_V + across],
                ..SkinPoint::default()
            };
            let dull = Look { skin: [look.skin[0], look.skin[1], look.skin[2], 0.0], ..look };
            (shade_skin(&point, &frame, &look) - shade_skin(&point, &frame, &dull)).y
        };
        let nose = glint(0.872, 0.0);
        assert!(nose > 0.02, "a nose shines: {nose}");
        for (u, across) in [(0.850, 0.034), (0.855, 0.045), (0.853, 0.022), (0.860, 0.036)] {
            for side in [-1.0, 1.0] {
                let under_eye = glint(u, side * across);
                assert!(under_eye < 0.35 * nose, "{under_eye} at {u} {across}, {nose} on the nose");
            }
        }
    }
}
