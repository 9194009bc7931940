//! Words, punctuation and contractions as separate tokens.
//!
//! **Source**: the English rules of spaCy (MIT) as `hibari-tts` 0.2.1 writes them out for Latin letters:
//! exceptions first, then prefixes and suffixes are peeled off, then infixes split what is left, and pieces that
//! spell an exception are joined again.

use std::collections::HashMap;
use std::ops::Range;

use fancy_regex::{Regex, escape};

const LETTER: &str = r"[^\W\d_]";
const LOWER: &str = "a-zß-öø-ÿ";
const UPPER: &str = "A-ZÀ-ÖØ-Þ";
const QUOTES: &str = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉";
const PUNCTUATION: &str = "…,:;!?¿¡()[]{}<>_#*&。？！，、；：～·";
const ICONS: &str = "™®©°§¶†‡•";
const CURRENCY: &str = r"\$|£|€|¥|฿|US\$|C\$|A\$|₽|₹|₩|₪|₺|₴|₦|₫|₱|₲|₵|₸|₼|₾|₿";
const UNITS: &str = "km|km²|km³|m|m²|m³|dm|dm²|dm³|cm|cm²|cm³|mm|mm²|mm³|ha|µm|nm|yd|in|ft|kg|g|mg|µg|t|lb|oz|m/s|km/h|kmh|mph|hPa|Pa|mbar|mb|MB|kb|KB|gb|GB|tb|TB|T|G|M|K|%";

/// Longer runs without a space are no words; they are cut so that the work stays linear.
const LONGEST_CHUNK_CHARS: usize = 120;

/// A token of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) range: Range<usize>,
    pub(crate) space_after: bool,
}

/// Cuts text into tokens.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    exceptions: HashMap<String, Vec<String>>,
    prefix: Regex,
    suffix: Regex,
    infix: Regex,
    address: Regex,
}

impl Tokenizer {
    pub(crate) fn new(exceptions: HashMap<String, Vec<String>>) -> Result<Self, String> {
        let each =
            |letters: &str| letters.chars().map(|c| escape(&c.to_string()).into_owned()).collect::<Vec<_>>();
        let class = |letters: &str| letters.chars().map(class_escape).collect::<String>();
        let compile = |pattern: &str| Regex::new(pattern).map_err(|error| error.to_string());
        let (punctuation, quotes) = (class(PUNCTUATION), class(QUOTES));

        let mut prefixes: Vec<String> =
            ["§", "%", "=", "—", "–", r"\+(?![0-9])", "…", "……"].map(String::from).into();
        prefixes.extend(each(PUNCTUATION));
        prefixes.extend([r"\.\.+".into(), "…".into()]);
        prefixes.extend(each(QUOTES));
        prefixes.extend([CURRENCY.into(), format!("[{ICONS}]")]);

        let mut suffixes: Vec<String> = vec!["…".into(), "……".into()];
        suffixes.extend(each(PUNCTUATION));
        suffixes.extend([r"\.\.+".into(), "…".into()]);
        suffixes.extend(each(QUOTES));
        suffixes.push(format!("[{ICONS}]"));
        suffixes.extend(
            ["'s", "'S", "’s", "’S", "—", "–", r"(?<=[0-9])\+", r"(?<=°[FfCcKk])\."].map(String::from),
        );
        suffixes.extend([
            format!("(?<=[0-9])(?:{CURRENCY})"),
            format!("(?<=[0-9])(?:{UNITS})"),
            format!(r"(?<=[0-9{LOWER}%²\-\+{punctuation}{quotes}])\."),
            format!(r"(?<=[{UPPER}][{UPPER}])\."),
        ]);

        let infixes = [
            r"\.\.+".into(),
            "…".into(),
            format!("[{ICONS}]"),
            r"(?<=[0-9])[+\-\*\^](?=[0-9\-])".into(),
            format!(r"(?<=[{LOWER}{quotes}])\.(?=[{UPPER}{quotes}])"),
            format!("(?<={LETTER}),(?={LETTER})"),
            format!(r"(?<=[^\W_])(?:-|–|—|--|---|——|~)(?={LETTER})"),
            format!(r"(?<=[^\W_])[:<>=/](?={LETTER})"),
        ];
        let join = |rules: &[String], before: &str, after: &str| {
            rules.iter().map(|rule| format!("{before}(?:{rule}){after}")).collect::<Vec<_>>().join("|")
        };
        Ok(Self {
            exceptions,
            prefix: compile(&join(&prefixes, "^", ""))?,
            suffix: compile(&join(&suffixes, "", "$"))?,
            infix: compile(&join(&infixes, "", ""))?,
            address: compile(
                r"(?i)^(?:(?:https?|ftp)://|www\.)\S+$|^[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+$|^(?:[\w\-]+\.)+(?:com|org|net|edu|gov|io|co|uk|de|fr|info|biz|us|ca|au|tv|me|ly|ai)(?:/\S*)?$",
            )?,
        })
    }

