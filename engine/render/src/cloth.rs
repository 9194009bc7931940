//! The bust's garment in code: a sleeve of rings around neck and shoulders, laid over the skin.

use std::f32::consts::PI;

use glam::Vec3;
use viva_shaders::layout::ClothVertex;

use crate::grid::grid_indices;
use crate::masks::smoothstep;
use crate::skull::farthest_hit;

const AROUND: usize = 72;
const ROWS: usize = 28;
/// Lowest ring; below the picture's lower edge.
const HEM_Y: f32 = -0.19;
/// Rays below this height miss the cut body.
const BODY_END_Y: f32 = -0.078;

/// The middle of the neck at a height, seen from above.
fn axis(y: f32) -> Vec3 {
    Vec3::new(0.0, y, 0.015)
}

/// A mesh of cloth.
#[derive(Debug, Default)]
pub(crate) struct ClothMesh {
    pub(crate) vertices: Vec<ClothVertex>,
    pub(crate) indices: Vec<u32>,
}

impl ClothMesh {
    /// Adds a grid of quads: columns 0 to `around`, rows 0 to `rows`, every `stride`th.
    fn sheet(
        &mut self,
        (around, rows): (usize, usize),
        stride: usize,
        vertex: impl Fn(usize, usize) -> ClothVertex,
    ) {
        let first = self.vertices.len();
        for a in (0..=around).step_by(stride) {
            self.vertices.extend((0..=rows).step_by(stride).map(|r| vertex(a, r)));
        }
        grid_indices(&mut self.indices, first as u32, around / stride, rows / stride);
    }
}

fn vertex(rest: Vec3, normal: Vec3, down: f32) -> ClothVertex {
    ClothVertex { rest: rest.into(), normal: normal.into(), more: [1.0, 1.0, down, 0.0] }
}

/// Under a jacket a blouse is open at the neck: half the width of the opening as an azimuth, and its depth.
const OPENING_RADIANS: f32 = 0.62;
const OPENING_METRES: f32 = 0.046;

/// The leaf of the blouse's collar: its columns, its rows from the fold to its edge, and the azimuth at which its front ends.
const LEAF_AROUND: usize = 56;
const LEAF_ROWS: usize = 6;
const LEAF_RADIANS: f32 = 0.34;
/// It lies so far above what is below it.
const LEAF_GAP_METRES: f32 = 0.006;

/// Height of the garment's upper edge at an azimuth (0 is the front).
pub(crate) fn collar_height(azimuth: f32, jacket: bool) -> f32 {
    let back = smoothstep(-1.0, 1.0, -azimuth.cos());
    if jacket {
        let from_front = from_front(azimuth);
        -0.004 + 0.030 * back - OPENING_METRES * (1.0 - from_front / OPENING_RADIANS).max(0.0)
    } else {
        -0.016 + 0.030 * back
    }
}

/// How far an azimuth lies from the front, 0 to half a turn.
fn from_front(azimuth: f32) -> f32 {
    let turn = azimuth.rem_euclid(2.0 * PI);
    turn.min(2.0 * PI - turn)
}

/// The garment over the skin of a body; of its rings and columns every `stride`th is meshed (1 or 2).
pub(crate) fn cloth(skin: &[[Vec3; 3]], jacket: bool, stride: usize) -> ClothMesh {
    let mut places = vec![Vec3::ZERO; (AROUND + 1) * (ROWS + 1)];
    for a in 0..=AROUND {
        let azimuth = (a % AROUND) as f32 / AROUND as f32 * 2.0 * PI;
        let out = Vec3::new(azimuth.sin(), 0.0, azimuth.cos());
        let top = collar_height(azimuth, jacket);
        let mut radius = 0.0_f32;
        for r in 0..=ROWS {
            let s = r as f32 / ROWS as f32;
            let y = top + (HEM_Y - top) * s.powf(1.35);
            let hit = if y > BODY_END_Y { farthest_hit(skin, axis(y), out) } else { None };
            // Cloth hangs from what is above it: it never falls inwards by much.
            let drop = if y > BODY_END_Y { 0.0012 } else { -0.0008 };
            let body = hit.unwrap_or(0.0).min(0.235);
            let loose = if jacket { 0.008 } else { 0.007 };
            let gap = loose + 0.004 * smoothstep(0.0, 0.2, s);
            radius = (radius - drop).max(body + gap);
            places[a * (ROWS + 1) + r] = axis(y) + out * radius;
        }
    }
    smooth(&mut places);
    let mut mesh = ClothMesh::default();
    let at = |a: usize, r: usize| a * (ROWS + 1) + r;
    mesh.sheet((AROUND, ROWS), stride, |a, r| {
        let here = places[at(a, r)];
        let across = places[at((a + 1) % AROUND, r)] - places[at((a + AROUND - 1) % AROUND, r)];
        let down = places[at(a, (r + 1).min(ROWS))] - places[at(a, r.saturating_sub(1))];
        let normal = down.cross(across).try_normalize().unwrap_or(Vec3::Y);
        let outward = here - axis(here.y);
        let normal = if normal.dot(outward + Vec3::Y * 0.05) < 0.0 { -normal } else { normal };
        vertex(here, normal, r as f32 / ROWS as f32)
    });
    if jacket {
        leaf(&mut mesh, skin, &places, stride);
    }
    mesh
}

