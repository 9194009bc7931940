//! The letter after the levels: why, what would have altered it, what follows, and how to contest it.

use super::Report;
use super::html::{Page, capital};
use super::letter::LetterLanguage;
use super::letter_ended::EndedEarly;
use super::letter_words::{counted, day, has_address, on_day, quoted, validation, write_to};
use crate::wire::{CriterionResult, NearestChange, Recommendation, ScoreSheet};
use crate::{Decision, Outcome};

/// The most criteria of which the next level is shown.
const MOST_ADVICE: usize = 3;

pub(super) fn why(
    page: &mut Page,
    report: &Report,
    scores: &ScoreSheet,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    page.section("why", t("Why", "Warum"), "");
    page.raw("<div class=\"card\">\n");
    let below = below_by_the_machine(scores);
    let failed = !below.is_empty() || scores.overall.is_some_and(|overall| overall < scores.cut);
    match &report.decision {
        _ if ended.is_some() => {
            let incomplete = t(
                "Not all parts of the session were held, so there is no overall result.",
                "Nicht alle Teile der Sitzung haben stattgefunden; ein Gesamtergebnis gibt es daher nicht.",
            );
            page.tag("p", "", incomplete);
        }
        // The machine's share explains no decision that differs from it or rests on other levels.
        Some(decision)
            if !report.history.overrides.is_empty() || failed != (decision.outcome == Outcome::Deny) =>
        {
            page.tag("p", "", &decided_by_a_human(decision, scores, failed, &below, language));
        }
        _ => {
            share(page, scores, language);
            if !below.is_empty() {
                page.tag(
                    "p",
                    "",
                    t(
                        "Below the level that is needed in any case:",
                        "Unter der Stufe, die in jedem Fall nötig ist:",
                    ),
                );
                page.list("plain", &below);
            }
        }
    }
    page.tag(
        "p",
        "class=\"quiet\"",
        &format!(
            "{}: {}.",
            t("Validation of this rubric", "Stand der Prüfung dieses Bewertungsbogens"),
            validation(&scores.validation_status, language)
        ),
    );
    page.raw("</div>\n</section>\n");
}

/// Names of the criteria on which the machine's own level is below the one that is needed.
fn below_by_the_machine(scores: &ScoreSheet) -> Vec<String> {
    let below =
        scores.criteria.iter().filter(|criterion| is_below(criterion.level, criterion.required_level));
    below.map(|criterion| criterion.name.clone()).collect()
}

fn is_below(level: Option<u8>, needed: Option<u8>) -> bool {
    matches!((level, needed), (Some(level), Some(needed)) if level < needed)
}

fn share(page: &mut Page, scores: &ScoreSheet, language: LetterLanguage) {
    let cut = 100.0 * scores.cut;
    let Some(overall) = scores.overall else {
        let none =
            language.pick("No overall result could be formed.", "Ein Gesamtergebnis ließ sich nicht bilden.");
        page.tag("p", "", none);
        return;
    };
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
    if scores.cut_standard_error > 0.0 {
        let error = 100.0 * scores.cut_standard_error;
        let sentence = match language {
            LetterLanguage::English => format!(
                "Other experts might have set the mark about {error:.0} % higher or lower; so near to it the program recommends nothing, and a human alone decides."
            ),
            LetterLanguage::German => format!(
                "Andere Fachleute hätten die Marke um etwa {error:.0} % höher oder niedriger setzen können; so nahe bei ihr empfiehlt das Programm nichts, und es entscheidet allein ein Mensch."
            ),
        };
        page.tag("p", "class=\"quiet\"", &sentence);
    }
}

