//! `viva interview`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use viva_assessment::conversation::{
    Accommodation, Config, Ending, EventKind, Handbook, Mode, ObservationPolicy, PracticePlan,
};
use viva_assessment::exam::{AppealAddress, Frame};
use viva_assessment::{ConversationEvent, Exam, Scorer, SimulatedCandidate};
use viva_behaviour::Behaviour;
use viva_exchange::UtteranceId;
use viva_floor::{FloorConfig, PatienceConfig};
use viva_learner::Remembered;
use viva_record::wire;
use viva_render::Member;
use viva_runtime::{MindConfig, SpeculationConfig};

use super::review::part_of_urn;
use super::{SessionBar, kb, learner, rfc3339, say, say_json, unix_now, warn};
use crate::cli::{InterviewArgs, ModeArg};
use crate::interview::{
    ANSWERS, Candidate, Driver, Examiner, Face, Glances, Journal, Judge, Loudspeaker, Media, Models, OPINION,
    Paced, Recording, Setup, Sight, Silent, Simulated, Stage, StageConfig, StageReport, Stop, StopSign,
    Tally, Tools, View, Wordings, Workshop, cast, character_look, examiner_profile, given, llm_wording,
    load_exam, open_devices, open_monitor, score_sheet, tier_choice, view,
};
use crate::issuer::Issuer;

/// What a session came to.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Summary {
    pub(crate) out: String,
    pub(crate) recommendation: wire::Recommendation,
    pub(crate) overall: Option<f64>,
    pub(crate) seconds: f64,
    pub(crate) turns: usize,
    pub(crate) meter: Vec<viva_runtime::meter::MeterLine>,
    /// What was worked on before the floor was taken, by kind, and what became of it.
    pub(crate) speculation: BTreeMap<&'static str, Tally>,
    pub(crate) stage: Option<StageReport>,
    /// What a language model contributed, where one was named.
    pub(crate) language_model: Option<LanguageModelUse>,
    /// How the session ended.
    pub(crate) ending: &'static str,
    /// What was added to the learner's folder, where one was named.
    pub(crate) learner: Option<Remembered>,
}

/// What a language model contributed.
#[derive(Debug, serde::Serialize)]
pub(crate) struct LanguageModelUse {
    #[serde(flatten)]
    pub(crate) wordings: Wordings,
    /// Its words that broke a rule and were not said.
    pub(crate) refused: u32,
    /// Criteria on which it was asked for a second opinion.
    pub(crate) judged: u32,
    /// Those on which it gave a usable one.
    pub(crate) opinions: u32,
    /// Those on which its level is another than the scorer's.
    pub(crate) differing: u32,
}

pub(crate) fn run(args: &InterviewArgs) -> Result<()> {
    let summary = hold(args)?;
    if args.json {
        return say_json(&summary);
    }
    say(format!("record: {}", summary.out));
    if args.mode == ModeArg::Practice {
        say("practice: the levels in the report are feedback, and nothing is recommended");
    } else {
        say(format!("recommendation to the reviewer: {}", name_of(summary.recommendation)));
    }
    if summary.ending != Ending::Complete.sentence() {
        say(format!("the session ended before its time: {}", summary.ending));
    }
    if let Some(LanguageModelUse { wordings, refused, judged, opinions, differing }) = &summary.language_model
    {
        if *judged > 0 {
            say(format!(
                "second opinions: {opinions} of {judged} criteria, {differing} with another level; no level was altered by them"
            ));
        }
        let own = wordings.failed + refused;
        let why =
            wordings.last_failure.as_ref().map_or_else(String::new, |why| format!(" (last failure: {why})"));
        if wordings.asked > 0 {
            let asked = wordings.asked;
            say(format!("language model: {asked} asked, {own} in the exam's own words instead{why}"));
        }
    }
    for line in &summary.meter {
        say(format!(
            "  {:<95} n {:<5} p50 {:>7.1} ms  p95 {:>7.1} ms",
            line.name, line.count, line.p50_ms, line.p95_ms
        ));
    }
    for (name, tally) in &summary.speculation {
        let Tally { prepared, used, wasted, used_secs, wasted_secs } = tally;
        say(format!(
            "  work ahead, {name}: {prepared} begun, {used} used ({used_secs:.1} s), {wasted} thrown away ({wasted_secs:.1} s)"
        ));
    }
    let letter = if args.mode == ModeArg::Practice {
        String::new()
    } else {
        format!(" and {}/letter.en.html", summary.out)
    };
    say(format!("next: open {0}/report.html{letter}; viva verify {0}", summary.out));
    if let (Some(folder), Some(learnt)) = (&args.learner, &summary.learner) {
        say(format!(
            "remembered: {} points open, {} shown that were open; viva memory list --learner {}",
            learnt.opened,
            learnt.closed,
            folder.display()
        ));
    }
    Ok(())
}

