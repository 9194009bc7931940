//! The tuning studio: a live head, its profile and its behaviour on a bench.
//!
//! Enters: a head with its look, avatars of others, profiles, curves of poses, what the record of a session says. Leaves: profiles, curves, pictures and
//! films.
//! The state and all that can be done to it stand in `core`, without a window; `panels` draws it; `shell` gives it a window or
//! a picture in memory. This crate deliberately knows no interview, no record's files and no network: who opens the studio hands in
//! what a session was, what its face was told when it is run again, and sockets.
//!
//! Threads: `film` decodes, `sound` feeds the loudspeaker, `replay` runs a session again; their queues stand in `shell/film.rs`,
//! `shell/sound.rs` and `core/recording.rs`.

mod core;
mod export;
mod files;
mod link;
mod panels;
mod script;
mod shaders;
mod shell;

use std::path::{Path, PathBuf};

use viva_avatar::Imported;
use viva_devices::Choice;
use viva_render::{HeadAsset, Identity, TierChoice};

pub use core::recording::{Feed, Recording, Replay, Sessions};
pub use link::{Incoming, Outgoing, Sockets};
pub use panels::Voice;
pub use shell::{run_offscreen, run_window};

/// Reads avatars by their files; errors in words.
pub type Avatars = Box<dyn FnMut(&Path) -> Result<Imported, String>>;

/// Reads one of our own heads by its name; errors in words.
pub type Heads = Box<dyn FnMut(&'static str) -> Result<HeadAsset, String>>;

/// What the studio opens with.
pub struct Config {
    /// Whose head.
    pub head: HeadAsset,
    /// Who that is; their room is an avatar's, too.
    pub person: Identity,
    /// Reads the heads that a person lies between; without it nobody else can be shown.
    pub heads: Option<Heads>,
    /// An avatar in place of that head, with its file.
    pub avatar: Option<(PathBuf, Imported)>,
    /// Reads avatars; without it the studio opens none.
    pub avatars: Option<Avatars>,
    /// How finely it is drawn.
    pub choice: TierChoice,
    /// Files of the profiles A and B; without one, the examiner's numbers.
    pub profiles: [Option<PathBuf>; 2],
    /// Of the behaviour.
    pub seed: u64,
    /// Makes the mouth's shapes of a line; without it the face cannot be told to speak.
    pub voice: Option<Voice>,
    /// The record of a session to be opened, its folder.
    pub session: Option<PathBuf>,
    /// Reads records; without it the studio opens none.
    pub sessions: Option<Sessions>,
    /// Where a session is heard.
    pub loudspeaker: Choice,
    /// Gives sockets; without it no performer is heard.
    pub sockets: Option<Box<dyn Sockets>>,
    /// A folder of edited passes.
    pub shaders: Option<PathBuf>,
    /// A file of actions.
    pub script: Option<PathBuf>,
    /// Where the last picture goes.
    pub screenshot: Option<PathBuf>,
    /// Pixels of the window or picture.
    pub size: (u32, u32),
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("profiles", &self.profiles)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("name", &self.name).field("end", &self.end).finish_non_exhaustive()
    }
}
