//! Passages by their words: an inverted index with BM25.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tantivy::collector::TopDocs;
use tantivy::directory::MmapDirectory;
use tantivy::merge_policy::NoMergePolicy;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value as _,
};
use tantivy::tokenizer::{
    Language as Stems, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer,
};
use tantivy::{DocAddress, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, Term};

use viva_assessment::text::is_function_word;

use crate::language::Language;
use crate::passage::Passage;

/// What an index cannot do is told in the search library's words.
#[derive(Debug, thiserror::Error)]
#[error("the word index failed: {0}; delete the folder `index` of the base, and it is made anew")]
pub struct IndexError(String);

impl From<tantivy::TantivyError> for IndexError {
    fn from(error: tantivy::TantivyError) -> Self {
        Self(error.to_string())
    }
}

/// Memory of the indexer while documents are added.
const WRITER_BYTES: usize = 64 << 20;
/// Longer words are file names and tables of figures run together.
const MOST_WORD_BYTES: usize = 60;
/// Of a long query the first words count.
const MOST_QUERY_TERMS: usize = 64;
const KEY: &str = "key";

/// The number of a passage: the document's in the high half, its place in the document in the low half.
pub(crate) const fn key(document: u32, at: u32) -> u64 {
    (document as u64) << 32 | at as u64
}

/// A passage as the index keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) language: Language,
    pub(crate) passage: Passage,
}

#[derive(Clone, Copy)]
struct Fields {
    english: Field,
    german: Field,
    document: Field,
    key: Field,
    kept: Field,
}

/// The inverted index.
pub(crate) struct Words {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    english: TextAnalyzer,
    german: TextAnalyzer,
    /// Key and address of every passage, in the order of keys.
    addresses: Vec<(u64, DocAddress)>,
}

impl Words {
    /// An index in memory.
    pub(crate) fn in_memory() -> Result<Self, IndexError> {
        Self::new(Index::create_in_ram(schema().0))
    }

    /// The index in a folder, which is made when it is not there.
    pub(crate) fn open(folder: &Path) -> Result<Self, IndexError> {
        std::fs::create_dir_all(folder).map_err(|error| IndexError(error.to_string()))?;
        let directory = MmapDirectory::open(folder).map_err(|error| IndexError(error.to_string()))?;
        Self::new(Index::open_or_create(directory, schema().0)?)
    }

    fn new(index: Index) -> Result<Self, IndexError> {
        let (english, german) = (analyser(Language::En), analyser(Language::De));
        index.tokenizers().register("en", english.clone());
        index.tokenizers().register("de", german.clone());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let mut words = Self { index, reader, fields: schema().1, english, german, addresses: Vec::new() };
        words.look_up()?;
        Ok(words)
    }

    fn look_up(&mut self) -> Result<(), IndexError> {
        self.reader.reload()?;
        self.addresses.clear();
        for (number, segment) in (0_u32..).zip(self.reader.searcher().segment_readers()) {
            let keys = segment.fast_fields().u64(KEY)?;
            for doc in segment.doc_ids_alive() {
                self.addresses.extend(keys.first(doc).map(|key| (key, DocAddress::new(number, doc))));
            }
        }
        self.addresses.sort_unstable();
        Ok(())
    }

    /// Numbers of the documents that are in the index.
    pub(crate) fn documents(&self) -> Result<Vec<u32>, IndexError> {
        let payload = self.index.load_metas()?.payload.unwrap_or_else(|| "[]".to_owned());
        serde_json::from_str(&payload).map_err(|error| IndexError(error.to_string()))
    }

