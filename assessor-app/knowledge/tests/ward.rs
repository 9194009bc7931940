//! Retrieval over the documents of the complete exam package.

use std::collections::BTreeMap;
use std::sync::Arc;

use viva_assessment::{Embedder, EmbedderError};
use viva_knowledge::Library;

fn documents() -> BTreeMap<String, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../exams/nursing-de-escalation/knowledge");
    ["de-escalation.md", "ward-escalation-policy.md"]
        .into_iter()
        .map(|name| {
            let text = std::fs::read_to_string(format!("{folder}/{name}")).expect("a readable document");
            (format!("knowledge/{name}"), text)
        })
        .collect()
}

/// Letter triples hashed into a vector: alike words look alike, nothing more.
struct Triples;

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

#[test]
fn questions_find_their_passage() {
    let documents = documents();
    let lexical = Library::lexical(&documents);
    let both = Library::new(&documents, Arc::new(Triples)).expect("hashing cannot fail");
    for (query, heading) in [
        ("how far away should I stand, which distance, which hands", "Space and stance"),
        ("when do I call security", "When to call"),
        ("incident report facts time", "Writing it down"),
        ("set a limit and offer a choice", "Limits and choices"),
        ("pain medicine is late", "Pain relief that is late"),
        ("tell the next shift", "Handing over"),
    ] {
        for library in [&lexical, &both] {
            let hits = library.search(query, 3).expect("no embedding fails");
            assert_eq!(hits[0].passage.heading, heading, "{query}");
            assert!(hits.len() <= 3);
            let passage = &hits[0].passage;
            assert!(documents[&passage.doc].contains(&passage.text));
            assert_eq!(passage.sha256.len(), 64);
        }
    }
}

#[test]
fn what_the_documents_do_not_speak_of_finds_nothing() {
    let library = Library::lexical(&documents());
    assert_eq!(library.search("quantum chromodynamics", 3), Ok(Vec::new()));
    assert_eq!(library.search("", 3), Ok(Vec::new()));
    assert_eq!(library.search("security", 0), Ok(Vec::new()));
    assert_eq!(Library::lexical(&BTreeMap::new()).search("security", 3), Ok(Vec::new()));
}

#[test]
fn citations_resolve() {
    let library = Library::lexical(&documents());
    assert_eq!(library.cited("knowledge/de-escalation.md#One voice").count(), 1);
    assert!(library.cited("knowledge/de-escalation.md").count() > 5);
    assert_eq!(library.cited("knowledge/de-escalation.md#Nothing").count(), 0);
}
