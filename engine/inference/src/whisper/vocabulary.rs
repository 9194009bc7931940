//! Tokens: which are words, which are marks, and how words are put together from them.

use std::path::Path;

use tokenizers::Tokenizer;

use super::config::WhisperConfig;
use crate::error::InferenceError;

/// How a byte-level tokenizer writes a leading space.
const SPACE_MARK: char = '\u{120}';

/// The tokenizer with the marks that steer decoding.
pub(crate) struct Vocabulary {
    tokenizer: Tokenizer,
    /// What the decoder is told before the first word: start, language and task where the network knows several, no time marks.
    pub(crate) prompt: Vec<u32>,
    pub(crate) end_of_text: u32,
    pub(crate) no_speech: u32,
    /// Tokens that are never chosen, in order.
    suppressed: Vec<u32>,
    space: Option<u32>,
}

/// A word and the tokens it is made of, as a range of the decoded tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WordTokens {
    pub(crate) text: String,
    pub(crate) tokens: std::ops::Range<usize>,
}

impl Vocabulary {
    pub(crate) fn load(folder: &Path, config: &WhisperConfig) -> Result<Self, InferenceError> {
        let tokenizer = crate::files::tokenizer(folder)?;
        let find = |names: &[&str]| {
            let found = names.iter().find_map(|name| tokenizer.token_to_id(name));
            let found = found.filter(|id| (*id as usize) < config.vocab_size);
            found.ok_or_else(|| InferenceError::Tokenizer(format!("no usable token {}", names.join(" or "))))
        };
        let end_of_text = find(&["<|endoftext|>"])?;
        let no_time_marks = find(&["<|notimestamps|>"])?;
        let mut prompt = vec![find(&["<|startoftranscript|>"])?];
        // The English networks know one language and one task; their vocabulary is smaller by the one token that says so.
        if config.vocab_size > 51_864 {
            prompt.extend([find(&["<|en|>"])?, find(&["<|transcribe|>"])?]);
        }
        prompt.push(no_time_marks);
        // All marks, time marks included, stand behind the text tokens.
        let marks =
            (end_of_text.min(no_time_marks)..config.vocab_size as u32).filter(|id| *id != end_of_text);
        let mut suppressed: Vec<u32> = config.suppress_tokens.iter().copied().chain(marks).collect();
        suppressed.sort_unstable();
        suppressed.dedup();
        let size = config.vocab_size;
        suppressed.retain(|id| (*id as usize) < size);
        let no_speech = find(&["<|nospeech|>", "<|nocaptions|>"])?;
        let space = tokenizer.token_to_id(&SPACE_MARK.to_string()).filter(|id| (*id as usize) < size);
        Ok(Self { tokenizer, prompt, end_of_text, no_speech, suppressed, space })
    }

    /// Makes the tokens impossible that must not come next.
    pub(crate) fn suppress(&self, logits: &mut [f32], first: bool) {
        for id in &self.suppressed {
            logits[*id as usize] = f32::MIN;
        }
        if let Some(space) = self.space.filter(|_| first) {
            logits[space as usize] = f32::MIN;
        }
    }

    /// The words of a run of text tokens. Punctuation stays with the word before it; what has no letter or digit at all is no word.
    pub(crate) fn words(&self, tokens: &[u32]) -> Result<Vec<WordTokens>, InferenceError> {
        let mut starts: Vec<usize> = (0..tokens.len()).filter(|i| self.starts_word(tokens[*i])).collect();
        if !tokens.is_empty() && starts.first() != Some(&0) {
            starts.insert(0, 0);
        }
        let mut words: Vec<WordTokens> = Vec::new();
        for (i, &start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).copied().unwrap_or(tokens.len());
            let text = self
                .tokenizer
                .decode(&tokens[start..end], true)
                .map_err(|error| InferenceError::Tokenizer(error.to_string()))?;
            let text = text.trim();
            if text.chars().any(char::is_alphanumeric) {
                words.push(WordTokens { text: text.to_owned(), tokens: start..end });
            } else if let Some(previous) = words.last_mut() {
                previous.text.push_str(text);
                previous.tokens.end = end;
            }
        }
        Ok(words)
    }

    fn starts_word(&self, token: u32) -> bool {
        self.tokenizer.id_to_token(token).is_some_and(|text| text.starts_with(SPACE_MARK))
    }
}
