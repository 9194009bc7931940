//! The decision letter: what was evaluated, how it was scored, why it does or does not meet the standard, what would alter it, and how to
//! contest it. For the person concerned, in plain words.

use std::path::Path;

use super::html::{Page, clock};
use super::letter_ended::EndedEarly;
use super::letter_words::{conditions, counted, no_level, quoted};
use super::{Report, STYLE, letter_appeal, letter_head, letter_result};
use crate::oversight::Override;
use crate::wire::{CriterionResult, QuoteRef, Recovery, ScoreSheet, SecondOpinion};
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
    let marks = language.pick("", GERMAN_STYLE);
    page.raw(&format!("<style>\n{STYLE}{LETTER_STYLE}{marks}</style>\n</head>\n<body class=\"letter\">\n"));
    let ended = EndedEarly::of(scores);
    letter_head::head(&mut page, report, scores, ended, language);
    page.raw("<main id=\"main\">\n");
    letter_appeal::outcome(&mut page, &report.history, language);
    evaluated(&mut page, report, scores, ended, language);
    // Without consent nothing was scored, and an empty table of levels would look as if it had been.
    if ended != Some(EndedEarly::ConsentRefused) {
        scored(&mut page, report, scores, ended, language);
        letter_result::why(&mut page, report, scores, ended, language);
    }
    // What was never asked could not be said: sentences that were missing say nothing about an incomplete session.
    let is_awarded = report.decision.as_ref().is_some_and(|decision| decision.outcome == Outcome::Award);
    if ended.is_none() && !is_awarded {
        letter_result::change(&mut page, scores, language);
    }
    letter_result::next(&mut page, report, scores, ended, language);
    letter_result::appeal(&mut page, report, language);
    page.raw("</main>\n</body>\n</html>\n");
    Some(page.finish())
}

