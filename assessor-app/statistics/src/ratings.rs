//! Ratings: who gave which level to what, read from CSV or JSON lines that may hold anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::StatisticsError;

/// The highest level that a rubric may have.
pub const MAX_LEVEL: u8 = 20;
/// The most ratings that are read.
pub const MAX_RATINGS: usize = 1_000_000;
const NEEDED: [&str; 4] = ["session", "criterion", "rater", "level"];
const KNOWN: [&str; 6] = ["session", "criterion", "rater", "level", "candidate", "passed"];

/// One level by one rater.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// The session.
    pub session: String,
    /// Who was assessed; intervals are clustered by it. The session itself where nothing is said.
    pub candidate: String,
    /// What was rated.
    pub criterion: String,
    /// Who rated: a person's name or a version of the machine.
    pub rater: String,
    /// The level, 0 to [`MAX_LEVEL`]; none when the rater could not judge.
    pub level: Option<u8>,
    /// The session's outcome, where it is stated.
    pub passed: Option<bool>,
    /// Group name → value, for example `first_language` → `de`. Empty values are left out.
    pub groups: BTreeMap<String, String>,
}

/// All ratings of a study.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ratings {
    rows: Vec<Rating>,
}

impl Ratings {
    /// Checks that no rater rates the same thing twice and that every session has one candidate and one outcome.
    ///
    /// **Errors**: such a contradiction, none or too many ratings, a level beyond [`MAX_LEVEL`].
    pub fn new(rows: Vec<Rating>) -> Result<Self, StatisticsError> {
        let numbered = rows.into_iter().enumerate().map(|(index, row)| (index as u64 + 1, row)).collect();
        Self::from_numbered(numbered)
    }

    fn from_numbered(rows: Vec<(u64, Rating)>) -> Result<Self, StatisticsError> {
        if rows.is_empty() {
            return Err(StatisticsError::Empty);
        }
        let mut seen = BTreeSet::new();
        let mut sessions: BTreeMap<&str, &Rating> = BTreeMap::new();
        for (line, row) in &rows {
            let wrong = |reason: String| Err(StatisticsError::Line { line: *line, reason });
            if row.level.is_some_and(|level| level > MAX_LEVEL) {
                return wrong(format!("levels go from 0 to {MAX_LEVEL}"));
            }
            if !seen.insert((&row.session, &row.criterion, &row.rater)) {
                return wrong(format!(
                    "{} rates {} of session {} a second time",
                    row.rater, row.criterion, row.session
                ));
            }
            let first = *sessions.entry(&row.session).or_insert(row);
            if first.candidate != row.candidate {
                return wrong(format!(
                    "session {} is of candidate {} above and of {} here",
                    row.session, first.candidate, row.candidate
                ));
            }
            if first.passed != row.passed || first.groups != row.groups {
                return wrong(format!(
                    "session {} has another outcome or other groups than in a line above",
                    row.session
                ));
            }
        }
        if seen.len() > MAX_RATINGS {
            return Err(StatisticsError::NotEnough(format!("at most {MAX_RATINGS} ratings are read")));
        }
        Ok(Self { rows: rows.into_iter().map(|(_, row)| row).collect() })
    }

