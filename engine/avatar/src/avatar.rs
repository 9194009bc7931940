//! An avatar as the engine knows it: a mesh in metres, 52 sparse shapes, what turns with head and eyes, and its colours.

use std::fmt;
use std::ops::Range;

use glam::{Vec2, Vec3, Vec4};
use viva_media::{BLENDSHAPE_COUNT, Blendshape};

use crate::image::Image;

/// Share of a shape's farthest move from which a vertex counts as moved by it.
const CORE_SHARE: f32 = 0.25;

/// A shift of one vertex at weight 1.
pub type Delta = (u32, Vec3);

/// A checked avatar: every index is in range and every number finite.
///
/// **Units** metres; y up, z out of the face, x to the face's own left.
#[derive(Clone, PartialEq)]
pub struct Avatar {
    /// What the file or its author calls it.
    pub name: String,
    /// Vertices at rest.
    pub position: Vec<Vec3>,
    /// Texture places; zero where there are none.
    pub uv: Vec<Vec2>,
    /// How much each vertex turns with the head, the left eye and the right eye, 0..=1 each.
    pub turn: Vec<[f32; 3]>,
    /// Corners, anticlockwise from outside.
    pub triangles: Vec<[u32; 3]>,
    /// Consecutive runs of triangles with one material; together all of them.
    pub patches: Vec<Patch>,
    /// Colours.
    pub materials: Vec<Material>,
    /// Textures, decoded.
    pub images: Vec<Image>,
    /// **Shape** one list per [`Blendshape::ALL`], ascending by vertex; empty where the avatar has no such shape.
    pub shapes: Vec<Vec<Delta>>,
    /// About which points it turns.
    pub joints: Joints,
}

/// Triangles of one material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Of [`Avatar::materials`].
    pub material: usize,
    /// Of [`Avatar::triangles`].
    pub triangles: Range<usize>,
}

/// What a surface looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// What the file calls it.
    pub name: String,
    /// Linear colour and opacity.
    pub color: Vec4,
    /// Of [`Avatar::images`]; multiplied with the colour.
    pub image: Option<usize>,
    /// Opacity below which nothing is drawn.
    pub cutoff: f32,
    /// 0 mirror, 1 chalk.
    pub roughness: f32,
    /// Whether it shines by itself and takes no light, as drawn characters do.
    pub is_unlit: bool,
}

impl Default for Material {
    /// What glTF says of a surface without a material, but less shiny: skin of unknown kind.
    fn default() -> Self {
        Self {
            name: String::new(),
            color: Vec4::ONE,
            image: None,
            cutoff: 0.0,
            roughness: 0.6,
            is_unlit: false,
        }
    }
}

/// Points about which parts turn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Joints {
    /// Where the head turns; `None` where the file has no such bone, and the whole then turns about a point below the chin.
    pub head: Option<Vec3>,
    /// Middle of the left eye; `None` where gaze must move by shapes.
    pub left_eye: Option<Vec3>,
    /// Middle of the right eye.
    pub right_eye: Option<Vec3>,
}

impl fmt::Debug for Avatar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes = self.shapes.iter().filter(|shape| !shape.is_empty()).count();
        write!(
            f,
            "Avatar({:?}, {} vertices, {} triangles, {shapes} shapes)",
            self.name,
            self.position.len(),
            self.triangles.len()
        )
    }
}

impl Avatar {
    /// The shifts of a shape; empty where the avatar has none.
    #[must_use]
    pub fn shape(&self, shape: Blendshape) -> &[Delta] {
        self.shapes.get(shape as usize).map_or(&[], Vec::as_slice)
    }

    /// Lowest and highest corner of a box around the face: what facial shapes move, or all that turns with the head.
    ///
    /// An avatar may be a head, a bust or a whole body in clothes; a picture of it shows the face.
    #[must_use]
    pub fn face_box(&self) -> (Vec3, Vec3) {
        // The rim of what a shape moves reaches far down the neck; its core is the face.
        let core = |shape: &Vec<Delta>| {
            let most = shape.iter().map(|(_, delta)| delta.length()).fold(0.0, f32::max);
            let moved = shape.iter().filter(|(_, delta)| delta.length() > most * CORE_SHARE);
            bounds(moved.map(|(vertex, _)| self.position[*vertex as usize]))
        };
        let face =
            self.shapes.iter().map(core).fold(bounds([].into_iter()), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        if face.1.y - face.0.y > 1e-4 {
            return face;
        }
        let turned = self.position.iter().zip(&self.turn).filter(|(_, turn)| turn[0] > 0.5).map(|(p, _)| *p);
        let head = bounds(turned);
        if head.1.y - head.0.y > 1e-4 { head } else { bounds(self.position.iter().copied()) }
    }

    /// Whether all lists fit together; a caller who fills one by hand asks before it is drawn.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let vertices = self.position.len();
        let covered = self.patches.iter().try_fold(0, |at, patch| {
            let follows = patch.triangles.start == at && patch.triangles.end >= at;
            (follows && patch.material < self.materials.len()).then_some(patch.triangles.end)
        });
        vertices > 0
            && self.uv.len() == vertices
            && self.turn.len() == vertices
            && self.shapes.len() == BLENDSHAPE_COUNT
            && covered == Some(self.triangles.len())
            && self.triangles.iter().flatten().all(|v| (*v as usize) < vertices)
            && self.shapes.iter().flatten().all(|(v, d)| (*v as usize) < vertices && d.is_finite())
            && self.position.iter().all(|p| p.is_finite())
            && self.materials.iter().all(|m| m.image.is_none_or(|image| image < self.images.len()))
    }
}

/// Lowest and highest corner; inverted for nothing.
pub(crate) fn bounds(points: impl Iterator<Item = Vec3>) -> (Vec3, Vec3) {
    points.fold((Vec3::MAX, Vec3::MIN), |(low, high), p| (low.min(p), high.max(p)))
}
