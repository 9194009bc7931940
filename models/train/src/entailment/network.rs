//! The network while it is trained: MiniLM's six layers as variables, its embeddings as they are.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var};
use viva_inference::entailment::{OUTPUTS, PairTokens, Tensors};

use super::ops::{Attention, Bias, Dropout, LayerNorm, Pool};
use crate::scorer::Random;

const HEADS: usize = 12;
const EPSILON: f32 = 1e-12;
/// Of 256: a tenth.
const DROPOUT: u8 = 26;
/// Spread of the head's first weights.
const HEAD_SPREAD: f32 = 0.02;

/// A named variable.
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) var: Var,
}

/// The network.
pub(super) struct Network {
    words: Vec<f32>,
    positions: Vec<f32>,
    types: Vec<f32>,
    norm: [Tensor; 2],
    variables: Vec<Variable>,
    place: BTreeMap<String, usize>,
    layers: usize,
    width: usize,
}

impl Network {
    /// From the locked weights, with a new head.
    pub(super) fn load(folder: &Path, seed: u64) -> Result<Self> {
        let stored = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?;
        let get = |name: &str| -> Result<Tensor> {
            let Some(tensor) = stored.get(name) else {
                candle_core::bail!("no tensor {name} in the locked weights")
            };
            tensor.to_dtype(candle_core::DType::F32)?.contiguous()
        };
        let flat = |name: &str| -> Result<Vec<f32>> { get(name)?.flatten_all()?.to_vec1() };
        let mut variables = Vec::new();
        let mut layers = 0;
        while stored.contains_key(&format!("encoder.layer.{layers}.output.dense.weight")) {
            layers += 1;
        }
        let mut names: Vec<&String> = stored.keys().filter(|name| name.starts_with("encoder.")).collect();
        names.sort();
        for name in names {
            variables.push(Variable { name: name.clone(), var: Var::from_tensor(&get(name)?)? });
        }
        let norm = [get("embeddings.LayerNorm.weight")?, get("embeddings.LayerNorm.bias")?];
        let width = norm[0].elem_count();
        let mut random = Random::new(seed ^ 0x4ead);
        // The sum of twelve even chances is near a normal one.
        let mut spread = || ((0..12).map(|_| random.chance()).sum::<f32>() - 6.0) * HEAD_SPREAD;
        let head: Vec<f32> = (0..OUTPUTS * 2 * width).map(|_| spread()).collect();
        let head = Tensor::from_vec(head, (OUTPUTS, 2 * width), &Device::Cpu)?;
        variables.push(Variable { name: "head.weight".to_owned(), var: Var::from_tensor(&head)? });
        let bias = Tensor::from_vec(vec![0.0_f32; OUTPUTS], OUTPUTS, &Device::Cpu)?;
        variables.push(Variable { name: "head.bias".to_owned(), var: Var::from_tensor(&bias)? });
        let place = variables.iter().enumerate().map(|(at, v)| (v.name.clone(), at)).collect();
        Ok(Self {
            words: flat("embeddings.word_embeddings.weight")?,
            positions: flat("embeddings.position_embeddings.weight")?,
            types: flat("embeddings.token_type_embeddings.weight")?,
            norm,
            variables,
            place,
            layers,
            width,
        })
    }

    pub(super) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn var(&self, name: &str) -> Result<&Tensor> {
        match self.place.get(name) {
            Some(at) => Ok(self.variables[*at].var.as_tensor()),
            None => candle_core::bail!("no variable {name}"),
        }
    }

    fn linear(&self, x: &Tensor, name: &str, gelu: bool) -> Result<Tensor> {
        let weight = self.var(&format!("{name}.weight"))?;
        x.matmul(&weight.t()?)?.apply_op2(self.var(&format!("{name}.bias"))?, Bias { gelu })
    }

