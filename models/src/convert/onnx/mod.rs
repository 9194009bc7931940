//! ONNX graphs → f32 weights with module names.
//!
//! Two forms of quantisation are undone: constants behind `DequantizeLinear`, and `MatMulInteger` whose scale is
//! multiplied in afterwards. Anonymous matrices take the name of the bias added after them; a matrix without bias behind
//! a `self_attn_layer_norm` is that layer's k projection. Matrices are stored `[out, in]`.
//!
//! Without the rounding of activations the numbers differ a little from the quantised graph's: thresholds are tuned on
//! this form, which is the one that runs.

mod dequantise;
mod protobuf;
mod silero;

use std::collections::{BTreeSet, HashMap};

use dequantise::{Dequantised, dequantise_graph};
use protobuf::{Constant, Node, Values};

use super::bytes::Malformed;
use crate::tensors::{Tensor, Tensors};

pub use silero::convert as convert_silero;

/// Converts a quantised graph.
///
/// # Errors
/// [`Malformed`] when it is no ONNX file, or a matrix cannot be named.
pub fn convert(file: &[u8]) -> Result<Tensors, Malformed> {
    let Dequantised { nodes, constants } = dequantise_graph(protobuf::read_model(file)?)?;
    let used: BTreeSet<&str> = nodes.iter().flat_map(|node| &node.inputs).map(String::as_str).collect();
    let kept: HashMap<&str, &Constant> = constants
        .iter()
        .filter(|(name, _)| used.contains(name.as_str()))
        .map(|(name, constant)| (name.as_str(), constant))
        .collect();
    let names = matrix_names(&nodes, &kept);
    let mut out = Tensors::new();
    let mut order: Vec<(&str, &Constant)> = kept.into_iter().collect();
    order.sort_by_key(|(name, _)| *name);
    for (name, constant) in order {
        let Values::F32(values) = &constant.values else {
            if names.contains_key(name) {
                return Err(Malformed::new(format!("{name} is multiplied but holds no f32")));
            }
            continue;
        };
        let (name, tensor) = if let Some(module) = names.get(name) {
            let module = module.clone().ok_or_else(|| Malformed::new(format!("no name for {name}")))?;
            (module, transpose(&constant.shape, values))
        } else if name.contains('.') {
            let name = name.strip_suffix("_DequantizeLinear_Output").unwrap_or(name);
            (name.to_owned(), Tensor::from_f32(constant.shape.clone(), values))
        } else {
            continue;
        };
        let tensor = tensor.ok_or_else(|| Malformed::new(format!("{name} is no matrix")))?;
        out.insert(name, tensor);
    }
    Ok(out)
}

/// For every constant that a `MatMul` multiplies with: the module it belongs to, if that can be told.
fn matrix_names(nodes: &[Node], constants: &HashMap<&str, &Constant>) -> HashMap<String, Option<String>> {
    let mut producer: HashMap<&str, &Node> = HashMap::new();
    let mut sums: HashMap<&str, Vec<&Node>> = HashMap::new();
    for node in nodes {
        producer.extend(node.outputs.iter().map(|output| (output.as_str(), node)));
        if node.op == "Add" {
            for input in &node.inputs {
                sums.entry(input).or_default().push(node);
            }
        }
    }
    let mut names = HashMap::new();
    for node in nodes.iter().filter(|node| node.op == "MatMul") {
        let (Some(input), Some(weight), Some(output)) =
            (node.inputs.first(), node.inputs.get(1), node.outputs.first())
        else {
            continue;
        };
        if !constants.contains_key(weight.as_str()) {
            continue;
        }
        let is_bias = |name: &&String| {
            constants.contains_key(name.as_str()) && (name.ends_with(".bias") || name.ends_with("_bias"))
        };
        let bias = sums.get(output.as_str()).and_then(|sums| sums.last()?.inputs.iter().find(is_bias));
        let name = bias.map(|bias| format!("{}weight", &bias[..bias.len() - "bias".len()])).or_else(|| {
            let before = producer.get(input.as_str()).filter(|node| node.op == "LayerNormalization")?;
            let scale = before.inputs.get(1).filter(|scale| scale.contains("self_attn_layer_norm"))?;
            Some(scale.replace("self_attn_layer_norm.weight", "self_attn.k_proj.weight"))
        });
        names.insert(weight.clone(), name);
    }
    names
}

fn transpose(shape: &[usize], values: &[f32]) -> Option<Tensor> {
    let &[rows, columns] = shape else { return None };
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend((0..rows).map(|row| values[row * columns + column]));
    }
    Tensor::from_f32(vec![columns, rows], &turned)
}
