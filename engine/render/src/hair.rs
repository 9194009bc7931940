//! Hair in code: shells over the skull, combed by style.

use std::f32::consts::PI;

use glam::{Vec2, Vec3};
use viva_shaders::cpu::noise::noise3;
use viva_shaders::layout::HairVertex;

use crate::grid::grid_indices;
use crate::look::HairStyle;
use crate::masks::smoothstep;
use crate::skull::{Skull, direction};

mod wisps;

use wisps::Shell;

/// How finely hair is meshed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HairGrid {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) shells: usize,
    /// Loose strands over the shells.
    pub(crate) loose: usize,
}

/// Width of one drawn strand; a lock of hairs rather than a hair, so that it spans about a pixel.
const STRAND_METRES: f32 = 0.0011;

/// So far above its line hair is as dense as it gets.
const HIDDEN_METRES: f32 = 0.028;

/// Single hairs grow so far ahead of the hair line.
const ROOTS_AHEAD_METRES: f32 = 0.007;

/// Where the edge of hair that hangs lies round the head, as metres from the ear, and how much of the way down to it is a way across.
const EDGE_ROUND: f32 = 0.058;
const EDGE_FALL: f32 = 0.25;

/// From here down, in units of crown over eye, the far side of hair that hangs shows beside temple, jaw and neck.
const FAR_SIDE_FROM: f32 = 0.5;

/// Where hair that falls to both sides parts.
const PARTING_X: f32 = 0.018;

/// A mesh of hair.
#[derive(Debug, Default)]
pub(crate) struct HairMesh {
    pub(crate) vertices: Vec<HairVertex>,
    pub(crate) indices: Vec<u32>,
    /// How many leading indices are the opaque inner shell, which casts shade.
    pub(crate) inner: usize,
    /// Where the loose strands begin, which come last.
    pub(crate) loose: usize,
    /// How many leading indices fall past the jaw, so that their far side shows.
    pub(crate) hanging: usize,
}

/// Heights that a hair line refers to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadMeasure {
    pub(crate) eye_y: f32,
    pub(crate) crown_y: f32,
}

/// How hair runs over the skull.
#[derive(Clone, Copy, PartialEq)]
enum Comb {
    /// From the crown outwards.
    Whorl,
    /// From the hair line backwards.
    Back,
    /// From a parting to both sides and down.
    Parted,
}

struct Cut {
    /// Azimuth in degrees and height in units of crown over eye, from the front to the back.
    line: &'static [(f32, f32)],
    comb: Comb,
    top: f32,
    side: f32,
    /// Extra height above the forehead.
    quiff: f32,
    hangs: bool,
    bun: Option<(f32, f32)>,
    lumps: f32,
}

/// Length of loose strands.
fn loose_metres(style: HairStyle) -> f32 {
    match style {
        HairStyle::Short => 0.016,
        HairStyle::Bun | HairStyle::Receding => 0.018,
        HairStyle::Swept => 0.022,
        HairStyle::Bob => 0.045,
    }
}