/// Adds the collar of the blouse, folded outwards: round the neck and down both sides of the opening to a point each.
fn leaf(mesh: &mut ClothMesh, skin: &[[Vec3; 3]], garment: &[Vec3], stride: usize) {
    let at = |a: usize, r: usize| a * (LEAF_ROWS + 1) + r;
    let mut places = vec![Vec3::ZERO; (LEAF_AROUND + 1) * (LEAF_ROWS + 1)];
    for a in 0..=LEAF_AROUND {
        let azimuth = LEAF_RADIANS + a as f32 / LEAF_AROUND as f32 * 2.0 * (PI - LEAF_RADIANS);
        let side = if azimuth < PI { 1.0 } else { -1.0 };
        let forward = 1.0 - smoothstep(LEAF_RADIANS, 1.25, from_front(azimuth));
        let fold = collar_height(azimuth, true) + 0.011 * (1.0 - forward);
        let length = 0.024 + 0.016 * forward;
        let out = |azimuth: f32| Vec3::new(azimuth.sin(), 0.0, azimuth.cos());
        let neck = farthest_hit(skin, axis(fold), out(azimuth)).unwrap_or(0.05);
        for r in 0..=LEAF_ROWS {
            let s = r as f32 / LEAF_ROWS as f32;
            let turned = azimuth + side * 0.26 * forward * s;
            // Rises a little over the fold before it falls.
            let y = fold + 0.004 * (1.0 - forward) * (PI * s).sin() * (1.0 - s) - length * s;
            let below = radius_of(garment, turned, y) + LEAF_GAP_METRES * smoothstep(0.0, 0.3, s);
            let stand = neck + 0.004 + 0.010 * s.sqrt();
            places[at(a, r)] = axis(y) + out(turned) * below.max(stand);
        }
    }
    // The garment below is coarse: its steps would show along the edge.
    for _ in 0..12 {
        let before = places.clone();
        for a in 1..LEAF_AROUND {
            for r in 0..=LEAF_ROWS {
                let beside = before[at(a - 1, r)] + before[at(a + 1, r)];
                places[at(a, r)] = before[at(a, r)] * 0.5 + beside * 0.25;
            }
        }
    }
    mesh.sheet((LEAF_AROUND, LEAF_ROWS), stride, |a, r| {
        let across = places[at((a + 1).min(LEAF_AROUND), r)] - places[at(a.saturating_sub(1), r)];
        let down = places[at(a, (r + 1).min(LEAF_ROWS))] - places[at(a, r.saturating_sub(1))];
        let normal = down.cross(across).try_normalize().unwrap_or(Vec3::Y);
        // Below zero the shader knows the collar.
        vertex(places[at(a, r)], normal, -(r as f32 + 1.0) / (LEAF_ROWS as f32 + 1.0))
    });
}

/// Distance of the garment from the middle of the neck at an azimuth and a height.
fn radius_of(garment: &[Vec3], azimuth: f32, y: f32) -> f32 {
    let turn = (azimuth / (2.0 * PI)).rem_euclid(1.0) * AROUND as f32;
    let column = |a: usize| {
        let rows = &garment[(a % AROUND) * (ROWS + 1)..][..=ROWS];
        let next = rows.partition_point(|place| place.y > y).clamp(1, ROWS);
        let (upper, lower) = (rows[next - 1], rows[next]);
        let share = ((upper.y - y) / (upper.y - lower.y).max(1e-5)).clamp(0.0, 1.0);
        let place = upper.lerp(lower, share);
        (place - axis(place.y)).length()
    };
    let (left, right) = (column(turn as usize), column(turn as usize + 1));
    left + (right - left) * turn.fract()
}

/// Irons out steps between neighbouring rays; the collar's edge stays.
fn smooth(places: &mut [Vec3]) {
    let at = |a: usize, r: usize| (a % AROUND) * (ROWS + 1) + r;
    for _ in 0..6 {
        let before = places.to_vec();
        for a in 0..=AROUND {
            for r in 1..ROWS {
                let around = before[at(a + 1, r)] + before[at(a + AROUND - 1, r)];
                let along = before[at(a, r - 1)] + before[at(a, r + 1)];
                places[a * (ROWS + 1) + r] = before[at(a, r)] * 0.4 + (around + along) * 0.15;
            }
        }
    }
}
