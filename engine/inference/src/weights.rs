//! Weights by name and shape, with a full account of what differs.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

/// Why a weights file cannot serve a network.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file could not be read.
    #[error("cannot read weights {}", path.display())]
    File {
        /// The file or its folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder holds no safetensors file, or more than one.
    #[error("{} should hold exactly one .safetensors file, found {found}", folder.display())]
    Count {
        /// The asset folder.
        folder: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// The file is not safetensors, or is cut short.
    #[error("{} is not a whole safetensors file", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: safetensors::SafeTensorError,
    },
    /// Tensors are missing, unexpected, or of another shape or type: all of them are listed.
    #[error("{} does not hold this network: {}", path.display(), list(differences))]
    Differs {
        /// The file.
        path: PathBuf,
        /// Every difference, in the order in which the network asked.
        differences: Vec<Difference>,
    },
}

/// One way in which a weights file differs from what a network expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The file lacks a tensor.
    Missing {
        /// Its name.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor has another shape.
    Shape {
        /// Its name.
        name: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// A tensor has a number type that is not read.
    Type {
        /// Its name.
        name: String,
        /// The type it has.
        found: String,
    },
    /// The file holds a tensor that the network does not know.
    Unexpected {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, expected } => write!(f, "{name} {expected:?} is missing"),
            Self::Shape { name, expected, found } => write!(f, "{name} is {found:?}, expected {expected:?}"),
            Self::Type { name, found } => {
                write!(f, "{name} holds {found}, expected a float of 16 or 32 bits")
            }
            Self::Unexpected { name } => write!(f, "{name} is not part of the network"),
        }
    }
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Range<usize>,
}

/// A safetensors file from which a network takes its tensors, one by one, as `f32`.
///
/// A tensor that differs is replaced by zeros and noted; [`Self::finish`] then fails with the whole list, so that nobody runs on the zeros.
pub(crate) struct Weights {
    path: PathBuf,
    data: Vec<u8>,
    stored: BTreeMap<String, Stored>,
    /// What is added to tensors as they are taken.
    delta: BTreeMap<String, Vec<f32>>,
    differences: Vec<Difference>,
}

