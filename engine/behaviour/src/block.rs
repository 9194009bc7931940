//! What the face does, as blocks with the synchronisation points of the Behaviour Markup Language, and why it does it.

use std::collections::VecDeque;
use std::fmt;

use viva_media::{TimeSpan, Timestamp};

/// So many blocks are remembered; an older one is forgotten.
const REMEMBERED: usize = 512;

/// One act of the face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// What it does.
    pub kind: BlockKind,
    /// Why.
    pub cause: Cause,
    /// When; a later event can cut an act short.
    pub sync: SyncPoints,
    /// How strong: a weight for shapes of the face, degrees for head and eyes.
    pub strength: f32,
}

/// The kinds of acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockKind {
    /// Lids close and open.
    Blink,
    /// The eyes leave the partner.
    LookAway,
    /// The eyes come back to the partner.
    LookBack,
    /// The head nods.
    Nod,
    /// A small nod on a stressed vowel of the own speech.
    Beat,
    /// The brows rise for a moment.
    BrowFlash,
    /// An expression of a third of a second.
    MicroExpression,
    /// A smile that answers a smile.
    SmileReturn,
    /// The scripted affect changes.
    Affect,
    /// The gathered look of thinking.
    Thought,
    /// The mouth speaks.
    Speech,
    /// A breath before an own turn.
    Inhale,
    /// The head's posture shifts.
    Posture,
    /// The throat swallows.
    Swallow,
}

impl BlockKind {
    /// All of them, in the order of a timeline's rows.
    pub const ALL: [Self; 14] = [
        Self::Speech,
        Self::Affect,
        Self::MicroExpression,
        Self::SmileReturn,
        Self::BrowFlash,
        Self::Thought,
        Self::LookAway,
        Self::LookBack,
        Self::Blink,
        Self::Nod,
        Self::Beat,
        Self::Posture,
        Self::Inhale,
        Self::Swallow,
    ];

    /// A short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blink => "blink",
            Self::LookAway => "look away",
            Self::LookBack => "look back",
            Self::Nod => "nod",
            Self::Beat => "beat",
            Self::BrowFlash => "brow flash",
            Self::MicroExpression => "micro-expression",
            Self::SmileReturn => "smile return",
            Self::Affect => "affect",
            Self::Thought => "thought",
            Self::Speech => "speech",
            Self::Inhale => "inhale",
            Self::Posture => "posture",
            Self::Swallow => "swallow",
        }
    }
}

/// Why an act happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// Its scheduler drew it: nothing happened outside.
    Schedule,
    /// Something was told.
    Event {
        /// As [`crate::Event::name`] says.
        name: &'static str,
        /// When it happened.
        at: Timestamp,
    },
    /// Another act brings it along.
    Block(BlockKind),
    /// The own speech, at this sound.
    Stress {
        /// The stressed vowel's begin.
        at: Timestamp,
    },
    /// The end of the own speech is near.
    TurnEnd {
        /// When it ends, as far as is known.
        at: Timestamp,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schedule => write!(f, "by itself"),
            Self::Event { name, at } => write!(f, "{name} at {:.3} s", at.as_secs()),
            Self::Block(kind) => write!(f, "with a {}", kind.name()),
            Self::Stress { at } => write!(f, "stressed vowel at {:.3} s", at.as_secs()),
            Self::TurnEnd { at } => write!(f, "own turn ends at {:.3} s", at.as_secs()),
        }
    }
}

/// The seven synchronisation points of an act, in order.
///
/// **Source**: Behaviour Markup Language 1.0, core specification, section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncPoints {
    /// First movement.
    pub start: Timestamp,
    /// Ready for the stroke.
    pub ready: Timestamp,
    /// The meaningful part begins.
    pub stroke_start: Timestamp,
    /// Its middle, which other acts meet.
    pub stroke: Timestamp,
    /// The meaningful part ends.
    pub stroke_end: Timestamp,
    /// The way back begins.
    pub relax: Timestamp,
    /// At rest again.
    pub end: Timestamp,
}

impl SyncPoints {
    /// An act that rises, holds and falls; lengths in seconds.
    pub(crate) fn of(start: f64, onset: f32, hold: f32, offset: f32) -> Self {
        let after = |secs: f32| Timestamp::from_secs(start) + TimeSpan::from_secs(f64::from(secs));
        let (top, relax) = (after(onset), after(onset + hold));
        let stroke = after(onset + hold / 2.0);
        let end = after(onset + hold + offset);
        Self { start: after(0.0), ready: top, stroke_start: top, stroke, stroke_end: relax, relax, end }
    }

    /// All seven with their names.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Timestamp); 7] {
        [
            ("start", self.start),
            ("ready", self.ready),
            ("stroke_start", self.stroke_start),
            ("stroke", self.stroke),
            ("stroke_end", self.stroke_end),
            ("relax", self.relax),
            ("end", self.end),
        ]
    }
}

/// The last acts of a face.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    blocks: VecDeque<Block>,
    /// Forgotten ones included.
    count: u64,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { blocks: VecDeque::with_capacity(REMEMBERED), count: 0 }
    }

    pub(crate) fn push(&mut self, block: Block) {
        if self.blocks.len() == REMEMBERED {
            self.blocks.pop_front();
        }
        self.blocks.push_back(block);
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// In the order in which they began.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sync_points_are_in_order() {
        let points = SyncPoints::of(2.0, 0.1, 0.06, 0.16).named();
        assert!(points.is_sorted_by_key(|(_, at)| *at), "{points:?}");
        assert!(((points[3].1 - Timestamp::from_millis(2130)).as_secs()).abs() < 1e-6);
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut trace = Trace::new();
        for second in 0..REMEMBERED + 3 {
            let sync = SyncPoints::of(second as f64, 0.1, 0.0, 0.1);
            trace.push(Block { kind: BlockKind::Blink, cause: Cause::Schedule, sync, strength: 1.0 });
        }
        assert_eq!(trace.iter().count(), REMEMBERED);
        assert_eq!(trace.count(), REMEMBERED as u64 + 3);
        assert_eq!(trace.iter().next().map(|block| block.sync.start), Some(Timestamp::from_secs(3.0)));
    }
}
