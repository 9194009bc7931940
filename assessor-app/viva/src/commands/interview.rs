//! `viva interview`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use viva_assessment::conversation::{Config, Mode};
use viva_assessment::{Exam, Scorer, SimulatedCandidate};
use viva_behaviour::{Behaviour, Profile};
use viva_exchange::UtteranceId;
use viva_record::wire;
use viva_runtime::{Mind, MindConfig};

use super::{SessionBar, rfc3339, say, say_json, unix_now};
use crate::cli::InterviewArgs;
use crate::interview::{
    Candidate, Driver, Examiner, Journal, Media, Models, Recording, Setup, Simulated, Stage, StageConfig,
    StageReport, Stamps, WordingSource, llm_wording, load_exam, score_sheet,
};

/// What a session came to.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Summary {
    pub(crate) out: String,
    pub(crate) recommendation: wire::Recommendation,
    pub(crate) overall: Option<f64>,
    pub(crate) seconds: f64,
    pub(crate) turns: usize,
    pub(crate) meter: Vec<viva_runtime::meter::MeterLine>,
    pub(crate) stage: Option<StageReport>,
}

pub(crate) fn run(args: &InterviewArgs) -> Result<()> {
    let summary = hold(args)?;
    if args.json {
        return say_json(&summary);
    }
    say(format!("record: {}", summary.out));
    say(format!("recommendation to the reviewer: {}", name_of(summary.recommendation)));
    for line in &summary.meter {
        say(format!(
            "  {:<95} n {:<5} p50 {:>7.1} ms  p95 {:>7.1} ms",
            line.name, line.count, line.p50_ms, line.p95_ms
        ));
    }
    say(format!("next: open {0}/report.html and {0}/letter.en.html; viva verify {0}", summary.out));
    Ok(())
}

/// As reports say it.
pub(crate) fn name_of(recommendation: wire::Recommendation) -> &'static str {
    match recommendation {
        wire::Recommendation::Meets => "meets the standard",
        wire::Recommendation::DoesNotMeet => "does not meet the standard",
        wire::Recommendation::ReferToHuman => "a human must score",
        wire::Recommendation::NotAnswered => "the question was not answered",
    }
}

/// Holds the session and writes its record.
pub(crate) fn hold(args: &InterviewArgs) -> Result<Summary> {
    let exam = load_exam(&args.exam)?;
    if args.candidate.as_deref() == Some("text") {
        return crate::interview::interview_by_text(args, exam);
    }
    if args.live {
        bail!(
            "a live session needs the window, which this version does not have yet: use --candidate text, sim:NAME or --media"
        );
    }
    let models = Models::open()?;
    let session = Session::prepare(args, &exam, &models)?;
    let seed = args.seed;
    let mut driver = Driver::new(Setup {
        mind: Mind::new(MindConfig::default(), Box::new(models.voice_activity()?)),
        recogniser: Box::new(models.recogniser()?),
        end_of_turn: Box::new(models.end_of_turn()?),
        synthesiser: models.synthesiser()?,
        examiner: Examiner::new(Arc::clone(&session.scorer), session.config),
        face: Behaviour::new(Profile::examiner(), seed),
        candidate: session.candidate,
        journal: session.journal,
        stage: session.stage,
        stamps: Stamps::Measured,
        wording: session.wording,
        seed,
        asks: session.config.mode == Mode::Live,
    });
    let mut bar = SessionBar::new(&session.name, session.length_secs);
    let held = driver.run(|now| bar.at(now));
    bar.finish();
    let at = driver.now();
    let ended = Ended {
        examiner: driver.setup.examiner,
        journal: driver.setup.journal,
        at,
        meter: driver.meter.report(),
        utterance_turns: driver.utterance_turns,
        stage: driver.setup.stage,
    };
    let ended = finish(ended, &session.scorer, &args.out);
    // What was recorded before an error is sealed all the same; then the error is told.
    held?;
    ended
}

struct Session {
    name: String,
    scorer: Arc<Scorer>,
    config: Config,
    candidate: Box<dyn Candidate>,
    journal: Journal,
    stage: Option<Stage>,
    wording: Option<Box<dyn WordingSource>>,
    length_secs: Option<f64>,
}

