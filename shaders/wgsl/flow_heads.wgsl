// Flow heads: channels and sums through the hidden layer and its rectifier to the logits.
// In: size, weights: hidden [C + K, C] (one row an input), its bias [C], heads [C, O], its bias [O]; x [C], sums [K].
// Out: logits [O]. One workgroup of 128 threads, one channel each: the heads need all of the hidden layer.
struct FlowHeads {
    // With the counters at most 512.
    channels: u32,
    counters: u32,
    outputs: u32,
    spare0: u32,
}

@group(0) @binding(0) var<uniform> size: FlowHeads;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> sums: array<f32>;
@group(0) @binding(4) var<storage, read_write> logits: array<f32>;

var<workgroup> joined: array<f32, 512>;
var<workgroup> hidden: array<f32, 512>;

@compute @workgroup_size(128)
fn flow_heads(@builtin(local_invocation_index) thread: u32) {
    let channels = size.channels;
    let width = channels + size.counters;
    for (var i = thread; i < width; i += 128u) {
        if i < channels {
            joined[i] = x[i];
        } else {
            joined[i] = sums[i - channels];
        }
    }
    workgroupBarrier();
    let hidden_bias = width * channels;
    for (var c = thread; c < channels; c += 128u) {
        var sum = 0.0;
        for (var i = 0u; i < width; i++) {
            sum += weights[i * channels + c] * joined[i];
        }
        hidden[c] = max(sum + weights[hidden_bias + c], 0.0);
    }
    workgroupBarrier();
    let heads = hidden_bias + channels;
    let heads_bias = heads + channels * size.outputs;
    for (var o = thread; o < size.outputs; o += 128u) {
        var sum = 0.0;
        for (var i = 0u; i < channels; i++) {
            sum += weights[heads + i * size.outputs + o] * hidden[i];
        }
        logits[o] = sum + weights[heads_bias + o];
    }
}
