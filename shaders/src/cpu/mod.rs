//! CPU twins of the passes, written to be compared with the WGSL; [`morph`] and [`normals`] also serve where a processor draws.

pub mod background;
pub mod cloth;
pub mod cloth_quick;
pub mod eyes;
pub mod hair;
pub mod hair_quick;
pub mod light;
pub mod morph;
pub mod mouth;
pub mod noise;
pub mod normals;
pub mod skin;
pub mod skin_bake;
pub mod skin_quick;
pub mod soften;
pub mod tonemap;
