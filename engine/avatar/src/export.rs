//! An avatar as a GLB file that other programs read: shapes as sparse morph targets with their ARKit names, head and eyes as bones.

use std::collections::BTreeMap;

use glam::{Mat4, Vec3};
use serde_json::{Value, json};
use viva_media::Blendshape;

use crate::avatar::{Avatar, Delta, Joints, bounds};

const FLOAT: u32 = 5126;
const UNSIGNED_SHORT: u32 = 5123;
const UNSIGNED_INT: u32 = 5125;
const ARRAY_BUFFER: u32 = 34_962;
const ELEMENT_ARRAY_BUFFER: u32 = 34_963;

/// Writes a GLB file; `copyright` is what the file says about who may use it.
///
/// The avatar is left as it is: [`crate::import()`] reads the same positions, shapes, triangles, turns and textures back.
///
/// # Panics
///
/// Where the avatar is not whole ([`Avatar::is_whole`]).
#[must_use]
pub fn to_glb(avatar: &Avatar, copyright: Option<&str>) -> Vec<u8> {
    assert!(avatar.is_whole(), "only whole avatars are exported");
    let mut file = File::default();
    let attributes = attributes(avatar, &mut file);
    let (names, targets) = targets(avatar, &mut file);
    let primitives: Vec<Value> = avatar
        .patches
        .iter()
        .filter(|patch| !patch.triangles.is_empty())
        .map(|patch| {
            let indices = file.indices(avatar.triangles[patch.triangles.clone()].as_flattened());
            let mut primitive =
                json!({"attributes": attributes, "indices": indices, "material": patch.material});
            put(&mut primitive, "targets", &targets);
            primitive
        })
        .collect();
    let mut mesh = json!({"name": avatar.name, "primitives": primitives});
    if !names.is_empty() {
        mesh["weights"] = json!(vec![0.0; names.len()]);
        mesh["extras"] = json!({"targetNames": names});
    }
    let (materials, images) = looks(avatar, &mut file);
    let mut asset = json!({"version": "2.0", "generator": "Viva"});
    if let Some(copyright) = copyright {
        asset["copyright"] = json!(copyright);
    }
    let mut nodes = vec![json!({"name": avatar.name, "mesh": 0})];
    let mut roots = vec![0];
    let mut root = json!({"asset": asset, "scene": 0, "meshes": [mesh]});
    if let Joints { head: Some(head), left_eye, right_eye } = avatar.joints {
        nodes[0]["skin"] = json!(0);
        roots.push(1);
        root["skins"] = json!([skeleton(head, left_eye, right_eye, &mut nodes, &mut file)]);
    }
    root["scenes"] = json!([{"nodes": roots}]);
    root["nodes"] = json!(nodes);
    put(&mut root, "materials", &materials);
    if !images.is_empty() {
        let textures: Vec<Value> = (0..images.len()).map(|source| json!({"source": source})).collect();
        put(&mut root, "textures", &textures);
        put(&mut root, "images", &images);
    }
    if avatar.materials.iter().any(|material| material.is_unlit) {
        root["extensionsUsed"] = json!(["KHR_materials_unlit"]);
    }
    put(&mut root, "accessors", &file.accessors);
    put(&mut root, "bufferViews", &file.views);
    root["buffers"] = json!([{"byteLength": file.bytes.len()}]);
    container(&root, file.bytes)
}

/// Sets a list where it is not empty, as the format forbids empty ones.
fn put(object: &mut Value, key: &str, list: &[Value]) {
    if !list.is_empty() {
        object[key] = json!(list);
    }
}

fn container(root: &Value, mut binary: Vec<u8>) -> Vec<u8> {
    let mut text = serde_json::to_vec(root).expect("names and finite numbers are JSON");
    text.resize(text.len().next_multiple_of(4), b' ');
    binary.resize(binary.len().next_multiple_of(4), 0);
    let length = 12 + 8 + text.len() + 8 + binary.len();
    let mut out = Vec::with_capacity(length);
    out.extend(b"glTF");
    out.extend(2_u32.to_le_bytes());
    out.extend((length as u32).to_le_bytes());
    for (kind, chunk) in [(b"JSON", text), (b"BIN\0", binary)] {
        out.extend((chunk.len() as u32).to_le_bytes());
        out.extend(kind);
        out.extend(chunk);
    }
    out
}