impl Weights {
    /// Opens the only safetensors file of an asset folder.
    pub(crate) fn open_folder(folder: &Path) -> Result<Self, WeightsError> {
        let failed = |source| WeightsError::File { path: folder.to_owned(), source };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "safetensors") {
                found.push(path);
            }
        }
        match <[PathBuf; 1]>::try_from(found) {
            Ok([path]) => Self::open(&path),
            Err(found) => Err(WeightsError::Count { folder: folder.to_owned(), found: found.len() }),
        }
    }

    /// Opens one file.
    pub(crate) fn open(path: &Path) -> Result<Self, WeightsError> {
        let data =
            std::fs::read(path).map_err(|source| WeightsError::File { path: path.to_owned(), source })?;
        Self::parse(path, data)
    }

    pub(crate) fn parse(path: &Path, data: Vec<u8>) -> Result<Self, WeightsError> {
        // `deserialize` checks that header and data agree in length; only the offsets are kept.
        let format = |source| WeightsError::Format { path: path.to_owned(), source };
        SafeTensors::deserialize(&data).map_err(format)?;
        let (header, metadata) = SafeTensors::read_metadata(&data).map_err(format)?;
        let first = header + size_of::<u64>();
        let stored = metadata.tensors().into_iter().map(|(name, info)| {
            let (from, to) = info.data_offsets;
            (name, Stored { dtype: info.dtype, shape: info.shape.clone(), bytes: first + from..first + to })
        });
        let stored = stored.collect();
        Ok(Self { path: path.to_owned(), data, stored, delta: BTreeMap::new(), differences: Vec::new() })
    }

    /// Has every tensor of `delta` added to the tensor of its name when that one is taken.
    pub(crate) fn add(&mut self, delta: BTreeMap<String, Vec<f32>>) {
        self.delta = delta;
    }

    /// Takes a tensor of the shape, row-major; zeros if it differs.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let mut values = self.take_stored(name, shape);
        if let Some(delta) = self.delta.remove(name) {
            if delta.len() == values.len() {
                values.iter_mut().zip(delta).for_each(|(value, delta)| *value += delta);
            } else {
                let (name, found) = (format!("the change of {name}"), vec![delta.len()]);
                self.differences.push(Difference::Shape { name, expected: shape.to_vec(), found });
            }
        }
        values
    }

    fn take_stored(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let count = shape.iter().product();
        let Some(stored) = self.stored.remove(name) else {
            self.differences.push(Difference::Missing { name: name.to_owned(), expected: shape.to_vec() });
            return vec![0.0; count];
        };
        if stored.shape != shape {
            let (name, expected) = (name.to_owned(), shape.to_vec());
            self.differences.push(Difference::Shape { name, expected, found: stored.shape });
            return vec![0.0; count];
        }
        let bytes = &self.data[stored.bytes];
        let pairs = || bytes.as_chunks::<2>().0.iter();
        match stored.dtype {
            Dtype::F32 => bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Dtype::F16 => pairs().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            Dtype::BF16 => pairs().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
            other => {
                let found = format!("{other:?}");
                self.differences.push(Difference::Type { name: name.to_owned(), found });
                vec![0.0; count]
            }
        }
    }

    /// Whether a tensor is kept as halves of bytes, for [`Self::take_halves`].
    pub(crate) fn holds_halves(&self, name: &str) -> bool {
        self.stored.get(name).is_some_and(|stored| stored.dtype == Dtype::U8)
    }

    /// Takes a matrix of which two neighbours in a row share a byte, each a whole number of 4 bits less 8, with a scale per row under
    /// `scales`; zeros if either differs.
    pub(crate) fn take_halves(&mut self, name: &str, rows: usize, half: usize, scales: &str) -> Vec<f32> {
        let whole = |stored: &Stored| stored.dtype == Dtype::U8 && stored.shape == [rows, half];
        let Some(bytes) = self.stored.get(name).filter(|stored| whole(stored)).map(|s| s.bytes.clone())
        else {
            return self.take(name, &[rows, 2 * half]);
        };
        self.stored.remove(name);
        let of = |half: u8| f32::from(half) - 8.0;
        let mut values: Vec<f32> =
            self.data[bytes].iter().flat_map(|byte| [of(byte & 0xf), of(byte >> 4)]).collect();
        let scales = self.take(scales, &[rows]);
        for (row, scale) in values.chunks_exact_mut((2 * half).max(1)).zip(scales) {
            row.iter_mut().for_each(|x| *x *= scale);
        }
        values
    }

    /// Names and shapes of what is left in the file, by name.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = (String, Vec<usize>)> {
        self.stored.iter().map(|(name, stored)| (name.clone(), stored.shape.clone()))
    }

    /// Leaves out a tensor that the file holds but the network has no use for.
    pub(crate) fn ignore(&mut self, name: &str) {
        self.stored.remove(name);
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// When any tensor was missing, unexpected, or of another shape or type.
    pub(crate) fn finish(self) -> Result<(), WeightsError> {
        let Self { path, stored, delta, mut differences, .. } = self;
        let changes = delta.into_keys().map(|name| format!("the change of {name}"));
        differences.extend(changes.map(|name| Difference::Unexpected { name }));
        differences.extend(stored.into_keys().map(|name| Difference::Unexpected { name }));
        if differences.is_empty() { Ok(()) } else { Err(WeightsError::Differs { path, differences }) }
    }
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::{TensorView, serialize};

    use super::*;

    fn file() -> Weights {
        let floats: Vec<u8> = [1.0_f32, -2.5].iter().flat_map(|v| v.to_le_bytes()).collect();
        let halves: Vec<u8> = [0.5_f32, 3.0].iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        let tensors = [
            ("full", TensorView::new(Dtype::F32, vec![2], &floats).unwrap()),
            ("half", TensorView::new(Dtype::F16, vec![1, 2], &halves).unwrap()),
            ("whole", TensorView::new(Dtype::I16, vec![2], &halves).unwrap()),
        ];
        Weights::parse(Path::new("net.safetensors"), serialize(tensors, None).unwrap()).unwrap()
    }

    #[test]
    fn both_float_widths_are_read() {
        let mut weights = file();
        assert_eq!(weights.take("full", &[2]), [1.0, -2.5]);
        assert_eq!(weights.take("half", &[1, 2]), [0.5, 3.0]);
        weights.ignore("whole");
        weights.finish().unwrap();
    }

    #[test]
    fn every_difference_is_named() {
        let mut weights = file();
        weights.take("half", &[2, 1]);
        weights.take("whole", &[2]);
        weights.take("absent", &[3]);
        let text = weights.finish().unwrap_err().to_string();
        assert_eq!(
            text,
            "net.safetensors does not hold this network: half is [1, 2], expected [2, 1]; \
             whole holds I16, expected a float of 16 or 32 bits; absent [3] is missing; full is not part of the network"
        );
    }

    #[test]
    fn whole_numbers_are_no_weights_without_their_scales() {
        let view = TensorView::new(Dtype::U8, vec![1, 1], &[0x1f]).unwrap();
        let bytes = serialize([("m", view)], None).unwrap();
        let open = || Weights::parse(Path::new("net"), bytes.clone()).unwrap();
        let mut weights = open();
        weights.take("m", &[1, 1]);
        assert!(weights.finish().unwrap_err().to_string().contains("m holds U8"));
        let mut weights = open();
        weights.take_halves("m", 1, 1, "m.scale");
        assert!(weights.finish().unwrap_err().to_string().contains("m.scale [1] is missing"));
    }

    #[test]
    fn a_cut_file_is_refused() {
        assert!(matches!(Weights::parse(Path::new("net"), vec![0; 5]), Err(WeightsError::Format { .. })));
    }
}
