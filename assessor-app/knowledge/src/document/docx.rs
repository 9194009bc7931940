//! Office Open XML text documents.
//!
//! **Source**: ECMA-376 part 1, §17 (WordprocessingML): `w:p` paragraphs of `w:r` runs of `w:t` text; heading depth is the
//! style's `w:outlineLvl` (§17.3.1.20). Pages are those of the last program that laid the document out
//! (`w:lastRenderedPageBreak`, §17.3.3.13) and hard page breaks.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{Document, Format, ReadError, writer::Writer};

/// The largest part that is unpacked; the words of a 500-page handbook are about 20 MB of XML.
const MOST_PART_BYTES: u64 = 128 << 20;
/// The most unpacked bytes for one packed byte: text packs to a tenth, a bomb to a thousandth.
const MOST_RATIO: u64 = 200;
const BODY: &str = "word/document.xml";

fn damaged(reason: impl ToString) -> ReadError {
    ReadError::Malformed { format: Format::Docx, reason: reason.to_string() }
}

/// What a ZIP archive is.
pub(super) fn format_of(bytes: &[u8]) -> Result<Format, ReadError> {
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    match () {
        () if has(BODY) => Ok(Format::Docx),
        () if has("xl/workbook.xml") => Err(ReadError::Unknown("an Excel workbook".to_owned())),
        () if has("ppt/presentation.xml") => Err(ReadError::Unknown("a PowerPoint presentation".to_owned())),
        () if has("META-INF/container.xml") => Err(ReadError::Unknown("an e-book".to_owned())),
        () if has("content.xml") => Err(ReadError::Unknown("an OpenDocument file".to_owned())),
        () => Err(ReadError::Unknown("a ZIP archive that is no Word document".to_owned())),
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let levels = match part(&mut archive, "word/styles.xml")? {
        Some(xml) => heading_styles(&xml)?,
        None => BTreeMap::new(),
    };
    let title = match part(&mut archive, "docProps/core.xml")? {
        Some(xml) => title_of(&xml)?,
        None => None,
    };
    let body = part(&mut archive, BODY)?.ok_or_else(|| damaged("its text part is missing"))?;
    let mut reader = Reader::from_reader(body.as_slice());
    let mut walk = Walk { levels, writer: Writer::new(), ..Walk::empty() };
    loop {
        match reader.read_event().map_err(damaged)? {
            Event::Start(element) => {
                walk.open(&element)?;
                walk.depth += 1;
            }
            Event::Empty(element) => {
                walk.open(&element)?;
                walk.close(element.local_name().as_ref())?;
            }
            Event::End(element) => {
                walk.depth = walk.depth.saturating_sub(1);
                walk.close(element.local_name().as_ref())?;
            }
            Event::Text(text) => walk.text(&text.decode().map_err(damaged)?),
            Event::CData(text) => walk.text(&text.decode().map_err(damaged)?),
            Event::GeneralRef(reference) => {
                let named = match reference.decode().map_err(damaged)?.as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                };
                let letter = named.or(reference.resolve_char_ref().map_err(damaged)?);
                walk.text(letter.unwrap_or(' ').encode_utf8(&mut [0; 4]));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if walk.depth > 0 {
        return Err(damaged("its text part ends too early"));
    }
    walk.end_paragraph()?;
    let Walk { writer, paged, .. } = walk;
    let mut document = writer.finish(Format::Docx, title, Vec::new());
    if !paged {
        document.pages.clear();
    }
    Ok(document)
}

/// Unpacks a part; its stated size is not believed.
fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(at) = archive.index_for_name(name) else { return Ok(None) };
    let file = archive.by_index(at).map_err(damaged)?;
    let most = MOST_PART_BYTES.min(file.compressed_size().saturating_mul(MOST_RATIO).max(1 << 20));
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 > most {
        let most = format!("{} MB unpacked, and {MOST_RATIO} times its packed size", MOST_PART_BYTES >> 20);
        return Err(ReadError::TooLarge { what: format!("its part {name}"), most });
    }
    Ok(Some(bytes))
}

/// Style id → heading depth from 1.
fn heading_styles(xml: &[u8]) -> Result<BTreeMap<String, u8>, ReadError> {
    let (mut levels, mut style) = (BTreeMap::new(), String::new());
    let mut reader = Reader::from_reader(xml);
    loop {
        match reader.read_event().map_err(damaged)? {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                b"style" => style = attribute(&element, b"styleId").unwrap_or_default(),
                b"outlineLvl" => {
                    let depth = attribute(&element, b"val").and_then(|value| value.parse::<u8>().ok());
                    if let Some(depth) = depth.filter(|depth| *depth < 9) {
                        levels.insert(style.clone(), depth + 1);
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok(levels),
            _ => {}
        }
    }
}

fn title_of(xml: &[u8]) -> Result<Option<String>, ReadError> {
    let (mut inside, mut title) = (false, String::new());
    let mut reader = Reader::from_reader(xml);
    loop {
        match reader.read_event().map_err(damaged)? {
            Event::Start(element) => inside = element.local_name().as_ref() == b"title",
            Event::End(_) => inside = false,
            Event::Text(text) if inside => title.push_str(&text.decode().map_err(damaged)?),
            Event::Eof => return Ok((!title.trim().is_empty()).then_some(title)),
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let found =
        element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(String::from_utf8_lossy(&found.value).into_owned())
}

struct Walk {
    levels: BTreeMap<String, u8>,
    writer: Writer,
    words: String,
    heading: Option<u8>,
    in_text: bool,
    /// Open elements whose content is a copy for older programs, or was deleted.
    skipped: usize,
    cells: usize,
    depth: usize,
    paged: bool,
    begun: bool,
}

impl Walk {
    const fn empty() -> Self {
        Self {
            levels: BTreeMap::new(),
            writer: Writer::new(),
            words: String::new(),
            heading: None,
            in_text: false,
            skipped: 0,
            cells: 0,
            depth: 0,
            paged: false,
            begun: false,
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_text && self.skipped == 0 {
            self.words.push_str(text);
        }
    }

    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), ReadError> {
        if !self.begun {
            self.begun = true;
            self.writer.page();
        }
        match element.local_name().as_ref() {
            b"Fallback" | b"del" | b"moveFrom" => self.skipped += 1,
            _ if self.skipped > 0 => {}
            b"p" if self.cells == 0 => self.end_paragraph()?,
            b"p" if !self.words.is_empty() && !self.words.ends_with("| ") => self.words.push(' '),
            b"pStyle" => {
                let style = attribute(element, b"val").unwrap_or_default();
                let written = style.to_ascii_lowercase();
                // Without a style sheet the ids of Word's own styles tell, in English and German.
                let own = ["heading", "berschrift"].iter().find_map(|name| {
                    let (_, depth) = written.split_once(name)?;
                    depth.trim().parse::<u8>().ok().filter(|depth| (1..=9).contains(depth))
                });
                let own = own.or((written == "title" || written == "titel").then_some(1));
                self.heading = self.levels.get(&style).copied().or(own);
            }
            b"outlineLvl" => {
                let depth = attribute(element, b"val").and_then(|value| value.parse::<u8>().ok());
                self.heading = depth.filter(|depth| *depth < 9).map(|depth| depth + 1).or(self.heading);
            }
            b"t" => self.in_text = true,
            b"tab" => self.words.push('\t'),
            b"br" | b"cr" => match attribute(element, b"type").as_deref() {
                Some("page") => self.page()?,
                _ => self.words.push('\n'),
            },
            b"noBreakHyphen" => self.words.push('-'),
            b"lastRenderedPageBreak" => self.page()?,
            b"tr" => {
                self.end_paragraph()?;
                self.cells += 1;
            }
            b"tc" if !self.words.trim().is_empty() => self.words.push_str(" | "),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &[u8]) -> Result<(), ReadError> {
        match name {
            b"Fallback" | b"del" | b"moveFrom" => self.skipped = self.skipped.saturating_sub(1),
            _ if self.skipped > 0 => {}
            b"t" => self.in_text = false,
            b"p" if self.cells == 0 => self.end_paragraph()?,
            b"tr" => {
                self.cells = self.cells.saturating_sub(1);
                self.heading = None;
                let words = std::mem::take(&mut self.words);
                self.writer.line(&words)?;
            }
            b"tbl" => self.writer.gap(),
            _ => {}
        }
        Ok(())
    }

    /// A new page; words of the paragraph that stand before it stay on the old one.
    fn page(&mut self) -> Result<(), ReadError> {
        self.paged = true;
        if self.heading.is_none() && !self.words.trim().is_empty() {
            let words = std::mem::take(&mut self.words);
            self.writer.line(&words)?;
        }
        self.writer.page();
        Ok(())
    }

    fn end_paragraph(&mut self) -> Result<(), ReadError> {
        let words = std::mem::take(&mut self.words);
        match self.heading.take() {
            Some(level) => self.writer.heading(level, &words),
            None if words.trim().is_empty() => Ok(()),
            None => self.writer.paragraph(&words),
        }
    }
}
