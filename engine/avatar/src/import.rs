//! From a file to an [`Avatar`] and a report of what was found.

use std::collections::BTreeMap;

use glam::{Mat4, Vec3, Vec4};

use crate::avatar::{Avatar, Delta, Joints, Material, bounds};
use crate::error::AvatarError;
use crate::gltf::container::{Parts, ReadBeside, fetch, parts};
use crate::gltf::mesh::{Geometry, Target, geometry};
use crate::gltf::scene::{Bones, Scene};
use crate::image::Image;
use crate::report::{Facts, ImportReport};
use crate::shapes::derive::{Source, derive, sum};
use crate::shapes::names::{Spelling, spelling};
use crate::vrm::{Vrm, VrmVersion, vrm};

/// Shifts below 5 micrometres are not seen.
const SMALLEST_DELTA_METRES: f32 = 5e-6;
/// Height of a face, brows to chin, that is taken as it is.
const FACE_METRES: std::ops::RangeInclusive<f32> = 0.05..=0.6;
/// Below this a face is a point.
const SMALLEST_FACE: f32 = 1e-6;
/// What another height becomes.
const HUMAN_FACE_METRES: f32 = 0.2;
/// Most shifts that expressions add up from targets, all together.
const MAX_SUMMED: usize = 32_000_000;
/// Most textures and materials.
const MAX_MATERIALS: usize = 128;

/// An avatar with what is to be known about it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The avatar.
    pub avatar: Avatar,
    /// What was found, derived and is missing.
    pub report: ImportReport,
}

/// Reads a `.glb`, `.gltf` or `.vrm` file.
///
/// `name` is shown where the file names nobody. `beside` gives the bytes of files that it names beside it, by relative path; a
/// caller without a folder refuses with a sentence.
///
/// # Errors
///
/// [`AvatarError`] with what does not hold and the mend. An avatar without any facial shape is none: the report says so.
pub fn import(bytes: &[u8], name: &str, beside: &mut ReadBeside<'_>) -> Result<Imported, AvatarError> {
    let parts = parts(bytes, beside)?;
    let vrm = vrm(&parts.document.extensions);
    // Avatars of VRM 0.x face against z.
    let is_backwards = vrm.as_ref().is_some_and(|vrm| vrm.version == VrmVersion::Zero);
    let root = if is_backwards { Mat4::from_rotation_y(std::f32::consts::PI) } else { Mat4::IDENTITY };
    let scene = Scene::new(&parts.document, root)?;
    let bones = scene.bones(&parts.document, vrm.as_ref());
    let mut notes = Vec::new();
    let mut geometry = geometry(&parts, &scene, bones)?;
    let (materials, images) = materials(&parts, &mut geometry, beside, &mut notes)?;
    let joint = |bone: Option<usize>| bone.and_then(|bone| scene.place(bone));
    let joints = Joints {
        head: joint(bones.head),
        left_eye: joint(bones.left_eye),
        right_eye: joint(bones.right_eye),
    };
    let (sources, unused) = sources(&geometry.targets, vrm.as_ref(), &mut notes);
    let eyes_y = joints.left_eye.zip(joints.right_eye).map(|(left, right)| (left.y + right.y) * 0.5);
    let derived = derive(&sources, &geometry.position, eyes_y);
    let title = vrm.as_ref().and_then(|vrm| vrm.licence.title.clone());
    let mut avatar = Avatar {
        name: title.unwrap_or_else(|| name.to_owned()),
        position: geometry.position,
        uv: geometry.uv,
        turn: geometry.turn,
        triangles: geometry.triangles,
        patches: geometry.patches,
        materials,
        images,
        shapes: derived.shapes,
        joints,
    };
    let scaled_by = to_metres(&mut avatar, &mut notes);
    drop_unseen(&mut avatar);
    if geometry.left_out > 0 {
        notes.push(format!("{} meshes of lines or points were left out", geometry.left_out));
    }
    let mut unmatched = derived.unmatched;
    unmatched.extend(unused);
    let report = ImportReport::new(
        &avatar,
        Facts {
            is_binary: parts.is_binary,
            document: &parts.document,
            vrm: vrm.as_ref(),
            meshes: geometry.meshes,
            targets: geometry.targets.len(),
            origins: derived.origins,
            unmatched,
            scaled_by,
            bone_names: bone_names(&parts, bones),
            notes,
        },
    );
    Ok(Imported { avatar, report })
}