/// Positions, normals, texture places and, with a skeleton, joints.
fn attributes(avatar: &Avatar, file: &mut File) -> Value {
    let place = file.vectors(&avatar.position, true);
    let normal = file.vectors(&normals(avatar), false);
    let uv: Vec<f32> = avatar.uv.iter().flat_map(|uv| uv.to_array()).collect();
    let uv_view = file.view(&floats(&uv), Some(ARRAY_BUFFER));
    let uv = file.accessor(
        json!({"bufferView": uv_view, "componentType": FLOAT, "count": avatar.uv.len(), "type": "VEC2"}),
    );
    let mut attributes = json!({"POSITION": place, "NORMAL": normal, "TEXCOORD_0": uv});
    if avatar.joints.head.is_some() {
        let count = avatar.turn.len();
        let weights: Vec<[f32; 4]> = avatar.turn.iter().map(|turn| weights(*turn)).collect();
        // A joint without weight is named as 0.
        let joints: Vec<u8> = weights
            .iter()
            .flat_map(|w| [0_u16, 1, 2, 3].map(|j| if w[usize::from(j)] > 0.0 { j } else { 0 }))
            .flat_map(u16::to_le_bytes)
            .collect();
        let joint_view = file.view(&joints, Some(ARRAY_BUFFER));
        let weight_view = file.view(&floats(weights.as_flattened()), Some(ARRAY_BUFFER));
        attributes["JOINTS_0"] = json!(file.accessor(
            json!({"bufferView": joint_view, "componentType": UNSIGNED_SHORT, "count": count, "type": "VEC4"})
        ));
        attributes["WEIGHTS_0"] = json!(file.accessor(
            json!({"bufferView": weight_view, "componentType": FLOAT, "count": count, "type": "VEC4"})
        ));
    }
    attributes
}

/// Shares of neck, head, left eye and right eye, which sum to one; eyes hang on the head.
fn weights([head, left, right]: [f32; 3]) -> [f32; 4] {
    let (left, right) = (left.min(head), right.min(head - left.min(head)));
    [1.0 - head, (head - left - right).max(0.0), left, right]
}

/// ARKit names and a morph target for each shape that moves anything.
fn targets(avatar: &Avatar, file: &mut File) -> (Vec<&'static str>, Vec<Value>) {
    Blendshape::ALL
        .into_iter()
        .filter(|shape| !avatar.shape(*shape).is_empty())
        .map(|shape| {
            let accessor = file.sparse(avatar.shape(shape), avatar.position.len());
            (shape.name(), json!({"POSITION": accessor}))
        })
        .unzip()
}

/// Bones `Neck`, `Head`, `LeftEye` and `RightEye`, and the skin that names them.
fn skeleton(
    head: Vec3,
    left_eye: Option<Vec3>,
    right_eye: Option<Vec3>,
    nodes: &mut Vec<Value>,
    file: &mut File,
) -> Value {
    // Readers take a bone of an eye as a promise that something turns with it.
    let eyes = [("LeftEye", left_eye), ("RightEye", right_eye)];
    let mut joints = vec![1, 2];
    let mut places = vec![head, head];
    nodes.push(json!({"name": "Neck", "translation": head.to_array(), "children": [2]}));
    nodes.push(json!({"name": "Head"}));
    let mut children = Vec::new();
    for (name, place) in eyes {
        let index = nodes.len();
        let own = if place.is_some() { name.to_owned() } else { format!("{name}Unused") };
        let place = place.unwrap_or(head);
        nodes.push(json!({"name": own, "translation": (place - head).to_array()}));
        joints.push(index);
        places.push(place);
        children.push(index);
    }
    nodes[2]["children"] = json!(children);
    let matrices: Vec<f32> =
        places.iter().flat_map(|place| Mat4::from_translation(-*place).to_cols_array()).collect();
    let view = file.view(&floats(&matrices), None);
    let inverse = file
        .accessor(json!({"bufferView": view, "componentType": FLOAT, "count": places.len(), "type": "MAT4"}));
    json!({"joints": joints, "inverseBindMatrices": inverse, "skeleton": 1})
}

