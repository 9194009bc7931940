//! What the face is told in a take: cues on a time line, as a person presses them or a file holds them.

use std::sync::Arc;

use viva_behaviour::{Event, Role};
use viva_exchange::Affect;
use viva_media::{Timestamp, VisemeTrack};

/// A take is at most this long.
pub(crate) const LONGEST_SECS: f64 = 600.0;
/// And holds at most so many cues.
pub(crate) const MOST_CUES: usize = 2000;

/// What happens at a cue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    Listening,
    CandidateSpeaks,
    CandidatePauses,
    Backchannel,
    Thinking,
    Topic,
    StopSpeaking,
    Smile {
        width: f32,
    },
    Affect {
        affect: Affect,
        level: f32,
    },
    Character(bool),
    Speak {
        text: Arc<str>,
        visemes: Arc<VisemeTrack>,
    },
    /// As a session's record has it.
    Recorded(Arc<Event>),
}

impl Act {
    /// As it stands on a button and on the timeline.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Listening => "listening".into(),
            Self::CandidateSpeaks => "candidate speaks".into(),
            Self::CandidatePauses => "candidate pauses".into(),
            Self::Backchannel => "backchannel".into(),
            Self::Thinking => "thinking".into(),
            Self::Topic => "topic".into(),
            Self::StopSpeaking => "stop speaking".into(),
            Self::Smile { .. } => "partner smiles".into(),
            Self::Affect { affect, level } => format!("affect {affect:?} {level:.2}").to_lowercase(),
            Self::Character(true) => "play a character".into(),
            Self::Character(false) => "play the examiner".into(),
            Self::Speak { text, .. } => format!("speak: {text}"),
            Self::Recorded(event) => event.name().into(),
        }
    }

    pub(crate) fn event(&self, at: Timestamp) -> Event {
        match self {
            Self::Listening => Event::Listening,
            Self::CandidateSpeaks => Event::CandidateSpeaks,
            Self::CandidatePauses => Event::CandidatePauses,
            Self::Backchannel => Event::Backchannel,
            Self::Thinking => Event::Thinking,
            Self::Topic => Event::Topic,
            Self::StopSpeaking => Event::StopSpeaking,
            Self::Smile { width } => Event::PartnerSmile { width: *width },
            Self::Affect { affect, level } => Event::Affect { affect: *affect, level: *level },
            Self::Character(is) => Event::Role(if *is { Role::Character } else { Role::Examiner }),
            Self::Speak { visemes, .. } => {
                let visemes = visemes.shifted(at - Timestamp::ZERO);
                let until = visemes.cues.last().map_or(at, |cue| cue.end);
                Event::StartSpeaking { visemes, until }
            }
            Self::Recorded(event) => Event::clone(event),
        }
    }
}

/// An act with its time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cue {
    pub(crate) at: Timestamp,
    pub(crate) act: Act,
}

/// What a performance follows from, beside the profile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Take {
    pub(crate) seed: u64,
    /// In the order of their times.
    pub(crate) cues: Vec<Cue>,
}

impl Take {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, cues: Vec::new() }
    }

    /// Puts an act at a time; false where the take is full.
    pub(crate) fn insert(&mut self, at: Timestamp, act: Act) -> bool {
        if self.cues.len() == MOST_CUES || at > Timestamp::from_secs(LONGEST_SECS) {
            return false;
        }
        let place = self.cues.partition_point(|cue| cue.at <= at);
        self.cues.insert(place, Cue { at, act });
        true
    }

    /// When the last act and what it says are over.
    pub(crate) fn end_secs(&self) -> f64 {
        let end = |cue: &Cue| {
            let said = match &cue.act {
                Act::Speak { visemes, .. } => visemes.cues.last().map_or(0.0, |cue| cue.end.as_secs()),
                _ => 0.0,
            };
            cue.at.as_secs() + said
        };
        self.cues.iter().map(end).fold(0.0, f64::max)
    }
}