    fn normalise(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let (weight, bias) = (self.var(&format!("{name}.weight"))?, self.var(&format!("{name}.bias"))?);
        x.apply_op3(weight, bias, LayerNorm { epsilon: EPSILON })
    }

    /// Logits and score before the logistic function. **Shape** `[pairs, 5]`. `chance` leaves values out, for training.
    pub(super) fn forward(&self, pairs: &[&PairTokens], mut chance: Option<Random>) -> Result<Tensor> {
        let mut dropout = || match &mut chance {
            Some(random) => Dropout { share: DROPOUT, seed: random.next() },
            None => Dropout { share: 0, seed: 0 },
        };
        let runs: Vec<usize> = pairs.iter().map(|pair| pair.tokens.len()).collect();
        let mut x = self.embedded(pairs)?.apply_op1(dropout())?;
        for layer in 0..self.layers {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let of = |part: &str| self.linear(&x, &name(&format!("attention.self.{part}")), false);
            let attention = Attention { heads: HEADS, runs: runs.clone(), dropout: dropout() };
            let mixed = of("query")?.apply_op3(&of("key")?, &of("value")?, attention)?;
            let mixed = self.linear(&mixed, &name("attention.output.dense"), false)?.apply_op1(dropout())?;
            x = self.normalise(&(x + mixed)?, &name("attention.output.LayerNorm"))?;
            let hidden = self.linear(&x, &name("intermediate.dense"), true)?;
            let hidden = self.linear(&hidden, &name("output.dense"), false)?.apply_op1(dropout())?;
            x = self.normalise(&(x + hidden)?, &name("output.LayerNorm"))?;
        }
        let pooled = x.apply_op1(Pool { runs })?.apply_op1(dropout())?;
        self.linear(&pooled, "head", false)
    }

    fn embedded(&self, pairs: &[&PairTokens]) -> Result<Tensor> {
        let width = self.width;
        let mut rows = Vec::new();
        for pair in pairs {
            for (at, token) in pair.tokens.iter().enumerate() {
                let word = &self.words[*token as usize * width..][..width];
                let place = &self.positions[at * width..][..width];
                let kind = &self.types[usize::from(at >= pair.second_from) * width..][..width];
                rows.extend(
                    word.iter().zip(place).zip(kind).map(|((word, place), kind)| word + place + kind),
                );
            }
        }
        let count = rows.len() / width;
        Tensor::from_vec(rows, (count, width), &Device::Cpu)?.apply_op3(
            &self.norm[0],
            &self.norm[1],
            LayerNorm { epsilon: EPSILON },
        )
    }

    /// The gradient of every variable, in their order.
    pub(super) fn gradients(&self, store: &GradStore) -> Result<Vec<Vec<f32>>> {
        self.variables
            .iter()
            .map(|Variable { name, var }| match store.get(var) {
                Some(gradient) => gradient.flatten_all()?.to_vec1(),
                None => candle_core::bail!("{name} got no gradient"),
            })
            .collect()
    }

    /// Gives every variable the values, in their order.
    pub(super) fn set(&self, values: &[&[f32]]) -> Result<()> {
        for (Variable { var, .. }, values) in self.variables.iter().zip(values) {
            var.set(&Tensor::from_slice(values, var.shape(), &Device::Cpu)?)?;
        }
        Ok(())
    }

    /// What `values` differ from the locked weights; the head whole.
    pub(super) fn change(&self, folder: &Path, values: &[&[f32]]) -> Result<Tensors> {
        let stored = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?;
        let mut change = Tensors::new();
        for (Variable { name, var }, values) in self.variables.iter().zip(values) {
            let mut values = values.to_vec();
            if let Some(before) = stored.get(name) {
                let before: Vec<f32> = before.to_dtype(candle_core::DType::F32)?.flatten_all()?.to_vec1()?;
                values.iter_mut().zip(before).for_each(|(now, before)| *now -= before);
            }
            change.insert(name.clone(), (var.dims().to_vec(), values));
        }
        Ok(change)
    }
}
