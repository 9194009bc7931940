//! The face's own behaviour: what it does by itself, and how it answers to what happens.
//!
//! Enters: stamped [`Event`]s (who speaks, a nod is due, visemes of an utterance, the scripted affect) and the time.
//! Leaves: a [`viva_media::FacePose`] on a grid of 120 Hz.
//! It deliberately knows no audio, no picture, no clock and no renderer, and it never mirrors what the candidate's face does.
//!
//! Everything follows from the profile, the seed and the events: the same input gives the same poses bit for bit, however
//! often [`Behaviour::step`] is called.
//! Schedulers (blink, gaze, nod, expression, viseme, head) each draw from their own random stream; the mixer adds them
//! up under speed limits and clamps.
//!
//! ```
//! use viva_behaviour::{Behaviour, Event, Profile};
//! use viva_media::Timestamp;
//! let mut face = Behaviour::new(Profile::examiner(), 7);
//! face.push(Timestamp::from_millis(100), Event::CandidateSpeaks);
//! face.push(Timestamp::from_millis(900), Event::Backchannel);
//! let pose = face.step(Timestamp::from_secs(1.5));
//! assert_ne!(pose.head_pitch.0, 0.0);
//! ```

mod action_unit;
mod behaviour;
mod blink;
mod curve;
mod event;
mod expression;
mod gaze;
mod head;
mod mixer;
mod nod;
mod profile;
mod random;
mod viseme;

pub use action_unit::ActionUnit;
pub use behaviour::{Behaviour, GRID_HZ};
pub use event::{Event, Role};
pub use profile::{
    BehaviourError, BlinkProfile, ExpressionProfile, GazeProfile, HeadProfile, NodProfile, PerState, Profile,
    SpeechProfile,
};
