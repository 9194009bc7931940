//! glTF 2.0: container, JSON, numbers and scene, as untrusted input.
//!
//! Own types over `serde_json` rather than the crate `gltf`: its readers slice buffers at the places that the file names and panic
//! where those lie outside, and of the format a face needs a small part.
//!
//! **Source**: "glTF 2.0 Specification", Khronos, version 2.0.1.

pub(crate) mod accessor;
pub(crate) mod container;
pub(crate) mod document;
pub(crate) mod mesh;
pub(crate) mod scene;
