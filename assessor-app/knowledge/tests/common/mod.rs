//! Documents made by hand.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use viva_assessment::{Embedder, EmbedderError};
use zip::write::SimpleFileOptions;

/// A line of a PDF page: type size in points and words.
pub(crate) type PrintedLine<'a> = (f64, &'a str);

/// A PDF with one Helvetica font; lines stand 1.2 type sizes apart, an empty one makes a gap.
pub(crate) fn pdf(pages: &[Vec<PrintedLine<'_>>]) -> Vec<u8> {
    let contents = pages.iter().map(|lines| {
        let (mut stream, mut y) = (String::new(), 760.0);
        for (size, words) in lines {
            y -= size * 1.2;
            let words = words.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
            writeln!(stream, "BT /F1 {size} Tf 1 0 0 1 72 {y} Tm ({words}) Tj ET").expect("is a string");
        }
        stream
    });
    let contents: Vec<String> = contents.collect();
    pdf_of(&contents)
}

/// A PDF with pages of the given content streams.
pub(crate) fn pdf_of(contents: &[String]) -> Vec<u8> {
    let kids: Vec<String> = (0..contents.len()).map(|page| format!("{} 0 R", 4 + page * 2)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), contents.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for (page, content) in contents.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + page * 2
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(bytes.len());
        write!(bytes, "{number} 0 obj\n{object}\nendobj\n").expect("is memory");
    }
    let start = bytes.len();
    write!(bytes, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).expect("is memory");
    for offset in offsets {
        writeln!(bytes, "{offset:010} 00000 n ").expect("is memory");
    }
    let id = "[<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>]";
    write!(
        bytes,
        "trailer\n<< /Size {} /Root 1 0 R /ID {id} >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    )
    .expect("is memory");
    bytes
}

/// A ZIP archive of parts.
pub(crate) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("is memory");
        zip.write_all(bytes).expect("is memory");
    }
    zip.finish().expect("is memory").into_inner()
}

/// A Word document with a body and a style sheet in which `Chapter` is a first-level heading.
pub(crate) fn docx(body: &str) -> Vec<u8> {
    const NAMES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
        xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"";
    let document = format!("<?xml version=\"1.0\"?><w:document {NAMES}><w:body>{body}</w:body></w:document>");
    let styles = format!(
        "<w:styles {NAMES}><w:style w:styleId=\"Chapter\"><w:pPr><w:outlineLvl w:val=\"0\"/></w:pPr></w:style></w:styles>"
    );
    let core =
        "<cp:coreProperties xmlns:cp=\"x\" xmlns:dc=\"y\"><dc:title>The guide</dc:title></cp:coreProperties>";
    archive(&[
        ("word/document.xml", document.as_bytes()),
        ("word/styles.xml", styles.as_bytes()),
        ("docProps/core.xml", core.as_bytes()),
    ])
}

/// Letter triples hashed into a vector: alike words look alike, nothing more.
pub(crate) struct Triples;

impl Embedder for Triples {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let vector = |text: &&str| {
            let mut vector = vec![0.0_f32; 512];
            for triple in text.to_lowercase().as_bytes().windows(3) {
                let hash =
                    triple.iter().fold(7_usize, |hash, byte| hash.wrapping_mul(31) + usize::from(*byte));
                vector[hash % 512] += 1.0;
            }
            vector
        };
        Ok(texts.iter().map(vector).collect())
    }
}
