//! Readings that the dictionary cannot give: times, dates, units, abbreviations, money, symbols.
//!
//! Plain numbers, years, percents and simple amounts of money stay figures here; the dictionary reads them.
//! **Source**: the rules and their order are those of `hibari-tts` 0.2.1 (Apache-2.0), `g2p/normalize.py`.

use std::collections::HashMap;

use fancy_regex::{Captures, Regex, escape};

use super::aligned::Aligned;
use super::numbers::{cardinal, ordinal};
use crate::tables::NormalizeTable;

type Rule = (Regex, fn(&Normalizer, &Captures<'_>, &str) -> Option<String>);

/// Rewrites a sentence into words and plain figures.
#[derive(Debug)]
pub(crate) struct Normalizer {
    rules: Vec<Rule>,
    symbols: Vec<(Regex, String)>,
    spaces: Regex,
    space_before_punctuation: Regex,
    months: Vec<(String, String)>,
    titles: HashMap<String, String>,
    abbreviations: HashMap<String, String>,
    units: HashMap<String, [String; 2]>,
    currency: HashMap<String, [String; 2]>,
}

impl Normalizer {
    pub(crate) fn new(table: &NormalizeTable) -> Result<Self, String> {
        let symbols = table.symbols.0.iter().map(|(symbol, word)| {
            let pattern = if "=<>~".contains(symbol.as_str()) {
                format!(r"(?<=\S) ?{} ?(?=\S)", escape(symbol))
            } else {
                escape(symbol).into_owned()
            };
            Ok((compile(&pattern)?, if word.is_empty() { " ".into() } else { format!(" {word} ") }))
        });
        Ok(Self {
            rules: rules(table)?,
            symbols: symbols.collect::<Result<_, String>>()?,
            spaces: compile(r"\s+")?,
            space_before_punctuation: compile(r" +([,.;:!?])")?,
            months: table.months.0.clone(),
            titles: table.titles.clone(),
            abbreviations: table.abbreviations.clone(),
            units: table.units.clone(),
            currency: table.currency.clone(),
        })
    }

    pub(crate) fn normalize(&self, text: &str) -> Aligned {
        let mut aligned = Aligned::new(text);
        let one_space = |aligned: &mut Aligned| aligned.substitute(&self.spaces, |_, _| Some(" ".into()));
        one_space(&mut aligned);
        aligned.trim();
        for (pattern, reading) in &self.rules {
            aligned.substitute(pattern, |captures, whole| reading(self, captures, whole));
        }
        for (pattern, word) in &self.symbols {
            aligned.substitute(pattern, |_, _| Some(word.clone()));
        }
        one_space(&mut aligned);
        aligned.substitute(&self.space_before_punctuation, |captures, _| Some(captures[1].into()));
        aligned.trim();
        aligned
    }

    fn month(&self, name: &str) -> Option<&str> {
        let short = name.get(..3)?.to_lowercase();
        self.months.iter().find(|(key, _)| *key == short).map(|(_, month)| month.as_str())
    }

    fn date(&self, year: &str, month: u64, day: u64) -> Option<String> {
        let index = usize::try_from(month).ok()?.checked_sub(1)?;
        let (_, name) = self.months.get(index)?;
        let year = if year.is_empty() { String::new() } else { format!(", {year}") };
        (1..=31).contains(&day).then(|| format!("{name} {}{year}", ordinal(day)))
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| error.to_string())
}

fn any_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.into_iter().collect();
    // Longest first, so that "km/h" is not read as "km".
    words.sort_by_key(|word| (std::cmp::Reverse(word.chars().count()), *word));
    words.into_iter().map(escape).collect::<Vec<_>>().join("|")
}

fn figure(captures: &Captures<'_>, group: usize) -> Option<u64> {
    captures.get(group)?.as_str().parse().ok()
}

fn group<'a>(captures: &'a Captures<'_>, index: usize) -> &'a str {
    captures.get(index).map_or("", |found| found.as_str())
}

fn plural<'a>(amount: &str, words: &'a [String; 2]) -> &'a str {
    if matches!(amount.replace(',', "").as_str(), "1" | "1.0" | "-1") { &words[0] } else { &words[1] }
}

fn scale(word: &str) -> String {
    match word.to_lowercase().as_str() {
        "k" => "thousand".into(),
        "m" => "million".into(),
        "b" => "billion".into(),
        _ => word.into(),
    }
}

