//! The film of the opened session as a picture among egui's.

use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use viva_media::{TimeSpan, Timestamp, VideoFrame};

use super::film::Film;
use crate::core::session::Session;
use crate::panels::FilmShown;

/// Stamps of a film are rounded to its own clock: a picture may lie so much after its time.
const ROUNDED: TimeSpan = TimeSpan::from_millis(2);
/// Strip of words below the two faces of a session's film, as a share of its height.
const WORDS_SHARE: f64 = 72.0 / 432.0;

/// Shows the film of one session at a time.
#[derive(Default)]
pub(super) struct Screen {
    film: Option<Film>,
    fault: Option<String>,
    texture: Option<TextureHandle>,
    /// Stamp of what the texture holds, and whether it is the whole film.
    holds: Option<(Timestamp, bool)>,
    wished: Timestamp,
}

impl Screen {
    /// Goes to the film's picture of a time; what is to be shown.
    pub(super) fn show(
        &mut self,
        context: &Context,
        session: &Session,
        at_secs: f64,
        whole: bool,
    ) -> Option<FilmShown> {
        let path = session.film.as_deref()?;
        if self.film.as_ref().is_none_or(|film| film.path() != path) {
            *self = Self::default();
            match Film::open(path) {
                Ok(film) => self.film = Some(film),
                Err(fault) => self.fault = Some(fault),
            }
        }
        let Some(film) = &mut self.film else {
            return Some(FilmShown { fault: self.fault.clone(), ..FilmShown::default() });
        };
        self.wished = Timestamp::from_secs(at_secs).max(Timestamp::ZERO) + ROUNDED;
        film.look(self.wished);
        if let Some(frame) = film.picture().filter(|frame| self.holds != Some((frame.captured, whole))) {
            self.holds = Some((frame.captured, whole));
            let image = image_of(frame, whole);
            match &mut self.texture {
                Some(texture) => texture.set(image, TextureOptions::LINEAR),
                none => *none = Some(context.load_texture("studio.film", image, TextureOptions::LINEAR)),
            }
        }
        let picture = self.texture.as_ref().map(|texture| (texture.id(), texture.size_vec2().into()));
        let at_secs = self.holds.map_or(0.0, |(at, _)| at.as_secs());
        Some(FilmShown { picture, at_secs, fault: film.fault().map(str::to_owned) })
    }

    /// True while the picture that was wished for last has not come.
    pub(super) fn is_busy(&self) -> bool {
        self.film.as_ref().is_some_and(|film| film.is_busy(self.wished))
    }
}

/// The candidate's half of a session's film, or all of it.
fn image_of(frame: &VideoFrame, whole: bool) -> ColorImage {
    let (width, height) = (frame.width as usize, frame.height as usize);
    // A film of another shape is of another program: nothing is cut off.
    let has_two_faces = width * 432 == height * 1280;
    if whole || !has_two_faces {
        return ColorImage::from_rgb([width, height], &frame.rgb);
    }
    let (left, high) = (width / 2, (height as f64 * (1.0 - WORDS_SHARE)).round() as usize);
    let mut rgb = Vec::with_capacity((width - left) * high * 3);
    for row in frame.rgb.chunks_exact(width * 3).take(high) {
        rgb.extend_from_slice(&row[left * 3..]);
    }
    ColorImage::from_rgb([width - left, high], &rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidates_half_is_cut_out_of_a_sessions_film() {
        let picture = |width: u32, height: u32| {
            let pixel =
                |index: u32| [(index % width * 255 / width) as u8, (index / width * 255 / height) as u8, 0];
            let rgb: Vec<u8> = (0..width * height).flat_map(pixel).collect();
            VideoFrame::new(Timestamp::ZERO, width, height, rgb).expect("the size fits")
        };
        let half = image_of(&picture(1280, 432), false);
        assert_eq!(half.size, [640, 360]);
        assert_eq!((half.pixels[0].r(), half.pixels[640 * 360 - 1].g()), (127, 211));
        assert_eq!(image_of(&picture(1280, 432), true).size, [1280, 432]);
        assert_eq!(image_of(&picture(640, 480), false).size, [640, 480]);
    }
}
