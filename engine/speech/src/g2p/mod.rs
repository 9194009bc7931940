//! From text to phonemes, and from phonemes back to the words of the text.
//!
//! **Source**: the steps and rules are those of `hibari-tts` 0.2.1 (Apache-2.0), which ports misaki 0.9.4
//! (Apache-2.0, hexgrad); both read text the way the acoustic network was trained to hear it.

mod aligned;
mod figures;
mod letters;
mod lexicon;
mod normalize;
mod numbers;
mod sentence;
mod stress;
mod tagger;
mod token;
mod tokenize;

pub use letters::LetterRules;
pub(crate) use normalize::Normalizer;
pub use sentence::{PhonemeWord, Phonemes};
pub(crate) use tokenize::Tokenizer;

use fancy_regex::Regex;

use crate::{OutOfVocabulary, SpeechError, Tables};
use lexicon::{Context, Lexicon};
use token::{Token, currency_words};

/// Reads sentences.
pub struct GraphemeToPhoneme {
    tables: Tables,
    oov: Box<dyn OutOfVocabulary>,
    subtoken: Regex,
    piece: Regex,
}

impl std::fmt::Debug for GraphemeToPhoneme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GraphemeToPhoneme").finish_non_exhaustive()
    }
}

impl GraphemeToPhoneme {
    /// A reader with these tables; `oov` is asked for words that stand in none of them.
    #[must_use]
    pub fn new(tables: &Tables, oov: Box<dyn OutOfVocabulary>) -> Self {
        const SUBTOKEN: &str = r"^['‘’]+|[A-ZÀ-ÖØ-Þ](?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ])|(?:^-)?(?:\d?[,.]?\d)+|[-_]+|['‘’]{2,}|[^\W\d_]*?(?:['‘’][^\W\d_])*?[a-zß-öø-ÿ](?=[A-ZÀ-ÖØ-Þ])|[^\W\d_]+(?:['‘’][^\W\d_])*|[^\w\-'‘’]|['‘’]+$";
        const PIECE: &str = r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[,.]\d+)*|[^\w\s]+";
        Self {
            tables: tables.clone(),
            oov,
            subtoken: Regex::new(SUBTOKEN).expect("the sub-token pattern is valid"),
            piece: Regex::new(PIECE).expect("the piece pattern is valid"),
        }
    }

    /// The phonemes of one sentence, with the place of each of its words.
    ///
    /// # Errors
    /// [`SpeechError::Port`] where the reader of unknown words fails.
    pub fn read(&mut self, sentence: &str) -> Result<Phonemes, SpeechError> {
        let tables = self.tables.clone();
        let text = tables.inner.normalizer.normalize(sentence);
        let tokens = self.phonemize(self.tokens(text.text()))?;
        Ok(Phonemes::join(sentence, &text, &tokens, &tables))
    }

    fn tokens(&self, text: &str) -> Vec<Token> {
        let tables = &self.tables.inner;
        let pieces = tables.tokenizer.tokenize(text);
        let words: Vec<&str> = pieces.iter().map(|piece| &text[piece.range.clone()]).collect();
        let tags = tables.tagger.tag(&words);
        let token = |(piece, tag): (tokenize::Piece, &str)| Token {
            text: text[piece.range.clone()].into(),
            range: piece.range,
            tag: tag.into(),
            space_after: piece.space_after,
            phonemes: None,
            is_head: true,
            alias: None,
            currency: None,
            space_before: false,
        };
        pieces.into_iter().zip(tags).map(token).collect()
    }

    /// Cuts tokens at changes of script, case and figures, and groups what is written without a space.
    fn group(&self, tokens: &[Token]) -> Vec<Vec<Token>> {
        let mut groups: Vec<(Vec<Token>, bool)> = Vec::new();
        let mut currency: Option<String> = None;
        for (index, token) in tokens.iter().enumerate() {
            let mut parts = self.parts(token);
            let count = parts.len();
            let edge = |part: Option<&Token>, last: bool| {
                part.and_then(|p| if last { p.text.chars().next_back() } else { p.text.chars().next() })
            };
            let between_letters: Vec<bool> = (0..count)
                .map(|j| {
                    let before = j.checked_sub(1).and_then(|j| edge(parts.get(j), true));
                    let after = edge(parts.get(j + 1), false);
                    before.zip(after).is_some_and(|(a, b)| a.is_alphabetic() && b.is_alphabetic())
                })
                .collect();
            for (j, part) in parts.iter_mut().enumerate() {
                let is_last = j + 1 == count;
                if part.tag == "$" && currency_words(&part.text).is_some() {
                    currency = Some(part.text.clone());
                    part.phonemes = Some(String::new());
                } else if part.tag == ":" && matches!(part.text.as_str(), "-" | "–") {
                    part.phonemes = Some("—".into());
                } else if is_punctuation_tag(&part.tag) && !part.text.chars().all(|c| c.is_ascii_alphabetic())
                {
                    part.phonemes = Some(punctuation(part));
                } else if currency.is_some() {
                    if part.tag != "CD" {
                        currency = None;
                    } else if is_last && tokens.get(index + 1).is_none_or(|next| next.tag != "CD") {
                        part.currency.clone_from(&currency);
                    }
                } else if part.text == "2" && between_letters[j] {
                    part.alias = Some("to");
                }
            }
            for mut part in parts {
                let open =
                    groups.last().is_some_and(|(group, open)| *open && !group[group.len() - 1].space_after);
                if part.is_settled() {
                    groups.push((vec![part], false));
                } else if open {
                    part.is_head = false;
                    groups.last_mut().expect("a group is open").0.push(part);
                } else {
                    let open = !part.space_after;
                    groups.push((vec![part], open));
                }
            }
        }
        groups.into_iter().map(|(group, _)| group).collect()
    }

    fn parts(&self, token: &Token) -> Vec<Token> {
        let mut parts: Vec<Token> = (self.subtoken.find_iter(&token.text).map_while(Result::ok))
            .filter(|found| !found.as_str().is_empty())
            .map(|found| Token {
                text: found.as_str().into(),
                range: token.range.start + found.start()..token.range.start + found.end(),
                space_after: false,
                ..token.clone()
            })
            .collect();
        match parts.last_mut() {
            Some(last) => last.space_after = token.space_after,
            None => parts.push(token.clone()),
        }
        parts
    }

    fn phonemize(&mut self, tokens: Vec<Token>) -> Result<Vec<Token>, SpeechError> {
        let tables = self.tables.clone();
        let lexicon = Lexicon { tables: &tables.inner };
        let mut groups = self.group(&tokens);
        let mut context = Context::default();
        // From the end, since a word's sound depends on what follows.
        for group in groups.iter_mut().rev() {
            if let [token] = group.as_mut_slice() {
                if token.phonemes.is_none() {
                    token.phonemes = lexicon.read(token, context);
                }
                if token.phonemes.is_none() {
                    token.phonemes = Some(self.fall_back(lexicon, &token.text)?);
                }
                context = next_context(context, token);
            } else {
                context = self.phonemize_group(lexicon, group, context)?;
            }
        }
        let merged = groups.into_iter().map(|group| match group.as_slice() {
            [token] => token.clone(),
            _ => Token::merge(&group, true),
        });
        Ok(merged
            .map(|mut token| {
                token.phonemes = token.phonemes.map(|p| p.replace('ɾ', "T").replace('ʔ', "t"));
                token
            })
            .collect())
    }

    /// The longest known words from the right; the whole group goes to the reader of unknown words if a part is unknown.
    fn phonemize_group(
        &mut self,
        lexicon: Lexicon<'_>,
        group: &mut [Token],
        mut context: Context,
    ) -> Result<Context, SpeechError> {
        let (mut left, mut right) = (0, group.len());
        while left < right {
            let merged = (!group[left..right].iter().any(Token::is_settled))
                .then(|| Token::merge(&group[left..right], false));
            let known =
                merged.and_then(|token| lexicon.read(&token, context).map(|phonemes| (token, phonemes)));
            if let Some((mut token, phonemes)) = known {
                for part in &mut group[left + 1..right] {
                    part.phonemes = Some(String::new());
                }
                group[left].phonemes = Some(phonemes.clone());
                token.phonemes = Some(phonemes);
                context = next_context(context, &token);
                right = left;
                left = 0;
            } else if left + 1 < right {
                left += 1;
            } else {
                right -= 1;
                if group[right].phonemes.is_none() {
                    if !group[right].text.chars().all(is_junk) {
                        let phonemes = self.fall_back(lexicon, &Token::merge(group, false).text)?;
                        for part in group.iter_mut() {
                            part.phonemes = Some(String::new());
                        }
                        group[0].phonemes = Some(phonemes);
                        return Ok(context);
                    }
                    group[right].phonemes = Some(String::new());
                }
                left = 0;
            }
        }
        balance_stress(group);
        Ok(context)
    }

    fn fall_back(&mut self, lexicon: Lexicon<'_>, text: &str) -> Result<String, SpeechError> {
        let mut spoken: Vec<String> = Vec::new();
        for piece in self.piece.find_iter(text).map_while(Result::ok) {
            let piece = piece.as_str();
            let phonemes = match piece.chars().next() {
                Some(first) if first.is_ascii_digit() => lexicon.number(piece, None, false),
                Some(first) if first.is_alphabetic() => self.oov.pronounce(piece)?,
                _ => Some(piece.chars().map(symbol).collect()),
            };
            spoken.extend(phonemes.filter(|phonemes| !phonemes.is_empty()));
        }
        Ok(spoken.join(" "))
    }
}

