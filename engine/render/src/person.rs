//! A person ready to be drawn: all meshes with their shade, and the frame's numbers for a pose.

use std::f32::consts::PI;

use glam::{Mat3, Mat4, Vec3, Vec4};
use viva_media::{Blendshape, FacePose};
use viva_shaders::layout::{self, EyeVertex, MorphWeights};

use crate::RenderError;
use crate::asset::{HeadAsset, Part};
use crate::cloth::{ClothMesh, cloth, collar_height};
use crate::hair::{HairGrid, HairMesh, HeadMeasure, hair, hides, roots};
use crate::look::{Garment, Look};
use crate::masks;
use crate::occlusion::{Receiver, Seen, seen};
use crate::skull::Skull;
use crate::surface::Surface;

/// From the person's right and above, as a window beside the screen.
const KEY: Vec3 = Vec3::new(-0.52, 0.46, 0.72);
/// From the other side and behind, along the edge of the face.
const RIM: Vec3 = Vec3::new(0.70, 0.45, -0.62);
/// So far to either side the shade of the key light is baked; between, it is mixed.
const SHADE_TURN_RADIANS: f32 = 0.35;
/// What the room sends from all sides: see `ambient` in `light.wgsl`.
///
/// **Source**: computed by us from the panorama `workshop` (CC0, Poly Haven), balanced to neutral white and scaled to the
/// strength that suits the key light.
const ROOM: [[f32; 4]; 9] = [
    [0.2920, 0.2830, 0.2780, 0.0],
    [0.1726, 0.1680, 0.1918, 0.0],
    [0.1541, 0.1526, 0.1844, 0.0],
    [-0.1105, -0.1141, -0.1343, 0.0],
    [-0.0586, -0.0615, -0.0692, 0.0],
    [0.1132, 0.1071, 0.1196, 0.0],
    [0.0260, 0.0236, 0.0216, 0.0],
    [-0.2080, -0.1994, -0.1992, 0.0],
    [0.0327, 0.0294, 0.0304, 0.0],
];
/// Distance of the camera from the neck joint.
const CAMERA_METRES: f32 = 1.15;
/// Share of the picture above the eyes.
const ABOVE_EYES: f32 = 0.42;
/// Height of the picture in head heights (chin to crown).
const HEADS_PER_PICTURE: f32 = 1.88;
/// Vertical gaze that the eyeLook shapes mean at weight 1.
pub(crate) const FULL_LOOK_RADIANS: f32 = 0.52;
/// Share of vertical gaze that the lids follow. **Source**: research table, "lids follow gaze".
const LID_SHARE: f32 = 0.6;
/// So much lower than in the head files the upper teeth hang, so that they show below the lip in speech.
const UPPER_TEETH_METRES: f32 = 0.0055;
/// Human iris and eyeball: 11.8 mm across on a radius of 12 mm.
pub(crate) const IRIS_RADIANS: f32 = 0.47;
const EYEBALL_MM: f32 = 12.0;

/// One eyeball in head space.
#[derive(Clone, Copy, Debug)]
struct Eye {
    centre: Vec3,
    radius: f32,
    /// Welded vertices of the upper and lower lid's edge.
    upper_lid: u32,
    lower_lid: u32,
}

/// How finely a person is meshed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    pub(crate) is_subdivided: bool,
    pub(crate) eye_rings: u32,
    pub(crate) eye_around: u32,
    pub(crate) hair: HairGrid,
    /// Of a garment's rings and columns every so manieth is meshed.
    pub(crate) cloth_stride: usize,
}

/// A head with hair and garment.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) surface: Surface,
    pub(crate) hair: HairMesh,
    pub(crate) cloth: ClothMesh,
    pub(crate) eye_vertices: Vec<EyeVertex>,
    pub(crate) eye_indices: Vec<u32>,
    left: Eye,
    right: Eye,
    crown_y: f32,
    chin: Vec3,
    lips: Vec3,
}

