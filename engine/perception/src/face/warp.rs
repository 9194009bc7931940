//! Cutting a square out of a picture, turned and scaled.

use viva_media::VideoFrame;

/// What lies beyond the edge of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Black: what the detector was trained with.
    Zero,
    /// The nearest pixel of the edge: zeros would cost up to 10 px of landmark accuracy near the edge.
    Replicate,
}

/// Where the corners of a square crop lie in the picture: (0, 0), (n, 0) and (0, n) of the crop are `origin`,
/// `origin + across` and `origin + down`.
///
/// There is deliberately no half-pixel shift: it would cost 0.5 px and up to 0.077 in a blendshape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropMap {
    /// Picture pixel of the crop's top left corner.
    pub origin: [f64; 2],
    /// The crop's upper edge.
    pub across: [f64; 2],
    /// The crop's left edge.
    pub down: [f64; 2],
}

/// The whole picture centred in a square.
#[must_use]
pub fn letterbox(width: u32, height: u32) -> CropMap {
    let (w, h) = (f64::from(width), f64::from(height));
    let side = w.max(h);
    CropMap { origin: [(w - side) / 2.0, (h - side) / 2.0], across: [side, 0.0], down: [0.0, side] }
}

/// Fraction bits of a source coordinate before and after rounding; 1/32 px steps, as in the reference.
const FINE_BITS: u32 = 10;
const STEP_BITS: u32 = 5;
const STEPS: i64 = 1 << STEP_BITS;

impl CropMap {
    /// Fills `crop` (`[side, side, 3]`) by bilinear interpolation.
    ///
    /// Rounds the source position to 1/32 px and the value to a byte, as the reference (`warpAffine` of `OpenCV`) does.
    /// Does nothing where the picture has no pixel or the map is not finite.
    pub fn cut(&self, frame: &VideoFrame, side: usize, border: Border, crop: &mut [u8]) {
        let Self { origin, across, down } = self;
        let finite = origin.iter().chain(across).chain(down).all(|v| v.is_finite() && v.abs() < 1e9);
        if frame.width == 0 || frame.height == 0 || !finite {
            return;
        }
        let scale = f64::from(1 << FINE_BITS) / side as f64;
        let fine = |v: f64| v.round_ties_even() as i64;
        let half_step = 1_i64 << (FINE_BITS - STEP_BITS - 1);
        let source =
            Source { rgb: &frame.rgb, width: i64::from(frame.width), height: i64::from(frame.height) };
        for (y, row) in crop.chunks_exact_mut(side * 3).take(side).enumerate() {
            let start_x =
                fine(down[0] * y as f64 * scale + origin[0] * f64::from(1 << FINE_BITS)) + half_step;
            let start_y =
                fine(down[1] * y as f64 * scale + origin[1] * f64::from(1 << FINE_BITS)) + half_step;
            for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let u = (start_x + fine(across[0] * x as f64 * scale)) >> (FINE_BITS - STEP_BITS);
                let v = (start_y + fine(across[1] * x as f64 * scale)) >> (FINE_BITS - STEP_BITS);
                *pixel = source.sample(u, v, border);
            }
        }
    }

    /// The picture position of crop position `(x, y)`, both in 0..=1.
    #[must_use]
    pub fn picture_from_crop(&self, x: f64, y: f64) -> [f64; 2] {
        let at = |axis: usize| self.origin[axis] + x * self.across[axis] + y * self.down[axis];
        [at(0), at(1)]
    }
}

struct Source<'a> {
    rgb: &'a [u8],
    width: i64,
    height: i64,
}

