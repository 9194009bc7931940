//! What humans altered, in the letter: levels that they set, and the way from the first decision to the one on appeal.

use super::html::{Page, date};
use super::letter::LetterLanguage;
use super::letter_words::on_day;
use crate::{
    Outcome,
    oversight::{History, Override},
    wire::CriterionResult,
};

/// The way to the decision that stands; nothing where there was no appeal.
pub(super) fn outcome(page: &mut Page, history: &History, language: LetterLanguage) {
    let t = |english, german| language.pick(english, german);
    let (Some(first), false) = (&history.decision, history.appeals.is_empty()) else { return };
    let word = |outcome: Outcome| match outcome {
        Outcome::Award => t("awarded", "erteilt"),
        Outcome::Deny => t("not awarded", "nicht erteilt"),
    };
    page.section(
        "on-appeal",
        t("Your appeal", "Ihr Widerspruch"),
        t(
            "Nothing was replaced: every step stands in the record.",
            "Nichts wurde ersetzt: Jeder Schritt steht in der Aufzeichnung.",
        ),
    );
    page.raw("<div class=\"card\">\n");
    let decided = |page: &mut Page, title: &str, by: &str, at: &str, outcome: Outcome, reason: &str| {
        page.tag("h3", "", title);
        page.tag("p", "", &format!("{by}, {}: {}. {reason}", when(at, language), word(outcome)));
    };
    let title = t("The first decision", "Die erste Entscheidung");
    decided(page, title, &first.by, &first.at, first.outcome, &first.reason);
    for (at, appeal) in history.appeals.iter().enumerate() {
        page.tag("h3", "", t("The appeal", "Der Widerspruch"));
        page.tag("p", "", &format!("{}, {}: {}", appeal.by, when(&appeal.at, language), appeal.text));
        match history.appeal_decisions.get(at) {
            Some(one) => {
                let title = t(
                    "The decision on it, by another human",
                    "Die Entscheidung darüber, von einem anderen Menschen",
                );
                decided(page, title, &one.by, &one.at, one.outcome, &one.reason);
                let before = history.appeal_decisions[..at].last().map_or(first.outcome, |one| one.outcome);
                let mut earlier = history.appeal_decisions[..at].iter().map(|one| one.outcome);
                let was_awarded = first.outcome == Outcome::Award || earlier.any(|one| one == Outcome::Award);
                page.tag("p", "class=\"quiet\"", consequence(was_awarded, before, one.outcome, language));
            }
            None => page.tag(
                "p",
                "class=\"quiet\"",
                t("It has not been decided yet.", "Darüber ist noch nicht entschieden."),
            ),
        }
    }
    page.raw("</div>\n</section>\n");
}

/// What the decision means for the credential, which there is where one was awarded before.
fn consequence(was_awarded: bool, before: Outcome, now: Outcome, language: LetterLanguage) -> &'static str {
    match (before, now) {
        (Outcome::Deny, Outcome::Award) if was_awarded => {
            language.pick("Your credential is valid again.", "Ihr Zertifikat gilt wieder.")
        }
        (Outcome::Deny, Outcome::Deny) if was_awarded => {
            language.pick("Your credential stays revoked.", "Ihr Zertifikat bleibt widerrufen.")
        }
        (Outcome::Award, Outcome::Award) => language.pick(
            "Your credential, which was suspended meanwhile, stands again.",
            "Ihr Zertifikat, das so lange ausgesetzt war, gilt wieder.",
        ),
        (Outcome::Award, Outcome::Deny) => {
            language.pick("Your credential is revoked.", "Ihr Zertifikat ist widerrufen.")
        }
        (Outcome::Deny, Outcome::Award) => {
            language.pick("Your credential is issued.", "Ihr Zertifikat wird ausgestellt.")
        }
        (Outcome::Deny, Outcome::Deny) => language.pick(
            "The first decision stands: there is no credential.",
            "Die erste Entscheidung bleibt: Es gibt kein Zertifikat.",
        ),
    }
}

/// The level that a reviewer set in place of the engine's, which is the one that counts.
pub(super) fn set_by_reviewer(
    page: &mut Page,
    criterion: &CriterionResult,
    set: &Override,
    language: LetterLanguage,
) {
    let t = |english, german| language.pick(english, german);
    let machine = set.machine.map_or_else(|| t("none", "keine").to_owned(), |level| level.to_string());
    let (by, had) = (t("set by", "gesetzt von"), t("the machine had", "das Programm hatte"));
    let level = set.level.map_or_else(
        || t("No level", "Keine Stufe").to_owned(),
        |level| format!("{} {level} {} {}", t("Level", "Stufe"), t("of", "von"), criterion.max_level),
    );
    page.tag("p", "", &format!("{level}, {by} {}; {had} {machine}", set.by));
    if let Some(anchor) = set.level.and_then(|level| criterion.anchors.get(usize::from(level))) {
        page.tag("p", "class=\"anchor quiet\"", anchor);
    }
    page.raw("<p class=\"note\">");
    page.text(&format!("{}: {}", set.by, set.reason));
    page.raw("</p>\n");
}

fn when(at: &str, language: LetterLanguage) -> String {
    match language {
        LetterLanguage::English => date(at),
        LetterLanguage::German => on_day(at, language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Award, Deny};

    #[test]
    fn a_credential_that_was_awarded_is_not_said_never_to_have_been() {
        let said = |was_awarded, before, now| consequence(was_awarded, before, now, LetterLanguage::English);
        assert_eq!(said(false, Deny, Deny), "The first decision stands: there is no credential.");
        assert_eq!(said(true, Deny, Deny), "Your credential stays revoked.");
        assert_eq!(said(false, Deny, Award), "Your credential is issued.");
        assert_eq!(said(true, Deny, Award), "Your credential is valid again.");
        assert_eq!(said(true, Award, Deny), "Your credential is revoked.");
    }
}
