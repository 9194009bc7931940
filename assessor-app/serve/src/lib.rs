//! The review pages: a local web server on the loopback address for the people who decide.
//!
//! Enters: a folder of sealed bundles, and what a reviewer does in a browser on the same machine. Leaves: steps appended to the bundles.
//! This crate deliberately makes no score and no credential: the one comes sealed, the other is a [`Consequences`] of the caller.
//!
//! A request passes [`http`](self) (bounded connections, time and size), the guard (address, origin, token) and one handler, which is plain
//! code without the network.

mod app;
mod bundles;
mod claims;
mod forms;
mod guard;
mod http;
mod message;
mod pages;
mod samples;
mod sound;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use ed25519_dalek::SigningKey;
use thiserror::Error;
use viva_record::{Outcome, oversight::routing::RoutingConfig};

/// The port when none is named; a fixed one keeps half-filled forms, which a browser stores by address.
pub const DEFAULT_PORT: u16 = 8462;

/// What follows from a decision outside the record, for example a credential. Whatever it adds to the bundle it seals itself.
pub trait Consequences: Send + Sync {
    /// Looked at before a decision is recorded, so that none stays without its consequence.
    ///
    /// **Errors**: what is missing, with the mend.
    fn ready(&self, bundle: &Path, outcome: Outcome) -> Result<(), String>;

    /// A first decision stands; returns a sentence about what followed.
    ///
    /// **Errors**: what failed; the decision stands all the same.
    fn decided(&self, bundle: &Path) -> Result<Option<String>, String>;

    /// An appeal was opened.
    ///
    /// **Errors**: as [`Self::decided`].
    fn appealed(&self, bundle: &Path) -> Result<Option<String>, String>;

    /// An appeal was decided.
    ///
    /// **Errors**: as [`Self::decided`].
    fn appeal_decided(&self, bundle: &Path) -> Result<Option<String>, String>;
}

/// Decisions are recorded and nothing else follows.
#[derive(Clone, Copy, Debug)]
pub struct RecordOnly;

impl Consequences for RecordOnly {
    fn ready(&self, _bundle: &Path, _outcome: Outcome) -> Result<(), String> {
        Ok(())
    }

    fn decided(&self, _bundle: &Path) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn appealed(&self, _bundle: &Path) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn appeal_decided(&self, _bundle: &Path) -> Result<Option<String>, String> {
        Ok(None)
    }
}

/// What the wall clock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// Seconds since 1970.
    pub unix_secs: u64,
    /// The same, RFC 3339.
    pub rfc3339: String,
}

/// How the server is set up.
pub struct ReviewConfig {
    /// The folder of bundles, up to two levels deep.
    pub folder: PathBuf,
    /// The key that sealed them and will seal what is added.
    pub key: SigningKey,
    /// What is routed to a human.
    pub routing: RoutingConfig,
    /// The wall clock.
    pub clock: Box<dyn Fn() -> Now + Send + Sync>,
    /// What follows from decisions.
    pub consequences: Box<dyn Consequences>,
}

impl std::fmt::Debug for ReviewConfig {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ReviewConfig")
            .field("folder", &self.folder)
            .field("routing", &self.routing)
            .finish_non_exhaustive()
    }
}

/// Why the server does not run.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The folder cannot be listed.
    #[error("{path} cannot be listed")]
    Folder {
        /// The folder.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The port is taken or not allowed.
    #[error("port {port} on 127.0.0.1 cannot be used: name another one with --port, or 0 for any")]
    Port {
        /// The port.
        port: u16,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The system gave no randomness for the token, or refused the network.
    #[error("the server cannot run: {0}")]
    System(String),
}

/// A server that has its address and waits to run.
#[derive(Debug)]
pub struct ReviewServer {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<app::App>,
}

impl ReviewServer {
    /// Takes the port on 127.0.0.1 (0: any free one) and draws the token of the address.
    ///
    /// **Errors**: see [`ServeError`].
    pub fn bind(config: ReviewConfig, port: u16) -> Result<Self, ServeError> {
        std::fs::read_dir(&config.folder)
            .map_err(|source| ServeError::Folder { path: config.folder.display().to_string(), source })?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|source| ServeError::Port { port, source })?;
        let address = listener.local_addr().map_err(|error| ServeError::System(error.to_string()))?;
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|error| ServeError::System(error.to_string()))?;
        let app = app::App::new(config, viva_verify::canonical::hex(&token), address.port());
        Ok(Self { listener, address, app: Arc::new(app) })
    }

    /// The address to open, with its token.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.app.token())
    }

    /// Serves until the process ends.
    ///
    /// **Errors**: the system refused the network.
    pub fn run(self) -> Result<(), ServeError> {
        http::run(self.listener, self.app).map_err(|error| ServeError::System(error.to_string()))
    }
}