fn bone_names(parts: &Parts, bones: Bones) -> [Option<String>; 3] {
    [bones.head, bones.left_eye, bones.right_eye].map(|bone| {
        let node = &parts.document.nodes[bone?];
        Some(node.name.clone().unwrap_or_else(|| "without a name".into()).chars().take(80).collect())
    })
}

/// Targets and expressions by what they mean, and expressions that mean nothing here.
fn sources(targets: &[Target], vrm: Option<&Vrm>, notes: &mut Vec<String>) -> (Vec<Source>, Vec<String>) {
    let mut sources = Vec::new();
    let mut unused = Vec::new();
    let is_by_node = vrm.is_some_and(|vrm| vrm.version == VrmVersion::One);
    let mut by_bind: BTreeMap<(usize, usize), Vec<&[Delta]>> = BTreeMap::new();
    for target in targets {
        let of = if is_by_node { target.node } else { target.mesh };
        by_bind.entry((of, target.index)).or_default().push(&target.deltas);
    }
    let mut summed = 0_usize;
    for expression in vrm.iter().flat_map(|vrm| &vrm.expressions) {
        let is_known = expression.preset.is_some() || spelling(&expression.name) != Spelling::Unknown;
        let parts: Vec<(&[Delta], f32)> = expression
            .binds
            .iter()
            .filter_map(|bind| Some((by_bind.get(&(bind.of, bind.target))?, bind.weight.clamp(-2.0, 2.0))))
            .flat_map(|(lists, weight)| lists.iter().map(move |list| (*list, weight)))
            .collect();
        summed += parts.iter().map(|(list, _)| list.len()).sum::<usize>();
        if summed > MAX_SUMMED {
            notes.push(format!(
                "the expression {:?} and those after it move too much and were not used",
                expression.name
            ));
            break;
        }
        let deltas = sum(parts.into_iter());
        if is_known && !deltas.is_empty() {
            let preset = expression.preset.map(str::to_owned);
            sources.push(Source { name: expression.name.clone(), preset, deltas });
        } else if !is_known && !deltas.is_empty() {
            unused.push(expression.name.clone());
        }
    }
    // Head, teeth and lashes are often meshes of their own with a target of the same meaning each.
    let mut by_meaning: BTreeMap<String, (String, Vec<&[Delta]>)> = BTreeMap::new();
    let mut nameless = 0;
    for target in targets {
        let Some(name) = target.name.as_ref().filter(|name| !name.is_empty()) else {
            nameless += 1;
            continue;
        };
        let meaning = match spelling(name) {
            Spelling::Unknown => format!("?{name}"),
            known => format!("{known:?}"),
        };
        by_meaning.entry(meaning).or_insert_with(|| (name.clone(), Vec::new())).1.push(&target.deltas);
    }
    if nameless > 0 {
        notes.push(format!(
            "{nameless} morph targets have no name and were not used: export with shape key names (extras.targetNames)"
        ));
    }
    sources.extend(by_meaning.into_values().map(|(name, lists)| Source {
        name,
        preset: None,
        deltas: sum(lists.into_iter().map(|list| (list, 1.0))),
    }));
    (sources, unused)
}

