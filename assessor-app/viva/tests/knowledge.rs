//! `viva kb` as its users run it, and an exam package with documents that are not markdown.
//!
//! The sentence network must be in the cache: `cargo xtask test` fetches it.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{exam, viva};
use serde_json::Value;

/// Standard output, standard error and exit code.
fn run(args: &[&str]) -> (String, String, i32) {
    let output = viva(args, "");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(!error.contains("panicked"), "{error}");
    (out, error, output.status.code().unwrap_or(-1))
}

#[track_caller]
fn json(args: &[&str]) -> Value {
    let (out, error, _) = run(args);
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("viva {args:?}: {out}{error}"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("test folders have plain names")
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("has a folder")).expect("can be made");
    fs::write(path, text).expect("can be written");
}

/// A page that a browser might have saved.
const POLICY: &str = "<html><head><title>Ward policy</title></head><body><h1>Ward policy</h1>\
    <h2>When to call</h2><p>Call security at once when somebody threatens or holds a weapon.</p>\
    <h2>Writing it down</h2><p>Fill in an incident report before the end of the shift.</p></body></html>";

#[test]
fn documents_come_in_are_found_change_and_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let (papers, base) = (folder.path().join("papers"), folder.path().join("base"));
    write(&papers.join("policy.html"), POLICY);
    write(&papers.join("copy.html"), POLICY);
    write(&papers.join("notes.txt"), "The visiting hours are from two to eight in the afternoon.");
    write(&papers.join("broken.pdf"), "%PDF-1.4 and nothing else");
    write(&papers.join("picture.png"), "no document");
    let (papers, base) = (text(&papers), text(&base));

    let (out, error, code) = run(&["kb", "add", papers, "--kb", base]);
    assert_eq!(code, 1, "{out}{error}");
    for part in [
        "policy.html: not added: the same bytes as papers/copy.html",
        "notes.txt: added, 1 passages",
        "broken.pdf: REFUSED: the PDF file is damaged",
        "1 other files left aside",
        "2 documents, 3 passages",
    ] {
        assert!(out.contains(part), "{part:?} in {out}");
    }
    let broken = PathBuf::from(papers).join("broken.pdf");
    fs::remove_file(broken).expect("was there");
    let (out, error, code) = run(&["kb", "add", papers, "--kb", base]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("2 unchanged, 1 duplicates"), "{out}");

    let found = json(&["kb", "search", "Whom do I call when there is a weapon?", "--kb", base, "--json"]);
    let hit = &found["hits"][0];
    assert_eq!((hit["heading"].as_str(), hit["title"].as_str()), (Some("When to call"), Some("Ward policy")));
    assert!(hit["citation"].as_str().is_some_and(|c| c.contains(hit["sha256"].as_str().expect("a hash"))));
    assert!(hit["cosine"].as_f64() > Some(0.3) && hit["bm25"].as_f64() > Some(0.0), "{hit}");
    let (out, _, code) = run(&["kb", "search", "How do I bake sourdough bread?", "--kb", base]);
    assert_eq!((code, out.contains("not in these documents")), (3, true), "{out}");

    write(&PathBuf::from(papers).join("notes.txt"), "The visiting hours are from ten to noon.");
    let (out, _, code) = run(&["kb", "verify", "--kb", base]);
    assert_eq!((code, out.contains("has changed since")), (1, true), "{out}");
    let (out, _, _) = run(&["kb", "add", papers, "--kb", base]);
    assert!(out.contains("notes.txt: replaced, 1 passages"), "{out}");
    assert_eq!(run(&["kb", "verify", "--kb", base]).2, 0);
    let found = json(&["kb", "search", "visiting hours", "--kb", base, "--json"]);
    assert!(found["hits"][0]["text"].as_str().is_some_and(|text| text.contains("ten to noon")), "{found}");

    assert_eq!(run(&["kb", "remove", "papers/notes.txt", "--kb", base]).2, 0);
    let listed = json(&["kb", "list", "--kb", base, "--json"]);
    assert_eq!(listed["documents"].as_array().map(Vec::len), Some(1));
    assert!(run(&["kb", "remove", "papers/notes.txt", "--kb", base]).1.contains("viva kb list"));
    assert!(run(&["kb", "search", "x", "--kb", papers]).1.contains("is no knowledge base"));
    assert!(run(&["kb", "add", papers, "--kb", papers]).1.contains("choose an empty or a new folder"));
}

