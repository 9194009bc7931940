//! The canonical face: where each landmark lies on an average head, and which landmarks are steady enough to pose it.

use glam::DVec3;

use super::points::LANDMARK_COUNT;

/// Landmarks of the mesh, without the irises.
const MESH_POINTS: usize = 468;

/// Values of one vertex in the file: position and texture coordinate.
const VERTEX_VALUES: usize = 5;

/// Steady landmarks that are kept at most; the file names 33.
pub(crate) const MAX_ANCHORS: usize = 64;

/// What can be wrong with a geometry file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    /// The bytes end within a field, or a field has an unknown wire type.
    #[error("the face geometry breaks off or is no protocol buffer")]
    Malformed,
    /// The mesh has another number of vertices.
    #[error("the canonical face has {found} vertex values instead of {}", MESH_POINTS * VERTEX_VALUES)]
    VertexCount {
        /// Floats found in the vertex buffer.
        found: usize,
    },
    /// No, too many or impossible steady landmarks.
    #[error("the face geometry lists no usable steady landmarks")]
    Anchors,
}

/// A landmark whose place on the head hardly moves with the face's shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Anchor {
    pub(crate) landmark: usize,
    pub(crate) weight: f64,
    /// Centimetres; x to the face's left, y up, z out of the face.
    pub(crate) position_cm: DVec3,
}

/// The part of the canonical face that head pose needs.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceGeometry {
    pub(crate) anchors: Vec<Anchor>,
}

impl FaceGeometry {
    /// Reads the geometry file of the face landmarker (`geometry_pipeline_metadata_landmarks.binarypb`).
    ///
    /// **Errors**: anything but a mesh of 468 vertices with a list of weighted landmarks.
    pub fn parse(bytes: &[u8]) -> Result<Self, GeometryError> {
        let mut vertices = Vec::with_capacity(MESH_POINTS * VERTEX_VALUES);
        let mut basis = Vec::new();
        // Field 1 is the canonical mesh, whose field 3 is the vertex buffer; field 2 lists the weighted landmarks.
        each_field(bytes, &mut |number, value| {
            match (number, value) {
                (1, Value::Bytes(mesh)) => each_field(mesh, &mut |number, value| {
                    match (number, value) {
                        (3, Value::Fixed32(bits)) => vertices.push(f32::from_bits(bits)),
                        (3, Value::Bytes(packed)) => {
                            vertices.extend(packed.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)));
                        }
                        _ => {}
                    }
                    Ok(())
                })?,
                (2, Value::Bytes(landmark)) => basis.push(landmark_weight(landmark)?),
                _ => {}
            }
            Ok(())
        })?;
        if vertices.len() != MESH_POINTS * VERTEX_VALUES {
            return Err(GeometryError::VertexCount { found: vertices.len() });
        }
        if basis.len() < 4 || basis.len() > MAX_ANCHORS {
            return Err(GeometryError::Anchors);
        }
        let vertices = vertices.as_chunks::<VERTEX_VALUES>().0;
        let anchors = basis.into_iter().map(|(landmark, weight)| {
            let [x, y, z, ..] = *vertices.get(landmark)?;
            let position_cm = DVec3::new(f64::from(x), f64::from(y), f64::from(z));
            (weight > 0.0 && weight.is_finite() && position_cm.is_finite()).then_some(Anchor {
                landmark,
                weight,
                position_cm,
            })
        });
        let anchors = anchors.collect::<Option<Vec<_>>>().ok_or(GeometryError::Anchors)?;
        debug_assert!(anchors.iter().all(|a| a.landmark < LANDMARK_COUNT), "indices are within the mesh");
        Ok(Self { anchors })
    }
}

fn landmark_weight(bytes: &[u8]) -> Result<(usize, f64), GeometryError> {
    let (mut landmark, mut weight) = (0, 0.0);
    each_field(bytes, &mut |number, value| {
        match (number, value) {
            (1, Value::Varint(id)) => landmark = usize::try_from(id).unwrap_or(usize::MAX),
            (2, Value::Fixed32(bits)) => weight = f64::from(f32::from_bits(bits)),
            _ => {}
        }
        Ok(())
    })?;
    Ok((landmark, weight))
}

