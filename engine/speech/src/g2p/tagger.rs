//! Parts of speech, so that "read", "live" and "record" get the right sound.
//!
//! **Source**: averaged perceptron with the features of `hibari-tts` 0.2.1 (Apache-2.0), `g2p/tagger.py`.

use std::collections::HashMap;

use crate::tables::TaggerTable;

impl TaggerTable {
    /// A Penn Treebank tag for each word.
    pub(crate) fn tag<'a>(&'a self, words: &[&str]) -> Vec<&'a str> {
        let mut context = vec!["-START2-".to_string(), "-START-".to_string()];
        context.extend(words.iter().map(|word| self.context_form(word)));
        context.extend(["-END-".to_string(), "-END2-".to_string()]);
        let mut tags: Vec<&str> = Vec::with_capacity(words.len());
        for (index, word) in words.iter().enumerate() {
            let tag = if let Some(tag) = self.tagdict.get(*word) {
                tag
            } else {
                let before = if index > 0 { tags[index - 1] } else { "-START-" };
                let before2 = match index {
                    0 => "-START2-",
                    1 => "-START-",
                    _ => tags[index - 2],
                };
                self.predict(&features(index, word, &context, before, before2))
            };
            tags.push(tag);
        }
        tags
    }

    fn context_form(&self, word: &str) -> String {
        let form = normal_form(word);
        match &self.vocab {
            Some(vocab) if !vocab.contains(&form) => format!("<{}>", shape(word)),
            _ => form,
        }
    }

    fn predict(&self, features: &[String]) -> &str {
        let mut scores: HashMap<&str, f64> = HashMap::new();
        for weights in features.iter().filter_map(|feature| self.weights.get(feature)) {
            #[expect(
                clippy::iter_over_hash_type,
                reason = "each tag gets one addition per feature, in any order"
            )]
            for (tag, weight) in weights {
                *scores.entry(tag).or_default() += weight;
            }
        }
        if scores.is_empty() {
            return "NN";
        }
        let score = |tag: &str| scores.get(tag).copied().unwrap_or(0.0);
        let best = self.tags.iter().max_by(|a, b| score(a).total_cmp(&score(b)).then_with(|| a.cmp(b)));
        best.map_or("NN", String::as_str)
    }
}

fn features(index: usize, word: &str, context: &[String], before: &str, before2: &str) -> [String; 15] {
    let at = index + 2;
    let first: String = word.chars().take(1).collect();
    [
        "b".into(),
        format!("s3={}", last_three(word)),
        format!("p1={first}"),
        format!("w={}", context[at]),
        format!("sh={}", shape(word)),
        if index == 0 { "i0".into() } else { "i+".into() },
        format!("t-1={before}"),
        format!("t-2={before2}"),
        format!("t-12={before},{before2}"),
        format!("w-1={}", context[at - 1]),
        format!("s3-1={}", last_three(&context[at - 1])),
        format!("w-2={}", context[at - 2]),
        format!("w+1={}", context[at + 1]),
        format!("s3+1={}", last_three(&context[at + 1])),
        format!("w+2={}", context[at + 2]),
    ]
}

fn last_three(word: &str) -> &str {
    word.char_indices().rev().nth(2).map_or(word, |(at, _)| &word[at..])
}

fn all(word: &str, is: impl Fn(char) -> bool) -> bool {
    !word.is_empty() && word.chars().all(is)
}

fn normal_form(word: &str) -> String {
    if word.contains('-') && !word.starts_with('-') {
        "!HYPHEN".into()
    } else if all(word, char::is_numeric) && word.chars().count() == 4 {
        "!YEAR".into()
    } else if word.starts_with(char::is_numeric) {
        "!DIGITS".into()
    } else {
        word.to_lowercase()
    }
}

fn shape(word: &str) -> String {
    if all(word, char::is_alphabetic) {
        let mut letters = word.chars();
        let first_upper = letters.next().is_some_and(char::is_uppercase);
        return if all(word, char::is_lowercase) {
            "x"
        } else if all(word, char::is_uppercase) {
            if word.chars().count() > 1 { "XX" } else { "X1" }
        } else if first_upper && letters.all(char::is_lowercase) {
            "Xx"
        } else {
            "xX"
        }
        .into();
    }
    if all(word, char::is_numeric) {
        return "d".into();
    }
    let kind = |c: char| match c {
        _ if c.is_numeric() => 'd',
        _ if c.is_alphabetic() => 'x',
        _ => c,
    };
    word.chars().take(4).map(kind).collect()
}
