// Mel power: the power of each frequency of each windowed frame.
// In: size, samples, window [W], circle [P] (cosine and sine of i / P turns). Out: power [frames, P / 2 + 1].
// 64 threads: one frequency of one frame each; two frames of 257 frequencies are nine workgroups. A sum over the window in
// place of a fast transform: so short a frame is done before the passes of one would have started.
struct MelPower {
    frames: u32,
    // Samples between two frames.
    hop: u32,
    // Samples of a frame, at most `points`.
    window: u32,
    // Points of the transform.
    points: u32,
}

@group(0) @binding(0) var<uniform> size: MelPower;
@group(0) @binding(1) var<storage, read> samples: array<f32>;
@group(0) @binding(2) var<storage, read> window: array<f32>;
@group(0) @binding(3) var<storage, read> circle: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> power: array<f32>;

@compute @workgroup_size(64)
fn mel_power(@builtin(global_invocation_id) id: vec3u) {
    let bins = size.points / 2u + 1u;
    if id.x >= size.frames * bins {
        return;
    }
    let bin = id.x % bins;
    let first = (id.x / bins) * size.hop;
    var sum = vec2f(0.0);
    for (var i = 0u; i < size.window; i++) {
        sum += circle[(i * bin) % size.points] * (samples[first + i] * window[i]);
    }
    power[id.x] = dot(sum, sum);
}