impl Source<'_> {
    /// The colour at `(u, v)` in 1/32 px.
    #[inline(always)]
    fn sample(&self, u: i64, v: i64, border: Border) -> [u8; 3] {
        let (x, y) = (u >> STEP_BITS, v >> STEP_BITS);
        let (right, below) = ((u & (STEPS - 1)) as u32, (v & (STEPS - 1)) as u32);
        let (left, above) = (STEPS as u32 - right, STEPS as u32 - below);
        let weights = [left * above, right * above, left * below, right * below];
        let corners = if x >= 0 && y >= 0 && x + 1 < self.width && y + 1 < self.height {
            let top = ((y * self.width + x) * 3) as usize;
            let bottom = top + self.width as usize * 3;
            let (top, bottom) = (&self.rgb[top..top + 6], &self.rgb[bottom..bottom + 6]);
            [
                [top[0], top[1], top[2]],
                [top[3], top[4], top[5]],
                [bottom[0], bottom[1], bottom[2]],
                [bottom[3], bottom[4], bottom[5]],
            ]
        } else {
            [
                self.pixel(x, y, border),
                self.pixel(x + 1, y, border),
                self.pixel(x, y + 1, border),
                self.pixel(x + 1, y + 1, border),
            ]
        };
        std::array::from_fn(|c| {
            let sum: u32 = corners.iter().zip(weights).map(|(corner, w)| u32::from(corner[c]) * w).sum();
            ((sum + 512) >> 10) as u8
        })
    }

    fn pixel(&self, x: i64, y: i64, border: Border) -> [u8; 3] {
        let inside = x >= 0 && y >= 0 && x < self.width && y < self.height;
        if border == Border::Zero && !inside {
            return [0; 3];
        }
        let (x, y) = (x.clamp(0, self.width - 1), y.clamp(0, self.height - 1));
        let at = ((y * self.width + x) * 3) as usize;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }
}

#[cfg(test)]
mod tests {
    use viva_media::Timestamp;

    use super::*;

    fn frame(width: u32, height: u32, red: impl Fn(u32, u32) -> u8) -> VideoFrame {
        let rgb: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| [red(x, y), 0, 0])
            .collect();
        VideoFrame::new(Timestamp::ZERO, width, height, rgb).expect("byte count fits")
    }

    fn reds(frame: &VideoFrame, map: CropMap, side: usize, border: Border) -> Vec<u8> {
        let mut crop = vec![7; side * side * 3];
        map.cut(frame, side, border, &mut crop);
        crop.chunks(3).map(|p| p[0]).collect()
    }

    #[test]
    fn positions_carry_no_half_pixel_shift() {
        let ramp = frame(4, 4, |x, y| (x * 10 + y * 40) as u8);
        let map = |ox: f64, oy: f64, side: f64| CropMap {
            origin: [ox, oy],
            across: [side, 0.0],
            down: [0.0, side],
        };
        let quarter_turn = CropMap { origin: [2.0, 0.0], across: [0.0, 2.0], down: [-2.0, 0.0] };
        for (name, map, expect) in [
            ("identity", map(0.0, 0.0, 2.0), [0, 10, 40, 50]),
            ("half a pixel right", map(0.5, 0.0, 2.0), [5, 15, 45, 55]),
            ("half size", map(0.0, 0.0, 4.0), [0, 20, 80, 100]),
            ("double size", map(1.0, 1.0, 1.0), [50, 55, 70, 75]),
            ("quarter turn", quarter_turn, [20, 60, 10, 50]),
        ] {
            assert_eq!(reds(&ramp, map, 2, Border::Zero), expect, "{name}");
        }
    }

    #[test]
    fn borders_differ_only_outside() {
        let white = frame(2, 2, |_, _| 200);
        let map = CropMap { origin: [-1.0, -1.0], across: [4.0, 0.0], down: [0.0, 4.0] };
        let zero = reds(&white, map, 4, Border::Zero);
        assert_eq!(zero, [0, 0, 0, 0, 0, 200, 200, 0, 0, 200, 200, 0, 0, 0, 0, 0]);
        assert!(reds(&white, map, 4, Border::Replicate).iter().all(|&v| v == 200));
    }

    #[test]
    fn odd_pictures_are_safe() {
        for (w, h) in [(0, 0), (1, 1), (1, 9), (9, 1)] {
            let picture = frame(w, h, |_, _| 9);
            assert_eq!(reds(&picture, letterbox(w, h), 8, Border::Replicate).len(), 64);
        }
        let nan = CropMap { origin: [f64::NAN; 2], across: [1.0, 0.0], down: [0.0, 1.0] };
        assert_eq!(reds(&frame(3, 3, |_, _| 9), nan, 1, Border::Zero), [7], "left untouched");
    }
}
