//! Work samples: what is kept, what is refused, and what no machine looks at.

use viva_learner::{LearnerError, Mapped, Moment, SampleKind, Samples, SignQuoted};

fn now() -> Moment {
    "2026-03-02T10:00:00Z".parse().expect("a date")
}

fn mapped() -> Mapped {
    let sign = SignQuoted {
        criterion: "safety".to_owned(),
        sign: "gets help early".to_owned(),
        against: false,
        quote: "I called a colleague at once.".to_owned(),
        page: Some(2),
        start_s: None,
    };
    Mapped { exam: "ward".to_owned(), exam_sha256: "00".repeat(32), at: now(), signs: vec![sign] }
}

#[test]
fn kinds_are_told_by_what_a_file_holds() {
    for (name, first, is_document, expect) in [
        ("a.pdf", &b"%PDF-1.7"[..], true, Some(SampleKind::Document)),
        // A photo that calls itself a document is a photo.
        ("a.pdf", b"\xff\xd8\xff\xe0", true, Some(SampleKind::Photo)),
        ("a.dat", b"\x89PNG\r\n\x1a\n", false, Some(SampleKind::Photo)),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", false, Some(SampleKind::Photo)),
        ("a.WAV", b"RIFF\0\0\0\0WAVEfmt ", false, Some(SampleKind::Recording)),
        ("a.exe", b"MZ", false, None),
        ("noending", b"", false, None),
    ] {
        assert_eq!(SampleKind::of(name, first, is_document), expect, "{name}");
    }
}

#[test]
fn samples_are_kept_once_and_photos_are_for_people() {
    let mut samples = Samples::default();
    let text = samples.add(
        "Incident report",
        "volunteering at a festival",
        SampleKind::Document,
        "PDF",
        "aa",
        now(),
    );
    assert_eq!(text.expect("is kept").file, "evidence/e1.pdf");
    let photo = samples.add("The poster I made", "ward 3", SampleKind::Photo, "../../x", "bb", now());
    assert_eq!(photo.expect("is kept").file, "evidence/e2.bin", "an ending that leads elsewhere is none");
    let again =
        samples.add("Again", "ward 3", SampleKind::Document, "pdf", "aa", now()).expect_err("the same bytes");
    assert!(again.to_string().contains("as e1"), "{again}");
    samples.map("e1", mapped()).expect("a document is mapped");
    let error = samples.map("e2", mapped()).expect_err("a photo is not");
    assert!(
        matches!(&error, LearnerError::Refused(why) if why.contains("no machine looks at it")),
        "{error}"
    );
    assert!(
        samples.map("e9", mapped()).expect_err("there is none").to_string().contains("there are: e1, e2")
    );
    let file = samples.to_toml();
    assert_eq!(Samples::parse(&file).expect("reads"), samples);
    for (from, to, says) in [
        ("evidence/e1.pdf", "../e1.pdf", "must lie in evidence/"),
        ("evidence/e1.pdf", "evidence/../e1.pdf", "must lie in evidence/"),
        ("id = \"e2\"", "id = \"e1\"", "stands twice"),
        ("kind = \"photo\"", "kind = \"score\"", "unknown variant"),
    ] {
        assert!(file.contains(from), "{from} in {file}");
        let error = Samples::parse(&file.replacen(from, to, 1)).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(samples.remove("e1").expect("is there").file, "evidence/e1.pdf");
    assert_eq!(
        samples.add("New", "ward", SampleKind::Document, "md", "aa", now()).expect("is kept").id,
        "e3"
    );
}
