//! The numbers beside the weights.

use std::path::Path;

use serde::Deserialize;

use crate::error::InferenceError;
use crate::log_mel::MEL_BANDS;

/// The part of the configuration files that this network reads.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WhisperConfig {
    pub(crate) num_mel_bins: usize,
    pub(crate) max_source_positions: usize,
    pub(crate) d_model: usize,
    pub(crate) encoder_attention_heads: usize,
    pub(crate) encoder_layers: usize,
    pub(crate) decoder_attention_heads: usize,
    pub(crate) decoder_layers: usize,
    pub(crate) vocab_size: usize,
    pub(crate) max_target_positions: usize,
    /// Cross-attention heads that follow the audio in time.
    #[serde(default)]
    pub(crate) alignment_heads: Vec<AlignmentHead>,
    /// Tokens that are never written: marks of non-speech.
    #[serde(default, alias = "suppress_ids")]
    pub(crate) suppress_tokens: Vec<u32>,
}

/// One cross-attention head.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(from = "(usize, usize)")]
pub(crate) struct AlignmentHead {
    pub(crate) layer: usize,
    pub(crate) head: usize,
}

impl From<(usize, usize)> for AlignmentHead {
    fn from((layer, head): (usize, usize)) -> Self {
        Self { layer, head }
    }
}

/// What only the CTranslate2 configuration holds.
#[derive(Debug, Deserialize)]
struct Ct2Config {
    #[serde(default)]
    alignment_heads: Vec<AlignmentHead>,
    #[serde(default)]
    suppress_ids: Vec<u32>,
}

impl WhisperConfig {
    /// Reads `config.json`; alignment heads and suppressed tokens that it lacks come from `ct2_config.json`.
    pub(crate) fn load(folder: &Path) -> Result<Self, InferenceError> {
        let path = folder.join("config.json");
        let mut config: Self = crate::files::json(&path)?;
        let more = folder.join("ct2_config.json");
        if (config.alignment_heads.is_empty() || config.suppress_tokens.is_empty()) && more.exists() {
            let Ct2Config { alignment_heads, suppress_ids } = crate::files::json(&more)?;
            if config.alignment_heads.is_empty() {
                config.alignment_heads = alignment_heads;
            }
            if config.suppress_tokens.is_empty() {
                config.suppress_tokens = suppress_ids;
            }
        }
        config.check().map_err(|reason| InferenceError::Config { path, reason })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.num_mel_bins != MEL_BANDS {
            return Err(format!("{} mel bands, only {MEL_BANDS} are known", self.num_mel_bins));
        }
        for heads in [self.encoder_attention_heads, self.decoder_attention_heads] {
            if heads == 0 || !self.d_model.is_multiple_of(heads) {
                return Err(format!("width {} does not divide into {heads} heads", self.d_model));
            }
        }
        if self.alignment_heads.is_empty() {
            return Err("neither it nor ct2_config.json names the alignment heads".to_owned());
        }
        let unknown =
            |at: &&AlignmentHead| at.layer >= self.decoder_layers || at.head >= self.decoder_attention_heads;
        match self.alignment_heads.iter().find(unknown) {
            Some(at) => Err(format!("there is no alignment head {at:?}")),
            None => Ok(()),
        }
    }
}
