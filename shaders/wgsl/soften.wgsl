// Soften: edges of a picture with one sample per pixel. In: display bytes. Out: display bytes.
@group(0) @binding(0) var picture: texture_2d<f32>;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u)) * 2.0 - 1.0;
    return vec4f(corner, 0.0, 1.0);
}

#import soften_edge

@fragment
fn fragment(@builtin(position) clip: vec4f) -> @location(0) vec4f {
    let last = vec2i(textureDimensions(picture)) - 1;
    let at = vec2i(clip.xy);
    let north = textureLoad(picture, vec2i(at.x, max(at.y - 1, 0)), 0).rgb;
    let south = textureLoad(picture, vec2i(at.x, min(at.y + 1, last.y)), 0).rgb;
    let west = textureLoad(picture, vec2i(max(at.x - 1, 0), at.y), 0).rgb;
    let east = textureLoad(picture, vec2i(min(at.x + 1, last.x), at.y), 0).rgb;
    return vec4f(soften(textureLoad(picture, at, 0).rgb, north, south, west, east), 1.0);
}
