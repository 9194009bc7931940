//! CPU twins of the passes, written to be compared with the WGSL; [`morph`] and [`normals`] also serve where a processor draws.

pub mod background;
pub mod cloth;
pub mod cloth_quick;
pub mod eyes;
pub mod flow_block;
pub mod flow_count;
pub mod flow_heads;
pub mod flow_stem;
pub mod hair;
pub mod hair_quick;
pub mod imported;
pub mod light;
pub mod mel_bands;
pub mod mel_power;
pub mod morph;
pub mod mouth;
pub mod noise;
pub mod normals;
pub mod relief_bake;
pub mod skin;
pub mod skin_bake;
pub mod skin_quick;
pub mod soften;
pub mod tonemap;
pub mod wrinkles;
