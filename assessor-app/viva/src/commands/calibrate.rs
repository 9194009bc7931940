//! `viva calibrate`, and what it shares with `viva fairness`: where ratings come from.

mod again;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use viva_assessment::Exam;
use viva_assessment::exam::{
    CALIBRATION_FILE, Calibration, CalibrationGate, CalibrationInterval, file_sha256,
};
use viva_record::{
    Outcome,
    oversight::History,
    wire::{Recommendation, ScoreSheet, SessionHeader, SessionMode},
};
use viva_statistics::calibration::FEW_CANDIDATES;
use viva_statistics::conformal::{LevelInterval, STATED};
use viva_statistics::{Bootstrap, Rating, Ratings, calibration, drift, page, table};
use viva_verify::{MANIFEST_FILE, SCORES_FILE, verify_bundle};

use super::{say, say_json, warn};
use crate::cli::{CalibrateArgs, StatisticsOutput};
use crate::interview::{Models, load_uncalibrated_exam};
use crate::issuer::{Issuer, PROGRAM};
use again::Again;

/// The machine of `--again` as a rater, as it was when the sessions were held.
const RECORDED: &str = "as recorded";

pub(crate) fn run(args: &CalibrateArgs) -> Result<()> {
    let issuer = args.issuer.open()?;
    ensure!(
        args.machine != RECORDED,
        "--machine {RECORDED:?} is what the recorded levels are called: name another"
    );
    // A calibration that is there is what is made anew.
    let exam = args.exam.as_deref().map(load_uncalibrated_exam).transpose()?;
    let ratings = if args.again {
        ensure!(args.ratings.is_dir(), "--again scores recorded answers: name a folder of records");
        let mut again = Again::new(exam.as_ref())?;
        records(
            &args.ratings,
            &args.machine,
            Some(&mut again),
            exam.as_deref().map(|exam| Wanted { exam, issuer: &issuer }),
        )?
    } else {
        load(&args.ratings, &args.machine, exam.as_deref().map(|exam| Wanted { exam, issuer: &issuer }))?
    };
    if let Some(exam) = &exam {
        let highest = |id: &str| exam.rubric().criterion(id).map(|criterion| criterion.levels.len());
        ratings.check_levels(highest).with_context(|| args.ratings.display().to_string())?;
    }
    let bootstrap = bootstrap(&args.output)?;
    let before = if args.again { Some(RECORDED) } else { args.drift_from.as_deref() };
    let aside: Vec<String> = before.iter().map(|&rater| rater.to_owned()).collect();
    let drift =
        before.map(|before| drift::drift(&ratings, (before, &args.machine), bootstrap)).transpose()?;
    if args.again && exam.is_none() && nobody_else_judged(&ratings, &args.machine) {
        return tell_drift(drift.as_ref(), &args.output);
    }
    let result = calibration::calibrate(&ratings, &args.machine, &aside, bootstrap)?;
    if let Some(file) = &args.output.html {
        write(file, &page::calibration(&result, drift.as_ref()))?;
    }
    if let (Some(folder), Some(exam)) = (&args.exam, &exam) {
        accept(folder, exam, &ratings, &result, &issuer)?;
    }
    if args.output.json {
        return say_json(&json!({"calibration": result, "drift": drift, "releases": result.releases()}));
    }
    table::calibration(&result).iter().for_each(say);
    drift.iter().flat_map(table::drift).for_each(say);
    if let Some(folder) = &args.exam {
        say(format!("{} now says that this rubric is calibrated", folder.join(CALIBRATION_FILE).display()));
        if issuer.is_demonstration() {
            say(
                "it is signed with the key that everybody has, so that it counts in demonstrations only; --issuer signs with your own",
            );
        } else {
            say(format!(
                "signed by {}: it counts for sessions of this issuer, and of those whose issuer.toml trusts it",
                issuer.did()
            ));
        }
    }
    Ok(())
}

fn nobody_else_judged(ratings: &Ratings, machine: &str) -> bool {
    ratings.rows().iter().all(|row| row.level.is_none() || row.rater == RECORDED || row.rater == machine)
}

