//! What can go wrong while an avatar is read.

use thiserror::Error;

/// Why a file cannot become an avatar.
#[derive(Debug, Error)]
pub enum AvatarError {
    /// Neither JSON nor a GLB container.
    #[error("this is no glTF 2.0: {0}")]
    NotGltf(String),
    /// The JSON is broken or has another form than the format's.
    #[error("the glTF's JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A part of the format that is not read.
    #[error("{what} is not read: {mend}")]
    Unsupported {
        /// What the file needs.
        what: String,
        /// What helps.
        mend: &'static str,
    },
    /// An index, a range or a number that does not hold.
    #[error("the file is broken: {0}")]
    Broken(String),
    /// Larger than can be drawn live.
    #[error("{found} {what} are more than the {most} that are drawn live: {mend}")]
    TooLarge {
        /// Of what there is too much.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much may be.
        most: u64,
        /// What helps.
        mend: &'static str,
    },
    /// A file beside it cannot be had.
    #[error("the file names {uri:?} beside it: {problem}")]
    External {
        /// As the file names it.
        uri: String,
        /// Why not.
        problem: String,
    },
    /// Nothing to draw.
    #[error(
        "there is no triangle in the file's scene: export the head as a mesh, not as lines, points or an empty scene"
    )]
    NoTriangles,
}

impl AvatarError {
    pub(crate) fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }
}
