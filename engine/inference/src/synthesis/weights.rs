//! Weights by name, with their shapes checked.

use std::collections::HashMap;

use candle_core::{Device, Tensor};

/// A weight file that is not the network's.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    /// The bytes are no safetensors file, or the arithmetic library refused them.
    #[error("weights: {0}")]
    Weights(#[from] candle_core::Error),
    /// A tensor is missing.
    #[error("weights: no tensor {0}")]
    Missing(String),
    /// A tensor has another shape than the network's.
    #[error("weights: {name} has shape {got:?}, not {want:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Its shape.
        got: Vec<usize>,
        /// The network's shape.
        want: Vec<usize>,
    },
    /// A table beside the weights does not read.
    #[error("weights: alphabet table: {0}")]
    Alphabet(#[from] serde_json::Error),
}

/// The tensors of a file.
pub(super) struct Weights {
    tensors: HashMap<String, Tensor>,
}

impl Weights {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, SynthesisError> {
        Ok(Self { tensors: candle_core::safetensors::load_buffer(bytes, &Device::Cpu)? })
    }

    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, SynthesisError> {
        let tensor = self.tensors.get(name).ok_or_else(|| SynthesisError::Missing(name.into()))?;
        if tensor.dims() != shape {
            let (got, want) = (tensor.dims().to_vec(), shape.to_vec());
            return Err(SynthesisError::Shape { name: name.into(), got, want });
        }
        Ok(tensor.to_dtype(candle_core::DType::F32)?)
    }

    pub(super) fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, SynthesisError> {
        Ok(self.tensor(name, shape)?.flatten_all()?.to_vec1()?)
    }
}