fn symbol(symbol: char) -> &'static str {
    match symbol {
        '/' => "slˈæʃ",
        '=' => "ˈikwᵊlz",
        '+' => "plˈʌs",
        '&' => "ænd",
        '@' => "æt",
        '%' => "pəɹsˈɛnt",
        '#' => "hˈæʃ",
        '*' => "ˈæstəɹˌɪsk",
        '~' => "tˈɪldə",
        '^' => "kˈɛɹət",
        '<' => "lˈɛs ðən",
        '>' => "ɡɹˈATəɹ ðən",
        '—' => "—",
        _ => "",
    }
}

fn is_junk(letter: char) -> bool {
    "',-._‘’/".contains(letter)
}

fn is_pause(symbol: char) -> bool {
    ";:,.!?—…".contains(symbol)
}

fn is_punctuation_tag(tag: &str) -> bool {
    matches!(tag, "." | "," | "-LRB-" | "-RRB-" | "``" | "\"\"" | "''" | ":" | "$" | "#" | "NFP")
}

fn punctuation(token: &Token) -> String {
    match token.tag.as_str() {
        "-LRB-" => "(".into(),
        "-RRB-" => ")".into(),
        "``" => "“".into(),
        "\"\"" | "''" => "”".into(),
        _ => token.text.chars().filter(|&c| is_pause(c) || "\"“”".contains(c)).collect(),
    }
}

