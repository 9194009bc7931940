// Where a place of the HM08 texture plane lies on the baked skin: the head takes the upper three quarters at full detail,
// everything else shares the rest. Twin: `cpu::skin_quick::atlas`.
fn atlas(uv: vec2f) -> vec2f {
    if uv.x >= 0.6 && uv.y <= 0.855 {
        // Behind the ears the skin is under hair: the edge of the picture is enough.
        return clamp((vec2f(uv.y, uv.x) - vec2f(0.3368, 0.63)) / vec2f(0.36, 0.37), vec2f(0.0), vec2f(1.0)) * vec2f(1.0, 0.74);
    }
    return vec2f(uv.y, 0.76 + 0.24 * uv.x);
}
