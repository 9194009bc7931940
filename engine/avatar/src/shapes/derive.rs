//! The 52 shapes from what a file has: found by name, and where that is honest derived from others.
//!
//! A derivation is a fact of the report. What cannot be derived without inventing anatomy (the tongue, a sideways jaw, lips that
//! close over an open jaw) stays missing.

use std::collections::BTreeMap;

use glam::Vec3;
use serde::Serialize;
use viva_media::{BLENDSHAPE_COUNT, Blendshape};

use super::mask::{FaceMask, scaled};
use super::names::{Side, Spelling, other_side, spelling};
use crate::avatar::{Delta, bounds};
use crate::vrm::{PresetPart, Region, presets};

/// Share of a shape's vertices whose mirror image must be found before the other side is made from it.
const MIRRORED_SHARE: f32 = 0.98;

/// Vertices that are looked at for a mirror image: a model with a stray vertex far away has all others in one cell.
const MOST_NEIGHBOURS: usize = 64;

/// Shapes as weighted sums of others, tried in this order; weights are by eye, on heads that have both.
const SUMS: [(Blendshape, &[(Blendshape, f32)]); 8] = {
    use Blendshape as B;
    [
        (B::MouthFunnel, &[(B::MouthPucker, 0.6), (B::JawOpen, 0.15)]),
        (B::MouthPucker, &[(B::MouthFunnel, 0.7)]),
        // A lid opens along the way that it closes, but only a little.
        (B::EyeWideLeft, &[(B::EyeBlinkLeft, -0.22)]),
        (B::EyeWideRight, &[(B::EyeBlinkRight, -0.22)]),
        (B::EyeSquintLeft, &[(B::EyeBlinkLeft, 0.35)]),
        (B::EyeSquintRight, &[(B::EyeBlinkRight, 0.35)]),
        (B::MouthDimpleLeft, &[(B::MouthSmileLeft, 0.35)]),
        (B::MouthDimpleRight, &[(B::MouthSmileRight, 0.35)]),
    ]
};

/// Where a shape comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Origin {
    /// A morph target or custom expression of that name.
    Found {
        /// As the file spells it.
        name: String,
    },
    /// One side of a target that moves both.
    Halved {
        /// The target.
        name: String,
    },
    /// Two one-sided targets added.
    Joined {
        /// The targets.
        names: Vec<String>,
    },
    /// A part of an expression preset of VRM.
    Preset {
        /// The preset.
        name: String,
    },
    /// A viseme that comes near.
    Viseme {
        /// The target.
        name: String,
    },
    /// The other side, mirrored.
    Mirrored {
        /// The shape of the other side.
        from: &'static str,
    },
    /// A weighted sum of other shapes.
    Sum {
        /// Shapes and weights.
        of: Vec<(&'static str, f32)>,
    },
    /// Not there.
    Missing,
}

impl Origin {
    /// Whether the avatar can show the shape.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self != Self::Missing
    }
}

/// A target or expression as the file has it: what it moves at full weight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) name: String,
    /// The preset of VRM that it is.
    pub(crate) preset: Option<String>,
    /// Ascending by vertex.
    pub(crate) deltas: Vec<Delta>,
}

/// The 52 shapes with where each comes from, and names that meant nothing.
#[derive(Clone, Debug)]
pub(crate) struct Derived {
    pub(crate) shapes: Vec<Vec<Delta>>,
    pub(crate) origins: Vec<Origin>,
    pub(crate) unmatched: Vec<String>,
}