enum Value<'a> {
    Varint(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
    Skipped,
}

type Visit<'v> = &'v mut dyn FnMut(u64, Value<'_>) -> Result<(), GeometryError>;

/// Walks the fields of one message.
///
/// **Source**: protobuf.dev, "Encoding"; groups (wire types 3, 4) are refused.
fn each_field(mut bytes: &[u8], visit: Visit<'_>) -> Result<(), GeometryError> {
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Varint(varint(&mut bytes)?),
            1 => {
                take(&mut bytes, 8)?;
                Value::Skipped
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).unwrap_or(usize::MAX);
                Value::Bytes(take(&mut bytes, length)?)
            }
            5 => {
                let four = take(&mut bytes, 4)?;
                Value::Fixed32(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            }
            _ => return Err(GeometryError::Malformed),
        };
        visit(tag >> 3, value)?;
    }
    Ok(())
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], GeometryError> {
    let (head, rest) = bytes.split_at_checked(count).ok_or(GeometryError::Malformed)?;
    *bytes = rest;
    Ok(head)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, GeometryError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(GeometryError::Malformed)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A geometry file with the given landmarks and weights; vertex `i` lies at `place(i)`.
    pub(crate) fn encode(place: impl Fn(usize) -> [f32; 3], basis: &[(usize, f32)]) -> Vec<u8> {
        fn varint(mut value: usize, out: &mut Vec<u8>) {
            while value >= 0x80 {
                out.push(value as u8 | 0x80);
                value >>= 7;
            }
            out.push(value as u8);
        }
        let mut mesh = vec![0x08, 0x00];
        for index in 0..MESH_POINTS {
            for value in place(index).into_iter().chain([0.0, 0.0]) {
                mesh.push(0x1d);
                mesh.extend(value.to_le_bytes());
            }
        }
        let mut file = vec![0x0a];
        varint(mesh.len(), &mut file);
        file.extend(mesh);
        for &(landmark, weight) in basis {
            let mut entry = vec![0x08];
            varint(landmark, &mut entry);
            entry.push(0x15);
            entry.extend(weight.to_le_bytes());
            file.push(0x12);
            varint(entry.len(), &mut file);
            file.extend(entry);
        }
        file
    }

    #[test]
    fn reads_what_was_written() {
        let file = encode(|i| [i as f32, 2.0, 3.0], &[(4, 0.5), (33, 0.25), (263, 0.25), (467, 1.0)]);
        let geometry = FaceGeometry::parse(&file).expect("a good file");
        let last = geometry.anchors[3];
        assert_eq!((last.landmark, last.weight, last.position_cm), (467, 1.0, DVec3::new(467.0, 2.0, 3.0)));
    }

    #[test]
    fn bad_files_are_errors() {
        let basis = [(4, 0.5), (33, 0.25), (263, 0.25), (467, 1.0)];
        let good = encode(|_| [1.0; 3], &basis);
        let parse = |bytes: &[u8]| FaceGeometry::parse(bytes).expect_err("a bad file");
        assert_eq!(parse(&[]), GeometryError::VertexCount { found: 0 });
        assert_eq!(parse(&good[..good.len() - 1]), GeometryError::Malformed);
        assert_eq!(parse(&[0x0b]), GeometryError::Malformed);
        assert_eq!(parse(&encode(|_| [1.0; 3], &basis[..2])), GeometryError::Anchors);
        assert_eq!(
            parse(&encode(|_| [1.0; 3], &[(4, 0.5), (33, 0.2), (1, 0.2), (468, 1.0)])),
            GeometryError::Anchors
        );
        assert_eq!(parse(&encode(|_| [f32::NAN; 3], &basis)), GeometryError::Anchors);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(FaceGeometry::parse(&bytes).is_err());
        }
    }
}
