//! Twin of `flow_count.wgsl`.

use super::flow_stem::layer;
use crate::networks::{FlowCount, FlowTick};

/// The gated sums after a tick, in place. `weights` as the pass takes them.
pub fn flow_count(size: &FlowCount, tick: &FlowTick, weights: &[f32], x: &[f32], sums: &mut [f32]) {
    let (channels, counters) = (size.channels as usize, size.counters as usize);
    if tick.in_turn == 0 {
        sums.fill(0.0);
        return;
    }
    let (gates, values) = weights.split_at((channels + 1) * counters);
    let bias = channels * counters;
    for (k, sum) in sums.iter_mut().enumerate() {
        let gate = layer(gates, x, counters, k) + gates[bias + k];
        let value = layer(values, x, counters, k) + values[bias + k];
        let open = 1.0 / (1.0 + (-gate).clamp(-80.0, 80.0).exp());
        *sum += size.step * open * value.clamp(-15.0, 15.0).tanh();
    }
}
