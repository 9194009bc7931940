//! The figures as a page that needs nothing else.

use viva_record::report::{Front, Page, capital};

use crate::{
    Bootstrap,
    calibration::{Agreement, Calibration},
    conformal::LevelInterval,
    drift::Drift,
    fairness::Fairness,
    plot::{Axis, Row, points, said, table},
};

const OWN_STYLE: &str = include_str!("page.css");
const SPOKEN: &str = "No public set of spoken answers with human rubric scores exists; what stands here holds for the sessions compared, not beyond them.";

fn begin(title: &str, lead: &str, facts: &[(&str, String)]) -> Page {
    Page::begin(&Front { title, lead, facts, style: OWN_STYLE, head: "", skip: "To the figures" })
}

fn end(mut page: Page, warnings: &[String], bootstrap: Bootstrap) -> String {
    page.section("reading", "How to read this", "");
    page.raw("<div class=\"card\">\n");
    let mut notes = warnings.to_vec();
    notes.push(format!(
        "Brackets hold the 95 % interval over {} draws of whole candidates (seed {}); figures that need a fit use fewer draws.",
        bootstrap.resamples, bootstrap.seed
    ));
    notes.push(SPOKEN.to_owned());
    let notes: Vec<String> = notes.iter().map(|note| capital(note)).collect();
    page.list("plain", &notes);
    page.raw("</div>\n</section>\n</main>\n</body>\n</html>\n");
    page.finish()
}

/// Agreement, severity and gates; with `drift` what changed from a version before.
#[must_use]
pub fn calibration(result: &Calibration, drift: Option<&Drift>) -> String {
    let mut page = begin(
        "Calibration",
        "How far the machine agrees with human raters, criterion by criterion, and whether that is enough to release the rubric.",
        &[
            ("Machine", result.machine.clone()),
            ("Human raters", result.humans.join(", ")),
            ("Sessions", result.sessions.to_string()),
            ("Candidates", result.candidates.to_string()),
            ("Could not be judged", result.not_judged.to_string()),
        ],
    );
    gates(&mut page, result);
    page.section("agreement", "Agreement", "Shaded: the range that passes.");
    for (title, axis, figure) in plots() {
        page.tag("h3", "class=\"sub\"", title);
        let rows: Vec<Row<'_>> =
            result.agreement.iter().map(|one| Row { label: &one.criterion, figure: figure(one) }).collect();
        points(&mut page, &axis, &rows);
    }
    page.raw("</section>\n");
    page.section(
        "levels",
        "Levels",
        "Every pair of a human and the machine. On the diagonal both gave the same level.",
    );
    table(&mut page, &result.table);
    page.list("plain", &result.intervals.iter().map(LevelInterval::sentence).collect::<Vec<_>>());
    page.raw("</section>\n");
    figures(&mut page, &result.agreement);
    severity(&mut page, result);
    if let Some(drift) = drift {
        drifted(&mut page, drift);
    }
    end(page, &result.warnings, result.bootstrap)
}

type Plot = (&'static str, Axis<'static>, fn(&Agreement) -> crate::Figure);

fn plots() -> [Plot; 3] {
    let axis = |title, low, high, ticks, wanted| Axis { title, low, high, ticks, wanted, decimals: 2 };
    [
        (
            "Quadratic weighted kappa, machine against humans",
            axis(
                "Quadratic weighted kappa by criterion with intervals",
                -0.2,
                1.0,
                &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
                [0.7, 1.0],
            ),
            |one| one.qwk,
        ),
        (
            "Quadratic weighted kappa, humans among themselves",
            axis(
                "Kappa among humans by criterion with intervals",
                -0.2,
                1.0,
                &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
                [0.7, 1.0],
            ),
            |one| one.human_qwk,
        ),
        (
            "Standardised mean difference, machine less humans",
            axis(
                "Standardised mean difference by criterion with intervals",
                -1.0,
                1.0,
                &[-1.0, -0.5, 0.0, 0.5, 1.0],
                [-0.15, 0.15],
            ),
            |one| one.smd,
        ),
    ]
}

fn gates(page: &mut Page, result: &Calibration) {
    let (class, verdict) = if result.releases() {
        ("good", "Every gate is passed")
    } else {
        ("bad", "Not released: the rubric stays uncalibrated")
    };
    page.section("gates", "Gates of release", "");
    page.raw(&format!("<div class=\"card result {class}\">\n"));
    page.tag("p", "class=\"verdict\"", verdict);
    page.tag(
        "p",
        "",
        "A rubric that is not calibrated can lead to a demonstration credential only, whatever its scores are.",
    );
    page.raw("<ul class=\"gates\">\n");
    for gate in &result.gates {
        let (class, word) = match gate.passed {
            Some(true) => ("ok", "passed"),
            Some(false) => ("no", "not passed"),
            None => ("unknown", "cannot be told"),
        };
        page.raw(&format!("<li><strong class=\"{class}\">{word}</strong>"));
        page.text(gate.name);
        page.raw("<span>");
        page.text(&gate.value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}")));
        page.raw("</span></li>\n");
    }
    page.raw("</ul>\n</div>\n</section>\n");
}

