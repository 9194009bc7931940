// Tonemap: linear frame to display bytes; averages `scale` x `scale` samples per pixel.
// In: linear texture. Out: RGBA8, display-encoded.
#import tonemap_curve

struct TonemapSize {
    scale: u32,
    // 1 softens stair-steps when there is one sample only.
    smoothing: u32,
    spare0: u32,
    spare1: u32,
}

@group(0) @binding(0) var<uniform> size: TonemapSize;
@group(0) @binding(1) var scene: texture_2d<f32>;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u)) * 2.0 - 1.0;
    return vec4f(corner, 0.0, 1.0);
}

// A sample with its weight: bright samples count less, as in B. Karis, "Tone mapping" (2013), so that an average of
// linear light before the costly curve still gives soft edges.
fn weighed(at: vec2i) -> vec4f {
    let last = vec2i(textureDimensions(scene)) - 1;
    let color = textureLoad(scene, clamp(at, vec2i(0), last), 0).rgb;
    let weight = 1.0 / (1.0 + dot(color, vec3f(0.299, 0.587, 0.114)));
    return vec4f(color * weight, weight);
}

@fragment
fn fragment(@builtin(position) clip: vec4f) -> @location(0) vec4f {
    let pixel = vec2i(clip.xy);
    let scale = i32(size.scale);
    var sum = vec4f(0.0);
    for (var y = 0; y < scale; y++) {
        for (var x = 0; x < scale; x++) {
            sum += weighed(pixel * scale + vec2i(x, y));
        }
    }
    if size.smoothing == 1u {
        // FXAA's idea in its smallest form: blend with the neighbours where the contrast is high.
        let n = weighed(pixel + vec2i(0, -1));
        let s = weighed(pixel + vec2i(0, 1));
        let w = weighed(pixel + vec2i(-1, 0));
        let e = weighed(pixel + vec2i(1, 0));
        // The weight falls with luminance, so its spread is the contrast.
        let low = min(sum.w, min(min(n.w, s.w), min(w.w, e.w)));
        let high = max(sum.w, max(max(n.w, s.w), max(w.w, e.w)));
        let contrast = smoothstep(0.04, 0.16, high - low);
        sum = mix(sum, (n + s + w + e + sum * 2.0) / 6.0, contrast * 0.75);
    }
    return vec4f(agx(sum.rgb / sum.w), 1.0);
}
