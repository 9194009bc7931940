//! Visible shapes of speech sounds.

use serde::{Deserialize, Serialize};

use crate::{TimeSpan, Timestamp};

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

impl VisemeTrack {
    /// The same cues `by` later: from an utterance's clock to that of the session.
    #[must_use]
    pub fn shifted(&self, by: TimeSpan) -> Self {
        let later = |cue: &VisemeCue| VisemeCue { start: cue.start + by, end: cue.end + by, ..*cue };
        Self { cues: self.cues.iter().map(later).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_track_keeps_lengths_and_shapes() {
        let ms = Timestamp::from_millis;
        let cue =
            |start, end| VisemeCue { start: ms(start), end: ms(end), viseme: Viseme::Aa, stressed: true };
        let track = VisemeTrack { cues: vec![cue(0, 80), cue(80, 120)] };
        assert_eq!(track.shifted(TimeSpan::from_millis(500)).cues, [cue(500, 580), cue(580, 620)]);
    }
}
