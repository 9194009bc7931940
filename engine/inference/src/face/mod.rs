//! The three face networks: detector, 478 landmarks, 52 blendshapes.
//!
//! Enters: pictures of fixed size. Leaves: raw numbers, which `viva_perception::face` decodes.
//! Weights and graphs are those that the converter wrote; kernels of our own beside candle run them
//! (`docs/decisions/0003-face-nets.md`).
//! After loading, a call allocates nothing and cannot fail.

mod graph;
mod kernels;
mod plan;
mod steps;

#[cfg(test)]
mod parity;

use std::path::{Path, PathBuf};

use half::f16;
use safetensors::{Dtype, SafeTensors};
use viva_perception::face::{
    Config, DETECTOR_SIDE, FaceGeometry, FaceNets, FaceTracker, GeometryError, LANDMARK_SIDE, RawDetections,
    RawLandmarks, SHAPE_POINTS, ShapePoints,
};

use self::graph::{Constants, Graph};
use self::plan::{Plan, plan};

/// Why the face networks cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum FaceNetError {
    /// A file is missing or cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of weights cannot be understood.
    #[error("the weights cannot be read: {0}")]
    Weights(#[from] safetensors::SafeTensorError),
    /// The graph is missing, or holds what the kernels do not know.
    #[error("the graph does not fit: {0}")]
    Graph(String),
    /// A network has other inputs or outputs than the face chain needs.
    #[error("{net} has {found} instead of {expected}")]
    Shape {
        /// The network.
        net: &'static str,
        /// Values of the input, then of each output.
        found: String,
        /// What the chain needs.
        expected: String,
    },
    /// The canonical face cannot be read.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
}

/// The face networks of the MediaPipe face landmarker, behind the port [`FaceNets`].
#[derive(Debug)]
pub struct MediaPipeFace {
    detector: Net,
    landmarks: Net,
    blendshapes: Net,
}

impl MediaPipeFace {
    /// Loads the three networks from the folder of the asset `face-landmarker`.
    ///
    /// **Errors**: a missing file, or one that is not the network the chain was written for.
    pub fn load(folder: &Path) -> Result<Self, FaceNetError> {
        let points = 2 * SHAPE_POINTS.len();
        Ok(Self {
            detector: Net::load(
                folder,
                "face_detector",
                DETECTOR_SIDE * DETECTOR_SIDE * 3,
                &[896 * 16, 896],
            )?,
            landmarks: Net::load(
                folder,
                "face_landmarks_detector",
                LANDMARK_SIDE * LANDMARK_SIDE * 3,
                &[478 * 3, 1, 1],
            )?,
            blendshapes: Net::load(folder, "face_blendshapes", points, &[52])?,
        })
    }

    /// The canonical face of the same folder, which [`FaceTracker`] needs for the head's pose.
    ///
    /// **Errors**: a missing or unreadable file.
    pub fn geometry(folder: &Path) -> Result<FaceGeometry, FaceNetError> {
        Ok(FaceGeometry::parse(&read(&folder.join("geometry_pipeline_metadata_landmarks.binarypb"))?)?)
    }

    /// A tracker on the networks and the canonical face of `folder`.
    ///
    /// **Errors**: as [`Self::load`] and [`Self::geometry`].
    pub fn tracker(folder: &Path, config: Config) -> Result<FaceTracker, FaceNetError> {
        Ok(FaceTracker::new(Box::new(Self::load(folder)?), Self::geometry(folder)?, config))
    }
}

impl FaceNets for MediaPipeFace {
    fn detect(&mut self, rgb: &[f32], out: &mut RawDetections) {
        self.detector.run(rgb);
        out.regressors.copy_from_slice(self.detector.output(0));
        out.logits.copy_from_slice(self.detector.output(1));
    }

    fn landmarks(&mut self, rgb: &[f32], out: &mut RawLandmarks) {
        self.landmarks.run(rgb);
        out.points.as_flattened_mut().copy_from_slice(self.landmarks.output(0));
        out.presence_logit = self.landmarks.output(1)[0];
    }

