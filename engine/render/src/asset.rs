//! The head file: a triangle mesh with sparse morphs, read as untrusted input.

use std::collections::BTreeMap;
use std::fmt;

use glam::{Vec2, Vec3};
use safetensors::{Dtype, SafeTensors};
use viva_media::{BLENDSHAPE_COUNT, Blendshape};

use crate::RenderError;

/// Most vertices that a head file may have; ours have 5.7 k.
const MAX_VERTICES: usize = 200_000;
/// Stored morph deltas are in hundredths of a millimetre.
const METRES_PER_DELTA: f32 = 1e-5;
/// Morphs of a human head stay within 10 cm.
const MAX_COORDINATE_METRES: f32 = 10.0;

/// What a vertex belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Part {
    /// Head, neck and the inside of the mouth.
    Skin,
    /// The face's left eyeball.
    EyeLeft,
    /// The face's right eyeball.
    EyeRight,
    /// Upper and lower teeth.
    Teeth,
    /// The tongue.
    Tongue,
    /// Eyelashes.
    Lash,
}

impl Part {
    const ALL: [Self; 6] = [Self::Skin, Self::EyeLeft, Self::EyeRight, Self::Teeth, Self::Tongue, Self::Lash];
    const NAMES: &'static str = "skin eye_l eye_r teeth tongue lash";
}

/// A checked head: every index is in range and every number finite.
///
/// **Units** metres; the origin is the neck joint, y up, z out of the face.
#[derive(Clone)]
pub struct HeadAsset {
    pub(crate) position: Vec<Vec3>,
    pub(crate) uv: Vec<Vec2>,
    pub(crate) part: Vec<Part>,
    pub(crate) base_vertex: Vec<u32>,
    pub(crate) triangles: Vec<[u32; 3]>,
    /// Per vertex: blendshape and shift at weight 1.
    pub(crate) morphs: Vec<Vec<(u8, Vec3)>>,
}

impl fmt::Debug for HeadAsset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeadAsset({} vertices, {} triangles)", self.position.len(), self.triangles.len())
    }
}

impl HeadAsset {
    /// Reads a head from the bytes of its safetensors file.
    ///
    /// # Errors
    ///
    /// [`RenderError::NotSafetensors`], [`RenderError::Tensor`] or [`RenderError::Metadata`] with what does not hold.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, RenderError> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let text =
            |key: &str| header.metadata().as_ref().and_then(|map| map.get(key)).map_or("", String::as_str);
        if text("parts") != Part::NAMES {
            return Err(RenderError::Metadata(format!(
                "parts are `{}`, not `{}`",
                text("parts"),
                Part::NAMES
            )));
        }
        let shapes = shapes_of(text("morphs"))?;

