//! `viva calibrate RECORDS --again`: the recorded answers of anchor sessions, scored by this version.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use viva_assessment::{Exam, Scorer};
use viva_record::wire::SessionHeader;
use viva_verify::{EVENTS_FILE, TRANSCRIPT_FILE, Verified};

use super::is_held_with;
use crate::interview::{ANSWERS, Models, load_exam, with_words};

/// Scores records again; the networks are loaded once.
pub(super) struct Again {
    models: Models,
    /// The package that is named on the command line; else each record's own.
    exam: Option<Arc<Exam>>,
    scorers: BTreeMap<String, Scorer>,
}

impl Again {
    pub(super) fn new(exam: Option<&Arc<Exam>>) -> Result<Self> {
        Ok(Self { models: Models::open()?, exam: exam.cloned(), scorers: BTreeMap::new() })
    }

    /// The levels that this version gives, by criterion.
    pub(super) fn levels(
        &mut self,
        verified: &Verified,
        header: &SessionHeader,
    ) -> Result<BTreeMap<String, Option<u8>>> {
        let events = events(verified)?;
        let of = |kind: &str| events.iter().find(|event| event["kind"] == kind).map(|event| &event["body"]);
        let answers =
            of(ANSWERS).context("it is of an earlier version, which kept no answers to be scored again")?;
        let exam = match &self.exam {
            Some(exam) => Arc::clone(exam),
            None => {
                let folder = of("setup").and_then(|setup| setup["exam"].as_str());
                load_exam(Path::new(folder.context("it does not name its exam package")?))?
            }
        };
        ensure!(
            is_held_with(header, &exam),
            "it was held with {} {} in another state than the package that it would be scored with",
            header.exam_id,
            header.exam_version
        );
        let transcript = serde_json::from_slice(&verified.read(TRANSCRIPT_FILE)?)?;
        let answers = with_words(serde_json::from_value(answers.clone())?, &transcript)?;
        let hash = exam.hash_hex();
        if !self.scorers.contains_key(&hash) {
            self.scorers.insert(hash.clone(), Scorer::new(exam, self.models.embedder()?)?);
        }
        let report = self.scorers[&hash].score_answers(&answers)?;
        let level = |one: &viva_assessment::score::CriterionScore| one.level().map(|level| level.level());
        Ok(report.criteria.iter().map(|one| (one.criterion.clone(), level(one))).collect())
    }
}

fn events(verified: &Verified) -> Result<Vec<Value>> {
    let bytes = verified.read(EVENTS_FILE)?;
    let lines = std::str::from_utf8(&bytes).context("the events are no text")?.lines();
    lines.map(|line| Ok(serde_json::from_str(line)?)).collect()
}