    fn blendshapes(&mut self, points_px: &ShapePoints) -> [f32; 52] {
        self.blendshapes.run(points_px);
        let mut scores = [0.0; 52];
        scores.copy_from_slice(self.blendshapes.output(0));
        scores
    }
}

/// One network with the buffers that it runs in.
#[derive(Debug)]
struct Net {
    plan: Plan,
    buffers: Vec<Vec<f32>>,
    scratch: Vec<f32>,
}

impl Net {
    fn load(folder: &Path, net: &'static str, input: usize, outputs: &[usize]) -> Result<Self, FaceNetError> {
        let bytes = read(&folder.join(format!("{net}.safetensors")))?;
        let graph = read_graph(&bytes, folder, net)?;
        let constants = read_constants(&bytes, net)?;
        let plan = plan(&graph, &constants)?;
        let lengths: Vec<usize> = plan.outputs.iter().map(|(_, length)| *length).collect();
        let found = graph.shape(graph.inputs[0])?.iter().product::<usize>();
        if found != input || lengths != outputs {
            return Err(FaceNetError::Shape {
                net,
                found: format!("{found} {lengths:?}"),
                expected: format!("{input} {outputs:?}"),
            });
        }
        let buffers = plan.buffers.iter().map(|&length| vec![0.0; length]).collect();
        Ok(Self { scratch: vec![0.0; plan.scratch], buffers, plan })
    }

    fn run(&mut self, input: &[f32]) {
        self.buffers[self.plan.input][..input.len()].copy_from_slice(input);
        for step in &self.plan.steps {
            // Taking the buffer out leaves an empty one behind, which no step reads.
            let mut out = std::mem::take(&mut self.buffers[step.out]);
            step.run(&self.buffers, &mut self.scratch, &mut out[..step.length]);
            self.buffers[step.out] = out;
        }
    }

    fn output(&self, index: usize) -> &[f32] {
        let (buffer, length) = self.plan.outputs[index];
        &self.buffers[buffer][..length]
    }
}

/// Weights as `f32`, whatever they were stored as, and indices as `i64`.
fn read_constants(bytes: &[u8], net: &str) -> Result<Constants, FaceNetError> {
    let mut constants = Constants::default();
    for (name, tensor) in SafeTensors::deserialize(bytes)?.tensors() {
        let id = name.strip_prefix('t').and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| FaceNetError::Graph(format!("{net} holds an unknown tensor {name}")))?;
        let data = tensor.data();
        match tensor.dtype() {
            Dtype::F16 => {
                let values = data.as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b).to_f32());
                constants.floats.insert(id, values.collect());
            }
            Dtype::F32 => {
                let values = data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b));
                constants.floats.insert(id, values.collect());
            }
            Dtype::I32 => {
                let values = data.as_chunks::<4>().0.iter().map(|b| i64::from(i32::from_le_bytes(*b)));
                constants.integers.insert(id, values.collect());
            }
            other => return Err(FaceNetError::Graph(format!("{net}: tensor {name} of type {other:?}"))),
        }
    }
    Ok(constants)
}

/// The graph from the metadata of the weights, or from the file beside them.
fn read_graph(weights: &[u8], folder: &Path, net: &str) -> Result<Graph, FaceNetError> {
    let (_, metadata) = SafeTensors::read_metadata(weights)?;
    let stored = metadata.metadata().as_ref().and_then(|entries| entries.get("graph"));
    let parsed = match stored {
        Some(text) => serde_json::from_str(text),
        None => serde_json::from_slice(&read(&folder.join(format!("{net}.graph.json")))?),
    };
    parsed.map_err(|error| FaceNetError::Graph(format!("{net}: {error}")))
}

fn read(path: &Path) -> Result<Vec<u8>, FaceNetError> {
    std::fs::read(path).map_err(|source| FaceNetError::File { path: path.to_path_buf(), source })
}