fn figures(page: &mut Page, agreement: &[Agreement]) {
    page.section("figures", "All figures", "");
    page.raw("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Figure</th>");
    for one in agreement {
        page.tag("th", "scope=\"col\"", &one.criterion);
    }
    page.raw("</tr></thead><tbody>\n");
    for (name, figure) in crate::table::FIGURES {
        page.raw("<tr>");
        page.tag("th", "scope=\"row\"", name);
        for one in agreement {
            page.tag("td", "", &said(&figure(one), 2));
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n</section>\n");
}

fn severity(page: &mut Page, result: &Calibration) {
    page.section(
        "severity",
        "Severity of raters",
        "Many-facet Rasch model, in logits: to the right rates lower. Infit from 0.5 to 1.5 is usable.",
    );
    if let Some(note) = &result.severity_note {
        page.tag("p", "class=\"note\"", &capital(note));
    } else {
        let labels: Vec<String> =
            result.severity.iter().map(|one| format!("{} (infit {:.2})", one.rater, one.infit)).collect();
        let rows: Vec<Row<'_>> = labels
            .iter()
            .zip(&result.severity)
            .map(|(label, one)| Row { label, figure: one.severity })
            .collect();
        let ends =
            result.severity.iter().flat_map(|one| [one.severity.low, one.severity.high, one.severity.value]);
        let most = ends.flatten().fold(1.0_f64, |most, end| most.max(end.abs())).ceil();
        let ticks = [-most, -most / 2.0, 0.0, most / 2.0, most];
        let axis = Axis {
            title: "Severity by rater with intervals",
            low: -most,
            high: most,
            ticks: &ticks,
            wanted: [-0.5, 0.5],
            decimals: 2,
        };
        points(page, &axis, &rows);
    }
    page.raw("</section>\n");
}

fn drifted(page: &mut Page, drift: &Drift) {
    page.section(
        "drift",
        "Drift",
        &format!("{} against {} on the same anchor sessions.", drift.after, drift.before),
    );
    let (class, said_so) = if drift.alarms.is_empty() {
        ("good", "Nothing moved beyond chance")
    } else {
        ("bad", "Somebody must look")
    };
    page.raw(&format!("<div class=\"card result {class}\">\n"));
    page.tag("p", "class=\"verdict\"", said_so);
    page.list("plain", &drift.alarms.iter().map(|alarm| capital(alarm)).collect::<Vec<_>>());
    page.raw("<ul class=\"gates\">\n");
    for (name, figure) in crate::table::drift_rows(drift) {
        page.raw("<li>");
        page.text(name);
        page.raw("<span>");
        page.text(&said(&figure, 3));
        page.raw("</span></li>\n");
    }
    page.raw("</ul>\n");
    if let Some(note) = &drift.severity_note {
        page.tag("p", "class=\"quiet\"", &capital(note));
    }
    page.raw("</div>\n</section>\n");
}

/// Outcomes, criteria and machine against humans by group.
#[must_use]
pub fn fairness(result: &Fairness) -> String {
    let mut page = begin(
        &format!("Fairness by {}", result.group),
        "Whether groups pass alike, whether a criterion is harder for one of them at equal standing, and whether the machine differs from humans within a group. Group data is voluntary and kept apart from the record.",
        &[
            ("Rater", result.rater.clone()),
            ("Reference group", result.reference.clone()),
            ("Sessions without a group", result.without_group.to_string()),
        ],
    );
    let axis = |title, low, high, ticks, wanted| Axis { title, low, high, ticks, wanted, decimals: 2 };
    let rows = |figure: fn(&crate::fairness::GroupOutcome) -> crate::Figure| -> Vec<Row<'_>> {
        result.outcomes.iter().map(|one| Row { label: &one.value, figure: figure(one) }).collect()
    };
    page.section("outcomes", "Outcomes", "A ratio under 0.80 of the highest rate calls for an explanation.");
    page.tag("h3", "class=\"sub\"", "Pass rate");
    points(
        &mut page,
        &axis("Pass rate by group", 0.0, 1.0, &[0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 1.0]),
        &rows(|one| one.pass_rate),
    );
    page.tag("h3", "class=\"sub\"", "Ratio to the highest rate (four fifths)");
    points(
        &mut page,
        &axis("Ratio to the highest pass rate by group", 0.0, 1.5, &[0.0, 0.4, 0.8, 1.0, 1.5], [0.8, 1.5]),
        &rows(|one| one.ratio),
    );
    page.raw("<ul class=\"gates\">\n");
    for one in &result.outcomes {
        page.raw("<li>");
        page.text(&one.value);
        page.raw("<span>");
        page.text(one.verdict);
        page.text(if one.small { " (few candidates: no claim)" } else { "" });
        page.raw("</span></li>\n");
    }
    page.raw("</ul>\n</section>\n");
    page.section(
        "items",
        "Criteria at equal standing",
        &format!("Mantel–Haenszel D-DIF against {}; a criterion counts as met from level {}. Negative: harder for the group. Class A negligible, B moderate, C large.", result.reference, result.met_from),
    );
    let labels: Vec<String> = result
        .items
        .iter()
        .map(|one| {
            let class = one.result.map_or_else(|| "–".to_owned(), |result| format!("{:?}", result.class));
            format!("{}: {} ({class})", one.focal, one.criterion)
        })
        .collect();
    let items: Vec<Row<'_>> =
        labels.iter().zip(&result.items).map(|(label, one)| Row { label, figure: one.d_dif }).collect();
    points(
        &mut page,
        &axis("D-DIF by group and criterion", -4.0, 4.0, &[-4.0, -1.5, 0.0, 1.5, 4.0], [-1.0, 1.0]),
        &items,
    );
    page.raw("</section>\n");
    page.section(
        "smd",
        "Machine against humans within each group",
        "Shaded: at most 0.10 standard deviations either way.",
    );
    points(
        &mut page,
        &axis("Standardised mean difference by group", -1.0, 1.0, &[-1.0, -0.5, 0.0, 0.5, 1.0], [-0.1, 0.1]),
        &rows(|one| one.smd),
    );
    page.raw("</section>\n");
    end(page, &result.warnings, result.bootstrap)
}
