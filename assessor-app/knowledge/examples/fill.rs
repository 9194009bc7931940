//! Fills a base with generated passages, to measure a large one: `cargo run -p viva-knowledge --example fill -- BASE PASSAGES`.
//!
//! The words are shuffled sentences of the documents that the base holds already, so that the index looks like that of real text;
//! the vectors are drawn at random, which for the time of a search is the same as real ones, and for its quality is not.

use std::path::PathBuf;
use std::process::ExitCode;

use viva_assessment::{Embedder, EmbedderError};
use viva_knowledge::{Base, LanguageChoice, Parsed, read, sha256_hex};

/// Sentences of a passage: about 120 words.
const SENTENCES: usize = 8;
/// Passages of a document: those of a handbook of 300 pages.
const PASSAGES: usize = 1000;
const DIMENSIONS: usize = 384;

/// Numbers from a seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        // Source: Sebastiano Vigna, "splitmix64", public domain.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }
}

/// Random vectors, a text's own ones.
struct Random;

impl Embedder for Random {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let vector = |text: &&str| {
            let seed =
                text.bytes().fold(1_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
            let mut chance = Chance(seed);
            (0..DIMENSIONS).map(|_| (chance.next() >> 40) as f32 / (1_u64 << 23) as f32 - 1.0).collect()
        };
        Ok(texts.iter().map(vector).collect())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count] = arguments.as_slice() else { return usage() };
    let Ok(count) = count.parse::<usize>() else { return usage() };
    match fill(&PathBuf::from(folder), count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(&error.to_string()),
    }
}

fn usage() -> ExitCode {
    tell("usage: fill BASE PASSAGES; the base must hold real documents already (viva kb add)")
}

fn tell(line: &str) -> ExitCode {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{line}").unwrap_or_default();
    ExitCode::FAILURE
}

fn fill(folder: &std::path::Path, count: usize) -> Result<(), Box<dyn std::error::Error>> {
    let base = Base::open(folder)?;
    let network = base.embedder().to_owned();
    let sentences: Vec<String> = base
        .all_passages()?
        .iter()
        .flat_map(|passage| {
            passage.text.split_inclusive(['.', '?', '!', '\n']).map(str::trim).map(str::to_owned)
        })
        .filter(|sentence| sentence.split(' ').count() > 3)
        .collect();
    drop(base);
    if sentences.is_empty() {
        return Err("the base holds no sentences".into());
    }
    let mut base = Base::open_to_change(folder, &network)?;
    let mut chance = Chance(1);
    while base.passages() < count {
        let mut text = String::new();
        for number in 0..PASSAGES.min(count - base.passages()) {
            text.push_str(&format!("# Section {number}\n\n"));
            for _ in 0..SENTENCES {
                let sentence = &sentences[chance.next() as usize % sentences.len()];
                text.push_str(sentence.trim_start_matches('#'));
                text.push(' ');
            }
            text.push_str("\n\n");
        }
        let (sha256, path) =
            (sha256_hex(text.as_bytes()), format!("generated/{}.md", base.documents().len()));
        let document = read(&path, text.as_bytes())?;
        let language = LanguageChoice::En;
        let file = Parsed { path: &path, name: &path, sha256: &sha256, bytes: text.len() as u64, language };
        base.add(&file, &document, &Random, &mut |_, _| {})?;
    }
    base.engine(None)?;
    Ok(())
}