        let position = vectors(&tensors, "position")?;
        let vertices = position.len();
        if vertices == 0 || vertices > MAX_VERTICES {
            return Err(problem("position", format!("has {vertices} vertices (1..={MAX_VERTICES} allowed)")));
        }
        let uv: Vec<Vec2> = numbers(&tensors, "uv", Dtype::F32, f32::from_le_bytes)?
            .chunks_exact(2)
            .map(|c| Vec2::new(c[0], c[1]))
            .collect();
        expect_len("uv", uv.len(), vertices)?;
        if uv.iter().any(|v| !v.is_finite() || v.abs().max_element() > 16.0) {
            return Err(problem("uv", "holds a number out of range".into()));
        }
        let base_vertex = numbers(&tensors, "base_vertex", Dtype::U32, u32::from_le_bytes)?;
        expect_len("base_vertex", base_vertex.len(), vertices)?;
        let part = numbers(&tensors, "part", Dtype::U8, |[b]: [u8; 1]| b)?
            .into_iter()
            .map(|id| Part::ALL.get(usize::from(id)).copied())
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| problem("part", "names a part above 5".into()))?;
        expect_len("part", part.len(), vertices)?;
        for wanted in Part::ALL {
            if !part.contains(&wanted) {
                return Err(problem("part", format!("has no vertex of {wanted:?}")));
            }
        }
        let triangles = triangles(&tensors, &part)?;
        let morphs = morphs(&tensors, vertices, &shapes)?;
        Ok(Self { position, uv, part, base_vertex, triangles, morphs })
    }

    /// A head between others, made on the same base mesh: the mean of their places and shapes by their shares. The first gives
    /// the mesh; where another ends higher at the neck, its difference at its nearest vertex goes on.
    ///
    /// # Errors
    ///
    /// [`RenderError::Metadata`] where nothing has a share or the meshes have too little in common.
    pub fn blend(parts: &[(Self, f32)]) -> Result<Self, RenderError> {
        let total: f32 = parts.iter().map(|(_, share)| share).sum();
        let [(first, _), others @ ..] = parts else {
            return Err(RenderError::Metadata("a blend has at least one head".into()));
        };
        if total.is_nan() || total <= 0.0 {
            return Err(RenderError::Metadata("no head of the blend has a share".into()));
        }
        let mut blend = first.clone();
        for (other, share) in others {
            blend.move_towards(first, other, share / total)?;
        }
        Ok(blend)
    }

    /// Adds a share of what another head differs by from the one whose mesh this is.
    fn move_towards(&mut self, own: &Self, other: &Self, share: f32) -> Result<(), RenderError> {
        let key = |head: &Self, v: usize| (head.part[v] as u8, head.base_vertex[v]);
        let known: BTreeMap<_, usize> = (0..other.position.len()).map(|v| (key(other, v), v)).collect();
        let twin: Vec<Option<usize>> =
            (0..own.position.len()).map(|v| known.get(&key(own, v)).copied()).collect();
        let common: Vec<usize> = (0..twin.len()).filter(|&v| twin[v].is_some()).collect();
        if common.len() * 10 < twin.len() * 9 {
            return Err(RenderError::Metadata("the heads of a blend are not made on one base mesh".into()));
        }
        for v in 0..twin.len() {
            let near = |&a: &usize, &b: &usize| {
                let far = |w: usize| own.position[w].distance_squared(own.position[v]);
                far(a).total_cmp(&far(b))
            };
            let from = if twin[v].is_some() { v } else { common.iter().copied().min_by(near).unwrap_or(v) };
            let Some(to) = twin[from] else { continue };
            self.position[v] += (other.position[to] - own.position[from]) * share;
            if twin[v].is_some() {
                let mut shifts: BTreeMap<u8, Vec3> = self.morphs[v].iter().copied().collect();
                for (shape, shift) in &own.morphs[v] {
                    *shifts.entry(*shape).or_default() -= *shift * share;
                }
                for (shape, shift) in &other.morphs[to] {
                    *shifts.entry(*shape).or_default() += *shift * share;
                }
                self.morphs[v] = shifts.into_iter().collect();
            }
        }
        Ok(())
    }

    /// How many vertices the file has.
    #[must_use]
    pub fn vertex_count(&self) -> usize {
        self.position.len()
    }
}

