//! Golden pictures: the one place with their thresholds.
//!
//! They are made on the software driver only. `UPDATE_GOLDEN=1` writes them anew; a failure leaves the current picture and the
//! difference in `current/` beside the golden ones.

use std::path::Path;

use viva_media::VideoFrame;

use crate::RenderError;

/// Largest allowed mean difference per channel, of 255.
pub const MEAN_LIMIT: f64 = 2.0;
/// A pixel counts as changed when a channel differs by more than this, of 255.
pub const CHANGED_STEP: u8 = 16;
/// Largest allowed share of changed pixels.
pub const CHANGED_LIMIT: f64 = 0.005;
/// Largest golden file.
pub const MAX_GOLDEN_BYTES: u64 = 64 * 1024;

/// How far two pictures of one size are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Mean per channel, of 255.
    pub mean: f64,
    /// Share of pixels that changed by more than [`CHANGED_STEP`].
    pub changed: f64,
}

impl Difference {
    /// Between two pictures; `None` where the sizes differ.
    #[must_use]
    pub fn between(a: &VideoFrame, b: &VideoFrame) -> Option<Self> {
        if (a.width, a.height) != (b.width, b.height) || a.rgb.is_empty() {
            return None;
        }
        let steps = || a.rgb.iter().zip(b.rgb.iter()).map(|(x, y)| x.abs_diff(*y));
        let mean = steps().map(f64::from).sum::<f64>() / a.rgb.len() as f64;
        let all: Vec<u8> = steps().collect();
        let changed = all.chunks_exact(3).filter(|p| p.iter().any(|d| *d > CHANGED_STEP)).count();
        Some(Self { mean, changed: changed as f64 / (all.len() / 3) as f64 })
    }

    /// Whether a golden test may pass.
    #[must_use]
    pub fn is_within_limits(&self) -> bool {
        self.mean <= MEAN_LIMIT && self.changed <= CHANGED_LIMIT
    }
}

/// Compares a frame with `folder/name.png`.
///
/// # Errors
///
/// [`RenderError::Picture`] with the figures where the picture differs, is missing or is too large.
pub fn check_golden(folder: &Path, name: &str, frame: &VideoFrame, update: bool) -> Result<(), RenderError> {
    let path = folder.join(format!("{name}.png"));
    if update {
        write_png(&path, frame)?;
        let bytes = std::fs::metadata(&path).map_err(picture)?.len();
        return if bytes <= MAX_GOLDEN_BYTES {
            Ok(())
        } else {
            Err(RenderError::Picture(format!("{name}: {bytes} bytes, more than {MAX_GOLDEN_BYTES}")))
        };
    }
    let golden = read_png(&path)?;
    let difference = Difference::between(&golden, frame)
        .ok_or_else(|| RenderError::Picture(format!("{name}: the golden picture has another size")))?;
    if difference.is_within_limits() {
        return Ok(());
    }
    let current = folder.join("current");
    std::fs::create_dir_all(&current).map_err(picture)?;
    write_png(&current.join(format!("{name}.png")), frame)?;
    let apart: Vec<u8> =
        golden.rgb.iter().zip(frame.rgb.iter()).map(|(a, b)| a.abs_diff(*b).saturating_mul(8)).collect();
    if let Some(apart) = VideoFrame::new(frame.captured, frame.width, frame.height, apart) {
        write_png(&current.join(format!("{name}-diff.png")), &apart)?;
    }
    Err(RenderError::Picture(format!(
        "{name}: mean {:.2} (limit {MEAN_LIMIT}), changed {:.2} % (limit {:.2} %); see current/{name}.png",
        difference.mean,
        difference.changed * 100.0,
        CHANGED_LIMIT * 100.0
    )))
}

/// Writes a frame as a PNG file.
///
/// # Errors
///
/// [`RenderError::Picture`].
pub fn write_png(path: &Path, frame: &VideoFrame) -> Result<(), RenderError> {
    let file = std::io::BufWriter::new(std::fs::File::create(path).map_err(picture)?);
    let mut encoder = png::Encoder::new(file, frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(picture)?;
    writer.write_image_data(&frame.rgb).map_err(picture)
}

fn read_png(path: &Path) -> Result<VideoFrame, RenderError> {
    let file = std::io::BufReader::new(std::fs::File::open(path).map_err(picture)?);
    let mut reader = png::Decoder::new(file).read_info().map_err(picture)?;
    let mut rgb = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let info = reader.next_frame(&mut rgb).map_err(picture)?;
    rgb.truncate(info.buffer_size());
    VideoFrame::new(viva_media::Timestamp::ZERO, info.width, info.height, rgb)
        .ok_or_else(|| RenderError::Picture("a golden picture must be 8-bit RGB".into()))
}

fn picture(error: impl std::fmt::Display) -> RenderError {
    RenderError::Picture(error.to_string())
}
