//! Two versions of the machine on the same anchor sessions: did the judgement move?

use serde::Serialize;

use crate::{
    Bootstrap, Figure, Ratings, StatisticsError,
    agreement::{Weight, kappa, mean_difference, standardised_mean_difference, within},
    facets::facets,
    ratings::Pair,
};

/// Infit of a usable rater.
pub const INFIT: [f64; 2] = [0.5, 1.5];

/// What changed from one version to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The version before.
    pub before: String,
    /// The version after.
    pub after: String,
    /// Mean change in levels; positive rates higher.
    pub mean_change: Figure,
    /// The change in standard deviations.
    pub smd: Figure,
    /// Share of ratings that stayed the same.
    pub unchanged: Figure,
    /// Quadratic weighted kappa between the versions.
    pub qwk: Figure,
    /// Change of severity in logits, with all raters in the model; positive rates lower.
    pub severity_change: Option<Figure>,
    /// Infit of the version after.
    pub infit: Option<f64>,
    /// Why no severity can be given.
    pub severity_note: Option<String>,
    /// Why somebody must look, one sentence each; empty where nothing moved.
    pub alarms: Vec<String>,
}

/// Compares two versions on the things that both rated.
///
/// **Errors**: the versions share nothing.
pub fn drift(
    ratings: &Ratings,
    (before, after): (&str, &str),
    bootstrap: Bootstrap,
) -> Result<Drift, StatisticsError> {
    let pairs = ratings.pairs(before, after);
    if pairs.is_empty() {
        let reason =
            format!("{before:?} and {after:?} share no rated session; the raters are {:?}", ratings.raters());
        return Err(StatisticsError::NotEnough(reason));
    }
    let levels = |pairs: &[Pair]| pairs.iter().map(|pair| pair.levels).collect::<Vec<_>>();
    let [mean_change, smd, unchanged, qwk] = bootstrap.figures(
        &pairs,
        |pair| &pair.candidate,
        |pairs| {
            let levels = levels(pairs);
            [
                mean_difference(&levels),
                standardised_mean_difference(&levels),
                within(&levels, 0),
                kappa(&levels, Weight::Quadratic),
            ]
        },
    );
    let severity = severity_change(ratings, before, after, bootstrap);
    let (severity_change, infit, severity_note) = match severity {
        Ok((change, infit)) => (Some(change), Some(infit), None),
        Err(error) => (None, None, Some(error.to_string())),
    };
    let mut alarms = Vec::new();
    if excludes_zero(&mean_change) {
        alarms.push("the mean level changed: its interval excludes 0".to_owned());
    }
    if severity_change.as_ref().is_some_and(excludes_zero) {
        alarms.push("the severity changed: its interval excludes 0".to_owned());
    }
    if let Some(infit) = infit.filter(|infit| *infit < INFIT[0] || *infit > INFIT[1]) {
        alarms.push(format!("infit of {after} is {infit:.2}, outside {} to {}", INFIT[0], INFIT[1]));
    }
    let (before, after) = (before.to_owned(), after.to_owned());
    Ok(Drift {
        before,
        after,
        mean_change,
        smd,
        unchanged,
        qwk,
        severity_change,
        infit,
        severity_note,
        alarms,
    })
}

fn excludes_zero(figure: &Figure) -> bool {
    figure.low.is_some_and(|low| low > 0.0) || figure.high.is_some_and(|high| high < 0.0)
}

fn severity_change(
    ratings: &Ratings,
    before: &str,
    after: &str,
    bootstrap: Bootstrap,
) -> Result<(Figure, f64), StatisticsError> {
    let of = |rows: &[crate::Rating]| -> Result<(f64, f64), StatisticsError> {
        let fitted = facets(rows)?;
        let find = |rater: &str| fitted.raters.iter().find(|severity| severity.rater == rater);
        match (find(before), find(after)) {
            (Some(first), Some(second)) => Ok((second.severity - first.severity, second.infit)),
            _ => Err(StatisticsError::NotEnough("severity: a version has extreme sessions only".to_owned())),
        }
    };
    let (_, infit) = of(ratings.rows())?;
    let change = crate::calibration::fewer(bootstrap).figure(
        ratings.rows(),
        |row| &row.candidate,
        // A candidate drawn twice counts as two sessions, else its ratings would contradict each other.
        |rows| of(&crate::calibration::told_apart(rows)).ok().map(|(change, _)| change),
    );
    Ok((change, infit))
}
