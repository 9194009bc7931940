//! The shading room: WGSL passes, their memory layout and a CPU twin of each.
//!
//! Enters: nothing. Leaves: composed WGSL sources ([`source`]), structs whose bytes the shaders read ([`layout`]) and
//! functions that compute the same on the CPU ([`cpu`]).
//! This crate deliberately knows no device, no file and no mesh.
//!
//! ```
//! let morph = viva_shaders::source(viva_shaders::Pass::Morph);
//! assert!(morph.contains("fn morph("));
//! ```

mod compose;
pub mod cpu;
pub mod layout;
pub mod networks;

pub use compose::{ComposeError, Composed, compose, compose_with, shared_names};
pub use networks::NetworkPass;

/// The passes, one WGSL file each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Weighted sparse deltas onto rest positions.
    Morph,
    /// Vertex normals from face rings.
    Normals,
    /// The room behind the person.
    Background,
    /// Head and neck.
    Skin,
    /// Teeth, tongue and lashes.
    Mouth,
    /// Eyeballs.
    Eyes,
    /// Hair shells.
    Hair,
    /// The bust's garment.
    Cloth,
    /// Linear colour to display bytes.
    Tonemap,
    /// What stays of the skin, drawn once for the quick pass.
    SkinBake,
    /// Where the skin folds, drawn once for the quick pass.
    ReliefBake,
    /// Head and neck for a processor.
    SkinQuick,
    /// Hair shells for a processor.
    HairQuick,
    /// The garment for a processor.
    ClothQuick,
    /// Edges of display bytes.
    Soften,
    /// A mesh that others made.
    Imported,
}

impl Pass {
    /// All of them, in the order of a frame; those of the quick way and of imported meshes last.
    pub const ALL: [Self; 16] = [
        Self::Morph,
        Self::Normals,
        Self::Background,
        Self::Skin,
        Self::Mouth,
        Self::Eyes,
        Self::Hair,
        Self::Cloth,
        Self::Tonemap,
        Self::SkinBake,
        Self::ReliefBake,
        Self::SkinQuick,
        Self::HairQuick,
        Self::ClothQuick,
        Self::Soften,
        Self::Imported,
    ];

    /// The name of its file without the ending.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Morph => "morph",
            Self::Normals => "normals",
            Self::Background => "background",
            Self::Skin => "skin",
            Self::Mouth => "mouth",
            Self::Eyes => "eyes",
            Self::Hair => "hair",
            Self::Cloth => "cloth",
            Self::Tonemap => "tonemap",
            Self::SkinBake => "skin_bake",
            Self::ReliefBake => "relief_bake",
            Self::SkinQuick => "skin_quick",
            Self::HairQuick => "hair_quick",
            Self::ClothQuick => "cloth_quick",
            Self::Soften => "soften",
            Self::Imported => "imported",
        }
    }

    /// Its own WGSL, imports unresolved.
    #[must_use]
    pub const fn raw(self) -> &'static str {
        match self {
            Self::Morph => include_str!("../wgsl/morph.wgsl"),
            Self::Normals => include_str!("../wgsl/normals.wgsl"),
            Self::Background => include_str!("../wgsl/background.wgsl"),
            Self::Skin => include_str!("../wgsl/skin.wgsl"),
            Self::Mouth => include_str!("../wgsl/mouth.wgsl"),
            Self::Eyes => include_str!("../wgsl/eyes.wgsl"),
            Self::Hair => include_str!("../wgsl/hair.wgsl"),
            Self::Cloth => include_str!("../wgsl/cloth.wgsl"),
            Self::Tonemap => include_str!("../wgsl/tonemap.wgsl"),
            Self::SkinBake => include_str!("../wgsl/skin_bake.wgsl"),
            Self::ReliefBake => include_str!("../wgsl/relief_bake.wgsl"),
            Self::SkinQuick => include_str!("../wgsl/skin_quick.wgsl"),
            Self::HairQuick => include_str!("../wgsl/hair_quick.wgsl"),
            Self::ClothQuick => include_str!("../wgsl/cloth_quick.wgsl"),
            Self::Soften => include_str!("../wgsl/soften.wgsl"),
            Self::Imported => include_str!("../wgsl/imported.wgsl"),
        }
    }
}

/// The whole WGSL of a pass, imports resolved.
///
/// # Panics
///
/// Never in a build whose tests passed: a test composes every pass.
#[must_use]
pub fn source(pass: Pass) -> String {
    compose(pass.raw()).expect("every #import of our own passes names a shared file")
}