/// As reports say it.
pub(crate) fn name_of(recommendation: wire::Recommendation) -> &'static str {
    match recommendation {
        wire::Recommendation::Meets => "meets the standard",
        wire::Recommendation::DoesNotMeet => "does not meet the standard",
        wire::Recommendation::ReferToHuman => "a human must score",
        wire::Recommendation::NotAnswered => "the question was not answered",
        wire::Recommendation::Practice => "none: this was practice",
    }
}

/// Holds the session, writes its record, and adds it to the learner's folder where one is named.
pub(crate) fn hold(args: &InterviewArgs) -> Result<Summary> {
    let mut summary = hold_and_record(args)?;
    if let Some(folder) = &args.learner {
        let added = learner::add_record(folder, &args.out);
        summary.learner = Some(added.with_context(|| {
            format!(
                "the session is recorded in {}, but could not be added to {}",
                args.out.display(),
                folder.display()
            )
        })?);
    }
    Ok(summary)
}

/// The exam with its calibration only where that counts for the issuer.
fn trusted(exam: Arc<Exam>, issuer: &Issuer) -> Result<Arc<Exam>> {
    let Some(calibration) = exam.calibration() else { return Ok(exam) };
    Ok(match issuer.distrust(calibration, &Models::open()?.embedder_id()) {
        Some(reason) => {
            warn(format!("the rubric counts as not calibrated: {reason}"));
            exam.without_calibration()
        }
        None => exam,
    })
}

/// Opens the window where one is due.
fn hold_and_record(args: &InterviewArgs) -> Result<Summary> {
    let issuer = args.issuer.open()?;
    let exam = trusted(load_exam(&args.exam)?, &issuer)?;
    exam.frame().accommodations.allows(&accommodation(args)).map_err(anyhow::Error::msg)?;
    let stop = StopSign::on_ctrl_c()?;
    if args.candidate.as_deref() == Some("text") {
        return crate::interview::interview_by_text(args, exam, &issuer, stop);
    }
    let models = Models::open()?;
    if !has_window(args) {
        return hold_session(args, &exam, &models, &issuer, stop, None);
    }
    let (view, seat) = view();
    let wish = stop.clone();
    let seen = (members(args, &exam, &models)?, tier_choice(args.quality.tier()));
    // A window wants the first thread of the program; the session gets one of its own.
    crate::window::show_session(seen, seat, &wish, || {
        hold_session(args, &exam, &models, &issuer, stop, Some(view))
    })
}

/// Who is seen: the examiner, and the character in the dress that the seed chooses.
fn members(args: &InterviewArgs, exam: &Arc<Exam>, models: &Models) -> Result<Vec<Member>> {
    let character = character_look(&args.exam, &exam.dressed(args.seed).role_play().character.look);
    cast(models, args.avatar.as_deref(), &character)
}

/// Whether somebody is to see the assessor.
fn has_window(args: &InterviewArgs) -> bool {
    if args.headless || args.media.is_some() {
        return false;
    }
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_display =
        named("DISPLAY") || named("WAYLAND_DISPLAY") || cfg!(any(target_os = "windows", target_os = "macos"));
    if args.live && !has_display {
        warn(
            "there is no display to open a window on: the session is held by voice alone, as with --headless",
        );
    }
    has_display
}