/// What the machine's levels alone would have meant, and that the human's reason is the one that counts.
fn decided_by_a_human(
    decision: &Decision,
    scores: &ScoreSheet,
    failed: bool,
    below: &[String],
    language: LetterLanguage,
) -> String {
    let t = |english, german| language.pick(english, german);
    let cut = 100.0 * scores.cut;
    let mut facts = vec![match (scores.overall.map(|overall| 100.0 * overall), language) {
        (Some(value), LetterLanguage::English) => {
            format!("{value:.0} % of the way from the lowest to the highest level, {cut:.0} % are needed")
        }
        (Some(value), LetterLanguage::German) => {
            format!("{value:.0} % des Weges von der niedrigsten zur höchsten Stufe, {cut:.0} % sind nötig")
        }
        (None, _) => {
            t("no overall result could be formed", "ein Gesamtergebnis ließ sich nicht bilden").to_owned()
        }
    }];
    if !below.is_empty() {
        let needed = t("below the level that is needed in any case", "unter der in jedem Fall nötigen Stufe");
        facts.push(format!("{needed}: {}", below.join(", ")));
    }
    let alone = match (failed, scores.recommendation) {
        (true, _) => t(
            "By the machine's levels alone the standard was not met",
            "Nach den Stufen des Programms allein waren die Anforderungen nicht erfüllt",
        ),
        (false, Recommendation::Meets) => t(
            "By the machine's levels alone the standard was met",
            "Nach den Stufen des Programms allein waren die Anforderungen erfüllt",
        ),
        (false, _) => t(
            "By the machine's levels alone it stayed open whether the standard was met",
            "Nach den Stufen des Programms allein blieb offen, ob die Anforderungen erfüllt waren",
        ),
    };
    let is_open = !failed && scores.recommendation != Recommendation::Meets;
    let agree = match (is_open, failed == (decision.outcome == Outcome::Deny)) {
        (true, _) => t("the human decided", "der Mensch hat entschieden"),
        (false, true) => t("the human decided the same", "der Mensch hat ebenso entschieden"),
        (false, false) => t("the human decided otherwise", "der Mensch hat anders entschieden"),
    };
    let reason = t("for this reason", "aus diesem Grund");
    format!("{alone} ({}); {agree}, {reason}: {}", facts.join("; "), decision.reason)
}

pub(super) fn change(page: &mut Page, scores: &ScoreSheet, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let says = |change: &&NearestChange| !change.additions.is_empty() || !change.stands.is_empty();
    let Some(change) = scores.nearest_change.as_ref().filter(says) else { return };
    // A second rater is not asked about words that nobody said.
    let mut rated = scores.criteria.iter().filter_map(|criterion| criterion.second.as_ref()?.level);
    let lead = match (change.meets, rated.next().is_some()) {
        (true, false) => t(
            "Your session was scored again with sentences added. With these, and all else as it was, the standard would have been met:",
            "Ihr Gespräch wurde noch einmal bewertet, mit hinzugefügten Sätzen. Mit diesen, und allem anderen unverändert, wären die Anforderungen erfüllt gewesen:",
        ),
        (true, true) => t(
            "Your session was scored again with sentences added, without a second opinion of the language model. With these, the program's own levels would have met the standard:",
            "Ihr Gespräch wurde noch einmal bewertet, mit hinzugefügten Sätzen und ohne zweite Meinung des Sprachmodells. Mit diesen hätten die eigenen Stufen des Programms die Anforderungen erfüllt:",
        ),
        (false, _) if change.additions.is_empty() => t(
            "Your session was scored again with sentences added. None of them would have brought it nearer to the standard.",
            "Ihr Gespräch wurde noch einmal bewertet, mit hinzugefügten Sätzen. Keiner davon hätte es den Anforderungen näher gebracht.",
        ),
        (false, _) => t(
            "Your session was scored again with sentences added. These would have brought it nearest to the standard; they alone would not have been enough:",
            "Ihr Gespräch wurde noch einmal bewertet, mit hinzugefügten Sätzen. Diese hätten es den Anforderungen am nächsten gebracht; sie allein hätten nicht genügt:",
        ),
    };
    page.section("change", t("What would have altered the result", "Was das Ergebnis geändert hätte"), lead);
    page.raw("<div class=\"card\">\n");
    if !change.additions.is_empty() {
        page.raw("<ol class=\"plain\">\n");
    }
    for addition in &change.additions {
        page.raw("<li><strong>");
        page.text(&addition.criterion);
        page.raw("</strong>: ");
        page.text(&addition.indicator);
        page.raw(". <span class=\"quiet\">");
        page.text(&format!("{} {}", t("For example:", "Zum Beispiel:"), quoted(&addition.example, language)));
        page.raw("</span></li>\n");
    }
    if !change.additions.is_empty() {
        page.raw("</ol>\n");
    }
    if !change.stands.is_empty() {
        let lead = t("Nothing said afterwards takes back:", "Nichts, was danach gesagt wird, nimmt zurück:");
        page.tag("p", "", &format!("{lead} {}.", change.stands.join("; ")));
    }
    page.raw("</div>\n</section>\n");
}