fn cut(style: HairStyle) -> Cut {
    match style {
        HairStyle::Short => Cut {
            line: &[
                (0.0, 0.62),
                (22.0, 0.62),
                (38.0, 0.54),
                (52.0, 0.38),
                (62.0, 0.24),
                (70.0, -0.02),
                (76.0, -0.10),
                (84.0, 0.16),
                (100.0, 0.28),
                (116.0, 0.20),
                (134.0, -0.36),
                (180.0, -0.60),
            ],
            comb: Comb::Whorl,
            top: 0.017,
            side: 0.0075,
            quiff: 0.008,
            hangs: false,
            bun: None,
            lumps: 0.35,
        },
        HairStyle::Swept => Cut {
            line: &[
                (0.0, 0.60),
                (22.0, 0.61),
                (38.0, 0.54),
                (52.0, 0.38),
                (62.0, 0.22),
                (70.0, -0.02),
                (76.0, -0.10),
                (84.0, 0.16),
                (100.0, 0.28),
                (116.0, 0.20),
                (134.0, -0.36),
                (180.0, -0.60),
            ],
            comb: Comb::Back,
            top: 0.020,
            side: 0.009,
            quiff: 0.014,
            hangs: false,
            bun: None,
            lumps: 0.25,
        },
        HairStyle::Bob => Cut {
            line: &[
                (0.0, 0.72),
                (14.0, 0.67),
                (28.0, 0.52),
                (40.0, 0.24),
                (50.0, -0.16),
                (58.0, -0.62),
                (66.0, -0.92),
                (82.0, -1.04),
                (110.0, -1.08),
                (180.0, -1.08),
            ],
            comb: Comb::Parted,
            top: 0.020,
            side: 0.017,
            quiff: 0.004,
            hangs: true,
            bun: None,
            lumps: 0.22,
        },
        HairStyle::Bun => Cut {
            line: &[
                (0.0, 0.62),
                (22.0, 0.61),
                (38.0, 0.52),
                (52.0, 0.36),
                (62.0, 0.20),
                (70.0, 0.06),
                (77.0, 0.08),
                (86.0, 0.20),
                (100.0, 0.28),
                (116.0, 0.20),
                (134.0, -0.30),
                (180.0, -0.55),
            ],
            comb: Comb::Back,
            top: 0.011,
            side: 0.007,
            quiff: 0.002,
            hangs: false,
            bun: Some((0.62, 0.047)),
            lumps: 0.12,
        },
        HairStyle::Receding => Cut {
            line: &[
                (0.0, 0.79),
                (14.0, 0.80),
                (27.0, 0.85),
                (39.0, 0.76),
                (50.0, 0.50),
                (61.0, 0.26),
                (70.0, -0.04),
                (76.0, -0.12),
                (84.0, 0.14),
                (100.0, 0.26),
                (116.0, 0.18),
                (134.0, -0.36),
                (180.0, -0.60),
            ],
            comb: Comb::Back,
            top: 0.011,
            side: 0.0085,
            quiff: 0.003,
            hangs: false,
            bun: None,
            lumps: 0.35,
        },
    }
}

struct Point {
    skin: Vec3,
    out: Vec3,
    thickness: f32,
    density: f32,
    along: f32,
    /// Metres along the column up to the hair line or the ends.
    from_line: f32,
}

/// The mesh of a style on a skull.
pub(crate) fn hair(skull: &Skull, measure: HeadMeasure, style: HairStyle, grid: HairGrid) -> HairMesh {
    let HairGrid { columns: count, rows, shells, loose } = grid;
    let cut = cut(style);
    let columns: Vec<Vec<Point>> = (0..=count)
        .map(|c| column(skull, measure, &cut, rows, azimuth_of(c as f32 / count as f32)))
        .collect();
    let mut mesh = HairMesh::default();
    for shell in 0..shells {
        // A single outer shell stands for two and lies between them.
        let outermost = if shells > 2 { 1.0 } else { 0.75 };
        let layer = outermost * shell as f32 / (shells - 1) as f32;
        let reach = 0.76 + 0.24 * layer;
        let place = |c: usize, r: usize| {
            let p = &columns[c % count][r];
            p.skin + p.out * p.thickness * reach
        };
        let first = mesh.vertices.len() as u32;
        for c in 0..=count {
            for (r, p) in columns[c % count].iter().enumerate() {
                let here = place(c, r);
                let across = place(c + 1, r) - place((c + count - 1) % count, r);
                let down = place(c, (r + 1).min(rows)) - place(c, r.saturating_sub(1));
                let normal = down.cross(across).try_normalize().unwrap_or(Vec3::Y);
                let normal = if normal.dot(p.out) < 0.0 { -normal } else { normal };
                let (tangent, strand) =
                    comb(&cut, skull, here, normal, down, c as f32 / count as f32, (p.along, p.from_line));
                mesh.vertices.push(HairVertex {
                    rest: here.into(),
                    normal: normal.into(),
                    tangent: tangent.into(),
                    strand: strand.into(),
                    more: [1.0, 1.0, layer, p.density],
                });
            }
        }
        grid_indices(&mut mesh.indices, first, count, rows);
        if shell == 0 {
            mesh.inner = mesh.indices.len();
            let below_y = measure.eye_y + FAR_SIDE_FROM * (measure.crown_y - measure.eye_y);
            mesh.hanging = if cut.hangs { lower_first(&mut mesh, below_y) } else { 0 };
        }
    }
    if let Some((fall, radius)) = cut.bun {
        bun(&mut mesh, skull, fall, radius);
    }
    mesh.loose = mesh.indices.len();
    let whole = Shell { skull, cut: &cut, columns: &columns[..count] };
    whole.loosen(&mut mesh, loose, loose_metres(style));
    mesh
}

