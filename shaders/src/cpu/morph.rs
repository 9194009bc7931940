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
    let mut out = Vec::with_capacity(rest.len());
    morph_into(&mut out, rest, row, entries, weights);
    out
}

/// As [`morph`], into a list that is emptied before and used again.
///
/// # Panics
///
/// As [`morph`].
pub fn morph_into(
    out: &mut Vec<Vec3>,
    rest: &[Vec3],
    row: &[u32],
    entries: &[MorphEntry],
    weights: &MorphWeights,
) {
    let flat: &[f32] = weights.packed.as_flattened();
    out.clear();
    out.extend(rest.iter().zip(row.windows(2)).map(|(&start, span)| {
        entries[span[0] as usize..span[1] as usize]
            .iter()
            .fold(start, |p, entry| p + flat[entry.shape as usize] * Vec3::new(entry.x, entry.y, entry.z))
    }));
}
