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
    // The mouth lets in light as far as it is open; front teeth stand in it as soon as the lips part.
    let is_tongue = step(0.5, p.material);
    let behind = max(p.behind_lips - 0.006 * (1.0 - is_tongue), 0.0);
    let depth = exp(-behind * mix(120.0, 24.0, max(frame.neck.w, 0.5 * (1.0 - is_tongue))));
    let inside = depth * mix(mix(0.85, 0.65, is_tongue), 1.0, frame.neck.w);
    if p.material > 0.5 {
        let rough = noise3(p.rest * 700.0);
        let tongue = vec3f(0.42, 0.13, 0.12) * (0.85 + 0.3 * rough);
        let wet = ggx(normal, p.to_camera, frame.key_direction.xyz, 0.42, 0.03) * 0.5;
        return (tongue * light + frame.key_color.rgb * wet) * inside * 0.8;
    }
    // On the texture plane the necks of both rows lie at one height, with the edges of the upper teeth above and of the lower below.
    let is_upper = step(0.1022, p.uv.y);
    let rise = clamp(1.0 - abs(p.uv.y - 0.1022) / 0.0080, 0.0, 1.0);
    // Gaps between teeth: upper incisors 8.6 mm, lower ones 5.6 mm, the rest 7 mm.
    let x = abs(p.rest.x);
    let step_width = mix(mix(0.0056, 0.0086, is_upper), 0.0070, smoothstep(0.008, 0.02, x));
    let within = fract(x / step_width);
    let gap = smoothstep(0.0, 0.12, within) * (1.0 - smoothstep(0.88, 1.0, within));
    // Between closed lips no light falls in.
    let lit = mix(0.25, 1.0, smoothstep(0.0, 0.08, frame.neck.w));
    // A crown is yellower towards its neck, gums reach down between crowns, and the lip's shadow lies on both.
    let neck = smoothstep(0.15, 0.70, rise);
    let between = within * 2.0 - 1.0;
    let gums = smoothstep(0.62, 0.70, rise + 0.12 * between * between);
    let crown = mix(vec3f(0.96, 0.83, 0.73), vec3f(0.80, 0.61, 0.47), neck) * mix(0.5, 1.0, gap);
    let enamel = mix(crown, vec3f(0.46, 0.16, 0.15), gums);
    // The lower row stands in the shade of the upper one and of its lip.
    let shade = mix(1.0, 0.42, neck) * mix(0.45, 1.0, is_upper);
    let back = smoothstep(0.009, 0.026, x);
    let wet = ggx(normal, p.to_camera, frame.key_direction.xyz, 0.30, 0.035) * 0.35;
    // Light in the mouth has bounced off red walls, the more the farther back.
    let bounced = mix(vec3f(1.0, 0.74, 0.62), vec3f(1.0, 0.86, 0.76), is_upper * (1.0 - back));
    return (enamel * light * bounced + frame.key_color.rgb * wet) * (inside * lit * shade * (1.0 - 0.75 * back));
}
