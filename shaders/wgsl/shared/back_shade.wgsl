// The room behind the person at one point of the screen (-1..1, y up). Twin: `cpu::background`. Imports: look, noise.

// A blurred upright plane between two x: shelves, a window, a door frame.
fn panel(s: vec2f, left: f32, right: f32, low: f32, high: f32, blur: f32) -> f32 {
    return smoothstep(left - blur, left + blur, s.x) * (1.0 - smoothstep(right - blur, right + blur, s.x))
        * smoothstep(low - blur, low + blur, s.y) * (1.0 - smoothstep(high - blur, high + blur, s.y));
}

fn shade_background(s: vec2f, look: Look) -> vec3f {
    var color = mix(look.back_bottom.rgb, look.back_top.rgb, smoothstep(-1.0, 1.0, s.y + s.x * 0.25));
    // A window out of focus on the key light's side, and a shelf on the other.
    let window = panel(s, -1.15, -0.52, -0.35, 1.3, 0.09) * (1.0 - 0.45 * panel(s, -0.86, -0.81, -2.0, 2.0, 0.03));
    color = mix(color, look.back_light.rgb, window * look.back_light.w);
    let shelf = panel(s, 0.48, 1.25, 0.30, 0.40, 0.05) + panel(s, 0.48, 1.25, -0.30, -0.20, 0.05);
    color *= 1.0 - 0.38 * shelf;
    for (var i = 0; i < 9; i++) {
        let x = 0.54 + f32(i) * 0.072;
        let tone = lattice(i, 3, 0);
        let high = 0.62 + 0.16 * lattice(i, 5, 0);
        let book = panel(s, x, x + 0.05, 0.40, high, 0.028);
        color *= mix(vec3f(1.0), vec3f(0.55) + 0.7 * vec3f(tone, lattice(i, 7, 0) * 0.9, lattice(i, 9, 0) * 0.8), book * 0.55);
    }
    let edge = dot(s, s);
    color *= 1.0 - 0.16 * edge;
    return color;
}