fn hold_session(
    args: &InterviewArgs,
    exam: &Arc<Exam>,
    models: &Models,
    issuer: &Issuer,
    stop: StopSign,
    view: Option<View>,
) -> Result<Summary> {
    let in_real_time = args.live || view.is_some();
    let floor = floor_for(accommodation(args));
    let mind = models.mind(MindConfig { floor, speculation: speculation(args), ..MindConfig::default() })?;
    let tools = Tools {
        recogniser: Box::new(models.recogniser()?),
        end_of_turn: Box::new(models.end_of_turn()?),
        synthesiser: models.synthesiser()?,
        wording: llm_wording(args)?,
    };
    let judge = Judge::named(args)?;
    let session = Session::prepare(args, exam, models, issuer, in_real_time)?;
    let seed = args.seed;
    let mut driver = Driver::new(Setup {
        mind,
        work: if in_real_time { Workshop::threads(tools)? } else { Workshop::here(tools) },
        examiner: Examiner::new(
            Arc::clone(&session.scorer),
            session.config,
            session.practice,
            session.handbook,
        ),
        face: Face::new(Behaviour::new(examiner_profile(session.scorer.exam())?, seed)),
        candidate: session.candidate,
        loudspeaker: session.loudspeaker,
        journal: session.journal,
        stage: session.stage,
        view,
        glances: Glances::watching(),
        sight: match session.config.observation {
            ObservationPolicy::Speech => Sight::Off,
            ObservationPolicy::SpeechAndVisible => Sight::watching(),
        },
        stop: Stop::Wished(stop),
        seed,
        asked: None,
        asks: session.config.mode == Mode::Live,
    });
    let mut bar = SessionBar::new(&session.name, session.length_secs);
    let held = driver.run(|now| bar.at(now));
    bar.finish();
    let at = driver.now();
    driver.setup.view = None;
    let ended = Ended {
        speculation: driver.speculation(),
        examiner: driver.setup.examiner,
        journal: driver.setup.journal,
        at,
        meter: driver.meter.report(),
        utterance_turns: driver.utterance_turns,
        stage: driver.setup.stage,
    };
    let ended = finish(ended, &session.scorer, judge.as_ref(), issuer, &args.out);
    // What was recorded before an error is sealed all the same; then the error is told.
    match (held, ended) {
        (Err(error), Ok(_)) => Err(error.context(format!(
            "the session was broken off; what was recorded until then is sealed in {}",
            args.out.display()
        ))),
        (Err(error), Err(_)) => Err(error),
        (Ok(()), ended) => ended,
    }
}

/// What is worked on ahead: nothing where nobody is answered.
fn speculation(args: &InterviewArgs) -> Option<SpeculationConfig> {
    (args.media.is_none() && !args.no_speculation).then(SpeculationConfig::default)
}

struct Session {
    name: String,
    scorer: Arc<Scorer>,
    config: Config,
    practice: Option<PracticePlan>,
    handbook: Option<Arc<dyn Handbook>>,
    candidate: Box<dyn Candidate>,
    loudspeaker: Box<dyn Loudspeaker>,
    journal: Journal,
    stage: Option<Stage>,
    length_secs: Option<f64>,
}

/// Who answers, and what belongs to them.
struct Seated {
    name: String,
    candidate: Box<dyn Candidate>,
    loudspeaker: Box<dyn Loudspeaker>,
    length_secs: Option<f64>,
    has_picture: bool,
    /// Written over the film.
    label: String,
}

