//! Cut-ins against latency as a picture: for each system the settings that no other of its settings beats.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::BufRead as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use viva_floor::protocol::{Case, Commit, Score, score_turn};

/// A setting that finds fewer ends than this is not drawn: a miss costs no more than 3 s, so that deciding seldom would look good.
const LEAST_RECALL: f64 = 0.95;
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 430.0;
/// Left, top, right and bottom of the frame of the plot.
const FRAME: [f64; 4] = [64.0, 20.0, 560.0, 372.0];
const LATENCY_MAX_SECS: f64 = 3.0;
const RATE_MAX: f64 = 0.9;

/// Colours and dashes: the first system is ours, the others are told apart by their dashes too.
const STYLE: &str = "<style>\
    text { font: 13px system-ui, sans-serif; fill: #1f2328 } \
    .axis { stroke: #59636e; stroke-width: 1; fill: none } .grid { stroke: #d1d9e0; stroke-width: 1 } \
    polyline { fill: none; stroke-width: 2.5 } \
    .s0 { stroke: #0969da } .s1 { stroke: #bc4c00; stroke-dasharray: 7 4 } .s2 { stroke: #6e7781; stroke-dasharray: 2 4 } \
    .s3 { stroke: #8250df; stroke-dasharray: 10 3 2 3 } \
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .axis { stroke: #9198a1 } .grid { stroke: #3d444d } \
    .s0 { stroke: #58a6ff } .s1 { stroke: #f0883e } .s2 { stroke: #9198a1 } .s3 { stroke: #bc8cff } }\
    </style>";

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Header {
        system: String,
    },
    Decision {
        case: String,
        #[serde(default = "unnamed")]
        policy: String,
        kind: String,
        t: f64,
        #[serde(default)]
        compute_ms: f64,
    },
}

fn unnamed() -> String {
    "default".into()
}

/// Commits by policy and case.
type Commits = BTreeMap<String, HashMap<String, Vec<Commit>>>;

/// One curve.
struct Curve {
    name: String,
    /// Mean latency in seconds and cut-in rate, from hasty to patient.
    points: Vec<[f64; 2]>,
}

/// Draws the decisions of each file, which must be about `cases`.
pub(super) fn draw(cases: &[Case], files: &[&Path], out: &Path) -> Result<()> {
    let curves = files.iter().map(|file| curve(cases, file)).collect::<Result<Vec<_>>>()?;
    std::fs::write(out, svg(&curves)).with_context(|| format!("cannot write {}", out.display()))
}

fn curve(cases: &[Case], path: &Path) -> Result<Curve> {
    let (name, commits) = read(path)?;
    let scores = commits.values().map(|by_case| score(cases, by_case)).filter(|s| s.recall() >= LEAST_RECALL);
    let mut all: Vec<_> = scores.map(|s| [s.mean_latency_secs(), s.cut_in_rate()]).collect();
    all.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut points: Vec<[f64; 2]> = Vec::new();
    for point in all {
        if points.last().is_none_or(|last| point[1] < last[1]) {
            points.push(point);
        }
    }
    Ok(Curve { name, points })
}

fn score(cases: &[Case], commits: &HashMap<String, Vec<Commit>>) -> Score {
    let mut score = Score::default();
    for case in cases {
        let commits = commits.get(&case.id).map_or(&[][..], Vec::as_slice);
        if let Some(turn) = score_turn(case, commits) {
            score.add(&turn);
        }
    }
    score
}

fn read(path: &Path) -> Result<(String, Commits)> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (mut name, mut commits) = (path.display().to_string(), Commits::new());
    for (n, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line?;
        let parsed = serde_json::from_str(&line)
            .with_context(|| format!("line {} of {} is no decision", n + 1, path.display()))?;
        match parsed {
            Line::Header { system } => name = system,
            Line::Decision { case, policy, kind, t, compute_ms } if kind == "commit" => {
                let commit = Commit { at: t, compute_secs: compute_ms / 1e3 };
                commits.entry(policy).or_default().entry(case).or_default().push(commit);
            }
            Line::Decision { .. } => {}
        }
    }
    commits.values_mut().flat_map(HashMap::values_mut).for_each(|c| c.sort_by(|a, b| a.at.total_cmp(&b.at)));
    Ok((name, commits))
}

