// Mel bands: the logarithm of each band's power.
// In: size, power [frames, bins], bands (first bin, first weight, weights of each band), weights. Out: log_mel [frames, bands].
// 64 threads: one band of one frame each; two frames of 40 bands are two workgroups.
struct MelBands {
    frames: u32,
    bins: u32,
    bands: u32,
    // Power below this counts as this.
    floor: f32,
}

struct MelBand {
    first_bin: u32,
    first_weight: u32,
    weights: u32,
    spare0: u32,
}

@group(0) @binding(0) var<uniform> size: MelBands;
@group(0) @binding(1) var<storage, read> power: array<f32>;
@group(0) @binding(2) var<storage, read> bands: array<MelBand>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_mel: array<f32>;

@compute @workgroup_size(64)
fn mel_bands(@builtin(global_invocation_id) id: vec3u) {
    if id.x >= size.frames * size.bands {
        return;
    }
    let band = bands[id.x % size.bands];
    let first = (id.x / size.bands) * size.bins + band.first_bin;
    var sum = 0.0;
    for (var i = 0u; i < band.weights; i++) {
        sum += power[first + i] * weights[band.first_weight + i];
    }
    // log10(2), as there is no log10.
    log_mel[id.x] = log2(max(sum, size.floor)) * 0.30102999566;
}
