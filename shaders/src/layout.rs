//! Structs whose bytes the shaders read; a test holds them against naga's offsets.

use bytemuck::{Pod, Zeroable};

/// A column-major 4 x 4 matrix.
pub type Matrix = [[f32; 4]; 4];

/// What changes from frame to frame; `Frame` of `shared/frame.wgsl`, where the fields are described.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "a fact stands in one place: the fields are described in frame.wgsl")]
pub struct Frame {
    pub clip_from_world: Matrix,
    pub world_from_head: Matrix,
    pub head_from_left_eye: Matrix,
    pub head_from_right_eye: Matrix,
    pub camera: [f32; 4],
    pub key_direction: [f32; 4],
    pub key_color: [f32; 4],
    pub fill_direction: [f32; 4],
    pub fill_color: [f32; 4],
    pub rim_direction: [f32; 4],
    pub rim_color: [f32; 4],
    pub room: [[f32; 4]; 9],
    pub left_lid: [f32; 4],
    pub right_lid: [f32; 4],
    pub neck: [f32; 4],
    pub eyes: [f32; 4],
    pub mouth: [f32; 4],
    pub wrinkles_left: [f32; 4],
    pub wrinkles_right: [f32; 4],
}

/// What stays for one person; `Look` of `shared/look.wgsl`, where the fields are described.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "a fact stands in one place: the fields are described in look.wgsl")]
pub struct Look {
    pub skin: [f32; 4],
    pub blood: [f32; 4],
    pub lip: [f32; 4],
    pub brow: [f32; 4],
    pub hair_root: [f32; 4],
    pub hair_tip: [f32; 4],
    pub iris: [f32; 4],
    pub iris_rim: [f32; 4],
    pub sclera: [f32; 4],
    pub cloth: [f32; 4],
    pub shirt: [f32; 4],
    pub wear: [f32; 4],
    pub back_top: [f32; 4],
    pub back_bottom: [f32; 4],
    pub back_light: [f32; 4],
}

/// One weighted shift of one vertex; `MorphEntry` of `morph.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct MorphEntry {
    /// Index of the blendshape.
    pub shape: u32,
    /// Shift along x in metres at weight 1.
    pub x: f32,
    /// Shift along y.
    pub y: f32,
    /// Shift along z.
    pub z: f32,
}

/// The weights of one frame; `MorphWeights` of `morph.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct MorphWeights {
    /// 52 weights, four to a vector.
    pub packed: [[f32; 4]; 13],
    /// How many vertices there are.
    pub vertices: u32,
    /// Unused.
    pub spare0: u32,
    /// Unused.
    pub spare1: u32,
    /// Unused.
    pub spare2: u32,
}

/// `NormalsSize` of `normals.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct NormalsSize {
    /// How many vertices there are.
    pub vertices: u32,
    /// Unused.
    pub spare0: u32,
    /// Unused.
    pub spare1: u32,
    /// Unused.
    pub spare2: u32,
}

/// `TonemapSize` of `tonemap.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TonemapSize {
    /// Samples per pixel and axis.
    pub scale: u32,
    /// 1 where edges are softened after the curve.
    pub smoothing: u32,
    /// Unused.
    pub spare0: u32,
    /// Unused.
    pub spare1: u32,
}

/// A vertex of skin, teeth, tongue or lash; its place comes from the morphed positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct SurfaceVertex {
    /// Index into the welded vertices.
    pub welded: u32,
    /// Place at rest, metres.
    pub rest: [f32; 3],
    /// Texture place on the HM08 base mesh.
    pub uv: [f32; 2],
    /// Ambient occlusion, visibility of the key light, and what comes of the rim light through flesh; 0..=1.
    pub light: [f32; 3],
    /// Lips, flush, inner mouth, and what it is of: on skin the roots of hair 0..=1, else the material.
    pub masks: [f32; 4],
    /// Visibility of the key light with the head turned to its right and to its left, as far as [`Frame::camera`] says.
    pub turned: [f32; 2],
}

/// A vertex of an eyeball.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct EyeVertex {
    /// On the unit sphere, +z out of the pupil; the last is +1 for the left eye and -1 for the right.
    pub local: [f32; 4],
}

/// A vertex of a hair shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct HairVertex {
    /// Place at rest, metres.
    pub rest: [f32; 3],
    /// Out of the hair.
    pub normal: [f32; 3],
    /// Along the strand.
    pub tangent: [f32; 3],
    /// Across the strands in strand widths, along them in 0..1.
    pub strand: [f32; 2],
    /// Occlusion, key visibility, layer, density.
    pub more: [f32; 4],
}

/// A vertex of the garment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ClothVertex {
    /// Place at rest, metres.
    pub rest: [f32; 3],
    /// Out of the cloth.
    pub normal: [f32; 3],
    /// Occlusion, key visibility, way from collar to hem, unused.
    pub more: [f32; 4],
}

/// A vertex of an imported mesh; its place comes from the morphed positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ImportedVertex {
    /// Index into the welded vertices.
    pub welded: u32,
    /// Texture place.
    pub uv: [f32; 2],
    /// Shares of the head's turn and of the left and right eye's, 0..=1.
    pub turn: [f32; 3],
}

/// One material; `ImportedMaterial` of `imported.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ImportedMaterial {
    /// Linear colour and opacity.
    pub color: [f32; 4],
    /// Opacity below which nothing is drawn.
    pub cutoff: f32,
    /// 0 mirror, 1 chalk.
    pub roughness: f32,
    /// 1 where the surface takes no light.
    pub is_unlit: f32,
    /// Unused.
    pub spare: f32,
}
