//! The head of the letter: for whom, of when, and what stands.

use super::Report;
use super::html::Page;
use super::letter::LetterLanguage;
use super::letter_ended::EndedEarly;
use super::letter_words::{day, name_in, on_day};
use crate::Outcome;
use crate::wire::{Recommendation, ScoreSheet};

pub(super) fn head(
    page: &mut Page,
    report: &Report,
    scores: &ScoreSheet,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    page.raw("<header class=\"top\">\n");
    page.tag("p", "class=\"kicker\"", t("Your result", "Ihr Ergebnis"));
    page.tag("h1", "", &report.header.exam_title);
    facts(page, report, language);
    let (class, verdict) = verdict(report, scores, ended, language);
    page.raw(&format!("<div class=\"card result {class}\">"));
    page.tag("p", "class=\"verdict\"", verdict);
    match (&report.decision, ended) {
        (Some(decision), ended) => {
            if let Some(ended) = ended {
                page.tag("p", "", ended.sentence(true, language));
            }
            page.tag("p", "", &format!("{}: {}", decision.by, decision.reason));
        }
        (None, Some(ended)) => page.tag("p", "", &ended.step(&report.header.appeal.contact, language)),
        (None, None) => {}
    }
    if report.is_demonstration() && !report.header.candidate.simulated {
        page.tag(
            "p",
            "class=\"quiet\"",
            t(
                "This is a demonstration: nothing follows from it.",
                "Dies ist eine Vorführung: Aus ihr folgt nichts.",
            ),
        );
    } else if report.is_demonstration() {
        page.tag("p", "class=\"quiet\"", t("This is a demonstration with a simulated candidate. It proves nothing about a person.", "Dies ist eine Vorführung mit simulierter Kandidatin oder simuliertem Kandidaten. Sie beweist nichts über einen Menschen."));
    }
    if !report.is_demonstration() && !scores.is_calibrated() {
        page.tag(
            "p",
            "class=\"quiet\"",
            t(
                "How well the program agrees with human raters on this exam has not been shown yet. A credential says so in its title: demonstration.",
                "Wie gut das Programm bei dieser Prüfung mit menschlichen Bewertenden übereinstimmt, ist noch nicht gezeigt. Ein Zertifikat sagt das in seinem Titel: Vorführung (demonstration).",
            ),
        );
    }
    page.raw("</div>\n</header>\n");
}

/// Who, and when: a letter without them cannot be put to a file.
fn facts(page: &mut Page, report: &Report, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let dated = |at: &str| match language {
        LetterLanguage::English => day(at, language),
        LetterLanguage::German => on_day(at, language),
    };
    let mut facts = vec![(t("Name", "Name"), name_in(&report.header.candidate, language))];
    if !report.header.issuer.is_empty() {
        facts.push((t("Held by", "Durchgeführt von"), report.header.issuer.clone()));
    }
    if !report.header.started_at.is_empty() {
        facts.push((t("Session", "Sitzung"), dated(&report.header.started_at)));
    }
    if let Some(decision) = &report.decision {
        facts.push((t("Decision", "Entscheidung"), dated(&decision.at)));
    }
    page.raw("<dl class=\"facts\">\n");
    for (name, value) in facts {
        page.raw("<div>");
        page.tag("dt", "", name);
        page.tag("dd", "", &value);
        page.raw("</div>\n");
    }
    page.raw("</dl>\n");
}

fn verdict(
    report: &Report,
    scores: &ScoreSheet,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) -> (&'static str, &'static str) {
    let t = |english, german| language.pick(english, german);
    match (&report.decision, scores.recommendation) {
        (Some(decision), _) if decision.outcome == Outcome::Award => (
            "good",
            t(
                "A human decided: the credential is awarded.",
                "Ein Mensch hat entschieden: Das Zertifikat wird erteilt.",
            ),
        ),
        (Some(_), _) => (
            "bad",
            t(
                "A human decided: the credential is not awarded.",
                "Ein Mensch hat entschieden: Das Zertifikat wird nicht erteilt.",
            ),
        ),
        (None, recommendation) => match (ended, recommendation) {
            (Some(ended), _) => ("open", ended.sentence(false, language)),
            (None, Recommendation::Meets) => (
                "good",
                t(
                    "What you showed meets the standard. A human still decides.",
                    "Was Sie gezeigt haben, erfüllt die Anforderungen. Die Entscheidung trifft noch ein Mensch.",
                ),
            ),
            (None, Recommendation::DoesNotMeet) => (
                "bad",
                t(
                    "What you showed does not meet the standard yet. A human still decides.",
                    "Was Sie gezeigt haben, erfüllt die Anforderungen noch nicht. Die Entscheidung trifft noch ein Mensch.",
                ),
            ),
            (None, Recommendation::ReferToHuman) => (
                "open",
                t(
                    "The program cannot say it surely enough. A human scores your answers.",
                    "Das Programm kann es nicht sicher genug sagen. Ein Mensch bewertet Ihre Antworten.",
                ),
            ),
            (None, Recommendation::NotAnswered | Recommendation::Practice) => (
                "open",
                t(
                    "Too little was answered to say anything.",
                    "Es wurde zu wenig beantwortet, um etwas zu sagen.",
                ),
            ),
        },
    }
}