impl Person {
    pub(crate) fn new(asset: &HeadAsset, look: &Look, detail: Detail) -> Result<Self, RenderError> {
        let mut surface = Surface::new(asset, detail.is_subdivided);
        surface.lower_above_jaw(Part::Teeth, UPPER_TEETH_METRES);
        if look.style.covers_ears() {
            // Hair presses on ears; ours is stiff, and they would come through.
            surface.smooth_away(masks::is_ear);
        }
        let (left, right) = (eye(asset, &surface, Part::EyeLeft), eye(asset, &surface, Part::EyeRight));
        let on_skin = |u: f32, v: f32| nearest_on_plane(&surface, u, v);
        let (chin, lips) = (on_skin(0.9536, 0.5168), on_skin(0.9053, 0.5168));
        let crown_y = surface.rest.iter().map(|p| p.y).fold(f32::MIN, f32::max);
        if !(crown_y - chin.y > 0.05 && left.radius > 0.002 && right.radius > 0.002) {
            return Err(RenderError::Metadata("the mesh has not the proportions of a head".into()));
        }

        let control: Vec<[Vec3; 3]> = asset
            .triangles
            .iter()
            .filter(|t| asset.part[t[0] as usize] == Part::Skin)
            .map(|t| t.map(|v| asset.position[v as usize]))
            .collect();
        let eye_y = (left.centre.y + right.centre.y) * 0.5;
        let above_neck: Vec<_> = control.iter().filter(|t| t[0].y > chin.y - 0.02).copied().collect();
        let skull = Skull::new(&above_neck, Vec3::new(0.0, eye_y + 0.012, left.centre.z - 0.062));
        let measure = HeadMeasure { eye_y, crown_y };
        let mut hair = hair(&skull, measure, look.style, detail.hair);
        let jacket = look.garment == Garment::Jacket;
        let below_head: Vec<_> = control.iter().filter(|t| t[0].y < chin.y + 0.03).copied().collect();
        let mut cloth = cloth(&below_head, jacket, detail.cloth_stride);
        surface.grow(|place| roots(&skull, measure, look.style, place));
        surface.retain_skin(|p| {
            let under_cloth = p.y < collar_height(p.x.atan2(p.z - 0.015), jacket) - 0.022;
            !under_cloth && !is_shoulder(p) && !hides(&skull, measure, look.style, p)
        });
        shade(&mut surface, &mut hair, &mut cloth);
        measure_lashes(&mut surface, &[left, right]);
        let (eye_vertices, eye_indices) = eyeballs(detail.eye_rings, detail.eye_around);
        Ok(Self { surface, hair, cloth, eye_vertices, eye_indices, left, right, crown_y, chin, lips })
    }

    /// The weights as the morph pass reads them; the lids follow the gaze.
    pub(crate) fn weights(&self, pose: &FacePose) -> MorphWeights {
        let mut packed = [[0.0; 4]; 13];
        for (index, weight) in lids_follow(pose).into_iter().enumerate() {
            packed[index / 4][index % 4] = weight;
        }
        MorphWeights { packed, vertices: self.surface.rest.len() as u32, ..Default::default() }
    }

