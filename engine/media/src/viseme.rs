//! Visible shapes of speech sounds.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The 15 visemes of the Oculus set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Viseme {
    /// Silence.
    #[default]
    Sil,
    /// p, b, m.
    Pp,
    /// f, v.
    Ff,
    /// th.
    Th,
    /// t, d.
    Dd,
    /// k, g, ng.
    Kk,
    /// ch, j, sh, zh.
    Ch,
    /// s, z.
    Ss,
    /// n, l.
    Nn,
    /// r.
    Rr,
    /// a as in father.
    Aa,
    /// e as in bed.
    E,
    /// i as in see.
    I,
    /// o as in law.
    O,
    /// u as in boot.
    U,
}

impl Viseme {
    /// All of them, in order; the index is `viseme as usize`.
    pub const ALL: [Self; 15] = [
        Self::Sil,
        Self::Pp,
        Self::Ff,
        Self::Th,
        Self::Dd,
        Self::Kk,
        Self::Ch,
        Self::Ss,
        Self::Nn,
        Self::Rr,
        Self::Aa,
        Self::E,
        Self::I,
        Self::O,
        Self::U,
    ];
}

/// One speech sound on the mouth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VisemeCue {
    /// When the sound begins.
    pub start: Timestamp,
    /// When it ends; never before `start`.
    pub end: Timestamp,
    /// Its shape.
    pub viseme: Viseme,
    /// True on the vowel that carries a word's primary stress.
    pub stressed: bool,
}

/// The visemes of one utterance, in order and without overlap, on the clock of its audio.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VisemeTrack {
    /// The cues, each starting no earlier than the one before ends.
    pub cues: Vec<VisemeCue>,
}
