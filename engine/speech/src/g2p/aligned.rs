//! Text under rewriting that remembers where each of its bytes came from.

use std::ops::Range;

use fancy_regex::{Captures, Regex};

/// A rewritten text and, for each byte of it, the byte range of the original text that it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Aligned {
    text: String,
    origin: Vec<(u32, u32)>,
}

impl Aligned {
    pub(crate) fn new(text: &str) -> Self {
        let mut origin = Vec::with_capacity(text.len());
        for (at, letter) in text.char_indices() {
            let span = (at as u32, (at + letter.len_utf8()) as u32);
            origin.extend(std::iter::repeat_n(span, letter.len_utf8()));
        }
        Self { text: text.into(), origin }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The original bytes behind a range of the rewritten text.
    pub(crate) fn origin(&self, range: Range<usize>) -> Option<Range<usize>> {
        let spans = self.origin.get(range)?;
        let start = spans.iter().map(|span| span.0).min()?;
        let end = spans.iter().map(|span| span.1).max()?;
        Some(start as usize..end as usize)
    }

    /// Replaces each match; the new text is `with(captures, whole text)`, and `None` leaves the match as it is.
    pub(crate) fn substitute(
        &mut self,
        pattern: &Regex,
        with: impl Fn(&Captures<'_>, &str) -> Option<String>,
    ) {
        let mut text = String::with_capacity(self.text.len());
        let mut origin = Vec::with_capacity(self.origin.len());
        let mut done = 0;
        // A pattern that gives up on a hostile text counts as no match.
        for captures in pattern.captures_iter(&self.text).map_while(Result::ok) {
            let (Some(found), Some(new)) = (captures.get(0), with(&captures, &self.text)) else { continue };
            text.push_str(&self.text[done..found.start()]);
            origin.extend_from_slice(&self.origin[done..found.start()]);
            self.splice(found.start()..found.end(), &new, &mut origin);
            text.push_str(&new);
            done = found.end();
        }
        if done == 0 && text.is_empty() {
            return;
        }
        text.push_str(&self.text[done..]);
        origin.extend_from_slice(&self.origin[done..]);
        (self.text, self.origin) = (text, origin);
    }

    /// Origins of `new` in place of `old`: equal beginnings and ends keep theirs, what lies between shares the rest.
    fn splice(&self, old: Range<usize>, new: &str, origin: &mut Vec<(u32, u32)>) {
        let was = &self.text[old.clone()];
        let head: usize =
            was.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let tail: usize = (was[head..].chars().rev())
            .zip(new[head..].chars().rev())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum();
        let middle = old.start + head..old.end - tail;
        let around = if middle.is_empty() {
            old.start.saturating_sub(1)..(old.end + 1).min(self.origin.len())
        } else {
            middle
        };
        let shared = self.origin(around).map_or((0, 0), |span| (span.start as u32, span.end as u32));
        origin.extend_from_slice(&self.origin[old.start..old.start + head]);
        origin.extend(std::iter::repeat_n(shared, new.len() - head - tail));
        origin.extend_from_slice(&self.origin[old.end - tail..old.end]);
    }

    /// Removes white space at both ends.
    pub(crate) fn trim(&mut self) {
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.origin.truncate(end);
        let start = end - self.text.trim_start().len();
        self.text.drain(..start);
        self.origin.drain(..start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_survive_rewriting() {
        let mut aligned = Aligned::new("take 10-20 mg");
        aligned
            .substitute(&Regex::new(r"(\d+)-(\d+)").unwrap(), |c, _| Some(format!("{} to {}", &c[1], &c[2])));
        aligned.substitute(&Regex::new("mg").unwrap(), |_, _| Some("milligrams".into()));
        assert_eq!(aligned.text(), "take 10 to 20 milligrams");
        assert_eq!(aligned.origin(5..7), Some(5..7));
        assert_eq!(aligned.origin(8..10), Some(7..8));
        assert_eq!(aligned.origin(11..13), Some(8..10));
        assert_eq!(aligned.origin(14..24), Some(11..13));
        aligned.trim();
        assert_eq!(aligned.text().len(), aligned.origin.len());
    }
}
