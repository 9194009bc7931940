//! From the detector's raw numbers to faces.

use super::nets::{ANCHOR_COUNT, BOX_VALUES, DETECTOR_SIDE, RawDetections};
use super::warp::CropMap;

/// One face found by the detector, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Left, top, right, bottom.
    pub box_px: [f32; 4],
    /// Right eye, left eye (the subject's own), nose tip, mouth, right and left ear.
    pub keypoints_px: [[f32; 2]; 6],
    /// Highest score of the boxes that were merged, 0..=1.
    pub score: f32,
}

/// How many faces are looked at; more would only be smaller.
const MAX_FACES: usize = 8;

/// Candidates that are looked at; a face has about ten.
const MAX_CANDIDATES: usize = 128;

/// Boxes that overlap more than this are one face.
const SAME_FACE_OVERLAP: f32 = 0.3;

#[derive(Clone, Copy)]
struct Candidate {
    /// Left, top, right, bottom and six points, as fractions of the letterboxed square.
    values: [f32; BOX_VALUES],
    score: f32,
    taken: bool,
}

/// The faces that the detector saw: boxes above `min_score`, overlapping ones merged by their score-weighted mean.
///
/// **Source**: weighted non-maximum suppression of `BlazeFace` (Bazarevsky et al. 2019, section 4).
pub fn find_faces(raw: &RawDetections, map: &CropMap, min_score: f32, mut found: impl FnMut(Detection)) {
    let mut candidates = [Candidate { values: [0.0; BOX_VALUES], score: 0.0, taken: true }; MAX_CANDIDATES];
    let mut count = 0;
    let boxes = raw.regressors.as_chunks::<BOX_VALUES>().0;
    for (index, (values, logit)) in boxes.iter().zip(&raw.logits).enumerate().take(ANCHOR_COUNT) {
        let score = 1.0 / (1.0 + (-logit.clamp(-100.0, 100.0)).exp());
        if score >= min_score && count < MAX_CANDIDATES {
            candidates[count] = Candidate { values: decode(values, anchor(index)), score, taken: false };
            count += 1;
        }
    }
    let candidates = &mut candidates[..count];
    for _ in 0..MAX_FACES {
        let free = (0..candidates.len()).filter(|&i| !candidates[i].taken);
        let Some(first) = free.max_by(|&a, &b| candidates[a].score.total_cmp(&candidates[b].score)) else {
            return;
        };
        let best = candidates[first];
        let mut sum = [0.0_f32; BOX_VALUES];
        let mut weight = 0.0;
        for (index, candidate) in candidates.iter_mut().enumerate().filter(|(_, c)| !c.taken) {
            if index == first || overlap(&best.values, &candidate.values) > SAME_FACE_OVERLAP {
                candidate.taken = true;
                weight += candidate.score;
                for (total, value) in sum.iter_mut().zip(candidate.values) {
                    *total += value * candidate.score;
                }
            }
        }
        found(in_picture(&sum.map(|v| v / weight), map, best.score));
    }
}

/// The face that counts where several are seen: the largest, and among like sizes the most central.
///
/// Its width is weighed with 1 at the middle of the picture down to 1/2 in a corner.
#[must_use]
pub fn main_face(faces: &[Detection], width: u32, height: u32) -> Option<Detection> {
    let (half_w, half_h) = (width as f32 / 2.0, height as f32 / 2.0);
    let weight = |face: &Detection| {
        let [left, top, right, bottom] = face.box_px;
        let away = ((left + right) / 2.0 - half_w).hypot((top + bottom) / 2.0 - half_h);
        (right - left).max(bottom - top) * (1.0 - 0.5 * (away / half_w.hypot(half_h)).min(1.0))
    };
    faces.iter().copied().max_by(|a, b| weight(a).total_cmp(&weight(b)))
}

/// Centre of the anchor: 16 x 16 cells of two, then 8 x 8 cells of six.
fn anchor(index: usize) -> [f32; 2] {
    let (cell, cells) = if index < 512 { (index / 2, 16) } else { ((index - 512) / 6, 8) };
    [((cell % cells) as f32 + 0.5) / cells as f32, ((cell / cells) as f32 + 0.5) / cells as f32]
}

