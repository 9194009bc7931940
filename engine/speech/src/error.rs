//! What can go wrong on the way from text to sound.

/// A text, a table or a network that speech cannot work with.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// A table of the voice's asset does not read as it should.
    #[error("speech table {name}: {reason}")]
    Table {
        /// File name of the table.
        name: &'static str,
        /// What was wrong with it.
        reason: String,
    },
    /// The text is longer than one utterance may be.
    #[error("text of {bytes} bytes is too long to speak at once (at most {limit})")]
    TooLong {
        /// Bytes of the text.
        bytes: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
    /// A `{...}` mark in the text is not one that speech knows, or its number is out of range.
    #[error(
        "unknown markup {{{mark}}} in the text at byte {at}: use {{pause SECONDS}} with 0 to 30 seconds, or {{um}}"
    )]
    Markup {
        /// What stands between the braces.
        mark: String,
        /// Byte of the opening brace.
        at: usize,
    },
    /// A network behind a port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The acoustic network returned arrays that do not fit each other.
    #[error("acoustic network: {0}")]
    Acoustics(String),
}

/// A network behind one of the ports of this crate failed.
#[derive(Debug, thiserror::Error)]
#[error("{network}: {reason}")]
pub struct PortError {
    /// Which network.
    pub network: &'static str,
    /// Why, in words.
    pub reason: String,
}
