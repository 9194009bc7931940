// Last step of a drawing pass: linear light, or display-encoded where the target holds bytes. Imports: tonemap_curve.
override is_display: bool = false;

fn finish(color: vec3f) -> vec4f {
    if is_display {
        return vec4f(agx(color), 1.0);
    }
    return vec4f(color, 1.0);
}
