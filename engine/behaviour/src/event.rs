//! What the behaviour is told.

use serde::{Deserialize, Serialize};
use viva_exchange::Affect;
use viva_media::{Radians, Timestamp, VisemeTrack};

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
    /// The face falls silent now, though more was planned: the mouth is at rest within 150 ms.
    StopSpeaking,
    /// The face listens; nobody speaks yet.
    Listening,
    /// The candidate speaks.
    CandidateSpeaks,
    /// The candidate has paused.
    CandidatePauses,
    /// A nod is due; it shows 250 to 600 ms later.
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
    /// Where the partner's eyes are, seen from the face; positive yaw to its own left, positive pitch down.
    LookAt {
        /// About the vertical axis.
        yaw: Radians,
        /// About the ear-to-ear axis.
        pitch: Radians,
    },
}

/// What the face is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Listening,
    Thinking,
    Speaking,
}
