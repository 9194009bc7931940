//! Twin of `morph.wgsl`.

use glam::Vec3;

use crate::layout::{MorphEntry, MorphWeights};

/// Rest positions plus weighted sparse deltas.
///
/// # Panics
///
/// Where `row` points outside `entries` or an entry names a shape above 51.
#[must_use]
pub fn morph(rest: &[Vec3], row: &[u32], entries: &[MorphEntry], weights: &MorphWeights) -> Vec<Vec3> {
    rest.iter()
        .enumerate()
        .map(|(vertex, &start)| {
            let mut p = start;
            for entry in &entries[row[vertex] as usize..row[vertex + 1] as usize] {
                let w = weights.packed[(entry.shape >> 2) as usize][(entry.shape & 3) as usize];
                p += w * Vec3::new(entry.x, entry.y, entry.z);
            }
            p
        })
        .collect()
}
