//! Our own head as an avatar, for other programs and for round trips.

use std::collections::BTreeMap;

use glam::{Vec2, Vec3, Vec4};
use viva_avatar::{Avatar, Delta, Image, Joints, Material, Patch};
use viva_media::{BLENDSHAPE_COUNT, Blendshape};
use viva_shaders::cpu::light::smoothstep;
use viva_shaders::layout;

use crate::asset::{HeadAsset, Part};
use crate::look::Look;
use crate::person::IRIS_RADIANS;

/// Side of the picture of an eye.
const EYE_SIDE_PX: usize = 256;

impl HeadAsset {
    /// The head as other programs can show it: mesh, 52 shapes, bones for head and eyes, and plain colours of a look.
    ///
    /// Hair, garment, brows and the marks of the skin are drawn by passes of ours and stay behind, as do lashes, whose strands
    /// are cut out while they are drawn. The lower edge of the bust, which a garment hides, is drawn straight. Eyeballs turn by bones, so the `eyeLook` shapes move lids only.
    #[must_use]
    pub fn to_avatar(&self, name: &str, look: &Look) -> Avatar {
        let kept: Vec<usize> = (0..self.position.len()).filter(|v| self.part[*v] != Part::Lash).collect();
        let mut index_of = vec![u32::MAX; self.position.len()];
        kept.iter().enumerate().for_each(|(new, old)| index_of[*old] = new as u32);
        let (left, right) = (self.eye(Part::EyeLeft), self.eye(Part::EyeRight));
        let chin = self.nearest_on_plane(Vec2::new(0.9536, 0.5168));
        let neck_top = chin.y + 0.35 * (chin.z - 0.04) - 0.006;
        let turn = |v: usize| match self.part[v] {
            Part::EyeLeft => [1.0, 1.0, 0.0],
            Part::EyeRight => [1.0, 0.0, 1.0],
            Part::Skin => {
                let place = self.position[v];
                [smoothstep(-0.012, neck_top, place.y + 0.35 * (place.z - 0.04).max(0.0)), 0.0, 0.0]
            }
            Part::Teeth | Part::Tongue | Part::Lash => [1.0, 0.0, 0.0],
        };
        let uv = |v: usize| match self.part[v] {
            Part::EyeLeft => on_eye(self.position[v], left),
            Part::EyeRight => on_eye(self.position[v], right),
            _ => self.uv[v],
        };
        let edge = self.lower_edge();
        let place = |v: usize| {
            let place = self.position[v];
            if self.part[v] == Part::Skin { place.with_y(place.y.max(edge)) } else { place }
        };
        let (materials, images) = looks(&look.layout());
        let (mut triangles, mut patches) = (Vec::new(), Vec::new());
        for (material, parts) in
            [&[Part::Skin][..], &[Part::EyeLeft, Part::EyeRight], &[Part::Teeth], &[Part::Tongue]]
                .iter()
                .enumerate()
        {
            let start = triangles.len();
            let own = self.triangles.iter().filter(|t| parts.contains(&self.part[t[0] as usize]));
            triangles.extend(own.map(|t| t.map(|v| index_of[v as usize])));
            patches.push(Patch { material, triangles: start..triangles.len() });
        }
        Avatar {
            name: name.to_owned(),
            position: kept.iter().map(|v| place(*v)).collect(),
            uv: kept.iter().map(|v| uv(*v)).collect(),
            turn: kept.iter().map(|v| turn(*v)).collect(),
            triangles,
            patches,
            materials,
            images,
            shapes: self.shapes(&kept),
            joints: Joints { head: Some(Vec3::ZERO), left_eye: Some(left.0), right_eye: Some(right.0) },
        }
    }

    /// Shifts by shape; eyeballs turn by bones and do not shift with the gaze.
    fn shapes(&self, kept: &[usize]) -> Vec<Vec<Delta>> {
        let mut shapes = vec![Vec::new(); BLENDSHAPE_COUNT];
        for (new, old) in kept.iter().enumerate() {
            let is_eye = matches!(self.part[*old], Part::EyeLeft | Part::EyeRight);
            for (shape, delta) in &self.morphs[*old] {
                let is_gaze = Blendshape::ALL[usize::from(*shape)].name().starts_with("eyeLook");
                if !(is_eye && is_gaze) {
                    shapes[usize::from(*shape)].push((new as u32, *delta));
                }
            }
        }
        shapes
    }