    /// Everything else that changes from frame to frame.
    pub(crate) fn frame(&self, pose: &FacePose, aspect: f32) -> layout::Frame {
        let weights = lids_follow(pose);
        let w = |shape: Blendshape| weights[shape as usize];
        let turn = Mat3::from_rotation_y(pose.head_yaw.0)
            * Mat3::from_rotation_x(pose.head_pitch.0)
            * Mat3::from_rotation_z(pose.head_roll.0);
        let eye_y = (self.left.centre.y + self.right.centre.y) * 0.5;
        let camera = Vec3::new(0.0, eye_y, CAMERA_METRES);
        let aim = |eye: &Eye| {
            // Both eyes meet at the camera.
            let inwards = (-eye.centre.x).atan2(CAMERA_METRES - eye.centre.z);
            Mat4::from_translation(eye.centre)
                * Mat4::from_rotation_y(pose.gaze_yaw.0 + inwards)
                * Mat4::from_rotation_x(pose.gaze_pitch.0)
                * Mat4::from_scale(Vec3::splat(eye.radius))
        };
        let lid = |eye: &Eye| {
            let upper = self.surface.morphed(eye.upper_lid, &weights);
            let lower = self.surface.morphed(eye.lower_lid, &weights);
            [eye.centre.x, upper.y.max(lower.y), lower.y, eye.radius * 0.96]
        };
        let opening = w(Blendshape::JawOpen) * 1.3
            + 0.35 * (w(Blendshape::MouthLowerDownLeft) + w(Blendshape::MouthUpperUpLeft))
            + 0.25 * w(Blendshape::MouthSmileLeft);
        let high = self.picture_height();
        let pupil = (pose.pupil_mm.clamp(2.0, 8.0) * 0.5 / EYEBALL_MM).asin();
        layout::Frame {
            clip_from_world: clip_from_world(camera, high, aspect).to_cols_array_2d(),
            world_from_head: Mat4::from_mat3(turn).to_cols_array_2d(),
            head_from_left_eye: aim(&self.left).to_cols_array_2d(),
            head_from_right_eye: aim(&self.right).to_cols_array_2d(),
            camera: camera.extend((pose.head_yaw.0 / SHADE_TURN_RADIANS).clamp(-1.0, 1.0)).to_array(),
            left_lid: lid(&self.left),
            right_lid: lid(&self.right),
            neck: [
                -0.012,
                self.chin.y + 0.35 * (self.chin.z - 0.04) - 0.006,
                pose.breath.clamp(0.0, 1.0) * 0.0025,
                opening.clamp(0.0, 1.0),
            ],
            eyes: [pupil, IRIS_RADIANS, w(Blendshape::EyeBlinkLeft), w(Blendshape::EyeBlinkRight)],
            mouth: self.lips.extend(0.0).to_array(),
            wrinkles_left: wrinkles(&weights, Side::Left),
            wrinkles_right: wrinkles(&weights, Side::Right),
            ..lights()
        }
    }

    fn picture_height(&self) -> f32 {
        (self.crown_y - self.chin.y) * HEADS_PER_PICTURE
    }
}

/// A frame with the room's lights and nothing else.
pub(crate) fn lights() -> layout::Frame {
    let color = |r: f32, g: f32, b: f32| [r, g, b, 0.0];
    let towards = |v: Vec3, w: f32| v.normalize_or_zero().extend(w).to_array();
    layout::Frame {
        key_direction: towards(KEY, 1.3),
        key_color: color(2.10, 1.96, 1.78),
        fill_direction: towards(Vec3::new(0.80, 0.10, 0.60), 0.0),
        fill_color: color(0.20, 0.23, 0.28),
        rim_direction: towards(RIM, 0.0),
        rim_color: color(1.05, 1.0, 0.95),
        room: ROOM,
        ..Default::default()
    }
}

/// A view from eye height whose lens is shifted so that the eyes stand above the middle: gaze 0 looks at the viewer.
fn clip_from_world(camera: Vec3, high: f32, aspect: f32) -> Mat4 {
    let focal = 2.0 * (CAMERA_METRES - 0.08) / high;
    let shift = 1.0 - 2.0 * ABOVE_EYES;
    let (near, far) = (0.3, 3.0);
    let depth = far / (near - far);
    let projection = Mat4::from_cols(
        Vec4::new(focal / aspect, 0.0, 0.0, 0.0),
        Vec4::new(0.0, focal, 0.0, 0.0),
        Vec4::new(0.0, -shift, depth, -1.0),
        Vec4::new(0.0, 0.0, near * depth, 0.0),
    );
    projection * Mat4::from_translation(-camera)
}

pub(crate) fn lids_follow(pose: &FacePose) -> [f32; 52] {
    let mut weights = pose.weights.0.map(|w| w.clamp(0.0, 1.0));
    let down = (pose.gaze_pitch.0 / FULL_LOOK_RADIANS * LID_SHARE).clamp(-1.0, 1.0);
    for (shape, share) in [
        (Blendshape::EyeLookDownLeft, down),
        (Blendshape::EyeLookDownRight, down),
        (Blendshape::EyeLookUpLeft, -down),
        (Blendshape::EyeLookUpRight, -down),
    ] {
        let weight = &mut weights[shape as usize];
        *weight = weight.max(share);
    }
    weights
}

