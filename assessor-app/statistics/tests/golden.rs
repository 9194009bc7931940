//! The figures against those of scikit-learn, pingouin, krippendorff, statsmodels and a general optimiser: `reference/make.py`.

use serde_json::Value;
use viva_statistics::{
    Bootstrap, Rating, Ratings,
    agreement::{Weight, kappa},
    alpha::{Metric, alpha},
    calibration::calibrate,
    facets::facets,
    fairness::{FairnessConfig, fairness},
    icc::icc,
};

const CLOSED_FORM: f64 = 1e-9;
/// The optimiser beside us stops at a gradient of 1e-9, which leaves the last digits of a fit open.
const FITTED: f64 = 1e-6;

fn ratings() -> Ratings {
    Ratings::from_csv(include_str!("reference/ratings.csv")).expect("the sample is clean")
}

fn golden() -> Value {
    serde_json::from_str(include_str!("reference/golden.json")).expect("is JSON")
}

#[track_caller]
fn near(name: &str, found: Option<f64>, wanted: &Value, tolerance: f64) {
    let (found, wanted) = (found.expect(name), wanted.as_f64().expect(name));
    assert!((found - wanted).abs() <= tolerance, "{name}: {found} and {wanted}");
}

#[test]
fn agreement_is_that_of_scikit_learn_pingouin_and_krippendorff() {
    let result = calibrate(&ratings(), "machine", &[], Bootstrap { resamples: 20, seed: 1 }).unwrap();
    let golden = golden();
    assert_eq!(Some(result.agreement[0].icc.n as u64), golden["all"]["icc_n"].as_u64());
    assert_eq!(result.agreement.len(), 4);
    for one in &result.agreement {
        let wanted = &golden[&one.criterion];
        for (name, figure) in [
            ("qwk", one.qwk),
            ("linear_kappa", one.linear_kappa),
            ("human_qwk", one.human_qwk),
            ("degradation", one.degradation),
            ("pearson", one.pearson),
            ("smd", one.smd),
            ("bias", one.bias),
            ("exact", one.exact),
            ("adjacent", one.adjacent),
            ("human_alpha", one.human_alpha),
            ("alpha", one.alpha),
            ("icc", one.icc),
        ] {
            near(&format!("{} {name}", one.criterion), figure.value, &wanted[name], CLOSED_FORM);
        }
    }
}

#[test]
fn the_single_measures_are_the_libraries() {
    let (ratings, golden) = (ratings(), &golden()["all"]);
    let pairs: Vec<[u8; 2]> = ratings.pairs("ada", "machine").iter().map(|pair| pair.levels).collect();
    near("kappa", kappa(&pairs, Weight::Unweighted), &golden["unweighted_ada"], CLOSED_FORM);
    let mut units = std::collections::BTreeMap::<_, Vec<u8>>::new();
    for row in ratings.rows() {
        units.entry((&row.session, &row.criterion)).or_default().extend(row.level);
    }
    let units: Vec<Vec<u8>> = units.into_values().collect();
    near("nominal", alpha(&units, Metric::Nominal), &golden["alpha_nominal"], CLOSED_FORM);
    near("interval", alpha(&units, Metric::Interval), &golden["alpha_interval"], CLOSED_FORM);
    let complete: Vec<Vec<f64>> = units
        .iter()
        .filter(|unit| unit.len() == 3)
        .map(|unit| unit.iter().map(|level| f64::from(*level)).collect())
        .collect();
    let found = icc(&complete).unwrap();
    near("mean of raters", Some(found.mean), &golden["icc_mean"], CLOSED_FORM);
    assert_eq!(Some(found.n as u64), golden["icc_n"].as_u64());
}

#[test]
fn severity_is_where_a_general_optimiser_finds_it() {
    let (found, golden) = (facets(ratings().rows()).unwrap(), &golden()["facets"]);
    assert_eq!(Some(found.extreme_sessions as u64), golden["extreme"].as_u64());
    for rater in &found.raters {
        near(&rater.rater, Some(rater.severity), &golden["severity"][&rater.rater], FITTED);
        near(&rater.rater, Some(rater.infit), &golden["infit"][&rater.rater], FITTED);
        near(&rater.rater, Some(rater.standard_error), &golden["standard_error"][&rater.rater], FITTED);
    }
    for (criterion, difficulty) in &found.criteria {
        near(criterion, Some(*difficulty), &golden["difficulty"][criterion], FITTED);
    }
    for (at, step) in found.steps.iter().enumerate() {
        near("step", Some(*step), &golden["steps"][at], FITTED);
    }
}

#[test]
fn groups_are_compared_as_statsmodels_does() {
    let config = FairnessConfig {
        rater: "machine".to_owned(),
        group: "language".to_owned(),
        reference: Some("en".to_owned()),
        met_from: 3,
        bootstrap: Bootstrap { resamples: 50, seed: 1 },
    };
    let (found, golden) = (fairness(&ratings(), &config).unwrap(), golden());
    for one in &found.outcomes {
        let wanted = &golden["groups"][&one.value];
        near("pass rate", one.pass_rate.value, &wanted["pass_rate"], CLOSED_FORM);
        near("ratio", one.ratio.value, &wanted["ratio"], CLOSED_FORM);
        near("smd", one.smd.value, &wanted["smd"], CLOSED_FORM);
    }
    assert_eq!(found.items.len(), 3);
    for one in &found.items {
        let (result, wanted) = (one.result.unwrap(), &golden["dif"][&one.criterion]);
        near("odds ratio", Some(result.odds_ratio), &wanted["odds_ratio"], CLOSED_FORM);
        near("d-dif", Some(result.d_dif), &wanted["d_dif"], CLOSED_FORM);
        near("standard error", Some(result.standard_error), &wanted["standard_error"], CLOSED_FORM);
        near("chi-square", Some(result.chi_square), &wanted["chi_square"], CLOSED_FORM);
        near("p", Some(result.p), &wanted["p"], CLOSED_FORM);
        assert_eq!(Some(result.n as u64), wanted["n"].as_u64());
    }
    assert!(found.warnings.iter().any(|warning| warning.contains("too few")), "{:?}", found.warnings);
}

#[test]
fn a_severe_rater_is_found_severe_whoever_was_assessed() {
    // Ada rates the weak sessions and is 0.8 levels stricter than Ben, who rates the strong ones; the machine rates all, as mildly as Ben.
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24) * 2.4 - 1.2
    };
    let mut rows = Vec::new();
    for session in 0..80 {
        let strength = f64::from(session) / 40.0 - 1.0;
        let human = if session < 40 { ("ada", 0.8) } else { ("ben", 0.0) };
        for criterion in ["one", "two", "three"] {
            for (rater, strictness) in [("machine", 0.0), human] {
                let level = (3.0 + strength - strictness + noise()).round().clamp(1.0, 5.0);
                rows.push(Rating {
                    session: format!("s{session}"),
                    candidate: format!("s{session}"),
                    criterion: criterion.to_owned(),
                    rater: rater.to_owned(),
                    level: Some(level as u8),
                    passed: None,
                    groups: Default::default(),
                });
            }
        }
    }
    let found = facets(&rows).unwrap();
    let of = |name: &str| found.raters.iter().find(|rater| rater.rater == name).unwrap().severity;
    assert!(of("ada") > of("machine") + 0.8 && of("ada") > of("ben") + 0.8, "{:?}", found.raters);
    assert!((of("ben") - of("machine")).abs() < 0.6, "{:?}", found.raters);
}
