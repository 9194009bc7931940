//! Textures from PNG and JPEG, as untrusted input, made no larger than a picture needs.

use png::{ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Longest side of a file that is decoded.
const MAX_SIDE_PX: usize = 8192;
/// Longest side that is kept: a face fills at most so many pixels of a film.
pub const KEPT_SIDE_PX: usize = 1024;

/// A texture.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// **Shape** `[height, width, 4]`: red, green, blue encoded as sRGB, and opacity.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}x{})", self.width, self.height)
    }
}

impl Image {
    /// Decodes a PNG or JPEG file; one larger than [`KEPT_SIDE_PX`] is halved until it is not.
    ///
    /// # Errors
    ///
    /// A sentence that says what does not hold.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let mut image = match bytes {
            [0x89, b'P', b'N', b'G', ..] => png(bytes)?,
            [0xff, 0xd8, 0xff, ..] => jpeg(bytes)?,
            _ => return Err("it is neither PNG nor JPEG".into()),
        };
        while image.width.max(image.height) > KEPT_SIDE_PX {
            image = image.halved();
        }
        Ok(image)
    }

    /// The file of this texture.
    ///
    /// # Panics
    ///
    /// Where the list of pixels has not the size that width and height say.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width as u32, self.height as u32);
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a list of bytes takes what is written");
        writer.write_image_data(&self.rgba).expect("the size fits");
        writer.finish().expect("a list of bytes takes what is written");
        out
    }

    /// Averages of two by two pixels; an odd last row or column counts for itself.
    fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut rgba = Vec::with_capacity(width * height * 4);
        for y in 0..height {
            for x in 0..width {
                for channel in 0..4 {
                    let sum: u32 = [(0, 0), (1, 0), (0, 1), (1, 1)]
                        .into_iter()
                        .map(|(dx, dy)| {
                            let (px, py) =
                                ((2 * x + dx).min(self.width - 1), (2 * y + dy).min(self.height - 1));
                            u32::from(self.rgba[(py * self.width + px) * 4 + channel])
                        })
                        .sum();
                    rgba.push((sum / 4) as u8);
                }
            }
        }
        Self { width, height, rgba }
    }
}

fn check(width: usize, height: usize) -> Result<(), String> {
    if width == 0 || height == 0 || width > MAX_SIDE_PX || height > MAX_SIDE_PX {
        return Err(format!("it has {width} x {height} pixels (1..={MAX_SIDE_PX} each)"));
    }
    Ok(())
}

fn png(bytes: &[u8]) -> Result<Image, String> {
    let mut decoder = png::Decoder::new_with_limits(
        std::io::Cursor::new(bytes),
        png::Limits { bytes: MAX_SIDE_PX * MAX_SIDE_PX * 4 },
    );
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|error| format!("PNG: {error}"))?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    check(width, height)?;
    let size = reader.output_buffer_size().ok_or("PNG: it is too large")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|error| format!("PNG: {error}"))?;
    let pixels = &pixels[..frame.buffer_size()];
    let rgba: Vec<u8> = match frame.color_type {
        ColorType::Rgba => pixels.to_vec(),
        ColorType::Rgb => pixels.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
        ColorType::GrayscaleAlpha => {
            pixels.as_chunks::<2>().0.iter().flat_map(|[g, a]| [*g, *g, *g, *a]).collect()
        }
        ColorType::Grayscale => pixels.iter().flat_map(|g| [*g, *g, *g, 255]).collect(),
        ColorType::Indexed => return Err("PNG: its palette was not resolved".into()),
    };
    sized(width, height, rgba)
}

fn jpeg(bytes: &[u8]) -> Result<Image, String> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE_PX)
        .set_max_height(MAX_SIDE_PX)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let rgba = decoder.decode().map_err(|error| format!("JPEG: {error:?}"))?;
    let (width, height) = decoder.dimensions().ok_or("JPEG: it has no size")?;
    check(width, height)?;
    sized(width, height, rgba)
}

fn sized(width: usize, height: usize, rgba: Vec<u8>) -> Result<Image, String> {
    if rgba.len() != width * height * 4 {
        return Err(format!("{} bytes are no picture of {width} x {height} pixels", rgba.len()));
    }
    Ok(Image { width, height, rgba })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_survives_its_file_and_a_large_one_is_halved() {
        let rgba: Vec<u8> = (0..5 * 3 * 4).map(|n| (n * 7 % 256) as u8).collect();
        let image = Image { width: 5, height: 3, rgba };
        assert_eq!(Image::decode(&image.to_png()), Ok(image));
        let large = Image { width: 1500, height: 2, rgba: vec![200; 1500 * 2 * 4] };
        let kept = Image::decode(&large.to_png()).expect("a plain picture");
        assert_eq!((kept.width, kept.height, kept.rgba[0]), (750, 1, 200));
    }

    /// Eight by eight pixels of (200, 40, 20), written by Pillow at quality 50.
    const JPEG: &[&str] = &[
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1R",
        "V19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj",
        "Y2NjY2NjY2NjY2NjY2P/wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAUEAEAAAAAAAAAAAAA",
        "AAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABQb/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCUAOU7/9k=",
    ];

    #[test]
    fn a_jpeg_of_another_program_is_read_and_broken_ones_never_panic() {
        use base64::Engine as _;
        let file = base64::engine::general_purpose::STANDARD.decode(JPEG.concat()).expect("base64");
        let image = Image::decode(&file).expect("a JPEG");
        assert_eq!((image.width, image.height, image.rgba.len()), (8, 8, 256));
        for (channel, expect) in [200_u8, 40, 20, 255].into_iter().enumerate() {
            assert!(image.rgba[channel].abs_diff(expect) < 12, "{:?}", &image.rgba[..4]);
        }
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 0x5a;
            if let Ok(image) = Image::decode(&bad) {
                assert_eq!(image.rgba.len(), image.width * image.height * 4);
            }
            Image::decode(&file[..at]).ok();
        }
    }

    #[test]
    fn broken_pictures_are_sentences_and_never_panics() {
        let file = Image { width: 9, height: 9, rgba: vec![9; 9 * 9 * 4] }.to_png();
        // The last bytes close the file and hold no pixel.
        for cut in 0..file.len() - 16 {
            Image::decode(&file[..cut]).unwrap_err();
        }
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 0x55;
            if let Ok(image) = Image::decode(&bad) {
                assert_eq!(image.rgba.len(), image.width * image.height * 4);
            }
        }
        Image::decode(b"\xff\xd8\xff\xe0 no picture at all").unwrap_err();
        Image::decode(b"GIF89a").unwrap_err();
    }
}