pub(super) fn next(
    page: &mut Page,
    report: &Report,
    scores: &ScoreSheet,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    page.section("next", t("What happens next", "Wie es weitergeht"), "");
    match &report.decision {
        Some(decision) => {
            page.tag("p", "", &made_by(report, decision, language));
            if decision.outcome == Outcome::Award {
                awarded(page, report, language);
            } else {
                denied(page, report, scores, ended, language);
            }
        }
        None => {
            let step = match (ended, scores.recommendation) {
                (Some(EndedEarly::ConsentRefused), _) => t(
                    "A human sees how the session ended. Nothing that you said is scored.",
                    "Ein Mensch sieht, wie die Sitzung endete. Nichts von dem, was Sie gesagt haben, wird bewertet.",
                ),
                (None, Recommendation::DoesNotMeet) => t(
                    "A human looks at the record and decides. Meanwhile you can practise; the criteria with the lowest levels are the best place to begin.",
                    "Ein Mensch sieht sich die Aufzeichnung an und entscheidet. Inzwischen können Sie üben; am besten beginnen Sie mit den Kriterien, deren Stufen am niedrigsten sind.",
                ),
                _ => t(
                    "A human looks at the record and decides.",
                    "Ein Mensch sieht sich die Aufzeichnung an und entscheidet.",
                ),
            };
            page.tag("p", "", step);
            if ended.is_none() {
                advice(page, report, scores, language);
            }
        }
    }
    page.raw("</section>\n");
}

/// By whom and when; that the reviewer heard or read all of it is said only as far as the record holds it.
fn made_by(report: &Report, decision: &Decision, language: LetterLanguage) -> String {
    let (by, on) = (&decision.by, on_day(&decision.at, language));
    let scored_first = report.history.blind_score_of(by).is_some();
    match language {
        LetterLanguage::English => {
            let scored = if scored_first {
                format!(" {by} had first given levels of their own, without seeing those of the program.")
            } else {
                String::new()
            };
            format!(
                "The decision above was made by {by} {on}.{scored} It stands unless it is changed on appeal."
            )
        }
        LetterLanguage::German => {
            let scored = if scored_first {
                format!(" Zuvor hat {by} eigene Stufen vergeben, ohne die des Programms zu sehen.")
            } else {
                String::new()
            };
            format!(
                "Die Entscheidung oben hat {by} {on} getroffen.{scored} Sie gilt, solange kein Widerspruch sie ändert."
            )
        }
    }
}

/// Where the credential lies, how it is checked, and how long it is valid.
fn awarded(page: &mut Page, report: &Report, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    page.raw("<p>");
    page.text(t("The credential lies beside this letter: ", "Das Zertifikat liegt neben diesem Brief: "));
    page.raw("<code>");
    page.text(super::CREDENTIAL_FILE);
    page.raw("</code>. ");
    page.text(&match (&report.credential_valid_until, language) {
        (Some(until), LetterLanguage::English) => {
            format!("It is valid until {}, unless it is revoked before. ", day(until, language))
        }
        (Some(until), LetterLanguage::German) => {
            format!("Es gilt bis zum {}, sofern es nicht vorher widerrufen wird. ", day(until, language))
        }
        (None, LetterLanguage::English) => {
            "The date until which it is valid stands in it (validUntil). ".to_owned()
        }
        (None, LetterLanguage::German) => "Bis wann es gilt, steht darin (validUntil). ".to_owned(),
    });
    page.raw("</p>\n<p>");
    page.text(t("Whoever wants to check it runs ", "Wer es prüfen möchte, ruft "));
    page.raw("<code>viva credential check ");
    page.text(super::CREDENTIAL_FILE);
    page.text(t(" --status FOLDER", " --status ORDNER"));
    page.raw("</code> ");
    page.text(t(
        "with the folder of the issuer's status lists. The whole record is checked by ",
        "mit dem Ordner der Statuslisten der ausstellenden Stelle auf. Die ganze Aufzeichnung prüft ",
    ));
    page.raw("<code>viva verify ");
    page.text(t("FOLDER", "ORDNER"));
    page.raw("</code>");
    page.text(t(" with the folder of this letter.", " mit dem Ordner dieses Briefes."));
    page.raw("</p>\n");
}

