//! Small glTF files made in code, byte by byte and apart from the exporter: a ball of a head with morph targets.

#![allow(dead_code, reason = "each test file uses a part")]

use base64::Engine as _;
use glam::Vec3;
use serde_json::{Value, json};
use viva_avatar::{AvatarError, Imported, import};

/// JSON and buffer of a file.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) json: Value,
    pub(crate) binary: Vec<u8>,
}

/// Middle of the ball, metres.
pub(crate) const MIDDLE: Vec3 = Vec3::new(0.0, 1.5, 0.0);
const RADIUS: f32 = 0.1;

/// Vertices and triangles of the ball, the same on both sides of x = 0.
fn ball(rings: u32, around: u32) -> (Vec<Vec3>, Vec<u32>) {
    let (mut places, mut corners) = (Vec::new(), Vec::new());
    for ring in 0..=rings {
        let fall = ring as f32 / rings as f32 * std::f32::consts::PI;
        for k in 0..around {
            let turn = k as f32 / around as f32 * std::f32::consts::TAU;
            places.push(
                MIDDLE + RADIUS * Vec3::new(fall.sin() * turn.sin(), fall.cos(), fall.sin() * turn.cos()),
            );
        }
    }
    for ring in 0..rings {
        for k in 0..around {
            let (a, b) = (ring * around + k, ring * around + (k + 1) % around);
            corners.extend([a, a + around, b + around, a, b + around, b]);
        }
    }
    (places, corners)
}

/// What a target of this name moves: eyes above the middle, brows above them, the rest is the mouth below.
fn shift(name: &str, place: Vec3) -> Vec3 {
    let at = (place - MIDDLE) / RADIUS;
    let name = name.to_ascii_lowercase();
    let ends = |word: &str, letter: &str| name.ends_with(word) || name.ends_with(letter);
    let is_direction = name.starts_with("jaw") || name == "mouthleft" || name == "mouthright";
    let side = match (ends("left", "_l"), ends("right", "_r")) {
        (true, _) if !is_direction => (at.x > 0.01) as u8 as f32,
        (_, true) if !is_direction => (at.x < -0.01) as u8 as f32,
        _ => 1.0,
    };
    let (band, way) = if name.contains("brow") {
        (0.55..0.9, Vec3::Y * 0.006)
    } else if name.contains("eye") || name.contains("blink") {
        (0.15..0.55, Vec3::new(0.0, -0.008, 0.001))
    } else {
        (-0.8..-0.15, Vec3::new(0.002, -0.01, 0.0))
    };
    if at.z > 0.2 && band.contains(&at.y) { way * side } else { Vec3::ZERO }
}

impl Model {
    /// A head with dense targets of these names.
    pub(crate) fn head(targets: &[&str]) -> Self {
        Self::head_of(20, 24, targets)
    }

    pub(crate) fn head_of(rings: u32, around: u32, targets: &[&str]) -> Self {
        let (places, corners) = ball(rings, around);
        let mut model = Self { json: json!({"asset": {"version": "2.0"}}), binary: Vec::new() };
        for list in ["accessors", "bufferViews"] {
            model.json[list] = json!([]);
        }
        let position = model.vectors(&places);
        let indices = model.indices(&corners);
        let shifts: Vec<Value> = targets
            .iter()
            .map(|name| {
                let moved: Vec<Vec3> = places.iter().map(|place| shift(name, *place)).collect();
                json!({"POSITION": model.vectors(&moved)})
            })
            .collect();
        model.json["meshes"] = json!([{
            "primitives": [{"attributes": {"POSITION": position}, "indices": indices, "targets": shifts}],
            "extras": {"targetNames": targets},
        }]);
        model.json["nodes"] = json!([{"mesh": 0}]);
        model.json["scenes"] = json!([{"nodes": [0]}]);
        model.json["scene"] = json!(0);
        model
    }

    pub(crate) fn vectors(&mut self, list: &[Vec3]) -> usize {
        let bytes = list.iter().flat_map(|v| v.to_array()).flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
        self.accessor(&bytes, json!({"componentType": 5126, "count": list.len(), "type": "VEC3"}))
    }

    pub(crate) fn indices(&mut self, list: &[u32]) -> usize {
        let bytes = list.iter().flat_map(|i| i.to_le_bytes()).collect::<Vec<u8>>();
        self.accessor(&bytes, json!({"componentType": 5125, "count": list.len(), "type": "SCALAR"}))
    }

    pub(crate) fn accessor(&mut self, bytes: &[u8], mut accessor: Value) -> usize {
        accessor["bufferView"] = json!(self.view(bytes));
        let accessors = self.json["accessors"].as_array_mut().expect("a list");
        accessors.push(accessor);
        accessors.len() - 1
    }

    pub(crate) fn view(&mut self, bytes: &[u8]) -> usize {
        let offset = self.binary.len();
        self.binary.extend(bytes);
        self.binary.resize(self.binary.len().next_multiple_of(4), 0);
        let views = self.json["bufferViews"].as_array_mut().expect("a list");
        views.push(json!({"buffer": 0, "byteOffset": offset, "byteLength": bytes.len()}));
        views.len() - 1
    }

    pub(crate) fn glb(&self) -> Vec<u8> {
        let mut json = self.json.clone();
        json["buffers"] = json!([{"byteLength": self.binary.len()}]);
        let mut text = json.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(4), b' ');
        let length = 28 + text.len() + self.binary.len();
        let word = |n: usize| (n as u32).to_le_bytes();
        [
            b"glTF".as_slice(),
            &word(2),
            &word(length),
            &word(text.len()),
            b"JSON",
            &text,
            &word(self.binary.len()),
            b"BIN\0",
            &self.binary,
        ]
        .concat()
    }

    /// The same as text, the buffer as a data URI or under a name.
    pub(crate) fn gltf(&self, uri: Option<&str>) -> Vec<u8> {
        let data = || {
            let text = base64::engine::general_purpose::STANDARD.encode(&self.binary);
            format!("data:application/octet-stream;base64,{text}")
        };
        let mut json = self.json.clone();
        let uri = uri.map_or_else(data, str::to_owned);
        json["buffers"] = json!([{"byteLength": self.binary.len(), "uri": uri}]);
        json.to_string().into_bytes()
    }

    pub(crate) fn import(&self) -> Result<Imported, AvatarError> {
        alone(&self.glb())
    }
}

/// Imports a file that stands alone.
pub(crate) fn alone(bytes: &[u8]) -> Result<Imported, AvatarError> {
    import(bytes, "test", &mut |name| Err(format!("{name} is not here")))
}