impl Session {
    fn prepare(
        args: &InterviewArgs,
        exam: &Arc<Exam>,
        models: &Models,
        issuer: &Issuer,
        in_real_time: bool,
    ) -> Result<Self> {
        let scorer = Arc::new(Scorer::new(Arc::clone(exam), models.embedder()?)?);
        let asks = args.media.is_none();
        let config = Config {
            seed: args.seed,
            mode: if asks { Mode::Live } else { Mode::Recording },
            observation: exam.frame().observation,
            accommodation: accommodation(args),
            llm: args.llm != "off",
            second_rater: args.llm_judge,
            ..Config::default()
        };
        let media = match (args.no_media, asks) {
            (true, _) => Media::Refused,
            (false, true) => Media::Undecided,
            (false, false) => Media::Kept,
        };
        let Seated { name, candidate, loudspeaker, length_secs, has_picture, label } = match &args.candidate {
            Some(spec) => seat_simulated(spec, args, exam, models, in_real_time)?,
            None if args.live => seat_person(args)?,
            None => seat_recording(args.media.as_deref().context(
                "name a candidate: --candidate sim:NAME, --candidate text, --media FILE or --live",
            )?)?,
        };
        let practice = practice(args, exam)?;
        let handbook = kb::handbook(exam, &args.exam, args.kb.as_deref(), models)?;
        let kb = args.kb.as_deref().map(kb::named).transpose()?;
        let films = !args.no_video && !args.no_media && has_picture;
        let seen = films.then(|| members(args, exam, models)).transpose()?;
        let header = header(args, exam, models, &name, media, issuer)?;
        let avatar =
            args.avatar.as_ref().and_then(|path| path.file_name()).map(std::ffi::OsStr::to_string_lossy);
        let mut journal = Journal::create(&args.out, &header, media)?;
        journal.event(
            viva_media::Timestamp::ZERO,
            "setup",
            json!({
                "candidate": name, "asks": asks, "config": config, "exam": args.exam.display().to_string(),
                "speculation": speculation(args).is_some(), "practice": practice, "kb": kb, "avatar": avatar,
            }),
        );
        let stage = seen
            .map(|cast| {
                let candidate_look = candidate.look().map(str::to_owned);
                let config = StageConfig {
                    film: args.out.join("session.mp4"),
                    cast,
                    choice: tier_choice(args.quality.tier()),
                    candidate_look,
                    label,
                    in_real_time,
                };
                Stage::open(models, config)
            })
            .transpose()?;
        Ok(Self {
            name,
            scorer,
            config,
            practice,
            handbook,
            candidate,
            loudspeaker,
            journal,
            stage,
            length_secs,
        })
    }
}

fn seat_simulated(
    spec: &str,
    args: &InterviewArgs,
    exam: &Exam,
    models: &Models,
    in_real_time: bool,
) -> Result<Seated> {
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
    let simulated = Box::new(Simulated::new(script, models.synthesiser()?, args.seed)?);
    let (candidate, loudspeaker): (Box<dyn Candidate>, Box<dyn Loudspeaker>) = if in_real_time {
        (Box::new(Paced::new(simulated)?), open_monitor(args)?)
    } else {
        (simulated, Box::new(Silent))
    };
    let label = format!("simulated candidate: {name}");
    Ok(Seated { name: name.to_owned(), candidate, loudspeaker, length_secs: None, has_picture: true, label })
}

fn seat_person(args: &InterviewArgs) -> Result<Seated> {
    let (person, loudspeaker) = open_devices(args)?;
    let has_picture = person.has_camera();
    let (name, label) = ("candidate".to_owned(), "candidate".to_owned());
    Ok(Seated { name, candidate: Box::new(person), loudspeaker, length_secs: None, has_picture, label })
}

fn seat_recording(path: &Path) -> Result<Seated> {
    let recording = Recording::open(path)?;
    let length_secs = recording.duration().map(viva_media::TimeSpan::as_secs);
    let has_picture = recording.has_video();
    let name =
        path.file_name().map_or_else(|| "recording".to_owned(), |name| name.to_string_lossy().into_owned());
    let label = format!("recording: {name}");
    let (candidate, loudspeaker) = (Box::new(recording), Box::new(Silent));
    Ok(Seated { name, candidate, loudspeaker, length_secs, has_picture, label })
}