/// Finds and derives; `eyes_y` is the height of the eyes where bones tell it.
pub(crate) fn derive(sources: &[Source], position: &[Vec3], eyes_y: Option<f32>) -> Derived {
    let mut work = Work {
        position,
        shapes: vec![Vec::new(); BLENDSHAPE_COUNT],
        origins: vec![Origin::Missing; BLENDSHAPE_COUNT],
    };
    let mut unmatched = Vec::new();
    let mut halves: BTreeMap<usize, Vec<&Source>> = BTreeMap::new();
    let named: Vec<(&Source, Spelling)> = sources
        .iter()
        .map(|source| {
            (source, if source.preset.is_some() { Spelling::Unknown } else { spelling(&source.name) })
        })
        .collect();
    for (source, meaning) in &named {
        match meaning {
            Spelling::Shape(shape) => {
                work.set(*shape, source.deltas.clone(), Origin::Found { name: source.name.clone() });
            }
            Spelling::Half(shape, _) => halves.entry(*shape as usize).or_default().push(source),
            Spelling::Unknown if source.preset.is_none() => unmatched.push(source.name.clone()),
            _ => {}
        }
    }
    for (index, parts) in halves {
        let names = parts.iter().map(|part| part.name.clone()).collect();
        let joined = sum(parts.iter().map(|part| (part.deltas.as_slice(), 1.0)));
        work.set(Blendshape::ALL[index], joined, Origin::Joined { names });
    }
    for (source, meaning) in &named {
        if let Spelling::Pair(left, right) = meaning {
            work.halve(&source.deltas, *left, *right, &Origin::Halved { name: source.name.clone() });
        }
    }
    let split = work.split_y(sources, eyes_y);
    for part in presets() {
        for source in sources.iter().filter(|source| source.preset.as_deref() == Some(part.preset)) {
            work.cut(source, part, split);
        }
    }
    for (source, meaning) in &named {
        let Spelling::Viseme(shares) = meaning else { continue };
        let origin = Origin::Viseme { name: source.name.clone() };
        match shares {
            [(left, _), (right, _)] => work.halve(&source.deltas, *left, *right, &origin),
            _ => shares.iter().for_each(|(shape, _)| work.set(*shape, source.deltas.clone(), origin.clone())),
        }
    }
    work.mirror();
    work.add_up();
    Derived { shapes: work.shapes, origins: work.origins, unmatched }
}

struct Work<'a> {
    position: &'a [Vec3],
    shapes: Vec<Vec<Delta>>,
    origins: Vec<Origin>,
}

impl Work<'_> {
    /// The first way to a shape holds; a target that moves nothing is none.
    fn set(&mut self, shape: Blendshape, deltas: Vec<Delta>, origin: Origin) {
        let index = shape as usize;
        if !self.origins[index].is_there() && !deltas.is_empty() {
            self.shapes[index] = deltas;
            self.origins[index] = origin;
        }
    }

    fn halve(&mut self, deltas: &[Delta], left: Blendshape, right: Blendshape, origin: &Origin) {
        let mask = FaceMask::around(self.places(deltas), None);
        for (shape, side) in [(left, Side::Left), (right, Side::Right)] {
            let half = scaled(deltas, self.position, |place| mask.side(place, side));
            self.set(shape, half, origin.clone());
        }
    }

    /// Takes from an expression what lies in the region and on the side of a shape.
    fn cut(&mut self, source: &Source, part: &PresetPart, split: Option<f32>) {
        let mask = FaceMask::around(self.places(&source.deltas), split);
        if part.region != Region::Whole && split.is_none() {
            return;
        }
        let share = |place: Vec3| {
            let region = match part.region {
                Region::Whole => 1.0,
                Region::Upper => mask.upper(place).unwrap_or(0.0),
                Region::Lower => 1.0 - mask.upper(place).unwrap_or(1.0),
            };
            let side = part.half.map_or(1.0, |side| mask.side(place, side));
            region * side
        };
        let deltas = scaled(&source.deltas, self.position, share);
        self.set(part.shape, deltas, Origin::Preset { name: source.name.clone() });
    }

    fn places<'b>(&'b self, deltas: &'b [Delta]) -> impl Iterator<Item = Vec3> + 'b {
        deltas.iter().map(|(vertex, _)| self.position[*vertex as usize])
    }

    /// The height between the eyes and the mouth, from what blinks and what opens.
    fn split_y(&self, sources: &[Source], eyes_y: Option<f32>) -> Option<f32> {
        let middle = |deltas: &[Delta]| {
            let (low, high) = bounds(self.places(deltas));
            (!deltas.is_empty()).then_some((low.y + high.y) * 0.5)
        };
        let preset = |name: &str| {
            sources.iter().find(|s| s.preset.as_deref() == Some(name)).and_then(|s| middle(&s.deltas))
        };
        let own = |shape: Blendshape| middle(&self.shapes[shape as usize]);
        let eyes = eyes_y.or_else(|| own(Blendshape::EyeBlinkLeft)).or_else(|| preset("blink"))?;
        let mouth = preset("ou").or_else(|| preset("aa")).or_else(|| own(Blendshape::MouthPucker))?;
        (eyes > mouth).then_some((eyes + mouth) * 0.5)
    }

    /// Makes a missing side from the other where the mesh is the same on both.
    fn mirror(&mut self) {
        let missing: Vec<(Blendshape, Blendshape)> = Blendshape::ALL
            .into_iter()
            .filter(|shape| !self.origins[*shape as usize].is_there())
            .filter_map(|shape| other_side(shape).map(|other| (shape, other)))
            .filter(|(_, other)| self.origins[*other as usize].is_there())
            .collect();
        if missing.is_empty() {
            return;
        }
        let grid = MirrorGrid::new(self.position);
        for (shape, other) in missing {
            if let Some(deltas) = grid.mirrored(&self.shapes[other as usize], self.position) {
                self.set(shape, deltas, Origin::Mirrored { from: other.name() });
            }
        }
    }

    fn add_up(&mut self) {
        let found = self.origins.clone();
        for (shape, parts) in SUMS {
            // Sums are of what the file has, not of other sums.
            let are_there = parts.iter().all(|(part, _)| found[*part as usize].is_there());
            if are_there && !self.origins[shape as usize].is_there() {
                let deltas = sum(parts.iter().map(|(part, w)| (self.shapes[*part as usize].as_slice(), *w)));
                let of = parts.iter().map(|(part, weight)| (part.name(), *weight)).collect();
                self.set(shape, deltas, Origin::Sum { of });
            }
        }
    }
}