    /// Takes documents out and in; afterwards the index holds those of `all`, or on an error what it held before.
    pub(crate) fn update<E: From<IndexError>>(
        &mut self,
        remove: &[u32],
        add: &[u32],
        all: &[u32],
        mut load: impl FnMut(u32) -> Result<Vec<Kept>, E>,
    ) -> Result<(), E> {
        let failed = |error: tantivy::TantivyError| E::from(error.into());
        let mut writer: IndexWriter = self.index.writer_with_num_threads(1, WRITER_BYTES).map_err(failed)?;
        // Passages are merged here, when all are in.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for number in remove {
            writer.delete_term(Term::from_field_u64(self.fields.document, u64::from(*number)));
        }
        for number in add {
            for (at, kept) in (0_u32..).zip(load(*number)?) {
                let mut document = TantivyDocument::new();
                let field = self.field(kept.language);
                document.add_text(field, kept.passage.searched());
                document.add_u64(self.fields.document, u64::from(*number));
                document.add_u64(self.fields.key, key(*number, at));
                let kept = serde_json::to_vec(&kept).map_err(|e| E::from(IndexError(e.to_string())))?;
                document.add_bytes(self.fields.kept, &kept);
                writer.add_document(document).map_err(failed)?;
            }
        }
        let mut commit = writer.prepare_commit().map_err(failed)?;
        commit.set_payload(&serde_json::to_string(all).map_err(|e| E::from(IndexError(e.to_string())))?);
        commit.commit().map_err(failed)?;
        // One segment is the quickest to search, and removed passages count in word frequencies until they are merged away.
        let segments = self.index.searchable_segment_ids().map_err(failed)?;
        if segments.len() > 1 || (!remove.is_empty() && !segments.is_empty()) {
            writer.merge(&segments).wait().map_err(failed)?;
        }
        writer.wait_merging_threads().map_err(failed)?;
        self.look_up().map_err(E::from)
    }

    const fn field(&self, language: Language) -> Field {
        match language {
            Language::En => self.fields.english,
            Language::De => self.fields.german,
        }
    }

    /// How many passages there are.
    pub(crate) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// The passage of a key.
    pub(crate) fn passage(&self, key: u64) -> Result<Kept, IndexError> {
        let at = self.addresses.binary_search_by_key(&key, |(key, _)| *key);
        let at = at.ok().ok_or_else(|| IndexError(format!("no passage {key}")))?;
        let document: TantivyDocument = self.reader.searcher().doc(self.addresses[at].1)?;
        let bytes = document.get_first(self.fields.kept).and_then(|value| value.as_bytes());
        serde_json::from_slice(bytes.unwrap_or_default()).map_err(|error| IndexError(error.to_string()))
    }

    /// The `most` passages with the highest BM25 score, best first: keys and scores.
    pub(crate) fn search(&self, query: &str, most: usize) -> Result<Vec<(u64, f32)>, IndexError> {
        let mut terms: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for language in [Language::En, Language::De] {
            for word in self.stems(language, query, MOST_QUERY_TERMS) {
                let term = Term::from_field_text(self.field(language), &word);
                terms.push((Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
            }
        }
        if terms.is_empty() || most == 0 {
            return Ok(Vec::new());
        }
        let searcher = self.reader.searcher();
        let found =
            searcher.search(&BooleanQuery::new(terms), &TopDocs::with_limit(most).order_by_score())?;
        let mut ranked = Vec::with_capacity(found.len());
        let columns: Vec<_> =
            searcher.segment_readers().iter().map(|s| s.fast_fields().u64(KEY)).collect::<Result<_, _>>()?;
        for (score, address) in found {
            ranked
                .extend(columns[address.segment_ord as usize].first(address.doc_id).map(|key| (key, score)));
        }
        ranked.sort_by(|(a, a_score), (b, b_score)| b_score.total_cmp(a_score).then(a.cmp(b)));
        Ok(ranked)
    }

    /// The share of the query's rareness that a passage holds, in 0..=1: words that stand in no document count most.
    pub(crate) fn coverage(&self, query: &str, kept: &Kept) -> Result<f32, IndexError> {
        let searcher = self.reader.searcher();
        let held = self.stems(kept.language, &kept.passage.searched(), usize::MAX);
        let (mut sum, mut whole) = (0.0, 0.0);
        for word in self.stems(kept.language, query, MOST_QUERY_TERMS) {
            let rareness = self.rareness(&searcher, kept.language, &word)?;
            whole += rareness;
            if held.contains(&word) {
                sum += rareness;
            }
        }
        Ok(if whole > 0.0 { (sum / whole) as f32 } else { 0.0 })
    }

    /// Inverse document frequency, as BM25 has it.
    fn rareness(&self, searcher: &Searcher, language: Language, word: &str) -> Result<f64, IndexError> {
        let containing = searcher.doc_freq(&Term::from_field_text(self.field(language), word))? as f64;
        Ok((1.0 + (self.len() as f64 - containing + 0.5).max(0.0) / (containing + 0.5)).ln())
    }

    /// The different stems of a text's content words, in order, up to a number.
    fn stems(&self, language: Language, text: &str, most: usize) -> Vec<String> {
        let mut analyser = match language {
            Language::En => self.english.clone(),
            Language::De => self.german.clone(),
        };
        let mut stream = analyser.token_stream(text);
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        while let Some(token) = stream.next() {
            // The search library's English list of stop words is short: "how" and "which" are not on it.
            let written = text.get(token.offset_from..token.offset_to).unwrap_or_default();
            if language == Language::En && is_function_word(&written.to_lowercase()) {
                continue;
            }
            if found.len() < most && seen.insert(token.text.clone()) {
                found.push(token.text.clone());
            }
        }
        found
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = |analyser: &str| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(analyser)
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(true);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        english: schema.add_text_field("en", text("en")),
        german: schema.add_text_field("de", text("de")),
        document: schema.add_u64_field("document", INDEXED),
        key: schema.add_u64_field(KEY, FAST),
        kept: schema.add_bytes_field("kept", STORED),
    };
    (schema.build(), fields)
}

fn analyser(language: Language) -> TextAnalyzer {
    let stems = match language {
        Language::En => Stems::English,
        Language::De => Stems::German,
    };
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(MOST_WORD_BYTES))
        .filter(LowerCaser);
    let stop = StopWordFilter::new(stems).unwrap_or_else(|| StopWordFilter::remove(Vec::new()));
    words.filter(stop).filter(Stemmer::new(stems)).build()
}
