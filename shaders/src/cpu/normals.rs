//! Twin of `normals.wgsl`.

use glam::Vec3;

/// Area-weighted vertex normals; up where a vertex has no area.
///
/// # Panics
///
/// Where an index lies outside `positions`: our own meshes are checked when they are read.
#[must_use]
pub fn normals(positions: &[Vec3], ring_row: &[u32], ring: &[[u32; 2]]) -> Vec<Vec3> {
    let mut out = Vec::with_capacity(positions.len());
    normals_into(&mut out, positions, ring_row, ring);
    out
}

/// As [`normals`], into a list that is emptied before and used again.
///
/// # Panics
///
/// As [`normals`].
pub fn normals_into(out: &mut Vec<Vec3>, positions: &[Vec3], ring_row: &[u32], ring: &[[u32; 2]]) {
    out.clear();
    out.extend(positions.iter().zip(ring_row.windows(2)).map(|(&here, span)| {
        let mut sum = Vec3::ZERO;
        for pair in &ring[span[0] as usize..span[1] as usize] {
            sum += (positions[pair[0] as usize] - here).cross(positions[pair[1] as usize] - here);
        }
        let size2 = sum.dot(sum);
        if size2 > 1e-24 { sum * size2.sqrt().recip() } else { Vec3::Y }
    }));
}
