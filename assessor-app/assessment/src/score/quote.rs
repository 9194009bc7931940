//! Verbatim, timed quotes.

use std::ops::Range;

use serde::Serialize;
use viva_exchange::{Turn, TurnId};
use viva_media::Timestamp;

/// Words of a turn, exactly as they stand in [`Turn::text`]. Can only be cut from a turn.
///
/// ```
/// use viva_assessment::score::Quote;
/// use viva_assessment::typed_turn;
/// use viva_media::Timestamp;
///
/// let turn = typed_turn(3, "I hear you. I will call the doctor.", Timestamp::ZERO);
/// let quote = Quote::cut(&turn, 0..11).expect("words were quoted");
/// assert_eq!(quote.text(), "I hear you.");
/// assert!(turn.text().contains(quote.text()));
/// assert!(Quote::cut(&turn, 11..11).is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Quote {
    turn: TurnId,
    text: String,
    start: Timestamp,
    end: Timestamp,
}

impl Quote {
    /// Cuts a byte range out of [`Turn::text`]; `None` when it holds no word or does not lie on character borders.
    #[must_use]
    pub fn cut(turn: &Turn, range: Range<usize>) -> Option<Self> {
        let whole = turn.text();
        let raw = whole.get(range.clone())?;
        let text = raw.trim();
        let from = range.start + (raw.len() - raw.trim_start().len());
        let (start, end) = turn.time_of(from..from + text.len())?;
        (!text.is_empty()).then(|| Self { turn: turn.id, text: text.to_owned(), start, end })
    }

    /// The turn it was cut from.
    #[must_use]
    pub const fn turn(&self) -> TurnId {
        self.turn
    }

    /// The words.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// When its first word begins.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// When its last word ends.
    #[must_use]
    pub const fn end(&self) -> Timestamp {
        self.end
    }
}

/// At least one quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Quotes(Vec<Quote>);

impl Quotes {
    /// Sorted by place and without repetition; `None` of nothing.
    #[must_use]
    pub fn new(quotes: impl IntoIterator<Item = Quote>) -> Option<Self> {
        let mut quotes: Vec<Quote> = quotes.into_iter().collect();
        quotes.sort_by(|a, b| (a.start, a.end, &a.text, a.turn).cmp(&(b.start, b.end, &b.text, b.turn)));
        quotes.dedup();
        (!quotes.is_empty()).then_some(Self(quotes))
    }

    /// The quotes, at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[Quote] {
        &self.0
    }
}
