//! The triangles and morph targets of a scene, put into one mesh at rest.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use glam::{Mat4, Vec2, Vec3};

use super::container::Parts;
use super::document::{Node, Primitive};
use super::scene::{Bones, Scene};
use crate::avatar::{Delta, Patch};
use crate::error::AvatarError;

/// Most triangles: an order of magnitude above characters that are made to be shown live.
pub const MAX_TRIANGLES: u64 = 250_000;
/// Most vertices.
pub const MAX_VERTICES: u64 = 400_000;
/// Most morph targets of a mesh.
const MAX_TARGETS: usize = 1024;
/// Most surfaces of a mesh.
const MAX_PRIMITIVES: usize = 1024;
/// Most shifts that are not zero, all targets together.
const MAX_DELTAS: usize = 8_000_000;
/// Most work of reading: vertices times targets.
const MAX_READ: u64 = 200_000_000;
/// A coordinate beyond this is no place.
const MAX_COORDINATE: f32 = 1e6;

const SIMPLER: &str = "make it simpler first, for example with Blender's Decimate modifier, which keeps shapes if it is applied before they are added, or leave out body and clothes";

/// One morph target of one mesh in the scene.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) node: usize,
    pub(crate) mesh: usize,
    pub(crate) index: usize,
    pub(crate) name: Option<String>,
    /// Ascending by vertex.
    pub(crate) deltas: Vec<Delta>,
}

/// Everything that a scene shows, in the scene's own units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Geometry {
    pub(crate) position: Vec<Vec3>,
    pub(crate) uv: Vec<Vec2>,
    pub(crate) turn: Vec<[f32; 3]>,
    pub(crate) triangles: Vec<[u32; 3]>,
    /// Material of the file, `usize::MAX` for none.
    pub(crate) patches: Vec<Patch>,
    pub(crate) targets: Vec<Target>,
    pub(crate) meshes: usize,
    /// Lines and points, which are left out.
    pub(crate) left_out: usize,
}

/// Gathers the meshes of a scene.
pub(crate) fn geometry(parts: &Parts, scene: &Scene, bones: Bones) -> Result<Geometry, AvatarError> {
    let mut gather = Gather {
        parts,
        scene,
        bones,
        geometry: Geometry::default(),
        by_material: BTreeMap::new(),
        deltas: 0,
        read: 0,
    };
    gather.check_size()?;
    for (index, node) in parts.document.nodes.iter().enumerate() {
        if let (Some(mesh), Some(world)) = (node.mesh, scene.world_from_node[index]) {
            gather.mesh(index, node, mesh, world)?;
        }
    }
    let Gather { mut geometry, by_material, .. } = gather;
    for (material, triangles) in by_material {
        let start = geometry.triangles.len();
        geometry.triangles.extend(triangles);
        geometry.patches.push(Patch { material, triangles: start..geometry.triangles.len() });
    }
    if geometry.triangles.is_empty() {
        return Err(AvatarError::NoTriangles);
    }
    Ok(geometry)
}

struct Gather<'a> {
    parts: &'a Parts,
    scene: &'a Scene,
    bones: Bones,
    geometry: Geometry,
    by_material: BTreeMap<usize, Vec<[u32; 3]>>,
    deltas: usize,
    /// Vertices times targets so far.
    read: u64,
}

/// Where the vertices of a mesh stand: by its node, or each by its joints.
enum Placing {
    Rigid { world: Mat4, turn: [f32; 3] },
    Skinned { joints: Vec<(Mat4, [f32; 3])>, rigid: Mat4 },
}

impl Placing {
    /// Whether the mesh is turned inside out on its way into the scene.
    fn is_mirrored(&self) -> bool {
        let (Self::Rigid { world: matrix, .. } | Self::Skinned { rigid: matrix, .. }) = self;
        let of = match self {
            Self::Skinned { joints, .. } => joints.first().map_or(matrix, |(joint, _)| joint),
            Self::Rigid { .. } => matrix,
        };
        of.determinant() < 0.0
    }
}

