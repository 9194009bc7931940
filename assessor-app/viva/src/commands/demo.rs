//! `viva demo`

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use viva_models::progress::Bars;
use viva_models::{Cache, Selection, fetch};
use viva_record::wire::Recommendation;

use super::interview::{Summary, hold, name_of};
use super::issuer::IssuerChoice;
use super::review::arguments::{DecideArgs, DecisionArg};
use super::review::{Awarded, decide, foreign_check};
use super::{complain, say};
use crate::cli::{DemoArgs, InterviewArgs, ModeArg, QualityChoice};
use crate::issuer::Issuer;

/// A recording of a real person for the demonstration: fetched for tests, never shipped.
const RECORDING: (&str, &str) = ("test-video-tvnews", "example.avi");

/// One session of the demonstration.
struct Shown {
    name: &'static str,
    title: &'static str,
    note: &'static str,
    summary: Summary,
    awarded: Option<Awarded>,
    wall_secs: f64,
}

pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot write to {}", args.out.display()))?;
    let mut shown = Vec::new();
    for (name, title, note) in [
        ("strong", "A strong candidate", "Simulated: scripted answers, synthetic voice, drawn face."),
        (
            "weak",
            "A weak candidate",
            "Simulated: scripted answers, synthetic voice, drawn face. One of the answers tries to give the machine orders.",
        ),
    ] {
        let out = fresh(&args.out, name)?;
        let session = interview(args, out.clone(), Some(format!("sim:{name}")), None);
        let (summary, wall_secs) = timed(|| hold(&session))?;
        tell(title, &summary, wall_secs);
        let award = summary.recommendation == Recommendation::Meets;
        let decision = DecideArgs {
            bundle: out,
            decision: if award { DecisionArg::Award } else { DecisionArg::Deny },
            status_url: None,
            by: "demonstration, no human reviewed".to_owned(),
            reason: "scripted decision of the demonstration, as the engine recommended".to_owned(),
            json: false,
        };
        let awarded = decide(&decision, Issuer::demonstration())?;
        if awarded.is_some() {
            let check = fresh(&args.out, "credential-check")?;
            foreign_check(Path::new(&summary.out), &check)?;
        }
        shown.push(Shown { name, title, note, summary, awarded, wall_secs });
    }
    match recording() {
        Ok(path) => {
            let out = fresh(&args.out, "recording")?;
            let session = interview(args, out, None, Some(path));
            let (summary, wall_secs) = timed(|| hold(&session))?;
            let (title, note) = (
                "A real recording",
                "A person on television, who was asked nothing: heard, seen and timed, and not scored.",
            );
            tell(title, &summary, wall_secs);
            shown.push(Shown { name: "recording", title, note, summary, awarded: None, wall_secs });
        }
        Err(error) => complain(&error.context("the real recording is left out")),
    }
    let page = args.out.join("index.html");
    std::fs::write(&page, index(&shown)).with_context(|| format!("cannot write {}", page.display()))?;
    say(format!("open {}", page.display()));
    Ok(())
}

fn interview(
    args: &DemoArgs,
    out: PathBuf,
    candidate: Option<String>,
    media: Option<PathBuf>,
) -> InterviewArgs {
    InterviewArgs {
        exam: args.exam.clone(),
        candidate,
        media,
        live: false,
        microphone: None,
        camera: None,
        loudspeaker: None,
        no_echo_canceller: false,
        name: None,
        mode: ModeArg::Certify,
        learner: None,
        kb: None,
        out,
        headless: true,
        no_video: args.no_video,
        quality: QualityChoice::default(),
        avatar: None,
        seed: args.seed,
        llm: "off".to_owned(),
        llm_model: "default".to_owned(),
        llm_judge: false,
        no_media: false,
        no_speculation: false,
        extra_time: 1.0,
        mask_timing: false,
        issuer: IssuerChoice::default(),
        json: false,
    }
}

