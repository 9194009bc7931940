//! A base in a folder: what goes in comes out, and no stop harms it.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use common::Triples;
use viva_assessment::{Embedder, EmbedderError};
use viva_knowledge::{Base, BaseError, LanguageChoice, Parsed, Standing, read, sha256_hex};

const NETWORK: &str = "letter triples";

fn add(base: &mut Base, name: &str, text: &str, embedder: &dyn Embedder) -> Result<String, BaseError> {
    let sha256 = sha256_hex(text.as_bytes());
    let document = read(name, text.as_bytes()).expect("is readable");
    let path = format!("folder/{name}");
    let file = Parsed {
        path: &path,
        name,
        sha256: &sha256,
        bytes: text.len() as u64,
        language: LanguageChoice::Auto,
    };
    base.add(&file, &document, embedder, &mut |_, _| {}).map(|entry| entry.sha256.clone())
}

fn first(base: &Base, query: &str) -> Option<String> {
    let engine = base.engine(Some(Arc::new(Triples))).expect("an index");
    let answer = engine.search(query, 3).expect("a search");
    answer.hits.first().map(|hit| format!("{}#{}", hit.passage.doc, hit.passage.heading))
}

const CALLS: &str = "# Calls\n\nCall security at once when a weapon is seen.\n";
const NOTES: &str = "# Notes\n\nWrite down the facts and the time of the incident.\n";

fn two(folder: &Path) -> Base {
    let mut base = Base::open_to_change(folder, NETWORK).expect("an empty folder");
    add(&mut base, "calls.md", CALLS, &Triples).expect("can be added");
    add(&mut base, "notes.md", NOTES, &Triples).expect("can be added");
    base
}

#[test]
fn documents_are_found_replaced_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut base = two(folder.path());
    assert_eq!(base.passages(), 2);
    assert_eq!(first(&base, "weapon security").as_deref(), Some("calls.md#Calls"));
    assert_eq!(first(&base, "facts of the incident").as_deref(), Some("notes.md#Notes"));

    let old = sha256_hex(CALLS.as_bytes());
    assert!(matches!(base.standing("folder/calls.md", &old), Standing::Same(_)));
    assert!(
        matches!(base.standing("elsewhere.md", &old), Standing::Duplicate(known) if known.name == "calls.md")
    );
    assert!(
        matches!(base.standing("folder/calls.md", "00"), Standing::Changed(known) if known.sha256 == old)
    );
    assert!(matches!(base.standing("elsewhere.md", "00"), Standing::New));

    let new =
        add(&mut base, "calls.md", "# Calls\n\nRing the porter first.\n", &Triples).expect("can be added");
    assert_eq!(base.documents().len(), 2);
    assert!(!folder.path().join("documents").join(&old).exists());
    assert_eq!(first(&base, "porter").as_deref(), Some("calls.md#Calls"));
    let engine = base.engine(None).expect("an index");
    assert!(!engine.search("weapon", 3).expect("a search").in_scope, "the old version is gone");

    assert!(
        matches!(base.remove("nothing.md"), Err(BaseError::Which { matching, .. }) if matching.is_empty())
    );
    base.remove(&new[..12]).expect("is there");
    assert_eq!(base.documents().len(), 1);
    assert_eq!(base.engine(None).expect("an index").passages(), 1);
}

#[test]
fn a_base_opens_again_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(two(folder.path()));
    // The index is made when it is needed, also by somebody who only reads.
    let base = Base::open(folder.path()).expect("a base");
    assert_eq!(first(&base, "weapon").as_deref(), Some("calls.md#Calls"));
    assert_eq!(base.all_passages().expect("is whole").len(), 2);
    drop(base);
    fs::remove_dir_all(folder.path().join("index")).expect("was there");
    let base = Base::open(folder.path()).expect("a base");
    assert_eq!(first(&base, "weapon").as_deref(), Some("calls.md#Calls"));
}

