//! Words on pictures: a smooth typeface of one size, measured, broken into lines and drawn on the CPU.

use std::collections::BTreeMap;
use std::ops::Range;

use ab_glyph::{Font as _, FontRef, Glyph, GlyphId, PxScale, ScaleFont as _, point};

/// Places between two pixels where a letter may stand: whole pixels would set letters unevenly, more would be seen by nobody.
const STEPS: u8 = 4;
/// Drawn letters that are kept; a page of any language has fewer.
const MOST_KEPT: usize = 1024;
/// How soft the edge of a plate is, in pixels.
const SOFT_PX: f32 = 6.0;
/// What a plate leaves of the picture under it: white on half grey under it has a contrast of 11 to 1, on white 6 to 1.
const LEFT_OF_PICTURE: f32 = 0.22;

/// Ubuntu Light at one size: Latin, Greek and Cyrillic letters with their marks; what it has not shows as an empty box.
///
/// Drawing keeps letters, so that a caption of every picture costs a blend alone.
#[derive(Debug)]
pub struct Lettering {
    font: FontRef<'static>,
    scale: PxScale,
    kept: BTreeMap<(u16, u8), Drawn>,
}

/// How much of each pixel a letter covers, row by row.
#[derive(Debug)]
struct Drawn {
    left: i32,
    top: i32,
    width: usize,
    coverage: Vec<u8>,
}

/// A picture to write on.
#[derive(Debug)]
pub struct Paper<'a> {
    rgb: &'a mut [u8],
    width: usize,
    height: usize,
}

impl<'a> Paper<'a> {
    /// **Shape** `rgb` is `[height, width, 3]`; `None` for a buffer of another size.
    pub fn new(rgb: &'a mut [u8], width: u32, height: u32) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let bytes = width.checked_mul(height)?.checked_mul(3)?;
        (rgb.len() == bytes).then_some(Self { rgb, width, height })
    }

    /// Darkens a place with a soft edge, so that light words on it are read whatever is behind; what falls outside is left out.
    ///
    /// **Units** pixels; the corner is the upper left one, the soft edge lies outside of the place.
    pub fn plate(&mut self, (x, y): (i32, i32), (width, height): (u32, u32)) {
        let (x, y, reach) = (i64::from(x), i64::from(y), SOFT_PX as i64);
        let (right, bottom) = (x + i64::from(width), y + i64::from(height));
        let columns = (x - reach).max(0)..(right + reach).min(self.width as i64);
        for row in (y - reach).max(0)..(bottom + reach).min(self.height as i64) {
            let dy = (y - row).max(row + 1 - bottom).max(0) as f32;
            for column in columns.clone() {
                let dx = (x - column).max(column + 1 - right).max(0) as f32;
                let share = (1.0 - dx.hypot(dy) / SOFT_PX).clamp(0.0, 1.0);
                let dark = share * share * (3.0 - 2.0 * share);
                let keeps = 1.0 - dark * (1.0 - LEFT_OF_PICTURE);
                let at = (row as usize * self.width + column as usize) * 3;
                for channel in &mut self.rgb[at..at + 3] {
                    *channel = (f32::from(*channel) * keeps).round() as u8;
                }
            }
        }
    }

    fn blend(&mut self, x: i32, y: i32, coverage: u8, color: [u8; 3]) {
        let inside = |at: i32, end: usize| usize::try_from(at).ok().filter(|at| *at < end);
        let (Some(x), Some(y)) = (inside(x, self.width), inside(y, self.height)) else { return };
        let at = (y * self.width + x) * 3;
        let share = f32::from(coverage) / 255.0;
        for (channel, ink) in self.rgb[at..at + 3].iter_mut().zip(color) {
            // Mixed by light and not by the bytes that encode it: thin light strokes would vanish on a dark plate.
            let (under, ink) = (f32::from(*channel).powi(2), f32::from(ink).powi(2));
            *channel = (under + (ink - under) * share).sqrt().round() as u8;
        }
    }
}

