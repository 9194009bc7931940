//! Retrieval over the documents of the complete exam package.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::Triples;
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

#[test]
fn questions_find_their_passage() {
    let documents = documents();
    let lexical = Library::lexical(&documents).expect("an index in memory");
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
            let answer = library.search(query, 3).expect("no embedding fails");
            let hits = answer.hits;
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
    let library = Library::lexical(&documents()).expect("an index in memory");
    for query in ["quantum chromodynamics", "", "the of and"] {
        let answer = library.search(query, 3).expect("nothing is embedded");
        assert!(!answer.in_scope && answer.hits.is_empty(), "{query}");
    }
    assert!(library.search("security", 0).expect("nothing is embedded").hits.is_empty());
    let empty = Library::lexical(&BTreeMap::new()).expect("an index in memory");
    assert!(!empty.search("security", 3).expect("nothing is embedded").in_scope);
}

#[test]
fn citations_resolve() {
    let library = Library::lexical(&documents()).expect("an index in memory");
    assert_eq!(library.cited("knowledge/de-escalation.md#One voice").count(), 1);
    assert!(library.cited("knowledge/de-escalation.md").count() > 5);
    assert_eq!(library.cited("knowledge/de-escalation.md#Nothing").count(), 0);
}
