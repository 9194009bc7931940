//! Ratings that nobody should send: each is refused with its line, or told of; none panics.

use proptest::prelude::*;
use viva_statistics::{
    Bootstrap, Ratings, StatisticsError,
    calibration::calibrate,
    drift::drift,
    facets::facets,
    fairness::{FairnessConfig, fairness},
    page, table,
};

const FEW: Bootstrap = Bootstrap { resamples: 30, seed: 3 };

#[track_caller]
fn refused(csv: &str, says: &str) {
    let error = Ratings::from_csv(csv).expect_err(says).to_string();
    assert!(error.contains(says), "{says:?} is not in {error:?}");
}

#[test]
fn a_bad_line_is_named() {
    refused("", "no column \"session\"");
    refused(
        "session,criterion,rater\ns,c,r\n",
        "no column \"level\"; the columns are session, criterion, rater",
    );
    refused("session,criterion,rater,level\n", "no ratings");
    refused("session,criterion,rater,level\ns,c,r,3\ns2,c,r,good\n", "line 3: level \"good\"");
    refused("session,criterion,rater,level\ns,c,r,-1\n", "line 2: level \"-1\"");
    refused("session,criterion,rater,level\ns,c,r,2.5\n", "line 2: level \"2.5\"");
    refused("session,criterion,rater,level\ns,c,r,21\n", "line 2: level \"21\"");
    refused("session,criterion,rater,level\n,c,r,2\n", "line 2: session is empty");
    refused("session,criterion,rater,level\ns,c,r\n", "line 2: has 3 fields; the heading has 4");
    refused(
        "session,criterion,rater,level\ns,c,r,2\ns,c,r,3\n",
        "line 3: r rates c of session s a second time",
    );
    refused("session,criterion,rater,level,level\ns,c,r,2,3\n", "two columns \"level\"");
    refused("session,criterion,rater,level,passed\ns,c,r,2,maybe\n", "line 2: passed is \"maybe\"");
    refused(
        "session,criterion,rater,level,candidate\ns,c,r,2,a\ns,d,r,2,b\n",
        "line 3: session s is of candidate a",
    );
    refused(
        "session,criterion,rater,level,sex\ns,c,r,2,f\ns,d,r,2,m\n",
        "line 3: session s has another outcome or other groups",
    );
}

#[test]
fn json_lines_are_as_strict() {
    let error = |text: &str| Ratings::from_jsonl(text).unwrap_err().to_string();
    assert!(error("{\"session\":\"s\"}").contains("line 1: there is no \"criterion\""));
    assert!(error("\n[1]\n").contains("line 2: is no JSON object"));
    assert!(
        error("{\"session\":\"s\",\"criterion\":\"c\",\"rater\":\"r\",\"level\":[2]}")
            .contains("\"level\" is neither")
    );
    let good = "{\"session\":\"s\",\"criterion\":\"c\",\"rater\":\"r\",\"level\":2,\"language\":\"de\"}\n";
    let read = Ratings::from_jsonl(good).unwrap();
    assert_eq!((read.rows()[0].level, read.rows()[0].groups["language"].as_str()), (Some(2), "de"));
}

#[test]
fn a_spreadsheet_is_understood() {
    let csv = "\u{feff}Session, Criterion ,Rater,Level,Passed,Language\r\n\"s, 1\",c,r,3.0,YES,\r\n";
    let read = Ratings::from_csv(csv).unwrap();
    let row = &read.rows()[0];
    assert_eq!((row.session.as_str(), row.level, row.passed), ("s, 1", Some(3), Some(true)));
    assert!(row.groups.is_empty(), "an empty group is no group");
}