impl Session {
    fn prepare(args: &InterviewArgs, exam: &Arc<Exam>, models: &Models) -> Result<Self> {
        let scorer = Arc::new(Scorer::new(Arc::clone(exam), models.embedder()?)?);
        let (name, candidate, length_secs, has_picture): (String, Box<dyn Candidate>, _, _) =
            match (&args.candidate, &args.media) {
                (Some(spec), _) => {
                    let name = spec
                        .strip_prefix("sim:")
                        .with_context(|| format!("--candidate takes sim:NAME or text, not {spec:?}"))?;
                    let script = exam.candidates().get(name).with_context(|| {
                        format!(
                            "the exam has no simulated candidate {name:?}; it has: {}",
                            exam.candidates().keys().cloned().collect::<Vec<_>>().join(", ")
                        )
                    })?;
                    let script = SimulatedCandidate::new(script.clone(), args.seed);
                    (
                        name.to_owned(),
                        Box::new(Simulated::new(script, models.synthesiser()?, args.seed)?),
                        None,
                        true,
                    )
                }
                (None, Some(path)) => {
                    let recording = Recording::open(path)?;
                    let length = recording.duration().map(viva_media::TimeSpan::as_secs);
                    let has_video = recording.has_video();
                    let name = path
                        .file_name()
                        .map_or_else(|| "recording".to_owned(), |name| name.to_string_lossy().into_owned());
                    (name, Box::new(recording), length, has_video)
                }
                _ => bail!("name a candidate: --candidate sim:NAME, --candidate text or --media FILE"),
            };
        let asks = args.media.is_none();
        let wording = llm_wording(args)?;
        let config = Config {
            seed: args.seed,
            mode: if asks { Mode::Live } else { Mode::Recording },
            llm: wording.is_some(),
            ..Config::default()
        };
        let media = match (args.no_media, asks) {
            (true, _) => Media::Refused,
            (false, true) => Media::Undecided,
            (false, false) => Media::Kept,
        };
        let header = header(args, exam, models, &name, media);
        let mut journal = Journal::create(&args.out, &header, media)?;
        journal.event(viva_media::Timestamp::ZERO, "setup", json!({"candidate": name, "asks": asks, "config": config, "exam": args.exam.display().to_string()}));
        let label = if asks { format!("simulated candidate: {name}") } else { format!("recording: {name}") };
        let films = !args.no_video && !args.no_media && has_picture;
        let stage = films
            .then(|| {
                let candidate_look = candidate.look().map(str::to_owned);
                Stage::open(models, StageConfig { film: args.out.join("session.mp4"), candidate_look, label })
            })
            .transpose()?;
        Ok(Self { name, scorer, config, candidate, journal, stage, wording, length_secs })
    }
}

/// Who and what the session is, for the record.
pub(crate) fn header(
    args: &InterviewArgs,
    exam: &Exam,
    models: &Models,
    name: &str,
    media: Media,
) -> wire::SessionHeader {
    let now = unix_now();
    let frame = exam.frame();
    let simulated = args.candidate.as_deref().is_some_and(|c| c.starts_with("sim:"));
    wire::SessionHeader {
        session_id: session_id(now, args.seed, name),
        started_at: rfc3339(now),
        exam_title: frame.title.clone(),
        exam_id: frame.id.to_string(),
        exam_version: frame.version.clone(),
        exam_sha256: exam.hash_hex(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        models: models.uses(),
        seed: args.seed.to_string(),
        language: "en".to_owned(),
        candidate: wire::Candidate {
            name: name.to_owned(),
            id: format!("urn:viva:candidate:{name}"),
            simulated: simulated || args.media.is_some(),
        },
        consent: wire::Consent {
            disclosure_acknowledged: false,
            keep_audio: media != Media::Refused,
            keep_video: media != Media::Refused && !args.no_video,
        },
        demonstration: true,
        accommodations: Vec::new(),
        appeal: wire::Appeal { contact: "the programme that holds this exam".to_owned(), within_days: 30 },
    }
}

/// An id that two sessions of one second do not share.
fn session_id(now: u64, seed: u64, name: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(format!("{now}/{seed}/{name}/{}", std::process::id()));
    let hex = viva_verify::canonical::hex(&digest[..16]);
    format!("urn:uuid:{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// A session that has come to its end, before it is scored and sealed.
pub(crate) struct Ended {
    pub(crate) examiner: Examiner,
    pub(crate) journal: Journal,
    pub(crate) at: viva_media::Timestamp,
    pub(crate) meter: Vec<viva_runtime::meter::MeterLine>,
    /// In which turn an utterance was heard.
    pub(crate) utterance_turns: BTreeMap<UtteranceId, u32>,
    pub(crate) stage: Option<Stage>,
}

/// Scores, writes the files and seals.
pub(crate) fn finish(ended: Ended, scorer: &Scorer, out: &Path) -> Result<Summary> {
    let Ended { examiner, mut journal, at, meter, utterance_turns, stage } = ended;
    let stage = stage.map(Stage::finish).transpose();
    let outcome = examiner.outcome().cloned().context("the conversation came to no end")?;
    let report = scorer.score(&outcome)?;
    let scores =
        score_sheet(scorer, &outcome, &report, examiner.log(), &|id| utterance_turns.get(&id).copied())?;
    if journal.media() == Media::Refused {
        // Without consent no picture stays either.
        let film = out.join("session.mp4");
        if film.exists() {
            std::fs::remove_file(&film).with_context(|| format!("cannot remove {}", film.display()))?;
        }
    }
    let report_of_stage = stage.as_ref().ok().copied().flatten();
    journal.event(at, "scores", &scores);
    journal.event(at, "meter", json!({"latencies": meter, "stage": report_of_stage}));
    journal.bundle().write_scores(&scores)?;
    let failure = journal.failure.take();
    let transcript = journal.finish(at)?;
    viva_record::report::write_report(out)?;
    viva_record::report::write_letters(out)?;
    viva_record::seal(out, &viva_record::keys::demo_key(), &rfc3339(unix_now()))?;
    stage?;
    if let Some(failure) = failure {
        bail!("the record is not whole: {failure}; what was written before is sealed in {}", out.display());
    }
    Ok(Summary {
        out: out.display().to_string(),
        recommendation: scores.recommendation,
        overall: scores.overall,
        seconds: at.as_secs(),
        turns: transcript.turns.len(),
        meter,
        stage: report_of_stage,
    })
}
