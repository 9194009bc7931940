//! From phonemes with durations to mouth shapes.

use viva_media::{Timestamp, Viseme, VisemeCue};

/// The unit of durations: 25 ms.
pub(crate) const UNIT_MILLIS: i64 = 25;
/// A space between words of at least this many units is a pause of the mouth, not a seam.
const PAUSE_UNITS: u32 = 4;

/// What a symbol does to the mouth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Holds one shape.
    One(Viseme),
    /// Glides from one shape to another.
    Glide(Viseme, Viseme),
    /// Belongs to the sound that follows: stress marks, h.
    Next,
    /// Lengthens the sound before.
    Before,
    /// Seam between words.
    Space,
}

/// The cues of one string of symbols; the first symbol begins at `start`.
///
/// Stress marks give their time to the vowel that follows, punctuation is silence, diphthongs glide.
/// **Shape** one duration per symbol.
pub(crate) fn cues(symbols: &[char], durations: &[u32], start: Timestamp) -> Vec<VisemeCue> {
    let mut cues: Vec<VisemeCue> = Vec::new();
    let mut units: i64 = 0;
    // Where the time handed on by `Shape::Next` began.
    let mut pending: Option<i64> = None;
    let mut is_stressed = false;
    let at = |units: i64| Timestamp::from_nanos(start.as_nanos() + units * UNIT_MILLIS * 1_000_000);
    for (&symbol, &duration) in symbols.iter().zip(durations) {
        let end = units + i64::from(duration);
        is_stressed |= symbol == 'ˈ';
        match shape(symbol) {
            Shape::Next => {
                pending = pending.or(Some(units));
            }
            Shape::Space if duration >= PAUSE_UNITS => {
                push(&mut cues, at(units), at(end), Viseme::Sil, false);
            }
            Shape::Before | Shape::Space => match cues.last_mut() {
                Some(cue) => cue.end = at(end),
                None => push(&mut cues, at(units), at(end), Viseme::Sil, false),
            },
            Shape::One(viseme) => {
                let stressed = is_stressed && is_vowel(viseme);
                push(&mut cues, at(pending.take().unwrap_or(units)), at(end), viseme, stressed);
                is_stressed &= !is_vowel(viseme);
            }
            Shape::Glide(first, second) => {
                let from = at(pending.take().unwrap_or(units));
                let middle = Timestamp::from_nanos(from.as_nanos() + (at(end) - from).as_nanos() * 3 / 5);
                push(&mut cues, from, middle, first, is_stressed);
                push(&mut cues, middle, at(end), second, false);
                is_stressed = false;
            }
        }
        units = end;
    }
    if let Some(from) = pending {
        push(&mut cues, at(from), at(units), Viseme::Sil, false);
    }
    cues
}

fn push(cues: &mut Vec<VisemeCue>, start: Timestamp, end: Timestamp, viseme: Viseme, stressed: bool) {
    // A length mark after a stress mark has already taken the time that was handed on.
    let start = cues.last().map_or(start, |last| start.max(last.end));
    match cues.last_mut() {
        Some(last) if last.viseme == Viseme::Sil && viseme == Viseme::Sil => last.end = end,
        _ if end > start => cues.push(VisemeCue { start, end, viseme, stressed }),
        _ => {}
    }
}

fn is_vowel(viseme: Viseme) -> bool {
    matches!(viseme, Viseme::Aa | Viseme::E | Viseme::I | Viseme::O | Viseme::U)
}

fn shape(symbol: char) -> Shape {
    use Viseme::{Aa, Ch, Dd, E, Ff, I, Kk, Nn, O, Pp, Rr, Sil, Ss, Th, U};
    match symbol {
        'ˈ' | 'ˌ' | 'h' => Shape::Next,
        'ː' | 'ʰ' | 'ʲ' | '̃' => Shape::Before,
        ' ' => Shape::Space,
        'A' => Shape::Glide(E, I),
        'I' => Shape::Glide(Aa, I),
        'W' => Shape::Glide(Aa, U),
        'O' | 'Q' => Shape::Glide(O, U),
        'Y' => Shape::Glide(O, I),
        'p' | 'b' | 'm' | 'β' | 'ɸ' => Shape::One(Pp),
        'f' | 'v' | 'ʋ' => Shape::One(Ff),
        'θ' | 'ð' => Shape::One(Th),
        't' | 'd' | 'T' | 'ɾ' | 'ʈ' | 'ɖ' => Shape::One(Dd),
        'k' | 'ɡ' | 'ŋ' | 'x' | 'ɣ' | 'q' | 'c' | 'ɟ' | 'ʔ' => Shape::One(Kk),
        'ʧ' | 'ʤ' | 'ʃ' | 'ʒ' | 'ɕ' | 'ʨ' | 'ʥ' | 'ʂ' => Shape::One(Ch),
        's' | 'z' | 'ʦ' | 'ʣ' | 'S' => Shape::One(Ss),
        'n' | 'l' | 'ɲ' | 'ɳ' | 'ɴ' | 'ʎ' => Shape::One(Nn),
        'ɹ' | 'r' | 'ɻ' | 'ʁ' | 'ɽ' | 'ɚ' | 'ɜ' => Shape::One(Rr),
        'ɑ' | 'a' | 'æ' | 'ʌ' | 'ɐ' => Shape::One(Aa),
        'ɛ' | 'ə' | 'e' | 'ᵊ' | 'œ' | 'ø' => Shape::One(E),
        'i' | 'ɪ' | 'ᵻ' | 'j' | 'y' | 'ɨ' | 'ɥ' | 'ç' | 'ʝ' => Shape::One(I),
        'ɔ' | 'ɒ' | 'o' | 'ɤ' => Shape::One(O),
        'u' | 'ʊ' | 'w' | 'ɯ' | 'ɰ' => Shape::One(U),
        _ => Shape::One(Sil),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_goes_to_the_vowel_and_diphthongs_glide() {
        let symbols: Vec<char> = "hˈI ðɛɹ.".chars().collect();
        let cues = cues(&symbols, &[2, 1, 7, 1, 2, 3, 4, 6], Timestamp::from_millis(100));
        let short: Vec<(i64, i64, Viseme, bool)> =
            cues.iter().map(|c| (c.start.as_millis(), c.end.as_millis(), c.viseme, c.stressed)).collect();
        use Viseme::{Aa, E, I, Rr, Sil, Th};
        assert_eq!(
            short,
            [
                (100, 250, Aa, true),
                (250, 375, I, false),
                (375, 425, Th, false),
                (425, 500, E, false),
                (500, 600, Rr, false),
                (600, 750, Sil, false)
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn time_never_goes_back(symbols in "[ˈˌhAIOpftks ɹəi.,ː—x]{0,60}", units in proptest::collection::vec(0_u32..9, 60)) {
            let symbols: Vec<char> = symbols.chars().collect();
            let cues = cues(&symbols, &units, Timestamp::ZERO);
            let total: u32 = units.iter().take(symbols.len()).sum();
            for pair in cues.windows(2) {
                proptest::prop_assert!(pair[0].end <= pair[1].start);
            }
            for cue in &cues {
                proptest::prop_assert!(cue.start <= cue.end && cue.end <= Timestamp::from_millis(i64::from(total) * 25));
            }
        }
    }
}