/// In practice what it comes back to. A session that may count opens nothing of the learner's folder.
pub(crate) fn practice(args: &InterviewArgs, exam: &Exam) -> Result<Option<PracticePlan>> {
    match (args.mode, &args.learner) {
        (ModeArg::Certify, _) => Ok(None),
        (ModeArg::Practice, None) => Ok(Some(PracticePlan::default())),
        (ModeArg::Practice, Some(folder)) => learner::plan(folder, exam).map(Some),
    }
}

/// The conditions that are varied for this candidate.
pub(crate) fn accommodation(args: &InterviewArgs) -> Accommodation {
    Accommodation {
        patience_factor: args.extra_time,
        text_instead_of_speech: args.candidate.as_deref() == Some("text"),
        timing_masked: args.mask_timing,
    }
}

/// The floor with the patience of an accommodation: that of a question stays as the exam gives it.
pub(crate) fn floor_for(accommodation: Accommodation) -> FloorConfig {
    let patience =
        PatienceConfig { accommodation: accommodation.patience_factor, ..PatienceConfig::default() };
    FloorConfig { patience, ..FloorConfig::default() }
}

/// Varied conditions, as the record keeps them.
fn conditions(accommodation: Accommodation) -> wire::Conditions {
    let Accommodation { patience_factor, text_instead_of_speech, timing_masked } = accommodation;
    wire::Conditions {
        extra_time: (patience_factor > 1.0).then_some(patience_factor),
        typed_answers: text_instead_of_speech,
        timing_masked,
    }
}

/// Where the exam says that its results are contested.
fn appeal(frame: &Frame) -> wire::Appeal {
    let named = frame.appeal.as_ref();
    wire::Appeal {
        contact: named
            .map_or_else(|| "the programme that holds this exam".to_owned(), |to| to.contact.clone()),
        within_days: named.map_or(AppealAddress::USUAL_DAYS, |to| to.within_days),
    }
}