    /// Reads CSV with a heading: `session`, `criterion`, `rater`, `level`; optional `candidate`, `passed`; every other column is a group.
    ///
    /// **Errors**: with the line, counted from 1 at the heading.
    pub fn from_csv(text: &str) -> Result<Self, StatisticsError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        let header: Vec<String> =
            reader.headers().map_err(csv_error)?.iter().map(str::to_lowercase).collect();
        check_header(&header)?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(csv_error)?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != header.len() {
                let reason = format!("has {} fields; the heading has {}", record.len(), header.len());
                return Err(StatisticsError::Line { line, reason });
            }
            let field =
                |name: &str| header.iter().position(|column| column == name).map(|at| record[at].to_owned());
            let groups = header.iter().zip(record.iter());
            let groups = groups.filter(|(name, value)| !KNOWN.contains(&name.as_str()) && !value.is_empty());
            let groups = groups.map(|(name, value)| (name.clone(), value.to_owned())).collect();
            rows.push((line, rating(line, field, groups)?));
            if rows.len() > MAX_RATINGS {
                let reason = format!("at most {MAX_RATINGS} ratings are read");
                return Err(StatisticsError::Line { line, reason });
            }
        }
        Self::from_numbered(rows)
    }

    /// Reads one JSON object a line with the same names as [`Self::from_csv`]; every other member is a group.
    ///
    /// **Errors**: with the line, counted from 1.
    pub fn from_jsonl(text: &str) -> Result<Self, StatisticsError> {
        let mut rows = Vec::new();
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
            let wrong = |reason: String| StatisticsError::Line { line, reason };
            let value: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
            let object = value.as_object().ok_or_else(|| wrong("is no JSON object".to_owned()))?;
            for name in NEEDED {
                if !object.contains_key(name) {
                    return Err(wrong(format!("there is no {name:?}")));
                }
            }
            let mut fields = BTreeMap::new();
            for (name, value) in object {
                let text = match value {
                    Value::Null => String::new(),
                    Value::String(text) => text.trim().to_owned(),
                    Value::Number(number) => number.to_string(),
                    Value::Bool(flag) => flag.to_string(),
                    Value::Array(_) | Value::Object(_) => {
                        return Err(wrong(format!("{name:?} is neither text nor a number")));
                    }
                };
                fields.insert(name.to_lowercase(), text);
            }
            let groups =
                fields.iter().filter(|(name, text)| !KNOWN.contains(&name.as_str()) && !text.is_empty());
            let groups = groups.map(|(name, text)| (name.clone(), text.clone())).collect();
            rows.push((line, rating(line, |name| fields.get(name).cloned(), groups)?));
            if rows.len() > MAX_RATINGS {
                return Err(wrong(format!("at most {MAX_RATINGS} ratings are read")));
            }
        }
        Self::from_numbered(rows)
    }

    /// The ratings.
    #[must_use]
    pub fn rows(&self) -> &[Rating] {
        &self.rows
    }

    /// Checks that every level is one that its criterion has: from 1 up to what `highest` says, where that knows the criterion.
    ///
    /// **Errors**: the first rating with another level, by its number, session, criterion and rater.
    pub fn check_levels(&self, highest: impl Fn(&str) -> Option<usize>) -> Result<(), StatisticsError> {
        for (number, row) in (1..).zip(&self.rows) {
            let (Some(level), Some(highest)) = (row.level, highest(&row.criterion)) else { continue };
            if !(1..=highest).contains(&usize::from(level)) {
                let Rating { session, criterion, rater, .. } = row;
                return Err(StatisticsError::NotEnough(format!(
                    "rating {number} (session {session}, {criterion}, by {rater}): level {level}; its levels go from 1 to {highest}"
                )));
            }
        }
        Ok(())
    }

    /// The same ratings with groups from a table, and what a reader must know of the match: a column `session` or `candidate`, every
    /// other column a group, but for those that mean something else in ratings.
    ///
    /// **Errors**: with the line; a table that names none of the ratings. A session that the table does not name keeps the groups it has.
    pub fn with_groups(mut self, csv_text: &str) -> Result<(Self, Vec<String>), StatisticsError> {
        let text = csv_text.strip_prefix('\u{feff}').unwrap_or(csv_text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header: Vec<String> =
            reader.headers().map_err(csv_error)?.iter().map(str::to_lowercase).collect();
        check_names(&header)?;
        let key = header
            .iter()
            .position(|name| name == "session" || name == "candidate")
            .ok_or(StatisticsError::Column { missing: "session or candidate", found: header.join(", ") })?;
        let mut table: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(csv_error)?;
            let groups = header.iter().zip(record.iter());
            // A table by session may name the candidates too; a name is no group.
            let groups = groups.filter(|(name, value)| !KNOWN.contains(&name.as_str()) && !value.is_empty());
            let groups = groups.map(|(name, value)| (name.clone(), value.to_owned())).collect();
            if table.insert(record[key].to_owned(), groups).is_some() {
                let line = record.position().map_or(0, csv::Position::line);
                let reason = format!("{} stands twice", &record[key]);
                return Err(StatisticsError::Line { line, reason });
            }
        }
        let (mut found, mut matched) = (BTreeSet::new(), 0);
        for row in &mut self.rows {
            let name = if header[key] == "session" { &row.session } else { &row.candidate };
            if let Some((name, groups)) = table.get_key_value(name) {
                row.groups.extend(groups.clone());
                found.insert(name);
                matched += 1;
            }
        }
        let by = &header[key];
        if matched == 0 {
            let reason = format!("the table of groups names no {by} of the ratings");
            return Err(StatisticsError::NotEnough(reason));
        }
        let mut warnings = Vec::new();
        let (rows, ratings) = (table.len(), self.rows.len());
        if found.len() < rows {
            warnings.push(format!(
                "{} of {rows} rows of the table of groups name a {by} without a rating",
                rows - found.len()
            ));
        }
        if matched < ratings {
            warnings.push(format!(
                "{} of {ratings} ratings are of a {by} that the table of groups does not name",
                ratings - matched
            ));
        }
        Ok((self, warnings))
    }

    /// All names of raters, in order.
    #[must_use]
    pub fn raters(&self) -> BTreeSet<&str> {
        self.rows.iter().map(|row| row.rater.as_str()).collect()
    }

    /// All criteria, in order.
    #[must_use]
    pub fn criteria(&self) -> BTreeSet<&str> {
        self.rows.iter().map(|row| row.criterion.as_str()).collect()
    }

    /// All names of groups, in order.
    #[must_use]
    pub fn group_names(&self) -> BTreeSet<&str> {
        self.rows.iter().flat_map(|row| row.groups.keys().map(String::as_str)).collect()
    }

    /// Levels of the things that both raters judged: candidate, criterion, first's level, second's level.
    #[must_use]
    pub fn pairs(&self, first: &str, second: &str) -> Vec<Pair> {
        let by = |rater: &str| -> BTreeMap<(&str, &str), (&Rating, u8)> {
            let rows = self.rows.iter().filter(|row| row.rater == rater);
            rows.filter_map(|row| Some(((row.session.as_str(), row.criterion.as_str()), (row, row.level?))))
                .collect()
        };
        let second = by(second);
        let pairs = by(first).into_iter().filter_map(|(key, (row, level))| {
            let (_, other) = second.get(&key)?;
            Some(Pair {
                candidate: row.candidate.clone(),
                criterion: row.criterion.clone(),
                levels: [level, *other],
            })
        });
        pairs.collect()
    }
}