fn denied(
    page: &mut Page,
    report: &Report,
    scores: &ScoreSheet,
    ended: Option<EndedEarly>,
    language: LetterLanguage,
) {
    if ended.is_none() {
        advice(page, report, scores, language);
    }
    let again = language.pick(
        "The programme that holds this exam says when you may try again",
        "Wann Sie die Prüfung erneut ablegen dürfen, bestimmt die Stelle, die sie durchführt",
    );
    let contact = &report.header.appeal.contact;
    // Without an address there is nobody else to name.
    let ask = if has_address(contact) { format!("; {}", write_to(contact, language)) } else { String::new() };
    page.tag("p", "", &format!("{again}{ask}."));
}

/// What the standard asks for where the level that counts is below it; elsewhere the next level.
fn advice(page: &mut Page, report: &Report, scores: &ScoreSheet, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let level_of = |criterion: &CriterionResult| report.history.standing_level(criterion);
    let mut weakest: Vec<(u8, &CriterionResult)> = scores
        .criteria
        .iter()
        .filter_map(|criterion| Some((level_of(criterion)?, criterion)))
        .filter(|(level, criterion)| *level < criterion.max_level)
        .collect();
    weakest.sort_by_key(|(level, _)| *level);
    let (mut below, mut next) = (Vec::new(), Vec::new());
    for (level, criterion) in weakest {
        let anchor = |level: u8| criterion.anchors.get(usize::from(level)).filter(|words| !words.is_empty());
        match criterion.required_level.filter(|needed| level < *needed) {
            Some(needed) => {
                if let Some(words) = anchor(needed).or(criterion.would_meet.as_ref()) {
                    let asks = t("The standard asks for this", "Verlangt wird");
                    below.push(format!("{}. {asks}: {words}", criterion.name));
                }
            }
            None => {
                // The rubric's own next level is that of the machine's level, not of another one that a human set.
                let own = criterion.would_meet.as_ref().filter(|_| criterion.level == Some(level));
                next.extend(own.or(anchor(level + 1)).map(|words| format!("{}: {words}", criterion.name)));
            }
        }
    }
    next.truncate(MOST_ADVICE.saturating_sub(below.len()));
    for (title, items) in [
        (t("What to practise", "Was Sie üben können"), &below),
        (t("The next level looks like this", "So sieht die nächste Stufe aus"), &next),
    ] {
        if !items.is_empty() {
            page.tag("h4", "", title);
            page.list("plain", items);
        }
    }
}

pub(super) fn appeal(page: &mut Page, report: &Report, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    page.section("appeal", t("If you do not agree", "Wenn Sie nicht einverstanden sind"), "");
    let appeal = &report.header.appeal;
    let (contact, days) = (capital(&write_to(&appeal.contact, language)), appeal.within_days as usize);
    let sentence = match language {
        LetterLanguage::English => format!(
            "You can appeal within {} of the decision. {contact}. Say what you object to; it helps to name the quote or the criterion. Another human scores the record anew before seeing the first decision's levels, and then decides. You may ask for the whole record.",
            counted(days, "day", "days")
        ),
        LetterLanguage::German => format!(
            "Sie können innerhalb von {} nach der Entscheidung Widerspruch einlegen. {contact}. Nennen Sie, womit Sie nicht einverstanden sind; es hilft, das Zitat oder das Kriterium anzugeben. Ein anderer Mensch bewertet die Aufzeichnung neu, bevor er die Stufen der ersten Entscheidung sieht, und entscheidet dann. Sie können die ganze Aufzeichnung verlangen.",
            counted(days, "Tag", "Tagen")
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
