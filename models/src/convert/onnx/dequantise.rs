//! Folds quantisation away, leaving float constants and float operations.

use std::collections::{HashMap, HashSet};

use super::protobuf::{Constant, Graph, Node, Values};
use crate::convert::bytes::Malformed;

/// A graph without quantisation.
pub(super) struct Dequantised {
    pub(super) nodes: Vec<Node>,
    /// Initializers and folded constants; values of `Constant` nodes are not among them.
    pub(super) constants: HashMap<String, Constant>,
}

/// Undoes both forms of quantisation.
pub(super) fn dequantise_graph(graph: Graph) -> Result<Dequantised, Malformed> {
    let Graph { nodes, initializers } = graph;
    let inline = nodes.iter().filter(|node| node.op == "Constant").filter_map(|node| {
        let (name, value) = (node.outputs.first()?, node.value.as_ref()?);
        Some((name.as_str(), value))
    });
    let mut known: HashMap<&str, &Constant> =
        initializers.iter().map(|(name, c)| (name.as_str(), c)).collect();
    known.extend(inline);
    let wiring = Wiring::of(&nodes);

    let mut folded: HashMap<String, Constant> = HashMap::new();
    let mut alias: HashMap<String, String> = HashMap::new();
    let mut dropped: HashSet<usize> = HashSet::new();
    let mut replaced: HashMap<usize, Node> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        match node.op.as_str() {
            "DequantizeLinear" => {
                let (from, to) = (input(node, 0)?, output(node)?);
                if let Some(quantised) = known.get(from) {
                    let scale = constant(&known, input(node, 1)?)?;
                    let zero = node.inputs.get(2).and_then(|name| known.get(name.as_str())).copied();
                    let value = dequantise(quantised, scale, zero, node.axis.unwrap_or(1))
                        .ok_or_else(|| Malformed::new(format!("{to} cannot be dequantised")))?;
                    folded.insert(to.to_owned(), value);
                } else {
                    let before = &nodes[wiring.producer(from)?];
                    alias.insert(to.to_owned(), input(before, 0)?.to_owned());
                }
                dropped.insert(index);
            }
            "QuantizeLinear" => {
                dropped.insert(index);
            }
            "MatMulInteger" => {
                let (matrix, gone) = fold_integer_product(node, index, &nodes, &wiring, &known, &mut folded)?;
                dropped.extend(gone);
                replaced.insert(index, matrix);
            }
            _ => {}
        }
    }
    let mut kept: Vec<Node> = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        match replaced.remove(&index) {
            Some(matrix) => kept.push(matrix),
            None if dropped.contains(&index) => {}
            None => kept.push(node.clone()),
        }
    }
    for name in kept.iter_mut().flat_map(|node| &mut node.inputs) {
        // Bounded: a chain cannot be longer than there are aliases, unless it runs in a circle.
        for _ in 0..=alias.len() {
            match alias.get(name.as_str()) {
                Some(target) => name.clone_from(target),
                None => break,
            }
        }
    }
    let mut constants = initializers;
    constants.extend(folded);
    Ok(Dequantised { nodes: kept, constants })
}

/// `DynamicQuantizeLinear` → `MatMulInteger` → `Cast` → `Mul` becomes one `MatMul` with the float matrix.
fn fold_integer_product(
    node: &Node,
    index: usize,
    nodes: &[Node],
    wiring: &Wiring<'_>,
    known: &HashMap<&str, &Constant>,
    folded: &mut HashMap<String, Constant>,
) -> Result<(Node, [usize; 5]), Malformed> {
    let dynamic = wiring.producer(input(node, 0)?)?;
    let cast = wiring.only_user(output(node)?)?;
    let cast_output = output(&nodes[cast])?;
    let product = wiring.only_user(cast_output)?;
    let other = nodes[product].inputs.iter().find(|name| *name != cast_output);
    let other = other.ok_or_else(|| Malformed::new(format!("{cast_output} is not scaled")))?;
    let scales = wiring.producer(other)?;
    let scale = nodes[scales].inputs.iter().find_map(|name| known.get(name.as_str()));
    let scale = scale.ok_or_else(|| Malformed::new(format!("{other} has no constant scale")))?;
    let weight = input(node, 1)?;
    let zero = node.inputs.get(3).map(|name| constant(known, name)).transpose()?;
    let value = dequantise(constant(known, weight)?, scale, zero, 1)
        .ok_or_else(|| Malformed::new(format!("{weight} cannot be dequantised")))?;
    let name = format!("{weight}_f32");
    folded.insert(name.clone(), value);
    let matrix = Node {
        op: "MatMul".to_owned(),
        inputs: vec![input(&nodes[dynamic], 0)?.to_owned(), name],
        outputs: vec![output(&nodes[product])?.to_owned()],
        ..Node::default()
    };
    Ok((matrix, [dynamic, index, cast, product, scales]))
}