/// Columns begin at the back, where the seam between the last and the first strand is not seen: share of the way round of an azimuth.
fn turn_of(azimuth: f32) -> f32 {
    (azimuth / (2.0 * PI) + 0.5).rem_euclid(1.0)
}

/// Azimuth at a share of the way round, 0 to a whole turn.
fn azimuth_of(turn: f32) -> f32 {
    (turn + 0.5).rem_euclid(1.0) * 2.0 * PI
}

/// Moves the triangles that reach below a height to the front; how many indices these are.
fn lower_first(mesh: &mut HairMesh, below_y: f32) -> usize {
    let is_low = |t: &[u32; 3]| t.iter().any(|&v| mesh.vertices[v as usize].rest[1] < below_y);
    let triangles = mesh.indices.as_chunks::<3>().0;
    let (low, high): (Vec<_>, Vec<_>) = triangles.iter().copied().partition(is_low);
    mesh.indices = [low.as_flattened(), high.as_flattened()].concat();
    low.as_flattened().len()
}

/// Whether hair surely hides a place of the skin: well above the hair line and, where it hangs over, above the ears.
pub(crate) fn hides(skull: &Skull, measure: HeadMeasure, style: HairStyle, place: Vec3) -> bool {
    let (cut, unit) = (cut(style), measure.crown_y - measure.eye_y);
    let local = place - skull.centre;
    let line = measure.eye_y + unit * line_height(cut.line, local.x.atan2(local.z));
    let ears = if cut.hangs { measure.eye_y + 0.3 * unit } else { f32::MIN };
    place.y > line.max(ears) + HIDDEN_METRES
}

/// How densely hair grows from a place of the skin, 0..=1: what shows between the strands, and ahead of them.
pub(crate) fn roots(skull: &Skull, measure: HeadMeasure, style: HairStyle, place: Vec3) -> f32 {
    let (cut, unit) = (cut(style), measure.crown_y - measure.eye_y);
    let local = place - skull.centre;
    if cut.hangs && place.y < measure.eye_y + 0.3 * unit {
        return 0.0;
    }
    let line = measure.eye_y + unit * line_height(cut.line, local.x.atan2(local.z));
    smoothstep(-ROOTS_AHEAD_METRES, 2.0 * ROOTS_AHEAD_METRES, place.y - line)
}

/// Height of the hair line at an azimuth, in units of crown over eye.
fn line_height(line: &[(f32, f32)], azimuth: f32) -> f32 {
    let degrees = azimuth.to_degrees().rem_euclid(360.0);
    let degrees = degrees.min(360.0 - degrees);
    let next = line.iter().position(|(a, _)| *a >= degrees).unwrap_or(line.len() - 1).max(1);
    let ((a0, h0), (a1, h1)) = (line[next - 1], line[next]);
    h0 + (h1 - h0) * smoothstep(0.0, 1.0, (degrees - a0) / (a1 - a0))
}

