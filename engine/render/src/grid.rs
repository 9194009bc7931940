//! Sheets of quads: hair and cloth.

/// Adds the triangles of a grid whose vertices stand column by column from `first` on, each with one more row than there are quads.
pub(crate) fn grid_indices(indices: &mut Vec<u32>, first: u32, columns: usize, rows: usize) {
    let at = |c: usize, r: usize| first + (c * (rows + 1) + r) as u32;
    for c in 0..columns {
        for r in 0..rows {
            let quad = [at(c, r), at(c, r + 1), at(c + 1, r + 1), at(c + 1, r)];
            indices.extend([quad[0], quad[1], quad[2], quad[0], quad[2], quad[3]]);
        }
    }
}