/// Anchor sessions without levels of a human tell what has changed, and not who is right.
fn tell_drift(drift: Option<&drift::Drift>, output: &StatisticsOutput) -> Result<()> {
    ensure!(
        output.html.is_none(),
        "--html shows agreement with humans, and no human has given levels of these records"
    );
    if output.json {
        return say_json(&json!({"calibration": null, "drift": drift, "releases": false}));
    }
    drift.into_iter().flat_map(table::drift).for_each(say);
    say("no human has given levels of these records: what changed is told, and not which levels are right");
    Ok(())
}

/// Whose sessions, and of which exam, a calibration may rest on.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    exam: &'a Exam,
    issuer: &'a Issuer,
}

/// Writes into the package that its rubric is calibrated; refuses where the ratings do not show it.
fn accept(
    folder: &Path,
    exam: &Exam,
    ratings: &Ratings,
    result: &calibration::Calibration,
    issuer: &Issuer,
) -> Result<()> {
    let wanted: BTreeSet<&str> =
        exam.rubric().criteria.iter().map(|criterion| criterion.id.as_str()).collect();
    let rated = ratings.criteria();
    if wanted != rated {
        bail!(
            "the ratings are not about this rubric: its criteria are {wanted:?}, those of the ratings {rated:?}"
        );
    }
    if !result.releases() {
        let open = result.gates.iter().filter(|gate| gate.passed != Some(true)).map(|gate| gate.name);
        let mut open: Vec<String> = open.map(str::to_owned).collect();
        open.extend(result.too_few().iter().map(|few| {
            format!(
                "{}: {} of at least {FEW_CANDIDATES} candidates rated by the machine and a human",
                few.criterion, few.qwk.candidates
            )
        }));
        bail!(
            "the rubric stays uncalibrated, nothing was written: not passed: {}; raters taken for humans: {}; without --exam all figures are shown",
            open.join(", "),
            result.humans.join(", ")
        );
    }
    let gate = |gate: &calibration::Gate| CalibrationGate {
        name: gate.name.to_owned(),
        value: gate.value,
        passed: gate.passed == Some(true),
    };
    let interval = |found: &LevelInterval| CalibrationInterval {
        criterion: found.criterion.clone(),
        below: found.below,
        above: found.above,
        stated: STATED,
        candidates: found.candidates,
    };
    let models = Models::open()?;
    models.embedder()?;
    let network = models.embedder_id();
    let mut note = Calibration {
        exam_sha256: exam.scored_hash_hex(),
        ratings_sha256: file_sha256(&serde_json::to_vec(ratings.rows())?),
        program: PROGRAM.to_owned(),
        network,
        sessions: result.sessions,
        candidates: result.candidates,
        raters: result.humans.len(),
        gates: result.gates.iter().map(gate).collect(),
        intervals: result.intervals.iter().map(interval).collect(),
        signer: String::new(),
        signature: String::new(),
    };
    issuer.sign(&mut note)?;
    write(&folder.join(CALIBRATION_FILE), &(serde_json::to_string_pretty(&note)? + "\n"))
}

pub(crate) fn bootstrap(output: &StatisticsOutput) -> Result<Bootstrap> {
    if !(1..=100_000).contains(&output.resamples) {
        bail!("--resamples must be from 1 to 100000");
    }
    Ok(Bootstrap { resamples: output.resamples, seed: output.seed })
}

pub(crate) fn write(file: &Path, page: &str) -> Result<()> {
    std::fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))
}

/// Ratings of a file or of a folder of records. With an exam, only records that were held with these very words and levels count.
pub(crate) fn load(path: &Path, machine: &str, wanted: Option<Wanted<'_>>) -> Result<Ratings> {
    if path.is_dir() {
        return records(path, machine, None, wanted);
    }
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let ratings = match extension {
        "csv" => Ratings::from_csv(&text),
        "jsonl" | "ndjson" => Ratings::from_jsonl(&text),
        _ => bail!("{shown}: a .csv or .jsonl file or a folder of records is expected"),
    };
    ratings.with_context(|| shown.to_string())
}

