// Background: a soft room behind the person, drawn once and kept. In: look. Out: linear colour.
#import look
#import noise
#import back_shade
#import tonemap_curve
#import output

@group(0) @binding(0) var<uniform> look: Look;

struct BackFragment {
    @builtin(position) clip: vec4f,
    // -1..1, y up.
    @location(0) screen: vec2f,
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> BackFragment {
    let corner = vec2f(f32((index << 1u) & 2u), f32(index & 2u)) * 2.0 - 1.0;
    var out: BackFragment;
    out.clip = vec4f(corner, 0.0, 1.0);
    out.screen = corner;
    return out;
}

@fragment
fn fragment(f: BackFragment) -> @location(0) vec4f {
    // Half a step of noise keeps the gradient free of bands after eight bits.
    let grain = lattice(i32(f.clip.x), i32(f.clip.y), 11) - 0.5;
    return finish(shade_background(f.screen, look) * (1.0 + grain * 0.012));
}
