//! CPU twins of the passes, written to be compared with the WGSL, not for speed.

pub mod morph;
pub mod noise;
pub mod normals;
