//! The neutral words with which an examiner takes an answer before the reply is known.

use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use toml::Spanned;

/// As said: "Thank you." It fits any answer and goes before any reply.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Acknowledgement(Spanned<String>);

/// More is a sentence of its own, and lasts longer than the reply takes.
const MOST_WORDS: usize = 4;
/// Characters of one acknowledgement.
const MOST_CHARACTERS: usize = 32;
/// Acknowledgements that a persona may list.
pub(super) const MOST_LISTED: usize = 12;

/// Words that judge, agree, deny or speak of the result, in the languages that packages are written in.
const JUDGING: [&str; 86] = [
    // English
    "absolutely",
    "agree",
    "agreed",
    "bad",
    "best",
    "better",
    "bravo",
    "brilliant",
    "certainly",
    "congratulations",
    "correct",
    "definitely",
    "enough",
    "exactly",
    "excellent",
    "fail",
    "failed",
    "false",
    "fantastic",
    "fine",
    "good",
    "grade",
    "great",
    "helpful",
    "impressive",
    "incorrect",
    "indeed",
    "interesting",
    "lovely",
    "mark",
    "nice",
    "no",
    "pass",
    "passed",
    "perfect",
    "points",
    "poor",
    "precisely",
    "really",
    "right",
    "sadly",
    "score",
    "sure",
    "true",
    "unfortunately",
    "useful",
    "well",
    "wonderful",
    "wrong",
    "yeah",
    "yes",
    // German
    "ausgezeichnet",
    "bestanden",
    "eben",
    "exakt",
    "falsch",
    "fein",
    "genau",
    "gern",
    "gut",
    "gute",
    "hervorragend",
    "interessant",
    "ja",
    "klasse",
    "korrekt",
    "leider",
    "nein",
    "note",
    "perfekt",
    "prima",
    "punkte",
    "richtig",
    "schade",
    "schlecht",
    "schön",
    "sehr",
    "sicher",
    "spitze",
    "stimmt",
    "super",
    "toll",
    "treffend",
    "wahr",
    "wunderbar",
    "zutreffend",
];

/// Phrases that judge nothing although a word of them would.
const NEUTRAL: [&[&str]; 3] = [&["all", "right"], &["danke", "schön"], &["danke", "sehr"]];

impl Acknowledgement {
    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get_ref()
    }

    /// The bytes of its file.
    pub(super) fn span(&self) -> Range<usize> {
        self.0.span()
    }

    /// What keeps it from being neutral and short, with the mend.
    pub(super) fn fault(&self) -> Option<String> {
        let text = self.as_str();
        let words = words(text);
        let is_plain = |c: char| c.is_alphabetic() || matches!(c, ' ' | '\'' | '\u{2019}' | ',' | '.' | '-');
        if words.is_empty() {
            Some("an acknowledgement has no word".to_owned())
        } else if words.len() > MOST_WORDS || text.chars().count() > MOST_CHARACTERS {
            Some(format!("`{text}` is too long: at most {MOST_WORDS} words and {MOST_CHARACTERS} characters"))
        } else if !text.chars().all(is_plain) {
            Some(format!(
                "`{text}`: letters, spaces, commas and full stops only; it neither asks nor calls out"
            ))
        } else {
            judging(&words).map(|word| {
                format!(
                    "`{text}` judges the answer by `{word}`; say what fits any answer, such as `Thank you.`"
                )
            })
        }
    }

    /// The same words as another.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        words(self.as_str()) == words(other.as_str())
    }
}

/// What follows an acknowledgement that has been said: a text that begins with the same words goes on after them.
/// `None` where nothing is left of it.
pub(crate) fn after<'a>(acknowledged: &str, text: &'a str) -> Option<&'a str> {
    let (said, text) = (acknowledged.trim(), text.trim());
    let Some(rest) = text.get(..said.len()).filter(|begin| begin.eq_ignore_ascii_case(said)) else {
        return Some(text);
    };
    match &text[rest.len()..] {
        "" => None,
        after if after.starts_with(char::is_whitespace) => Some(after.trim_start()),
        _ => Some(text),
    }
}

/// Words in lower case without punctuation.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

fn judging(words: &[String]) -> Option<&str> {
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let neutral = NEUTRAL
            .iter()
            .find(|phrase| rest.len() >= phrase.len() && rest.iter().zip(**phrase).all(|(a, b)| a == b));
        if let Some(phrase) = neutral {
            at += phrase.len();
        } else if JUDGING.contains(&rest[0].as_str()) {
            return Some(&rest[0]);
        } else {
            at += 1;
        }
    }
    None
}

impl fmt::Debug for Acknowledgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Acknowledgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Acknowledgement {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Acknowledgement".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 2, "maxLength": MOST_CHARACTERS,
            "description": "At most four words that judge nothing and fit before any reply: `Thank you.`, `Okay.`, `All right.`, `Danke.`, `In Ordnung.`"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<String> {
        Acknowledgement(Spanned::new(0..0, text.to_owned())).fault()
    }

    #[test]
    fn what_fits_any_answer_may_be_said() {
        for text in [
            "Thank you.",
            "All right.",
            "Okay.",
            "Okay, thank you.",
            "I see.",
            "Noted.",
            "Danke.",
            "Danke schön.",
            "Vielen Dank.",
            "In Ordnung.",
            "Verstanden.",
            "Okay, danke.",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_judges_asks_or_lasts_is_refused_with_the_word() {
        for (text, says) in [
            ("Good.", "by `good`"),
            ("Right.", "by `right`"),
            ("All right, great.", "by `great`"),
            ("Exactly.", "by `exactly`"),
            ("Yes.", "by `yes`"),
            ("Sehr gut.", "by `sehr`"),
            ("Genau.", "by `genau`"),
            ("Stimmt.", "by `stimmt`"),
            ("", "no word"),
            (" . ", "no word"),
            ("Really", "by `really`"),
            ("Okay?", "letters"),
            ("Okay!", "letters"),
            ("{pause 3}", "letters"),
            ("Thank you very much for that", "too long"),
            ("Donaudampfschifffahrtsgesellschaft.", "too long"),
        ] {
            let told = fault(text);
            assert!(told.as_ref().is_some_and(|told| told.contains(says)), "{text}: {told:?}");
        }
    }

    #[test]
    fn nothing_is_said_twice() {
        for (said, text, rest) in [
            ("Thank you.", "Thank you. That was the last question.", Some("That was the last question.")),
            ("Thank you.", "thank you.", None),
            ("Okay.", "Thank you. That was all.", Some("Thank you. That was all.")),
            ("Okay", "Okayish it is.", Some("Okayish it is.")),
            ("Danke.", "Danköö.", Some("Danköö.")),
            ("Thank you.", "", Some("")),
        ] {
            assert_eq!(after(said, text), rest, "{said} {text}");
        }
    }
}