#[test]
fn what_the_ratings_cannot_carry_is_said() {
    let read = |csv: &str| Ratings::from_csv(csv).unwrap();
    let one_rater = read("session,criterion,rater,level\na,c,machine,2\nb,c,machine,3\n");
    assert!(calibrate(&one_rater, "machine", &[], FEW).unwrap_err().to_string().contains("needs a human"));
    assert!(
        calibrate(&one_rater, "robot", &[], FEW)
            .unwrap_err()
            .to_string()
            .contains("no rating is by \"robot\"")
    );
    let apart = read("session,criterion,rater,level\na,c,machine,2\nb,c,ada,3\n");
    assert!(
        calibrate(&apart, "machine", &[], FEW)
            .unwrap_err()
            .to_string()
            .contains("no session was judged both")
    );
    assert!(
        drift(&apart, ("machine", "ada"), FEW).unwrap_err().to_string().contains("share no rated session")
    );
    let disconnected = "session,criterion,rater,level\na,c,x,2\na,d,x,3\nb,c,y,2\nb,d,y,3\n";
    assert!(facets(read(disconnected).rows()).unwrap_err().to_string().contains("share no session"));
    let one_level =
        read("session,criterion,rater,level\na,c,machine,2\na,c,ada,2\nb,c,machine,2\nb,c,ada,2\n");
    let result = calibrate(&one_level, "machine", &[], FEW).unwrap();
    assert_eq!(result.agreement[0].qwk.value, None);
    assert!(table::calibration(&result).contains(&"raters taken for humans: ada".to_owned()));
    assert!(!result.releases() && result.severity_note.is_some());
    assert!(result.warnings.iter().any(|warning| warning.contains("no kappa")), "{:?}", result.warnings);
}

fn by_language() -> FairnessConfig {
    FairnessConfig {
        rater: "machine".into(),
        group: "language".into(),
        reference: None,
        met_from: 3,
        bootstrap: FEW,
    }
}

#[test]
fn groups_that_cannot_be_compared_are_named() {
    let config = by_language();
    let error = |csv: &str| fairness(&Ratings::from_csv(csv).unwrap(), &config).unwrap_err().to_string();
    assert!(error("session,criterion,rater,level\na,c,machine,2\n").contains("no rating has a group"));
    assert!(
        error("session,criterion,rater,level,language\na,c,machine,2,de\n").contains("two values are needed")
    );
    assert!(
        error("session,criterion,rater,level,language\na,c,machine,2,de\nb,c,machine,2,en\n")
            .contains("`passed`")
    );
}

#[test]
fn a_table_of_groups_is_matched_or_refused() {
    let ratings = "session,criterion,rater,level,candidate\na,c,machine,2,x\nb,c,machine,3,y\n";
    let joined = |table: &str| Ratings::from_csv(ratings).unwrap().with_groups(table);
    for table in
        ["session,candidate,language\na,x,de\nb,y,en\n", "candidate,session,language\nx,a,de\ny,b,en\n"]
    {
        let (both, warnings) = joined(table).unwrap();
        assert_eq!(both.group_names().into_iter().collect::<Vec<_>>(), ["language"]);
        assert_eq!(warnings, [""; 0]);
    }
    let refused = |table: &str| joined(table).unwrap_err().to_string();
    assert!(refused("session,language,Language\na,de,en\n").contains("two columns \"language\""));
    assert!(refused("session,language\nz,de\n").contains("names no session of the ratings"));
    let (_, warnings) = joined("session,language\na,de\nz,en\n").unwrap();
    assert!(warnings[0].starts_with("1 of 2 rows of the table") && warnings[1].starts_with("1 of 2 ratings"));
}

#[test]
fn levels_that_a_criterion_does_not_have_are_named() {
    let checked = |level: &str| {
        let csv = format!("session,criterion,rater,level\ns,c,ada,2\ns,d,ada,9\nt,c,ben,{level}\n");
        Ratings::from_csv(&csv).unwrap().check_levels(|criterion| (criterion == "c").then_some(4))
    };
    assert!(checked("1").is_ok() && checked("4").is_ok() && checked("").is_ok());
    for level in ["0", "5"] {
        let error = checked(level).unwrap_err().to_string();
        let place = format!("rating 3 (session t, c, by ben): level {level}; its levels go from 1 to 4");
        assert_eq!(error, place);
    }
}