/// A half of the face.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// How far the muscles of a half fold the skin: forehead, between the brows, beside the eye, from the nose to the mouth.
fn wrinkles(weights: &[f32; 52], side: Side) -> [f32; 4] {
    let w =
        |left: Blendshape, right: Blendshape| weights[if side == Side::Left { left } else { right } as usize];
    use Blendshape as B;
    let raised = w(B::BrowOuterUpLeft, B::BrowOuterUpRight).max(w(B::BrowInnerUp, B::BrowInnerUp) * 0.9);
    let drawn = w(B::BrowDownLeft, B::BrowDownRight) + 0.25 * w(B::BrowInnerUp, B::BrowInnerUp);
    let cheek = w(B::CheekSquintLeft, B::CheekSquintRight).max(0.6 * w(B::EyeSquintLeft, B::EyeSquintRight));
    let lip = (0.9 * w(B::MouthSmileLeft, B::MouthSmileRight))
        .max(w(B::NoseSneerLeft, B::NoseSneerRight))
        .max(0.8 * w(B::MouthUpperUpLeft, B::MouthUpperUpRight));
    [raised, drawn, cheek, lip].map(|weight| weight.clamp(0.0, 1.0))
}

fn nearest_on_plane(surface: &Surface, u: f32, v: f32) -> Vec3 {
    let far = |p: &[f32; 2]| (p[0] - u).powi(2) + (p[1] - v).powi(2);
    let skin = surface.indices[..surface.skin.end as usize].iter().map(|&i| &surface.vertices[i as usize]);
    skin.min_by(|a, b| far(&a.uv).total_cmp(&far(&b.uv))).map_or(Vec3::ZERO, |vertex| vertex.rest.into())
}

fn eye(asset: &HeadAsset, surface: &Surface, part: Part) -> Eye {
    let own = asset.position.iter().zip(&asset.part).filter(|(_, p)| **p == part).map(|(v, _)| *v);
    let (low, high) = own.fold((Vec3::MAX, Vec3::MIN), |(low, high), v| (low.min(v), high.max(v)));
    let radius = (high.y - low.y) * 0.5;
    let centre = Vec3::new((low.x + high.x) * 0.5, (low.y + high.y) * 0.5, low.z + radius);
    // The lid's edge is the skin before the eyeball that comes nearest to its middle, above and below.
    let edge = |sign: f32| {
        let before = |p: &Vec3| {
            (p.x - centre.x).abs() < 0.2 * radius
                && p.z > centre.z + 0.75 * radius
                && (p.y - centre.y) * sign > 0.0
        };
        (0..surface.rest.len() as u32)
            .filter(|&v| surface.part[v as usize] == Part::Skin && before(&surface.rest[v as usize]))
            .min_by(|&a, &b| {
                let height = |v: u32| (surface.rest[v as usize].y - centre.y) * sign;
                height(a).total_cmp(&height(b))
            })
            .unwrap_or(0)
    };
    Eye { centre, radius: radius * 0.995, upper_lid: edge(1.0), lower_lid: edge(-1.0) }
}

/// Gives each lash vertex its distance from the eyeball, in units of 6 mm, in place of the occlusion.
fn measure_lashes(surface: &mut Surface, eyes: &[Eye; 2]) {
    for vertex in &mut surface.vertices {
        if surface.part[vertex.welded as usize] == Part::Lash {
            let place = Vec3::from(vertex.rest);
            let eye = &eyes[usize::from(place.x < 0.0)];
            vertex.light[0] = ((place - eye.centre).length() - eye.radius * 1.04).max(0.0) / 0.006;
        }
    }
}

/// Front halves of two unit spheres, finest at the pupil.
fn eyeballs(rings: u32, around: u32) -> (Vec<EyeVertex>, Vec<u32>) {
    let (mut vertices, mut indices) = (Vec::new(), Vec::new());
    for side in [1.0, -1.0] {
        let first = vertices.len() as u32;
        for ring in 0..=rings {
            let angle = (ring as f32 / rings as f32) * 0.62 * PI;
            for k in 0..=around {
                let turn = k as f32 / around as f32 * 2.0 * PI;
                vertices.push(EyeVertex {
                    local: [angle.sin() * turn.cos(), angle.sin() * turn.sin(), angle.cos(), side],
                });
            }
        }
        for ring in 0..rings {
            for k in 0..around {
                let a = first + ring * (around + 1) + k;
                let b = a + around + 1;
                indices.extend([a, b, b + 1, a, b + 1, a + 1]);
            }
        }
    }
    (vertices, indices)
}

