//! Tensors by name, and a safetensors writer that leaves the same bytes for the same tensors, always.
//!
//! The writer of the `safetensors` crate takes its metadata from a hash map, whose order changes from run to run; a
//! pinned hash of the file needs one order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use safetensors::Dtype;
use serde::Serialize;

use crate::ModelsError;

/// A tensor: dtype, shape, little-endian row-major bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Type of one element.
    pub dtype: Dtype,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// `shape.product() × size of dtype` bytes.
    pub data: Vec<u8>,
}

/// Tensors by name.
pub type Tensors = BTreeMap<String, Tensor>;

impl Tensor {
    /// Takes bytes as they are; `None` when they are not as many as the shape needs.
    #[must_use]
    pub fn new(dtype: Dtype, shape: Vec<usize>, data: Vec<u8>) -> Option<Self> {
        (elements(&shape)?.checked_mul(width(dtype)?)? == data.len()).then_some(Self { dtype, shape, data })
    }

    /// f32 values; `None` when they are not as many as the shape needs.
    #[must_use]
    pub fn from_f32(shape: Vec<usize>, values: &[f32]) -> Option<Self> {
        Self::new(Dtype::F32, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// The values of an f32 tensor; `None` for any other type.
    #[must_use]
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        (self.dtype == Dtype::F32).then(|| {
            self.data
                .chunks_exact(4)
                .map(|chunk| f32::from_le_bytes(chunk.try_into().expect("four bytes")))
                .collect()
        })
    }

    /// Rows `from..to` along the first axis; `None` when there are not so many.
    #[must_use]
    pub fn rows(&self, from: usize, to: usize) -> Option<Self> {
        let (&count, rest) = self.shape.split_first()?;
        if from > to || to > count {
            return None;
        }
        let row = self.data.len().checked_div(count)?;
        let shape = [to - from].iter().chain(rest).copied().collect();
        Self::new(self.dtype, shape, self.data[from * row..to * row].to_vec())
    }
}

/// Number of elements of a shape; `None` when it does not fit.
#[must_use]
pub fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &length| product.checked_mul(length))
}

/// Bytes of one element; `None` for types that are no whole bytes.
pub(crate) fn width(dtype: Dtype) -> Option<usize> {
    let bits = dtype.bitsize();
    bits.is_multiple_of(8).then_some(bits / 8)
}

#[derive(Serialize)]
struct Header<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    data_offsets: [usize; 2],
}

/// Writes a safetensors file: widest types first, then by name; metadata by name.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, tensors: &Tensors, metadata: &BTreeMap<String, String>) -> Result<(), ModelsError> {
    let failed = |error| ModelsError::io(path, error);
    let mut order: Vec<(&String, &Tensor)> = tensors.iter().collect();
    order.sort_by(|a, b| b.1.dtype.cmp(&a.1.dtype).then(a.0.cmp(b.0)));
    let mut fields = Vec::with_capacity(order.len() + 1);
    if !metadata.is_empty() {
        fields.push(format!("\"__metadata__\":{}", json(metadata)));
    }
    let mut offset = 0;
    for (name, tensor) in &order {
        let end = offset + tensor.data.len();
        let header = Header { dtype: tensor.dtype, shape: &tensor.shape, data_offsets: [offset, end] };
        fields.push(format!("{}:{}", json(name), json(&header)));
        offset = end;
    }
    let mut header = format!("{{{}}}", fields.join(",")).into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    file.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed)?;
    file.write_all(&header).map_err(failed)?;
    for (_, tensor) in order {
        file.write_all(&tensor.data).map_err(failed)?;
    }
    file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("headers are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;

    #[test]
    fn what_is_written_is_read_back_and_never_changes() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let path = folder.path().join("x.safetensors");
        let mut tensors = Tensors::new();
        tensors.insert("b".into(), Tensor::from_f32(vec![2, 1], &[1.5, -2.0]).expect("fits"));
        tensors.insert("a".into(), Tensor::new(Dtype::U8, vec![3], vec![1, 2, 3]).expect("fits"));
        let metadata = (0..9).map(|k| (format!("key{k}"), "\"q\" é".to_owned())).collect();
        write(&path, &tensors, &metadata).expect("writes");
        let bytes = std::fs::read(&path).expect("reads");
        let read = safetensors::SafeTensors::deserialize(&bytes).expect("is sound");
        assert_eq!(read.tensor("b").expect("is there").data(), tensors["b"].data);
        assert_eq!(read.tensor("a").expect("is there").shape(), [3]);
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).expect("is sound");
        assert_eq!(header.metadata().as_ref().expect("has metadata")["key3"], "\"q\" é");
        write(&path, &tensors, &metadata).expect("writes");
        assert_eq!(sha256(&bytes), sha256(&std::fs::read(&path).expect("reads")));
    }

    #[test]
    fn same_bytes_as_the_reference_writer() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let path = folder.path().join("x.safetensors");
        let mut tensors = Tensors::new();
        for (name, dtype, bytes) in
            [("z", Dtype::F32, 8), ("a", Dtype::I64, 8), ("m", Dtype::F16, 2), ("k", Dtype::U32, 4)]
        {
            let width = width(dtype).expect("whole bytes");
            tensors
                .insert(name.into(), Tensor::new(dtype, vec![bytes / width], vec![7; bytes]).expect("fits"));
        }
        write(&path, &tensors, &BTreeMap::new()).expect("writes");
        let views = tensors.iter().map(|(name, t)| {
            (
                name.clone(),
                safetensors::tensor::TensorView::new(t.dtype, t.shape.clone(), &t.data).expect("fits"),
            )
        });
        let theirs = safetensors::serialize(views, None).expect("serialises");
        assert_eq!(std::fs::read(&path).expect("reads"), theirs);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        assert!(Tensor::new(Dtype::F32, vec![2], vec![0; 7]).is_none());
        assert!(Tensor::new(Dtype::F32, vec![usize::MAX, 2], vec![]).is_none());
        let tensor = Tensor::from_f32(vec![3, 2], &[0., 1., 2., 3., 4., 5.]).expect("fits");
        assert_eq!(tensor.rows(1, 2).expect("is there").to_f32().expect("is f32"), [2., 3.]);
        assert!(tensor.rows(1, 4).is_none() && tensor.rows(2, 1).is_none());
    }
}
