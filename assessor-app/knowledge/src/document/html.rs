//! HTML as text.

use encoding_rs::Encoding;
use scraper::{Html, Node};

use super::{Document, Format, ReadError, decode::decode, writer::Writer};

/// What is not read aloud.
const SILENT: [&str; 11] =
    ["script", "style", "head", "template", "noscript", "svg", "iframe", "object", "nav", "select", "button"];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 33] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "aside",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "caption",
    "blockquote",
    "pre",
    "figure",
    "figcaption",
    "form",
    "fieldset",
    "address",
    "hr",
    "details",
    "summary",
    "h1",
    "h2",
    "h3",
];

enum Step<'a> {
    Open(ego_tree::NodeRef<'a, Node>),
    Close(&'a str),
}

pub(super) fn read(bytes: &[u8]) -> Result<Document, ReadError> {
    let html = Html::parse_document(&decode(bytes, declared(bytes))?);
    let mut walk =
        Walk { writer: Writer::new(), words: String::new(), preformatted: 0, heading: None, title: None };
    // A list in place of recursion: depth is the author's choice.
    let mut open = vec![Step::Open(html.tree.root())];
    while let Some(step) = open.pop() {
        match step {
            Step::Close(name) => walk.close(name)?,
            Step::Open(node) => {
                match node.value() {
                    Node::Text(text) => walk.text(text),
                    Node::Element(element) => {
                        let name = element.name();
                        if name == "head" {
                            walk.title =
                                node.descendants().find(|child| is_element(child, "title")).map(text_of);
                        }
                        let hidden =
                            element.attr("hidden").is_some() || element.attr("aria-hidden") == Some("true");
                        if SILENT.contains(&name) || hidden {
                            continue;
                        }
                        walk.open(name)?;
                        open.push(Step::Close(name));
                    }
                    _ => {}
                }
                let children: Vec<_> = node.children().collect();
                open.extend(children.into_iter().rev().map(Step::Open));
            }
        }
    }
    walk.flush(true)?;
    let Walk { writer, title, .. } = walk;
    Ok(writer.finish(Format::Html, title, Vec::new()))
}

fn is_element(node: &ego_tree::NodeRef<'_, Node>, name: &str) -> bool {
    node.value().as_element().is_some_and(|element| element.name() == name)
}

fn text_of(node: ego_tree::NodeRef<'_, Node>) -> String {
    node.descendants().filter_map(|child| child.value().as_text().map(|text| text.to_string())).collect()
}

/// The encoding that a `<meta>` near the top names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    Encoding::for_label(label.as_bytes())
}

struct Walk {
    writer: Writer,
    words: String,
    preformatted: usize,
    heading: Option<u8>,
    title: Option<String>,
}

impl Walk {
    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            return self.words.push_str(text);
        }
        for (number, word) in text.split(|c: char| c.is_whitespace()).enumerate() {
            if number > 0 && !self.words.is_empty() && !self.words.ends_with([' ', '\n']) {
                self.words.push(' ');
            }
            self.words.push_str(word);
        }
    }

    fn open(&mut self, name: &str) -> Result<(), ReadError> {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush(true)?;
                self.heading = Some(name.as_bytes()[1] - b'0');
            }
            "br" => self.words.push('\n'),
            "td" | "th" if !self.words.trim().is_empty() => self.words.push_str(" | "),
            "li" => {
                self.flush(false)?;
                self.words.push_str("- ");
            }
            "tr" | "dt" | "dd" => self.flush(false)?,
            "pre" => {
                self.flush(true)?;
                self.preformatted += 1;
            }
            _ if BLOCKS.contains(&name) => self.flush(true)?,
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), ReadError> {
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let words = std::mem::take(&mut self.words);
                if let Some(level) = self.heading.take() {
                    self.writer.heading(level, &words)?;
                }
            }
            "li" | "tr" | "dt" | "dd" => self.flush(false)?,
            "pre" => {
                self.flush(true)?;
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            _ if BLOCKS.contains(&name) => self.flush(true)?,
            _ => {}
        }
        Ok(())
    }

    /// Hands over the words so far. Inside a heading a block is no line.
    fn flush(&mut self, paragraph: bool) -> Result<(), ReadError> {
        if self.heading.is_some() {
            self.words.push(' ');
            return Ok(());
        }
        let words = std::mem::take(&mut self.words);
        if words.trim().trim_matches('-').is_empty() {
            // A list item that begins with a paragraph keeps its mark for it.
            if words.starts_with("- ") {
                self.words = words;
            } else if paragraph {
                self.writer.gap();
            }
            return Ok(());
        }
        if paragraph { self.writer.paragraph(&words) } else { self.writer.line(&words) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lists_tables_and_silence() {
        let page = "<html><head><title>The  guide</title><style>p{}</style></head><body><nav>Home</nav>\
            <h1>First <em>part</em></h1><p>One<br>two &amp; three</p><script>alert('no')</script>\
            <ul><li>apple</li><li><p>pear</p></li></ul><h2>Second</h2><table><tr><td>a</td><td>b</td></tr></table>\
            <pre>  kept\n    so</pre><p hidden>not this</p></body></html>";
        let document = read(page.as_bytes()).expect("is HTML");
        assert_eq!(document.title.as_deref(), Some("The guide"));
        assert_eq!(
            document.headings.iter().map(|h| (h.level, h.title.as_str())).collect::<Vec<_>>(),
            [(1, "First part"), (2, "Second")]
        );
        let text = &document.text;
        for part in ["One\ntwo & three", "- apple\n- pear", "a | b", "kept\n    so"] {
            assert!(text.contains(part), "{part:?} in {text:?}");
        }
        for part in ["Home", "alert", "not this", "p{}"] {
            assert!(!text.contains(part), "{part:?} in {text:?}");
        }
    }

    #[test]
    fn the_declared_encoding_is_used() {
        let page = b"<meta charset=\"iso-8859-2\"><p>\xB1</p>";
        assert_eq!(read(page).expect("is HTML").text.trim(), "\u{105}");
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = "<div>".repeat(20_000) + "end";
        assert!(read(deep.as_bytes()).expect("is HTML").text.contains("end"));
    }
}
