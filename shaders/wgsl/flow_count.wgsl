// Flow count: gated sums over the running turn; nothing outside of one.
// In: size, tick, weights: gate [C, K] (one row an input), its bias [K], value [C, K], its bias [K]; x [C].
// Out: sums [K] in place. 64 threads: one sum each, the network has 32.
#import flow_tick

struct FlowCount {
    channels: u32,
    counters: u32,
    // What one tick adds at most.
    step: f32,
    spare0: u32,
}

@group(0) @binding(0) var<uniform> size: FlowCount;
@group(0) @binding(1) var<storage, read> tick: FlowTick;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn flow_count(@builtin(global_invocation_id) id: vec3u) {
    let k = id.x;
    if k >= size.counters {
        return;
    }
    if tick.in_turn == 0u {
        sums[k] = 0.0;
        return;
    }
    let layer = size.channels * size.counters + size.counters;
    var gate = weights[layer - size.counters + k];
    var value = weights[2u * layer - size.counters + k];
    for (var i = 0u; i < size.channels; i++) {
        gate += weights[i * size.counters + k] * x[i];
        value += weights[layer + i * size.counters + k] * x[i];
    }
    // Beyond these bounds both functions have reached their ends in f32, and exp would leave it.
    let open = 1.0 / (1.0 + exp(clamp(-gate, -80.0, 80.0)));
    sums[k] += size.step * open * tanh(clamp(value, -15.0, 15.0));
}
