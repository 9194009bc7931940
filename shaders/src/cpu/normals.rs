//! Twin of `normals.wgsl`.

use glam::Vec3;

/// Area-weighted vertex normals; up where a vertex has no area.
///
/// # Panics
///
/// Where an index lies outside `positions`: our own meshes are checked when they are read.
#[must_use]
pub fn normals(positions: &[Vec3], ring_row: &[u32], ring: &[[u32; 2]]) -> Vec<Vec3> {
    positions
        .iter()
        .enumerate()
        .map(|(vertex, &here)| {
            let span = ring_row[vertex] as usize..ring_row[vertex + 1] as usize;
            let mut sum = Vec3::ZERO;
            for pair in &ring[span] {
                sum += (positions[pair[0] as usize] - here).cross(positions[pair[1] as usize] - here);
            }
            let size2 = sum.dot(sum);
            if size2 > 1e-24 { sum * size2.sqrt().recip() } else { Vec3::Y }
        })
        .collect()
}