/// `(quantised − zero) · scale` in f32, per tensor or along one axis.
fn dequantise(
    quantised: &Constant,
    scale: &Constant,
    zero: Option<&Constant>,
    axis: i64,
) -> Option<Constant> {
    let values = quantised.values.to_f32()?;
    let scales = scale.values.to_f32()?;
    let zeros = match zero {
        None => vec![0.0; scales.len()],
        Some(zero) => zero.values.to_f32().filter(|zeros| zeros.len() == scales.len())?,
    };
    let shape = &quantised.shape;
    // `repeat` neighbouring values share a scale, then the next scale follows.
    let repeat = if scales.len() == 1 {
        values.len().max(1)
    } else {
        let axis = if axis < 0 { axis + i64::try_from(shape.len()).ok()? } else { axis };
        let axis = if shape.len() == 1 { 0 } else { usize::try_from(axis).ok()? };
        if *shape.get(axis)? != scales.len() {
            return None;
        }
        crate::tensors::elements(&shape[axis + 1..])?.max(1)
    };
    let values = values.iter().enumerate().map(|(index, value)| {
        let channel = (index / repeat) % scales.len();
        (value - zeros[channel]) * scales[channel]
    });
    Some(Constant { shape: shape.clone(), values: Values::F32(values.collect()) })
}

/// Who makes and who uses each value.
struct Wiring<'a> {
    producers: HashMap<&'a str, usize>,
    users: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Wiring<'a> {
    fn of(nodes: &'a [Node]) -> Self {
        let (mut producers, mut users) = (HashMap::new(), HashMap::<&str, Vec<usize>>::new());
        for (index, node) in nodes.iter().enumerate() {
            producers.extend(node.outputs.iter().map(|output| (output.as_str(), index)));
            for input in &node.inputs {
                users.entry(input).or_default().push(index);
            }
        }
        Self { producers, users }
    }

    fn producer(&self, name: &str) -> Result<usize, Malformed> {
        self.producers.get(name).copied().ok_or_else(|| Malformed::new(format!("nothing makes {name}")))
    }

    fn only_user(&self, name: &str) -> Result<usize, Malformed> {
        match self.users.get(name).map(Vec::as_slice) {
            Some(&[user]) => Ok(user),
            _ => Err(Malformed::new(format!("{name} is not used exactly once"))),
        }
    }
}

fn input(node: &Node, index: usize) -> Result<&str, Malformed> {
    let name = node.inputs.get(index).map(String::as_str);
    name.ok_or_else(|| Malformed::new(format!("{} has too few inputs", node.op)))
}

fn output(node: &Node) -> Result<&str, Malformed> {
    let name = node.outputs.first().map(String::as_str);
    name.ok_or_else(|| Malformed::new(format!("{} has no output", node.op)))
}

fn constant<'a>(known: &HashMap<&str, &'a Constant>, name: &str) -> Result<&'a Constant, Malformed> {
    known.get(name).copied().ok_or_else(|| Malformed::new(format!("{name} is no constant")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(shape: &[usize], values: Values) -> Constant {
        Constant { shape: shape.to_vec(), values }
    }

    #[test]
    fn per_tensor_per_axis_and_misfits() {
        let quantised = constant(&[2, 3], Values::I8(vec![1, 2, 3, -4, 5, 6]));
        let check = |scale: Vec<f32>, zero: Option<Vec<u8>>, axis, expect: Option<[f32; 6]>| {
            let scale = constant(&[scale.len()], Values::F32(scale));
            let zero = zero.map(|zero| constant(&[zero.len()], Values::U8(zero)));
            let found = dequantise(&quantised, &scale, zero.as_ref(), axis).and_then(|c| c.values.to_f32());
            assert_eq!(found, expect.map(Vec::from), "{axis}");
        };
        check(vec![0.5], None, 1, Some([0.5, 1.0, 1.5, -2.0, 2.5, 3.0]));
        check(vec![0.5], Some(vec![1]), 1, Some([0.0, 0.5, 1.0, -2.5, 2.0, 2.5]));
        check(vec![1.0, 10.0], Some(vec![0, 1]), 0, Some([1.0, 2.0, 3.0, -50.0, 40.0, 50.0]));
        check(vec![1.0, 2.0, 3.0], None, 1, Some([1.0, 4.0, 9.0, -4.0, 10.0, 18.0]));
        check(vec![1.0, 2.0, 3.0], None, -1, Some([1.0, 4.0, 9.0, -4.0, 10.0, 18.0]));
        check(vec![1.0, 2.0], None, 1, None);
        check(vec![1.0, 2.0], None, 7, None);
        check(vec![], None, 1, None);
        check(vec![1.0], Some(vec![1, 2]), 1, None);
    }
}
