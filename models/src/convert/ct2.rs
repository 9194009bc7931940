//! CTranslate2 whisper file → tensors with the names of the published whisper checkpoints, and its configuration.
//!
//! Little endian: u32 version, string kind, u32 revision, u32 count; per variable string name, u8 rank, u32 sizes,
//! u8 type, u32 bytes, data; then u32 count of aliases, each two strings. A string is u16 length with its final NUL.
//! Projections are fused there: self attention `linear_0` is q, k, v one below the other, cross attention `linear_0` is
//! q and `linear_1` is k, v. Whisper's k has no bias.

use safetensors::Dtype;
use serde::Serialize;

use super::bytes::{Cursor, Malformed};
use crate::tensors::{Tensor, Tensors};

/// The configuration that whisper readers expect beside the weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhisperConfig {
    /// Mel bands.
    pub num_mel_bins: usize,
    /// Encoder positions, 20 ms each.
    pub max_source_positions: usize,
    /// Width.
    pub d_model: usize,
    /// Heads of 64.
    pub encoder_attention_heads: usize,
    /// Encoder depth.
    pub encoder_layers: usize,
    /// Heads of 64.
    pub decoder_attention_heads: usize,
    /// Decoder depth.
    pub decoder_layers: usize,
    /// Tokens.
    pub vocab_size: usize,
    /// Decoder positions.
    pub max_target_positions: usize,
    /// Tokens never given out; left to the decoder.
    pub suppress_tokens: Vec<u32>,
}

/// Converts a whole file.
///
/// # Errors
/// [`Malformed`] when it is no CTranslate2 whisper file.
pub fn convert(file: &[u8]) -> Result<(Tensors, WhisperConfig), Malformed> {
    let source = read(file)?;
    let mut out = Builder { source: &source, out: Tensors::new() };
    let encoder_layers = out.side("encoder")?;
    let decoder_layers = out.side("decoder")?;
    for conv in ["conv1", "conv2"] {
        out.linear(&format!("encoder/{conv}"), &format!("model.encoder.{conv}"), None, true)?;
    }
    out.put("decoder/embeddings/weight", "model.decoder.embed_tokens.weight", None)?;
    let tensors = out.out;
    let axis = |name: &str, axis: usize| {
        tensors[name]
            .shape
            .get(axis)
            .copied()
            .ok_or_else(|| Malformed::new(format!("{name} has too few axes")))
    };
    let d_model = axis("model.encoder.conv1.weight", 0)?;
    let config = WhisperConfig {
        num_mel_bins: axis("model.encoder.conv1.weight", 1)?,
        max_source_positions: 1500,
        d_model,
        encoder_attention_heads: d_model / 64,
        encoder_layers,
        decoder_attention_heads: d_model / 64,
        decoder_layers,
        vocab_size: axis("model.decoder.embed_tokens.weight", 0)?,
        max_target_positions: 448,
        suppress_tokens: Vec::new(),
    };
    Ok((tensors, config))
}

fn read(file: &[u8]) -> Result<Tensors, Malformed> {
    let mut cursor = Cursor::new(file);
    cursor.u32()?;
    string(&mut cursor)?;
    cursor.u32()?;
    let count = cursor.u32()?;
    let mut tensors = Tensors::new();
    for _ in 0..count {
        let name = string(&mut cursor)?;
        let rank = cursor.u8()?;
        let shape = (0..rank).map(|_| cursor.length()).collect::<Result<Vec<_>, _>>()?;
        let dtype = match cursor.u8()? {
            0 => Dtype::F32,
            1 => Dtype::I8,
            2 => Dtype::I16,
            3 => Dtype::I32,
            4 => Dtype::F16,
            other => return Err(Malformed::new(format!("{name} is of unknown type {other}"))),
        };
        let bytes = cursor.length()?;
        let tensor = Tensor::new(dtype, shape, cursor.take(bytes)?.to_vec())
            .ok_or_else(|| Malformed::new(format!("{name}: shape and size disagree")))?;
        tensors.insert(name, tensor);
    }
    for _ in 0..cursor.u32()? {
        let (alias, target) = (string(&mut cursor)?, string(&mut cursor)?);
        if tensors.contains_key(&alias) {
            continue;
        }
        let tensor =
            tensors.get(&target).cloned().ok_or_else(|| Malformed::new(format!("{alias} means nothing")))?;
        tensors.insert(alias, tensor);
    }
    if cursor.is_empty() { Ok(tensors) } else { Err(Malformed::new("bytes are left over at the end")) }
}