impl Gather<'_> {
    /// Counts before anything is read, so that a file cannot ask for memory that it does not fill.
    fn check_size(&self) -> Result<(), AvatarError> {
        let document = &self.parts.document;
        let (mut triangles, mut vertices, mut read) = (0_u64, 0_u64, 0_u64);
        for (index, node) in document.nodes.iter().enumerate() {
            let Some(mesh) = node.mesh.filter(|_| self.scene.world_from_node[index].is_some()) else {
                continue;
            };
            let mesh = document.meshes.get(mesh).ok_or_else(|| {
                AvatarError::broken(format!("node {index} names a mesh {mesh}, which is not there"))
            })?;
            let mut counted = BTreeSet::new();
            for primitive in mesh.primitives.iter().filter(|p| is_surface(p)) {
                let count = |accessor: Option<usize>| {
                    accessor.and_then(|a| document.accessors.get(a)).map_or(0, |a| a.count)
                };
                let own = count(attribute(&primitive.attributes, "POSITION"));
                let corners = if primitive.indices.is_some() { count(primitive.indices) } else { own };
                let list = primitive.mode.unwrap_or(4) == 4;
                triangles =
                    triangles.saturating_add(if list { corners / 3 } else { corners.saturating_sub(2) });
                // Surfaces of several materials often share one list of vertices.
                if !counted.insert(attribute(&primitive.attributes, "POSITION")) {
                    continue;
                }
                vertices = vertices.saturating_add(own);
                read = read.saturating_add(own.saturating_mul(primitive.targets.len() as u64));
            }
        }
        within("triangles", triangles, MAX_TRIANGLES)?;
        within("vertices", vertices, MAX_VERTICES)?;
        within("vertices times morph targets", read, MAX_READ)
    }

    fn mesh(&mut self, index: usize, node: &Node, mesh: usize, world: Mat4) -> Result<(), AvatarError> {
        let found = &self.parts.document.meshes[mesh];
        within("surfaces of a mesh", found.primitives.len() as u64, MAX_PRIMITIVES as u64)?;
        let placing = self.placing(index, node, world)?;
        self.geometry.meshes += 1;
        let names = target_names(&found.extras)
            .or_else(|| found.primitives.first().and_then(|p| target_names(&p.extras)))
            .unwrap_or_default();
        let weights = if node.weights.is_empty() { &found.weights } else { &node.weights };
        let mut targets: Vec<Target> = Vec::new();
        let mut read: Vec<(&Primitive, Range<u32>)> = Vec::new();
        for primitive in &found.primitives {
            if !is_surface(primitive) {
                self.geometry.left_out += 1;
                continue;
            }
            if primitive.targets.len() > MAX_TARGETS {
                return Err(AvatarError::TooLarge {
                    what: "morph targets of a mesh",
                    found: primitive.targets.len() as u64,
                    most: MAX_TARGETS as u64,
                    mend: "leave out shapes that are not of the face",
                });
            }
            while targets.len() < primitive.targets.len() {
                let name = names.get(targets.len()).cloned();
                targets.push(Target { node: index, mesh, index: targets.len(), name, deltas: Vec::new() });
            }
            // Surfaces of several materials often share one list of vertices.
            let is_same = |(of, _): &&(&Primitive, _)| {
                of.attributes == primitive.attributes
                    && of.targets == primitive.targets
                    && self.texture_set(of) == self.texture_set(primitive)
            };
            let span = match read.iter().find(is_same) {
                Some((_, span)) => span.clone(),
                None => self.vertices(primitive, &placing, weights, &mut targets)?,
            };
            self.triangles(primitive, &span, placing.is_mirrored())?;
            read.push((primitive, span));
        }
        self.geometry.targets.extend(targets);
        Ok(())
    }

    fn placing(&self, index: usize, node: &Node, world: Mat4) -> Result<Placing, AvatarError> {
        let Some(skin) = node.skin else {
            return Ok(Placing::Rigid { world, turn: self.turn_of(index) });
        };
        let found = self.parts.document.skins.get(skin);
        let skin = found.ok_or_else(|| AvatarError::broken(format!("there is no skin {skin}")))?;
        let inverse = match skin.inverse_bind_matrices {
            Some(accessor) => self.parts.vectors::<16>(accessor)?,
            None => vec![Mat4::IDENTITY.to_cols_array(); skin.joints.len()],
        };
        if inverse.len() < skin.joints.len() {
            return Err(AvatarError::broken("a skin has fewer bind matrices than joints"));
        }
        let joint = |(joint, inverse): (&usize, &[f32; 16])| {
            let at = self.scene.world_from_node.get(*joint).copied().flatten();
            let at = at.ok_or_else(|| AvatarError::broken(format!("joint {joint} is not in the scene")))?;
            let matrix = at * Mat4::from_cols_array(inverse);
            if !matrix.is_finite() {
                return Err(AvatarError::broken(format!("joint {joint} has no finite place")));
            }
            Ok((matrix, self.turn_of(*joint)))
        };
        let joints = skin.joints.iter().zip(&inverse).map(joint).collect::<Result<Vec<_>, _>>()?;
        Ok(Placing::Skinned { joints, rigid: world })
    }

    /// How a node turns with head and eyes; without a head bone everything is head.
    fn turn_of(&self, node: usize) -> [f32; 3] {
        let below = |bone: Option<usize>| bone.is_some_and(|bone| self.scene.is_below(node, bone));
        let share = |is: bool| f32::from(u8::from(is));
        let head = self.bones.head.is_none() || below(self.bones.head);
        [share(head), share(below(self.bones.left_eye)), share(below(self.bones.right_eye))]
    }

    /// Reads the vertices of a surface; where they stand in the list.
    fn vertices(
        &mut self,
        primitive: &Primitive,
        placing: &Placing,
        weights: &[f32],
        targets: &mut [Target],
    ) -> Result<Range<u32>, AvatarError> {
        let first = self.geometry.position.len() as u32;
        let position = attribute(&primitive.attributes, "POSITION")
            .ok_or_else(|| AvatarError::broken("a mesh has no positions"))?;
        // Surfaces that share positions but not all else are read anew each.
        let count = self.parts.count(position)? as u64;
        self.read += count * primitive.targets.len() as u64;
        within("vertices", u64::from(first) + count, MAX_VERTICES)?;
        within("vertices times morph targets", self.read, MAX_READ)?;
        let mut local: Vec<Vec3> =
            self.parts.vectors::<3>(position)?.into_iter().map(Vec3::from_array).collect();
        let shifts = self.shifts(primitive, local.len())?;
        for (list, weight) in shifts.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
            for (vertex, shift) in list {
                local[*vertex as usize] += *shift * *weight;
            }
        }
        let placed = self.placed(primitive, placing, local.len())?;
        for (place, (matrix, turn)) in local.iter().zip(&placed) {
            let place = matrix.transform_point3(*place);
            if !place.is_finite() || place.abs().max_element() > MAX_COORDINATE {
                return Err(AvatarError::broken("a position is not finite or out of all bounds"));
            }
            self.geometry.position.push(place);
            self.geometry.turn.push(*turn);
        }
        for (target, list) in targets.iter_mut().zip(shifts) {
            self.deltas += list.len();
            if self.deltas > MAX_DELTAS {
                return Err(AvatarError::TooLarge {
                    what: "shifts of morph targets",
                    found: self.deltas as u64,
                    most: MAX_DELTAS as u64,
                    mend: SIMPLER,
                });
            }
            for (vertex, shift) in list {
                let shift = placed[vertex as usize].0.transform_vector3(shift);
                if !shift.is_finite() || shift.abs().max_element() > MAX_COORDINATE {
                    return Err(AvatarError::broken("a morph target is not finite or out of all bounds"));
                }
                target.deltas.push((first + vertex, shift));
            }
        }
        self.uv(primitive, local.len())?;
        Ok(first..self.geometry.position.len() as u32)
    }

    /// What each target moves, in the mesh's own space.
    fn shifts(&self, primitive: &Primitive, vertices: usize) -> Result<Vec<Vec<Delta>>, AvatarError> {
        let mut all = Vec::with_capacity(primitive.targets.len());
        // Targets may share one accessor: what they come to is counted before it is kept.
        let mut kept = self.deltas as u64;
        for target in &primitive.targets {
            let mut list: BTreeMap<u32, Vec3> = BTreeMap::new();
            if let Some(accessor) = attribute(target, "POSITION") {
                if self.parts.count(accessor)? != vertices {
                    return Err(AvatarError::broken(
                        "a morph target has another number of vertices than its mesh",
                    ));
                }
                self.parts.each::<3>(accessor, |vertex, shift| {
                    let shift = Vec3::from_array(shift);
                    // A sparse value replaces that of the base.
                    if shift == Vec3::ZERO {
                        list.remove(&(vertex as u32));
                    } else {
                        list.insert(vertex as u32, shift);
                    }
                })?;
            }
            kept += list.len() as u64;
            within("shifts of morph targets", kept, MAX_DELTAS as u64)?;
            all.push(list.into_iter().collect());
        }
        Ok(all)
    }

    /// Per vertex, the matrix to its place at rest and how it turns.
    fn placed(
        &self,
        primitive: &Primitive,
        placing: &Placing,
        vertices: usize,
    ) -> Result<Vec<(Mat4, [f32; 3])>, AvatarError> {
        let (joints, rigid) = match placing {
            Placing::Rigid { world, turn } => return Ok(vec![(*world, *turn); vertices]),
            Placing::Skinned { joints, rigid } => (joints, rigid),
        };
        let found = |name| attribute(&primitive.attributes, name);
        let (Some(indices), Some(weights)) = (found("JOINTS_0"), found("WEIGHTS_0")) else {
            return Ok(vec![(*rigid, [f32::from(u8::from(self.bones.head.is_none())), 0.0, 0.0]); vertices]);
        };
        let (indices, weights) = (self.parts.vectors::<4>(indices)?, self.parts.vectors::<4>(weights)?);
        if indices.len() != vertices || weights.len() != vertices {
            return Err(AvatarError::broken("a skinned mesh has not one set of joints for each vertex"));
        }
        let place = |(indices, weights): (&[f32; 4], &[f32; 4])| {
            let total: f32 = weights.iter().sum();
            if !(total.is_finite() && total > 1e-6) {
                return Ok((*rigid, [0.0; 3]));
            }
            let (mut matrix, mut turn) = (Mat4::ZERO, [0.0; 3]);
            for (index, weight) in indices.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
                let (of, shares) = joints
                    .get(*index as usize)
                    .ok_or_else(|| AvatarError::broken("a vertex hangs on a joint that its skin has not"))?;
                matrix += *of * (weight / total);
                turn.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share * weight / total);
            }
            Ok((matrix, turn.map(|share| share.clamp(0.0, 1.0))))
        };
        indices.iter().zip(&weights).map(place).collect()
    }

    /// Which texture places a surface takes, and how they are moved.
    fn texture_set(&self, primitive: &Primitive) -> (u32, Option<&serde_json::Value>) {
        let material = primitive.material.and_then(|m| self.parts.document.materials.get(m));
        let texture = material.and_then(|m| m.pbr_metallic_roughness.base_color_texture.as_ref());
        texture
            .map_or((0, None), |texture| (texture.tex_coord, texture.extensions.get("KHR_texture_transform")))
    }

    fn uv(&mut self, primitive: &Primitive, vertices: usize) -> Result<(), AvatarError> {
        let (set, transform) = self.texture_set(primitive);
        let mut uv = match attribute(&primitive.attributes, &format!("TEXCOORD_{set}")) {
            Some(accessor) => self.parts.vectors::<2>(accessor)?.into_iter().map(Vec2::from_array).collect(),
            None => vec![Vec2::ZERO; vertices],
        };
        if uv.len() != vertices {
            return Err(AvatarError::broken("a mesh has not one texture place for each vertex"));
        }
        if let Some(transform) = transform {
            let pair = |key: &str, or: f32| {
                let number = |n: usize| transform[key][n].as_f64().map_or(or, |x| x as f32);
                Vec2::new(number(0), number(1))
            };
            let (scale, offset) = (pair("scale", 1.0), pair("offset", 0.0));
            uv.iter_mut().for_each(|place| *place = *place * scale + offset);
        }
        // What is far out of the picture repeats anyway.
        let sane = |place: Vec2| {
            if place.is_finite() { place.clamp(Vec2::splat(-1e4), Vec2::splat(1e4)) } else { Vec2::ZERO }
        };
        self.geometry.uv.extend(uv.into_iter().map(sane));
        Ok(())
    }

    fn triangles(
        &mut self,
        primitive: &Primitive,
        span: &Range<u32>,
        is_mirrored: bool,
    ) -> Result<(), AvatarError> {
        let corners = match primitive.indices {
            Some(accessor) => self.parts.whole(accessor)?,
            None => (0..span.end - span.start).collect(),
        };
        if corners.iter().any(|corner| *corner >= span.end - span.start) {
            return Err(AvatarError::broken("a triangle names a vertex past the last"));
        }
        let mut triangles: Vec<[u32; 3]> = match primitive.mode.unwrap_or(4) {
            5 => corners
                .windows(3)
                .enumerate()
                .map(|(n, c)| if n % 2 == 0 { [c[0], c[1], c[2]] } else { [c[1], c[0], c[2]] })
                .collect(),
            6 => corners.windows(2).skip(1).map(|c| [corners[0], c[0], c[1]]).collect(),
            _ => corners.as_chunks::<3>().0.to_vec(),
        };
        triangles.retain(|[a, b, c]| a != b && b != c && a != c);
        for triangle in &mut triangles {
            *triangle = triangle.map(|corner| corner + span.start);
            if is_mirrored {
                triangle.swap(1, 2);
            }
        }
        self.by_material.entry(primitive.material.unwrap_or(usize::MAX)).or_default().extend(triangles);
        Ok(())
    }
}

fn within(what: &'static str, found: u64, most: u64) -> Result<(), AvatarError> {
    if found > most { Err(AvatarError::TooLarge { what, found, most, mend: SIMPLER }) } else { Ok(()) }
}

fn is_surface(primitive: &Primitive) -> bool {
    matches!(primitive.mode.unwrap_or(4), 4..=6)
}

fn attribute(map: &serde_json::Map<String, serde_json::Value>, name: &str) -> Option<usize> {
    map.get(name)?.as_u64().and_then(|index| usize::try_from(index).ok())
}

fn target_names(extras: &serde_json::Value) -> Option<Vec<String>> {
    let names = extras.get("targetNames")?.as_array()?;
    let short = |name: &serde_json::Value| name.as_str().unwrap_or_default().chars().take(200).collect();
    Some(names.iter().take(MAX_TARGETS).map(short).collect())
}
