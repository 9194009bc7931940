//! A profile as the text that somebody edits: where it is wrong, and one number of it changed in place.

use toml_edit::{Document, DocumentMut, Item, Table, TableLike, value};
use viva_behaviour::{BehaviourError, Profile};

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    /// Line and column, counted from 1, where it is known.
    pub(crate) place: Option<(usize, usize)>,
}

/// Reads a profile, or says what is wrong where.
pub(crate) fn read(text: &str) -> Result<Profile, Fault> {
    Profile::from_toml(text).map_err(|error| fault(text, &error))
}

fn fault(text: &str, error: &BehaviourError) -> Fault {
    let (message, offset) = match error {
        BehaviourError::Toml(error) => {
            let spoken = error.to_string();
            let offset = error.span().map(|span| span.start).or_else(|| {
                // A text that is TOML but no profile: its error names the key, not the place.
                spoken.split('`').skip(1).step_by(2).find_map(|name| offset_of(text, name))
            });
            (error.message().to_owned(), offset)
        }
        BehaviourError::Range { name, .. } => (error.to_string(), offset_of(text, name)),
        BehaviourError::Examiner { unit, affect, .. } => {
            let units = format!("affect.examiner.{affect}");
            let at = ["units", "right"]
                .iter()
                .find_map(|half| offset_of(text, &format!("{units}.{half}.AU{unit}")));
            (error.to_string(), at)
        }
    };
    let message = message.trim_start_matches("profile: ").trim().to_owned();
    Fault { message, place: offset.map(|offset| line_and_column(text, offset)) }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Where the key of a path stands; a name alone is looked for in the whole text, and of a path that is not there its nearest
/// ancestor is taken.
fn offset_of(text: &str, path: &str) -> Option<usize> {
    let document = Document::parse(text.to_owned()).ok()?;
    let mut table: &dyn TableLike = document.as_table();
    let mut found = None;
    for part in path.split('.') {
        let Some((key, item)) = table.get_key_value(part) else { break };
        found = key.span().or_else(|| item.span()).map(|span| span.start).or(found);
        match item.as_table_like() {
            Some(below) => table = below,
            None => break,
        }
    }
    found.or_else(|| if path.contains('.') { None } else { anywhere(document.as_table(), path) })
}

fn anywhere(table: &dyn TableLike, name: &str) -> Option<usize> {
    if let Some((key, _)) = table.get_key_value(name) {
        return key.span().map(|span| span.start);
    }
    table.iter().filter_map(|(_, item)| item.as_table_like()).find_map(|below| anywhere(below, name))
}

/// The text with the number at `path` set; comments, order and all else stay. `None` where the text is no TOML or the path
/// leads through something that is no table.
pub(crate) fn with_number(text: &str, path: &str, number: f32) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let (tables, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for part in tables.split('.').filter(|part| !part.is_empty()) {
        if !table.contains_key(part) {
            let mut fresh = Table::new();
            fresh.set_implicit(true);
            table.insert(part, Item::Table(fresh));
        }
        table = table.get_mut(part)?.as_table_like_mut()?;
    }
    // As short as the number is written, not as long as its binary digits are.
    let short: f64 = number.to_string().parse().ok()?;
    let mut fresh = value(short);
    if let Some(old) = table.get(name).and_then(Item::as_value)
        && let Some(new) = fresh.as_value_mut()
    {
        *new.decor_mut() = old.decor().clone();
    }
    match table.get_mut(name) {
        Some(item) => *item = fresh,
        None => {
            table.insert(name, fresh);
        }
    }
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_its_line_and_column() {
        for (text, word, place) in [
            ("liveliness = ", "", Some((1, 14))),
            ("# x\n[nod]\ngap_secs = 6.0\nhertz = { high = 5.0 }", "nod.hertz.high", Some((4, 11))),
            ("\n[blink]\nsigma = 9.0", "blink.sigma", Some((3, 1))),
            ("[nod]\n\n[blnk]\nsigma = 1.0", "blnk", Some((3, 2))),
            ("role = \"examiner\"\nliveliness = \"much\"", "invalid type", Some((2, 1))),
            ("[affect.examiner.angry]\nunits = { AU4 = 0.9 }", "AU4", Some((2, 11))),
        ] {
            let fault = read(text).expect_err(text);
            assert!(fault.message.contains(word), "{text}: {fault:?}");
            assert_eq!(fault.place, place, "{text}: {fault:?}");
        }
        assert_eq!(read("").expect("nothing said is the examiner"), Profile::examiner());
    }

    #[test]
    fn a_number_is_changed_in_place_and_comments_stay() {
        let text = "# mine\n[nod] # nods\ngap_secs = 6.0 # small\nhertz = { high = 2.5 }\n";
        let text = with_number(text, "nod.gap_secs", 7.1).expect("is TOML");
        let text = with_number(&text, "nod.hertz.low", 1.5).expect("is TOML");
        let text = with_number(&text, "blink.per_minute.listening", 20.0).expect("is TOML");
        let text = with_number(&text, "liveliness", 0.5).expect("is TOML");
        assert!(text.contains("gap_secs = 7.1 # small") && text.contains("# mine"), "{text}");
        let profile = read(&text).expect("is a profile");
        assert_eq!((profile.nod.gap_secs, profile.nod.hertz.low, profile.nod.hertz.high), (7.1, 1.5, 2.5));
        assert_eq!((profile.blink.per_minute.listening, profile.liveliness), (20.0, 0.5));
        assert_eq!(with_number("[nod", "nod.gap_secs", 1.0), None);
        assert_eq!(with_number("nod = 3", "nod.gap_secs", 1.0), None);
    }
}