fn roman(numeral: &str) -> u64 {
    let value = |c| match c {
        'I' => 1,
        'V' => 5,
        'X' => 10,
        'L' => 50,
        'C' => 100,
        'D' => 500,
        'M' => 1000,
        _ => 0,
    };
    let (mut total, mut largest) = (0, 0);
    for digit in numeral.chars().rev().map(value) {
        if digit < largest {
            total -= digit;
        } else {
            total += digit;
        }
        largest = largest.max(digit);
    }
    total
}

fn rules(table: &NormalizeTable) -> Result<Vec<Rule>, String> {
    const NUMBER: &str = r"\d+(?:,\d{3})*(?:\.\d+)?";
    const NUMERAL: &str = r"((?=[IVXLC])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))";
    const BIG: &str = r"(hundred|thousand|million|billion|trillion|[kKmMbB]\b)";
    let capitalised: Vec<String> = (table.months.0.iter())
        .map(|(short, _)| {
            short.get(..1).map_or(String::new(), str::to_uppercase) + short.get(1..).unwrap_or("")
        })
        .collect();
    let months = any_of(
        (table.months.0.iter().map(|(_, name)| name.as_str()))
            .chain(capitalised.iter().map(String::as_str))
            .chain(["Sept"]),
    );
    let units = any_of(table.units.keys().map(String::as_str));
    let titles = any_of(table.titles.keys().map(String::as_str));
    let abbreviations = any_of(table.abbreviations.keys().map(String::as_str));
    let cardinals = any_of(table.roman_cardinal.iter().map(String::as_str));
    let ordinals = any_of(table.roman_ordinal.iter().map(String::as_str));
    let list: Vec<(String, Rule1)> = vec![
        ("[\u{a0}]".into(), |_, _, _| Some(" ".into())),
        ("’".into(), |_, _, _| Some("'".into())),
        ("‒".into(), |_, _, _| Some("-".into())),
        ("―".into(), |_, _, _| Some("—".into())),
        (r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s?([AaPp])\.?[Mm]\.?(?![A-Za-z]))?(?!\d)".into(), time),
        (r"\b(\d{4})-(\d{2})-(\d{2})\b".into(), |n, c, _| n.date(&c[1], figure(c, 2)?, figure(c, 3)?)),
        (r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b".into(), |n, c, _| {
            let (a, b) = (figure(c, 1)?, figure(c, 2)?);
            let year = match (c[3].len(), figure(c, 3)?) {
                (2, 31..) => format!("19{}", &c[3]),
                (2, _) => format!("20{}", &c[3]),
                _ => c[3].to_string(),
            };
            let (month, day) = if a <= 12 { (a, b) } else { (b, a) };
            n.date(&year, month, day)
        }),
        (format!(r"([$£€])({NUMBER})\s?{BIG}"), |n, c, _| {
            Some(format!("{} {} {}", &c[2], scale(&c[3]), n.currency.get(&c[1])?[1]))
        }),
        (format!(r"(?<![\w.])({NUMBER})\s?¢"), |n, c, _| {
            Some(format!("{} {}", &c[1], plural(&c[1], n.currency.get("¢")?)))
        }),
        (format!(r"(?<![\w])([¥₹₩]|Rs\.?|USD|EUR|GBP)\s?({NUMBER})(?:\s?{BIG})?"), |n, c, _| {
            let words = n.currency.get(c[1].trim_end_matches('.'))?;
            Some(match group(c, 3) {
                "" => format!("{} {}", &c[2], plural(&c[2], words)),
                big => format!("{} {} {}", &c[2], scale(big), words[1]),
            })
        }),
        (format!(r"(?<![\w.])(-?{NUMBER})\s?°\s?([CF])?(?![\w])"), |_, c, _| {
            let degrees = if matches!(&c[1], "1" | "1.0" | "-1") { "degree" } else { "degrees" };
            let kind = match group(c, 2) {
                "C" => " Celsius",
                "F" => " Fahrenheit",
                _ => "",
            };
            Some(format!("{} {degrees}{kind}", &c[1]))
        }),
        (format!(r"(?<![\w.])(-?{NUMBER})\s?({units})(?![\w])"), |n, c, _| {
            Some(format!("{} {}", &c[1], plural(&c[1], n.units.get(&c[2])?)))
        }),
        (format!(r"\b({months})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?![\d:%])(,? \d{{4}}\b)?"), |n, c, _| {
            let day = figure(c, 2).filter(|day| (1..=31).contains(day))?;
            Some(format!("{} {}{}", n.month(&c[1])?, ordinal(day), group(c, 3)))
        }),
        (format!(r"\b(the )?(\d{{1,2}}) (?:of )?({months})\b\.?"), |n, c, _| {
            let day = figure(c, 2).filter(|day| (1..=31).contains(day))?;
            Some(format!("the {} of {}", ordinal(day), n.month(&c[3])?))
        }),
        (format!(r"\b({titles})\.? (?=[A-Z])"), |n, c, _| Some(format!("{} ", n.titles.get(&c[1])?))),
        (format!(r"(?<![\w.])({abbreviations})(?![\w])"), |n, c, whole| {
            let at_end = c.get(0)?.end() == whole.len() && c[1].ends_with('.');
            Some(format!("{}{}", n.abbreviations.get(&c[1])?, if at_end { "." } else { "" }))
        }),
        (r"\b(No|Nos)\. ?(?=\d)".into(), |_, c, _| {
            Some(if &c[1] == "No" { "Number ".into() } else { "Numbers ".into() })
        }),
        (r"(?<![\w&])#(?=\d)".into(), |_, _, _| Some("number ".into())),
        (format!(r"\b({cardinals}) {NUMERAL}\b(?![.'’]\w)"), |_, c, _| {
            Some(format!("{} {}", &c[1], roman(&c[2])))
        }),
        (format!(r"\b({ordinals}) {NUMERAL}\b(?![.'’]\w)"), |_, c, _| {
            Some(format!("{} the {}", &c[1], ordinal(roman(&c[2]))))
        }),
        (r"(?<![\w.\-])(?:\d{3}-)?\d{3}-\d{4}(?![\w.\-])".into(), |_, c, _| {
            let spaced: Vec<String> = c[0].replace('-', ", ").chars().map(String::from).collect();
            Some(spaced.join(" "))
        }),
        (r"(?<![\w./])(\d{1,2})/(\d{1,2})(?![\w./])".into(), fraction),
        (r"(?<![\w.\-])(\d{1,4})\s?[-–]\s?(\d{1,4})(?![\w.\-%])".into(), |_, c, _| {
            Some(format!("{} to {}", &c[1], &c[2]))
        }),
        (r"(?<![\w+])\+(?=\d)".into(), |_, _, _| Some("plus ".into())),
    ];
    list.into_iter().map(|(pattern, reading)| Ok((compile(&pattern)?, reading))).collect()
}

