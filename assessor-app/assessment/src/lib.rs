//! The assessor's mind on the score plane: what is asked, what is probed, what a character answers, and what the words show.
//!
//! **In**: an exam package as bytes, finished turns of the candidate, measured timing facts, what was heard of the assessor.
//! **Out**: utterances to say, questions to listen for, a log of every decision, and at the end levels with verbatim quotes.
//! **Deliberately unknown here**: sound, pictures, clocks, files, threads, networks, and anybody's feelings.
//! Time is an argument; the same inputs and the same seed give the same outputs.
//!
//! * [`exam`]: the package: parsed and checked by [`Exam::load`].
//! * [`conversation`]: the state machine: [`Conversation::handle`], then [`Conversation::poll`] until `None`.
//! * [`score`]: [`score::Scorer`]: levels with intervals and quotes, or abstention.
//! * [`scope`]: what a short turn is about, by meaning: an answer, or something else said to the examiner.
//! * [`short_answer`]: a short answer against reference answers, by a small fitted model.
//! * [`candidate`]: simulated candidates for demonstrations and tests.

pub mod candidate;
mod chance;
pub mod conversation;
pub mod exam;
pub mod scope;
pub mod score;
pub mod short_answer;
pub mod text;

pub use candidate::{Asked, CandidateScript, Reply, SimulatedCandidate};
pub use conversation::{Config, Conversation, ConversationEvent, Input, Outcome, Output};
pub use exam::{Exam, ExamError, ExamErrors};
pub use score::{Embedder, EmbedderError, Quote, Recommendation, Report, Scorer, typed_turn};
