//! The part of the ONNX wire format that holds weights and wiring.
//!
//! Source: protobuf encoding, and onnx.proto3 (field numbers beside each use).

use std::collections::HashMap;

use crate::convert::bytes::Malformed;

/// A graph: nodes in order and constants by name.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) initializers: HashMap<String, Constant>,
}

/// One operation.
#[derive(Debug, Default, Clone)]
pub(crate) struct Node {
    pub(crate) op: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) axis: Option<i64>,
    pub(crate) value: Option<Constant>,
}

/// A constant tensor.
#[derive(Debug, Default, Clone)]
pub(crate) struct Constant {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Values,
}

/// The types that matter here; any other constant is only known to exist.
#[derive(Debug, Default, Clone)]
pub(crate) enum Values {
    F32(Vec<f32>),
    U8(Vec<u8>),
    I8(Vec<i8>),
    I32(Vec<i32>),
    #[default]
    Other,
}

/// Reads a model file.
pub(crate) fn read_model(file: &[u8]) -> Result<Graph, Malformed> {
    let mut graph = None;
    for field in Fields(file) {
        if let (7, Value::Bytes(bytes)) = field? {
            graph = Some(read_graph(bytes)?);
        }
    }
    graph.ok_or_else(|| Malformed::new("holds no ONNX graph"))
}

fn read_graph(bytes: &[u8]) -> Result<Graph, Malformed> {
    let mut graph = Graph::default();
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => graph.nodes.push(read_node(bytes)?),
            (5, Value::Bytes(bytes)) => {
                let (name, constant) = read_tensor(bytes)?;
                graph.initializers.insert(name, constant);
            }
            _ => {}
        }
    }
    Ok(graph)
}

fn read_node(bytes: &[u8]) -> Result<Node, Malformed> {
    let mut node = Node::default();
    let mut first_attribute = true;
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => node.inputs.push(text(bytes)?),
            (2, Value::Bytes(bytes)) => node.outputs.push(text(bytes)?),
            (4, Value::Bytes(bytes)) => node.op = text(bytes)?,
            (5, Value::Bytes(bytes)) => {
                let (name, integer, tensor) = read_attribute(bytes)?;
                if name == "axis" {
                    node.axis = integer;
                }
                if name == "value" && first_attribute {
                    node.value = tensor;
                }
                first_attribute = false;
            }
            _ => {}
        }
    }
    Ok(node)
}

fn read_attribute(bytes: &[u8]) -> Result<(String, Option<i64>, Option<Constant>), Malformed> {
    let (mut name, mut integer, mut tensor) = (String::new(), None, None);
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => name = text(bytes)?,
            (3, Value::Varint(value)) => integer = Some(value.cast_signed()),
            (5, Value::Bytes(bytes)) => tensor = Some(read_tensor(bytes)?.1),
            _ => {}
        }
    }
    Ok((name, integer, tensor))
}

fn read_tensor(bytes: &[u8]) -> Result<(String, Constant), Malformed> {
    let (mut name, mut shape, mut kind, mut raw) = (String::new(), Vec::new(), 0, None);
    let (mut floats, mut integers) = (Vec::new(), Vec::new());
    for field in Fields(bytes) {
        match field? {
            (1, value) => value.varints(&mut |length| {
                let length = usize::try_from(length).map_err(|error| Malformed::new(error.to_string()))?;
                shape.push(length);
                Ok(())
            })?,
            (2, Value::Varint(value)) => kind = value,
            (4, Value::Fixed32(value)) => floats.push(f32::from_le_bytes(value)),
            (4, Value::Bytes(bytes)) => floats.extend(little_endian_f32(bytes)?),
            (5, value) => value.varints(&mut |integer| {
                integers.push(integer);
                Ok(())
            })?,
            (8, Value::Bytes(bytes)) => name = text(bytes)?,
            (9, Value::Bytes(bytes)) => raw = Some(bytes),
            (14, Value::Varint(1)) => {
                return Err(Malformed::new(format!("{name} keeps its data in another file")));
            }
            _ => {}
        }
    }
    // Integers travel as sign-extended 64-bit varints; only the low bits are meant.
    let values = match (kind, raw) {
        (1, Some(raw)) => Values::F32(little_endian_f32(raw)?),
        (1, None) => Values::F32(floats),
        (2, Some(raw)) => Values::U8(raw.to_vec()),
        (2, None) => Values::U8(integers.iter().map(|value| value.to_le_bytes()[0]).collect()),
        (3, Some(raw)) => Values::I8(raw.iter().map(|byte| byte.cast_signed()).collect()),
        (3, None) => Values::I8(integers.iter().map(|value| value.to_le_bytes()[0].cast_signed()).collect()),
        (6, Some(raw)) => Values::I32(
            whole(raw)?.map(|chunk| i32::from_le_bytes(chunk.try_into().expect("four bytes"))).collect(),
        ),
        (6, None) => Values::I32(integers.iter().map(|value| *value as u32 as i32).collect()),
        _ => Values::Other,
    };
    let constant = Constant { shape, values };
    let stated = crate::tensors::elements(&constant.shape);
    let length = constant.values.len();
    if length.is_some() && stated != length {
        return Err(Malformed::new(format!(
            "{name}: shape {:?} and {length:?} values disagree",
            constant.shape
        )));
    }
    Ok((name, constant))
}

