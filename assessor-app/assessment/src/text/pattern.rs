//! Word patterns: a small, safe alternative to regular expressions that exam authors can read.

use std::ops::Range;

use super::{Token, stem};

/// A sequence of words to look for.
///
/// Words are separated by blanks and compared by stem; `a|b` is either word, `word?` may be absent, `*` stands for up to
/// four words of any kind, `$` for the end of what was said. Example: `not|never * leave * alone`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    elements: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    Gap,
    End,
    Word { stems: Vec<String>, optional: bool },
}

/// Why a pattern cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// No word stands in it.
    #[error("pattern has no word that must occur")]
    Empty,
    /// An alternative is empty or holds something else than letters and digits.
    #[error("pattern words may hold only letters and digits, joined by `|`, with a final `?`")]
    Word,
}

/// The most words that `*` skips.
const GAP: usize = 4;
/// Words before a match in which a negation turns it round.
const NEGATION_REACH: usize = 3;
/// What "no" turns round; alone it may just answer a question.
const NEEDS: [&str; 5] = ["need", "reason", "point", "use", "time"];
const NEGATIONS: [&str; 7] = ["not", "never", "without", "avoid", "avoiding", "cannot", "nobody"];

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When no obligatory word stands in it, or a word holds other signs than letters and digits.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let mut elements = Vec::new();
        for part in text.split_whitespace() {
            if part == "*" {
                elements.push(Element::Gap);
                continue;
            }
            if part == "$" {
                elements.push(Element::End);
                continue;
            }
            let (part, optional) = part.strip_suffix('?').map_or((part, false), |part| (part, true));
            let stems: Vec<String> = part.split('|').map(|word| stem(&word.to_lowercase())).collect();
            if stems.iter().any(|word| word.is_empty() || !word.chars().all(char::is_alphanumeric)) {
                return Err(PatternError::Word);
            }
            elements.push(Element::Word { stems, optional });
        }
        let obligatory =
            elements.iter().any(|element| matches!(element, Element::Word { optional: false, .. }));
        if obligatory { Ok(Self { elements }) } else { Err(PatternError::Empty) }
    }

    /// The first match that no negation stands before, as a range of token numbers.
    #[must_use]
    pub fn find(&self, tokens: &[Token]) -> Option<Range<usize>> {
        self.matches(tokens).find(|found| !is_negated(tokens, found.start))
    }

    /// The first match, negated or not.
    #[must_use]
    pub fn find_any(&self, tokens: &[Token]) -> Option<Range<usize>> {
        self.matches(tokens).next()
    }

    fn matches<'a>(&'a self, tokens: &'a [Token]) -> impl Iterator<Item = Range<usize>> + 'a {
        (0..tokens.len()).filter_map(move |start| {
            end_of(&self.elements, tokens, start).filter(|end| *end > start).map(|end| start..end)
        })
    }
}

fn is_negated(tokens: &[Token], start: usize) -> bool {
    turns_round(&tokens[start.saturating_sub(NEGATION_REACH)..start])
}

/// Whether words turn a statement round: "not", "never", "no need to".
pub(crate) fn turns_round(tokens: &[Token]) -> bool {
    let no_need = |pair: &[Token]| pair[0].word == "no" && NEEDS.contains(&pair[1].word.as_str());
    tokens.iter().any(|token| NEGATIONS.contains(&token.word.as_str())) || tokens.windows(2).any(no_need)
}

/// Where a match of `elements` that begins at `at` ends.
fn end_of(elements: &[Element], tokens: &[Token], at: usize) -> Option<usize> {
    let Some((first, rest)) = elements.split_first() else { return Some(at) };
    match first {
        Element::Gap if rest.is_empty() => Some(at),
        Element::End => (at == tokens.len()).then(|| end_of(rest, tokens, at)).flatten(),
        Element::Gap => (at..=(at + GAP).min(tokens.len())).find_map(|next| end_of(rest, tokens, next)),
        Element::Word { stems, optional } => {
            let here = tokens.get(at).filter(|token| stems.contains(&token.stem));
            here.and_then(|_| end_of(rest, tokens, at + 1))
                .or_else(|| if *optional { end_of(rest, tokens, at) } else { None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    #[test]
    fn finds_what_it_should() {
        for (pattern, text, found) in [
            ("hear|understand you", "I hear you.", true),
            ("hear|understand you", "I understood nothing", false),
            ("not leave * alone", "I won't leave you here alone.", true),
            ("not leave * alone", "I won't leave you here, on this very long night, alone.", false),
            ("call * help", "I would never call anyone for help", false),
            ("calm down", "I would not say calm down", false),
            ("tell * calm down", "I would not tell him to calm down", false),
            ("i am? so? sorry", "I'm really sorry", false),
            ("i am? so? * sorry", "I'm really sorry", true),
            ("write * down", "There is no need to write it down", false),
            ("write * down", "No, I write it down", true),
            ("want|need to stop $", "Well, I need to stop.", true),
            ("want|need to stop $", "I need to stop the bleeding.", false),
        ] {
            let pattern_read = Pattern::new(pattern).expect("a readable pattern");
            assert_eq!(pattern_read.find(&tokens(text)).is_some(), found, "{pattern} in {text}");
        }
    }

    #[test]
    fn refuses_patterns_without_words() {
        assert_eq!(Pattern::new("  "), Err(PatternError::Empty));
        assert_eq!(Pattern::new("* yes?"), Err(PatternError::Empty));
        assert_eq!(Pattern::new("a||b"), Err(PatternError::Word));
        assert_eq!(Pattern::new("(a)"), Err(PatternError::Word));
    }
}