fn decode(raw: &[f32; BOX_VALUES], anchor: [f32; 2]) -> [f32; BOX_VALUES] {
    let scaled = raw.map(|v| v / DETECTOR_SIDE as f32);
    let mut values: [f32; BOX_VALUES] = std::array::from_fn(|i| scaled[i] + anchor[i % 2]);
    for axis in 0..2 {
        let (centre, half) = (values[axis], scaled[axis + 2] / 2.0);
        values[axis] = centre - half;
        values[axis + 2] = centre + half;
    }
    values
}

fn overlap(a: &[f32; BOX_VALUES], b: &[f32; BOX_VALUES]) -> f32 {
    let area = |v: &[f32; BOX_VALUES]| (v[2] - v[0]) * (v[3] - v[1]);
    let shared = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0) * (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let union = area(a) + area(b) - shared;
    if union > 0.0 { shared / union } else { 0.0 }
}

fn in_picture(values: &[f32; BOX_VALUES], map: &CropMap, score: f32) -> Detection {
    let pixel = |i: usize| {
        map.picture_from_crop(f64::from(values[2 * i]), f64::from(values[2 * i + 1])).map(|v| v as f32)
    };
    let ([left, top], [right, bottom]) = (pixel(0), pixel(1));
    Detection {
        box_px: [left, top, right, bottom],
        keypoints_px: std::array::from_fn(|i| pixel(i + 2)),
        score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::warp::letterbox;

    /// Raw detections whose boxes are `(anchor, centre offset, size, logit)` in input pixels.
    fn raw(boxes: &[(usize, f32, f32, f32)]) -> RawDetections {
        let mut raw = RawDetections::default();
        for &(index, offset, size, logit) in boxes {
            raw.regressors[index * 16..index * 16 + 4].copy_from_slice(&[offset, offset, size, size]);
            raw.logits[index] = logit;
        }
        raw
    }

    fn faces(boxes: &[(usize, f32, f32, f32)]) -> Vec<Detection> {
        let mut all = Vec::new();
        find_faces(&raw(boxes), &letterbox(128, 128), 0.5, |face| all.push(face));
        all
    }

    #[test]
    fn anchors_are_cell_centres() {
        for (index, expect) in [
            (0, [0.03125, 0.03125]),
            (1, [0.03125, 0.03125]),
            (2, [0.09375, 0.03125]),
            (511, [0.96875, 0.96875]),
            (512, [0.0625, 0.0625]),
            (895, [0.9375, 0.9375]),
        ] {
            assert_eq!(anchor(index), expect, "{index}");
        }
    }

    #[test]
    fn overlapping_boxes_merge_by_score() {
        // Two boxes on one anchor, one with logit 0 (score .5), one with a very high score.
        let merged = faces(&[(0, 0.0, 40.0, 20.0), (1, 6.0, 40.0, 0.0)]);
        assert_eq!(merged.len(), 1);
        // Centre of anchor 0 is 4 px; weights 1 and .5 shift it by 6 / 3.
        assert!((merged[0].box_px[0] - (4.0 + 2.0 - 20.0)).abs() < 1e-3, "{merged:?}");
        assert!((merged[0].score - 1.0).abs() < 1e-6);
    }

    #[test]
    fn tables_of_boxes() {
        let count = |boxes: &[_]| faces(boxes).len();
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[(0, 0.0, 40.0, -0.1)]), 0, "below the score");
        assert_eq!(count(&[(0, 0.0, 20.0, 3.0), (511, 0.0, 20.0, 3.0)]), 2, "apart");
        assert_eq!(count(&[(0, 0.0, 20.0, 3.0), (1, 15.0, 20.0, 2.0)]), 2, "overlap under .3");
        assert_eq!(count(&[(0, 0.0, 0.0, 3.0)]), 1, "an empty box is still one face");
    }

    #[test]
    fn the_largest_then_the_most_central_face_wins() {
        let face = |x: f32, size: f32| Detection {
            box_px: [x - size / 2.0, 50.0 - size / 2.0, x + size / 2.0, 50.0 + size / 2.0],
            keypoints_px: [[0.0; 2]; 6],
            score: 0.9,
        };
        let centre_of =
            |faces: &[Detection]| main_face(faces, 200, 100).map(|f| (f.box_px[0] + f.box_px[2]) / 2.0);
        assert_eq!(centre_of(&[]), None);
        assert_eq!(centre_of(&[face(20.0, 60.0), face(100.0, 30.0)]), Some(20.0), "much larger");
        assert_eq!(centre_of(&[face(20.0, 32.0), face(100.0, 30.0)]), Some(100.0), "alike");
    }
}
