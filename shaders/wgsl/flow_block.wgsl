// Flow block: now, one and two dilations ago, a layer with its rectifier, a second layer, a residual.
// In: size, tick, weights: taps [3 C, C] (one row an input), its bias [C], out [C, C], its bias [C].
// Out: x [C] in place; past: ring of the block's last 2 x dilation inputs, [2 x dilation, C], where the oldest is replaced.
// One workgroup of 128 threads, one channel each: the second layer needs all channels of the first, so they meet at a
// barrier; a thread touches its own channel of the ring only.
#import flow_tick

struct FlowBlock {
    // At most 170, so that three rows fit in workgroup memory.
    channels: u32,
    dilation: u32,
    spare0: u32,
    spare1: u32,
}

@group(0) @binding(0) var<uniform> size: FlowBlock;
@group(0) @binding(1) var<storage, read> tick: FlowTick;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> past: array<f32>;
@group(0) @binding(4) var<storage, read_write> x: array<f32>;

var<workgroup> taps: array<f32, 512>;
var<workgroup> inner: array<f32, 512>;

@compute @workgroup_size(128)
fn flow_block(@builtin(local_invocation_index) thread: u32) {
    let channels = size.channels;
    let slots = 2u * size.dilation;
    let now = (tick.index % slots) * channels;
    let half = ((tick.index + size.dilation) % slots) * channels;
    for (var c = thread; c < channels; c += 128u) {
        taps[c] = x[c];
        taps[channels + c] = past[half + c];
        taps[2u * channels + c] = past[now + c];
        past[now + c] = x[c];
    }
    workgroupBarrier();
    let taps_bias = 3u * channels * channels;
    for (var c = thread; c < channels; c += 128u) {
        var sum = 0.0;
        for (var i = 0u; i < 3u * channels; i++) {
            sum += weights[i * channels + c] * taps[i];
        }
        inner[c] = max(sum + weights[taps_bias + c], 0.0);
    }
    workgroupBarrier();
    let out = taps_bias + channels;
    let out_bias = out + channels * channels;
    for (var c = thread; c < channels; c += 128u) {
        var sum = 0.0;
        for (var i = 0u; i < channels; i++) {
            sum += weights[out + i * channels + c] * inner[i];
        }
        x[c] += sum + weights[out_bias + c];
    }
}