fn column(skull: &Skull, measure: HeadMeasure, cut: &Cut, rows: usize, azimuth: f32) -> Vec<Point> {
    let unit = measure.crown_y - measure.eye_y;
    let limit = measure.eye_y + unit * line_height(cut.line, azimuth);
    let front = 1.0 - smoothstep(0.0, 1.2, azimuth.min(2.0 * PI - azimuth));
    // Walk down the skull to the hair line, then comb straight down if the hair hangs.
    let mut path: Vec<(Vec3, Vec3)> = Vec::new();
    let mut widest = 0.0_f32;
    for step in 0..400 {
        let fall = step as f32 / 400.0 * PI;
        let d = direction(azimuth, fall);
        let mut point = skull.centre + d * skull.distance(azimuth, fall);
        let mut out = d;
        let flat = Vec3::new(d.x, 0.0, d.z).normalize_or_zero();
        let radius = (point - skull.centre).dot(flat);
        // The ears lie below; hair that hangs passes over them.
        if fall < 1.3 {
            widest = widest.max(radius + 0.008);
        }
        if cut.hangs && fall > 0.95 {
            let below = ((skull.centre.y - point.y) / unit).clamp(0.0, 2.0);
            let hang = widest * (1.0 + 0.05 * below - 0.16 * below * below);
            let blend = smoothstep(0.95, 1.55, fall);
            // Equal steps down instead of equal angles, which would slow down towards the pole.
            let y = skull.centre.y - (fall - 0.5 * PI).tan().clamp(-9.0, 9.0) * hang;
            // In front of the ears hair lies on the cheek where that is wider.
            let cheek = radius * (1.0 - smoothstep(1.05, 1.25, azimuth.min(2.0 * PI - azimuth)));
            let hung = skull.centre + flat * hang.max(cheek) + Vec3::Y * (y - skull.centre.y);
            point = point.lerp(hung, blend);
            out = d.lerp(flat, blend).normalize_or_zero();
        }
        path.push((point, out));
        if point.y < limit {
            break;
        }
    }
    let mut length = vec![0.0];
    for pair in path.windows(2) {
        length.push(length[length.len() - 1] + (pair[1].0 - pair[0].0).length());
    }
    let total = length[length.len() - 1].max(1e-4);
    (0..=rows)
        .map(|row| {
            let s = row as f32 / rows as f32;
            let want = s * total;
            let i = length.partition_point(|l| *l < want).clamp(1, path.len().max(2) - 1);
            let t = ((want - length[i - 1]) / (length[i] - length[i - 1]).max(1e-6)).clamp(0.0, 1.0);
            let skin = path[i - 1].0.lerp(path[i].0, t);
            let out = path[i - 1].1.lerp(path[i].1, t).normalize_or_zero();
            let high = ((skin.y - measure.eye_y) / unit).clamp(-1.5, 1.2);
            let mut thickness = cut.side + (cut.top - cut.side) * smoothstep(0.35, 0.95, high);
            let from_line = (1.0 - s) * total;
            thickness += cut.quiff
                * front
                * smoothstep(0.004, 0.022, from_line)
                * (1.0 - smoothstep(0.03, 0.09, from_line));
            // Locks are about as wide as high, and long where hair hangs.
            let local = (skin - skull.centre) * Vec3::new(40.0, if cut.hangs { 4.0 } else { 20.0 }, 40.0);
            let lump = noise3(local + Vec3::splat(9.4)) - 0.5;
            thickness *= 1.0 + lump * cut.lumps * smoothstep(0.0, 0.05, from_line);
            if !cut.hangs {
                thickness *= 0.08 + 0.92 * smoothstep(0.0, 0.026, from_line);
            } else {
                // Grown at the hair line and laid on the cheek in front, rounded off at the ends behind.
                let (edge, reach) = if front > 0.0 { (0.10, 0.034) } else { (0.62, 0.022) };
                thickness *= edge + (1.0 - edge) * smoothstep(0.0, reach, from_line);
            }
            if cut.comb == Comb::Parted {
                let from_parting = (skin.x - PARTING_X) / 0.009;
                let parting = (-from_parting * from_parting).exp() * smoothstep(-0.2, 0.4, azimuth.cos());
                // Hair rises beside its parting before it falls.
                let beside = (-((from_parting.abs() - 3.6) / 2.6).powi(2)).exp() * smoothstep(0.2, 0.8, high);
                thickness *= 1.0 - 0.40 * parting + 0.10 * beside;
            }
            // Ends are blunt, a hair line is not.
            let fade = if cut.hangs { 0.006 + 0.012 * front } else { 0.016 };
            let density = smoothstep(0.0, fade, from_line);
            Point { skin, out, thickness, density, along: s, from_line }
        })
        .collect()
}

