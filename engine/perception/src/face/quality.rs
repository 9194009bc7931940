//! How far a frame's measurements can be trusted.

use viva_media::Radians;

use super::observation::FaceQuality;
use super::points::{LEFT_IRIS, Landmarks, RIGHT_IRIS};
use super::warp::CropMap;

/// Where measurements become doubtful.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QualityConfig {
    /// Least distance between the pupils in pixels.
    pub least_interocular_px: f32,
    /// Most yaw in radians.
    pub most_yaw: f32,
    /// Most pitch in radians.
    pub most_pitch: f32,
    /// Least sharpness of the crop.
    pub least_sharpness: f32,
}

impl Default for QualityConfig {
    fn default() -> Self {
        // The sharpness gate lies between the golden crop blurred by a box of 5 px (open) and of 11 px (closed), see `parity`.
        Self {
            least_interocular_px: 40.0,
            most_yaw: 40.0_f32.to_radians(),
            most_pitch: 30.0_f32.to_radians(),
            least_sharpness: 0.05,
        }
    }
}

/// Distance of the pupils in pixels of the picture.
pub(crate) fn interocular_px(points: &Landmarks) -> f32 {
    let (a, b) = (points[RIGHT_IRIS], points[LEFT_IRIS]);
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Fine detail of the middle of a crop (`[side, side, 3]`): mean second difference over contrast; 0 where all is one colour.
///
/// Divided by the contrast, so that dim light does not look like blur.
pub(crate) fn sharpness(crop: &[u8], side: usize) -> f32 {
    let green = |x: usize, y: usize| f32::from(crop[(y * side + x) * 3 + 1]);
    let (low, high) = (side / 4, side - side / 4);
    let (mut detail, mut sum, mut squares, mut count) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
    for y in (low.max(2)..high.min(side - 2)).step_by(2) {
        for x in (low.max(2)..high.min(side - 2)).step_by(2) {
            let here = green(x, y);
            // Two pixels apart: a crop is often enlarged, and neighbours then say nothing.
            detail +=
                (4.0 * here - green(x - 2, y) - green(x + 2, y) - green(x, y - 2) - green(x, y + 2)).abs();
            sum += here;
            squares += here * here;
            count += 4.0;
        }
    }
    let samples = count / 4.0;
    let variance = squares / samples - (sum / samples).powi(2);
    if samples > 0.0 && variance > 1.0 { detail / count / variance.sqrt() } else { 0.0 }
}

/// Judges one frame.
pub(crate) fn judge(
    interocular_px: f32,
    (yaw, pitch): (Radians, Radians),
    sharpness: f32,
    map: &CropMap,
    (width, height): (u32, u32),
    config: &QualityConfig,
) -> FaceQuality {
    // The face itself fills the middle two thirds of its region.
    let inside = |x: f64, y: f64| {
        let [px, py] = map.picture_from_crop(x, y);
        (0.0..=f64::from(width)).contains(&px) && (0.0..=f64::from(height)).contains(&py)
    };
    let (low, high) = (1.0 / 6.0, 5.0 / 6.0);
    FaceQuality {
        large_enough: interocular_px >= config.least_interocular_px,
        facing: yaw.0.abs() <= config.most_yaw && pitch.0.abs() <= config.most_pitch,
        sharp: sharpness >= config.least_sharpness,
        within_frame: inside(low, low) && inside(high, low) && inside(low, high) && inside(high, high),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blur_lowers_sharpness_and_dimming_does_not() {
        let checks = |size: usize, dim: u8| -> f32 {
            let crop: Vec<u8> = (0..64 * 64)
                .flat_map(|i| {
                    [if ((i % 64) / size + (i / 64) / size).is_multiple_of(2) { 40 / dim } else { 200 / dim };
                        3]
                })
                .collect();
            sharpness(&crop, 64)
        };
        assert!(checks(4, 1) > 2.0 * checks(16, 1), "{} {}", checks(4, 1), checks(16, 1));
        assert!((checks(4, 1) - checks(4, 4)).abs() < 0.01);
        assert!(sharpness(&[90; 64 * 64 * 3], 64).abs() < 1e-9);
    }

    #[test]
    fn each_gate_closes_alone() {
        let config = QualityConfig::default();
        let map = CropMap { origin: [100.0, 100.0], across: [300.0, 0.0], down: [0.0, 300.0] };
        let judge = |px: f32, yaw: f32, sharp: f32, width: u32| {
            judge(px, (Radians(yaw), Radians(0.0)), sharp, &map, (width, 480), &config)
        };
        assert!(judge(60.0, 0.0, 0.2, 640).is_usable());
        for (bad, name) in [
            (judge(30.0, 0.0, 0.2, 640), "small"),
            (judge(60.0, 0.9, 0.2, 640), "turned away"),
            (judge(60.0, 0.0, 0.01, 640), "blurred"),
            (judge(60.0, 0.0, 0.2, 340), "cut off"),
        ] {
            let gates = [bad.large_enough, bad.facing, bad.sharp, bad.within_frame];
            assert_eq!(gates.iter().filter(|&&open| open).count(), 3, "{name}");
            assert!(!bad.is_usable(), "{name}");
        }
    }
}