/// Who and what the session is, for the record.
pub(crate) fn header(
    args: &InterviewArgs,
    exam: &Exam,
    models: &Models,
    name: &str,
    media: Media,
    issuer: &Issuer,
) -> Result<wire::SessionHeader> {
    let now = unix_now();
    let frame = exam.frame();
    let simulated = args.candidate.as_deref().is_some_and(|c| c.starts_with("sim:"));
    let is_person = !simulated && args.media.is_none();
    let session_id = session_id()?;
    let name = args.name.as_deref().filter(|_| is_person).unwrap_or(name);
    // Two people of one name are not one; who wants to join sessions of a person has the learner's folder.
    let id = if is_person { session_id.trim_start_matches("urn:uuid:") } else { name };
    let id = format!("urn:viva:candidate:{}", part_of_urn(id));
    let mut uses = models.uses();
    if args.llm != "off" {
        let role = "wording of follow-ups, at an endpoint".to_owned();
        uses.push(wire::ModelUse { role, id: args.llm_model.clone(), sha256: None });
    }
    if args.llm_judge {
        let role = "second opinion on the levels, at an endpoint".to_owned();
        uses.push(wire::ModelUse { role, id: args.llm_model.clone(), sha256: None });
    }
    Ok(wire::SessionHeader {
        session_id,
        started_at: rfc3339(now),
        exam_title: frame.title.clone(),
        mode: match args.mode {
            ModeArg::Certify => wire::SessionMode::Certify,
            ModeArg::Practice => wire::SessionMode::Practice,
        },
        exam_id: frame.id.to_string(),
        exam_version: frame.version.clone(),
        exam_sha256: exam.hash_hex(),
        exam_scored_sha256: exam.scored_hash_hex(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        models: uses,
        seed: args.seed.to_string(),
        language: frame.language.clone(),
        candidate: wire::Candidate {
            name: name.to_owned(),
            id,
            simulated: simulated || args.media.is_some(),
        },
        consent: wire::Consent {
            keep_audio: media != Media::Refused,
            keep_video: media != Media::Refused && !args.no_video,
        },
        issuer: issuer.name.clone(),
        demonstration: issuer.is_demonstration(),
        conditions: conditions(accommodation(args)),
        accommodations: Vec::new(),
        appeal: appeal(frame),
    })
}

/// An id that nobody can guess: the credential's place in a status list follows from it.
fn session_id() -> Result<String> {
    let mut drawn = [0; 16];
    getrandom::fill(&mut drawn).context("this system gives no random numbers")?;
    let hex = viva_verify::canonical::hex(&drawn);
    Ok(format!("urn:uuid:{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32]))
}

/// A session that has come to its end, before it is scored and sealed.
pub(crate) struct Ended {
    pub(crate) examiner: Examiner,
    pub(crate) journal: Journal,
    pub(crate) at: viva_media::Timestamp,
    pub(crate) meter: Vec<viva_runtime::meter::MeterLine>,
    pub(crate) speculation: BTreeMap<&'static str, Tally>,
    /// In which turn an utterance was heard.
    pub(crate) utterance_turns: BTreeMap<UtteranceId, u32>,
    pub(crate) stage: Option<Stage>,
}

/// Scores, writes the files and seals.
pub(crate) fn finish(
    ended: Ended,
    scorer: &Scorer,
    judge: Option<&Judge>,
    issuer: &Issuer,
    out: &Path,
) -> Result<Summary> {
    let Ended { examiner, mut journal, at, mut meter, speculation, utterance_turns, stage } = ended;
    let stage = stage.map(Stage::finish).transpose();
    if journal.media() != Media::Kept {
        // Without consent no picture stays either: not where it was refused, and not where it was never asked for.
        let film = out.join("session.mp4");
        if film.exists() {
            std::fs::remove_file(&film).with_context(|| format!("cannot remove {}", film.display()))?;
        }
    }
    let outcome = examiner.outcome().cloned().context("the conversation came to no end")?;
    // A session that was stopped or broken off gets no result: no other opinion on it is asked for.
    let opinions = match judge.filter(|_| outcome.ending == Ending::Complete) {
        Some(judge) => judge.opinions(&scorer.briefs(&outcome.answers, &scorer.score(&outcome)?)),
        None => Vec::new(),
    };
    opinions.iter().for_each(|opinion| journal.event(at, OPINION, opinion));
    let report = scorer.score_beside(&outcome, &opinions)?;
    let scores =
        score_sheet(scorer, &outcome, &report, examiner.log(), &|id| utterance_turns.get(&id).copied())?;
    let report_of_stage = stage.as_ref().ok().cloned().flatten();
    meter.extend(report_of_stage.iter().flat_map(|report| report.latencies.clone()));
    journal.event(at, ANSWERS, given(&outcome.answers));
    journal.event(at, "scores", &scores);
    journal.event(
        at,
        "meter",
        json!({"latencies": meter, "speculation": speculation, "stage": report_of_stage}),
    );
    journal.bundle().write_scores(&scores)?;
    let wordings = journal.wordings().clone();
    let refused = |event: &&ConversationEvent| matches!(event.kind, EventKind::WordingRefused { .. });
    let refused = examiner.log().iter().filter(refused).count() as u32;
    let seconds = || scores.criteria.iter().filter_map(|one| Some((one.level, one.second.as_ref()?)));
    let failure = journal.failure.take();
    let transcript = journal.finish(at)?;
    viva_record::report::write_report(out)?;
    viva_record::report::write_letters(out)?;
    viva_record::seal(out, &issuer.key, &rfc3339(unix_now()))?;
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
        speculation,
        stage: report_of_stage,
        language_model: (wordings.asked > 0 || !opinions.is_empty()).then(|| LanguageModelUse {
            wordings,
            refused,
            judged: opinions.len() as u32,
            opinions: seconds().filter(|(_, second)| second.level.is_some()).count() as u32,
            differing: seconds()
                .filter(|(own, second)| second.level.is_some_and(|level| Some(level) != *own))
                .count() as u32,
        }),
        ending: outcome.ending.sentence(),
        learner: None,
    })
}