type Rule1 = fn(&Normalizer, &Captures<'_>, &str) -> Option<String>;

fn time(_: &Normalizer, captures: &Captures<'_>, whole: &str) -> Option<String> {
    let (hours, minutes) = (figure(captures, 1)?, figure(captures, 2)?);
    let seconds = figure(captures, 3);
    if hours > 24 || minutes > 59 || seconds.is_some_and(|s| s > 59) {
        return None;
    }
    let half = group(captures, 4);
    let mut words = cardinal(hours);
    match minutes {
        0 if half.is_empty() && seconds.is_none() => words += " o'clock",
        0 => {}
        1..=9 => words += &format!(" oh {}", cardinal(minutes)),
        _ => words += &format!(" {}", cardinal(minutes)),
    }
    if let Some(seconds) = seconds {
        words += &format!(" and {} second{}", cardinal(seconds), if seconds == 1 { "" } else { "s" });
    }
    if !half.is_empty() {
        // With dots, so that the dictionary spells the letters.
        let full_stop = whole.as_bytes().get(captures.get(0)?.end()) == Some(&b'.');
        words += &format!(" {}.M{}", half.to_uppercase(), if full_stop { "" } else { "." });
    }
    Some(words)
}

fn fraction(normalizer: &Normalizer, captures: &Captures<'_>, _: &str) -> Option<String> {
    const PARTS: [&str; 9] =
        ["half", "third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    let (a, b) = (figure(captures, 1)?, figure(captures, 2)?);
    if 0 < a && a < b && b <= 10 {
        let part = PARTS[b as usize - 2];
        return Some(match (part, a) {
            ("half", _) => "one half".into(),
            (_, 1) => format!("1 {part}"),
            _ => format!("{a} {part}s"),
        });
    }
    if (1..=12).contains(&a) && (1..=31).contains(&b) {
        return normalizer.date("", a, b);
    }
    Some(format!("{a} slash {b}"))
}
