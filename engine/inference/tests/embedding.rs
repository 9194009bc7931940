//! MiniLM against its reference program.

mod common;

use common::{Golden, asset, difference};
use viva_inference::embedding::MiniLm;

const TEXTS: [&str; 4] = [
    "I split the migration into small steps and kept a rollback for each one.",
    "The candidate reduced delivery risk by working incrementally.",
    "My favourite colour is green.",
    "We missed the deadline because I underestimated the testing effort, so I now plan a buffer.",
];

fn load() -> MiniLm {
    MiniLm::load(&asset("embed-minilm-l6-v2")).expect("the asset holds the network")
}

#[test]
fn agrees_with_the_reference() {
    let golden = Golden::read("minilm");
    let vectors = load().embed(&TEXTS).unwrap();
    let error = difference(&vectors.concat(), golden.get("out.embedding"));
    assert!(error < 1e-5, "largest difference {error:e}");
}

#[test]
fn tokens_agree_with_the_reference() {
    let golden = Golden::read("minilm");
    let (ids, mask) = (golden.whole("in.input_ids"), golden.get("in.attention_mask"));
    let width = golden.shape("in.input_ids")[1];
    let texts: Vec<Vec<u32>> = ids
        .chunks(width)
        .zip(mask.chunks(width))
        .map(|(ids, mask)| ids.iter().zip(mask).filter(|(_, mask)| **mask > 0.0).map(|(id, _)| *id).collect())
        .collect();
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let error = difference(&load().embed_tokens(&texts).unwrap().concat(), golden.get("out.embedding"));
    assert!(error < 1e-5, "largest difference {error:e}");
}

#[test]
fn alone_and_in_company_are_the_same() {
    let network = load();
    let together = network.embed(&TEXTS).unwrap();
    for (text, together) in TEXTS.iter().zip(&together) {
        let error = difference(&network.embed(&[text]).unwrap()[0], together);
        assert!(error < 1e-6, "{text}: {error:e}");
    }
}

#[test]
fn any_text_gets_a_unit_vector() {
    let network = load();
    let long = "a long answer ".repeat(1_000);
    let many = vec!["short"; 900];
    let texts = [&["", " ", "\u{1F600} \u{0}", "naïve café", &long][..], &many].concat();
    let vectors = network.embed(&texts).unwrap();
    assert_eq!(vectors.len(), texts.len());
    for vector in &vectors {
        assert_eq!(vector.len(), network.dimensions());
        assert!((vector.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4);
    }
    assert!(network.embed(&[]).unwrap().is_empty());
    assert!(network.embed_tokens(&[&[]]).is_err());
    assert!(network.embed_tokens(&[&[40_000]]).is_err());
}

#[test]
fn meaning_is_near() {
    let vectors = load().embed(&TEXTS).unwrap();
    let cosine = |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(a, b)| a * b).sum::<f32>();
    assert!(cosine(0, 1) > cosine(0, 2) + 0.1);
}
