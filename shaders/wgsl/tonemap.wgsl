// Tonemap: linear frame to display bytes; averages `scale` x `scale` samples after the curve, so edges stay soft.
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

fn shown(at: vec2i) -> vec3f {
    let last = vec2i(textureDimensions(scene)) - 1;
    return agx(textureLoad(scene, clamp(at, vec2i(0), last), 0).rgb);
}

fn luma(color: vec3f) -> f32 {
    return dot(color, vec3f(0.299, 0.587, 0.114));
}

@fragment
fn fragment(@builtin(position) clip: vec4f) -> @location(0) vec4f {
    let pixel = vec2i(clip.xy);
    let scale = i32(size.scale);
    var sum = vec3f(0.0);
    for (var y = 0; y < scale; y++) {
        for (var x = 0; x < scale; x++) {
            sum += shown(pixel * scale + vec2i(x, y));
        }
    }
    var color = sum / f32(scale * scale);
    if size.smoothing == 1u {
        // FXAA's idea in its smallest form: blend along the edge where the contrast is high.
        let n = shown(pixel + vec2i(0, -1));
        let s = shown(pixel + vec2i(0, 1));
        let w = shown(pixel + vec2i(-1, 0));
        let e = shown(pixel + vec2i(1, 0));
        let here = luma(color);
        let lumas = vec4f(luma(n), luma(s), luma(w), luma(e));
        let low = min(here, min(min(lumas.x, lumas.y), min(lumas.z, lumas.w)));
        let high = max(here, max(max(lumas.x, lumas.y), max(lumas.z, lumas.w)));
        let contrast = smoothstep(0.05, 0.20, high - low);
        color = mix(color, (n + s + w + e + color * 2.0) / 6.0, contrast * 0.75);
    }
    return vec4f(color, 1.0);
}
