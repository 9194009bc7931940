// Teeth, tongue and lashes. Twin: `cpu::mouth`. Imports: frame, look, noise, light.
struct MouthPoint {
    // In head space without morphs, metres.
    rest: vec3f,
    // 0 teeth, 1 tongue, 2 lash.
    material: f32,
    normal: vec3f,
    occlusion: f32,
    to_camera: vec3f,
    // How far the point lies behind the lips, metres.
    behind_lips: f32,
    uv: vec2f,
    spare: vec2f,
}

// Positive where a lash covers the point: dense at the lid, thinning to the tip; `reach` is 0 at the lid and 1 at 6 mm.
// The strips of the lower lid lie above v = 0.045 of the texture plane and are short.
fn lash_cover(uv: vec2f, reach: f32, look: Look) -> f32 {
    let is_upper = step(0.045, uv.y);
    let strands = noise2(vec2f(uv.x * 3600.0, uv.y * 40.0));
    let length = mix(0.16, 0.48, is_upper) + look.iris.w * mix(0.16, 0.52, is_upper);
    return length - reach - (1.0 - strands) * 0.55 * length;
}

fn shade_mouth(p: MouthPoint, frame: Frame, look: Look) -> vec3f {
    let normal = normalize(p.normal);
    var light = frame.key_color.rgb * wrapped(dot(normal, frame.key_direction.xyz), vec3f(0.5)) * 0.75;
    light += frame.fill_color.rgb * wrapped(dot(normal, frame.fill_direction.xyz), vec3f(0.5));
    light += ambient(frame, normal);
    if p.material > 1.5 {
        return look.brow.rgb * 0.35 * light;
    }
    // The mouth lets in light as far as it is open.
    let depth = exp(-max(p.behind_lips, 0.0) * mix(120.0, 24.0, frame.neck.w));
    let inside = depth * mix(0.65, 1.0, frame.neck.w);
    if p.material > 0.5 {
        let rough = noise3(p.rest * 700.0);
        let tongue = vec3f(0.42, 0.13, 0.12) * (0.85 + 0.3 * rough);
        let wet = ggx(normal, p.to_camera, frame.key_direction.xyz, 0.42, 0.03) * 0.5;
        return (tongue * light + frame.key_color.rgb * wet) * inside * 0.8;
    }
    // Gaps between teeth: 8.5 mm incisors, the rest narrower.
    let x = abs(p.rest.x);
    let step_width = mix(0.0086, 0.0070, smoothstep(0.008, 0.02, x));
    let within = fract(x / step_width);
    let gap = smoothstep(0.0, 0.10, within) * (1.0 - smoothstep(0.90, 1.0, within));
    let enamel = mix(vec3f(0.30, 0.20, 0.15), vec3f(0.74, 0.67, 0.57), mix(0.55, 1.0, gap));
    let side = 1.0 - 0.5 * smoothstep(0.012, 0.030, x);
    let wet = ggx(normal, p.to_camera, frame.key_direction.xyz, 0.30, 0.035) * 0.35;
    // Light in the mouth has bounced off red walls.
    return (enamel * light * vec3f(1.0, 0.86, 0.76) + frame.key_color.rgb * wet) * inside * side;
}