/// Weighted sum of sparse lists, ascending by vertex.
pub(crate) fn sum<'a>(parts: impl Iterator<Item = (&'a [Delta], f32)>) -> Vec<Delta> {
    let mut all: Vec<Delta> =
        parts.flat_map(|(deltas, weight)| deltas.iter().map(move |(v, d)| (*v, *d * weight))).collect();
    all.sort_by_key(|(vertex, _)| *vertex);
    let mut out: Vec<Delta> = Vec::with_capacity(all.len());
    for (vertex, delta) in all {
        match out.last_mut() {
            Some((last, total)) if *last == vertex => *total += delta,
            _ => out.push((vertex, delta)),
        }
    }
    out
}

/// Finds the vertex on the other side of the face.
struct MirrorGrid {
    cell: f32,
    middle_x: f32,
    /// Vertices by cell, cells in order.
    cells: BTreeMap<[i32; 3], Vec<u32>>,
}

impl MirrorGrid {
    fn new(position: &[Vec3]) -> Self {
        let (low, high) = bounds(position.iter().copied());
        let size = (high - low).max_element().max(1e-4);
        // A thousandth of the model: a quarter of a millimetre on a head.
        let cell = size * 1e-3;
        let mut grid = Self { cell, middle_x: (low.x + high.x) * 0.5, cells: BTreeMap::new() };
        for (vertex, place) in position.iter().enumerate() {
            grid.cells.entry(grid.key(*place)).or_default().push(vertex as u32);
        }
        grid
    }

    fn key(&self, place: Vec3) -> [i32; 3] {
        // The cast holds what is out of range at its bounds.
        (place / self.cell).floor().to_array().map(|x| x as i32)
    }