impl Lettering {
    /// **Units** `px` is the height of a line from its highest to its lowest letter, at least 6.
    ///
    /// # Panics
    ///
    /// Where the program's own typeface is broken.
    #[must_use]
    pub fn new(px: f32) -> Self {
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT)
            .expect("the program's own typeface is one");
        let px = if px.is_finite() { px.clamp(6.0, 400.0) } else { 6.0 };
        Self { font, scale: PxScale::from(px), kept: BTreeMap::new() }
    }

    /// From the top of one line to the top of the next, in pixels.
    #[must_use]
    pub fn line_px(&self) -> u32 {
        (self.scale.y * 1.15).ceil() as u32
    }

    /// How wide a line of text is, in pixels.
    #[must_use]
    pub fn width(&self, text: &str) -> f32 {
        self.set(text).last().map_or(0.0, |(_, _, end)| end)
    }

    /// Breaks a text into lines of at most `most_px` pixels: between words, and within a word that is wider than a line.
    ///
    /// Lines are places in `text`, without the white space between them; a line has one letter at the least.
    #[must_use]
    pub fn lines(&self, text: &str, most_px: f32) -> Vec<Range<usize>> {
        let mut lines: Vec<Range<usize>> = Vec::new();
        for word in text.split_whitespace() {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            let end = start + word.len();
            if let Some(line) = lines.last_mut()
                && self.width(&text[line.start..end]) <= most_px
            {
                line.end = end;
                continue;
            }
            let mut rest = start..end;
            while let Some(fits) = self.fitting(&text[rest.clone()], most_px) {
                lines.push(rest.start..rest.start + fits);
                rest.start += fits;
            }
            lines.push(rest);
        }
        lines
    }

    /// Bytes of a word that fill a line; `None` where all of it has room.
    fn fitting(&self, word: &str, most_px: f32) -> Option<usize> {
        let ends = self.set(word).map(|(_, _, end)| end);
        let mut letters = word.char_indices().zip(ends).skip(1);
        letters.find(|(_, end)| *end > most_px).map(|((at, _), _)| at)
    }

    /// Draws one line; what falls outside of the paper is left out.
    ///
    /// **Units** pixels; `left` and `top` are the upper left corner of the line.
    pub fn draw(&mut self, paper: &mut Paper<'_>, (left, top): (f32, f32), color: [u8; 3], text: &str) {
        let base = (top + self.font.as_scaled(self.scale).ascent()).round() as i32;
        let placed: Vec<(GlyphId, f32)> = self.set(text).map(|(id, x, _)| (id, left + x)).collect();
        for (id, x) in placed {
            let whole = x.floor();
            let step = (((x - whole) * f32::from(STEPS)) as u8).min(STEPS - 1);
            let drawn = self.drawn(id, step);
            let rows = drawn.coverage.chunks_exact(drawn.width.max(1));
            for (y, row) in rows.enumerate() {
                let y = base.saturating_add(drawn.top).saturating_add(y as i32);
                for (x, coverage) in row.iter().enumerate() {
                    let x = (whole as i32).saturating_add(drawn.left).saturating_add(x as i32);
                    paper.blend(x, y, *coverage, color);
                }
            }
        }
    }

    /// Draws lines one below the other, each in the middle of the paper or, where it is wider, from its left edge on.
    ///
    /// **Units** pixels; `top` is the upper edge of the first line.
    pub fn centre(&mut self, paper: &mut Paper<'_>, top: f32, color: [u8; 3], lines: &[String]) {
        for (row, line) in lines.iter().enumerate() {
            let left = (paper.width as f32 - self.width(line)) / 2.0;
            let top = top + row as f32 * self.line_px() as f32;
            self.draw(paper, (left.max(0.0), top), color, line);
        }
    }

    /// The letters of a line, each with its place and where the next one begins.
    fn set(&self, text: &str) -> impl Iterator<Item = (GlyphId, f32, f32)> {
        let font = self.font.as_scaled(self.scale);
        let (mut end, mut before) = (0.0, None);
        text.chars().map(move |character| {
            // A break or tabulator within a line is a space.
            let character = if character.is_whitespace() { ' ' } else { character };
            let id = font.glyph_id(character);
            let at = end + before.map_or(0.0, |before| font.kern(before, id));
            (end, before) = (at + font.h_advance(id), Some(id));
            (id, at, end)
        })
    }

    fn drawn(&mut self, id: GlyphId, step: u8) -> &Drawn {
        if self.kept.len() >= MOST_KEPT {
            self.kept.clear();
        }
        let (font, scale) = (&self.font, self.scale);
        self.kept.entry((id.0, step)).or_insert_with(|| {
            let position = point(f32::from(step) / f32::from(STEPS), 0.0);
            let Some(outline) = font.outline_glyph(Glyph { id, scale, position }) else {
                return Drawn { left: 0, top: 0, width: 0, coverage: Vec::new() };
            };
            let bounds = outline.px_bounds();
            let (width, height) = (bounds.width() as usize, bounds.height() as usize);
            let mut coverage = vec![0; width * height];
            outline.draw(|x, y, share| {
                if let Some(pixel) = coverage.get_mut(y as usize * width + x as usize) {
                    *pixel = (share.clamp(0.0, 1.0) * 255.0).round() as u8;
                }
            });
            Drawn { left: bounds.min.x as i32, top: bounds.min.y as i32, width, coverage }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: u32 = 200;
    const HEIGHT: u32 = 40;

    fn written(text: &str, left: f32, ground: u8) -> Vec<u8> {
        let mut rgb = vec![ground; (WIDTH * HEIGHT * 3) as usize];
        let mut paper = Paper::new(&mut rgb, WIDTH, HEIGHT).expect("the size fits");
        Lettering::new(24.0).draw(&mut paper, (left, 4.0), [255; 3], text);
        rgb
    }

    #[test]
    fn letters_are_smooth_and_as_wide_as_they_measure() {
        let rgb = written("Hmm", 10.0, 0);
        let lit: Vec<usize> = (0..rgb.len() / 3).filter(|at| rgb[at * 3] > 0).collect();
        let columns = lit.iter().map(|at| at % WIDTH as usize);
        let (first, last) = (columns.clone().min().expect("ink"), columns.max().expect("ink"));
        let wide = Lettering::new(24.0).width("Hmm");
        assert!(first >= 10 && last as f32 <= 10.0 + wide, "{first} to {last}, {wide} wide");
        assert!((last - first) as f32 > wide * 0.8, "{first} to {last}, {wide} wide");
        assert!(lit.iter().any(|at| rgb[at * 3] == 255), "strokes are full");
        assert!(lit.iter().any(|at| (1..255).contains(&rgb[at * 3])), "edges are not");
    }

    #[test]
    fn umlauts_and_quotes_have_letters_of_their_own() {
        let characters = "aäoöuüAÄOÖUÜsßeé\"„“”‚‘’«»–—…";
        let mut seen: Vec<Vec<u8>> =
            characters.chars().map(|character| written(&character.to_string(), 10.0, 0)).collect();
        let empty_box = written("\u{4e00}", 10.0, 0);
        assert!(seen.iter().all(|letter| *letter != empty_box && letter.iter().any(|byte| *byte > 0)));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), characters.chars().count());
    }

    #[test]
    fn lines_break_between_words_and_only_there_where_a_word_has_room() {
        let lettering = Lettering::new(20.0);
        let text = "  Über   die „Grenzen“ hinaus: Donaudampfschifffahrtsgesellschaft, sagt er.\n";
        for most in [40.0_f32, 90.0, 200.0, 1000.0] {
            let lines = lettering.lines(text, most);
            let joined: String = lines.iter().map(|line| &text[line.clone()]).collect();
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(bare(&joined), bare(text), "nothing is lost at {most}");
            for line in &lines {
                let words = &text[line.clone()];
                assert!(
                    lettering.width(words) <= most || words.chars().count() == 1,
                    "{words:?} in {most} px"
                );
                let breaks_word = text[line.end..].chars().next().is_some_and(|next| !next.is_whitespace());
                assert!(!breaks_word || most < 400.0, "{words:?} ends within a word");
            }
        }
        let whole = lettering.lines(text, 1000.0);
        assert_eq!(whole.len(), 1);
        let one = lettering.width("one two");
        let lines = lettering.lines("one two three", one + 0.5);
        assert_eq!(lines, [0..7, 8..13]);
        assert!(lettering.lines(" \n", 100.0).is_empty());
        assert_eq!(lettering.lines("ab", 0.0).len(), 2, "a line has one letter at the least");
    }

    #[test]
    fn a_plate_makes_words_stand_out_from_white_and_fades_at_its_edge() {
        let mut rgb = vec![255; (WIDTH * HEIGHT * 3) as usize];
        let mut paper = Paper::new(&mut rgb, WIDTH, HEIGHT).expect("the size fits");
        paper.plate((20, 10), (100, 20));
        let at = |x: usize, y: usize| rgb[(y * WIDTH as usize + x) * 3];
        let light = |byte: u8| (f32::from(byte) / 255.0).powf(2.2);
        let contrast = 1.05 / (light(at(60, 20)) + 0.05);
        assert!(contrast > 7.0, "WCAG asks 7 to 1 at the best, this is {contrast}");
        assert!(at(20, 20) == at(60, 20) && at(119, 20) == at(60, 20), "it is even within its place");
        assert!((17..20).all(|x| at(x, 20) > at(x + 1, 20)), "it fades");
        assert_eq!(
            (at(13, 20), at(60, 3), at(127, 20)),
            (255, 255, 255),
            "beyond its edge nothing is changed"
        );
    }

    #[test]
    fn what_lies_outside_of_the_paper_is_left_out() {
        let mut rgb = vec![100; 10 * 10 * 3];
        let mut paper = Paper::new(&mut rgb, 10, 10).expect("the size fits");
        let mut lettering = Lettering::new(20.0);
        for (x, y) in [(-50, 0), (0, -50), (9, 9), (i32::MAX, i32::MAX), (i32::MIN, i32::MIN)] {
            lettering.draw(&mut paper, (x as f32, y as f32), [255; 3], "Viva \u{e9}");
            paper.plate((x, y), (3, 3));
            paper.plate((x, y), (u32::MAX, u32::MAX));
        }
        assert!(Paper::new(&mut rgb, 10, 11).is_none());
        assert!(Paper::new(&mut rgb, u32::MAX, u32::MAX).is_none());
    }

    #[test]
    fn a_text_of_all_letters_keeps_a_bounded_number() {
        let mut rgb = vec![0; 30];
        let mut lettering = Lettering::new(12.0);
        let all: String = ('\u{20}'..'\u{2200}').collect();
        for left in 0..4 {
            let mut paper = Paper::new(&mut rgb, 10, 1).expect("the size fits");
            lettering.draw(&mut paper, (left as f32 / 4.0, 0.0), [255; 3], &all);
            assert!(lettering.kept.len() <= MOST_KEPT);
        }
        assert!(lettering.kept.len() > 100);
    }
}
