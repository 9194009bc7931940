//! The figures as lines of text.

use crate::{
    Figure,
    calibration::{Agreement, Calibration},
    conformal::LevelInterval,
    drift::Drift,
    fairness::Fairness,
    plot::said,
};

/// A figure of [`Agreement`] by its name.
type Named = (&'static str, fn(&Agreement) -> Figure);

/// The figures of [`Agreement`] by name.
pub(crate) const FIGURES: [Named; 12] = [
    ("QWK, machine against humans", |one| one.qwk),
    ("linear weighted kappa", |one| one.linear_kappa),
    ("Pearson", |one| one.pearson),
    ("SMD", |one| one.smd),
    ("bias in levels", |one| one.bias),
    ("exact", |one| one.exact),
    ("within one level", |one| one.adjacent),
    ("QWK among humans", |one| one.human_qwk),
    ("degradation", |one| one.degradation),
    ("alpha among humans, ordinal", |one| one.human_alpha),
    ("alpha of all, ordinal", |one| one.alpha),
    ("ICC(2,1) of all", |one| one.icc),
];

pub(crate) fn drift_rows(drift: &Drift) -> Vec<(&'static str, Figure)> {
    let mut rows = vec![
        ("mean change in levels", drift.mean_change),
        ("SMD between the versions", drift.smd),
        ("share unchanged", drift.unchanged),
        ("QWK between the versions", drift.qwk),
    ];
    rows.extend(drift.severity_change.map(|change| ("change of severity, logits", change)));
    rows
}

/// Agreement, severity, gates.
#[must_use]
pub fn calibration(result: &Calibration) -> Vec<String> {
    let mut lines = vec![format!(
        "{} against {}: {} sessions of {} candidates in common",
        result.machine,
        result.humans.join(", "),
        result.sessions,
        result.candidates
    )];
    // Ratings do not say who is a person: only a reader can see that a version of the machine is among them.
    lines.push(format!("raters taken for humans: {}", result.humans.join(", ")));
    for one in &result.agreement {
        lines.push(String::new());
        lines.push(format!("{}:", one.criterion));
        for (name, figure) in FIGURES {
            lines.push(format!("  {name:<30} {}", said(&figure(one), 3)));
        }
    }
    lines.extend(result.intervals.iter().map(LevelInterval::sentence));
    lines.push(String::new());
    lines.push("severity of raters (logits, higher rates lower):".to_owned());
    for one in &result.severity {
        lines.push(format!(
            "  {:<30} {}, standard error {:.3}, infit {:.2}",
            one.rater,
            said(&one.severity, 3),
            one.standard_error,
            one.infit
        ));
    }
    lines.extend(result.severity_note.iter().map(|note| format!("  {note}")));
    lines.push(String::new());
    for gate in &result.gates {
        let word = match gate.passed {
            Some(true) => "ok",
            Some(false) => "NO",
            None => "??",
        };
        lines.push(format!(
            "{word}  {} ({})",
            gate.name,
            gate.value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
        ));
    }
    lines.push(if result.releases() {
        "every gate is passed".to_owned()
    } else {
        "not released: the rubric stays uncalibrated and leads to demonstration credentials only".to_owned()
    });
    lines.extend(result.warnings.iter().map(|warning| format!("note: {warning}")));
    lines
}

/// What changed between two versions.
#[must_use]
pub fn drift(drift: &Drift) -> Vec<String> {
    let mut lines = vec![format!("{} against {}:", drift.after, drift.before)];
    lines.extend(drift_rows(drift).iter().map(|(name, figure)| format!("  {name:<30} {}", said(figure, 3))));
    lines.extend(drift.severity_note.iter().map(|note| format!("  {note}")));
    if drift.alarms.is_empty() {
        lines.push("  nothing moved beyond chance".to_owned());
    }
    lines.extend(drift.alarms.iter().map(|alarm| format!("  ALARM: {alarm}")));
    lines
}

/// Outcomes and criteria by group.
#[must_use]
pub fn fairness(result: &Fairness) -> Vec<String> {
    let mut lines = vec![format!("{} by {}, against {}:", result.rater, result.group, result.reference)];
    for one in &result.outcomes {
        lines.push(format!("  {:<20} pass rate {}", one.value, said(&one.pass_rate, 3)));
        lines.push(format!("  {:<20} ratio {}: {}", "", said(&one.ratio, 3), one.verdict));
        lines.push(format!("  {:<20} SMD machine against humans {}", "", said(&one.smd, 3)));
    }
    lines.push(format!("criteria at equal standing (met from level {}):", result.met_from));
    for one in &result.items {
        let told = one.result.map_or_else(
            || "cannot be told".to_owned(),
            |result| {
                format!(
                    "class {:?}, odds ratio {:.3}, chi-square {:.2}, p {:.3}",
                    result.class, result.odds_ratio, result.chi_square, result.p
                )
            },
        );
        lines.push(format!(
            "  {:<20} {:<24} D-DIF {}; {told}",
            one.focal,
            one.criterion,
            said(&one.d_dif, 2)
        ));
    }
    lines.extend(result.warnings.iter().map(|warning| format!("note: {warning}")));
    lines
}
