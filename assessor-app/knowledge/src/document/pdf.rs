//! PDF as text: lines by the places of their letters, headings by the size of their type.

use std::collections::BTreeMap;

use pdf_extract::{Document as Pdf, MediaBox, Object, OutputDev, OutputError, Transform, output_doc_page};

use super::{Document, Format, MOST_TEXT_BYTES, ReadError, writer::Writer};

/// More pages than any handbook has.
const MOST_PAGES: usize = 3_000;
/// A line set at least this much larger than the body is a heading.
const HEADING_SIZE: f64 = 1.12;
/// A longer line in large type is a slogan, or a page in large type.
const MOST_HEADING_CHARS: usize = 160;
/// A step down of more than this many type sizes separates paragraphs; single-spaced lines stand 1.15 to 1.35 apart, lines set
/// with one and a half spaces up to 1.8.
const PARAGRAPH_STEP: f64 = 1.9;

pub(super) fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    let damaged = |reason: String| ReadError::Malformed { format: Format::Pdf, reason };
    let mut pdf = Pdf::load_mem(bytes).map_err(|error| match error {
        pdf_extract::Error::InvalidPassword | pdf_extract::Error::Decryption(_) => ReadError::EncryptedPdf,
        other => damaged(other.to_string()),
    })?;
    // A document may be locked against printing only: then the empty password opens it.
    if pdf.is_encrypted() && pdf.decrypt("").is_err() {
        return Err(ReadError::EncryptedPdf);
    }
    let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
    if pages.is_empty() {
        return Err(damaged("it has no pages".to_owned()));
    }
    if pages.len() > MOST_PAGES {
        return Err(ReadError::TooLarge {
            what: format!("{} pages", pages.len()),
            most: format!("{MOST_PAGES} pages"),
        });
    }
    let mut lines = Lines::default();
    let (mut broken, mut silent) = (Vec::new(), Vec::new());
    for (number, page) in (1_usize..).zip(&pages) {
        lines.page = number;
        let before = lines.letters;
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            output_doc_page(&pdf, &mut lines, *page)
        }));
        lines.close();
        if lines.bytes > MOST_TEXT_BYTES {
            let most = format!("{} MB", MOST_TEXT_BYTES >> 20);
            return Err(ReadError::TooLarge { what: "the text".to_owned(), most });
        }
        if !matches!(read, Ok(Ok(()))) {
            broken.push(number);
        } else if lines.letters == before {
            silent.push(number);
        }
    }
    if broken.len() == pages.len() {
        return Err(damaged("no page can be read".to_owned()));
    }
    if lines.letters == 0 {
        return Err(ReadError::NoTextLayer { pages: pages.len() });
    }
    let mut notes = Vec::new();
    for (what, pages) in [("cannot be read", &broken), ("hold no text (pictures?)", &silent)] {
        if !pages.is_empty() {
            notes.push(format!("pages that {what}: {}", ranges(pages)));
        }
    }
    compose(&lines.lines, pages.len(), title_of(&pdf), notes)
}

fn title_of(pdf: &Pdf) -> Option<String> {
    let info = pdf.trailer.get(b"Info").ok()?;
    let info = match info {
        Object::Reference(id) => pdf.get_dictionary(*id).ok()?,
        other => other.as_dict().ok()?,
    };
    let title = pdf_extract::decode_text_string(info.get(b"Title").ok()?).ok()?;
    let title = title.trim().to_owned();
    // Programs leave the name of the source file here.
    let is_name = [".doc", ".docx", ".indd", ".tex", ".dvi", ".odt"].iter().any(|end| title.ends_with(end));
    let is_none = ["(anonymous)", "untitled"].contains(&title.to_lowercase().as_str());
    (title.chars().any(char::is_alphabetic) && !is_name && !is_none).then_some(title)
}

/// `1, 3–5`.
fn ranges(numbers: &[usize]) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut rest = numbers;
    while let Some(first) = rest.first() {
        let length = rest.iter().zip(*first..).take_while(|(number, expect)| *number == expect).count();
        told.push(if length > 1 { format!("{first}–{}", rest[length - 1]) } else { first.to_string() });
        rest = &rest[length..];
    }
    told.join(", ")
}

/// A printed line.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    page: usize,
    text: String,
    /// Type size in points, of most of its letters.
    size: f64,
    /// Step down from the line before on the page, in type sizes.
    step: f64,
}

