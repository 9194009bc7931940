//! Silero VAD: the weights of the sequence graph under the names of its published network.
//!
//! ONNX keeps the LSTM's gates in the order i o f c; here they are i f g o, as in most libraries.

use super::protobuf::{Constant, Graph, Values, read_model};
use crate::convert::bytes::Malformed;
use crate::tensors::{Tensor, Tensors};

/// Hidden size of the LSTM.
const HIDDEN: usize = 128;
/// Where the gates i f g o stand in the ONNX order i o f c.
const GATES: [usize; 4] = [0, 2, 3, 1];

/// Converts the sequence graph.
///
/// # Errors
/// [`Malformed`] when it is another graph.
pub fn convert(file: &[u8]) -> Result<Tensors, Malformed> {
    let graph = read_model(file)?;
    let mut out = Tensors::new();
    let mut put = |to: &str, from: &str| {
        let (shape, values) = weights(&graph, from)?;
        let tensor = Tensor::from_f32(shape.to_vec(), values);
        out.insert(to.to_owned(), tensor.ok_or_else(|| Malformed::new(format!("{from} is misshapen")))?);
        Ok::<_, Malformed>(())
    };
    put("stft_conv.weight", "stft.forward_basis_buffer")?;
    put("final_conv.weight", "output.weight")?;
    put("final_conv.bias", "output.bias")?;
    for layer in 0..4 {
        for kind in ["weight", "bias"] {
            put(&format!("conv{}.{kind}", layer + 1), &format!("encoder.{layer}.{kind}"))?;
        }
    }
    let lstm = graph.nodes.iter().find(|node| node.op == "LSTM");
    let lstm = lstm.filter(|lstm| lstm.inputs.len() >= 4).ok_or_else(|| Malformed::new("has no LSTM"))?;
    for (name, input) in [("weight_ih", 1), ("weight_hh", 2)] {
        let (shape, values) = weights(&graph, &lstm.inputs[input])?;
        let &[1, rows, columns] = shape else { return Err(Malformed::new(format!("{name} is misshapen"))) };
        if rows != 4 * HIDDEN {
            return Err(Malformed::new(format!("{name} has {rows} rows")));
        }
        let tensor = Tensor::from_f32(vec![rows, columns], &gates(values, columns));
        out.insert(
            format!("lstm_cell.{name}"),
            tensor.ok_or_else(|| Malformed::new(format!("{name} is misshapen")))?,
        );
    }
    let (_, bias) = weights(&graph, &lstm.inputs[3])?;
    if bias.len() != 8 * HIDDEN {
        return Err(Malformed::new("the bias of the LSTM is misshapen"));
    }
    for (name, half) in [("bias_ih", &bias[..4 * HIDDEN]), ("bias_hh", &bias[4 * HIDDEN..])] {
        let tensor =
            Tensor::from_f32(vec![4 * HIDDEN], &gates(half, 1)).expect("as many values as were put in");
        out.insert(format!("lstm_cell.{name}"), tensor);
    }
    Ok(out)
}

fn weights<'a>(graph: &'a Graph, name: &str) -> Result<(&'a [usize], &'a [f32]), Malformed> {
    match graph.initializers.get(name) {
        Some(Constant { shape, values: Values::F32(values) }) => Ok((shape, values)),
        _ => Err(Malformed::new(format!("has no weights called {name}"))),
    }
}

fn gates(values: &[f32], columns: usize) -> Vec<f32> {
    let gate = HIDDEN * columns;
    GATES.iter().flat_map(|index| &values[index * gate..(index + 1) * gate]).copied().collect()
}
