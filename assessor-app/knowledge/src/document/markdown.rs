//! Markdown and plain text: the text stays as it is, byte for byte.

use super::{Document, Format, Heading, ReadError, decode::decode};

pub(super) fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    Ok(from_text(decode(bytes, None)?))
}

/// Markdown that is characters already. Headings are `#` to `######`; none is looked for in a code fence.
pub(crate) fn from_text(text: String) -> Document {
    let (mut headings, mut at, mut in_fence) = (Vec::new(), 0, false);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        in_fence ^= line.trim_start().starts_with("```");
        if let Some((level, title)) = title_of(line).filter(|_| !in_fence) {
            headings.push(Heading { level, title: title.to_owned(), range: at..end });
        }
        at = end;
    }
    let title = headings.first().map(|heading| heading.title.clone());
    Document { format: Format::Markdown, title, text, headings, pages: Vec::new(), notes: Vec::new() }
}

fn title_of(line: &str) -> Option<(u8, &str)> {
    let rest = line.trim_start_matches('#');
    let depth = line.len() - rest.len();
    ((1..=6).contains(&depth) && rest.starts_with([' ', '\t'])).then(|| (depth as u8, rest.trim()))
}

pub(super) fn read_plain(bytes: &[u8]) -> Result<Document, ReadError> {
    let text = decode(bytes, None)?;
    let breaks: Vec<usize> = text.match_indices('\u{c}').map(|(at, _)| at + 1).collect();
    let pages = if breaks.is_empty() { breaks } else { std::iter::once(0).chain(breaks).collect() };
    Ok(Document { format: Format::Text, title: None, text, headings: Vec::new(), pages, notes: Vec::new() })
}