    /// The tokens of `text`, in order.
    pub(crate) fn tokenize(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for chunk in chunks(text) {
            let followed_by_space = text[chunk.end..].starts_with(char::is_whitespace);
            let mut at = chunk.start;
            let lengths = self.split(&text[chunk.clone()]);
            for (index, length) in lengths.iter().enumerate() {
                pieces.push(Piece {
                    range: at..at + length,
                    space_after: followed_by_space && index + 1 == lengths.len(),
                });
                at += length;
            }
        }
        pieces
    }

    /// Byte lengths of the tokens of a chunk without white space.
    fn split(&self, chunk: &str) -> Vec<usize> {
        if let Some(tokens) = self.exception(chunk) {
            return tokens;
        }
        let (mut start, mut end) = (0, chunk.len());
        let mut before = Vec::new();
        let mut after = Vec::new();
        while start < end && self.exception(&chunk[start..end]).is_none() {
            let rest = &chunk[start..end];
            let prefix = found(&self.prefix, rest).map_or(0, |found| found.end);
            if prefix > 0 && self.exception(&rest[prefix..]).is_some() {
                before.push(prefix);
                start += prefix;
                break;
            }
            let suffix = found(&self.suffix, &rest[prefix..]).map_or(0, |found| found.len());
            if suffix > 0 && self.exception(&rest[..rest.len() - suffix]).is_some() {
                after.push(suffix);
                end -= suffix;
                break;
            }
            if prefix > 0 {
                before.push(prefix);
                start += prefix;
            }
            if suffix > 0 && prefix + suffix <= rest.len() {
                after.push(suffix);
                end -= suffix;
            }
            if prefix == 0 && suffix == 0 {
                break;
            }
        }
        let mut tokens = before;
        let middle = &chunk[start..end];
        if let Some(exception) = self.exception(middle) {
            tokens.extend(exception);
        } else if self.address.is_match(middle).unwrap_or(false) {
            tokens.push(middle.len());
        } else if !middle.is_empty() {
            tokens.extend(self.split_infixes(middle));
        }
        tokens.extend(after.into_iter().rev());
        self.rejoin(chunk, &tokens)
    }

    fn split_infixes(&self, text: &str) -> Vec<usize> {
        let mut tokens = Vec::new();
        let mut start = 0;
        for infix in self.infix.find_iter(text).map_while(Result::ok) {
            if infix.start() == 0 || infix.start() == infix.end() {
                continue;
            }
            if infix.start() > start {
                tokens.push(infix.start() - start);
            }
            tokens.push(infix.end() - infix.start());
            start = infix.end();
        }
        if start < text.len() {
            tokens.push(text.len() - start);
        }
        tokens
    }

    fn rejoin(&self, chunk: &str, tokens: &[usize]) -> Vec<usize> {
        let mut joined = Vec::new();
        let (mut index, mut at) = (0, 0);
        while index < tokens.len() {
            let exception = [3, 2].into_iter().find_map(|count| {
                let length: usize = tokens.get(index..index + count)?.iter().sum();
                Some((count, length, self.exception(&chunk[at..at + length])?))
            });
            if let Some((count, length, exception)) = exception {
                joined.extend(exception);
                index += count;
                at += length;
            } else {
                joined.push(tokens[index]);
                at += tokens[index];
                index += 1;
            }
        }
        joined
    }

    /// Token lengths of an exception; only where they add up to its text, which all of the table do.
    fn exception(&self, text: &str) -> Option<Vec<usize>> {
        let tokens = self.exceptions.get(text)?;
        let lengths: Vec<usize> = tokens.iter().map(String::len).collect();
        (lengths.iter().sum::<usize>() == text.len()).then_some(lengths)
    }
}

fn found(pattern: &Regex, text: &str) -> Option<Range<usize>> {
    pattern.find(text).ok().flatten().map(|found| found.start()..found.end())
}

fn class_escape(letter: char) -> String {
    if letter.is_ascii_punctuation() && !"<>'\"`,_:;!".contains(letter) {
        format!("\\{letter}")
    } else {
        letter.into()
    }
}

fn chunks(text: &str) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut start = None;
    let mut chars = 0;
    for (at, letter) in text.char_indices() {
        if letter.is_whitespace() || chars == LONGEST_CHUNK_CHARS {
            chunks.extend(start.take().map(|from| from..at));
            chars = 0;
        }
        if !letter.is_whitespace() {
            start = start.or(Some(at));
            chars += 1;
        }
    }
    chunks.extend(start.map(|from| from..text.len()));
    chunks
}
