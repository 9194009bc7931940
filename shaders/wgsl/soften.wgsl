// Soften: edges of a picture with one sample per pixel. In: display bytes. Out: display bytes.
#import soften_edge
#import plain

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var smooth_sampler: sampler;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u)) * 2.0 - 1.0;
    return vec4f(corner, 0.0, 1.0);
}

fn green(at: vec2i, last: vec2i) -> f32 {
    return textureLoad(picture, clamp(at, vec2i(0), last), 0).g;
}

fn tap(place: vec2f) -> vec3f {
    return textureSampleLevel(picture, smooth_sampler, place, 0.0).rgb;
}

@fragment
fn fragment(@builtin(position) clip: vec4f) -> @location(0) vec4f {
    let last = vec2i(textureDimensions(picture)) - 1;
    let at = vec2i(clip.xy);
    let middle = textureLoad(picture, at, 0).rgb;
    if is_plain {
        return vec4f(middle, 1.0);
    }
    let north = green(at + vec2i(0, -1), last);
    let south = green(at + vec2i(0, 1), last);
    let west = green(at + vec2i(-1, 0), last);
    let east = green(at + vec2i(1, 0), last);
    let low = min(middle.g, min(min(north, south), min(west, east)));
    let high = max(middle.g, max(max(north, south), max(west, east)));
    if !is_edge(low, high) {
        return vec4f(middle, 1.0);
    }
    let north_west = green(at + vec2i(-1, -1), last);
    let north_east = green(at + vec2i(1, -1), last);
    let south_west = green(at + vec2i(-1, 1), last);
    let south_east = green(at + vec2i(1, 1), last);
    let slope = vec2f(
        north_east + 2.0 * east + south_east - north_west - 2.0 * west - south_west,
        south_west + 2.0 * south + south_east - north_west - 2.0 * north - north_east);
    let pixel = 1.0 / vec2f(textureDimensions(picture));
    let span = edge_span(slope * 0.25) * pixel;
    let here = clip.xy * pixel;
    let near = (tap(here - span / 6.0) + tap(here + span / 6.0)) * 0.5;
    let far = (tap(here - span * 0.5) + tap(here + span * 0.5)) * 0.5;
    return vec4f(edge_blend(near, far, low, high), 1.0);
}