#[test]
fn what_goes_wrong_in_one_document_leaves_the_others() {
    struct Fails;
    impl Embedder for Fails {
        fn embed(&self, _: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
            Err(EmbedderError("no network".to_owned()))
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut base = two(folder.path());
    assert!(matches!(add(&mut base, "third.md", "# T\n\nThird.\n", &Fails), Err(BaseError::Embedding(_))));
    assert!(matches!(add(&mut base, "calls.md", "# T\n\nOther.\n", &Fails), Err(BaseError::Embedding(_))));
    assert!(matches!(add(&mut base, "bare.md", "# Heading only\n", &Triples), Err(BaseError::NoPassage)));
    assert_eq!(base.documents().len(), 2);
    assert_eq!(first(&base, "weapon").as_deref(), Some("calls.md#Calls"));
    drop(base);
    // As a stop leaves it: a folder aside, and parts of a document that never came into the list.
    let documents = folder.path().join("documents");
    for leftover in [".new-x", &"ab".repeat(32)] {
        fs::create_dir_all(documents.join(leftover)).expect("can be made");
    }
    let base = Base::open_to_change(folder.path(), NETWORK).expect("a base");
    assert_eq!(fs::read_dir(&documents).expect("is there").count(), 2);
    assert_eq!(first(&base, "weapon").as_deref(), Some("calls.md#Calls"));
}

#[test]
fn a_base_that_is_not_as_it_should_be_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = two(folder.path());
    assert!(matches!(Base::open(folder.path()), Err(BaseError::Locked(_))));
    assert!(matches!(Base::open_to_change(folder.path(), NETWORK), Err(BaseError::Locked(_))));
    drop(base);
    assert!(matches!(Base::open_to_change(folder.path(), "other"), Err(BaseError::Embedder { .. })));
    let nowhere = folder.path().join("nowhere");
    assert!(matches!(Base::open(&nowhere), Err(BaseError::None(_))));
    let full = tempfile::tempdir().expect("a folder");
    fs::write(full.path().join("thesis.tex"), "x").expect("can be written");
    assert!(matches!(Base::open_to_change(full.path(), NETWORK), Err(BaseError::Occupied(_))));

    let base = Base::open(folder.path()).expect("a base");
    let missing = base.verify().expect("can be read");
    assert_eq!(missing.len(), 2, "the sources are not on disk: {missing:?}");
    let passages = folder.path().join("documents").join(sha256_hex(CALLS.as_bytes())).join("passages.json");
    let forged = fs::read_to_string(&passages).expect("is there").replace("weapon", "flower");
    fs::write(&passages, forged).expect("can be written");
    assert!(base.verify().expect("can be read").iter().any(|finding| finding.contains("was changed")));
    assert!(matches!(base.engine(None), Err(BaseError::Damaged(_))));
    drop(base);

    let manifest = folder.path().join("kb.json");
    let text = fs::read_to_string(&manifest).expect("is there");
    let hash = sha256_hex(CALLS.as_bytes());
    for bad in [
        "{}".to_owned(),
        text.replace(&hash, "../../../../etc"),
        text.replace("\"format\": 1", "\"format\": 9"),
    ] {
        fs::write(&manifest, bad).expect("can be written");
        assert!(matches!(Base::open(folder.path()), Err(BaseError::Damaged(_) | BaseError::Version { .. })));
    }
}

#[test]
fn german_is_stemmed_as_german() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut base = Base::open_to_change(folder.path(), NETWORK).expect("an empty folder");
    let text = "# Abstände\n\nDie Pflegekraft hält zwei Armlängen Abstand und steht nicht zwischen dem Patienten und der Tür.\n";
    add(&mut base, "abstand.md", text, &Triples).expect("can be added");
    add(&mut base, "calls.md", CALLS, &Triples).expect("can be added");
    let engine = base.engine(None).expect("an index");
    let answer = engine.search("Welchen Abstand halten Pflegekräfte von den Türen?", 1).expect("a search");
    assert!(answer.in_scope, "{answer:?}");
    assert_eq!(answer.hits[0].passage.doc, "abstand.md");
}