/// Skin that the garment always covers.
fn is_shoulder(place: Vec3) -> bool {
    place.y < 0.02 && place.x.abs() > 0.080
}

/// Bakes sky and key light into skin, hair and garment.
fn shade(surface: &mut Surface, hair: &mut HairMesh, cloth: &mut ClothMesh) {
    let normals = viva_shaders::cpu::normals::normals(&surface.rest, &surface.ring_row, &surface.ring);
    let mut skin: Vec<[Vec3; 3]> = surface
        .triangles
        .iter()
        .filter(|(_, part)| *part == Part::Skin)
        .map(|(t, _)| t.map(|v| surface.rest[v as usize]))
        .filter(|t| !is_shoulder(t[0]))
        .collect();
    let place = |i: &u32| Vec3::from(hair.vertices[*i as usize].rest);
    let locks: Vec<[Vec3; 3]> = hair.indices[..hair.inner]
        .chunks_exact(3)
        .map(|t| [place(&t[0]), place(&t[1]), place(&t[2])])
        .collect();
    let place = |i: &u32| Vec3::from(cloth.vertices[*i as usize].rest);
    let wear: Vec<[Vec3; 3]> =
        cloth.indices.chunks_exact(3).map(|t| [place(&t[0]), place(&t[1]), place(&t[2])]).collect();
    skin.extend(&locks);
    skin.extend(&wear);
    let receive = |place: Vec3, normal: Vec3, bias_metres: f32| Receiver { place, normal, bias_metres };
    let mut receivers: Vec<Receiver> =
        surface.rest.iter().zip(normals).map(|(place, normal)| receive(*place, normal, 0.0035)).collect();
    receivers.extend(hair.vertices.iter().map(|v| receive(v.rest.into(), v.normal.into(), 0.006)));
    receivers.extend(cloth.vertices.iter().map(|v| receive(v.rest.into(), v.normal.into(), 0.006)));
    let light = seen(&skin, &receivers, (KEY, RIM), SHADE_TURN_RADIANS);
    let (on_skin, rest) = light.split_at(surface.rest.len());
    let (on_hair, on_cloth) = rest.split_at(hair.vertices.len());
    let on_skin = smoothed(surface, on_skin.to_vec());
    for vertex in &mut surface.vertices {
        let Seen { sky, key, turned, through } = on_skin[vertex.welded as usize];
        (vertex.light, vertex.turned) = ([sky, key, through], turned);
    }
    for (more, light) in hair.vertices.iter_mut().map(|v| &mut v.more).zip(on_hair) {
        (more[0], more[1]) = (light.sky, light.key);
        if more[2] > 1.5 {
            // Light goes through a loose strand.
            (more[0], more[1]) = (light.sky.max(0.75), light.key.max(0.5));
        }
    }
    for (more, light) in cloth.vertices.iter_mut().map(|v| &mut v.more).zip(on_cloth) {
        (more[0], more[1]) = (light.sky, light.key);
    }
}

