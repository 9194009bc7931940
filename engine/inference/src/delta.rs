//! What fine-tuning changed in a network, small enough to stand beside a locked weights file.
//!
//! Matrices are kept as whole numbers of 8 bits with a scale per row, everything else as 32-bit floats.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::error::InferenceError;
use crate::weights::{Weights, WeightsError};

/// Tensors by name: shape and values, row-major.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Marks the scales of a matrix.
const SCALE: &str = ".scale";

/// The bytes of a safetensors file; the same tensors give the same bytes.
///
/// # Errors
/// When a shape does not fit its values.
pub fn pack(tensors: &Tensors, note: &str) -> Result<Vec<u8>, InferenceError> {
    let mut packed: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    let floats = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    for (name, (shape, values)) in tensors {
        if let [rows, columns] = shape[..]
            && columns > 1
        {
            let (mut whole, mut scales) = (Vec::with_capacity(values.len()), Vec::with_capacity(rows));
            for row in values.chunks_exact(columns) {
                let most = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
                let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
                scales.push(scale);
                whole.extend(row.iter().map(|x| (x / scale).round() as i8 as u8));
            }
            packed.insert(name.clone(), (Dtype::I8, shape.clone(), whole));
            packed.insert(format!("{name}{SCALE}"), (Dtype::F32, vec![rows], floats(&scales)));
        } else {
            packed.insert(name.clone(), (Dtype::F32, shape.clone(), floats(values)));
        }
    }
    let views = packed
        .iter()
        .map(|(name, (kind, shape, bytes))| Ok((name, TensorView::new(*kind, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let note = HashMap::from([("note".to_owned(), note.to_owned())]);
    views
        .and_then(|views| serialize(views, Some(note)))
        .map_err(|error| InferenceError::Input(format!("a change of weights: {error}")))
}

/// The tensors of such a file, as they come out of the rounding; `name` is for errors.
///
/// # Errors
/// When the bytes are no such file.
pub fn unpack(name: &str, bytes: &[u8]) -> Result<BTreeMap<String, Vec<f32>>, WeightsError> {
    let mut stored = Weights::parse(Path::new(name), bytes.to_vec())?;
    let mut tensors = BTreeMap::new();
    let names: Vec<(String, Vec<usize>)> =
        stored.shapes().filter(|(name, _)| !name.ends_with(SCALE)).collect();
    for (name, shape) in names {
        let values = match shape[..] {
            [rows, columns] if columns > 1 => {
                stored.take_scaled(&name, rows, columns, &format!("{name}{SCALE}"))
            }
            _ => stored.take(&name, &shape),
        };
        tensors.insert(name, values);
    }
    stored.finish()?;
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_comes_back_within_half_a_step_of_its_row() {
        let matrix: Vec<f32> =
            (0..12).map(|i| (i as f32 * 1.7).sin() * if i < 6 { 0.01 } else { 3.0 }).collect();
        let vector = vec![0.25, -7.5];
        let tensors = Tensors::from([
            ("m".to_owned(), (vec![2, 6], matrix.clone())),
            ("v".to_owned(), (vec![2], vector.clone())),
        ]);
        let bytes = pack(&tensors, "").unwrap();
        assert_eq!(bytes, pack(&tensors, "").unwrap());
        let back = unpack("m", &bytes).unwrap();
        assert_eq!(back["v"], vector);
        for (row, own) in matrix.chunks(6).zip(back["m"].chunks(6)) {
            let step = row.iter().fold(0.0_f32, |m, x| m.max(x.abs())) / 127.0;
            assert!(row.iter().zip(own).all(|(a, b)| (a - b).abs() <= step * 0.501), "{row:?} {own:?}");
        }
    }

    #[test]
    fn a_matrix_without_scales_is_refused() {
        let view = TensorView::new(Dtype::I8, vec![2, 2], &[1, 2, 3, 4]).unwrap();
        let bytes = serialize([("m", view)], None).unwrap();
        assert!(unpack("m", &bytes).unwrap_err().to_string().contains("m.scale"));
    }
}