const LETTER_STYLE: &str = "
.letter main, .letter .top { max-width: 46rem; }
.letter table { border-collapse: collapse; width: 100%; font-size: .95rem; }
.letter td, .letter th { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.letter td:last-child, .letter th:last-child { text-align: right; white-space: nowrap; padding-right: 0; }
.letter main { padding-bottom: 4rem; }
.letter .facts { margin: .75rem 0 1.25rem; }
@media print { body { background: none; } .card { break-inside: avoid; } }
";

/// The quotation marks of a German text, also around words of another language.
const GERMAN_STYLE: &str = ".letter .quote blockquote p::before { content: \"„\"; } .letter .quote blockquote p::after { content: \"“\"; }\n";

fn evaluated(
    page: &mut Page,
    report: &Report,
    scores: &ScoreSheet,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    page.section("evaluated", t("What was evaluated", "Was bewertet wurde"), "");
    if ended == Some(EndedEarly::ConsentRefused) {
        let nothing = t(
            "Nothing. The program said what it is and asked for your consent; the session ended there.",
            "Nichts. Das Programm hat gesagt, was es ist, und um Ihre Zustimmung gebeten; damit endete die Sitzung.",
        );
        page.tag("p", "", nothing);
        page.raw("</section>\n");
        return;
    }
    let candidate_turns = report
        .transcript
        .turns
        .iter()
        .filter(|turn| turn.speaker == viva_exchange::Speaker::Candidate)
        .count();
    let minutes = report.transcript.turns.iter().map(|turn| turn.end.as_secs()).fold(0.0, f64::max);
    let sentence = match language {
        LetterLanguage::English => format!(
            "A conversation of {} minutes with {} of yours, held by a program with a synthetic face and voice. Only your words count: not how fast you spoke, how you looked or how you sounded. The program does not infer emotions or intentions.",
            clock(minutes),
            counted(candidate_turns, "answer", "answers")
        ),
        LetterLanguage::German => format!(
            "Ein Gespräch von {} Minuten mit {} von Ihnen, geführt von einem Programm mit künstlichem Gesicht und künstlicher Stimme. Nur Ihre Worte zählen: nicht wie schnell Sie gesprochen, wie Sie ausgesehen oder wie Sie geklungen haben. Das Programm schließt nicht auf Gefühle oder Absichten.",
            clock(minutes),
            counted(candidate_turns, "Antwort", "Antworten")
        ),
    };
    page.tag("p", "", &sentence);
    if !scores.choices.is_empty() {
        page.tag("p", "", &chosen(scores.choices.len(), language));
    }
    let mut varied = conditions(&report.header.conditions, language);
    varied.extend(report.header.accommodations.iter().cloned());
    if !varied.is_empty() {
        page.tag("p", "", t("Conditions were varied for you:", "Für Sie wurden die Bedingungen angepasst:"));
        page.list("plain", &varied);
    }
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

fn scored(
    page: &mut Page,
    report: &Report,
    scores: &ScoreSheet,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    let lead = t(
        "Each criterion has levels with a description. A level rests on words that you said; they are quoted here, and all of them stand in the report.",
        "Jedes Kriterium hat beschriebene Stufen. Eine Stufe stützt sich auf Worte, die Sie gesagt haben; sie sind hier zitiert, und alle stehen im Bericht. Zitate und Beschreibungen stehen in der Sprache der Prüfung.",
    );
    page.section("scored", t("How it was scored", "Wie bewertet wurde"), lead);
    for criterion in &scores.criteria {
        let set = report.history.override_of(&criterion.id);
        one_criterion(page, criterion, set, ended, language);
    }
    page.raw("</section>\n");
}

fn one_criterion(
    page: &mut Page,
    criterion: &CriterionResult,
    set: Option<&Override>,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    page.raw("<article class=\"card criterion\">\n");
    page.tag("h3", "", &criterion.name);
    match set {
        Some(set) => letter_appeal::set_by_reviewer(page, criterion, set, language),
        None => level_of_the_machine(page, criterion, language),
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
    // Where a human set the level, the lists are still those of the program.
    let (missing, negative) = if set.is_some() {
        (
            t("Not heard by the program", "Vom Programm nicht gehört"),
            t("Spoke against it, as the program found", "Sprach laut Programm dagegen"),
        )
    } else {
        (t("Not heard", "Nicht gehört"), t("Spoke against it", "Sprach dagegen"))
    };
    for (title, items) in [(missing, &criterion.missing), (negative, &criterion.negative)] {
        let is_told = ended.is_none() || title != missing;
        if is_told && !items.is_empty() {
            page.tag("h4", "", title);
            page.list("plain", items);
        }
    }
    let put_right: Vec<String> =
        criterion.recoveries.iter().map(|recovery| put_right(recovery, language)).collect();
    if !put_right.is_empty() {
        page.tag(
            "h4",
            "",
            t(
                "Put right by you; it does not count against you",
                "Von Ihnen richtiggestellt; es zählt nicht gegen Sie",
            ),
        );
        page.list("plain", &put_right);
    }
    page.raw("</article>\n");
}

/// What was said first, what put it right, and how much later.
fn put_right(recovery: &Recovery, language: LetterLanguage) -> String {
    let (wrong, right) = (quoted(&recovery.wrong.text, language), quoted(&recovery.right.text, language));
    let later = recovery.answers_later as usize;
    let asked = recovery.prompted.is_some();
    match language {
        LetterLanguage::English => {
            let when = match later {
                0 => "in the same answer".to_owned(),
                _ => format!("{} later", counted(later, "answer", "answers")),
            };
            let how = if asked { ", after a follow-up question" } else { "" };
            format!("First {wrong}, then {when}{how}: {right}")
        }
        LetterLanguage::German => {
            let when = match later {
                0 => "in derselben Antwort".to_owned(),
                _ => format!("{} später", counted(later, "Antwort", "Antworten")),
            };
            let how = if asked { ", nach einer Nachfrage" } else { "" };
            format!("Zuerst {wrong}, dann {when}{how}: {right}")
        }
    }
}

fn level_of_the_machine(page: &mut Page, criterion: &CriterionResult, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let reason = criterion.no_level.map(|reason| no_level(reason, language));
    match (criterion.level, reason.or(criterion.abstained.as_deref())) {
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
            if let Some(second) = &criterion.second {
                page.tag("p", "class=\"quiet\"", &second_opinion(level, second, language));
            }
        }
        (None, Some(reason)) => {
            page.tag("p", "", &format!("{}: {}", t("No level", "Keine Stufe"), reason));
        }
        (None, None) => {}
    }
}

/// That not all questions were the same for everybody, and from what the others followed.
fn chosen(count: usize, language: LetterLanguage) -> String {
    match language {
        LetterLanguage::English => format!(
            "Everybody is asked the same common questions. Beyond them you were asked {}, chosen by what you had shown or answered until then; each reason stands in the report.",
            counted(count, "further question", "further questions")
        ),
        LetterLanguage::German => format!(
            "Allen werden dieselben gemeinsamen Fragen gestellt. Darüber hinaus gab es für Sie {}, ausgewählt nach dem, was Sie bis dahin gezeigt oder beantwortet hatten; jeder Grund steht im Bericht.",
            counted(count, "weitere Frage", "weitere Fragen")
        ),
    }
}

/// That a language model was asked, too, and what its level could do.
fn second_opinion(level: u8, second: &SecondOpinion, language: LetterLanguage) -> String {
    let rater = &second.rater;
    match (second.level, language) {
        (None, LetterLanguage::English) => format!(
            "A language model, {rater}, was to give a second opinion; there is no usable one, and the report says why."
        ),
        (None, LetterLanguage::German) => format!(
            "Ein Sprachmodell, {rater}, sollte eine zweite Meinung geben; eine verwertbare gibt es nicht, und der Bericht sagt, warum."
        ),
        (Some(other), LetterLanguage::English) if other == level => {
            format!("A language model, {rater}, was asked for a second opinion and gave the same level.")
        }
        (Some(other), LetterLanguage::German) if other == level => {
            format!("Ein Sprachmodell, {rater}, wurde um eine zweite Meinung gebeten und gab dieselbe Stufe.")
        }
        (Some(other), LetterLanguage::English) => format!(
            "A language model, {rater}, was asked for a second opinion and gave level {other}. It does not set your level; the interval holds both, and a human sees both."
        ),
        (Some(other), LetterLanguage::German) => format!(
            "Ein Sprachmodell, {rater}, wurde um eine zweite Meinung gebeten und gab Stufe {other}. Sie bestimmt Ihre Stufe nicht; das Intervall umfasst beide, und ein Mensch sieht beide."
        ),
    }
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
