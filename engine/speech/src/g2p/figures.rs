//! Figures by dictionary: cardinals, ordinals, years, decimals, amounts of money.
//!
//! **Source**: misaki 0.9.4 (Apache-2.0, hexgrad), `en.py`, `get_number`.

use super::lexicon::{Lexicon, add_ed, add_ing, add_s};
use super::numbers::{cardinal, decimal, ordinal, year};
use super::token::currency_words;

const ORDINALS: [&str; 4] = ["st", "nd", "rd", "th"];

/// True for figures with an optional ending ("1990s", "3rd", "-5").
pub(crate) fn is_number(word: &str, is_head: bool) -> bool {
    if !word.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let endings = ["ing", "'d", "ed", "'s", "st", "nd", "rd", "th", "s"];
    let figures = endings.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    figures
        .char_indices()
        .all(|(at, c)| c.is_ascii_digit() || ",.".contains(c) || (is_head && at == 0 && c == '-'))
}

fn is_figures(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

/// A spoken number in the making.
struct Reading<'a> {
    lexicon: Lexicon<'a>,
    parts: Vec<String>,
}

impl Reading<'_> {
    fn words(&mut self, words: &str) {
        for word in words.split(|c: char| !c.is_ascii_lowercase()).filter(|word| !word.is_empty()) {
            if word != "and" {
                let stress = (word == "point").then_some(-2.0);
                self.parts.extend(self.lexicon.lookup(word, None, stress, None));
            }
        }
    }

    fn figure(&mut self, figures: &str) {
        match figures.parse::<u64>() {
            Ok(number) => self.words(&cardinal(number)),
            // Larger than any word we have: digit by digit.
            Err(_) => self.digits(figures),
        }
    }

    fn digits(&mut self, figures: &str) {
        for digit in figures.chars().filter_map(|c| c.to_digit(10)) {
            self.words(&cardinal(u64::from(digit)));
        }
    }
}

impl Lexicon<'_> {
    /// The phonemes of figures; `None` where nothing can be read.
    pub(crate) fn number(&self, word: &str, currency: Option<&str>, is_head: bool) -> Option<String> {
        let stem = word.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '\'');
        let ending = &word[stem.len()..];
        let is_ordinal = ORDINALS.contains(&ending);
        let unit = currency.and_then(currency_words);
        let mut reading = Reading { lexicon: *self, parts: Vec::new() };
        let mut word = stem;
        if let Some(rest) = word.strip_prefix('-') {
            reading.parts.extend(self.lookup("minus", None, None, None));
            word = rest;
        }
        let plain = word.replace(',', "");
        if is_figures(word) && is_ordinal {
            reading.words(&word.parse().map(ordinal).ok()?);
        } else if reading.parts.is_empty() && word.len() == 4 && unit.is_none() && is_figures(word) {
            reading.words(&word.parse().map(year).ok()?);
        } else if !is_head && !word.contains('.') {
            read_continuation(&mut reading, &plain)?;
        } else if word.matches('.').count() > 1 || !is_head {
            for part in plain.split('.').filter(|part| !part.is_empty()) {
                if part.starts_with('0') || (part.len() != 2 && part[1..].chars().any(|c| c != '0')) {
                    reading.digits(part);
                } else {
                    reading.figure(part);
                }
            }
        } else if let Some(unit) = unit.filter(|_| is_amount(word)) {
            read_amount(&mut reading, &plain, unit);
        } else if !word.contains('.') {
            match plain.parse::<u64>() {
                Ok(number) => reading.words(&if is_ordinal { ordinal(number) } else { cardinal(number) }),
                Err(_) => reading.digits(&plain),
            }
        } else if let Some(fraction) = plain.strip_prefix('.') {
            reading.words("point");
            reading.digits(fraction);
        } else {
            match decimal(&plain) {
                Some(words) => reading.words(&words),
                None => reading.digits(&plain),
            }
        }
        if reading.parts.is_empty() {
            return None;
        }
        let phonemes = reading.parts.join(" ");
        Some(match ending {
            "s" | "'s" => add_s(&phonemes),
            "ed" | "'d" => add_ed(&phonemes),
            "ing" => add_ing(&phonemes),
            _ => phonemes,
        })
    }
}

/// Figures that follow letters or figures, as in "B12" and "A380": short ones as a number, long ones digit by digit.
fn read_continuation(reading: &mut Reading<'_>, figures: &str) -> Option<()> {
    let first = figures.chars().next()?;
    if first == '0' || figures.len() > 3 {
        reading.digits(figures);
    } else if figures.len() == 3 && !figures.ends_with("00") {
        reading.figure(&figures[..1]);
        if figures[1..].starts_with('0') {
            let letter = reading.lexicon.lookup("O", None, Some(-2.0), None);
            reading.parts.extend(letter);
            reading.figure(&figures[2..]);
        } else {
            reading.figure(&figures[1..]);
        }
    } else {
        reading.figure(figures);
    }
    Some(())
}

fn is_amount(word: &str) -> bool {
    match word.split_once('.') {
        None => true,
        Some((_, cents)) => !cents.contains('.') && cents.len() < 3,
    }
}

fn read_amount(reading: &mut Reading<'_>, figures: &str, unit: [&'static str; 2]) {
    let mut amounts: Vec<(&str, &str)> = figures.split('.').zip(unit).collect();
    let is_zero = |figures: &str| figures.chars().all(|c| c == '0');
    if amounts.len() > 1 {
        if is_zero(amounts[1].0) {
            amounts.pop();
        } else if is_zero(amounts[0].0) {
            amounts.remove(0);
        }
    }
    for (index, (amount, unit)) in amounts.into_iter().enumerate() {
        if index > 0 {
            let and = reading.lexicon.lookup("and", None, None, None);
            reading.parts.extend(and);
        }
        reading.figure(if amount.is_empty() { "0" } else { amount });
        let is_one = amount.trim_start_matches('0') == "1";
        let spoken = if is_one || unit == "pence" {
            reading.lexicon.lookup(unit, None, None, None)
        } else {
            reading.lexicon.plural(unit)
        };
        reading.parts.extend(spoken);
    }
}
