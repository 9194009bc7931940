//! Pictures side by side, on the CPU.

use viva_media::VideoFrame;

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
}