fn next_context(context: Context, token: &Token) -> Context {
    let first = token.phonemes.as_deref().and_then(|phonemes| {
        phonemes.chars().find(|&c| stress::is_vowel(c) || stress::is_consonant(c) || is_pause(c))
    });
    let future_vowel = match first {
        None => context.future_vowel,
        Some(symbol) if is_pause(symbol) => None,
        Some(symbol) => Some(stress::is_vowel(symbol)),
    };
    let future_to = matches!(token.text.as_str(), "to" | "To")
        || (token.text == "TO" && matches!(token.tag.as_str(), "TO" | "IN"));
    Context { future_vowel, future_to }
}

/// Joins the parts of a compound: spaces between unlike parts, else fewer primary stresses.
fn balance_stress(group: &mut [Token]) {
    let text = Token::merge(group, false).text;
    let kind = |c: char| if c.is_alphabetic() { 0 } else { 1 + u8::from(!c.is_ascii_digit()) };
    let mut kinds: Vec<u8> = text.chars().filter(|&c| !is_junk(c)).map(kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let spaced = text.contains([' ', '/']) || kinds.len() > 1;
    let count = group.len();
    for (index, token) in group.iter_mut().enumerate() {
        if token.phonemes.is_none() {
            let mut letters = token.text.chars();
            let single = letters.next().filter(|_| letters.next().is_none());
            if index + 1 == count && single.is_some_and(is_pause) {
                token.phonemes = Some(token.text.clone());
            } else if token.text.chars().all(is_junk) {
                token.phonemes = Some(String::new());
            }
        } else if index > 0 {
            token.space_before = spaced;
        }
    }
    if spaced {
        return;
    }
    let mut spoken: Vec<(bool, usize, usize)> = (group.iter().enumerate())
        .filter_map(|(index, token)| Some((index, token.phonemes.as_deref().filter(|p| !p.is_empty())?)))
        .map(|(index, phonemes)| (phonemes.contains(stress::PRIMARY), stress::weight(phonemes), index))
        .collect();
    let is_single = |index: usize| group[index].text.chars().count() == 1;
    let leading_letter = matches!(spoken[..], [(_, _, first), _] if is_single(first));
    let mut lower = |index: usize| {
        let lowered = group[index].phonemes.as_deref().map(|phonemes| stress::apply(phonemes, Some(-0.5)));
        group[index].phonemes = lowered;
    };
    let primaries = spoken.iter().filter(|part| part.0).count();
    if leading_letter {
        lower(spoken[1].2);
        return;
    }
    if spoken.len() < 2 || primaries <= spoken.len().div_ceil(2) {
        return;
    }
    spoken.sort_unstable();
    for (_, _, index) in &spoken[..spoken.len() / 2] {
        lower(*index);
    }
}
