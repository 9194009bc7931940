//! A sentence as phonemes, with the place of each written word.

use std::ops::Range;

use super::aligned::Aligned;
use super::token::Token;
use crate::Tables;

/// A written word and where it sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhonemeWord {
    /// Bytes of the sentence, from one white space to the next.
    pub text: Range<usize>,
    /// Symbols of [`Phonemes::symbols`].
    pub symbols: Range<usize>,
}

/// What a sentence sounds like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phonemes {
    /// Symbols of the voice's alphabet: phonemes, stress marks, spaces, punctuation.
    pub symbols: Vec<char>,
    /// The words that sound, in order.
    pub words: Vec<PhonemeWord>,
}

impl std::fmt::Display for Phonemes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.symbols.iter().try_for_each(|symbol| write!(f, "{symbol}"))
    }
}

/// A spoken token: where it comes from and where it sounds.
struct Sounding {
    source: Range<usize>,
    symbols: Range<usize>,
}

impl Phonemes {
    pub(crate) fn join(sentence: &str, text: &Aligned, tokens: &[Token], tables: &Tables) -> Self {
        let mut symbols: Vec<char> = Vec::new();
        let mut sounding = Vec::new();
        for token in tokens {
            let start = symbols.len();
            let phonemes = token.phonemes.as_deref().unwrap_or("");
            symbols.extend(phonemes.chars().filter(|&c| tables.symbol_id(c).is_some()));
            let range = trimmed(&symbols, start..symbols.len());
            if !range.is_empty()
                && let Some(source) = text.origin(token.range.clone())
            {
                sounding.push(Sounding { source, symbols: range });
            }
            if token.space_after {
                symbols.push(' ');
            }
        }
        // Spaces at either end say nothing.
        let lead = symbols.iter().take_while(|c| **c == ' ').count();
        symbols.drain(..lead);
        while symbols.last() == Some(&' ') {
            symbols.pop();
        }
        for token in &mut sounding {
            token.symbols = token.symbols.start - lead..token.symbols.end - lead;
        }
        Self { words: words(sentence, &sounding), symbols }
    }
}

/// The part of `range` that is speech, without punctuation and spaces at its ends.
fn trimmed(symbols: &[char], range: Range<usize>) -> Range<usize> {
    let is_speech = |c: &char| c.is_alphabetic() || "ˈˌː".contains(*c);
    let part = &symbols[range.clone()];
    let (Some(first), Some(last)) = (part.iter().position(is_speech), part.iter().rposition(is_speech))
    else {
        return range.start..range.start;
    };
    range.start + first..range.start + last + 1
}

/// Assigns the sounding tokens to the written words; words that share tokens share their sound in order.
fn words(sentence: &str, sounding: &[Sounding]) -> Vec<PhonemeWord> {
    let overlaps = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let mut words: Vec<PhonemeWord> = Vec::new();
    let mut cluster: Vec<Range<usize>> = Vec::new();
    let mut tokens: Option<Range<usize>> = None;
    for word in white_space_words(sentence) {
        let own = sounding.iter().enumerate().filter(|(_, token)| overlaps(&token.source, &word));
        let span = own.map(|(index, _)| index).fold(None, |span: Option<Range<usize>>, index| {
            Some(span.map_or(index..index + 1, |span| span.start.min(index)..span.end.max(index + 1)))
        });
        let Some(span) = span else { continue };
        match &mut tokens {
            Some(shared) if overlaps(shared, &span) => {
                shared.end = shared.end.max(span.end);
                cluster.push(word);
            }
            _ => {
                share(&cluster, tokens.take(), sounding, &mut words);
                tokens = Some(span);
                cluster = vec![word];
            }
        }
    }
    share(&cluster, tokens, sounding, &mut words);
    words
}

fn share(
    cluster: &[Range<usize>],
    tokens: Option<Range<usize>>,
    sounding: &[Sounding],
    words: &mut Vec<PhonemeWord>,
) {
    let Some(tokens) = tokens.map(|span| &sounding[span]) else { return };
    for (index, text) in cluster.iter().enumerate() {
        let part = |index: usize| index * tokens.len() / cluster.len();
        let symbols = if tokens.len() >= cluster.len() {
            tokens[part(index)].symbols.start..tokens[part(index + 1) - 1].symbols.end
        } else {
            let whole = tokens[0].symbols.start..tokens[tokens.len() - 1].symbols.end;
            let at = |index: usize| whole.start + index * whole.len() / cluster.len();
            at(index)..at(index + 1)
        };
        // Rewriting can swap words ("5 May"), but time goes on.
        let from = words.last().map_or(0, |word| word.symbols.end);
        let symbols = symbols.start.max(from)..symbols.end.max(from);
        words.push(PhonemeWord { text: text.clone(), symbols });
    }
}

fn white_space_words(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_whitespace().map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        start..start + word.len()
    })
}