fn string(cursor: &mut Cursor<'_>) -> Result<String, Malformed> {
    let length = usize::from(cursor.u16()?);
    let text = cursor.take(length)?;
    let text = text.strip_suffix(&[0]).ok_or_else(|| Malformed::new("a string has no end"))?;
    String::from_utf8(text.to_vec()).map_err(|error| Malformed::new(error.to_string()))
}

struct Builder<'a> {
    source: &'a Tensors,
    out: Tensors,
}

impl Builder<'_> {
    fn get(&self, name: &str) -> Result<&Tensor, Malformed> {
        self.source.get(name).ok_or_else(|| Malformed::new(format!("{name} is missing")))
    }

    fn put(&mut self, from: &str, to: &str, rows: Option<(usize, usize)>) -> Result<(), Malformed> {
        let tensor = self.get(from)?;
        let tensor = match rows {
            None => tensor.clone(),
            Some((start, end)) => {
                tensor.rows(start, end).ok_or_else(|| Malformed::new(format!("{from} has too few rows")))?
            }
        };
        self.out.insert(to.to_owned(), tensor);
        Ok(())
    }

    fn norm(&mut self, from: &str, to: &str) -> Result<(), Malformed> {
        self.put(&format!("{from}/gamma"), &format!("{to}.weight"), None)?;
        self.put(&format!("{from}/beta"), &format!("{to}.bias"), None)
    }

    fn linear(
        &mut self,
        from: &str,
        to: &str,
        rows: Option<(usize, usize)>,
        bias: bool,
    ) -> Result<(), Malformed> {
        self.put(&format!("{from}/weight"), &format!("{to}.weight"), rows)?;
        if bias { self.put(&format!("{from}/bias"), &format!("{to}.bias"), rows) } else { Ok(()) }
    }

    fn side(&mut self, side: &str) -> Result<usize, Malformed> {
        let base = format!("model.{side}");
        self.norm(&format!("{side}/layer_norm"), &format!("{base}.layer_norm"))?;
        let positions = format!("{base}.embed_positions.weight");
        self.put(&format!("{side}/position_encodings/encodings"), &positions, None)?;
        let mut layer = 0;
        while let Some(ffn) = self.source.get(&format!("{side}/layer_{layer}/ffn/linear_0/weight")) {
            let d = *ffn.shape.get(1).ok_or_else(|| Malformed::new("a feed-forward weight is no matrix"))?;
            self.layer(
                &format!("{side}/layer_{layer}"),
                &format!("{base}.layers.{layer}"),
                d,
                side == "decoder",
            )?;
            layer += 1;
        }
        Ok(layer)
    }

    fn layer(&mut self, from: &str, to: &str, d: usize, cross: bool) -> Result<(), Malformed> {
        let part = |index: usize| Some((index.saturating_mul(d), index.saturating_add(1).saturating_mul(d)));
        let own = format!("{from}/self_attention");
        self.norm(&format!("{own}/layer_norm"), &format!("{to}.self_attn_layer_norm"))?;
        for (index, name) in ["q_proj", "k_proj", "v_proj"].into_iter().enumerate() {
            let to = format!("{to}.self_attn.{name}");
            self.linear(&format!("{own}/linear_0"), &to, part(index), name != "k_proj")?;
        }
        self.linear(&format!("{own}/linear_1"), &format!("{to}.self_attn.out_proj"), None, true)?;
        if cross {
            let other = format!("{from}/attention");
            self.norm(&format!("{other}/layer_norm"), &format!("{to}.encoder_attn_layer_norm"))?;
            self.linear(&format!("{other}/linear_0"), &format!("{to}.encoder_attn.q_proj"), None, true)?;
            self.linear(&format!("{other}/linear_1"), &format!("{to}.encoder_attn.k_proj"), part(0), false)?;
            self.linear(&format!("{other}/linear_1"), &format!("{to}.encoder_attn.v_proj"), part(1), true)?;
            self.linear(&format!("{other}/linear_2"), &format!("{to}.encoder_attn.out_proj"), None, true)?;
        }
        self.norm(&format!("{from}/ffn/layer_norm"), &format!("{to}.final_layer_norm"))?;
        self.linear(&format!("{from}/ffn/linear_0"), &format!("{to}.fc1"), None, true)?;
        self.linear(&format!("{from}/ffn/linear_1"), &format!("{to}.fc2"), None, true)
    }
}
