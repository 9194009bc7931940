//! CPU twins of the passes, written to be compared with the WGSL, not for speed.

pub mod background;
pub mod cloth;
pub mod eyes;
pub mod hair;
pub mod light;
pub mod morph;
pub mod mouth;
pub mod noise;
pub mod normals;
pub mod skin;
pub mod tonemap;