/// Averages over neighbours twice, which takes the grain of few directions away.
fn smoothed(surface: &Surface, mut light: Vec<Seen>) -> Vec<Seen> {
    for _ in 0..2 {
        let before = light.clone();
        for (vertex, own) in light.iter_mut().enumerate() {
            let span = surface.ring_row[vertex] as usize..surface.ring_row[vertex + 1] as usize;
            let parts = |seen: &Seen| [seen.sky, seen.key, seen.turned[0], seen.turned[1], seen.through];
            let (mut sum, mut count) = (parts(own).map(|own| own * 3.0), 3.0);
            for &v in surface.ring[span].iter().flatten() {
                sum.iter_mut().zip(parts(&before[v as usize])).for_each(|(sum, part)| *sum += part);
                count += 1.0;
            }
            let [sky, key, right, left, through] = sum.map(|sum| sum / count);
            *own = Seen { sky, key, turned: [right, left], through };
        }
    }
    light
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::look::HairStyle;
    use crate::skull::farthest_hit;

    const HEADS: [&str; 4] =
        ["female_mixed_young", "male_caucasian_old", "female_african_young", "male_asian_young"];

    fn head(name: &str) -> HeadAsset {
        let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let cache = variable("VIVA_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("viva")))
            .or_else(|| variable("HOME").map(|home| home.join(".cache/viva")));
        let path = cache.unwrap_or_default().join(format!("assets/avatar-head-mpfb/head_{name}.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|_| {
            panic!("no {}: run `cargo xtask test`, which fetches the models", path.display())
        });
        HeadAsset::from_safetensors(&bytes).expect("our own head")
    }

    #[test]
    fn upper_teeth_come_down_and_lower_ones_stay_on_every_head() {
        for name in HEADS {
            let as_made = Surface::new(&head(name), false);
            let mut surface = Surface::new(&head(name), false);
            surface.lower_above_jaw(Part::Teeth, 0.003);
            let (mut upper, mut lower) = (0, 0);
            for (v, (before, after)) in as_made.rest.iter().zip(&surface.rest).enumerate() {
                let down = before.y - after.y;
                match surface.part[v] {
                    Part::Teeth if (down - 0.003).abs() < 1e-6 => upper += 1,
                    Part::Teeth => lower += usize::from(down.abs() < 1e-6),
                    _ => assert!(down.abs() < 1e-6, "{name}: only teeth come down"),
                }
            }
            assert!(upper > 20 && lower > 20, "{name}: {upper} above, {lower} below");
            let places = surface.vertices.iter().zip(&as_made.vertices);
            assert!(places.clone().any(|(after, before)| after.rest[1] < before.rest[1]), "{name}");
        }
    }

    #[test]
    fn hair_grows_from_the_scalp_and_not_from_the_face_on_every_head() {
        let hair = HairGrid { columns: 24, rows: 8, shells: 2, loose: 0 };
        let detail = Detail { is_subdivided: false, eye_rings: 4, eye_around: 8, hair, cloth_stride: 1 };
        for name in HEADS {
            for style in [HairStyle::Short, HairStyle::Bob, HairStyle::Bun, HairStyle::Receding] {
                let look = Look { style, ..Look::examiner() };
                let person = Person::new(&head(name), &look, detail).expect("a head");
                let (mut scalp, mut face) = (0, 0);
                for vertex in &person.surface.vertices {
                    let is_skin = person.surface.part[vertex.welded as usize] == Part::Skin;
                    let [u, v] = vertex.uv;
                    // Brows, eyes, nose, cheeks and mouth on the texture plane; the crown by its height.
                    let is_face = (0.81..0.95).contains(&u) && (v - 0.5168).abs() < 0.06;
                    let is_crown = vertex.rest[1] > person.crown_y - 0.03;
                    if is_skin && is_face && vertex.masks[2] < 0.5 {
                        face += 1;
                        assert!(vertex.masks[3] < 0.01, "{name}, {style:?}: {vertex:?}");
                    }
                    if is_skin && is_crown && vertex.rest[2] < 0.0 {
                        scalp += 1;
                        assert!(vertex.masks[3] > 0.9, "{name}, {style:?}: {vertex:?}");
                    }
                }
                assert!(scalp > 3 && face > 200, "{name}: {scalp} and {face} vertices");
            }
        }
    }

    #[test]
    fn a_blend_lies_between_its_heads_and_moves_as_they_do() {
        let [young, old] = ["female_mixed_young", "male_caucasian_old"].map(head);
        let same = HeadAsset::blend(&[(young.clone(), 0.3), (young.clone(), 0.5)]).expect("one mesh");
        let far = |a: &HeadAsset, b: &HeadAsset| {
            let pairs = a.position.iter().zip(&b.position);
            pairs.map(|(a, b)| a.distance(*b)).fold(0.0_f32, f32::max)
        };
        assert!(far(&same, &young) < 1e-6);
        let most = HeadAsset::blend(&[(young.clone(), 0.2), (old.clone(), 0.8)]).expect("one base mesh");
        let half = HeadAsset::blend(&[(young.clone(), 1.0), (old.clone(), 1.0)]).expect("one base mesh");
        assert!(far(&half, &young) > 0.005 && far(&most, &young) > 1.5 * far(&half, &young));
        // The chin of the blend opens halfway between those of its heads.
        let drop = |head: &HeadAsset| {
            let shifts =
                head.morphs.iter().flatten().filter(|(shape, _)| *shape == Blendshape::JawOpen as u8);
            shifts.map(|(_, shift)| -shift.y).fold(0.0_f32, f32::max)
        };
        assert!((drop(&half) - 0.5 * (drop(&young) + drop(&old))).abs() < 0.002);
        let hair = HairGrid { columns: 24, rows: 8, shells: 2, loose: 0 };
        let detail = Detail { is_subdivided: true, eye_rings: 4, eye_around: 8, hair, cloth_stride: 1 };
        Person::new(&half, &Look::examiner(), detail).expect("a blend is a head");
        let nobody = HeadAsset::blend(&[(young, 0.0), (old, 0.0)]);
        assert!(matches!(nobody, Err(RenderError::Metadata(_))));
    }

    #[test]
    fn the_collar_lies_on_the_garment_and_is_open_in_front_on_every_neck() {
        let hair = HairGrid { columns: 24, rows: 8, shells: 2, loose: 0 };
        let detail = Detail { is_subdivided: false, eye_rings: 4, eye_around: 8, hair, cloth_stride: 1 };
        for name in HEADS {
            let person = Person::new(&head(name), &Look::examiner(), detail).expect("a head");
            let cloth = &person.cloth;
            let corner = |v: &u32| &cloth.vertices[*v as usize];
            let sleeve: Vec<[Vec3; 3]> = cloth
                .indices
                .chunks_exact(3)
                .filter(|t| t.iter().all(|v| corner(v).more[2] >= 0.0))
                .map(|t| [t[0], t[1], t[2]].map(|v| corner(&v).rest.into()))
                .collect();
            let leaf: Vec<_> = cloth.vertices.iter().filter(|v| v.more[2] < 0.0).collect();
            assert!(leaf.len() > 200, "{name}: {} vertices", leaf.len());
            for vertex in leaf {
                let place = Vec3::from(vertex.rest);
                let axis = Vec3::new(0.0, place.y, 0.015);
                let out = place - axis;
                let below = farthest_hit(&sleeve, axis, out.normalize_or_zero()).unwrap_or(0.0);
                // Its fold stands up from within.
                let is_outside = vertex.more[2] > -0.4 || out.length() > below - 0.002;
                assert!(is_outside, "{name}: {place} lies under {below} m of cloth");
                assert!(place.z < 0.03 || place.x.abs() > 0.01, "{name}: {place} closes the opening");
            }
        }
    }

    #[test]
    fn hair_that_hangs_over_the_ears_covers_them_on_every_head() {
        let hair = HairGrid { columns: 48, rows: 20, shells: 2, loose: 0 };
        for name in HEADS {
            for is_subdivided in [false, true] {
                let detail = Detail { is_subdivided, eye_rings: 4, eye_around: 8, hair, cloth_stride: 1 };
                let look = Look { style: HairStyle::Bob, ..Look::examiner() };
                let person = Person::new(&head(name), &look, detail).expect("a head");
                let inner: Vec<[Vec3; 3]> = person.hair.indices[..person.hair.inner]
                    .chunks_exact(3)
                    .map(|t| [t[0], t[1], t[2]].map(|v| person.hair.vertices[v as usize].rest.into()))
                    .collect();
                let ears: Vec<Vec3> = person
                    .surface
                    .vertices
                    .iter()
                    .filter(|v| masks::is_ear(v.uv.into()))
                    .map(|v| v.rest.into())
                    .collect();
                assert!(ears.len() > 100, "{name}: {} vertices of ears", ears.len());
                for place in ears {
                    let out = Vec3::new(place.x, 0.0, 0.0).normalize_or_zero();
                    let cover = farthest_hit(&inner, place, out);
                    assert!(
                        cover.is_some_and(|metres| metres > 0.004),
                        "{name}: {place} lies under {cover:?}"
                    );
                }
            }
        }
    }
}
