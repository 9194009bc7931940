//! Loose strands over the shells: they break the outline of a head of hair, which would look like a helmet without them.

use glam::{Vec2, Vec3};
use viva_shaders::cpu::noise::lattice;
use viva_shaders::layout::HairVertex;

use super::{Cut, HairMesh, Point, STRAND_METRES, comb, turn_of};
use crate::masks::smoothstep;
use crate::skull::Skull;

/// Places along a strand.
const STEPS: usize = 6;
/// What marks a loose strand for the shader: no shell is so far out.
pub(super) const LOOSE_LAYER: f32 = 2.0;
/// Strands start no farther to the back than this: nobody sees the back of a head.
const FARTHEST_AZIMUTH: f32 = 2.1;

/// The forehead ends there.
const FACE_AZIMUTH: f32 = 1.0;

/// One place of the outermost shell.
struct Place {
    at: Vec3,
    out: Vec3,
    down: Vec3,
    along: f32,
    density: f32,
}

/// The outermost shell of a head of hair.
pub(super) struct Shell<'a> {
    pub(super) skull: &'a Skull,
    pub(super) cut: &'a Cut,
    pub(super) columns: &'a [Vec<Point>],
}

/// Where a strand begins.
struct Root {
    azimuth: f32,
    along: f32,
    at_line: bool,
}

impl Shell<'_> {
    /// Adds `count` strands of about `length` metres to a mesh.
    pub(super) fn loosen(&self, mesh: &mut HairMesh, count: usize, length: f32) {
        for number in 0..count {
            let dice = |salt: i32| lattice(number as i32, salt, 77);
            let azimuth = (dice(0) * 2.0 - 1.0) * FARTHEST_AZIMUTH;
            // A third of them grows at the hair line, where a head of hair is thinnest.
            // Combed away from the face, hair that hangs leaves the forehead free.
            let is_free = self.cut.hangs && azimuth.abs() < FACE_AZIMUTH;
            let at_line = number % 3 == 0 && !is_free;
            let lowest = if is_free { 0.45 } else { 0.92 };
            let along = if at_line { 0.93 + 0.07 * dice(1) } else { 0.08 + (lowest - 0.08) * dice(1).sqrt() };
            self.strand(mesh, &Root { azimuth, along, at_line }, length, &dice);
        }
    }

    fn strand(&self, mesh: &mut HairMesh, root: &Root, length: f32, dice: &impl Fn(i32) -> f32) {
        let Self { skull, cut, columns } = *self;
        let Root { azimuth, along: start, at_line } = *root;
        let length = length * (0.6 + 0.8 * dice(2)) * if at_line { 0.7 } else { 1.0 };
        let lift = (0.0008 + 0.0032 * dice(3) * dice(3)) * if at_line { 0.5 } else { 1.0 };
        let sway = (dice(4) - 0.5) * 0.5;
        let width = 0.0008 + 0.0011 * dice(5);
        let cover = 0.30 + 0.45 * dice(6);
        let mut place = on_shell(skull, columns, azimuth, start);
        let (mut here, first) = (place.at + place.out * 0.0006, mesh.vertices.len() as u32);
        for step in 0..=STEPS {
            let t = step as f32 / STEPS as f32;
            let normal = place.out;
            let (tangent, strand) = comb(
                cut,
                skull,
                here,
                normal,
                place.down,
                turn_of(azimuth),
                // Loose strands lie over the edges.
                (place.along, 1.0),
            );
            let across = tangent.cross(normal);
            let heading = (tangent + across * sway * t).normalize_or_zero();
            // Flat towards the camera, so that an outline shows it.
            let side = heading.cross(Vec3::Z).try_normalize().unwrap_or(Vec3::X);
            let taper = width * (1.0 - 0.75 * t);
            let fade = smoothstep(0.0, 0.2, t) * (1.0 - smoothstep(0.45, 1.0, t)) * cover;
            let fade = fade * if at_line { 1.0 } else { smoothstep(0.0, 0.3, place.density) };
            for sign in [-0.5, 0.5] {
                mesh.vertices.push(HairVertex {
                    rest: (here + side * taper * sign).into(),
                    normal: normal.into(),
                    tangent: heading.into(),
                    strand: (strand + Vec2::new(sign * taper / STRAND_METRES, 0.0)).into(),
                    more: [1.0, 1.0, LOOSE_LAYER, fade],
                });
            }
            let ahead = here + heading * (length / STEPS as f32);
            let local = ahead - skull.centre;
            place = near(skull, columns, local);
            let wanted = lift * ((step + 1) as f32 / STEPS as f32).powf(1.4);
            // Kept at its height over the shell; beyond the ends of hair that hangs it goes straight on.
            here =
                if place.along > 1.0 && cut.hangs { ahead } else { place.at + place.out * (0.0006 + wanted) };
        }
        for step in 0..STEPS as u32 {
            let at = first + step * 2;
            mesh.indices.extend([at, at + 1, at + 3, at, at + 3, at + 2]);
        }
    }
}

