//! What fine-tuning changed in a network, small enough to stand beside a locked weights file.
//!
//! Large matrices are kept as whole numbers of 4 bits, -7 to 7, with a scale per row, everything else as 32-bit floats.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::error::InferenceError;
use crate::weights::{Weights, WeightsError};

/// Tensors by name: shape and values, row-major.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Marks the scales of a matrix.
const SCALE: &str = ".scale";
/// The greatest whole number.
const MOST: f32 = 7.0;
/// Where the note stands in the file's header.
const NOTE: &str = "note";
/// Matrices with fewer values are kept as they are.
const LARGE: usize = 10_000;

/// The bytes of a safetensors file; the same tensors give the same bytes.
///
/// # Errors
/// When a shape does not fit its values.
pub fn pack(tensors: &Tensors, note: &str) -> Result<Vec<u8>, InferenceError> {
    let mut packed: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    let floats = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    for (name, (shape, values)) in tensors {
        if values.iter().any(|x| !x.is_finite()) {
            return Err(InferenceError::Input(format!("a change of weights: {name} holds no numbers")));
        }
        if let [rows, columns] = shape[..]
            && columns % 2 == 0
            && values.len() >= LARGE
        {
            let (mut pairs, mut scales) = (Vec::with_capacity(values.len() / 2), Vec::with_capacity(rows));
            for row in values.chunks_exact(columns) {
                let scale = scale_of(row);
                scales.push(scale);
                let half = |x: f32| (rounded(x, scale) + 8.0) as u8;
                pairs.extend(row.as_chunks::<2>().0.iter().map(|[low, high]| half(*low) | half(*high) << 4));
            }
            packed.insert(name.clone(), (Dtype::U8, vec![rows, columns / 2], pairs));
            packed.insert(format!("{name}{SCALE}"), (Dtype::F32, vec![rows], floats(&scales)));
        } else {
            packed.insert(name.clone(), (Dtype::F32, shape.clone(), floats(values)));
        }
    }
    let views = packed
        .iter()
        .map(|(name, (kind, shape, bytes))| Ok((name, TensorView::new(*kind, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let note = HashMap::from([(NOTE.to_owned(), note.to_owned())]);
    views
        .and_then(|views| serialize(views, Some(note)))
        .map_err(|error| InferenceError::Input(format!("a change of weights: {error}")))
}

/// The whole number, as a float.
fn rounded(x: f32, scale: f32) -> f32 {
    (x / scale).round().clamp(-MOST, MOST)
}

/// The scale under which a row loses least: a little below what its greatest value asks for.
fn scale_of(row: &[f32]) -> f32 {
    let most = row.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    if most == 0.0 {
        return 1.0;
    }
    let loss = |scale: f32| row.iter().map(|x| (x - rounded(*x, scale) * scale).powi(2)).sum::<f32>();
    let scales = (8..=20).map(|part| most / MOST * part as f32 / 20.0);
    scales.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or(most / MOST)
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
            // A side of nothing would let the other be any number.
            [rows, half] if rows > 0 && half > 0 && stored.holds_halves(&name) => {
                stored.take_halves(&name, rows, half, &format!("{name}{SCALE}"))
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
    fn a_change_comes_back_with_little_lost_and_what_is_small_whole() {
        let size = |i: usize| if i < 6000 { 0.01 } else { 3.0 };
        let matrix: Vec<f32> = (0..12_000).map(|i| (i as f32 * 1.7).sin() * size(i)).collect();
        let (small, vector) = (vec![1.0, -2.0, 0.3, 0.7], vec![0.25, -7.5]);
        let tensors = Tensors::from([
            ("m".to_owned(), (vec![2, 6000], matrix.clone())),
            ("s".to_owned(), (vec![2, 2], small.clone())),
            ("v".to_owned(), (vec![2], vector.clone())),
        ]);
        let bytes = pack(&tensors, "seed 1").unwrap();
        assert_eq!(bytes, pack(&tensors, "seed 1").unwrap());
        let back = unpack("m", &bytes).unwrap();
        assert_eq!((&back["v"], &back["s"]), (&vector, &small));
        for (row, own) in matrix.chunks(6000).zip(back["m"].chunks(6000)) {
            let lost: f32 = row.iter().zip(own).map(|(a, b)| (a - b).powi(2)).sum();
            let all: f32 = row.iter().map(|x| x * x).sum();
            assert!(lost < 0.01 * all, "{lost} of {all}");
        }
        assert!(bytes.len() < 7000, "{} bytes: half a byte a value", bytes.len());
    }

    #[test]
    fn a_matrix_without_scales_is_refused() {
        let view = TensorView::new(Dtype::U8, vec![2, 2], &[1, 2, 3, 4]).unwrap();
        let bytes = serialize([("m", view)], None).unwrap();
        assert!(unpack("m", &bytes).unwrap_err().to_string().contains("m.scale"));
        for shape in [vec![1 << 61, 0], vec![0, 1 << 62]] {
            let view = TensorView::new(Dtype::U8, shape, &[]).unwrap();
            let bytes = serialize([("m", view)], None).unwrap();
            assert!(unpack("m", &bytes).is_err(), "a side of nothing beside a huge one");
        }
    }

    #[test]
    fn what_is_no_number_is_not_packed() {
        let tensors = Tensors::from([("m".to_owned(), (vec![2], vec![1.0, f32::NAN]))]);
        assert!(pack(&tensors, "").unwrap_err().to_string().contains("m holds no numbers"));
    }
}