fn at(point: [f64; 2]) -> (f64, f64) {
    let [left, top, right, bottom] = FRAME;
    let x = left + (right - left) * point[0].clamp(0.0, LATENCY_MAX_SECS) / LATENCY_MAX_SECS;
    (x, bottom - (bottom - top) * point[1].clamp(0.0, RATE_MAX) / RATE_MAX)
}

fn svg(curves: &[Curve]) -> String {
    let [left, top, right, bottom] = FRAME;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
        <title>Cut-ins against mean latency</title>\n{STYLE}\n"
    );
    // Writing into a string cannot fail.
    let mut line = |text: std::fmt::Arguments<'_>| _ = writeln!(out, "{text}");
    for tenth in (10..=90).step_by(10) {
        let y = at([0.0, f64::from(tenth) / 100.0]).1;
        line(format_args!("<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>"));
        line(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tenth} %</text>",
            left - 8.0,
            y + 4.0
        ));
    }
    for half in 0..=6 {
        let secs = f64::from(half) / 2.0;
        let x = at([secs, 0.0]).0;
        line(format_args!("<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>"));
        line(format_args!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{secs:.1}</text>",
            bottom + 18.0
        ));
    }
    line(format_args!("<path class=\"axis\" d=\"M{left} {top}V{bottom}H{right}\"/>"));
    let middle = 0.5 * (left + right);
    line(format_args!(
        "<text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">mean latency after the true end, s (a miss counts 3 s)</text>",
        bottom + 40.0
    ));
    line(format_args!(
        "<text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">pauses cut into</text>",
        0.5 * (top + bottom)
    ));
    for (n, Curve { name, points }) in curves.iter().enumerate() {
        let class = n % 4;
        let path: Vec<_> = points.iter().map(|p| at(*p)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        line(format_args!("<polyline class=\"s{class}\" points=\"{}\"/>", path.join(" ")));
        let (x, y) = (right + 12.0, top + 14.0 + 40.0 * n as f64);
        line(format_args!("<polyline class=\"s{class}\" points=\"{x},{y} {},{y}\"/>", x + 34.0));
        line(format_args!("<text x=\"{x}\" y=\"{:.1}\">{}</text>", y + 18.0, escaped(name)));
    }
    out.push_str("</svg>\n");
    out
}

/// As text of an SVG; a name of the length that fits.
fn escaped(name: &str) -> String {
    let short = name.split(" (").next().unwrap_or(name);
    short.chars().take(24).collect::<String>().replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_that_nothing_beats_are_drawn_and_names_cannot_break_the_picture() {
        let line = r#"{"id": "a", "task": "floor", "speaker": "1", "audio": "a.flac", "agent": [], "question": {"type": "open",
            "expected_s": 9.0}, "speech": [[1, 2], [3, 4]], "holds": [{"start": 2, "end": 3}], "end": 4, "events": []}"#;
        let cases = viva_floor::protocol::read_cases(&line.replace('\n', " ")).expect("a case");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("d.jsonl");
        let decision = |policy, t| {
            format!("{{\"case\": \"a\", \"policy\": \"{policy}\", \"kind\": \"commit\", \"t\": {t}}}\n")
        };
        let mut text = "{\"system\": \"<b> & co (1.0)\"}\n".to_owned();
        for (policy, times) in
            [("hasty", &[2.1, 4.1][..]), ("patient", &[5.2]), ("slow", &[5.9]), ("never", &[])]
        {
            text.extend(times.iter().map(|t| decision(policy, t)));
        }
        std::fs::write(&file, text).expect("written");
        let found = curve(&cases, &file).expect("decisions");
        assert_eq!(found.points.len(), 2, "{:?}", found.points);
        assert!((found.points[0][0] - 0.1).abs() < 1e-9 && (found.points[1][0] - 1.2).abs() < 1e-9);
        let picture = svg(&[found]);
        assert!(picture.contains("&lt;b> &amp; co</text>") && !picture.contains("NaN"), "{picture}");
        std::fs::write(&file, "rubbish\n").expect("written");
        let error = format!("{:#}", curve(&cases, &file).err().expect("no decisions"));
        assert!(error.contains("line 1"), "{error}");
    }
}
