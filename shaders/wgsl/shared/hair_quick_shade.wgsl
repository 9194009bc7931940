// Light of the hair for a processor: by vertex what is smooth, by pixel strands from a table. Twin: `cpu::hair_quick`.
// Imports: frame, look, light.
struct QuickHairPoint {
    normal: vec3f,
    occlusion: f32,
    tangent: vec3f,
    key_visibility: f32,
    to_camera: vec3f,
    spare: f32,
}

struct QuickHairLight {
    light: vec3f,
    // How much the strands mirror of the key light.
    lit: f32,
    // x, y: tangent and normal along the half-way vector of the key light; z, w: of the rim light.
    along: vec4f,
    // How much they mirror of the rim light.
    rim: f32,
}

// Where a strand lies in the table, which repeats across; each layer has its own strands.
fn strand_place(strand: vec2f, layer: f32) -> vec2f {
    return vec2f((strand.x + layer * 173.3) / 512.0, strand.y / 5.4);
}

fn hair_light(p: QuickHairPoint, frame: Frame) -> QuickHairLight {
    let unit = normalize(p.normal);
    // Shells are thin: the side that is seen is the side that is lit.
    let normal = select(-unit, unit, dot(unit, p.to_camera) >= 0.0);
    let key = frame.key_direction.xyz;
    let rim = frame.rim_direction.xyz;
    var light = frame.key_color.rgb * wrapped(dot(normal, key), vec3f(0.45)) * mix(0.15, 1.0, p.key_visibility);
    light += frame.fill_color.rgb * wrapped(dot(normal, frame.fill_direction.xyz), vec3f(0.5));
    light += ambient(frame, normal);
    let to_key = normalize(p.to_camera + key);
    let to_rim = normalize(p.to_camera + rim);
    let tangent = normalize(p.tangent);
    var out: QuickHairLight;
    out.light = light * mix(0.25, 1.0, p.occlusion);
    out.lit = clamp(dot(normal, key) * 1.4 + 0.25, 0.0, 1.0) * p.key_visibility * p.occlusion;
    out.along = vec4f(dot(tangent, to_key), dot(normal, to_key), dot(tangent, to_rim), dot(normal, to_rim));
    out.rim = clamp(dot(normal, rim) + 0.15, 0.0, 1.0);
    return out;
}

// The key light and the room's alone, and nothing that strands mirror.
fn plain_hair_light(p: QuickHairPoint, frame: Frame) -> QuickHairLight {
    let unit = normalize(p.normal);
    let normal = select(-unit, unit, dot(unit, p.to_camera) >= 0.0);
    let key = wrapped(dot(normal, frame.key_direction.xyz), vec3f(0.45)) * mix(0.15, 1.0, p.key_visibility);
    var out: QuickHairLight;
    out.light = (frame.key_color.rgb * key + ambient(frame, normal)) * mix(0.25, 1.0, p.occlusion);
    return out;
}

// Squared sine between half-way vector and strand, whose tangent is tilted by `shift` towards the normal.
fn strand_sine2(tangent: f32, normal: f32, shift: f32) -> f32 {
    let along = tangent + shift * normal;
    return max(1.0 - along * along / (1.0 + shift * shift), 0.0);
}

fn quick_hair_cover(n: f32, density: f32, layer: f32) -> f32 {
    return n - (0.94 - 1.02 * density + layer * 0.30);
}

fn hair_tone(strand: vec2f, along_y: f32, look: Look) -> vec3f {
    return mix(look.hair_root.rgb, look.hair_tip.rgb, clamp(along_y * 0.55 + (strand.y - 0.4) * 0.8, 0.0, 1.0));
}

// How much light reaches a strand between the others.
fn strand_depth(n: f32, layer: f32) -> f32 {
    return mix(0.55, 1.0, layer) * mix(0.45, 1.0, n);
}

// As `hair_color` with `plain_hair_light`.
fn plain_hair_color(strand: vec2f, along_y: f32, layer: f32, light: vec3f, look: Look) -> vec3f {
    let contrast = 1.0 + (strand.x - 0.5) * 2.0 * look.hair_root.w;
    return hair_tone(strand, along_y, look) * light * (contrast * strand_depth(strand.x, layer));
}

// `strand` is a texel of the table, `along_y` the place along the strand.
fn hair_color(strand: vec2f, along_y: f32, layer: f32, given: QuickHairLight, frame: Frame, look: Look) -> vec3f {
    let n = strand.x;
    let tone = hair_tone(strand, along_y, look);
    let albedo = tone * (1.0 + (n - 0.5) * 2.0 * look.hair_root.w);
    let depth = strand_depth(n, layer);
    let jitter = (n - 0.5) * 0.30;
    let a1 = strand_sine2(given.along.x, given.along.y, 0.08 + jitter);
    let a2 = a1 * a1;
    let a8 = a2 * a2 * a2 * a2;
    let first = a8 * a8 * a8 * a8 * a8 * a2;
    let b1 = strand_sine2(given.along.x, given.along.y, -0.14 + jitter);
    let b4 = b1 * b1 * b1 * b1;
    let second = b4 * b4 * b4;
    let c1 = strand_sine2(given.along.z, given.along.w, jitter);
    let c2 = c1 * c1;
    let edge = c2 * c2 * c2 * c2 * c2;
    let mirrored = frame.key_color.rgb * (first * 0.032 + second * tone * 0.90) * (given.lit * look.hair_tip.w)
        + frame.rim_color.rgb * (given.rim * edge) * (tone * 0.8 + 0.015);
    return (albedo * given.light + mirrored) * depth;
}
