//! What the behaviour is told.

use serde::{Deserialize, Serialize};
use viva_exchange::Affect;
use viva_media::{Timestamp, VisemeTrack};

/// Whom the face plays; it decides which affects are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Neutral, warm, or a little worried; nothing else is ever shown.
    #[default]
    Examiner,
    /// An announced character of a role-play: its scripted affect shows in full.
    Character,
}

/// Something that happened or shall happen; it takes effect at the first grid point not before its stamp.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The face begins to speak, or speaks on: more visemes may be pushed while it speaks.
    StartSpeaking {
        /// The mouth's shapes at absolute times.
        visemes: VisemeTrack,
        /// When the speech will end, as far as is known.
        until: Timestamp,
    },
    /// The face falls silent now, though more was planned: the mouth is at rest within 150 ms, and the face attends.
    StopSpeaking,
    /// The face listens; nobody speaks yet.
    Listening,
    /// The candidate speaks.
    CandidateSpeaks,
    /// The candidate has paused.
    CandidatePauses,
    /// A sign of listening is due: a nod or raised brows show 250 to 600 ms later.
    Backchannel,
    /// The face thinks before it answers.
    Thinking,
    /// The scripted affect of the face itself changes, over seconds.
    Affect {
        /// Which.
        affect: Affect,
        /// How strong, in 0..=1.
        level: f32,
    },
    /// Whom the face plays from now on.
    Role(Role),
    /// Root mean square of the own voice, in 0..=1: louder opens the jaw further.
    LoudnessRms(f32),
    /// The candidate's head and eyes turn away from the screen. Where in the room the candidate sits is told to no face: drawn
    /// eyes that look out of their picture meet whoever looks at it, from wherever (Anstis, Mayhew and Morley 1969).
    CandidateLooksAway,
    /// They are turned to the screen again.
    CandidateLooksBack,
    /// The corners of the partner's mouth went up, by this blendshape weight: a movement, which is answered like a word of
    /// greeting. Nothing else of a partner's face is ever answered.
    PartnerSmile {
        /// In 0..=1.
        width: f32,
    },
    /// A new topic: the posture shifts.
    Topic,
}

impl Event {
    /// A short name, for traces.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StartSpeaking { .. } => "start speaking",
            Self::StopSpeaking => "stop speaking",
            Self::Listening => "listening",
            Self::CandidateSpeaks => "candidate speaks",
            Self::CandidatePauses => "candidate pauses",
            Self::Backchannel => "backchannel opportunity",
            Self::Thinking => "thinking",
            Self::Affect { .. } => "affect",
            Self::Role(_) => "role",
            Self::LoudnessRms(_) => "loudness",
            Self::CandidateLooksAway => "candidate looks away",
            Self::CandidateLooksBack => "candidate looks back",
            Self::PartnerSmile { .. } => "partner smile",
            Self::Topic => "topic",
        }
    }
}

/// What the face is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Listening,
    Thinking,
    Speaking,
}