/// Puts letters together to lines.
#[derive(Default)]
struct Lines {
    lines: Vec<Line>,
    page: usize,
    letters: usize,
    bytes: usize,
    text: String,
    /// Letters by type size in quarter points.
    sizes: BTreeMap<u32, usize>,
    y: f64,
    end_x: f64,
    last_y: Option<f64>,
}

impl Lines {
    fn close(&mut self) {
        self.end_line();
        self.last_y = None;
    }

    fn end_line(&mut self) {
        let text = std::mem::take(&mut self.text);
        let sizes = std::mem::take(&mut self.sizes);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let most = sizes.into_iter().max_by_key(|(size, count)| (*count, *size)).map_or(1, |(size, _)| size);
        let size = f64::from(most.max(1)) / 4.0;
        let step = self.last_y.map_or(0.0, |last| (last - self.y) / size);
        self.last_y = Some(self.y);
        self.bytes += text.len();
        self.lines.push(Line { page: self.page, text: text.to_owned(), size, step });
    }
}

impl OutputDev for Lines {
    fn begin_page(
        &mut self,
        _: u32,
        _: &MediaBox,
        _: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        trm: &Transform,
        width: f64,
        _: f64,
        font_size: f64,
        letter: &str,
    ) -> Result<(), OutputError> {
        let scale = (trm.m11 * trm.m22 - trm.m12 * trm.m21).abs().sqrt();
        let size = (scale * font_size).abs();
        let (x, y) = (trm.m31, trm.m32);
        if !(size.is_finite() && x.is_finite() && y.is_finite()) || self.bytes > MOST_TEXT_BYTES {
            return Ok(());
        }
        if !self.text.is_empty() {
            let other_line = (y - self.y).abs() > 0.5 * size;
            // Raised and lowered letters stay in the line.
            if other_line && (x < self.end_x || (y - self.y).abs() > 1.2 * size) {
                self.end_line();
            } else if x > self.end_x + 0.15 * size && !self.text.ends_with(' ') {
                self.text.push(' ');
            }
        }
        if self.text.is_empty() {
            self.y = y;
        }
        for c in letter.chars().filter(|c| !c.is_control()) {
            self.text.push(if c.is_whitespace() { ' ' } else { c });
            if c.is_alphanumeric() {
                self.letters += 1;
            }
        }
        let quarter_points = (size * 4.0).round().clamp(1.0, 4000.0) as u32;
        *self.sizes.entry(quarter_points).or_default() += letter.len();
        self.end_x = x + width * size;
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}

/// The type size of most of the text, in points.
fn body_size(lines: &[Line]) -> f64 {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    for line in lines {
        *sizes.entry((line.size * 4.0) as u32).or_default() += line.text.len();
    }
    sizes.into_iter().max_by_key(|(_, count)| *count).map_or(1.0, |(size, _)| f64::from(size) / 4.0)
}

fn compose(
    lines: &[Line],
    pages: usize,
    title: Option<String>,
    notes: Vec<String>,
) -> Result<Document, ReadError> {
    let body = body_size(lines);
    let is_heading = |line: &Line| {
        line.size >= body * HEADING_SIZE
            && line.text.chars().count() <= MOST_HEADING_CHARS
            && line.text.chars().any(char::is_alphabetic)
    };
    let mut sizes: Vec<u32> = lines.iter().filter(|l| is_heading(l)).map(|l| (l.size * 4.0) as u32).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.dedup();
    let running = running_lines(lines, pages);
    let mut writer = Writer::new();
    let mut page = 0;
    let mut paragraph = String::new();
    let mut heading: Option<(f64, String)> = None;
    for (number, line) in lines.iter().enumerate() {
        if running[number] {
            continue;
        }
        let new_page = line.page != page;
        let apart = line.step > PARAGRAPH_STEP || line.step < 0.0;
        if let Some((size, words)) = heading.take() {
            // A heading may take several lines.
            if is_heading(line)
                && size == line.size
                && !new_page
                && !apart
                && words.len() < MOST_HEADING_CHARS
            {
                heading = Some((size, format!("{words} {}", line.text)));
                continue;
            }
            writer.heading(level(size, &sizes), &words)?;
        }
        if new_page {
            writer.line(&std::mem::take(&mut paragraph))?;
            while page < line.page {
                page += 1;
                writer.page();
            }
        }
        if is_heading(line) {
            writer.paragraph(&std::mem::take(&mut paragraph))?;
            heading = Some((line.size, line.text.clone()));
            continue;
        }
        if apart {
            writer.paragraph(&std::mem::take(&mut paragraph))?;
        }
        join(&mut paragraph, &line.text);
    }
    if let Some((size, words)) = heading {
        writer.heading(level(size, &sizes), &words)?;
    }
    writer.paragraph(&paragraph)?;
    while page < pages {
        page += 1;
        writer.page();
    }
    Ok(writer.finish(Format::Pdf, title, notes))
}

fn level(size: f64, sizes: &[u32]) -> u8 {
    let rank = sizes.iter().position(|known| *known == (size * 4.0) as u32).unwrap_or_default();
    (rank + 1).min(6) as u8
}

/// Adds a line to a paragraph; a word that was cut at the line's end is made whole.
fn join(paragraph: &mut String, line: &str) {
    let cut = paragraph.strip_suffix('-').is_some_and(|head| head.ends_with(char::is_lowercase))
        && line.starts_with(char::is_lowercase)
        && !["und ", "oder ", "and ", "or "].iter().any(|word| line.starts_with(word));
    if cut {
        paragraph.pop();
    } else if !paragraph.is_empty() {
        paragraph.push('\n');
    }
    paragraph.push_str(line);
}

/// Which lines are page heads and feet: the first or last two of their page, and alike but for numbers on at least half of the pages.
fn running_lines(lines: &[Line], pages: usize) -> Vec<bool> {
    const FEWEST_PAGES: usize = 4;
    const EDGE_LINES: usize = 2;
    let mut running = vec![false; lines.len()];
    if pages < FEWEST_PAGES {
        return running;
    }
    let edge = |number: usize| {
        let elsewhere = |other: Option<&Line>| other.is_none_or(|line| line.page != lines[number].page);
        elsewhere(number.checked_sub(EDGE_LINES).map(|before| &lines[before]))
            || elsewhere(lines.get(number + EDGE_LINES))
    };
    let shape = |line: &Line| line.text.chars().filter(|c| !c.is_numeric()).collect::<String>();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in (0..lines.len()).filter(|number| edge(*number)).map(|number| &lines[number]) {
        *counts.entry(shape(line)).or_default() += 1;
    }
    for number in (0..lines.len()).filter(|number| edge(*number)) {
        running[number] = counts[&shape(&lines[number])] * 2 >= pages;
    }
    running
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(page: usize, size: f64, step: f64, text: &str) -> Line {
        Line { page, text: text.to_owned(), size, step }
    }

    #[test]
    fn words_cut_at_line_ends_are_made_whole() {
        for (before, after, expect) in [
            ("infor-", "mation here", "information here"),
            ("Haupt-", "und Nebenamt", "Haupt-\nund Nebenamt"),
            ("Wi-", "Fi", "Wi-\nFi"),
            ("one", "two", "one\ntwo"),
            ("", "two", "two"),
        ] {
            let mut paragraph = before.to_owned();
            join(&mut paragraph, after);
            assert_eq!(paragraph, expect);
        }
        assert_eq!(ranges(&[1, 3, 4, 5, 9]), "1, 3–5, 9");
    }

    #[test]
    fn headings_pages_and_running_lines() {
        let mut lines = Vec::new();
        for page in 1..=4 {
            lines.push(line(page, 9.0, 0.0, &format!("Handbook, page {page}")));
            lines.push(line(
                page,
                16.0,
                2.0,
                &format!("Chapter {}", ["one", "two", "three", "four"][page - 1]),
            ));
            lines.push(line(page, 10.0, 2.0, "The first paragraph begins here"));
            lines.push(line(page, 10.0, 1.2, &format!("and ends here, {}.", ["a", "b", "c", "d"][page - 1])));
            lines.push(line(page, 10.0, 2.5, &format!("The second one, {}.", page * 7)));
        }
        let document = compose(&lines, 5, None, Vec::new()).expect("is small");
        assert_eq!(document.headings.len(), 4);
        assert_eq!(document.title.as_deref(), Some("Chapter one"));
        assert!(!document.text.contains("Handbook"), "{}", document.text);
        assert!(document.text.contains("begins here\nand ends here, a.\n\n"));
        assert_eq!(document.pages.len(), 5);
        let two = document.text.find("Chapter two").expect("is there");
        assert_eq!(document.page_at(two), Some(2));
    }
}