/// The machine's levels and the blind ones of reviewers; what was said after the reveal is no independent rating.
fn records(
    folder: &Path,
    machine: &str,
    mut again: Option<&mut Again>,
    wanted: Option<Wanted<'_>>,
) -> Result<Ratings> {
    let mut dirs = Vec::new();
    bundles(folder, &mut dirs, 0)?;
    dirs.sort();
    let mut rows = Vec::new();
    for dir in &dirs {
        match record(dir, machine, again.as_deref_mut(), wanted) {
            Ok(found) => rows.extend(found),
            Err(error) => warn(format!("{} is left out: {error:#}", dir.display())),
        }
    }
    if rows.is_empty() {
        bail!("{} holds no scored record", folder.display());
    }
    Ratings::new(rows).with_context(|| folder.display().to_string())
}

pub(super) fn bundles(folder: &Path, dirs: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        if entry.path().join(MANIFEST_FILE).is_file() {
            dirs.push(entry.path());
        } else if depth == 0 {
            bundles(&entry.path(), dirs, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether a session was held with what levels follow from in this package. Older records know the package as a whole only.
fn is_held_with(header: &SessionHeader, exam: &Exam) -> bool {
    if header.exam_scored_sha256.is_empty() {
        header.exam_sha256 == exam.hash_hex()
    } else {
        header.exam_scored_sha256 == exam.scored_hash_hex()
    }
}

fn record(
    dir: &Path,
    machine: &str,
    again: Option<&mut Again>,
    wanted: Option<Wanted<'_>>,
) -> Result<Vec<Rating>> {
    let verified = verify_bundle(dir, None)?;
    let header: SessionHeader = serde_json::from_slice(&verified.read(MANIFEST_FILE)?)?;
    if header.mode == SessionMode::Practice {
        bail!("it is practice, and says nothing about how the machine judges an exam");
    }
    if let Some(Wanted { exam, issuer }) = wanted {
        ensure!(is_held_with(&header, exam), "it was held with another exam or another version of this one");
        ensure!(!header.candidate.simulated, "its candidate is simulated, and says nothing about people");
        ensure!(
            issuer.accepts(&verified.key),
            "it is sealed by {}, and neither by {} nor by whom its issuer.toml trusts",
            verified.did(),
            issuer.name
        );
        ensure!(
            again.is_some()
                || header.program_version == env!("CARGO_PKG_VERSION")
                    && Models::open()?.has_embedder_of(&header),
            "its levels are of version {} or of another sentence network, and not of this one: --again scores its answers anew",
            header.program_version
        );
    }
    let sheet: ScoreSheet = serde_json::from_slice(&verified.read(SCORES_FILE)?)?;
    let history = History::of(&verified)?;
    let passed = history.standing().map(|decision| decision.outcome == Outcome::Award);
    let passed = passed.or(match sheet.recommendation {
        Recommendation::Meets => Some(true),
        Recommendation::DoesNotMeet => Some(false),
        Recommendation::ReferToHuman | Recommendation::NotAnswered | Recommendation::Practice => None,
    });
    let rating = |criterion: &str, rater: &str, level: Option<u8>| Rating {
        session: header.session_id.clone(),
        candidate: header.candidate.id.clone(),
        criterion: criterion.to_owned(),
        rater: rater.to_owned(),
        level,
        passed,
        groups: std::collections::BTreeMap::new(),
    };
    let own = |rater: &str| -> Vec<Rating> {
        sheet.criteria.iter().map(|criterion| rating(&criterion.id, rater, criterion.level)).collect()
    };
    let mut rows = match again {
        None => own(machine),
        Some(again) => {
            let mut rows = own(RECORDED);
            let levels = again.levels(&verified, &header)?;
            rows.extend(levels.iter().map(|(criterion, level)| rating(criterion, machine, *level)));
            rows
        }
    };
    for score in &history.blind_scores {
        rows.extend(score.levels.iter().map(|(criterion, level)| rating(criterion, &score.by, *level)));
    }
    Ok(rows)
}
