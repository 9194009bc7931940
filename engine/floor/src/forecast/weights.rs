//! The flow-net's weights, and the packs in which executions on a device take them.

/// A fully connected layer. **Shape** weight `[outputs, inputs]`, row-major; bias `[outputs]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// One row an output.
    pub weight: Vec<f32>,
    /// One value an output.
    pub bias: Vec<f32>,
}

impl Layer {
    /// The weight with one row an input, then the bias: neighbouring outputs read neighbouring weights.
    fn pack_into(&self, pack: &mut Vec<f32>) {
        let inputs = self.weight.len() / self.bias.len().max(1);
        for input in 0..inputs {
            pack.extend(self.weight.iter().skip(input).step_by(inputs));
        }
        pack.extend_from_slice(&self.bias);
    }
}

/// The two layers of a causal block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockWeights {
    /// From the three taps.
    pub taps: Layer,
    /// To the residual.
    pub out: Layer,
}

/// All weights of the flow-net; the sizes are those of [`super::shape`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowNetWeights {
    /// What is taken off each feature.
    pub mean: Vec<f32>,
    /// By what the rest is multiplied.
    pub scale: Vec<f32>,
    /// From the features.
    pub stem: Layer,
    /// In the order of [`super::shape::DILATIONS`].
    pub blocks: Vec<BlockWeights>,
    /// How far each sum is open.
    pub gate: Layer,
    /// What goes into each sum.
    pub value: Layer,
    /// From channels and sums.
    pub hidden: Layer,
    /// To the outputs.
    pub heads: Layer,
}

/// One list of weights for each pass of an execution, in the order in which the pass reads them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackedWeights {
    /// Mean, scale, stem.
    pub stem: Vec<f32>,
    /// Taps and out of each block.
    pub blocks: Vec<Vec<f32>>,
    /// Gate and value.
    pub count: Vec<f32>,
    /// Hidden and heads.
    pub heads: Vec<f32>,
}

impl FlowNetWeights {
    /// The packs.
    #[must_use]
    pub fn packed(&self) -> PackedWeights {
        let join = |layers: [&Layer; 2]| {
            let mut pack = Vec::new();
            layers.iter().for_each(|layer| layer.pack_into(&mut pack));
            pack
        };
        let mut stem = [self.mean.as_slice(), &self.scale].concat();
        self.stem.pack_into(&mut stem);
        PackedWeights {
            stem,
            blocks: self.blocks.iter().map(|block| join([&block.taps, &block.out])).collect(),
            count: join([&self.gate, &self.value]),
            heads: join([&self.hidden, &self.heads]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_has_one_row_an_input_and_ends_with_the_bias() {
        let layer = |first: f32| Layer {
            weight: (0..6).map(|i| first + i as f32).collect(),
            bias: vec![first + 50.0, first + 51.0],
        };
        let weights = FlowNetWeights {
            mean: vec![7.0],
            scale: vec![8.0],
            stem: layer(0.0),
            gate: layer(100.0),
            value: layer(200.0),
            ..FlowNetWeights::default()
        };
        let packed = weights.packed();
        assert_eq!(packed.stem, [7.0, 8.0, 0.0, 3.0, 1.0, 4.0, 2.0, 5.0, 50.0, 51.0]);
        assert_eq!(packed.count.len(), 16);
        assert_eq!(packed.count[8..], [200.0, 203.0, 201.0, 204.0, 202.0, 205.0, 250.0, 251.0]);
    }
}
