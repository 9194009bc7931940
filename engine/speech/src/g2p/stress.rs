//! Stress marks on phoneme strings.

pub(crate) const PRIMARY: char = 'ˈ';
pub(crate) const SECONDARY: char = 'ˌ';

pub(crate) fn is_vowel(symbol: char) -> bool {
    "AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ".contains(symbol)
}

pub(crate) fn is_consonant(symbol: char) -> bool {
    "bdfhjklmnpstvwzðŋɡɹɾʃʒʤʧθ".contains(symbol)
}

fn is_stress(symbol: char) -> bool {
    symbol == PRIMARY || symbol == SECONDARY
}

/// Length of a phoneme string in beats, diphthongs and affricates counted twice.
pub(crate) fn weight(phonemes: &str) -> usize {
    phonemes.chars().map(|c| if "AIOQWYʤʧ".contains(c) { 2 } else { 1 }).sum()
}

/// The phonemes with their stress raised or lowered: -2 none, -1 secondary only, -0.5 and 0 primary lowered,
/// 0.5 and 1 secondary at least, 2 primary; `None` leaves them.
///
/// **Source**: misaki 0.9.4 (Apache-2.0), `en.py`, `apply_stress`.
pub(crate) fn apply(phonemes: &str, level: Option<f32>) -> String {
    let Some(level) = level else { return phonemes.into() };
    let has_primary = phonemes.contains(PRIMARY);
    let has_any = phonemes.contains(is_stress);
    let has_vowel = phonemes.contains(is_vowel);
    if level < -1.0 {
        return phonemes.replace(is_stress, "");
    }
    let lowers = level <= 0.0 && level > -1.0;
    if level <= -1.0 || (lowers && has_primary) {
        return phonemes.replace(SECONDARY, "").replace(PRIMARY, "ˌ");
    }
    let lifts_to_secondary = (0.0..=1.0).contains(&level);
    if lifts_to_secondary && !has_any {
        return if has_vowel { place(SECONDARY, phonemes) } else { phonemes.into() };
    }
    if level >= 1.0 && !has_primary && has_any {
        return phonemes.replace(SECONDARY, "ˈ");
    }
    if level > 1.0 && !has_any && has_vowel {
        return place(PRIMARY, phonemes);
    }
    phonemes.into()
}

/// The mark, directly before the first vowel.
fn place(mark: char, phonemes: &str) -> String {
    let at = phonemes.find(is_vowel).unwrap_or(0);
    format!("{}{mark}{}", &phonemes[..at], &phonemes[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_levels() {
        for (phonemes, level, expected) in [
            ("hˈæt", Some(-2.0), "hæt"),
            ("hˈæt", Some(-1.0), "hˌæt"),
            ("hˈæt", Some(-0.5), "hˌæt"),
            ("ðə", Some(0.5), "ðˌə"),
            ("hˌæt", Some(2.0), "hˈæt"),
            ("stɑp", Some(2.0), "stˈɑp"),
            ("s", Some(2.0), "s"),
            ("hˈæt", None, "hˈæt"),
        ] {
            assert_eq!(apply(phonemes, level), expected, "{phonemes} {level:?}");
        }
    }
}
