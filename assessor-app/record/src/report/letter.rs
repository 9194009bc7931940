//! The decision letter: what was evaluated, how it was scored, why it does or does not meet the standard, what would alter it, and how to
//! contest it. For the person concerned, in plain words.

use std::path::Path;

use super::html::{Page, capital, clock};
use super::{Report, STYLE, letter_appeal};
use crate::oversight::Override;
use crate::wire::{CriterionResult, NearestChange, QuoteRef, Recommendation, ScoreSheet};
use crate::{Outcome, RecordError, writer::add_file};

/// Languages of the letter. Quotes and rubric keep the language of the exam.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterLanguage {
    /// English.
    English,
    /// German.
    German,
}

impl LetterLanguage {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The letter's file in a bundle.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::English => "letter.en.html",
            Self::German => "letter.de.html",
        }
    }

    /// The letter's file after a human decided.
    #[must_use]
    pub const fn reviewed_file(self) -> &'static str {
        match self {
            Self::English => "letter-reviewed.en.html",
            Self::German => "letter-reviewed.de.html",
        }
    }

    /// The words of this language out of a pair.
    pub(super) const fn pick<'a>(self, english: &'a str, german: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }
}

/// The most quotes per criterion; the report holds all.
const MOST_QUOTES: usize = 2;

/// The letter of a session as a page; `None` without a score sheet, and for practice, on which nobody decides.
#[must_use]
pub fn letter(report: &Report, language: LetterLanguage) -> Option<String> {
    let scores = report.scores.as_ref().filter(|_| !report.is_practice())?;
    let t = |english, german| language.pick(english, german);
    let mut page = Page::default();
    page.raw(&format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n",
        language.tag()
    ));
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n");
    page.tag("title", "", &format!("{}: {}", t("Your result", "Ihr Ergebnis"), report.header.exam_title));
    page.raw(&format!("<style>\n{STYLE}{LETTER_STYLE}</style>\n</head>\n<body class=\"letter\">\n"));
    head(&mut page, report, scores, language);
    page.raw("<main id=\"main\">\n");
    letter_appeal::outcome(&mut page, &report.history, language);
    evaluated(&mut page, report, scores, language);
    scored(&mut page, report, scores, language);
    why(&mut page, scores, language);
    if report.decision.as_ref().is_none_or(|decision| decision.outcome != Outcome::Award) {
        change(&mut page, scores.nearest_change.as_ref(), language);
    }
    next(&mut page, report, scores, language);
    appeal(&mut page, report, language);
    page.raw("</main>\n</body>\n</html>\n");
    Some(page.finish())
}

