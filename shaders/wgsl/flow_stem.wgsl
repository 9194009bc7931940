// Flow stem: the features of one tick, normalised, through the first layer and its rectifier.
// In: size, tick (its features are finite), weights: mean [F], scale [F], weight [F, C] (one row an input), bias [C].
// Out: x [C]. One workgroup of 128 threads, one channel each: the features are normalised once, in workgroup memory,
// and neighbouring threads read neighbouring weights.
#import flow_tick

struct FlowStem {
    // At most 512.
    features: u32,
    channels: u32,
    spare0: u32,
    spare1: u32,
}

@group(0) @binding(0) var<uniform> size: FlowStem;
@group(0) @binding(1) var<storage, read> tick: FlowTick;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

var<workgroup> row: array<f32, 512>;

@compute @workgroup_size(128)
fn flow_stem(@builtin(local_invocation_index) thread: u32) {
    for (var i = thread; i < size.features; i += 128u) {
        row[i] = (tick.features[i] - weights[i]) * weights[size.features + i];
    }
    workgroupBarrier();
    let weight = 2u * size.features;
    let bias = weight + size.features * size.channels;
    for (var c = thread; c < size.channels; c += 128u) {
        var sum = 0.0;
        for (var i = 0u; i < size.features; i++) {
            sum += weights[weight + i * size.channels + c] * row[i];
        }
        x[c] = max(sum + weights[bias + c], 0.0);
    }
}
