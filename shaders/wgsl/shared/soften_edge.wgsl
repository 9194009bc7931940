// Where edges run and how far they are smoothed, from the green of their surroundings. Twin: `cpu::soften`.
// The idea is that of T. Lottes, FXAA (2009): blend along an edge, never across it.

// Whether a spread of brightness is a step that the eye sees.
fn is_edge(low: f32, high: f32) -> bool {
    return high - low > max(0.035, 0.09 * high);
}

// Along the edge, in pixels: the flatter its stairs, the longer they are, up to eight.
fn edge_span(slope: vec2f) -> vec2f {
    let along = vec2f(-slope.y, slope.x);
    return clamp(along / (min(abs(slope.x), abs(slope.y)) + 0.02), vec2f(-8.0), vec2f(8.0));
}

// The far taps count where they still lie on the edge: within the brightness about the pixel.
fn edge_blend(near: vec3f, far: vec3f, low: f32, high: f32) -> vec3f {
    let both = (near + far) * 0.5;
    return select(near, both, both.g >= low && both.g <= high);
}