/// The shell's place next to a point seen from the middle of the skull.
fn near(skull: &Skull, columns: &[Vec<Point>], local: Vec3) -> Place {
    let azimuth = local.x.atan2(local.z);
    let column = &columns[column_of(columns.len(), azimuth)];
    let fall = |point: &Point| {
        let from = point.skin - skull.centre;
        Vec2::new(from.x, from.z).length().atan2(from.y)
    };
    let own = Vec2::new(local.x, local.z).length().atan2(local.y);
    let next = column.partition_point(|point| fall(point) < own).clamp(1, column.len() - 1);
    let (low, high) = (fall(&column[next - 1]), fall(&column[next]));
    let share = ((own - low) / (high - low).max(1e-4)).clamp(0.0, 1.6);
    on_shell(skull, columns, azimuth, (next as f32 - 1.0 + share) / (column.len() - 1) as f32)
}

fn column_of(count: usize, azimuth: f32) -> usize {
    (turn_of(azimuth) * count as f32) as usize % count
}

/// A place of the outermost shell between two columns and two rows; `along` above 1 goes on over the hair line.
fn on_shell(skull: &Skull, columns: &[Vec<Point>], azimuth: f32, along: f32) -> Place {
    let turn = turn_of(azimuth) * columns.len() as f32;
    let (left, right) = (turn as usize % columns.len(), (turn as usize + 1) % columns.len());
    let between = turn.fract();
    let rows = columns[left].len() - 1;
    let row = along.clamp(0.0, 1.25) * rows as f32;
    let low = (row as usize).min(rows - 1);
    let share = row - low as f32;
    let of = |column: usize, row: usize| {
        let point = &columns[column][row];
        (point.skin + point.out * point.thickness, point.out, point.density)
    };
    let mix = |row: usize| {
        let ((a, out_a, dense_a), (b, out_b, dense_b)) = (of(left, row), of(right, row));
        (a.lerp(b, between), out_a.lerp(out_b, between), dense_a + (dense_b - dense_a) * between)
    };
    let ((upper, out_upper, dense_upper), (lower, out_lower, dense_lower)) = (mix(low), mix(low + 1));
    let at = upper + (lower - upper) * share;
    let out = out_upper.lerp(out_lower, share.min(1.0)).try_normalize().unwrap_or(at - skull.centre);
    Place {
        at,
        out,
        down: lower - upper,
        along,
        density: dense_upper + (dense_lower - dense_upper) * share.min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::PI;

    use super::super::{HairGrid, HeadMeasure, hair};
    use super::*;
    use crate::look::HairStyle;
    use crate::skull::direction;

    const RADIUS: f32 = 0.09;

    fn ball() -> Skull {
        let at = |a: u32, f: u32| direction(a as f32 / 24.0 * 2.0 * PI, f as f32 / 16.0 * PI) * RADIUS;
        let triangles: Vec<[Vec3; 3]> = (0..24)
            .flat_map(|a| (0..16).map(move |f| (a, f)))
            .flat_map(|(a, f)| {
                let [p, q, r, s] = [at(a, f), at(a, f + 1), at(a + 1, f + 1), at(a + 1, f)];
                [[p, q, r], [p, r, s]]
            })
            .collect();
        Skull::new(&triangles, Vec3::ZERO)
    }

    #[test]
    fn loose_strands_lie_over_the_head_and_fade_at_both_ends() {
        let (skull, measure) = (ball(), HeadMeasure { eye_y: 0.0, crown_y: RADIUS });
        let grid = |loose| HairGrid { columns: 24, rows: 12, shells: 2, loose };
        for style in [HairStyle::Short, HairStyle::Swept, HairStyle::Bob, HairStyle::Bun, HairStyle::Receding]
        {
            let bare = hair(&skull, measure, style, grid(0));
            assert_eq!(bare.loose, bare.indices.len(), "{style:?}");
            let mesh = hair(&skull, measure, style, grid(60));
            assert_eq!(mesh.indices[..mesh.loose], bare.indices[..], "{style:?}");
            let strands = &mesh.vertices[bare.vertices.len()..];
            assert_eq!(strands.len(), 60 * 2 * (STEPS + 1));
            assert!(mesh.indices.iter().all(|index| (*index as usize) < mesh.vertices.len()));
            for strand in strands.chunks(2 * (STEPS + 1)) {
                for vertex in strand {
                    let far = Vec3::from(vertex.rest).length() / RADIUS;
                    assert!((0.85..2.2).contains(&far), "{style:?}: {far} radii from the middle");
                    assert!((0.0..=1.0).contains(&vertex.more[3]), "{style:?}: {:?}", vertex.more);
                }
                let [first, last] = [0, 2 * STEPS].map(|index| strand[index].more[3]);
                assert!(first < 1e-6 && last < 1e-6, "{style:?}: {first} and {last} at the ends");
            }
        }
    }
}
