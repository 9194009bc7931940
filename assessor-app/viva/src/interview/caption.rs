//! The words on the screen: the lines that are being said, not the whole utterance.

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
    /// At most `rows` lines of at most `columns` characters, the one that is being said among them; a speaker's name goes before.
    pub(crate) fn lines(&self, columns: usize, rows: usize) -> Vec<String> {
        if self.text.is_empty() {
            return Vec::new();
        }
        let name = if self.who.is_empty() { String::new() } else { format!("{}: ", self.who) };
        let lines = wrap(&self.text, columns.saturating_sub(name.len()).max(8));
        // The line that holds the first word that is still to be said; at the end the last one.
        let mut seen = 0;
        let now = lines
            .iter()
            .position(|line| {
                // What is left out between two lines is white space.
                let at =
                    self.text[seen..].find(line.split(' ').next().unwrap_or_default()).unwrap_or(0) + seen;
                seen = (at + line.len()).min(self.text.len());
                while !self.text.is_char_boundary(seen) {
                    seen -= 1;
                }
                self.said < seen
            })
            .unwrap_or(lines.len() - 1);
        let page = now / rows.max(1) * rows.max(1);
        let shown = &lines[page..(page + rows.max(1)).min(lines.len())];
        let indent = " ".repeat(name.len());
        let row = |(row, line): (usize, &String)| format!("{}{line}", if row == 0 { &name } else { &indent });
        shown.iter().enumerate().map(row).collect()
    }
}

/// Breaks a text into lines of at most `most` characters.
fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), Vec::<String>::new());
        assert_eq!(wrap("extraordinary", 7), ["extraordinary"]);
    }

    #[test]
    fn the_line_that_is_being_said_is_shown() {
        let text = "one two three four five six";
        let at = |said, rows| Caption { who: "", text: text.to_owned(), said }.lines(10, rows);
        assert_eq!(at(0, 1), ["one two"]);
        assert_eq!(at(8, 1), ["three four"]);
        assert_eq!(at(8, 2), ["one two", "three four"]);
        assert_eq!(at(20, 2), ["five six"]);
        assert_eq!(at(text.len(), 1), ["five six"]);
        assert!(Caption::default().lines(10, 2).is_empty());
        let named = Caption { who: "Examiner", text: "one two three".to_owned(), said: 0 };
        assert_eq!(named.lines(18, 2), ["Examiner: one two", "          three"]);
    }
}