/// Colours with their textures; a texture that cannot be read leaves the plain colour and a note.
fn materials(
    parts: &Parts,
    geometry: &mut Geometry,
    beside: &mut ReadBeside<'_>,
    notes: &mut Vec<String>,
) -> Result<(Vec<Material>, Vec<Image>), AvatarError> {
    let (mut materials, mut images) = (Vec::new(), Vec::new());
    let mut decoded: BTreeMap<usize, Option<usize>> = BTreeMap::new();
    for patch in &mut geometry.patches {
        let found = parts.document.materials.get(patch.material);
        if found.is_none() && patch.material != usize::MAX {
            return Err(AvatarError::broken(format!("there is no material {}", patch.material)));
        }
        patch.material = materials.len();
        let Some(found) = found else {
            materials.push(Material { color: Vec4::new(0.6, 0.45, 0.38, 1.0), ..Material::default() });
            continue;
        };
        if materials.len() == MAX_MATERIALS {
            let found = geometry.patches.len() as u64;
            let mend = "join materials, for example by baking them into one texture";
            return Err(AvatarError::TooLarge { what: "materials", found, most: MAX_MATERIALS as u64, mend });
        }
        let name: String = found.name.clone().unwrap_or_default().chars().take(80).collect();
        let surface = &found.pbr_metallic_roughness;
        let texture = surface.base_color_texture.as_ref();
        let source = texture.and_then(|t| parts.document.textures.get(t.index)).and_then(|t| t.source);
        if texture.is_some() && source.is_none() {
            notes.push(format!(
                "the texture of the material {name:?} has no PNG or JPEG: its plain colour is shown"
            ));
        }
        let mut load = |source: usize| {
            *decoded.entry(source).or_insert_with(|| match image(parts, source, beside) {
                Ok(image) => {
                    images.push(image);
                    Some(images.len() - 1)
                }
                Err(problem) => {
                    notes.push(format!("texture {source} is not shown: {problem}"));
                    None
                }
            })
        };
        let color = surface
            .base_color_factor
            .unwrap_or([1.0; 4])
            .map(|c| if c.is_finite() { c.clamp(0.0, 1.0) } else { 1.0 });
        let roughness = surface.roughness_factor.filter(|r| r.is_finite()).unwrap_or(1.0).clamp(0.3, 1.0);
        materials.push(Material {
            color: Vec4::from_array(color),
            image: source.and_then(&mut load),
            // What lets light through is drawn where it covers more than half.
            cutoff: match found.alpha_mode.as_deref() {
                Some("MASK") => found.alpha_cutoff.filter(|c| c.is_finite()).unwrap_or(0.5).clamp(0.01, 1.0),
                Some("BLEND") => 0.5,
                _ => 0.0,
            },
            roughness,
            is_unlit: found.extensions.contains_key("KHR_materials_unlit")
                || found.extensions.contains_key("VRMC_materials_mtoon"),
            name,
        });
    }
    Ok((materials, images))
}

fn image(parts: &Parts, source: usize, beside: &mut ReadBeside<'_>) -> Result<Image, String> {
    let found = parts.document.images.get(source).ok_or("the file has no such image")?;
    match (&found.uri, found.buffer_view) {
        (Some(uri), _) => Image::decode(&fetch(uri, beside).map_err(|error| error.to_string())?),
        (None, Some(view)) => Image::decode(parts.view(view).map_err(|error| error.to_string())?),
        (None, None) => Err("it has neither bytes nor a name".into()),
    }
}

/// Makes a model of centimetres, inches or no unit a human's size; the factor.
fn to_metres(avatar: &mut Avatar, notes: &mut Vec<String>) -> f32 {
    let (low, high) = avatar.face_box();
    let height = high.y - low.y;
    // What has no height has no scale.
    if FACE_METRES.contains(&height) || !height.is_finite() || height < SMALLEST_FACE {
        return 1.0;
    }
    // Hundredths and thousandths are units; anything else is a model without one.
    let factor = [0.01, 0.001, 0.1, 10.0, 100.0, 1000.0]
        .into_iter()
        .find(|factor| (0.1..=0.32).contains(&(height * factor)))
        .unwrap_or(HUMAN_FACE_METRES / height);
    notes.push(format!("its face is {height:.4} units high and was scaled by {factor:.4} to metres"));
    let scale = |v: &mut Vec3| *v *= factor;
    avatar.position.iter_mut().for_each(scale);
    avatar.shapes.iter_mut().flatten().for_each(|(_, delta)| scale(delta));
    let Joints { head, left_eye, right_eye } = &mut avatar.joints;
    [head, left_eye, right_eye].into_iter().flatten().for_each(scale);
    factor
}

fn drop_unseen(avatar: &mut Avatar) {
    for shape in &mut avatar.shapes {
        shape.retain(|(_, delta)| delta.length() > SMALLEST_DELTA_METRES);
    }
    debug_assert!(avatar.is_whole(), "an import gives whole avatars only");
    debug_assert!(bounds(avatar.position.iter().copied()).0.is_finite());
}
