//! The bust's garment in code: a sleeve of rings around neck and shoulders, laid over the skin.

use std::f32::consts::PI;

use glam::Vec3;
use viva_shaders::layout::ClothVertex;

use crate::masks::smoothstep;
use crate::skull::farthest_hit;

const AROUND: usize = 72;
const ROWS: usize = 28;
/// Lowest ring; below the picture's lower edge.
const HEM_Y: f32 = -0.19;
/// Rays below this height miss the cut body.
const BODY_END_Y: f32 = -0.078;

/// A mesh of cloth.
#[derive(Debug, Default)]
pub(crate) struct ClothMesh {
    pub(crate) vertices: Vec<ClothVertex>,
    pub(crate) indices: Vec<u32>,
}

/// Height of the collar's upper edge at an azimuth (0 is the front).
pub(crate) fn collar_height(azimuth: f32, jacket: bool) -> f32 {
    let back = smoothstep(-1.0, 1.0, -azimuth.cos());
    if jacket { -0.004 + 0.030 * back } else { -0.016 + 0.030 * back }
}

/// The garment over the skin of a body.
pub(crate) fn cloth(skin: &[[Vec3; 3]], jacket: bool) -> ClothMesh {
    // Where the body ends in the middle, seen from above.
    let axis = |y: f32| Vec3::new(0.0, y, 0.015);
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
    for a in 0..=AROUND {
        for r in 0..=ROWS {
            let here = places[at(a, r)];
            let across = places[at((a + 1) % AROUND, r)] - places[at((a + AROUND - 1) % AROUND, r)];
            let down = places[at(a, (r + 1).min(ROWS))] - places[at(a, r.saturating_sub(1))];
            let normal = down.cross(across).try_normalize().unwrap_or(Vec3::Y);
            let outward = here - axis(here.y);
            let normal = if normal.dot(outward + Vec3::Y * 0.05) < 0.0 { -normal } else { normal };
            let s = r as f32 / ROWS as f32;
            mesh.vertices.push(ClothVertex {
                rest: here.into(),
                normal: normal.into(),
                more: [1.0, 1.0, s, 0.0],
            });
        }
    }
    for a in 0..AROUND {
        for r in 0..ROWS {
            let quad = [at(a, r), at(a, r + 1), at(a + 1, r + 1), at(a + 1, r)].map(|i| i as u32);
            mesh.indices.extend([quad[0], quad[1], quad[2], quad[0], quad[2], quad[3]]);
        }
    }
    mesh
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
