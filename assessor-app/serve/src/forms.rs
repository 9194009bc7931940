//! What a form holds, read as data that anybody may have written.

use std::collections::BTreeMap;

use viva_record::{
    Outcome,
    oversight::{MAX_NAME, MAX_TEXT, OverrideCode},
    wire::ScoreSheet,
};

/// Fields by name; a name that stands twice keeps its last value.
#[derive(Debug)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(bytes)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The trimmed text of a field; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// A text that must be there.
    pub(crate) fn needed(&self, name: &str, what: &str) -> Result<String, String> {
        let text = self.text(name).replace("\r\n", "\n");
        if text.is_empty() {
            return Err(format!("{what} is missing."));
        }
        if text.len() > MAX_TEXT {
            return Err(format!("{what} is too long: {} of at most {MAX_TEXT} bytes.", text.len()));
        }
        Ok(text)
    }

    /// The reviewer.
    pub(crate) fn reviewer(&self) -> Result<String, String> {
        reviewer(self.text("as"))
    }

    /// A level from 1 to the criterion's highest; `none` where it cannot be judged.
    pub(crate) fn level(&self, name: &str, max: u8) -> Result<Option<u8>, String> {
        match self.text(name) {
            "none" => Ok(None),
            text => match text.parse::<u8>() {
                Ok(level) if (1..=max).contains(&level) => Ok(Some(level)),
                _ => Err(format!("a level from 1 to {max} is needed, or that it cannot be judged")),
            },
        }
    }

    /// One level per criterion, in the sheet's order.
    pub(crate) fn levels(&self, sheet: &ScoreSheet) -> Result<BTreeMap<String, Option<u8>>, String> {
        let mut levels = BTreeMap::new();
        for (at, criterion) in sheet.criteria.iter().enumerate() {
            let level = self
                .level(&format!("level.{at}"), criterion.max_level)
                .map_err(|error| format!("{}: {error}.", criterion.name))?;
            levels.insert(criterion.id.clone(), level);
        }
        Ok(levels)
    }

    /// The reason code of an override.
    pub(crate) fn code(&self, name: &str) -> Result<OverrideCode, String> {
        let word = self.text(name);
        OverrideCode::ALL
            .into_iter()
            .find(|code| code.word() == word)
            .ok_or_else(|| "A reason code is missing.".to_owned())
    }

    /// Award or deny; none for a referral.
    pub(crate) fn outcome(&self) -> Result<Option<Outcome>, String> {
        match self.text("outcome") {
            "award" => Ok(Some(Outcome::Award)),
            "deny" => Ok(Some(Outcome::Deny)),
            "refer" => Ok(None),
            _ => Err("A decision is missing: award, deny or refer.".to_owned()),
        }
    }
}

/// A name that can stand in a record.
pub(crate) fn reviewer(text: &str) -> Result<String, String> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err("A name is missing: say who reviews.".to_owned());
    }
    if name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(format!("A name may have {MAX_NAME} bytes and no control signs."));
    }
    Ok(name)
}
