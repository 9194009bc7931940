//! Words by dictionary: gold, then silver, then stem and ending.
//!
//! **Source**: misaki 0.9.4 (Apache-2.0, hexgrad), `en.py`, American rules, as ported by `hibari-tts` 0.2.1.

use unicode_normalization::UnicodeNormalization as _;

use super::stress::{self, PRIMARY, SECONDARY};
use super::token::Token;
use crate::tables::{Entry, TablesInner};

/// What follows a word, as far as its sound depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Context {
    /// True if a vowel follows, false if a consonant does, `None` before a pause.
    pub(crate) future_vowel: Option<bool>,
    /// True if "to" follows.
    pub(crate) future_to: bool,
}

type Stress = Option<f32>;

/// The dictionaries of a voice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexicon<'a> {
    pub(crate) tables: &'a TablesInner,
}

impl Lexicon<'_> {
    /// The phonemes of a token in its context; `None` for an unknown word.
    pub(crate) fn read(&self, token: &Token, context: Context) -> Option<String> {
        let word = token.alias.unwrap_or(&token.text).replace(['‘', '’'], "'");
        let word: String = word.nfkc().collect();
        let stress = if word == word.to_lowercase() {
            None
        } else if word == word.to_uppercase() {
            Some(2.0)
        } else {
            Some(0.5)
        };
        if let Some(phonemes) = self.word(&word, &token.tag, stress, context) {
            return Some(self.with_currency(phonemes, token.currency.as_deref()));
        }
        if super::figures::is_number(&word, token.is_head) {
            return self.number(&word, token.currency.as_deref(), token.is_head);
        }
        None
    }

    fn with_currency(&self, phonemes: String, currency: Option<&str>) -> String {
        let unit = currency.and_then(super::token::currency_words).and_then(|[unit, _]| self.plural(unit));
        unit.map_or(phonemes.clone(), |unit| format!("{phonemes} {unit}"))
    }

    pub(crate) fn plural(&self, unit: &str) -> Option<String> {
        self.stem_s(&format!("{unit}s"), None, None, None)
    }

    fn get<'t>(dictionary: &'t std::collections::HashMap<String, Entry>, word: &str) -> Option<&'t Entry> {
        if let Some(entry) = dictionary.get(word) {
            return Some(entry);
        }
        if word.chars().count() < 2 {
            return None;
        }
        // A lower-case entry answers for its capitalised form too, and the other way round.
        let lower = word.to_lowercase();
        let capital = capitalize(word);
        if word == lower && capital != word {
            dictionary.get(&capital)
        } else if word == capital {
            dictionary.get(&lower)
        } else {
            None
        }
    }

    fn gold(&self, word: &str) -> Option<&Entry> {
        Self::get(&self.tables.gold, word)
    }

    fn silver(&self, word: &str) -> Option<&Entry> {
        Self::get(&self.tables.silver, word)
    }

    fn gold_of(&self, word: &str, tag: &str) -> Option<String> {
        match self.gold(word)? {
            Entry::One(phonemes) => Some(phonemes.clone()),
            Entry::ByTag(readings) => readings.get(tag).or_else(|| readings.get("DEFAULT"))?.clone(),
        }
    }

    /// Letter by letter, the last one stressed.
    fn spelled(&self, word: &str) -> Option<String> {
        let mut phonemes = String::new();
        for letter in word.chars().filter(|c| c.is_alphabetic()) {
            let upper: String = letter.to_uppercase().collect();
            phonemes.push_str(&self.gold_of(&upper, "DEFAULT")?);
        }
        let phonemes = stress::apply(&phonemes, Some(0.0));
        Some(match phonemes.rsplit_once(SECONDARY) {
            Some((before, after)) => format!("{before}{PRIMARY}{after}"),
            None => phonemes,
        })
    }

    fn special(&self, word: &str, tag: &str, stress: Stress, context: Context) -> Option<String> {
        let future_vowel = context.future_vowel;
        let some = |text: &str| Some(text.to_string());
        match (word, tag) {
            (".", "ADD") => return self.lookup("dot", None, Some(-0.5), Some(context)),
            ("/", "ADD") => return self.lookup("slash", None, Some(-0.5), Some(context)),
            ("%", _) => return self.lookup("percent", None, None, Some(context)),
            ("&", _) => return self.lookup("and", None, None, Some(context)),
            ("+", _) => return self.lookup("plus", None, None, Some(context)),
            ("@", _) => return self.lookup("at", None, None, Some(context)),
            _ => {}
        }
        if is_dotted_abbreviation(word) {
            return self.spelled(word);
        }
        match word {
            "a" | "A" => some(if tag == "DT" { "ɐ" } else { "ˈA" }),
            "am" | "Am" | "AM" => {
                if tag.starts_with("NN") {
                    self.spelled(word)
                } else if future_vowel.is_none() || word != "am" || stress.is_some_and(|s| s > 0.0) {
                    self.gold_of("am", "DEFAULT")
                } else {
                    some("ɐm")
                }
            }
            "AN" if tag.starts_with("NN") => self.spelled(word),
            "an" | "An" | "AN" => some("ɐn"),
            "I" if tag == "PRP" => some("ˌI"),
            "by" | "By" | "BY" if parent(tag) == "ADV" => some("bˈI"),
            "to" | "To" => self.to(future_vowel),
            "TO" if matches!(tag, "TO" | "IN") => self.to(future_vowel),
            "in" | "In" => some(if future_vowel.is_none() || tag != "IN" { "ˈɪn" } else { "ɪn" }),
            "IN" if tag != "NNP" => some(if future_vowel.is_none() || tag != "IN" { "ˈɪn" } else { "ɪn" }),
            "the" | "The" => some(if future_vowel == Some(true) { "ði" } else { "ðə" }),
            "THE" if tag == "DT" => some(if future_vowel == Some(true) { "ði" } else { "ðə" }),
            _ if tag == "IN" && matches!(word.to_lowercase().as_str(), "vs" | "vs.") => {
                self.lookup("versus", None, None, Some(context))
            }
            "used" | "Used" | "USED" => {
                let habit = matches!(tag, "VBD" | "JJ") && context.future_to;
                self.gold_of("used", if habit { "VBD" } else { "DEFAULT" })
            }
            _ => None,
        }
    }

    fn to(&self, future_vowel: Option<bool>) -> Option<String> {
        match future_vowel {
            None => self.gold_of("to", "DEFAULT"),
            Some(false) => Some("tə".into()),
            Some(true) => Some("tʊ".into()),
        }
    }

    fn is_known(&self, word: &str) -> bool {
        if self.gold(word).is_some() || matches!(word, "%" | "&" | "+" | "@") || self.silver(word).is_some() {
            return true;
        }
        if word.is_empty() || !word.chars().all(|c| c.is_ascii_alphabetic()) {
            return false;
        }
        if word.len() == 1 || (word == word.to_uppercase() && self.gold(&word.to_lowercase()).is_some()) {
            return true;
        }
        word[1..] == word[1..].to_uppercase()
    }

    pub(crate) fn lookup(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Stress,
        context: Option<Context>,
    ) -> Option<String> {
        let mut word = word.to_string();
        let mut is_name = false;
        if word == word.to_uppercase() && self.gold(&word).is_none() {
            word = word.to_lowercase();
            is_name = tag == Some("NNP");
        }
        let mut entry = self.gold(&word);
        if entry.is_none() && !is_name {
            entry = self.silver(&word);
        }
        let phonemes = entry.and_then(|entry| match entry {
            Entry::One(phonemes) => Some(phonemes.clone()),
            Entry::ByTag(readings) => {
                let pause =
                    context.is_some_and(|c| c.future_vowel.is_none()) && readings.contains_key("None");
                let tag = if pause { "None" } else { tag.unwrap_or("") };
                let reading = readings
                    .get(tag)
                    .or_else(|| readings.get(parent(tag)))
                    .or_else(|| readings.get("DEFAULT"));
                reading.cloned().flatten()
            }
        });
        match phonemes {
            Some(phonemes) if !is_name || phonemes.contains(PRIMARY) => {
                Some(stress::apply(&phonemes, stress))
            }
            _ => self.spelled(&word),
        }
    }

    fn stem_s(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Stress,
        context: Option<Context>,
    ) -> Option<String> {
        let length = word.chars().count();
        if length < 3 || !word.ends_with('s') {
            return None;
        }
        let cut = |tail: &str| word.strip_suffix(tail).filter(|stem| self.is_known(stem));
        let ies = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let stem = if let Some(stem) = cut("s").filter(|_| !word.ends_with("ss")) {
            stem.to_string()
        } else if let Some(stem) = cut("'s") {
            stem.to_string()
        } else if let Some(stem) = cut("es").filter(|_| length > 4 && ies.is_none()) {
            stem.to_string()
        } else {
            ies.filter(|stem| length > 4 && self.is_known(stem))?
        };
        Some(add_s(&self.lookup(&stem, tag, stress, context)?))
    }

    fn stem_ed(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Stress,
        context: Option<Context>,
    ) -> Option<String> {
        let length = word.chars().count();
        if length < 4 || !word.ends_with('d') {
            return None;
        }
        let cut = |tail: &str| word.strip_suffix(tail).filter(|stem| self.is_known(stem));
        let stem = (cut("d").filter(|_| !word.ends_with("dd")))
            .or_else(|| cut("ed").filter(|_| length > 4 && !word.ends_with("eed")))?;
        Some(add_ed(&self.lookup(stem, tag, stress, context)?))
    }

    fn stem_ing(
        &self,
        word: &str,
        tag: Option<&str>,
        stress: Stress,
        context: Option<Context>,
    ) -> Option<String> {
        let length = word.chars().count();
        let stem = word.strip_suffix("ing").filter(|_| length >= 5)?;
        let with_e = format!("{stem}e");
        let stem = if length > 5 && self.is_known(stem) {
            stem
        } else if self.is_known(&with_e) {
            &with_e
        } else if length > 5 && is_doubled(stem) {
            let last = stem.chars().next_back()?;
            stem.strip_suffix(last).filter(|stem| self.is_known(stem))?
        } else {
            return None;
        };
        Some(add_ing(&self.lookup(stem, tag, stress, context)?))
    }

    fn word(&self, word: &str, tag: &str, stress: Stress, context: Context) -> Option<String> {
        if let Some(phonemes) = self.special(word, tag, stress, context) {
            return Some(phonemes);
        }
        let (tag, context) = (Some(tag), Some(context));
        let lower = word.to_lowercase();
        let letters = word.replace('\'', "");
        let tail: String = word.chars().skip(1).collect();
        let is_only_case = word.chars().count() > 1
            && !letters.is_empty()
            && letters.chars().all(char::is_alphabetic)
            && word != lower
            && (tag != Some("NNP") || word.chars().count() > 7)
            && self.gold(word).is_none()
            && self.silver(word).is_none()
            && (word == word.to_uppercase() || tail == tail.to_lowercase())
            && (self.gold(&lower).is_some()
                || self.silver(&lower).is_some()
                || self.stem_s(&lower, tag, stress, context).is_some_and(|p| !p.is_empty())
                || self.stem_ed(&lower, tag, stress, context).is_some_and(|p| !p.is_empty())
                || self.stem_ing(&lower, tag, stress, context).is_some_and(|p| !p.is_empty()));
        let word = if is_only_case { lower.as_str() } else { word };
        if self.is_known(word) {
            return self.lookup(word, tag, stress, context);
        }
        if let Some(owner) =
            word.strip_suffix("s'").map(|stem| format!("{stem}'s")).filter(|w| self.is_known(w))
        {
            return self.lookup(&owner, tag, stress, context);
        }
        if let Some(stem) = word.strip_suffix('\'').filter(|stem| self.is_known(stem)) {
            return self.lookup(stem, tag, stress, context);
        }
        self.stem_s(word, tag, stress, context)
            .or_else(|| self.stem_ed(word, tag, stress, context))
            .or_else(|| self.stem_ing(word, tag, stress.or(Some(0.5)), context))
    }
}

fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}

fn parent(tag: &str) -> &str {
    if tag.starts_with("VB") {
        "VERB"
    } else if tag.starts_with("NN") {
        "NOUN"
    } else if tag.starts_with("ADV") || tag.starts_with("RB") {
        "ADV"
    } else if tag.starts_with("ADJ") || tag.starts_with("JJ") {
        "ADJ"
    } else {
        tag
    }
}

/// "U.S.", "p.m", "e.g.".
fn is_dotted_abbreviation(word: &str) -> bool {
    let letters = word.replace('.', "");
    word.trim_matches('.').contains('.')
        && !letters.is_empty()
        && letters.chars().all(char::is_alphabetic)
        && word.split('.').all(|part| part.chars().count() < 3)
}

/// "runn", "stopp", "panick": a doubled consonant, or ck.
fn is_doubled(stem: &str) -> bool {
    let mut letters = stem.chars().rev();
    let (last, before) = (letters.next(), letters.next());
    stem.ends_with("ck") || (last == before && last.is_some_and(|c| "bcdgklmnprstvxz".contains(c)))
}

fn is_tapped(symbol: char) -> bool {
    "AIOWYiuæɑəɛɪɹʊʌ".contains(symbol)
}

pub(crate) fn add_s(stem: &str) -> String {
    match stem.chars().next_back() {
        None => String::new(),
        Some(last) if "ptkfθ".contains(last) => format!("{stem}s"),
        Some(last) if "szʃʒʧʤ".contains(last) => format!("{stem}ᵻz"),
        Some(_) => format!("{stem}z"),
    }
}

pub(crate) fn add_ed(stem: &str) -> String {
    let mut reversed = stem.chars().rev();
    match (reversed.next(), reversed.next()) {
        (None, _) => String::new(),
        (Some(last), _) if "pkfθʃsʧ".contains(last) => format!("{stem}t"),
        (Some('d'), _) => format!("{stem}ᵻd"),
        (Some('t'), None) => format!("{stem}ɪd"),
        (Some('t'), Some(before)) if is_tapped(before) => format!("{}ɾᵻd", &stem[..stem.len() - 1]),
        (Some('t'), _) => format!("{stem}ᵻd"),
        _ => format!("{stem}d"),
    }
}

pub(crate) fn add_ing(stem: &str) -> String {
    let mut reversed = stem.chars().rev();
    match (reversed.next(), reversed.next()) {
        (None, _) => String::new(),
        (Some('t'), Some(before)) if is_tapped(before) => format!("{}ɾɪŋ", &stem[..stem.len() - 1]),
        _ => format!("{stem}ɪŋ"),
    }
}
