//! The side that a text takes with its first words: "A.", "yes", "false".
//!
//! Whoever takes another side than every reference contradicts it, however many of its words come after.

use crate::text::tokens;

/// A side of a question that offers some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The side that a text takes first; none where it takes none, or both at once ("yes and no").
    pub(super) fn of(text: &str) -> Option<Self> {
        let all = tokens(text);
        let word = |at: usize| all.get(at).map_or("", |token| token.word.as_str());
        let opens = |opening: &&str| opening.split(' ').enumerate().all(|(at, part)| word(at) == part);
        let at = OPENINGS.iter().filter(|opening| opens(opening)).map(|opening| opening.split(' ').count());
        let at = at.max().unwrap_or(0);
        let token = all.get(at)?;
        let choice = Self::said(&token.word)?;
        if let Self::Letter(_) = choice {
            // "A heat sink is ..." begins with an article.
            let behind = text[token.range.end..].trim_start().chars().next();
            return behind.is_none_or(|mark| ".,:;)".contains(mark)).then_some(choice);
        }
        let both = matches!(word(at + 1), "and" | "or" | "und" | "oder")
            && Self::said(word(at + 2)).is_some_and(|other| other != choice);
        (!both).then_some(choice)
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

    /// Whether an answer takes another side than every reference that takes one of its kind.
    pub(super) fn is_other(answer: &str, references: &[Option<Self>]) -> bool {
        let Some(said) = Self::of(answer) else { return false };
        let is_letter = |choice: &Self| matches!(choice, Self::Letter(_));
        let mut wanted =
            references.iter().flatten().filter(|wanted| is_letter(wanted) == is_letter(&said)).peekable();
        wanted.peek().is_some() && wanted.all(|wanted| *wanted != said)
    }
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
            ("No one knows", Some(Choice::Denied)),
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