#[test]
fn names_are_escaped_on_the_pages() {
    let evil = "<script>alert(1)</script>";
    let mut csv = String::from("session,criterion,rater,level,passed,language\n");
    for session in 0..8 {
        let group = if session % 2 == 0 { evil } else { "en" };
        for rater in ["machine", evil] {
            csv +=
                &format!("s{session},{evil},{rater},{},yes,{group}\n", 1 + (session * 7 + rater.len()) % 4);
        }
    }
    let ratings = Ratings::from_csv(&csv).unwrap();
    let result = calibrate(&ratings, "machine", &[], FEW).unwrap();
    let config = by_language();
    let fair = fairness(&ratings, &config).unwrap();
    for html in [page::calibration(&result, None), page::fairness(&fair)] {
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
        assert!(!html.contains("http://") && !html.contains("https://"), "a page must need nothing else");
    }
    assert!(!table::calibration(&result).is_empty() && !table::fairness(&fair).is_empty());
}

#[test]
fn a_version_that_rates_higher_raises_the_alarm() {
    let mut csv = String::from("session,criterion,rater,level\n");
    for session in 0..40 {
        let level = 1 + session % 3;
        csv += &format!(
            "s{session},c,v1,{level}\ns{session},c,v2,{}\ns{session},c,v3,{level}\n",
            level + usize::from(session % 2 == 0)
        );
    }
    let ratings = Ratings::from_csv(&csv).unwrap();
    let up = drift(&ratings, ("v1", "v2"), FEW).unwrap();
    assert!(up.mean_change.low > Some(0.0) && !up.alarms.is_empty(), "{up:?}");
    assert!(
        up.severity_change.is_none_or(|change| change.value < Some(0.0)),
        "a higher level is less severe"
    );
    let same = drift(&ratings, ("v1", "v3"), FEW).unwrap();
    assert_eq!((same.mean_change.value, same.unchanged.value), (Some(0.0), Some(1.0)));
    assert!(!same.alarms.iter().any(|alarm| alarm.contains("mean level")), "{same:?}");
}

#[test]
fn the_same_seed_gives_the_same_interval_and_clusters_widen_it() {
    let mut csv = String::from("session,criterion,rater,level,candidate\n");
    for session in 0..60 {
        let candidate = session / 6;
        let (a, b) = (1 + candidate % 4, 1 + (candidate * 3 + session % 2) % 4);
        csv += &format!("s{session},c,machine,{a},c{candidate}\ns{session},c,ada,{b},c{candidate}\n");
    }
    let clustered = Ratings::from_csv(&csv).unwrap();
    let alone: String = csv.lines().map(|line| format!("{}\n", line.rsplit_once(',').unwrap().0)).collect();
    let alone = Ratings::from_csv(&alone).unwrap();
    let boot = Bootstrap { resamples: 400, seed: 5 };
    let width = |ratings: &Ratings| {
        let bias = calibrate(ratings, "machine", &[], boot).unwrap().agreement[0].bias;
        (bias.high.unwrap() - bias.low.unwrap(), bias.candidates)
    };
    assert_eq!(width(&clustered), width(&clustered));
    let ((wide, ten), (narrow, sixty)) = (width(&clustered), width(&alone));
    assert_eq!((ten, sixty), (10, 60));
    assert!(wide > 1.3 * narrow, "{wide} {narrow}");
}

/// Levels of 40 candidates on two criteria by two humans who agree; the machine, as they do, on so many of them.
fn rated_by_machine(first: usize, second: usize) -> Ratings {
    let mut csv = String::from("session,criterion,rater,level\n");
    for session in 0..40 {
        for (criterion, rated) in [("first", first), ("second", second)] {
            let level = 1 + session % 3;
            csv += &format!("s{session},{criterion},ada,{level}\ns{session},{criterion},ben,{level}\n");
            let level = if session < rated { level.to_string() } else { String::new() };
            csv += &format!("s{session},{criterion},machine,{level}\n");
        }
    }
    Ratings::from_csv(&csv).expect("a clean table")
}