/// An empty folder of this name; what an earlier demonstration left there is removed.
fn fresh(root: &Path, name: &str) -> Result<PathBuf> {
    let out = root.join(name);
    if out.exists() {
        std::fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    Ok(out)
}

fn recording() -> Result<PathBuf> {
    let cache = Cache::from_env()?;
    let (id, file) = RECORDING;
    fetch(&Selection::Ids(vec![id.to_owned()]), &cache, &mut Bars::new())?;
    Ok(cache.asset_path(id, file)?)
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    #[expect(clippy::disallowed_methods, reason = "the demonstration tells how long it took")]
    let start = Instant::now();
    let done = work()?;
    Ok((done, start.elapsed().as_secs_f64()))
}

/// Where the time went.
fn tell(title: &str, summary: &Summary, wall_secs: f64) {
    say(format!("\n{title}: {}", name_of(summary.recommendation)));
    say(format!(
        "  {:.0} s of session, {}, in {wall_secs:.0} s on this machine",
        summary.seconds,
        turns(summary.turns)
    ));
    for line in &summary.meter {
        say(format!(
            "  {:<92} n {:>5}  p50 {:>7.1} ms  p95 {:>7.1} ms",
            line.name, line.count, line.p50_ms, line.p95_ms
        ));
    }
    if let Some(stage) = &summary.stage {
        say(format!(
            "  {} pictures: drawing {:.1} ms, eyes {:.1} ms, film {:.1} ms each; a face in {} of {} looked at",
            stage.frames, stage.draw_ms, stage.eyes_ms, stage.film_ms, stage.faces, stage.looked
        ));
    }
}

fn turns(count: usize) -> String {
    if count == 1 { "1 turn".to_owned() } else { format!("{count} turns") }
}

fn index(shown: &[Shown]) -> String {
    let mut cards = String::new();
    for session in shown {
        let out = Path::new(&session.summary.out);
        let film = if out.join("session.mp4").exists() {
            format!("<video controls preload=\"metadata\" src=\"{}/session.mp4\"></video>", session.name)
        } else {
            "<p class=\"none\">no film</p>".to_owned()
        };
        let score = session
            .summary
            .overall
            .map_or_else(|| "no score".to_owned(), |share| format!("{:.0} % of the scale", share * 100.0));
        let mut links =
            vec![("report.html", "report"), ("transcript.vtt", "transcript"), ("events.jsonl", "events")];
        if out.join("report-reviewed.html").exists() {
            links.insert(1, ("report-reviewed.html", "report after the decision"));
            links.insert(2, ("letter-reviewed.en.html", "letter to the candidate"));
            links.insert(3, ("letter-reviewed.de.html", "the letter in German"));
        }
        let mut list: String = links
            .iter()
            .map(|(file, name)| format!("<li><a href=\"{}/{file}\">{name}</a></li>", session.name))
            .collect();
        if let Some(awarded) = &session.awarded {
            list.push_str(&format!(
                "<li><a href=\"{}/{}\">credential ({})</a></li>",
                session.name, awarded.file, awarded.title
            ));
        }
        cards.push_str(&format!(
            "<article><h2>{}</h2><p class=\"note\">{}</p>{film}<p class=\"result\">{}</p><p>{score}; {:.0} s, {}, computed in {:.0} s</p><ul>{list}</ul></article>",
            session.title,
            session.note,
            name_of(session.summary.recommendation),
            session.summary.seconds,
            turns(session.summary.turns),
            session.wall_secs,
        ));
    }
    INDEX.replace("{cards}", &cards)
}

const INDEX: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Viva: demonstration</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #f7f7f5; --card: #ffffff; --line: #d9dcd6; --accent: #1f5f8b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e4; --paper: #14171a; --card: #1d2125; --line: #343a40; --accent: #7db8e0; } }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { max-width: 1200px; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; } .lead { max-width: 62ch; margin: 0 0 2rem; }
section { display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 1.2rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.2rem; }
h2 { font-size: 1.15rem; margin: 0; } .note { margin: .2rem 0 .8rem; font-size: .9rem; opacity: .8; min-height: 3em; }
video { width: 100%; border-radius: 6px; background: #000; } .result { font-weight: 650; font-size: 1.1rem; margin: .8rem 0 .1rem; }
a { color: var(--accent); } ul { padding-left: 1.1rem; margin: .6rem 0 0; } .none { opacity: .7; }
</style></head><body><main>
<h1>Viva: demonstration</h1>
<p class="lead">Two interviews by the assessor, and one recording. Candidates, voices and faces of the interviews are synthetic.
The rubric is not calibrated and no panel of experts stands behind it: results show how the program works, and prove nothing about anybody.</p>
<section>{cards}</section></main></body></html>
"#;
