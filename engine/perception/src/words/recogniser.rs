//! The port for speech recognition.

use viva_exchange::Word;
use viva_media::Timestamp;

/// Why a stretch of audio could not be recognised.
#[derive(Debug, thiserror::Error)]
pub enum RecogniserError {
    /// The network failed; the audio is not at fault.
    #[error("the speech recogniser failed: {0}")]
    Network(String),
}

/// A network that writes down what is said.
pub trait Recogniser: Send {
    /// The words in `samples` (mono, 16 kHz, at most 30 s; longer input is cut there), whose first sample was captured at `start`.
    /// Word times lie inside the stretch and never decrease. Silence and noise give no words.
    ///
    /// # Errors
    /// When the network itself fails.
    fn transcribe(&mut self, samples: &[f32], start: Timestamp) -> Result<Vec<Word>, RecogniserError>;
}