    /// The highest point of the ragged edge at which the mesh of the body was cut off.
    fn lower_edge(&self) -> f32 {
        let mut uses: BTreeMap<[u32; 2], (u32, f32)> = BTreeMap::new();
        for triangle in self.triangles.iter().filter(|t| self.part[t[0] as usize] == Part::Skin) {
            for k in 0..3 {
                let ends = [triangle[k], triangle[(k + 1) % 3]];
                let mut edge = ends.map(|v| self.base_vertex[v as usize]);
                edge.sort_unstable();
                let [a, b] = ends.map(|v| self.position[v as usize].y);
                uses.entry(edge).or_insert((0, a.max(b))).0 += 1;
            }
        }
        // Edges of one triangle only; lips and lids, if open, lie above the neck joint.
        let open = uses.into_values().filter(|(count, y)| *count == 1 && *y < 0.0);
        open.map(|(_, y)| y).fold(f32::MIN, f32::max)
    }

    /// Middle and radius of an eyeball.
    fn eye(&self, part: Part) -> (Vec3, f32) {
        let own = self.position.iter().zip(&self.part).filter(|(_, p)| **p == part).map(|(v, _)| *v);
        let (low, high) = own.fold((Vec3::MAX, Vec3::MIN), |(low, high), v| (low.min(v), high.max(v)));
        let radius = ((high.y - low.y) * 0.5).max(1e-4);
        (Vec3::new((low.x + high.x) * 0.5, (low.y + high.y) * 0.5, low.z + radius), radius)
    }

    fn nearest_on_plane(&self, at: Vec2) -> Vec3 {
        let skin = (0..self.position.len()).filter(|v| self.part[*v] == Part::Skin);
        let nearest =
            skin.min_by(|a, b| self.uv[*a].distance_squared(at).total_cmp(&self.uv[*b].distance_squared(at)));
        nearest.map_or(Vec3::ZERO, |v| self.position[v])
    }
}

/// Places on a picture of the eye from before: its front fills the circle.
fn on_eye(place: Vec3, (middle, radius): (Vec3, f32)) -> Vec2 {
    let at = (place - middle) / radius;
    let front = Vec2::new(at.x, -at.y);
    // What lies behind the middle shows the white at the edge.
    let flat = if at.z < 0.0 { front.normalize_or_zero() } else { front };
    flat * 0.49 + 0.5
}

fn looks(look: &layout::Look) -> (Vec<Material>, Vec<Image>) {
    let plain = |name: &str, [r, g, b]: [f32; 3], roughness| Material {
        name: name.into(),
        color: Vec4::new(r, g, b, 1.0),
        roughness,
        ..Material::default()
    };
    let [r, g, b, _] = look.skin;
    let eye = Material { image: Some(0), ..plain("eye", [1.0; 3], 0.3) };
    let materials = vec![
        plain("skin", [r, g, b], 0.55),
        eye,
        plain("teeth", [0.42, 0.37, 0.29], 0.5),
        plain("tongue", [0.42, 0.13, 0.12], 0.5),
    ];
    (materials, vec![eye_picture(look)])
}

fn eye_picture(look: &layout::Look) -> Image {
    let iris = IRIS_RADIANS.sin();
    // 3.5 mm across on a radius of 12 mm.
    let pupil = 3.5 * 0.5 / 12.0;
    let rgb = |c: [f32; 4]| Vec3::new(c[0], c[1], c[2]);
    let half = EYE_SIDE_PX as f32 * 0.5;
    let texel = |n: usize| {
        let (x, y) = ((n % EYE_SIDE_PX) as f32 + 0.5 - half, (n / EYE_SIDE_PX) as f32 + 0.5 - half);
        let out = Vec2::new(x, y).length() / half / 0.98;
        // Edges are as soft as a texel and a half.
        let soft = 1.5 / half;
        let is_past = |edge: f32| smoothstep(edge - soft, edge + soft, out);
        let ring = rgb(look.iris).lerp(rgb(look.iris_rim), smoothstep(iris * 0.55, iris, out));
        let color = Vec3::splat(0.01).lerp(ring, is_past(pupil)).lerp(rgb(look.sclera), is_past(iris));
        let [r, g, b] = color.to_array().map(srgb);
        [r, g, b, 255]
    };
    Image {
        width: EYE_SIDE_PX,
        height: EYE_SIDE_PX,
        rgba: (0..EYE_SIDE_PX * EYE_SIDE_PX).flat_map(texel).collect(),
    }
}

/// Linear to sRGB byte.
fn srgb(linear: f32) -> u8 {
    let x = linear.clamp(0.0, 1.0);
    let encoded = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
    (encoded * 255.0).round() as u8
}