/// Strand direction and strand place of a point.
fn comb(
    cut: &Cut,
    skull: &Skull,
    here: Vec3,
    normal: Vec3,
    down: Vec3,
    turn: f32,
    (along, from_line): (f32, f32),
) -> (Vec3, Vec2) {
    let local = here - skull.centre;
    let onto = |v: Vec3| (v - normal * v.dot(normal)).normalize_or_zero();
    match cut.comb {
        Comb::Whorl => {
            let strands = (2.0 * PI * 0.085 / STRAND_METRES).round();
            (onto(down), Vec2::new(turn * strands + along * 9.0, along * 5.0))
        }
        Comb::Back => {
            let lean = (local.x).atan2(local.y.max(0.0) + 0.045);
            (
                onto(Vec3::new(0.25 * local.x, 0.25, -1.0)),
                Vec2::new(lean * 0.10 / STRAND_METRES, -local.z * 14.0),
            )
        }
        Comb::Parted => {
            // On top strands cross the parting; where they hang they follow the way round the head.
            let round = 0.085 * (0.5 * PI - local.x.abs().atan2(local.z));
            let hanging = 1.0 - smoothstep(0.0, 0.075, local.y);
            let curl = local.y * 0.10 * (1.0 - hanging);
            let across = local.z + (round - local.z) * hanging;
            // In front of the ears strands run along the edge beside the face, and do not end at it.
            let azimuth = local.x.abs().atan2(local.z);
            let below = 1.0 - smoothstep(-0.055, -0.005, local.y);
            let beside =
                (1.0 - smoothstep(1.05, 1.25, azimuth)) * (1.0 - smoothstep(0.004, 0.034, from_line));
            let across = across + (EDGE_ROUND - EDGE_FALL * from_line - across) * beside * below;
            (onto(down), Vec2::new((across + curl) / STRAND_METRES + local.x.signum() * 531.0, along * 1.4))
        }
    }
}

fn bun(mesh: &mut HairMesh, skull: &Skull, fall: f32, radius: f32) {
    const AROUND: usize = 28;
    const DOWN: usize = 16;
    let d = direction(PI, fall);
    let centre = skull.centre + d * (skull.distance(PI, fall) + radius * 0.62);
    for shell in 0..3 {
        let layer = shell as f32 / 2.0;
        let first = mesh.vertices.len() as u32;
        for a in 0..=AROUND {
            for r in 0..=DOWN {
                let out = direction(azimuth_of(a as f32 / AROUND as f32), r as f32 / DOWN as f32 * PI);
                let curl = noise3(out * 4.5 + Vec3::splat(5.0)) * 0.6 + noise3(out * 11.0) * 0.4 - 0.5;
                let reach = radius * (0.94 + 0.10 * layer + 0.22 * curl);
                let tangent = Vec3::Y.cross(out).normalize_or_zero();
                mesh.vertices.push(HairVertex {
                    rest: (centre + out * Vec3::new(1.12, 0.92, 1.0) * reach).into(),
                    normal: out.into(),
                    tangent: tangent.into(),
                    strand: [
                        (r as f32 / DOWN as f32 * PI * radius) / STRAND_METRES * 1.3 + curl * 9.0,
                        a as f32 * 0.9 + curl * 4.0,
                    ],
                    more: [1.0, 1.0, layer, 1.0],
                });
            }
        }
        grid_indices(&mut mesh.indices, first, AROUND, DOWN);
    }
}
