//! What the face is told in a take: cues on a time line, as a person presses them or a file holds them.

use std::sync::Arc;

use viva_behaviour::{Event, Role};
use viva_exchange::Affect;
use viva_media::{TimeSpan, Timestamp, Viseme, VisemeCue, VisemeTrack};

/// A take is at most this long.
pub(crate) const LONGEST_SECS: f64 = 600.0;
/// And holds at most so many cues.
pub(crate) const MOST_CUES: usize = 2000;

/// One viseme of a line, on the line's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mouth {
    /// Begin in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Which shape.
    pub viseme: Viseme,
    /// On the vowel that carries a word's stress.
    pub stressed: bool,
}

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
    Smile { width: f32 },
    Affect { affect: Affect, level: f32 },
    Character(bool),
    Speak { text: Arc<str>, mouths: Arc<[Mouth]> },
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
            Self::Speak { mouths, .. } => {
                let after = |secs: f64| at + TimeSpan::from_secs(secs);
                let cue = |mouth: &Mouth| VisemeCue {
                    start: after(mouth.start),
                    end: after(mouth.end),
                    viseme: mouth.viseme,
                    stressed: mouth.stressed,
                };
                let visemes = VisemeTrack { cues: mouths.iter().map(cue).collect() };
                let until = mouths.last().map_or(at, |mouth| after(mouth.end));
                Event::StartSpeaking { visemes, until }
            }
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
                Act::Speak { mouths, .. } => mouths.last().map_or(0.0, |mouth| mouth.end),
                _ => 0.0,
            };
            cue.at.as_secs() + said
        };
        self.cues.iter().map(end).fold(0.0, f64::max)
    }
}
