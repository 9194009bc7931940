//! What can be undone: desk, texts of both profiles, take.

use super::desk::{Desk, Row};
use super::take::Take;

/// One of the two profiles that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::A, Self::B];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// The state that edits change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edited {
    pub(crate) desk: Desk,
    texts: [String; 2],
    pub(crate) take: Take,
}

impl Edited {
    pub(crate) fn new(rows: &[Row], texts: [String; 2], seed: u64) -> Self {
        Self { desk: Desk::new(rows), texts, take: Take::new(seed) }
    }

    pub(crate) fn text(&self, side: Side) -> &str {
        &self.texts[side as usize]
    }

    pub(crate) fn text_mut(&mut self, side: Side) -> &mut String {
        &mut self.texts[side as usize]
    }
}