impl Values {
    fn len(&self) -> Option<usize> {
        match self {
            Self::F32(values) => Some(values.len()),
            Self::U8(values) => Some(values.len()),
            Self::I8(values) => Some(values.len()),
            Self::I32(values) => Some(values.len()),
            Self::Other => None,
        }
    }

    /// All values as f32; exact for every quantised type.
    pub(crate) fn to_f32(&self) -> Option<Vec<f32>> {
        match self {
            Self::F32(values) => Some(values.clone()),
            Self::U8(values) => Some(values.iter().map(|&value| f32::from(value)).collect()),
            Self::I8(values) => Some(values.iter().map(|&value| f32::from(value)).collect()),
            Self::I32(values) => Some(values.iter().map(|&value| value as f32).collect()),
            Self::Other => None,
        }
    }
}

fn whole(bytes: &[u8]) -> Result<std::slice::ChunksExact<'_, u8>, Malformed> {
    if bytes.len().is_multiple_of(4) {
        Ok(bytes.chunks_exact(4))
    } else {
        Err(Malformed::new("values are cut off"))
    }
}

fn little_endian_f32(bytes: &[u8]) -> Result<Vec<f32>, Malformed> {
    Ok(whole(bytes)?.map(|chunk| f32::from_le_bytes(chunk.try_into().expect("four bytes"))).collect())
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(bytes.to_vec()).map_err(|error| Malformed::new(error.to_string()))
}

/// One value on the wire.
enum Value<'a> {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64,
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// Gives each integer of a repeated field, packed or not.
    fn varints(&self, sink: &mut dyn FnMut(u64) -> Result<(), Malformed>) -> Result<(), Malformed> {
        match self {
            Self::Varint(value) => sink(*value),
            &Self::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    let (value, rest) = varint(bytes)?;
                    sink(value)?;
                    bytes = rest;
                }
                Ok(())
            }
            Self::Fixed32(_) | Self::Fixed64 => Err(Malformed::new("an integer field holds something else")),
        }
    }
}

/// The fields of a message in order; after an error there is nothing more.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = field(self.0);
        match field {
            Ok((number, value, rest)) => {
                self.0 = rest;
                Some(Ok((number, value)))
            }
            Err(error) => {
                self.0 = &[];
                Some(Err(error))
            }
        }
    }
}

fn field(bytes: &[u8]) -> Result<(u64, Value<'_>, &[u8]), Malformed> {
    let early = || Malformed::new("a field ends too early");
    let (tag, bytes) = varint(bytes)?;
    let (value, rest) = match tag & 7 {
        0 => {
            let (value, rest) = varint(bytes)?;
            (Value::Varint(value), rest)
        }
        1 => (Value::Fixed64, bytes.get(8..).ok_or_else(early)?),
        2 => {
            let (length, rest) = varint(bytes)?;
            let length = usize::try_from(length).map_err(|error| Malformed::new(error.to_string()))?;
            let (value, rest) = rest.split_at_checked(length).ok_or_else(early)?;
            (Value::Bytes(value), rest)
        }
        5 => {
            let (value, rest) = bytes.split_first_chunk::<4>().ok_or_else(early)?;
            (Value::Fixed32(*value), rest)
        }
        other => return Err(Malformed::new(format!("wire type {other} is not in use"))),
    };
    Ok((tag >> 3, value, rest))
}

fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[index + 1..]));
        }
    }
    Err(Malformed::new("a number has no end"))
}
