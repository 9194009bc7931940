//! The side that a text takes with its first words: "A.", "yes", "false".
//!
//! Whoever takes another side than every reference contradicts it, however many of its words come after.

use super::words::{Language, is_filler, is_german_function_word};
use crate::text::{is_function_word, tokens};

/// A side of a question that offers some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// What is asked is so.
    Affirmed,
    /// It is not.
    Denied,
    /// One of several things that go by letters; upper case.
    Letter(char),
}

/// Openings that take no side themselves.
const OPENINGS: [&str; 13] = [
    "i think",
    "i say",
    "i would say",
    "i pick",
    "i picked",
    "i choose",
    "i chose",
    "my answer is",
    "the answer is",
    "answer",
    "ich denke",
    "ich glaube",
    "die antwort ist",
];
/// Letters that go by themselves for one of several things.
const LETTERS: std::ops::RangeInclusive<char> = 'A'..='H';

impl Choice {
    /// The side that a text takes first; none where it takes none, or both at once ("yes and no", "B and C").
    pub(super) fn of(text: &str) -> Option<Self> {
        let all = tokens(text);
        let word = |at: usize| all.get(at).map_or("", |token| token.word.as_str());
        let is_filler =
            |at: &usize| [Language::English, Language::German].iter().any(|l| is_filler(word(*at), *l));
        let first = (0..all.len()).find(|at| !is_filler(at))?;
        let opens = |opening: &&&str| opening.split(' ').zip(first..).all(|(part, at)| word(at) == part);
        let opening = OPENINGS.iter().filter(opens).map(|opening| opening.split(' ').count()).max();
        let at = first + opening.unwrap_or(0);
        let choice = Self::said(word(at))?;
        let joins = matches!(word(at + 1), "and" | "or" | "und" | "oder");
        let next = all.get(at + 1 + usize::from(joins));
        let is_listed = next.is_some_and(|next| {
            joins || (choice.is_letter() && text[all[at].range.end..next.range.start].trim() == ",")
        });
        let other = next.and_then(|next| Self::said(&next.word)).filter(|other| *other != choice);
        if is_listed && other.is_some_and(|other| other.is_letter() == choice.is_letter()) {
            return None;
        }
        // What stands directly behind: spaces and signs of emphasis are nothing.
        let behind = text[all[at].range.end..].trim_start_matches([' ', '\t', '*', '_']);
        let mut marks = behind.chars();
        let is_closed = match marks.next() {
            None | Some('\n' | '\r' | ',' | ':' | ';' | ')' | '!') => true,
            // "e.g." is one word.
            Some('.') => !marks.next().is_some_and(char::is_alphanumeric),
            Some(_) => false,
        };
        let is_alone = match choice {
            // "A heat sink is ..." begins with an article.
            Self::Letter('A') => is_closed,
            Self::Letter(_) => is_closed || opening.is_some(),
            // "No current flows" and "false positives" deny nothing.
            Self::Affirmed | Self::Denied => {
                let next = word(at + 1);
                !is_determiner(word(at))
                    || is_closed
                    || (next != "one" && (is_function_word(next) || is_german_function_word(next)))
            }
        };
        is_alone.then_some(choice)
    }

    fn said(word: &str) -> Option<Self> {
        match word {
            "yes" | "yeah" | "yep" | "true" | "ja" | "wahr" => Some(Self::Affirmed),
            "no" | "nope" | "false" | "nein" | "falsch" => Some(Self::Denied),
            _ => {
                let mut letters = word.chars();
                let letter = letters.next()?.to_ascii_uppercase();
                (letters.next().is_none() && LETTERS.contains(&letter)).then_some(Self::Letter(letter))
            }
        }
    }

    const fn is_letter(self) -> bool {
        matches!(self, Self::Letter(_))
    }

    /// Whether an answer takes another side than every reference that takes one of its kind.
    pub(super) fn is_other(answer: &str, references: &[Option<Self>]) -> bool {
        let Some(said) = Self::of(answer) else { return false };
        let is_kindred = |wanted: &&Self| wanted.is_letter() == said.is_letter();
        let mut wanted = references.iter().flatten().filter(is_kindred).peekable();
        wanted.peek().is_some() && wanted.all(|wanted| *wanted != said)
    }
}

/// Words that may belong to the next one.
fn is_determiner(word: &str) -> bool {
    matches!(word, "no" | "true" | "false" | "wahr" | "falsch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_taken_with_the_first_words() {
        for (text, side) in [
            ("Yes. Black absorbs more heat.", Some(Choice::Affirmed)),
            ("no it does not", Some(Choice::Denied)),
            ("I think yes, because it is saturated", Some(Choice::Affirmed)),
            ("Nein, das stimmt nicht.", Some(Choice::Denied)),
            ("b. Because it is long", Some(Choice::Letter('B'))),
            ("The answer is C", Some(Choice::Letter('C'))),
            ("A) the first", Some(Choice::Letter('A'))),
            ("A heat sink is a material", None),
            ("a", Some(Choice::Letter('A'))),
            ("Yes and no. It is both", None),
            ("No one knows", None),
            ("No current flows through it", None),
            ("No because it is an insulator", Some(Choice::Denied)),
            ("no", Some(Choice::Denied)),
            ("False positives are rare", None),
            ("Um, well, no, it does not", Some(Choice::Denied)),
            ("I picked B because it is long", Some(Choice::Letter('B'))),
            ("I think a heat sink holds it", None),
            ("**C** It is wider", None),
            ("B\nBecause it is long", Some(Choice::Letter('B'))),
            ("B, A and D", None),
            ("B and C", None),
            ("b because it is long", None),
            ("e.g. copper", None),
            ("Yes, a metal conducts", Some(Choice::Affirmed)),
            ("B. A metal conducts", Some(Choice::Letter('B'))),
            ("It does not", None),
            ("I. think", None),
            ("", None),
        ] {
            assert_eq!(Choice::of(text), side, "{text}");
        }
    }

    #[test]
    fn another_side_than_every_reference_is_told() {
        let references = ["A. It heats faster.", "C. Both.", "It heats."];
        let sides: Vec<_> = references.iter().map(|text| Choice::of(text)).collect();
        assert!(Choice::is_other("B. It heats faster", &sides));
        assert!(!Choice::is_other("C, I think", &sides));
        assert!(!Choice::is_other("It heats faster", &sides));
        assert!(!Choice::is_other("No. It heats faster", &sides), "another kind of side");
        assert!(!Choice::is_other("B. It heats faster", &sides[2..]), "nobody asked for a side");
    }
}
