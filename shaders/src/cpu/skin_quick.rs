//! Twin of `shared/skin_quick_shade.wgsl` and `shared/skin_atlas.wgsl`.

use bytemuck::{Pod, Zeroable};
use glam::{Vec2, Vec3, Vec4};

use super::light::{ambient, ggx, mix, rgb, tinted_occlusion, transmitted, unit, wrapped};
use crate::layout::{Frame, Look};

/// `QuickSkinPoint`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
#[expect(
    missing_docs,
    reason = "a fact stands in one place: the fields are described in skin_quick_shade.wgsl"
)]
pub struct QuickSkinPoint {
    pub normal: [f32; 3],
    pub occlusion: f32,
    pub to_camera: [f32; 3],
    pub key_visibility: f32,
    pub lips: f32,
    pub inner_mouth: f32,
    pub through: f32,
    pub spare: f32,
}

/// `QuickSkinLight`.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    missing_docs,
    reason = "a fact stands in one place: the fields are described in skin_quick_shade.wgsl"
)]
pub struct QuickSkinLight {
    pub light: Vec3,
    pub sharpness: f32,
    pub sheen: Vec3,
    pub glint: f32,
}

/// `atlas`: where a place of the texture plane lies on the baked skin.
#[must_use]
pub fn atlas(uv: Vec2) -> Vec2 {
    if uv.x >= 0.6 && uv.y <= 0.855 {
        let place = (Vec2::new(uv.y, uv.x) - Vec2::new(0.3368, 0.63)) / Vec2::new(0.36, 0.37);
        return place.clamp(Vec2::ZERO, Vec2::ONE) * Vec2::new(1.0, 0.74);
    }
    Vec2::new(uv.y, 0.76 + 0.24 * uv.x)
}

/// `skin_light`.
#[must_use]
pub fn skin_light(p: &QuickSkinPoint, frame: &Frame, look: &Look) -> QuickSkinLight {
    let (normal, to_camera) = (unit(p.normal.into()), Vec3::from(p.to_camera));
    let (key, fill, rim) = (rgb(frame.key_direction), rgb(frame.fill_direction), rgb(frame.rim_direction));
    let reach = Vec3::new(0.34, 0.13, 0.08) * mix(1.0, 0.65, look.wear[3]) * (1.0 - p.inner_mouth);
    let visible = p.key_visibility.clamp(0.0, 1.0);
    let shadow = Vec3::new(visible.powf(0.72), visible.powf(0.96), visible.powf(1.08));
    let mut light = rgb(frame.key_color) * wrapped(normal.dot(key), reach) * shadow;
    let open = mix(0.35, 1.0, p.occlusion);
    light += rgb(frame.fill_color) * wrapped(normal.dot(fill), reach * 1.1) * open;
    light += rgb(frame.rim_color) * wrapped(normal.dot(rim), reach * 0.4) * open;
    let bare = 1.0 - p.inner_mouth;
    light += rgb(frame.rim_color) * transmitted(normal.dot(rim), p.through) * bare;
    light += ambient(frame, normal) * tinted_occlusion(p.occlusion, rgb(look.skin));
    let rough = mix(0.50, 0.36, p.lips.clamp(0.0, 1.0));
    let (n_dot_l, n_dot_v) = (normal.dot(key).max(0.0), normal.dot(to_camera).max(0.001));
    let k = (rough + 1.0) * (rough + 1.0) / 8.0;
    let visibility = 1.0 / (4.0 * (n_dot_l * (1.0 - k) + k) * (n_dot_v * (1.0 - k) + k));
    let away = 1.0 - to_camera.dot(unit(to_camera + key)).max(0.0);
    let fresnel = 0.030 + 0.970 * away.powi(5);
    let fill = ggx(normal, to_camera, fill, rough, 0.030);
    let rim = ggx(normal, to_camera, rim, rough * 0.9, 0.040);
    QuickSkinLight {
        light,
        sharpness: rough.powi(4),
        sheen: (rgb(frame.fill_color) * fill + rgb(frame.rim_color) * rim * 0.6) * p.occlusion * look.skin[3],
        glint: visibility * fresnel * n_dot_l * p.key_visibility * 1.5 * look.skin[3],
    }
}

/// `plain_skin_light`.
#[must_use]
pub fn plain_skin_light(p: &QuickSkinPoint, frame: &Frame, look: &Look) -> QuickSkinLight {
    let normal = unit(p.normal.into());
    let reach = Vec3::new(0.34, 0.13, 0.08) * mix(1.0, 0.65, look.wear[3]) * (1.0 - p.inner_mouth);
    let key = rgb(frame.key_color) * wrapped(normal.dot(rgb(frame.key_direction)), reach) * p.key_visibility;
    let around = ambient(frame, normal) * tinted_occlusion(p.occlusion, rgb(look.skin));
    QuickSkinLight { light: key + around, ..QuickSkinLight::default() }
}

/// `skin_color`.
#[must_use]
pub fn skin_color(
    baked: [f32; 4],
    fold: Vec4,
    given: &QuickSkinLight,
    smooth_normal: Vec3,
    half_way: Vec3,
    frame: &Frame,
) -> Vec3 {
    let normal = smooth_normal + fold.truncate();
    let along = normal.dot(half_way);
    let c2 = if along > 0.0 { along * along / (normal.dot(normal) * half_way.dot(half_way)) } else { 0.0 };
    let s = given.sharpness;
    let wide = c2 * (s - 1.0) + 1.0;
    let narrow = c2 * (s * 0.1132 - 1.0) + 1.0;
    let spread = s * std::f32::consts::FRAC_1_PI * (0.90 / (wide * wide) + 0.011_32 / (narrow * narrow));
    let albedo = rgb(baked) * rgb(baked);
    let flank = (1.0 + fold.truncate().dot(rgb(frame.key_direction)) - fold.w).clamp(0.0, 2.0);
    let glints = rgb(frame.key_color) * (spread * given.glint) + given.sheen;
    albedo * given.light * flank + glints * (baked[3] * 2.0)
}
