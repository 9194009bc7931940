//! The tables of a voice: dictionaries, tagger weights, tokeniser exceptions, alphabet.

use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::SpeechError;
use crate::g2p::{Normalizer, Tokenizer};

/// The bytes of the table files of a voice asset, as they lie in its folder.
#[derive(Clone, Copy, Debug)]
pub struct TableFiles<'a> {
    /// `vocab.json`.
    pub vocab: &'a [u8],
    /// `normalize.json`.
    pub normalize: &'a [u8],
    /// `tokenizer_exceptions.json`.
    pub tokenizer_exceptions: &'a [u8],
    /// `tagger.json.gz`.
    pub tagger: &'a [u8],
    /// `lexicon_us_gold.json.gz`.
    pub lexicon_gold: &'a [u8],
    /// `lexicon_us_silver.json.gz`.
    pub lexicon_silver: &'a [u8],
}

impl TableFiles<'_> {
    /// File names in the order of the fields.
    pub const NAMES: [&'static str; 6] = [
        "vocab.json",
        "normalize.json",
        "tokenizer_exceptions.json",
        "tagger.json.gz",
        "lexicon_us_gold.json.gz",
        "lexicon_us_silver.json.gz",
    ];
}

/// All tables, read and indexed; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tables {
    pub(crate) inner: Arc<TablesInner>,
}

#[derive(Debug)]
pub(crate) struct TablesInner {
    pub(crate) vocab: HashMap<char, u32>,
    pub(crate) titles: HashSet<String>,
    pub(crate) normalizer: Normalizer,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) tagger: TaggerTable,
    pub(crate) gold: HashMap<String, Entry>,
    pub(crate) silver: HashMap<String, Entry>,
}

/// A dictionary entry: one reading, or one per part of speech.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    One(String),
    ByTag(HashMap<String, Option<String>>),
}

#[derive(Debug, Deserialize)]
pub(crate) struct TaggerTable {
    pub(crate) tags: Vec<String>,
    pub(crate) tagdict: HashMap<String, String>,
    pub(crate) vocab: Option<HashSet<String>>,
    pub(crate) weights: HashMap<String, HashMap<String, f64>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NormalizeTable {
    pub(crate) months: Vec2<String>,
    pub(crate) titles: HashMap<String, String>,
    pub(crate) abbreviations: HashMap<String, String>,
    pub(crate) units: HashMap<String, [String; 2]>,
    pub(crate) symbols: Vec2<String>,
    pub(crate) currency: HashMap<String, [String; 2]>,
    pub(crate) roman_cardinal: Vec<String>,
    pub(crate) roman_ordinal: Vec<String>,
}

/// A JSON object whose order matters.
#[derive(Debug)]
pub(crate) struct Vec2<T>(pub(crate) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Vec2<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for InOrder<T> {
            type Value = Vec2<T>;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Vec2<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Vec2(entries))
            }
        }
        deserializer.deserialize_map(InOrder(std::marker::PhantomData))
    }
}

impl Tables {
    /// Reads the tables.
    ///
    /// # Errors
    /// [`SpeechError::Table`] names the file that does not read.
    pub fn read(files: &TableFiles<'_>) -> Result<Self, SpeechError> {
        let [vocab, normalize, exceptions, tagger, gold, silver] = TableFiles::NAMES;
        let letters: HashMap<String, u32> = parse(vocab, files.vocab)?;
        let vocab = letters.iter().filter_map(|(symbol, id)| Some((symbol.chars().next()?, *id))).collect();
        let words: NormalizeTable = parse(normalize, files.normalize)?;
        let titles = words.titles.keys().cloned().collect();
        let inner = TablesInner {
            vocab,
            titles,
            normalizer: Normalizer::new(&words)
                .map_err(|reason| SpeechError::Table { name: normalize, reason })?,
            tokenizer: Tokenizer::new(parse(exceptions, files.tokenizer_exceptions)?)
                .map_err(|reason| SpeechError::Table { name: exceptions, reason })?,
            tagger: parse_gz(tagger, files.tagger)?,
            gold: parse_gz(gold, files.lexicon_gold)?,
            silver: parse_gz(silver, files.lexicon_silver)?,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The id of a phoneme symbol; `None` outside the voice's alphabet.
    #[must_use]
    pub fn symbol_id(&self, symbol: char) -> Option<u32> {
        self.inner.vocab.get(&symbol).copied()
    }
}

fn parse<T: DeserializeOwned>(name: &'static str, bytes: &[u8]) -> Result<T, SpeechError> {
    serde_json::from_slice(bytes).map_err(|error| SpeechError::Table { name, reason: error.to_string() })
}

fn parse_gz<T: DeserializeOwned>(name: &'static str, bytes: &[u8]) -> Result<T, SpeechError> {
    /// The largest table is 8 MiB when unpacked; more is not ours.
    const LIMIT: u64 = 64 << 20;
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes)
        .take(LIMIT)
        .read_to_end(&mut unpacked)
        .map_err(|error| SpeechError::Table { name, reason: error.to_string() })?;
    parse(name, &unpacked)
}