/// One thing that two raters judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Who was assessed.
    pub candidate: String,
    /// What was rated.
    pub criterion: String,
    /// The first's level and the second's.
    pub levels: [u8; 2],
}

fn check_header(header: &[String]) -> Result<(), StatisticsError> {
    for missing in NEEDED {
        if !header.iter().any(|column| column == missing) {
            return Err(StatisticsError::Column { missing, found: header.join(", ") });
        }
    }
    check_names(header)
}

fn check_names(header: &[String]) -> Result<(), StatisticsError> {
    let mut seen = BTreeSet::new();
    match header.iter().find(|name| !seen.insert(*name)) {
        Some(name) => {
            Err(StatisticsError::Line { line: 1, reason: format!("there are two columns {name:?}") })
        }
        None => Ok(()),
    }
}

fn rating(
    line: u64,
    field: impl Fn(&str) -> Option<String>,
    groups: BTreeMap<String, String>,
) -> Result<Rating, StatisticsError> {
    let wrong = |reason: String| StatisticsError::Line { line, reason };
    let named = |name: &str| {
        field(name).filter(|text| !text.is_empty()).ok_or_else(|| wrong(format!("{name} is empty")))
    };
    let session = named("session")?;
    let level = field("level").unwrap_or_default();
    let level = if level.is_empty() {
        None
    } else {
        let parsed = level.parse::<u8>().ok().or_else(|| {
            // A spreadsheet writes 3 as 3.0.
            let (whole, rest) = level.split_once('.')?;
            rest.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok())?
        });
        Some(parsed.filter(|level| *level <= MAX_LEVEL).ok_or_else(|| {
            wrong(format!("level {level:?} is no whole number from 0 to {MAX_LEVEL}; leave it empty where nothing could be judged"))
        })?)
    };
    let passed = match field("passed").unwrap_or_default().to_lowercase().as_str() {
        "" => None,
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        other => return Err(wrong(format!("passed is {other:?}; yes or no is expected"))),
    };
    Ok(Rating {
        candidate: field("candidate").filter(|text| !text.is_empty()).unwrap_or_else(|| session.clone()),
        criterion: named("criterion")?,
        rater: named("rater")?,
        session,
        level,
        passed,
        groups,
    })
}

fn csv_error(error: csv::Error) -> StatisticsError {
    let line = error.position().map_or(1, csv::Position::line);
    StatisticsError::Line { line, reason: error.to_string() }
}