fn looks(avatar: &Avatar, file: &mut File) -> (Vec<Value>, Vec<Value>) {
    let materials = avatar
        .materials
        .iter()
        .map(|material| {
            let mut surface = json!({
                "baseColorFactor": material.color.to_array(), "metallicFactor": 0.0, "roughnessFactor": material.roughness,
            });
            if let Some(image) = material.image {
                surface["baseColorTexture"] = json!({"index": image});
            }
            let mut out = json!({"name": material.name, "pbrMetallicRoughness": surface, "doubleSided": true});
            if material.cutoff > 0.0 {
                out["alphaMode"] = json!("MASK");
                out["alphaCutoff"] = json!(material.cutoff);
            }
            if material.is_unlit {
                out["extensions"] = json!({"KHR_materials_unlit": {}});
            }
            out
        })
        .collect();
    let images = avatar
        .images
        .iter()
        .map(|image| json!({"mimeType": "image/png", "bufferView": file.view(&image.to_png(), None)}))
        .collect();
    (materials, images)
}

/// Smooth normals at rest; vertices at one place share theirs.
fn normals(avatar: &Avatar) -> Vec<Vec3> {
    let key = |v: u32| avatar.position[v as usize].to_array().map(f32::to_bits);
    let mut sums: BTreeMap<[u32; 3], Vec3> = BTreeMap::new();
    for triangle in &avatar.triangles {
        let [a, b, c] = triangle.map(|v| avatar.position[v as usize]);
        let area = (b - a).cross(c - a);
        for corner in triangle {
            *sums.entry(key(*corner)).or_default() += area;
        }
    }
    let normal = |v| sums.get(&key(v)).and_then(|sum: &Vec3| sum.try_normalize()).unwrap_or(Vec3::Z);
    (0..avatar.position.len() as u32).map(normal).collect()
}

fn floats(list: &[f32]) -> Vec<u8> {
    list.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The growing lists of a file.
#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
}

impl File {
    fn view(&mut self, bytes: &[u8], target: Option<u32>) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let mut view = json!({"buffer": 0, "byteOffset": self.bytes.len(), "byteLength": bytes.len()});
        if let Some(target) = target {
            view["target"] = json!(target);
        }
        self.bytes.extend(bytes);
        self.views.push(view);
        self.views.len() - 1
    }

    fn accessor(&mut self, accessor: Value) -> usize {
        self.accessors.push(accessor);
        self.accessors.len() - 1
    }

    fn vectors(&mut self, list: &[Vec3], has_bounds: bool) -> usize {
        let flat: Vec<f32> = list.iter().flat_map(|v| v.to_array()).collect();
        let view = self.view(&floats(&flat), Some(ARRAY_BUFFER));
        let mut accessor =
            json!({"bufferView": view, "componentType": FLOAT, "count": list.len(), "type": "VEC3"});
        if has_bounds {
            let (low, high) = bounds(list.iter().copied());
            (accessor["min"], accessor["max"]) = (json!(low.to_array()), json!(high.to_array()));
        }
        self.accessor(accessor)
    }

    fn indices(&mut self, list: &[u32]) -> usize {
        let bytes: Vec<u8> = list.iter().flat_map(|i| i.to_le_bytes()).collect();
        let view = self.view(&bytes, Some(ELEMENT_ARRAY_BUFFER));
        self.accessor(
            json!({"bufferView": view, "componentType": UNSIGNED_INT, "count": list.len(), "type": "SCALAR"}),
        )
    }

    /// Shifts of some vertices; the others stay.
    fn sparse(&mut self, deltas: &[Delta], vertices: usize) -> usize {
        let indices: Vec<u8> = deltas.iter().flat_map(|(vertex, _)| vertex.to_le_bytes()).collect();
        let values: Vec<f32> = deltas.iter().flat_map(|(_, delta)| delta.to_array()).collect();
        let (indices, values) = (self.view(&indices, None), self.view(&floats(&values), None));
        let moved = deltas.iter().map(|(_, delta)| *delta);
        // Vertices that stay have the shift zero.
        let resting = (deltas.len() < vertices).then_some(Vec3::ZERO);
        let (low, high) = bounds(moved.chain(resting));
        self.accessor(json!({
            "componentType": FLOAT, "count": vertices, "type": "VEC3", "min": low.to_array(), "max": high.to_array(),
            "sparse": {
                "count": deltas.len(),
                "indices": {"bufferView": indices, "componentType": UNSIGNED_INT},
                "values": {"bufferView": values},
            },
        }))
    }
}
