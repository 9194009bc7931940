//! The face's own behaviour: what it does by itself, and how it answers to what happens.
//!
//! Enters: stamped [`Event`]s (who speaks, a nod is due, visemes of an utterance, the scripted affect) and the time.
//! Leaves: a [`viva_media::FacePose`] on a grid of 120 Hz.
//! It deliberately knows no audio, no picture, no clock and no renderer.
//! Of the partner's face it answers one movement, a smile of the mouth, and mirrors nothing else.
//!
//! Everything follows from the profile, the seed and the events: the same input gives the same poses bit for bit, however
//! often [`Behaviour::step`] is called.
//! Events become acts ([`Block`]) with the synchronisation points of the Behaviour Markup Language; schedulers (blink, gaze,
//! nod, expression, micro-expression, smile return, viseme, breath, head) each draw from their own random stream; the
//! mixer adds them up under speed limits and clamps. [`Behaviour::blocks`] tells what was done and why.
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
mod affect;
mod behaviour;
mod blink;
mod block;
mod breath;
mod curve;
mod event;
mod expression;
mod gaze;
mod head;
mod limits;
mod micro_expression;
mod mixer;
mod nod;
mod profile;
mod random;
mod smile_return;
mod viseme;

pub use action_unit::{ACTION_UNIT_COUNT, ActionUnit};
pub use affect::{AffectProfile, Manner, Palette, Palettes, Units};
pub use behaviour::{Behaviour, GRID_HZ};
pub use block::{Block, BlockKind, Cause, SyncPoints};
pub use event::{Event, Role};
pub use limits::{LIMITS, limits_of, numbers};
pub use profile::{
    BehaviourError, BlinkProfile, BreathProfile, ExpressionProfile, GazeProfile, HeadProfile, MicroProfile,
    NodProfile, PerState, Profile, PupilProfile, SmileProfile, Span, SpeechProfile,
};
