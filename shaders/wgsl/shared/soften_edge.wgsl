// FXAA's idea in its smallest form: blend with the neighbours where the contrast is high. Twin: `cpu::soften`.
fn soften(middle: vec3f, north: vec3f, south: vec3f, west: vec3f, east: vec3f) -> vec3f {
    let low = min(middle.g, min(min(north.g, south.g), min(west.g, east.g)));
    let high = max(middle.g, max(max(north.g, south.g), max(west.g, east.g)));
    let share = clamp((high - low - 0.06) * 6.0, 0.0, 0.7);
    return mix(middle, (north + south + west + east + middle * 2.0) / 6.0, share);
}