#[test]
fn candidates_whom_the_machine_never_rated_release_nothing() {
    let result = |first, second| calibrate(&rated_by_machine(first, second), "machine", &[], FEW).unwrap();
    let (enough, few, uneven) = (result(30, 30), result(29, 29), result(40, 29));
    for one in [&enough, &few, &uneven] {
        assert!(one.gates.iter().all(|gate| gate.passed == Some(true)), "{:?}", one.gates);
    }
    assert!(enough.releases() && enough.warnings.is_empty(), "{:?}", enough.warnings);
    assert_eq!((enough.candidates, enough.sessions), (30, 30));
    assert_eq!((few.candidates, few.sessions, few.releases()), (29, 29, false));
    assert_eq!(few.agreement[0].human_qwk.candidates, 40, "the humans rated all of them");
    assert!(few.warnings[0].starts_with("all: only 29 candidates"), "{:?}", few.warnings);
    // Every criterion needs them, not all criteria together.
    assert_eq!((uneven.candidates, uneven.releases()), (40, false));
    assert_eq!(uneven.too_few()[0].criterion, "second");
}

#[test]
fn an_intraclass_correlation_is_of_raters_who_all_judged_the_same() {
    // Of every session two of three raters judged something: pairs of different people make no columns.
    let mut csv = String::from("session,criterion,rater,level\n");
    for session in 0..12 {
        for (at, rater) in ["machine", "ada", "ben"].into_iter().enumerate() {
            if session % 3 != at {
                csv += &format!("s{session},c,{rater},{}\n", 1 + (session + at) % 4);
            }
        }
    }
    let icc = |csv: &str| {
        let result = calibrate(&Ratings::from_csv(csv).unwrap(), "machine", &[], FEW).unwrap();
        let shown = table::calibration(&result).into_iter().find(|line| line.contains("ICC(2,1) of all"));
        (result.agreement[0].icc, shown.unwrap())
    };
    let (none, shown) = icc(&csv);
    assert_eq!((none.value, none.low, none.n), (None, None, 0));
    assert!(shown.contains('–'), "{shown}");
    // What two sessions have of all three is what it rests on.
    for session in 12..14 {
        for rater in ["machine", "ada", "ben"] {
            csv += &format!("s{session},c,{rater},{}\n", session - 10);
        }
    }
    assert_eq!((icc(&csv).0.value, icc(&csv).0.n), (Some(1.0), 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}", lines in prop::collection::vec("[a-z0-9,\"\\n ]{0,40}", 0..6)) {
        drop(Ratings::from_csv(&text));
        drop(Ratings::from_jsonl(&text));
        let body: String = lines.join("\n");
        let refused = Ratings::from_csv(&format!("session,criterion,rater,level\n{body}"));
        if let Err(StatisticsError::Line { line, .. }) = refused {
            prop_assert!(line >= 1);
        }
    }

    #[test]
    fn any_ratings_give_figures_or_a_reason(levels in prop::collection::vec((0..6_usize, 0..3_usize, 0..5_u8), 1..60)) {
        let mut seen = std::collections::BTreeSet::new();
        let mut csv = String::from("session,criterion,rater,level\n");
        for (session, rater, level) in levels {
            if seen.insert((session, rater)) {
                csv += &format!("s{session},c,r{rater},{level}\n");
            }
        }
        let ratings = Ratings::from_csv(&csv).unwrap();
        if let Ok(result) = calibrate(&ratings, "r0", &[], Bootstrap { resamples: 5, seed: 1 }) {
            for figure in [result.agreement[0].qwk, result.agreement[0].alpha] {
                prop_assert!(figure.value.is_none_or(|value| (-1.01..=1.01).contains(&value)), "{figure:?}");
            }
            prop_assert!(page::calibration(&result, None).ends_with("</html>\n"));
        }
    }
}
