//! Documents of every format, whole and broken.

mod common;

use common::{archive, docx, pdf, pdf_of};
use pdf_extract::{EncryptionState, EncryptionVersion, Permissions};
use proptest::prelude::*;
use viva_knowledge::{Document, Format, Passage, ReadError, passages, read, split};

fn headings(document: &Document) -> Vec<(u8, &str)> {
    document.headings.iter().map(|heading| (heading.level, heading.title.as_str())).collect()
}

#[test]
fn a_pdf_gives_pages_headings_and_paragraphs() {
    let bytes = pdf(&[
        vec![
            (18.0, "Ward policy"),
            (10.0, ""),
            (10.0, "The first paragraph begins here and infor-"),
            (10.0, "mation follows."),
            (10.0, ""),
            (10.0, "The second paragraph."),
        ],
        vec![(14.0, "When to call"), (10.0, ""), (10.0, "Call security (at once) when a weapon is seen.")],
    ]);
    let document = read("policy.pdf", &bytes).expect("is a PDF");
    assert_eq!(document.format, Format::Pdf);
    assert_eq!(headings(&document), [(1, "Ward policy"), (2, "When to call")]);
    assert_eq!(document.title.as_deref(), Some("Ward policy"));
    assert!(
        document.text.contains("begins here and information follows.\n\nThe second"),
        "{}",
        document.text
    );
    let found = split("policy.pdf", "ab", &document);
    let last = found.last().expect("has passages");
    assert_eq!(
        (last.heading.as_str(), last.page, last.above.as_slice()),
        ("When to call", Some(2), &["Ward policy".to_owned()][..])
    );
    assert!(last.text.contains("Call security (at once)"));
}

/// A handbook of five hundred pages is read whole, and a passage of its last page names that page.
#[test]
fn a_pdf_of_five_hundred_pages_is_read_to_its_last_page() {
    // Headings that differ in their numbers alone are the head of a page, which is left out.
    let name = |page: u32| -> String {
        [page / 100, page / 10 % 10, page % 10].iter().map(|digit| char::from(b'a' + *digit as u8)).collect()
    };
    let lines: Vec<Vec<String>> = (1..=500_u32)
        .map(|page| {
            let mut lines = vec![format!("Rule {}", name(page)), String::new()];
            lines.extend((0..30).map(|line| {
                format!("Line {line} of page {page} says who calls whom, and when it is written down.")
            }));
            lines
        })
        .collect();
    let printed = |lines: &Vec<String>| -> Vec<(f64, String)> {
        lines.iter().enumerate().map(|(at, text)| (if at == 0 { 16.0 } else { 10.0 }, text.clone())).collect()
    };
    let pages: Vec<Vec<(f64, String)>> = lines.iter().map(printed).collect();
    let pages: Vec<Vec<(f64, &str)>> =
        pages.iter().map(|lines| lines.iter().map(|(size, text)| (*size, text.as_str())).collect()).collect();
    let document = read("handbook.pdf", &pdf(&pages)).expect("is a PDF");
    assert_eq!((document.headings.len(), document.notes.len()), (500, 0));
    let found = split("handbook.pdf", "ab", &document);
    let last = found.last().expect("has passages");
    assert_eq!((last.heading.as_str(), last.page), ("Rule faa", Some(500)));
    assert!(found.iter().all(|passage| passage.page.is_some()) && found.len() >= 500);
}

#[test]
fn a_pdf_that_cannot_be_read_says_why() {
    let scan = pdf_of(&["q 100 0 0 100 72 72 cm Q".to_owned(), String::new()]);
    assert_eq!(read("scan.pdf", &scan), Err(ReadError::NoTextLayer { pages: 2 }));
    let half = pdf(&[vec![(10.0, "Words on the first page.")], Vec::new()]);
    let document = read("half.pdf", &half).expect("has text");
    assert_eq!(document.notes, ["pages that hold no text (pictures?): 2"]);
    for cut in [9, 100, half.len() / 2] {
        assert!(
            matches!(read("cut.pdf", &half[..cut]), Err(ReadError::Malformed { format: Format::Pdf, .. })),
            "{cut}"
        );
    }
}