#[test]
fn questions_are_measured_against_the_handbooks() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = folder.path().join("base");
    let exams = exam().parent().expect("beside the others").to_owned();
    let questions = common::root().join("assessor-app/knowledge/questions/handbooks.test.jsonl");
    assert_eq!(run(&["kb", "add", text(&exams), "--kb", text(&base)]).2, 0);
    let measure = |questions: &Path| {
        json(&["kb", "eval", "--kb", text(&base), "--questions", text(questions), "--repeat", "1", "--json"])
    };
    let measured = measure(&questions);
    let number = |path: &str| measured.pointer(path).and_then(Value::as_f64).unwrap_or(-1.0);
    assert_eq!(number("/in_scope_questions"), 26.0);
    for (path, least) in [
        ("/fused/recall_at_5", 0.9),
        ("/fused/mrr", 0.75),
        ("/refusals/recall", 0.8),
        ("/refusals/precision", 0.8),
    ] {
        assert!((least..=1.0).contains(&number(path)), "{path}: {}", number(path));
    }
    assert!(number("/total_ms/p50") > 0.0 && number("/total_ms/p99") >= number("/total_ms/p50"));

    let wrong = folder.path().join("wrong.jsonl");
    for (line, says) in [
        ("{\"query\": \"x\"}", "off_scope"),
        ("{\"query\": \"x\", \"relevant\": [{\"document\": \"none.md\"}]}", "no passage of the base fits"),
        ("{\"quary\": \"x\"}", "wrong.jsonl:1"),
    ] {
        write(&wrong, line);
        let (_, error, code) = run(&["kb", "eval", "--kb", text(&base), "--questions", text(&wrong)]);
        assert!(code == 1 && error.contains(says), "{error}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("can be made");
    for entry in fs::read_dir(from).expect("is there").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("can be copied");
        }
    }
}

#[test]
fn an_exam_cites_documents_of_other_formats_with_their_hash() {
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("exam");
    copy(&exam(), &package);
    let old = package.join("knowledge/ward-escalation-policy.md");
    let words = fs::read_to_string(&old).expect("is there");
    let html: String = words
        .split("\n\n")
        .map(|block| match block.trim_start_matches('#').trim() {
            title if block.starts_with("##") => format!("<h2>{title}</h2>"),
            title if block.starts_with('#') => format!("<h1>{title}</h1>"),
            words => format!("<p>{words}</p>"),
        })
        .collect();
    fs::remove_file(&old).expect("was there");
    write(&package.join("knowledge/ward-escalation-policy.html"), &html);
    let (_, error, code) = run(&["exam", "check", text(&package)]);
    assert!(code == 1 && error.contains("no document `knowledge/ward-escalation-policy.md`"), "{error}");
    let file = package.join("exam.toml");
    let toml = fs::read_to_string(&file).expect("is there");
    write(&file, &toml.replace("ward-escalation-policy.md", "ward-escalation-policy.html"));
    let (out, error, code) = run(&["exam", "check", text(&package)]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("2 documents"), "{out}");

    write(&package.join("knowledge/scan.pdf"), "%PDF-1.4 damaged");
    let (_, error, code) = run(&["exam", "check", text(&package)]);
    assert!(code == 1 && error.contains("knowledge/scan.pdf") && error.contains("damaged"), "{error}");
    fs::remove_file(package.join("knowledge/scan.pdf")).expect("was there");

    let out = folder.path().join("typed");
    let typed = "Yes, I agree.\nI work on a ward.\nI do not know.\n".to_owned()
        + &"I would call for help.\n".repeat(20);
    let held =
        viva(&["interview", "--exam", text(&package), "--candidate", "text", "--out", text(&out)], &typed);
    assert!(held.status.success(), "{}", String::from_utf8_lossy(&held.stderr));
    let hash = viva_knowledge::sha256_hex(html.as_bytes());
    let events = fs::read_dir(&out)
        .expect("is there")
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path()).ok());
    let told: Vec<String> = events.filter(|file| file.contains(&hash)).collect();
    assert!(
        told.iter()
            .any(|file| file.contains("\"heading\":\"When to call\"") || file.contains("question_asked")),
        "the record names the document's hash"
    );
    let report = fs::read_to_string(out.join("report.html")).expect("is there");
    assert!(report.contains("sha256"), "the report's follow-ups cite with the hash");
}
