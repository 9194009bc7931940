//! Vectors of passages, searched whole: no passage is missed, and there is no index to build.

/// Up to this many rows are kept as they are, 15 MB at 384 dimensions; more are kept in a quarter of the memory.
const EXACT_ROWS: usize = 10_000;
/// Steps of a row's code on each side of zero.
const ROW_STEPS: f32 = 127.0;

/// Unit vectors, one row per passage.
#[derive(Debug)]
pub(crate) struct Matrix {
    dimensions: usize,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Exact(Vec<f32>),
    Coded { codes: Vec<i8>, scales: Vec<f32> },
}

impl Matrix {
    /// Takes rows of unit vectors, one after the other.
    ///
    /// **Shape** `[rows, dimensions]`, row-major. Beyond 10,000 rows each is coded in 8 bits with a scale of its own.
    pub(crate) fn new(values: Vec<f32>, dimensions: usize) -> Self {
        let rows = if values.len() > EXACT_ROWS * dimensions {
            code(&values, dimensions)
        } else {
            Rows::Exact(values)
        };
        Self { dimensions, rows }
    }

    /// The `most` rows with the highest cosine, best first; equal ones in the order of rows.
    pub(crate) fn nearest(&self, query: &[f32], most: usize) -> Vec<(usize, f32)> {
        if query.len() != self.dimensions || query.is_empty() {
            return Vec::new();
        }
        let cosines = match &self.rows {
            Rows::Exact(values) => products(values, query),
            Rows::Coded { codes, scales } => {
                products(codes, query).iter().zip(scales).map(|(product, scale)| product * scale).collect()
            }
        };
        let mut order: Vec<u32> = (0..cosines.len() as u32).collect();
        let by_cosine =
            |a: &u32, b: &u32| cosines[*b as usize].total_cmp(&cosines[*a as usize]).then(a.cmp(b));
        if most < order.len() {
            order.select_nth_unstable_by(most, by_cosine);
            order.truncate(most);
        }
        order.sort_unstable_by(by_cosine);
        order.into_iter().map(|row| (row as usize, cosines[row as usize])).collect()
    }
}

fn code(values: &[f32], dimensions: usize) -> Rows {
    let (mut codes, mut scales) = (Vec::with_capacity(values.len()), Vec::new());
    for row in values.chunks_exact(dimensions) {
        let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs())).max(f32::MIN_POSITIVE);
        codes.extend(row.iter().map(|x| (x / largest * ROW_STEPS).round() as i8));
        scales.push(largest / ROW_STEPS);
    }
    Rows::Coded { codes, scales }
}

/// Products with every row, of numbers or of codes.
fn products<T: Copy + Into<f32>>(rows: &[T], query: &[f32]) -> Vec<f32> {
    const LANES: usize = 16;
    let mut found = vec![0.0_f32; rows.len() / query.len()];
    // Plain loops: an iterator's `collect` would be compiled apart, without the processor's wide instructions.
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for (product, row) in found.iter_mut().zip(rows.chunks_exact(query.len())) {
                // Several sums at once: a single one would have to be added up in order.
                let mut sums = [0.0_f32; LANES];
                for (a, b) in row.chunks_exact(LANES).zip(query.chunks_exact(LANES)) {
                    for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                        *sum += (*a).into() * b;
                    }
                }
                let rest = row.len() / LANES * LANES;
                let tail: f32 = row[rest..].iter().zip(&query[rest..]).map(|(a, b)| (*a).into() * b).sum();
                *product = sums.iter().sum::<f32>() + tail;
            }
        },
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors from a seed.
    fn unit(rows: usize, dimensions: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        };
        let mut values: Vec<f32> = (0..rows * dimensions).map(|_| draw()).collect();
        for row in values.chunks_exact_mut(dimensions) {
            let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter_mut().for_each(|x| *x /= norm);
        }
        values
    }

    #[test]
    fn the_nearest_come_first() {
        let matrix = Matrix::new(vec![0.0, 1.0, 1.0, 0.0, 0.6, 0.8, 0.0, 1.0], 2);
        let rows: Vec<usize> = matrix.nearest(&[0.0, 1.0], 3).into_iter().map(|(row, _)| row).collect();
        assert_eq!(rows, [0, 3, 2]);
        assert_eq!(matrix.nearest(&[0.0, 1.0], 9).len(), 4);
        assert_eq!(matrix.nearest(&[1.0], 9), []);
        assert_eq!(matrix.nearest(&[0.0, 1.0], 0), []);
    }

    #[test]
    fn codes_keep_the_cosine_and_the_order() {
        for dimensions in [384, 13] {
            let values = unit(500, dimensions, 1);
            let codes = Matrix { dimensions, rows: code(&values, dimensions) };
            let exact = Matrix::new(values, dimensions);
            for query in unit(20, dimensions, 2).chunks_exact(dimensions) {
                let (a, b) = (exact.nearest(query, 500), codes.nearest(query, 500));
                for (row, cosine) in &a {
                    let other = b.iter().find(|(other, _)| other == row).expect("every row is there").1;
                    assert!((cosine - other).abs() < 0.005, "{cosine} and {other}");
                }
                let first_ten = |list: &[(usize, f32)]| list[..10].iter().map(|r| r.0).collect::<Vec<_>>();
                let both = first_ten(&a).iter().filter(|row| first_ten(&b).contains(row)).count();
                assert!(both >= 8, "{both} of 10");
            }
        }
    }
}
