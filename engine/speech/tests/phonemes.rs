//! Phonemes agree with the original program on a table of sentences (recipe: phonemes.py).

mod common;

use std::collections::HashMap;

use viva_speech::g2p::GraphemeToPhoneme;
use viva_speech::{OutOfVocabulary, PortError};

/// The original network's readings, recorded in the table.
struct Recorded(HashMap<String, String>);

impl OutOfVocabulary for Recorded {
    fn pronounce(&mut self, word: &str) -> Result<Option<String>, PortError> {
        Ok(self.0.get(word).cloned())
    }
}

fn reader() -> (GraphemeToPhoneme, Vec<(String, String)>) {
    let mut known = HashMap::new();
    let mut sentences = Vec::new();
    for line in include_str!("phonemes.tsv").lines() {
        let mut fields = line.split('\t').map(String::from);
        let mut next = || fields.next().expect("a row has three fields");
        let (kind, text, phonemes) = (next(), next(), next());
        if kind == "oov" {
            known.insert(text, phonemes);
        } else {
            sentences.push((text, phonemes));
        }
    }
    (GraphemeToPhoneme::new(&common::tables(), Box::new(Recorded(known))), sentences)
}

fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[test]
fn phonemes_agree_with_the_original() {
    let (mut reader, sentences) = reader();
    let tables = common::tables();
    let (mut wrong, mut total, mut report) = (0, 0, String::new());
    for (text, expected) in &sentences {
        let expected: Vec<char> = expected.chars().filter(|&c| tables.symbol_id(c).is_some()).collect();
        let phonemes = reader.read(text).unwrap();
        let distance = edit_distance(&phonemes.symbols, &expected);
        if distance > 0 {
            report += &format!("{text}\n  got  {phonemes}\n  want {}\n", expected.iter().collect::<String>());
        }
        wrong += distance;
        total += expected.len();
    }
    assert!(sentences.len() >= 60);
    assert!(wrong * 200 <= total, "{wrong} of {total} symbols differ (at most 0.5 %):\n{report}");
}

#[test]
fn every_written_word_has_its_sound() {
    let (mut reader, sentences) = reader();
    for (text, _) in &sentences {
        let phonemes = reader.read(text).unwrap();
        let spoken: Vec<&str> = phonemes.words.iter().map(|word| &text[word.text.clone()]).collect();
        let written: Vec<&str> = text
            .split_whitespace()
            .filter(|word| word.contains(|c: char| c.is_alphanumeric()) || "&+".contains(word))
            .collect();
        assert_eq!(spoken, written, "{phonemes}");
        assert!(phonemes.words.windows(2).all(|pair| pair[0].symbols.end <= pair[1].symbols.start), "{text}");
        assert!(phonemes.words.iter().all(|word| !word.symbols.is_empty()), "{text}: {:?}", phonemes.words);
    }
}

#[test]
fn words_keep_their_place_through_rewriting() {
    let (mut reader, _) = reader();
    let text = "Give 500 mg at 7:30 pm to Dr. Smith.";
    let phonemes = reader.read(text).unwrap();
    let sound = |written: &str| -> String {
        let word = phonemes
            .words
            .iter()
            .find(|word| &text[word.text.clone()] == written)
            .expect("the word is spoken");
        phonemes.symbols[word.symbols.clone()].iter().collect()
    };
    assert_eq!(sound("500"), "fˈIv hˈʌndɹəd");
    assert_eq!(sound("mg"), "mˈɪləɡɹˌæmz");
    assert_eq!(sound("7:30"), "sˈɛvən");
    assert_eq!(sound("Dr."), "dˈɑktəɹ");
    assert_eq!(sound("Smith."), "smˈɪθ");
}

#[test]
fn hostile_texts_do_no_harm() {
    let (mut reader, _) = reader();
    let long_word = "a".repeat(5000);
    let marks = "!?.,'-".repeat(800);
    let digits = "1234567890".repeat(100);
    for text in [
        "",
        " ",
        "...",
        "🙂🙃",
        "Привет, мир",
        "日本語のテキスト",
        "\u{301}\u{302}",
        "٣٤",
        "²³",
        "' '' -",
        "$",
        "$,",
        "-",
        ".5.",
        "1:99",
        "0/0",
        "\0",
        &long_word,
        &marks,
        &digits,
    ] {
        reader.read(text).unwrap();
    }
}