    fn nearest(&self, place: Vec3, position: &[Vec3]) -> Option<u32> {
        let [x, y, z] = self.key(place);
        let around =
            (-1..=1).flat_map(|dx| (-1..=1).flat_map(move |dy| (-1..=1).map(move |dz| [dx, dy, dz])));
        around
            .filter_map(|[dx, dy, dz]| {
                self.cells.get(&[x.saturating_add(dx), y.saturating_add(dy), z.saturating_add(dz)])
            })
            .flatten()
            .take(MOST_NEIGHBOURS)
            .map(|vertex| (*vertex, (position[*vertex as usize] - place).length()))
            .filter(|(_, far)| *far <= self.cell)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(vertex, _)| vertex)
    }

    /// `None` where the mesh is not the same on both sides.
    fn mirrored(&self, deltas: &[Delta], position: &[Vec3]) -> Option<Vec<Delta>> {
        let flip = |v: Vec3| Vec3::new(2.0 * self.middle_x - v.x, v.y, v.z);
        let mut out: Vec<Delta> = deltas
            .iter()
            .filter_map(|(vertex, delta)| {
                let other = self.nearest(flip(position[*vertex as usize]), position)?;
                Some((other, Vec3::new(-delta.x, delta.y, delta.z)))
            })
            .collect();
        if (out.len() as f32) < deltas.len() as f32 * MIRRORED_SHARE {
            return None;
        }
        out.sort_by_key(|(vertex, _)| *vertex);
        out.dedup_by_key(|(vertex, _)| *vertex);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use Blendshape as B;

    use super::*;

    /// Two rows of vertices, eyes above and mouth below.
    fn face() -> Vec<Vec3> {
        (0..42).map(|n| Vec3::new((n % 21 - 10) as f32 * 0.01, if n < 21 { 0.1 } else { 0.0 }, 0.1)).collect()
    }

    fn row(upper: bool, x: std::ops::Range<i32>, delta: Vec3) -> Vec<Delta> {
        x.map(|x| ((x + 10 + if upper { 0 } else { 21 }) as u32, delta)).collect()
    }

    fn source(name: &str, preset: Option<&str>, deltas: Vec<Delta>) -> Source {
        Source { name: name.into(), preset: preset.map(str::to_owned), deltas }
    }

    #[test]
    fn a_symmetric_shape_gives_halves_that_sum_to_it() {
        let smile = row(false, -8..9, Vec3::Y * 0.01);
        let derived = derive(&[source("mouthSmile", None, smile.clone())], &face(), None);
        let (left, right) =
            (&derived.shapes[B::MouthSmileLeft as usize], &derived.shapes[B::MouthSmileRight as usize]);
        let total = sum([(left.as_slice(), 1.0), (right.as_slice(), 1.0)].into_iter());
        assert_eq!(total.len(), smile.len());
        for ((v, d), (w, e)) in total.iter().zip(&smile) {
            assert!(v == w && (*d - *e).length() < 1e-7);
        }
        assert!(left.iter().all(|(v, _)| face()[*v as usize].x >= -1e-6), "the left half lies at positive x");
        assert_eq!(derived.origins[B::MouthSmileLeft as usize], Origin::Halved { name: "mouthSmile".into() });
        assert!(matches!(derived.origins[B::MouthDimpleLeft as usize], Origin::Sum { .. }));
    }

    #[test]
    fn a_missing_side_is_mirrored_on_a_symmetric_mesh_only() {
        let blink = source("eyeBlink_L", None, row(true, 2..8, Vec3::new(0.001, -0.01, 0.0)));
        let derived = derive(std::slice::from_ref(&blink), &face(), None);
        let right = &derived.shapes[B::EyeBlinkRight as usize];
        assert_eq!(right.len(), 6);
        assert!(right.iter().all(|(v, d)| face()[*v as usize].x < 0.0 && d.x < 0.0 && d.y < 0.0));
        let mut lopsided = face();
        for (n, place) in lopsided.iter_mut().enumerate().filter(|(_, p)| p.x < 0.0) {
            place.y += 0.003 * (n % 3 + 1) as f32;
        }
        let derived = derive(&[blink], &lopsided, None);
        assert_eq!(derived.origins[B::EyeBlinkRight as usize], Origin::Missing);
    }

    #[test]
    fn halves_of_a_whole_are_joined_and_names_without_meaning_are_told() {
        let up = |x: std::ops::Range<i32>| row(true, x, Vec3::Y * 0.01);
        let sources = [
            source("browInnerUp_L", None, up(0..4)),
            source("browInnerUp_R", None, up(-4..0)),
            source("hat", None, up(0..1)),
        ];
        let derived = derive(&sources, &face(), None);
        assert_eq!(derived.shapes[B::BrowInnerUp as usize].len(), 8);
        assert_eq!(derived.unmatched, ["hat"]);
    }

    #[test]
    fn presets_give_what_they_can() {
        let both = |dy: f32| [row(true, -9..10, Vec3::Y * dy), row(false, -9..10, Vec3::Y * dy)].concat();
        let sources = [
            source("Blink", Some("blink"), row(true, -8..9, Vec3::Y * -0.01)),
            source("A", Some("aa"), row(false, -5..6, Vec3::Y * -0.02)),
            source("Joy", Some("happy"), both(0.01)),
        ];
        let derived = derive(&sources, &face(), None);
        let there = |shape: B| derived.origins[shape as usize].is_there();
        assert!(there(B::JawOpen) && there(B::EyeBlinkLeft) && there(B::EyeBlinkRight));
        let smile = &derived.shapes[B::MouthSmileLeft as usize];
        assert!(
            !smile.is_empty() && smile.iter().all(|(v, _)| face()[*v as usize].y < 0.05),
            "the lower half"
        );
        assert!(!there(B::TongueOut) && !there(B::JawForward) && !there(B::MouthClose));
    }

    #[test]
    fn what_is_found_wins_over_what_is_derived() {
        let sources = [
            source("mouthSmile", None, row(false, -8..9, Vec3::Y)),
            source("mouthSmileLeft", None, row(false, 1..3, Vec3::Y)),
        ];
        let derived = derive(&sources, &face(), None);
        assert_eq!(derived.shapes[B::MouthSmileLeft as usize].len(), 2);
        assert!(matches!(derived.origins[B::MouthSmileLeft as usize], Origin::Found { .. }));
        assert!(matches!(derived.origins[B::MouthSmileRight as usize], Origin::Halved { .. }));
    }
}