#[test]
fn an_encrypted_pdf_is_refused_unless_anyone_may_open_it() {
    let plain = pdf(&[vec![(10.0, "Secret words.")]]);
    for (password, expect) in [("open", Err(ReadError::EncryptedPdf)), ("", Ok(()))] {
        let mut document = pdf_extract::Document::load_mem(&plain).expect("is a PDF");
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password: password,
            key_length: 128,
            permissions: Permissions::empty(),
        };
        let state = EncryptionState::try_from(version).expect("can be encrypted");
        document.encrypt(&state).expect("can be encrypted");
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).expect("is memory");
        let read =
            read("locked.pdf", &bytes).map(|document| assert!(document.text.contains("Secret words.")));
        assert_eq!(read, expect);
    }
}

#[test]
fn a_word_document_gives_headings_lists_tables_and_pages() {
    let run = |words: &str| format!("<w:r><w:t xml:space=\"preserve\">{words}</w:t></w:r>");
    let heading = |style: &str, words: &str| {
        format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>{}</w:p>", run(words))
    };
    let cell = |words: &str| format!("<w:tc><w:p>{}</w:p></w:tc>", run(words));
    let body = [
        heading("Chapter", "First &amp; last"),
        format!("<w:p>{}{}</w:p>", run("One "), run("two &#228; three.")),
        format!("<w:p><w:del>{}</w:del>{}</w:p>", run("gone"), run("kept")),
        format!("<w:p>{}<w:r><w:br w:type=\"page\"/></w:r>{}</w:p>", run("before"), run("after")),
        heading("berschrift2", "Zweites"),
        format!("<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}</w:tr></w:tbl>", cell("a"), cell("b"), cell("c"), cell("d")),
        format!("<w:p><mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:p>", run("once"), run("twice")),
    ]
    .concat();
    let document = read("guide.docx", &docx(&body)).expect("is a Word document");
    assert_eq!(document.title.as_deref(), Some("The guide"));
    assert_eq!(headings(&document), [(1, "First & last"), (2, "Zweites")]);
    assert!(document.text.contains("One two ä three.\n\nkept\n"), "{:?}", document.text);
    assert!(document.text.contains("a | b\nc | d\n"), "{:?}", document.text);
    assert!(!document.text.contains("gone") && !document.text.contains("twice"));
    let page = |words: &str| document.page_at(document.text.find(words).expect("is there"));
    assert_eq!((page("before"), page("after"), page("Zweites")), (Some(1), Some(2), Some(2)));
    let plain = read("plain.docx", &docx(&format!("<w:p>{}</w:p>", run("words")))).expect("is one");
    assert_eq!(plain.page_at(0), None);
}

#[test]
fn archives_that_are_no_sound_word_document_are_refused() {
    let open = docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>");
    assert!(matches!(read("a.docx", &open[..open.len() / 2]), Err(ReadError::Malformed { .. })));
    let early = archive(&[("word/document.xml", b"<w:document><w:body><w:p><w:r><w:t>half")]);
    assert!(matches!(read("a.docx", &early), Err(ReadError::Malformed { .. })));
    let crossed = archive(&[("word/document.xml", b"<a><b></a></b>")]);
    assert!(matches!(read("a.docx", &crossed), Err(ReadError::Malformed { .. })));
    let bomb = archive(&[("word/document.xml", &vec![b' '; 64 << 20])]);
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(read("bomb.docx", &bomb), Err(ReadError::TooLarge { .. })));
    let sheet = archive(&[("xl/workbook.xml", b"<workbook/>")]);
    assert_eq!(read("a.xlsx", &sheet), Err(ReadError::Unknown("an Excel workbook".to_owned())));
    assert_eq!(read("a.doc", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Err(ReadError::OldOffice));
    let entities = archive(&[(
        "word/document.xml",
        b"<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><w:document><w:t>x&b;y</w:t></w:document>",
    )]);
    assert_eq!(
        read("entities.docx", &entities).map(|document| document.text.trim().to_owned()),
        Ok("x y".to_owned())
    );
}

