// Colour, light and coverage of hair at one point. Twin: `cpu::hair`. Imports: frame, look, noise, light.
struct HairPoint {
    normal: vec3f,
    occlusion: f32,
    // Along the strand, away from the root.
    tangent: vec3f,
    key_visibility: f32,
    to_camera: vec3f,
    // 0 at the scalp, 1 at the outermost shell.
    layer: f32,
    // x across the strands in strand widths, y along them in 0..1.
    strand: vec2f,
    // How densely hair grows here, 0..1.
    density: f32,
    spare: f32,
}

fn strand_noise(strand: vec2f, seed: f32) -> f32 {
    let lock = noise2(vec2f(strand.x * 0.13 + seed, strand.y * 1.7));
    let fine = noise2(vec2f(strand.x + seed * 3.0, strand.y * 2.0 + lock * 1.2));
    let finest = noise2(vec2f(strand.x * 2.7 + seed * 5.0, strand.y * 3.0));
    return lock * 0.18 + fine * 0.46 + finest * 0.36;
}

// Positive where a strand covers the point.
fn hair_cover(p: HairPoint) -> f32 {
    let n = strand_noise(p.strand, 3.0 + p.layer * 11.0);
    let needed = 0.94 - 1.02 * p.density + p.layer * 0.30;
    return n - needed;
}

fn strand_light(tangent: vec3f, to_light: vec3f, to_camera: vec3f, shift: vec3f, sharpness: f32) -> f32 {
    let t = normalize(tangent + shift);
    let h = normalize(to_light + to_camera);
    let along = dot(t, h);
    return pow(max(1.0 - along * along, 0.0), sharpness);
}

fn shade_hair(p: HairPoint, frame: Frame, look: Look) -> vec3f {
    let n = strand_noise(p.strand, 3.0 + p.layer * 11.0);
    let lock = noise2(vec2f(p.strand.x * 0.13 + 3.0, p.strand.y * 1.7));
    let tone = mix(look.hair_root.rgb, look.hair_tip.rgb, clamp(p.strand.y * 0.55 + (lock - 0.4) * 0.8, 0.0, 1.0));
    let albedo = tone * (1.0 + (n - 0.5) * 2.0 * look.hair_root.w);
    let normal = normalize(p.normal);
    let depth = mix(0.55, 1.0, p.layer) * mix(0.45, 1.0, n);
    let wrap = wrapped(dot(normal, frame.key_direction.xyz), vec3f(0.45));
    var light = frame.key_color.rgb * wrap * mix(0.15, 1.0, p.key_visibility);
    light += frame.fill_color.rgb * wrapped(dot(normal, frame.fill_direction.xyz), vec3f(0.5));
    light += ambient(frame, normal);
    var color = albedo * light * depth * mix(0.25, 1.0, p.occlusion);
    let jitter = (n - 0.5) * 0.30;
    let first = strand_light(p.tangent, frame.key_direction.xyz, p.to_camera, normal * (0.08 + jitter), 42.0);
    let second = strand_light(p.tangent, frame.key_direction.xyz, p.to_camera, normal * (-0.14 + jitter), 12.0);
    let lit = clamp(dot(normal, frame.key_direction.xyz) * 1.4 + 0.25, 0.0, 1.0) * p.key_visibility * p.occlusion;
    let gloss = look.hair_tip.w;
    color += frame.key_color.rgb * (first * 0.032 + second * tone * 0.90) * lit * gloss * depth;
    let rim = clamp(dot(normal, frame.rim_direction.xyz) + 0.15, 0.0, 1.0);
    let edge = strand_light(p.tangent, frame.rim_direction.xyz, p.to_camera, normal * jitter, 10.0);
    color += frame.rim_color.rgb * rim * edge * (tone * 0.8 + 0.015) * depth;
    return color;
}