fn shapes_of(names: &str) -> Result<Vec<u8>, RenderError> {
    let shapes = names
        .split(' ')
        .map(|name| {
            Blendshape::from_name(name)
                .map(|shape| shape as u8)
                .ok_or_else(|| RenderError::Metadata(format!("`{name}` is no ARKit blendshape")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut sorted = shapes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != BLENDSHAPE_COUNT || shapes.len() != BLENDSHAPE_COUNT {
        return Err(RenderError::Metadata(format!("names {} of the 52 blendshapes", sorted.len())));
    }
    Ok(shapes)
}

fn triangles(tensors: &SafeTensors<'_>, part: &[Part]) -> Result<Vec<[u32; 3]>, RenderError> {
    let index = numbers(tensors, "index", Dtype::U32, u32::from_le_bytes)?;
    if index.is_empty() || !index.len().is_multiple_of(3) || index.len() > MAX_VERTICES * 6 {
        return Err(problem("index", format!("has {} entries", index.len())));
    }
    let triangles: Vec<[u32; 3]> = index.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
    for triangle in &triangles {
        let parts = triangle.map(|v| part.get(v as usize));
        if parts.contains(&None) {
            return Err(problem("index", "points past the last vertex".into()));
        }
        if parts[0] != parts[1] || parts[0] != parts[2] {
            return Err(problem("index", "joins two parts in one triangle".into()));
        }
    }
    Ok(triangles)
}

fn morphs(
    tensors: &SafeTensors<'_>,
    vertices: usize,
    shapes: &[u8],
) -> Result<Vec<Vec<(u8, Vec3)>>, RenderError> {
    let row = numbers(tensors, "morph_row", Dtype::U32, u32::from_le_bytes)?;
    let target = numbers(tensors, "morph_target", Dtype::U8, |[b]: [u8; 1]| b)?;
    let delta = numbers(tensors, "morph_delta", Dtype::I16, i16::from_le_bytes)?;
    expect_len("morph_row", row.len(), vertices + 1)?;
    if delta.len() != target.len() * 3 {
        return Err(problem(
            "morph_delta",
            "does not have three numbers for each entry of morph_target".into(),
        ));
    }
    if row[0] != 0 || !row.is_sorted() || row[vertices] as usize != target.len() {
        return Err(problem("morph_row", "is not a rising list from 0 to the number of entries".into()));
    }
    if target.iter().any(|&t| usize::from(t) >= shapes.len()) {
        return Err(problem("morph_target", "names a blendshape above 51".into()));
    }
    let entry = |e: usize| {
        let shape = shapes[usize::from(target[e])];
        let scale = METRES_PER_DELTA * strength(shape);
        let d = |axis: usize| f32::from(delta[e * 3 + axis]) * scale;
        (shape, Vec3::new(d(0), d(1), d(2)))
    };
    Ok(row.windows(2).map(|w| (w[0] as usize..w[1] as usize).map(entry).collect()).collect())
}

/// How much stronger a shape is than in the head files. What moves the lips least in them is hardly seen, by people and by our own
/// eyes: the factors are the smallest of those tried at which the face chain names the shape when it is driven alone.
fn strength(shape: u8) -> f32 {
    const STRONGER: [(Blendshape, f32); 8] = [
        (Blendshape::MouthLowerDownLeft, 1.5),
        (Blendshape::MouthLowerDownRight, 1.5),
        (Blendshape::MouthUpperUpLeft, 1.2),
        (Blendshape::MouthUpperUpRight, 1.2),
        (Blendshape::MouthStretchLeft, 1.3),
        (Blendshape::MouthStretchRight, 1.3),
        (Blendshape::MouthFrownLeft, 1.35),
        (Blendshape::MouthFrownRight, 1.35),
    ];
    STRONGER.iter().find(|(known, _)| *known as u8 == shape).map_or(1.0, |(_, factor)| *factor)
}

fn vectors(tensors: &SafeTensors<'_>, name: &'static str) -> Result<Vec<Vec3>, RenderError> {
    let list = numbers(tensors, name, Dtype::F32, f32::from_le_bytes)?;
    if !list.len().is_multiple_of(3) {
        return Err(problem(name, "does not hold triples".into()));
    }
    if list.iter().any(|x| !x.is_finite() || x.abs() > MAX_COORDINATE_METRES) {
        return Err(problem(name, "holds a number out of range".into()));
    }
    Ok(list.chunks_exact(3).map(Vec3::from_slice).collect())
}

fn numbers<T, const N: usize>(
    tensors: &SafeTensors<'_>,
    name: &'static str,
    dtype: Dtype,
    read: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, RenderError> {
    let view = tensors.tensor(name).map_err(|error| problem(name, error.to_string()))?;
    if view.dtype() != dtype {
        return Err(problem(name, format!("is {:?}, not {dtype:?}", view.dtype())));
    }
    Ok(view.data().as_chunks::<N>().0.iter().map(|c| read(*c)).collect())
}

fn expect_len(name: &'static str, got: usize, want: usize) -> Result<(), RenderError> {
    if got == want { Ok(()) } else { Err(problem(name, format!("has {got} rows, not {want}"))) }
}

fn problem(name: &'static str, problem: String) -> RenderError {
    RenderError::Tensor { name, problem }
}
