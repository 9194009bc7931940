//! Numbers as English words.

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [&str; 7] =
    ["", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion"];

/// "one thousand, two hundred and thirty-four".
pub(crate) fn cardinal(number: u64) -> String {
    let mut groups = Vec::new();
    let mut rest = number;
    for scale in SCALES {
        if rest == 0 {
            break;
        }
        if !rest.is_multiple_of(1000) {
            groups.push(format!("{}{scale}", below_1000(rest % 1000)));
        }
        rest /= 1000;
    }
    groups.reverse();
    match groups.split_last() {
        None => ONES[0].into(),
        // The last group stands alone after "and" where it is a single word or hyphenated word: "one thousand and one".
        Some((last, head)) if !head.is_empty() && !last.contains(' ') => {
            format!("{} and {last}", head.join(", "))
        }
        Some(_) => groups.join(", "),
    }
}

/// "twenty-third", "one hundred and first".
pub(crate) fn ordinal(number: u64) -> String {
    let words = cardinal(number);
    let cut = words.rfind([' ', '-']).map_or(0, |at| at + 1);
    let (head, last) = words.split_at(cut);
    let last = match last {
        "one" => "first".into(),
        "two" => "second".into(),
        "three" => "third".into(),
        "five" => "fifth".into(),
        "eight" => "eighth".into(),
        "nine" => "ninth".into(),
        "twelve" => "twelfth".into(),
        _ => last.strip_suffix('y').map_or_else(|| format!("{last}th"), |stem| format!("{stem}ieth")),
    };
    format!("{head}{last}")
}

/// "nineteen oh-five", "two thousand and five", "twenty ten".
pub(crate) fn year(number: u64) -> String {
    let (high, low) = (number / 100, number % 100);
    if high == 0 || (high.is_multiple_of(10) && low < 10) || high >= 100 {
        return cardinal(number);
    }
    let low = match low {
        0 => "hundred".into(),
        1..=9 => format!("oh-{}", cardinal(low)),
        _ => cardinal(low),
    };
    format!("{} {low}", cardinal(high))
}

/// "three point one four"; zeros at the end are not read. `None` where the whole part is too large.
pub(crate) fn decimal(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut words = cardinal(whole);
    let digits = fraction.trim_end_matches('0');
    if !digits.is_empty() {
        words.push_str(" point");
        for digit in digits.chars().filter_map(|c| c.to_digit(10)) {
            words.push(' ');
            words.push_str(ONES[digit as usize]);
        }
    }
    Some(words)
}

fn below_1000(number: u64) -> String {
    let (hundreds, rest) = ((number / 100) as usize, (number % 100) as usize);
    let small = if rest < 20 {
        ONES[rest].to_string()
    } else if rest % 10 == 0 {
        TENS[rest / 10].to_string()
    } else {
        format!("{}-{}", TENS[rest / 10], ONES[rest % 10])
    };
    match (hundreds, rest) {
        (0, _) => small,
        (_, 0) => format!("{} hundred", ONES[hundreds]),
        _ => format!("{} hundred and {small}", ONES[hundreds]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_words() {
        for (number, words) in [
            (0, "zero"),
            (21, "twenty-one"),
            (100, "one hundred"),
            (234, "two hundred and thirty-four"),
            (1001, "one thousand and one"),
            (1021, "one thousand and twenty-one"),
            (1234, "one thousand, two hundred and thirty-four"),
            (1_000_000, "one million"),
            (2_000_300, "two million, three hundred"),
        ] {
            assert_eq!(cardinal(number), words);
        }
        for (number, words) in
            [(1, "first"), (12, "twelfth"), (20, "twentieth"), (23, "twenty-third"), (1000, "one thousandth")]
        {
            assert_eq!(ordinal(number), words);
        }
        for (number, words) in [
            (1905, "nineteen oh-five"),
            (2005, "two thousand and five"),
            (2010, "twenty ten"),
            (1900, "nineteen hundred"),
        ] {
            assert_eq!(year(number), words);
        }
        assert_eq!(decimal("3.140").as_deref(), Some("three point one four"));
        assert!(!cardinal(u64::MAX).is_empty());
    }
}
