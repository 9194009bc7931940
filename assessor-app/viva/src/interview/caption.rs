//! The words on the screen: the lines that are being said, not the whole utterance.

use viva_render::Lettering;

/// What is said, by whom, and how far it has been said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caption {
    /// `Examiner`, `Character` or `Candidate`.
    pub(crate) who: &'static str,
    /// The whole text.
    pub(crate) text: String,
    /// Bytes of it that have been said.
    pub(crate) said: usize,
}

impl Caption {
    /// At most `rows` lines of at most `most_px` pixels, the one that is being said among them; a speaker's name goes before.
    pub(crate) fn lines(&self, lettering: &Lettering, most_px: f32, rows: usize) -> Vec<String> {
        let name = if self.who.is_empty() { String::new() } else { format!("{}: ", self.who) };
        let lines = lettering.lines(&self.text, most_px - lettering.width(&name));
        // The line that holds the first letter that is still to be said; at the end the last one.
        let now = lines.iter().position(|line| self.said < line.end).unwrap_or(lines.len().saturating_sub(1));
        let page = lines.chunks(rows.max(1)).nth(now / rows.max(1)).unwrap_or_default();
        let mut shown: Vec<String> = page.iter().map(|line| self.text[line.clone()].to_owned()).collect();
        if let Some(first) = shown.first_mut() {
            first.insert_str(0, &name);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_is_being_said_is_shown() {
        let lettering = Lettering::new(20.0);
        let most_px = lettering.width("three four") + 0.5;
        let text = "one two three four five six";
        let at =
            |said, rows| Caption { who: "", text: text.to_owned(), said }.lines(&lettering, most_px, rows);
        assert_eq!(at(0, 1), ["one two"]);
        assert_eq!(at(8, 1), ["three four"]);
        assert_eq!(at(8, 2), ["one two", "three four"]);
        assert_eq!(at(20, 2), ["five six"]);
        assert_eq!(at(text.len(), 1), ["five six"]);
        assert!(Caption::default().lines(&lettering, most_px, 2).is_empty());
        let named = Caption { who: "Examiner", text: "one two three".to_owned(), said: 0 };
        let most_px = lettering.width("Examiner: one two") + 0.5;
        assert_eq!(named.lines(&lettering, most_px, 2), ["Examiner: one two", "three"]);
    }
}