#[test]
fn what_holds_no_words_is_refused() {
    assert_eq!(read("a.html", b"<script>x</script>"), Err(ReadError::Empty));
    assert_eq!(read("a.md", b" \n\n"), Err(ReadError::Empty));
    assert_eq!(read("a.html", &[0, 1, 2, 3, 4, 5, 6, 7, 14, 15]), Err(ReadError::Binary));
    assert_eq!(read("a.docx", &docx("")), Err(ReadError::Empty));
}

/// What must hold of the passages of any document.
fn check(document: &Document, found: &[Passage]) -> Result<(), TestCaseError> {
    let text = &document.text;
    let in_heading = |at: usize| document.headings.iter().any(|heading| heading.range.contains(&at));
    let blank = |c: &char| c.is_whitespace();
    // Blanks between passages and the lines of headings are all that is left out.
    let expect: Vec<(usize, char)> =
        text.char_indices().filter(|(at, c)| !blank(c) && !in_heading(*at)).collect();
    let kept: Vec<char> = found.iter().flat_map(|p| p.text.chars().filter(|c| !blank(c))).collect();
    prop_assert_eq!(&kept, &expect.iter().map(|(_, c)| *c).collect::<Vec<_>>());
    let (mut letters, mut page) = (0, None);
    for passage in found {
        let start = expect[letters].0;
        letters += passage.text.chars().filter(|c| !blank(c)).count();
        prop_assert!(text[start..].starts_with(&passage.text), "{:?} is not verbatim", passage.text);
        prop_assert!(passage.page >= page && passage.last_page >= passage.page, "pages rise");
        prop_assert_eq!(passage.page, document.page_at(start));
        page = passage.last_page;
        let under = document.headings.iter().rfind(|heading| heading.range.end <= start);
        prop_assert_eq!(&passage.heading, &under.map_or_else(String::new, |h| h.title.clone()));
        prop_assert!(passage.text.len() <= 1600, "{}", passage.text.len());
    }
    Ok(())
}

fn written() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        6 => "[a-zäß ]{1,40}[.!?]? ",
        1 => "\n#{1,7} [a-z]{0,9}\n",
        2 => "\n{1,3}",
        1 => "\n```\n",
        1 => "\u{c}",
        1 => "[a-z]{200,900}",
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn passages_are_verbatim_cover_the_text_and_keep_order(text in written()) {
        for name in ["a.md", "a.txt", "a.html"] {
            if let Ok(document) = read(name, text.as_bytes()) {
                check(&document, &split(name, "ab", &document))?;
            }
        }
        prop_assert!(passages("a.md", &text).iter().all(|passage| text.contains(&passage.text)));
    }

    #[test]
    fn no_bytes_bring_a_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..2000), ending in 0_usize..5) {
        let name = ["a.pdf", "a.docx", "a.html", "a.md", "a.txt"][ending];
        for head in [&b""[..], b"%PDF-1.7\n", b"PK\x03\x04", b"<!doctype html><table><a>"] {
            let bytes = [head, &bytes].concat();
            if let Ok(document) = read(name, &bytes) {
                check(&document, &split(name, "ab", &document))?;
            }
        }
    }

    #[test]
    fn no_damage_brings_a_reader_down(places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), cut in any::<prop::sample::Index>()) {
        let body = "<w:p><w:pPr><w:pStyle w:val=\"Chapter\"/></w:pPr><w:r><w:t>Title</w:t></w:r></w:p><w:p><w:r><w:t>words</w:t></w:r></w:p>";
        let xml = format!("<w:document><w:body>{body}</w:body></w:document>").into_bytes();
        let page = b"<h1>One</h1><p>two <b>three</b><table><tr><td>a<td>b</table><pre> x </pre>".to_vec();
        let whole = pdf(&[vec![(18.0, "Title"), (10.0, "Some words."), (10.0, "More words.")]]);
        for (name, original) in [("a.pdf", &whole), ("a.html", &page), ("a.xml", &xml)] {
            let mut bytes = original.clone();
            for (place, byte) in &places {
                let at = place.index(bytes.len());
                bytes[at] = *byte;
            }
            for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
                let read = if name == "a.xml" { read("a.docx", &archive(&[("word/document.xml", bytes)])) } else { read(name, bytes) };
                if let Ok(document) = read {
                    check(&document, &split(name, "ab", &document))?;
                }
            }
        }
    }
}
