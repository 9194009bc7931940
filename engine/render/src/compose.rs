//! Pictures side by side and words on them, on the CPU.

use viva_media::VideoFrame;

use crate::font::{GLYPH_HEIGHT, GLYPH_WIDTH, glyph};

/// Empty dots around a text's box.
const MARGIN_DOTS: usize = 2;

/// Pictures next to each other, top edges aligned, the rest black; the time is that of the first.
///
/// `None` without pictures or where the sum is too wide for a frame.
#[must_use]
pub fn hstack(frames: &[VideoFrame]) -> Option<VideoFrame> {
    let first = frames.first()?;
    let width = frames.iter().try_fold(0_u32, |sum, f| sum.checked_add(f.width))?;
    let height = frames.iter().map(|f| f.height).max()?;
    let stride = width as usize * 3;
    let mut rgb = vec![0; stride * height as usize];
    let mut left = 0;
    for frame in frames {
        let row = frame.width as usize * 3;
        if row > 0 {
            for (y, line) in frame.rgb.chunks_exact(row).enumerate() {
                rgb[y * stride + left..y * stride + left + row].copy_from_slice(line);
            }
        }
        left += row;
    }
    VideoFrame::new(first.captured, width, height, rgb)
}

/// How wide and high a line of text is with its box, in pixels.
#[must_use]
pub fn text_size(scale: usize, text: &str) -> (usize, usize) {
    let dots = text.chars().count() * (GLYPH_WIDTH + 1) + 2 * MARGIN_DOTS;
    (dots * scale, (GLYPH_HEIGHT + 2 * MARGIN_DOTS) * scale)
}

/// Draws one line of text with a dark box behind it; what falls outside the picture is left out.
///
/// **Shape** `rgb` is `[height, width, 3]`; `x`, `y` are the box's upper left corner in pixels; `scale` is pixels per dot.
/// Typographic marks and western European letters show as their nearest in ASCII, other characters beyond it as an empty box. A buffer of another size is left as it is.
#[expect(clippy::too_many_arguments, reason = "one flat call per caption reads better than a builder")]
pub fn draw_text(
    rgb: &mut [u8],
    width: usize,
    height: usize,
    x: i32,
    y: i32,
    scale: usize,
    color: [u8; 3],
    text: &str,
) {
    if rgb.len() != width * height * 3 || scale == 0 {
        return;
    }
    let (box_width, box_height) = text_size(scale, text);
    for dy in 0..box_height {
        for dx in 0..box_width {
            if let Some(pixel) = pixel(rgb, width, height, x, y, dx, dy) {
                // The picture shines through at a quarter.
                pixel.iter_mut().for_each(|c| *c /= 4);
            }
        }
    }
    for (index, character) in text.chars().enumerate() {
        for (row, bits) in glyph(character).into_iter().enumerate() {
            for column in (0..GLYPH_WIDTH).filter(|c| bits >> (GLYPH_WIDTH - 1 - c) & 1 == 1) {
                let dot_x = (MARGIN_DOTS + index * (GLYPH_WIDTH + 1) + column) * scale;
                let dot_y = (MARGIN_DOTS + row) * scale;
                for (dx, dy) in (0..scale * scale).map(|i| (i % scale, i / scale)) {
                    if let Some(pixel) = pixel(rgb, width, height, x, y, dot_x + dx, dot_y + dy) {
                        pixel.copy_from_slice(&color);
                    }
                }
            }
        }
    }
}

fn pixel(
    rgb: &mut [u8],
    width: usize,
    height: usize,
    x: i32,
    y: i32,
    dx: usize,
    dy: usize,
) -> Option<&mut [u8]> {
    let px = usize::try_from(i64::from(x) + dx as i64).ok().filter(|px| *px < width)?;
    let py = usize::try_from(i64::from(y) + dy as i64).ok().filter(|py| *py < height)?;
    let at = (py * width + px) * 3;
    rgb.get_mut(at..at + 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_media::Timestamp;

    fn plain(width: u32, height: u32, value: u8) -> VideoFrame {
        let bytes = vec![value; (width * height * 3) as usize];
        VideoFrame::new(Timestamp::ZERO, width, height, bytes).expect("the size fits")
    }

    #[test]
    fn frames_stand_side_by_side_and_the_shorter_one_is_filled_with_black() {
        let both = hstack(&[plain(2, 3, 9), plain(1, 1, 7)]).expect("two frames");
        assert_eq!((both.width, both.height), (3, 3));
        assert_eq!(&both.rgb[..9], &[9, 9, 9, 9, 9, 9, 7, 7, 7]);
        assert_eq!(&both.rgb[9..18], &[9, 9, 9, 9, 9, 9, 0, 0, 0]);
        assert!(hstack(&[]).is_none());
    }

    #[test]
    fn a_letter_has_its_dots() {
        let (width, height) = text_size(1, "I");
        let mut rgb = vec![200; width * height * 3];
        draw_text(&mut rgb, width, height, 0, 0, 1, [255; 3], "I");
        let lit = rgb.chunks_exact(3).filter(|p| p[0] == 255).count();
        assert_eq!(lit, 3 + 5 + 3, "two bars and a stem");
        assert_eq!(rgb.chunks_exact(3).filter(|p| p[0] == 50).count(), width * height - lit);
    }

    #[test]
    fn text_outside_the_picture_is_cut_and_wrong_buffers_stay() {
        let mut rgb = vec![100; 10 * 10 * 3];
        for (x, y) in [(-50, 0), (0, -50), (9, 9), (i32::MAX, i32::MAX), (i32::MIN, i32::MIN)] {
            draw_text(&mut rgb, 10, 10, x, y, 3, [255; 3], "Viva \u{e9}");
        }
        let mut short = vec![1; 5];
        draw_text(&mut short, 10, 10, 0, 0, 1, [255; 3], "x");
        assert_eq!(short, vec![1; 5]);
    }

    #[test]
    fn letters_with_marks_are_read_without_them() {
        for (shown, plain) in
            [('\u{e9}', 'e'), ('\u{dc}', 'U'), ('\u{2019}', '\''), ('\u{2014}', '-'), ('\u{201c}', '"')]
        {
            assert_eq!(glyph(shown), glyph(plain), "{shown}");
        }
        let empty_box = glyph('\u{4e00}');
        assert!(('!'..='~').all(|character| glyph(character) != empty_box));
    }

    #[test]
    fn every_printable_character_but_space_has_dots_of_its_own() {
        let mut seen: Vec<[u8; GLYPH_HEIGHT]> = ('!'..='~').map(glyph).collect();
        assert!(seen.iter().all(|g| g.iter().any(|row| *row != 0) && g.iter().all(|row| *row < 32)));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 94);
    }
}
