//! A token on its way to phonemes.

use std::ops::Range;

/// Currencies whose amounts the dictionary reads, with their unit and hundredth.
pub(crate) const CURRENCIES: [(&str, [&str; 2]); 3] =
    [("$", ["dollar", "cent"]), ("£", ["pound", "pence"]), ("€", ["euro", "cent"])];

pub(crate) fn currency_words(sign: &str) -> Option<[&'static str; 2]> {
    CURRENCIES.iter().find(|(known, _)| *known == sign).map(|(_, words)| *words)
}

/// One token, or several merged.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// Bytes of the normalised text.
    pub(crate) range: Range<usize>,
    pub(crate) tag: String,
    pub(crate) space_after: bool,
    pub(crate) phonemes: Option<String>,
    /// False for a token that continues the one before.
    pub(crate) is_head: bool,
    /// Read as this word instead.
    pub(crate) alias: Option<&'static str>,
    pub(crate) currency: Option<String>,
    /// A space is spoken before it, although none is written.
    pub(crate) space_before: bool,
}

impl Token {
    pub(crate) fn is_settled(&self) -> bool {
        self.alias.is_some() || self.phonemes.is_some()
    }

    /// One token of a run that is written without spaces; phonemes are joined only if `join` says so.
    pub(crate) fn merge(tokens: &[Self], join: bool) -> Self {
        let mut merged = tokens[0].clone();
        merged.alias = None;
        let capitals = |token: &Self| -> usize {
            token.text.chars().map(|c| if c.to_lowercase().eq(std::iter::once(c)) { 1 } else { 2 }).sum()
        };
        let mut heaviest = 0;
        let mut phonemes = String::new();
        for (index, token) in tokens.iter().enumerate() {
            if index > 0 {
                if tokens[index - 1].space_after {
                    merged.text.push(' ');
                }
                merged.text.push_str(&token.text);
            }
            if capitals(token) > heaviest {
                heaviest = capitals(token);
                merged.tag.clone_from(&token.tag);
            }
            merged.currency = merged.currency.max(token.currency.clone());
            let own = token.phonemes.as_deref().unwrap_or("");
            if token.space_before
                && !own.is_empty()
                && !phonemes.is_empty()
                && !phonemes.ends_with(char::is_whitespace)
            {
                phonemes.push(' ');
            }
            phonemes.push_str(own);
            merged.range.end = token.range.end;
            merged.space_after = token.space_after;
        }
        merged.phonemes = join.then_some(phonemes);
        merged
    }
}