const LETTER_STYLE: &str = "
.letter main, .letter .top { max-width: 46rem; }
.letter table { border-collapse: collapse; width: 100%; font-size: .95rem; }
.letter td, .letter th { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.letter td:last-child, .letter th:last-child { text-align: right; white-space: nowrap; padding-right: 0; }
.letter main { padding-bottom: 4rem; }
@media print { body { background: none; } .card { break-inside: avoid; } }
";

fn head(page: &mut Page, report: &Report, scores: &ScoreSheet, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let (class, verdict) = match (&report.decision, scores.recommendation) {
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
    };
    page.raw("<header class=\"top\">\n");
    page.tag("p", "class=\"kicker\"", t("Your result", "Ihr Ergebnis"));
    page.tag("h1", "", &report.header.exam_title);
    page.raw(&format!("<div class=\"card result {class}\">"));
    page.tag("p", "class=\"verdict\"", verdict);
    if let Some(decision) = &report.decision {
        page.tag("p", "", &format!("{}: {}", decision.by, decision.reason));
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
    page.raw("</div>\n</header>\n");
}

fn evaluated(page: &mut Page, report: &Report, scores: &ScoreSheet, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    page.section("evaluated", t("What was evaluated", "Was bewertet wurde"), "");
    let candidate_turns = report
        .transcript
        .turns
        .iter()
        .filter(|turn| turn.speaker == viva_exchange::Speaker::Candidate)
        .count();
    let minutes = report.transcript.turns.iter().map(|turn| turn.end.as_secs()).fold(0.0, f64::max);
    let sentence = match language {
        LetterLanguage::English => format!(
            "A conversation of {} minutes with {candidate_turns} answers of yours, held by a program with a synthetic face and voice. Only your words count: not how fast you spoke, how you looked or how you sounded. The program does not infer emotions or intentions.",
            clock(minutes)
        ),
        LetterLanguage::German => format!(
            "Ein Gespräch von {} Minuten mit {candidate_turns} Antworten von Ihnen, geführt von einem Programm mit künstlichem Gesicht und künstlicher Stimme. Nur Ihre Worte zählen: nicht wie schnell Sie gesprochen, wie Sie ausgesehen oder wie Sie geklungen haben. Das Programm schließt nicht auf Gefühle oder Absichten.",
            clock(minutes)
        ),
    };
    page.tag("p", "", &sentence);
    let samples: Vec<String> = report.history.samples().map(|sample| sample.title.clone()).collect();
    if !samples.is_empty() {
        page.tag("p", "", t("The human who decides also saw these work samples of yours; no level of the program rests on them:", "Der Mensch, der entscheidet, sah auch diese Arbeitsproben von Ihnen; keine Stufe des Programms stützt sich auf sie:"));
        page.list("plain", &samples);
    }
    page.raw("<div class=\"card\"><table>\n<thead><tr>");
    for name in [t("Field", "Gebiet"), t("Questions", "Fragen"), t("Answered", "Beantwortet")] {
        page.tag("th", "scope=\"col\"", name);
    }
    page.raw("</tr></thead><tbody>\n");
    for entry in &scores.coverage {
        page.raw("<tr>");
        for value in [entry.domain.clone(), entry.asked.to_string(), entry.answered.to_string()] {
            page.tag("td", "", &value);
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n</section>\n");
}

fn scored(page: &mut Page, report: &Report, scores: &ScoreSheet, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let lead = t(
        "Each criterion has levels with a description. A level rests on words that you said; they are quoted here, and all of them stand in the report.",
        "Jedes Kriterium hat beschriebene Stufen. Eine Stufe stützt sich auf Worte, die Sie gesagt haben; sie sind hier zitiert, und alle stehen im Bericht. Zitate und Beschreibungen stehen in der Sprache der Prüfung.",
    );
    page.section("scored", t("How it was scored", "Wie bewertet wurde"), lead);
    for criterion in &scores.criteria {
        one_criterion(page, criterion, report.history.override_of(&criterion.id), language);
    }
    page.raw("</section>\n");
}

fn one_criterion(
    page: &mut Page,
    criterion: &CriterionResult,
    set: Option<&Override>,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    page.raw("<article class=\"card criterion\">\n");
    page.tag("h3", "", &criterion.name);
    match (criterion.level, &criterion.abstained) {
        (Some(level), _) => {
            let interval = criterion.interval.filter(|(low, high)| low < high).map_or_else(
                String::new,
                |(low, high)| {
                    format!(" ({} {low:.0} {} {high:.0})", t("between", "zwischen"), t("and", "und"))
                },
            );
            let line = format!(
                "{} {level} {} {}{interval}",
                t("Level", "Stufe"),
                t("of", "von"),
                criterion.max_level
            );
            page.tag("p", "", &line);
            if let Some(anchor) = criterion.anchors.get(usize::from(level)) {
                page.tag("p", "class=\"anchor quiet\"", anchor);
            }
        }
        (None, Some(reason)) => {
            page.tag("p", "", &format!("{}: {}", t("No level", "Keine Stufe"), in_words(reason, language)));
        }
        (None, None) => {}
    }
    if let Some(set) = set {
        letter_appeal::set_by_reviewer(page, set, language);
    }
    // Different signs first: two quotes for one sign tell less.
    let mut told: Vec<&Option<String>> = Vec::new();
    let mut quotes: Vec<&QuoteRef> = Vec::new();
    for quote in &criterion.quotes {
        if quotes.len() < MOST_QUOTES && !told.contains(&&quote.indicator) {
            told.push(&quote.indicator);
            quotes.push(quote);
        }
    }
    for quote in quotes {
        page.raw("<figure class=\"quote\"><blockquote><p>");
        page.text(&quote.text);
        page.raw("</p></blockquote><figcaption>");
        page.text(&format!("{} {}", t("at", "bei"), clock(quote.start_s)));
        if let Some(indicator) = &quote.indicator {
            page.raw(" <span class=\"indicator\">");
            page.text(indicator);
            page.raw("</span>");
        }
        page.raw("</figcaption></figure>\n");
    }
    for (title, items) in [
        (t("Not heard", "Nicht gehört"), &criterion.missing),
        (t("Spoke against it", "Sprach dagegen"), &criterion.negative),
    ] {
        if !items.is_empty() {
            page.tag("h4", "", title);
            page.list("plain", items);
        }
    }
    page.raw("</article>\n");
}

fn why(page: &mut Page, scores: &ScoreSheet, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    page.section("why", t("Why", "Warum"), "");
    page.raw("<div class=\"card\">\n");
    let cut = 100.0 * scores.cut;
    match scores.overall {
        Some(overall) => {
            let value = 100.0 * overall;
            page.raw(&format!("<div class=\"bar\" role=\"img\" aria-label=\"{value:.0} / {cut:.0}\"><b style=\"width:{value:.1}%\"></b><i style=\"left:{cut:.1}%\"></i></div>\n"));
            let sentence = match language {
                LetterLanguage::English => format!(
                    "You reached {value:.0} % of the way from the lowest to the highest level; {cut:.0} % are needed (the mark)."
                ),
                LetterLanguage::German => format!(
                    "Sie haben {value:.0} % des Weges von der niedrigsten zur höchsten Stufe erreicht; {cut:.0} % sind nötig (die Marke)."
                ),
            };
            page.tag("p", "", &sentence);
        }
        None => page.tag(
            "p",
            "",
            t("No overall result could be formed.", "Ein Gesamtergebnis ließ sich nicht bilden."),
        ),
    }
    let below: Vec<String> = scores
        .criteria
        .iter()
        .filter(|criterion| matches!((criterion.level, criterion.required_level), (Some(level), Some(least)) if level < least))
        .map(|criterion| criterion.name.clone())
        .collect();
    if !below.is_empty() {
        page.tag(
            "p",
            "",
            t("Below the level that is needed in any case:", "Unter der Stufe, die in jedem Fall nötig ist:"),
        );
        page.list("plain", &below);
    }
    page.tag(
        "p",
        "class=\"quiet\"",
        &format!(
            "{}: {}.",
            t("Validation of this rubric", "Stand der Prüfung dieses Bewertungsbogens"),
            in_words(&scores.validation_status, language)
        ),
    );
    page.raw("</div>\n</section>\n");
}

/// The program's own words in the language of the letter; those of an exam stay as they are.
fn in_words(said: &str, language: LetterLanguage) -> &str {
    let german = match said {
        "it was not asked" => "es wurde nicht danach gefragt",
        "the question was not answered" => "die Frage wurde nicht beantwortet",
        "too little was said to judge" => "es wurde zu wenig gesagt, um zu urteilen",
        "the speech recognition was not sure of the words" => {
            "die Spracherkennung war sich der Wörter nicht sicher"
        }
        "what was said addresses the machine, not the question" => {
            "was gesagt wurde, richtet sich an die Maschine und nicht auf die Frage"
        }
        "what was said is not connected speech in the language of this exam" => {
            "was gesagt wurde, ist keine zusammenhängende Rede in der Sprache dieser Prüfung"
        }
        "not calibrated" => "nicht kalibriert",
        "calibrated" => "kalibriert",
        _ => said,
    };
    language.pick(said, german)
}

fn change(page: &mut Page, change: Option<&NearestChange>, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let Some(change) = change.filter(|change| !change.additions.is_empty()) else { return };
    let lead = if change.meets {
        t(
            "Your session was scored again with sentences added. With these, and all else as it was, the standard would have been met:",
            "Ihr Gespräch wurde noch einmal bewertet, mit hinzugefügten Sätzen. Mit diesen, und allem anderen unverändert, wären die Anforderungen erfüllt gewesen:",
        )
    } else {
        t(
            "Your session was scored again with sentences added. These would have brought it nearest to the standard; they alone would not have been enough:",
            "Ihr Gespräch wurde noch einmal bewertet, mit hinzugefügten Sätzen. Diese hätten es den Anforderungen am nächsten gebracht; sie allein hätten nicht genügt:",
        )
    };
    page.section("change", t("What would have altered the result", "Was das Ergebnis geändert hätte"), lead);
    page.raw("<div class=\"card\"><ol class=\"plain\">\n");
    for addition in &change.additions {
        page.raw("<li><strong>");
        page.text(&addition.criterion);
        page.raw("</strong>: ");
        page.text(&addition.indicator);
        page.raw(". <span class=\"quiet\">");
        page.text(&format!("{} “{}”", t("For example:", "Zum Beispiel:"), addition.example));
        page.raw("</span></li>\n");
    }
    page.raw("</ol></div>\n</section>\n");
}

fn next(page: &mut Page, report: &Report, scores: &ScoreSheet, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    page.section("next", t("What happens next", "Wie es weitergeht"), "");
    let step = match (&report.decision, scores.recommendation) {
        (Some(_), _) => t(
            "The decision above was made by a human who saw the record. It stands unless it is changed on appeal.",
            "Die Entscheidung oben hat ein Mensch getroffen, der die Aufzeichnung gesehen hat. Sie gilt, solange kein Widerspruch sie ändert.",
        ),
        (None, Recommendation::DoesNotMeet) => t(
            "A human looks at the record and decides. Meanwhile you can practise; the criteria with the lowest levels are the best place to begin.",
            "Ein Mensch sieht sich die Aufzeichnung an und entscheidet. Inzwischen können Sie üben; am besten beginnen Sie mit den Kriterien, deren Stufen am niedrigsten sind.",
        ),
        (None, _) => t(
            "A human looks at the record and decides.",
            "Ein Mensch sieht sich die Aufzeichnung an und entscheidet.",
        ),
    };
    page.tag("p", "", step);
    let mut weakest: Vec<&CriterionResult> =
        scores.criteria.iter().filter(|c| c.level.is_some_and(|l| l < c.max_level)).collect();
    weakest.sort_by_key(|criterion| criterion.level);
    let advice: Vec<String> = weakest
        .iter()
        .take(3)
        .filter_map(|c| c.would_meet.as_ref().map(|anchor| format!("{}: {anchor}", c.name)))
        .collect();
    if !advice.is_empty() {
        page.tag("h4", "", t("The next level looks like this", "So sieht die nächste Stufe aus"));
        page.list("plain", &advice);
    }
    page.raw("</section>\n");
}

fn appeal(page: &mut Page, report: &Report, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    page.section("appeal", t("If you do not agree", "Wenn Sie nicht einverstanden sind"), "");
    let appeal = &report.header.appeal;
    let sentence = match language {
        LetterLanguage::English => format!(
            "You can appeal within {} days of the decision. Write to: {}. No reason is needed, but it helps to name the quote or the criterion. Another human, who has not seen the first decision, scores the record anew. You may ask for the whole record, and for the program to be left out.",
            appeal.within_days, appeal.contact
        ),
        LetterLanguage::German => format!(
            "Sie können innerhalb von {} Tagen nach der Entscheidung Widerspruch einlegen. Schreiben Sie an: {}. Eine Begründung ist nicht nötig, aber es hilft, das Zitat oder das Kriterium zu nennen. Ein anderer Mensch, der die erste Entscheidung nicht kennt, bewertet die Aufzeichnung neu. Sie können die ganze Aufzeichnung verlangen, und dass das Programm nicht mitwirkt.",
            appeal.within_days, appeal.contact
        ),
    };
    page.tag("p", "", &sentence);
    let session = &report.header;
    let facts = format!(
        "{}: {} · {} {} · sha256 {} · Viva {}",
        t("Session", "Sitzung"),
        session.session_id,
        capital(&session.exam_id),
        session.exam_version,
        session.exam_sha256,
        session.program_version
    );
    page.tag("p", "class=\"quiet\"", &facts);
    page.raw("</section>\n");
}

/// Writes the letter in every language into a bundle that is not sealed yet; nothing without a score sheet.
///
/// **Errors**: as [`Report::load`], or a file cannot be added.
pub fn write_letters(dir: &Path) -> Result<(), RecordError> {
    let report = Report::load(dir)?;
    for language in LetterLanguage::ALL {
        if let Some(page) = letter(&report, language) {
            add_file(dir, language.file(), page.as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_own_words_are_german_in_a_german_letter_and_an_exams_are_its_own() {
        assert_eq!(in_words("it was not asked", LetterLanguage::German), "es wurde nicht danach gefragt");
        assert_eq!(in_words("it was not asked", LetterLanguage::English), "it was not asked");
        assert_eq!(in_words("piloted in 2026", LetterLanguage::German), "piloted in 2026");
    }
}
