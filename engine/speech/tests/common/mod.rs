//! The voice's tables from the model cache.

use std::path::PathBuf;

use viva_speech::{TableFiles, Tables};

/// Reads the tables of the voice, or says how to get them.
pub(crate) fn tables() -> Tables {
    let read = |name: &str| {
        let path = asset_folder().join(name);
        std::fs::read(&path)
            .unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask test`, which fetches the models"))
    };
    let [vocab, normalize, exceptions, tagger, gold, silver] = TableFiles::NAMES.map(read);
    Tables::read(&TableFiles {
        vocab: &vocab,
        normalize: &normalize,
        tokenizer_exceptions: &exceptions,
        tagger: &tagger,
        lexicon_gold: &gold,
        lexicon_silver: &silver,
    })
    .expect("the tables of the voice read")
}

fn asset_folder() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = from("VIVA_CACHE")
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join("viva")))
        .or_else(|| from("HOME").map(|folder| folder.join(".cache/viva")))
        .expect("VIVA_CACHE or HOME is set");
    cache.join("assets/tts-hibari-heart")
}
