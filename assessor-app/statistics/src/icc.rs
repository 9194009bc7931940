//! Intraclass correlation of raters who all judged the same things.
//!
//! **Source**: Shrout and Fleiss 1979, "Intraclass correlations", the two-way random model: absolute agreement.

/// The correlation of one rater, and of the mean of all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Icc {
    /// ICC(2,1).
    pub single: f64,
    /// ICC(2,k).
    pub mean: f64,
    /// Rows used.
    pub n: usize,
    /// Raters.
    pub raters: usize,
}

/// ICC(2,1) and ICC(2,k) of `rows`, one per thing, each with one level per rater.
///
/// `None` with fewer than two rows or raters, rows of different length, or no variance between the rows.
#[must_use]
pub fn icc(rows: &[Vec<f64>]) -> Option<Icc> {
    let (n, k) = (rows.len(), rows.first()?.len());
    if n < 2 || k < 2 || rows.iter().any(|row| row.len() != k) {
        return None;
    }
    let (count, raters) = (n as f64, k as f64);
    let grand = rows.iter().flatten().sum::<f64>() / (count * raters);
    let row_means: Vec<f64> = rows.iter().map(|row| row.iter().sum::<f64>() / raters).collect();
    let column_means: Vec<f64> =
        (0..k).map(|rater| rows.iter().map(|row| row[rater]).sum::<f64>() / count).collect();
    let squares = |means: &[f64]| means.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>();
    let total: f64 = rows.iter().flatten().map(|level| (level - grand).powi(2)).sum();
    let (of_rows, of_columns) = (raters * squares(&row_means), count * squares(&column_means));
    let between = of_rows / (count - 1.0);
    let of_raters = of_columns / (raters - 1.0);
    let error = (total - of_rows - of_columns) / ((count - 1.0) * (raters - 1.0));
    let single =
        (between - error) / (between + (raters - 1.0) * error + raters * (of_raters - error) / count);
    let mean = (between - error) / (between + (of_raters - error) / count);
    (single.is_finite() && mean.is_finite()).then_some(Icc { single, mean, n, raters: k })
}
