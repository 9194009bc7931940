//! The letter's small words: dates, names, counts and addresses in the language of the letter.

use super::html::MONTHS;
use super::letter::LetterLanguage;
use crate::wire::{Candidate, Conditions, NoLevel};

/// Where to write, as the program says it where an exam names no address.
const DEFAULT_CONTACT: &str = "the programme that holds this exam";

/// `2026-11-29T10:14:07Z` → `29 November 2026` or `29. November 2026`; anything else stays as it is.
pub(super) fn day(at: &str, language: LetterLanguage) -> String {
    const GERMAN: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    let parts = || {
        let mut parts = at.get(..10)?.splitn(3, '-').map(|part| part.parse::<usize>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let month = month.checked_sub(1)?;
        Some(match language {
            LetterLanguage::English => format!("{day} {} {year}", MONTHS.get(month)?),
            LetterLanguage::German => format!("{day}. {} {year}", GERMAN.get(month)?),
        })
    };
    parts().unwrap_or_else(|| at.to_owned())
}

/// [`day`] as it stands in a sentence: `on 29 November 2026`, `am 29. November 2026`.
pub(super) fn on_day(at: &str, language: LetterLanguage) -> String {
    format!("{} {}", language.pick("on", "am"), day(at, language))
}

/// Words in quotation marks.
pub(super) fn quoted(words: &str, language: LetterLanguage) -> String {
    match language {
        LetterLanguage::English => format!("“{words}”"),
        LetterLanguage::German => format!("„{words}“"),
    }
}

/// True where the exam names an address to write to.
pub(super) fn has_address(contact: &str) -> bool {
    !matches!(contact.trim(), "" | DEFAULT_CONTACT)
}

/// Where to write: `write to: ADDRESS`, and words instead of an address where the exam names none.
pub(super) fn write_to(contact: &str, language: LetterLanguage) -> String {
    match (language, contact.trim()) {
        (LetterLanguage::English, "" | DEFAULT_CONTACT) => format!("write to {DEFAULT_CONTACT}"),
        (LetterLanguage::English, contact) => format!("write to: {contact}"),
        (LetterLanguage::German, "" | DEFAULT_CONTACT) => {
            "wenden Sie sich an die Stelle, die diese Prüfung durchführt".to_owned()
        }
        (LetterLanguage::German, contact) => format!("wenden Sie sich an: {contact}"),
    }
}

/// A number with its word, which is another one for 1.
pub(super) fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// The candidate's name as pages for people show it: what the program writes where nobody gave one is no name.
#[must_use]
pub fn shown_name(candidate: &Candidate) -> String {
    name_in(candidate, LetterLanguage::English)
}

/// [`shown_name`] in the language of a letter.
pub(super) fn name_in(candidate: &Candidate, language: LetterLanguage) -> String {
    match (candidate.simulated, candidate.name.trim()) {
        (true, name) => format!("{name} ({})", language.pick("simulated", "simuliert")),
        (false, "typed") => language
            .pick("no name given (typed answers)", "kein Name angegeben (getippte Antworten)")
            .to_owned(),
        (false, "" | "candidate") => language.pick("no name given", "kein Name angegeben").to_owned(),
        (false, name) => name.to_owned(),
    }
}

/// Why there is no level, in the language of the letter.
pub(super) const fn no_level(reason: NoLevel, language: LetterLanguage) -> &'static str {
    let (english, german) = match reason {
        NoLevel::NotAsked => ("it was not asked", "es wurde nicht danach gefragt"),
        NoLevel::NotAnswered => ("the question was not answered", "die Frage wurde nicht beantwortet"),
        NoLevel::TooShort => ("too little was said to judge", "es wurde zu wenig gesagt, um zu urteilen"),
        NoLevel::UnclearSpeech => (
            "the speech recognition was not sure of the words",
            "die Spracherkennung war sich der Wörter nicht sicher",
        ),
        NoLevel::Recited => (
            "what was said are the words of the marking scheme",
            "gesagt wurden die Worte des Bewertungsbogens selbst",
        ),
        NoLevel::Injection => (
            "what was said addresses the machine, not the question",
            "was gesagt wurde, richtet sich an die Maschine und nicht auf die Frage",
        ),
        NoLevel::LanguageNotValidated => (
            "what was said is not connected speech in the language of this exam",
            "was gesagt wurde, ist keine zusammenhängende Rede in der Sprache dieser Prüfung",
        ),
    };
    language.pick(english, german)
}

/// Conditions that were varied, a sentence each.
pub(super) fn conditions(conditions: &Conditions, language: LetterLanguage) -> Vec<String> {
    let longer = conditions.extra_time.map(|factor| match language {
        LetterLanguage::English => format!("The assessor waited {factor} times as long as the exam asks."),
        LetterLanguage::German => {
            let factor = factor.to_string().replace('.', ",");
            format!("Das Programm wartete {factor}-mal so lange, wie die Prüfung es vorsieht.")
        }
    });
    let typed =
        language.pick("Answers were typed instead of spoken.", "Antworten wurden getippt statt gesprochen.");
    let masked = language.pick(
        "Pauses, latencies and repairs were left out.",
        "Pausen, Antwortzeiten und Neuansätze blieben außer Betracht.",
    );
    let typed = conditions.typed_answers.then(|| typed.to_owned());
    let masked = conditions.timing_masked.then(|| masked.to_owned());
    [longer, typed, masked].into_iter().flatten().collect()
}

/// A rubric's state of validation in the language of the letter; what is none of the two known ones stays as it is.
pub(super) fn validation(status: &str, language: LetterLanguage) -> &str {
    let german = match status {
        "not calibrated" => "nicht kalibriert",
        "calibrated" => "kalibriert",
        _ => status,
    };
    language.pick(status, german)
}

#[cfg(test)]
mod tests {
    use super::*;
    use LetterLanguage::{English, German};

    #[test]
    fn the_programs_own_words_are_german_in_a_german_letter_and_an_exams_are_its_own() {
        assert_eq!(no_level(NoLevel::NotAsked, German), "es wurde nicht danach gefragt");
        assert_eq!(no_level(NoLevel::NotAsked, English), "it was not asked");
        assert_eq!(validation("not calibrated", German), "nicht kalibriert");
        assert_eq!(validation("piloted in 2026", German), "piloted in 2026");
    }

    #[test]
    fn dates_are_of_the_language_and_what_is_no_date_stays() {
        let at = "2026-11-29T10:14:07Z";
        assert_eq!(
            (day(at, English), on_day(at, German)),
            ("29 November 2026".into(), "am 29. November 2026".into())
        );
        assert_eq!(day("2026-03-02", German), "2. März 2026");
        for odd in ["", "soon", "2026-13-02T10:00:00Z", "täglich um 10"] {
            assert_eq!(day(odd, German), odd);
        }
    }

    #[test]
    fn what_stands_where_no_name_was_given_is_no_name() {
        let name = |name: &str, simulated| {
            let candidate = Candidate { name: name.into(), simulated, ..Candidate::default() };
            name_in(&candidate, English)
        };
        assert_eq!(name("typed", false), "no name given (typed answers)");
        assert_eq!(name("candidate", false), "no name given");
        assert_eq!(name("Ada Lovelace", false), "Ada Lovelace");
        assert_eq!(name("strong", true), "strong (simulated)");
    }

    #[test]
    fn the_default_address_is_german_in_a_german_letter() {
        let german = write_to(DEFAULT_CONTACT, German);
        assert_eq!(german, "wenden Sie sich an die Stelle, die diese Prüfung durchführt");
        assert_eq!(write_to("a@b.example", English), "write to: a@b.example");
    }
}
