//! When each token was said: dynamic time warping over where the decoder looked.
//!
//! **Source**: openai/whisper `timing.py` (`find_alignment`, `median_filter`, `dtw`): the same steps on the attention that decoding left behind.

/// Width of the median filter over time, in rows of 20 ms.
const MEDIAN_WIDTH: usize = 7;

/// First audio row of each token.
///
/// **Shape** `attention` is `[tokens, heads, rows]`; answers one row number per token, never decreasing.
pub(crate) fn token_starts(attention: &[f32], heads: usize, rows: usize) -> Vec<usize> {
    if heads == 0 || rows == 0 || attention.is_empty() {
        return Vec::new();
    }
    let tokens = attention.len() / (heads * rows);
    let mut agreement = vec![0.0; tokens * rows];
    for head in 0..heads {
        let mut weights = head_weights(attention, head, heads, rows);
        standardise_columns(&mut weights, rows);
        for (row, sum) in weights.chunks_exact(rows).zip(agreement.chunks_exact_mut(rows)) {
            for (at, sum) in sum.iter_mut().enumerate() {
                *sum += median(row, at) / heads as f32;
            }
        }
    }
    warp(&agreement, rows)
}

/// The attention of one head, each token's weights summing to 1 over the audio (padding left out).
fn head_weights(attention: &[f32], head: usize, heads: usize, rows: usize) -> Vec<f32> {
    let mut weights = Vec::with_capacity(attention.len() / heads);
    for token in attention.chunks_exact(heads * rows) {
        let row = &token[head * rows..][..rows];
        let sum = row.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        weights.extend(row.iter().map(|weight| weight / sum));
    }
    weights
}

/// Zero mean and unit variance over the tokens at each audio row.
fn standardise_columns(weights: &mut [f32], rows: usize) {
    let tokens = (weights.len() / rows) as f32;
    for at in 0..rows {
        let column = || weights.iter().skip(at).step_by(rows);
        let mean = column().sum::<f32>() / tokens;
        let variance = column().map(|w| (w - mean).powi(2)).sum::<f32>() / tokens;
        let scale = variance.sqrt().max(1e-10).recip();
        weights.iter_mut().skip(at).step_by(rows).for_each(|w| *w = (*w - mean) * scale);
    }
}

/// Median of the row around `at`, mirrored at the ends; rows too short for that stay as they are.
fn median(row: &[f32], at: usize) -> f32 {
    const HALF: usize = MEDIAN_WIDTH / 2;
    if row.len() <= HALF {
        return row[at];
    }
    let last = row.len() - 1;
    let mut around: [f32; MEDIAN_WIDTH] = std::array::from_fn(|i| {
        let mirrored = (at + i).abs_diff(HALF);
        row[if mirrored > last { 2 * last - mirrored } else { mirrored }]
    });
    around.sort_unstable_by(f32::total_cmp);
    around[HALF]
}

/// The monotone path through `agreement [tokens, rows]` of the largest sum; answers where it enters each token.
fn warp(agreement: &[f32], rows: usize) -> Vec<usize> {
    #[derive(Clone, Copy)]
    enum From {
        Both,
        Token,
        Row,
    }
    let tokens = agreement.len() / rows;
    let mut came = vec![From::Row; agreement.len()];
    // Costs of the path up to each row, for the token above and the present one; index 0 stands before the first row.
    let mut above = vec![f32::INFINITY; rows + 1];
    above[0] = 0.0;
    for token in 0..tokens {
        let mut present = vec![f32::INFINITY; rows + 1];
        for row in 0..rows {
            let (both, from_token, from_row) = (above[row], above[row + 1], present[row]);
            let (best, from) = if both < from_token && both < from_row {
                (both, From::Both)
            } else if from_token < both && from_token < from_row {
                (from_token, From::Token)
            } else {
                (from_row, From::Row)
            };
            present[row + 1] = best - agreement[token * rows + row];
            came[token * rows + row] = from;
        }
        above = present;
    }
    let mut starts = vec![0; tokens];
    let (mut token, mut row) = (tokens - 1, rows - 1);
    loop {
        starts[token] = row;
        let step = came[token * rows + row];
        match step {
            _ if token == 0 && row == 0 => break,
            _ if token == 0 => row -= 1,
            _ if row == 0 => token -= 1,
            From::Both => (token, row) = (token - 1, row - 1),
            From::Token => token -= 1,
            From::Row => row -= 1,
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looking_at(centres: &[usize], heads: usize, rows: usize) -> Vec<f32> {
        let mut attention = Vec::new();
        for centre in centres {
            for _ in 0..heads {
                attention.extend((0..rows).map(|row| (-(row.abs_diff(*centre) as f32).powi(2) / 50.0).exp()));
            }
        }
        attention
    }

    #[test]
    fn tokens_begin_between_the_places_they_look_at() {
        let starts = token_starts(&looking_at(&[10, 40, 70, 95], 2, 100), 2, 100);
        assert_eq!(starts[0], 0);
        for (start, around) in starts[1..].iter().zip([25, 55, 82]) {
            assert!(start.abs_diff(around) <= 4, "{starts:?}");
        }
    }

    #[test]
    fn any_shape_gives_a_monotone_answer() {
        for (tokens, rows) in [(1, 1), (1, 50), (5, 2), (40, 3), (3, 4), (2, 400)] {
            let attention: Vec<f32> =
                (0..tokens * 2 * rows).map(|i| ((i * 7919) % 101) as f32 / 101.0).collect();
            let starts = token_starts(&attention, 2, rows);
            assert_eq!(starts.len(), tokens);
            assert!(starts.is_sorted() && starts.iter().all(|start| *start < rows), "{starts:?}");
        }
        assert!(token_starts(&[], 2, 10).is_empty());
    }

    #[test]
    fn the_median_mirrors_the_ends() {
        let row = [9.0, 1.0, 2.0, 3.0, 4.0];
        // Around 0: 3 2 1 | 9 | 1 2 3.
        assert_eq!(median(&row, 0).to_bits(), 2.0_f32.to_bits());
        // Around 4: 1 2 3 | 4 | 3 2 1.
        assert_eq!(median(&row, 4).to_bits(), 2.0_f32.to_bits());
        assert_eq!(median(&row[..3], 1).to_bits(), 1.0_f32.to_bits());
    }
}
